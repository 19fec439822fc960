// TileTests.swift: nothing is dropped, nothing is counted twice, and what a tile says is what brute force says.

import Atlas
import Foundation
import Geodesy
import Registry
import SpatialIndex
import Testing
import VectorTile

/// All tiles of a zoom that may hold something, found without the index: around the expected positions, as given and moved.
private func occupiedTiles(_ atlas: SampleAtlas, zoom: Int, datum: TileDatum) -> Set<TileID> {
    var tiles: Set<TileID> = []
    for factory in atlas.expected {
        let here = Coordinate<WGS84>(unchecked: factory.longitude, factory.latitude)
        let position: (Double, Double)
        switch datum {
        case .wgs84: position = (here.longitude, here.latitude)
        case .gcj02: position = (here.gcj02().longitude, here.gcj02().latitude)
        case .bd09: position = (here.bd09().longitude, here.bd09().latitude)
        }
        let tile = TileID(containing: MercatorGrid.project(longitude: position.0, latitude: position.1), z: zoom)
        // A cluster may be drawn in a neighbour of the tile that holds this member of it.
        for dx in -1...1 {
            for dy in -1...1 {
                if let near = TileID(z: zoom, x: Int(tile.x) + dx, y: Int(tile.y) + dy) { tiles.insert(near) }
            }
        }
    }
    return tiles
}

private func filters() throws -> [Filter] {
    try [
        [],
        [("status", "violating,unresolved")],
        [("industry", "C17"), ("status", "violating,unknown,clean")],
        [("industry", "39")],
        [("category", "air,water"), ("min_severity", "2")],
        [("from", "2024-01-01"), ("to", "2025-12-31")],
        [("brand", "B0,B3")],
        [("brand", "B1"), ("min_severity", "1")],
    ].map { try Filter(parameters: $0.map { (name: $0.0, value: $0.1) }) }
}

/// The filter's meaning, written a second time from the contract.
func passes(_ factory: ExpectedFactory, _ filter: Filter) -> Bool {
    if !filter.statuses.isEmpty, !filter.statuses.contains(factory.status.rawValue) { return false }
    if !filter.industries.isEmpty,
        !filter.industries.contains(where: { factory.industry.hasPrefix($0) || factory.industry.dropFirst().hasPrefix($0) })
    {
        return false
    }
    if !filter.brands.isEmpty, !filter.brands.contains(where: { factory.brands.contains($0) }) { return false }
    guard filter.asksForRecords else { return true }
    return factory.records.contains { record in
        record.day >= filter.from?.daysSince1970 ?? .min && record.day <= filter.to?.daysSince1970 ?? .max
            && record.severity >= filter.minSeverity ?? 0
            && (filter.categories.isEmpty || filter.categories.contains(record.category.rawValue))
    }
}

