// Filter.swift: what a client asks to see, as parsed from query parameters, before any snapshot is known.
//
// Values of one parameter are alternatives, different parameters must all hold. `category`, `from`, `to` and
// `min_severity` speak of records: a factory passes when one and the same record meets all of them.

import Registry

/// A filter over factories: parsed, validated and put into one canonical form.
///
/// Two filters that mean the same are equal and have the same `canonical` text, whatever the order or spelling of the
/// parameters, so that either can key a cache.
public struct Filter: Hashable, Sendable {
    /// Statuses that pass; empty: all.
    public private(set) var statuses: Set<UInt8> = []
    /// Prefixes of industry codes (GB/T 4754), upper case: `C`, `C17`, `C1711`, or digits alone; empty: all.
    public private(set) var industries: [String] = []
    /// Categories of a record; empty: all.
    public private(set) var categories: Set<UInt8> = []
    /// Stands for any brand: every factory that some brand publishes as its supplier.
    public static let anyBrand = "*"

    /// Identifiers of brands, or `anyBrand` alone; empty: all.
    public private(set) var brands: [String] = []
    /// First day of publication of a record that counts.
    public private(set) var from: Day?
    /// Last day, inclusive.
    public private(set) var to: Day?
    /// Least severity of a record, 1 to 5.
    public private(set) var minSeverity: Int?

    /// The names of the query parameters that a filter is made of.
    public static let parameterNames: Set<String> = ["status", "industry", "category", "brand", "from", "to", "min_severity"]

    /// How many values one parameter may list.
    public static let valueLimit = 200

    /// The filter that every factory passes.
    public init() {}

    /// The suppliers of one brand.
    init(brand: String) { brands = [brand] }

    public var isEmpty: Bool { self == Filter() }

    /// Whether nothing but the status decides, or nothing at all.
    var asksForStatusesAlone: Bool { industries.isEmpty && brands.isEmpty && !asksForRecords }

    /// Whether the filter asks something of records, not only of factories.
    public var asksForRecords: Bool { !categories.isEmpty || from != nil || to != nil || minSeverity != nil }

    /// Parses query parameters.
    ///
    /// - Parameter parameters: name and percent-decoded value, in any order; `status`, `industry`, `category` and `brand` may
    ///   repeat and list values with commas.
    /// - Throws: `QueryError` that names the parameter: unknown name, unknown value, empty value, bad date, severity outside
    ///   1...5, a scalar given twice, `from` after `to`.
    public init(parameters: [(name: String, value: String)]) throws(QueryError) {
        var seen: Set<String> = []
        for (name, value) in parameters {
            guard Filter.parameterNames.contains(name) else {
                throw QueryError(
                    parameter: name, value: value,
                    message: "unknown filter; the filters are \(Filter.parameterNames.sorted().joined(separator: ", "))")
            }
            switch name {
            case "status":
                for part in try Filter.list(name, value) {
                    guard let status = FactoryStatus(name: part) else {
                        throw QueryError(
                            parameter: name, value: part,
                            message: "unknown status; use \(FactoryStatus.allCases.map(\.name).joined(separator: ", "))")
                    }
                    statuses.insert(status.rawValue)
                }
            case "category":
                for part in try Filter.list(name, value) {
                    guard let category = RecordCategory(name: part) else {
                        throw QueryError(
                            parameter: name, value: part,
                            message: "unknown category; use \(RecordCategory.allCases.map(\.name).joined(separator: ", "))")
                    }
                    categories.insert(category.rawValue)
                }
            case "industry":
                for part in try Filter.list(name, value) { industries.append(try Filter.industryPrefix(part)) }
            case "brand":
                for part in try Filter.list(name, value) {
                    guard part.utf8.count <= 64 else {
                        throw QueryError(parameter: name, value: String(part.prefix(64)), message: "a brand's id has at most 64 bytes")
                    }
                    brands.append(part)
                }
            default:
                guard seen.insert(name).inserted else {
                    throw QueryError(parameter: name, value: value, message: "given twice; give it once")
                }
                switch name {
                case "from": from = try Filter.day(name, value)
                case "to": to = try Filter.day(name, value)
                default:
                    guard let severity = Int(value), (1...5).contains(severity) else {
                        throw QueryError(parameter: name, value: value, message: "not a severity; use a whole number from 1 to 5")
                    }
                    minSeverity = severity
                }
            }
        }
        if let from, let to, from > to {
            throw QueryError(parameter: "from", value: from.iso, message: "lies after 'to' (\(to.iso)); from must not be later than to")
        }
        normalise()
    }

