// PlaceTileTests.swift: tiles of places cover the land without seams, in every datum; borders stand once; other decoders read them.

import Boundaries
import Foundation
import Geodesy
import Registry
import SpatialIndex
import Testing
import VectorTile

@testable import Atlas

/// A snapshot with the committed borders and a few factories.
enum PlaceAtlas {
    struct Made: Sendable {
        let folder: TemporaryFolder
        let snapshot: Snapshot
        let locator: PlaceLocator
    }

    static let shared = Result { () throws -> Made in
        let folder = try TemporaryFolder()
        let tables = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "data/places").path
        let store = try RegistryStore(path: folder.path + "/registry.db", mode: .readWrite)
        let dcw = PlaceSource(edition: "1", source: "DCW")
        let cells = PlaceSource(edition: "2", source: "cells", synthetic: true)
        let provinces = try BoundaryImporter(options: BoundaryOptions(source: dcw)).read(path: tables + "/provinces-dcw.geojson.gz").places
        let counties = try BoundaryImporter(options: BoundaryOptions(source: cells))
            .read(path: tables + "/synthetic-county-cells.geojson.gz").places
        _ = try store.replacePlaces(with: provinces + counties, names: [330_100: ("杭州市", "Hangzhou")])
        var drafts: [FactoryDraft] = []
        for (id, position, county) in [
            ("hangzhou", (120.1551, 30.2741), nil), ("sea", (124.5, 29.0), nil), ("hongkong", (114.17, 22.36), nil),
            ("wrong", (120.1551, 30.2741), Int32(110_101)),
        ] {
            var draft = FactoryDraft(
                line: 2, longitude: position.0, latitude: position.1, sourceX: position.0, sourceY: position.1, sourceDatum: "wgs84")
            draft.id = id
            draft.nameZH = id
            draft.countyCode = county
            drafts.append(draft)
        }
        try store.apply(factories: drafts).requireNoRejects()
        try SnapshotBuilder.build(store: store, output: folder.path + "/a.snapshot", asOf: SampleAtlas.asOf)
        let snapshot = try Snapshot.open(path: folder.path + "/a.snapshot")
        return Made(folder: folder, snapshot: snapshot, locator: PlaceLocator(try store.places()))
    }
}

private func layer(_ name: String, _ bytes: [UInt8]) throws -> DecodedLayer? {
    try DecodedTile(decoding: bytes).layers.first { $0.name == name }
}

private func polygons(_ layer: DecodedLayer?) -> [[[[TilePoint]]]] {
    (layer?.features ?? []).map { if case .polygons(let polygons) = $0.geometry { polygons } else { [] } }
}

private func doubledArea(_ ring: [TilePoint]) -> Int {
    zip(ring, ring.dropFirst() + ring.prefix(1)).reduce(0) { $0 + Int($1.0.x) * Int($1.1.y) - Int($1.1.x) * Int($1.0.y) }
}

private func tile(_ longitude: Double, _ latitude: Double, _ zoom: Int) -> TileID {
    TileID(containing: MercatorGrid.project(longitude: longitude, latitude: latitude), z: zoom)
}

@Suite struct PlaceTileTests {
    private let atlas: PlaceAtlas.Made
    init() throws { atlas = try PlaceAtlas.shared.get() }

    @Test(arguments: [TileDatum.wgs84, .gcj02, .bd09], [PlaceLevel.province, .prefecture, .county])
    func inlandTilesAreCoveredWithoutGapOrOverlap(datum: TileDatum, level: PlaceLevel) throws {
        // Around Wuhan, where three provinces meet west of it, and in the Tarim basin: land on all sides.
        for (longitude, latitude) in [(112.9, 29.9), (109.6, 31.5), (116.1, 33.9), (84.0, 40.5)] {
            for zoom in [7, 9, 11, 12, 14] {
                let bytes = atlas.snapshot.placeTile(id: tile(longitude, latitude, zoom), level: level, datum: datum)
                let all = polygons(try layer("places", bytes))
                // Exteriors positive, holes negative, in whole numbers: the square with its buffer, to the unit.
                let sum = all.joined().joined().reduce(0) { $0 + doubledArea($1) }
                let side = 4096 + 2 * Int(PlaceTileSchema.buffer)
                #expect(sum == 2 * side * side, "zoom \(zoom), \(longitude), \(latitude): \(sum - 2 * side * side)")
                for polygon in all.joined() {
                    #expect(doubledArea(polygon[0]) > 0)
                    #expect(polygon.dropFirst().allSatisfy { doubledArea($0) < 0 })
                }
            }
        }
    }

