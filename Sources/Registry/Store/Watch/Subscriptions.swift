// Subscriptions.swift: where a brand is told of events, a webhook or a mail address, and the rules that say of which. Read by brand; the secret
// of a webhook leaves the store for signing only.

import GRDB

public enum DeliveryChannel: Int64, Named {
    case webhook = 0
    case email

    public var name: String { self == .webhook ? "webhook" : "email" }
}

/// Where deliveries go, as its brand sees it.
public struct Subscription: Hashable, Sendable {
    public var pk: Int64
    public var id: String
    public var channel: DeliveryChannel
    /// A URL, or a mail address.
    public var target: String
    public var label: String?
    public var isEnabled: Bool
    /// Why it was switched off.
    public var disabledReason: String?
    public var createdAt: Int64
    /// When the daily digest goes out: minutes after midnight in China (UTC+8).
    public var digestMinute: Int
    /// Until when the secret before the last rotation still signs as well; nil: there is none.
    public var oldSecretUntil: Int64?
    public var pending: Int
    public var dead: Int

    /// For sentences.
    public var words: String { "\(channel.name) \(label ?? target)" }
}

/// A rule as it is stored.
public struct StoredRule: Hashable, Sendable {
    public var id: String
    public var rule: WatchRule
    /// Grows with every change.
    public var version: Int64
}

extension RegistryStore {
    /// A brand's subscriptions, oldest first.
    public func subscriptions(ofBrand brand: Int64) throws(RegistryError) -> [Subscription] {
        try subscriptions(where: "brand_pk = ?1") { $0.bind(1, brand) }
    }

    /// Nil when the brand has no such subscription.
    public func subscription(_ id: String, ofBrand brand: Int64) throws(RegistryError) -> Subscription? {
        try subscriptions(where: "brand_pk = ?1 AND id = ?2") {
            $0.bind(1, brand)
            $0.bind(2, id)
        }.first
    }