/// Counts of one zoom: factories in clusters, and the ids of single factories.
///
/// - Parameter tiles: nil: all that may hold something.
private func contents(
    of atlas: SampleAtlas, map: MapKind, zoom: Int, filter: Filter, datum: TileDatum, tiles: Set<TileID>? = nil
) throws -> (clustered: Int, violating: Int, single: [String]) {
    var result = (clustered: 0, violating: 0, single: [String]())
    for tile in tiles ?? occupiedTiles(atlas, zoom: zoom, datum: datum) {
        let bytes = try atlas.snapshot.tile(map: map, id: tile, filter: filter, datum: datum)
        if bytes.isEmpty { continue }
        let decoded = try DecodedTile(decoding: bytes)
        for layer in decoded.layers {
            #expect(layer.extent == 4096 && layer.version == 2)
            for feature in layer.features {
                let point = try #require(feature.points.first)
                #expect((0..<4096).contains(point.x) && (0..<4096).contains(point.y))
                if layer.name == "clusters" {
                    let count = try #require(feature.attributes["count"]?.intValue)
                    #expect(count >= 2)
                    result.clustered += count
                    result.violating += try #require(feature.attributes["violating"]?.intValue)
                } else {
                    result.single.append(try #require(feature.attributes["id"]?.stringValue))
                }
            }
        }
    }
    return result
}

/// A filter as a client may ask for it, and its meaning straight from what was asked: how `Filter` reads it is under test as well.
private struct Wish: Sendable {
    private var statuses: [FactoryStatus] = []
    private var industries: [String] = []
    private var categories: [RecordCategory] = []
    private var brands: [String] = []
    private var from: Day?
    private var to: Day?
    private var minSeverity: Int?

    /// Nothing but all factories.
    static let everything = Wish()

    private init() {}

    /// Any combination of filters.
    init(drawn random: inout SplitMix64) {
        if Wish.isWanted(&random) { statuses = Wish.some(of: FactoryStatus.allCases, 3, &random) }
        if Wish.isWanted(&random) {
            industries = Wish.some(of: ["C", "17", "C17", "C1711", "171", "26", "C39", "D", "44"], 3, &random)
        }
        if Wish.isWanted(&random) { categories = Wish.some(of: RecordCategory.allCases, 4, &random) }
        if Wish.isWanted(&random) {
            let isAny = Int.random(in: 0..<4, using: &random) == 0
            brands = isAny ? [Filter.anyBrand] : Wish.some(of: (0..<12).map { "B\($0)" }, 4, &random)
        }
        if Wish.isWanted(&random) { from = Wish.day(&random) }
        if Wish.isWanted(&random) { to = Wish.day(&random) }
        if let first = from, let last = to, first > last { (from, to) = (last, first) }
        if Wish.isWanted(&random) { minSeverity = Int.random(in: 1...5, using: &random) }
    }

    private static func isWanted(_ random: inout SplitMix64) -> Bool { Int.random(in: 0..<5, using: &random) < 2 }

    private static func some<T>(of all: [T], _ most: Int, _ random: inout SplitMix64) -> [T] {
        let count = Int.random(in: 1...most, using: &random)
        return Array(all.shuffled(using: &random).prefix(count))
    }

    private static func day(_ random: inout SplitMix64) -> Day {
        Day(daysSince1970: SampleAtlas.asOf.daysSince1970 - Int32.random(in: 0...4_000, using: &random))
    }

    var parameters: [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] = []
        func add(_ name: String, _ values: [String?]) {
            let known = values.compactMap(\.self)
            if !known.isEmpty { parameters.append((name, known.joined(separator: ","))) }
        }
        add("status", statuses.map(\.name))
        add("industry", industries)
        add("category", categories.map(\.name))
        add("brand", brands)
        add("from", [from?.iso])
        add("to", [to?.iso])
        add("min_severity", [minSeverity.map { String($0) }])
        return parameters
    }

    func passes(_ factory: ExpectedFactory) -> Bool {
        if !statuses.isEmpty, !statuses.contains(factory.status) { return false }
        let code = factory.industry
        if !industries.isEmpty, !industries.contains(where: { code.hasPrefix($0) || code.dropFirst().hasPrefix($0) }) { return false }
        if !brands.isEmpty, !factory.brands.contains(where: { brands == [Filter.anyBrand] || brands.contains($0) }) { return false }
        guard !categories.isEmpty || from != nil || to != nil || minSeverity != nil else { return true }
        return factory.records.contains { record in
            (categories.isEmpty || categories.contains(record.category)) && record.severity >= minSeverity ?? 1
                && record.day >= from?.daysSince1970 ?? .min && record.day <= to?.daysSince1970 ?? .max
        }
    }

    /// Thirty that some factories pass and others do not.
    static let drawn = Result { () throws -> [Wish] in
        let all = try SampleAtlas.shared.get().expected
        var random = SplitMix64(state: 22)
        var wishes: [Wish] = []
        for _ in 0..<5_000 where wishes.count < 30 {
            let wish = Wish(drawn: &random)
            let passing = all.count { wish.passes($0) }
            if passing > 0, passing < all.count { wishes.append(wish) }
        }
        return wishes
    }
}

@Suite struct TileTests {
    let atlas: SampleAtlas

    init() throws { atlas = try SampleAtlas.shared.get() }

