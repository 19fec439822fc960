// PackedRTree+Radius.swift: the points within a radius, exact at the rim, nearest first.
//
// The tree is asked for a window that surely holds the circle. Each point's estimated distance (GeodesicEstimate) then decides. Only
// where it is closer to the radius than its own error, 20 nm at 5 km and 1 µm at 100 km, the geodesic is solved.

import CVector
import Glibc

extension PackedRTree {
    /// Points whose geodesic distance is at most `meters` and that pass the filter.
    ///
    /// - Parameters:
    ///   - longitude: degrees; may run on beyond ±180.
    ///   - latitude: degrees, within ±90; beyond it, or not finite: nothing is found.
    ///   - meters: any radius from 0; prunes best to about 1,000 km.
    ///   - earth: the points' exact positions, in this tree's order.
    ///   - limit: at most so many neighbours are returned.
    ///   - after: only neighbours behind this distance and position in the order.
    ///   - position: where the point of `after` lies, degrees, when it is none of this tree: the index is then that of the last point
    ///     before it in the order, or −1. Nil: the index is its own.
    /// - Returns: neighbours, nearest first, ties by position in the order, with exact geodesic distances; and how many
    ///   points are in the radius and pass, whatever `limit` and `after`.
    ///
    /// Cost: O(points in the circle's window), and a geodesic for each near-tie, point on the rim and neighbour beyond 100 km.
    @inlinable
    @inline(__always)
    public func radius(
        longitude: Double, latitude: Double, meters: Double, earth: EarthPoints, solver: some GeodesicSolver, limit: Int,
        after: (distanceMeters: Double, index: Int)? = nil, at position: (longitude: Double, latitude: Double)? = nil,
        where filter: (Int) -> Bool
    ) -> (neighbors: [Neighbor], total: Int) {
        guard meters >= 0, let query = EarthQuery(longitude: longitude, latitude: latitude) else { return ([], 0) }
        let rim = RadiusRim(meters: meters)
        let cursor = PageCursor(after, at: position)
        var list = Shortlist(limit: limit, ceiling: rim.surelyOut, lowersOften: false)
        defer { list.deallocate() }
        var total = 0
        withUnsafeTemporaryAllocation(of: Double.self, capacity: NeighborRun.blockSize) { buffer in
            guard let squares = buffer.baseAddress else { return }
            cover(query, meters: meters) { run in
                EarthScan(earth, run) { scan in
                    var index = scan.start
                    while index < scan.end {
                        let block = Swift.min(NeighborRun.blockSize, scan.end &- index)
                        let areAllOut: Bool
                        if block == NeighborRun.blockSize, meters <= GeodesicEstimate.goodAsSolved {
                            // Chosen for each block: the filter's calls leave no registers to keep anyway.
                            areAllOut =
                                query.isWide
                                ? scan.estimatesAtOnce(index, query, rim, into: squares).areAllOut
                                : scan.estimates(index, query, rim, into: squares).areAllOut
                        } else {
                            areAllOut = scan.estimatesOfAnyChord(index, count: block, query, rim, into: squares)
                        }
                        if !areAllOut {
                            for lane in 0..<block where squares[lane] <= rim.surelyOut && filter(index &+ lane) {
                                let (index, squared) = (index &+ lane, squares[lane])
                                guard squared <= rim.surelyIn || query.exact(index, earth, solver) <= meters else { continue }
                                total &+= 1
                                if squared <= list.bar, cursor.isBefore(index, squared, query, earth, solver) {
                                    list.addNear(Candidate(squared: squared, index: index))
                                }
                            }
                        }
                        index &+= block
                    }
                }
            }
        }
        return (list.settle(query, earth, solver, maxMeters: meters, after: cursor), total)
    }

