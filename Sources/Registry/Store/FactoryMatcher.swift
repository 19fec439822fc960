// FactoryMatcher.swift: which factory a record, a link or a factory without an id means. By id; else by credit code, if exactly one
// factory has it; else by normalised name and place, if exactly one fits. Never a guess: what stays ambiguous is rejected, with
// the number of candidates.

import GRDB

/// Finds factories within one batch. Reads what the batch itself has written before.
final class FactoryMatcher {
    private let db: Database
    private let path: String
    private let byID: RawStatement
    private var lookups: Lookups?
    /// Files often have many rows of one factory behind each other.
    private var last: (id: String, pk: Int64)?

    /// More candidates than this are not compared one by one.
    private static let candidateLimit = 1000

    init(_ db: Database, path: String) throws(RegistryError) {
        self.db = db
        self.path = path
        byID = try RawStatement(db, path: path, sql: "SELECT pk FROM factories WHERE id = ?1 AND removed_seq IS NULL")
    }

    enum Match {
        case found(Int64)
        case rejected(field: String, value: String, reason: String)
    }

    func resolve(_ reference: FactoryReference) throws(RegistryError) -> Match {
        if let id = reference.id, !id.isEmpty {
            if let last, last.id == id { return .found(last.pk) }
            byID.bind(1, id)
            defer { byID.reset() }
            guard try byID.step() else { return .rejected(field: "factory_id", value: id, reason: "no factory has this id") }
            let pk = byID.int(0)
            last = (id, pk)
            return .found(pk)
        }
        var refusal = Match.rejected(
            field: "factory_id", value: "", reason: "names no factory; needs factory_id, credit_code, or factory_name and place")
        let code = reference.creditCode.flatMap { $0.isEmpty ? nil : $0 }
        if let code {
            let keys = try factories(withCreditCode: code)
            if keys.count == 1 { return .found(keys[0]) }
            refusal = .rejected(field: "credit_code", value: code, reason: "\(FactoryMatcher.count(keys.count)) this credit code")
        }
        if let name = reference.name, !NameKey.normalized(name).isEmpty {
            return try match(name: name, place: reference.place, code: code)
        }
        return refusal
    }

    /// Primary keys of the factories with exactly this code, ascending, at most `candidateLimit`.
    func factories(withCreditCode code: String) throws(RegistryError) -> [Int64] {
        let statement = try prepareLookups().byCode
        statement.bind(1, code)
        defer { statement.reset() }
        var keys: [Int64] = []
        while keys.count < FactoryMatcher.candidateLimit, try statement.step() { keys.append(statement.int(0)) }
        return keys
    }

    /// The source id of a stored factory.
    func id(of pk: Int64) throws(RegistryError) -> String? {
        let statement = try prepareLookups().idByKey
        statement.bind(1, pk)
        defer { statement.reset() }
        return try statement.step() ? statement.text(0) : nil
    }

    // MARK: Names

    private struct Candidate {
        var pk: Int64
        var county: Int64?
        var address: String?
        var creditCode: String?
    }

    private func match(name: String, place: String?, code: String?) throws(RegistryError) -> Match {
        let key = NameKey.normalized(name)
        guard let hash = NameKey.hash(name) else { return .rejected(field: "factory_name", value: name, reason: "the name is empty") }
        let lookups = try prepareLookups()
        var named = try candidates(lookups.byNameZH, hash: hash, key: key)
        for candidate in try candidates(lookups.byNameEN, hash: hash, key: key) where !named.contains(where: { $0.pk == candidate.pk }) {
            named.append(candidate)
        }
        // A company that is called so now goes before one that was.
        if named.isEmpty { named = try candidates(lookups.byFormerName, hash: hash, key: key) }
        let total = named.count
        // Two valid codes that differ are two legal entities, whatever they are called.
        if let code, CreditCode.isValid(code) {
            named.removeAll { $0.creditCode.map { $0 != code && CreditCode.isValid($0) } ?? false }
        }
        if let place = PlaceKey(place) { named.removeAll { !place.matches(county: $0.county, address: $0.address) } }
        if named.count == 1 { return .found(named[0].pk) }
        let what = total == 0 ? "this name" : "this name, \(named.count) of them fit the place and the credit code"
        return .rejected(field: "factory_name", value: name, reason: "\(FactoryMatcher.count(total)) \(what)")
    }

    private func candidates(_ statement: RawStatement, hash: Int64, key: String) throws(RegistryError) -> [Candidate] {
        statement.bind(1, hash)
        defer { statement.reset() }
        var found: [Candidate] = []
        while found.count < FactoryMatcher.candidateLimit, try statement.step() {
            // Equal hashes are no proof of equal names.
            guard statement.text(1).map(NameKey.normalized) == key else { continue }
            found.append(
                Candidate(
                    pk: statement.int(0), county: statement.optionalInt(2), address: statement.text(3), creditCode: statement.text(4)))
        }
        return found
    }

    private static func count(_ number: Int) -> String {
        switch number {
        case 0: "no factory has"
        case candidateLimit...: "\(candidateLimit) factories or more have"
        default: "\(number) factories have"
        }
    }

    // MARK: Statements

    private struct Lookups {
        let byCode: RawStatement
        let byNameZH: RawStatement
        let byNameEN: RawStatement
        let byFormerName: RawStatement
        let idByKey: RawStatement
    }

    private func prepareLookups() throws(RegistryError) -> Lookups {
        if let lookups { return lookups }
        for sql in RegistrySchema.matchIndexes { try RawStatement(db, path: path, sql: sql).run() }
        func byName(_ name: String) throws(RegistryError) -> RawStatement {
            try RawStatement(
                db, path: path,
                sql: """
                    SELECT pk, \(name), county, address, credit_code FROM factories
                    WHERE \(name)_key = ?1 AND removed_seq IS NULL ORDER BY pk
                    """)
        }
        let prepared = Lookups(
            byCode: try RawStatement(
                db, path: path, sql: "SELECT pk FROM factories WHERE credit_code = ?1 AND removed_seq IS NULL ORDER BY pk"),
            byNameZH: try byName("name_zh"), byNameEN: try byName("name_en"), byFormerName: try byName("former_name"),
            idByKey: try RawStatement(db, path: path, sql: "SELECT id FROM factories WHERE pk = ?1"))
        lookups = prepared
        return prepared
    }
}
