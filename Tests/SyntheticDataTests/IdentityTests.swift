// IdentityTests.swift: what the factories are called and make: names that look like companies' and cannot be taken for one, credit
// codes, industries and their clusters.

import Boundaries
import Foundation
import Testing

@testable import SyntheticData

/// The rule by which anyone can recognise a synthetic name, written down once more.
private let markers = Set("虚谬妄赝讹")

@Test func everyNameIsMarkedAsMadeUp() throws {
    let names = try Standard.factories.get().column("name_zh")
    var unmarked: [String] = []
    for row in stride(from: 0, to: names.table.count, by: 7) {
        let name = names[row]
        if !TradeWords.isSynthetic(name) || name.filter({ markers.contains($0) }).count != 1 { unmarked.append(name) }
    }
    #expect(unmarked.isEmpty, "\(unmarked.prefix(5))")
    #expect(!TradeWords.isSynthetic("华能国际电力股份有限公司"))
}

@Test func noRealNameCouldPassForSynthetic() throws {
    let samples = repository.appending(path: "data/samples")
    let files = try #require(FileManager.default.enumerator(atPath: samples.path)).compactMap { $0 as? String }.filter {
        $0.contains(".csv")
    }
    #expect(files.count >= 8)
    var read = 0
    for file in files + ["../places/admin-divisions.csv", "../places/cities-china.csv"] {
        let text = String(decoding: try BoundaryFile.contents(path: samples.path + "/" + file), as: UTF8.self)
        read += text.utf8.count
        for marker in markers { #expect(!text.contains(marker), "\(marker) in \(file)") }
    }
    #expect(read > 1_000_000)
}

@Test func namesHaveTheLengthsAndFormsOfRealOnes() throws {
    let names = try Standard.factories.get().column("name_zh")
    let all = (0..<names.table.count).map { names[$0] }
    let lengths = all.map(\.count).sorted()
    #expect(lengths.first ?? 0 >= 4 && lengths.last ?? 99 <= 45)
    #expect((11...13).contains(lengths[lengths.count / 2]))
    // Longest form first, as 有限公司 ends several.
    let forms = ["股份有限公司", "有限责任公司", "集团有限公司", "有限公司分公司", "有限公司", "公司", "集团", "加工厂", "厂"]
    var tally: [String: Int] = [:]
    for name in all { tally[forms.first { name.hasSuffix($0) } ?? "other", default: 0] += 1 }
    for (form, percent) in [("有限公司", 74.0), ("有限责任公司", 11), ("股份有限公司", 6), ("公司", 3), ("厂", 1), ("集团", 1)] {
        #expect(abs(tally.percent(form) - percent) < 1, "\(form): \(tally.percent(form)) %")
    }
    let full = all.filter { $0.contains("（") }.count
    let half = all.filter { $0.contains("(") }.count
    #expect(half > 1_000 && abs(Double(half) / Double(full + half) - 0.5) < 0.05)
}

@Test func namesRepeatOnlyOnPurposeAndInAnotherCity() throws {
    let table = try Standard.factories.get()
    let (names, codes) = (table.column("name_zh"), table.column("county_code"))
    var places: [String: [String]] = [:]
    for row in 0..<table.count { places[names[row], default: []].append(String(codes[row].prefix(4))) }
    let repeated = places.filter { $0.value.count > 1 }
    #expect(repeated.values.reduce(0) { $0 + $1.count } == (try Standard.set.get().summary.repeatedNames))
    #expect(abs(Double(repeated.values.reduce(0) { $0 + $1.count }) / Double(table.count) - 0.01) < 0.0005)
    #expect(repeated.values.allSatisfy { Set($0).count == $0.count })
    let renamed = table.column("former_name").tally { $0.isEmpty ? "no" : "yes" }
    #expect(abs(renamed.percent("yes") - 3) < 0.4)
}

/// GB 32100-2015 written once more, from the standard's formula.
private func hasValidCheck(_ code: String) -> Bool {
    let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")
    let values = code.compactMap { alphabet.firstIndex(of: $0) }
    guard code.count == 18, values.count == 18 else { return false }
    var sum = 0
    var weight = 1
    for value in values.dropLast() {
        sum += value * weight
        weight = weight * 3 % 31
    }
    return (31 - sum % 31) % 31 == values[17]
}

@Test func everyCreditCodeIsValidExceptThoseDeclared() throws {
    #expect(hasValidCheck("91350100M000100Y43") && !hasValidCheck("91350100M000100Y44"))
    let codes = try Standard.factories.get().column("credit_code")
    var missing = 0
    var wrong = 0
    var seen = Set<String>()
    for row in 0..<codes.table.count {
        let code = codes[row]
        if code.isEmpty {
            missing += 1
            continue
        }
        // X is no registering authority: the code cannot be a firm's.
        #expect(code.count == 18 && code.hasPrefix("X1"))
        if !hasValidCheck(code) { wrong += 1 }
        seen.insert(code)
    }
    #expect(seen.count == codes.table.count - missing)
    let summary = try Standard.set.get().summary
    #expect(missing == summary.missingCreditCodes && wrong == summary.wrongCreditCodes)
    #expect(abs(Double(wrong) / Double(codes.table.count) - 0.005) < 0.0012)
}

@Test func theIndustryMixIsAsDeclared() throws {
    let industries = try Standard.factories.get().column("industry").tally { String($0.prefix(3)) }
    for (division, percent) in [
        ("C33", 10.5), ("C30", 10.0), ("C34", 9.0), ("C29", 8.0), ("C18", 6.64), ("C17", 6.0), ("C26", 5.0), ("C38", 4.0), ("C39", 4.0),
        ("C35", 4.0), ("C19", 3.0), ("D44", 1.5),
    ] {
        #expect(abs(industries.percent(division) - percent) < 1, "\(division): \(industries.percent(division)) %")
    }
    #expect(abs(["C33", "C30", "C34", "C29", "C18"].reduce(0) { $0 + industries.percent($1) } - 44.14) < 1)
    #expect(abs(["C20", "C21"].reduce(0) { $0 + industries.percent($1) } - 6) < 0.6)
    #expect(abs(["C31", "C32"].reduce(0) { $0 + industries.percent($1) } - 2) < 0.4)
}

@Test(arguments: [
    ("C17", ["3306", "3205", "4406"], 3.0), ("C19", ["3303", "3505"], 4), ("C39", ["4403", "3205", "5001"], 3), ("C31", ["13", "14"], 2.5),
    ("B06", ["14", "15"], 4),
])
func industriesGatherInTheirClusters(division: String, places: [String], factor: Double) throws {
    let table = try Standard.factories.get()
    let (industry, county) = (table.column("industry"), table.column("county_code"))
    var inside = (all: 0, kind: 0)
    var kind = 0
    for row in 0..<table.count {
        let isKind = industry[row].hasPrefix(division)
        let code = county[row]
        if isKind { kind += 1 }
        guard places.contains(where: { code.hasPrefix($0) }) else { continue }
        inside.all += 1
        if isKind { inside.kind += 1 }
    }
    let concentration = Double(inside.kind) / Double(inside.all) / (Double(kind) / Double(table.count))
    #expect(concentration > factor, "\(concentration)")
}

@Test func keyMonitoredFacilitiesAreOneInForty() throws {
    let monitored = try Standard.factories.get().column("key_monitored").tally()
    #expect(monitored["true"] == 1_500)
    #expect(try Standard.factories.get().column("synthetic").tally() == ["true": Standard.factoryCount])
}
