// RecordTests.swift: how many records there are, of whom, when, of which kind, and what status they lead to.

import Foundation
import Registry
import Testing

@testable import SyntheticData

@Test func recordCountsHaveTheMeanAndTheTail() throws {
    let owners = try Standard.records.get().column("factory_id").tally()
    #expect(owners.values.reduce(0, +) == Standard.recordCount)
    let mean = Double(Standard.recordCount) / Double(Standard.factoryCount)
    #expect(abs(mean - 1.583) < 0.01)
    #expect(owners.values.max() ?? 0 > 100 && owners.values.max() ?? 0 <= 300)
    #expect(abs(Double(owners.count) / Double(Standard.factoryCount) - 0.82) < 0.001)
    // The zeta law: two records are 2^−s as frequent as one.
    let ones = Double(owners.values.filter { $0 == 1 }.count)
    let exponent = try Standard.set.get().summary.recordExponent
    #expect(abs(Double(owners.values.filter { $0 == 2 }.count) / ones - exp2(-exponent)) < 0.01)
}

@Test func theExponentForOneRecordAtLeastIsTheSpecifications() {
    #expect(abs(RecordCounts.exponent(mean: 1.9 / 1.2, cut: 300) - 2.708) < 0.001)
}

@Test(arguments: [(1, 300), (10, 3_000), (1_000, 0), (1_000, 3), (1_000, 250_000), (500, 500)])
func anyNumberOfRecordsUpToTheCutIsMetExactly(factories: Int, records: Int) {
    var random = RandomStream(seed: 3, stage: .recordCounts)
    let counts = RecordCounts.descending(factories: factories, records: records, random: &random)
    #expect(counts.count == factories && counts.reduce(0) { $0 + Int($1) } == records)
    #expect(counts.allSatisfy { $0 <= 300 })
}

@Test func chemicalsHaveThriceTheRecordsAndClothingFewer() throws {
    let factories = try Standard.factories.get()
    let (ids, industry) = (factories.column("id"), factories.column("industry"))
    let owners = try Standard.records.get().column("factory_id").tally()
    var sums: [String: (records: Int, factories: Int)] = [:]
    for row in 0..<factories.count {
        let division = String(industry[row].prefix(3))
        let group =
            ["C26"].contains(division)
            ? "chemicals" : division == "C18" ? "clothing" : ["C34", "C30", "C29"].contains(division) ? "plain" : ""
        sums[group, default: (0, 0)].records += owners[ids[row]] ?? 0
        sums[group, default: (0, 0)].factories += 1
    }
    func mean(_ group: String) -> Double { Double(sums[group]?.records ?? 0) / Double(sums[group]?.factories ?? 1) }
    #expect(abs(mean("chemicals") / mean("plain") - 3) < 0.6, "\(mean("chemicals") / mean("plain"))")
    #expect(abs(mean("clothing") / mean("plain") - 0.4) < 0.12, "\(mean("clothing") / mean("plain"))")
}

@Test func recordsAreDatedOnWorkingDaysAndGrowAsDeclared() throws {
    let table = try Standard.records.get()
    let (published, acts) = (table.column("published"), table.column("act_date"))
    var years: [String: Int] = [:]
    var delays: [Int] = []
    var festival = 0
    for row in 0..<table.count {
        let day = try #require(Day(iso: published[row]))
        let act = try #require(Day(iso: acts[row]))
        // 1970-01-01 was a Thursday.
        let weekday = (Int(day.daysSince1970) + 4) % 7
        #expect((1...5).contains(weekday))
        #expect(act <= day && day.iso <= "2026-11-23" && act.iso >= "2004-01-01")
        years[String(act.iso.prefix(4)), default: 0] += 1
        if table.column("supersedes")[row].isEmpty { delays.append(Int(day.daysSince1970 - act.daysSince1970)) }
        if act.iso >= "2019-02-04", act.iso <= "2019-02-11" { festival += 1 }
    }
    func count(_ year: Int) -> Double { Double(years["\(year)"] ?? 0) }
    #expect(abs(pow(count(2015) / count(2007), 1.0 / 8) - 1.3) < 0.04)
    #expect((2017...2019).allSatisfy { count($0) > count(2015) && count($0) > count(2023) })
    #expect(abs(count(2024) / count(2022) - 1) < 0.15)
    // A working week in 2019 has about 160 records here.
    #expect(festival < 40)
    delays.sort()
    #expect(abs(delays[delays.count / 2] - 35) <= 2)
    #expect(Double(delays.filter { $0 < 200 }.count) / Double(delays.count) > 0.94)
}

