// GCJ02.swift: GCJ-02 and BD-09. Their makers publish neither; the formulas are those that the projects PRCoords and eviltransform
// agree on, GCJ-02 with the radius of the Krasovsky ellipsoid, BD-09 with Baidu's 3000·π/180. Outside mainland China (ChinaOutline) both are
// the identity, as on the maps that use them.
//
// All sines of GCJ-02 are of multiples of π/30 times one number, so one sine and cosine of π/60 of it gives them all by the formulas for
// multiple angles; the error is under 1e-11 m. There is no inverse in closed form: p ← p − (f(p) − target) contracts by a factor of some
// hundreds a step and ends below a nanometre.

import Glibc

/// The formulas, wherever the position is. Degrees in and out.
enum ChinaOffset {
    private static let semiMajorAxis = 6_378_245.0  // Krasovsky 1940, metres
    private static let squaredEccentricity = 0.00669342162296594323

    /// Sines of multiples of an angle, by repeated formulas.
    private struct Waves {
        /// Of π/30, π/12, π/3, π, 2π, 6π times the number.
        var thirtieth, twelfth, third, one, two, six: Double

        init(_ number: Double) {
            let s = sin(number * (.pi / 60))
            let c = cos(number * (.pi / 60))
            let ss = s * s
            thirtieth = 2 * s * c
            // Five times, then twice twice, thrice, twice, thrice.
            let s5 = s * (5 + ss * (16 * ss - 20))
            let cc = c * c
            let c5 = c * (5 + cc * (16 * cc - 20))
            twelfth = s5
            let s10 = 2 * s5 * c5
            let c10 = c5 * c5 - s5 * s5
            third = 2 * s10 * c10
            let c20 = c10 * c10 - s10 * s10
            one = third * (3 - 4 * third * third)
            let c60 = c20 * (4 * c20 * c20 - 3)
            two = 2 * one * c60
            six = two * (3 - 4 * two * two)
        }
    }

    /// What GCJ-02 adds to a position of WGS 84.
    static func gcj02(longitude: Double, latitude: Double) -> (longitude: Double, latitude: Double) {
        let x = longitude - 105
        let y = latitude - 35
        let root = abs(x).squareRoot()
        let ofX = Waves(x)
        let ofY = Waves(y)
        let shared = 20 * (ofX.six + ofX.two)
        let northWaves = shared + 20 * ofY.one + 40 * ofY.third + 160 * ofY.twelfth + 320 * ofY.thirtieth
        let eastWaves = shared + 20 * ofX.one + 40 * ofX.third + 150 * ofX.twelfth + 300 * ofX.thirtieth
        let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + northWaves * (2.0 / 3)
        let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + eastWaves * (2.0 / 3)
        let sine = sin(latitude * (.pi / 180))
        let cosine = cos(latitude * (.pi / 180))
        let w2 = 1 - squaredEccentricity * sine * sine
        let w = w2.squareRoot()
        let degreesPerMeter = 180 / (.pi * semiMajorAxis)
        return (
            east * w / cosine * degreesPerMeter,
            north * w2 * w / (1 - squaredEccentricity) * degreesPerMeter
        )
    }

    private static let turn = Double.pi * 3000 / 180

    /// BD-09 of a position of GCJ-02.
    static func bd09(longitude x: Double, latitude y: Double) -> (longitude: Double, latitude: Double) {
        let radius = (x * x + y * y).squareRoot()
        guard radius > 0 else { return (0.0065, 0.006) }
        let stretch = 1 + 0.00002 * sin(y * turn) / radius
        // A turn by at most 3e-6 rad: the series ends here, the next terms are below 1e-22.
        let angle = 0.000003 * cos(x * turn)
        let cosine = 1 - angle * angle / 2
        let sine = angle - angle * angle * angle / 6
        return (stretch * (x * cosine - y * sine) + 0.0065, stretch * (y * cosine + x * sine) + 0.006)
    }

    /// The position that GCJ-02's formula takes to a given one.
    static func wgs84(ofGCJ02 longitude: Double, _ latitude: Double) -> (longitude: Double, latitude: Double) {
        var x = longitude
        var y = latitude
        for _ in 0..<maxSteps {
            let offset = gcj02(longitude: x, latitude: y)
            let nextX = longitude - offset.longitude
            let nextY = latitude - offset.latitude
            let change = max(abs(nextX - x), abs(nextY - y))
            x = nextX
            y = nextY
            if !(change > tolerance) { break }
        }
        return (x, y)
    }

    /// The position that BD-09's formula takes to a given one.
    static func gcj02(ofBD09 longitude: Double, _ latitude: Double) -> (longitude: Double, latitude: Double) {
        var x = longitude - 0.0065
        var y = latitude - 0.006
        for _ in 0..<maxSteps {
            let image = bd09(longitude: x, latitude: y)
            let dx = image.longitude - longitude
            let dy = image.latitude - latitude
            x -= dx
            y -= dy
            if !(max(abs(dx), abs(dy)) > tolerance) { break }
        }
        return (x, y)
    }

