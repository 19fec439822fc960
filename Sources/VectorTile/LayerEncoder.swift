// LayerEncoder.swift: the features of one layer, their ids and attributes.
//
// A feature stays open while its attributes are set; it is written when the next one starts. Attributes wait as pairs of
// slots, and get their numbers in the tile as the feature is written: what is never used is never written, but for what is set `once`.
// Points whose attributes are all known beforehand are written faster by `addPoint(id:x:y:attributes:)` (LayerEncoder+Attributes.swift).

/// A key of the layer that made it.
public struct AttributeKey: Hashable, Sendable {
    let slot: UInt32
    let layer: UInt32
}

/// A value of the layer that made it. Setting it costs two varints and no lookup.
public struct AttributeValueRef: Hashable, Sendable {
    let slot: UInt32
    let layer: UInt32
}

/// Adds features to a layer; made by `TileEncoder.addLayer`.
///
/// `set` gives an attribute to the feature that was added last. A key set twice keeps the last value. Numbers take the
/// smallest encoding that keeps them: whole numbers `uint` from 0 up, `sint` below; a `Double` is written as `float`
/// where that loses nothing. Keys and values are stored once per layer, but for values set `once`. A key or value of another layer is a
/// mistake of the program and traps.
public struct LayerEncoder: ~Copyable {
    // Not private: Swift 6.3 cannot build a noncopyable generic over a private type in debug mode.
    struct Pair: BitwiseCopyable {
        var key: UInt32
        /// A slot, or a number with `isNumber` set.
        var value: UInt32

        /// Tables stay far below as many values: they are bytes of one tile.
        static let isNumber: UInt32 = 1 << 31
    }

    var features = ByteSink(capacity: 4096)
    var keys = ValueTable(.keys)
    var values = ValueTable(.values)
    /// Per key slot: the serial number of the feature that set it last.
    private var lastFeature = Pile<UInt32>()
    private var pairs = Pile<Pair>()
    private var serial: UInt32 = 0
    private(set) var layer: UInt32 = 0
    private var isOpen = false
    private var id: UInt64?
    private var type = GeometryType.unknown
    /// Command and parameter integers of the open feature.
    var geometry = Pile<UInt32>()

    /// Features so far, the open one included.
    public internal(set) var featureCount = 0

    init() {}

    mutating func begin() {
        features.removeAll()
        keys.removeAll()
        values.removeAll()
        lastFeature.removeAll()
        isOpen = false
        featureCount = 0
        serial = 0
        layer &+= 1
    }

    /// Opens a feature whose `geometry` stands ready; writes the one before.
    @inline(__always)
    mutating func open(id: UInt64?, type: GeometryType) {
        self.id = id
        self.type = type
        isOpen = true
        featureCount &+= 1
        serial &+= 1
    }

    /// Writes the open feature, and makes `geometry` empty for the next.
    @inline(__always)
    mutating func close() {
        if isOpen { writeFeature() }
        isOpen = false
        pairs.removeAll()
        geometry.removeAll()
    }

    // MARK: Keys and values

    /// The key of this name, to be used with `set`. Ask once, not per feature.
    public mutating func key(_ name: String) -> AttributeKey {
        var name = name
        let slot = name.withUTF8 { keys.slot(utf8: $0) }
        while lastFeature.count <= Int(slot) { lastFeature.append(0) }
        return AttributeKey(slot: slot, layer: layer)
    }

    /// A value to be set many times. It takes room in the tile only if it is.
    public mutating func value(_ value: String) -> AttributeValueRef { ref(slot(value)) }
    public mutating func value(_ value: UInt64) -> AttributeValueRef { ref(slot(value)) }
    public mutating func value(_ value: Int64) -> AttributeValueRef { ref(slot(value)) }
    public mutating func value(_ value: Int) -> AttributeValueRef { ref(slot(Int64(value))) }
    public mutating func value(_ value: Double) -> AttributeValueRef { ref(slot(value)) }
    public mutating func value(_ value: Float) -> AttributeValueRef { ref(slot(value)) }
    public mutating func value(_ value: Bool) -> AttributeValueRef { ref(slot(value)) }
    /// Bytes that are not UTF-8 become U+FFFD.
    public mutating func value(utf8: UnsafeBufferPointer<UInt8>) -> AttributeValueRef { ref(values.slot(utf8: utf8)) }

