// RetentionPolicy.swift: how long readings are kept in which form.

/// Ages are counted in days of Beijing time before the current one.
public struct RetentionPolicy: Hashable, Sendable {
    /// Days whose hours stand one by one, quickest to write and to read; older ones are packed, a day of an item in one block.
    public var hotDays: Int
    /// Days whose hours are kept at all; of older ones only the daily summary stays. Readings for them are refused.
    public var hourlyDays: Int
    /// Days whose daily summary is kept; nil: for ever.
    public var dailyDays: Int?

    public static let standard = RetentionPolicy(hotDays: 3, hourlyDays: 1100, dailyDays: nil)

    public init(hotDays: Int, hourlyDays: Int, dailyDays: Int?) {
        self.hotDays = hotDays
        self.hourlyDays = hourlyDays
        self.dailyDays = dailyDays
    }

    /// What is wrong with it, and what would be right; nil: nothing.
    public var problem: (field: String, reason: String)? {
        if !(1...31).contains(hotDays) { return ("hot_days", "lies not between 1 and 31") }
        if !(hotDays...36_500).contains(hourlyDays) { return ("hourly_days", "lies not between hot_days and 36500") }
        if let dailyDays, !(hourlyDays...36_500).contains(dailyDays) { return ("daily_days", "lies not between hourly_days and 36500") }
        return nil
    }

    /// The first day, in days since 1970, whose hours stand one by one.
    public func firstHotDay(at now: Hour) -> Int32 { now.day - Int32(clamping: hotDays - 1) }

    /// The first day whose hours are kept.
    public func firstHourlyDay(at now: Hour) -> Int32 { now.day - Int32(clamping: hourlyDays - 1) }

    /// The first day whose summary is kept; nil: all.
    public func firstDailyDay(at now: Hour) -> Int32? { dailyDays.map { now.day - Int32(clamping: $0 - 1) } }
}
