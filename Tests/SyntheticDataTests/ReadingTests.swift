// ReadingTests.swift: the invented hours against what their specification says: exceedances, runs, gaps, flags, late and corrected values.

import Foundation
import Testing

@testable import SyntheticData

/// What feeds deliver over some hours, read back from its rows.
private struct Delivered {
    struct Row {
        var arrives: Int
        var hour: String
        var value: String
        var flag: String
    }

    var limits: [String: (lower: Double?, upper: Double)] = [:]
    var outlets: Set<String> = []
    /// By outlet and item, in order of arrival.
    var rows: [String: [Row]] = [:]
    var counts = ReadingCounts()
    var hours = 0

    init(facilities: Int, hours: Int, seed: UInt64 = 1) throws {
        self.hours = hours
        var rows = ReadingRows(factories: (0..<facilities).map { $0 * 40 }, seed: seed, hours: 490_000...(490_000 + hours - 1))
        for line in String(decoding: rows.outletRows().bytes, as: UTF8.self).split(separator: "\n") {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            try #require(cells.count == 11)
            limits["\(cells[0]) \(cells[4])"] = (Double(cells[6]), try #require(Double(cells[7])))
            outlets.insert(cells[0])
        }
        var found: [String: [Row]] = [:]
        var sum = ReadingCounts()
        try rows.write { hour, bytes, counts in
            sum.add(counts)
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst() {
                let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                try #require(cells.count == 6)
                found["\(cells[0]) \(cells[1])", default: []].append(Row(arrives: hour, hour: cells[2], value: cells[3], flag: cells[5]))
            }
        }
        self.rows = found
        counts = sum
    }

    static let month = Result { try Delivered(facilities: 400, hours: 720) }
}

@Test func everyItemOfTwoOutletsHasALimitAndReadings() throws {
    let month = try Delivered.month.get()
    #expect(month.outlets.count == 800 && month.limits.count == 2400)
    #expect(Set(month.rows.keys) == Set(month.limits.keys))
}

@Test func exceedancesGapsFlagsLateAndCorrectedValuesHaveTheirShares() throws {
    let month = try Delivered.month.get()
    let possible = Double(month.limits.count * month.hours)
    func share(_ count: Int) -> Double { Double(count) / possible }
    #expect((0.003...0.005).contains(share(month.counts.exceeding)), "\(share(month.counts.exceeding))")
    #expect((0.020...0.034).contains(share(month.counts.missing)), "\(share(month.counts.missing))")
    #expect((0.012...0.018).contains(share(month.counts.flagged)), "\(share(month.counts.flagged))")
    #expect((0.017...0.022).contains(share(month.counts.late)), "\(share(month.counts.late))")
    #expect((0.002...0.004).contains(share(month.counts.corrected)), "\(share(month.counts.corrected))")
    // What the rows themselves say, counted by their reader.
    let all = month.rows.values.joined()
    #expect(all.count == month.counts.rows)
    #expect(all.filter { !$0.flag.isEmpty }.count == month.counts.flagged)
    #expect(
        all.filter { $0.flag == "outage" }.allSatisfy(\.value.isEmpty)
            && all.filter { $0.flag != "outage" }.allSatisfy { !$0.value.isEmpty })
    var exceeding = 0
    var corrections = 0
    for (key, rows) in month.rows {
        let limit = try #require(month.limits[key])
        var seen: Set<String> = []
        for row in rows {
            if !seen.insert(row.hour).inserted {
                corrections += 1
            } else if row.flag.isEmpty, let value = Double(row.value), value > limit.upper || value < limit.lower ?? -1 {
                exceeding += 1
            }
        }
    }
    #expect(corrections == month.counts.corrected)
    // Late ones that have not arrived by the end are counted and not there.
    #expect(exceeding <= month.counts.exceeding && exceeding > month.counts.exceeding * 9 / 10)
}

@Test func fewOutletsCauseAThirdOfTheExceedancesAndTheyComeInRuns() throws {
    let month = try Delivered(facilities: 3000, hours: 120, seed: 7)
    var byOutlet: [String: Int] = [:]
    var runs: [Int] = []
    let format = ISO8601DateFormatter()
    for (key, rows) in month.rows {
        let limit = try #require(month.limits[key])
        let hours = rows.filter { row in
            guard row.flag.isEmpty, let value = Double(row.value) else { return false }
            return value > limit.upper || value < limit.lower ?? -1
        }.map(\.hour).sorted()
        byOutlet[String(key.prefix { $0 != " " }), default: 0] += Set(hours).count
        var run = 0
        var last: Date?
        for hour in Set(hours).sorted() {
            let date = try #require(format.date(from: hour.replacingOccurrences(of: ":00+", with: ":00:00+")))
            if let last, date.timeIntervalSince(last) > 3600 {
                runs.append(run)
                run = 0
            }
            run += 1
            last = date
        }
        if run > 0 { runs.append(run) }
    }
    let total = byOutlet.values.reduce(0, +)
    let worst = byOutlet.values.sorted(by: >).prefix(month.outlets.count / 100).reduce(0, +)
    #expect((0.2...0.45).contains(Double(worst) / Double(total)), "\(worst) of \(total)")
    // Gaps and flags cut some runs, so what is seen is a little shorter than four hours.
    let mean = Double(runs.reduce(0, +)) / Double(runs.count)
    #expect((2.8...4.5).contains(mean), "\(mean)")
}

