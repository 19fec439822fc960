// OutletWriter.swift: outlets and stations into the store: what a permit names, what each reports, and in which unit. An outlet stays with its
// factory and an item with its unit: another one is another outlet or another channel, or old readings would mean something else.

import GRDB
import Monitoring

/// What came of an outlet.
public enum OutletOutcome: String, Sendable {
    case added, changed, unchanged
}

extension WriteContext {
    /// Stores an outlet with the items that it names; a second time its name, position and limits are brought up to date.
    ///
    /// - Parameter owner: the factory whose outlets alone may be written; nil: all.
    /// - Throws: `WriteRefusal` that names the field; `RegistryError`.
    @discardableResult
    public func write(outlet draft: OutletDraft, owner: Int64? = nil) throws -> OutletOutcome {
        try OutletWriter.check(draft)
        var factoryPK: Int64?
        if let id = draft.factoryID {
            let row = try statement("SELECT pk, removed_seq IS NOT NULL FROM factories WHERE id = ?1")
            row.bind(1, id)
            guard try row.step() else { throw WriteRefusal(.invalid, field: "factory", value: id, reason: "no factory has this id") }
            // Other limits would begin exceedances of a factory that nobody sees.
            guard row.int(1) == 0 else { throw WriteRefusal(.invalid, field: "factory", value: id, reason: "has been removed") }
            factoryPK = row.int(0)
        }
        if let owner, factoryPK != owner {
            throw WriteRefusal(.forbidden, field: "factory", value: draft.factoryID ?? "", reason: "is not the factory of the key")
        }
        let lookup = try OutletLookup(db, path: path)
        let writer = OutletWriter(self, draft, factoryPK: factoryPK)
        let known = try lookup.outlet(draft.id)
        var outcome = try writer.writeRow(known)
        lookup.forget(draft.id)
        guard let before = try lookup.outlet(draft.id) else {
            throw RegistryError.damaged(path: path, detail: "outlet \(draft.id) is not there after it was written")
        }
        if try writer.writeItems(before), outcome == .unchanged { outcome = .changed }
        guard outcome != .unchanged else { return outcome }
        lookup.forget(draft.id)
        if known != nil, let outlet = try lookup.outlet(draft.id) { try judgeAgain(outlet) }
        try audit(
            action: "outlet.\(outcome.rawValue)", subject: draft.id,
            detail: draft.factoryID.map { "{\"factory\":\(AttributesJSON.quoted($0))}" })
        return outcome
    }

    /// Other limits: what exceeds now may change.
    private func judgeAgain(_ outlet: OutletEntry) throws(RegistryError) {
        var settings = try MonitoringSettings(db, path: path)
        let judge = try MonitoringJudge(db, path: path)
        let tables = try ReadingTables(db, path: path, packed: settings.packed)
        for channel in outlet.channels.values.sorted(by: { $0.pk < $1.pk }) { try judge.note(channel, of: outlet) }
        settings.generation += 1
        try judge.finish(self, tables, now: settings.now(atSecond: now / 1000), generation: settings.generation)
        try settings.save(db, path: path)
    }
}

private struct OutletWriter {
    let context: WriteContext
    let draft: OutletDraft
    let factoryPK: Int64?

    init(_ context: WriteContext, _ draft: OutletDraft, factoryPK: Int64?) {
        self.context = context
        self.draft = draft
        self.factoryPK = factoryPK
    }

