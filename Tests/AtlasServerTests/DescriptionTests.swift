// DescriptionTests.swift: what describes the maps: TileJSON, styles, the start page, the list of addresses.

import Foundation
import Testing
import VectorTile

@testable import AtlasServer

@Suite struct DescriptionTests {
    let atlas: TestAtlas

    init() throws { atlas = try TestAtlas.shared.get() }

    @Test(arguments: ["blue", "supply-chain"])
    func tileJSONLeadsToTheTiles(map: String) async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/tiles/\(map).json")
            #expect(answer["content-type"] == "application/json")
            let description = try JSONDecoder().decode(TileJSON.self, from: Data(answer.body))
            #expect(description.tilejson == "3.0.0")
            #expect(description.tiles == ["http://atlas.test:81/tiles/\(map)/{z}/{x}/{y}.mvt"])
            #expect(description.minzoom == 0)
            #expect(description.maxzoom == 16)
            #expect(description.scheme == "xyz")
            #expect(description.vectorLayers.map(\.id) == ["clusters", "factories"])
            // Every attribute that tiles have is described.
            let tile = try await server.get("/tiles/\(map)/0/0/0.mvt")
            for layer in try DecodedTile(decoding: tile.body).layers {
                let described = try #require(description.vectorLayers.first { $0.id == layer.name })
                #expect(Set(layer.keys).isSubset(of: described.fields.keys))
            }
            let bounds = try #require(description.bounds)
            #expect(bounds[0] <= 87.6168 && bounds[1] <= 22.55 && bounds[2] >= 121.4737 && bounds[3] >= 43.8256)
            // HTML by TileJSON's rules, so the label is escaped.
            #expect(description.attribution?.contains("SYNTHETIC DATA &lt;for tests&gt;") == true)
        }
    }

    @Test func filtersAndDatumAreHandedOnToTheTiles() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/tiles/blue.json?status=violating,unresolved&datum=gcj02&industry=C17")
            let tiles = try #require(answer.json["tiles"] as? [String])
            #expect(tiles == ["http://atlas.test:81/tiles/blue/{z}/{x}/{y}.mvt?datum=gcj02&industry=C17&status=violating,unresolved"])
            let target = tiles[0].replacing("http://atlas.test:81", with: "").replacing("{z}/{x}/{y}", with: "0/0/0")
            #expect(try await server.get(target).status == 200)
            #expect(try await server.get("/tiles/blue.json?status=angry").status == 400)
            // All tiles of this address would be 400: then it is no answer to say where they are.
            for kind in ["tiles", "styles"] {
                let unknown = try await server.get("/\(kind)/blue.json?brand=nobody")
                #expect(unknown.status == 400)
                #expect(unknown.json["parameter"] as? String == "brand")
            }
            #expect(try await server.get("/styles/blue.json?colour=red").status == 400)
            #expect(try await server.get("/tiles/red.json").status == 404)
        }
    }

    @Test func aProxysWordIsTakenOnlyWhenTrusted() async throws {
        let headers = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "map.example"), ("X-Forwarded-Prefix", "/atlas/")]
        func address(trusting: Bool) async throws -> String? {
            let found = Found()
            try await withServer(atlas, .changing { $0.trustsProxy = trusting }) { server in
                await found.set((try await server.get("/tiles/blue.json", headers: headers).json["tiles"] as? [String])?.first)
            }
            return await found.value
        }
        let trusted = try await address(trusting: true)
        let distrusted = try await address(trusting: false)
        #expect(trusted?.hasPrefix("https://map.example/atlas/tiles/blue/") == true)
        #expect(distrusted?.hasPrefix("http://atlas.test:81/tiles/blue/") == true)
    }

    private actor Found {
        var value: String?
        func set(_ value: String?) { self.value = value }
    }

    @Test(arguments: ["blue", "supply-chain"])
    func aStyleWorksAsItIs(map: String) async throws {
        try await withServer(atlas) { server in
            let style = try await server.get("/styles/\(map).json").json
            #expect(style["version"] as? Int == 8)
            #expect(style["glyphs"] as? String == "http://atlas.test:81/fonts/{fontstack}/{range}.pbf")
            let sources = try #require(style["sources"] as? [String: [String: Any]])
            #expect(sources["blueatlas"]?["type"] as? String == "vector")
            let url = try #require(sources["blueatlas"]?["url"] as? String)
            #expect(try await server.get(url.replacing("http://atlas.test:81", with: "")).status == 200)
            let layers = try #require(style["layers"] as? [[String: Any]])
            #expect(Set(layers.compactMap { $0["source-layer"] as? String }) == ["clusters", "factories"])
            #expect(layers.dropFirst().allSatisfy { $0["source"] as? String == "blueatlas" })
            // Nothing from elsewhere.
            let text = try await server.get("/styles/\(map).json").text
            #expect(text.components(separatedBy: "http").count == text.components(separatedBy: "http://atlas.test:81/").count)
        }
    }

    @Test func theStartPageWithoutTheMapLinksToThingsThatAnswer() async throws {
        try await withServer(atlas, .changing { $0.pagePath = "/nowhere" }) { server in
            let page = try await server.get("/")
            #expect(page["content-type"] == "text/html; charset=utf-8")
            #expect(page.text.contains("SYNTHETIC DATA &lt;for tests&gt;"))
            let links = page.text.matches(of: /href="([^"]+)"/).map { String($0.output.1).replacing("&amp;", with: "&") }
            #expect(links.count > 5)
            for link in links { #expect(try await server.get(link).status == 200, "\(link)") }
        }
    }

    @Test func theInterfaceDescribesItself() async throws {
        try await withServer(atlas) { server in
            let description = try await server.get("/v1").json
            let paths = (description["addresses"] as? [[String: Any]] ?? []).compactMap { $0["href"] as? String }
            #expect(paths.contains("http://atlas.test:81/v1/factories/near"))
            #expect((description["snapshot"] as? [String: Any])?["factories"] as? Int == TestAtlas.count)
        }
    }
}
