// Datum.swift: datums as types, so that the compiler refuses to mix positions of different ones.

/// A geodetic datum, or an obfuscation of one that is used like one.
public protocol Datum: Sendable {
    static var name: String { get }
}

/// EPSG:4326.
public enum WGS84: Datum {
    public static let name = "wgs84"
}
/// China Geodetic Coordinate System 2000, EPSG:4490.
public enum CGCS2000: Datum {
    public static let name = "cgcs2000"
}
/// EPSG:4610.
public enum Xian1980: Datum {
    public static let name = "xian80"
}
/// EPSG:4214.
public enum Beijing1954: Datum {
    public static let name = "beijing54"
}
/// The offset coordinates of all commercial web maps in mainland China.
public enum GCJ02: Datum {
    public static let name = "gcj02"
}
/// Baidu's, offset once more.
public enum BD09: Datum {
    public static let name = "bd09"
}

/// A position in degrees of one datum.
public struct Coordinate<D: Datum>: Hashable, Sendable {
    public let longitude: Double
    public let latitude: Double

    /// - Throws: `GeodesyError` for what is not finite or outside the globe; a latitude that would be a longitude is named so.
    public init(longitude: Double, latitude: Double) throws(GeodesyError) {
        try checkDegrees(longitude: longitude, latitude: latitude)
        self.init(unchecked: longitude, latitude)
    }

    /// For positions that were checked before.
    public init(unchecked longitude: Double, _ latitude: Double) {
        self.longitude = longitude
        self.latitude = latitude
    }
}

func checkDegrees(longitude: Double, latitude: Double) throws(GeodesyError) {
    guard longitude.isFinite else { throw .notFinite(axis: "longitude") }
    guard latitude.isFinite else { throw .notFinite(axis: "latitude") }
    guard abs(latitude) <= 90 else {
        throw .latitudeOutOfRange(latitude, looksSwapped: abs(latitude) <= 180 && abs(longitude) <= 90)
    }
    guard abs(longitude) <= 180 else { throw .longitudeOutOfRange(longitude) }
}
