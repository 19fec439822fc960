// Deliveries.swift: what is to be delivered, what was, and what could not be: the store's side of at-least-once. The cursor in the feed and the
// deliveries made up to it are written in one transaction; a delivery is struck off only when its result is on the disk. So a crash at
// any moment repeats deliveries and never loses one; the event's id, the same each time, lets receivers drop repeats.

import GRDB

public enum DeliveryState: Int64, Named {
    case pending = 0
    case delivered
    /// Given up; it stays and can be replayed.
    case dead

    public var name: String {
        switch self {
        case .pending: "pending"
        case .delivered: "delivered"
        case .dead: "dead"
        }
    }
}

/// A delivery to be made.
public struct DeliveryDraft: Sendable {
    public var subscriptionPK: Int64
    /// Deliveries of one lane follow each other: the factory's number, or 0 for what is about none.
    public var lane: Int64
    public var sequence: Int64?
    public var eventID: String
    /// The event's type: `record.added`, `digest`.
    public var kind: String
    /// The JSON that is sent.
    public var body: String

    public init(subscriptionPK: Int64, lane: Int64, sequence: Int64?, eventID: String, kind: String, body: String) {
        self.subscriptionPK = subscriptionPK
        self.lane = lane
        self.sequence = sequence
        self.eventID = eventID
        self.kind = kind
        self.body = body
    }
}

/// The first delivery of a lane, with all that sending takes.
public struct DueDelivery: Sendable {
    public var pk: Int64
    public var id: String
    public var subscriptionPK: Int64
    public var subscriptionID: String
    public var lane: Int64
    public var channel: DeliveryChannel
    public var target: String
    public var secrets: [String]
    public var eventID: String
    public var kind: String
    public var body: String
    /// Made so far.
    public var attempts: Int
}

/// How an attempt went.
public struct DeliveryAttempt: Sendable {
    public enum Verdict: Sendable {
        case delivered
        /// Again at this time, milliseconds since 1970.
        case again(at: Int64)
        case dead
    }

    public var delivery: DueDelivery
    public var verdict: Verdict
    public var status: Int?
    public var outcome: String
    public var detail: String
    /// Set to switch the subscription off: the receiver has said that it is gone.
    public var disablesBecause: String?

    public init(
        delivery: DueDelivery, verdict: Verdict, status: Int?, outcome: String, detail: String, disablesBecause: String? = nil
    ) {
        self.delivery = delivery
        self.verdict = verdict
        self.status = status
        self.outcome = outcome
        self.detail = detail
        self.disablesBecause = disablesBecause
    }
}

/// A delivery as its brand sees it.
public struct DeliveryEntry: Sendable {
    public var pk: Int64
    public var id: String
    public var eventID: String
    public var sequence: Int64?
    public var kind: String
    public var state: DeliveryState
    public var attempts: Int
    public var createdAt: Int64
    public var nextAt: Int64?
    public var lastAt: Int64?
    public var lastStatus: Int?
    public var lastOutcome: String?
    public var lastDetail: String?
    public var body: String
}

extension RegistryStore {
    /// How far the feed has been turned into deliveries; nil before the first time.
    public func feedCursor(_ name: String) throws(RegistryError) -> Int64? {
        try read { db in
            let row = try RawStatement(db, path: path, sql: "SELECT seq FROM feed_cursors WHERE name = ?1")
            row.bind(1, name)
            return try row.step() ? row.int(0) : nil
        }
    }

    private static let dueColumns = """
        deliveries.pk, deliveries.id, subscriptions.pk, subscriptions.id, lane, channel, target, secret,
        CASE WHEN old_secret_until > ?1 THEN old_secret END, event_id, kind, body, attempts
        """

