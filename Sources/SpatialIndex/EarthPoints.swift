// EarthPoints.swift: exact positions of the points, in the index's order: degrees for the geodesic solver, earth-centred metres
// for chords. The index prunes by its grid, these decide.

import Glibc

/// Solves the inverse geodesic problem exactly. Given from above, since this module imports no geodesy.
public protocol GeodesicSolver: Sendable {
    /// Metres along the WGS 84 geodesic between two positions in degrees, to a micrometre or better.
    func distanceMeters(fromLongitude: Double, latitude: Double, toLongitude: Double, latitude toLatitude: Double) -> Double
}

/// A point of an answer: its position in the order, and its geodesic distance from the query.
public struct Neighbor: Hashable, Sendable {
    public var index: Int
    public var distanceMeters: Double

    public init(index: Int, distanceMeters: Double) {
        self.index = index
        self.distanceMeters = distanceMeters
    }
}

/// Exact positions of points in the index's order. 40 bytes a point.
///
/// Longitudes are within ±180° and latitudes within ±90°; a point elsewhere, or at NaN, may be missed by radius and nearest
/// queries. Points beyond ±85.05° are found as any other, although their grid cells are the square's edge.
public struct EarthPoints: Sendable {
    /// Degrees, WGS 84.
    public let longitude: Column<Double>
    public let latitude: Column<Double>
    /// Metres from the earth's centre: x towards 0° E on the equator, z towards the north pole.
    public let ecefX: Column<Double>
    public let ecefY: Column<Double>
    public let ecefZ: Column<Double>
    /// Points that have all five.
    @usableFromInline let count: Int

    /// Computes the earth-centred coordinates. O(n).
    public init(longitude: Column<Double>, latitude: Column<Double>) {
        let count = Swift.min(longitude.count, latitude.count)
        let byAxis = UnsafeMutableBufferPointer<Double>.allocate(capacity: 3 * count)
        defer { byAxis.deallocate() }
        longitude.withUnsafeBufferPointer { longitude in
            latitude.withUnsafeBufferPointer { latitude in
                for index in 0..<count {
                    let point = Ellipsoid.ecef(longitude: longitude[index], latitude: latitude[index])
                    byAxis.initializeElement(at: index, to: point.x)
                    byAxis.initializeElement(at: count + index, to: point.y)
                    byAxis.initializeElement(at: 2 * count + index, to: point.z)
                }
            }
        }
        let axes = (0..<3).map { axis in
            Column<Double>(count: count) { _ = $0.initialize(fromContentsOf: byAxis[axis * count..<(axis + 1) * count]) }
        }
        self.init(longitude: longitude, latitude: latitude, ecefX: axes[0], ecefY: axes[1], ecefZ: axes[2])
    }

    /// Takes columns as a file has them: of one length, or the points beyond the shortest are in no answer.
    public init(
        longitude: Column<Double>, latitude: Column<Double>, ecefX: Column<Double>, ecefY: Column<Double>, ecefZ: Column<Double>
    ) {
        self.longitude = longitude
        self.latitude = latitude
        self.ecefX = ecefX
        self.ecefY = ecefY
        self.ecefZ = ecefZ
        count = [longitude.count, latitude.count, ecefX.count, ecefY.count, ecefZ.count].reduce(.max) { Swift.min($0, $1) }
    }

    func has(_ index: Int) -> Bool { index >= 0 && index < count }

    /// Whether two points have the same coordinates, to the bit.
    func samePosition(_ a: Int, _ b: Int) -> Bool { longitude[a] == longitude[b] && latitude[a] == latitude[b] }
}

/// A query's point, ready for chords and estimates.
@usableFromInline
struct EarthQuery: Sendable {
    /// Degrees; longitude within ±180.
    let longitude: Double
    let latitude: Double
    let sinLatitude: Double
    let cosLatitude: Double
    @usableFromInline let x: Double
    @usableFromInline let y: Double
    @usableFromInline let z: Double
    /// Distance from the axis, metres.
    let rho: Double
    @usableFromInline let estimate: GeodesicEstimate

    /// Nil for a latitude beyond a pole and what is not finite. Longitudes may run on beyond ±180.
    @usableFromInline
    init?(longitude: Double, latitude: Double) {
        guard longitude.isFinite, latitude >= -90, latitude <= 90 else { return nil }
        self.longitude = abs(longitude) <= 180 ? longitude : longitude.remainder(dividingBy: 360)
        self.latitude = latitude
        let phi = latitude * (.pi / 180)
        let lambda = self.longitude * (.pi / 180)
        sinLatitude = sin(phi)
        cosLatitude = cos(phi)
        (x, y, z) = Ellipsoid.ecef(sinLatitude: sinLatitude, cosLatitude: cosLatitude, sinLongitude: sin(lambda), cosLongitude: cos(lambda))
        rho = (x * x + y * y).squareRoot()
        estimate = GeodesicEstimate(z: z)
    }

    /// The solver's word on the distance to a point, metres.
    @usableFromInline
    func exact(_ index: Int, _ earth: EarthPoints, _ solver: some GeodesicSolver) -> Double {
        solver.distanceMeters(
            fromLongitude: longitude, latitude: latitude, toLongitude: earth.longitude[index], latitude: earth.latitude[index])
    }
}
