// Day.swift: a calendar day without a clock or a zone, as one number. Civil calendar arithmetic after Howard Hinnant,
// "chrono-Compatible Low-Level Date Algorithms".

import Glibc

/// A day of the Gregorian calendar.
public struct Day: Hashable, Comparable, Sendable, Codable {
    public var daysSince1970: Int32

    public init(daysSince1970: Int32) { self.daysSince1970 = daysSince1970 }

    /// Nil for a date that does not exist, or a year outside 1...9999.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1, day <= Day.length(year: year, month: month) else { return nil }
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        daysSince1970 = Int32(era * 146_097 + dayOfEra - 719_468)
    }

    /// Reads `2026-01-31`, `2026/1/31`, `20260131` or `2026.1.31`.
    public init?(iso text: String) { self.init(utf8: text.utf8) }

    /// The same, from bytes. Allocates nothing: files have millions of days.
    public init?(utf8 text: some Collection<UInt8>) {
        var (first, second, number) = (0, 0, 0)
        var digits = 0
        var part = 0
        var separator: UInt8?
        for byte in text {
            switch byte {
            case 0x30...0x39:
                // Four digits of the year, two of month and day; eight of a date without separators.
                guard digits < (part == 0 ? 8 : 2) else { return nil }
                number = number * 10 + Int(byte - 0x30)
                digits += 1
            case UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "."):
                guard part < 2, digits > 0, part > 0 || digits == 4, separator == nil || separator == byte else { return nil }
                separator = byte
                (first, second) = part == 0 ? (number, 0) : (first, number)
                (number, digits) = (0, 0)
                part += 1
            default: return nil
            }
        }
        if part == 0, digits == 8 {
            self.init(year: number / 10_000, month: number / 100 % 100, day: number % 100)
        } else {
            guard part == 2, digits > 0 else { return nil }
            self.init(year: first, month: second, day: number)
        }
    }

    /// Year, month 1...12, day 1...31.
    public var components: (year: Int, month: Int, day: Int) {
        let z = Int(daysSince1970) + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    /// YYYY-MM-DD.
    public var iso: String {
        let (year, month, day) = components
        func padded(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: Swift.max(width - text.count, 0)) + text
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// The bytes of `iso`, for the duration of `body`; makes no string: tiles have thousands of days.
    @inlinable
    public func withISO<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        let (year, month, day) = components
        guard (0...9999).contains(year) else {
            var text = iso
            return text.withUTF8(body)
        }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 10) { bytes in
            bytes.initialize(repeating: UInt8(ascii: "-"))
            func write(_ number: Int, at place: Int) {
                bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10)
                bytes[place + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10)
            }
            write(year / 100, at: 0)
            write(year % 100, at: 2)
            write(month, at: 5)
            write(day, at: 8)
            return body(UnsafeBufferPointer(bytes))
        }
    }

    /// The same day `months` later, or the month's last day where that does not exist.
    public func adding(months: Int) -> Day {
        let (year, month, day) = components
        let index = year * 12 + month - 1 + months
        let (newYear, newMonth) = (index / 12, index % 12 + 1)
        return Day(year: newYear, month: newMonth, day: Swift.min(day, Day.length(year: newYear, month: newMonth))) ?? self
    }

    /// Today in China (UTC+8, no daylight saving), where the records are published.
    public static func today() -> Day { Day(daysSince1970: Int32((time(nil) + 8 * 3600) / 86_400)) }

    public static func < (a: Day, b: Day) -> Bool { a.daysSince1970 < b.daysSince1970 }

    private static func length(year: Int, month: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