    /// The first pending delivery of every lane, where its time has come. A time far in the future can only come from a clock that has
    /// jumped back, so it counts as come.
    ///
    /// - Parameter longestWait: that any delivery is put off, milliseconds.
    public func dueDeliveries(now: Int64, longestWait: Int64, limit: Int) throws(RegistryError) -> [DueDelivery] {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT \(RegistryStore.dueColumns)
                    FROM (SELECT min(pk) AS first FROM deliveries WHERE state = 0 GROUP BY subscription_pk, lane)
                    JOIN deliveries ON deliveries.pk = first JOIN subscriptions ON subscriptions.pk = subscription_pk
                    WHERE enabled = 1 AND (next_at <= ?1 OR next_at > ?2) ORDER BY deliveries.pk LIMIT ?3
                    """)
            row.bind(1, now)
            row.bind(2, now + longestWait)
            row.bind(3, Int64(limit))
            var due: [DueDelivery] = []
            while try row.step() { due.append(DueDelivery(row)) }
            return due
        }
    }

    /// The same for some lanes only.
    public func dueDeliveries(
        ofLanes lanes: [(subscription: Int64, lane: Int64)], now: Int64, longestWait: Int64
    ) throws(RegistryError) -> [DueDelivery] {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT \(RegistryStore.dueColumns)
                    FROM deliveries JOIN subscriptions ON subscriptions.pk = subscription_pk
                    WHERE deliveries.pk = (SELECT min(pk) FROM deliveries WHERE state = 0 AND subscription_pk = ?3 AND lane = ?4)
                    AND enabled = 1 AND (next_at <= ?1 OR next_at > ?2)
                    """)
            var due: [DueDelivery] = []
            for (subscription, lane) in lanes {
                row.bind(1, now)
                row.bind(2, now + longestWait)
                row.bind(3, subscription)
                row.bind(4, lane)
                if try row.step() { due.append(DueDelivery(row)) }
                row.reset()
            }
            return due
        }
    }

    /// When the next pending delivery has its time; nil when none is pending.
    public func nextDeliveryTime() throws(RegistryError) -> Int64? {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT min(next_at) FROM deliveries JOIN subscriptions ON subscriptions.pk = subscription_pk
                    WHERE state = 0 AND enabled = 1
                    """)
            return try row.step() ? row.optionalInt(0) : nil
        }
    }

    /// A brand's deliveries to one of its subscriptions, latest first; nil when it has no such subscription.
    ///
    /// - Parameter before: those made before this one.
    public func deliveries(
        toSubscription id: String, brand: Int64, state: DeliveryState? = nil, before: Int64? = nil, limit: Int
    ) throws(RegistryError) -> [DeliveryEntry]? {
        guard let subscription = try subscription(id, ofBrand: brand) else { return nil }
        return try deliveries(where: "subscription_pk = ?1 AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR pk < ?3)", limit: limit) {
            $0.bind(1, subscription.pk)
            $0.bind(2, state?.rawValue)
            $0.bind(3, before)
        }
    }

    /// Nil when the brand has no such delivery.
    public func delivery(_ id: String, ofBrand brand: Int64) throws(RegistryError) -> DeliveryEntry? {
        try deliveries(where: "id = ?1 AND subscription_pk IN (SELECT pk FROM subscriptions WHERE brand_pk = ?2)", limit: 1) {
            $0.bind(1, id)
            $0.bind(2, brand)
        }.first
    }

    private func deliveries(
        where condition: String, limit: Int, bind: (RawStatement) -> Void
    ) throws(RegistryError) -> [DeliveryEntry] {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT pk, id, event_id, seq, kind, state, attempts, created_at, next_at, last_at, last_status, last_outcome, last_detail, body
                    FROM deliveries WHERE \(condition) ORDER BY pk DESC LIMIT \(max(limit, 0))
                    """, keeps: false)
            bind(row)
            var entries: [DeliveryEntry] = []
            while try row.step() {
                let state = DeliveryState(rawValue: row.int(5)) ?? .dead
                entries.append(
                    DeliveryEntry(
                        pk: row.int(0), id: row.text(1) ?? "", eventID: row.text(2) ?? "", sequence: row.optionalInt(3),
                        kind: row.text(4) ?? "", state: state, attempts: Int(row.int(6)), createdAt: row.int(7),
                        nextAt: state == .pending ? row.int(8) : nil, lastAt: row.optionalInt(9),
                        lastStatus: row.optionalInt(10).map(Int.init), lastOutcome: row.text(11), lastDetail: row.text(12),
                        body: row.text(13) ?? ""))
            }
            return entries
        }
    }
}

extension DueDelivery {
    fileprivate init(_ row: RawStatement) {
        self.init(
            pk: row.int(0), id: row.text(1) ?? "", subscriptionPK: row.int(2), subscriptionID: row.text(3) ?? "", lane: row.int(4),
            channel: DeliveryChannel(rawValue: row.int(5)) ?? .webhook, target: row.text(6) ?? "",
            secrets: [row.text(7), row.text(8)].compactMap(\.self), eventID: row.text(9) ?? "", kind: row.text(10) ?? "",
            body: row.text(11) ?? "", attempts: Int(row.int(12)))
    }
}

extension WriteContext {
    /// Another process has moved the cursor meanwhile.
    public struct CursorMoved: Error, Sendable {}