    /// Calls `body` with every point whose geodesic distance is at most `meters`: short runs of the order, ascending, and the distance of
    /// each point of the run.
    ///
    /// Parameters and errors as of `radius`. Distances are within 60 nm of the geodesic's up to 50 km, within 1.3 µm up to 100 km, the
    /// solver's own beyond. They stand in a buffer that is used again after each call of `body`.
    /// Cost: O(points in the circle's window), one or two nanoseconds each up to 100 km; beyond, a geodesic for each point.
    @inlinable
    @inline(__always)
    public func forEachNeighborRun(
        longitude: Double, latitude: Double, meters: Double, earth: EarthPoints, solver: some GeodesicSolver,
        _ body: (_ run: Range<Int>, _ distancesMeters: UnsafePointer<Double>) -> Void
    ) {
        guard meters >= 0, let query = EarthQuery(longitude: longitude, latitude: latitude) else { return }
        let rim = RadiusRim(meters: meters)
        // Chosen once, not for each block: a call in the loop would have the numbers of the other way leave their registers.
        if query.isWide {
            forEachNeighborRun(of: query, meters, rim, earth, solver, by: EightAtOnce.self, body)
        } else {
            forEachNeighborRun(of: query, meters, rim, earth, solver, by: TwoAtATime.self, body)
        }
    }

    @inlinable
    @inline(__always)
    func forEachNeighborRun(
        of query: EarthQuery, _ meters: Double, _ rim: RadiusRim, _ earth: EarthPoints, _ solver: some GeodesicSolver,
        by blocks: (some BlockEstimates).Type, _ body: (Range<Int>, UnsafePointer<Double>) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: NeighborRun.capacity) { buffer in
            guard let buffer = buffer.baseAddress else { return }
            var pending = NeighborRun(buffer)
            cover(query, meters: meters) { run in
                EarthScan(earth, run) { scan in
                    var index = scan.start
                    if meters <= GeodesicEstimate.goodAsSolved {
                        while index &+ NeighborRun.blockSize <= scan.end {
                            pending.makeRoom(at: index, body)
                            let (areAllIn, areAllOut) = blocks.estimates(scan, index, query, rim, into: pending.free)
                            if areAllIn {
                                pending.count &+= NeighborRun.blockSize
                            } else if !areAllOut {
                                // On the rim. The block may move over where it stands.
                                let squares = pending.block
                                for lane in 0..<NeighborRun.blockSize where squares[lane] <= rim.surelyOut {
                                    if squares[lane] <= rim.surelyIn {
                                        pending.add(index &+ lane, squared: squares[lane], body)
                                    } else {
                                        let distance = query.exact(index &+ lane, earth, solver)
                                        if distance <= meters { pending.add(index &+ lane, solved: distance, body) }
                                    }
                                }
                            }
                            index &+= NeighborRun.blockSize
                        }
                    }
                    while index < scan.end {
                        let (chordSquared, dz) = scan.chord(index, query)
                        if chordSquared <= rim.surelyOut {
                            let squared = query.estimate.squared(chordSquared: chordSquared, dz: dz)
                            if squared <= rim.surelyIn, squared <= GeodesicEstimate.goodAsSolvedSquared {
                                pending.add(index, squared: squared, body)
                            } else if squared <= rim.surelyOut {
                                let distance = query.exact(index, earth, solver)
                                if distance <= meters { pending.add(index, solved: distance, body) }
                            }
                        }
                        index &+= 1
                    }
                }
            }
            pending.flush(body)
        }
    }

    /// Calls `body` with every point whose geodesic distance is at most `meters`, and that distance, in the index's order.
    ///
    /// As `forEachNeighborRun`, point by point.
    @inlinable
    @inline(__always)
    public func forEachNeighbor(
        longitude: Double, latitude: Double, meters: Double, earth: EarthPoints, solver: some GeodesicSolver,
        _ body: (_ index: Int, _ distanceMeters: Double) -> Void
    ) {
        forEachNeighborRun(longitude: longitude, latitude: latitude, meters: meters, earth: earth, solver: solver) { run, distances in
            for index in run { body(index, distances[index &- run.lowerBound]) }
        }
    }

    /// Calls `body` with runs that hold every point within a geodesic distance, and others.
    @usableFromInline
    func cover(_ query: EarthQuery, meters: Double, _ body: (Range<Int>) -> Void) {
        cover(PackedRTree.window(around: query, meters: meters), body)
    }

    /// A window that holds the cell of every point within a geodesic distance.
    ///
    /// Latitude: along a path of length s latitude changes by at most s / M, M the meridional radius of curvature, which is
    /// nowhere under `leastRadius`. Longitude: a point Δλ < 90° away lies behind the half-plane through the axis at Δλ, whose
    /// distance from the query is ρ sin Δλ (ρ the query's distance from the axis), and one farther round is at least ρ away; so
    /// for s < ρ, sin Δλ ≤ chord / ρ ≤ s / ρ. For greater s every longitude is possible; so it is whenever the circle reaches a pole,
    /// since the way there is longer than ρ.
    static func window(around query: EarthQuery, meters: Double) -> GlobeWindow {
        // For rounding: 0.1 mm, 1e-9 degrees, and two cells of the grid on each side.
        let reach = meters + 1e-4
        let deltaLatitude = reach / Ellipsoid.leastRadius * (180 / .pi) + 1e-9
        let northLatitude = query.latitude + deltaLatitude
        let southLatitude = query.latitude - deltaLatitude
        let northRow = MercatorGrid.row(northLatitude)
        let southRow = MercatorGrid.row(southLatitude)
        let north = northRow > 2 ? northRow - 2 : 0
        let south = southRow < .max - 2 ? southRow + 2 : .max
        guard reach < query.rho else {
            return GlobeWindow(west: 0, width: .max, north: north, south: south)
        }
        // At most 90° to each side, so the width stays under 2^32. Cells count modulo 2^32: the antimeridian is no edge here.
        let middle = MercatorGrid.column(query.longitude)
        let side = UInt32((asin(reach / query.rho) / (2 * .pi) + 1e-11) * MercatorGrid.cells) + 3
        return GlobeWindow(west: middle &- side, width: side &* 2, north: north, south: south)
    }
}

