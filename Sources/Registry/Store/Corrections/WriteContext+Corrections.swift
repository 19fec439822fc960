// WriteContext+Corrections.swift: a step of corrective action as one live write: the step with its documents, where the record stands now, the
// event and the audit row, all of it or nothing. Steps that the server takes by itself go the same way.

import GRDB

/// A step that was accepted.
public struct CorrectionReceipt: Hashable, Sendable {
    public var recordID: String
    /// Number of the step in the record's history, from 1.
    public var number: Int64
    public var step: CorrectionStep
    public var stage: CorrectionStage
    /// Number of the change, which is the record's version now.
    public var sequence: Int64
    /// When the objection period ends, in milliseconds since 1970.
    public var objectionsUntil: Int64?
    /// The factory's status now.
    public var status: FactoryStatus
}

/// A step as somebody submits it.
public struct CorrectionRequest: Sendable {
    public var recordID: String
    public var step: CorrectionStep
    public var statement: CorrectionStatement
    /// The version of the record that the author has seen; nil: whatever it is.
    public var version: Int64?

    public init(recordID: String, step: CorrectionStep, statement: CorrectionStatement, version: Int64? = nil) {
        self.recordID = recordID
        self.step = step
        self.statement = statement
        self.version = version
    }
}

extension WriteContext {
    /// Takes a step about a record.
    ///
    /// Asked in this order: is there such a record, may the author, is it the version that the author has seen, is it the step's turn, is the
    /// statement whole, are the documents there. A verification whose time has come is completed before.
    ///
    /// - Throws: `WriteRefusal`, `RegistryError`; then nothing has changed.
    public func take(
        _ request: CorrectionRequest, by principal: Principal, deadlines: CorrectionDeadlines = .standard,
        limits: DocumentLimits = .standard
    ) throws -> CorrectionReceipt {
        guard var row = try correction(ofRecord: request.recordID) else {
            throw WriteRefusal(.notFound, field: "id", value: request.recordID, reason: "no record has this id")
        }
        let step = request.step
        try CorrectionRules.authorize(step, by: principal, factoryPK: row.factoryPK)
        if let version = request.version, version != row.version {
            throw WriteRefusal(
                .changedMeanwhile, field: "If-Match", value: "\(version)",
                reason: "the record is at version \(row.version), in stage \(row.stage.name); read its history and decide anew")
        }
        try refuseIfRemoved(row.factoryPK)
        if row.isDue(at: now) {
            try complete(&row)
        }
        try refuseWithoutSubject(row, step)
        let stage = try CorrectionRules.stage(after: step, from: row.stage)
        try step.check(request.statement, published: row.facts.published, today: Day(at: now))
        let objection = try objection(request, in: row, by: principal)
        let documents = try documents(request.statement.documents, of: principal, limits: limits)

        switch step {
        case .verify: row.objectionsUntil = deadlines.endOfObjections(from: now)
        case .sendBack, .withdraw: row.objectionsUntil = nil
        default: break
        }
        return try append(
            step, to: &row, stage: stage, author: try author(principal), statement: request.statement, documents: documents,
            closing: objection.map { [$0] } ?? (stage == .objectionPeriod ? [] : row.openObjections.map(\.number)),
            opensObjectionOf: step == .object ? principal.accountID : nil)
    }

    /// Takes the steps whose time has come: verifications whose objection period is over with nothing open.
    ///
    /// - Returns: how many; at most `limit`.
    public func completeDueCorrections(limit: Int = 200) throws -> Int {
        let due = try statement(
            """
            SELECT record_pk FROM corrections WHERE objections_until <= ?1
            AND NOT EXISTS (SELECT 1 FROM objections WHERE objections.record_pk = corrections.record_pk AND settled_by IS NULL)
            ORDER BY objections_until LIMIT ?2
            """)
        due.bind(1, now)
        due.bind(2, Int64(limit))
        var records: [Int64] = []
        while try due.step() { records.append(due.int(0)) }
        var completed = 0
        for record in records {
            guard var row = try CorrectionRow(self, where: "records.pk = ?1", bind: { $0.bind(1, record) }) else { continue }
            if row.isDue(at: now) {
                try complete(&row)
                completed += 1
            } else if row.stage != .objectionPeriod {
                // Withdrawn by its source meanwhile: nothing is due any more.
                let row = try statement("UPDATE corrections SET objections_until = NULL WHERE record_pk = ?1")
                row.bind(1, record)
                try row.run()
            }
        }
        return completed
    }

