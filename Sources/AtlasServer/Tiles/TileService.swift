// TileService.swift: from a tile request to encoded bytes: cache, then the work pool. Building a tile of a low zoom reads a million
// factories, so it never runs on an event loop.

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

    /// The encoded tile, if it is in the cache. Never blocks for long; for event loops.
    func cached(_ request: TileRequest, coding: ContentCoding) -> EncodedTile? {
        guard let generation = snapshots.current?.generation else { return nil }
        return cache.lookUp(request.key(generation: generation, coding: coding))
    }

    /// The encoded tile.
    ///
    /// - Throws: `QueryError` such as an unknown brand, `Problem` when no snapshot is loaded.
    func tile(_ request: TileRequest, coding: ContentCoding) async throws -> EncodedTile {
        let key = request.key(generation: try snapshots.required().generation, coding: coding)
        return try await cache.tile(for: key) {
            try await workers.run {
                // Only now, when the cache knows of this build: a change that comes later makes it forget the tile, one that came
                // before is in the map.
                let loaded = try snapshots.required()
                let start = NIODeadline.now()
                let bytes = try loaded.atlas.tile(
                    map: request.map, id: request.tile, filter: request.filter, datum: request.datum, carbon: request.carbon)
                metrics.tileBuild.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
                if coding == .gzip, let body = gzip.compress(bytes) { return EncodedTile(body: body, isGzipped: true, isLive: isLive) }
                return EncodedTile(body: ByteBuffer(bytes: bytes), isGzipped: false, isLive: isLive)
            }
        }
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
