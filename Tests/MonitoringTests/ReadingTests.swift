// ReadingTests.swift: exceedances, "exceeding now", and a day of readings in a block: every value, gap and flag comes back, in few bytes.

import Foundation
import Testing

@testable import Monitoring

private func reading(_ text: String, _ flag: ReadingFlag = .none) throws -> Reading { Reading(value: try Quantity(text), flag: flag) }

@Test func theMultipleIsValueOverLimitMinusOne() throws {
    let limit = PermitLimit(upper: 50)
    #expect(limit.exceedance(of: try reading("50")) == nil, "the limit itself complies")
    #expect(limit.exceedance(of: try reading("50.000001"))?.multiple == 0.000001 / 50)
    #expect(limit.exceedance(of: try reading("62.5")) == Exceedance(multiple: 0.25, side: .above))
    for flag in ReadingFlag.allCases where flag != .none { #expect(limit.exceedance(of: try reading("62.5", flag)) == nil) }
    #expect(limit.exceedance(of: Reading(value: nil, flag: .outage)) == nil)
    #expect(PermitLimit(upper: 0).exceedance(of: try reading("0.1")) == Exceedance(multiple: nil, side: .above))
}

@Test func pHHasTwoSidesAndNoMultiple() throws {
    let limit = PermitLimit(lower: 6, upper: 9)
    for text in ["6", "7.2", "9"] { #expect(limit.exceedance(of: try reading(text)) == nil) }
    #expect(limit.exceedance(of: try reading("5.99")) == Exceedance(multiple: nil, side: .below))
    #expect(limit.exceedance(of: try reading("9.01")) == Exceedance(multiple: nil, side: .above))
}

@Test func theLastReadingOfThreeHoursThatIsNotFlaggedDecides() throws {
    let now = Hour(number: 1000)
    let (over, under) = (try reading("60"), try reading("40"))
    func judged(_ readings: [Int: Reading]) -> Int? {
        ExceedingNow.judge(
            readings.map { (hour: now.adding($0.key), reading: $0.value) }, now: now, limit: { _ in PermitLimit(upper: 50) }
        ).map { Int($0.hour.number - now.number) }
    }
    #expect(judged([0: over]) == 0)
    #expect(judged([-2: over]) == -2)
    #expect(judged([-3: over]) == nil, "too old to say anything of now")
    #expect(judged([0: under, -1: over]) == nil)
    #expect(judged([0: try reading("60", .calibration), -1: under]) == nil)
    #expect(judged([0: try reading("1", .maintenance), -1: over]) == -1)
    #expect(judged([1: under, 0: over]) == 0, "the future has no say")
    #expect(judged([:]) == nil)
}

/// A day of readings as instruments make them.
private func randomBlock() -> ReadingBlock {
    var block = ReadingBlock()
    let steps: [Int64] = [1, 10, 1000, 10_000, 100_000, 1_000_000]
    let step = steps[Int.random(in: 0..<steps.count)]
    let bound = [300, 50_000, Quantity.bound / step - 1][Int.random(in: 0..<3)]
    let gaps = [0.0, 0.03, 0.5, 1][Int.random(in: 0..<4)]
    for hour in 0..<24 where Double.random(in: 0..<1) >= gaps {
        let flag = Double.random(in: 0..<1) < 0.2 ? ReadingFlag(rawValue: UInt8.random(in: 0...3)) ?? .none : .none
        let hasValue = flag == .none || Bool.random()
        let value = Int64.random(in: -bound...bound) * step
        block[hour] = Reading(value: hasValue ? Quantity(millionths: value) : nil, flag: flag)
    }
    return block
}

@Test func everyBlockComesBackAsItWas() throws {
    for _ in 0..<5000 {
        let block = randomBlock()
        let bytes = block.bytes
        #expect(try ReadingBlock(decoding: bytes) == block)
        // The same in any other collection, and nothing but the whole is taken.
        #expect(try ReadingBlock(decoding: Data(bytes)) == block)
        #expect(throws: ReadingBlock.Problem.self) { try ReadingBlock(decoding: bytes + [0]) }
        if block.count > 0 { #expect(throws: ReadingBlock.Problem.self) { try ReadingBlock(decoding: bytes.dropLast()) } }
    }
}

@Test func noBytesAtAllMakeItTrap() throws {
    for _ in 0..<200_000 {
        let bytes = (0..<Int.random(in: 0...40)).map { _ in UInt8.random(in: 0...255) }
        guard let block = try? ReadingBlock(decoding: bytes) else { continue }
        // What was taken has one form only in memory, and that form comes back.
        #expect(try ReadingBlock(decoding: block.bytes) == block)
    }
}

@Test func theRealHoursOfBeijingTakeUnderTwoBytes() throws {
    var blocks: [String: ReadingBlock] = [:]
    var values: [String: Quantity] = [:]
    for row in try Tables.beijing() {
        let hour = try Hour(row["time"] ?? "")
        for column in ["pm25", "pm10", "so2", "no2", "co", "o3"] {
            guard let text = row[column], !text.isEmpty else { continue }
            let value = try Quantity(text)
            blocks["\(row["station"] ?? "") \(column) \(hour.day)", default: ReadingBlock()][hour.hourOfDay] = Reading(value: value)
            values["\(row["station"] ?? "") \(column) \(hour.number)"] = value
        }
    }
    let total = blocks.values.reduce(0) { $0 + $1.bytes.count }
    let count = blocks.values.reduce(0) { $0 + $1.count }
    #expect(count == values.count && count > 100_000)
    for (key, block) in blocks {
        let read = try ReadingBlock(decoding: block.bytes)
        let parts = key.split(separator: " ")
        let day = try #require(Int32(parts[2]))
        for hour in 0..<24 {
            #expect(read[hour]?.value == values["\(parts[0]) \(parts[1]) \(Hour(day: day, hourOfDay: hour).number)"])
        }
    }
    #expect(Double(total) / Double(count) < 2, "\(total) bytes for \(count) readings")
}

@Test func aDaysSummaryIsThatOfItsReadings() throws {
    let limit = PermitLimit(upper: Quantity(millionths: 1_000_000))
    for _ in 0..<500 {
        let block = randomBlock()
        let summary = DailySummary(block, limit: limit)
        let counted = block.readings.compactMap(\.self).filter { $0.flag == .none }.compactMap(\.value)
        #expect(summary.count == counted.count && summary.flagged == block.count - counted.count)
        #expect(summary.least == counted.min() && summary.greatest == counted.max())
        #expect(summary.exceeding == counted.filter { $0.millionths > 1_000_000 }.count)
        if let mean = summary.mean {
            let expected = counted.reduce(Decimal(0)) { $0 + Decimal($1.millionths) } / Decimal(counted.count) / 1_000_000
            #expect(abs(mean - NSDecimalNumber(decimal: expected).doubleValue) <= abs(mean) * 1e-12)
        } else {
            #expect(counted.isEmpty)
        }
    }
}
