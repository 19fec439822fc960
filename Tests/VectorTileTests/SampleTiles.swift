// SampleTiles.swift: tiles to be made, as plain data, so that a test can say what a reader must find in them without
// asking the encoder or the decoder.

import Foundation
import VectorTile

enum SampleValue {
    case text(String)
    case unsigned(UInt64)
    case signed(Int64)
    case double(Double)
    case float(Float)
    case flag(Bool)
}

struct SampleFeature {
    var id: UInt64?
    var geometry: TileGeometry
    var attributes: [(key: String, value: SampleValue)] = []
}

struct SampleLayer {
    var name: String
    var extent: UInt32 = 4096
    var features: [SampleFeature]
}

extension LayerEncoder {
    mutating func add(_ feature: SampleFeature) {
        switch feature.geometry {
        case .unknown: break
        case .points(let points):
            if points.count == 1 {
                addPoint(id: feature.id, x: points[0].x, y: points[0].y)
            } else {
                addPoints(id: feature.id, points)
            }
        case .lines(let lines): addLines(id: feature.id, lines)
        case .polygons(let polygons): addPolygons(id: feature.id, polygons)
        }
        for attribute in feature.attributes {
            let key = key(attribute.key)
            switch attribute.value {
            case .text(let value): set(key, value)
            case .unsigned(let value): set(key, value)
            case .signed(let value): set(key, value)
            case .double(let value): set(key, value)
            case .float(let value): set(key, value)
            case .flag(let value): set(key, value)
            }
        }
    }
}

enum SampleTiles {
    static func encode(_ layers: [SampleLayer]) -> [UInt8] {
        var encoder = TileEncoder()
        for layer in layers {
            encoder.addLayer(layer.name, extent: layer.extent) { target in
                for feature in layer.features { target.add(feature) }
            }
        }
        return encoder.finish()
    }

    /// What a reader must find, in the form that `peers/compare_tiles.py` reads.
    static func expectedJSON(_ layers: [SampleLayer]) throws -> Data {
        let list = layers.filter { !$0.features.isEmpty }.map { layer in
            [
                "name": layer.name, "extent": layer.extent, "version": 2,
                "features": layer.features.map { feature in
                    var object: [String: Any] = [
                        "type": "Feature", "geometry": geoJSON(feature.geometry),
                        "properties": Dictionary(feature.attributes.map { ($0.key, plain($0.value)) }, uniquingKeysWith: { $1 }),
                    ]
                    if let id = feature.id { object["id"] = id }
                    return object
                },
            ] as [String: Any]
        }
        return try JSONSerialization.data(withJSONObject: ["layers": list])
    }

    private static func plain(_ value: SampleValue) -> Any {
        switch value {
        case .text(let value): value
        case .unsigned(let value): value
        case .signed(let value): value
        case .double(let value): value
        case .float(let value): Double(value)
        case .flag(let value): value
        }
    }

    private static func geoJSON(_ geometry: TileGeometry) -> [String: Any] {
        func pair(_ point: TilePoint) -> [Int32] { [point.x, point.y] }
        func rings(_ rings: [[TilePoint]]) -> [[[Int32]]] { rings.map { ($0 + $0.prefix(1)).map(pair) } }
        switch geometry {
        case .unknown: return ["type": "Unknown"]
        case .points(let points):
            return points.count == 1
                ? ["type": "Point", "coordinates": pair(points[0])] : ["type": "MultiPoint", "coordinates": points.map(pair)]
        case .lines(let lines):
            return lines.count == 1
                ? ["type": "LineString", "coordinates": lines[0].map(pair)]
                : ["type": "MultiLineString", "coordinates": lines.map { $0.map(pair) }]
        case .polygons(let polygons):
            return polygons.count == 1
                ? ["type": "Polygon", "coordinates": rings(polygons[0])]
                : ["type": "MultiPolygon", "coordinates": polygons.map(rings)]
        }
    }

    // MARK: The samples

    static func points(_ list: (Int32, Int32)...) -> [TilePoint] { list.map { TilePoint(x: $0.0, y: $0.1) } }

    /// Every geometry type, in and beyond the tile.
    static var geometries: [SampleLayer] {
        let square = points((0, 0), (100, 0), (100, 100), (0, 100))
        let hole = points((10, 10), (10, 20), (20, 20), (20, 10))
        let triangle = points((200, 200), (300, 210), (210, 300))
        return [
            SampleLayer(
                name: "geometries",
                features: [
                    SampleFeature(id: 1, geometry: .points(points((0, 0)))),
                    SampleFeature(id: 2, geometry: .points(points((4095, 4095)))),
                    SampleFeature(id: 3, geometry: .points(points((-64, 4160)))),
                    SampleFeature(id: 4, geometry: .points(points((5, 7), (3, 2), (4095, 0)))),
                    SampleFeature(id: 5, geometry: .lines([points((2, 2), (2, 10), (10, 10))])),
                    SampleFeature(id: 6, geometry: .lines([points((2, 2), (2, 10), (10, 10)), points((1, 1), (3, 5))])),
                    SampleFeature(id: 7, geometry: .polygons([[square]])),
                    SampleFeature(id: 8, geometry: .polygons([[square, hole]])),
                    SampleFeature(id: 9, geometry: .polygons([[square, hole], [triangle]])),
                ])
        ]
    }

