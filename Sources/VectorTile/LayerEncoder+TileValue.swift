// LayerEncoder+TileValue.swift: attributes whose type is known at run time only.

extension LayerEncoder {
    /// Sets an attribute of the feature that was added last; numbers take their smallest encoding, as with the typed forms.
    public mutating func set(_ key: AttributeKey, _ value: TileValue) {
        switch value {
        case .string(let value): set(key, value)
        case .float(let value): set(key, value)
        case .double(let value): set(key, value)
        case .int(let value), .sint(let value): set(key, value)
        case .uint(let value): set(key, value)
        case .bool(let value): set(key, value)
        }
    }
}
