// RegistryStore+Apply.swift: batches into the store. One call is one transaction: all its rows or none; what a row lacks is an
// outcome, what the disk lacks an error. A batch that changes nothing writes nothing.

import GRDB

extension RegistryStore {
    /// Stores factories.
    ///
    /// A draft without an id means the factory that alone has its valid credit code; else its id is derived from that code, or
    /// from its normalised name and its position to a thousandth of a degree.
    ///
    /// - Parameter run: the import that the batch belongs to: the same id twice in one run with other contents is rejected.
    ///   Nil: the batch is a run of its own.
    /// - Returns: one outcome per draft, in their order.
    /// - Throws: `RegistryError`; then nothing of the batch was kept.
    ///
    /// Cost: O(log n) a row; about 4 µs for a new one.
    @discardableResult
    public func apply(factories: [FactoryDraft], in run: ImportRun? = nil) throws(RegistryError) -> [RowOutcome] {
        try apply(factories, through: FactoryWriter.self, run: run, seen: \.factories)
    }

    /// Stores records. Their factories are in the store already; see `FactoryReference` for how one is found.
    ///
    /// A draft without an id gets one derived from its factory and contents. Otherwise as `apply(factories:in:)`.
    @discardableResult
    public func apply(records: [RecordDraft], in run: ImportRun? = nil) throws(RegistryError) -> [RowOutcome] {
        try apply(records, through: RecordWriter.self, run: run, seen: \.records)
    }

    /// Stores brands. As `apply(factories:in:)`.
    @discardableResult
    public func apply(brands: [BrandDraft], in run: ImportRun? = nil) throws(RegistryError) -> [RowOutcome] {
        try apply(brands, through: BrandWriter.self, run: run, seen: \.brands)
    }

    /// Stores supplier links. Their brands and factories are in the store already. As `apply(factories:in:)`.
    @discardableResult
    public func apply(links: [LinkDraft], in run: ImportRun? = nil) throws(RegistryError) -> [RowOutcome] {
        try apply(links, through: LinkWriter.self, run: run, seen: \.links)
    }

    // MARK: One batch

    /// A batch from a file can be imported again after a power cut, so it need not wait for the disk at every commit; a
    /// single record that somebody has entered must be on the disk when we say so.
    private static let rowsOfABulkBatch = 1000

    func apply<Writer: BatchWriter>(
        _ drafts: [Writer.Draft], through: Writer.Type, run: ImportRun?, seen: WritableKeyPath<ImportRun.State, PrimaryKeySet>
    ) throws(RegistryError) -> [RowOutcome] {
        guard !drafts.isEmpty else { return [] }
        do {
            // Held for the whole batch: batches of one run follow each other.
            return try (run ?? ImportRun()).state.withLock { state in
                state[keyPath: seen].begin()
                do {
                    return try write(durably: drafts.count < RegistryStore.rowsOfABulkBatch) { db in
                        try applyInTransaction(drafts, db, Writer.self, source: run?.source, seen: &state[keyPath: seen])
                    }
                } catch {
                    // The rows are gone again, so the run has not met them.
                    state[keyPath: seen].rollBack()
                    throw error
                }
            }
        } catch {
            throw RegistryError(error, path: path)
        }
    }

    private func applyInTransaction<Writer: BatchWriter>(
        _ drafts: [Writer.Draft], _ db: Database, _: Writer.Type, source: String?, seen: inout PrimaryKeySet
    ) throws(RegistryError) -> [RowOutcome] {
        let sequence = try RegistryStore.nextSequence(db, path: path)
        let writer = try Writer(db, path: path, sequence: sequence)
        // Asked for within the transaction: borders that are exchanged meanwhile come before or after the whole batch.
        if let factories = writer as? FactoryWriter { factories.places = try placeCache.locator(db, path: path) }
        if let figures = writer as? FigureWriter { figures.places = try placeCache.locator(db, path: path) }
        var outcomes: [RowOutcome] = []
        outcomes.reserveCapacity(drafts.count)
        var accepted: Int64 = 0
        var updated: Int64 = 0
        for draft in drafts {
            let outcome = try writer.write(draft, seen: &seen)
            switch outcome {
            case .accepted: accepted += 1
            case .updated: updated += 1
            case .unchanged, .rejected: break
            }
            outcomes.append(outcome)
        }
        if accepted + updated > 0 {
            try writer.finish(db, path: path)
            try RegistryStore.recordChange(
                db, path: path, sequence: sequence, entity: Writer.entity, accepted: accepted, updated: updated, source: source)
        }
        return outcomes
    }

    /// The number that the next row of the change feed gets.
    static func nextSequence(_ db: Database, path: String) throws(RegistryError) -> Int64 {
        let statement = try RawStatement(db, path: path, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'changes'")
        return try statement.step() ? statement.int(0) + 1 : 1
    }

    static func recordChange(
        _ db: Database, path: String, sequence: Int64, entity: String, accepted: Int64, updated: Int64, source: String?
    ) throws(RegistryError) {
        let statement = try RawStatement(
            db, path: path,
            sql: "INSERT INTO changes (seq, at, kind, entity, accepted, updated, source) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        statement.bind(1, sequence)
        statement.bind(2, Timestamp.now())
        statement.bind(3, "batch")
        statement.bind(4, entity)
        statement.bind(5, accepted)
        statement.bind(6, updated)
        statement.bind(7, source)
        try statement.run()
    }
}

/// Writes the rows of one table within one transaction.
protocol BatchWriter {
    associatedtype Draft
    /// The table's name in the change feed.
    static var entity: String { get }
    /// - Parameter sequence: of the change that the batch will be.
    init(_ db: Database, path: String, sequence: Int64) throws(RegistryError)
    func write(_ draft: Draft, seen: inout PrimaryKeySet) throws(RegistryError) -> RowOutcome
    /// Called once at the end of a batch that has changed something.
    func finish(_ db: Database, path: String) throws(RegistryError)
}

extension BatchWriter {
    func finish(_ db: Database, path: String) throws(RegistryError) {}
}
