// SnapshotHolder.swift: which snapshot is served now. Swapped in one step; whoever holds the one before keeps it until done, so
// nothing waits and nothing is dropped.

import Atlas
import NIOCore
import Registry
import Synchronization

/// A snapshot in service, with the registry that has the details.
struct LoadedSnapshot: Sendable {
    /// What is asked of factories is asked of this: the snapshot with the changes since.
    let atlas: LiveAtlas
    /// The file alone: borders, and whatever else follows no single change.
    var snapshot: Snapshot { atlas.snapshot }
    /// Counts the distinct snapshots that this process has served; part of cache keys.
    let generation: UInt32
    let registry: RegistryStore?
    let loadedAt: NIODeadline
}

/// The current snapshot.
final class SnapshotHolder: Sendable {
    private let state = Mutex<LoadedSnapshot?>(nil)

    var current: LoadedSnapshot? { state.withLock { $0 } }

    /// - Throws: `Problem` 503 before the first snapshot is loaded.
    func required() throws(Problem) -> LoadedSnapshot {
        guard let current else {
            var problem = Problem(.serviceUnavailable, kind: .noSnapshot, detail: "the server waits for its snapshot file; try again soon")
            problem.headers[.retryAfter] = "2"
            throw problem
        }
        return current
    }

    /// Puts a snapshot into service.
    ///
    /// - Parameter registry: nil keeps the one in use.
    /// - Returns: what is served now; its generation is the old one when the contents are the same.
    @discardableResult
    func replace(with snapshot: Snapshot, registry: RegistryStore?) -> LoadedSnapshot {
        let same = current?.snapshot.identifier == snapshot.identifier
        return replace(with: LiveAtlas(snapshot), registry: registry, sameContents: same)
    }

    /// Puts a map into service.
    ///
    /// - Parameters:
    ///   - registry: nil keeps the one in use.
    ///   - sameContents: whether the tiles are those of the map before, which then may go on.
    @discardableResult
    func replace(with atlas: LiveAtlas, registry: RegistryStore?, sameContents: Bool) -> LoadedSnapshot {
        state.withLock { state in
            let generation = state.map { sameContents ? $0.generation : $0.generation &+ 1 } ?? 0
            let loaded = LoadedSnapshot(atlas: atlas, generation: generation, registry: registry ?? state?.registry, loadedAt: .now())
            state = loaded
            return loaded
        }
    }

    /// Puts the next state of the same map into service. Tiles that differ must be let go of afterwards (`TileCache.letGo`).
    func publish(_ atlas: LiveAtlas) {
        state.withLock { state in
            guard let now = state else { return }
            state = LoadedSnapshot(atlas: atlas, generation: now.generation, registry: now.registry, loadedAt: now.loadedAt)
        }
    }
}
