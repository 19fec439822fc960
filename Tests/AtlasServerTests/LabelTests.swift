// LabelTests.swift: letters over HTTP, and the labels and the legend of the styles.

import Atlas
import Boundaries
import Foundation
import MapArt
import Registry
import Testing

@testable import AtlasServer

@Suite struct LabelTests {
    private let atlas: TestAtlas
    init() throws { atlas = try TestAtlas.shared.get() }

    @Test func aRangeOfLettersIsDrawnOnceAndKept() async throws {
        try await withServer(atlas) { server in
            let first = try await server.get("/fonts/BlueAtlas%20Regular/0-255.pbf", headers: [("Accept-Encoding", "gzip")])
            #expect(first.status == 200)
            #expect(first["content-type"] == "application/x-protobuf")
            #expect(first["content-encoding"] == "gzip")
            #expect(first["cache-control"] == "public, max-age=604800")
            #expect(first["access-control-allow-origin"] == "*")
            let etag = try #require(first["etag"])
            let again = try await server.get("/fonts/BlueAtlas%20Regular/0-255.pbf", headers: [("If-None-Match", etag)])
            #expect(again.status == 304 && again.body.isEmpty)
            let plain = try await server.get("/fonts/BlueAtlas%20Regular/0-255.pbf")
            #expect(plain["content-encoding"] == nil && plain.body.count > first.body.count)
            // The name of the stack and the range stand in the file.
            #expect(plain.text.contains("BlueAtlas Regular") && plain.text.contains("0-255"))
            let both = try await server.get("/fonts/BlueAtlas%20Bold,BlueAtlas%20Regular/0-255.pbf")
            #expect(both.status == 200 && both["etag"] != plain["etag"])
            // A range without a single letter is a file too.
            #expect(try await server.get("/fonts/BlueAtlas%20Bold/57344-57599.pbf").status == 200)
        }
    }

    @Test(arguments: [
        ("/fonts/Arial/0-255.pbf", "fontstack"), ("/fonts/BlueAtlas%20Regular,Arial/0-255.pbf", "fontstack"),
        ("/fonts/,/0-255.pbf", "fontstack"),
        ("/fonts/..%2f..%2fetc/0-255.pbf", "fontstack"), ("/fonts/BlueAtlas%20Regular/0-256.pbf", "range"),
        ("/fonts/BlueAtlas%20Regular/65536-65791.pbf", "range"), ("/fonts/BlueAtlas%20Regular/0-255", "range"),
        ("/fonts/BlueAtlas%20Regular/-256--1.pbf", "range"), ("/fonts/BlueAtlas%20Regular/99999999999999999999-1.pbf", "range"),
    ])
    func whatThereIsNotIsNamed(path: String, parameter: String) async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get(path)
            #expect(answer.status == 404, "\(path)")
            #expect(answer["content-type"] == "application/problem+json")
            #expect(answer.json["parameter"] as? String == parameter)
            let detail = try #require(answer.json["detail"] as? String)
            #expect(detail.contains(parameter == "range" ? "65280-65535.pbf" : "'BlueAtlas Regular' and 'BlueAtlas Bold'"))
        }
    }

    private func layers(_ style: Answer) -> [String: [String: Any]] {
        Dictionary(
            (style.json["layers"] as? [[String: Any]] ?? []).map { ($0["id"] as? String ?? "", $0) },
            uniquingKeysWith: { first, _ in first })
    }

    @Test func labelsFollowTheLanguage() async throws {
        try await withServer(atlas) { server in
            func nameField(_ query: String) async throws -> String {
                let layout = layers(try await server.get("/styles/blue.json\(query)"))["factory-name"]?["layout"] as? [String: Any]
                let data = try JSONSerialization.data(withJSONObject: try #require(layout?["text-field"]))
                return String(decoding: data, as: UTF8.self)
            }
            #expect(try await nameField("") == #"["coalesce",["get","name"],["get","name_en"],""]"#)
            #expect(try await nameField("?lang=zh") == #"["coalesce",["get","name"],["get","name_en"],""]"#)
            #expect(try await nameField("?lang=en") == #"["coalesce",["get","name_en"],["get","name"],""]"#)
            let bad = try await server.get("/styles/blue.json?lang=fr")
            #expect(bad.status == 400 && bad.json["parameter"] as? String == "lang")
            // TileJSON has no language.
            #expect(try await server.get("/tiles/blue.json?lang=en").status == 400)
        }
    }

    @Test(arguments: ["blue", "supply-chain", "base"])
    func everyStyleHasItsLegend(map: String) async throws {
        try await withServer(atlas) { server in
            let metadata = try #require(try await server.get("/styles/\(map).json").json["metadata"] as? [String: Any])
            let legend = try #require(metadata["blueatlas:legend"] as? [[String: String]])
            if map != "base" { #expect(legend.map { $0["class"] } == FactoryStatus.allCases.map(\.name)) }
            #expect(!legend.isEmpty)
            for entry in legend {
                for key in ["class", "color", "shape", "label_zh", "label_en"] { #expect(entry[key]?.isEmpty == false) }
            }
            // Told apart by shape alone, where there are shapes.
            if map != "base" { #expect(Set(legend.map { $0["shape"] }).count == legend.count) }
        }
    }

    @Test(arguments: ["blue", "supply-chain", "base"])
    func withoutAFontAStyleHasNoLabelsAndIsWholeOtherwise(map: String) throws {
        let loaded = SnapshotHolder().replace(with: try Snapshot.open(path: atlas.snapshotPath), registry: nil)
        let description = try MapDescription(name: "\(map).json", parameters: [], isStyle: true)
        func style(_ fonts: MapFonts?) throws -> [String: Any] {
            let art = try MapStyle.Art(fonts: fonts, map: description.map, loaded: loaded)
            let bytes = MapStyle.json(description, base: "http://atlas.test", atlas: loaded.atlas, art: art)
            return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        }
        func layers(_ style: [String: Any]) -> [String] { (style["layers"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String } }
        let fonts = try #require(MapFonts())
        let (with, without) = (try style(fonts), try style(nil))
        #expect(with["glyphs"] != nil && without["glyphs"] == nil)
        let text = String(decoding: try JSONSerialization.data(withJSONObject: without), as: UTF8.self)
        #expect(!text.contains("text-field"))
        // Circles and icons are all there.
        let lettered: Set<String> = [
            "place-county", "place-prefecture", "place-province", "cluster-count", "factory-name", "brand-more", "brand-count",
        ]
        #expect(layers(with).filter { !lettered.contains($0) } == layers(without))
    }
}
