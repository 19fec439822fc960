// Watching.swift: from a change to those who are to be told: which entries of which lists mean the factory, and which rules their brands have.
// This is the one place where the two meet; what comes out goes to the brands' own deliveries and nowhere else.

import GRDB

/// A rule of a brand that watches a factory, with what the rule is judged by.
public struct WatchingRule: Sendable {
    public var brandPK: Int64
    public var ruleID: String
    public var rule: WatchRule
    public var subscriptionPK: Int64
    /// The entries of the brand's lists that mean the factory.
    public var suppliers: [WatchedSupplier]
}

extension RegistryStore {
    /// All enabled rules of all brands that watch a factory.
    ///
    /// - Parameter subscription: only rules that deliver to this one.
    public func rules(
        watching factory: Int64, subscription: Int64? = nil, cache: WatchRuleCache
    ) throws(RegistryError) -> [WatchingRule] {
        try read { db in
            let entry = try RawStatement(
                db, path: path,
                sql: """
                    SELECT brand_pk, watch_lists.id, watch_lists.name, ref, tags, tier
                    FROM watch_entries JOIN watch_lists ON watch_lists.pk = list_pk
                    WHERE factory_pk = ?1 ORDER BY brand_pk, watch_entries.pk
                    """)
            entry.bind(1, factory)
            var suppliers: [(brand: Int64, entries: [WatchedSupplier])] = []
            while try entry.step() {
                let brand = entry.int(0)
                let supplier = WatchedSupplier(
                    listID: entry.text(1) ?? "", listName: entry.text(2) ?? "", reference: entry.text(3),
                    tags: TagText.decode(entry.text(4)),
                    tier: entry.optionalInt(5).map(Int.init))
                if suppliers.last?.brand != brand { suppliers.append((brand, [])) }
                suppliers[suppliers.count - 1].entries.append(supplier)
            }
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT watch_rules.pk, watch_rules.id, rule, version, subscription_pk
                    FROM watch_rules JOIN subscriptions ON subscriptions.pk = subscription_pk
                    WHERE watch_rules.brand_pk = ?1 AND enabled = 1 AND (?2 IS NULL OR subscription_pk = ?2) ORDER BY watch_rules.pk
                    """)
            var rules: [WatchingRule] = []
            for (brand, entries) in suppliers {
                row.bind(1, brand)
                row.bind(2, subscription)
                while try row.step() {
                    let rule = try cache.rule(pk: row.int(0), version: row.int(3)) { () throws(RegistryError) in
                        try RegistryStore.rule(row.text(2), path: path)
                    }
                    guard rule.isEnabled else { continue }
                    rules.append(
                        WatchingRule(
                            brandPK: brand, ruleID: row.text(1) ?? "", rule: rule, subscriptionPK: row.int(4), suppliers: entries))
                }
                row.reset()
            }
            return rules
        }
    }

    /// A factory as pushes name it; nil when there is none.
    public func factoryName(pk: Int64) throws(RegistryError) -> FactoryName? { try factoryNames(of: [pk])[pk] }
}

extension RegistryStore {
    /// The names of some factories.
    public func factoryNames(of factories: [Int64]) throws(RegistryError) -> [Int64: FactoryName] {
        try read { db in
            let row = try RawStatement(
                db, path: path, sql: "SELECT id, name_zh, name_en, credit_code, address FROM factories WHERE pk = ?1")
            var names: [Int64: FactoryName] = [:]
            for factory in Set(factories) {
                row.bind(1, factory)
                if try row.step() { names[factory] = FactoryName(row, from: 0) }
                row.reset()
            }
            return names
        }
    }
}

/// Rules that were read before. One thread at a time.
public final class WatchRuleCache {
    private var rules: [Int64: (version: Int64, rule: WatchRule)] = [:]

    public init() {}

    func rule(pk: Int64, version: Int64, _ read: () throws(RegistryError) -> WatchRule) throws(RegistryError) -> WatchRule {
        if let known = rules[pk], known.version == version { return known.rule }
        let rule = try read()
        if rules.count > 50_000 { rules = [:] }
        rules[pk] = (version, rule)
        return rule
    }
}

// MARK: Digests

/// What a subscription's digest of the day has to say.
public struct DigestDraft: Sendable {
    /// An exceedance that goes on at a watched factory.
    public struct Ongoing: Sendable {
        public var factory: FactoryName
        public var exceedance: OngoingExceedance
    }

    public var subscriptionPK: Int64
    public var subscriptionID: String
    /// Days since 1970, in China.
    public var day: Int64
    /// Events that were gathered, in order, as JSON objects.
    public var items: [String]
    /// The last item that is in it.
    public var lastItem: Int64
    public var ongoing: [Ongoing]
}

extension RegistryStore {
    /// Subscriptions whose hour has come today.
    public func digestsDue(now: Int64) throws(RegistryError) -> [DigestDraft] {
        let day = DigestClock.day(at: now)
        let cache = WatchRuleCache()
        return try read { db in
            let row = try RawStatement(
                db, path: path,
                sql:
                    "SELECT pk, id, brand_pk FROM subscriptions WHERE enabled = 1 AND digest_day < ?1 AND digest_minute <= ?2 ORDER BY pk LIMIT 500"
            )
            row.bind(1, day)
            row.bind(2, DigestClock.minute(at: now))
            let item = try RawStatement(
                db, path: path, sql: "SELECT pk, body FROM digest_items WHERE subscription_pk = ?1 ORDER BY pk LIMIT 5000")
            let rule = try RawStatement(db, path: path, sql: "SELECT pk, rule, version FROM watch_rules WHERE subscription_pk = ?1")
            var drafts: [DigestDraft] = []
            while try row.step() {
                var draft = DigestDraft(
                    subscriptionPK: row.int(0), subscriptionID: row.text(1) ?? "", day: day, items: [], lastItem: 0, ongoing: [])
                item.bind(1, draft.subscriptionPK)
                while try item.step() {
                    draft.lastItem = item.int(0)
                    draft.items.append(item.text(1) ?? "{}")
                }
                item.reset()
                var rules: [WatchRule] = []
                rule.bind(1, draft.subscriptionPK)
                while try rule.step() {
                    rules.append(
                        try cache.rule(pk: rule.int(0), version: rule.int(2)) { () throws(RegistryError) in
                            try RegistryStore.rule(rule.text(1), path: path)
                        })
                }
                rule.reset()
                rules = rules.filter { $0.isEnabled && $0.followsExceedances }
                if !rules.isEmpty { draft.ongoing = try ongoing(brand: row.int(2), rules, db) }
                drafts.append(draft)
            }
            return drafts
        }
    }

    /// Exceedances that go on at factories which the brand watches and one of the rules chooses.
    private func ongoing(brand: Int64, _ rules: [WatchRule], _ db: Database) throws(RegistryError) -> [DigestDraft.Ongoing] {
        let row = try RawStatement(
            db, path: path,
            sql: """
                SELECT factory_pk, watch_lists.id, tags, tier FROM watch_entries JOIN watch_lists ON watch_lists.pk = list_pk
                WHERE brand_pk = ?1 AND factory_pk IN
                (SELECT factory_pk FROM changes WHERE factory_pk = watch_entries.factory_pk AND kind = 'monitoring.exceedance_started')
                """)
        row.bind(1, brand)
        var chosen: [Int64] = []
        while try row.step() {
            let supplier = WatchedSupplier(
                listID: row.text(1) ?? "", listName: "", tags: TagText.decode(row.text(2)), tier: row.optionalInt(3).map(Int.init))
            if rules.contains(where: { $0.suppliers.chooses(supplier) }), !chosen.contains(row.int(0)) { chosen.append(row.int(0)) }
        }
        let name = try RawStatement(
            db, path: path, sql: "SELECT id, name_zh, name_en, credit_code, address FROM factories WHERE pk = ?1 AND removed_seq IS NULL")
        var ongoing: [DigestDraft.Ongoing] = []
        for factory in chosen {
            let exceedances = try RegistryStore.ongoingExceedances(of: factory, db, path: path)
            name.bind(1, factory)
            defer { name.reset() }
            guard !exceedances.isEmpty, try name.step(), let named = FactoryName(name, from: 0) else { continue }
            ongoing += exceedances.map { DigestDraft.Ongoing(factory: named, exceedance: $0) }
        }
        return ongoing
    }
}

extension WriteContext {
    /// Closes a subscription's day: what the digest holds is struck off, and the digest, unless it is empty, is in the queue.
    public func closeDigest(_ digest: DigestDraft, delivery: DeliveryDraft?) throws {
        let day = try statement("UPDATE subscriptions SET digest_day = ?2 WHERE pk = ?1 AND digest_day < ?2")
        day.bind(1, digest.subscriptionPK)
        day.bind(2, digest.day)
        // Another process was first.
        guard try day.run() == 1 else { return }
        let items = try statement("DELETE FROM digest_items WHERE subscription_pk = ?1 AND pk <= ?2")
        items.bind(1, digest.subscriptionPK)
        items.bind(2, digest.lastItem)
        try items.run()
        if let delivery { try queue([delivery]) }
    }
}

// MARK: Streams

extension RegistryStore {
    /// Ids of those keys that count no more: revoked, expired, of a closed account, or opened by such a key. Cost: some microseconds each.
    public func invalidKeys(among principals: [Principal], now: Int64 = LiveTime.now()) throws(RegistryError) -> Set<String> {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT 1 FROM keys JOIN accounts ON accounts.pk = keys.account_pk LEFT JOIN keys AS opener ON opener.pk = keys.opened_by
                    WHERE keys.id = ?1 AND keys.revoked_at IS NULL AND accounts.closed_at IS NULL AND opener.revoked_at IS NULL
                    AND coalesce(keys.expires_at, ?2 + 1) > ?2 AND coalesce(opener.expires_at, ?2 + 1) > ?2
                    """)
            var invalid: Set<String> = []
            for principal in principals {
                guard let key = principal.keyID else { continue }
                row.bind(1, key)
                row.bind(2, now)
                if try !row.step() { invalid.insert(key) }
                row.reset()
            }
            return invalid
        }
    }
}
