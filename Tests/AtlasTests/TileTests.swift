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
private func contents(of atlas: SampleAtlas, map: MapKind, zoom: Int, filter: Filter, datum: TileDatum) throws
    -> (clustered: Int, violating: Int, single: [String])
{
    var result = (clustered: 0, violating: 0, single: [String]())
    for tile in occupiedTiles(atlas, zoom: zoom, datum: datum) {
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
        let tile = TileID(containing: MercatorGrid.project(longitude: 113.75, latitude: 23.02), z: 22)
        let decoded = try DecodedTile(decoding: atlas.snapshot.tile(map: .blue, id: tile))
        #expect(decoded.layers.flatMap(\.features).count >= 600)
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
