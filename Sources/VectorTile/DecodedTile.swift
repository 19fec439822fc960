// DecodedTile.swift: reads a Mapbox Vector Tile, versions 1 and 2, from bytes that may be anything.
//
// Everything is checked before it is used: lengths, indexes, command counts. What is wrong is said with its place. The
// specification's finer rules, such as unique keys, are not enforced: a reader should show the tiles that there are.

/// A tile, read.
public struct DecodedTile: Hashable, Sendable {
    public var layers: [DecodedLayer]

    /// Reads a tile that is not compressed. No bytes are a tile without layers.
    ///
    /// - Throws: `VectorTileError` with the byte's offset, what was expected there and what was found.
    /// - Complexity: O(bytes), in time and in memory.
    public init(decoding bytes: some Sequence<UInt8>) throws(VectorTileError) {
        let result = bytes.withContiguousStorageIfAvailable { Self.layers(in: UnsafeRawBufferPointer($0)) }
        layers = try (result ?? Array(bytes).withUnsafeBytes { Self.layers(in: $0) }).get()
    }

    private static func layers(in bytes: UnsafeRawBufferPointer) -> Result<[DecodedLayer], VectorTileError> {
        Result { () throws(VectorTileError) in
            var reader = ProtobufReader(bytes)
            if bytes.count >= 2, bytes[0] == 0x1f, bytes[1] == 0x8b {
                throw reader.failure(at: 0, "tile", expected: "a tile that is not compressed", found: "gzip: decompress it first")
            }
            var layers: [DecodedLayer] = []
            while let field = try reader.field("tile") {
                guard field.number == 3 else {
                    try reader.skip(field, "tile")
                    continue
                }
                try reader.require(field, .bytes, "tile")
                layers.append(try DecodedLayer(reader.window("layer \(layers.count)"), number: layers.count))
            }
            return layers
        }
    }
}

/// A layer, read.
public struct DecodedLayer: Hashable, Sendable {
    public var name: String
    /// Of the specification: 1 or 2.
    public var version: UInt32
    /// Units along one side of the tile.
    public var extent: UInt32
    public var features: [DecodedFeature]
    /// The tables as the tile has them, for who looks at the encoding.
    public var keys: [String]
    public var values: [TileValue]

    init(_ window: ProtobufReader, number: Int) throws(VectorTileError) {
        let start = window.offset
        var reader = window
        var part = "layer \(number)"
        var name: String?
        version = 1
        extent = 4096
        features = []
        keys = []
        values = []
        // Features refer to tables that may stand behind them: they are read last.
        var pending: [(ProtobufReader, Int)] = []
        while let field = try reader.field(part) {
            switch field.number {
            case 1:
                try reader.require(field, .bytes, part)
                name = try reader.string("\(part), name")
                part = "layer '\(name ?? "")'"
            case 2:
                try reader.require(field, .bytes, part)
                pending.append((try reader.window("\(part), feature \(pending.count)"), field.offset))
            case 3:
                try reader.require(field, .bytes, part)
                keys.append(try reader.string("\(part), key \(keys.count)"))
            case 4:
                try reader.require(field, .bytes, part)
                let label = "\(part), value \(values.count)"
                values.append(try TileValue(reader.window(label), part: label, offset: field.offset))
            case 5:
                try reader.require(field, .varint, part)
                extent = try reader.varint32("\(part), extent")
            case 15:
                try reader.require(field, .varint, part)
                version = try reader.varint32("\(part), version")
                guard version == 1 || version == 2 else {
                    throw reader.failure(at: field.offset, "\(part), version", expected: "1 or 2", found: "\(version)")
                }
            default:
                try reader.skip(field, part)
            }
        }
        guard let name else { throw reader.failure(at: start, part, expected: "a name (field 1)", found: "none") }
        guard extent > 0 else { throw reader.failure(at: start, part, expected: "an extent of at least 1", found: "0") }
        self.name = name
        features.reserveCapacity(pending.count)
        for (window, offset) in pending {
            features.append(
                try DecodedFeature(window, part: "\(part), feature \(features.count)", offset: offset, keys: keys, values: values))
        }
    }
}

