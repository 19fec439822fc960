// KnownAttributesTests.swift: what is kept between features is what would have been made, whichever numbers share a place.

import Testing
import VectorTile

@testable import Atlas

@Suite struct KnownAttributesTests {
    @Test(arguments: [1, 8, 100, 5000]) func everyNumberKeepsItsAttributeAndIsWrittenOnce(room: Int) throws {
        var random = SplitMix64(state: UInt64(room))
        // Several numbers to a place, negative ones by their bits as days before 1970 are.
        let numbers = (0..<400).map { _ in Int32.random(in: -30...30, using: &random) * (Bool.random(using: &random) ? 1 : 4096) }
        var encoder = TileEncoder()
        var made = 0
        encoder.addLayer("l") { layer in
            var known = KnownAttributes(layer.key("day"), about: room)
            AttributeList.with(capacity: 1) { list in
                for number in numbers {
                    var text = String(number)
                    list.removeAll()
                    list.append(
                        text.withUTF8 { text in
                            known.attribute(
                                UInt32(bitPattern: number),
                                once: { key in
                                    made += 1
                                    return layer.attribute(key, once: text)
                                }, again: { layer.attribute($0, utf8: text) })
                        })
                    layer.addPoint(id: nil, x: 0, y: 0, attributes: list.all)
                }
            }
        }
        let layer = try #require(DecodedTile(decoding: encoder.finish()).layers.first)
        #expect(layer.features.map { $0.attributes["day"] } == numbers.map { .string(String($0)) })
        #expect(layer.values.count == Set(numbers).count)
        #expect(made > 0 && made <= Set(numbers).count)
    }

    @Test func aListIsWhatWasAppendedSinceItWasEmptied() throws {
        var encoder = TileEncoder()
        encoder.addLayer("l") { layer in
            let keys = ["a", "b", "c"].map { layer.key($0) }
            AttributeList.with(capacity: 3) { list in
                for count in [0, 3, 1, 2] {
                    list.removeAll()
                    for key in keys.prefix(count) { list.append(layer.attribute(key, UInt64(count))) }
                    layer.addPoint(id: UInt64(count), x: 0, y: 0, attributes: list.all)
                }
            }
        }
        let layer = try #require(DecodedTile(decoding: encoder.finish()).layers.first)
        #expect(layer.features.map { $0.attributes.count } == [0, 3, 1, 2])
        #expect(layer.features.allSatisfy { feature in feature.attributes.values.allSatisfy { $0 == .uint(feature.id ?? 99) } })
    }
}
