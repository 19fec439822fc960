// AssessmentTests.swift: the status function against a table made by hand from the rule, and its severities against a brute-force
// reading of the same rule.

import Registry
import Testing

private let asOf = Day(iso: "2026-11-23") ?? Day.today()

private func record(
    _ published: String, _ state: RecordState = .standing, kind: RecordKind = .penalty, category: RecordCategory = .water,
    act: String? = nil,
    measure: Measure? = nil, fine: Double? = nil, rating: CreditRating? = nil, superseded: Bool = false
) -> RecordFacts {
    RecordFacts(
        kind: kind, published: Day(iso: published) ?? asOf, actDate: act.flatMap(Day.init(iso:)), category: category, measure: measure,
        fineCNY: fine, state: state, rating: rating, superseded: superseded)
}

private func assess(_ records: [RecordFacts], disclosed: Bool = false, exceedingNow: Bool = false, asOf day: Day = asOf) -> Assessment {
    Assessment.assess(records: records, disclosed: disclosed, exceedingNow: exceedingNow, asOf: day)
}

struct StatusCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var records: [RecordFacts]
    var disclosed = false
    var exceedingNow = false
    var status: FactoryStatus
    var deciding: Int?
    /// What the reasons must name, in both languages.
    var named: [String] = []

    init(
        _ description: String, _ records: [RecordFacts], disclosed: Bool = false, exceedingNow: Bool = false, _ status: FactoryStatus,
        deciding: Int? = nil, named: [String] = []
    ) {
        testDescription = description
        self.records = records
        self.disclosed = disclosed
        self.exceedingNow = exceedingNow
        self.status = status
        self.deciding = deciding
        self.named = named
    }

    static let all = [
        StatusCase("nothing known", [], .unknown),
        StatusCase("disclosed, no record", [], disclosed: true, .clean),
        StatusCase("standing, yesterday", [record("2026-11-22")], .violating, deciding: 0, named: ["2026-11-22"]),
        StatusCase("standing, disclosed as well", [record("2026-11-22")], disclosed: true, .violating, deciding: 0),
        StatusCase("standing, exactly 12 months old", [record("2025-11-23")], .violating, deciding: 0, named: ["2025-11-23"]),
        StatusCase("standing, 12 months and a day old", [record("2025-11-22")], .unresolved, deciding: 0, named: ["2025-11-22"]),
        StatusCase("standing, twenty years old", [record("2006-01-01")], .unresolved, deciding: 0),
        StatusCase("standing, published after the day asked for", [record("2027-01-01")], .violating, deciding: 0),
        StatusCase("old act published late is recent", [record("2026-10-01", act: "2019-05-05")], .violating, deciding: 0),
        StatusCase("explained", [record("2026-11-22", .explained)], .explained, deciding: 0, named: ["2026-11-22"]),
        StatusCase("correction reported is still explained", [record("2026-11-22", .correctionReported)], .explained, deciding: 0),
        StatusCase("verified", [record("2026-11-22", .verified)], .corrected, deciding: 0, named: ["2026-11-22"]),
        StatusCase("withdrawn", [record("2026-11-22", .withdrawn)], .corrected, deciding: 0),
        StatusCase("withdrawn, disclosed", [record("2026-11-22", .withdrawn)], disclosed: true, .corrected, deciding: 0),
        StatusCase("explained and verified", [record("2020-01-01", .explained), record("2021-01-01", .verified)], .explained, deciding: 0),
        StatusCase("verified and withdrawn", [record("2020-01-01", .verified), record("2021-01-01", .withdrawn)], .corrected, deciding: 1),
        StatusCase(
            "explained, verified, one old standing",
            [record("2019-01-01"), record("2026-01-01", .explained), record("2026-02-01", .verified)], .unresolved, deciding: 0,
            named: ["2019-01-01"]),
        StatusCase(
            "old and recent standing: the recent one decides", [record("2019-01-01"), record("2026-01-01")], .violating, deciding: 1),
        StatusCase("the order of the records does not matter", [record("2026-01-01"), record("2019-01-01")], .violating, deciding: 0),
        StatusCase("exceeding now, no record", [], disclosed: true, exceedingNow: true, .violating),
        StatusCase("exceeding now, all verified", [record("2020-01-01", .verified)], exceedingNow: true, .violating),
        StatusCase(
            "superseded standing, its correction verified",
            [
                record("2026-01-01", superseded: true), record("2026-02-01", .verified),
            ], .corrected, deciding: 1),
        StatusCase("only a superseded record", [record("2026-01-01", superseded: true)], .unknown),
        StatusCase("only a superseded record, disclosed", [record("2026-01-01", superseded: true)], disclosed: true, .clean),
        StatusCase("green rating is no violation", [record("2026-01-01", kind: .creditRating, rating: .green)], .unknown),
        StatusCase("blue rating, disclosed", [record("2026-01-01", kind: .creditRating, rating: .blue)], disclosed: true, .clean),
        StatusCase("rating without a colour says nothing", [record("2026-01-01", kind: .creditRating)], .unknown),
        StatusCase("yellow rating", [record("2026-01-01", kind: .creditRating, rating: .yellow)], .violating, deciding: 0),
        StatusCase("black rating, old", [record("2020-01-01", kind: .creditRating, rating: .black)], .unresolved, deciding: 0),
        StatusCase(
            "green rating beside a verified record",
            [record("2026-01-01", kind: .creditRating, rating: .green), record("2020-01-01", .verified)], .corrected, deciding: 1),
    ]
}

