// RegistryStore+Monitoring.swift: what the registry says of readings: the latest of a factory, a series between two hours or days, the versions of
// one reading, the states of all monitored factories. Each answer sees one moment of the data.

import GRDB
import Monitoring

/// One item of an outlet with its latest reading.
public struct ChannelStatus: Hashable, Sendable {
    public var pollutant: Pollutant
    public var unit: MeasuringUnit
    /// Of today, or of the day of the latest reading.
    public var limit: PermitLimit?
    public var hour: Hour?
    public var reading: Reading?
    /// Of the latest reading.
    public var exceedance: Exceedance?
    /// Whether it exceeds its limit now, by the rule of `ExceedingNow`.
    public var exceedsNow: Bool
}

/// An outlet or a station.
public struct OutletStatus: Hashable, Sendable {
    public var id: String
    /// Nil for a station.
    public var factoryID: String?
    public var kind: OutletKind
    public var name: String?
    /// Of a station, degrees, WGS 84.
    public var longitude: Double?
    public var latitude: Double?
    public var body: WaterBody?
    public var synthetic: Bool
    /// By code.
    public var channels: [ChannelStatus]
}

/// Whether a factory exceeds a limit now.
public struct MonitoringState: Hashable, Sendable {
    public var factoryPK: Int64
    /// Of its latest reading.
    public var lastHour: Hour
    public var isExceeding: Bool
    /// The hour with which the exceedance began.
    public var since: Hour?
    /// The largest multiple among what exceeds now; nil where none has one.
    public var multiple: Double?
    /// What exceeds worst.
    public var pollutant: Pollutant?
    public var outletID: String?
}

/// A factory's monitoring.
public struct FactoryMonitoring: Hashable, Sendable {
    /// What hour "now" was.
    public var now: Hour
    /// Nil before the first reading.
    public var state: MonitoringState?
    /// By id.
    public var outlets: [OutletStatus]
}

/// An hour of a series.
public struct SeriesHour: Hashable, Sendable {
    public var hour: Hour
    public var reading: Reading
    public var limit: PermitLimit?
    /// How many earlier versions there are.
    public var earlierVersions: Int
}

/// A day of a series.
public struct SeriesDay: Hashable, Sendable {
    /// Of Beijing time.
    public var day: Day
    public var summary: DailySummary
    public var limit: PermitLimit?
}

/// One version of a reading.
public struct ReadingVersion: Hashable, Sendable {
    public var reading: Reading
    /// Seconds since 1970; nil where it is no longer known.
    public var arrived: Int64?
    /// When another took its place; nil: it stands.
    public var replaced: Int64?
}

extension RegistryStore {
    /// A factory's outlets with their latest readings; nil when there is no such factory. A factory without outlets has none.
    ///
    /// Cost: a few µs for each item.
    public func monitoring(factoryID id: String, atMilliseconds time: Int64 = LiveTime.now()) throws(RegistryError) -> FactoryMonitoring? {
        try read { db in
            let factory = try RawStatement(db, path: path, sql: "SELECT pk FROM factories WHERE id = ?1 AND removed_seq IS NULL")
            factory.bind(1, id)
            guard try factory.step() else { return nil }
            let pk = factory.int(0)
            let now = try MonitoringSettings(db, path: path).now(atSecond: time / 1000)
            let outlets = try RawStatement(db, path: path, sql: "SELECT pk FROM outlets WHERE factory_pk = ?1 ORDER BY id")
            outlets.bind(1, pk)
            var statuses: [OutletStatus] = []
            while try outlets.step() { statuses.append(try status(ofOutlet: outlets.int(0), now: now, db)) }
            return FactoryMonitoring(now: now, state: try states(db, where: "state.factory_pk = ?1", pk).first, outlets: statuses)
        }
    }

    /// An outlet or a station with its latest readings; nil when there is none, or its factory has been removed.
    public func outlet(id: String, atMilliseconds time: Int64 = LiveTime.now()) throws(RegistryError) -> OutletStatus? {
        try read { db in
            guard let outlet = try OutletLookup(db, path: path).outlet(id), !outlet.isFactoryRemoved else { return nil }
            return try status(ofOutlet: outlet.pk, now: MonitoringSettings(db, path: path).now(atSecond: time / 1000), db)
        }
    }