    @Test(arguments: 0...16) func everyFactoryStandsInExactlyOneTileAtEveryZoom(zoom: Int) throws {
        for filter in try filters() {
            let expected = atlas.expected.filter { passes($0, filter) }
            let found = try contents(of: atlas, map: .blue, zoom: zoom, filter: filter, datum: .wgs84)
            #expect(found.clustered + found.single.count == expected.count, "filter '\(filter.canonical)'")
            #expect(Set(found.single).count == found.single.count)
            #expect(Set(found.single).isSubset(of: Set(expected.map(\.id))))
            let singles = Set(found.single)
            #expect(found.violating == expected.count { $0.status == .violating && !singles.contains($0.id) })
        }
    }

    @Test(arguments: 0...22) func noFilterLosesOrRepeatsAFactoryAtAnyZoom(zoom: Int) throws {
        let drawn = try Wish.drawn.get()
        try #require(drawn.count == 30)
        // Close in a level has millions of millions of tiles: those that hold a factory are all that can hold anything.
        let tiles = Set(
            atlas.expected.map { factory in
                TileID(containing: MercatorGrid.project(longitude: factory.longitude, latitude: factory.latitude), z: zoom)
            })
        // All factories, and five of the filters: each has its turn at every sixth zoom, and so at one from 17 on.
        for wish in [Wish.everything] + (0..<5).map({ drawn[(zoom * 5 + $0) % drawn.count] }) {
            let expected = atlas.expected.filter { wish.passes($0) }
            let filter = try Filter(parameters: wish.parameters)
            let found = try contents(of: atlas, map: .blue, zoom: zoom, filter: filter, datum: .wgs84, tiles: tiles)
            let singles = Set(found.single)
            #expect(found.clustered + found.single.count == expected.count, "\(wish.parameters)")
            #expect(singles.count == found.single.count && singles.isSubset(of: Set(expected.map(\.id))), "\(wish.parameters)")
            #expect(found.violating == expected.count { $0.status == .violating && !singles.contains($0.id) }, "\(wish.parameters)")
            if zoom >= 14 { #expect(singles.count == expected.count, "each by itself: \(wish.parameters)") }
        }
    }

    @Test(arguments: [TileDatum.gcj02, .bd09], [0, 3, 9, 13, 14, 18])
    func movedTilesHoldEveryFactoryOnceToo(datum: TileDatum, zoom: Int) throws {
        for filter in try filters().prefix(2) {
            let expected = atlas.expected.filter { passes($0, filter) }
            let found = try contents(of: atlas, map: .blue, zoom: zoom, filter: filter, datum: datum)
            #expect(found.clustered + found.single.count == expected.count, "filter '\(filter.canonical)'")
            #expect(Set(found.single).count == found.single.count)
        }
    }

    @Test(arguments: [0, 6, 11, 15]) func theSupplyChainMapShowsPublishedSuppliersOnly(zoom: Int) throws {
        let expected = atlas.expected.filter { !$0.brands.isEmpty }
        #expect(!expected.isEmpty && expected.count < atlas.expected.count)
        let found = try contents(of: atlas, map: .supplyChain, zoom: zoom, filter: Filter(), datum: .wgs84)
        #expect(found.clustered + found.single.count == expected.count)
        #expect(Set(found.single).isSubset(of: Set(expected.map(\.id))))
    }

    @Test func aFactoryLiesInTheTileAtItsPositionWithItsAttributes() throws {
        let factory = try #require(atlas.expected.first { !$0.brands.isEmpty && !$0.records.isEmpty && $0.industry == "C1711" })
        let point = MercatorGrid.project(longitude: factory.longitude, latitude: factory.latitude)
        let tile = TileID(containing: point, z: 18)
        let decoded = try DecodedTile(decoding: atlas.snapshot.tile(map: .supplyChain, id: tile))
        let feature = try #require(
            decoded.layers.first { $0.name == "factories" }?.features.first { $0.attributes["id"]?.stringValue == factory.id })
        #expect(feature.attributes["status"]?.stringValue == factory.status.name)
        #expect(feature.attributes["industry"]?.stringValue == "C1711")
        #expect(feature.attributes["records"]?.intValue == 1)
        #expect(feature.attributes["worst_severity"]?.intValue == factory.records[0].severity)
        #expect(feature.attributes["latest"]?.stringValue == Day(daysSince1970: factory.records[0].day).iso)
        #expect(feature.attributes["brands"]?.stringValue == factory.brands.joined(separator: ","))
        // The position inside the tile, by the textbook formula.
        let scale = Double(1 << 18)
        let x = (factory.longitude + 180) / 360 * scale - Double(tile.x)
        let radians = factory.latitude * .pi / 180
        let y = (1 - log(tan(radians) + 1 / cos(radians)) / .pi) / 2 * scale - Double(tile.y)
        let at = try #require(feature.points.first)
        #expect(abs(Double(at.x) - x * 4096) <= 1 && abs(Double(at.y) - y * 4096) <= 1)
    }

