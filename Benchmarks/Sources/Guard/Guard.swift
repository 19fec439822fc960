// Guard.swift: the program behind tools/guard. Counts the instructions and allocations of fixed works and compares them with the
// stored counts: unlike seconds, they say the same on every machine and on every day.

import Foundation
import Workloads

@main
struct Guard {
    static func main() {
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            // The table first, wherever the two go.
            fflush(nil)
            FileHandle.standardError.write(Data("tools/guard: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ arguments: [String]) throws {
        switch (arguments.first, arguments.count) {
        case ("works", 3): try Counting.runWorks(snapshot: arguments[1], folder: arguments[2])
        case ("check", 2): try check(thresholds: arguments[1])
        case ("update", 2): try update(thresholds: arguments[1])
        default: throw GuardError("usage: Guard check FILE | Guard update FILE")
        }
    }

    private static func check(thresholds path: String) throws {
        let thresholds = try Thresholds.read(path)
        let report = Report(try counts(), against: thresholds)
        print(report.table)
        if !report.better.isEmpty {
            print("\nBetter than stored; tighten with 'tools/guard --update':")
            for line in report.better { print("  \(line)") }
        }
        guard report.exceeded.isEmpty else {
            throw GuardError(
                "more work than is allowed:\n  \(report.exceeded.joined(separator: "\n  "))\n"
                    + "If this is meant, 'tools/guard --update' stores today's counts; say why in the commit.")
        }
        print("\nAll works are within their thresholds.")
    }

    private static func update(thresholds path: String) throws {
        var thresholds = FileManager.default.fileExists(atPath: path) ? try Thresholds.read(path) : .standard
        let found = try counts()
        print(Report(found, against: thresholds).table)
        thresholds.works = Dictionary(found.map { ($0.name, $0.counts) }, uniquingKeysWith: { first, _ in first })
        try thresholds.write(path)
        print("\nStored.")
    }

    /// Makes the factories in a temporary folder and counts over them.
    private static func counts() throws -> [(name: String, counts: Counts)] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("blueatlas-guard-\(UUID().uuidString)")
        let results = folder.appendingPathComponent("counts")
        try FileManager.default.createDirectory(at: results, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let snapshot = try SampleSnapshot.make(factories: Workbench.factories, in: folder.path)
        return try Counting.count(snapshot: snapshot, folder: results.path)
    }
}
