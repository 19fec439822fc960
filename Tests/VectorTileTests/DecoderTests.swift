// DecoderTests.swift: the decoder reads what was written, and answers everything else with a clear error.

import Foundation
import Testing
import VectorTile

private func failure(_ bytes: [UInt8]) -> VectorTileError? {
    do {
        _ = try DecodedTile(decoding: bytes)
        return nil
    } catch {
        return error
    }
}

/// A tile of one layer named "l" with these bytes behind its name.
private func tile(_ body: [UInt8]) -> [UInt8] { [0x1a, UInt8(body.count + 3), 0x0a, 1, 0x6c] + body }

/// The same with one feature of these bytes.
private func feature(_ body: [UInt8]) -> [UInt8] { tile([0x12, UInt8(body.count)] + body) }

@Suite struct DecoderTests {
    @Test func whatWasWrittenIsRead() throws {
        for layers in [SampleTiles.geometries, SampleTiles.values, SampleTiles.layers, SampleTiles.crowd(500, seed: 4)] {
            let tile = try DecodedTile(decoding: SampleTiles.encode(layers))
            let expected = layers.filter { !$0.features.isEmpty }
            #expect(tile.layers.map(\.name) == expected.map(\.name))
            for (read, written) in zip(tile.layers, expected) {
                #expect(read.version == 2 && read.extent == written.extent)
                #expect(read.features.map(\.id) == written.features.map(\.id))
                #expect(read.features.map(\.geometry) == written.features.map(\.geometry))
                #expect(read.features.map { $0.properties.map(\.key) } == written.features.map { $0.attributes.map(\.key) })
            }
        }
    }

    @Test func noBytesAreATileWithoutLayers() throws {
        #expect(try DecodedTile(decoding: [UInt8]()).layers.isEmpty)
        #expect(try DecodedTile(decoding: Data()).layers.isEmpty)
        #expect(try DecodedTile(decoding: AnySequence([0x1a, 5, 0x0a, 1, 0x6c, 0x78, 2])).layers.map(\.name) == ["l"])
    }

    @Test func aTileCutAnywhereIsRefusedOrReadAsTheWholeLayersBefore() throws {
        let bytes = SampleTiles.encode(SampleTiles.layers + SampleTiles.geometries + SampleTiles.values)
        let whole = try DecodedTile(decoding: bytes)
        var readable = 0
        for length in 0..<bytes.count {
            guard let error = failure(Array(bytes.prefix(length))) else {
                let part = try DecodedTile(decoding: bytes.prefix(length))
                #expect(part.layers == Array(whole.layers.prefix(part.layers.count)))
                readable += 1
                continue
            }
            #expect((0...length).contains(error.offset))
        }
        // Only the cuts between layers.
        #expect(readable == whole.layers.count)
    }

