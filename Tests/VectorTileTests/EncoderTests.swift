// EncoderTests.swift: the bytes that the encoder writes, against the specification's own examples and rules.

import Testing
import VectorTile

/// The command integers of the only feature of a tile, found by hand: everything before is known by its bytes.
private func commands(_ body: (inout LayerEncoder) -> Void) throws -> [UInt32] {
    var encoder = TileEncoder()
    encoder.addLayer("g") { body(&$0) }
    let bytes = encoder.finish()
    // 1a length | 78 02 version | 0a 01 'g' | 12 length | 18 type | 22 length commands… | 28 80 20 extent
    try #require(bytes.count >= 16 && Array(bytes[2...6]) == [0x78, 2, 0x0a, 1, 0x67] && bytes[7] == 0x12)
    try #require(Int(bytes[1]) == bytes.count - 2 && Array(bytes.suffix(3)) == [0x28, 0x80, 0x20])
    try #require(bytes[9] == 0x18 && bytes[11] == 0x22 && Int(bytes[12]) == bytes.count - 16)
    var integers: [UInt32] = []
    var value: UInt32 = 0
    var shift: UInt32 = 0
    for byte in bytes[13..<(bytes.count - 3)] {
        value |= UInt32(byte & 0x7f) << shift
        shift += 7
        if byte < 0x80 {
            integers.append(value)
            (value, shift) = (0, 0)
        }
    }
    return integers
}

private let points = SampleTiles.points

@Suite struct EncoderTests {
    // MARK: Geometry: the examples of section 4.3.5

    @Test func aPointIsWrittenAsInTheSpecification() throws {
        #expect(try commands { $0.addPoint(id: nil, x: 25, y: 17) } == [9, 50, 34])
    }

    @Test func severalPointsAreWrittenAsInTheSpecification() throws {
        #expect(try commands { $0.addPoints(id: nil, points((5, 7), (3, 2))) } == [17, 10, 14, 3, 9])
    }

    @Test func aLineIsWrittenAsInTheSpecification() throws {
        #expect(try commands { $0.addLine(id: nil, points((2, 2), (2, 10), (10, 10))) } == [9, 4, 4, 18, 0, 16, 16, 0])
    }

