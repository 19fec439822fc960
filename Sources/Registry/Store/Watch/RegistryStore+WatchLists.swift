// RegistryStore+WatchLists.swift: a brand's watch lists, read. Every function asks for the brand and finds only what is its own; for the list of
// another brand the answer is the same as for one that does not exist, from the same query.

import GRDB

extension RegistryStore {
    /// Matches suppliers with factories; stores nothing. Cost: some 50 µs a supplier.
    ///
    /// - Parameter similar: ids of factories whose names may be alike, asked for when a supplier is not found exactly; best first.
    public func match(
        _ suppliers: [SupplierDraft], similar: (SupplierDraft) -> [String] = { _ in [] }
    ) throws(RegistryError) -> [MatchedSupplier] {
        try read { db in
            let matcher = try WatchMatcher(db, path: path)
            return try suppliers.map { supplier in
                var match = try matcher.match(supplier)
                if case .candidates = match, supplier.name != nil {
                    let ids = similar(supplier)
                    if !ids.isEmpty { match = try matcher.match(supplier, similar: ids) }
                }
                return MatchedSupplier(supplier: supplier, match: match)
            }
        }
    }

    /// A brand's watch lists, oldest first.
    public func watchLists(ofBrand brand: Int64) throws(RegistryError) -> [WatchListSummary] {
        try watchLists(where: "brand_pk = ?1") { $0.bind(1, brand) }
    }

    /// Nil when the brand has no such list.
    public func watchList(_ id: String, ofBrand brand: Int64) throws(RegistryError) -> WatchListSummary? {
        try watchLists(where: "brand_pk = ?1 AND id = ?2") {
            $0.bind(1, brand)
            $0.bind(2, id)
        }.first
    }

    private func watchLists(where condition: String, bind: (RawStatement) -> Void) throws(RegistryError) -> [WatchListSummary] {
        try read { db in
            let row = try RawStatement(
                db, path: path, sql: "SELECT pk, id, name, created_at, changed_at FROM watch_lists WHERE \(condition) ORDER BY pk")
            let count = try RawStatement(
                db, path: path, sql: "SELECT state, count(*) FROM watch_entries WHERE list_pk = ?1 GROUP BY state")
            bind(row)
            var lists: [WatchListSummary] = []
            while try row.step() {
                var list = WatchListSummary(
                    id: row.text(1) ?? "", name: row.text(2) ?? "", createdAt: row.int(3), changedAt: row.int(4), counts: [:])
                count.bind(1, row.int(0))
                while try count.step() {
                    if let state = WatchMatchState(rawValue: count.int(0)) { list.counts[state] = Int(count.int(1)) }
                }
                count.reset()
                lists.append(list)
            }
            return lists
        }
    }

