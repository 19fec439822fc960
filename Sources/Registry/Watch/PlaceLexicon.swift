// PlaceLexicon.swift: which places a text means: 浙江舟山, 江苏省苏州市昆山市, `Zhoushan, Zhejiang, China`. Each name in it narrows what the others
// leave; names that contradict each other mean nothing.

import Foundation
import Synchronization

/// Names of places, and the codes of GB/T 2260, six digits, that they stand for.
final class PlaceLexicon {
    private var known: [String: Set<Int64>] = [:]
    private let readings: [(name: String, code: Int64)]
    /// What the readings of the Chinese names stand for. Made by the first text in Latin letters that needs it.
    private lazy var byReading: [String: [Int64]] = Dictionary(
        readings.map { (PlaceLexicon.reading(of: $0.name), [$0.code]) }, uniquingKeysWith: +)

    /// Longer texts are addresses, of which the beginning says the place.
    private static let longestText = 60
    private static let longestName = 15
    /// Shanghai (上海).
    private static let separators = PlaceKey.separators.union(["(", ")", "（", "）"])
    /// What says of what kind a place is, or in what country, and not which.
    private static let kinds: Set<String> = [
        "china", "pr", "prc", "peoples", "republic", "of", "province", "prov", "sheng", "city", "municipality", "shi", "prefecture",
        "district", "qu", "county", "autonomous", "special", "administrative", "region", "sar", "zhuang", "hui", "uygur", "uyghur",
    ]

    /// - Parameter places: those of the registry, beside the provinces and prefectures that are always known.
    init(_ places: [(code: Int64, nameZH: String, nameEN: String)]) {
        var readings: [(name: String, code: Int64)] = []
        for place in places {
            let name = NameKey.normalized(place.nameZH)
            if !name.isEmpty, !DivisionNames.placeholders.contains(name) {
                known[name, default: []].insert(place.code)
                let short = PlaceLexicon.short(name)
                if let short { known[short, default: []].insert(place.code) }
                readings.append((short ?? name, place.code))
            }
            let english = PlaceLexicon.latin(place.nameEN)
            if !english.isEmpty { known[english, default: []].insert(place.code) }
        }
        self.readings = readings
    }

    /// The codes of what a text means: several where several places are called so. Empty when it names no place that is known.
    func codes(of text: String) -> Set<Int64> {
        var found: Set<Int64>?
        for part in PlaceLexicon.parts(of: text) {
            let isChinese = part.unicodeScalars.contains { $0.value >= 0x3400 }
            guard let codes = isChinese ? chineseNames(part) : latinNames(part) else { continue }
            let narrowed = found.map { PlaceLexicon.narrowed($0, codes) } ?? codes
            if narrowed.isEmpty { return [] }
            found = narrowed
        }
        guard let found else { return [] }
        // Of places of one name the largest is meant: 吉林 is the province, 朝阳 the prefecture.
        let coarsest = found.map(PlaceLexicon.size).max()
        return found.filter { PlaceLexicon.size($0) == coarsest }
    }

    /// Whether a text says no more than the country.
    static func namesOnlyTheCountry(_ text: String) -> Bool {
        parts(of: text).allSatisfy { part in
            ["中国", "中华人民共和国"].contains(NameKey.normalized(String(part)))
                || part.split(whereSeparator: \.isWhitespace).allSatisfy { kinds.contains(latin($0)) }
        }
    }

    /// Whether the place of one code is that of the other or lies in it.
    static func lies(_ code: Int64, within other: Int64) -> Bool { code / size(other) == other / size(other) }

    /// The letters a–z of a text, in lower case, without marks: Xi’an is `xian`.
    static func latin(_ text: some StringProtocol) -> String {
        let plain = NameKey.normalized(String(text)).decomposedStringWithCanonicalMapping.unicodeScalars
        return String(String.UnicodeScalarView(plain.filter { (0x61...0x7A).contains($0.value) }))
    }

    // MARK: Parts

    private static func parts(of text: String) -> [Substring] {
        text.prefix(longestText).split(whereSeparator: separators.contains).filter { !NameKey.normalized(String($0)).isEmpty }
    }