    @Test func neighbouringTilesMeetInTheirBuffers() throws {
        // Where two tiles overlap they hold the same land: the buffer strip of one is the inside of the other.
        let left = tile(117.0, 24.5, 9)
        let right = try #require(TileID(z: 9, x: Int(left.x) + 1, y: Int(left.y)))
        for level in PlaceLevel.allCases {
            let areas = try [(left, Int32(4032)), (right, Int32(-64))].map { id, from -> Int in
                let strip = polygons(try layer("places", atlas.snapshot.placeTile(id: id, level: level)))
                    .joined().map { rings in rings.map { ring in cut(ring, from: from, to: from + 128) } }
                return strip.joined().reduce(0) { $0 + doubledArea($1) }
            }
            // Cut points are rounded once per tile.
            #expect(abs(areas[0] - areas[1]) < 4 * 4224)
            #expect(areas[0] > 0)
        }
    }

    /// The part of a ring between two columns (Sutherland and Hodgman).
    private func cut(_ ring: [TilePoint], from: Int32, to: Int32) -> [TilePoint] {
        func half(_ ring: [TilePoint], _ edge: Int32, _ keep: (Int32) -> Bool) -> [TilePoint] {
            var result: [TilePoint] = []
            for (a, b) in zip(ring, ring.dropFirst() + ring.prefix(1)) {
                if keep(a.x) { result.append(a) }
                if keep(a.x) != keep(b.x) {
                    let y = Double(a.y) + (Double(b.y) - Double(a.y)) * Double(edge - a.x) / Double(b.x - a.x)
                    result.append(TilePoint(x: edge, y: Int32(y.rounded())))
                }
            }
            return result
        }
        return half(half(ring, from) { $0 >= from }, to) { $0 <= to }
    }

    @Test func placesCarryTheirNamesAndWhatTheCallerAdds() throws {
        let snapshot = atlas.snapshot
        let bytes = snapshot.placeTile(id: tile(120.1551, 30.2741, 7), level: .prefecture) { place in
            [("co2_tonnes", .uint(UInt64(place)))]
        }
        let features = try #require(try layer("places", bytes)?.features)
        let hangzhou = try #require(features.first { $0.id == 330_100 })
        let value = hangzhou.attributes
        #expect(value["code"] == .string("330100") && value["name"] == .string("杭州市") && value["name_en"] == .string("Hangzhou"))
        #expect(value["level"] == .string("prefecture") && value["parent"] == .string("330000") && value["synthetic"] == .bool(true))
        #expect(value["co2_tonnes"]?.intValue == snapshot.placeIndex(code: 330_100))
    }

    @Test func everySharedBorderIsDrawnOnceAndCoarserOnesByTheirOwnKind() throws {
        for level in PlaceLevel.allCases {
            let bytes = atlas.snapshot.placeTile(id: tile(113.5, 31, 6), level: level)
            let features = try #require(try layer("borders", bytes)?.features)
            let kinds = features.flatMap { $0.properties.compactMap(\.value.stringValue) }
            #expect(kinds == ["province", "prefecture", "county"].prefix(Int(level.rawValue)).map { $0 })
            var edges: [[Int32]: Int] = [:]
            for feature in features {
                guard case .lines(let lines) = feature.geometry else { continue }
                for line in lines {
                    for (a, b) in zip(line, line.dropFirst()) {
                        let ends = [[a.x, a.y], [b.x, b.y]].sorted { $0.lexicographicallyPrecedes($1) }
                        edges[ends[0] + ends[1], default: 0] += 1
                    }
                    #expect(line.allSatisfy { $0.x >= -64 && $0.x <= 4160 && $0.y >= -64 && $0.y <= 4160 })
                }
            }
            // Some narrow tongues of land close in one unit of the tile; borders that were drawn per place would all stand twice.
            #expect(edges.values.count { $0 > 1 } * 50 < edges.count)
        }
    }

    @Test func tilesInGCJ02HoldThePointsMovedAsTheFormulaSays() throws {
        let id = tile(120.1551, 30.2741, 10)
        let plain = polygons(try layer("places", atlas.snapshot.placeTile(id: id, level: .county)))
        let moved = polygons(try layer("places", atlas.snapshot.placeTile(id: id, level: .county, datum: .gcj02)))
        let targets = Set(moved.joined().joined().joined())
        let box = id.box
        var (found, asked) = (0, 0)
        for point in plain.joined().joined().joined() where (200...3900).contains(point.x) && (200...3900).contains(point.y) {
            // One unit is 2^10 cells at this zoom; the middle of it, through the formula and back.
            let cell = GridPoint(x: box.minX + UInt32(point.x) << 10 + 512, y: box.minY + UInt32(point.y) << 10 + 512)
            let position = MercatorGrid.unproject(cell)
            let there = Coordinate<WGS84>(unchecked: position.longitude, position.latitude).gcj02()
            let expected = MercatorGrid.project(longitude: there.longitude, latitude: there.latitude)
            let (x, y) = (Int32((expected.x - box.minX) >> 10), Int32((expected.y - box.minY) >> 10))
            #expect(x != point.x || y != point.y)
            let near = (-1...1).contains { dx in (-1...1).contains { dy in targets.contains(TilePoint(x: x + dx, y: y + dy)) } }
            asked += 1
            found += near ? 1 : 0
        }
        #expect(asked > 15)
        #expect(found == asked)
    }

