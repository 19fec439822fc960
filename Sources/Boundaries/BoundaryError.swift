// BoundaryError.swift: what can be wrong with a boundary file, and where.

/// Why a boundary file was refused.
public enum BoundaryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file could not be read at all.
    case unreadable(path: String, reason: String)
    /// The gzip stream is damaged or ends early.
    case damagedCompression(path: String, reason: String)
    /// The text is not JSON, or not the GeoJSON that is needed. `byte` counts from 0 in the uncompressed text.
    case malformed(path: String, byte: Int, reason: String)
    /// The file holds no polygon.
    case empty(path: String)
    /// None of the features could be taken.
    case noPlaces(path: String, features: Int, reason: String)
    /// An option that does not fit.
    case badOption(option: String, reason: String)
    /// GEOS could not do what it was asked to.
    case geometry(reason: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .damagedCompression(let path, let reason): "\(path): the gzip stream is damaged: \(reason); fetch the file again"
        case .malformed(let path, let byte, let reason):
            "\(path): byte \(byte): \(reason); a GeoJSON FeatureCollection of Polygon or MultiPolygon features is needed"
        case .empty(let path): "\(path): no Polygon or MultiPolygon feature in it"
        case .noPlaces(let path, let features, let reason): "\(path): none of the \(features) features can be taken\(reason)"
        case .badOption(let option, let reason): "\(option): \(reason)"
        case .geometry(let reason): "the borders cannot be computed: \(reason)"
        }
    }
}