    private func subscriptions(where condition: String, bind: (RawStatement) -> Void) throws(RegistryError) -> [Subscription] {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT pk, id, channel, target, label, enabled, disabled_reason, created_at, digest_minute, old_secret_until,
                    (SELECT count(*) FROM deliveries WHERE subscription_pk = subscriptions.pk AND state = 0),
                    (SELECT count(*) FROM deliveries WHERE subscription_pk = subscriptions.pk AND state = 2)
                    FROM subscriptions WHERE \(condition) ORDER BY pk
                    """)
            bind(row)
            var found: [Subscription] = []
            while try row.step() {
                found.append(
                    Subscription(
                        pk: row.int(0), id: row.text(1) ?? "", channel: DeliveryChannel(rawValue: row.int(2)) ?? .webhook,
                        target: row.text(3) ?? "", label: row.text(4), isEnabled: row.int(5) != 0, disabledReason: row.text(6),
                        createdAt: row.int(7), digestMinute: Int(row.int(8)), oldSecretUntil: row.optionalInt(9), pending: Int(row.int(10)),
                        dead: Int(row.int(11))))
            }
            return found
        }
    }

    /// Secrets that sign for a webhook now, the newest first.
    public func secrets(ofSubscription pk: Int64, now: Int64 = LiveTime.now()) throws(RegistryError) -> [String] {
        try read { db in
            let row = try RawStatement(db, path: path, sql: "SELECT secret, old_secret, old_secret_until FROM subscriptions WHERE pk = ?1")
            row.bind(1, pk)
            guard try row.step() else { return [] }
            let old = row.optionalInt(2).map { $0 > now } == true ? row.text(1) : nil
            return [row.text(0), old].compactMap(\.self)
        }
    }

    /// A brand's rules, oldest first.
    public func rules(ofBrand brand: Int64, id: String? = nil) throws(RegistryError) -> [StoredRule] {
        try read { db in
            let row = try RawStatement(
                db, path: path, sql: "SELECT id, rule, version FROM watch_rules WHERE brand_pk = ?1 AND (?2 IS NULL OR id = ?2) ORDER BY pk"
            )
            row.bind(1, brand)
            row.bind(2, id)
            var rules: [StoredRule] = []
            while try row.step() {
                rules.append(StoredRule(id: row.text(0) ?? "", rule: try RegistryStore.rule(row.text(1), path: path), version: row.int(2)))
            }
            return rules
        }
    }

    static func rule(_ text: String?, path: String) throws(RegistryError) -> WatchRule {
        do throws(WriteRefusal) { return try WatchRule(JSONBody(Array((text ?? "").utf8))) } catch {
            throw .damaged(path: path, detail: "a rule of a watch list cannot be read: \(error)")
        }
    }
}

extension WriteContext {
    static let mostSubscriptions = 100
    static let mostRules = 200

    /// Adds a subscription. Returns its id.
    ///
    /// - Parameter secret: of a webhook.
    public func addSubscription(
        brand: Int64, channel: DeliveryChannel, target: String, label: String?, secret: String?, digestMinute: Int
    ) throws -> String {
        try checkNumber(of: "subscriptions", brand, WriteContext.mostSubscriptions)
        let id = RandomID.make("sub_")
        let insert = try statement(
            """
            INSERT INTO subscriptions (id, brand_pk, channel, target, label, secret, enabled, created_at, digest_minute, digest_day)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9)
            """)
        insert.bind(1, id)
        insert.bind(2, brand)
        insert.bind(3, channel.rawValue)
        insert.bind(4, target)
        insert.bind(5, try label.map { (name) throws(WriteRefusal) in try WriteContext.checkedName(name, field: "label") })
        insert.bind(6, secret)
        insert.bind(7, now)
        insert.bind(8, Int64(digestMinute))
        insert.bind(9, DigestClock.dayDealtWith(at: now, minute: digestMinute))
        try insert.run()
        try audit(action: "subscription.added", subject: id)
        return id
    }

    /// Switches a subscription on or off. While it is off, events are not gathered for it; replay brings them.
    public func setSubscription(_ id: String, brand: Int64, isEnabled: Bool, reason: String?) throws {
        let update = try statement("UPDATE subscriptions SET enabled = ?3, disabled_reason = ?4 WHERE brand_pk = ?1 AND id = ?2")
        update.bind(1, brand)
        update.bind(2, id)
        update.bind(3, isEnabled)
        update.bind(4, isEnabled ? nil : reason)
        guard try update.run() == 1 else { throw WriteContext.noSubscription }
        try audit(action: isEnabled ? "subscription.enabled" : "subscription.disabled", subject: id)
    }

    /// Gives a webhook a new secret; the present one signs beside it until then.
    public func rotateSecret(ofSubscription id: String, brand: Int64, to secret: String, oldUntil: Int64) throws {
        let update = try statement(
            """
            UPDATE subscriptions SET old_secret = secret, old_secret_until = ?4, secret = ?3
            WHERE brand_pk = ?1 AND id = ?2 AND channel = \(DeliveryChannel.webhook.rawValue)
            """)
        update.bind(1, brand)
        update.bind(2, id)
        update.bind(3, secret)
        update.bind(4, oldUntil)
        guard try update.run() == 1 else { throw WriteContext.noSubscription }
        try audit(action: "subscription.secret_rotated", subject: id)
    }

    /// Removes a subscription with its rules and deliveries.
    public func removeSubscription(_ id: String, brand: Int64) throws {
        let delete = try statement("DELETE FROM subscriptions WHERE brand_pk = ?1 AND id = ?2")
        delete.bind(1, brand)
        delete.bind(2, id)
        guard try delete.run() == 1 else { throw WriteContext.noSubscription }
        try audit(action: "subscription.removed", subject: id)
    }

    /// Adds a rule. Returns its id.
    public func addRule(_ rule: WatchRule, brand: Int64) throws -> String {
        try checkNumber(of: "watch_rules", brand, WriteContext.mostRules)
        let id = RandomID.make("rule_")
        let insert = try statement("INSERT INTO watch_rules (id, brand_pk, subscription_pk, rule, version) VALUES (?1, ?2, ?3, ?4, 1)")
        insert.bind(1, id)
        insert.bind(2, brand)
        insert.bind(3, try checkedSubscription(of: rule, brand))
        insert.bind(4, rule.jsonText)
        try insert.run()
        try audit(action: "rule.added", subject: id)
        return id
    }

    public func replaceRule(_ id: String, with rule: WatchRule, brand: Int64) throws {
        let update = try statement(
            "UPDATE watch_rules SET rule = ?3, subscription_pk = ?4, version = version + 1 WHERE brand_pk = ?1 AND id = ?2")
        update.bind(1, brand)
        update.bind(2, id)
        update.bind(3, rule.jsonText)
        update.bind(4, try checkedSubscription(of: rule, brand))
        guard try update.run() == 1 else { throw WriteContext.noRule }
        try audit(action: "rule.replaced", subject: id)
    }

    public func removeRule(_ id: String, brand: Int64) throws {
        let delete = try statement("DELETE FROM watch_rules WHERE brand_pk = ?1 AND id = ?2")
        delete.bind(1, brand)
        delete.bind(2, id)
        guard try delete.run() == 1 else { throw WriteContext.noRule }
        try audit(action: "rule.removed", subject: id)
    }

    /// What a rule names must be the brand's own, and a mail address takes digests only.
    private func checkedSubscription(of rule: WatchRule, _ brand: Int64) throws -> Int64 {
        let row = try statement("SELECT pk, channel FROM subscriptions WHERE brand_pk = ?1 AND id = ?2")
        row.bind(1, brand)
        row.bind(2, rule.subscription)
        guard try row.step() else {
            throw WriteRefusal(
                .invalid, field: "subscription", value: String(rule.subscription.prefix(64)), reason: "is none of your subscriptions")
        }
        guard row.int(1) == DeliveryChannel.webhook.rawValue || rule.timing == .daily else {
            throw WriteRefusal(
                .invalid, field: "when", value: rule.timing.name, reason: "must be 'daily' for a mail address; a webhook takes both")
        }
        for list in rule.suppliers.lists where try RegistryStore.watchListPK(list, brand: brand, db, path: path) == nil {
            throw WriteRefusal(.invalid, field: "suppliers.lists", value: String(list.prefix(64)), reason: "is none of your watch lists")
        }
        return row.int(0)
    }

    private func checkNumber(of table: String, _ brand: Int64, _ most: Int) throws {
        let row = try statement("SELECT count(*) FROM \(table) WHERE brand_pk = ?1")
        row.bind(1, brand)
        guard try row.step(), row.int(0) < most else {
            throw WriteRefusal(.conflict, field: "", reason: "there are \(most) already; remove one first")
        }
    }

    static let noSubscription = WriteRefusal(.notFound, field: "id", reason: "there is no such subscription")
    static let noRule = WriteRefusal(.notFound, field: "id", reason: "there is no such rule")
}

/// Days and minutes of digests, in China's one time zone.
public enum DigestClock {
    private static let offset: Int64 = 8 * 3_600_000

    /// The day since 1970 that it is there.
    public static func day(at milliseconds: Int64) -> Int64 { (milliseconds + offset) / 86_400_000 }

    static func minute(at milliseconds: Int64) -> Int64 { (milliseconds + offset) / 60_000 % 1440 }

    /// For a new subscription: today, if today's hour has passed, else yesterday.
    static func dayDealtWith(at milliseconds: Int64, minute: Int) -> Int64 {
        self.minute(at: milliseconds) >= Int64(minute) ? day(at: milliseconds) : day(at: milliseconds) - 1
    }
}
