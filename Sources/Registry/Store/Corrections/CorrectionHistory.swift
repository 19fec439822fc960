// CorrectionHistory.swift: what anyone may read of a record's correction: where it stands, what is waited for, and every accepted step in
// order, with its author's role and name, its words and its documents. Drafts are not in it.

import GRDB

/// A record's whole accepted history.
public struct CorrectionHistory: Sendable {
    public var recordID: String
    public var factoryID: String
    /// Whether the factory is made up.
    public var isSynthetic: Bool
    public var published: Day
    /// The change that wrote the record last, for `If-Match`.
    public var version: Int64
    public var stage: CorrectionStage
    /// When the stage began; nil: with the record, or by its source.
    public var since: Int64?
    /// When the objection period ends.
    public var objectionsUntil: Int64?
    /// The later record that makes this one a relapse, as long as that one counts.
    public var relapsedBy: String?
    public var steps: [CorrectionEntry]

    /// What is waited for, and its last day.
    public func next(_ deadlines: CorrectionDeadlines = .standard) -> (step: CorrectionStep, by: Day)? {
        let planned = steps.last { $0.step == .explain }?.statement.day(.plannedCompletion)
        return deadlines.next(in: stage, since: since.map { Day(at: $0) } ?? published, published: published, planned: planned)
    }
}

/// One accepted step.
public struct CorrectionEntry: Sendable {
    /// From 1.
    public var number: Int64
    public var step: CorrectionStep
    public var before: CorrectionStage
    public var after: CorrectionStage
    /// Milliseconds since 1970.
    public var at: Int64
    /// Number of the change in the feed.
    public var sequence: Int64
    /// Who has signed it; nil: the server.
    public var author: CorrectionAuthor?
    public var statement: CorrectionStatement
    public var documents: [DocumentInfo]
    /// For an objection: whether it is open.
    public var isOpen: Bool?
    /// For an objection: the number of the step that closed it.
    public var settledBy: Int64?
}

/// Who has signed a step, as everyone sees it.
public struct CorrectionAuthor: Hashable, Sendable {
    public var role: Role
    /// Of the account.
    public var name: String
    /// The factory or brand that it acted for.
    public var factoryID: String?
    public var brandID: String?
}

/// Where a record stands, in short.
public struct CorrectionSummary: Hashable, Sendable {
    public var stage: CorrectionStage
    public var steps: Int
    public var objectionsUntil: Int64?
    public var relapsedBy: String?
}

extension RegistryStore {
    /// The history of a record; nil when there is no such record. Cost: O(steps).
    public func correctionHistory(ofRecord id: String) throws(RegistryError) -> CorrectionHistory? {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT records.pk, factories.id, published, records.changed_seq, records.state, stage, since, objections_until, synthetic
                    FROM records JOIN factories ON factories.pk = records.factory_pk
                    LEFT JOIN corrections ON corrections.record_pk = records.pk WHERE records.id = ?1
                    """)
            row.bind(1, id)
            guard try row.step() else { return nil }
            guard let state = RecordState(rawValue: UInt8(truncatingIfNeeded: row.int(4))) else {
                throw RegistryError.damaged(path: path, detail: "record \(id) has a state unknown here")
            }
            let pk = row.int(0)
            let stage = CorrectionStage.effective(state, stored: row.optionalInt(5))
            return CorrectionHistory(
                recordID: id, factoryID: row.text(1) ?? "", isSynthetic: row.int(8) != 0,
                published: Day(daysSince1970: Int32(truncatingIfNeeded: row.int(2))),
                version: row.int(3), stage: stage, since: row.optionalInt(6),
                objectionsUntil: stage == .objectionPeriod ? row.optionalInt(7) : nil, relapsedBy: try relapse(of: pk, db),
                steps: try steps(of: pk, db))
        }
    }

    /// Where the records of a factory stand, by record id; only of those of which a step was taken. Cost: O(log n) for most factories.
    func correctionSummaries(ofFactory pk: Int64, _ db: Database) throws(RegistryError) -> [String: CorrectionSummary] {
        let row = try RawStatement(
            db, path: path,
            sql: """
                SELECT records.id, records.state, stage, steps, objections_until, record_pk
                FROM corrections JOIN records ON records.pk = record_pk WHERE corrections.factory_pk = ?1
                """)
        row.bind(1, pk)
        var summaries: [String: CorrectionSummary] = [:]
        while try row.step() {
            guard let state = RecordState(rawValue: UInt8(truncatingIfNeeded: row.int(1))) else { continue }
            let stage = CorrectionStage.effective(state, stored: row.optionalInt(2))
            summaries[row.text(0) ?? ""] = CorrectionSummary(
                stage: stage, steps: Int(row.int(3)), objectionsUntil: stage == .objectionPeriod ? row.optionalInt(4) : nil,
                relapsedBy: try relapse(of: row.int(5), db))
        }
        return summaries
    }

    private func relapse(of record: Int64, _ db: Database) throws(RegistryError) -> String? {
        let row = try RawStatement(
            db, path: path,
            sql: """
                SELECT later.id FROM corrections JOIN records AS later ON later.pk = relapsed_by
                WHERE record_pk = ?1 AND later.state <> ?2 AND later.superseded = 0
                """)
        row.bind(1, record)
        row.bind(2, RecordState.withdrawn.rawValue)
        return try row.step() ? row.text(0) : nil
    }

    private func steps(of record: Int64, _ db: Database) throws(RegistryError) -> [CorrectionEntry] {
        let row = try RawStatement(
            db, path: path,
            sql: """
                SELECT correction_steps.number, step, stage_before, stage_after, at, seq, role, author, factory, brand, statement, pk,
                objections.number, settled_by
                FROM correction_steps LEFT JOIN objections
                    ON objections.record_pk = correction_steps.record_pk AND objections.number = correction_steps.number
                WHERE correction_steps.record_pk = ?1 ORDER BY correction_steps.number
                """)
        row.bind(1, record)
        let documents = try RawStatement(
            db, path: path,
            sql: """
                SELECT sha256, name, type, bytes, at, is_public FROM step_documents JOIN documents ON documents.pk = document_pk
                WHERE step_pk = ?1 ORDER BY position
                """)
        var entries: [CorrectionEntry] = []
        while try row.step() {
            guard let step = CorrectionStep(rawValue: UInt8(truncatingIfNeeded: row.int(1))),
                let before = CorrectionStage(rawValue: UInt8(truncatingIfNeeded: row.int(2))),
                let after = CorrectionStage(rawValue: UInt8(truncatingIfNeeded: row.int(3)))
            else { throw .damaged(path: path, detail: "step \(row.int(0)) of a record's history is unknown here") }
            let author = row.optionalInt(6).flatMap { Role(rawValue: UInt8(truncatingIfNeeded: $0)) }.map {
                CorrectionAuthor(role: $0, name: row.text(7) ?? "", factoryID: row.text(8), brandID: row.text(9))
            }
            documents.bind(1, row.int(11))
            var attached: [DocumentInfo] = []
            while try documents.step() { attached.append(try DocumentInfo(documents, path: path)) }
            documents.reset()
            let isObjection = !row.isNull(12)
            entries.append(
                CorrectionEntry(
                    number: row.int(0), step: step, before: before, after: after, at: row.int(4), sequence: row.int(5), author: author,
                    statement: CorrectionStatement(fields: StatementJSON.fields(row.text(10) ?? ""), documents: attached.map(\.sha256)),
                    documents: attached, isOpen: isObjection ? row.isNull(13) : nil, settledBy: row.optionalInt(13)))
        }
        return entries
    }
}
