// RegistryStore+Retention.swift: the care of history, in steps so small that writers and readers beside it wait for none of them: hours that are
// no longer hot are packed into blocks of a day; blocks that are older than the policy says become daily summaries; summaries that are too old
// go. A mark says how far each has come, so a step that a crash cuts off is begun again.

import GRDB
import Monitoring

/// What one step of the care of history did.
public struct RetentionStep: Hashable, Sendable {
    public var packedReadings = 0
    public var packedBlocks = 0
    public var summarisedDays = 0
    public var removedSummaries = 0

    /// Nothing is left to do now.
    public var isIdle: Bool { self == RetentionStep() }

    public init() {}

    public static func + (a: RetentionStep, b: RetentionStep) -> RetentionStep {
        var sum = a
        sum.packedReadings += b.packedReadings
        sum.packedBlocks += b.packedBlocks
        sum.summarisedDays += b.summarisedDays
        sum.removedSummaries += b.removedSummaries
        return sum
    }
}

extension RegistryStore {
    /// How long readings are kept in which form.
    public func retentionPolicy() throws(RegistryError) -> RetentionPolicy {
        try read { db in try MonitoringSettings(db, path: path).policy }
    }
}

extension WriteContext {
    /// Sets the policy. What was given up before stays given up.
    ///
    /// - Throws: `WriteRefusal` that names the field.
    public func setRetention(_ policy: RetentionPolicy) throws {
        if let problem = policy.problem { throw WriteRefusal(.invalid, field: problem.field, reason: problem.reason) }
        var settings = try MonitoringSettings(db, path: path)
        settings.policy = policy
        try settings.save(db, path: path)
        try audit(
            action: "readings.policy", subject: nil,
            detail:
                "{\"hot_days\":\(policy.hotDays),\"hourly_days\":\(policy.hourlyDays),\"daily_days\":\(policy.dailyDays.map(String.init) ?? "null")}"
        )
    }

    /// One bounded step of what the policy asks for.
    ///
    /// - Parameter channels: at most so many channels of one day. Cost: about 5 µs each.
    /// - Returns: what was done; idle when there is nothing to do now.
    public func retainStep(channels: Int = 2000) throws(RegistryError) -> RetentionStep {
        var settings = try MonitoringSettings(db, path: path)
        let now = settings.now(atSecond: self.now / 1000)
        var step = try pack(&settings, now: now, channels: channels)
        if step.isIdle { step = try summarise(&settings, now: now, channels: channels) }
        if step.isIdle, let first = settings.policy.firstDailyDay(at: now) {
            let remove = try statement(
                "DELETE FROM reading_days WHERE (day, channel_pk) IN (SELECT day, channel_pk FROM reading_days WHERE day < ?1 LIMIT ?2)")
            remove.bind(1, first)
            remove.bind(2, Int64(channels))
            step.removedSummaries = try remove.run()
        }
        if !step.isIdle { try settings.save(db, path: path) }
        return step
    }

    // MARK: Hours into blocks

    private func pack(_ settings: inout MonitoringSettings, now: Hour, channels: Int) throws(RegistryError) -> RetentionStep {
        let firstHot = settings.policy.firstHotDay(at: now)
        let oldest = try statement("SELECT min(hour) FROM hot_readings")
        guard try oldest.step(), let hour = oldest.optionalInt(0) else { return RetentionStep() }
        let day = Hour(number: Int32(truncatingIfNeeded: hour)).day
        guard day < firstHot else { return RetentionStep() }
        // Days that nothing was ever read for are done as well.
        if settings.packed.day < day { settings.packed = .through(day - 1) }
        let begin = settings.packed.day == day ? settings.packed.channel : -1
        let first = Hour(day: day)

        // The channels of this step: of the next ones in each hour the smallest.
        var blocks: [Int64: ReadingBlock] = [:]
        let rows = try statement(
            "SELECT channel_pk, value, flag FROM hot_readings WHERE hour = ?1 AND channel_pk > ?2 ORDER BY channel_pk LIMIT ?3")
        var end = Int64.max
        for hourOfDay in 0..<ReadingBlock.hoursPerDay {
            rows.bind(1, first.adding(hourOfDay).number)
            rows.bind(2, begin)
            rows.bind(3, Int64(channels))
            var read = 0
            var last: Int64 = 0
            while try rows.step() {
                last = rows.int(0)
                read += 1
                blocks[last, default: ReadingBlock()][hourOfDay] = try Reading(rows, value: 1, flag: 2, path: path)
            }
            rows.reset()
            // Beyond this one the hour has not been read to its end.
            if read == channels { end = min(end, last) }
        }
        return try store(blocks.filter { $0.key <= end }, through: end, day: day, begin: begin, &settings)
    }

