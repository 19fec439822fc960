// DeltaTests.swift: the live map is the map that a build now would make: every tile to the byte, every answer, after any sequence of changes.

import Foundation
import Geodesy
import Registry
import SpatialIndex
import Testing
import VectorTile

@testable import Atlas

@Suite struct DeltaTests {
    /// Tiles in which anything has ever stood, and their neighbours.
    private func tiles(_ registry: LiveRegistry, zoom: Int, _ datum: TileDatum) -> Set<TileID> {
        var tiles: Set<TileID> = []
        for (longitude, latitude) in registry.everywhere {
            let here = Coordinate<WGS84>(unchecked: longitude, latitude)
            let position: (Double, Double)
            switch datum {
            case .wgs84: position = (longitude, latitude)
            case .gcj02: position = (here.gcj02().longitude, here.gcj02().latitude)
            case .bd09: position = (here.bd09().longitude, here.bd09().latitude)
            }
            let tile = TileID(containing: MercatorGrid.project(longitude: position.0, latitude: position.1), z: zoom)
            for dx in zoom > 3 && zoom < 14 ? -1...1 : 0...0 {
                if let near = TileID(z: zoom, x: Int(tile.x) + dx, y: Int(tile.y)) { tiles.insert(near) }
            }
        }
        return tiles
    }

    private func filters() throws -> [Filter] {
        try [
            [], [("status", "violating,unresolved")], [("industry", "C17,N"), ("status", "unknown,clean,violating")],
            [("category", "water,air"), ("min_severity", "2")], [("brand", "B0,B5")], [("brand", "*"), ("from", "2023-01-01")],
        ].map { try Filter(parameters: $0) }
    }

