// LiveServices.swift: what the endpoints of the live registry share: the store, its one writer, the change feed. A server without --live has
// none, and none of those endpoints.

import Atlas
import EcoChain
import Logging
import NIOCore
import Registry
import ServiceLifecycle

/// Everything that live endpoints work with.
struct LiveServices: Sendable {
    let store: RegistryStore
    let writer: GroupWriter
    let feed: ChangeFeed
    /// The map that follows the feed.
    let map: LiveMap
    let drafts = DraftReaders()
    /// Requests with a key, and those without one that counts.
    let perKey: RateLimiter
    let perAddress: RateLimiter
    /// The monitored factories of this hour.
    let monitoring = MonitoringView()
    let gzip = Gzip()
    let snapshots: SnapshotHolder
    let workers: WorkPool
    /// For uploaded pictures: tiles and queries do not wait for them.
    let drawing = WorkPool(threads: 1)
    let metrics: ServerMetrics
    let limits: ServerLimits
    let deadlines: CorrectionDeadlines
    let logger: Logger
    /// Watch lists, pushes and event streams.
    let ecochain: EcoChain

    /// - Parameter loops: where connections to webhooks live.
    /// - Throws: `RegistryError`, or why TLS cannot be set up.
    init(
        storePath: String, configuration: AtlasServerConfiguration, snapshots: SnapshotHolder, cache: TileCache, workers: WorkPool,
        metrics: ServerMetrics, loops: any EventLoopGroup, logger: Logger
    ) throws {
        store = try RegistryStore(path: storePath, mode: .readWrite)
        feed = try ChangeFeed(store: store)
        map = LiveMap(
            feed: feed, snapshotPath: configuration.snapshotPath, placeNames: configuration.placeNames, holder: snapshots, cache: cache,
            events: LiveEvents(), limits: configuration.liveMap, metrics: metrics, logger: logger)
        writer = GroupWriter(store: store, feed: feed)
        perKey = RateLimiter(perSecond: configuration.limits.requestsPerKey, burst: configuration.limits.requestsPerKey * 2)
        perAddress = RateLimiter(perSecond: configuration.limits.requestsPerAddress, burst: configuration.limits.requestsPerAddress * 5)
        self.snapshots = snapshots
        self.workers = workers
        self.metrics = metrics
        limits = configuration.limits
        deadlines = configuration.deadlines
        self.logger = logger
        ecochain = try EcoChain(configuration: configuration.ecochain, feed: feed, writer: writer, loops: loops, logger: logger)
    }

    /// What runs beside the endpoints for as long as the server does.
    var background: [any Service] {
        [
            FeedWatch(feed: feed), MatchingIndexes(ecochain: ecochain, logger: logger), map, ReadingCare(writer: writer, logger: logger),
            CorrectionWatch(store: store, writer: writer, logger: logger), EcoChainService(ecochain: ecochain),
        ]
    }

    /// Answers what was submitted, then closes the store.
    func shutDown() async {
        feed.finish()
        await writer.stop()
        await drawing.shutDown()
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

/// Makes the indexes that a factory is looked for by, if a bulk import has left them out: 5 s for 1.2 million factories, in which the first
/// writes wait, and not some client's first write a day later.
private struct MatchingIndexes: Service {
    let ecochain: EcoChain
    let logger: Logger

    func run() async throws {
        do { try await ecochain.prepareMatching() } catch {
            logger.error("the indexes for finding factories could not be made; the first write makes them", metadata: ["error": "\(error)"])
        }
        try? await gracefulShutdown()
    }
}

/// Sends what watchers are to hear of.
private struct EcoChainService: Service {
    let ecochain: EcoChain

    func run() async throws { await cancelWhenGracefulShutdown { await ecochain.run() } }
}