    /// Entries of a list by number; nil when the brand has no such list.
    ///
    /// - Parameters:
    ///   - state: nil: all.
    ///   - number: entries after this one.
    public func watchEntries(
        ofList id: String, brand: Int64, state: WatchMatchState? = nil, after number: Int64 = 0, limit: Int
    ) throws(RegistryError) -> [WatchEntry]? {
        try read { db in
            guard let list = try RegistryStore.watchListPK(id, brand: brand, db, path: path) else { return nil }
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT entry.pk, number, ref, entry.factory_id, entry.credit_code, entry.name, place, tier, tags, state, basis,
                    factories.id, name_zh, name_en, factories.credit_code, address, removed_seq IS NOT NULL
                    FROM watch_entries AS entry LEFT JOIN factories ON factories.pk = entry.factory_pk
                    WHERE list_pk = ?1 AND number > ?2 AND (?3 IS NULL OR state = ?3) ORDER BY number LIMIT ?4
                    """)
            row.bind(1, list)
            row.bind(2, number)
            row.bind(3, state?.rawValue)
            row.bind(4, Int64(limit))
            let candidate = try RawStatement(
                db, path: path,
                sql: """
                    SELECT score, reason, factories.id, name_zh, name_en, credit_code, address
                    FROM watch_candidates JOIN factories ON factories.pk = factory_pk
                    WHERE entry_pk = ?1 AND rejected = 0 AND removed_seq IS NULL ORDER BY score DESC, factories.pk
                    """)
            var entries: [WatchEntry] = []
            while try row.step() {
                var entry = WatchEntry(
                    number: row.int(1), reference: row.text(2), factoryID: row.text(3), creditCode: row.text(4), name: row.text(5),
                    place: row.text(6), tier: row.optionalInt(7).map(Int.init), tags: TagText.decode(row.text(8)),
                    state: WatchMatchState(rawValue: row.int(9)) ?? .unmatched,
                    basis: row.optionalInt(10).flatMap { WatchMatchBasis(rawValue: $0) }, factory: FactoryName(row, from: 11),
                    candidates: [])
                entry.factory?.isRemoved = row.int(16) != 0
                candidate.bind(1, row.int(0))
                while try candidate.step() {
                    guard let factory = FactoryName(candidate, from: 2) else { continue }
                    entry.candidates.append(.init(factory: factory, score: candidate.double(0), reason: candidate.text(1) ?? ""))
                }
                candidate.reset()
                entries.append(entry)
            }
            return entries
        }
    }

    static func watchListPK(_ id: String, brand: Int64, _ db: Database, path: String) throws(RegistryError) -> Int64? {
        let row = try RawStatement(db, path: path, sql: "SELECT pk FROM watch_lists WHERE brand_pk = ?1 AND id = ?2")
        row.bind(1, brand)
        row.bind(2, id)
        return try row.step() ? row.int(0) : nil
    }

    /// Which of these factories stand on a watch list of the brand.
    ///
    /// - Parameter list: only this one.
    public func watched(_ factories: Set<Int64>, byBrand brand: Int64, list: String? = nil) throws(RegistryError) -> Set<Int64> {
        guard !factories.isEmpty else { return [] }
        return try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT 1 FROM watch_entries JOIN watch_lists ON watch_lists.pk = list_pk
                    WHERE factory_pk = ?1 AND brand_pk = ?2 AND (?3 IS NULL OR watch_lists.id = ?3) LIMIT 1
                    """)
            return try factories.filter { factory in
                row.bind(1, factory)
                row.bind(2, brand)
                row.bind(3, list)
                defer { row.reset() }
                return try row.step()
            }
        }
    }

    /// Who watches some factories: for the server's own use only, never for an answer.
    public func watchers(of factories: Set<Int64>) throws(RegistryError) -> [Int64: [(brand: Int64, list: String)]] {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT brand_pk, watch_lists.id FROM watch_entries JOIN watch_lists ON watch_lists.pk = list_pk
                    WHERE factory_pk = ?1
                    """)
            var result: [Int64: [(brand: Int64, list: String)]] = [:]
            for factory in factories {
                row.bind(1, factory)
                while try row.step() { result[factory, default: []].append((row.int(0), row.text(1) ?? "")) }
                row.reset()
            }
            return result
        }
    }
}

extension FactoryName {
    /// From columns id, name_zh, name_en, credit_code, address; nil without an id.
    init?(_ row: RawStatement, from column: Int32) {
        guard let id = row.text(column) else { return nil }
        self.init(
            id: id, nameZH: row.text(column + 1), nameEN: row.text(column + 2), creditCode: row.text(column + 3),
            address: row.text(column + 4))
    }
}

/// Tags as they are stored: a JSON list of texts.
enum TagText {
    static func encode(_ tags: [String]) -> String { "[" + tags.map(AttributesJSON.quoted).joined(separator: ",") + "]" }

    static func decode(_ text: String?) -> [String] {
        guard let text, case .array(let items)? = try? JSONValue.parse(Array(text.utf8)) else { return [] }
        return items.compactMap { if case .string(let tag) = $0 { tag } else { nil } }
    }
}
