// TileCache.swift: answers ready to send, the least recently used dropped first, bounded by bytes. A tile that several clients ask for
// while it is being made is made once.

import Atlas
import Hummingbird
import Synchronization

/// What names a tile's contents.
struct TileKey: Hashable, Sendable {
    var snapshot: String
    var map: MapKind
    var z: Int
    var x: UInt32
    var y: UInt32
    var filter: String
    var datum: TileDatum
}

/// A tile ready to send, plain and gzipped.
struct CachedTile: Sendable {
    var plain: ByteBuffer
    /// Nil when gzip does not make it smaller.
    var gzip: ByteBuffer?
    /// Strong tags of both, quotes included.
    var plainTag: String
    var gzipTag: String
    var isEmpty: Bool { plain.readableBytes == 0 }

    var cost: Int { plain.readableBytes + (gzip?.readableBytes ?? 0) + 300 }

    init(_ bytes: [UInt8]) {
        let tag = Gzip.tag(bytes)
        plainTag = "\"\(tag)\""
        gzipTag = "\"\(tag)-gz\""
        plain = ByteBuffer(bytes: bytes)
        if let packed = bytes.isEmpty ? nil : Gzip.compress(bytes), packed.count < bytes.count { gzip = ByteBuffer(bytes: packed) }
    }
}

/// Thread-safe. O(1) a look-up.
final class TileCache: Sendable {
    private struct Node {
        var key: TileKey
        var tile: CachedTile
        var newer: Int
        var older: Int
    }

    /// A doubly linked list in an array, newest first, and where each key stands in it.
    private struct State {
        var nodes: [Node] = []
        var free: [Int] = []
        var places: [TileKey: Int] = [:]
        var newest = -1
        var oldest = -1
        var bytes = 0
        var underWay: [TileKey: Task<CachedTile, any Error>] = [:]

        mutating func unlink(_ at: Int) {
            let node = nodes[at]
            if node.newer >= 0 { nodes[node.newer].older = node.older } else { newest = node.older }
            if node.older >= 0 { nodes[node.older].newer = node.newer } else { oldest = node.newer }
        }

        mutating func pushFront(_ at: Int) {
            nodes[at].newer = -1
            nodes[at].older = newest
            if newest >= 0 { nodes[newest].newer = at } else { oldest = at }
            newest = at
        }

        mutating func insert(_ key: TileKey, _ tile: CachedTile, limit: Int) {
            guard places[key] == nil, tile.cost <= limit else { return }
            let node = Node(key: key, tile: tile, newer: -1, older: -1)
            let at: Int
            if let reused = free.popLast() {
                at = reused
                nodes[at] = node
            } else {
                at = nodes.count
                nodes.append(node)
            }
            pushFront(at)
            places[key] = at
            bytes += tile.cost
            while bytes > limit, oldest >= 0 {
                let last = oldest
                unlink(last)
                bytes -= nodes[last].tile.cost
                places[nodes[last].key] = nil
                nodes[last].tile = CachedTile([])
                free.append(last)
            }
        }
    }

    let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: bytes; 0 keeps nothing.
    init(limit: Int) { self.limit = limit }

    /// The tile if it is here; then it is the newest.
    func find(_ key: TileKey) -> CachedTile? {
        state.withLock { state in
            guard let at = state.places[key] else { return nil }
            state.unlink(at)
            state.pushFront(at)
            return state.nodes[at].tile
        }
    }

    /// The tile, made by `make` unless it is here or being made for someone else.
    func tile(_ key: TileKey, make: @escaping @Sendable () async throws -> CachedTile) async throws -> CachedTile {
        let task = state.withLock { state in
            if let running = state.underWay[key] { return running }
            let task = Task { try await make() }
            state.underWay[key] = task
            return task
        }
        do {
            let tile = try await task.value
            state.withLock { state in
                state.underWay[key] = nil
                state.insert(key, tile, limit: limit)
            }
            return tile
        } catch {
            state.withLock { $0.underWay[key] = nil }
            throw error
        }
    }

    var usage: (tiles: Int, bytes: Int) { state.withLock { ($0.places.count, $0.bytes) } }
}
