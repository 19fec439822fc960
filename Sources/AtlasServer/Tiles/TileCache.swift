// TileCache.swift: encoded tiles, ready to be sent. Bounded by bytes; the least recently used give way. Split into shards, each with a
// lock of its own that is held for a look-up only, so event loops hardly ever meet. Of several requests that miss the same tile at once
// one builds it and the others wait for that (single flight).
//
// When the map changes, the tiles that it touches are let go of, whatever their filters; the others stay. A build that was under way then is
// not kept: it may have begun with the map before.

import Atlas
import NIOCore
import Synchronization

/// A tile as it is sent: body, entity tag and the header lines that go with it.
final class EncodedTile: Sendable {
    /// As encoded; empty for a tile without a feature, which is answered by 204.
    let body: ByteBuffer
    let isGzipped: Bool
    let etag: String
    let cacheControl: String
    /// Header lines of the answer 200 (204 for an empty tile), and of 304; each ends with CRLF, without the empty line after them.
    let headerLines: ByteBuffer
    let notModifiedLines: ByteBuffer
    /// What the cache reckons for it, in bytes.
    let cost: Int

    /// - Parameter isLive: whether its contents may change at any moment: then clients ask before they use a copy again.
    init(body: ByteBuffer, isGzipped: Bool, isLive: Bool = false) {
        self.body = body
        cacheControl = isLive ? TileHeaders.liveCacheControl : TileHeaders.cacheControl
        self.isGzipped = isGzipped
        etag = body.readableBytes == 0 ? "" : EntityTag.of(body)
        var lines = "cache-control: \(cacheControl)\r\n" + TileHeaders.common
        if !etag.isEmpty {
            lines += "etag: \(etag)\r\n"
            notModifiedLines = ByteBuffer(string: lines)
            lines += "content-type: \(TileHeaders.contentType)\r\ncontent-length: \(body.readableBytes)\r\n"
            if isGzipped { lines += "content-encoding: gzip\r\n" }
        } else {
            notModifiedLines = ByteBuffer()
        }
        headerLines = ByteBuffer(string: lines)
        cost = body.capacity + headerLines.capacity + notModifiedLines.capacity + 400
    }
}

/// What every tile's answer says.
enum TileHeaders {
    static let contentType = "application/vnd.mapbox-vector-tile"
    static let cacheControl = "public, max-age=60"
    static let liveCacheControl = "public, no-cache"
    /// The same for 200, 204 and 304.
    static let common = """
        vary: Accept-Encoding\r
        access-control-allow-origin: *\r
        access-control-expose-headers: \(CORS.exposedHeaders)\r
        x-content-type-options: nosniff\r

        """
}

/// A cache of encoded tiles.
final class TileCache: Sendable {
    private struct Node {
        var key: TileKey
        var tile: EncodedTile
        /// Neighbours in the order of use; −1 at the ends.
        var newer: Int
        var older: Int
    }

    /// A hash table over a list in the order of use; the list's links are indices, so that a hit allocates nothing.
    private struct Shard {
        var index: [TileKey: Int] = [:]
        var nodes: [Node] = []
        var free: [Int] = []
        var newest = -1
        var oldest = -1
        var bytes = 0
        var flights: [TileKey: Flight] = [:]
        var flightCount: UInt64 = 0
        /// How often tiles were let go of because the map had changed.
        var changes: UInt64 = 0
        /// The tiles of each place.
        var atPlace: [UInt64: [Int]] = [:]

        mutating func use(_ key: TileKey) -> EncodedTile? {
            guard let at = index[key] else { return nil }
            if at != newest {
                unlink(at)
                link(at)
            }
            return nodes[at].tile
        }

