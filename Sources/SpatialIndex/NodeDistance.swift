// NodeDistance.swift: two measures of how far a node's box is from a query at least, never too far, which is what makes pruning
// by them exact. Both are squared chords: one by a series round the query, for sixteen boxes at once; the other for the whole globe.

import Glibc

/// How far nodes are from a query, at least: a squared chord, m².
protocol NodeDistance {
    /// Beyond this the measure does not serve, m².
    var horizon: Float { get }
    /// The distance beyond which no node can matter to a list with this bar; infinite when it is beyond the horizon.
    func reach(bar: Double) -> Float
    /// Sixteen boxes' least distances.
    func distances(_ tree: TreeHandle, at: Int) -> SIMD16<Float>
    /// Which of sixteen boxes to look into first: the one with the least value. Nearer ones before others, small ones before large.
    func promise(_ tree: TreeHandle, at: Int, distances: SIMD16<Float>) -> SIMD16<Float>
    /// A bit for each of sixteen points that may be within `reach`.
    func pointMask(_ tree: TreeHandle, at: Int, reach: Float) -> UInt32
}

extension TreeHandle {
    /// Signed offsets of four boxes' edges from a cell: cells eastward on the circle of columns, pairs of rows northward.
    @inline(__always)
    func edges(at: Int, from cell: GridPoint) -> (west: FourLanes, east: FourLanes, north: FourLanes, south: FourLanes) {
        let x = SIMD4(repeating: cell.x)
        return (
            FourLanes(truncatingIfNeeded: (minX + at).fourLanes &- x), FourLanes(truncatingIfNeeded: (maxX + at).fourLanes &- x),
            (minY + at).fourLanes.northward(from: cell.y), (maxY + at).fourLanes.northward(from: cell.y)
        )
    }
}

extension SIMD4<UInt32> {
    /// How many pairs of rows these rows lie north of another: in pairs, so that the difference has a sign.
    @inline(__always)
    fileprivate func northward(from row: UInt32) -> FourLanes {
        FourLanes(truncatingIfNeeded: SIMD4(repeating: row >> 1) &- (self &>> SIMD4(repeating: 1)))
    }
}

/// Squared chord from the query to the nearest place of a box, from offsets in the grid.
///
/// With z along the axis and ρ from it, the chord of two points with a difference λ of longitude is
///     Δz² + Δρ² + 4 ρ ρ' sin²(λ/2),
/// and Δz² + Δρ² is the chord along one meridian. Three bounds from below, with Y the height on the Mercator square in radians, Y₀, φ₀ and ρ
/// the query's, and r the least radius of curvature, a the equator's:
/// - The meridian's arc is ∫ M cos φ dY ≥ r |∫ cos φ dY|. As cos φ = sech Y has the derivative −sin φ cos φ and a second one between
///   −1 and 1, the integral over y = Y − Y₀ is cos φ₀ y − sin φ₀ cos φ₀ y²/2, up to |y|³/6. Its chord is at least r (α − α³/24) for the arc rα
///   (ChordBounds).
/// - ρ' ≥ a cos φ ≥ a (cos φ₀ − sin φ₀ cos φ₀ y − y²/2), least at one of the box's two edges.
/// - 4 sin²(λ/2) ≥ λ² (1 − λ²/12).
struct MercatorDistance: NodeDistance {
    /// Queries farther north or south, degrees, are not for the series.
    static let greatestLatitude = 70.0
    /// The latitude to which a path may lead: points beyond the square stand on its edge, at 85°.
    private static let greatestReach = 80.0
    /// The longest path, metres. The third order of the series is 0.6 % there.
    private static let longestReach = 1_500_000.0

    /// The longest chord from a query that the grid's plane serves for, metres; negative for one beyond the latitude of the reach.
    static func horizon(_ query: EarthQuery) -> Double {
        Swift.min(longestReach, (greatestReach - abs(query.latitude)) * (.pi / 180) * Ellipsoid.leastRadius)
    }

    private static let radiansACell = Float(2 * Double.pi / MercatorGrid.cells)

    private let cell: GridPoint
    /// cos φ₀; sin φ₀ cos φ₀, positive towards the north.
    private let cosine: Float
    private let sineCosine: Float
    /// ρ times a, m².
    private let rhoTimesRadius: Float
    private let horizonMeters: Double
    let horizon: Float

