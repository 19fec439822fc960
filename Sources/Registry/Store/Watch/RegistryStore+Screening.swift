// RegistryStore+Screening.swift: what is known now against the suppliers of a watch list: standing records, exceedances that go on, corrections
// that somebody still has to do something about. The status is that of the one status function.

import GRDB

/// One matched supplier, screened.
public struct ScreenedSupplier: Sendable {
    /// A record that counts.
    public struct Item: Sendable {
        public var id: String
        public var facts: RecordFacts
        public var severity: UInt8
    }

    public var number: Int64
    public var reference: String?
    public var tier: Int?
    public var tags: [String]
    public var factory: FactoryName
    public var assessment: Assessment
    /// Neither explained nor corrected, latest first.
    public var standing: [Item]
    /// Explained, or reported as corrected: a step is open.
    public var open: [Item]
    /// What exceeds its limit now, as the feed names it.
    public var exceedances: [OngoingExceedance]
}

/// An exceedance that has begun and not ended.
public struct OngoingExceedance: Hashable, Sendable {
    /// Such as the outlet and the pollutant.
    public var subject: String
    /// When its first hour was announced.
    public var since: String
    /// What was said then, as a JSON object.
    public var data: String?
    public var sequence: Int64
}

extension RegistryStore {
    /// Screens the matched entries of a list, by number; nil when the brand has no such list. Cost: some 100 µs a supplier.
    public func screen(list id: String, brand: Int64, after number: Int64 = 0, limit: Int) throws(RegistryError) -> [ScreenedSupplier]? {
        try read { db in
            guard let list = try RegistryStore.watchListPK(id, brand: brand, db, path: path) else { return nil }
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT number, ref, tier, tags, factories.pk, factories.id, name_zh, name_en, factories.credit_code, address,
                    removed_seq IS NOT NULL
                    FROM watch_entries AS entry JOIN factories ON factories.pk = entry.factory_pk
                    WHERE list_pk = ?1 AND number > ?2 ORDER BY number LIMIT ?3
                    """)
            row.bind(1, list)
            row.bind(2, number)
            row.bind(3, Int64(limit))
            let records = try RawStatement(
                db, path: path,
                sql: """
                    SELECT published, kind, category, state, measure, rating, act_date, fine_cny, superseded, id FROM records
                    WHERE factory_pk = ?1 ORDER BY published, id
                    """)
            let judgement = try FactoryJudgement(db, path: path)
            var screened: [ScreenedSupplier] = []
            while try row.step() {
                guard var factory = FactoryName(row, from: 5) else { continue }
                factory.isRemoved = row.int(10) != 0
                let pk = row.int(4)
                let assessment = try judgement.assess(factoryPK: pk, severityOf: nil).assessment
                var items: [ScreenedSupplier.Item] = []
                records.bind(1, pk)
                while try records.step() {
                    let severity = items.count < assessment.severities.count ? assessment.severities[items.count] : 0
                    items.append(.init(id: records.text(9) ?? "", facts: try RecordFacts(records, path: path), severity: severity))
                }
                records.reset()
                let counting = items.filter(\.facts.counts).reversed()
                screened.append(
                    ScreenedSupplier(
                        number: row.int(0), reference: row.text(1), tier: row.optionalInt(2).map(Int.init),
                        tags: TagText.decode(row.text(3)),
                        factory: factory, assessment: assessment, standing: counting.filter { $0.facts.state == .standing },
                        open: counting.filter { $0.facts.state == .explained || $0.facts.state == .correctionReported },
                        exceedances: try RegistryStore.ongoingExceedances(of: pk, db, path: path)))
            }
            return screened
        }
    }

    /// By the feed: what was announced as begun and not as ended. An end without a subject ends all of the factory's.
    static func ongoingExceedances(of factory: Int64, _ db: Database, path: String) throws(RegistryError) -> [OngoingExceedance] {
        let row = try RawStatement(
            db, path: path,
            sql: """
                SELECT subject, seq, at, data FROM changes AS start
                WHERE factory_pk = ?1 AND kind = 'monitoring.exceedance_started' AND NOT EXISTS (
                    SELECT 1 FROM changes AS later WHERE later.factory_pk = ?1 AND later.seq > start.seq AND (
                        (later.kind = 'monitoring.exceedance_ended' AND (later.subject IS NULL OR later.subject IS start.subject))
                        OR (later.kind = 'monitoring.exceedance_started' AND later.subject IS start.subject)))
                ORDER BY seq
                """)
        row.bind(1, factory)
        var ongoing: [OngoingExceedance] = []
        while try row.step() {
            ongoing.append(
                OngoingExceedance(subject: row.text(0) ?? "", since: row.text(2) ?? "", data: row.text(3), sequence: row.int(1)))
        }
        return ongoing
    }
}
