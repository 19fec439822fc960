// AirQualityTests.swift: the index against the standard's own table, against fractions over the whole range, against python-aqi where that is
// right, and against a second implementation over all real hours of two stations.

import Foundation
import Testing

@testable import Monitoring

@Test func theBreakpointsAreThoseOfTheTable() throws {
    let rows = try Tables.rows("aqi-breakpoints-hj633-2012.csv")
    var seen = 0
    for item in AirItem.allCases {
        for averaging in Averaging.allCases {
            let expected = rows.filter { $0["pollutant"] == item.rawValue && $0["averaging"] == averaging.rawValue }
            let points = AirQualityTable.breakpoints(item, averaging) ?? []
            #expect(points.map(String.init) == expected.map { $0["concentration"] ?? "" }, "\(item) \(averaging)")
            #expect(expected.map { $0["iaqi"] ?? "" } == AirQualityTable.indices.prefix(points.count).map(String.init))
            #expect(expected.allSatisfy { MeasuringUnit($0["unit"] ?? "") == item.unit })
            seen += points.count
        }
    }
    #expect(seen == rows.count)
}

@Test func theExampleOfTheStandardIsRoundedUp() throws {
    func index(_ item: AirItem, _ averaging: Averaging, _ text: String) throws -> Int? {
        AirQualityTable.subIndex(item, averaging, MeanConcentration(try Quantity(text)))?.value
    }
    #expect(try index(.pm25, .day, "90") == 119)
    #expect(try index(.pm25, .day, "75") == 100, "a breakpoint belongs to the interval below it")
    #expect(try index(.pm25, .day, "75.000001") == 101)
    #expect(try index(.co, .hour, "5.3") == 53)
    #expect(try index(.so2, .hour, "800") == 200 && index(.so2, .hour, "800.1") == nil)
    #expect(try index(.o3, .eightHours, "800") == 300 && index(.o3, .eightHours, "801") == nil)
    #expect(try index(.pm25, .hour, "50") == nil, "the standard has no hour of particles")
    #expect(try index(.no2, .day, "-1") == nil)
    #expect(AirQualityTable.subIndex(.pm10, .day, MeanConcentration(601)) == SubIndex(value: 500, isBeyond: true))
    #expect(AirQualityTable.subIndex(.pm10, .day, MeanConcentration(600)) == SubIndex(value: 500, isBeyond: false))
}

/// The index by fractions over the table as it lies in the file: a second implementation, of other parts.
private struct TableIndex {
    var rows: [String: [(iaqi: Int, concentration: Int)]] = [:]

    init() throws {
        for row in try Tables.rows("aqi-breakpoints-hj633-2012.csv") {
            rows["\(row["pollutant"] ?? "") \(row["averaging"] ?? "")", default: []].append(
                (Int(row["iaqi"] ?? "") ?? 0, Int(row["concentration"] ?? "") ?? 0))
        }
    }

    /// - Parameter hundredths: the concentration times 100.
    func index(_ item: AirItem, _ averaging: Averaging, hundredths: Int) -> Int? {
        guard let table = rows["\(item.rawValue) \(averaging.rawValue)"] else { return nil }
        for (low, high) in zip(table, table.dropFirst()) where hundredths <= high.concentration * 100 {
            // Least n with n ≥ low + rise·(c − from)/(to − from).
            var n = low.iaqi
            while (n - low.iaqi) * (high.concentration - low.concentration) * 100
                < (high.iaqi - low.iaqi) * (hundredths - low.concentration * 100)
            { n += 1 }
            return n
        }
        return table.last?.iaqi == 500 ? 500 : nil
    }
}

@Test func everyHundredthOfEveryTableIsRight() throws {
    let table = try TableIndex()
    for item in AirItem.allCases {
        for averaging in Averaging.allCases {
            guard let last = AirQualityTable.breakpoints(item, averaging)?.last else { continue }
            for hundredths in stride(from: 0, through: Int(last) * 100 + 200, by: last > 500 ? 7 : 1) {
                let mean = MeanConcentration(Quantity(millionths: Int64(hundredths) * 10_000))
                let expected = table.index(item, averaging, hundredths: hundredths)
                guard AirQualityTable.subIndex(item, averaging, mean)?.value != expected else { continue }
                Issue.record("\(item) \(averaging) \(Double(hundredths) / 100): not \(expected.map(String.init) ?? "none")")
            }
        }
    }
}

/// python-aqi interpolates from 51, 151 and so on instead of 50 and 150 and rounds to the nearest instead of up: at breakpoints it must agree, in
/// between it may be off by one. Where an interval is a few units wide, as with CO, its holes swallow so much of it that nothing is left to compare.
@Test func pythonAqiSaysTheSameWhereItIsRight() throws {
    let python = Tables.root.appendingPathComponent(".venv/bin/python").path
    try #require(FileManager.default.isExecutableFile(atPath: python), "no .venv; tools/test makes it")
    let script = Tables.root.appendingPathComponent("Tests/MonitoringTests/peers/python_aqi.py").path
    let text = String(decoding: try Tables.output(of: python, [script]), as: UTF8.self)
    var (compared, atBreakpoints) = (0, 0)
    for row in try Tables.rows(text: text) {
        let item = try #require(AirItem(rawValue: row["item"] ?? ""))
        let averaging = try #require(Averaging(rawValue: row["averaging"] ?? ""))
        let concentration = try Quantity(row["concentration"] ?? "")
        let theirs = try #require(Int(row["iaqi"] ?? ""))
        let ours = try #require(AirQualityTable.subIndex(item, averaging, MeanConcentration(concentration))?.value)
        let points = try #require(AirQualityTable.breakpoints(item, averaging))
        if points.contains(concentration.millionths / 1_000_000) {
            #expect(ours == theirs, "\(row)")
            atBreakpoints += 1
        } else if item != .co {
            #expect(abs(ours - theirs) <= 1, "\(row)")
            compared += 1
        }
    }
    #expect(compared > 10_000 && atBreakpoints == 75)
}

