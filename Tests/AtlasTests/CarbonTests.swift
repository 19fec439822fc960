// CarbonTests.swift: the carbon map conserves: over all tiles of any zoom, in any datum, with any filter, the circles' tonnes are those of
// the enterprises that pass. Places carry what the registry has, say who says it, and nothing where nothing is known.

import Boundaries
import Foundation
import Geodesy
import Registry
import SpatialIndex
import Testing
import VectorTile

@testable import Atlas

/// Four prefectures in two provinces, 300 factories in and around them, emissions for half of those.
private struct CarbonAtlas: Sendable {
    let folder: TemporaryFolder
    let snapshot: Snapshot
    /// By factory id, then year: scopes 1 to 3; NaN where not said.
    let expected: [String: [Int: [Double]]]
    let industry: [String: String]

    static let shared = Result { try CarbonAtlas() }

    /// A square of two degrees.
    private static func square(_ code: Int32, west: Int32, south: Int32) -> PlaceOutline {
        let (x, y, d) = (west * 10_000_000, south * 10_000_000, Int32(20_000_000))
        let ring = [Corner(x: x, y: y), Corner(x: x + d, y: y), Corner(x: x + d, y: y + d), Corner(x: x, y: y + d)]
        return PlaceOutline(
            code: code, level: .prefecture, nameZH: "市\(code)", nameEN: "Place \(code)", parent: PlaceCode.province(of: code),
            outline: Outline(polygons: [[ring]]), source: PlaceSource(edition: "1", source: "a test"))
    }

    private init() throws {
        folder = try TemporaryFolder()
        let store = try RegistryStore(path: folder.path + "/registry.db", mode: .readWrite)
        _ = try store.replacePlaces(with: [
            CarbonAtlas.square(330_100, west: 118, south: 29), CarbonAtlas.square(330_200, west: 120, south: 29),
            CarbonAtlas.square(320_100, west: 118, south: 31), CarbonAtlas.square(320_500, west: 120, south: 31),
        ])
        var random = SplitMix64(state: 7)
        var drafts: [FactoryDraft] = []
        var emissions: [EmissionDraft] = []
        var expected: [String: [Int: [Double]]] = [:]
        var industry: [String: String] = [:]
        // A borderline case too: the world's edge, and 30 on one position.
        var positions = [(179.9999999, -60.0), (-180, 85), (0, 0)] + Array(repeating: (119.9, 30.1), count: 30)
        while positions.count < 300 {
            positions.append((Double.random(in: 117...123, using: &random), Double.random(in: 28...34, using: &random)))
        }
        let real = CarbonSource(source: "a register", edition: "2")
        for (index, position) in positions.enumerated() {
            var draft = FactoryDraft(
                line: 2, longitude: position.0, latitude: position.1, sourceX: position.0, sourceY: position.1, sourceDatum: "wgs84")
            draft.id = "E\(index)"
            draft.nameZH = "企业\(index)"
            draft.industry = ["C26", "D44"][index % 2]
            industry["E\(index)"] = draft.industry
            drafts.append(draft)
            guard index % 4 < 2 else { continue }
            for year in [2019, 2021] where year == 2021 || index % 3 > 0 {
                let synthetic = index % 5 == 0
                var emission = EmissionDraft(
                    line: 2, factory: FactoryReference(id: "E\(index)"), year: year,
                    origin: CarbonSource(source: synthetic ? "invented" : "a register", edition: "2", synthetic: synthetic))
                emission.scope1 = index % 7 == 0 ? nil : Double(Int.random(in: 0...9_000_000, using: &random))
                emission.scope2 = Double(Int.random(in: 0...90_000, using: &random))
                emission.scope3 = index % 8 == 0 ? 1_234.5 : nil
                emission.isVerified = index % 3 == 0 ? nil : index % 3 == 1
                emissions.append(emission)
                expected["E\(index)", default: [:]][year] = [emission.scope1, emission.scope2, emission.scope3].map { $0 ?? .nan }
            }
        }
        // A second source for one enterprise, which is not shown.
        var other = EmissionDraft(
            line: 2, factory: FactoryReference(id: "E1"), year: 2021, origin: CarbonSource(source: "a rumour", priority: -5))
        other.scope1 = 5e8
        emissions.append(other)
        try store.apply(factories: drafts).requireNoRejects()
        try store.apply(emissions: emissions).requireNoRejects()

        func figure(_ code: Int32, _ year: Int, _ metric: PlaceMetric, _ value: Double, _ source: CarbonSource = real) -> FigureDraft {
            FigureDraft(line: 2, place: .code(code), year: year, metric: metric, value: value, origin: source)
        }
        let invented = CarbonSource(source: "invented", edition: "seed 1", synthetic: true)
        try store.apply(figures: [
            figure(330_000, 2019, .co2, 4e8), figure(330_000, 2019, .population, 5e7, invented), figure(330_000, 2019, .gdp, 6e12),
            figure(330_100, 2019, .co2, 9e7), figure(330_100, 2019, .co2, 1e7, invented), figure(330_200, 2019, .co2, 0),
            figure(330_100, 2021, .co2, 8e7), figure(320_000, 2020, .co2, 7e8), figure(320_500, 2019, .population, 1e7),
        ]).requireNoRejects()
        try store.apply(figures: zip(PlaceMetric.energies, [6e7, 2e7, 1e7, 9e6, 1e6]).map { figure(330_000, 2019, $0, $1) })
            .requireNoRejects()
        try SnapshotBuilder.build(store: store, output: folder.path + "/a.snapshot", asOf: SampleAtlas.asOf)
        snapshot = try Snapshot.open(path: folder.path + "/a.snapshot")
        self.expected = expected
        self.industry = industry
    }

