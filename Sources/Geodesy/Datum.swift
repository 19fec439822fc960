// Datum.swift: datums as types. A `Coordinate<GCJ02>` is not a `Coordinate<WGS84>`: the compiler refuses to mix them, and every way
// from one to the other is a method or a `CoordinateTransformer` that says what it did.

/// A geodetic datum, or an obfuscation of one that is used like one.
public protocol Datum: Sendable {
    /// The name in files, options and answers.
    static var name: String { get }
    /// The same as a value.
    static var reference: CoordinateReference { get }
}

/// World Geodetic System 1984, EPSG:4326.
public enum WGS84: Datum {
    public static let name = "wgs84"
    public static let reference = CoordinateReference.wgs84
}
/// China Geodetic Coordinate System 2000, EPSG:4490: within centimetres to decimetres of WGS 84.
public enum CGCS2000: Datum {
    public static let name = "cgcs2000"
    public static let reference = CoordinateReference.cgcs2000
}
/// Xian 1980, EPSG:4610. No public parameters to WGS 84.
public enum Xian1980: Datum {
    public static let name = "xian80"
    public static let reference = CoordinateReference.xian1980
}
/// Beijing 1954, EPSG:4214. Public parameters to WGS 84 for six areas only.
public enum Beijing1954: Datum {
    public static let name = "beijing54"
    public static let reference = CoordinateReference.beijing1954
}
/// The offset coordinates of all commercial web maps in mainland China.
public enum GCJ02: Datum {
    public static let name = "gcj02"
    public static let reference = CoordinateReference.gcj02
}
/// Baidu's, offset once more.
public enum BD09: Datum {
    public static let name = "bd09"
    public static let reference = CoordinateReference.bd09
}

/// A position in degrees of one datum.
public struct Coordinate<D: Datum>: Hashable, Sendable {
    /// Degrees east, -180 to 180.
    public let longitude: Double
    /// Degrees north, -90 to 90.
    public let latitude: Double

    /// - Throws: `GeodesyError` for what is not finite or outside the globe; a latitude that would be a longitude is named so.
    public init(longitude: Double, latitude: Double) throws(GeodesyError) {
        try checkDegrees(longitude: longitude, latitude: latitude)
        self.init(unchecked: longitude, latitude)
    }

    /// For positions that were checked before.
    @inlinable
    public init(unchecked longitude: Double, _ latitude: Double) {
        self.longitude = longitude
        self.latitude = latitude
    }
}

/// Refuses what cannot be a position in degrees, and says what it looks like instead.
func checkDegrees(longitude: Double, latitude: Double) throws(GeodesyError) {
    if abs(latitude) <= 90, abs(longitude) <= 180 { return }
    guard longitude.isFinite else { throw .notFinite(axis: "longitude") }
    guard latitude.isFinite else { throw .notFinite(axis: "latitude") }
    // Plane coordinates are hundreds of kilometres from their origin.
    if abs(longitude) >= 10_000, abs(latitude) >= 10_000 {
        throw .metresNotDegrees(
            x: longitude, y: latitude,
            expected: "name the projected system, such as EPSG:4526 for CGCS2000 with eastings 38xxxxxx")
    }
    guard abs(latitude) <= 90 else {
        throw .latitudeOutOfRange(latitude, looksSwapped: abs(latitude) <= 180 && abs(longitude) <= 90)
    }
    throw .longitudeOutOfRange(longitude)
}
