// FieldText.swift: the texts of fields read as numbers, days and flags, without a String in between. Every reader says what is wrong
// in words that can stand behind a field's name; none accepts what it only half understands.

import Glibc

typealias FieldBytes = UnsafeBufferPointer<UInt8>

/// A problem of a value, in words; the caller adds field and value.
struct FieldProblem: Error {
    var reason: String

    init(_ reason: String) { self.reason = reason }
}

enum FieldText {
    /// Without white space at either end: ASCII's, the no-break space and the ideographic space.
    @inline(__always)
    static func trimmed(_ bytes: FieldBytes) -> FieldBytes {
        guard let first = bytes.first else { return bytes }
        // What a visible text can begin and end with, in the usual case: nothing to do.
        if first > 0x20, first != 0xC2, first != 0xE3, first != 0xEF {
            let last = bytes[bytes.count - 1]
            if last > 0x20, last != 0xA0, last != 0x80, last != 0xBF { return bytes }
        }
        return slowlyTrimmed(bytes)
    }

    private static let wideSpaces: [[UInt8]] = [[0xC2, 0xA0], [0xE3, 0x80, 0x80], [0xEF, 0xBB, 0xBF]]

    private static func slowlyTrimmed(_ bytes: FieldBytes) -> FieldBytes {
        var low = 0
        var high = bytes.count
        outer: while low < high {
            if bytes[low] <= 0x20, bytes[low] != 0 {
                low += 1
                continue
            }
            for space in wideSpaces where high - low >= space.count && bytes[low..<low + space.count].elementsEqual(space) {
                low += space.count
                continue outer
            }
            break
        }
        outer: while high > low {
            if bytes[high - 1] <= 0x20, bytes[high - 1] != 0 {
                high -= 1
                continue
            }
            for space in wideSpaces where high - low >= space.count && bytes[high - space.count..<high].elementsEqual(space) {
                high -= space.count
                continue outer
            }
            break
        }
        return FieldBytes(rebasing: bytes[low..<high])
    }

    static func string(_ bytes: FieldBytes) -> String { String(decoding: bytes, as: UTF8.self) }

    /// For messages: at most 120 characters.
    static func excerpt(_ bytes: FieldBytes) -> String {
        let text = String(decoding: bytes.prefix(600), as: UTF8.self)
        return text.count > 120 ? String(text.prefix(120)) + "…" : text
    }

    // MARK: Numbers

    private static let powersOfTen: [Double] = (0...22).map { exponent in
        var power = 1.0
        for _ in 0..<exponent { power *= 10 }
        return power
    }