    /// Tonnes of the scopes by a sum of our own, and how many enterprises they are of.
    func sum(year: Int, scopes: [Int], where passes: (String) -> Bool = { _ in true }) -> (count: Int, tonnes: Double) {
        var result = (count: 0, tonnes: 0.0)
        for (id, years) in expected where passes(id) {
            let known = scopes.compactMap { years[year]?[$0 - 1] }.filter { !$0.isNaN }
            if known.isEmpty { continue }
            result.count += 1
            result.tonnes += known.reduce(0, +)
        }
        return result
    }
}

/// All tiles of a zoom that can hold anything.
private func allTiles(_ zoom: Int, _ snapshot: Snapshot, _ datum: TileDatum) -> [TileID] {
    var tiles: Set<TileID> = []
    // A moved circle may fall into a neighbour.
    let around = datum == .wgs84 ? 0...0 : -1...1
    for index in 0..<snapshot.count {
        let home = TileID(containing: GridPoint(x: snapshot.tree.x[index], y: snapshot.tree.y[index]), z: zoom)
        for dx in around {
            for dy in around {
                if let tile = TileID(z: zoom, x: Int(home.x) + dx, y: Int(home.y) + dy) { tiles.insert(tile) }
            }
        }
    }
    return Array(tiles)
}

private func features(_ name: String, _ bytes: [UInt8]) throws -> [DecodedFeature] {
    try DecodedTile(decoding: bytes).layers.first { $0.name == name }?.features ?? []
}

private func selection(_ parameters: [String: String]) throws -> CarbonSelection { try CarbonSelection { parameters[$0] } }

@Suite struct CarbonTests {
    private let atlas: CarbonAtlas
    init() throws { atlas = try CarbonAtlas.shared.get() }

    private func total(
        _ zoom: Int, _ selection: CarbonSelection, _ filter: Filter = Filter(), _ datum: TileDatum = .wgs84
    ) throws -> (count: Int, tonnes: Double) {
        var result = (count: 0, tonnes: 0.0)
        for tile in allTiles(zoom, atlas.snapshot, datum) {
            for feature in try features(
                "enterprises", atlas.snapshot.carbonTile(id: tile, selection: selection, filter: filter, datum: datum))
            {
                let values = feature.attributes
                result.count += values["count"]?.intValue ?? 1
                result.tonnes += values["co2e_t"]?.doubleValue ?? .nan
                guard case .points(let points) = feature.geometry else { throw QueryError(parameter: "geometry", message: "no point") }
                #expect(points.allSatisfy { (0..<4096).contains($0.x) && (0..<4096).contains($0.y) })
            }
        }
        return result
    }

    @Test(arguments: [TileDatum.wgs84, .gcj02, .bd09], [0, 3, 6, 9, 13, 14])
    func tonnesAreConservedAtEveryZoomInEveryDatum(datum: TileDatum, zoom: Int) throws {
        let expected = atlas.sum(year: 2021, scopes: [1, 2])
        #expect(expected.count == 150 && expected.tonnes > 3e8)
        let found = try total(zoom, CarbonSelection(), Filter(), datum)
        #expect(found.count == expected.count)
        #expect(found.tonnes == expected.tonnes, "whole tonnes add up without error")
    }