    private func compareTiles(_ registry: LiveRegistry, _ live: LiveAtlas, _ built: Snapshot) throws {
        for (map, filter) in try filters().map({ (MapKind.blue, $0) }) + [(.supplyChain, Filter()), (.supplyChain, filters()[1])] {
            for datum in TileDatum.allCases {
                for zoom in [0, 4, 9, 13, 14, 22] {
                    var sum = 0
                    for tile in tiles(registry, zoom: zoom, datum) {
                        let bytes = try live.tile(map: map, id: tile, filter: filter, datum: datum)
                        let expected = try built.tile(map: map, id: tile, filter: filter, datum: datum)
                        #expect(bytes == expected, "\(map) \(tile) \(datum) \(filter.canonical)")
                        guard map == .blue, filter.isEmpty, datum == .wgs84, !bytes.isEmpty else { continue }
                        for layer in try DecodedTile(decoding: bytes).layers {
                            for feature in layer.features {
                                if layer.name == TileSchema.clusterLayer, case .uint(let count)? = feature.attributes["count"] {
                                    sum += Int(count)
                                } else {
                                    sum += 1
                                }
                            }
                        }
                    }
                    // Nothing is dropped and nothing counted twice.
                    if map == .blue, filter.isEmpty, datum == .wgs84 { #expect(sum == built.count, "zoom \(zoom)") }
                }
            }
        }
    }

    private func same(_ a: [FactoryHit], _ b: [FactoryHit], _ what: String) {
        let plain: (FactoryHit) -> FactoryHit = {
            var hit = $0
            hit.distanceMeters = nil
            return hit
        }
        #expect(a.map(plain) == b.map(plain), "\(what)")
        // Two ways to one distance agree to micrometres; the order is exact.
        for (one, other) in zip(a, b) { #expect(abs((one.distanceMeters ?? 0) - (other.distanceMeters ?? 0)) < 1e-5) }
    }

    private func compareQueries(_ registry: LiveRegistry, _ live: LiveAtlas, _ built: Snapshot) throws {
        for (longitude, latitude) in [(121.47, 31.23), (113.75, 23.02), (180.0, 0.0), (0.0, 90.0), (116.4, 39.9)] {
            for filter in try filters() {
                for radius in [1.0, 3_000, 100_000] {
                    var pages: [[FactoryHit]] = [[], []]
                    for limit in [7, 150] {
                        var cursors: [NearCursor?] = [nil, nil]
                        pages = [[], []]
                        repeat {
                            let a = try live.near(
                                longitude: longitude, latitude: latitude, radiusMeters: radius, limit: limit, after: cursors[0],
                                filter: filter)
                            let b = try built.near(
                                longitude: longitude, latitude: latitude, radiusMeters: radius, limit: limit, after: cursors[1],
                                filter: filter)
                            #expect(a.total == b.total && (a.next == nil) == (b.next == nil))
                            pages[0] += a.hits
                            pages[1] += b.hits
                            cursors = [a.next, b.next]
                        } while cursors[0] != nil && cursors[1] != nil && pages[0].count < 900
                        same(pages[0], pages[1], "near \(longitude) \(latitude) \(radius) \(limit) \(filter.canonical)")
                    }
                }
                for k in [1, 20, 1000] {
                    same(
                        try live.nearest(longitude: longitude, latitude: latitude, k: k, filter: filter),
                        try built.nearest(longitude: longitude, latitude: latitude, k: k, filter: filter), "nearest \(k)")
                }
            }
        }
        for (west, south, east, north) in [
            (121.0, 31.0, 122.0, 32.0), (-180, -90, 180, 90), (113.75, 23.02, 113.75, 23.02), (179, -61, -179, 1),
        ] {
            for filter in try filters() {
                var after: Int64?
                repeat {
                    let a = try live.factories(west: west, south: south, east: east, north: north, limit: 250, after: after, filter: filter)
                    let b = try built.factories(
                        west: west, south: south, east: east, north: north, limit: 250, after: after, filter: filter)
                    #expect(a == b)
                    after = b.next
                } while after != nil
            }
        }
        for id in registry.ids { #expect(live.factory(id: id) == built.factory(id: id)) }
        for pk in 0...Int64(registry.ids.count + 3) { #expect(live.factory(pk: pk) == built.factory(pk: pk)) }
        #expect(live.publishedBrands.map(\.id) == built.publishedBrands.map(\.id))
        #expect(live.publishedBrands.map(\.suppliers) == built.publishedBrands.map(\.suppliers))
        let (a, b) = (live.info, built.info)
        #expect(a.factories == b.factories && a.records == b.records && a.links == b.links && a.brands == b.brands)
        #expect(live.statusCounts.map(\.factories) == LiveAtlas(built).statusCounts.map(\.factories))
    }

    private func compareSearch(_ live: LiveAtlas, _ built: Snapshot) throws {
        let queries = [
            "宏达", "上海", "上海宏达", "三", "化工厂", "旧名", "旧名上海", "L17", "N3", "l17", "ｎ３", "n 3", "91350100M0", "shhd", "hd", "hong", "hong da",
            "苏州 化工", "𠮷田", "abc",
            "chem",
            "上海宏达化工有限公司", "浦东", "苏州",
        ]
        for text in queries {
            let query = try SearchQuery(text)
            let (a, b) = (live.search(query, limit: 60), built.search(query, limit: 60))
            #expect(a.hits == b.hits, "\(text)")
            #expect(a.total == b.total && a.isAtLeast == b.isAtLeast, "\(text)")
            let (inLive, inBuilt) = (live.searchPlaces(query, limit: 10), built.searchPlaces(query, limit: 10))
            #expect(inLive.map(\.code) == inBuilt.map(\.code) && inLive.map(\.factories) == inBuilt.map(\.factories), "\(text)")
        }
    }

    @Test(arguments: [1, 2] as [UInt64]) func anySequenceOfChangesLooksLikeABuild(seed: UInt64) async throws {
        let registry = try LiveRegistry(factories: 800, seed: seed)
        for count in [2, 40, 160] {
            try await registry.change(count)
            let (live, built) = (registry.live, try registry.rebuilt())
            try compareTiles(registry, live, built)
            try compareQueries(registry, live, built)
            try compareSearch(live, built)
        }
    }

    @Test func whatWasOpenedBeforeAChangeStaysAsItWas() async throws {
        let registry = try LiveRegistry(factories: 700, seed: 9)
        try await registry.change(30)
        let before = registry.live
        let world = try #require(TileID(z: 0, x: 0, y: 0))
        let tile = try before.tile(map: .blue, id: world)
        let hits = try before.nearest(longitude: 121, latitude: 31, k: 1000)
        try await registry.change(60)
        #expect(try before.tile(map: .blue, id: world) == tile)
        #expect(try before.nearest(longitude: 121, latitude: 31, k: 1000) == hits)
        #expect(try registry.live.tile(map: .blue, id: world) != tile)
    }

    @Test func withoutChangesTheAnswersAreTheSnapshots() throws {
        let registry = try LiveRegistry(factories: 700, seed: 10)
        #expect(registry.live.delta == nil)
        // Read again, but nothing has changed: nothing to show anyone.
        #expect(try registry.follow(["L1", "L2", "L3"]).isEmpty)
        try compareTiles(registry, registry.live, registry.first)
    }

    @Test func whatChangedIsSaidWithBothPlaces() async throws {
        let registry = try LiveRegistry(factories: 700, seed: 11)
        let (live, moves) = (registry.live, try await registry.change(50))
        #expect(!moves.isEmpty)
        // Every tile that differs holds one of the places.
        let now = registry.live
        for zoom in [4, 9, 15] {
            let named = Set(
                moves.flatMap { [$0.before, $0.after] }.compactMap(\.self).map {
                    TileID(containing: MercatorGrid.project(longitude: $0.longitude, latitude: $0.latitude), z: zoom)
                })
            for tile in tiles(registry, zoom: zoom, .wgs84) where !named.contains(tile) {
                #expect(try live.tile(map: .blue, id: tile) == now.tile(map: .blue, id: tile))
            }
        }
    }

    @Test func theCostOfATileIsToldBeforehand() throws {
        let registry = try LiveRegistry(factories: 700, seed: 14)
        let world = try #require(TileID(z: 0, x: 0, y: 0))
        func cost(_ live: LiveAtlas, _ tile: TileID, _ filter: [(String, String)] = [], _ map: MapKind = .blue, _ datum: TileDatum = .wgs84)
            throws
            -> Int?
        {
            live.expectedTileCost(map: map, id: tile, filter: try Filter(parameters: filter), datum: datum)
        }
        let live = registry.live
        // What moves, merges or draws borders is not for an event loop.
        #expect(
            try cost(live, world, [], .base) == nil && cost(live, world, [], .carbon) == nil && cost(live, world, [], .blue, .gcj02) == nil)
        #expect(try cost(live, world, [("brand", "B0,B1")]) == nil && cost(live, world, [("brand", "B0")]) != nil)
        let all = try #require(try cost(live, world))
        // Sums are kept by status; any other filter looks at each factory.
        #expect(try cost(live, world, [("status", "clean")]) == all)
        #expect(try #require(try cost(live, world, [("status", "clean"), ("industry", "C17")])) > all)
        let empty = try #require(TileID(z: 14, x: 0, y: 0))
        #expect(try cost(live, empty) == 0)
        // Close in every factory of the delta costs as one of the file.
        let crowded = try #require(registry.everywhere.first)
        let tile = TileID(containing: MercatorGrid.project(longitude: crowded.longitude, latitude: crowded.latitude), z: 14)
        let before = try #require(try cost(live, tile))
        try registry.crowd(50, at: crowded)
        #expect(try #require(try cost(registry.live, tile)) >= before + 50 * 1_000)
    }

    @Test func aBulkImportIsSaidToBeOne() throws {
        let registry = try LiveRegistry(factories: 700, seed: 12)
        let sequence = registry.first.info.builtFromSequence
        #expect(try registry.store.touchedFactories(after: sequence - 1).hasBatch)
        let none = try registry.store.touchedFactories(after: sequence)
        #expect(!none.hasBatch && none.factories.isEmpty && none.sequence == sequence)
    }

    @Test func untouchedTilesAreTheSameInEveryDatum() async throws {
        let registry = try LiveRegistry(factories: 700, seed: 13)
        for _ in 0..<4 {
            let before = registry.live
            let touched = TouchedTiles(try await registry.change(6))
            let now = registry.live
            var same = 0
            for datum in TileDatum.allCases {
                for zoom in [2, 5, 8, 10, 12, 13, 14, 18] {
                    for tile in tiles(registry, zoom: zoom, datum) {
                        guard !touched.addresses.contains(.init(tile: tile, datum: datum)) else { continue }
                        same += 1
                        #expect(try before.tile(map: .blue, id: tile, datum: datum) == now.tile(map: .blue, id: tile, datum: datum))
                    }
                }
            }
            #expect(same > 100)
            let summary = touched.summary(deepest: 12, limit: 3)
            #expect((1...3).contains(summary.tiles.count) && summary.tiles.allSatisfy { $0.z == summary.zoom })
        }
    }
}
