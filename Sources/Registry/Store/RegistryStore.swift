// RegistryStore.swift: the system of record: one SQLite file in WAL mode, opened through GRDB. One writer at a time, any number of
// readers in this and other processes, each of which sees one moment of the data for as long as it reads.

import CSQLite
import Foundation
import GRDB

/// A registry of factories, records, brands and supplier links.
///
/// All methods may be called from any thread and block until they are done.
public final class RegistryStore: Sendable {
    /// How to open a registry.
    public enum Mode: Sendable {
        /// The file must exist; it is neither created nor altered.
        case readOnly
        /// The file is created, or brought up to date, if need be.
        case readWrite
    }

    public let path: String
    public let mode: Mode
    let pool: DatabasePool
    let placeCache = PlaceCache()

    /// Opens the registry at `path`.
    ///
    /// - Throws: `RegistryError`. A file of another kind is recognised before anything is written to it.
    public init(path: String, mode: Mode) throws(RegistryError) {
        self.path = path
        self.mode = mode
        _ = RegistryStore.withoutMemoryStatus
        let isNew = try RegistryStore.inspect(path: path, mode: mode)
        do {
            pool = try DatabasePool(path: path, configuration: RegistryStore.configuration(mode))
            switch mode {
            case .readOnly:
                let complete = try pool.read { try RegistrySchema.migrator.hasCompletedMigrations($0) }
                if !complete { throw RegistryError.olderSchema(path: path) }
            case .readWrite:
                try RegistrySchema.migrator.migrate(pool)
            }
        } catch {
            // Nobody is helped by an empty file that is no registry.
            if isNew { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }
            throw RegistryError(error, path: path)
        }
    }

    /// Closes all connections. Optional: the last reference does it as well.
    public func close() throws(RegistryError) {
        do {
            // Readers first: SQLite tidies its log away with the last connection, which must be one that may write.
            pool.releaseMemory()
            try pool.close()
        } catch {
            throw RegistryError(error, path: path)
        }
    }

    // MARK: Opening

    /// Once, before the first connection; refused without harm when somebody else has opened one.
    private static let withoutMemoryStatus = blueatlas_sqlite_without_memory_status()

    private static func configuration(_ mode: Mode) -> Configuration {
        var configuration = Configuration()
        configuration.label = "registry"
        configuration.readonly = mode == .readOnly
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 8
        configuration.prepareDatabase { db in
            // Negative: in KiB, and taken only as pages are used. The writer's holds the inner pages of all indexes of a few
            // million rows; readers mostly pass through once.
            try db.execute(sql: "PRAGMA cache_size = \(db.configuration.readonly ? -16_384 : -262_144)")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
            if !db.configuration.readonly {
                // Pages of 4 KiB: a big import copies its pages back from the log every 64 MB, not every 4.
                try db.execute(sql: "PRAGMA wal_autocheckpoint = 16384")
            }
        }
        return configuration
    }

    /// Looks at the file without touching it. Returns whether it has to be made.
    private static func inspect(path: String, mode: Mode) throws(RegistryError) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let error = errno
            guard error == ENOENT else { throw .cannotOpen(path: path, reason: String(cString: strerror(error))) }
            if mode == .readOnly { throw .cannotOpen(path: path, reason: "no such file; make it with 'blueatlas import'") }
            let folder = (path as NSString).deletingLastPathComponent
            if !folder.isEmpty, stat(folder, &status) != 0 { throw .cannotOpen(path: path, reason: "no such folder: \(folder)") }
            return true
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .cannotOpen(path: path, reason: "not a regular file") }
        if status.st_size == 0 {
            if mode == .readOnly { throw .notARegistry(path: path) }
            return false
        }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(10)
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.read { db in
                let application = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
                let isEmpty = try Int64.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
                guard application == RegistrySchema.applicationID || (application == 0 && isEmpty && mode == .readWrite) else {
                    throw RegistryError.notARegistry(path: path)
                }
                if try RegistrySchema.migrator.hasBeenSuperseded(db) { throw RegistryError.newerSchema(path: path) }
            }
            try queue.close()
        } catch {
            throw explained(RegistryError(error, path: path), path: path)
        }
        return false
    }

    /// SQLite reads a file in WAL mode only with its two companions beside it, and makes them if they are missing.
    private static func explained(_ error: RegistryError, path: String) -> RegistryError {
        let folder = (path as NSString).deletingLastPathComponent
        guard case .cannotOpen = error, access(path, R_OK) == 0, access(folder.isEmpty ? "." : folder, W_OK) != 0 else { return error }
        return .cannotOpen(
            path: path,
            reason: "its folder is not writable, which SQLite needs even for reading; copy the registry into a folder that is")
    }

    // MARK: Access

    /// Reads by one statement: that needs no transaction to see one moment of the data.
    func readAtOnce<T>(_ body: (Database) throws -> T) throws(RegistryError) -> T {
        do { return try pool.unsafeRead(body) } catch { throw RegistryError(error, path: path) }
    }

    /// Reads in one moment of the data, on a connection of the pool.
    func read<T>(_ body: (Database) throws -> T) throws(RegistryError) -> T {
        do { return try pool.read(body) } catch { throw RegistryError(error, path: path) }
    }

    /// Writes in one transaction.
    ///
    /// - Parameter durably: whether the data must be on the disk on return (`synchronous = FULL`). If not, a power cut may take
    ///   the last transactions back, whole ones, and leaves the file sound.
    func write<T>(durably: Bool, _ body: (Database) throws -> T) throws(RegistryError) -> T {
        guard mode == .readWrite else { throw .readOnly(path: path) }
        do {
            return try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = \(durably ? "FULL" : "NORMAL")")
                var result: T?
                try db.inTransaction(.immediate) {
                    result = try body(db)
                    return .commit
                }
                guard let result else { throw RegistryError.failed(path: path, detail: "the transaction gave no result") }
                return result
            }
        } catch {
            throw RegistryError(error, path: path)
        }
    }
}

/// Times as the registry writes them.
enum Timestamp {
    /// UTC, ISO 8601, to the second.
    static func now() -> String {
        let seconds = time(nil)
        let day = Day(daysSince1970: Int32(truncatingIfNeeded: seconds / 86_400)).iso
        let parts = [seconds % 86_400 / 3600, seconds % 3600 / 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(day)T\(parts.joined(separator: ":"))Z"
    }
}
