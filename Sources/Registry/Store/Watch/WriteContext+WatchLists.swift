// WriteContext+WatchLists.swift: watch lists, written. They leave no row in the change feed, not even a private one: its numbers are seen by
// everyone, and a gap would tell that somebody watches something. The audit log names the list and the number of its entries, never a
// supplier.

import GRDB

extension WriteContext {
    static let mostWatchLists = 50

    /// Makes a list. Returns its id.
    public func addWatchList(name: String, brand: Int64, suppliers: [MatchedSupplier]) throws -> String {
        let row = try statement("SELECT count(*) FROM watch_lists WHERE brand_pk = ?1")
        row.bind(1, brand)
        guard try row.step(), row.int(0) < WriteContext.mostWatchLists else {
            throw WriteRefusal(
                .conflict, field: "", reason: "there are \(WriteContext.mostWatchLists) watch lists already; remove one first")
        }
        let id = RandomID.make("wl_")
        let insert = try statement("INSERT INTO watch_lists (id, brand_pk, name, created_at, changed_at) VALUES (?1, ?2, ?3, ?4, ?4)")
        insert.bind(1, id)
        insert.bind(2, brand)
        insert.bind(3, try WriteContext.checkedName(name))
        insert.bind(4, now)
        try insert.run()
        try append(suppliers, toList: insert.lastInsertedKey)
        try audit(action: "watchlist.added", subject: id, detail: #"{"entries":\#(suppliers.count)}"#)
        return id
    }

    /// Renames a list.
    public func renameWatchList(_ id: String, brand: Int64, to name: String) throws {
        let list = try watchListPK(id, brand)
        let update = try statement("UPDATE watch_lists SET name = ?2, changed_at = ?3 WHERE pk = ?1")
        update.bind(1, list)
        update.bind(2, try WriteContext.checkedName(name))
        update.bind(3, now)
        try update.run()
        try audit(action: "watchlist.renamed", subject: id)
    }

    /// Adds suppliers to a list, or puts them in the place of all that are there. What a person has decided of a supplier that stays (the
    /// same reference, code, name and place) is kept.
    public func putSuppliers(_ suppliers: [MatchedSupplier], intoWatchList id: String, brand: Int64, replacing: Bool) throws {
        let list = try watchListPK(id, brand)
        let decisions = replacing ? try decisions(ofList: list) : [:]
        if replacing {
            let delete = try statement("DELETE FROM watch_entries WHERE list_pk = ?1")
            delete.bind(1, list)
            try delete.run()
        }
        let decided = suppliers.map { item in
            guard let factory = decisions[WriteContext.identity(of: item.supplier)] else { return item }
            return MatchedSupplier(supplier: item.supplier, match: .matched(factoryPK: factory, basis: .confirmed))
        }
        let count = try statement("SELECT count(*) FROM watch_entries WHERE list_pk = ?1")
        count.bind(1, list)
        guard try count.step(), count.int(0) + Int64(suppliers.count) <= Int64(SupplierListReader.mostSuppliers) else {
            throw WriteRefusal(
                .conflict, field: "",
                reason: "the list would have more than \(SupplierListReader.mostSuppliers) suppliers; make several of it")
        }
        try append(decided, toList: list)
        try touch(list)
        try audit(action: replacing ? "watchlist.replaced" : "watchlist.extended", subject: id, detail: #"{"entries":\#(suppliers.count)}"#)
    }

    public func removeWatchList(_ id: String, brand: Int64) throws {
        let list = try watchListPK(id, brand)
        let delete = try statement("DELETE FROM watch_lists WHERE pk = ?1")
        delete.bind(1, list)
        try delete.run()
        try audit(action: "watchlist.removed", subject: id)
    }

    public func removeEntry(_ number: Int64, ofWatchList id: String, brand: Int64) throws {
        let list = try watchListPK(id, brand)
        let delete = try statement("DELETE FROM watch_entries WHERE pk = ?1")
        delete.bind(1, try entryPK(number, list))
        try delete.run()
        try touch(list)
        try audit(action: "watchlist.entry_removed", subject: id)
    }

    // MARK: Decisions of a person

    /// Says that an entry means a factory.
    public func confirm(entry number: Int64, ofWatchList id: String, brand: Int64, factoryID: String) throws {
        let list = try watchListPK(id, brand)
        let entry = try entryPK(number, list)
        try settle(entry, .matched, .confirmed, factory: try factoryPK(factoryID))
        try touch(list)
        try audit(action: "watchlist.confirmed", subject: id)
    }

    /// Says that an entry does not mean a factory.
    ///
    /// - Parameter factoryID: nil: none of those that are proposed.
    public func reject(entry number: Int64, ofWatchList id: String, brand: Int64, factoryID: String?) throws {
        let list = try watchListPK(id, brand)
        let entry = try entryPK(number, list)
        if let factoryID {
            // Kept, so that it is not proposed again.
            let mark = try statement(
                """
                INSERT INTO watch_candidates (entry_pk, factory_pk, score, reason, rejected) VALUES (?1, ?2, 0, '', 1)
                ON CONFLICT DO UPDATE SET rejected = 1
                """)
            mark.bind(1, entry)
            mark.bind(2, try factoryPK(factoryID))
            try mark.run()
        } else {
            let mark = try statement("UPDATE watch_candidates SET rejected = 1 WHERE entry_pk = ?1")
            mark.bind(1, entry)
            try mark.run()
            let matched = try statement(
                """
                INSERT INTO watch_candidates (entry_pk, factory_pk, score, reason, rejected)
                SELECT pk, factory_pk, 0, '', 1 FROM watch_entries WHERE pk = ?1 AND factory_pk IS NOT NULL
                ON CONFLICT DO UPDATE SET rejected = 1
                """)
            matched.bind(1, entry)
            try matched.run()
        }
        let current = try statement(
            "SELECT factory_pk, (SELECT count(*) FROM watch_candidates WHERE entry_pk = ?1 AND rejected = 0) FROM watch_entries WHERE pk = ?1"
        )
        current.bind(1, entry)
        if try current.step() {
            let factory = current.optionalInt(0)
            let isOpen = if let factory { try isRejected(factory, entry) } else { true }
            if isOpen { try settle(entry, current.int(1) > 0 ? .candidates : .rejected, nil, factory: nil) }
        }
        try touch(list)
        try audit(action: "watchlist.rejected", subject: id)
    }

    // MARK: Matching again

    /// Makes the indexes of codes and names, if they are missing. Cost: seconds for a million factories, the first time only.
    public func prepareMatching() throws { for sql in RegistrySchema.matchIndexes { try statement(sql).run() } }

    /// Looks again at entries that mean no factory yet and that a factory might fit. Returns how many were found.
    ///
    /// - Parameter factory: one that is new or has a new name or code; nil: all entries against all factories.
    @discardableResult
    public func rematch(factory: Int64? = nil) throws -> Int {
        let columns = "SELECT pk, number, ref, factory_id, credit_code, name, place, tier FROM watch_entries"
        var open: [(pk: Int64, supplier: SupplierDraft)] = []
        func gather(_ row: RawStatement) throws(RegistryError) {
            while try row.step() {
                var supplier = SupplierDraft(line: Int(row.int(1)))
                supplier.factoryID = row.text(3)
                supplier.creditCode = row.text(4)
                supplier.name = row.text(5)
                supplier.place = row.text(6)
                if !open.contains(where: { $0.pk == row.int(0) }) { open.append((row.int(0), supplier)) }
            }
        }
        if let factory {
            for condition in [
                "credit_code = (SELECT credit_code FROM factories WHERE pk = ?1)",
                "name_key IN (SELECT name_zh_key FROM factories WHERE pk = ?1)",
                "name_key IN (SELECT name_en_key FROM factories WHERE pk = ?1)",
                "name_key IN (SELECT former_name_key FROM factories WHERE pk = ?1)",
            ] {
                let row = try statement("\(columns) WHERE factory_pk IS NULL AND \(condition)")
                row.bind(1, factory)
                try gather(row)
            }
        } else {
            try gather(try statement("\(columns) WHERE factory_pk IS NULL"))
        }
        guard !open.isEmpty else { return 0 }
        try prepareMatching()
        let matcher = try WatchMatcher(db, path: path)
        var found = 0
        for (entry, supplier) in open {
            switch try matcher.match(supplier) {
            case .matched(let factory, let basis):
                guard try !isRejected(factory, entry) else { continue }
                try settle(entry, .matched, basis, factory: factory)
                found += 1
            case .candidates(let candidates):
                try propose(candidates, for: entry)
            }
        }
        return found
    }

    // MARK: Rows

    private func append(_ suppliers: [MatchedSupplier], toList list: Int64) throws(RegistryError) {
        let last = try statement("SELECT coalesce(max(number), 0) FROM watch_entries WHERE list_pk = ?1")
        last.bind(1, list)
        var number = try last.step() ? last.int(0) : 0
        last.reset()
        let insert = try statement(
            """
            INSERT INTO watch_entries (list_pk, number, ref, factory_id, credit_code, name, place, name_key, tier, tags, state, basis, factory_pk,
            decided_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """)
        for item in suppliers {
            number += 1
            let supplier = item.supplier
            insert.bind(1, list)
            insert.bind(2, number)
            insert.bind(3, supplier.reference)
            insert.bind(4, supplier.factoryID)
            insert.bind(5, supplier.creditCode)
            insert.bind(6, supplier.name)
            insert.bind(7, supplier.place)
            insert.bind(8, NameKey.hash(supplier.name))
            insert.bind(9, supplier.tier.map(Int64.init))
            insert.bind(10, TagText.encode(supplier.tags))
            insert.bind(14, now)
            switch item.match {
            case .matched(let factory, let basis):
                insert.bind(11, WatchMatchState.matched.rawValue)
                insert.bind(12, basis.rawValue)
                insert.bind(13, factory)
                try insert.run()
            case .candidates(let candidates):
                insert.bind(11, (candidates.isEmpty ? WatchMatchState.unmatched : .candidates).rawValue)
                insert.bind(12, nil as Int64?)
                insert.bind(13, nil as Int64?)
                try insert.run()
                try insertCandidates(candidates, for: insert.lastInsertedKey)
            }
        }
    }

    private func insertCandidates(_ candidates: [WatchCandidate], for entry: Int64) throws(RegistryError) {
        guard !candidates.isEmpty else { return }
        let insert = try statement(
            """
            INSERT INTO watch_candidates (entry_pk, factory_pk, score, reason, rejected) VALUES (?1, ?2, ?3, ?4, 0)
            ON CONFLICT DO UPDATE SET score = excluded.score, reason = excluded.reason
            """)
        for candidate in candidates {
            insert.bind(1, entry)
            insert.bind(2, candidate.factoryPK)
            insert.bind(3, candidate.score)
            insert.bind(4, candidate.reason)
            try insert.run()
        }
    }

    private func propose(_ candidates: [WatchCandidate], for entry: Int64) throws(RegistryError) {
        try insertCandidates(candidates, for: entry)
        let row = try statement("SELECT count(*) FROM watch_candidates WHERE entry_pk = ?1 AND rejected = 0")
        row.bind(1, entry)
        if try row.step(), row.int(0) > 0 { try settle(entry, .candidates, nil, factory: nil) }
    }

    private func settle(_ entry: Int64, _ state: WatchMatchState, _ basis: WatchMatchBasis?, factory: Int64?) throws(RegistryError) {
        let update = try statement("UPDATE watch_entries SET state = ?2, basis = ?3, factory_pk = ?4, decided_at = ?5 WHERE pk = ?1")
        update.bind(1, entry)
        update.bind(2, state.rawValue)
        update.bind(3, basis?.rawValue)
        update.bind(4, factory)
        update.bind(5, now)
        try update.run()
    }

    private func isRejected(_ factory: Int64, _ entry: Int64) throws(RegistryError) -> Bool {
        let row = try statement("SELECT 1 FROM watch_candidates WHERE entry_pk = ?1 AND factory_pk = ?2 AND rejected = 1")
        row.bind(1, entry)
        row.bind(2, factory)
        return try row.step()
    }

    private func watchListPK(_ id: String, _ brand: Int64) throws -> Int64 {
        guard let list = try RegistryStore.watchListPK(id, brand: brand, db, path: path) else {
            throw WriteRefusal(.notFound, field: "id", reason: "there is no such watch list")
        }
        return list
    }

    private func entryPK(_ number: Int64, _ list: Int64) throws -> Int64 {
        let row = try statement("SELECT pk FROM watch_entries WHERE list_pk = ?1 AND number = ?2")
        row.bind(1, list)
        row.bind(2, number)
        guard try row.step() else { throw WriteRefusal(.notFound, field: "number", reason: "the list has no such entry") }
        return row.int(0)
    }

    private func factoryPK(_ id: String) throws -> Int64 {
        let row = try statement("SELECT pk FROM factories WHERE id = ?1 AND removed_seq IS NULL")
        row.bind(1, id)
        guard try row.step() else {
            throw WriteRefusal(.invalid, field: "factory_id", value: String(id.prefix(64)), reason: "no factory has this id")
        }
        return row.int(0)
    }

    private func touch(_ list: Int64) throws(RegistryError) {
        let update = try statement("UPDATE watch_lists SET changed_at = ?2 WHERE pk = ?1")
        update.bind(1, list)
        update.bind(2, now)
        try update.run()
    }

    /// Factories that a person has confirmed, by what the list says of the supplier.
    private func decisions(ofList list: Int64) throws(RegistryError) -> [String: Int64] {
        let row = try statement(
            "SELECT ref, factory_id, credit_code, name, place, factory_pk FROM watch_entries WHERE list_pk = ?1 AND basis = ?2")
        row.bind(1, list)
        row.bind(2, WatchMatchBasis.confirmed.rawValue)
        var decisions: [String: Int64] = [:]
        while try row.step() {
            var supplier = SupplierDraft(line: 0)
            supplier.reference = row.text(0)
            supplier.factoryID = row.text(1)
            supplier.creditCode = row.text(2)
            supplier.name = row.text(3)
            supplier.place = row.text(4)
            decisions[WriteContext.identity(of: supplier)] = row.optionalInt(5)
        }
        return decisions
    }

    private static func identity(of supplier: SupplierDraft) -> String {
        [
            supplier.reference, supplier.factoryID, supplier.creditCode, supplier.name.map(NameKey.normalized),
            supplier.place.map(NameKey.normalized),
        ]
        .map { $0 ?? "" }.joined(separator: "\u{0}")
    }

    static func checkedName(_ name: String, field: String = "name") throws(WriteRefusal) -> String {
        guard !NameKey.normalized(name).isEmpty, name.unicodeScalars.count <= 100, !name.unicodeScalars.contains(where: { $0.value < 0x20 })
        else {
            throw WriteRefusal(
                .invalid, field: field, value: String(name.prefix(64)), reason: "must be a text of 1 to 100 characters on one line")
        }
        return name
    }
}