        /// - Returns: how many tiles gave way.
        mutating func insert(_ key: TileKey, _ tile: EncodedTile, limit: Int) -> Int {
            if let at = index[key] { remove(at) }
            let cost = tile.cost + key.filter.utf8.count
            guard cost <= limit else { return 0 }
            var evicted = 0
            while bytes + cost > limit, oldest >= 0 {
                remove(oldest)
                evicted += 1
            }
            let node = Node(key: key, tile: tile, newer: -1, older: -1)
            let at: Int
            if let reused = free.popLast() {
                at = reused
                nodes[at] = node
            } else {
                at = nodes.count
                nodes.append(node)
            }
            index[key] = at
            atPlace[key.place, default: []].append(at)
            bytes += cost
            link(at)
            return evicted
        }

        mutating func remove(_ at: Int) {
            unlink(at)
            let node = nodes[at]
            index[node.key] = nil
            let place = node.key.place
            if atPlace[place]?.count == 1 { atPlace[place] = nil } else { atPlace[place]?.removeAll { $0 == at } }
            bytes -= node.tile.cost + node.key.filter.utf8.count
            nodes[at].tile = Shard.nothing
            free.append(at)
        }

        /// - Returns: how many tiles were let go of.
        mutating func letGo(ofPlaces places: some Sequence<UInt64>) -> Int {
            var count = 0
            for place in places {
                for at in atPlace[place] ?? [] where nodes[at].key.showsFactories {
                    remove(at)
                    count += 1
                }
            }
            return count
        }

        private mutating func link(_ at: Int) {
            nodes[at].newer = -1
            nodes[at].older = newest
            if newest >= 0 { nodes[newest].newer = at } else { oldest = at }
            newest = at
        }

        private mutating func unlink(_ at: Int) {
            let (newer, older) = (nodes[at].newer, nodes[at].older)
            if newer >= 0 { nodes[newer].older = older } else { newest = older }
            if older >= 0 { nodes[older].newer = newer } else { oldest = newer }
        }

        /// Stands in a free node, so that the tile that was there is let go.
        static let nothing = EncodedTile(body: ByteBuffer(), isGzipped: false)
    }

    /// A build under way.
    private struct Flight {
        var number: UInt64
        var task: Task<EncodedTile, any Error>
    }

    private final class Box: Sendable {
        let shard = Mutex(Shard())
    }

    private let boxes: [Box]
    private let limitPerShard: Int
    private let metrics: ServerMetrics
    let limitBytes: Int
    private let hits = Atomic<UInt64>(0)
    private let misses = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - limitBytes: 0 keeps nothing.
    ///   - shards: a power of two; a tile larger than its shard's share is not kept.
    init(limitBytes: Int, shards: Int = 8, metrics: ServerMetrics) {
        self.limitBytes = max(limitBytes, 0)
        self.metrics = metrics
        boxes = (0..<shards).map { _ in Box() }
        limitPerShard = self.limitBytes / shards
    }

    private func box(_ key: TileKey) -> Box {
        boxes[shard(ofPlace: key.place)]
    }

    /// Neighbouring tiles fall into different shards, all tiles of one place into the same.
    private func shard(ofPlace place: UInt64) -> Int {
        Int(truncatingIfNeeded: (place &* 0x9E37_79B9_7F4A_7C15) >> 40) & (boxes.count - 1)
    }

    /// The tile, if it is here; counts as a hit then, and as nothing otherwise.
    func lookUp(_ key: TileKey) -> EncodedTile? {
        guard let tile = box(key).shard.withLock({ $0.use(key) }) else { return nil }
        countHit()
        return tile
    }

    private func countHit() {
        hits.wrappingAdd(1, ordering: .relaxed)
        metrics.cacheHits.increment()
    }

    /// Hits of all look-ups, 0 to 1.
    var hitRatio: Double {
        let (hits, misses) = (Double(hits.load(ordering: .relaxed)), Double(misses.load(ordering: .relaxed)))
        return hits + misses > 0 ? hits / (hits + misses) : 0
    }