/// Squared estimates that tell who is in a circle.
@usableFromInline
struct RadiusRim {
    /// A point with an estimate, or a chord, over this is surely out of the circle; with an estimate of up to that, surely in. m².
    @usableFromInline let surelyOut: Double
    @usableFromInline let surelyIn: Double
}

extension RadiusRim {
    @usableFromInline
    init(meters: Double) {
        surelyOut = GeodesicEstimate.reachSquared(meters)
        let inside = meters - 2.1 * GeodesicEstimate.error(meters)
        surelyIn = inside > 0 ? inside * inside : -1
    }
}

/// Where a page ended: the next one holds what stands behind that distance and position in the order.
@usableFromInline
struct PageCursor {
    private let after: (distanceMeters: Double, index: Int)?
    /// Of the point that the page ended with, when it is none of the tree's.
    private let position: (longitude: Double, latitude: Double)?
    private let surelyBehind: Double
    private let surelyBefore: Double

    @usableFromInline
    init(_ after: (distanceMeters: Double, index: Int)?, at position: (longitude: Double, latitude: Double)? = nil) {
        self.after = after
        self.position = position
        let rim = RadiusRim(meters: Swift.max(after?.distanceMeters ?? 0, 0))
        surelyBehind = after == nil ? -1 : rim.surelyOut
        surelyBefore = rim.surelyIn
    }

    /// Estimates up to here may belong before the cursor. Metres; negative without a cursor.
    var reach: Double { after.map { GeodesicEstimate.reach(Swift.max($0.distanceMeters, 0)) } ?? -1 }

    /// The distance that was delivered for the cursor's own position, if a point has it.
    func distance(at index: Int, _ earth: EarthPoints) -> Double? {
        guard let after, isThere(index, after.index, earth) else { return nil }
        return after.distanceMeters
    }

    /// Whether a point lies where the page ended, to the bit.
    private func isThere(_ index: Int, _ last: Int, _ earth: EarthPoints) -> Bool {
        if let position { return earth.longitude[index] == position.longitude && earth.latitude[index] == position.latitude }
        return earth.has(last) && earth.samePosition(index, last)
    }

