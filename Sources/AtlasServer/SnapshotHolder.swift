// SnapshotHolder.swift: the snapshot that is being served, and its replacement. Requests take the current one and keep it to
// their end; the old one is unmapped with its last request. A file that cannot be opened changes nothing.

import Atlas
import Foundation
import Logging
import Metrics
import Synchronization

final class SnapshotHolder: Sendable {
    private struct State: Sendable {
        var snapshot: Snapshot
        var stamp: FileStamp?
    }

    /// What tells one file at a path from the next.
    private struct FileStamp: Equatable, Sendable {
        var inode: UInt64
        var size: Int64
        var modified: Double

        init?(path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            modified = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
        }
    }

    let path: String
    private let logger: Logger
    private let state: Mutex<State>

    init(path: String, logger: Logger) throws(SnapshotError) {
        self.path = path
        self.logger = logger
        let stamp = FileStamp(path: path)
        let snapshot = try Snapshot.open(path: path)
        state = Mutex(State(snapshot: snapshot, stamp: stamp))
        SnapshotHolder.report(snapshot)
    }

    var current: Snapshot { state.withLock { $0.snapshot } }

    /// Opens the file again if it is another one than before, or in any case when `force`d. Blocks while it is checked.
    func reload(force: Bool) {
        let stamp = FileStamp(path: path)
        let known = state.withLock { state in
            defer { if stamp != nil { state.stamp = stamp } }
            return state.stamp
        }
        guard force || stamp != nil && stamp != known else { return }
        do {
            let snapshot = try Snapshot.open(path: path)
            state.withLock { $0.snapshot = snapshot }
            SnapshotHolder.report(snapshot)
            Counter(label: "blueatlas_snapshot_reloads_total", dimensions: [("result", "ok")]).increment()
            logger.info(
                "snapshot replaced", metadata: ["identifier": "\(snapshot.identifier)", "factories": "\(snapshot.info.factories)"])
        } catch {
            Counter(label: "blueatlas_snapshot_reloads_total", dimensions: [("result", "refused")]).increment()
            logger.error("new snapshot refused, the old one goes on serving", metadata: ["reason": "\(error)"])
        }
    }

    private static func report(_ snapshot: Snapshot) {
        Meter(label: "blueatlas_snapshot_factories").set(snapshot.info.factories)
        Meter(label: "blueatlas_snapshot_records").set(snapshot.info.records)
        Meter(label: "blueatlas_snapshot_bytes").set(snapshot.info.fileBytes)
    }
}
