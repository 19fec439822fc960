// RecordWriter.swift: one batch of records into the store: check, find the factory, insert or update, and keep `superseded` right
// in whatever order a record and its correction arrive.

import GRDB

final class RecordWriter: BatchWriter {
    static let entity = "records"
    private let upserter: Upserter
    private let matcher: FactoryMatcher
    /// Of the change that the next row belongs to.
    var sequence: Int64
    /// What the last row was written as, and the records whose mark of being superseded it has changed.
    private(set) var written: (id: String, factoryPK: Int64, remarked: [String]) = ("", 0, [])
    private let storedSupersedes: RawStatement
    private let supersedesOf: RawStatement
    private let isSuperseded: RawStatement
    private let markSuperseded: RawStatement
    private let unmark: RawStatement
    /// While no record corrects another, no new one needs to be looked up.
    private var hasCorrections: Bool

    private static let columns = [
        "id", "factory_pk", "published", "kind", "category", "state", "measure", "rating", "act_date", "fine_cny", "content_hash",
        "changed_seq", "supersedes", "authority", "document_number", "regulation", "text", "source_url", "retrieved_at",
    ]

    init(_ db: Database, path: String, sequence: Int64) throws(RegistryError) {
        func statement(_ sql: String) throws(RegistryError) -> RawStatement { try RawStatement(db, path: path, sql: sql) }
        upserter = try Upserter(
            db, path: path, table: "records", key: ["id"], columns: RecordWriter.columns, insertOnly: [("superseded", "0")])
        matcher = try FactoryMatcher(db, path: path)
        self.sequence = sequence
        storedSupersedes = try statement("SELECT supersedes FROM records WHERE pk = ?1")
        supersedesOf = try statement("SELECT supersedes FROM records WHERE id = ?1")
        isSuperseded = try statement("SELECT 1 FROM records WHERE supersedes = ?1 LIMIT 1")
        markSuperseded = try statement("UPDATE records SET superseded = 1, changed_seq = ?2 WHERE id = ?1 AND superseded = 0")
        unmark = try statement(
            """
            UPDATE records SET superseded = 0, changed_seq = ?2
            WHERE id = ?1 AND superseded = 1 AND NOT EXISTS (SELECT 1 FROM records AS later WHERE later.supersedes = ?1)
            """)
        let any = try statement("SELECT 1 FROM records WHERE supersedes IS NOT NULL LIMIT 1")
        hasCorrections = try any.step()
    }

    func write(_ draft: RecordDraft, seen: inout PrimaryKeySet) throws(RegistryError) -> RowOutcome {
        if let refusal = RecordWriter.refusal(draft) { return refusal }
        let factory: Int64
        switch try matcher.resolve(draft.factory) {
        case .found(let pk): factory = pk
        case .rejected(let field, let value, let reason): return .rejected(field: field, value: value, reason: reason)
        }
        let id = try identify(draft, factory: factory)
        written = (id, factory, [])
        let supersedes = draft.supersedes.flatMap { $0.isEmpty ? nil : $0 }
        if let supersedes {
            if supersedes == id { return .rejected(field: "supersedes", value: supersedes, reason: "a record cannot supersede itself") }
            if try recordThatSuperseded(by: supersedes) == id {
                return .rejected(field: "supersedes", value: supersedes, reason: "the two records would supersede each other")
            }
        }
        let hash = draft.contentHash(factoryPK: factory)
        var formerlySuperseded: String?
        let result = try upserter.write(
            contentHash: hash, seen: &seen, bindKey: { $0.bind(1, id) },
            bindValues: { bind(draft, id: id, factory: factory, supersedes: supersedes, hash: hash, to: $0) },
            willUpdate: { (pk) throws(RegistryError) in
                storedSupersedes.bind(1, pk)
                defer { storedSupersedes.reset() }
                if try storedSupersedes.step() { formerlySuperseded = storedSupersedes.text(0) }
            })
        switch result {
        case .accepted:
            if hasCorrections, try isCorrected(id) { try run(markSuperseded, id) }
            if let supersedes { try run(markSuperseded, supersedes) }
        case .updated where formerlySuperseded != supersedes:
            if let formerlySuperseded { try run(unmark, formerlySuperseded) }
            if let supersedes { try run(markSuperseded, supersedes) }
        case .updated, .unchanged, .duplicate: break
        }
        if supersedes != nil { hasCorrections = true }
        return result.outcome(field: "id", value: id)
    }