@Test(arguments: StatusCase.all)
func statusFollowsTheRule(_ example: StatusCase) {
    let assessment = assess(example.records, disclosed: example.disclosed, exceedingNow: example.exceedingNow)
    #expect(assessment.status == example.status)
    #expect(assessment.deciding == example.deciding)
    for text in example.named {
        #expect(assessment.reason.contains(text))
        #expect(assessment.reasonZH.contains(text))
    }
}

@Test func twelveMonthsEndOnTheLastDayOfAShorterMonth() throws {
    let leapDay = try #require(Day(iso: "2024-02-29"))
    let nextYear = try #require(Day(iso: "2025-02-28"))
    let march = try #require(Day(iso: "2025-03-01"))
    #expect(assess([record(leapDay.iso)], asOf: nextYear).status == .violating)
    #expect(assess([record(leapDay.iso)], asOf: march).status == .unresolved)
}

@Test func reasonNamesKindCategoryAndDayInBothLanguages() {
    let assessment = assess([record("2026-03-05", kind: .onlineExceedance, category: .air)])
    #expect(assessment.reason == "a standing record (online_exceedance, air) published on 2026-03-05, within the last 12 months")
    #expect(assessment.reasonZH == "近12个月内有未解决的在线监测超标（大气），发布于2026-03-05")
    let corrected = assess([record("2020-01-01", .verified), record("2021-04-05", .withdrawn)])
    #expect(corrected.reason.contains("2 records") && corrected.reason.contains("2021-04-05"))
    #expect(corrected.reasonZH.contains("2条") && corrected.reasonZH.contains("2021-04-05"))
}

@Test func everyStatusHasAReasonInBothLanguages() {
    for example in StatusCase.all {
        let assessment = assess(example.records, disclosed: example.disclosed, exceedingNow: example.exceedingNow)
        #expect(!assessment.reason.isEmpty && assessment.reason.unicodeScalars.allSatisfy { $0.isASCII })
        #expect(assessment.reasonZH.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) })
    }
}