    /// Names one after the other, as Chinese has them, and perhaps more behind them. Nil when it does not begin so.
    private func chineseNames(_ part: Substring) -> Set<Int64>? {
        var characters = Array(NameKey.normalized(String(part)))
        for country in ["中华人民共和国", "中国"] where characters.starts(with: country) { characters.removeFirst(country.count) }
        return chineseNames(characters[...], within: nil, names: 0, isWhole: false)
    }

    /// - Parameter isWhole: whether the name before says what it is, as 苏州市 does; behind 苏州 more may be another name: 苏州路.
    private func chineseNames(_ rest: ArraySlice<Character>, within outer: Set<Int64>?, names: Int, isWhole: Bool) -> Set<Int64>? {
        for length in stride(from: min(rest.count, PlaceLexicon.longestName), to: 1, by: -1) {
            let name = rest.prefix(length)
            guard let codes = codes(named: String(name)) else { continue }
            let narrowed = outer.map { PlaceLexicon.narrowed($0, codes) } ?? codes
            guard !narrowed.isEmpty else { continue }
            let isWhole = name.last.map(PlaceKey.suffixes.contains) ?? false
            if let all = chineseNames(rest.dropFirst(length), within: narrowed, names: names + 1, isWhole: isWhole) { return all }
        }
        return rest.isEmpty || isWhole || names > 1 ? outer : nil
    }

    /// All words must be names of one place or several, or kinds of places. Nil when they are not.
    private func latinNames(_ part: Substring) -> Set<Int64>? {
        let words = part.split(whereSeparator: \.isWhitespace).map { PlaceLexicon.latin($0) }
        return latinNames(words.filter { !$0.isEmpty && !PlaceLexicon.kinds.contains($0) }[...], within: nil)
    }

    private func latinNames(_ words: ArraySlice<String>, within outer: Set<Int64>?) -> Set<Int64>? {
        guard !words.isEmpty else { return outer }
        // Hong Kong and Zhou Shan are two words.
        for length in stride(from: min(words.count, 4), to: 0, by: -1) {
            guard let codes = codes(named: words.prefix(length).joined()) else { continue }
            let narrowed = outer.map { PlaceLexicon.narrowed($0, codes) } ?? codes
            if !narrowed.isEmpty, let all = latinNames(words.dropFirst(length), within: narrowed) { return all }
        }
        return nil
    }

    // MARK: Names

    private func codes(named name: String) -> Set<Int64>? {
        var codes = DivisionNames.codes[name, default: []].union(known[name, default: []])
        if name.utf8.first.map({ $0 < 0x80 }) ?? false { codes.formUnion(byReading[name, default: []]) }
        return codes.isEmpty ? nil : codes
    }

    /// 昆山市 without what says that it is a city; nil when too little would be left.
    private static func short(_ name: String) -> String? {
        for suffix in ["新区", "市", "区", "县", "旗", "省"] where name.hasSuffix(suffix) {
            guard name.count > suffix.count + 1, !name.dropLast(suffix.count).hasSuffix("自治") else { return nil }
            return String(name.dropLast(suffix.count))
        }
        return nil
    }

    /// Of two sets of places, those that lie in one of the other set.
    private static func narrowed(_ a: Set<Int64>, _ b: Set<Int64>) -> Set<Int64> {
        a.filter { code in b.contains { lies(code, within: $0) } }.union(b.filter { code in a.contains { lies(code, within: $0) } })
    }

    /// How many codes a place has room for: that of a province, a prefecture or a county.
    private static func size(_ code: Int64) -> Int64 { code % 10_000 == 0 ? 10_000 : code % 100 == 0 ? 100 : 1 }

    private static let readingsMade = Mutex<[String: String]>([:])

    /// A name in Latin letters. Kept, since the transform takes some microseconds and thousands of names are asked for at once.
    private static func reading(of name: String) -> String {
        if let made = readingsMade.withLock({ $0[name] }) { return made }
        // 长 in names of places is cháng; the transform says zhǎng.
        let reading = latin(name.replacing("长", with: "常").applyingTransform(.mandarinToLatin, reverse: false) ?? "")
        readingsMade.withLock { $0[name] = reading }
        return reading
    }
}