    public mutating func set(_ key: AttributeKey, _ value: AttributeValueRef) {
        precondition(value.layer == layer, "this value belongs to another layer")
        attach(key, value.slot)
    }

    public mutating func set(_ key: AttributeKey, _ value: String) { attach(key, slot(value)) }
    public mutating func set(_ key: AttributeKey, _ value: UInt64) { attach(key, slot(value)) }
    public mutating func set(_ key: AttributeKey, _ value: Int64) { attach(key, slot(value)) }
    public mutating func set(_ key: AttributeKey, _ value: Int) { attach(key, slot(Int64(value))) }
    public mutating func set(_ key: AttributeKey, _ value: Double) { attach(key, slot(value)) }
    public mutating func set(_ key: AttributeKey, _ value: Float) { attach(key, slot(value)) }
    public mutating func set(_ key: AttributeKey, _ value: Bool) { attach(key, slot(value)) }
    /// Text that need not become a `String` first, such as a mapped file's. Bytes that are not UTF-8 become U+FFFD.
    public mutating func set(_ key: AttributeKey, utf8: UnsafeBufferPointer<UInt8>) { attach(key, values.slot(utf8: utf8)) }

    /// Text that is hardly ever the same twice in a tile, such as names: it is written without a look whether it is there already, in a third
    /// of the time. Text that repeats, or is replaced by setting the key again, takes its bytes each time.
    public mutating func set(_ key: AttributeKey, once utf8: UnsafeBufferPointer<UInt8>) {
        if isOpen { attach(key, values.index(once: utf8) | Pair.isNumber) }
    }

    /// A number that is hardly ever the same twice in a tile, such as an id, likewise: where it is replaced, or the same again, it takes its
    /// bytes each time.
    public mutating func set(_ key: AttributeKey, once number: UInt64) {
        if isOpen { attach(key, values.index(once: number) | Pair.isNumber) }
    }

    private func ref(_ slot: UInt32) -> AttributeValueRef { AttributeValueRef(slot: slot, layer: layer) }

    @inline(__always)
    private mutating func slot(_ value: String) -> UInt32 {
        var value = value
        return value.withUTF8 { values.slot(utf8: $0) }
    }

    @inline(__always)
    private mutating func slot(_ value: UInt64) -> UInt32 { values.slot(uint: value) }

    @inline(__always)
    private mutating func slot(_ value: Int64) -> UInt32 {
        // A negative number takes ten bytes as `int`, and as few as its size needs zigzag-encoded as `sint`.
        if value >= 0 { return values.slot(uint: UInt64(bitPattern: value)) }
        return values.slot(.sint, bits: UInt64(bitPattern: (value &<< 1) ^ (value &>> 63)))
    }

    @inline(__always)
    private mutating func slot(_ value: Double) -> UInt32 {
        let short = Float(value)
        if Double(short) == value || value.isNaN { return slot(short) }
        return values.slot(.double, bits: value.bitPattern)
    }

    @inline(__always)
    private mutating func slot(_ value: Float) -> UInt32 {
        values.slot(.float, bits: UInt64(value.isNaN ? Float.nan.bitPattern : value.bitPattern))
    }

    @inline(__always)
    private mutating func slot(_ value: Bool) -> UInt32 { values.slot(.bool, bits: value ? 1 : 0) }

