// PlaceEndpointTests.swift: places over HTTP: listed, by code, at a position; always with edition and source.

import Boundaries
import Foundation
import Testing
import VectorTile

@testable import AtlasServer

@Suite struct PlaceEndpointTests {
    /// Two counties, a degree wide and two high, side by side, the second of invented borders.
    private static let atlas = Result { () throws -> TestAtlas in
        func square(_ code: Int32, _ name: String, west: Int32, synthetic: Bool) -> PlaceOutline {
            let (x, y, d) = (west * 10_000_000, Int32(300_000_000), Int32(10_000_000))
            return PlaceOutline(
                code: code, level: .county, nameZH: name, parent: PlaceCode.prefecture(of: code),
                outline: Outline(polygons: [
                    [[Corner(x: x, y: y), Corner(x: x + d, y: y), Corner(x: x + d, y: y + 2 * d), Corner(x: x, y: y + 2 * d)]]
                ]),
                source: PlaceSource(edition: "2024", source: "a test", synthetic: synthetic))
        }
        return try TestAtlas.make(
            places: [square(330_102, "甲<县>", west: 120, synthetic: false), square(330_103, "乙", west: 121, synthetic: true)])
    }

    private let atlas: TestAtlas
    init() throws { atlas = try PlaceEndpointTests.atlas.get() }

    private func codes(_ answer: Answer) -> [String] {
        (answer.json["places"] as? [[String: Any]] ?? []).compactMap { $0["code"] as? String }
    }

    @Test func placesAreListedByLevelAndParent() async throws {
        try await withServer(atlas) { server in
            let list1 = try await server.get("/v1/places")
            #expect(codes(list1) == ["330000", "330100", "330102", "330103"])
            let list2 = try await server.get("/v1/places?level=county")
            #expect(codes(list2) == ["330102", "330103"])
            let list3 = try await server.get("/v1/places?parent=330000&level=prefecture")
            #expect(codes(list3) == ["330100"])
            let list4 = try await server.get("/v1/places?parent=33&level=county")
            #expect(codes(list4) == ["330102", "330103"])
        }
    }

