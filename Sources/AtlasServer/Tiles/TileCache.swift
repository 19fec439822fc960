// TileCache.swift: encoded tiles, ready to be sent. Bounded by bytes; the least recently used give way. Split into shards, each with a
// lock of its own that is held for a look-up only, so event loops hardly ever meet. Of several requests that miss the same tile at once
// one builds it and the others wait for that (single flight).

import NIOCore
import Synchronization

/// A tile as it is sent: body, entity tag and the header lines that go with it.
final class EncodedTile: Sendable {
    /// As encoded; empty for a tile without a feature, which is answered by 204.
    let body: ByteBuffer
    let isGzipped: Bool
    let etag: String
    /// Header lines of the answer 200 (204 for an empty tile), and of 304; each ends with CRLF, without the empty line after them.
    let headerLines: ByteBuffer
    let notModifiedLines: ByteBuffer
    /// What the cache reckons for it, in bytes.
    let cost: Int

    init(body: ByteBuffer, isGzipped: Bool) {
        self.body = body
        self.isGzipped = isGzipped
        etag = body.readableBytes == 0 ? "" : EntityTag.of(body)
        var lines = TileHeaders.common
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
    /// The same for 200, 204 and 304.
    static let common = """
        cache-control: \(cacheControl)\r
        vary: accept-encoding\r
        access-control-allow-origin: *\r
        access-control-expose-headers: \(CORS.exposedHeaders)\r
        x-content-type-options: nosniff\r

        """
}

/// A cache of encoded tiles.
final class TileCache: Sendable {
    /// One encoded tile of one snapshot.
    struct Key: Hashable, Sendable {
        /// Zoom, x, y, map, datum and coding, packed.
        var address: UInt64
        var generation: UInt32
        /// The canonical filter.
        var filter: String
    }

    private struct Node {
        var key: Key
        var tile: EncodedTile
        /// Neighbours in the order of use; −1 at the ends.
        var newer: Int
        var older: Int
    }

    /// A hash table over a list in the order of use; the list's links are indices, so that a hit allocates nothing.
    private struct Shard {
        var index: [Key: Int] = [:]
        var nodes: [Node] = []
        var free: [Int] = []
        var newest = -1
        var oldest = -1
        var bytes = 0
        var flights: [Key: Task<EncodedTile, any Error>] = [:]

        mutating func use(_ key: Key) -> EncodedTile? {
            guard let at = index[key] else { return nil }
            if at != newest {
                unlink(at)
                link(at)
            }
            return nodes[at].tile
        }

        /// - Returns: how many tiles gave way.
        mutating func insert(_ key: Key, _ tile: EncodedTile, limit: Int) -> Int {
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
            bytes += cost
            link(at)
            return evicted
        }

        mutating func remove(_ at: Int) {
            unlink(at)
            let node = nodes[at]
            index[node.key] = nil
            bytes -= node.tile.cost + node.key.filter.utf8.count
            nodes[at].tile = Shard.nothing
            free.append(at)
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

    private func box(_ key: Key) -> Box {
        // Neighbouring tiles fall into different shards.
        let mixed = (key.address ^ UInt64(key.generation) << 56) &* 0x9E37_79B9_7F4A_7C15
        return boxes[Int(truncatingIfNeeded: mixed >> 40) & (boxes.count - 1)]
    }

    /// The tile, if it is here; counts as a hit then, and as nothing otherwise.
    func lookUp(_ key: Key) -> EncodedTile? {
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
    func tile(for key: Key, build: @escaping @Sendable () async throws -> EncodedTile) async throws -> EncodedTile {
        enum Found {
            case tile(EncodedTile)
            case flight(Task<EncodedTile, any Error>)
        }
        let box = box(key)
        let found = box.shard.withLock { shard -> Found in
            if let tile = shard.use(key) { return .tile(tile) }
            if let flight = shard.flights[key] { return .flight(flight) }
            let flight = Task {
                let result: Result<EncodedTile, any Error>
                do { result = .success(try await build()) } catch { result = .failure(error) }
                let evicted = box.shard.withLock { shard in
                    shard.flights[key] = nil
                    guard case .success(let tile) = result else { return 0 }
                    return shard.insert(key, tile, limit: limitPerShard)
                }
                if evicted > 0 { metrics.cacheEvictions.increment(by: evicted) }
                return try result.get()
            }
            shard.flights[key] = flight
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

    /// Lets go of tiles of other snapshots than this one.
    func keepOnly(generation: UInt32) {
        for box in boxes {
            box.shard.withLock { shard in
                for (key, at) in shard.index where key.generation != generation { shard.remove(at) }
            }
        }
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