    @Test func severalLinesAreWrittenAsInTheSpecification() throws {
        #expect(
            try commands { $0.addLines(id: nil, [points((2, 2), (2, 10), (10, 10)), points((1, 1), (3, 5))]) }
                == [9, 4, 4, 18, 0, 16, 16, 0, 9, 17, 17, 10, 4, 8])
    }

    @Test func aPolygonIsWrittenAsInTheSpecification() throws {
        #expect(try commands { $0.addPolygon(id: nil, rings: [points((3, 6), (8, 12), (20, 34))]) } == [9, 6, 12, 18, 10, 12, 24, 44, 15])
    }

    @Test func severalPolygonsAreWrittenAsInTheSpecification() throws {
        #expect(
            try commands {
                $0.addPolygons(
                    id: nil,
                    [
                        [points((0, 0), (10, 0), (10, 10), (0, 10))],
                        [points((11, 11), (20, 11), (20, 20), (11, 20)), points((13, 13), (13, 17), (17, 17), (17, 13))],
                    ])
            } == [9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15, 9, 22, 2, 26, 18, 0, 0, 18, 17, 0, 15, 9, 4, 13, 26, 0, 8, 8, 0, 0, 7, 15])
    }

    @Test func ringsAreTurnedToTheWindingOfTheSpecification() throws {
        let exterior = points((0, 0), (100, 0), (100, 100), (0, 100))
        let hole = points((10, 10), (10, 20), (20, 20), (20, 10))
        let right = try commands { $0.addPolygon(id: nil, rings: [exterior, hole]) }
        // The same rings the other way round, closed by repeating the first point.
        let turned = try commands {
            $0.addPolygon(
                id: nil,
                rings: [
                    points((0, 0), (0, 100), (100, 100), (100, 0), (0, 0)), points((10, 10), (20, 10), (20, 20), (10, 20), (10, 10)),
                ])
        }
        #expect(right == turned)
        #expect(right.count == 2 * 11)
    }

    @Test func whatTheSpecificationForbidsIsLeftOut() throws {
        // Steps of no length.
        #expect(
            try commands { $0.addLine(id: nil, points((2, 2), (2, 2), (2, 10), (2, 10), (10, 10))) } == [9, 4, 4, 18, 0, 16, 16, 0])
        var encoder = TileEncoder()
        encoder.addLayer("nothing") { layer in
            let key = layer.key("name")
            // Without area; and with its hole, whatever the hole is.
            let added = [
                layer.addPoints(id: 1, []), layer.addLine(id: 2, points((5, 5), (5, 5))),
                layer.addPolygon(id: 3, rings: [points((0, 0), (10, 10), (20, 20))]),
                layer.addPolygon(id: 4, rings: [points((0, 0), (1, 1)), points((0, 0), (5, 0), (5, 5))]),
                layer.addPolygons(id: 5, []),
            ]
            #expect(added == [false, false, false, false, false])
            layer.set(key, "lost with its feature")
            let count = layer.featureCount
            #expect(count == 0)
        }
        #expect(encoder.finish().isEmpty)
    }

    @Test func coordinatesAtTheEndsOfTheirRangeStayReadable() throws {
        var encoder = TileEncoder()
        encoder.addLayer("far") { $0.addPoints(id: nil, points((.min, .max), (.max, .min))) }
        let far: Int32 = 1_073_741_823
        let tile = try DecodedTile(decoding: encoder.finish())
        #expect(tile.layers[0].features[0].geometry == .points(points((-far, far), (far, -far))))
    }

    // MARK: Attributes

    @Test func aTileIsExactlyTheseBytes() {
        var encoder = TileEncoder()
        encoder.addLayer("l", extent: 256) { layer in
            let name = layer.key("n")
            let count = layer.key("c")
            layer.addPoint(id: 300, x: 1, y: -1)
            layer.set(name, "ab")
            layer.set(count, -3)
            layer.addPoint(id: nil, x: 0, y: 0)
            layer.set(count, 1.5)
        }
        let expected: [UInt8] = [
            0x1a, 62, 0x78, 2, 0x0a, 1, 0x6c,
            0x12, 16, 0x08, 0xac, 0x02, 0x12, 4, 0, 0, 1, 1, 0x18, 1, 0x22, 3, 9, 2, 1,
            // The second feature: no id.
            0x12, 11, 0x12, 2, 1, 2, 0x18, 1, 0x22, 3, 9, 0, 0,
            0x1a, 1, 0x6e, 0x1a, 1, 0x63,
            0x22, 4, 0x0a, 2, 0x61, 0x62, 0x22, 2, 0x30, 5, 0x22, 5, 0x15, 0, 0, 0xc0, 0x3f,
            0x28, 0x80, 0x02,
        ]
        #expect(encoder.finish() == expected)
    }

    @Test func numbersTakeTheSmallestEncodingThatKeepsThem() throws {
        var encoder = TileEncoder()
        encoder.addLayer("l") { layer in
            let key = layer.key("k")
            func add(_ layer: inout LayerEncoder, _ set: (inout LayerEncoder) -> Void) {
                layer.addPoint(id: nil, x: 0, y: 0)
                set(&layer)
            }
            add(&layer) { $0.set(key, Int64(5)) }
            add(&layer) { $0.set(key, UInt64(5)) }
            add(&layer) { $0.set(key, Int64(-5)) }
            add(&layer) { $0.set(key, Int64.min) }
            add(&layer) { $0.set(key, UInt64.max) }
            add(&layer) { $0.set(key, 0.5) }
            add(&layer) { $0.set(key, Float(0.5)) }
            add(&layer) { $0.set(key, 0.1) }
            add(&layer) { $0.set(key, 1e39) }
            add(&layer) { $0.set(key, -0.0) }
            add(&layer) { $0.set(key, 0.0) }
            add(&layer) { $0.set(key, Double.infinity) }
            add(&layer) { $0.set(key, Double.nan) }
            add(&layer) { $0.set(key, -Double.nan) }
            add(&layer) { $0.set(key, true) }
            add(&layer) { $0.set(key, false) }
        }
        let layer = try #require(DecodedTile(decoding: encoder.finish()).layers.first)
        #expect(
            layer.features.map { $0.attributes["k"] } == [
                .uint(5), .uint(5), .sint(-5), .sint(.min), .uint(.max), .float(0.5), .float(0.5), .double(0.1), .double(1e39),
                .float(-0.0), .float(0.0), .float(.infinity), .float(.nan), .float(.nan), .bool(true), .bool(false),
            ])
        // Equal ones stand once.
        #expect(layer.values.count == 13)
    }

    @Test func keysAndValuesStandOnceAndOnlyWhenUsed() throws {
        var encoder = TileEncoder()
        encoder.addLayer("l") { layer in
            _ = layer.key("declared, never set")
            _ = layer.value("made, never set")
            let status = layer.key("status")
            let again = layer.key("status")
            #expect(status == again)
            let clean = layer.value("clean")
            for id in 0..<100 {
                layer.addPoint(id: UInt64(id), x: 0, y: 0)
                if id.isMultiple(of: 2) { layer.set(status, clean) } else { layer.set(again, "clean") }
            }
            layer.addPoint(id: 100, x: 0, y: 0)
            layer.set(status, "replaced")
            layer.set(status, "violating")
        }
        let layer = try #require(DecodedTile(decoding: encoder.finish()).layers.first)
        #expect(layer.keys == ["status"])
        #expect(layer.values == [.string("clean"), .string("violating")])
        let last = try #require(layer.features.last)
        #expect(last.properties.map(\.key) == ["status"] && last.properties.map(\.value) == [.string("violating")])
        #expect(layer.features.map(\.id) == (0...100).map { UInt64($0) })
    }

    @Test func textThatIsNotLookedUpIsReadAsAnyOther() throws {
        func tile(_ set: (inout LayerEncoder, AttributeKey, String) -> Void) throws -> DecodedLayer {
            var encoder = TileEncoder()
            // Twice, so that what the first layer left behind would show.
            for name in ["first", "second"] {
                encoder.addLayer(name) { layer in
                    let id = layer.key("id")
                    let status = layer.key("status")
                    set(&layer, id, "no feature yet")
                    for number in 0..<300 {
                        layer.addPoint(id: UInt64(number), x: Int32(number), y: 0)
                        layer.set(status, number % 3 == 0 ? "clean" : "violating")
                        set(&layer, id, number % 50 == 0 ? "the same" : "工厂\(number)")
                        layer.set(layer.key("number"), number % 7)
                    }
                }
            }
            return try #require(DecodedTile(decoding: encoder.finish()).layers.last)
        }
        let lookedUp = try tile { layer, key, text in layer.set(key, text) }
        let asItComes = try tile { layer, key, text in
            var text = text
            text.withUTF8 { layer.set(key, once: $0) }
        }
        func properties(_ layer: DecodedLayer) -> [Set<String>] { layer.features.map { Set($0.properties.map { "\($0)" }) } }
        #expect(properties(asItComes) == properties(lookedUp))
        // Only what repeats takes its bytes again.
        #expect(asItComes.values.count == lookedUp.values.count + 5)
        #expect(!asItComes.values.contains(.string("no feature yet")))
    }

    @Test func aNumberThatIsNotLookedUpHasTheSameMeaning() throws {
        let numbers: [UInt64] = [0, 1, 127, 128, 255, 256, 1 << 32, .max, 7, 7]
        var encoder = TileEncoder()
        for name in ["first", "second"] {
            encoder.addLayer(name) { layer in
                let (key, other) = (layer.key("key"), layer.key("other"))
                layer.set(key, once: 99)
                for number in numbers {
                    layer.addPoint(id: nil, x: 0, y: 0)
                    layer.set(key, once: 5)
                    layer.set(key, once: number)
                    layer.set(other, number)
                }
            }
        }
        for layer in try DecodedTile(decoding: encoder.finish()).layers {
            #expect(layer.features.map { $0.attributes["key"] } == numbers.map { .uint($0) })
            #expect(layer.features.map { $0.attributes["other"] } == numbers.map { .uint($0) })
            // Each as often as it was set, the one that went nowhere left out; those that were looked up once each.
            #expect(layer.values.count == 2 * numbers.count + Set(numbers).count)
            #expect(!layer.values.contains(.uint(99)))
        }
    }

    /// Both ways of writing a point say the same in as many bytes: with few attributes and hundreds, values of one byte, two and three.
    @Test(arguments: [0, 1, 8, 300]) func attributesKnownBeforehandSayTheSame(count: Int) throws {
        func tile(_ add: (inout LayerEncoder, [AttributeKey], Int) -> Void) -> [UInt8] {
            var encoder = TileEncoder()
            // Twice, so that what the first layer left behind would show.
            for name in ["first", "second"] {
                encoder.addLayer(name) { layer in
                    var keys: [AttributeKey] = []
                    for number in 0..<count { keys.append(layer.key("key \(number)")) }
                    for id in 0..<200 { add(&layer, keys, id) }
                }
            }
            return encoder.finish()
        }
        func value(_ id: Int, _ place: Int) -> UInt64 { UInt64((id * 7 + place * 13) % 20_000) }
        let at = (x: Int32(-3), y: Int32(70_000))
        let one = tile { layer, keys, id in
            layer.addPoint(id: UInt64(id) << 20, x: at.x, y: at.y)
            for (place, key) in keys.enumerated() {
                switch place % 4 {
                case 0: layer.set(key, value(id, place))
                case 1: layer.set(key, "厂\(value(id, place))")
                case 2: layer.set(key, once: value(id, place))
                default: layer.set(key, value(id, place) % 2 == 0)
                }
            }
        }
        let other = tile { layer, keys, id in
            // What `set` writes at once comes first there: for as many bytes, here too.
            var list = [Attribute?](repeating: nil, count: keys.count)
            for (place, key) in keys.enumerated() where place % 4 == 2 { list[place] = layer.attribute(key, once: value(id, place)) }
            for (place, key) in keys.enumerated() {
                switch place % 4 {
                case 0: list[place] = layer.attribute(key, value(id, place))
                case 1: list[place] = layer.attribute(key, "厂\(value(id, place))")
                case 2: break
                default: list[place] = layer.attribute(key, value(id, place) % 2 == 0)
                }
            }
            let attributes = list.compactMap { $0 }
            attributes.withUnsafeBufferPointer { layer.addPoint(id: UInt64(id) << 20, x: at.x, y: at.y, attributes: $0) }
        }
        let (tile, otherTile) = (try DecodedTile(decoding: one), try DecodedTile(decoding: other))
        #expect(tile.layers.map(\.features.count) == [200, 200])
        for (layer, other) in zip(tile.layers, otherTile.layers) {
            #expect(
                layer.features.elementsEqual(other.features) { $0.id == $1.id && $0.points == $1.points && $0.attributes == $1.attributes })
            #expect(layer.features.allSatisfy { $0.attributes.count == count })
        }
        // Keys of one byte each: which comes first makes no difference.
        if count < 128 { #expect(one.count == other.count) }
    }

    @Test func aPointWithItsAttributesIsClosed() throws {
        var encoder = TileEncoder()
        encoder.addLayer("l") { layer in
            let (key, other) = (layer.key("key"), layer.key("other"))
            let attribute = layer.attribute(key, "known")
            layer.addPoint(id: 1, x: 0, y: 0)
            layer.set(other, "set")
            withUnsafePointer(to: attribute) {
                layer.addPoint(id: nil, x: 1, y: 1, attributes: UnsafeBufferPointer(start: $0, count: 1))
            }
            layer.set(other, "goes nowhere")
            layer.addPoint(id: 3, x: 0, y: 0)
            let count = layer.featureCount
            #expect(count == 3)
        }
        let layer = try #require(DecodedTile(decoding: encoder.finish()).layers.first)
        #expect(layer.features.map(\.id) == [1, nil, 3])
        #expect(layer.features.map(\.attributes) == [["other": .string("set")], ["key": .string("known")], [:]])
        #expect(!layer.values.contains(.string("goes nowhere")))
    }

    /// Texts of every length around those that are looked at sixteen bytes at a time, with something else at each place: repaired as the standard
    /// library repairs, which is to say left alone where they are UTF-8.
    @Test func textsOfAnyLengthAreWrittenAsTheyAreOrRepaired() throws {
        let whole: [[UInt8]] = ["厂", "\u{e000}", "\u{800}", "\u{d7ff}", "é", "𠀀"].map { Array($0.utf8) }
        // A lead without its tails, with one, a tail too many, a surrogate, an overlong form, no byte of UTF-8.
        let broken: [[UInt8]] = [
            [0xe5], [0xe5, 0x8e], [0x80], [0xe5, 0x8e, 0x82, 0x82], [0xed, 0xa0, 0x80], [0xe0, 0x80, 0x80], [0xff],
        ]
        let ground = Array(String(repeating: "a限", count: 20).utf8)
        var texts: [[UInt8]] = []
        for length in [1, 3, 7, 8, 9, 15, 16, 17, 18, 31, 32, 33, 47, 48, 49, 62, 63, 64, 65, 70] {
            for piece in whole + broken where piece.count <= length {
                // In the midst of ASCII; in the midst of other characters, some of which it cuts; and at the end.
                texts.append(Array(repeating: 0x61, count: length - piece.count) + piece)
                for place in 0...(length - piece.count) {
                    var text = length % 2 == 0 ? [UInt8](repeating: 0x61, count: length) : Array(ground.prefix(length))
                    text.replaceSubrange(place..<place + piece.count, with: piece)
                    texts.append(text)
                }
            }
        }
        var encoder = TileEncoder()
        encoder.addLayer("l") { layer in
            let key = layer.key("k")
            for text in texts {
                let attribute = text.withUnsafeBufferPointer { layer.attribute(key, once: $0) }
                withUnsafePointer(to: attribute) {
                    layer.addPoint(id: nil, x: 0, y: 0, attributes: UnsafeBufferPointer(start: $0, count: 1))
                }
            }
        }
        let layer = try #require(DecodedTile(decoding: encoder.finish()).layers.first)
        let repaired = texts.map { String(decoding: $0, as: UTF8.self) }
        #expect(layer.features.map { $0.attributes["k"] } == repaired.map { .string($0) })
        let untouched = zip(texts, repaired).count { $0 == Array($1.utf8) }
        #expect(untouched > 2_000 && untouched < texts.count - 4_000, "\(untouched) of \(texts.count)")
    }

    /// Lengths take a byte more from 128 on, and from 16,384 on.
    @Test(arguments: [1, 20, 60, 61, 62, 63, 64, 65, 5_400, 5_500]) func featuresOfAnyLengthAreRead(points: Int) throws {
        var encoder = TileEncoder()
        let line = (0..<points).map { TilePoint(x: Int32($0 % 60), y: Int32($0 / 60)) }
        encoder.addLayer("l") { layer in
            let keys = (0..<points).map { layer.key("key \($0)") }
            for id in [UInt64(1), 1 << 40] {
                layer.addPoints(id: id, line)
                for (number, key) in keys.enumerated() { layer.set(key, number % 300) }
            }
        }
        let features = try #require(DecodedTile(decoding: encoder.finish()).layers.first).features
        #expect(features.map(\.id) == [1, 1 << 40])
        for feature in features {
            #expect(feature.points.elementsEqual(line) { $0 == $1 })
            #expect(feature.attributes.count == points && feature.attributes["key \(points - 1)"]?.intValue == (points - 1) % 300)
        }
    }

    @Test func textThatLooksEqualButHasOtherBytesStaysApart() throws {
        // U+00E9, and e with U+0301: one String to Swift, two values to everybody else.
        let composed = "caf\u{e9}"
        let decomposed = "cafe\u{301}"
        #expect(composed == decomposed)
        var encoder = TileEncoder()
        encoder.addLayer("l") { layer in
            for text in [composed, decomposed] {
                let key = layer.key(text)
                layer.addPoint(id: nil, x: 0, y: 0)
                layer.set(key, text)
            }
        }
        let layer = try #require(DecodedTile(decoding: encoder.finish()).layers.first)
        #expect(layer.keys.map { $0.utf8.count } == [5, 6])
        #expect(layer.values.count == 2)
    }

    @Test func bytesThatAreNotUTF8AreRepairedAndNothingElseIs() {
        func tile(_ add: (inout LayerEncoder, AttributeKey) -> Void) -> [UInt8] {
            var encoder = TileEncoder()
            encoder.addLayer("l") { layer in
                let key = layer.key("k")
                layer.addPoint(id: nil, x: 0, y: 0)
                add(&layer, key)
            }
            return encoder.finish()
        }
        for bytes in SampleTiles.notUTF8 + SampleTiles.texts.map({ Array($0.utf8) }) {
            let raw = tile { layer, key in bytes.withUnsafeBufferPointer { layer.set(key, utf8: $0) } }
            // The standard library repairs as the Unicode Standard recommends.
            #expect(raw == tile { layer, key in layer.set(key, String(decoding: bytes, as: UTF8.self)) }, "\(bytes)")
            #expect(raw == tile { layer, key in bytes.withUnsafeBufferPointer { layer.set(key, once: $0) } }, "\(bytes)")
        }
    }

    @Test func anEmptyLayerIsNotWrittenAndAnEmptyTileHasNoBytes() throws {
        var encoder = TileEncoder()
        encoder.addLayer("empty") { _ = $0.key("k") }
        encoder.addLayer("full") { $0.addPoint(id: 1, x: 0, y: 0) }
        // Its name is free, since it was not written.
        encoder.addLayer("empty") { $0.addPoint(id: 2, x: 0, y: 0) }
        #expect(try DecodedTile(decoding: encoder.finish()).layers.map(\.name) == ["full", "empty"])
        #expect(TileEncoder().finish().isEmpty)
    }

    @Test func aLayerThatFailsLeavesNothingBehind() throws {
        struct Stop: Error {}
        var encoder = TileEncoder()
        encoder.addLayer("first") { layer in
            let key = layer.key("k")
            layer.addPoint(id: 1, x: 0, y: 0)
            layer.set(key, "one")
        }
        #expect(throws: Stop.self) {
            try encoder.addLayer("broken") { layer in
                layer.addPoint(id: 2, x: 0, y: 0)
                throw Stop()
            }
        }
        encoder.addLayer("second") { $0.addPoint(id: 3, x: 0, y: 0) }
        let tile = try DecodedTile(decoding: encoder.finish())
        #expect(tile.layers.map(\.name) == ["first", "second"])
        #expect(tile.layers[1].features.map(\.id) == [3] && tile.layers[1].keys.isEmpty)
    }

    @Test func anEncoderUsedAgainMakesTheSameTile() {
        let first = SampleTiles.crowd(300, seed: 1)
        let second = SampleTiles.crowd(40, seed: 2)
        var encoder = TileEncoder()
        for layers in [first, second, first] {
            encoder.addLayer("factories") { target in
                for feature in layers[0].features { target.add(feature) }
            }
            #expect(encoder.finishAndReset() == SampleTiles.encode(layers))
        }
    }

    @Test func aBusyTileRepeatsNothingAndHasNothingUnused() throws {
        let layers = SampleTiles.crowd(5000, seed: 3)
        let bytes = SampleTiles.encode(layers)
        let layer = try #require(DecodedTile(decoding: bytes).layers.first)
        #expect(Set(layer.values).count == layer.values.count)
        #expect(Set(layer.keys).count == layer.keys.count)
        #expect(Set(layer.features.flatMap { $0.properties.map(\.value) }) == Set(layer.values))
        #expect(Set(layer.features.flatMap { $0.properties.map(\.key) }) == Set(layer.keys))
        #expect(layer.features.count == 5000)
    }
}
