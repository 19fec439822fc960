// PackedRTree+Radius.swift: the points within a radius, exact at the rim, nearest first.
//
// The tree is asked for a window that surely holds the circle. Each point's chord then decides: too long for the radius, it is
// out; short enough, it is in. Between the two the geodesic is solved: a sliver of 0.3 % of r³/24r², 3 µm at 5 km and 2 cm at
// 100 km. Order works alike: chords choose whom to deliver, the geodesic settles near-ties.

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
    /// - Returns: neighbours, nearest first, ties by position in the order, with exact geodesic distances; and how many
    ///   points are in the radius and pass, whatever `limit` and `after`.
    ///
    /// Cost: O(points in the circle's window), and one geodesic per delivered neighbour, near-tie and point on the rim.
    @inlinable
    @inline(__always)
    public func radius(
        longitude: Double, latitude: Double, meters: Double, earth: EarthPoints, solver: some GeodesicSolver, limit: Int,
        after: (distanceMeters: Double, index: Int)? = nil, where filter: (Int) -> Bool
    ) -> (neighbors: [Neighbor], total: Int) {
        guard meters >= 0, let query = EarthQuery(longitude: longitude, latitude: latitude) else { return ([], 0) }
        let rim = RadiusRim(meters: meters, after: after)
        var list = Shortlist(limit: limit, ceiling: rim.surelyOut)
        var total = 0
        cover(query, meters: meters) { run in
            EarthScan(earth, run) { scan in
                var index = scan.start
                while index < scan.end {
                    let chordSquared = scan.chordSquared(index, query)
                    if chordSquared <= rim.surelyOut, filter(index) {
                        if chordSquared <= rim.surelyIn || query.exact(index, earth, solver) <= meters {
                            total &+= 1
                            if chordSquared <= list.bar, rim.isBehindCursor(index, chordSquared, query, earth, solver) {
                                list.add(chordSquared: chordSquared, index: index)
                            }
                        }
                    }
                    index &+= 1
                }
            }
        }
        return (list.settle(query, earth, solver, maxMeters: meters), total)
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
    static func window(around query: EarthQuery, meters: Double) -> TreeWindow {
        // For rounding: 0.1 mm, 1e-9 degrees, and two cells of the grid on each side.
        let reach = meters + 1e-4
        let deltaLatitude = reach / Ellipsoid.leastRadius * (180 / .pi) + 1e-9
        let northLatitude = query.latitude + deltaLatitude
        let southLatitude = query.latitude - deltaLatitude
        let northRow = MercatorGrid.project(longitude: 0, latitude: northLatitude).y
        let southRow = MercatorGrid.project(longitude: 0, latitude: southLatitude).y
        let north = northRow > 2 ? northRow - 2 : 0
        let south = southRow < .max - 2 ? southRow + 2 : .max
        guard reach < query.rho else {
            return TreeWindow(west: 0, width: .max, north: north, south: south)
        }
        // At most 90° to each side, so the width stays under 2^32. Cells count modulo 2^32: the antimeridian is no edge here.
        let middle = MercatorGrid.project(longitude: query.longitude, latitude: 0).x
        let side = UInt32((asin(reach / query.rho) / (2 * .pi) + 1e-11) * MercatorGrid.cells) + 3
        return TreeWindow(west: middle &- side, width: side &* 2, north: north, south: south)
    }
}

/// Squared chords that tell who is in a circle, and who stands behind a page's cursor.
@usableFromInline
struct RadiusRim {
    /// Over this a point is surely out of the circle, up to that it is surely in.
    @usableFromInline let surelyOut: Double
    @usableFromInline let surelyIn: Double
    private let after: (distanceMeters: Double, index: Int)?
    private let surelyBehind: Double
    private let surelyBefore: Double

    @usableFromInline
    init(meters: Double, after: (distanceMeters: Double, index: Int)?) {
        func square(_ chord: Double) -> Double { chord < 0 ? -1 : chord * chord }
        surelyOut = square(ChordBounds.chordSurelyBeyond(meters: meters))
        surelyIn = square(ChordBounds.chordSurelyWithin(meters: meters))
        self.after = after
        surelyBehind = after.map { square(ChordBounds.chordSurelyBeyond(meters: Swift.max($0.distanceMeters, 0))) } ?? -1
        surelyBefore = after.map { square(ChordBounds.chordSurelyWithin(meters: $0.distanceMeters)) } ?? -1
    }

    /// Whether a point comes after the cursor's distance and position.
    @usableFromInline
    @inline(__always)
    func isBehindCursor(
        _ index: Int, _ chordSquared: Double, _ query: EarthQuery, _ earth: EarthPoints, _ solver: some GeodesicSolver
    ) -> Bool {
        guard let after else { return true }
        if chordSquared > surelyBehind { return true }
        // Surely within the cursor's distance; but a point at just that distance may still follow by its position, so the
        // limit is left to the geodesic.
        if chordSquared < surelyBefore { return false }
        let distance = query.exact(index, earth, solver)
        return distance > after.distanceMeters || (distance == after.distanceMeters && index > after.index)
    }
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
    @discardableResult
    init(_ earth: EarthPoints, _ run: Range<Int>, _ body: (EarthScan) -> Void) {
        x = earth.ecefX.base
        y = earth.ecefY.base
        z = earth.ecefZ.base
        start = run.lowerBound
        end = Swift.min(run.upperBound, earth.count)
        withExtendedLifetime(earth) { body(self) }
    }

    /// Square of the chord from the query to a point, m². `index` must be in start ..< end.
    @inlinable
    @inline(__always)
    func chordSquared(_ index: Int, _ query: EarthQuery) -> Double {
        let dx = x[index] - query.x
        let dy = y[index] - query.y
        let dz = z[index] - query.z
        return dx * dx + dy * dy + dz * dz
    }
}
