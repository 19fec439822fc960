// EarthPoints.swift: exact positions of the points, in the index's order: degrees for the geodesic solver, earth-centred metres
// for chords. The index prunes by its grid, these decide.

import CVector
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
        let axes = Column<Double>.three(count: count) { x, y, z in
            for index in 0..<count {
                let point = Ellipsoid.ecef(longitude: longitude[index], latitude: latitude[index])
                x.initializeElement(at: index, to: point.x)
                y.initializeElement(at: index, to: point.y)
                z.initializeElement(at: index, to: point.z)
            }
        }
        self.init(longitude: longitude, latitude: latitude, ecefX: axes.0, ecefY: axes.1, ecefZ: axes.2)
    }

    /// The same of positions in another order: `order` says which of them each point is, as `PackedRTree.build` does. O(n).
    public init(longitudes: [Double], latitudes: [Double], order: Column<UInt32>) {
        var latitude = Column<Double>([])
        let longitude = Column<Double>(count: order.count) { sortedLongitudes in
            latitude = Column<Double>(count: order.count) { sortedLatitudes in
                // Both at once: they come from all over memory.
                for place in order.indices {
                    let index = Int(order[place])
                    sortedLongitudes.initializeElement(at: place, to: longitudes[index])
                    sortedLatitudes.initializeElement(at: place, to: latitudes[index])
                }
            }
        }
        self.init(longitude: longitude, latitude: latitude)
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

/// Where the leaves' points are, to have them come before they are needed.
struct EarthLeaves {
    private let x: UnsafePointer<Double>
    private let y: UnsafePointer<Double>
    private let z: UnsafePointer<Double>

    init(_ earth: EarthPoints) { (x, y, z) = (earth.ecefX.base, earth.ecefY.base, earth.ecefZ.base) }

    /// The addresses may be beyond the points': nothing is read.
    @inline(__always)
    func fetch(_ leaf: Int) {
        for half in 0..<2 {
            let at = leaf &<< PackedRTree.nodeShift &+ half &* (PackedRTree.nodeSize / 2)
            vector_fetch(x + at)
            vector_fetch(y + at)
            vector_fetch(z + at)
        }
    }

    /// Some leaves of a group, a bit each.
    @inline(__always)
    func fetch(_ group: Int, _ leaves: UInt32) {
        var leaves = leaves
        while leaves != 0 {
            fetch(group &<< PackedRTree.nodeShift &+ leaves.trailingZeroBitCount)
            leaves &= leaves &- 1
        }
    }
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
    /// Whether the processor estimates eight points at once, not two by two (CVector/wide.h). A variable for tests alone.
    @usableFromInline var isWide = vector_is_wide()

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

    /// The cell of the point or one beside it: `MercatorGrid.project` waits longer, for a series of the sine that is here already. Only up to 80° of
    /// latitude.
    @inline(__always)
    var nearCell: GridPoint {
        let height = log((1 + sinLatitude) / (1 - sinLatitude)) * (0.25 / .pi)
        return GridPoint(x: MercatorGrid.column(longitude), y: MercatorGrid.cell(0.5 - height))
    }

    /// The solver's word on the distance to a point, metres.
    @usableFromInline
    func exact(_ index: Int, _ earth: EarthPoints, _ solver: some GeodesicSolver) -> Double {
        solver.distanceMeters(
            fromLongitude: longitude, latitude: latitude, toLongitude: earth.longitude[index], latitude: earth.latitude[index])
    }
}