@Test func gradesBeginWhereTheStandardSays() {
    let expected: [(Int, AirGrade)] = [
        (0, .excellent), (50, .excellent), (51, .good), (100, .good), (101, .light), (150, .light), (151, .moderate), (200, .moderate),
        (201, .heavy), (300, .heavy), (301, .severe), (500, .severe),
    ]
    for (index, grade) in expected { #expect(AirGrade(index: index) == grade) }
}

@Test func whatIsMissingIsSaidAndTheRestStillCounts() throws {
    func series(_ value: Quantity, _ count: Int = 24) -> [Quantity?] {
        Array(repeating: nil, count: 24 - count) + Array(repeating: value, count: count)
    }
    var hours: [AirItem: [Quantity?]] = [
        .pm25: series(90, 20), .pm10: series(50, 19), .so2: series(10), .no2: series(50), .co: series(1), .o3: series(100, 5),
    ]
    let quality = AirQuality.hourly(hours)
    #expect(quality.index == 119 && quality.grade == .light && quality.primary == [.pm25] && !quality.isComplete)
    #expect(
        quality.missing == [
            AirQuality.Missing(item: .pm10, averaging: .day, have: 19, need: 20),
            AirQuality.Missing(item: .o3, averaging: .eightHours, have: 5, need: 6),
        ])
    hours[.pm10] = series(50, 20)
    #expect(AirQuality.hourly(hours).isComplete, "O3 takes part by its hour")
    // Under 51 nothing is the primary pollutant.
    #expect(AirQuality.hourly([.no2: series(100)]).primary.isEmpty)
    // Ties are named both.
    #expect(AirQuality.hourly([.no2: series(200), .co: series(10)]).primary == [.no2, .co])
    #expect(AirQuality.hourly([:]).index == nil && AirQuality.hourly([:]).grade == nil)
    // Above its hourly table SO2 goes by 24 hours; O3 over 8 hours by the hour.
    let sulphur = AirQuality.hourly([.so2: series(900)])
    #expect(sulphur.parts.map(\.averaging) == [.day] && sulphur.index == 213)
    let ozone = AirQuality.hourly([.o3: series(900)])
    #expect(ozone.parts.map(\.averaging) == [.hour] && ozone.index == 350)
}

/// All hours of a year at two stations by a second program in another language, which shares no code and no table with this one.
@Test func theRealHoursOfBeijingAgreeWithASecondImplementation() throws {
    let rows = try Tables.beijing()
    let columns: [(String, AirItem)] = [("pm25", .pm25), ("pm10", .pm10), ("so2", .so2), ("no2", .no2), ("co", .co), ("o3", .o3)]
    var series: [String: [Int32: [AirItem: Quantity]]] = [:]
    for row in rows {
        var values: [AirItem: Quantity] = [:]
        for (column, item) in columns {
            guard let text = row[column], !text.isEmpty else { continue }
            let given = try Quantity(text)
            // µg/m³ in the file; the table of CO wants mg/m³.
            values[item] = item == .co ? Quantity(millionths: given.millionths / 1000) : given
        }
        series[row["station"] ?? "", default: [:]][try Hour(row["time"] ?? "").number] = values
    }
    func window(_ station: String, endingAt end: Int32) -> [AirItem: [Quantity?]] {
        var window: [AirItem: [Quantity?]] = [:]
        for (_, item) in columns { window[item] = (end - 23...end).map { series[station]?[$0]?[item] } }
        return window
    }
    let script = Tables.root.appendingPathComponent("Tests/MonitoringTests/peers/second_aqi.py").path
    let second = String(decoding: try Tables.output(of: "/usr/bin/python3", [script, Tables.folder.path]), as: UTF8.self)
    var (hours, days) = (0, 0)
    for row in try Tables.rows(text: second) {
        let hour = try Hour(row["time"] ?? "")
        let quality =
            row["by"] == "hour"
            ? AirQuality.hourly(window(row["station"] ?? "", endingAt: hour.number))
            : AirQuality.daily(window(row["station"] ?? "", endingAt: hour.number))
        let found = "\(quality.index.map(String.init) ?? "") \(quality.primary.map(\.rawValue).sorted().joined(separator: "+"))"
        #expect(found == "\(row["aqi"] ?? "") \(row["primary"] ?? "")", "\(row)")
        if row["by"] == "hour" { hours += 1 } else { days += 1 }
    }
    #expect(hours == 17_568 && days == 732)
}
