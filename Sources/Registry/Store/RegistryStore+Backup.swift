// RegistryStore+Backup.swift: a copy of the registry as of one moment, taken while it is read and written (SQLite's online backup), checked
// before it gets its name; and the way back. A copy is one file without a log beside it.

import Foundation
import GRDB

/// What a backup holds.
public struct BackupReport: Hashable, Sendable {
    public var path: String
    public var bytes: Int64
    /// The last change in it.
    public var sequence: Int64
    public var factories: Int
    public var records: Int
}

extension RegistryStore {
    /// Copies the registry into a new file. Writers go on meanwhile; the copy holds what was committed when it began.
    ///
    /// - Parameters:
    ///   - replaces: whether a file that is there gives way, once the copy is whole.
    /// - Throws: `RegistryError`. No file of that name is left half made.
    ///
    /// Cost: reading and writing the file once, and checking it: about 15 s a gigabyte.
    public func backUp(to output: String, replaces: Bool = false) throws(RegistryError) -> BackupReport {
        if !replaces, access(output, F_OK) == 0 {
            throw .cannotOpen(path: output, reason: "the file is there already; say --force to replace it")
        }
        let part = output + ".part"
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(part + suffix) }
        do {
            do {
                let queue = try DatabaseQueue(path: part)
                try pool.backup(to: queue)
                // The copy says that it has a log, as its original does; one that lies in an archive should be a single file.
                try queue.inDatabase { db in _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE") }
                try queue.close()
            }
            let report = try RegistryStore.checkBackup(part)
            try RegistryStore.flush(part)
            guard rename(part, output) == 0 else { throw RegistryError.cannotOpen(path: output, reason: String(cString: strerror(errno))) }
            try RegistryStore.flush((output as NSString).deletingLastPathComponent)
            return BackupReport(
                path: output, bytes: report.bytes, sequence: report.sequence, factories: report.factories, records: report.records)
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(part + suffix) }
            throw RegistryError(error, path: output)
        }
    }

    /// Puts a backup into a registry's place. No process may have that registry open.
    ///
    /// - Parameter replaces: whether a registry that is there gives way; it is kept beside as `PATH.before-restore`.
    public static func restore(from backup: String, to path: String, replaces: Bool = false) throws(RegistryError) -> BackupReport {
        let exists = access(path, F_OK) == 0
        if exists, !replaces {
            throw .cannotOpen(path: path, reason: "a registry is there already; say --force to put the backup in its place")
        }
        let part = path + ".part"
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(part + suffix) }
        do {
            // Read through SQLite, so that a log beside the backup counts as well.
            let source = try RegistryStore(path: backup, mode: .readOnly)
            let report = try source.backUp(to: part, replaces: true)
            try source.close()
            if exists {
                // What is still in its log belongs to the old registry and must not meet the new one.
                let old = try RegistryStore(path: path, mode: .readWrite)
                try old.checkpoint()
                try old.close()
                for suffix in ["-wal", "-shm"] where access(path + suffix, F_OK) == 0 {
                    throw RegistryError.busy(path: path)
                }
                guard rename(path, path + ".before-restore") == 0 else {
                    throw RegistryError.cannotOpen(path: path, reason: String(cString: strerror(errno)))
                }
            }
            guard rename(part, path) == 0 else { throw RegistryError.cannotOpen(path: path, reason: String(cString: strerror(errno))) }
            try flush((path as NSString).deletingLastPathComponent)
            let restored = try RegistryStore(path: path, mode: .readWrite)
            try restored.close()
            return BackupReport(
                path: path, bytes: report.bytes, sequence: report.sequence, factories: report.factories, records: report.records)
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(part + suffix) }
            throw RegistryError(error, path: path)
        }
    }

    private static func checkBackup(_ path: String) throws -> BackupReport {
        let copy = try RegistryStore(path: path, mode: .readOnly)
        try copy.verifyIntegrity()
        let (counts, info) = (try copy.counts(), try copy.info)
        try copy.close()
        var status = stat()
        let bytes = stat(path, &status) == 0 ? Int64(status.st_size) : 0
        return BackupReport(path: path, bytes: bytes, sequence: info.sequence, factories: counts.factories, records: counts.records)
    }

    /// Has the system write a file, or a folder's names, to the disk.
    private static func flush(_ path: String) throws {
        let descriptor = open(path.isEmpty ? "." : path, O_RDONLY)
        guard descriptor >= 0 else { throw RegistryError.cannotOpen(path: path, reason: String(cString: strerror(errno))) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw RegistryError.failed(path: path, detail: String(cString: strerror(errno))) }
    }
}
