// Upserter.swift: insert a row, or update it, or see that nothing has changed. One for each table and batch; the idea is to guess:
// after a new row the next is probably new as well (insert at once, one walk down the tree), after a known row probably known
// (look first). A wrong guess costs one more walk and never changes the outcome.

import GRDB

final class Upserter {
    private let insert: RawStatement
    private let update: RawStatement
    private let select: RawStatement
    private let columnCount: Int32
    private var expectsNew = true

    /// - Parameters:
    ///   - key: columns that identify a row, under a UNIQUE constraint; they are among `columns`.
    ///   - columns: in the order in which `values` binds them, from parameter 1.
    ///   - insertOnly: `column: value` pairs that only a new row gets.
    init(_ db: Database, path: String, table: String, key: [String], columns: [String], insertOnly: [(String, String)] = [])
        throws(RegistryError)
    {
        let names = (columns + insertOnly.map(\.0)).joined(separator: ", ")
        let parameters = ((1...columns.count).map { "?\($0)" } + insertOnly.map(\.1)).joined(separator: ", ")
        let assignments = columns.enumerated().map { "\($1) = ?\($0 + 1)" }.joined(separator: ", ")
        let conditions = key.enumerated().map { "\($1) = ?\($0 + 1)" }.joined(separator: " AND ")
        insert = try RawStatement(
            db, path: path,
            sql: "INSERT INTO \(table) (\(names)) VALUES (\(parameters)) ON CONFLICT (\(key.joined(separator: ", "))) DO NOTHING")
        update = try RawStatement(db, path: path, sql: "UPDATE \(table) SET \(assignments) WHERE pk = ?\(columns.count + 1)")
        select = try RawStatement(db, path: path, sql: "SELECT pk, content_hash FROM \(table) WHERE \(conditions)")
        columnCount = Int32(columns.count)
    }

    /// The primary key and the content hash of a stored row; nil when there is none.
    func find(_ bindKey: (RawStatement) -> Void) throws(RegistryError) -> (pk: Int64, hash: Int64)? {
        bindKey(select)
        defer { select.reset() }
        guard try select.step() else { return nil }
        return (select.int(0), select.int(1))
    }

    /// Brings the row to the stored state.
    ///
    /// - Parameters:
    ///   - seen: rows that this import has met; the row is added.
    ///   - bindKey: binds the key columns, in their order, from parameter 1.
    ///   - bindValues: binds all columns.
    ///   - willUpdate: called with the primary key before a stored row is overwritten.
    func write(
        contentHash: Int64, seen: inout PrimaryKeySet, bindKey: (RawStatement) -> Void, bindValues: (RawStatement) -> Void,
        willUpdate: (Int64) throws(RegistryError) -> Void = { (_) throws(RegistryError) in }
    ) throws(RegistryError) -> Result {
        if expectsNew, let pk = try insertNew(bindValues) {
            seen.insert(pk)
            return .accepted(pk)
        }
        guard let stored = try find(bindKey) else {
            expectsNew = true
            guard let pk = try insertNew(bindValues) else { return .duplicate }
            seen.insert(pk)
            return .accepted(pk)
        }
        expectsNew = false
        if stored.hash == contentHash {
            seen.insert(stored.pk)
            return .unchanged(stored.pk)
        }
        if seen.contains(stored.pk) { return .duplicate }
        try willUpdate(stored.pk)
        bindValues(update)
        update.bind(columnCount + 1, stored.pk)
        try update.run()
        seen.insert(stored.pk)
        return .updated(stored.pk)
    }

    /// What `write` did; the number is the row's primary key.
    enum Result {
        case accepted(Int64)
        case updated(Int64)
        case unchanged(Int64)
        /// The same key with other contents in the same import.
        case duplicate

        /// - Parameter value: the key as the source writes it, for the message.
        func outcome(field: String, value: String) -> RowOutcome {
            switch self {
            case .accepted: .accepted
            case .updated: .updated
            case .unchanged: .unchanged
            case .duplicate: .rejected(field: field, value: value, reason: "duplicate \(field) with other contents")
            }
        }
    }

    private func insertNew(_ bindValues: (RawStatement) -> Void) throws(RegistryError) -> Int64? {
        bindValues(insert)
        return try insert.run() == 1 ? insert.lastInsertedKey : nil
    }
}
