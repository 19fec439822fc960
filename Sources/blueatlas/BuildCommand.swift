// BuildCommand.swift: `blueatlas build`, from the registry to a snapshot file.

import ArgumentParser
import Atlas
import Foundation
import Registry

struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Builds a snapshot file from the registry.",
        discussion: "A running server that serves the same file takes the new one over by itself.")

    @Option(help: "The registry to read.")
    var store = "var/registry.db"
    @Option(help: "The snapshot file to write; replaced in one step when the build succeeds.")
    var output = "var/atlas.snapshot"
    @Option(help: "The day that statuses refer to (YYYY-MM-DD). Default: a synthetic data set's own day, else today.")
    var asOf: String?
    @Option(help: "The repository's data folder, for names of places. Default: ./data or one above the program; without any, none.")
    var dataDir: String?
    @Flag(help: "Print the result as JSON.")
    var json = false

    private struct Result: Encodable {
        var output: String
        var seconds: Double
        var snapshot: SnapshotInfo
    }

    func run() throws {
        var day: Day?
        if let asOf {
            day = Day(iso: asOf)
            guard day != nil else { throw CommandFailure(message: "--as-of: '\(asOf)' is not a date; use YYYY-MM-DD") }
        }
        let start = ContinuousClock.now
        let info: SnapshotInfo
        do {
            let registry = try RegistryStore(path: store, mode: .readOnly)
            let quiet = json || isatty(STDERR_FILENO) == 0
            info = try SnapshotBuilder.build(store: registry, output: output, asOf: day, placeNames: places()) { stage in
                if !quiet { FileHandle.standardError.write(Data("\u{1B}[2K\rbuilding the snapshot: \(stage.rawValue) …".utf8)) }
            }
            if !quiet { FileHandle.standardError.write(Data("\u{1B}[2K\r".utf8)) }
        } catch {
            throw CommandFailure(error)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        if json {
            try CommandOutput.json(Result(output: output, seconds: seconds, snapshot: info))
        } else {
            print(
                """
                \(output): \(info.factories) factories, \(info.records) records, \(info.links) links of \(info.brands) brands, \
                statuses as of \(info.asOf), \(info.fileBytes / 1_000_000) MB, in \(String(format: "%.1f", seconds)) s
                """)
        }
        CommandOutput.warnIfSynthetic(info)
    }

    /// Names of provinces, prefectures and counties. They only serve search, so a build without the table goes on, and says so.
    private func places() throws -> [PlaceName] {
        let folder: String
        do { folder = try DataFolder.places(dataDir) } catch {
            guard dataDir == nil else { throw error }
            FileHandle.standardError.write(Data("note: no table of places was found, so search will find none; see --data-dir\n".utf8))
            return []
        }
        return try PlaceName.table(csv: String(contentsOfFile: folder + "/admin-divisions.csv", encoding: .utf8))
    }
}