    /// One text per meaning, such as `industry=C17,C26&status=violating`; empty for the empty filter.
    public var canonical: String {
        var parts: [String] = []
        if !brands.isEmpty { parts.append("brand=" + brands.joined(separator: ",")) }
        if !categories.isEmpty {
            parts.append(
                "category=" + RecordCategory.allCases.filter { categories.contains($0.rawValue) }.map(\.name).joined(separator: ","))
        }
        if let from { parts.append("from=" + from.iso) }
        if !industries.isEmpty { parts.append("industry=" + industries.joined(separator: ",")) }
        if let minSeverity { parts.append("min_severity=\(minSeverity)") }
        if !statuses.isEmpty {
            parts.append("status=" + FactoryStatus.allCases.filter { statuses.contains($0.rawValue) }.map(\.name).joined(separator: ","))
        }
        if let to { parts.append("to=" + to.iso) }
        return parts.joined(separator: "&")
    }

    /// Sorts lists, drops repeats and what says nothing more, and widens "all of them" to "no filter".
    private mutating func normalise() {
        brands = brands.contains(Filter.anyBrand) ? [Filter.anyBrand] : Array(Set(brands)).sorted()
        industries = Filter.withoutCovered(industries)
        if statuses.count == FactoryStatus.allCases.count { statuses = [] }
        let askedForRecords = asksForRecords
        // Every record that counts has a category, and a severity of 1 at least (`Assessment`): either says no more than "a record".
        if categories.count == RecordCategory.allCases.count { categories = [] }
        if minSeverity == 1 { minSeverity = nil }
        // "Has any record" is a filter of its own, with one spelling.
        if askedForRecords, !asksForRecords { minSeverity = 1 }
    }

    /// Prefixes of industry codes in order, without those that another covers: C1711 beside C17, and C17 beside 17, which is that of any
    /// section.
    ///
    /// Sorted, what begins with a code follows right behind it, so one walk does: an address has room for some 1,500 codes.
    private static func withoutCovered(_ codes: [String]) -> [String] {
        var kept: [String] = []
        // Digits sort before letters: all codes without a section are known when the first with one comes.
        var withoutSection: Set<Substring> = []
        for code in codes.sorted() {
            if let last = kept.last, code.hasPrefix(last) { continue }
            let digits = code.drop { $0.isLetter }
            if digits.startIndex == code.startIndex {
                withoutSection.insert(digits)
            } else if (2...4).contains(where: { withoutSection.contains(digits.prefix($0)) }) {
                continue
            }
            kept.append(code)
        }
        return kept
    }

    private static func list(_ name: String, _ value: String) throws(QueryError) -> [String] {
        let parts = value.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingSpaces() }
        guard parts.count <= valueLimit else {
            throw QueryError(parameter: name, message: "lists \(parts.count) values; at most \(valueLimit) are taken")
        }
        guard parts.allSatisfy({ !$0.isEmpty }) else {
            throw QueryError(parameter: name, value: value, message: "holds an empty value; give one or more, separated by commas")
        }
        return parts
    }

    private static func day(_ name: String, _ value: String) throws(QueryError) -> Day {
        guard let day = Day(iso: value) else {
            throw QueryError(parameter: name, value: value, message: "not a date; use YYYY-MM-DD, such as 2026-01-31")
        }
        return day
    }

    private static func industryPrefix(_ text: String) throws(QueryError) -> String {
        let code = text.uppercased()
        let bytes = Array(code.utf8)
        let startsWithLetter = bytes.first.map { (UInt8(ascii: "A")...UInt8(ascii: "T")).contains($0) } ?? false
        let digits = startsWithLetter ? bytes.dropFirst() : bytes[...]
        let valid =
            digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && (startsWithLetter ? [0, 2, 3, 4].contains(digits.count) : (2...4).contains(digits.count))
        guard valid else {
            throw QueryError(
                parameter: "industry", value: text,
                message: "not a GB/T 4754 code; use a section letter A to T (C), a division (C17), a group (C171) or a class (C1711)")
        }
        return code
    }
}

extension Substring {
    fileprivate func trimmingSpaces() -> String {
        var slice = self
        while slice.first == " " { slice.removeFirst() }
        while slice.last == " " { slice.removeLast() }
        return String(slice)
    }
}