    init(_ query: EarthQuery) {
        cell = MercatorGrid.project(longitude: query.longitude, latitude: query.latitude)
        cosine = Float(query.cosLatitude)
        sineCosine = Float(query.sinLatitude * query.cosLatitude)
        rhoTimesRadius = Float(query.rho * Ellipsoid.a)
        horizonMeters = MercatorDistance.horizon(query)
        horizon = Float(horizonMeters * horizonMeters)
    }

    func reach(bar: Double) -> Float {
        // Offsets are whole cells of at most 9.4 mm, off by up to 2 in x and 4 in y. Floats: 24 bits through a dozen operations.
        let meters = bar.squareRoot() + 0.05
        return meters < horizonMeters ? Float(meters * meters * 1.000_01) : .infinity
    }

    @inline(__always)
    func distances(_ tree: TreeHandle, at: Int) -> SIMD16<Float> {
        SIMD16(four: { fourDistances(tree, at: at &+ $0) })
    }

    @inline(__always)
    private func fourDistances(_ tree: TreeHandle, at: Int) -> SIMD4<Float> {
        let zero = FourLanes.zero
        let (west, east, north, south) = tree.edges(at: at, from: cell)
        // A box over the meridian opposite to the query begins after it ends: its distance in x is taken as 0.
        let dx = ((west & west.over(zero)) | ((zero &- east) & zero.over(east))) & ~west.over(east)
        // Rows count southward: a box in the north has its south edge nearest to the query.
        let dy = (south & south.over(zero)) | (north & zero.over(north))
        let first = cosines(radians(north) * 2)
        let second = cosines(radians(south) * 2)
        return chordSquared(x: radians(dx), y: radians(dy) * 2, cosines: first.replacing(with: second, where: second .< first))
    }

    @inline(__always)
    func promise(_ tree: TreeHandle, at: Int, distances: SIMD16<Float>) -> SIMD16<Float> {
        // The sum of squares to the four edges is small for a small box round the query. Cells² to m², and 1/500 of it.
        distances
            + SIMD16(four: { lane in
                let (west, east, north, south) = tree.edges(at: at &+ lane, from: cell)
                let w = SIMD4<Float>(west)
                let e = SIMD4<Float>(east)
                let n = SIMD4<Float>(north)
                let s = SIMD4<Float>(south)
                let horizontal: SIMD4<Float> = w * w + e * e
                let vertical: SIMD4<Float> = n * n + s * s
                return (horizontal + vertical * 4) * 1e-7
            })
    }

    @inline(__always)
    func pointMask(_ tree: TreeHandle, at: Int, reach: Float) -> UInt32 {
        FourLanes.bits { lane in
            let columns = (tree.x + at + lane).fourLanes &- SIMD4(repeating: cell.x)
            let dx = radians(FourLanes(truncatingIfNeeded: columns))
            let dy = radians((tree.y + at + lane).fourLanes.northward(from: cell.y)) * 2
            let distances = chordSquared(x: dx, y: dy, cosines: cosines(dy))
            return unsafeBitCast(distances .<= SIMD4<Float>(repeating: reach), to: FourLanes.self)
        }
    }

    @inline(__always)
    private func radians(_ cells: FourLanes) -> SIMD4<Float> { SIMD4<Float>(cells) * MercatorDistance.radiansACell }

    /// At least the cosines of the latitudes at Mercator heights relative to the query's. Between two heights it is least at one of them.
    @inline(__always)
    private func cosines(_ y: SIMD4<Float>) -> SIMD4<Float> {
        let slope: SIMD4<Float> = y * 0.5 + sineCosine
        return (cosine - y * slope).atLeastZero
    }

    @inline(__always)
    private func chordSquared(x: SIMD4<Float>, y: SIMD4<Float>, cosines: SIMD4<Float>) -> SIMD4<Float> {
        let xx: SIMD4<Float> = x * x
        let yy: SIMD4<Float> = y * y
        // |arc| = |y| (cos φ₀ − sin φ₀ cos φ₀ y/2 − y²/6): squared, so that the sign of y does not matter.
        let bend: SIMD4<Float> = y * (0.5 * sineCosine) + yy * (1.0 / 6)
        let scale: SIMD4<Float> = (cosine - bend).atLeastZero
        let arcSquared: SIMD4<Float> = yy * scale * scale
        let shorter: SIMD4<Float> = 1 - arcSquared * (1.0 / 24)
        let alongMeridian: SIMD4<Float> = arcSquared * shorter * shorter
        let acrossMeridians: SIMD4<Float> = cosines * xx * (1 - xx * (1.0 / 12))
        let meridian: SIMD4<Float> = alongMeridian * Float(Ellipsoid.leastRadius * Ellipsoid.leastRadius)
        return meridian + acrossMeridians * rhoTimesRadius
    }
}

