// CorrectionRow.swift: where one record stands, as a live write finds it, and how it is left behind.

import GRDB

/// A record on its way, within one write.
struct CorrectionRow {
    let recordPK: Int64
    let recordID: String
    let factoryPK: Int64
    let facts: RecordFacts
    /// The change that wrote the record last: what `If-Match` names.
    let version: Int64
    var stage: CorrectionStage
    /// Steps so far.
    var steps: Int64
    var objectionsUntil: Int64?
    var verifiedAt: Int64?
    var lastRecordPK: Int64?
    var relapsedBy: Int64?
    /// Numbers and accounts of objections that nobody has settled.
    var openObjections: [(number: Int64, account: String)]

    /// Nil: there is no such record.
    init?(_ context: WriteContext, where condition: String, bind: (RawStatement) -> Void) throws(RegistryError) {
        let row = try context.statement(
            """
            SELECT published, kind, category, records.state, measure, rating, act_date, fine_cny, superseded, records.pk, id,
            records.factory_pk, changed_seq, stage, corrections.state, steps, objections_until, verified_at, last_record_pk, relapsed_by
            FROM records LEFT JOIN corrections ON corrections.record_pk = records.pk WHERE \(condition)
            """)
        bind(row)
        guard try row.step() else { return nil }
        facts = try RecordFacts(row, path: context.path)
        recordPK = row.int(9)
        recordID = row.text(10) ?? ""
        factoryPK = row.int(11)
        version = row.int(12)
        stage = CorrectionStage.effective(facts.state, stored: row.optionalInt(13))
        steps = row.int(15)
        objectionsUntil = row.optionalInt(16)
        verifiedAt = row.optionalInt(17)
        lastRecordPK = row.optionalInt(18)
        relapsedBy = row.optionalInt(19)
        openObjections = []
        guard stage == .objectionPeriod else { return }
        let open = try context.statement(
            "SELECT number, account FROM objections WHERE record_pk = ?1 AND settled_by IS NULL ORDER BY number")
        open.bind(1, recordPK)
        while try open.step() { openObjections.append((open.int(0), open.text(1) ?? "")) }
    }

    /// Whether the objection period is over with nothing open.
    func isDue(at now: Int64) -> Bool {
        guard stage == .objectionPeriod, openObjections.isEmpty, let objectionsUntil else { return false }
        return objectionsUntil <= now
    }

    /// Keeps the row, and the state in its record. Call before the change is announced: the record's version becomes the next change.
    func store(_ context: WriteContext) throws(RegistryError) {
        let row = try context.statement(
            """
            INSERT INTO corrections
            (record_pk, factory_pk, stage, state, since, steps, objections_until, verified_at, last_record_pk, relapsed_by)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT (record_pk) DO UPDATE SET
            since = iif(stage = excluded.stage, since, excluded.since), stage = excluded.stage, state = excluded.state,
            steps = excluded.steps, objections_until = excluded.objections_until, verified_at = excluded.verified_at,
            last_record_pk = excluded.last_record_pk, relapsed_by = excluded.relapsed_by
            """)
        row.bind(1, recordPK)
        row.bind(2, factoryPK)
        row.bind(3, stage.rawValue)
        row.bind(4, stage.state.rawValue)
        row.bind(5, context.now)
        row.bind(6, steps)
        row.bind(7, objectionsUntil)
        row.bind(8, verifiedAt)
        row.bind(9, lastRecordPK)
        row.bind(10, relapsedBy)
        try row.run()
        let record = try context.statement("UPDATE records SET state = ?2, changed_seq = ?3 WHERE pk = ?1")
        record.bind(1, recordPK)
        record.bind(2, stage.state.rawValue)
        record.bind(3, context.nextSequence)
        try record.run()
    }
}

extension CorrectionStage {
    /// The stage that steps have led to, unless the record's state says that its source has withdrawn it since.
    static func effective(_ state: RecordState, stored: Int64?) -> CorrectionStage {
        guard let stored, let stage = CorrectionStage(rawValue: UInt8(truncatingIfNeeded: stored)), stage.state == state else {
            return CorrectionStage(state)
        }
        return stage
    }
}