/// A feature, read.
public struct DecodedFeature: Hashable, Sendable {
    public var id: UInt64?
    public var geometry: TileGeometry
    /// Attributes in the tile's order; a tile that breaks the rules may repeat a key.
    public var properties: [DecodedProperty]

    /// Attributes by name; of a repeated key the last.
    public var attributes: [String: TileValue] {
        Dictionary(properties.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    }

    /// The points of a point feature; none of others.
    public var points: [TilePoint] {
        if case .points(let points) = geometry { points } else { [] }
    }

    init(_ window: ProtobufReader, part: String, offset: Int, keys: [String], values: [TileValue]) throws(VectorTileError) {
        var reader = window
        var type = GeometryType.unknown
        var tags: [UInt32] = []
        var commands: [UInt32] = []
        var tagsOffset = offset
        var geometryOffset = offset
        while let field = try reader.field(part) {
            switch field.number {
            case 1:
                try reader.require(field, .varint, part)
                id = try reader.varint("\(part), id")
            case 2:
                tagsOffset = field.offset
                try reader.numbers(field, into: &tags, "\(part), tags")
            case 3:
                try reader.require(field, .varint, part)
                let number = try reader.varint("\(part), type")
                guard let known = UInt8(exactly: number).flatMap(GeometryType.init) else {
                    throw reader.failure(at: field.offset, "\(part), type", expected: "0, 1, 2 or 3", found: "\(number)")
                }
                type = known
            case 4:
                geometryOffset = field.offset
                try reader.numbers(field, into: &commands, "\(part), geometry")
            default:
                try reader.skip(field, part)
            }
        }
        properties = try Self.properties(tags, keys: keys, values: values) { (expected, found) throws(VectorTileError) in
            throw VectorTileError(offset: tagsOffset, part: "\(part), tags", expected: expected, found: found)
        }
        geometry = try GeometryReader.geometry(of: type, commands, part: part, offset: geometryOffset)
    }

    private static func properties(
        _ tags: [UInt32], keys: [String], values: [TileValue],
        fail: (_ expected: String, _ found: String) throws(VectorTileError) -> Void
    ) throws(VectorTileError) -> [DecodedProperty] {
        if !tags.count.isMultiple(of: 2) { try fail("pairs of a key and a value", "\(tags.count) numbers") }
        var properties: [DecodedProperty] = []
        properties.reserveCapacity(tags.count / 2)
        for at in stride(from: 0, to: tags.count - 1, by: 2) {
            guard let key = Int(exactly: tags[at]), keys.indices.contains(key) else {
                try fail("a key below \(keys.count)", "\(tags[at])")
                break
            }
            guard let value = Int(exactly: tags[at + 1]), values.indices.contains(value) else {
                try fail("a value below \(values.count)", "\(tags[at + 1])")
                break
            }
            properties.append(DecodedProperty(key: keys[key], value: values[value]))
        }
        return properties
    }
}

/// One attribute of a feature.
public struct DecodedProperty: Hashable, Sendable {
    public var key: String
    public var value: TileValue
}

extension TileValue {
    init(_ window: ProtobufReader, part: String, offset: Int) throws(VectorTileError) {
        var reader = window
        var value: TileValue?
        while let field = try reader.field(part) {
            switch field.number {
            case 1:
                try reader.require(field, .bytes, part)
                value = .string(try reader.string(part))
            case 2:
                try reader.require(field, .fixed32, part)
                value = .float(Float(bitPattern: try reader.fixed32(part)))
            case 3:
                try reader.require(field, .fixed64, part)
                value = .double(Double(bitPattern: try reader.fixed64(part)))
            case 4:
                try reader.require(field, .varint, part)
                value = .int(Int64(bitPattern: try reader.varint(part)))
            case 5:
                try reader.require(field, .varint, part)
                value = .uint(try reader.varint(part))
            case 6:
                try reader.require(field, .varint, part)
                let folded = try reader.varint(part)
                value = .sint(Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1))
            case 7:
                try reader.require(field, .varint, part)
                value = .bool(try reader.varint(part) != 0)
            default:
                try reader.skip(field, part)
            }
        }
        guard let value else {
            throw VectorTileError(offset: offset, part: part, expected: "a value of a known type (fields 1 to 7)", found: "none")
        }
        self = value
    }
}