    private func run(_ statement: RawStatement, _ id: String) throws(RegistryError) {
        statement.bind(1, id)
        statement.bind(2, sequence)
        if try statement.run() > 0 { written.remarked.append(id) }
    }

    /// The factory that a draft names.
    func factory(of draft: RecordDraft) throws(RegistryError) -> FactoryMatcher.Match { try matcher.resolve(draft.factory) }

    /// A stored factory's id.
    func factoryID(_ pk: Int64) throws(RegistryError) -> String? { try matcher.id(of: pk) }

    private func isCorrected(_ id: String) throws(RegistryError) -> Bool {
        isSuperseded.bind(1, id)
        defer { isSuperseded.reset() }
        return try isSuperseded.step()
    }

    private func recordThatSuperseded(by id: String) throws(RegistryError) -> String? {
        supersedesOf.bind(1, id)
        defer { supersedesOf.reset() }
        return try supersedesOf.step() ? supersedesOf.text(0) : nil
    }

    /// The source's id, or one made of what identifies a decision: factory, kind, category, day and document number; without a
    /// number, all that the record says.
    private func identify(_ draft: RecordDraft, factory: Int64) throws(RegistryError) -> String {
        if let id = draft.id, !id.isEmpty { return id }
        let factoryID = try matcher.id(of: factory)
        return DerivedID.make("record-") { hash in
            hash.add(factoryID)
            hash.add(Int64(draft.kind.rawValue) << 8 | Int64(draft.category.rawValue))
            hash.add(draft.published.daysSince1970)
            if let number = draft.documentNumber, !number.isEmpty { return hash.add(NameKey.normalized(number)) }
            hash.add(draft.actDate?.daysSince1970)
            hash.add(draft.authority)
            hash.add(draft.text)
            hash.add(draft.fineCNY)
            hash.add(draft.measure?.name)
            hash.add(draft.rating?.name)
        }
    }

    private func bind(_ draft: RecordDraft, id: String, factory: Int64, supersedes: String?, hash: Int64, to row: RawStatement) {
        row.bind(1, id)
        row.bind(2, factory)
        row.bind(3, draft.published.daysSince1970)
        row.bind(4, draft.kind.rawValue)
        row.bind(5, draft.category.rawValue)
        row.bind(6, draft.state.rawValue)
        row.bind(7, draft.measure?.rawValue)
        row.bind(8, draft.rating?.rawValue)
        row.bind(9, draft.actDate?.daysSince1970)
        row.bind(10, draft.fineCNY)
        row.bind(11, hash)
        row.bind(12, sequence)
        row.bind(13, supersedes)
        row.bind(14, draft.authority)
        row.bind(15, draft.documentNumber)
        row.bind(16, draft.regulation)
        row.bind(17, draft.text)
        row.bind(18, draft.sourceURL)
        row.bind(19, draft.retrievedAt)
    }

    /// What the store cannot hold, whoever calls it.
    private static func refusal(_ draft: RecordDraft) -> RowOutcome? {
        if let fine = draft.fineCNY, !(fine >= 0 && fine.isFinite) {
            return .rejected(field: "fine_cny", value: "\(fine)", reason: "must be 0 or more, in CNY")
        }
        if draft.kind == .creditRating, draft.rating == nil {
            return .rejected(field: "rating", value: "", reason: "a credit_rating needs one of \(CreditRating.names)")
        }
        return nil
    }
}