    /// A finite decimal number: `-12`, `3.25`, `1e6`. Correctly rounded.
    static func number(_ bytes: FieldBytes) throws(FieldProblem) -> Double {
        var index = 0
        var negative = false
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
            negative = bytes[index] == UInt8(ascii: "-")
            index += 1
        }
        var mantissa: UInt64 = 0
        var digits = 0
        var fraction = 0
        var sawPoint = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte >= 0x30, byte <= 0x39 {
                digits += 1
                if mantissa >> 53 == 0 { mantissa = mantissa &* 10 &+ UInt64(byte - 0x30) }
                if sawPoint { fraction += 1 }
            } else if byte == UInt8(ascii: "."), !sawPoint {
                sawPoint = true
            } else {
                break
            }
            index += 1
        }
        // Both operands exact, so the quotient is the nearest number (Clinger's fast path).
        if index == bytes.count, digits > 0, digits <= 18, fraction <= 22, mantissa >> 53 == 0 {
            let value = Double(mantissa) / powersOfTen[fraction]
            return negative ? -value : value
        }
        return try slowNumber(bytes)
    }

    private static func slowNumber(_ bytes: FieldBytes) throws(FieldProblem) -> Double {
        if bytes.isEmpty { throw FieldProblem("is empty; a number is needed") }
        let text = string(bytes)
        let lower = text.lowercased()
        if ["nan", "inf", "infinity", "-nan", "-inf", "-infinity", "+inf", "+infinity"].contains(lower) {
            throw FieldProblem("is not a finite number")
        }
        let isDecimal = bytes.allSatisfy {
            (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: "+")
        }
        guard isDecimal, bytes.count <= 400, let value = Double(text) else {
            if text.contains("°") || text.contains("′") {
                throw FieldProblem("is in degrees and minutes; decimal degrees are needed, such as 121.4737")
            }
            if text.contains(",") || text.contains("，") {
                throw FieldProblem("is not a number; write it without commas, with a point before decimals")
            }
            throw FieldProblem("is not a number")
        }
        guard value.isFinite else { throw FieldProblem("is enormous; no quantity here is that large") }
        return value
    }

    /// A whole number; `2012.0` counts as one.
    static func integer(_ bytes: FieldBytes) throws(FieldProblem) -> Int64 {
        let value = try number(bytes)
        guard abs(value) <= 9_007_199_254_740_992 else { throw FieldProblem("is enormous; at most 9007199254740992 can be held") }
        guard value == value.rounded() else { throw FieldProblem("is not a whole number") }
        return Int64(value)
    }

    // MARK: Flags

    static func flag(_ bytes: FieldBytes) throws(FieldProblem) -> Bool {
        switch bytes.count {
        case 1 where bytes[0] == UInt8(ascii: "1"): return true
        case 1 where bytes[0] == UInt8(ascii: "0"): return false
        case 4 where matches(bytes, "true"): return true
        case 5 where matches(bytes, "false"): return false
        default: break
        }
        switch string(bytes).lowercased() {
        case "yes", "y", "t", "是", "有", "1.0": return true
        case "no", "n", "f", "否", "无", "0.0": return false
        default: throw FieldProblem("is neither true nor false (also yes/no, 1/0, 是/否)")
        }
    }

    /// Compares with lower-case ASCII, in any case.
    static func matches(_ bytes: FieldBytes, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { wanted in
            for index in 0..<wanted.count {
                let byte = bytes[index]
                let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
                if lower != wanted[index] { return false }
            }
            return true
        }
    }

    // MARK: Days

    /// The order of numbers in a date that does not begin with the year.
    enum DateOrder: String, CaseIterable, Sendable {
        case yearMonthDay = "ymd"
        case dayMonthYear = "dmy"
        case monthDayYear = "mdy"
    }

    /// A day: `2026-01-31`, `2026/1/31`, `20260131`, `2026年1月31日`, each with a time behind it or not; other orders when asked for.
    static func day(_ bytes: FieldBytes, order: DateOrder = .yearMonthDay) throws(FieldProblem) -> Day {
        if order == .yearMonthDay, bytes.count == 10, let day = Day(utf8: bytes) { return try plausible(day) }
        // A time behind the date: 2026-01-31T08:30:00Z, 2026/1/31 0:00.
        var date = bytes
        if let cut = bytes.firstIndex(where: { $0 == UInt8(ascii: "T") || $0 == UInt8(ascii: " ") }) {
            let time = bytes[(cut + 1)...]
            guard time.allSatisfy({ (0x30...0x3A).contains($0) || "Z+-. APMapm".utf8.contains($0) }) else {
                throw FieldProblem("is not a date; use YYYY-MM-DD")
            }
            date = FieldBytes(rebasing: bytes[..<cut])
        }
        var text = string(date)
        if text.hasSuffix("日") {
            text.removeLast()
            text = String(text.map { $0 == "年" || $0 == "月" ? "-" : $0 })
        }
        if order == .yearMonthDay {
            guard let day = Day(iso: text) else {
                throw FieldProblem(
                    Day(iso: swappedEnds(text)) == nil
                        ? "is not a date of the calendar; use YYYY-MM-DD"
                        : "does not begin with the year; use YYYY-MM-DD, or a mapping with \"date_order\": \"dmy\" or \"mdy\"")
            }
            return try plausible(day)
        }
        let parts = text.split(whereSeparator: { "-/.".contains($0) }).map { Int($0) }
        guard parts.count == 3, let first = parts[0], let second = parts[1], let year = parts[2],
            let day = order == .dayMonthYear ? Day(year: year, month: second, day: first) : Day(year: year, month: first, day: second)
        else { throw FieldProblem("is not a date in the order \(order.rawValue)") }
        return try plausible(day)
    }

    private static func swappedEnds(_ text: String) -> String {
        let parts = text.split(whereSeparator: { "-/.".contains($0) })
        return parts.count == 3 ? "\(parts[2])-01-01" : ""
    }

    private static let earliest = Day(year: 1949, month: 10, day: 1)
    private static let latest = Day(year: 2200, month: 1, day: 1)

    private static func plausible(_ day: Day) throws(FieldProblem) -> Day {
        if let earliest, let latest, day < earliest || day > latest {
            throw FieldProblem("is not a plausible date: before 1949-10-01 or after 2200")
        }
        return day
    }

    /// ISO 8601: a date, or a date and a time with or without its zone.
    static func isTimestamp(_ bytes: FieldBytes) -> Bool {
        guard bytes.count >= 10, Day(utf8: bytes.prefix(10)) != nil else { return false }
        if bytes.count == 10 { return true }
        guard bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " ") else { return false }
        // hh:mm[:ss[.fff]][Z|±hh[:]mm]
        var index = 11
        func digits(_ count: Int, atMost limit: Int) -> Bool {
            guard index + count <= bytes.count else { return false }
            var value = 0
            for _ in 0..<count {
                guard (0x30...0x39).contains(bytes[index]) else { return false }
                value = value * 10 + Int(bytes[index] - 0x30)
                index += 1
            }
            return value <= limit
        }
        func skip(_ byte: UInt8) -> Bool {
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
            return true
        }
        guard digits(2, atMost: 24), skip(UInt8(ascii: ":")), digits(2, atMost: 59) else { return false }
        if skip(UInt8(ascii: ":")) {
            guard digits(2, atMost: 60) else { return false }
            if skip(UInt8(ascii: ".")) { while digits(1, atMost: 9) {} }
        }
        if index == bytes.count { return true }
        if skip(UInt8(ascii: "Z")) { return index == bytes.count }
        guard skip(UInt8(ascii: "+")) || skip(UInt8(ascii: "-")), digits(2, atMost: 14) else { return false }
        if index == bytes.count { return true }
        _ = skip(UInt8(ascii: ":"))
        return digits(2, atMost: 59) && index == bytes.count
    }

    // MARK: Characters

    /// What of a text keeps it from being stored as it is.
    enum Unfit {
        case nothing
        /// Line breaks or tabs.
        case breaks
        /// Another control character.
        case control(UInt8)
    }

    /// Looks for control characters (C0 and DEL), eight bytes at a time.
    @inline(__always)
    static func unfit(_ bytes: FieldBytes) -> Unfit {
        guard let base = bytes.baseAddress else { return .nothing }
        let raw = UnsafeRawPointer(base)
        var offset = 0
        let ones: UInt64 = 0x0101_0101_0101_0101
        while offset + 8 <= bytes.count {
            let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let low = (word &- ones &* 0x20) & ~word
            let flipped = word ^ (ones &* 0x7F)
            let delete = (flipped &- ones) & ~flipped
            if (low | delete) & 0x8080_8080_8080_8080 != 0 { return slowlyUnfit(bytes) }
            offset += 8
        }
        while offset < bytes.count {
            if base[offset] < 0x20 || base[offset] == 0x7F { return slowlyUnfit(bytes) }
            offset += 1
        }
        return .nothing
    }

    private static func slowlyUnfit(_ bytes: FieldBytes) -> Unfit {
        var breaks = false
        for byte in bytes where byte < 0x20 || byte == 0x7F {
            if byte == 0x09 || byte == 0x0A || byte == 0x0D { breaks = true } else { return .control(byte) }
        }
        return breaks ? .breaks : .nothing
    }

    /// Whether a text holds a Han character.
    static func holdsHan(_ bytes: FieldBytes) -> Bool {
        guard bytes.contains(where: { $0 >= 0xE3 }) else { return false }
        return string(bytes).unicodeScalars.contains { (0x3400...0x9FFF).contains($0.value) || (0x20000...0x3FFFF).contains($0.value) }
    }
}