    /// Marks verified records that new ones have made relapses, each with its event.
    ///
    /// - Parameter factoryPK: the only factory that is looked at; nil: all.
    /// - Returns: how many.
    @discardableResult
    public func noteRelapses(factoryPK: Int64? = nil) throws -> Int {
        if let factoryPK, try !hasVerifiedRecord(factoryPK) { return 0 }
        let pairs = try statement(
            """
            SELECT later.published, later.kind, later.category, later.state, later.measure, later.rating, later.act_date, later.fine_cny,
            later.superseded, corrections.record_pk, later.pk
            FROM corrections JOIN records AS earlier ON earlier.pk = corrections.record_pk
            JOIN records AS later ON later.factory_pk = corrections.factory_pk AND later.category = earlier.category
                AND later.pk > corrections.last_record_pk AND later.supersedes IS NULL
            WHERE corrections.stage = ?1 AND corrections.relapsed_by IS NULL AND (?2 IS NULL OR corrections.factory_pk = ?2)
            ORDER BY corrections.record_pk, later.published, later.pk
            """)
        pairs.bind(1, CorrectionStage.verified.rawValue)
        pairs.bind(2, factoryPK)
        var candidates: [(earlier: Int64, later: Int64, facts: RecordFacts)] = []
        while try pairs.step() { candidates.append((pairs.int(9), pairs.int(10), try RecordFacts(pairs, path: path))) }
        var marked: Set<Int64> = []
        for candidate in candidates where !marked.contains(candidate.earlier) {
            guard var row = try CorrectionRow(self, where: "records.pk = ?1", bind: { $0.bind(1, candidate.earlier) }),
                row.stage == .verified,
                let verifiedAt = row.verifiedAt, Relapse.isRelapse(candidate.facts, of: row.facts, verified: Day(at: verifiedAt))
            else { continue }
            marked.insert(candidate.earlier)
            row.relapsedBy = candidate.later
            _ = try append(.relapse, to: &row, stage: .verified, author: nil, statement: CorrectionStatement(), documents: [], closing: [])
        }
        return marked.count
    }

    // MARK: Parts

    /// Asked at every record that is written, and false for nearly all.
    private func hasVerifiedRecord(_ factoryPK: Int64) throws(RegistryError) -> Bool {
        let row = try tools.verified(db, path)
        row.bind(1, factoryPK)
        row.bind(2, CorrectionStage.verified.rawValue)
        defer { row.reset() }
        return try row.step()
    }

    private func correction(ofRecord id: String) throws(RegistryError) -> CorrectionRow? {
        try CorrectionRow(self, where: "id = ?1") { $0.bind(1, id) }
    }

    private func complete(_ row: inout CorrectionRow) throws {
        let stage = try CorrectionRules.stage(after: .complete, from: row.stage)
        let newest = try statement("SELECT coalesce(max(pk), 0) FROM records")
        _ = try newest.step()
        row.objectionsUntil = nil
        row.verifiedAt = now
        row.lastRecordPK = newest.int(0)
        row.relapsedBy = nil
        newest.reset()
        _ = try append(.complete, to: &row, stage: stage, author: nil, statement: CorrectionStatement(), documents: [], closing: [])
    }

    /// A record that says nothing against the factory has nothing to correct.
    private func refuseWithoutSubject(_ row: CorrectionRow, _ step: CorrectionStep) throws(WriteRefusal) {
        guard step != .withdraw else { return }
        if row.facts.superseded {
            throw WriteRefusal(.conflict, field: "id", value: row.recordID, reason: "a later record supersedes this one; act on that")
        }
        if !row.facts.isNonCompliance {
            throw WriteRefusal(.conflict, field: "id", value: row.recordID, reason: "this rating is good: there is nothing to correct")
        }
    }

    /// The number of the objection that a step closes.
    private func objection(_ request: CorrectionRequest, in row: CorrectionRow, by principal: Principal) throws(WriteRefusal) -> Int64? {
        switch request.step {
        case .object:
            if let own = row.openObjections.first(where: { $0.account == principal.accountID }) {
                throw WriteRefusal(
                    .conflict, field: "step", value: request.step.name,
                    reason: "this account's objection, step \(own.number), is still open")
            }
            return nil
        case .settleObjection, .retractObjection:
            let given = request.statement.fields[.objection] ?? ""
            guard let number = Int64(given), let open = row.openObjections.first(where: { $0.number == number }) else {
                let numbers = row.openObjections.map { "\($0.number)" }.joined(separator: ", ")
                throw WriteRefusal(
                    .invalid, field: CorrectionField.objection.name, value: given,
                    reason: "is no open objection of this record; " + (numbers.isEmpty ? "none is open" : "open: \(numbers)"))
            }
            if request.step == .retractObjection, open.account != principal.accountID {
                throw WriteRefusal(
                    .forbidden, field: CorrectionField.objection.name, value: given,
                    reason: "only the account that has objected takes it back")
            }
            return number
        default: return nil
        }
    }

    private struct Author {
        var principal: Principal
        var name: String
    }

