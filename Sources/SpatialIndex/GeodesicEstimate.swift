// GeodesicEstimate.swift: the geodesic distance from the chord, by a short series: no square root, no division, no solver.
//
// Let p, q be points of the ellipsoid x²/a² + y²/a² + z²/b² = 1, d = q − p their chord, c = |d|, dz its part along the axis. The
// gradient at p is A p with A = diag(1/a², 1/a², 1/b²), so the normal curvature at p in the direction t is t·At / |Ap|. For t
// along the chord that is (d·Ad / c²) / |Ap|, where on the ellipsoid
//     d·Ad = (c² + e'² dz²) / a²,     |Ap|² = (1 + e'² z²/b²) / a²,     e'² = (a² − b²) / b²;
// so with the height z + dz/2 of the middle of the path, its curvature κ there has
//     κ² c² = u = t² h / c²,     t = c² + e'² dz²,     h = 1 / (a² (1 + e'² (z² + z dz) / b²)).
// On a circle of curvature κ the arc s over the chord c is s² = c² (1 + u/12 + u²/90 + u³/560 + …), the square of the arcsine.
//
// What is left out (the change of curvature along the path to second order, the dz² of h, t/c² of the last two terms) is of order
// e² c⁵/R⁴. Measured against libproj's solver over 9 million pairs in all directions, latitudes and distances up to 1,000 km, the
// error never exceeded 5e-9 m + 8.5e-32 c⁵ (4 nm of it are the solver's and the coordinates' own); the bound below is 1.4 times that and more.
// Farther than 1,000 km the chord's theorem (ChordBounds) bounds the distance instead.

/// Estimates of the distances from one point.
@usableFromInline
struct GeodesicEstimate: Sendable {
    private static let secondEccentricitySquared =
        (Ellipsoid.a * Ellipsoid.a - Ellipsoid.b * Ellipsoid.b) / (Ellipsoid.b * Ellipsoid.b)
    /// The longest chord of the series, squared: 1,000 km.
    @usableFromInline static let longestSquared = 1e12
    /// Estimates under this come from the series: its longest chord belongs to an arc of 1,001,022 m at least.
    private static let surelySeries = 1_000_900.0
    /// Up to here an estimate is delivered as it is: its error is under 60 nm to 50 km, and under 1.3 µm to 100 km, metres.
    @usableFromInline static let goodAsSolved = 100_000.0
    @usableFromInline static let goodAsSolvedSquared = goodAsSolved * goodAsSolved

    @usableFromInline let flattening: Double
    @usableFromInline let curvature: Double
    @usableFromInline let slope: Double

    /// - Parameter z: metres from the plane of the equator.
    init(z: Double) {
        let polar = GeodesicEstimate.secondEccentricitySquared / (Ellipsoid.b * Ellipsoid.b)
        let scale = 1 + polar * z * z
        flattening = GeodesicEstimate.secondEccentricitySquared
        curvature = 1 / (Ellipsoid.a * Ellipsoid.a * scale)
        slope = -curvature * polar * z / scale
    }

    /// Square of the estimated distance, m².
    /// - Parameters:
    ///   - chordSquared: m².
    ///   - dz: how far the point is north of the query along the axis, metres.
    @inlinable
    @inline(__always)
    func squared(chordSquared: Double, dz: Double) -> Double {
        if chordSquared >= GeodesicEstimate.longestSquared { return GeodesicEstimate.farSquared(chordSquared) }
        return series(chordSquared, dz)
    }

    /// `squared` for chords under 1,000 km.
    @inlinable
    @inline(__always)
    func series(_ chordSquared: Double, _ dz: Double) -> Double {
        let t = chordSquared + flattening * (dz * dz)
        let v = t * (curvature + slope * dz)
        let bend = (1.0 / 560 * v + 1.0 / 90) * v + 1.0 / 12
        return chordSquared + t * v * bend
    }

    /// `series`, two at a time.
    @inlinable
    @inline(__always)
    func series(_ chordSquared: SIMD2<Double>, _ dz: SIMD2<Double>) -> SIMD2<Double> {
        let t: SIMD2<Double> = chordSquared + flattening * (dz * dz)
        let v: SIMD2<Double> = t * (curvature + slope * dz)
        var bend: SIMD2<Double> = (1.0 / 560) * v + (1.0 / 90)
        bend = bend * v + (1.0 / 12)
        return chordSquared + t * v * bend
    }

    /// The middle between the chord's two bounds.
    @usableFromInline
    static func farSquared(_ chordSquared: Double) -> Double {
        let middle = ChordBounds.middle(chord: chordSquared.squareRoot())
        return middle * middle
    }

    /// How far an estimate of `meters` may be from the geodesic distance. Grows with `meters`.
    @usableFromInline
    static func error(_ meters: Double) -> Double {
        if meters < surelySeries {
            let square = meters * meters
            return 2e-8 + 1.2e-31 * (square * square * meters)
        }
        return ChordBounds.error(middle: meters)
    }

    /// At most the geodesic distance of a point with an estimate of `meters`.
    static func least(_ meters: Double) -> Double {
        meters < surelySeries ? meters - error(meters) : ChordBounds.lower(middle: meters)
    }

    /// Points with estimates over this are farther than points with an estimate of `meters`, or at that very distance.
    @usableFromInline
    static func reach(_ meters: Double) -> Double { meters + 2.1 * error(meters) }

    /// Points with a chord or an estimate whose square is over this are farther than points with an estimate of `meters`.
    @usableFromInline
    static func reachSquared(_ meters: Double) -> Double {
        let reach = reach(meters)
        return reach * reach
    }
}
