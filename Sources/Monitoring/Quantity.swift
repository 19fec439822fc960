// Quantity.swift: a measured value as the decimal number that its source wrote. Limits and breakpoints are decimals too, so whether a
// value of 50 exceeds a limit of 50, and how a sub-index rounds up, is decided by whole numbers and never by the last bit of a Double.

/// A decimal number with at most six decimals, under 10⁹ in size. Its unit stands beside it.
public struct Quantity: Hashable, Comparable, Sendable {
    /// The value times 10⁶.
    public var millionths: Int64

    /// The first size that is too large.
    public static let bound: Int64 = 1_000_000_000_000_000
    /// How many decimals can be kept.
    public static let mostDecimals = 6

    public init(millionths: Int64) { self.millionths = millionths }

    /// Why a text is no quantity.
    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        case notANumber
        /// 10⁹ or more, 1e999 included.
        case tooLarge
        /// More decimals than `mostDecimals`.
        case tooFine

        public var description: String {
            switch self {
            case .notANumber: "is not a decimal number, such as 12.5"
            case .tooLarge: "is too large; values are under 1000000000"
            case .tooFine: "has more than 6 decimals; round it"
            }
        }
    }

    /// Reads `12`, `-0.35`, `1.2e-3`, exactly. NaN, infinities, hexadecimal numbers and white space are no numbers.
    public init(utf8 text: some Sequence<UInt8>) throws(Problem) {
        var scan = DecimalScan()
        for byte in text { try scan.take(byte) }
        millionths = try scan.millionths()
    }

    public init(_ text: String) throws(Problem) { try self.init(utf8: text.utf8) }

    public static func < (a: Quantity, b: Quantity) -> Bool { a.millionths < b.millionths }

    /// The nearest binary number. Exact enough to draw, not to compare.
    public var double: Double { Double(millionths) / 1e6 }

    /// How many decimals its shortest form has, 0 to 6.
    public var decimals: Int {
        var rest = millionths
        var count = Quantity.mostDecimals
        while count > 0, rest % 10 == 0 {
            rest /= 10
            count -= 1
        }
        return count
    }
}

extension Quantity: CustomStringConvertible {
    /// The shortest decimal form, such as `12.5`: every JSON reader takes it.
    public var description: String {
        let decimals = decimals
        let whole = millionths.magnitude / 1_000_000
        let sign = millionths < 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(whole)" }
        let digits = String(millionths.magnitude % 1_000_000)
        let fraction = String(repeating: "0", count: 6 - digits.utf8.count) + digits
        return "\(sign)\(whole).\(fraction.prefix(decimals))"
    }
}

extension Quantity {
    /// The same concentration in another unit: from mg/m³ to µg/m³ or back, exact for values of up to three decimals in µg/m³.
    ///
    /// - Returns: nil for units that are no such pair.
    public func shifted(from unit: MeasuringUnit, to other: MeasuringUnit) -> Quantity? {
        switch (unit, other) {
        case _ where unit == other: self
        case (.microgramPerCubicMetre, .milligramPerCubicMetre): Quantity(millionths: millionths / 1000)
        case (.milligramPerCubicMetre, .microgramPerCubicMetre):
            abs(millionths) < Quantity.bound / 1000 ? Quantity(millionths: millionths * 1000) : nil
        default: nil
        }
    }
}

extension Quantity: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int32) { self.init(millionths: Int64(value) * 1_000_000) }
}

/// One decimal number, byte by byte.
private struct DecimalScan {
    private enum Part { case start, sign, whole, point, fraction, exponentMark, exponentSign, exponent }

    private var part = Part.start
    private var isNegative = false
    /// The digits so far without leading zeros, as far as they matter, and what power of ten the last one has.
    private var digits: UInt64 = 0
    private var power = 0
    private var exponent = 0
    private var hasNegativeExponent = false
    /// A digit other than 0 that no longer fits into `digits`.
    private var hasLostDigits = false

    mutating func take(_ byte: UInt8) throws(Quantity.Problem) {
        switch (part, byte) {
        case (.start, UInt8(ascii: "-")), (.start, UInt8(ascii: "+")):
            isNegative = byte == UInt8(ascii: "-")
            part = .sign
        case (.start, 0x30...0x39), (.sign, 0x30...0x39), (.whole, 0x30...0x39):
            part = .whole
            add(byte, isFraction: false)
        case (.whole, UInt8(ascii: ".")): part = .point
        case (.point, 0x30...0x39), (.fraction, 0x30...0x39):
            part = .fraction
            add(byte, isFraction: true)
        case (.whole, UInt8(ascii: "e")), (.whole, UInt8(ascii: "E")), (.fraction, UInt8(ascii: "e")), (.fraction, UInt8(ascii: "E")):
            part = .exponentMark
        case (.exponentMark, UInt8(ascii: "-")), (.exponentMark, UInt8(ascii: "+")):
            hasNegativeExponent = byte == UInt8(ascii: "-")
            part = .exponentSign
        case (.exponentMark, 0x30...0x39), (.exponentSign, 0x30...0x39), (.exponent, 0x30...0x39):
            part = .exponent
            if exponent < 10_000 { exponent = exponent * 10 + Int(byte - 0x30) }
        default: throw .notANumber
        }
    }

    private mutating func add(_ byte: UInt8, isFraction: Bool) {
        let digit = UInt64(byte - 0x30)
        if digits < 100_000_000_000_000_000 {
            digits = digits * 10 + digit
            if isFraction, power > -1_000_000 { power -= 1 }
        } else {
            hasLostDigits = hasLostDigits || digit != 0
            if !isFraction, power < 1_000_000 { power += 1 }
        }
    }

    func millionths() throws(Quantity.Problem) -> Int64 {
        guard part == .whole || part == .fraction || part == .exponent else { throw .notANumber }
        guard digits > 0 else { return 0 }
        var digits = digits
        var shift = power + (hasNegativeExponent ? -exponent : exponent) + Quantity.mostDecimals
        while shift < 0 {
            guard digits % 10 == 0 else { throw .tooFine }
            digits /= 10
            shift += 1
        }
        while shift > 0 {
            guard digits < UInt64(Quantity.bound) else { throw .tooLarge }
            digits *= 10
            shift -= 1
        }
        guard digits < UInt64(Quantity.bound) else { throw .tooLarge }
        guard !hasLostDigits else { throw .tooFine }
        return isNegative ? -Int64(digits) : Int64(digits)
    }
}
