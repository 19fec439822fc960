// ChordBounds.swift: what the straight chord through the earth says about the geodesic on the WGS 84 ellipsoid. Bounds on both
// sides, cheap and provable, so that almost no geodesic need be solved.
//
// Theorem. Let p, q be points of the ellipsoid, c their chord, s their geodesic distance, r = b²/a the least and R = a²/b the
// greatest radius of curvature anywhere. Then  c ≤ 2R sin(s / 2R),  and  c ≥ 2r sin(s / 2r) as long as s ≤ πr.
// Proof. Let γ be the shortest geodesic from p, at unit speed, and f(t) = |γ(t) − p|² / 2. Then γ'' = −k N, with N the outward
// normal and k the normal curvature along γ, 1/R ≤ k ≤ 1/r; so f'' = 1 − k ⟨N, γ − p⟩. By Blaschke's rolling theorem (Schneider,
// Convex Bodies, th. 3.2.12) the ellipsoid lies in the ball of radius R that touches it at γ(t) from outside, and the ball of radius r that
// touches there from inside lies in the ellipsoid. p is in the first and not inside the second: |p − γ|² + 2ρ⟨N, p − γ⟩ is ≤ 0
// for ρ = R and ≥ 0 for ρ = r, that is  f / R ≤ ⟨N, γ − p⟩ ≤ f / r.  Hence f'' + f/R² ≤ 1 and f'' + f/r² ≥ 1, f(0) = f'(0) = 0. By
// Sturm's comparison (the kernel sin((t − u)/ρ) is ≥ 0 up to t = πρ) f(t) is at most R²(1 − cos(t/R)) and at least r²(1 − cos(t/r)).
// Since 1 − cos u = 2 sin²(u/2), that is the claim. ∎ (s ≤ πR always: half a central section is a path, at most πa long.)

import Glibc

/// WGS 84 (EPSG:7030): a = 6,378,137 m, 1/f = 298.257223563.
enum Ellipsoid {
    static let a = 6_378_137.0
    static let f = 1 / 298.257223563
    static let b = a * (1 - f)
    static let e2 = f * (2 - f)
    /// The least radius of normal curvature, metres: b²/a, along the meridian at the equator.
    static let leastRadius = b * b / a
    /// The greatest, metres: a²/b, at the poles.
    static let greatestRadius = a * a / b

    /// Earth-centred coordinates of a position in degrees, metres.
    static func ecef(longitude: Double, latitude: Double) -> (x: Double, y: Double, z: Double) {
        let phi = latitude * (.pi / 180)
        let lambda = longitude * (.pi / 180)
        return ecef(sinLatitude: sin(phi), cosLatitude: cos(phi), sinLongitude: sin(lambda), cosLongitude: cos(lambda))
    }

    @inline(__always)
    static func ecef(
        sinLatitude: Double, cosLatitude: Double, sinLongitude: Double, cosLongitude: Double
    ) -> (x: Double, y: Double, z: Double) {
        let n = a / (1 - e2 * sinLatitude * sinLatitude).squareRoot()
        let rho = n * cosLatitude
        return (rho * cosLongitude, rho * sinLongitude, n * (1 - e2) * sinLatitude)
    }
}

/// Bounds of the geodesic distance from the chord. All in metres.
///
/// Each gives `slack` away to the safe side for rounding: earth-centred coordinates carry up to 10⁻⁸ m of it, a solver like
/// Karney's 15 · 10⁻⁹ m.
enum ChordBounds {
    static let slack = 1e-6
    /// r and R of the theorem.
    private static let least = Ellipsoid.leastRadius
    private static let greatest = Ellipsoid.greatestRadius
    /// Longer than any geodesic: half a central section.
    private static let longest = Double.pi * Ellipsoid.a
    /// Below this, s ≤ πr is sure: a geodesic of πr has a chord of at least 2r, and the at most π(a − r) < 134.2 km that
    /// it may be longer shorten the chord by no more than themselves.
    private static let shortChord = 2 * least - 140_000

    /// At most the geodesic distance of two points with this chord.
    static func lower(chord: Double) -> Double {
        2 * greatest * asin(min(chord / (2 * greatest), 1)) - slack
    }

    /// At least the geodesic distance of two points with this chord.
    static func upper(chord: Double) -> Double {
        chord < shortChord ? 2 * least * asin(chord / (2 * least)) + slack : longest
    }

    /// The middle between the two bounds.
    static func middle(chord: Double) -> Double { (lower(chord: chord) + upper(chord: chord)) / 2 }

    /// How far the geodesic distance may be from `middle`, given that. Infinite from about 17,700 km on, where `upper` says nothing.
    static func error(middle: Double) -> Double {
        // A chord with this middle is at most so long, and the bounds drift apart as it grows.
        let chord = middle < longest ? 2 * greatest * sin((middle + slack) / (2 * greatest)) : .infinity
        return chord < shortChord ? (upper(chord: chord) - lower(chord: chord)) / 2 + slack : .infinity
    }

    /// At most the geodesic distance, given `middle`.
    static func lower(middle: Double) -> Double {
        let error = error(middle: middle)
        return error < .infinity ? middle - error : 2 * middle - longest - slack
    }
}
