// FactoryJudgement.swift: a factory's status inside a live write, by the one status function, from the rows as this write leaves them.

import GRDB

/// Judges factories within one transaction.
final class FactoryJudgement {
    private let path: String
    private let facts: RawStatement
    private let factory: RawStatement
    private let exceeding: RawStatement
    private let asOf: Day

    init(_ db: Database, path: String) throws(RegistryError) {
        self.path = path
        facts = try RawStatement(
            db, path: path,
            sql: """
                SELECT published, kind, category, state, measure, rating, act_date, fine_cny, superseded, id FROM records
                WHERE factory_pk = ?1 ORDER BY published, id
                """)
        factory = try RawStatement(db, path: path, sql: "SELECT key_monitored, disclosed FROM factories WHERE pk = ?1")
        exceeding = try RawStatement(db, path: path, sql: "SELECT exceeding FROM monitoring_state WHERE factory_pk = ?1")
        let day = try RawStatement(db, path: path, sql: "SELECT value FROM meta WHERE name = 'as_of'")
        asOf = try day.step() ? day.text(0).flatMap { Day(iso: $0) } ?? Day.today() : Day.today()
    }

    /// - Parameter record: the id of a record whose severity is asked for.
    func assess(factoryPK: Int64, severityOf record: String?) throws(RegistryError) -> (assessment: Assessment, severity: UInt8?) {
        factory.bind(1, factoryPK)
        defer { factory.reset() }
        let discloses = try factory.step() && (factory.int(0) != 0 || factory.int(1) != 0)
        facts.bind(1, factoryPK)
        defer { facts.reset() }
        var records: [RecordFacts] = []
        var place: Int?
        while try facts.step() {
            if let record, facts.text(9) == record { place = records.count }
            records.append(try RecordFacts(facts, path: path))
        }
        let assessment = Assessment.assess(
            records: records, disclosed: discloses, exceedingNow: try exceedsNow(factoryPK), asOf: asOf)
        return (assessment, place.map { assessment.severities[$0] })
    }

    /// Whether its monitoring exceeds a limit now.
    private func exceedsNow(_ factoryPK: Int64) throws(RegistryError) -> Bool {
        exceeding.bind(1, factoryPK)
        defer { exceeding.reset() }
        return try exceeding.step() && exceeding.int(0) != 0
    }
}

extension RecordFacts {
    /// From columns published, kind, category, state, measure, rating, act_date, fine_cny, superseded.
    init(_ row: RawStatement, path: String) throws(RegistryError) {
        guard let kind = RecordKind(rawValue: UInt8(truncatingIfNeeded: row.int(1))),
            let category = RecordCategory(rawValue: UInt8(truncatingIfNeeded: row.int(2))),
            let state = RecordState(rawValue: UInt8(truncatingIfNeeded: row.int(3)))
        else { throw .damaged(path: path, detail: "a record has a kind, category or state unknown here") }
        self.init(
            kind: kind, published: Day(daysSince1970: Int32(truncatingIfNeeded: row.int(0))),
            actDate: row.optionalInt(6).map { Day(daysSince1970: Int32(truncatingIfNeeded: $0)) }, category: category,
            measure: row.optionalInt(4).flatMap { Measure(rawValue: UInt8(truncatingIfNeeded: $0)) }, fineCNY: row.optionalDouble(7),
            state: state, rating: row.optionalInt(5).flatMap { CreditRating(rawValue: UInt8(truncatingIfNeeded: $0)) },
            superseded: row.int(8) != 0)
    }
}

extension WriteContext {
    /// The status of a factory as this write leaves it, and the severity of one of its records.
    public func assess(
        factoryPK: Int64, severityOf record: String? = nil
    ) throws(RegistryError) -> (assessment: Assessment, severity: UInt8?) {
        try tools.judge(self).assess(factoryPK: factoryPK, severityOf: record)
    }
}
