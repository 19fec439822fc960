// TileCacheTests.swift: the cache keeps within its bytes, lets the least recently used go, and builds a tile once however many ask.

import NIOCore
import Testing

@testable import Atlas
@testable import AtlasServer

@Suite struct TileCacheTests {
    private func cache(_ bytes: Int, shards: Int = 1) -> TileCache {
        let metrics = ServerMetrics(registry: PrometheusRegistry())
        // No server ends here, and what is asked at an export holds what asks.
        metrics.registry.endCollecting()
        return TileCache(limitBytes: bytes, shards: shards, metrics: metrics)
    }

    private func key(_ number: Int, generation: UInt32 = 0) -> TileKey {
        TileKey(address: UInt64(number), generation: generation, filter: "")
    }

    private func tile(_ bytes: Int, _ value: UInt8 = 7) -> EncodedTile {
        EncodedTile(body: ByteBuffer(repeating: value, count: bytes), isGzipped: false)
    }

    private actor Builds {
        var count = 0
        func add() { count += 1 }
    }

    @Test func manyWhoMissTheSameTileShareOneBuild() async throws {
        let cache = cache(1 << 20)
        let builds = Builds()
        try await withThrowingTaskGroup(of: EncodedTile.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await cache.tile(for: key(1)) {
                        await builds.add()
                        try await Task.sleep(for: .milliseconds(50))
                        return tile(100)
                    }
                }
            }
            let tiles = try await group.reduce(into: []) { $0.append($1) }
            #expect(tiles.count == 200)
            #expect(tiles.allSatisfy { $0 === tiles[0] })
        }
        #expect(await builds.count == 1)
    }

    @Test func anErrorIsNotKept() async throws {
        struct Broken: Error {}
        let cache = cache(1 << 20)
        await #expect(throws: Broken.self) { try await cache.tile(for: key(1)) { throw Broken() } }
        #expect(try await cache.tile(for: key(1)) { tile(10) }.body.readableBytes == 10)
    }

    @Test func aTileMadeAtOnceIsKeptUnlessTheMapChangesMeanwhile() throws {
        struct Broken: Error {}
        let cache = cache(1 << 20)
        #expect(cache.tileAtOnce(for: key(1), build: { tile(10) }).body.readableBytes == 10)
        #expect(cache.lookUp(key(1)) != nil)
        let touched = TouchedTiles([Delta.Move(before: nil, after: (longitude: 121, latitude: 31))])
        let made = cache.tileAtOnce(
            for: key(2),
            build: {
                cache.letGo(of: touched)
                return tile(20)
            })
        #expect(made.body.readableBytes == 20 && cache.lookUp(key(2)) == nil)
        #expect(throws: Broken.self) { try cache.tileAtOnce(for: key(3), build: { throw Broken() }) }
        #expect(cache.lookUp(key(3)) == nil)
    }

    @Test func theLeastRecentlyUsedGiveWayAndTheBytesStayInBounds() async throws {
        let cost = tile(1000).cost
        let cache = cache(cost * 10)
        for number in 0..<10 { _ = try await cache.tile(for: key(number)) { tile(1000) } }
        #expect(cache.usage.entries == 10)
        #expect(cache.lookUp(key(0)) != nil)
        // 0 was used just now, so 1 goes.
        _ = try await cache.tile(for: key(10)) { tile(1000) }
        #expect(cache.lookUp(key(0)) != nil)
        #expect(cache.lookUp(key(1)) == nil)
        for number in 11..<2000 {
            _ = try await cache.tile(for: key(number)) { tile(number % 3000) }
            #expect(cache.usage.bytes <= cost * 10)
        }
        #expect(cache.lookUp(key(1999)) != nil)
        #expect(cache.lookUp(key(0)) == nil)
    }

    @Test func aTileLargerThanTheCacheIsServedAndNotKept() async throws {
        let cache = cache(1000)
        #expect(try await cache.tile(for: key(1)) { tile(5000) }.body.readableBytes == 5000)
        #expect(cache.usage == (0, 0))
        let none = self.cache(0)
        _ = try await none.tile(for: key(1)) { tile(1) }
        #expect(none.usage == (0, 0))
    }

    @Test func tilesOfAnEarlierSnapshotAreLetGo() async throws {
        let cache = cache(1 << 20, shards: 4)
        for number in 0..<50 { _ = try await cache.tile(for: key(number, generation: 0)) { tile(10, 1) } }
        for number in 0..<5 { _ = try await cache.tile(for: key(number, generation: 1)) { tile(10, 2) } }
        #expect(cache.lookUp(key(3, generation: 0)) !== cache.lookUp(key(3, generation: 1)))
        cache.keepOnly(generation: 1)
        #expect(cache.usage.entries == 5)
        #expect(cache.lookUp(key(3, generation: 0)) == nil)
        #expect(cache.lookUp(key(3, generation: 1)) != nil)
    }
}