    /// All stations of a kind with their latest readings, by id.
    public func stations(_ kind: OutletKind, atMilliseconds time: Int64 = LiveTime.now()) throws(RegistryError) -> [OutletStatus] {
        try read { db in
            let now = try MonitoringSettings(db, path: path).now(atSecond: time / 1000)
            let rows = try RawStatement(db, path: path, sql: "SELECT pk FROM outlets WHERE kind = ?1 ORDER BY id")
            rows.bind(1, kind.rawValue)
            var statuses: [OutletStatus] = []
            while try rows.step() { statuses.append(try status(ofOutlet: rows.int(0), now: now, db)) }
            return statuses
        }
    }

    private func status(ofOutlet pk: Int64, now: Hour, _ db: Database) throws(RegistryError) -> OutletStatus {
        let row = try RawStatement(
            db, path: path,
            sql: """
                SELECT outlets.id, factories.id, kind, name, outlets.lon, outlets.lat, body, outlets.synthetic
                FROM outlets LEFT JOIN factories ON factories.pk = outlets.factory_pk WHERE outlets.pk = ?1
                """)
        row.bind(1, pk)
        guard try row.step(), let kind = OutletKind(rawValue: UInt8(truncatingIfNeeded: row.int(2))) else {
            throw .damaged(path: path, detail: "outlet \(pk) has a kind unknown here")
        }
        var status = OutletStatus(
            id: row.text(0) ?? "", factoryID: row.text(1), kind: kind, name: row.text(3), longitude: row.optionalDouble(4),
            latitude: row.optionalDouble(5), body: row.text(6).flatMap(WaterBody.init), synthetic: row.int(7) != 0, channels: [])
        let lookup = try OutletLookup(db, path: path)
        let channels = try RawStatement(
            db, path: path,
            sql: """
                SELECT channels.pk, pollutant, unit, state.hour, state.value, state.flag, state.exceeding_hour
                FROM channels LEFT JOIN channel_state AS state ON state.channel_pk = channels.pk WHERE outlet_pk = ?1
                """)
        channels.bind(1, pk)
        let oldest = ExceedingNow.oldest(at: now)
        while try channels.step() {
            let (pollutant, unit) = try channels.item(1, path: path)
            let hour = channels.optionalInt(3).map { Hour(number: Int32(truncatingIfNeeded: $0)) }
            let limit = try lookup.readLimits(channels.int(0)).limit(on: hour?.day ?? now.day)
            let reading = hour == nil ? nil : try Reading(channels, value: 4, flag: 5, path: path)
            let exceeding = channels.optionalInt(6).map { Hour(number: Int32(truncatingIfNeeded: $0)) }
            status.channels.append(
                ChannelStatus(
                    pollutant: pollutant, unit: unit, limit: limit, hour: hour, reading: reading,
                    exceedance: reading.flatMap { limit?.exceedance(of: $0) },
                    exceedsNow: exceeding.map { $0 >= oldest && $0 <= now } ?? false))
        }
        status.channels.sort { $0.pollutant.code < $1.pollutant.code }
        return status
    }

    // MARK: States

    /// The numbers of all factories that exceed a limit now.
    public func exceedingFactories() throws(RegistryError) -> Set<Int64> {
        try read { db in
            let rows = try RawStatement(db, path: path, sql: "SELECT factory_pk FROM monitoring_state WHERE exceeding = 1")
            var factories: Set<Int64> = []
            while try rows.step() { factories.insert(rows.int(0)) }
            return factories
        }
    }

    /// Whether one does.
    public func isExceeding(factoryPK: Int64) throws(RegistryError) -> Bool {
        try read { db in try RegistryStore.isExceeding(factoryPK: factoryPK, db, path: path) }
    }

    static func isExceeding(factoryPK: Int64, _ db: Database, path: String) throws(RegistryError) -> Bool {
        let row = try RawStatement(db, path: path, sql: "SELECT exceeding FROM monitoring_state WHERE factory_pk = ?1")
        row.bind(1, factoryPK)
        return try row.step() && row.int(0) != 0
    }

    /// States of factories, removed ones too, by pk.
    func states(_ db: Database, where condition: String, _ value: Int64? = nil) throws(RegistryError) -> [MonitoringState] {
        let rows = try RawStatement(
            db, path: path,
            sql: """
                SELECT state.factory_pk, last_hour, exceeding, since_hour, multiple, pollutant, outlets.id
                FROM monitoring_state AS state LEFT JOIN channels ON channels.pk = state.channel_pk
                LEFT JOIN outlets ON outlets.pk = channels.outlet_pk WHERE \(condition) ORDER BY state.factory_pk
                """)
        if let value { rows.bind(1, value) }
        var states: [MonitoringState] = []
        while try rows.step() {
            func hour(_ column: Int32) -> Hour? { rows.optionalInt(column).map { Hour(number: Int32(truncatingIfNeeded: $0)) } }
            states.append(
                MonitoringState(
                    factoryPK: rows.int(0), lastHour: hour(1) ?? Hour(number: 0), isExceeding: rows.int(2) != 0, since: hour(3),
                    multiple: rows.optionalDouble(4),
                    pollutant: rows.optionalInt(5).flatMap { Pollutant(rawValue: UInt8(truncatingIfNeeded: $0)) },
                    outletID: rows.text(6)))
        }
        return states
    }

