// CarbonEndpointTests.swift: the carbon map over HTTP: tiles, style and legend, tables of places, one place with all its sources,
// enterprises; and what is asked for wrongly, named.

import Atlas
import Boundaries
import Foundation
import Registry
import Testing
import VectorTile

@testable import AtlasServer

@Suite struct CarbonEndpointTests {
    /// Two prefectures side by side, two degrees wide; figures of two years; emissions of three factories around the square.
    private static let atlas = Result { () throws -> TestAtlas in
        func square(_ code: Int32, _ name: String, west: Int32) -> PlaceOutline {
            let (x, y, d) = (west * 10_000_000, Int32(300_000_000), Int32(20_000_000))
            return PlaceOutline(
                code: code, level: .prefecture, nameZH: name, nameEN: "City \(code)", parent: PlaceCode.province(of: code),
                outline: Outline(polygons: [
                    [[Corner(x: x, y: y), Corner(x: x + d, y: y), Corner(x: x + d, y: y + d), Corner(x: x, y: y + d)]]
                ]), source: PlaceSource(edition: "2024", source: "a test"))
        }
        let atlas = try TestAtlas.make(places: [square(330_100, "甲<市>", west: 118), square(310_100, "乙市", west: 120)])
        let store = try RegistryStore(path: atlas.storePath, mode: .readWrite)
        let real = CarbonSource(source: "a <survey>", edition: "3")
        let invented = CarbonSource(source: "nobody", synthetic: true)
        func figure(_ code: Int32, _ year: Int, _ metric: PlaceMetric, _ value: Double, _ source: CarbonSource) -> FigureDraft {
            FigureDraft(line: 2, place: .code(code), year: year, metric: metric, value: value, origin: source)
        }
        let figures = [
            figure(330_100, 2019, .co2, 6e7, real), figure(330_100, 2019, .co2, 1, invented), figure(310_100, 2019, .co2, 2e8, real),
            figure(310_100, 2019, .population, 2.5e7, real), figure(330_100, 2020, .co2, 7e7, invented),
        ]
        var emissions: [EmissionDraft] = []
        for (id, year, amount) in [("T0", 2019, 5_000.0), ("T0", 2020, 6_000), ("T1", 2020, 900_000), ("T2", 2020, 40)] {
            var draft = EmissionDraft(line: 2, factory: FactoryReference(id: id), year: year, origin: id == "T2" ? invented : real)
            draft.scope1 = amount
            draft.scope2 = id == "T1" ? nil : 7
            draft.method = "fuel × factors"
            draft.isVerified = id == "T0" ? true : nil
            emissions.append(draft)
        }
        for case .rejected(let field, let value, let reason) in try store.apply(figures: figures) + store.apply(emissions: emissions) {
            throw QueryError(parameter: field, value: value, message: reason)
        }
        let fuel = EmissionFactor(
            kind: .fuel, name: "煤<b>", nameEN: "coal", unit: "t", value: 1.98,
            content: FuelContent(heat: 20, carbon: 0.03, oxidation: 0.9), origin: real)
        let grid = EmissionFactor(kind: .electricity, name: "浙江", place: 330_000, year: 2022, unit: "MWh", value: 0.5153, origin: real)
        try store.apply(factors: [FactorDraft(line: 2, factor: fuel), FactorDraft(line: 3, factor: grid)])
        try SnapshotBuilder.build(store: store, output: atlas.snapshotPath, asOf: Day(iso: TestAtlas.asOf))
        try store.close()
        return atlas
    }

    private let atlas: TestAtlas
    init() throws { atlas = try CarbonEndpointTests.atlas.get() }

    private func places(_ answer: Answer) -> [[String: Any]] { answer.json["places"] as? [[String: Any]] ?? [] }

    @Test func aTableNamesValuesSourcesAndWhatIsMissing() async throws {
        try await withServer(atlas) { server in
            let table = try await server.get("/v1/carbon/places?level=prefecture&year=2019")
            #expect(table.status == 200 && table["content-type"] == "application/json")
            #expect(table.json["metric"] as? String == "co2" && table.json["unit"] as? String == "t" && table.json["year"] as? Int == 2019)
            #expect(table.json["years"] as? [Int] == [2019, 2020])
            let list1 = places(table)
            #expect(list1.compactMap { $0["code"] as? String } == ["310100", "330100"])
            #expect(list1.compactMap { $0["value"] as? Double } == [2e8, 6e7])
            #expect(list1.last?["source"] as? String == "a <survey>, 3" && list1.last?["synthetic"] as? Bool == false)
            #expect(list1.first?["co2_per_head"] as? Double == 8 && list1.last?["co2_per_head"] == nil)
            // The latest year of the metric; the one without a value is counted, not shown as 0.
            let latest = try await server.get("/v1/carbon/places?level=prefecture")
            #expect(latest.json["year"] as? Int == 2020 && latest.json["places_without_value"] as? Int == 1)
            #expect(places(latest).first?["synthetic"] as? Bool == true)
            let head = try await server.get("/v1/carbon/places?level=prefecture&metric=co2_per_head")
            #expect(head.json["year"] as? Int == 2019 && head.json["count"] as? Int == 1)
            #expect(places(head).map { $0["value"] as? Double } == [8, nil])
            let none = try await server.get("/v1/carbon/places?level=county")
            #expect(none.status == 200 && places(none).isEmpty && none.json["note"] as? String == "no county has a figure")
        }
    }

