// MonitoringMapTests.swift: the map of monitored factories: nothing is dropped at any zoom in any datum, states are as they are, and who exceeds
// near a point is found as by looking at everyone.

import Geodesy
import Monitoring
import SpatialIndex
import Testing
import VectorTile

@testable import Atlas
@testable import Registry

private let now = Hour(number: 500_000)

/// Factories in three towns, several on one spot, some far out, one at the antimeridian.
private func sample(_ count: Int) -> [MonitoredFactory] {
    var seed: UInt64 = 11
    func random() -> Double {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(seed >> 11) / Double(1 << 53)
    }
    let towns = [(121.47, 31.23), (113.26, 23.13), (116.4, 39.9)]
    return (0..<count).map { index in
        let town = towns[index % 3]
        let isShared = index % 10 == 0
        let longitude = index == 7 ? 179.9999 : town.0 + (isShared ? 0 : (random() - 0.5) * 2)
        let latitude = town.1 + (isShared ? 0 : (random() - 0.5) * 2)
        let isExceeding = index % 9 == 0
        let state = MonitoringState(
            factoryPK: Int64(index + 1), lastHour: now.adding(-(index % 5)), isExceeding: isExceeding, since: isExceeding ? now : nil,
            multiple: isExceeding && index % 2 == 0 ? Double(index) / 10 : nil, pollutant: isExceeding ? .cod : nil,
            outletID: isExceeding ? "O\(index)" : nil)
        return MonitoredFactory(
            pk: Int64(index + 1), id: "F\(index)", nameZH: "厂\(index)", nameEN: nil, longitude: longitude, latitude: latitude, state: state)
    }
}

/// All tiles of a zoom that hold a point of the map, by walking down from the whole world.
private func tiles(_ map: MonitoringMap, z: Int, _ datum: TileDatum) throws -> [DecodedTile] {
    var level = [try #require(TileID(z: 0, x: 0, y: 0))]
    for _ in 0..<z {
        level = level.flatMap { tile in
            (0..<4).compactMap { TileID(z: tile.z + 1, x: Int(tile.x) * 2 + $0 % 2, y: Int(tile.y) * 2 + $0 / 2) }
        }.filter { !map.tile($0, datum: datum).isEmpty }
    }
    return try level.map { try DecodedTile(decoding: map.tile($0, datum: datum)) }
}

@Test(arguments: [0, 3, 7, 11, 13, 14, 17], TileDatum.allCases) func noMonitoredFactoryIsDroppedOrCountedTwice(z: Int, datum: TileDatum)
    throws
{
    let factories = sample(700)
    let map = MonitoringMap(factories, now: now)
    var (count, exceeding, stale) = (0, 0, 0)
    for tile in try tiles(map, z: z, datum) {
        for layer in tile.layers {
            for feature in layer.features {
                if layer.name == MonitoringTileSchema.clusterLayer {
                    #expect(z < 14)
                    count += feature.attributes["count"]?.intValue ?? 0
                    exceeding += feature.attributes["exceeding"]?.intValue ?? 0
                    stale += feature.attributes["stale"]?.intValue ?? 0
                } else {
                    let factory = try #require(factories.first { $0.pk == Int64(feature.id ?? 0) })
                    #expect(feature.attributes["exceeding"]?.boolValue == factory.state.isExceeding)
                    #expect(feature.attributes["multiple"]?.doubleValue == factory.state.multiple)
                    count += 1
                    if factory.state.isExceeding { exceeding += 1 }
                    if feature.attributes["fresh"]?.boolValue == false { stale += 1 }
                }
            }
        }
    }
    #expect(count == 700)
    #expect(exceeding == factories.filter(\.state.isExceeding).count)
    #expect(stale == factories.filter { $0.state.lastHour < now.adding(-2) }.count)
}

@Test func whoExceedsNearAPointIsFoundAsByLookingAtEveryone() {
    let factories = sample(700)
    let map = MonitoringMap(factories, now: now)
    let geodesic = WGS84Geodesic()
    for radius in [1.0, 20_000, 60_000, 100_000] {
        let hits = map.exceeding(longitude: 121.47, latitude: 31.23, radiusMeters: radius)
        let expected = factories.filter(\.state.isExceeding).map { factory in
            let distance = geodesic.distanceMeters(
                fromLongitude: 121.47, latitude: 31.23, toLongitude: factory.longitude, latitude: factory.latitude)
            return (factory.pk, distance)
        }.filter { $0.1 <= radius }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }
        #expect(hits.map(\.factory.pk) == expected.map(\.0) && hits.map(\.distanceMeters) == expected.map(\.1))
        // Exact at the rim: the farthest is in at its own distance and out just below it.
        if let last = expected.last, last.1 > 1 {
            #expect(map.exceeding(longitude: 121.47, latitude: 31.23, radiusMeters: last.1).count == expected.count)
            #expect(map.exceeding(longitude: 121.47, latitude: 31.23, radiusMeters: last.1 * (1 - 1e-12)).count < expected.count)
        }
    }
}

@Test func anEmptyMapHasEmptyTiles() throws {
    let map = MonitoringMap([], now: now)
    #expect(map.tile(try #require(TileID(z: 0, x: 0, y: 0))).isEmpty)
    #expect(map.exceeding(longitude: 0, latitude: 0, radiusMeters: 1000).isEmpty)
}
