// GCJ02.swift: the offsets of GCJ-02 and BD-09. Neither is published by its makers; the formulas are those that the projects
// eviltransform and PRCoords agree on, with the Krasovsky ellipsoid's radius. Outside mainland China both are the identity, as the maps
// that use them are.
//
// There is no inverse in closed form. The offset changes slowly (under 0.1 % a metre), so p ← p − (f(p) − target) contracts
// by a factor of hundreds a step; it ends below 1e-11°, a micrometre.

import Glibc

enum Offset {
    private static let a = 6_378_245.0  // Krasovsky 1940
    private static let ee = 0.00669342162296594323

    /// What GCJ-02 adds to a position of WGS 84, degrees, wherever it is.
    static func gcj02(longitude: Double, latitude: Double) -> (longitude: Double, latitude: Double) {
        let x = longitude - 105
        let y = latitude - 35
        let root = abs(x).squareRoot()
        // sin(6πx) and sin(2πx) are in both sums.
        let waves = (20 * sin(6 * x * .pi) + 20 * sin(2 * x * .pi)) * 2 / 3
        var north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
        north += (20 * sin(y * .pi) + 40 * sin(y / 3 * .pi)) * 2 / 3
        north += (160 * sin(y / 12 * .pi) + 320 * sin(y * .pi / 30)) * 2 / 3
        var east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
        east += (20 * sin(x * .pi) + 40 * sin(x / 3 * .pi)) * 2 / 3
        east += (150 * sin(x / 12 * .pi) + 300 * sin(x / 30 * .pi)) * 2 / 3
        let phi = latitude / 180 * .pi
        let sine = sin(phi)
        let magic = 1 - ee * sine * sine
        let rootMagic = magic.squareRoot()
        return (
            east * 180 / (a / rootMagic * cos(phi) * .pi), north * 180 / (a * (1 - ee) / (magic * rootMagic) * .pi)
        )
    }

    private static let turn = .pi * 3000.0 / 180

    /// BD-09 of a position of GCJ-02, wherever it is.
    static func bd09(longitude x: Double, latitude y: Double) -> (longitude: Double, latitude: Double) {
        let z = (x * x + y * y).squareRoot() + 0.00002 * sin(y * turn)
        let theta = atan2(y, x) + 0.000003 * cos(x * turn)
        return (z * cos(theta) + 0.0065, z * sin(theta) + 0.006)
    }

    /// The point that `forward` takes to a target, both in degrees.
    static func invert(
        longitude: Double, latitude: Double, _ forward: (Double, Double) -> (longitude: Double, latitude: Double)
    ) -> (longitude: Double, latitude: Double) {
        var x = longitude
        var y = latitude
        for _ in 0..<30 {
            let image = forward(x, y)
            let dx = image.longitude - longitude
            let dy = image.latitude - latitude
            x -= dx
            y -= dy
            if abs(dx) < 1e-12, abs(dy) < 1e-12 { break }
        }
        return (x, y)
    }
}

extension Coordinate where D == WGS84 {
    /// Where commercial maps of China draw this position. About 150 ns.
    public func gcj02() -> Coordinate<GCJ02> {
        guard ChinaOutline.containsMainland(longitude: longitude, latitude: latitude) else {
            return Coordinate<GCJ02>(unchecked: longitude, latitude)
        }
        let offset = Offset.gcj02(longitude: longitude, latitude: latitude)
        return Coordinate<GCJ02>(unchecked: longitude + offset.longitude, latitude + offset.latitude)
    }

    /// Where Baidu's map draws this position.
    public func bd09() -> Coordinate<BD09> {
        guard ChinaOutline.containsMainland(longitude: longitude, latitude: latitude) else {
            return Coordinate<BD09>(unchecked: longitude, latitude)
        }
        let gcj = gcj02()
        let there = Offset.bd09(longitude: gcj.longitude, latitude: gcj.latitude)
        return Coordinate<BD09>(unchecked: there.longitude, there.latitude)
    }
}

extension Coordinate where D == GCJ02 {
    /// The position whose `gcj02()` this is, under a micrometre off.
    ///
    /// Within a kilometre of the outline two positions can have this image, one inside and moved, one outside and not; the one inside is
    /// taken. One that is the image of none (just outside the moved outline) stays where it is.
    public func wgs84() -> Coordinate<WGS84> {
        let inside = Offset.invert(longitude: longitude, latitude: latitude) { x, y in
            let offset = Offset.gcj02(longitude: x, latitude: y)
            return (x + offset.longitude, y + offset.latitude)
        }
        guard ChinaOutline.containsMainland(longitude: inside.longitude, latitude: inside.latitude) else {
            return Coordinate<WGS84>(unchecked: longitude, latitude)
        }
        return Coordinate<WGS84>(unchecked: inside.longitude, inside.latitude)
    }

    public func bd09() -> Coordinate<BD09> { wgs84().bd09() }
}

extension Coordinate where D == BD09 {
    /// The position whose `bd09()` this is, under a micrometre off; at the outline as `Coordinate<GCJ02>.wgs84()` says.
    public func wgs84() -> Coordinate<WGS84> {
        let gcj = Offset.invert(longitude: longitude, latitude: latitude) { Offset.bd09(longitude: $0, latitude: $1) }
        let inside = Offset.invert(longitude: gcj.longitude, latitude: gcj.latitude) { x, y in
            let offset = Offset.gcj02(longitude: x, latitude: y)
            return (x + offset.longitude, y + offset.latitude)
        }
        guard ChinaOutline.containsMainland(longitude: inside.longitude, latitude: inside.latitude) else {
            return Coordinate<WGS84>(unchecked: longitude, latitude)
        }
        return Coordinate<WGS84>(unchecked: inside.longitude, inside.latitude)
    }

    public func gcj02() -> Coordinate<GCJ02> { wgs84().gcj02() }
}