    /// Degrees: a step below this is followed by one of less than a nanometre.
    private static let tolerance = 1e-11
    private static let maxSteps = 20
}

/// The rule for positions near the outline, the same for GCJ-02 and BD-09.
///
/// Forward: a position in mainland China is moved, any other stays. Backward: if the formula's inverse lies in mainland China, that is the
/// answer, so every mainland position comes back exactly, from whichever side of the border its image fell on. Else a position outside the
/// mainland is its own image. What remains, a position inside whose inverse lies outside, is the image of none; the inverse is taken
/// there too, because a position published in GCJ-02 was moved by someone whose outline took it in.
extension Coordinate where D == WGS84 {
    /// Where commercial maps of China draw this position. Under 200 ns.
    public func gcj02() -> Coordinate<GCJ02> {
        guard ChinaOutline.containsMainland(longitude: longitude, latitude: latitude) else {
            return Coordinate<GCJ02>(unchecked: longitude, latitude)
        }
        let offset = ChinaOffset.gcj02(longitude: longitude, latitude: latitude)
        return Coordinate<GCJ02>(unchecked: longitude + offset.longitude, latitude + offset.latitude)
    }

    /// Where Baidu's map draws this position.
    public func bd09() -> Coordinate<BD09> {
        guard ChinaOutline.containsMainland(longitude: longitude, latitude: latitude) else {
            return Coordinate<BD09>(unchecked: longitude, latitude)
        }
        let offset = ChinaOffset.gcj02(longitude: longitude, latitude: latitude)
        let moved = ChinaOffset.bd09(longitude: longitude + offset.longitude, latitude: latitude + offset.latitude)
        return Coordinate<BD09>(unchecked: moved.longitude, moved.latitude)
    }
}

extension Coordinate where D == GCJ02 {
    /// The position whose `gcj02()` this is, to a nanometre.
    public func wgs84() -> Coordinate<WGS84> {
        guard mayBeMoved(longitude, latitude) else { return Coordinate<WGS84>(unchecked: longitude, latitude) }
        let inverse = ChinaOffset.wgs84(ofGCJ02: longitude, latitude)
        guard isMoved(longitude, latitude, inverse: inverse) else { return Coordinate<WGS84>(unchecked: longitude, latitude) }
        return Coordinate<WGS84>(unchecked: inverse.longitude, inverse.latitude)
    }

    /// Where Baidu's map draws this position.
    public func bd09() -> Coordinate<BD09> {
        guard mayBeMoved(longitude, latitude),
            isMoved(longitude, latitude, inverse: ChinaOffset.wgs84(ofGCJ02: longitude, latitude))
        else { return Coordinate<BD09>(unchecked: longitude, latitude) }
        let moved = ChinaOffset.bd09(longitude: longitude, latitude: latitude)
        return Coordinate<BD09>(unchecked: moved.longitude, moved.latitude)
    }
}

extension Coordinate where D == BD09 {
    /// The position whose `bd09()` this is, to a nanometre.
    public func wgs84() -> Coordinate<WGS84> {
        guard mayBeMoved(longitude, latitude) else { return Coordinate<WGS84>(unchecked: longitude, latitude) }
        let gcj02 = ChinaOffset.gcj02(ofBD09: longitude, latitude)
        let inverse = ChinaOffset.wgs84(ofGCJ02: gcj02.longitude, gcj02.latitude)
        guard isMoved(longitude, latitude, inverse: inverse) else { return Coordinate<WGS84>(unchecked: longitude, latitude) }
        return Coordinate<WGS84>(unchecked: inverse.longitude, inverse.latitude)
    }

    /// Where other commercial maps of China draw this position.
    public func gcj02() -> Coordinate<GCJ02> {
        guard mayBeMoved(longitude, latitude) else { return Coordinate<GCJ02>(unchecked: longitude, latitude) }
        let gcj02 = ChinaOffset.gcj02(ofBD09: longitude, latitude)
        guard isMoved(longitude, latitude, inverse: ChinaOffset.wgs84(ofGCJ02: gcj02.longitude, gcj02.latitude)) else {
            return Coordinate<GCJ02>(unchecked: longitude, latitude)
        }
        return Coordinate<GCJ02>(unchecked: gcj02.longitude, gcj02.latitude)
    }
}

/// Whether a position lies in the outline's box and a margin wider than any offset; outside it the formulas do not even converge.
private func mayBeMoved(_ longitude: Double, _ latitude: Double) -> Bool {
    longitude > 72 && longitude < 137 && latitude > 15 && latitude < 55
}

private func isMoved(_ longitude: Double, _ latitude: Double, inverse: (longitude: Double, latitude: Double)) -> Bool {
    ChinaOutline.containsMainland(longitude: inverse.longitude, latitude: inverse.latitude)
        || ChinaOutline.containsMainland(longitude: longitude, latitude: latitude)
}
