// PlaceLevel.swift: the three levels of places and their codes. A code has six digits (GB/T 2260): two of the province, two of the
// prefecture, two of the county; what a level does not use is zero.

/// Province, prefecture or county.
public enum PlaceLevel: UInt8, CaseIterable, Sendable, Comparable, Hashable {
    case province = 1
    case prefecture = 2
    case county = 3

    /// The name in files, addresses and answers.
    public var name: String {
        switch self {
        case .province: "province"
        case .prefecture: "prefecture"
        case .county: "county"
        }
    }

    public init?(name: String) {
        guard let level = PlaceLevel.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    public static let names = allCases.map(\.name).joined(separator: ", ")

    public static func < (a: PlaceLevel, b: PlaceLevel) -> Bool { a.rawValue < b.rawValue }
}

/// Six-digit codes as numbers.
public enum PlaceCode {
    /// Two, four or six digits; the statistics bureau's longer codes (9 or 12 digits) begin with six. Nil for anything else, and for
    /// numbers that no province can have.
    public static func parse(_ text: String) -> Int32? {
        let digits = Array(text.utf8)
        guard [2, 4, 6, 9, 12].contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        var code: Int32 = 0
        for place in 0..<6 { code = code * 10 + (place < digits.count ? Int32(digits[place]) - 0x30 : 0) }
        return isPossible(code) ? code : nil
    }

    /// Whether a number has the form of a code: provinces are 11 to 82.
    public static func isPossible(_ code: Int32) -> Bool { (110_000...829_999).contains(code) }

    /// The level that a code's zeros say.
    public static func level(of code: Int32) -> PlaceLevel {
        code % 10_000 == 0 ? .province : code % 100 == 0 ? .prefecture : .county
    }

    public static func province(of code: Int32) -> Int32 { code / 10_000 * 10_000 }

    /// The prefecture by the first four digits; 0 for a province's own code.
    public static func prefecture(of code: Int32) -> Int32 { level(of: code) == .province ? 0 : code / 100 * 100 }
}
