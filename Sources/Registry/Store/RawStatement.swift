// RawStatement.swift: a prepared statement without the cost of boxing values, for the loops that run millions of times.
// GRDB owns the connection and the transaction; this binds and reads columns in place. The texts of a row are gathered in one
// buffer and handed to SQLite by address, so that no parameter costs an allocation.

import GRDB
import GRDBSQLite
import Synchronization

/// A statement of one connection. Lives inside one GRDB access only, on its thread.
///
/// Preparing costs more than most statements take to run, so each connection keeps its statements, in GRDB's cache, which ends with
/// the connection. One that is in use is not lent a second time.
final class RawStatement {
    private let statement: OpaquePointer
    /// The statement as GRDB's cache holds it; nil: this one is our own.
    private let kept: Statement?
    /// Statements of the caches that are in use, by address.
    private static let lent = Mutex<Set<UInt>>([])

    private let connection: OpaquePointer?
    private let path: String

    /// The texts of the current row, one behind the other.
    private var buffer: UnsafeMutablePointer<UInt8>
    private var capacity = 1024
    private var used = 0
    private var texts: [(parameter: Int32, offset: Int, count: Int, isBlob: Bool)] = []
    private var bindFailure: Int32 = SQLITE_OK

    /// - Parameter keeps: whether the connection keeps the statement: not where there may be any number of texts.
    init(_ db: Database, path: String, sql: String, keeps: Bool = true) throws(RegistryError) {
        connection = db.sqliteConnection
        self.path = path
        if keeps, let cached = try? db.cachedStatement(sql: sql), RawStatement.lend(cached.sqliteStatement) {
            (statement, kept) = (cached.sqliteStatement, cached)
        } else {
            var prepared: OpaquePointer?
            let code = sqlite3_prepare_v2(db.sqliteConnection, sql, -1, &prepared, nil)
            guard code == SQLITE_OK, let prepared else { throw RegistryError(code: code, connection: db.sqliteConnection, path: path) }
            (statement, kept) = (prepared, nil)
        }
        buffer = .allocate(capacity: capacity)
    }

    private static func lend(_ statement: OpaquePointer) -> Bool { lent.withLock { $0.insert(UInt(bitPattern: statement)).inserted } }

    deinit {
        // The statement first: it may still hold addresses of the buffer.
        if kept == nil {
            sqlite3_finalize(statement)
        } else {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
            RawStatement.lent.withLock { _ = $0.remove(UInt(bitPattern: statement)) }
        }
        buffer.deallocate()
    }

    // MARK: Parameters, numbered from 1; nil is NULL.

    func bind(_ parameter: Int32, _ value: String?) {
        guard var value else { return note(sqlite3_bind_null(statement, parameter)) }
        value.withUTF8 { append(parameter, $0) }
    }

    func bind(_ parameter: Int32, blob value: [UInt8]?) {
        guard let value else { return note(sqlite3_bind_null(statement, parameter)) }
        value.withUnsafeBufferPointer { append(parameter, $0, isBlob: true) }
    }

    func bind(_ parameter: Int32, _ value: Int64?) {
        guard let value else { return note(sqlite3_bind_null(statement, parameter)) }
        note(sqlite3_bind_int64(statement, parameter, value))
    }

    func bind(_ parameter: Int32, _ value: Int32?) { bind(parameter, value.map(Int64.init)) }
    func bind(_ parameter: Int32, _ value: UInt8?) { bind(parameter, value.map(Int64.init)) }
    func bind(_ parameter: Int32, _ value: Bool) { bind(parameter, Int64(value ? 1 : 0)) }

    /// SQLite stores a NaN as NULL: callers refuse such numbers before.
    func bind(_ parameter: Int32, _ value: Double?) {
        guard let value else { return note(sqlite3_bind_null(statement, parameter)) }
        note(sqlite3_bind_double(statement, parameter, value))
    }

    private func append(_ parameter: Int32, _ bytes: UnsafeBufferPointer<UInt8>, isBlob: Bool = false) {
        let needed = used + bytes.count + 1
        if needed > capacity {
            let larger = max(capacity * 2, needed)
            let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
            moved.update(from: buffer, count: used)
            // Addresses are handed over in `step` only, so nothing refers to the old buffer but values that are bound anew
            // for every row.
            buffer.deallocate()
            buffer = moved
            capacity = larger
        }
        if let base = bytes.baseAddress { (buffer + used).update(from: base, count: bytes.count) }
        texts.append((parameter, used, bytes.count, isBlob))
        used += bytes.count
    }

    private func note(_ code: Int32) { if code != SQLITE_OK { bindFailure = code } }

    // MARK: Running

    /// Steps to the next row; false at the end. A caller that stops earlier calls `reset`.
    func step() throws(RegistryError) -> Bool {
        for text in texts {
            // No destructor means static: the buffer stays as it is until the next `reset`.
            if text.isBlob {
                note(sqlite3_bind_blob64(statement, text.parameter, buffer + text.offset, UInt64(text.count), nil))
                continue
            }
            let address = UnsafeRawPointer(buffer + text.offset).assumingMemoryBound(to: CChar.self)
            note(sqlite3_bind_text64(statement, text.parameter, address, UInt64(text.count), nil, UInt8(SQLITE_UTF8)))
        }
        texts.removeAll(keepingCapacity: true)
        guard bindFailure == SQLITE_OK else {
            let code = bindFailure
            bindFailure = SQLITE_OK
            throw RegistryError(code: code, connection: connection, path: path)
        }
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw RegistryError(code: code, connection: connection, path: path)
        }
    }

    /// Runs a statement without rows and makes it ready for the next values. Returns how many rows it changed.
    @discardableResult
    func run() throws(RegistryError) -> Int {
        defer { reset() }
        _ = try step()
        return Int(sqlite3_changes(connection))
    }

    /// Makes the statement ready for the next values.
    func reset() {
        sqlite3_reset(statement)
        texts.removeAll(keepingCapacity: true)
        used = 0
    }

    /// The primary key of the row inserted last on this connection.
    var lastInsertedKey: Int64 { sqlite3_last_insert_rowid(connection) }

    // MARK: Columns, numbered from 0

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }
    func int(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
    func optionalInt(_ column: Int32) -> Int64? { isNull(column) ? nil : int(column) }
    func double(_ column: Int32) -> Double { sqlite3_column_double(statement, column) }
    func optionalDouble(_ column: Int32) -> Double? { isNull(column) ? nil : double(column) }

    /// The text in place, valid until the next step; empty for NULL. Read as a blob: SQLite then needs no terminating zero
    /// and copies nothing.
    func utf8(_ column: Int32) -> UnsafeBufferPointer<UInt8> {
        guard let bytes = sqlite3_column_blob(statement, column) else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: bytes.assumingMemoryBound(to: UInt8.self), count: Int(sqlite3_column_bytes(statement, column)))
    }

    func text(_ column: Int32) -> String? { isNull(column) ? nil : String(decoding: utf8(column), as: UTF8.self) }
}