    @Test func aPlaceHasAllItsYearsAndOtherSources() async throws {
        try await withServer(atlas) { server in
            let place = try await server.get("/v1/carbon/places/330100")
            #expect(place.json["name_zh"] as? String == "甲<市>" && place.json["name_en"] as? String == "City 330100")
            let years = place.json["years"] as? [[String: Any]] ?? []
            #expect(years.compactMap { $0["year"] as? Int } == [2019, 2020] && years.compactMap { $0["value"] as? Double } == [6e7, 7e7])
            let source = (years.first?["sources"] as? [String: [String: Any]])?["co2"]
            #expect(source?["source"] as? String == "a <survey>" && source?["edition"] as? String == "3")
            let others = place.json["other_sources"] as? [[String: Any]] ?? []
            #expect(others.count == 1 && others.first?["source"] as? String == "nobody" && others.first?["value"] as? Double == 1)
            #expect((place.json["precedence"] as? String)?.contains("real") == true)
            // Two digits are a province's code, which has no figures of its own.
            let above = try await server.get("/v1/carbon/places/33")
            #expect(above.status == 200 && above.json["note"] as? String == "nothing is known of this place")
        }
    }

    @Test func aFactorysDetailHasItsEmissionsByYear() async throws {
        try await withServer(atlas) { server in
            let properties = try await server.get("/v1/factories/T0").json["properties"] as? [String: Any]
            let list1 = properties?["emissions"] as? [[String: Any]] ?? []
            #expect(list1.compactMap { $0["year"] as? Int } == [2019, 2020])
            #expect(list1.first?["scope1_t"] as? Double == 5_000 && list1.first?["scope3_t"] == nil)
            #expect(list1.first?["verified"] as? Bool == true && list1.first?["method"] as? String == "fuel × factors")
            #expect(list1.first?["source"] as? String == "a <survey>" && list1.first?["on_map"] as? Bool == true)
            let without = try await server.get("/v1/factories/P0").json["properties"] as? [String: Any]
            #expect(without?["emissions"] == nil)
        }
    }

