// Hour.swift: an hour as one number. Readings are hourly, so the hour is a reading's place in time. Days are those of Beijing time
// (UTC+08:00), the one legal time of China: daily means, limits and blocks of history all begin at its midnight.
// Civil calendar arithmetic after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".

/// A full hour of UTC. It names a reading as its source does: whether by the hour's beginning or its end is the source's custom.
public struct Hour: Hashable, Comparable, Sendable {
    /// Hours since 1970-01-01T00:00Z.
    public var number: Int32

    public init(number: Int32) { self.number = number }

    /// The hour that a moment lies in. Moments beyond the range of `Int32` hours count as its ends.
    public init(secondsSince1970 seconds: Int64) {
        number = Int32(clamping: seconds >= 0 ? seconds / 3600 : (seconds - 3599) / 3600)
    }

    public static func < (a: Hour, b: Hour) -> Bool { a.number < b.number }

    public func adding(_ hours: Int) -> Hour { Hour(number: Int32(clamping: Int(number) + hours)) }

    /// Hours of Beijing time ahead of UTC.
    static let beijingHours: Int32 = 8

    /// The day of Beijing time, in days since 1970-01-01.
    public var day: Int32 {
        let local = Int64(number) + Int64(Hour.beijingHours)
        return Int32(truncatingIfNeeded: local >= 0 ? local / 24 : (local - 23) / 24)
    }

    /// The hour of its day in Beijing time, 0 to 23.
    public var hourOfDay: Int { Int(Int64(number) + Int64(Hour.beijingHours) - Int64(day) * 24) }

    /// - Parameters:
    ///   - day: days since 1970-01-01, Beijing time.
    ///   - hourOfDay: 0 to 23.
    public init(day: Int32, hourOfDay: Int = 0) {
        number = Int32(clamping: Int64(day) * 24 + Int64(hourOfDay) - Int64(Hour.beijingHours))
    }

    // MARK: Text

    /// Why a text is no hour.
    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        case notATime
        case withoutZone
        case offTheHour

        public var description: String {
            switch self {
            case .notATime: "is not a time, such as 2026-11-23T05:00+08:00"
            case .withoutZone: "names no time zone, and which one is not guessed; write +08:00 or Z behind it"
            case .offTheHour: "is not a full hour; readings are hourly"
            }
        }
    }

    /// Reads ISO 8601: date, `T` or a space, hours and minutes, seconds if need be, and the zone: `Z`, `+08:00` or `+0800`. 24:00 is the next
    /// day's 00:00.
    public init(utf8 text: some Sequence<UInt8>) throws(Problem) {
        var scan = TimeScan(text)
        guard let date = scan.date(), scan.takeSeparator(), let hour = scan.number(2), scan.take(":"), let minute = scan.number(2) else {
            throw .notATime
        }
        var rest = minute
        if scan.take(":") {
            guard let second = scan.number(2), second < 60 else { throw .notATime }
            rest += second
            if scan.take(".") { rest += scan.fraction() }
        }
        guard hour < 24 || (hour == 24 && rest == 0), minute < 60 else { throw .notATime }
        guard let zone = try scan.zoneMinutes() else { throw .withoutZone }
        guard rest == 0, zone % 60 == 0 else { throw .offTheHour }
        self.init(number: Int32(clamping: date * 24 + hour - zone / 60))
    }

    public init(_ text: String) throws(Problem) { try self.init(utf8: text.utf8) }

    /// In Beijing time, such as `2026-11-23T05:00+08:00`.
    public var iso: String { "\(Hour.isoDay(day))T\(Hour.padded(hourOfDay, 2)):00+08:00" }

    /// YYYY-MM-DD of a number of days since 1970-01-01.
    static func isoDay(_ days: Int32) -> String {
        let z = Int(days) + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfYear - (153 * shifted + 2) / 5 + 1, 2))"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: Swift.max(width - text.utf8.count, 0)) + text
    }
}

/// Reads forward through one time.
private struct TimeScan {
    private var bytes: [UInt8]
    private var at = 0

    init(_ text: some Sequence<UInt8>) {
        bytes = []
        bytes.reserveCapacity(32)
        // Longer than any time: what is behind is not looked at, and what is there is no time.
        for byte in text.prefix(41) { bytes.append(byte) }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    mutating func takeSeparator() -> Bool { take("T") || take(" ") || take("t") }

    mutating func number(_ width: Int) -> Int? {
        guard at + width <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[at..<at + width] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        at += width
        return value
    }

    /// Digits behind a point: not 0 if any of them is not.
    mutating func fraction() -> Int {
        var any = 0
        while at < bytes.count, (0x30...0x39).contains(bytes[at]) {
            if bytes[at] != 0x30 { any = 1 }
            at += 1
        }
        return any
    }

    /// Days since 1970.
    mutating func date() -> Int? {
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2) else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard year >= 1, (1...12).contains(month), day >= 1, day <= lengths[month - 1] else { return nil }
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Minutes ahead of UTC; nil where there is no zone and nothing else.
    mutating func zoneMinutes() throws(Hour.Problem) -> Int? {
        if at == bytes.count { return nil }
        if take("Z") || take("z") {
            guard at == bytes.count else { throw .notATime }
            return 0
        }
        let isWest = take("-")
        guard isWest || take("+"), let hours = number(2) else { throw .notATime }
        _ = take(":")
        guard let minutes = number(2), hours <= 15, minutes < 60, at == bytes.count else { throw .notATime }
        return (hours * 60 + minutes) * (isWest ? -1 : 1)
    }
}
