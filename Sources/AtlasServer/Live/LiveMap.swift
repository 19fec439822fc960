// LiveMap.swift: keeps the map that is served up to date with the registry. It follows the change feed: every batch of changes becomes the next
// delta, which is put into service, then the tiles it touches are let go, then whoever watches is told. When the delta has grown, when
// changes cannot be followed one by one, or when the day turns, it has a new snapshot built beside the one in service.
//
// There is one such object and one thread that changes the map, so maps follow each other in the order of the feed. A process that ends
// loses nothing: the next one reads from the number of its snapshot on.

import Atlas
import Foundation
import Logging
import Metrics
import NIOCore
import Registry
import ServiceLifecycle
import Synchronization

/// When the live map is made anew.
public struct LiveMapLimits: Sendable {
    /// Changed factories that lie over a snapshot until another one is built. Up to here tiles take a third longer at most, and a search by
    /// initials 4 ms; with 20,000 such a search takes 26 ms (`LiveFigures` in Benchmarks, 1.2 million factories).
    public var factories = 10_000
    /// How old a snapshot may be that anything lies over.
    public var age: TimeAmount = .hours(24)
    /// Batches of changes follow each other no faster: under load they grow instead.
    public var interval: Duration = .milliseconds(20)
    /// How often to see whether a build is due.
    public var look: Duration = .seconds(1)

    public init() {}
}

/// The live map of a server.
final class LiveMap: Service {
    private struct State {
        var snapshot: Snapshot?
        var delta: Delta?
        var loadedAt = NIODeadline.now()
        /// Whether changes came that cannot be followed one by one.
        var needsBuild = false
        var isBuilding = false
        /// No build before this: one has failed.
        var nextBuild = NIODeadline.uptimeNanoseconds(0)
    }

    private let store: RegistryStore
    private let feed: ChangeFeed
    private let snapshotPath: String
    private let placeNames: [PlaceName]
    private let holder: SnapshotHolder
    private let cache: TileCache
    let events: LiveEvents
    private let limits: LiveMapLimits
    private let metrics: LiveMetrics
    private let logger: Logger
    /// Held while the map changes: a second change waits for the first.
    private let state = Mutex(State())
    /// Of its own: those of the server may all be busy with tiles.
    private let worker = WorkPool(threads: 1)
    private let builder = WorkPool(threads: 1)

    /// - Parameter placeNames: for the search of snapshots that are built here.
    init(
        feed: ChangeFeed, snapshotPath: String, placeNames: [PlaceName], holder: SnapshotHolder, cache: TileCache, events: LiveEvents,
        limits: LiveMapLimits, metrics: ServerMetrics, logger: Logger
    ) {
        store = feed.store
        self.feed = feed
        self.snapshotPath = snapshotPath
        self.placeNames = placeNames
        self.holder = holder
        self.cache = cache
        self.events = events
        self.limits = limits
        self.metrics = LiveMetrics(metrics.registry)
        let streams = Meter(label: "blueatlas_live_streams", factory: metrics.registry)
        metrics.registry.onExport { streams.set(events.streams) }
        self.logger = logger
    }

