// MonitoringJudge.swift: which channels and factories exceed a limit now, by the rule of `ExceedingNow`, kept in two tables that queries and the
// status of factories read. A factory exceeds when one of its channels does. What begins or ends is a change of the feed.

import GRDB
import Monitoring

/// Judges what one transaction has touched.
final class MonitoringJudge {
    static let started = "monitoring.exceedance_started"
    static let ended = "monitoring.exceedance_ended"

    private struct Touched {
        let channel: ChannelEntry
        var latestHour: Hour?
        var latest: Reading?
        /// The last hours may read otherwise than before, so they are read again.
        var isReadAgain = false
        var factoryPK: Int64?
    }

    private let path: String
    private let readState: RawStatement
    private let writeState: RawStatement
    private let factoryChannels: RawStatement
    private let readFactory: RawStatement
    private let writeFactory: RawStatement
    private let describe: RawStatement
    private var touched: [Int64: Touched] = [:]

    init(_ db: Database, path: String) throws(RegistryError) {
        self.path = path
        func statement(_ sql: String) throws(RegistryError) -> RawStatement { try RawStatement(db, path: path, sql: sql) }
        readState = try statement("SELECT hour, value, flag FROM channel_state WHERE channel_pk = ?1")
        writeState = try statement(
            """
            INSERT INTO channel_state (channel_pk, hour, value, flag, exceeding_hour, exceeding_value, multiple)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT DO UPDATE SET hour = excluded.hour, value = excluded.value, flag = excluded.flag,
            exceeding_hour = excluded.exceeding_hour, exceeding_value = excluded.exceeding_value, multiple = excluded.multiple
            """)
        factoryChannels = try statement(
            """
            SELECT channels.pk, state.hour, state.exceeding_hour, state.multiple
            FROM outlets JOIN channels ON channels.outlet_pk = outlets.pk JOIN channel_state AS state ON state.channel_pk = channels.pk
            WHERE outlets.factory_pk = ?1
            """)
        readFactory = try statement("SELECT exceeding, since_hour, last_hour FROM monitoring_state WHERE factory_pk = ?1")
        writeFactory = try statement(
            """
            INSERT INTO monitoring_state (factory_pk, last_hour, exceeding, since_hour, multiple, channel_pk, generation)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT DO UPDATE SET last_hour = excluded.last_hour, exceeding = excluded.exceeding, since_hour = excluded.since_hour,
            multiple = excluded.multiple, channel_pk = excluded.channel_pk, generation = excluded.generation
            """)
        describe = try statement(
            """
            SELECT outlets.id, channels.pollutant, channels.unit, state.exceeding_hour, state.exceeding_value, state.multiple
            FROM channels JOIN outlets ON outlets.pk = channels.outlet_pk JOIN channel_state AS state ON state.channel_pk = channels.pk
            WHERE channels.pk = ?1
            """)
    }

    /// A reading was stored.
    func note(_ reading: Reading, hour: Hour, channel: ChannelEntry, of outlet: OutletEntry) throws(RegistryError) {
        var entry = try known(channel, of: outlet)
        if let known = entry.latestHour, hour <= known {
            if hour == known { entry.latest = reading }
            entry.isReadAgain = true
        } else {
            entry.latestHour = hour
            entry.latest = reading
            // A new hour that counts decides by itself.
            entry.isReadAgain = !reading.counts
        }
        touched[channel.pk] = entry
    }

    /// The limits of an outlet's channel, or which hours count as now, have changed.
    func note(_ channel: ChannelEntry, of outlet: OutletEntry) throws(RegistryError) {
        var entry = try known(channel, of: outlet)
        entry.isReadAgain = true
        touched[channel.pk] = entry
    }

    private func known(_ channel: ChannelEntry, of outlet: OutletEntry) throws(RegistryError) -> Touched {
        if let entry = touched[channel.pk] { return entry }
        var entry = Touched(channel: channel, factoryPK: outlet.factoryPK)
        readState.bind(1, channel.pk)
        defer { readState.reset() }
        if try readState.step() {
            entry.latestHour = Hour(number: Int32(truncatingIfNeeded: readState.int(0)))
            entry.latest = try Reading(readState, value: 1, flag: 2, path: path)
        }
        return entry
    }

    /// Writes the states of everything that was touched, and what has begun or ended into the feed.
    func finish(_ context: WriteContext, _ tables: ReadingTables, now: Hour, generation: Int64) throws(RegistryError) {
        var factories: Set<Int64> = []
        for (pk, entry) in touched.sorted(by: { $0.key < $1.key }) {
            guard let hour = entry.latestHour, let latest = entry.latest else { continue }
            var decided: (hour: Hour, reading: Reading, exceedance: Exceedance)?
            if entry.isReadAgain {
                decided = try decide(entry.channel, tables, now: now)
            } else if hour >= ExceedingNow.oldest(at: now), hour <= now,
                let exceedance = entry.channel.limits.limit(on: hour.day)?.exceedance(of: latest)
            {
                decided = (hour, latest, exceedance)
            }
            writeState.bind(1, pk)
            writeState.bind(2, hour.number)
            writeState.bind(3, latest.value?.millionths)
            writeState.bind(4, latest.flag.rawValue)
            writeState.bind(5, decided?.hour.number)
            writeState.bind(6, decided?.reading.value?.millionths)
            writeState.bind(7, decided?.exceedance.multiple)
            try writeState.run()
            if let factory = entry.factoryPK { factories.insert(factory) }
        }
        touched.removeAll(keepingCapacity: true)
        for factory in factories.sorted() { try judge(factory, context, now: now, generation: generation) }
    }

