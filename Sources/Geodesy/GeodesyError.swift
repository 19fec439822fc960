// GeodesyError.swift: what is wrong with a position, a datum or a transformation, and what would be right.

public enum GeodesyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not a number, or infinite.
    case notFinite(axis: String)
    /// Degrees outside the globe.
    case longitudeOutOfRange(Double)
    case latitudeOutOfRange(Double, looksSwapped: Bool)
    /// Metres where degrees belong.
    case metresNotDegrees(x: Double, y: Double, expected: String)
    /// No datum or system of that name is known here.
    case unknownReference(String)
    /// EPSG has the code, but it is not a system of two horizontal axes.
    case unsupportedReference(Int, kind: String)
    /// The easting begins with another zone's number, or with one where none belongs, or lacks it.
    case wrongZone(easting: Double, system: String, expected: String)
    /// Degrees where metres belong, or far outside the system's area.
    case outsideSystem(x: Double, y: Double, system: String, expected: String)
    /// EPSG has no such operation between these systems.
    case unknownOperation(String, known: [String])
    /// PROJ's own word.
    case failed(String)

    public var description: String {
        switch self {
        case .notFinite(let axis): return "\(axis) is not a finite number"
        case .longitudeOutOfRange(let value): return "longitude \(value) is outside -180...180 degrees"
        case .latitudeOutOfRange(let value, let swapped):
            return "latitude \(value) is outside -90...90 degrees" + (swapped ? "; latitude and longitude look swapped" : "")
        case .metresNotDegrees(let x, let y, let expected): return "\(x), \(y) look like metres, not degrees: \(expected)"
        case .unknownReference(let name):
            return
                "unknown datum or coordinate system '\(name)'; known are \(CoordinateReference.knownNames), and EPSG codes such as EPSG:4526"
        case .unsupportedReference(let code, let kind):
            return "EPSG:\(code) is \(kind), not a geographic or projected system of two axes; such a one is EPSG:4490 or EPSG:4526"
        case .wrongZone(let easting, let system, let expected): return "easting \(easting) does not belong to \(system): \(expected)"
        case .outsideSystem(let x, let y, let system, let expected): return "\(x), \(y) cannot be a position in \(system): \(expected)"
        case .unknownOperation(let name, let known):
            let choice = known.isEmpty ? "EPSG has none" : "EPSG has " + known.joined(separator: ", ")
            return "'\(name)' is not an operation between these systems; \(choice)"
        case .failed(let reason): return "PROJ: \(reason)"
        }
    }
}
