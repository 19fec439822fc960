// LiveEventsTests.swift: streams of events are bounded: in number, in what waits for each, in what is kept for those who come back. And a tile
// that was begun before a change is never kept.

import NIOCore
import SpatialIndex
import Synchronization
import Testing

@testable import Atlas
@testable import AtlasServer

@Suite struct LiveEventsTests {
    private func touched(_ longitude: Double = 121) -> TouchedTiles {
        TouchedTiles([Delta.Move(before: nil, after: (longitude, 31))])
    }

    private func events(_ change: (inout LiveEvents.Limits) -> Void = { _ in }) -> LiveEvents {
        var limits = LiveEvents.Limits()
        change(&limits)
        return LiveEvents(limits: limits)
    }

    @Test func aSlowClientIsCutOffAndTheOthersAreNot() async throws {
        let events = events { $0.waiting = 5 }
        let slow = try #require(events.listen(after: nil))
        let fast = try #require(events.listen(after: nil))
        var iterator = fast.events.makeAsyncIterator()
        _ = await iterator.next()
        for number in 1...20 {
            events.tilesChanged(touched(), sequence: Int64(number), statuses: [])
            #expect(await iterator.next()?.text.contains("\"seq\":\(number)") == true)
        }
        #expect(events.streams == 1)
        var count = 0
        // It gets what waited for it, and then its stream ends.
        for await _ in slow.events { count += 1 }
        #expect(count == 5)
    }

    @Test func noMoreStreamsThanAllowed() throws {
        let events = events { $0.streams = 2 }
        let first = try #require(events.listen(after: nil))
        _ = try #require(events.listen(after: nil))
        #expect(events.listen(after: nil) == nil)
        events.leave(first.number)
        #expect(events.listen(after: nil) != nil)
        events.finish()
        #expect(events.streams == 0 && events.listen(after: nil) == nil)
    }

    @Test func whatIsTooLongAgoIsNotMadeUp() async throws {
        let events = events {
            $0.kept = 8
            $0.waiting = 64
        }
        events.tilesChanged(touched(), sequence: 1, statuses: [])
        let first = events.head().id
        func firstText(after id: String) async throws -> String {
            var iterator = try #require(events.listen(after: id)).events.makeAsyncIterator()
            return await iterator.next()?.text ?? ""
        }
        for number in 2...5 { events.tilesChanged(touched(), sequence: Int64(number), statuses: []) }
        #expect(try await firstText(after: first).contains("\"seq\":2"))
        for number in 6...60 { events.tilesChanged(touched(), sequence: Int64(number), statuses: []) }
        #expect(try await firstText(after: first) == LiveEvents.resync.text)
        #expect(try await firstText(after: events.head().id).contains("event: hello"))
        #expect(try await firstText(after: "nonsense") == LiveEvents.resync.text)
        // From the future: of a process that has ended.
        #expect(try await firstText(after: events.head().id + "9") == LiveEvents.resync.text)
    }

    @Test func anEventNamesFewTilesHoweverManyHaveChanged() throws {
        let moves = (0..<5_000).map { Delta.Move(before: nil, after: (80 + Double($0) * 0.01, 20 + Double($0 % 50) * 0.5)) }
        let summary = TouchedTiles(moves).summary(deepest: 14, limit: 256)
        #expect((1...256).contains(summary.tiles.count) && summary.zoom > 2)
    }

    // MARK: The cache

    private func tile(_ value: UInt8) -> EncodedTile { EncodedTile(body: ByteBuffer(repeating: value, count: 100), isGzipped: false) }

    private func key(_ zoom: Int, _ longitude: Double, map: MapKind = .blue, datum: TileDatum = .wgs84) throws -> TileKey {
        let tile = TileID(containing: MercatorGrid.project(longitude: longitude, latitude: 31), z: zoom)
        var request = try TileRequest(segments: ["tiles", map.rawValue, "\(zoom)", "\(tile.x)", "\(tile.y).mvt"], parameters: [])
        request.datum = datum
        return request.key(generation: 0, coding: .gzip)
    }

    @Test func theTilesOfAPlaceAreLetGoOfAndNoOthers() async throws {
        let cache = TileCache(limitBytes: 1 << 20, metrics: ServerMetrics(registry: PrometheusRegistry()))
        let stay = try [key(9, 110), key(14, 121.5), key(3, 121, map: .base)]
        var filtered = try key(12, 121)
        filtered.filter = "status=violating"
        let go = try [key(0, 121), key(9, 121), key(22, 121), key(9, 121, map: .supplyChain), filtered, key(9, 121, datum: .gcj02)]
        for key in stay + go { _ = try await cache.tile(for: key) { tile(1) } }
        cache.letGo(of: touched())
        for key in stay { #expect(cache.lookUp(key) != nil) }
        for key in go { #expect(cache.lookUp(key) == nil) }
        #expect(cache.usage.entries == stay.count)
        for key in go { _ = try await cache.tile(for: key) { tile(2) } }
        #expect(cache.usage.entries == stay.count + go.count)
    }

    @Test func aTileThatWasBegunBeforeAChangeIsNotKept() async throws {
        let cache = TileCache(limitBytes: 1 << 20, metrics: ServerMetrics(registry: PrometheusRegistry()))
        let touchedKey = try key(9, 121)
        let otherKey = try key(9, 110)
        let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
        let (mayEnd, end) = AsyncStream.makeStream(of: Void.self)
        let old = Task {
            try await cache.tile(for: touchedKey) {
                beginning.yield()
                for await _ in mayEnd { break }
                return tile(1)
            }
        }
        for await _ in begun { break }
        _ = try await cache.tile(for: otherKey) { tile(7) }
        cache.letGo(of: touched())
        // Who asks now does not wait for the old one, and gets the new.
        #expect(try await cache.tile(for: touchedKey) { tile(2) }.body.getInteger(at: 0, as: UInt8.self) == 2)
        end.yield()
        #expect(try await old.value.body.getInteger(at: 0, as: UInt8.self) == 1)
        #expect(cache.lookUp(touchedKey)?.body.getInteger(at: 0, as: UInt8.self) == 2)
        #expect(cache.lookUp(otherKey) != nil)
    }
}