    /// What is wrong with the draft in itself.
    static func check(_ draft: OutletDraft) throws(WriteRefusal) {
        func refuse(_ field: String, _ value: String, _ reason: String) -> WriteRefusal {
            WriteRefusal(.invalid, field: field, value: value, reason: reason)
        }
        guard (1...64).contains(draft.id.utf8.count), draft.id.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw refuse("id", String(draft.id.prefix(64)), "must be 1 to 64 bytes without spaces")
        }
        if draft.kind.isStation {
            guard draft.factoryID == nil else { throw refuse("factory", draft.factoryID ?? "", "a station belongs to no factory") }
            guard let longitude = draft.longitude, abs(longitude) <= 180 else {
                throw refuse("lon", draft.longitude.map { "\($0)" } ?? "", "a station needs its longitude, from -180 to 180")
            }
            guard let latitude = draft.latitude, abs(latitude) <= 90 else {
                throw refuse("lat", draft.latitude.map { "\($0)" } ?? "", "a station needs its latitude, from -90 to 90")
            }
        } else {
            guard draft.factoryID != nil else { throw refuse("factory", "", "an outlet needs the id of its factory") }
            guard draft.longitude == nil, draft.latitude == nil else {
                throw refuse("lon", "", "an outlet lies where its factory does; only stations have a position")
            }
        }
        guard !draft.items.isEmpty else { throw refuse("items", "", "name at least one item that it reports") }
        var seen: Set<Pollutant> = []
        for item in draft.items {
            guard seen.insert(item.pollutant).inserted else { throw refuse("pollutant", item.pollutant.code, "is given twice") }
            guard item.pollutant.medium == draft.kind.medium else {
                throw refuse(
                    "pollutant", item.pollutant.code, "is an item of \(item.pollutant.medium.rawValue); this is \(draft.kind.name)")
            }
            guard item.pollutant.isMeasured(in: item.unit) else {
                throw refuse("unit", item.unit.symbol, "\(item.pollutant.code) is measured in \(item.pollutant.usualUnit.symbol)")
            }
            guard item.limits.isEmpty || !draft.kind.isStation else {
                throw refuse("limits", item.pollutant.code, "a station has no permit, so no limits")
            }
            try check(item, refuse)
        }
    }

    private static func check(
        _ item: OutletDraft.Item, _ refuse: (String, String, String) -> WriteRefusal
    ) throws(WriteRefusal) {
        var days: Set<Day> = []
        for draft in item.limits {
            let limit = draft.limit
            guard limit.lower != nil || limit.upper != nil else {
                throw refuse("limits", item.pollutant.code, "a limit needs an upper value, for pH a lower one too")
            }
            if let lower = limit.lower, let upper = limit.upper, lower > upper {
                throw refuse("lower", lower.description, "is above the upper limit, \(upper)")
            }
            for value in [limit.lower, limit.upper].compactMap(\.self) where value < 0 {
                throw refuse("limits", value.description, "is negative")
            }
            if let until = draft.until, until < draft.from { throw refuse("until", until.iso, "is before from, \(draft.from.iso)") }
            guard days.insert(draft.from).inserted else {
                throw refuse("from", draft.from.iso, "two limits of \(item.pollutant.code) begin on this day")
            }
        }
    }

    func writeRow(_ known: OutletEntry?) throws -> OutletOutcome {
        guard let known else {
            let row = try context.statement(
                """
                INSERT INTO outlets (id, factory_pk, kind, name, lon, lat, body, synthetic, changed_seq)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                """)
            bind(row)
            try row.run()
            return .added
        }
        guard known.factoryPK == factoryPK else {
            throw WriteRefusal(
                .conflict, field: "factory", value: draft.factoryID ?? "", reason: "outlet \(draft.id) is of another factory")
        }
        guard known.kind == draft.kind else {
            throw WriteRefusal(.conflict, field: "kind", value: draft.kind.name, reason: "outlet \(draft.id) is of kind \(known.kind.name)")
        }
        let row = try context.statement(
            """
            UPDATE outlets SET name = ?4, lon = ?5, lat = ?6, body = ?7, synthetic = ?8, changed_seq = ?9
            WHERE id = ?1 AND (name, lon, lat, body, synthetic) IS NOT (?4, ?5, ?6, ?7, ?8)
            """)
        bind(row)
        return try row.run() > 0 ? .changed : .unchanged
    }

    private func bind(_ row: RawStatement) {
        row.bind(1, draft.id)
        row.bind(2, factoryPK)
        row.bind(3, draft.kind.rawValue)
        row.bind(4, draft.name)
        row.bind(5, draft.longitude)
        row.bind(6, draft.latitude)
        row.bind(7, draft.body?.rawValue)
        row.bind(8, draft.synthetic)
        row.bind(9, context.nextSequence)
    }

    /// - Returns: whether anything has changed.
    func writeItems(_ outlet: OutletEntry) throws -> Bool {
        var hasChanged = false
        for item in draft.items {
            if let known = outlet.channels[item.pollutant] {
                guard known.unit == item.unit else {
                    throw WriteRefusal(
                        .conflict, field: "unit", value: item.unit.symbol,
                        reason:
                            "outlet \(outlet.id) reports \(item.pollutant.code) in \(known.unit.symbol); its readings would change their meaning"
                    )
                }
                guard !item.limits.isEmpty, known.limits != item.limits.sorted(by: { $0.from < $1.from }) else { continue }
                try write(item.limits, of: known.pk)
            } else {
                let row = try context.statement("INSERT INTO channels (outlet_pk, pollutant, unit) VALUES (?1, ?2, ?3)")
                row.bind(1, outlet.pk)
                row.bind(2, item.pollutant.rawValue)
                row.bind(3, item.unit.rawValue)
                try row.run()
                try write(item.limits, of: row.lastInsertedKey)
            }
            hasChanged = true
        }
        return hasChanged
    }

    /// The limits of a channel as they are given now: all of them, in place of those before.
    private func write(_ limits: [LimitDraft], of channel: Int64) throws {
        let remove = try context.statement("DELETE FROM limits WHERE channel_pk = ?1")
        remove.bind(1, channel)
        try remove.run()
        let row = try context.statement("INSERT INTO limits (channel_pk, from_day, until_day, lower, upper) VALUES (?1, ?2, ?3, ?4, ?5)")
        for draft in limits {
            row.bind(1, channel)
            row.bind(2, draft.from.daysSince1970)
            row.bind(3, draft.until?.daysSince1970)
            row.bind(4, draft.limit.lower?.millionths)
            row.bind(5, draft.limit.upper?.millionths)
            try row.run()
        }
    }
}
