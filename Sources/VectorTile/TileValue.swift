// TileValue.swift: an attribute's value as a tile stores it (MVT 2.1, section 4.4).

/// An attribute value with the type that it has in the tile.
///
/// Equality is by type and value: `.uint(5)` and `.sint(5)` differ, as they do in the bytes. NaN equals itself.
public enum TileValue: Sendable {
    case string(String)
    case float(Float)
    case double(Double)
    case int(Int64)
    case uint(UInt64)
    case sint(Int64)
    case bool(Bool)

    /// The whole number, when it is one that fits.
    public var intValue: Int? {
        switch self {
        case .int(let value), .sint(let value): Int(exactly: value)
        case .uint(let value): Int(exactly: value)
        case .string, .float, .double, .bool: nil
        }
    }

    /// Any number, as a double; integers beyond 2^53 are rounded.
    public var doubleValue: Double? {
        switch self {
        case .int(let value), .sint(let value): Double(value)
        case .uint(let value): Double(value)
        case .float(let value): Double(value)
        case .double(let value): value
        case .string, .bool: nil
        }
    }

    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }
}

extension TileValue: Hashable {
    /// Floats by their bits, strings by their UTF-8 bytes, as a tile tells values apart.
    public static func == (left: TileValue, right: TileValue) -> Bool {
        switch (left, right) {
        case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
        case (.double(let a), .double(let b)): a.bitPattern == b.bitPattern
        case (.int(let a), .int(let b)): a == b
        case (.uint(let a), .uint(let b)): a == b
        case (.sint(let a), .sint(let b)): a == b
        case (.bool(let a), .bool(let b)): a == b
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .string(let value):
            hasher.combine(1)
            for byte in value.utf8 { hasher.combine(byte) }
        case .float(let value):
            hasher.combine(2)
            hasher.combine(value.bitPattern)
        case .double(let value):
            hasher.combine(3)
            hasher.combine(value.bitPattern)
        case .int(let value):
            hasher.combine(4)
            hasher.combine(value)
        case .uint(let value):
            hasher.combine(5)
            hasher.combine(value)
        case .sint(let value):
            hasher.combine(6)
            hasher.combine(value)
        case .bool(let value):
            hasher.combine(7)
            hasher.combine(value)
        }
    }
}