    @Test func enterprisesOfAWindowComeByEmission() async throws {
        try await withServer(atlas) { server in
            let page = try await server.get("/v1/carbon/enterprises?bbox=121,31,122,32&limit=2")
            #expect(page["content-type"] == "application/geo+json")
            #expect(
                page.json["year"] as? Int == 2020 && page.json["numberMatched"] as? Int == 3 && page.json["co2e_t"] as? Double == 906_054)
            let features = page.json["features"] as? [[String: Any]] ?? []
            let ids = features.compactMap { ($0["properties"] as? [String: Any])?["id"] as? String }
            #expect(ids == ["T1", "T0"])
            let early = try await server.get("/v1/carbon/enterprises?bbox=121,31,122,32&year=2019&scope=2")
            #expect(early.json["numberMatched"] as? Int == 1 && early.json["co2e_t"] as? Double == 7)
            let filtered = try await server.get("/v1/carbon/enterprises?bbox=121,31,122,32&status=violating")
            #expect(filtered.json["numberMatched"] as? Int == 1)
        }
    }

    @Test func tilesTakeMetricYearScopeAndDatumAndAreCachedApart() async throws {
        try await withServer(atlas) { server in
            func values(_ query: String) async throws -> [String: Double] {
                let answer = try await server.get("/tiles/carbon/6/53/26.mvt\(query)")
                #expect(answer.status == 200 && answer["content-type"] == "application/vnd.mapbox-vector-tile")
                var found: [String: Double] = [:]
                for layer in try DecodedTile(decoding: answer.body).layers {
                    for feature in layer.features {
                        let key = feature.attributes["code"]?.stringValue ?? feature.attributes["id"]?.stringValue ?? "cluster"
                        found[key] = feature.attributes["value"]?.doubleValue ?? feature.attributes["co2e_t"]?.doubleValue
                    }
                }
                return found
            }
            for _ in 0..<2 {
                let usual = try await values("")
                #expect(usual == ["330100": 7e7, "cluster": 906_054])
                let early = try await values("?year=2019&metric=co2")
                #expect(early == ["330100": 6e7, "310100": 2e8, "T0": 5_007])
                let scope = try await values("?scope=1")
                #expect(scope["cluster"] == 906_040)
                let industry = try await values("?industry=D44")
                #expect(industry == ["330100": 7e7])
                let shifted = try await values("?datum=bd09&year=2019")
                #expect(shifted == early)
            }
            let plain = try await server.get("/tiles/carbon/6/53/26.mvt?metric=co2")
            let same = try await server.get("/tiles/carbon/6/53/26.mvt")
            #expect(plain.body == same.body && plain["etag"] == same["etag"])
        }
    }

    @Test func theStyleAndItsLegendFollowMetricAndYear() async throws {
        try await withServer(atlas) { server in
            let style = try await server.get("/styles/carbon.json?metric=co2&year=2019&datum=gcj02").json
            let sources = try #require(style["sources"] as? [String: [String: Any]])
            #expect(sources["blueatlas"]?["url"] as? String == "http://atlas.test:81/tiles/carbon.json?datum=gcj02&year=2019")
            let layers = try #require(style["layers"] as? [[String: Any]])
            let own = layers.filter { $0["source"] as? String == "blueatlas" }.compactMap { $0["id"] as? String }
            #expect(own == ["places-province", "places-prefecture", "enterprises"])
            let metadata = try #require(style["metadata"] as? [String: Any])
            let legend = try #require(metadata["blueatlas:legend"] as? [[String: Any]]).filter { $0["level"] as? String == "prefecture" }
            #expect(legend.compactMap { $0["label_en"] as? String } == ["< 200", "≥ 200", "no figure"])
            #expect(legend.compactMap { $0["label_zh"] as? String } == ["< 20,000", "≥ 20,000", "无数据"])
            // The colour that the paint gives a value is the one that the legend says.
            let paint = try #require(layers.first { $0["id"] as? String == "places-prefecture" }?["paint"] as? [String: Any])
            let expression = try #require(paint["fill-color"] as? [Any])
            let step = try #require(expression[2] as? [Any])
            #expect(step[2] as? String == legend[0]["color"] as? String && step[4] as? String == legend[1]["color"] as? String)
            #expect(step[3] as? Double == legend[1]["from"] as? Double && expression[3] as? String == legend[2]["color"] as? String)
            #expect((metadata["blueatlas:metrics"] as? [[String: Any]])?.count == CarbonMetric.allCases.count)
            #expect(metadata["blueatlas:years"] as? [Int] == [2020, 2019])

            let description = try await server.get("/tiles/carbon.json?metric=co2_per_head").json
            #expect((description["tiles"] as? [String])?.first?.hasSuffix(".mvt?metric=co2_per_head") == true)
            #expect((description["attribution"] as? String)?.contains("a &lt;survey&gt;") == true)
            #expect((description["vector_layers"] as? [[String: Any]])?.compactMap { $0["id"] as? String } == ["places", "enterprises"])
        }
    }

    /// A radius is a constant times the square root of the amount, so areas are in proportion.
    @Test func areasOfCirclesAreInProportionToEmissions() async throws {
        try await withServer(atlas) { server in
            let style = try await server.get("/styles/carbon.json").json
            let layer = try #require((style["layers"] as? [[String: Any]])?.first { $0["id"] as? String == "enterprises" })
            let radius = try #require((layer["paint"] as? [String: Any])?["circle-radius"] as? [Any])
            #expect(radius[0] as? String == "interpolate" && (radius[2] as? [String]) == ["zoom"])
            for stop in stride(from: 4, to: radius.count, by: 2) {
                let product = try #require(radius[stop] as? [Any])
                #expect(product[0] as? String == "*" && (product[1] as? Double ?? 0) > 0)
                let root = try #require(product[2] as? [Any])
                #expect(root[0] as? String == "sqrt" && (root[1] as? [String]) == ["get", "co2e_t"])
            }
        }
    }

    @Test func aWindowMayBeOfAnotherDatum() async throws {
        try await withServer(atlas) { server in
            func largest(_ query: String) async throws -> (count: Int?, position: [Double]) {
                let json = try await server.get("/v1/carbon/enterprises?\(query)").json
                let first = (json["features"] as? [[String: Any]])?.first
                return (json["numberMatched"] as? Int, (first?["geometry"] as? [String: Any])?["coordinates"] as? [Double] ?? [])
            }
            func around(_ position: [Double]) -> String {
                "bbox=" + [-1e-4, 1e-4].map { "\(position[0] + $0),\(position[1] + $0)" }.joined(separator: ",")
            }
            let plain = try await largest("bbox=121,31,122,32")
            for crs in ["gcj02", "bd09"] {
                let shifted = try await largest("bbox=121,31,122,32&crs=\(crs)")
                try #require(plain.position.count == 2 && shifted.position.count == 2)
                // 300 to 1,200 m in Shanghai: the window of the one holds nothing of the other.
                #expect(abs(shifted.position[0] - plain.position[0]) > 2e-3)
                let there = try await largest(around(shifted.position) + "&crs=\(crs)")
                #expect(there.count == 1 && there.position == shifted.position)
                #expect(try await largest(around(shifted.position)).count == 0)
            }
        }
    }

    @Test func factorsSayOfWhatWhereAndByWhom() async throws {
        try await withServer(atlas) { server in
            let all = try await server.get("/v1/carbon/factors")
            #expect(all.status == 200 && all.json["count"] as? Int == 2)
            let answer = try await server.get("/v1/carbon/factors?kind=fuel&place=330000&year=2022")
            let fuels = answer.json["factors"] as? [[String: Any]] ?? []
            #expect(fuels.count == 1 && fuels[0]["name"] as? String == "煤<b>" && fuels[0]["co2_t_per_unit"] as? Double == 1.98)
            #expect(fuels.first?["unit"] as? String == "t" && fuels.first?["oxidation"] as? Double == 0.9)
            #expect(fuels.first?["source"] as? String == "a <survey>" && fuels.first?["place"] == nil && fuels.first?["year"] == nil)
            let grid = try await server.get("/v1/carbon/factors?kind=electricity").json["factors"] as? [[String: Any]] ?? []
            #expect(grid.first?["place"] as? String == "330000" && grid.first?["year"] as? Int == 2022)
            let none = try await server.get("/v1/carbon/factors?kind=heat")
            #expect(none.status == 200 && none.json["count"] as? Int == 0 && none.json["note"] != nil)
        }
    }

    @Test(arguments: [
        ("/tiles/carbon/3/6/3.mvt?metric=co3", "metric"), ("/tiles/carbon/3/6/3.mvt?year=20", "year"),
        ("/tiles/carbon/3/6/3.mvt?scope=9", "scope"),
        ("/tiles/blue/3/6/3.mvt?metric=co2", "metric"), ("/styles/carbon.json?year=last", "year"), ("/tiles/carbon.json?metric=", "metric"),
        ("/tiles/carbon/3/6/3.mvt?year=2019&year=2020", "year"), ("/v1/carbon/places?level=town", "level"),
        ("/v1/carbon/places?year=1", "year"),
        ("/v1/carbon/places?scope=1", "scope"), ("/v1/carbon/places/x", "code"), ("/v1/carbon/places/330100?year=2019", "year"),
        ("/v1/carbon/enterprises", "bbox"), ("/v1/carbon/enterprises?bbox=1,2,3", "bbox"),
        ("/v1/carbon/enterprises?bbox=121,31,122,32&limit=0", "limit"),
        ("/v1/carbon/enterprises?bbox=121,31,122,32&crs=moon", "crs"), ("/v1/carbon/factors?kind=coal", "kind"),
        ("/v1/carbon/factors?place=Zhejiang", "place"), ("/v1/carbon/factors?year=last", "year"),
        ("/v1/carbon/enterprises?bbox=121,31,122,32&brand=nobody", "brand"),
    ])
    func wrongParametersAreNamed(target: String, parameter: String) async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get(target)
            #expect(answer.status == 400 && answer["content-type"] == "application/problem+json")
            #expect(answer.json["parameter"] as? String == parameter)
        }
    }

    @Test func whatThereIsNotIs404AndAServerWithoutFiguresSaysSo() async throws {
        try await withServer(atlas) { server in
            for (target, status) in [("/v1/carbon/places/440100", 404), ("/v1/carbon/nothing", 404), ("/tiles/carbon/6/0/0.mvt", 204)] {
                let answer = try await server.get(target)
                #expect(answer.status == status, "\(target)")
            }
        }
        try await withServer(try TestAtlas.shared.get()) { server in
            let table = try await server.get("/v1/carbon/places")
            #expect(table.status == 200 && (table.json["note"] as? String)?.contains("no borders are loaded") == true)
            let style = try await server.get("/styles/carbon.json")
            #expect(style.status == 200)
        }
    }
}