    // MARK: Series

    /// The hours of one item from `from` to `to`, both included, in order.
    ///
    /// - Returns: nil when there is no such outlet, its factory has been removed or it does not report the item. Days whose hours were given
    ///   up have none.
    ///
    /// Cost: some µs an hour.
    public func series(
        outletID: String, _ pollutant: Pollutant, from: Hour, to: Hour
    ) throws(RegistryError) -> (unit: MeasuringUnit, hours: [SeriesHour])? {
        try read { db in
            guard let channel = try OutletLookup(db, path: path).shownChannel(outletID, pollutant) else { return nil }
            let earlier = try earlierVersions(channel.pk, from: from, to: to, db)
            var hours: [SeriesHour] = []
            try forEachReading(channel.pk, from: from, to: to, db) { hour, reading in
                hours.append(
                    SeriesHour(
                        hour: hour, reading: reading, limit: channel.limits.limit(on: hour.day), earlierVersions: earlier[hour] ?? 0))
            }
            return (channel.unit, hours)
        }
    }

    /// The days of one item from the day of `from` to that of `to`, in order; days without a reading are left out.
    public func dailySeries(
        outletID: String, _ pollutant: Pollutant, from: Hour, to: Hour
    ) throws(RegistryError) -> (unit: MeasuringUnit, days: [SeriesDay])? {
        try read { db in
            guard let channel = try OutletLookup(db, path: path).shownChannel(outletID, pollutant) else { return nil }
            var days: [SeriesDay] = []
            func day(_ day: Int32, _ summary: DailySummary) {
                days.append(
                    SeriesDay(day: Day(daysSince1970: day), summary: summary, limit: channel.limits.limit(on: day)))
            }
            let summaries = try RawStatement(
                db, path: path,
                sql: """
                    SELECT day, count, flagged, exceeding, least, greatest, sum FROM reading_days
                    WHERE channel_pk = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day
                    """)
            let dropped = try MonitoringSettings(db, path: path).dropped
            if from.day <= dropped.day {
                // One look-up for each day: the table is ordered by day, and to scan it would read those of all channels.
                for number in from.day...min(to.day, dropped.day) {
                    summaries.bind(1, channel.pk)
                    summaries.bind(2, number)
                    summaries.bind(3, number)
                    while try summaries.step() {
                        day(
                            number,
                            DailySummary(
                                count: Int(summaries.int(1)), flagged: Int(summaries.int(2)), exceeding: Int(summaries.int(3)),
                                least: summaries.optionalInt(4).map { Quantity(millionths: $0) },
                                greatest: summaries.optionalInt(5).map { Quantity(millionths: $0) }, sumMillionths: summaries.int(6)))
                    }
                    summaries.reset()
                }
            }
            var current: (day: Int32, summary: DailySummary)?
            try forEachReading(channel.pk, from: Hour(day: from.day), to: Hour(day: to.day, hourOfDay: 23), db) { hour, reading in
                if let known = current, known.day != hour.day {
                    day(known.day, known.summary)
                    current = nil
                }
                var summary = current?.summary ?? DailySummary()
                summary.add(reading, limit: channel.limits.limit(on: hour.day))
                current = (hour.day, summary)
            }
            if let known = current { day(known.day, known.summary) }
            return (channel.unit, days)
        }
    }