@Test func kindsStatesAndCategoriesUseTheVocabularyInTheDeclaredShares() throws {
    let table = try Standard.records.get()
    let kinds = table.column("kind").tally()
    #expect(kinds.keys.allSatisfy { RecordKind(name: $0) != nil })
    #expect(RecordKind.allCases.allSatisfy { kinds[$0.name] ?? 0 > 0 })
    for (kind, percent) in [("penalty", 70.0), ("order_to_correct", 12), ("online_exceedance", 8), ("inspection", 6), ("credit_rating", 4)]
    {
        #expect(abs(kinds.percent(kind) - percent) < 1.2, "\(kind): \(kinds.percent(kind)) %")
    }
    let categories = table.column("category").tally()
    #expect(RecordCategory.allCases.allSatisfy { categories[$0.name] ?? 0 > 0 })
    #expect(categories.count == RecordCategory.allCases.count)
    let measures = table.column("measure").tally()
    #expect(measures.keys.allSatisfy { $0.isEmpty || Measure(name: $0) != nil })
    #expect(Measure.allCases.allSatisfy { measures[$0.name] ?? 0 > 0 })
    let states = table.column("state").tally()
    #expect(RecordState.allCases.allSatisfy { states[$0.name] ?? 0 > 0 })
    #expect(states.count == RecordState.allCases.count)
    #expect(abs(states.percent("withdrawn") - 0.5) < 0.12)
    let ratings = table.column("rating").tally()
    #expect(table.count - (ratings[""] ?? 0) == kinds["credit_rating"])
}

@Test func correctionsFollowTheRecordTheyReplace() throws {
    let table = try Standard.records.get()
    let (ids, owners, supersedes) = (table.column("id"), table.column("factory_id"), table.column("supersedes"))
    let (published, category) = (table.column("published"), table.column("category"))
    var corrections = 0
    for row in 0..<table.count where !supersedes[row].isEmpty {
        corrections += 1
        #expect(row > 0 && ids[row - 1] == supersedes[row] && owners[row - 1] == owners[row])
        #expect(published[row - 1] <= published[row] && category[row - 1] == category[row])
    }
    #expect(abs(Double(corrections) * 100 / Double(table.count) - 4) < 0.3)
}

@Test func aQuarterOfTheOldRecordsHaveNoCreditCode() throws {
    let table = try Standard.records.get()
    let (code, published, name) = (table.column("credit_code"), table.column("published"), table.column("factory_name"))
    var old = (all: 0, missing: 0)
    for row in 0..<table.count {
        #expect(!code[row].isEmpty || !name[row].isEmpty)
        guard published[row] < "2015" else { continue }
        old.all += 1
        if code[row].isEmpty { old.missing += 1 }
    }
    #expect(abs(Double(old.missing) / Double(old.all) - 0.25) < 0.015)
}

@Test func finesAreHeapedAndTextsMarked() throws {
    let table = try Standard.records.get()
    let (fines, texts, urls) = (table.column("fine_cny"), table.column("text"), table.column("source_url"))
    var amounts: [Int] = []
    for row in 0..<table.count {
        if row % 5 == 0 { #expect(texts[row].hasPrefix("【合成数据】") && urls[row].hasPrefix("https://example.org/synthetic/")) }
        if let fine = Int(fines[row]) { amounts.append(fine) }
    }
    amounts.sort()
    #expect((40_000...60_000).contains(amounts[amounts.count / 2]))
    let heaped = amounts.filter { [10_000, 20_000, 50_000, 100_000].contains($0) }.count
    #expect((0.3...0.6).contains(Double(heaped) / Double(amounts.count)))
}

@Test func allSixStatusesOccurInBelievableShares() throws {
    let records = try Standard.records.get()
    var facts: [String: [RecordFacts]] = [:]
    let (owner, kind, published, state) = (
        records.column("factory_id"), records.column("kind"), records.column("published"), records.column("state")
    )
    let (category, rating) = (records.column("category"), records.column("rating"))
    for row in 0..<records.count {
        facts[owner[row], default: []].append(
            RecordFacts(
                kind: try #require(RecordKind(name: kind[row])), published: try #require(Day(iso: published[row])), actDate: nil,
                category: try #require(RecordCategory(name: category[row])), measure: nil, fineCNY: nil,
                state: try #require(RecordState(name: state[row])), rating: CreditRating(name: rating[row])))
    }
    let factories = try Standard.factories.get()
    let (ids, monitored, disclosed) = (factories.column("id"), factories.column("key_monitored"), factories.column("disclosed"))
    let asOf = try #require(Day(iso: "2026-11-23"))
    var tally: [String: Int] = [:]
    for row in 0..<factories.count {
        let status = Assessment.assess(
            records: facts[ids[row]] ?? [], disclosed: monitored[row] == "true" || disclosed[row] == "true", exceedingNow: false, asOf: asOf
        ).status
        tally[status.name, default: 0] += 1
    }
    for (status, range) in [
        ("violating", 4.0...15), ("unresolved", 40...65), ("explained", 5...15), ("corrected", 7...18), ("clean", 3...9),
        ("unknown", 8...16),
    ] {
        #expect(range.contains(tally.percent(status)), "\(status): \(tally.percent(status)) %")
    }
}