    /// Every type of value, at the edges of its range.
    static var values: [SampleLayer] {
        let at = TileGeometry.points(points((2048, 1024)))
        func feature(_ id: UInt64?, _ attributes: [(String, SampleValue)]) -> SampleFeature {
            SampleFeature(id: id, geometry: at, attributes: attributes.map { (key: $0.0, value: $0.1) })
        }
        return [
            SampleLayer(
                name: "values",
                features: [
                    feature(
                        nil, [("text", .text("plain")), ("count", .unsigned(0)), ("change", .signed(-1)), ("rate", .double(0.1))]),
                    feature(0, [("text", .text("")), ("count", .unsigned(127)), ("change", .signed(5)), ("flag", .flag(true))]),
                    feature(
                        9_007_199_254_740_991,
                        [("text", .text("嘉兴市（合成）\"印染\"\\厂\n\t🙂")), ("count", .unsigned(128)), ("flag", .flag(false))]),
                    feature(
                        4, [("count", .unsigned(9_223_372_036_854_775_807)), ("change", .signed(.min)), ("rate", .double(1.5))]),
                    feature(5, [("change", .signed(-9_007_199_254_740_993)), ("rate", .double(1e300)), ("ratio", .float(0.25))]),
                    feature(6, [("change", .signed(1 << 40)), ("rate", .double(-1.0 / 3)), ("ratio", .float(3.402_823_4e38))]),
                    feature(7, []),
                ])
        ]
    }

    /// Layers of different extents, one of them empty.
    static var layers: [SampleLayer] {
        [
            SampleLayer(name: "clusters", features: [SampleFeature(id: 1, geometry: .points(points((1, 2))))]),
            SampleLayer(name: "nothing", features: []),
            SampleLayer(
                name: "工厂", extent: 512,
                features: [
                    SampleFeature(id: 1, geometry: .points(points((511, 3))), attributes: [("状态", .text("violating"))])
                ]),
        ]
    }

    /// Ill-formed by table 3-7 of the Unicode Standard: stray, overlong, surrogate, too high, cut off; alone, and with text
    /// before and behind, since short runs and long ones are looked at in different ways.
    static var notUTF8: [[UInt8]] {
        let alone: [[UInt8]] = [
            [0x80], [0xc0, 0xaf], [0xe0, 0x80, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf8], [0x41, 0xe4, 0xb8],
            [0xe4, 0xb8, 0xad, 0xe4, 0xb8], [0xc3], [0xf0, 0x9f, 0x99], [0xf0, 0x80, 0x80, 0x80], [0xff, 0x61], [0xd1, 0x80, 0x80],
            [0xe4, 0xb8, 0x61, 0x62],
        ]
        let text = Array("中文abcdefgh".utf8)
        return alone + alone.map { $0 + text } + alone.map { text + $0 + text }
    }

    /// Text at the edges of one, two, three and four bytes a character.
    static let texts = [
        "", "a", "中", "é", "🙂", "中文abc🙂é中文中文", "\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}\u{d7ff}\u{e000}\u{fffd}abcd",
    ]

    /// As many point features as a busy tile has, with repeated and unique values, from a seed.
    static func crowd(_ count: Int, seed: UInt64) -> [SampleLayer] {
        var random = SplitMix64(state: seed)
        let statuses = ["violating", "unresolved", "explained", "corrected", "clean", "unknown"]
        let features = (0..<count).map { number in
            var attributes: [(key: String, value: SampleValue)] = [
                ("id", .text("BA\(1_000_000 + number)")), ("name", .text("合成样本\(number)号厂")),
                ("status", .text(statuses[Int(random.next() % 6)])), ("records", .unsigned(random.next() % 40)),
                ("worst_severity", .unsigned(random.next() % 6)),
            ]
            if random.next() % 3 == 0 { attributes.append(("key_monitored", .flag(true))) }
            if random.next() % 4 == 0 { attributes.append(("co2_mt", .double(Double(random.next() % 100_000) / 1000))) }
            return SampleFeature(
                id: random.next() >> 12,
                geometry: .points([
                    TilePoint(x: Int32(random.next() % 4096), y: Int32(random.next() % 4096))
                ]), attributes: attributes)
        }
        return [SampleLayer(name: "factories", features: features)]
    }
}

/// Steele, Lea and Flood's SplitMix64: the same numbers from the same seed on every machine.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