    /// The readings of a channel, in order, from blocks and hot hours.
    private func forEachReading(
        _ channel: Int64, from: Hour, to: Hour, _ db: Database, _ body: (Hour, Reading) -> Void
    ) throws(RegistryError) {
        guard from <= to else { return }
        let packed = try MonitoringSettings(db, path: path).packed
        // Nothing lies before the first block and the first hot hour, however early the series is to begin.
        let bounds = try RawStatement(
            db, path: path,
            sql: "SELECT (SELECT min(day) FROM reading_blocks), (SELECT min(hour) FROM hot_readings), (SELECT max(hour) FROM hot_readings)")
        guard try bounds.step() else { return }
        let firstBlock = bounds.optionalInt(0).map { Int32(truncatingIfNeeded: $0) }
        if let firstBlock, from.day <= packed.day {
            let blocks = try RawStatement(db, path: path, sql: "SELECT readings FROM reading_blocks WHERE day = ?1 AND channel_pk = ?2")
            let first = max(from.day, firstBlock)
            let last = min(to.day, packed.day)
            if first <= last {
                for day in first...last {
                    blocks.bind(1, day)
                    blocks.bind(2, channel)
                    defer { blocks.reset() }
                    guard try blocks.step() else { continue }
                    let block = try ReadingBlock(blocks, column: 0, path: path)
                    for hourOfDay in 0..<ReadingBlock.hoursPerDay {
                        let hour = Hour(day: day, hourOfDay: hourOfDay)
                        if hour >= from, hour <= to, let reading = block[hourOfDay] { body(hour, reading) }
                    }
                }
            }
        }
        guard let firstHot = bounds.optionalInt(1), let lastHot = bounds.optionalInt(2) else { return }
        let hot = try RawStatement(db, path: path, sql: "SELECT value, flag FROM hot_readings WHERE hour = ?1 AND channel_pk = ?2")
        let first = max(Int64(from.number), firstHot)
        let last = min(Int64(to.number), lastHot)
        guard first <= last else { return }
        for number in first...last {
            hot.bind(1, number)
            hot.bind(2, channel)
            defer { hot.reset() }
            if try hot.step() { body(Hour(number: Int32(truncatingIfNeeded: number)), try Reading(hot, value: 0, flag: 1, path: path)) }
        }
    }

    private func earlierVersions(_ channel: Int64, from: Hour, to: Hour, _ db: Database) throws(RegistryError) -> [Hour: Int] {
        let rows = try RawStatement(
            db, path: path,
            sql: "SELECT hour, count(*) FROM reading_versions WHERE channel_pk = ?1 AND hour BETWEEN ?2 AND ?3 GROUP BY hour")
        rows.bind(1, channel)
        rows.bind(2, from.number)
        rows.bind(3, to.number)
        var counts: [Hour: Int] = [:]
        while try rows.step() { counts[Hour(number: Int32(truncatingIfNeeded: rows.int(0)))] = Int(rows.int(1)) }
        return counts
    }

    /// All versions of one reading, the oldest first; the last one stands. Empty where there is no reading; nil as for `series`.
    public func versions(
        outletID: String, _ pollutant: Pollutant, hour: Hour
    ) throws(RegistryError) -> (unit: MeasuringUnit, versions: [ReadingVersion])? {
        try read { db in
            guard let channel = try OutletLookup(db, path: path).shownChannel(outletID, pollutant) else { return nil }
            let rows = try RawStatement(
                db, path: path,
                sql: """
                    SELECT value, flag, arrived, replaced FROM reading_versions WHERE channel_pk = ?1 AND hour = ?2 ORDER BY version
                    """)
            rows.bind(1, channel.pk)
            rows.bind(2, hour.number)
            var versions: [ReadingVersion] = []
            while try rows.step() {
                versions.append(
                    ReadingVersion(
                        reading: try Reading(rows, value: 0, flag: 1, path: path), arrived: rows.optionalInt(2), replaced: rows.int(3)))
            }
            let tables = try ReadingTables(db, path: path, packed: MonitoringSettings(db, path: path).packed)
            if let standing = try tables.reading(channel: channel.pk, hour: hour) {
                // A packed hour has forgotten when it arrived, unless it took another's place.
                versions.append(
                    ReadingVersion(reading: standing.reading, arrived: standing.arrived ?? versions.last?.replaced, replaced: nil))
            }
            return (channel.unit, versions)
        }
    }

    /// How many readings lie in blocks and how many bytes those take: the blocks themselves, and the whole of their table with its pages.
    ///
    /// Cost: O(blocks); for measurements.
    public func historyUsage() throws(RegistryError) -> (readings: Int, blockBytes: Int, tableBytes: Int) {
        try read { db in
            let rows = try RawStatement(db, path: path, sql: "SELECT readings FROM reading_blocks")
            var usage = (readings: 0, blockBytes: 0, tableBytes: 0)
            while try rows.step() {
                usage.readings += try ReadingBlock(rows, column: 0, path: path).count
                usage.blockBytes += rows.utf8(0).count
            }
            // SQLite's own account of a table's pages, where it was compiled with it.
            if let pages = try? RawStatement(db, path: path, sql: "SELECT sum(pgsize) FROM dbstat WHERE name = 'reading_blocks'"),
                try pages.step()
            {
                usage.tableBytes = Int(pages.int(0))
            }
            return usage
        }
    }
}