    @Test func tonnesAreConservedForYearsScopesAndFilters() throws {
        for zoom in [3, 7, 14] {
            let early = atlas.sum(year: 2019, scopes: [1])
            #expect(try total(zoom, selection(["year": "2019", "scope": "1"])) == early)
            let chain = atlas.sum(year: 2021, scopes: [3])
            #expect(try total(zoom, selection(["scope": "3"])) == chain)
            #expect(chain.count > 0 && chain.count < 120)
            let filter = try Filter(parameters: [("industry", "D44")])
            let power = atlas.sum(year: 2021, scopes: [1, 2]) { atlas.industry[$0] == "D44" }
            #expect(try total(zoom, CarbonSelection(), filter) == power)
            #expect(try total(zoom, selection(["year": "1999"])).count == 0)
        }
    }

    @Test func aSingleEnterpriseSaysWhatIsKnownOfIt() throws {
        let index = try #require((0..<atlas.snapshot.count).first { atlas.snapshot.ids[$0] == "E1" })
        let at = GridPoint(x: atlas.snapshot.tree.x[index], y: atlas.snapshot.tree.y[index])
        let tile = try atlas.snapshot.carbonTile(id: TileID(containing: at, z: 16))
        let feature = try #require(try features("enterprises", tile).first { $0.attributes["id"]?.stringValue == "E1" })
        let known = try #require(atlas.expected["E1"]?[2021])
        #expect(feature.attributes["scope1_t"]?.doubleValue == known[0], "the rumour is not shown")
        #expect(feature.attributes["scope2_t"]?.doubleValue == known[1])
        #expect(feature.attributes["scope3_t"] == nil && feature.attributes["count"] == nil)
        #expect(feature.attributes["verified"]?.boolValue == true && feature.attributes["synthetic"] == nil)
        #expect(feature.attributes["name"]?.stringValue == "企业1" && feature.attributes["year"]?.intValue == 2021)
    }

    private func places(_ zoom: Int, _ parameters: [String: String] = [:], datum: TileDatum = .wgs84) throws -> [String: [String:
        TileValue]]
    {
        var found: [String: [String: TileValue]] = [:]
        let at = MercatorGrid.project(longitude: 119.9, latitude: 30.9)
        let bytes = try atlas.snapshot.carbonTile(id: TileID(containing: at, z: zoom), selection: selection(parameters), datum: datum)
        for feature in try features("places", bytes) { found[feature.attributes["code"]?.stringValue ?? ""] = feature.attributes }
        return found
    }

    @Test func placesCarryTheirFiguresAndTheirSources() throws {
        for datum in TileDatum.allCases {
            let zhejiang = try #require(try places(4, ["year": "2019"], datum: datum)["330000"])
            #expect(zhejiang["level"]?.stringValue == "province" && zhejiang["year"]?.intValue == 2019)
            #expect(zhejiang["value"]?.doubleValue == 4e8 && zhejiang["co2_t"]?.doubleValue == 4e8)
            #expect(zhejiang["co2_per_head"]?.doubleValue == 8)
            #expect(abs((zhejiang["co2_per_gdp"]?.doubleValue ?? 0) - 4e8 / 6e12 * 1e4) < 1e-12)
            #expect(zhejiang["energy_tce"]?.doubleValue == 1e8 && zhejiang["coal_tce"]?.doubleValue == 6e7)
            #expect(zhejiang["source"]?.stringValue == "a register, 2" && zhejiang["figures_synthetic"] == nil)
        }
        // A ratio is as invented as either of its parts, and names both.
        let perHead = try #require(try places(4, ["year": "2019", "metric": "co2_per_head"])["330000"])
        #expect(perHead["value"]?.doubleValue == 8 && perHead["figures_synthetic"]?.boolValue == true)
        #expect(perHead["source"]?.stringValue == "a register, 2; invented, seed 1")
        #expect(try places(4, ["year": "2019", "metric": "coal_share"])["330000"]?["value"]?.doubleValue == 60)
    }

    @Test func whatIsNotKnownIsAbsentAndNeverZero() throws {
        let found = try places(6, ["year": "2019"])
        #expect(Set(found.keys).isSuperset(of: ["330100", "330200", "320100", "320500"]))
        #expect(found["320100"]?["value"] == nil && found["320100"]?["co2_t"] == nil)
        #expect(found["320500"]?["value"] == nil && found["320500"]?["population"]?.intValue == 10_000_000)
        // A zero that somebody states is a figure.
        #expect(found["330200"]?["value"]?.doubleValue == 0)
        // The real one before the invented one.
        #expect(found["330100"]?["value"]?.doubleValue == 9e7)
        #expect(try places(6, ["year": "2019", "metric": "energy"])["330100"]?["value"] == nil)
    }

