// VocabularyTests.swift: the names that files, tiles and answers rely on, days, and credit codes.

import Foundation
import Registry
import Testing

/// A small, repeatable generator (SplitMix64, Steele, Lea and Flood 2014).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Test func namesAreSpeltAsTheContractSaysAndNumbersNeverMove() {
    func check<Member: Named & RawRepresentable & Equatable>(_: Member.Type, _ names: String) where Member.RawValue == UInt8 {
        let expected = names.split(separator: " ").map(String.init)
        #expect(Member.allCases.map(\.name) == expected)
        #expect(Member.allCases.map(\.rawValue) == (0..<UInt8(expected.count)).map { $0 })
        for member in Member.allCases { #expect(Member(name: member.name) == member) }
        #expect(Member(name: "") == nil && Member(name: expected[0].uppercased()) == nil)
    }
    check(FactoryStatus.self, "violating unresolved explained corrected clean unknown")
    check(RecordKind.self, "penalty order_to_correct exceedance_list complaint inspection online_exceedance credit_rating")
    check(RecordCategory.self, "air water solid_waste hazardous_waste noise radiation procedure data_falsification other")
    check(Measure.self, "warning fine order_to_correct limit_production stop_production seizure detention")
    check(RecordState.self, "standing explained correction_reported verified withdrawn")
    check(CreditRating.self, "green blue yellow red black")
    check(LinkKind.self, "materials finished_goods waste_handling logistics")
}

@Test func flagsHaveOneNameEach() {
    let all = (0..<6).map { FactoryFlags(rawValue: 1 << $0) }
    #expect(Set(all.flatMap(\.names)).count == 6)
    #expect(FactoryFlags(rawValue: 0).names.isEmpty)
    #expect(FactoryFlags([.outsideChina, .datumUnknown]).names == ["outside_china", "datum_unknown"])
}

@Test func daysAgreeWithTheSystemsCalendar() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
    // From 1586: before 15 October 1582 Foundation counts by the Julian calendar.
    for days in stride(from: -140_000, through: 200_000, by: 37) {
        let day = Day(daysSince1970: Int32(days))
        let date = Date(timeIntervalSince1970: Double(days) * 86_400)
        let parts = calendar.dateComponents([.year, .month, .day], from: date)
        let (year, month, dayOfMonth) = day.components
        #expect([year, month, dayOfMonth] == [parts.year, parts.month, parts.day])
        #expect(Day(iso: day.iso) == day)
    }
}

@Test func centuriesAreLeapYearsOnlyEveryFourHundredYears() {
    #expect(Day(iso: "2000-02-29") != nil && Day(iso: "2400-02-29") != nil)
    #expect(Day(iso: "1900-02-29") == nil && Day(iso: "2100-02-29") == nil)
    #expect(Day(iso: "1970-01-01")?.daysSince1970 == 0)
}

@Test(arguments: ["2024-02-29", "2024/2/29", "20240229", "2024.02.29", "2024-2-29"])
func oneDayInItsSpellings(_ text: String) {
    #expect(Day(iso: text)?.iso == "2024-02-29")
}

@Test(arguments: [
    "", "2023-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "2024-04-00", "24-04-01", "2024-04", "2024-04-01T00:00:00", "2024-04/01",
    "2024-004-01", "202404", "20240431", "-2024-04-01", "2024--04", "0000-01-01", "99999999999999999999-01-01", "２０２４-01-01", "2024-04-01 ",
])
func whatIsNoDayIsRefused(_ text: String) {
    #expect(Day(iso: text) == nil)
}

@Test func addingMonthsStaysInsideTheMonth() {
    #expect(Day(iso: "2024-01-31")?.adding(months: 1).iso == "2024-02-29")
    #expect(Day(iso: "2024-03-31")?.adding(months: -1).iso == "2024-02-29")
    #expect(Day(iso: "2024-02-29")?.adding(months: 12).iso == "2025-02-28")
    #expect(Day(iso: "2024-12-15")?.adding(months: 1).iso == "2025-01-15")
    #expect(Day(iso: "2024-01-15")?.adding(months: -13).iso == "2022-12-15")
}

@Test(arguments: ["91350100M000100Y43", "91330100799655058B"])
func knownCreditCodesAreValid(_ code: String) throws {
    #expect(CreditCode.isValid(code))
    try CreditCode.validate(code)
    // The code detects every wrong character: 31 is a prime and no weight is a multiple of it.
    let characters = Array(code)
    for place in characters.indices {
        for other in CreditCode.alphabet where other != characters[place] {
            var wrong = characters
            wrong[place] = other
            #expect(!CreditCode.isValid(String(wrong)))
        }
    }
}

@Test func creditCodeErrorsSayWhatWouldBeRight() {
    func problem(_ code: String) -> CreditCodeError? {
        do throws(CreditCodeError) { try CreditCode.validate(code) } catch { return error }
        return nil
    }
    #expect(problem("91350100M000100Y43") == nil)
    #expect(problem("91350100M000100Y44") == .wrongCheckCharacter(found: "4", expected: "3"))
    #expect(problem("91350100M000100Y4") == .wrongLength(found: 17))
    #expect(problem("") == .wrongLength(found: 0))
    #expect(problem("9135O100M000100Y43") == .forbiddenCharacter("O", position: 5))
    #expect(problem("91350100m000100Y43") == .forbiddenCharacter("m", position: 9))
    #expect(problem("９1350100M000100Y43") == .forbiddenCharacter("９", position: 1))
    #expect(problem("91350100M000100Y43")?.description == nil)
    #expect(problem("91350100M000100Y44")?.description.contains("'3'") == true)
    for junk in ["", "   ", "无", "91350100M000100Y4é", "91350100M000100Y43 ", "00000000000000000I"] { #expect(!CreditCode.isValid(junk)) }
}

@Test func checkCharacterNeedsSeventeenCharactersOfTheAlphabet() {
    #expect(CreditCode.checkCharacter(forFirst17: Array("91350100M000100Y4".utf8)) == UInt8(ascii: "3"))
    #expect(CreditCode.checkCharacter(forFirst17: Array("91350100M000100Y".utf8)) == nil)
    #expect(CreditCode.checkCharacter(forFirst17: Array("91350100M000100Yv".utf8)) == nil)
}
