// LayerEncoder+Attributes.swift: points whose attributes are numbers of the tile's tables before the feature is written.
//
// `set` looks up what its key had before, and keeps attributes until the feature is whole. A layer of thousands of points knows its keys, and
// that none is set twice: it makes an attribute once where it repeats, keeps it, and hands each feature a list that is written as it stands.

/// A key with a value, of the layer that made it. Both take their bytes in the tile whether a feature has it or not.
public struct Attribute: BitwiseCopyable, Sendable {
    fileprivate let key: UInt32
    fileprivate let value: UInt32

    fileprivate static let mostKeys: UInt32 = 1 << 24

    /// - Parameters:
    ///   - key: the key's number in the tile, with the lowest bits of the layer's above it: a list of these is read for every feature.
    ///   - value: the value's number in the tile.
    @inline(__always)
    fileprivate init(key: UInt32, value: UInt32) {
        self.key = key
        self.value = value
    }
}

extension LayerEncoder {
    /// A value that may be there already: it is looked up.
    public mutating func attribute(_ key: AttributeKey, _ text: String) -> Attribute { attribute(key, value(text)) }
    public mutating func attribute(_ key: AttributeKey, _ number: UInt64) -> Attribute { attribute(key, value(number)) }
    public mutating func attribute(_ key: AttributeKey, _ flag: Bool) -> Attribute { attribute(key, value(flag)) }
    /// Bytes that are not UTF-8 become U+FFFD.
    public mutating func attribute(_ key: AttributeKey, utf8: UnsafeBufferPointer<UInt8>) -> Attribute { attribute(key, value(utf8: utf8)) }

    public mutating func attribute(_ key: AttributeKey, _ value: AttributeValueRef) -> Attribute {
        precondition(value.layer == layer, "this value belongs to another layer")
        let number = number(of: key)
        return Attribute(key: number, value: values.index(ofSlot: value.slot))
    }

    /// Text that is hardly ever the same twice in a tile, such as names: it is not looked up, and takes its bytes each time. Bytes that are not
    /// UTF-8 become U+FFFD.
    public mutating func attribute(_ key: AttributeKey, once utf8: UnsafeBufferPointer<UInt8>) -> Attribute {
        let number = number(of: key)
        return Attribute(key: number, value: values.index(once: utf8))
    }

    /// A number of that kind, such as an id.
    public mutating func attribute(_ key: AttributeKey, once value: UInt64) -> Attribute {
        let number = number(of: key)
        return Attribute(key: number, value: values.index(once: value))
    }

    /// What tells the attributes of this layer from those of another one of the tile.
    private var tag: UInt32 { layer &* Attribute.mostKeys }

    @inline(__always)
    private mutating func number(of key: AttributeKey) -> UInt32 {
        precondition(key.layer == layer, "this key belongs to another layer")
        let number = keys.index(ofSlot: key.slot)
        precondition(number < Attribute.mostKeys, "a layer has at most \(Attribute.mostKeys) keys")
        return number | tag
    }

    /// Adds a point with all its attributes, in this order. None can be set afterwards.
    ///
    /// - Parameter attributes: of different keys, which debug builds check. An attribute of another layer is a mistake of the program: it traps where
    ///   that can be told, and never names a key or value that is not there.
    /// - Complexity: O(attributes).
    public mutating func addPoint(id: UInt64?, x: Int32, y: Int32, attributes: UnsafeBufferPointer<Attribute>) {
        close()
        featureCount &+= 1
        // Tags and lengths, five bytes for each number of 32 bits, and what is written beyond the end of small ones.
        let room = 3 &* (1 &+ ByteSink.longestVarint) &+ 3 &+ ByteSink.longestVarint &+ 5 &* (2 &* attributes.count &+ 3) &+ 4
        let (tag, keyCount, valueCount) = (tag, keys.numbered, values.numbered)
        assert(Set(attributes.map(\.key)).count == attributes.count, "a feature has each key once")
        var cursor = features.cursor(atMost: room)
        let feature = cursor.beginFeature(id: id)
        if attributes.count > 0 {
            let tags = cursor.beginTags()
            for attribute in attributes {
                // Also true of a key of another layer: it has other highest bits, and so is too large.
                let key = attribute.key ^ tag
                precondition(key < keyCount && attribute.value < valueCount, "this attribute belongs to another layer")
                cursor.write(varints: key, attribute.value)
            }
            cursor.endSized(tags)
        }
        let commands = cursor.beginGeometry(.point)
        let position = Self.clamped(TilePoint(x: x, y: y))
        cursor.write(byte: UInt8(truncatingIfNeeded: DrawingCommand.integer(DrawingCommand.moveTo, count: 1)))
        cursor.write(varint: UInt64(Self.zigzag(position.x)))
        cursor.write(varint: UInt64(Self.zigzag(position.y)))
        cursor.endSized(commands)
        cursor.endSized(feature)
        features.end(cursor)
    }
}
