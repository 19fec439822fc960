// MonitoringSettings.swift: what the registry knows of its readings as a whole: how long they are kept, how far they are packed and dropped, and
// what hour it is. A synthetic data set describes a day that is over, so its clock stands still at its last reading: otherwise nothing in
// it would ever exceed "now".

import GRDB
import Monitoring

/// A place in the order (day, channel): everything up to and including it is done.
struct ReadingMark: Hashable, Comparable, Sendable {
    var day: Int32
    var channel: Int64

    static func < (a: ReadingMark, b: ReadingMark) -> Bool { (a.day, a.channel) < (b.day, b.channel) }

    /// Before everything.
    static let none = ReadingMark(day: .min, channel: .max)

    func includes(day: Int32, channel: Int64) -> Bool { ReadingMark(day: day, channel: channel) <= self }

    /// The end of a day.
    static func through(_ day: Int32) -> ReadingMark { ReadingMark(day: day, channel: .max) }
}

struct MonitoringSettings {
    var policy = RetentionPolicy.standard
    /// Up to here hours are packed into blocks.
    var packed = ReadingMark.none
    /// Up to here hours are given up for daily summaries.
    var dropped = ReadingMark.none
    /// Of all readings that were ever taken.
    var newestHour: Hour?
    /// Raised with every change of a state.
    var generation: Int64 = 0
    /// Of the data set; nil: its clock is the wall's.
    private var lastHourOfDataset: Hour?

    private enum Name: String {
        case hotDays = "hot_days"
        case hourlyDays = "hourly_days"
        case dailyDays = "daily_days"
        case packedDay = "packed_day"
        case packedChannel = "packed_channel"
        case droppedDay = "dropped_day"
        case droppedChannel = "dropped_channel"
        case newestHour = "newest_hour"
        case generation
    }

    init(_ db: Database, path: String) throws(RegistryError) {
        let rows = try RawStatement(db, path: path, sql: "SELECT name, value FROM monitoring_settings")
        while try rows.step() {
            let value = rows.int(1)
            let number = Int32(clamping: value)
            switch rows.text(0).flatMap(Name.init) {
            case .hotDays: policy.hotDays = Int(number)
            case .hourlyDays: policy.hourlyDays = Int(number)
            case .dailyDays: policy.dailyDays = Int(number)
            case .packedDay: packed.day = number
            case .packedChannel: packed.channel = value
            case .droppedDay: dropped.day = number
            case .droppedChannel: dropped.channel = value
            case .newestHour: newestHour = Hour(number: number)
            case .generation: generation = value
            case nil: break
            }
        }
        let dataset = try RawStatement(
            db, path: path,
            sql: "SELECT value FROM meta WHERE name = 'as_of' AND EXISTS (SELECT 1 FROM meta WHERE name = 'synthetic' AND value = 'true')")
        if try dataset.step(), let day = dataset.text(0).flatMap({ Day(iso: $0) }) {
            lastHourOfDataset = Hour(day: day.daysSince1970, hourOfDay: 23)
        }
    }

    /// Writes what may have changed.
    func save(_ db: Database, path: String) throws(RegistryError) {
        let row = try RawStatement(
            db, path: path,
            sql: """
                INSERT INTO monitoring_settings (name, value) VALUES (?1, ?2)
                ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value
                """)
        func put(_ name: Name, _ value: Int64?) throws(RegistryError) {
            guard let value else { return }
            row.bind(1, name.rawValue)
            row.bind(2, value)
            try row.run()
        }
        try put(.hotDays, Int64(policy.hotDays))
        try put(.hourlyDays, Int64(policy.hourlyDays))
        if let days = policy.dailyDays {
            try put(.dailyDays, Int64(days))
        } else {
            try RawStatement(db, path: path, sql: "DELETE FROM monitoring_settings WHERE name = 'daily_days'").run()
        }
        if packed != .none {
            try put(.packedDay, Int64(packed.day))
            try put(.packedChannel, packed.channel)
        }
        if dropped != .none {
            try put(.droppedDay, Int64(dropped.day))
            try put(.droppedChannel, dropped.channel)
        }
        try put(.newestHour, newestHour.map { Int64($0.number) })
        try put(.generation, generation)
    }

    // MARK: Time

    /// Clocks differ: a reading may be so much ahead of ours.
    private static let toleranceSeconds: Int64 = 300

    /// The hour of the wall clock, the last one that a reading may be of.
    static func latestHour(atSecond second: Int64) -> Hour { Hour(secondsSince1970: second + toleranceSeconds) }

    /// The hour that "now" means.
    func now(atSecond second: Int64) -> Hour {
        let wall = MonitoringSettings.latestHour(atSecond: second)
        guard let last = lastHourOfDataset else { return wall }
        return min(wall, max(last, newestHour ?? last))
    }

    /// The first day that readings are taken for.
    func firstDay(at now: Hour) -> Int32 {
        max(policy.firstHourlyDay(at: now), dropped == .none ? .min : dropped.day + 1)
    }
}
