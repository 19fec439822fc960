// QuantityTests.swift: decimals exactly as they are written, hours exactly as they are meant, and what is refused.

import Foundation
import Testing

@testable import Monitoring

@Test(arguments: [
    ("0", 0), ("12.5", 12_500_000), ("-0.35", -350_000), ("+7", 7_000_000), ("1.2e-3", 1200), ("1.2E3", 1_200_000_000),
    ("0.000001", 1), ("999999999.999999", 999_999_999_999_999), ("0.1000000000000000000000", 100_000), ("0e999999999", 0),
    ("0.0000000000000000000000001e25", 1_000_000), ("10000000000000000000000e-22", 1_000_000), ("12.500", 12_500_000),
]) func aDecimalIsReadExactly(text: String, millionths: Int64) throws {
    #expect(try Quantity(text).millionths == millionths)
}

@Test(arguments: [
    ("", Quantity.Problem.notANumber), ("NaN", .notANumber), ("inf", .notANumber), ("0x10", .notANumber), ("1.", .notANumber),
    (".5", .notANumber), ("1e", .notANumber), ("1e+", .notANumber), (" 1", .notANumber), ("1 ", .notANumber), ("--1", .notANumber),
    ("1,5", .notANumber), ("１", .notANumber), ("1e999", .tooLarge), ("1000000000", .tooLarge), ("99999999999999999999999999", .tooLarge),
    ("0.0000001", .tooFine), ("1e-999", .tooFine), ("12.29999999999999999", .tooFine),
]) func whatIsNoDecimalIsRefused(text: String, problem: Quantity.Problem) {
    #expect(throws: problem) { try Quantity(text) }
}

@Test func everyQuantityIsWrittenAsItIsRead() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
        let size = Int64(1) << Int64.random(in: 0...49, using: &random)
        let quantity = Quantity(millionths: Int64.random(in: -size...size, using: &random))
        #expect(try Quantity(quantity.description) == quantity)
        // Foundation's decimal numbers as a second opinion.
        let decimal = try #require(Decimal(string: quantity.description))
        #expect(decimal * 1_000_000 == Decimal(quantity.millionths))
    }
}

@Test func hoursAreReadInAnyZoneAndWrittenInBeijingTime() throws {
    #expect(try Hour("1970-01-01T00:00Z").number == 0)
    let hour = try Hour("2026-11-23T05:00+08:00")
    #expect(hour.iso == "2026-11-23T05:00+08:00" && hour.hourOfDay == 5)
    for other in ["2026-11-22T21:00Z", "2026-11-22 21:00:00Z", "2026-11-22T21:00:00.000+0000", "2026-11-22t16:00-05:00"] {
        #expect(try Hour(other) == hour, "\(other)")
    }
    #expect(try Hour("2026-11-23T24:00+08:00") == Hour("2026-11-24T00:00+08:00"))
    // Foundation's calendar over 40 years, in both directions from 1970.
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(secondsFromGMT: 8 * 3600))
    for number in stride(from: Int32(-200_000), through: 800_000, by: 977) {
        let hour = Hour(number: number)
        let parts = calendar.dateComponents([.year, .month, .day, .hour], from: Date(timeIntervalSince1970: Double(number) * 3600))
        let expected = String(format: "%04d-%02d-%02dT%02d:00+08:00", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0, parts.hour ?? 0)
        #expect(hour.iso == expected)
        #expect(try Hour(expected) == hour)
        #expect(Hour(day: hour.day, hourOfDay: hour.hourOfDay) == hour)
        #expect(Hour(secondsSince1970: Int64(number) * 3600 + 3599) == hour)
    }
}

@Test(arguments: [
    ("2026-11-23T05:00", Hour.Problem.withoutZone), ("2026-11-23T05:30+08:00", .offTheHour), ("2026-11-23T05:00:01Z", .offTheHour),
    ("2026-11-23T05:00:00.5Z", .offTheHour), ("2026-11-23T05:00+05:30", .offTheHour), ("2026-02-29T05:00Z", .notATime),
    ("2026-11-23", .notATime), ("2026-11-23T25:00Z", .notATime), ("", .notATime), ("2026-11-23T05:00Zz", .notATime),
    ("20261123T0500Z", .notATime), ("2026-11-23T05:00+99:00", .notATime),
]) func whatIsNoHourIsRefused(text: String, problem: Hour.Problem) {
    #expect(throws: problem) { try Hour(text) }
}

@Test func unitsAreKnownByTheirUsualSpellingsAndNeverMixedUp() {
    for text in ["mg/m3", "mg/m³", "MG/M3"] { #expect(MeasuringUnit(text) == .milligramPerCubicMetre) }
    for text in ["ug/m3", "µg/m³", "μg/m3"] { #expect(MeasuringUnit(text) == .microgramPerCubicMetre) }
    #expect(MeasuringUnit("mg") == nil && MeasuringUnit("") == nil && MeasuringUnit("g/m3") == nil)
    #expect(Pollutant.so2.isMeasured(in: .microgramPerCubicMetre) && !Pollutant.so2.isMeasured(in: .milligramPerLitre))
    #expect(!Pollutant.cod.isMeasured(in: .milligramPerCubicMetre) && Pollutant.pH.isMeasured(in: .pH))
}

@Test func theItemsAreThoseOfTheTable() throws {
    let rows = try Tables.rows("pollutants.csv")
    #expect(rows.count == Pollutant.allCases.count)
    for row in rows {
        let item = try #require(Pollutant(row["code"] ?? ""), "\(row)")
        #expect(item.nameZH == row["name_zh"] && item.nameEN == row["name_en"] && item.medium.rawValue == row["medium"])
        #expect(item.usualUnit.symbol == row["usual_unit"])
        #expect(Pollutant(item.nameEN) == item && Pollutant(item.nameZH) == item && Pollutant(item.code.uppercased()) == item)
    }
    #expect(Pollutant("nh3-n") == .ammoniaNitrogen && Pollutant("TP") == .totalPhosphorus && Pollutant("w99999") == nil)
}