    private func decide(
        _ channel: ChannelEntry, _ tables: ReadingTables, now: Hour
    ) throws(RegistryError) -> (hour: Hour, reading: Reading, exceedance: Exceedance)? {
        var readings: [(hour: Hour, reading: Reading)] = []
        for back in 0..<ExceedingNow.hours {
            let hour = now.adding(-back)
            guard let found = try tables.reading(channel: channel.pk, hour: hour) else { continue }
            readings.append((hour, found.reading))
        }
        guard let found = ExceedingNow.judge(readings, now: now, limit: { channel.limits.limit(on: $0.day) }),
            let reading = readings.first(where: { $0.hour == found.hour })?.reading
        else { return nil }
        return (found.hour, reading, found.exceedance)
    }

    // MARK: Factories

    /// Judges one factory by the states of its channels.
    func judge(_ factory: Int64, _ context: WriteContext, now: Hour, generation: Int64) throws(RegistryError) {
        let oldest = Int64(ExceedingNow.oldest(at: now).number)
        var lastHour: Int64?
        var worst: (channel: Int64, hour: Int64, multiple: Double?)?
        factoryChannels.bind(1, factory)
        defer { factoryChannels.reset() }
        while try factoryChannels.step() {
            let hour = factoryChannels.int(1)
            lastHour = max(lastHour ?? hour, hour)
            guard let exceeding = factoryChannels.optionalInt(2), exceeding >= oldest, exceeding <= Int64(now.number) else { continue }
            let multiple = factoryChannels.optionalDouble(3)
            if let known = worst, (known.multiple ?? 0) >= (multiple ?? 0) { continue }
            worst = (factoryChannels.int(0), exceeding, multiple)
        }
        guard let lastHour else { return }
        readFactory.bind(1, factory)
        let isKnown = try readFactory.step()
        let wasExceeding = isKnown && readFactory.int(0) != 0
        let since = isKnown ? readFactory.optionalInt(1) : nil
        readFactory.reset()

        writeFactory.bind(1, factory)
        writeFactory.bind(2, lastHour)
        writeFactory.bind(3, worst != nil)
        writeFactory.bind(4, worst.map { wasExceeding ? since ?? $0.hour : $0.hour })
        writeFactory.bind(5, worst?.multiple)
        writeFactory.bind(6, worst?.channel)
        writeFactory.bind(7, generation)
        try writeFactory.run()

        if let worst, !wasExceeding {
            try announceStart(factory, channel: worst.channel, context)
        } else if worst == nil, wasExceeding {
            // Whether a later hour complies, or there was none.
            let reason = lastHour >= oldest ? "complies" : "no_reading"
            var data = "{\"reason\":\"\(reason)\",\"last_hour\":\"\(Hour(number: Int32(truncatingIfNeeded: lastHour)).iso)\""
            if let since { data += ",\"since\":\"\(Hour(number: Int32(truncatingIfNeeded: since)).iso)\"" }
            try context.change(kind: MonitoringJudge.ended, factoryPK: factory, subject: nil, data: data + "}")
        }
    }

    private func announceStart(_ factory: Int64, channel: Int64, _ context: WriteContext) throws(RegistryError) {
        describe.bind(1, channel)
        defer { describe.reset() }
        guard try describe.step() else { return }
        let (pollutant, unit) = try describe.item(1, path: path)
        let outlet = describe.text(0) ?? ""
        var data = "{\"outlet\":\(AttributesJSON.quoted(outlet)),\"pollutant\":\"\(pollutant.code)\","
        data += "\"pollutant_name\":\(AttributesJSON.quoted(pollutant.nameEN)),\"unit\":\"\(unit.symbol)\""
        if let hour = describe.optionalInt(3) { data += ",\"hour\":\"\(Hour(number: Int32(truncatingIfNeeded: hour)).iso)\"" }
        if let value = describe.optionalInt(4) { data += ",\"value\":\(Quantity(millionths: value))" }
        if let multiple = describe.optionalDouble(5), multiple.isFinite { data += ",\"multiple\":\(multiple)" }
        try context.change(kind: MonitoringJudge.started, factoryPK: factory, subject: outlet, data: data + "}")
    }
}

extension WriteContext {
    /// Ends exceedances that nothing has been heard of for `ExceedingNow.hours`. To be called every few minutes.
    ///
    /// - Returns: how many ended. Cost: O(factories that exceed now).
    @discardableResult
    public func endStaleExceedances() throws(RegistryError) -> Int {
        var settings = try MonitoringSettings(db, path: path)
        let now = settings.now(atSecond: self.now / 1000)
        let judge = try MonitoringJudge(db, path: path)
        let exceeding = try statement("SELECT factory_pk FROM monitoring_state WHERE exceeding = 1")
        var factories: [Int64] = []
        while try exceeding.step() { factories.append(exceeding.int(0)) }
        guard !factories.isEmpty else { return 0 }
        // Only those that change: a state that stays is not written again.
        let stale = try statement(
            """
            SELECT NOT EXISTS (
                SELECT 1 FROM outlets JOIN channels ON channels.outlet_pk = outlets.pk
                JOIN channel_state AS state ON state.channel_pk = channels.pk
                WHERE outlets.factory_pk = ?1 AND state.exceeding_hour BETWEEN ?2 AND ?3)
            """)
        var ended = 0
        for factory in factories {
            stale.bind(1, factory)
            stale.bind(2, ExceedingNow.oldest(at: now).number)
            stale.bind(3, now.number)
            defer { stale.reset() }
            guard try stale.step(), stale.int(0) != 0 else { continue }
            if ended == 0 { settings.generation += 1 }
            ended += 1
            try judge.judge(factory, self, now: now, generation: settings.generation)
        }
        if ended > 0 { try settings.save(db, path: path) }
        return ended
    }
}