/// Squared chord from the query to the nearest place of a box of latitudes and longitudes, m².
///
/// In cylindrical coordinates (z along the axis, ρ from it, angle λ) such a box is a wedge: z grows with latitude, ρ falls with
/// |latitude|. The chord to the nearest point of the product of the three intervals is at most the chord to any point of the box.
struct WedgeDistance: NodeDistance {
    private let query: EarthQuery
    private let x: UInt32

    init(_ query: EarthQuery) {
        self.query = query
        x = MercatorGrid.column(query.longitude)
    }

    var horizon: Float { .infinity }

    func reach(bar: Double) -> Float { Float(bar).nextUp }

    func promise(_ tree: TreeHandle, at: Int, distances: SIMD16<Float>) -> SIMD16<Float> { distances }

    func pointMask(_ tree: TreeHandle, at: Int, reach: Float) -> UInt32 { 0xFFFF }

    func distances(_ tree: TreeHandle, at: Int) -> SIMD16<Float> {
        var result = SIMD16<Float>.zero
        for lane in 0..<PackedRTree.nodeSize {
            let node = at &+ lane
            let box = GridBox(minX: tree.minX[node], minY: tree.minY[node], maxX: tree.maxX[node], maxY: tree.maxY[node])
            result[lane] = Swift.max(Float(chordSquared(to: box)).nextDown, 0)
        }
        return result
    }

    private func chordSquared(to box: GridBox) -> Double {
        // One cell of room on each side for the rounding of the projection. The square's edge stands for all up to the pole.
        let north = box.minY == 0 ? nil : circle(Double(box.minY) - 1)
        let south = box.maxY == .max ? nil : circle(Double(box.maxY) + 2)
        let zTop = north?.z ?? Ellipsoid.b
        let zBottom = south?.z ?? -Ellipsoid.b
        let dz = query.z > zTop ? query.z - zTop : query.z < zBottom ? zBottom - query.z : 0
        // ρ over the box: least at the edge nearer to a pole, most at the other or on the equator.
        let rhoNorth = north?.rho ?? 0
        let rhoSouth = south?.rho ?? 0
        let rhoLeast = Swift.min(rhoNorth, rhoSouth)
        let rhoMost = zTop >= 0 && zBottom <= 0 ? Ellipsoid.a : Swift.max(rhoNorth, rhoSouth)
        // ρq² + ρ² − 2 ρq ρ cos Δλ is least at ρ = ρq cos Δλ.
        let sine = halfAngleSine(box)
        let square = sine * sine
        let rho = Swift.min(Swift.max(query.rho * Swift.max(1 - 2 * square, 0), rhoLeast), rhoMost)
        let drho = query.rho - rho
        // Rounding: lengths of 6.4e6 m carry 1e-8 of it.
        let chord = (dz * dz + drho * drho + 4 * query.rho * rho * square).squareRoot() - 1e-6
        return chord > 0 ? chord * chord : 0
    }

    /// Sine of half the least angle of longitude between the query and the box.
    private func halfAngleSine(_ box: GridBox) -> Double {
        // Eastward from the query to the box's west edge, westward to its east edge; inside when the box begins at or west of
        // the query and ends at or east of it.
        if x >= box.minX, x <= box.maxX { return 0 }
        let cells = Swift.min(box.minX &- x, x &- box.maxX)
        return cells <= 2 ? 0 : sin(Double(cells - 2) / MercatorGrid.cells * .pi)
    }

    /// z and ρ of the circle of latitude at a height of the grid: sin φ = tanh m, cos φ = 1 / cosh m for m = π(1 − 2y).
    private func circle(_ y: Double) -> (z: Double, rho: Double) {
        let e = exp(.pi * (1 - 2 * y / MercatorGrid.cells))
        let cosPhi = 2 / (e + 1 / e)
        let sinPhi = (e - 1 / e) / (e + 1 / e)
        let n = Ellipsoid.a / (1 - Ellipsoid.e2 * sinPhi * sinPhi).squareRoot()
        return (n * (1 - Ellipsoid.e2) * sinPhi, n * cosPhi)
    }
}
