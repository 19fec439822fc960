// ImportCommand.swift: `blueatlas import`, from files to the registry.

import ArgumentParser
import Foundation
import Registry
import Synchronization

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Reads factories, records, brands and supplier links into the registry.",
        discussion: """
            A file is CSV, TSV, GeoJSON or newline-delimited GeoJSON, plain or gzipped, in UTF-8, GB18030 or UTF-16. A folder made by \
            'blueatlas generate' is imported whole. Canonical columns need no mapping; others are recognised by their names in English \
            or Chinese, or named:
              blueatlas import --store var/registry.db --datum gcj02 factories.csv
              blueatlas import --map name_zh=厂名 --map id=厂号 --set datum=wgs84 list.csv
              blueatlas import --mapping data/mappings/coal-units.json data/samples/coal-units-china.csv.gz

            Rows are stored in batches, each whole or not at all, and the same file twice changes nothing. Rows that cannot be right \
            are left out and listed with line, field, value and reason in FILE.rejects.csv.

            Exit code: 0 all rows were taken; 3 some were rejected; 1 the import failed (what was stored before stays); 130 stopped by a \
            signal.
            """)

    @Option(help: "The registry; made if there is none.")
    var store = "var/registry.db"
    @Option(help: "factories, records, brands, links, figures, emissions or factors. Default: by the columns.")
    var entity: String?
    @Option(help: "Datum of positions that name none: wgs84, cgcs2000, xian80, beijing54, gcj02, bd09, EPSG:nnnn or unknown.")
    var datum: String?
    @Option(help: "A mapping file (JSON; see docs/importing.md).")
    var mapping: String?
    @Option(help: ArgumentHelp("A field and the column that gives it.", valueName: "field=column"))
    var map: [String] = []
    @Option(help: ArgumentHelp("A field and one value for all rows.", valueName: "field=value"))
    var set: [String] = []
    @Option(help: ArgumentHelp("A further column to keep as an attribute of factories.", valueName: "column"))
    var keep: [String] = []
    @Option(help: "utf-8, gb18030, utf-16le, utf-16be or big5. Default: recognised.")
    var encoding: String?
    @Option(help: "One character, or 'tab'. Default: recognised.")
    var delimiter: String?
    @Option(help: "csv, tsv, geojson or ndjson. Default: recognised.")
    var format: String?
    @Option(help: "Where rejected rows are listed. Default: FILE.rejects.csv.")
    var rejects: String?
    @Option(parsing: .unconditional, help: "Rows that are stored together or not at all.")
    var batchRows = 20_000
    @Flag(help: "Take positions whose latitude and longitude are swapped the other way round, and flag them.")
    var fixSwapped = false
    @Flag(help: "Reject wrong credit codes instead of flagging them.")
    var strictCodes = false
    @Flag(help: "Check the files and store nothing.")
    var dryRun = false
    @Flag(help: "Print the reports as JSON.")
    var json = false
    @Flag(help: "Show no progress.")
    var quiet = false
    @Argument(help: "Files, or folders of data sets.")
    var files: [String]

    /// Set by a signal.
    private static let isStopped = Atomic<Bool>(false)

    private struct Answer: Encodable {
        var files: [ImportReport]
        var accepted: Int
        var updated: Int
        var unchanged: Int
        var rejected: Int
        var seconds: Double
        var error: String?
    }

    func run() throws {
        let start = ContinuousClock.now
        let options = try importOptions()
        let registry = dryRun ? nil : try ImportCommand.openStore(store)
        ImportCommand.stopOnSignals()
        var reports: [ImportReport] = []
        var failure: CommandFailure?
        do throws(ImportError) {
            for file in files {
                if DatasetFolder.isDataset(file) {
                    try importDataset(file, options, registry, &reports)
                } else {
                    try importFile(file, options, registry, &reports)
                }
                if reports.last?.failure != nil || reports.last?.wasCancelled == true { break }
            }
        } catch {
            failure = CommandFailure(error)
        }
        if let error = reports.last?.failure { failure = CommandFailure(error) }
        if let registry, reports.contains(where: { $0.accepted + $0.updated > 0 }) {
            do throws(RegistryError) { try registry.finishBulkImport() } catch { failure = failure ?? CommandFailure(error) }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        if json {
            try CommandOutput.json(
                Answer(
                    files: reports, accepted: reports.reduce(0) { $0 + $1.accepted }, updated: reports.reduce(0) { $0 + $1.updated },
                    unchanged: reports.reduce(0) { $0 + $1.unchanged }, rejected: reports.reduce(0) { $0 + $1.rejected }, seconds: seconds,
                    error: failure?.description))
        } else {
            for report in reports { print(report.text) }
            if reports.count > 1 { print("\(reports.count) files in \(String(format: "%.1f", seconds)) s") }
        }
        if let failure { throw failure }
        if reports.contains(where: \.wasCancelled) { throw ExitCode(130) }
        if reports.contains(where: { $0.rejected > 0 }) { throw ExitCode(3) }
    }

    // MARK: Options

    private func importOptions() throws -> ImportOptions {
        var options = ImportOptions()
        do throws(ImportError) {
            if let entity {
                guard let known = ImportEntity(rawValue: entity) else {
                    throw .badOption(
                        option: "--entity", value: entity,
                        reason: "is not one of \(ImportEntity.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                options.entity = known
            }
            if let mapping { options.mapping = try ImportMapping(path: mapping) }
            options.datum = datum
            for text in map { options.maps.append(try ImportCommand.pair(text, "--map")) }
            for text in set {
                let (field, value) = try ImportCommand.pair(text, "--set")
                if field == "datum" { options.datum = options.datum ?? value } else { options.sets.append((field, value)) }
            }
            options.keep = keep
            if let encoding { options.encoding = try SourceEncoding(parsing: encoding) }
            if let delimiter { options.delimiter = try ImportCommand.delimiter(delimiter) }
            if let format {
                guard let known = SourceFormat(rawValue: format) else {
                    throw .badOption(option: "--format", value: format, reason: "is not one of csv, tsv, geojson, ndjson")
                }
                options.format = known
            }
            guard batchRows > 0, batchRows <= 1_000_000 else {
                throw .badOption(option: "--batch-rows", value: "\(batchRows)", reason: "lies not between 1 and 1000000")
            }
            if rejects != nil, files.count > 1 || files.contains(where: { DatasetFolder.isDataset($0) }) {
                throw .badOption(option: "--rejects", value: rejects ?? "", reason: "is for one file; several would overwrite each other's")
            }
        } catch {
            throw CommandFailure(error)
        }
        options.rejectsPath = rejects
        options.batchRows = batchRows
        options.fixesSwapped = fixSwapped
        options.hasStrictCodes = strictCodes
        options.isDryRun = dryRun
        return options
    }

    private static func pair(_ text: String, _ option: String) throws(ImportError) -> (field: String, column: String) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw .badOption(option: option, value: text, reason: "has no '='; write field=\(option == "--map" ? "column" : "value")")
        }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    private static func delimiter(_ text: String) throws(ImportError) -> UInt8 {
        if text == "tab" || text == "\\t" { return 0x09 }
        guard text.utf8.count == 1, let byte = text.utf8.first, byte != 0x22, byte != 0x0A, byte != 0x0D, byte < 0x80 else {
            throw .badOption(option: "--delimiter", value: text, reason: "is not one ASCII character, or 'tab'")
        }
        return byte
    }

    /// Opens a registry for writing; makes its folder and the file where they are missing.
    static func openStore(_ store: String) throws -> RegistryStore {
        let folder = (store as NSString).deletingLastPathComponent
        if !folder.isEmpty {
            do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
                throw CommandFailure(message: "--store: cannot make the folder '\(folder)': \(CommandOutput.reason(error))")
            }
        }
        do {
            return try RegistryStore(path: store, mode: .readWrite)
        } catch {
            throw CommandFailure(error)
        }
    }

    // MARK: Files

    private func importFile(
        _ path: String, _ options: ImportOptions, _ registry: RegistryStore?, _ reports: inout [ImportReport]
    ) throws(ImportError) {
        let showsProgress = !quiet && !json && isatty(STDERR_FILENO) != 0
        var bar = ProgressLine()
        let report = try Importer(options: options).run(
            path: path, into: registry, progress: { if showsProgress { bar.show($0) } },
            isCancelled: { ImportCommand.isStopped.load(ordering: .relaxed) })
        if showsProgress { bar.clear() }
        reports.append(report)
        if let registry, report.accepted + report.updated > 0 { ImportCommand.remember(report, in: registry) }
    }

    /// The history is a help for people; if it cannot be written, the data are stored all the same.
    private static func remember(_ report: ImportReport, in registry: RegistryStore) {
        guard let json = try? JSONEncoder().encode(report) else { return }
        try? registry.recordImport(source: report.path, report: String(decoding: json, as: UTF8.self))
    }

    private func importDataset(
        _ path: String, _ options: ImportOptions, _ registry: RegistryStore?, _ reports: inout [ImportReport]
    ) throws(ImportError) {
        if entity != nil || mapping != nil || !map.isEmpty || !set.isEmpty {
            throw .badOption(
                option: "--entity, --mapping, --map and --set", value: path, reason: "is a data set, which says all that itself")
        }
        let dataset = try DatasetFolder(path: path)
        if let registry {
            // First of all, so that a half-finished import is labelled as well.
            let info = DatasetInfo(synthetic: dataset.isSynthetic, label: dataset.label, asOf: dataset.asOf)
            do throws(RegistryError) { try registry.setDataset(info) } catch { throw .store(error) }
        }
        for (entity, file) in dataset.files {
            var options = options
            options.entity = entity
            try importFile(file, options, registry, &reports)
            if reports.last?.failure != nil || reports.last?.wasCancelled == true { return }
        }
        guard let registry else { return }
        do {
            for report in try ReadingsImportCommand.folder(path, registry) where !json { print(report.text) }
        } catch let error as ImportError {
            throw error
        } catch {
            throw .badDataset(path: path, detail: "its readings: \(error)")
        }
    }

    /// The first signal asks the import to end between batches, the second ends the program at once.
    private static func stopOnSignals() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                ImportCommand.isStopped.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
    }
}

/// One line on a terminal that is written over and over.
private struct ProgressLine {
    private var last = ContinuousClock.now - .seconds(1)
    private let start = ContinuousClock.now

    mutating func show(_ progress: ImportProgress) {
        let now = ContinuousClock.now
        guard now - last > .milliseconds(200) else { return }
        last = now
        let name = (progress.path as NSString).lastPathComponent
        let seconds = (now - start) / .seconds(1)
        var line = "\(name): \(progress.rows) rows"
        if let total = progress.totalBytes, total > 0 {
            let share = min(1, Double(progress.bytes) / Double(total))
            let filled = Int(share * 30)
            line += " [" + String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled) + "] \(Int(share * 100)) %"
            if share > 0.01, seconds > 1 { line += ", \(Int(seconds / share - seconds)) s left" }
        }
        FileHandle.standardError.write(Data("\u{1B}[2K\r\(line)".utf8))
    }

    func clear() { FileHandle.standardError.write(Data("\u{1B}[2K\r".utf8)) }
}
