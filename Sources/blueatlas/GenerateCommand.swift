// GenerateCommand.swift: `blueatlas generate` makes a synthetic data set at the mission's scale.

import ArgumentParser
import Foundation
import Monitoring
import SyntheticData

struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Make a synthetic data set: invented factories, records, brands and supplier lists.",
        discussion: """
            Writes factories.csv, records.csv, brands.csv, links.csv, watchlists.csv, figures.csv, emissions.csv and, last, dataset.json. What an older run \
            left of these in the folder is replaced, its outlets, readings and list of errors are removed. The same options give \
            the same bytes. Nothing in it is a fact about a real firm: names hold a trade word ending in 虚, 谬, 妄, 赝 or 讹, credit \
            codes start with the unassigned authority X, record texts open with 【合成数据】.
            """)

    @Option(parsing: .unconditional, help: "Number of factories.")
    var factories = 1_200_000
    @Option(parsing: .unconditional, help: "Number of violation records; at most 300 per factory.")
    var records = 1_900_000
    @Option(parsing: .unconditional, help: "Number of brands with a supplier list.")
    var brands = 580
    @Option(parsing: .unconditional, help: "Another seed gives another set.")
    var seed: UInt64 = 1
    @Option(help: "The last day of the records (YYYY-MM-DD). Fixed by default, so that the bytes never change.")
    var asOf = "2026-11-23"
    @Flag(help: "Put errors into factories.csv, to test imports with; errors.csv lists them.")
    var injectErrors = false
    @Option(
        parsing: .unconditional, help: "Hours of readings of the key monitored facilities (outlets.csv, a file an hour under readings).")
    var readingHours = 0
    @Option(help: "The last hour of the readings, such as 2026-11-23T23:00+08:00. Default: the last one of --as-of.")
    var readingsUntil: String?
    @Option(name: .shortAndLong, help: "The folder to write to; made when missing.")
    var output: String
    @Option(help: "The folder of the committed tables. Default: ./data, else a data folder above the program.")
    var dataDir: String?
    @Flag(help: "Print the summary as JSON.")
    var json = false

    func run() throws {
        var options = GeneratorOptions(tablesFolder: try DataFolder.places(dataDir), outputFolder: output)
        options.factories = factories
        options.records = records
        options.brands = brands
        options.seed = seed
        options.asOf = asOf
        options.injectsErrors = injectErrors
        options.readingHours = readingHours
        if let readingsUntil {
            do { options.lastReadingHour = Int(try Hour(readingsUntil).number) } catch {
                throw CommandFailure(message: "--readings-until: '\(readingsUntil)' \(error)")
            }
        }
        let onTerminal = isatty(STDERR_FILENO) == 1
        var shown = ""
        let summary: GenerationSummary
        do {
            summary = try SyntheticDataset.generate(options) { stage, fraction in
                guard onTerminal else { return }
                let filled = Int(fraction * 30)
                let percent = Int(fraction * 100)
                let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 30 - filled)
                let line = "\r[\(bar)] \(percent) % \(stage)"
                if line != shown { FileHandle.standardError.write(Data((line + "\u{1B}[K").utf8)) }
                shown = line
            }
        } catch {
            if onTerminal { FileHandle.standardError.write(Data("\n".utf8)) }
            throw CommandFailure(error)
        }
        if onTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
        try report(summary)
    }

    private func report(_ summary: GenerationSummary) throws {
        if json {
            try CommandOutput.json(Report(summary, output: output))
            return
        }
        print(
            """
            \(output): \(summary.factories) factories, \(summary.records) records, \(summary.brands) brands, \(summary.links) links, \
            \(summary.watchlistRows) watch list rows, emissions of \(summary.enterprises) enterprises, \(summary.byteCount / 1_000_000) MB\
            \(summary.readings > 0 ? ", \(summary.readings) readings of \(summary.outlets) outlets" : "")\
            \(summary.injectedErrors > 0 ? ", \(summary.injectedErrors) injected errors (errors.csv)" : "")
            \(SyntheticDataset.label)
            """)
    }

    private struct Report: Encodable {
        var output: String
        var factories: Int
        var records: Int
        var brands: Int
        var links: Int
        var watchlistRows: Int
        var figures: Int
        var enterprises: Int
        var emissions: Int
        var injectedErrors: Int
        var outlets: Int
        var readings: Int
        var bytes: Int
        var synthetic = true
        var label = SyntheticDataset.label

        init(_ summary: GenerationSummary, output: String) {
            self.output = output
            factories = summary.factories
            records = summary.records
            brands = summary.brands
            links = summary.links
            watchlistRows = summary.watchlistRows
            figures = summary.figures
            enterprises = summary.enterprises
            emissions = summary.emissions
            injectedErrors = summary.injectedErrors
            outlets = summary.outlets
            readings = summary.readings
            bytes = summary.byteCount
        }
    }
}
