// TileService.swift: from a tile request to encoded bytes: cache, then a small tile at once, a large one on the work pool. Building a
// tile of a low zoom reads a million factories, so that never runs on an event loop.

import Atlas
import NIOCore
import NIOPosix

/// Makes tiles of whichever snapshot is current.
struct TileService: Sendable {
    let snapshots: SnapshotHolder
    let cache: TileCache
    let gzip: Gzip
    let workers: WorkPool
    let metrics: ServerMetrics
    /// Whether changes show as they come.
    let isLive: Bool

    /// What an event loop may be kept for by one tile, in nanoseconds. Handing it to another thread and back takes some 50 µs of an idle
    /// machine, and milliseconds of a busy one.
    private static let loopPatience = 1_500_000

    /// The encoded tile, if it is in the cache, or made at once if it is small. Never blocks for long; for event loops.
    ///
    /// - Parameter mayBuild: false: from the cache only.
    /// - Returns: nil for what takes longer, or what is wrong with the request: `tile` does it.
    func atOnce(_ request: TileRequest, coding: ContentCoding, mayBuild: Bool) -> (tile: EncodedTile, wasCached: Bool)? {
        guard let loaded = snapshots.current else { return nil }
        let key = request.key(generation: loaded.generation, coding: coding)
        if let tile = cache.lookUp(key) { return (tile, true) }
        guard mayBuild else { return nil }
        let cost = loaded.atlas.expectedTileCost(map: request.map, id: request.tile, filter: request.filter, datum: request.datum)
        guard let cost, cost <= TileService.loopPatience else { return nil }
        return (try? cache.tileAtOnce(for: key, build: { try build(request, coding) })).map { ($0, false) }
    }

    /// The encoded tile.
    ///
    /// - Throws: `QueryError` such as an unknown brand, `Problem` when no snapshot is loaded.
    func tile(_ request: TileRequest, coding: ContentCoding) async throws -> EncodedTile {
        let key = request.key(generation: try snapshots.required().generation, coding: coding)
        return try await cache.tile(for: key) {
            try await workers.run { try build(request, coding) }
        }
    }

    /// To be called when the cache knows of this build: a change of the map that comes later makes it forget the tile, one that came before is
    /// in the map.
    private func build(_ request: TileRequest, _ coding: ContentCoding) throws -> EncodedTile {
        let loaded = try snapshots.required()
        let start = NIODeadline.now()
        let bytes = try loaded.atlas.tile(
            map: request.map, id: request.tile, filter: request.filter, datum: request.datum, carbon: request.carbon)
        metrics.tileBuild.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
        if coding == .gzip, let body = gzip.compress(bytes) { return EncodedTile(body: body, isGzipped: true, isLive: isLive) }
        return EncodedTile(body: ByteBuffer(bytes: bytes), isGzipped: false, isLive: isLive)
    }
}

/// Threads for work that takes longer than an event loop may be kept.
struct WorkPool: Sendable {
    private let pool: NIOThreadPool

    /// - Parameter threads: how many pieces of work run at once; the rest wait in line.
    init(threads: Int) {
        pool = NIOThreadPool(numberOfThreads: max(threads, 1))
        pool.start()
    }

    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await pool.runIfActive(work)
    }

    func shutDown() async {
        try? await pool.shutdownGracefully()
    }
}