    @Test func positionsFindTheSamePlacesAsInTheRegistry() throws {
        var random = SplitMix64(state: 9)
        var found = 0
        for _ in 0..<2_000 {
            let (longitude, latitude) = (Double.random(in: 73...135, using: &random), Double.random(in: 18...54, using: &random))
            let codes = atlas.locator.codes(longitude: longitude, latitude: latitude)
            let places = atlas.snapshot.places(longitude: longitude, latitude: latitude)
            #expect(places.map(\.code) == [codes.province, codes.prefecture, codes.county].filter { $0 != 0 })
            found += places.isEmpty ? 0 : 1
        }
        #expect(found > 500)
    }

    @Test func factoriesKnowTheirPlaceAndKeepTheirSourcesCode() throws {
        let snapshot = atlas.snapshot
        func place(_ id: String) -> Int32? {
            snapshot.ids.find(id, in: snapshot.orderByID).flatMap(snapshot.placeIndex(ofFactory:)).flatMap { snapshot.place($0)?.code }
        }
        let county = atlas.locator.codes(longitude: 120.1551, latitude: 30.2741).county
        #expect(place("hangzhou") == county && place("wrong") == county && place("hongkong") == 810_000 && place("sea") == nil)
        // The borders of counties are invented here: they give no factory a county that its source does not name.
        #expect(snapshot.factory(id: "hangzhou")?.countyCode == nil)
        #expect(snapshot.factory(id: "wrong")?.countyCode == "110101")
        #expect(snapshot.factory(id: "wrong")?.flags == ["county_mismatch"])
        #expect(snapshot.factory(id: "sea")?.flags == ["no_place"])
    }

    @Test func placesAreListedByLevelAndParent() throws {
        let snapshot = atlas.snapshot
        #expect(snapshot.places(level: .province).count == 34)
        #expect(snapshot.places(level: .prefecture, parent: 330_000).allSatisfy { $0.code / 10_000 == 33 })
        #expect(snapshot.places(level: .county, parent: 330_000).count > snapshot.places(level: .county, parent: 330_100).count)
        let zhejiang = try #require(snapshot.placeIndex(code: 330_000).flatMap { snapshot.place($0) })
        #expect(zhejiang.nameZH == "浙江省" && !zhejiang.source.synthetic && zhejiang.parent == nil)
        #expect(zhejiang.west > 118 && zhejiang.east < 123.5 && zhejiang.south > 27 && zhejiang.north < 31.3)
        #expect(snapshot.place(-1) == nil && snapshot.place(snapshot.placeCount) == nil)
    }

    @Test func tilesAtSeaAbroadAndWithoutBordersAreEmpty() throws {
        #expect(atlas.snapshot.placeTile(id: tile(135, 20, 8)).isEmpty)
        #expect(atlas.snapshot.placeTile(id: tile(-100, 40, 4)).isEmpty)
        let bare = try SampleAtlas.shared.get().snapshot
        #expect(bare.placeCount == 0 && bare.placeTile(id: tile(120, 30, 3)).isEmpty)
        #expect(bare.places(longitude: 120, latitude: 30).isEmpty)
    }

    @Test func otherDecodersReadTheSame() throws {
        let summary = try PeerDecoders.withFolder { folder in
            for zoom in [0, 3, 5, 8, 11, 15] {
                for (number, place) in [(121.47, 31.23), (113.75, 23.02), (87.6, 43.8)].enumerated() {
                    let bytes = atlas.snapshot.placeTile(id: tile(place.0, place.1, zoom))
                    if bytes.isEmpty { continue }
                    let name = folder.appendingPathComponent("places-\(zoom)-\(number)")
                    try Data(bytes).write(to: name.appendingPathExtension("mvt"))
                    try Data(DecodedTile(decoding: bytes).inspectJSON().utf8).write(to: name.appendingPathExtension("json"))
                }
            }
            return try PeerDecoders.compare(folder)
        }
        #expect(!summary.isEmpty)
    }
}