private let severityCases: [RecordFacts] = [
    record("2026-01-01", category: .procedure),
    record("2026-01-01", measure: .warning),
    record("2026-01-01", measure: .orderToCorrect),
    record("2026-01-01", measure: .fine, fine: 1),
    record("2026-01-01", measure: .fine),
    record("2026-01-01", fine: 99_999.99),
    record("2026-01-01", measure: .fine, fine: 100_000),
    record("2026-01-01", measure: .warning, fine: 250_000),
    record("2026-01-01", measure: .limitProduction),
    record("2026-01-01", measure: .stopProduction, fine: 10),
    record("2026-01-01", category: .hazardousWaste),
    record("2026-01-01", category: .dataFalsification),
    record("2026-01-01", measure: .seizure),
    record("2026-01-01", category: .hazardousWaste, measure: .detention),
    record("2026-01-01", kind: .creditRating, rating: .green),
    record("2026-01-01", kind: .creditRating, rating: .red),
    record("2026-01-01", .withdrawn, measure: .fine, fine: 500_000),
]
private let expectedSeverities: [UInt8] = [1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, 5, 0, 1, 3]

@Test(arguments: zip(severityCases, expectedSeverities))
func severityOfASingleRecordFollowsTheRule(_ facts: RecordFacts, _ severity: UInt8) {
    #expect(assess([facts]).severities == [severity])
}

@Test func aRepeatWithin24MonthsIsSeverity3() {
    let first = record("2024-01-10", act: "2024-01-01", measure: .warning)
    func second(_ act: String, _ state: RecordState = .standing) -> RecordFacts { record("2026-06-01", state, act: act, measure: .warning) }
    #expect(assess([first, second("2024-01-02")]).severities == [1, 3])
    #expect(assess([first, second("2026-01-01")]).severities == [1, 3], "the last day counts")
    #expect(assess([first, second("2026-01-02")]).severities == [1, 1])
    #expect(assess([first, second("2024-01-01")]).severities == [1, 1], "two documents of one day")
    #expect(assess([second("2024-06-01"), first]).severities == [3, 1], "whatever the order")
    #expect(assess([first, second("2019-01-01")]).severities == [1, 1], "an older act that is published later is no repeat")
}

@Test func recordsThatDoNotCountMakeNoRepeat() {
    let later = record("2025-06-01", measure: .warning)
    #expect(assess([record("2025-01-01", .withdrawn), later]).severities == [1, 1])
    #expect(assess([record("2025-01-01", superseded: true), later]).severities == [1, 1])
    #expect(assess([record("2025-01-01", kind: .creditRating, rating: .blue), later]).severities == [0, 1])
    #expect(assess([record("2025-01-01", .verified), later]).severities == [1, 3], "a verified record stays in the history")
}

@Test func severitiesOfManyRecordsEqualAReadingOfTheRuleByBruteForce() {
    var random = SeededRandom(7)
    for _ in 0..<300 {
        let records = (0..<Int.random(in: 0...12, using: &random)).map { _ in
            var facts = record(
                "2020-01-01", RecordState.allCases.randomElement(using: &random) ?? .standing,
                kind: [.penalty, .creditRating].randomElement(using: &random) ?? .penalty,
                rating: CreditRating.allCases.randomElement(using: &random), superseded: Int.random(in: 0...5, using: &random) == 0)
            facts.published = Day(daysSince1970: Int32.random(in: 18_000...20_500, using: &random))
            facts.measure = .warning
            return facts
        }
        let expected = records.map { record -> UInt8 in
            if !record.isNonCompliance { return 0 }
            let earlier = records.contains {
                $0.counts && $0.published < record.published && record.published <= $0.published.adding(months: 24)
            }
            return record.counts && earlier ? 3 : 1
        }
        #expect(assess(records).severities == expected)
        // A collection that does not lie in memory in one piece is judged alike.
        let lazily = Assessment.assess(records: records.lazy.map { $0 }, disclosed: false, exceedingNow: false, asOf: asOf)
        #expect(lazily == assess(records))
    }
}

/// A date of the source's that cannot be is no reason to say what is not so.
@Test func aRecordFromTheFutureIsSaidToBe() {
    let assessment = assess([record("2099-01-01")])
    #expect(assessment.status == .violating)
    #expect(assessment.reason.contains("2099-01-01, which lies in the future") && !assessment.reason.contains("12 months"))
    #expect(assessment.reasonZH.contains("尚未到来"))
    #expect(assess([record(asOf.iso)]).reason.contains("within the last 12 months"))
}
