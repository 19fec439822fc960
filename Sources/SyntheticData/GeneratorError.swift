// GeneratorError.swift: why a data set could not be made.

/// Why a data set could not be made.
public enum GeneratorError: Error, Equatable, Sendable, CustomStringConvertible {
    /// An option outside its range.
    case option(name: String, value: String, allowed: String)
    /// A committed table is missing or holds something else than it should.
    case table(path: String, line: Int?, reason: String)
    /// An output file could not be written, e.g. because the disk is full.
    case output(path: String, reason: String)

    public var description: String {
        switch self {
        case .option(let name, let value, let allowed): "--\(name) \(value): must be \(allowed)"
        case .table(let path, let line, let reason): "\(path)\(line.map { ":\($0)" } ?? ""): \(reason)"
        case .output(let path, let reason): "\(path): cannot be written: \(reason)"
        }
    }
}