    /// Whether the cursor stands before a point with this estimate.
    @usableFromInline
    @inline(__always)
    func isBefore(_ index: Int, _ squared: Double, _ query: EarthQuery, _ earth: EarthPoints, _ solver: some GeodesicSolver) -> Bool {
        squared > surelyBehind || isBeforeNearTie(index, squared, query, earth, solver)
    }

    private func isBeforeNearTie(
        _ index: Int, _ squared: Double, _ query: EarthQuery, _ earth: EarthPoints, _ solver: some GeodesicSolver
    ) -> Bool {
        guard let after else { return true }
        if squared < surelyBefore { return false }
        // At the cursor's own position the distance is the same, however it was found.
        if isThere(index, after.index, earth) { return index > after.index }
        // Any other point so close to the cursor's distance was solved with it when its page was settled.
        let distance = query.exact(index, earth, solver)
        return distance > after.distanceMeters || (distance == after.distanceMeters && index > after.index)
    }
}

/// How a block of points is estimated: `EarthScan.estimates`, as a type, so that what calls it is compiled for each way by itself.
@usableFromInline
protocol BlockEstimates {
    static func estimates(
        _ scan: EarthScan, _ index: Int, _ query: EarthQuery, _ rim: RadiusRim, into squares: UnsafeMutablePointer<Double>
    ) -> (areAllIn: Bool, areAllOut: Bool)
}

@usableFromInline
enum TwoAtATime: BlockEstimates {
    @inlinable
    @inline(__always)
    static func estimates(
        _ scan: EarthScan, _ index: Int, _ query: EarthQuery, _ rim: RadiusRim, into squares: UnsafeMutablePointer<Double>
    ) -> (areAllIn: Bool, areAllOut: Bool) { scan.estimates(index, query, rim, into: squares) }
}

@usableFromInline
enum EightAtOnce: BlockEstimates {
    @inlinable
    @inline(__always)
    static func estimates(
        _ scan: EarthScan, _ index: Int, _ query: EarthQuery, _ rim: RadiusRim, into squares: UnsafeMutablePointer<Double>
    ) -> (areAllIn: Bool, areAllOut: Bool) { scan.estimatesAtOnce(index, query, rim, into: squares) }
}

/// A run of earth-centred coordinates by address.
@usableFromInline
struct EarthScan {
    @usableFromInline let x: UnsafePointer<Double>
    @usableFromInline let y: UnsafePointer<Double>
    @usableFromInline let z: UnsafePointer<Double>
    @usableFromInline let start: Int
    @usableFromInline let end: Int

    /// Calls `body` with the part of a run that `earth` has. Indices in start ..< end are within all its columns.
    @inlinable
    @inline(__always)
    @discardableResult
    init(_ earth: EarthPoints, _ run: Range<Int>, _ body: (EarthScan) -> Void) {
        x = earth.ecefX.base
        y = earth.ecefY.base
        z = earth.ecefZ.base
        start = run.lowerBound
        end = Swift.min(run.upperBound, earth.count)
        withExtendedLifetime(earth) { body(self) }
    }

    /// Square of the chord from the query to a point, m², and its part along the axis, metres. `index` must be in start ..< end.
    @inlinable
    @inline(__always)
    func chord(_ index: Int, _ query: EarthQuery) -> (squared: Double, dz: Double) {
        let dx = x[index] - query.x
        let dy = y[index] - query.y
        let dz = z[index] - query.z
        return (dx * dx + dy * dy + dz * dz, dz)
    }

    /// `chord` of a point and the next. Both must be in start ..< end.
    @inlinable
    @inline(__always)
    func twoChords(_ index: Int, _ query: EarthQuery) -> (squared: SIMD2<Double>, dz: SIMD2<Double>) {
        let dx = UnsafeRawPointer(x + index).loadUnaligned(as: SIMD2<Double>.self) - query.x
        let dy = UnsafeRawPointer(y + index).loadUnaligned(as: SIMD2<Double>.self) - query.y
        let dz = UnsafeRawPointer(z + index).loadUnaligned(as: SIMD2<Double>.self) - query.z
        return (dx * dx + dy * dy + dz * dz, dz)
    }