    /// Puts deliveries and items of digests into the queue and moves the cursor, together or not at all.
    ///
    /// - Parameter expected: where the cursor stands, by what the caller has read; nil: nowhere yet.
    public func fanOut(
        _ drafts: [DeliveryDraft], digestItems: [(subscriptionPK: Int64, body: String)], cursor name: String, from expected: Int64?,
        to sequence: Int64
    ) throws {
        let current = try statement("SELECT seq FROM feed_cursors WHERE name = ?1")
        current.bind(1, name)
        let stands = try current.step() ? current.int(0) : nil
        current.reset()
        guard stands == expected else { throw CursorMoved() }
        try queue(drafts)
        if !digestItems.isEmpty {
            let item = try statement("INSERT INTO digest_items (subscription_pk, body) SELECT pk, ?2 FROM subscriptions WHERE pk = ?1")
            for (subscription, body) in digestItems {
                item.bind(1, subscription)
                item.bind(2, body)
                try item.run()
            }
        }
        let move = try statement("INSERT INTO feed_cursors (name, seq) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET seq = excluded.seq")
        move.bind(1, name)
        move.bind(2, sequence)
        try move.run()
    }

    /// Puts deliveries into the queue; those to a subscription that is gone meanwhile are dropped.
    public func queue(_ drafts: [DeliveryDraft]) throws {
        guard !drafts.isEmpty else { return }
        let insert = try statement(
            """
            INSERT INTO deliveries (id, subscription_pk, lane, seq, event_id, kind, body, state, attempts, created_at, next_at)
            SELECT ?1, pk, ?3, ?4, ?5, ?6, ?7, 0, 0, ?8, ?8 FROM subscriptions WHERE pk = ?2
            """)
        for draft in drafts {
            insert.bind(1, RandomID.make("dlv_"))
            insert.bind(2, draft.subscriptionPK)
            insert.bind(3, draft.lane)
            insert.bind(4, draft.sequence)
            insert.bind(5, draft.eventID)
            insert.bind(6, draft.kind)
            insert.bind(7, draft.body)
            insert.bind(8, now)
            try insert.run()
        }
    }

    /// Notes how an attempt went.
    ///
    /// - Returns: whether the lane has another delivery waiting.
    public func note(_ attempt: DeliveryAttempt) throws -> Bool {
        let update = try statement(
            """
            UPDATE deliveries SET state = ?2, attempts = attempts + 1, next_at = ?3, last_at = ?4, last_status = ?5, last_outcome = ?6,
            last_detail = ?7 WHERE pk = ?1
            """)
        let (state, next): (DeliveryState, Int64) =
            switch attempt.verdict {
            case .delivered: (.delivered, now)
            case .again(let time): (.pending, time)
            case .dead: (.dead, now)
            }
        update.bind(1, attempt.delivery.pk)
        update.bind(2, state.rawValue)
        update.bind(3, next)
        update.bind(4, now)
        update.bind(5, attempt.status.map(Int64.init))
        update.bind(6, attempt.outcome)
        update.bind(7, attempt.detail)
        try update.run()
        if let reason = attempt.disablesBecause {
            let disable = try statement("UPDATE subscriptions SET enabled = 0, disabled_reason = ?2 WHERE pk = ?1")
            disable.bind(1, attempt.delivery.subscriptionPK)
            disable.bind(2, reason)
            try disable.run()
        }
        guard state != .pending else { return false }
        let more = try statement("SELECT 1 FROM deliveries WHERE state = 0 AND subscription_pk = ?1 AND lane = ?2 LIMIT 1")
        more.bind(1, attempt.delivery.subscriptionPK)
        more.bind(2, attempt.delivery.lane)
        return try more.step()
    }

    /// Delivers something again that was delivered or given up: it becomes pending, with fresh attempts.
    public func replay(delivery id: String, brand: Int64) throws {
        let update = try statement(
            """
            UPDATE deliveries SET state = 0, attempts = 0, next_at = ?3
            WHERE id = ?1 AND subscription_pk IN (SELECT pk FROM subscriptions WHERE brand_pk = ?2)
            """)
        update.bind(1, id)
        update.bind(2, brand)
        update.bind(3, now)
        guard try update.run() == 1 else { throw WriteRefusal(.notFound, field: "id", reason: "there is no such delivery") }
        try audit(action: "delivery.replayed", subject: id)
    }

    /// All dead deliveries of a subscription become pending. Returns how many.
    public func replayDead(ofSubscription id: String, brand: Int64) throws -> Int {
        let update = try statement(
            """
            UPDATE deliveries SET state = 0, attempts = 0, next_at = ?3
            WHERE state = 2 AND subscription_pk = (SELECT pk FROM subscriptions WHERE brand_pk = ?2 AND id = ?1)
            """)
        update.bind(1, id)
        update.bind(2, brand)
        update.bind(3, now)
        let count = try update.run()
        try audit(action: "subscription.replayed", subject: id)
        return count
    }

    /// Removes what was delivered before a time, and what was given up before another.
    public func pruneDeliveries(deliveredBefore: Int64, deadBefore: Int64) throws {
        let delete = try statement("DELETE FROM deliveries WHERE (state = 1 AND last_at < ?1) OR (state = 2 AND last_at < ?2)")
        delete.bind(1, deliveredBefore)
        delete.bind(2, deadBefore)
        try delete.run()
    }
}