    @Test func aPlaceSaysWhoseBordersItHas() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/places/330102")
            #expect(answer.status == 200 && answer["content-type"] == "application/json")
            #expect(answer.json["name_zh"] as? String == "甲<县>")
            #expect(answer.json["parent"] as? String == "330100")
            #expect(answer.json["edition"] as? String == "2024" && answer.json["source"] as? String == "a test")
            #expect(answer.json["synthetic"] as? Bool == false)
            #expect((answer.json["note"] as? String)?.contains("审图号") == true)
            let bbox = try #require(answer.json["bbox"] as? [Double])
            #expect(zip(bbox, [120, 30, 121, 32]).allSatisfy { abs($0 - $1) < 2e-6 })
            #expect(try await server.get("/v1/places/330103").json["synthetic"] as? Bool == true)
        }
    }

    @Test func theBaseMapShowsThemWithAttribution() async throws {
        try await withServer(atlas) { server in
            // z 8: the tile from 120.94° E on: of both counties.
            let answer = try await server.get("/tiles/base/8/214/104.mvt")
            #expect(answer.status == 200 && answer["content-type"] == "application/vnd.mapbox-vector-tile")
            let layers = try DecodedTile(decoding: answer.body).layers
            #expect(layers.map(\.name) == ["places", "borders", "place_labels"])
            #expect(layers.first?.features.count == 2)
            let shifted = try await server.get("/tiles/base/8/214/104.mvt?datum=gcj02")
            #expect(shifted.status == 200 && shifted.body != answer.body)
            let filtered = try await server.get("/tiles/base/8/214/104.mvt?status=clean")
            #expect(filtered.status == 400 && filtered.json["parameter"] as? String == "status")

            let description = try await server.get("/tiles/base.json").json
            let attribution = try #require(description["attribution"] as? String)
            #expect(attribution.contains("a test") && attribution.contains("审图号"))
            #expect(
                (description["vector_layers"] as? [[String: Any]])?.compactMap { $0["id"] as? String } == [
                    "places", "borders", "place_labels",
                ])
        }
    }

    @Test func stylesLieOnTheBaseMapInTheirDatum() async throws {
        try await withServer(atlas) { server in
            for (query, datum) in [("", ""), ("?datum=bd09", "?datum=bd09")] {
                let style = try await server.get("/styles/blue.json\(query)").json
                let sources = try #require(style["sources"] as? [String: [String: Any]])
                #expect(sources["base"]?["url"] as? String == "http://atlas.test:81/tiles/base.json\(datum)")
                let layers = try #require(style["layers"] as? [[String: Any]])
                let order = layers.compactMap { $0["source-layer"] as? String }
                // Names lie over what they name: of factories, numbers of clusters, places.
                #expect(
                    order == ["places"] + Array(repeating: "borders", count: 4) + ["clusters"] + Array(repeating: "factories", count: 3)
                        + ["clusters"] + Array(repeating: "place_labels", count: 3))
            }
            let alone = try await server.get("/styles/base.json").json
            #expect((alone["sources"] as? [String: Any])?.keys.sorted() == ["base"])
        }
    }

    @Test func aPositionHasItsProvincePrefectureAndCounty() async throws {
        try await withServer(atlas) { server in
            let list5 = try await server.get("/v1/places/at?lon=120.5&lat=30.5")
            #expect(codes(list5) == ["330000", "330100", "330102"])
            // 120.998° in GCJ-02 is 0.0045° west of that on WGS 84; just east of the border it is still west of it.
            let list6 = try await server.get("/v1/places/at?lon=121.003&lat=30.5")
            #expect(codes(list6).last == "330103")
            let list7 = try await server.get("/v1/places/at?lon=121.003&lat=30.5&crs=gcj02")
            #expect(codes(list7).last == "330102")
            let sea = try await server.get("/v1/places/at?lon=130&lat=25")
            #expect(sea.status == 200 && codes(sea).isEmpty)
            #expect((sea.json["note"] as? String)?.contains("at sea or abroad") == true)
        }
    }

    @Test(arguments: [
        ("/v1/places?level=town", "level"), ("/v1/places?parent=abc", "parent"), ("/v1/places?parent=440000", "parent"),
        ("/v1/places?colour=red", "colour"), ("/v1/places/at?lon=120", "lat"), ("/v1/places/at?lon=30&lat=120", "lat"),
        ("/v1/places/at?lon=120&lat=30&crs=mars2", "crs"), ("/v1/places/x", "code"),
    ])
    func wrongParametersAreNamed(target: String, parameter: String) async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get(target)
            #expect(answer.status == 400)
            #expect(answer.json["parameter"] as? String == parameter)
        }
    }

    @Test func whatThereIsNotIs404AndNoBordersAreSaid() async throws {
        try await withServer(atlas) { server in
            let missing = try await server.get("/v1/places/330199")
            #expect(missing.status == 404)
        }
        try await withServer(try TestAtlas.shared.get()) { server in
            let answer = try await server.get("/v1/places/at?lon=120.5&lat=30.5")
            #expect(answer.status == 200 && (answer.json["note"] as? String)?.contains("no borders are loaded") == true)
        }
    }

    @Test func aFactorysDetailNamesItsPlaces() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/factories/T0")
            let properties = answer.json["properties"] as? [String: Any]
            #expect(properties?["flags"] == nil)
            #expect(properties?["place"] as? [String: String] == ["province": "330000", "prefecture": "330100", "county": "330103"])
            let elsewhere = try await server.get("/v1/factories/P0").json["properties"] as? [String: Any]
            #expect(elsewhere?["place"] == nil && elsewhere?["flags"] as? [String] == ["no_place"])
        }
    }
}
