// RegistryError.swift: why the registry cannot be read or written, in words that say what to do, and how SQLite's result codes
// become that.

import GRDB
import GRDBSQLite

/// An error of the store as a whole; a row that does not fit is a `RowOutcome`, not an error.
public enum RegistryError: Error, Hashable, Sendable, CustomStringConvertible {
    case cannotOpen(path: String, reason: String)
    /// The file is there and is no registry.
    case notARegistry(path: String)
    /// The registry was made by a newer program.
    case newerSchema(path: String)
    /// The registry was made by an older program and was opened for reading only, so it cannot be brought up to date.
    case olderSchema(path: String)
    /// A write was asked of a registry that is open for reading only.
    case readOnly(path: String)
    /// No room: nothing of the current batch was kept, everything before it was.
    case diskFull(path: String)
    /// Another process has held the write lock for too long.
    case busy(path: String)
    /// SQLite found the file damaged, or broken rules in it.
    case damaged(path: String, detail: String)
    /// Anything else SQLite says.
    case failed(path: String, detail: String)

    public var description: String {
        switch self {
        case .cannotOpen(let path, let reason): "cannot open registry '\(path)': \(reason)"
        case .notARegistry(let path): "'\(path)' is not a BlueAtlas registry; make one with 'blueatlas import'"
        case .newerSchema(let path): "registry '\(path)' was made by a newer version of this program; use that one"
        case .olderSchema(let path):
            "registry '\(path)' was made by an older version of this program; any 'blueatlas import' into it brings it up to date"
        case .readOnly(let path): "registry '\(path)' is open for reading only"
        case .diskFull(let path):
            "disk full while writing registry '\(path)': nothing of this batch was kept; make room and import again"
        case .busy(let path): "registry '\(path)' is being written by another process; try again when it has ended"
        case .damaged(let path, let detail): "registry '\(path)' is damaged: \(detail)"
        case .failed(let path, let detail): "registry '\(path)': \(detail)"
        }
    }
}

extension RegistryError {
    init(code: Int32, connection: OpaquePointer?, path: String) {
        let detail = connection.map { String(cString: sqlite3_errmsg($0)) } ?? "SQLite error \(code)"
        self.init(code: code, detail: detail, path: path)
    }

    /// - Parameter code: an extended result code of SQLite (`rescode.html`); its low byte is the primary one.
    init(code: Int32, detail: String, path: String) {
        // A file system without room answers a write, a longer shared-memory file or a flush with an input/output error too.
        let failedWrites: Set<Int32> = [
            SQLITE_IOERR | 3 << 8, SQLITE_IOERR | 4 << 8, SQLITE_IOERR | 6 << 8, SQLITE_IOERR | 19 << 8, SQLITE_IOERR | 21 << 8,
        ]  // WRITE, FSYNC, TRUNCATE, SHMSIZE, SHMMAP
        switch code & 0xFF {
        case SQLITE_FULL: self = .diskFull(path: path)
        case SQLITE_IOERR where failedWrites.contains(code): self = .diskFull(path: path)
        case SQLITE_BUSY, SQLITE_LOCKED: self = .busy(path: path)
        case SQLITE_CORRUPT: self = .damaged(path: path, detail: detail)
        case SQLITE_NOTADB: self = .notARegistry(path: path)
        case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: self = .cannotOpen(path: path, reason: detail)
        default: self = .failed(path: path, detail: detail)
        }
    }

    /// An error of GRDB or of ours, as ours.
    init(_ error: any Error, path: String) {
        switch error {
        case let error as RegistryError: self = error
        case let error as DatabaseError: self.init(code: error.extendedResultCode.rawValue, detail: error.message ?? "\(error)", path: path)
        default: self = .failed(path: path, detail: "\(error)")
        }
    }
}