    func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in await cancelWhenGracefulShutdown { [self] in await follow() } }
            group.addTask { [self] in await cancelWhenGracefulShutdown { [self] in await keepBuilding() } }
            group.addTask { [self] in
                await cancelWhenGracefulShutdown { [self] in await events.beat() }
                events.finish()
            }
        }
        await worker.shutDown()
        await builder.shutDown()
    }

    // MARK: Following

    private func follow() async {
        for await _ in feed.heads() {
            let start = ContinuousClock.now
            do {
                try await worker.run { [self] in try catchUp() }
            } catch is CancellationError {
                return
            } catch {
                metrics.failures.increment()
                logger.error("the changes could not be read; trying again with the next one", metadata: ["error": "\(error)"])
            }
            let rest = limits.interval - (ContinuousClock.now - start)
            if rest > .zero { try? await Task.sleep(for: rest) }
        }
    }

    /// Takes in all changes there are. Blocks.
    func catchUp() throws {
        try state.withLock { state in try catchUp(&state) }
    }

    private func catchUp(_ state: inout State) throws {
        guard let snapshot = state.snapshot, let delta = state.delta else { return }
        let start = NIODeadline.now()
        let touched = try store.touchedFactories(after: delta.sequence)
        guard touched.sequence > delta.sequence else { return }
        if touched.hasBatch { state.needsBuild = true }
        guard let step = try delta.advanced(by: touched, over: snapshot) else {
            state.needsBuild = true
            return
        }
        state.delta = step.delta
        publish(LiveAtlas(snapshot, step.delta), step.moves)
        metrics.publish.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
        metrics.changed.increment(by: touched.factories.count)
    }

    /// The map first, then the tiles: one that is built in between is built from the new map, and one whose build began before is not kept.
    private func publish(_ atlas: LiveAtlas, _ moves: [Delta.Move]) {
        holder.publish(atlas)
        metrics.overlaid.set(atlas.delta?.count ?? 0)
        metrics.sequence.set(atlas.sequence)
        guard !moves.isEmpty else { return }
        let touched = TouchedTiles(moves)
        cache.letGo(of: touched)
        events.tilesChanged(touched, sequence: atlas.sequence, statuses: atlas.statusCounts)
    }

    // MARK: Snapshots

    /// Puts a snapshot that was opened into service, with all changes since it was built. Blocks.
    ///
    /// Of changes that come in meanwhile none is lost: what the file lacks is read from the registry before it takes over.
    func adopt(_ snapshot: Snapshot, registry: RegistryStore?) throws {
        try state.withLock { state in
            // What is shown must be as new as the file before the two can be compared.
            try catchUp(&state)
            let touched = try store.touchedFactories(after: snapshot.info.builtFromSequence)
            let before = state.delta
            var moves: [Delta.Move]?
            if let before, let shown = state.snapshot, before.sequence >= snapshot.info.builtFromSequence, !state.needsBuild,
                !touched.hasBatch, shown.info.asOf == snapshot.info.asOf
            {
                moves = try before.advanced(by: touched, over: shown)?.moves
            }
            let step = try Delta(over: snapshot).advanced(by: touched, over: snapshot)
            state.snapshot = snapshot
            state.delta = step?.delta ?? Delta(over: snapshot)
            state.loadedAt = .now()
            state.needsBuild = touched.hasBatch || step == nil
            let atlas = LiveAtlas(snapshot, state.delta)
            events.begin(sequence: atlas.sequence, statuses: atlas.statusCounts)
            // The same map in another form: tiles stay what they are, but for what has just changed.
            if let moves {
                holder.replace(with: atlas, registry: registry, sameContents: true)
                publish(atlas, moves)
            } else {
                let loaded = holder.replace(with: atlas, registry: registry, sameContents: false)
                cache.keepOnly(generation: loaded.generation)
                publish(atlas, [])
                if before != nil { events.everythingChanged(sequence: atlas.sequence, statuses: atlas.statusCounts) }
            }
        }
    }

    private func keepBuilding() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: limits.look)
            guard !Task.isCancelled, isBuildDue() else { continue }
            do {
                try await build()
            } catch is CancellationError {
                return
            } catch {
                metrics.failures.increment()
                state.withLock { $0.nextBuild = .now() + .seconds(60) }
                logger.error("the snapshot could not be built; the map goes on with what it has", metadata: ["error": "\(error)"])
            }
            state.withLock { $0.isBuilding = false }
        }
    }

    /// Whether to build now; then nobody else does until `isBuilding` is false again.
    private func isBuildDue() -> Bool {
        state.withLock { state in
            guard let snapshot = state.snapshot, let delta = state.delta, !state.isBuilding, NIODeadline.now() >= state.nextBuild else {
                return false
            }
            // Statuses follow the calendar: a record is a year old tomorrow. Of a synthetic data set the calendar stands still.
            let dayHasTurned = !snapshot.info.synthetic && Day(iso: snapshot.info.asOf).map { $0 < Day.today() } ?? false
            let isOld = delta.count > 0 && NIODeadline.now() - state.loadedAt > limits.age
            state.isBuilding = state.needsBuild || delta.count >= limits.factories || isOld || dayHasTurned
            return state.isBuilding
        }
    }

    /// Builds the file beside the one in service and renames it into its place, where the watcher of the file takes it over as any other.
    private func build() async throws {
        let start = NIODeadline.now()
        let info = try await builder.run { [self] in
            try SnapshotBuilder.build(store: store, output: snapshotPath, placeNames: placeNames)
        }
        let nanoseconds = (NIODeadline.now() - start).nanoseconds
        metrics.build.recordNanoseconds(nanoseconds)
        logger.notice(
            "snapshot built",
            metadata: ["factories": "\(info.factories)", "seq": "\(info.builtFromSequence)", "ms": "\(nanoseconds / 1_000_000)"])
        // Until it is in service the reason to build stays; waiting keeps it from being built twice.
        for _ in 0..<600 where state.withLock({ $0.snapshot?.info.builtFromSequence ?? 0 }) < info.builtFromSequence {
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