    @Test func rubbishNeverTraps() {
        var random = SplitMix64(state: 42)
        for _ in 0..<3000 {
            let length = Int(random.next() % 200)
            _ = failure((0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        }
        // Valid tiles with a few bytes changed come further in.
        let samples = [SampleTiles.geometries, SampleTiles.values, SampleTiles.layers].map(SampleTiles.encode)
        var refused = 0
        for turn in 0..<6000 {
            var bytes = samples[turn % samples.count]
            for _ in 0...(random.next() % 3) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if failure(bytes) != nil { refused += 1 }
            if let tile = try? DecodedTile(decoding: bytes) { _ = tile.inspectText(featureLimit: 2) + tile.inspectJSON() }
        }
        #expect(refused > 1000)
    }

    @Test func everyBrokenRuleIsNamedWithItsPlace() throws {
        let huge: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
        let cases: [(bytes: [UInt8], offset: Int, expected: String, found: String)] = [
            ([0x1f, 0x8b, 8, 0], 0, "a tile that is not compressed", "gzip: decompress it first"),
            ([0x1a, 0x05, 0x0a], 1, "a length of at most the 1 bytes that are left", "5"),
            ([0x1a] + huge, 1, "a length of at most the 0 bytes that are left", "18446744073709551615"),
            ([0x1a, 0x80], 1, "a varint", "the end of the bytes after 1"),
            ([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02], 0, "a varint of at most 64 bits", "a longer one"),
            ([0x1b], 0, "a field of wire type 0, 1, 2 or 5", "wire type 3"),
            ([0x02, 0x00], 0, "a field number from 1 to 2^29 - 1", "0"),
            ([0x18, 0x01], 0, "field 3 as a length and bytes", "a varint"),
            ([0x1a, 2, 0x78, 2], 2, "a name (field 1)", "none"),
            ([0x1a, 3, 0x0a, 1, 0xff], 3, "text in UTF-8", "other bytes"),
            (tile([0x78, 3]), 5, "1 or 2", "3"),
            (tile([0x28, 0]), 2, "an extent of at least 1", "0"),
            (tile([0x28, 0x80, 0x80, 0x80, 0x80, 0x10]), 6, "a number of at most 32 bits", "4294967296"),
            (tile([0x22, 0]), 5, "a value of a known type (fields 1 to 7)", "none"),
            (tile([0x22, 3, 0x19, 0, 0]), 8, "8 bytes", "the end of the bytes after 2"),
            (feature([0x18, 4]), 7, "0, 1, 2 or 3", "4"),
            (feature([0x12, 1, 0, 0x18, 1, 0x22, 3, 9, 0, 0]), 7, "pairs of a key and a value", "1 numbers"),
            (feature([0x12, 2, 0, 0, 0x18, 1, 0x22, 3, 9, 0, 0]), 7, "a key below 0", "0"),
            (feature([0x18, 1]), 5, "a geometry", "none"),
            (feature([0x18, 1, 0x22, 1, 9]), 9, "a count of 1 to 0, two numbers for each position", "command 1 with count 1 at number 0"),
            (
                feature([0x18, 1, 0x22, 5, 0xf9, 0xff, 0xff, 0xff, 0x0f]), 9, "a count of 1 to 0, two numbers for each position",
                "command 1 with count 536870911 at number 0"
            ),
            (feature([0x18, 2, 0x22, 3, 10, 0, 0]), 9, "MoveTo before LineTo", "command 2 with count 1 at number 0"),
            (feature([0x18, 1, 0x22, 1, 11]), 9, "MoveTo (1), LineTo (2) or ClosePath (7)", "command 3 with count 1 at number 0"),
            (feature([0x18, 2, 0x22, 3, 9, 0, 0]), 9, "lines of two positions or more, not closed", "another path"),
            (feature([0x18, 1, 0x22, 6, 9, 0, 0, 10, 2, 2]), 9, "MoveTo only, for points", "other commands"),
            (
                feature([0x18, 3, 0x22, 8, 9, 0, 0, 18, 2, 0, 0, 2]), 9, "rings of three positions or more that end with ClosePath",
                "another path"
            ),
            (feature([0x18, 3, 0x22, 1, 15]), 9, "one ClosePath behind each ring", "command 7 with count 1 at number 0"),
            (
                feature([0x18, 1, 0x22, 13, 17, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0]), 9,
                "a position within 32 bits", "a step beyond, at number 3"
            ),
        ]
        for (bytes, offset, expected, found) in cases {
            let error = try #require(failure(bytes), "\(bytes)")
            #expect((error.offset, error.expected, error.found) == (offset, expected, found), "\(bytes): \(error)")
        }
        let error = try #require(failure(feature([0x18, 4])))
        #expect(error.description == "not a vector tile: byte 7, layer 'l', feature 0, type: expected 0, 1, 2 or 3, found 4")
    }

    @Test func textIsReadIfAndOnlyIfItIsUTF8() throws {
        for bytes in SampleTiles.notUTF8 {
            #expect(failure([0x1a, UInt8(bytes.count + 2), 0x0a, UInt8(bytes.count)] + bytes)?.expected == "text in UTF-8", "\(bytes)")
        }
        for text in SampleTiles.texts {
            let bytes = Array(text.utf8)
            let tile = try DecodedTile(decoding: [0x1a, UInt8(bytes.count + 2), 0x0a, UInt8(bytes.count)] + bytes)
            #expect(tile.layers.map(\.name) == [text])
        }
    }

    @Test func unknownFieldsAndUnpackedNumbersAreRead() throws {
        // A field 16 of each wire type, and tags and geometry as single varints.
        let unknown: [UInt8] = [
            0x80, 0x01, 5, 0x81, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0x82, 0x01, 2, 9, 9, 0x85, 0x01, 1, 2, 3, 4,
        ]
        let body: [UInt8] = [0x10, 0, 0x10, 0, 0x18, 1, 0x20, 9, 0x20, 50, 0x20, 34] + unknown
        let bytes = tile([0x12, UInt8(body.count)] + body + [0x1a, 1, 0x6b, 0x22, 2, 0x20, 7] + unknown)
        let read = try DecodedTile(decoding: bytes)
        #expect(read.layers[0].features[0].points == SampleTiles.points((25, 17)))
        #expect(read.layers[0].features[0].attributes == ["k": .int(7)])
        // Neither version nor extent: version 1, 4096.
        #expect(read.layers[0].version == 1 && read.layers[0].extent == 4096)
    }

    @Test func ringsOfAVersion1TileAreGroupedByTheFirstOne() throws {
        // A counter-clockwise square of 4 and in it a clockwise one of 2: the other way round than version 2.
        let commands: [UInt8] = [9, 0, 0, 26, 0, 8, 8, 0, 0, 7, 15, 9, 7, 1, 26, 2, 0, 0, 2, 1, 0, 15]
        let read = try DecodedTile(decoding: feature([0x18, 3, 0x22, UInt8(commands.count)] + commands))
        guard case .polygons(let polygons) = read.layers[0].features[0].geometry else {
            Issue.record("no polygons")
            return
        }
        #expect(polygons.map(\.count) == [2])
    }

    // MARK: In words and as JSON

    @Test func theTileInWordsShowsLayersIdsPlacesAndAttributes() throws {
        let text = try DecodedTile(decoding: SampleTiles.encode(SampleTiles.layers)).inspectText()
        #expect(
            text == """
                layer "clusters": version 2, extent 4096, 1 feature, 0 keys, 0 values
                  feature 1: point 1,2
                layer "工厂": version 2, extent 512, 1 feature, 1 key, 1 value
                  feature 1: point 511,3
                    "状态" = "violating"
                """)
        let crowd = try DecodedTile(decoding: SampleTiles.encode(SampleTiles.crowd(10, seed: 5)))
        #expect(crowd.inspectText(featureLimit: 3).hasSuffix("  … and 7 more"))
        #expect(crowd.inspectText(featureLimit: -1).hasSuffix("  … and 10 more"))
        #expect(try DecodedTile(decoding: [UInt8]()).inspectText() == "empty tile: no layers")
    }

    @Test func theTileAsJSONIsWhatWasWritten() throws {
        for layers in [SampleTiles.geometries, SampleTiles.layers, SampleTiles.values, SampleTiles.crowd(50, seed: 6)] {
            let json = try DecodedTile(decoding: SampleTiles.encode(layers)).inspectJSON()
            let found = try JSONSerialization.jsonObject(with: Data(json.utf8))
            let expected = try JSONSerialization.jsonObject(with: SampleTiles.expectedJSON(layers))
            #expect(try #require(found as? NSDictionary) == (try #require(expected as? NSDictionary)))
        }
    }

    @Test func controlCharactersOfATileCannotReachTheTerminal() throws {
        var encoder = TileEncoder()
        encoder.addLayer("l") { layer in
            let key = layer.key("k")
            layer.addPoint(id: nil, x: 0, y: 0)
            layer.set(key, "\u{1b}[31m\u{7f}\u{9b}\u{0}")
            layer.addPoint(id: nil, x: 0, y: 0)
            layer.set(key, Double.nan)
        }
        let tile = try DecodedTile(decoding: encoder.finish())
        for text in [tile.inspectText(), tile.inspectJSON()] {
            let controls = text.unicodeScalars.filter { $0 != "\n" && $0.properties.generalCategory == .control }
            #expect(controls.isEmpty)
        }
        let json = try JSONSerialization.jsonObject(with: Data(tile.inspectJSON().utf8))
        #expect("\(json)".isEmpty == false)
    }
}