    /// Squared estimates of a block of points by the series, m², and whether all are surely in the circle, or out of it. Two at a time:
    /// more would not fit the registers of the least machine.
    ///
    /// The block from `index` on must be in start ..< end, and `squares` have room for it.
    @inlinable
    @inline(__always)
    func estimates(
        _ index: Int, _ query: EarthQuery, _ rim: RadiusRim, into squares: UnsafeMutablePointer<Double>
    ) -> (areAllIn: Bool, areAllOut: Bool) {
        var notIn = SIMD2<Int64>.zero
        var notOut = SIMD2<Int64>.zero
        var lane = 0
        while lane < NeighborRun.blockSize {
            // `twoChords`, written out: through it the loop takes a tenth more instructions.
            let dx = UnsafeRawPointer(x + index + lane).loadUnaligned(as: SIMD2<Double>.self) - query.x
            let dy = UnsafeRawPointer(y + index + lane).loadUnaligned(as: SIMD2<Double>.self) - query.y
            let dz = UnsafeRawPointer(z + index + lane).loadUnaligned(as: SIMD2<Double>.self) - query.z
            let squared = query.estimate.series(dx * dx + dy * dy + dz * dz, dz)
            UnsafeMutableRawPointer(squares + lane).storeBytes(of: squared, as: SIMD2<Double>.self)
            notIn |= unsafeBitCast(squared .> SIMD2(repeating: rim.surelyIn), to: SIMD2<Int64>.self)
            notOut |= unsafeBitCast(squared .<= SIMD2(repeating: rim.surelyOut), to: SIMD2<Int64>.self)
            lane &+= 2
        }
        return (notIn.x | notIn.y == 0, notOut.x | notOut.y == 0)
    }

    /// Squared estimates of a leaf's points by the series, m², and a bit for each that is at most `bar`. Nil when a chord is too long for the
    /// series.
    ///
    /// The sixteen points from `index` on must be in start ..< end, and `squares` have room for them.
    @inlinable
    @inline(__always)
    func near(_ index: Int, _ query: EarthQuery, _ bar: Double, into squares: UnsafeMutablePointer<Double>) -> UInt32? {
        if query.isWide { return nearAtOnce(index, query, bar, into: squares) }
        var near = SIMD2<Int64>.zero
        var isLong = SIMD2<Int64>.zero
        var bit = SIMD2<Int64>(1, 2)
        var lane = 0
        while lane < PackedRTree.nodeSize {
            let (chordSquared, dz) = twoChords(index + lane, query)
            let squared = query.estimate.series(chordSquared, dz)
            UnsafeMutableRawPointer(squares + lane).storeBytes(of: squared, as: SIMD2<Double>.self)
            isLong |= unsafeBitCast(chordSquared .>= SIMD2(repeating: GeodesicEstimate.longestSquared), to: SIMD2<Int64>.self)
            near |= unsafeBitCast(squared .<= SIMD2(repeating: bar), to: SIMD2<Int64>.self) & bit
            bit = bit &<< SIMD2(repeating: 2)
            lane &+= 2
        }
        return isLong.x | isLong.y == 0 ? UInt32(truncatingIfNeeded: near.x | near.y) : nil
    }

    /// `estimates` on a processor with wide vectors.
    @usableFromInline
    func estimatesAtOnce(
        _ index: Int, _ query: EarthQuery, _ rim: RadiusRim, into squares: UnsafeMutablePointer<Double>
    ) -> (areAllIn: Bool, areAllOut: Bool) {
        let series = query.estimate
        let bits = vector_rim(
            x + index, y + index, z + index, query.x, query.y, query.z, series.flattening, series.curvature, series.slope, rim.surelyIn,
            rim.surelyOut, squares)
        return (bits & 0xFF == 0, bits &>> 8 == 0)
    }