    @Test func aGCJ02TileShowsAFactoryWhereACommercialMapDoes() throws {
        let factory = try #require(atlas.expected.first { abs($0.longitude - 116.4) < 0.02 && abs($0.latitude - 39.9) < 0.02 })
        let moved = try Coordinate<WGS84>(longitude: factory.longitude, latitude: factory.latitude).gcj02()
        let tile = TileID(containing: MercatorGrid.project(longitude: moved.longitude, latitude: moved.latitude), z: 17)
        let decoded = try DecodedTile(decoding: atlas.snapshot.tile(map: .blue, id: tile, datum: .gcj02))
        #expect(decoded.layers.flatMap(\.features).contains { $0.attributes["id"]?.stringValue == factory.id })
    }

    @Test func twoThousandOnOnePositionAreAllDelivered() throws {
        let folder = try TemporaryFolder()
        let store = try RegistryStore(path: folder.path + "/registry.db", mode: .readWrite)
        let drafts = (0..<2_000).map { number -> FactoryDraft in
            var draft = FactoryDraft(
                line: number + 2, longitude: 113.75, latitude: 23.02, sourceX: 113.75, sourceY: 23.02, sourceDatum: "wgs84")
            draft.id = "G\(number)"
            draft.nameZH = "测试厂\(number)号"
            return draft
        }
        try store.apply(factories: drafts).requireNoRejects()
        try SnapshotBuilder.build(store: store, output: folder.path + "/gate.snapshot", asOf: SampleAtlas.asOf)
        let snapshot = try Snapshot.open(path: folder.path + "/gate.snapshot")
        let gate = MercatorGrid.project(longitude: 113.75, latitude: 23.02)
        for zoom in [14, 18, 22] {
            let tile = try DecodedTile(decoding: snapshot.tile(map: .blue, id: TileID(containing: gate, z: zoom)))
            #expect(tile.layers.map(\.name) == ["factories"])
            let ids = tile.layers.flatMap(\.features).map { $0.attributes["id"]?.stringValue }
            #expect(ids.count == 2_000 && Set(ids) == Set(drafts.map(\.id)), "zoom \(zoom)")
        }
        // One step out they are one cluster.
        let tile = try DecodedTile(decoding: snapshot.tile(map: .blue, id: TileID(containing: gate, z: 13)))
        #expect(tile.layers.flatMap(\.features).map { $0.attributes["count"]?.intValue } == [2_000])
    }

    @Test func anEmptyTileHasNoBytes() throws {
        let tile = try #require(TileID(z: 10, x: 3, y: 900))
        #expect(try atlas.snapshot.tile(map: .blue, id: tile).isEmpty)
    }

    @Test func anUnknownBrandIsNamed() throws {
        let filter = try Filter(parameters: [("brand", "no-such-brand")])
        let tile = try #require(TileID(z: 0, x: 0, y: 0))
        #expect { try atlas.snapshot.tile(map: .blue, id: tile, filter: filter) } throws: { error in
            (error as? QueryError)?.parameter == "brand" && (error as? QueryError)?.value == "no-such-brand"
        }
    }
}