    @inline(__always)
    private mutating func attach(_ key: AttributeKey, _ value: UInt32) {
        precondition(key.layer == layer, "this key belongs to another layer")
        guard isOpen else { return }
        let slot = Int(key.slot)
        if lastFeature[slot] == serial {
            for at in 0..<pairs.count where pairs[at].key == key.slot { pairs[at].value = value }
        } else {
            lastFeature[slot] = serial
            pairs.append(Pair(key: key.slot, value: value))
        }
    }

    // MARK: Bytes

    private mutating func writeFeature() {
        // Tags and lengths, and five bytes for each number of 32 bits.
        let room = 3 &* (1 &+ ByteSink.longestVarint) &+ 3 &+ ByteSink.longestVarint &+ 5 &* (2 &* pairs.count &+ geometry.count)
        var cursor = features.cursor(atMost: room)
        let feature = cursor.beginFeature(id: id)
        if pairs.count > 0 {
            let tags = cursor.beginTags()
            for at in 0..<pairs.count {
                let (key, value) = (pairs[at].key, pairs[at].value)
                cursor.write(varint: UInt64(keys.index(ofSlot: key)))
                cursor.write(varint: UInt64(value & Pair.isNumber != 0 ? value & ~Pair.isNumber : values.index(ofSlot: value)))
            }
            cursor.endSized(tags)
        }
        let commands = cursor.beginGeometry(type)
        for at in 0..<geometry.count { cursor.write(varint: UInt64(geometry[at])) }
        cursor.endSized(commands)
        cursor.endSized(feature)
        features.end(cursor)
    }

    /// The most that `write` writes beside the name, the features, keys and values.
    private static let frame = 3 + 3 + 4 * ByteSink.longestVarint

    /// The most bytes that `write` writes; 0 when the layer has no feature and is not to be written. Writes the open feature.
    mutating func closedSize(name: String) -> Int {
        close()
        guard features.count > 0 else { return 0 }
        return Self.frame + name.utf8.count + features.count + keys.encodedSize + values.encodedSize
    }

    /// Writes the layer, whose features must be closed.
    func write(name: String, extent: UInt32, to cursor: inout ByteCursor) {
        var name = name
        name.withUTF8 { text in
            let size =
                1 + ByteSink.varintSize(UInt64(text.count)) + text.count + features.count + keys.encodedSize + values.encodedSize
                + 1 + ByteSink.varintSize(UInt64(extent)) + 2
            cursor.write(byte: 0x1a)  // Tile.layers
            cursor.write(varint: UInt64(size))
            // The version first: a reader may need it before anything else.
            cursor.write(byte: 0x78)  // Layer.version
            cursor.write(byte: 2)
            cursor.write(byte: 0x0a)  // Layer.name
            cursor.write(varint: UInt64(text.count))
            cursor.write(text)
            cursor.write(contentsOf: features)
            keys.write(to: &cursor)
            values.write(to: &cursor)
            cursor.write(byte: 0x28)  // Layer.extent
            cursor.write(varint: UInt64(extent))
        }
    }
}

/// The parts of a feature, in the order in which both ways of writing one put them. Each is ended by `endSized`.
extension ByteCursor {
    @inline(__always)
    mutating func beginFeature(id: UInt64?) -> UnsafeMutablePointer<UInt8> {
        write(byte: 0x12)  // Layer.features
        let feature = beginSized()
        if let id {
            write(byte: 0x08)  // Feature.id
            write(varint: id)
        }
        return feature
    }

    @inline(__always)
    mutating func beginTags() -> UnsafeMutablePointer<UInt8> {
        write(byte: 0x12)  // Feature.tags, packed
        return beginSized()
    }

    @inline(__always)
    mutating func beginGeometry(_ type: GeometryType) -> UnsafeMutablePointer<UInt8> {
        write(byte: 0x18)  // Feature.type
        write(byte: type.rawValue)
        write(byte: 0x22)  // Feature.geometry, packed
        return beginSized()
    }
}
