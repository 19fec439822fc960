// BrandEndpointTests.swift: brands over HTTP: their figures from published links alone, their logos, and the sprites of the maps.

import Foundation
import MapArt
import Registry
import Testing
import VectorTile

@testable import AtlasServer

@Suite struct BrandEndpointTests {
    private let atlas: TestAtlas
    /// A picture of 8 × 4 pixels.
    private static let svg = Array(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 4'><rect width='8' height='4' fill='#0a0'/></svg>".utf8)

    init() throws { atlas = try TestAtlas.shared.get() }

    private func counts(_ json: [String: Any], _ name: String) -> [String: Int] { json[name] as? [String: Int] ?? [:] }

    @Test func brandsAreListedWithTheirPublishedSuppliersByStatus() async throws {
        try await withServer(atlas) { server in
            let list = try await server.get("/v1/brands").json
            #expect(list["numberMatched"] as? Int == 2)
            #expect(list["synthetic_data"] as? String == TestAtlas.label)
            let brands = try #require(list["brands"] as? [[String: Any]])
            #expect(brands.map { $0["id"] as? String } == ["B1", "B2"])
            // T0 is violating; T5 is odd, so not disclosed: unknown. B2's link to T6 is private.
            #expect(brands[0]["suppliers"] as? Int == 2 && brands[1]["suppliers"] as? Int == 1)
            #expect(counts(brands[0], "statuses").filter { $0.value > 0 } == ["violating": 1, "unknown": 1])
            #expect(counts(brands[1], "statuses").filter { $0.value > 0 } == ["violating": 1])
            let found = try await server.get("/v1/brands?q=b2").json
            #expect((found["brands"] as? [[String: Any]])?.map { $0["id"] as? String } == ["B2"])
            #expect(try await server.get("/v1/brands?q=brand%20B1").json["numberMatched"] as? Int == 1)
            #expect(try await server.get("/v1/brands?q=nobody").json["numberMatched"] as? Int == 0)
            let first = try await server.get("/v1/brands?limit=1").json
            let next = try #require((first["links"] as? [[String: String]])?.first?["href"])
            let second = try await server.get(next.replacing("http://atlas.test:81", with: "")).json
            #expect((second["brands"] as? [[String: Any]])?.map { $0["id"] as? String } == ["B2"])
            #expect(second["links"] == nil)
        }
    }

    @Test func aBrandsPageCountsPublishedLinksOnly() async throws {
        try await withServer(atlas) { server in
            let brand = try await server.get("/v1/brands/B2").json
            #expect(brand["suppliers"] as? Int == 1)
            #expect(counts(brand, "kinds") == ["materials": 1])
            #expect((brand["factories"] as? [[String: Any]])?.map { $0["id"] as? String } == ["T0"])
            // The factory of the private link is nowhere in the answer.
            #expect(try await server.get("/v1/brands/B2").text.contains("\"T6\"") == false)
            let other = try await server.get("/v1/brands/B1").json
            #expect((other["factories"] as? [[String: Any]])?.map { $0["id"] as? String } == ["T0", "T5"])
            #expect((other["industries"] as? [[String: Any]])?.first?["code"] as? String == "C17")
            let box = try #require(other["bbox"] as? [Double])
            #expect(abs(box[0] - TestAtlas.square.longitude) < 1e-6 && abs(box[2] - box[0] - 5 * TestAtlas.step) < 1e-6)
            let page = try await server.get("/v1/brands/B1?limit=1").json
            let next = try #require((page["links"] as? [[String: String]])?.first?["href"])
            #expect(next.hasPrefix("http://atlas.test:81/v1/brands/B1?"))
            let rest = try await server.get(next.replacing("http://atlas.test:81", with: "")).json
            #expect((rest["factories"] as? [[String: Any]])?.map { $0["id"] as? String } == ["T5"])
        }
    }

    @Test(arguments: [
        ("/v1/brands?limit=0", 400, "limit"), ("/v1/brands?after=-1", 400, "after"), ("/v1/brands?colour=red", 400, "colour"),
        ("/v1/brands/nobody", 404, "id"), ("/v1/brands/nobody/logo.png", 404, "id"), ("/v1/brands/B1?limit=x", 400, "limit"),
        ("/v1/brands/B1/logo.png?size=9", 400, "size"), ("/sprites/red.json", 404, "map"), ("/sprites/base.png", 404, "map"),
        ("/sprites/blue.gif", 404, "file"), ("/sprites/blue@3x.png", 404, "map"), ("/sprites/blue", 404, "file"),
        ("/sprites/blue.json?x=1", 400, "x"), ("/sprites/..%2Fblue.json", 404, "file"),
    ])
    func whatIsWrongIsNamed(path: String, status: Int, parameter: String) async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get(path)
            #expect(answer.status == status, "\(path)")
            #expect(answer["content-type"] == "application/problem+json")
            #expect(answer.json["parameter"] as? String == parameter, "\(path): \(answer.text)")
        }
    }

    @Test func aSearchOfMuchTextIsRefused() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/brands?q=" + String(repeating: "x", count: 5_000))
            #expect(answer.status == 400 && answer.json["parameter"] as? String == "q")
        }
    }

    @Test func aLogoReplacesTheMonogramAtOnceAndIsServedAsAPictureOnly() async throws {
        let own = try TestAtlas.make()
        try await withServer(own) { server in
            let drawn = try await server.get("/v1/brands/B1/logo.png")
            #expect(drawn.status == 200 && drawn["content-type"] == "image/png")
            #expect(drawn.body.starts(with: [0x89, 0x50, 0x4E, 0x47]))
            #expect(try await server.get("/v1/brands/B1").json["logo_is_drawn"] as? Bool == true)
            let style = try await server.get("/styles/supply-chain.json").json["sprite"] as? String
            let sheet = try await server.get("/sprites/supply-chain.png")

            let image = try LogoImage(reading: BrandEndpointTests.svg)
            let store = try RegistryStore(path: own.storePath, mode: .readWrite)
            let writer = GroupWriter(store: store, feed: try ChangeFeed(store: store))
            func set(_ logo: DrawnLogo?) async throws {
                _ = try await writer.submit(as: .commandLine) { try $0.set(logo: logo, ofBrand: "B1", version: nil, onlyBrand: nil) }
            }
            try await set(DrawnLogo(png: image.png, hash: image.hash, width: image.width, height: image.height))
            let logo = try await server.get("/v1/brands/B1/logo.png")
            #expect(Array(logo.body) == image.png)
            #expect(logo["x-content-type-options"] == "nosniff")
            #expect(logo["content-security-policy"] == "default-src 'none'; sandbox")
            #expect(logo["etag"] != drawn["etag"])
            #expect(try await server.get("/v1/brands/B1").json["logo_is_drawn"] as? Bool == false)
            // Styles name another sprite now, and the sprite has another picture and the same table.
            #expect(try await server.get("/styles/supply-chain.json").json["sprite"] as? String != style)
            #expect(try await server.get("/sprites/supply-chain.png").body != sheet.body)

            try await set(nil)
            #expect(try await server.get("/v1/brands/B1/logo.png").body == drawn.body)
            #expect(try await server.get("/styles/supply-chain.json").json["sprite"] as? String == style)
            await writer.stop()
            try store.close()
        }
    }

    @Test(arguments: ["blue", "supply-chain"])
    func aSpriteHasWhatItsStyleNames(map: String) async throws {
        try await withServer(atlas) { server in
            let style = try await server.get("/styles/\(map).json")
            let sprite = try #require(style.json["sprite"] as? String).replacing("http://atlas.test:81", with: "")
            let parts = sprite.split(separator: "?").map(String.init)
            for density in ["", "@2x"] {
                let table = try await server.get("\(parts[0])\(density).json?\(parts[1])")
                #expect(table["content-type"] == "application/json" && table["cache-control"] == "public, max-age=604800")
                for status in FactoryStatus.allCases { #expect(table.json["status-\(status.name)"] != nil) }
                if map == "supply-chain" {
                    for brand in ["brand:B1", "brand:B2", "brand-unknown"] { #expect(table.json[brand] != nil) }
                }
                let icon = try #require(table.json["status-clean"] as? [String: Int])
                #expect(icon["pixelRatio"] == (density.isEmpty ? 1 : 2) && icon["width"] == 18 * (density.isEmpty ? 1 : 2))
                let picture = try await server.get("\(parts[0])\(density).png?\(parts[1])")
                #expect(picture["content-type"] == "image/png" && picture.body.starts(with: [0x89, 0x50, 0x4E, 0x47]))
                let etag = try #require(picture["etag"])
                #expect(try await server.get("\(parts[0])\(density).png?\(parts[1])", headers: [("If-None-Match", etag)]).status == 304)
                // Of another version: what there is now, to be asked for again.
                #expect(try await server.get("\(parts[0])\(density).png?v=0")["cache-control"] == "no-cache")
            }
        }
    }

    @Test func suppliersInTilesHaveTheirBrandsInOrder() async throws {
        try await withServer(atlas) { server in
            func brands(_ query: String) async throws -> [String] {
                let tile = try await server.get("/tiles/supply-chain/16/54881/26778.mvt\(query)")
                let layer = try #require(try DecodedTile(decoding: tile.body).layers.first { $0.name == "factories" })
                let feature = try #require(layer.features.first { $0.attributes["id"]?.stringValue == "T0" })
                #expect(feature.attributes["more"] == nil && feature.attributes["brand_2"] == nil)
                return ["brand_0", "brand_1"].compactMap { feature.attributes[$0]?.stringValue }
            }
            let all = try await brands("")
            #expect(all == ["B1", "B2"])
            // The one that is asked for stands first.
            let second = try await brands("?brand=B2")
            #expect(second == ["B2", "B1"])
        }
    }
}