    private func store(
        _ blocks: [Int64: ReadingBlock], through end: Int64, day: Int32, begin: Int64, _ settings: inout MonitoringSettings
    ) throws(RegistryError) -> RetentionStep {
        var step = RetentionStep()
        let insert = try statement("INSERT INTO reading_blocks (day, channel_pk, readings) VALUES (?1, ?2, ?3)")
        for (channel, block) in blocks.sorted(by: { $0.key < $1.key }) {
            insert.bind(1, day)
            insert.bind(2, channel)
            insert.bind(3, blob: block.bytes)
            try insert.run()
            step.packedBlocks += 1
            step.packedReadings += block.count
        }
        let remove = try statement("DELETE FROM hot_readings WHERE hour = ?1 AND channel_pk > ?2 AND channel_pk <= ?3")
        for hourOfDay in 0..<ReadingBlock.hoursPerDay {
            remove.bind(1, Hour(day: day).adding(hourOfDay).number)
            remove.bind(2, begin)
            remove.bind(3, end)
            try remove.run()
        }
        settings.packed = ReadingMark(day: day, channel: end)
        return step
    }

    // MARK: Blocks into summaries

    private func summarise(_ settings: inout MonitoringSettings, now: Hour, channels: Int) throws(RegistryError) -> RetentionStep {
        var step = RetentionStep()
        let first = settings.policy.firstHourlyDay(at: now)
        let oldest = try statement("SELECT min(day) FROM reading_blocks")
        guard try oldest.step(), let found = oldest.optionalInt(0) else { return step }
        let day = Int32(truncatingIfNeeded: found)
        guard day < first else { return step }
        let rows = try statement("SELECT channel_pk, readings FROM reading_blocks WHERE day = ?1 ORDER BY channel_pk LIMIT ?2")
        let insert = try statement(
            """
            INSERT INTO reading_days (day, channel_pk, count, flagged, exceeding, least, greatest, sum)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """)
        let lookup = try OutletLookup(db, path: path)
        rows.bind(1, day)
        rows.bind(2, Int64(channels))
        var end: Int64 = 0
        while try rows.step() {
            end = rows.int(0)
            let block = try ReadingBlock(rows, column: 1, path: path)
            let summary = DailySummary(block, limit: try lookup.readLimits(end).limit(on: day))
            insert.bind(1, day)
            insert.bind(2, end)
            insert.bind(3, Int64(summary.count))
            insert.bind(4, Int64(summary.flagged))
            insert.bind(5, Int64(summary.exceeding))
            insert.bind(6, summary.least?.millionths)
            insert.bind(7, summary.greatest?.millionths)
            insert.bind(8, summary.sumMillionths)
            try insert.run()
            step.summarisedDays += 1
        }
        rows.reset()
        let remove = try statement("DELETE FROM reading_blocks WHERE day = ?1 AND channel_pk <= ?2")
        remove.bind(1, day)
        remove.bind(2, end)
        try remove.run()
        settings.dropped = max(settings.dropped, ReadingMark(day: day, channel: end))
        return step
    }
}