    /// The tile, from here or built. Concurrent callers share one build; an error is handed to all of them and not kept.
    func tile(for key: TileKey, build: @escaping @Sendable () async throws -> EncodedTile) async throws -> EncodedTile {
        enum Found {
            case tile(EncodedTile)
            case flight(Task<EncodedTile, any Error>)
        }
        let box = box(key)
        let found = box.shard.withLock { shard -> Found in
            if let tile = shard.use(key) { return .tile(tile) }
            if let flight = shard.flights[key] { return .flight(flight.task) }
            shard.flightCount += 1
            let number = shard.flightCount
            let flight = Task {
                let result: Result<EncodedTile, any Error>
                do { result = .success(try await build()) } catch { result = .failure(error) }
                let evicted = box.shard.withLock { shard in
                    // Another build may have its place by now: the map has changed under this one.
                    guard shard.flights[key]?.number == number else { return 0 }
                    shard.flights[key] = nil
                    guard case .success(let tile) = result else { return 0 }
                    return shard.insert(key, tile, limit: limitPerShard)
                }
                if evicted > 0 { metrics.cacheEvictions.increment(by: evicted) }
                return try result.get()
            }
            shard.flights[key] = Flight(number: number, task: flight)
            return .flight(flight)
        }
        switch found {
        case .tile(let tile):
            countHit()
            return tile
        case .flight(let flight):
            misses.wrappingAdd(1, ordering: .relaxed)
            metrics.cacheMisses.increment()
            return try await flight.value
        }
    }

    /// The tile, built on the caller's thread: for builds so short that two of one tile at once do no harm.
    func tileAtOnce(for key: TileKey, build: () throws -> EncodedTile) rethrows -> EncodedTile {
        let box = box(key)
        let changes = box.shard.withLock { $0.changes }
        let tile = try build()
        misses.wrappingAdd(1, ordering: .relaxed)
        metrics.cacheMisses.increment()
        // Not kept when the map has changed meanwhile, wherever: it may be of the map before.
        let evicted = box.shard.withLock { $0.changes == changes ? $0.insert(key, tile, limit: limitPerShard) : 0 }
        if evicted > 0 { metrics.cacheEvictions.increment(by: evicted) }
        return tile
    }

    /// Lets go of tiles of other snapshots than this one.
    func keepOnly(generation: UInt32) {
        for box in boxes {
            box.shard.withLock { shard in
                for (key, at) in shard.index where key.generation != generation { shard.remove(at) }
            }
        }
    }

    /// Lets go of tiles that a change of the map has touched, and keeps none that is being built. To be called after the new map is in
    /// service: who asks from then on gets it.
    ///
    /// Cost: O(touched places), or, when those are more, O(tiles in the cache).
    func letGo(of touched: TouchedTiles) {
        var places: [[UInt64]] = Array(repeating: [], count: boxes.count)
        for address in touched.addresses {
            let place = TileKey.place(of: address)
            places[shard(ofPlace: place)].append(place)
        }
        var count = 0
        for (box, places) in zip(boxes, places) where !places.isEmpty {
            count += box.shard.withLock { shard in
                shard.changes += 1
                if !shard.flights.isEmpty {
                    let touched = Set(places)
                    for key in shard.flights.keys where touched.contains(key.place) { shard.flights[key] = nil }
                }
                if places.count <= shard.atPlace.count { return shard.letGo(ofPlaces: places) }
                let touched = Set(places)
                return shard.letGo(ofPlaces: Array(shard.atPlace.keys).filter { touched.contains($0) })
            }
        }
        if count > 0 { metrics.cacheInvalidations.increment(by: count) }
    }

    /// Bytes and tiles at this moment.
    var usage: (bytes: Int, entries: Int) {
        boxes.reduce(into: (0, 0)) { sum, box in
            box.shard.withLock { shard in
                sum.0 += shard.bytes
                sum.1 += shard.index.count
            }
        }
    }
}
