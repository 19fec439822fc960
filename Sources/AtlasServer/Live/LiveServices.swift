// LiveServices.swift: what the endpoints of the live registry share: the store, its one writer, the change feed. A server without --live has
// none, and none of those endpoints.

import Atlas
import Logging
import Registry
import ServiceLifecycle

/// Everything that live endpoints work with.
struct LiveServices: Sendable {
    let store: RegistryStore
    let writer: GroupWriter
    let feed: ChangeFeed
    let drafts = DraftReaders()
    let snapshots: SnapshotHolder
    let workers: WorkPool
    let metrics: ServerMetrics
    let limits: AtlasServerConfiguration.Limits
    let logger: Logger

    /// - Throws: `RegistryError`.
    init(
        storePath: String, snapshots: SnapshotHolder, workers: WorkPool, metrics: ServerMetrics, limits: AtlasServerConfiguration.Limits,
        logger: Logger
    ) throws(RegistryError) {
        store = try RegistryStore(path: storePath, mode: .readWrite)
        feed = try ChangeFeed(store: store)
        writer = GroupWriter(store: store, feed: feed)
        self.snapshots = snapshots
        self.workers = workers
        self.metrics = metrics
        self.limits = limits
        self.logger = logger
    }

    /// What runs beside the endpoints for as long as the server does.
    var background: [any Service] { [FeedWatch(feed: feed)] }

    /// Answers what was submitted, then closes the store.
    func shutDown() async {
        feed.finish()
        await writer.stop()
        do { try store.close() } catch { logger.error("the registry could not be closed", metadata: ["error": "\(error)"]) }
    }
}

/// Looks for changes that other processes make.
private struct FeedWatch: Service {
    let feed: ChangeFeed

    func run() async throws {
        await cancelWhenGracefulShutdown { await feed.watch() }
        feed.finish()
    }
}
