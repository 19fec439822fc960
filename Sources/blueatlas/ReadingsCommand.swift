// ReadingsCommand.swift: `blueatlas readings`: outlets and hourly readings into the registry, how long they are kept, and how much room they take.

import ArgumentParser
import Foundation
import Monitoring
import Registry

struct ReadingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "readings",
        abstract: "Monitoring: outlets, hourly readings, how long they are kept.",
        subcommands: [ReadingsImportCommand.self, ReadingsPolicyCommand.self, ReadingsRetainCommand.self, ReadingsUsageCommand.self])
}

struct ReadingsImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Reads outlets and readings into the registry.",
        discussion: """
            Readings are newline-delimited JSON or CSV with the columns outlet, pollutant, hour, value and, where there are any, unit and \
            flag; plain or gzipped. A file named outlets.csv holds outlets with their items and limits. A folder of 'blueatlas generate \
            --reading-hours' is imported whole, hour by hour. See docs/monitoring.md.

            Exit code: 0 all rows were taken; 3 some were rejected; 1 the import failed (what was stored before stays).
            """)

    @Option(help: "The registry.")
    var store = "var/registry.db"
    @Flag(help: "Print the reports as JSON.")
    var json = false
    @Argument(help: "Files, or folders of data sets.")
    var files: [String]

    func run() throws {
        let registry = try ImportCommand.openStore(store)
        var reports: [ReadingReport] = []
        do {
            for path in files {
                var isFolder: ObjCBool = false
                if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
                    reports += try ReadingsImportCommand.folder(path, registry)
                } else if (path as NSString).lastPathComponent.hasPrefix("outlets.") {
                    reports.append(try ReadingImporter(store: registry).outlets(path: path))
                } else {
                    reports.append(try ReadingImporter(store: registry).readings(path: path))
                }
            }
            try registry.checkpoint()
        } catch {
            for report in reports { print(report.text) }
            throw CommandFailure(error)
        }
        if json { try CommandOutput.json(reports) } else { for report in reports { print(report.text) } }
        if reports.contains(where: { $0.rejected > 0 }) { throw ExitCode(3) }
    }

    /// The outlets and readings of a data set; none when it has none. Packs what is no longer hot on the way.
    static func folder(_ path: String, _ registry: RegistryStore) throws -> [ReadingReport] {
        let folder = path.hasSuffix("/") ? path : path + "/"
        let importer = ReadingImporter(store: registry)
        var reports: [ReadingReport] = []
        if FileManager.default.fileExists(atPath: folder + "outlets.csv") {
            reports.append(try importer.outlets(path: folder + "outlets.csv"))
        }
        let hours = ((try? FileManager.default.contentsOfDirectory(atPath: folder + "readings")) ?? []).sorted()
        for name in hours where name.hasSuffix(".csv") || name.hasSuffix(".csv.gz") || name.hasSuffix(".ndjson") {
            reports.append(try importer.readings(path: folder + "readings/" + name))
            _ = try ReadingsRetainCommand.retain(registry)
        }
        return reports
    }
}

struct ReadingsPolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Shows, or sets, how long readings are kept.",
        discussion: "The policy is stored in the registry and applied by 'blueatlas readings retain' and by a server with --live.")

    @Option(help: "The registry.")
    var store = "var/registry.db"
    @Option(help: "Days whose hours stand one by one before they are packed, 1 to 31.")
    var hotDays: Int?
    @Option(help: "Days whose hours are kept; of older ones the daily summary stays.")
    var hourlyDays: Int?
    @Option(help: "Days whose summaries are kept, or 'all'.")
    var dailyDays: String?

    func run() throws {
        do {
            let isChange = hotDays != nil || hourlyDays != nil || dailyDays != nil
            let registry = try RegistryStore(path: store, mode: isChange ? .readWrite : .readOnly)
            var policy = try registry.retentionPolicy()
            if isChange {
                policy.hotDays = hotDays ?? policy.hotDays
                policy.hourlyDays = hourlyDays ?? policy.hourlyDays
                if let dailyDays {
                    policy.dailyDays = Int(dailyDays)
                    guard dailyDays == "all" || policy.dailyDays != nil else {
                        throw CommandFailure(message: "--daily-days: '\(dailyDays)' is neither a number of days nor 'all'")
                    }
                }
                let wanted = policy
                try registry.writeAlone { try $0.setRetention(wanted) }
            }
            print(
                """
                hot days: \(policy.hotDays)
                hourly days: \(policy.hourlyDays)
                daily days: \(policy.dailyDays.map(String.init) ?? "all")
                """)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(error)
        }
    }
}

struct ReadingsRetainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retain", abstract: "Packs hours that are no longer hot, and gives up what the policy no longer keeps.")

    @Option(help: "The registry.")
    var store = "var/registry.db"

    func run() throws {
        do {
            let registry = try RegistryStore(path: store, mode: .readWrite)
            let done = try ReadingsRetainCommand.retain(registry)
            try registry.checkpoint()
            print(
                """
                \(done.packedReadings) readings packed into \(done.packedBlocks) days, \(done.summarisedDays) days summarised, \
                \(done.removedSummaries) summaries removed
                """)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// All steps that are due.
    static func retain(_ registry: RegistryStore) throws -> RetentionStep {
        var done = RetentionStep()
        while true {
            let step = try registry.writeAlone(durably: false) { try $0.retainStep(channels: 10_000) }
            if step.isIdle { return done }
            done = done + step
        }
    }
}

struct ReadingsUsageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "How many readings are packed, and how many bytes each takes.")

    @Option(help: "The registry.")
    var store = "var/registry.db"
    @Flag(help: "Print the result as JSON.")
    var json = false

    private struct Usage: Encodable {
        var readings: Int
        var blockBytes: Int
        var tableBytes: Int
        var bytesPerReading: Double
    }

    func run() throws {
        do {
            let registry = try RegistryStore(path: store, mode: .readOnly)
            let found = try registry.historyUsage()
            let usage = Usage(
                readings: found.readings, blockBytes: found.blockBytes, tableBytes: found.tableBytes,
                bytesPerReading: Double(max(found.tableBytes, found.blockBytes)) / Double(max(found.readings, 1)))
            if json { return try CommandOutput.json(usage) }
            print(
                """
                \(usage.readings) packed readings, \(usage.blockBytes) bytes of blocks, \(usage.tableBytes) bytes of table pages: \
                \(String(format: "%.2f", usage.bytesPerReading)) bytes a reading
                """)
        } catch {
            throw CommandFailure(error)
        }
    }
}