    @Test func theLatestYearIsThatOfTheLevelAndTheMetric() throws {
        let snapshot = atlas.snapshot
        let perGDP = try selection(["metric": "co2_per_gdp"])
        #expect(snapshot.figureYears == [2019, 2020, 2021] && snapshot.emissionYears == [2019, 2021])
        #expect(snapshot.carbonYear(CarbonSelection(), level: .province) == 2020)
        #expect(snapshot.carbonYear(CarbonSelection(), level: .prefecture) == 2021)
        #expect(snapshot.carbonYear(perGDP, level: .province) == 2019)
        #expect(snapshot.carbonYear(perGDP, level: .prefecture) == nil)
        #expect(try places(4)["320000"]?["value"]?.doubleValue == 7e8)
    }

    @Test func mistakesInASelectionAreNamed() throws {
        for (name, value) in [
            ("metric", "co3"), ("metric", ""), ("year", "20"), ("year", "abcd"), ("year", "-200"), ("scope", "4"), ("scope", "1,"),
            ("scope", ""),
        ] {
            #expect(throws: QueryError.self, "\(name)=\(value)") { try selection([name: value]) }
        }
        #expect(try selection(["scope": "2,1"]) == CarbonSelection())
        #expect(try selection(["scope": "3,1", "metric": "energy", "year": "2020"]).canonical == "metric=energy&scope=1,3&year=2020")
        #expect(CarbonSelection().canonical.isEmpty)
    }

    @Test func classesHoldAboutAsManyPlacesEach() {
        var random = SplitMix64(state: 3)
        let values = (0..<300).map { _ in exp(Double.random(in: 0...12, using: &random)) }
        let limits = CarbonClasses.limits(values, classes: 6)
        #expect(limits.count == 5 && limits == limits.sorted())
        for (low, high) in zip([0] + limits, limits + [.infinity]) {
            #expect((40...60).contains(values.count { $0 >= low && $0 < high }))
        }
        #expect(CarbonClasses.limits([], classes: 6).isEmpty && CarbonClasses.limits([5, 5, 5], classes: 6).isEmpty)
        #expect(CarbonClasses.limits([0, 0, 0, 0, 0, 9], classes: 6) == [9])
        for (value, rounded) in [(1_234.0, 1_200.0), (0.012345, 0.012), (99.9, 100), (7, 7), (0, 0)] {
            #expect(CarbonClasses.rounded(value) == rounded)
        }
    }

    @Test func theLargestEmittersOfAWindowComeFirst() throws {
        let page = try atlas.snapshot.enterprises(west: 119, south: 29, east: 121, north: 31, selection: CarbonSelection(), limit: 5)
        #expect(page.hits.count == 5 && page.year == 2021)
        var inside: [Double] = []
        for index in 0..<atlas.snapshot.count {
            let (x, y) = (atlas.snapshot.earth.longitude[index], atlas.snapshot.earth.latitude[index])
            guard x >= 119, x <= 121, y >= 29, y <= 31, let known = atlas.expected[atlas.snapshot.ids[index]]?[2021] else { continue }
            inside.append(known.prefix(2).filter { !$0.isNaN }.reduce(0, +))
        }
        #expect(page.total == inside.count && page.tonnes == inside.reduce(0, +))
        #expect(page.hits.map(\.tonnes) == Array(inside.sorted(by: >).prefix(5)))
    }

    @Test func aSnapshotWithoutFiguresShowsBordersAlone() throws {
        let bare = try SampleAtlas.shared.get().snapshot
        #expect(!bare.hasCarbon && bare.figureYears.isEmpty)
        #expect(try bare.carbonTile(id: #require(TileID(z: 3, x: 6, y: 3))).isEmpty)
    }

    @Test func theSameTablesGiveTheSameBytes() throws {
        let store = try RegistryStore(path: atlas.folder.path + "/registry.db", mode: .readOnly)
        try SnapshotBuilder.build(store: store, output: atlas.folder.path + "/again.snapshot", asOf: SampleAtlas.asOf)
        #expect(try Snapshot.open(path: atlas.folder.path + "/again.snapshot").identifier == atlas.snapshot.identifier)
    }
}
