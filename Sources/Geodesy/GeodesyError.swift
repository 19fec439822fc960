// GeodesyError.swift: what is wrong with a position, a datum or a transformation, and what would be right.

public enum GeodesyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not a number, or infinite.
    case notFinite(axis: String)
    /// Degrees outside the globe.
    case longitudeOutOfRange(Double)
    case latitudeOutOfRange(Double, looksSwapped: Bool)
    /// No datum or system of that name is known here.
    case unknownReference(String)
    /// The easting begins with another zone's number, or with one where none belongs, or lacks it.
    case wrongZone(easting: Double, system: String, expected: String)
    /// Metres where degrees belong or the other way round, or far outside the system's area.
    case outsideSystem(x: Double, y: Double, system: String, expected: String)
    /// EPSG names no such operation between these systems.
    case unknownOperation(String)
    /// PROJ's own word.
    case failed(String)

    public var description: String {
        switch self {
        case .notFinite(let axis): "\(axis) is not a finite number"
        case .longitudeOutOfRange(let value): "longitude \(value) is outside -180...180 degrees"
        case .latitudeOutOfRange(let value, let swapped):
            "latitude \(value) is outside -90...90 degrees" + (swapped ? "; latitude and longitude look swapped" : "")
        case .unknownReference(let name):
            "unknown datum or coordinate system '\(name)'; known are \(CoordinateReference.knownNames), and EPSG codes such as EPSG:4526"
        case .wrongZone(let easting, let system, let expected): "easting \(easting) does not belong to \(system): \(expected)"
        case .outsideSystem(let x, let y, let system, let expected): "\(x), \(y) cannot be a position in \(system): \(expected)"
        case .unknownOperation(let name): "'\(name)' is not an operation between these systems; see 'projinfo' for EPSG's"
        case .failed(let reason): "PROJ: \(reason)"
        }
    }
}