    private func author(_ principal: Principal) throws -> Author {
        let row = try statement("SELECT name FROM accounts WHERE id = ?1")
        row.bind(1, principal.accountID)
        return Author(principal: principal, name: try row.step() ? row.text(0) ?? "" : "")
    }

    /// Adds a step to the history and tells the feed.
    private func append(
        _ step: CorrectionStep, to row: inout CorrectionRow, stage: CorrectionStage, author: Author?, statement: CorrectionStatement,
        documents: [StoredDocument], closing objections: [Int64], opensObjectionOf objector: String? = nil
    ) throws -> CorrectionReceipt {
        let before = row.stage
        row.stage = stage
        row.steps += 1
        let statusBefore = try assess(factoryPK: row.factoryPK).assessment.status
        try row.store(self)
        let stepPK = try insert(step, row, before: before, author: author, statement: statement)
        try attach(documents, to: stepPK)
        for number in objections {
            let settle = try self.statement("UPDATE objections SET settled_by = ?3 WHERE record_pk = ?1 AND number = ?2")
            settle.bind(1, row.recordPK)
            settle.bind(2, number)
            settle.bind(3, row.steps)
            try settle.run()
        }
        row.openObjections.removeAll { objections.contains($0.number) }
        if let objector {
            let open = try self.statement("INSERT INTO objections (record_pk, number, account) VALUES (?1, ?2, ?3)")
            open.bind(1, row.recordPK)
            open.bind(2, row.steps)
            open.bind(3, objector)
            try open.run()
            row.openObjections.append((row.steps, objector))
        }
        let (assessment, severity) = try assess(factoryPK: row.factoryPK, severityOf: row.recordID)
        let relapsedBy = try row.relapsedBy.map { try recordID($0) }
        var json = JSONWriter()
        json.object { json in
            json.field("step", step.name)
            json.field("number", row.steps)
            json.field("stage", stage.name)
            json.field("state", stage.state.name)
            json.field("kind", row.facts.kind.name)
            json.field("category", row.facts.category.name)
            json.field("published", row.facts.published.iso)
            if let severity { json.field("severity", severity) }
            json.field(optional: "role", author?.principal.role.name)
            json.field(optional: "objections_until", row.objectionsUntil.map { LiveTime.iso($0) })
            if step == .relapse, let relapsedBy { json.field("relapsed_by", relapsedBy) }
            json.field("status", assessment.status.name)
            json.field("status_before", statusBefore.name)
        }
        let sequence = try change(kind: step.event, factoryPK: row.factoryPK, subject: row.recordID, data: json.text)
        return CorrectionReceipt(
            recordID: row.recordID, number: row.steps, step: step, stage: stage, sequence: sequence, objectionsUntil: row.objectionsUntil,
            status: assessment.status)
    }

    private func insert(
        _ step: CorrectionStep, _ row: CorrectionRow, before: CorrectionStage, author: Author?, statement: CorrectionStatement
    ) throws(RegistryError) -> Int64 {
        let insert = try self.statement(
            """
            INSERT INTO correction_steps
            (record_pk, number, step, stage_before, stage_after, at, seq, account, key, role, author, factory, brand, statement)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """)
        insert.bind(1, row.recordPK)
        insert.bind(2, row.steps)
        insert.bind(3, step.rawValue)
        insert.bind(4, before.rawValue)
        insert.bind(5, row.stage.rawValue)
        insert.bind(6, now)
        insert.bind(7, nextSequence)
        insert.bind(8, author?.principal.accountID)
        insert.bind(9, author?.principal.keyID)
        insert.bind(10, author?.principal.role.rawValue)
        insert.bind(11, author?.name)
        insert.bind(12, author?.principal.factoryID)
        insert.bind(13, author?.principal.brandID)
        insert.bind(14, StatementJSON.text(statement))
        try insert.run()
        return insert.lastInsertedKey
    }

    private func recordID(_ pk: Int64) throws(RegistryError) -> String {
        let row = try statement("SELECT id FROM records WHERE pk = ?1")
        row.bind(1, pk)
        return try row.step() ? row.text(0) ?? "" : ""
    }
}

/// The fields of a statement as they are stored: one JSON object, in the order of `CorrectionField`.
enum StatementJSON {
    static func text(_ statement: CorrectionStatement) -> String {
        var json = JSONWriter()
        json.object { json in
            for field in CorrectionField.allCases { json.field(optional: field.name, statement.fields[field]) }
        }
        return json.text
    }

    /// What `text` has written.
    static func fields(_ text: String) -> [CorrectionField: String] {
        guard let body = try? JSONBody(Array(text.utf8)) else { return [:] }
        var fields: [CorrectionField: String] = [:]
        for (key, value) in body.members {
            if let field = CorrectionField(name: key), case .string(let text) = value { fields[field] = text }
        }
        return fields
    }
}