    /// `near` on a processor with wide vectors.
    @usableFromInline
    func nearAtOnce(_ index: Int, _ query: EarthQuery, _ bar: Double, into squares: UnsafeMutablePointer<Double>) -> UInt32? {
        let series = query.estimate
        let bits = vector_near(
            x + index, y + index, z + index, query.x, query.y, query.z, series.flattening, series.curvature, series.slope, bar,
            GeodesicEstimate.longestSquared, squares)
        return bits &>> 16 == 0 ? bits : nil
    }

    /// Squared estimates of a few points by any chord, m², infinite for those surely out of the circle, and whether all are that.
    ///
    /// The `count` points from `index` on must be in start ..< end, and `squares` have room for them.
    @inlinable
    @inline(__always)
    func estimatesOfAnyChord(
        _ index: Int, count: Int, _ query: EarthQuery, _ rim: RadiusRim, into squares: UnsafeMutablePointer<Double>
    ) -> Bool {
        var areAllOut = true
        for lane in 0..<count {
            let (chordSquared, dz) = chord(index &+ lane, query)
            squares[lane] = .infinity
            if chordSquared <= rim.surelyOut {
                squares[lane] = query.estimate.squared(chordSquared: chordSquared, dz: dz)
                areAllOut = false
            }
        }
        return areAllOut
    }
}

/// Consecutive points of an answer and their distances, on their way out. Distances stand squared until they go: roots are taken two
/// at a time then.
@usableFromInline
struct NeighborRun {
    /// Points that are estimated at a time.
    @usableFromInline static let blockSize = 8
    /// Points that are handed on at a time, at most.
    @usableFromInline static let capacity = 128
    @usableFromInline let squares: UnsafeMutablePointer<Double>
    @usableFromInline var start = 0
    @usableFromInline var count = 0

    /// `squares` has room for `capacity`.
    @inlinable
    init(_ squares: UnsafeMutablePointer<Double>) { self.squares = squares }

    /// Where the next squares belong.
    @inlinable
    @inline(__always)
    var free: UnsafeMutablePointer<Double> { squares + count }

    /// The block at `free`.
    @inlinable
    @inline(__always)
    var block: SIMD8<Double> { UnsafeRawPointer(free).loadUnaligned(as: SIMD8<Double>.self) }

    /// Room for a block that begins at `index`.
    @inlinable
    @inline(__always)
    mutating func makeRoom(at index: Int, _ body: (Range<Int>, UnsafePointer<Double>) -> Void) {
        if start &+ count != index || count &+ NeighborRun.blockSize > NeighborRun.capacity {
            flush(body)
            start = index
        }
    }

    @inlinable
    @inline(__always)
    mutating func add(_ index: Int, squared: Double, _ body: (Range<Int>, UnsafePointer<Double>) -> Void) {
        if start &+ count != index || count == NeighborRun.capacity {
            flush(body)
            start = index
        }
        squares[count] = squared
        count &+= 1
    }

    /// Hands on a solved distance as it is.
    @inlinable
    mutating func add(_ index: Int, solved distance: Double, _ body: (Range<Int>, UnsafePointer<Double>) -> Void) {
        flush(body)
        withUnsafePointer(to: distance) { body(index..<index &+ 1, $0) }
    }

    @inlinable
    mutating func flush(_ body: (Range<Int>, UnsafePointer<Double>) -> Void) {
        guard count > 0 else { return }
        takeRoots(of: squares, count: count)
        body(Range(uncheckedBounds: (start, start &+ count)), UnsafePointer(squares))
        count = 0
    }
}

/// Replaces numbers, none of them negative, by their square roots.
@usableFromInline
func takeRoots(of squares: UnsafeMutablePointer<Double>, count: Int) {
    var place = 0
    while place &+ 2 <= count {
        let two = UnsafeMutableRawPointer(squares + place)
        two.storeBytes(of: vector_square_root(two.loadUnaligned(as: SIMD2<Double>.self)), as: SIMD2<Double>.self)
        place &+= 2
    }
    if place < count { squares[place] = squares[place].squareRoot() }
}
