// SnapshotWatcher.swift: takes over a new snapshot file when it stands in the old one's place, or on SIGHUP. A bad file is refused with
// a logged error, and the snapshot in service goes on.
//
// The file is looked at once a second (inode, size, time of change): that works on every file system and needs nothing to be told.

import Atlas
import Foundation
import Logging
import NIOCore
import Registry
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Loads the snapshot and keeps it fresh.
final class SnapshotWatcher: Service {
    /// What changes when a file is replaced or rewritten.
    private struct Signature: Hashable, Sendable {
        var device: UInt64
        var inode: UInt64
        var bytes: Int64
        var changedSeconds: Int
        var changedNanoseconds: Int

        init?(path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            bytes = Int64(status.st_size)
            changedSeconds = status.st_mtim.tv_sec
            changedNanoseconds = status.st_mtim.tv_nsec
        }
    }

    private struct State {
        /// Of the file that was last tried, good or bad.
        var tried: Signature?
        var isMissing = false
    }

    private let snapshotPath: String
    private let registryPath: String?
    private let holder: SnapshotHolder
    private let cache: TileCache
    /// Takes over what is loaded, when the map is live.
    private let map: LiveMap?
    private let workers: WorkPool
    private let metrics: ServerMetrics
    private let interval: Duration
    private let trapsHangup: Bool
    private let logger: Logger
    private let state = Mutex(State())
    private let gauges: Gauges

    init(
        snapshotPath: String, registryPath: String?, holder: SnapshotHolder, cache: TileCache, map: LiveMap? = nil, workers: WorkPool,
        metrics: ServerMetrics, interval: Duration, trapsHangup: Bool, logger: Logger
    ) {
        self.snapshotPath = snapshotPath
        self.registryPath = registryPath
        self.holder = holder
        self.cache = cache
        self.map = map
        self.workers = workers
        self.metrics = metrics
        self.interval = interval
        self.trapsHangup = trapsHangup
        self.logger = logger
        gauges = Gauges(metrics.registry)
        metrics.registry.onExport { [gauges, holder] in gauges.update(holder.current) }
    }

    /// Loads the file for the first time.
    ///
    /// - Throws: `SnapshotError`, `RegistryError`.
    func loadFirst() throws {
        let signature = Signature(path: snapshotPath)
        state.withLock { $0.tried = signature }
        try load()
    }

    func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in
                await cancelWhenGracefulShutdown { [self] in
                    while !Task.isCancelled {
                        try? await Task.sleep(for: interval)
                        if !Task.isCancelled { await lookForChange(forced: false) }
                    }
                }
            }
            if trapsHangup {
                group.addTask { [self] in
                    for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
                        logger.notice("SIGHUP: loading the snapshot again")
                        await lookForChange(forced: true)
                    }
                }
            }
        }
    }

    /// - Parameter forced: load even if the file looks the same.
    func lookForChange(forced: Bool) async {
        let signature = Signature(path: snapshotPath)
        let shouldLoad = state.withLock { state -> Bool in
            guard let signature else {
                if !state.isMissing, holder.current != nil {
                    logger.warning("the snapshot file is gone; the one in memory goes on serving", metadata: ["path": "\(snapshotPath)"])
                }
                state.isMissing = true
                return false
            }
            state.isMissing = false
            guard forced || state.tried != signature else { return false }
            state.tried = signature
            return true
        }
        guard shouldLoad else { return }
        do {
            try await workers.run { [self] in try load() }
            metrics.reloads.increment()
            if let loaded = holder.current {
                logger.notice(
                    "snapshot loaded",
                    metadata: [
                        "snapshot": "\(loaded.snapshot.identifier)", "factories": "\(loaded.snapshot.info.factories)",
                        "as_of": "\(loaded.snapshot.info.asOf)",
                    ])
            }
        } catch {
            metrics.refusedReloads.increment()
            logger.error(
                "the new snapshot file was refused; the one in memory goes on serving",
                metadata: ["path": "\(snapshotPath)", "error": "\(error)"])
        }
    }

    /// Opens the file and puts it into service. Blocks for as long as checking it takes.
    private func load() throws {
        let snapshot = try Snapshot.open(path: snapshotPath)
        var registry: RegistryStore?
        if let registryPath {
            do {
                registry = try RegistryStore(path: registryPath, mode: .readOnly)
            } catch {
                // At the start that is an error to mend; later the registry in use is better than none.
                guard holder.current?.registry != nil else { throw error }
                logger.error("the registry could not be opened again; the one in use stays", metadata: ["error": "\(error)"])
            }
        }
        if let map { return try map.adopt(snapshot, registry: registry) }
        let loaded = holder.replace(with: snapshot, registry: registry)
        cache.keepOnly(generation: loaded.generation)
    }
}