@Test func usualValuesWanderAsTheSpecificationSays() throws {
    let month = try Delivered.month.get()
    var products = 0.0
    var squares = 0.0
    for (key, rows) in month.rows where key.hasSuffix("a21002") {
        let limit = try #require(month.limits[key]).upper
        let logs = rows.filter { $0.flag.isEmpty }.compactMap { Double($0.value) }.filter { $0 > 0 && $0 <= limit }.map { log($0) }
        let mean = logs.reduce(0, +) / Double(logs.count)
        #expect((0.3...0.8).contains(exp(mean) / limit), "\(key)")
        for (a, b) in zip(logs, logs.dropFirst()) {
            products += (a - mean) * (b - mean)
            squares += (a - mean) * (a - mean)
        }
    }
    #expect((0.75...0.95).contains(products / squares), "hour to hour correlation \(products / squares)")
}

@Test func theSameSeedGivesTheSameHours() throws {
    func bytes(_ seed: UInt64) throws -> [[UInt8]] {
        var rows = ReadingRows(factories: Array(0..<1200), seed: seed, hours: 490_000...490_002)
        var pieces = [rows.outletRows().bytes]
        try rows.write { _, bytes, _ in pieces.append(bytes) }
        return pieces
    }
    #expect(try bytes(3) == bytes(3))
    #expect(try bytes(3) != bytes(4))
    #expect(ReadingRows.fileName(0) == "1970-01-01T08.csv")
}

@Test func aSetWithReadingsHasOutletsAndAFileAnHour() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "blueatlas-readings-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var options = GeneratorOptions(tablesFolder: tablesFolder, outputFolder: folder)
    options.factories = 2000
    options.records = 2000
    options.brands = 3
    options.readingHours = 3
    let summary = try SyntheticDataset.generate(options, in: Standard.regions.get())
    #expect(summary.outlets == 100)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/readings").sorted()
    #expect(files == ["2026-11-23T21.csv", "2026-11-23T22.csv", "2026-11-23T23.csv"])
    let factories = try ReadTable(path: folder + "/factories.csv")
    let monitored = Set((0..<factories.count).filter { factories.column("key_monitored")[$0] == "true" }.map { factories.column("id")[$0] })
    let outlets = try ReadTable(path: folder + "/outlets.csv")
    #expect(Set((0..<outlets.count).map { outlets.column("factory")[$0] }) == monitored)
    #expect((0..<outlets.count).allSatisfy { outlets.column("synthetic")[$0] == "true" })
}

@Test func aNewSetLeavesNoOutletsAndReadingsOfTheOneBefore() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "blueatlas-readings-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func files(_ path: String = "") -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder + path)) ?? []).sorted() }
    var options = GeneratorOptions(tablesFolder: tablesFolder, outputFolder: folder)
    options.factories = 500
    options.records = 800
    options.brands = 12
    options.readingHours = 3
    options.injectsErrors = true
    _ = try SyntheticDataset.generate(options, in: Standard.regions.get())
    #expect(files("/readings").count == 3 && files().contains("errors.csv"))
    // Fewer hours, other ones.
    options.readingHours = 2
    options.lastReadingHour = try #require(options.readingRange).upperBound - 24
    _ = try SyntheticDataset.generate(options, in: Standard.regions.get())
    #expect(files("/readings") == ["2026-11-22T22.csv", "2026-11-22T23.csv"])
    // None, and what is not the generator's stays.
    try Data("mine".utf8).write(to: URL(filePath: folder + "/readings/notes.csv"))
    options.readingHours = 0
    options.lastReadingHour = nil
    options.injectsErrors = false
    _ = try SyntheticDataset.generate(options, in: Standard.regions.get())
    #expect(files("/readings") == ["notes.csv"])
    #expect(!files().contains("outlets.csv") && !files().contains("errors.csv") && files().contains("dataset.json"))
    try FileManager.default.removeItem(atPath: folder + "/readings/notes.csv")
    _ = try SyntheticDataset.generate(options, in: Standard.regions.get())
    #expect(!files().contains("readings"))
}
