// CommandOutput.swift: how commands answer. Results go to stdout, in words or as JSON; errors go to stderr, one line.

import ArgumentParser
import Atlas
import Foundation
import Registry

/// An error of a command: one clear line on stderr, exit code 1.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String
    init(_ error: some Error) { description = "\(error)" }
    init(message: String) { description = message }
}

enum CommandOutput {
    /// Prints a value as JSON with sorted keys, names in snake_case.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Says on stderr that data are made up, so that it stands beside every answer and never inside one.
    static func warnIfSynthetic(_ info: SnapshotInfo) {
        if info.synthetic { FileHandle.standardError.write(Data("note: \(info.label)\n".utf8)) }
    }

    /// What the system said, in its own words: Foundation wraps it into an error that fills a line with domains and codes.
    static func reason(_ error: any Error) -> String {
        let error = error as NSError
        if error.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(error.code))) }
        if let underlying = error.userInfo[NSUnderlyingErrorKey] as? any Error { return reason(underlying) }
        return error.localizedDescription
    }

    static func open(_ path: String) throws -> Snapshot {
        do { return try Snapshot.open(path: path) } catch { throw CommandFailure(error) }
    }
}

/// The filters of the HTTP interface as command line options.
struct FilterOptions: ParsableArguments {
    @Option(help: "Only factories of these statuses (comma-separated): violating, unresolved, explained, corrected, clean, unknown.")
    var status: [String] = []
    @Option(help: "Only these industries: prefixes of GB/T 4754 codes such as C or C17.")
    var industry: [String] = []
    @Option(help: "Only factories with a record of these categories.")
    var category: [String] = []
    @Option(help: "Only suppliers of these brands (ids).")
    var brand: [String] = []
    @Option(help: "Only factories with a record published on or after this day (YYYY-MM-DD).")
    var from: String?
    @Option(help: "… on or before this day.")
    var to: String?
    @Option(parsing: .unconditional, help: "Only factories with a record of at least this severity, 1 to 5.")
    var minSeverity: String?

    func filter() throws -> Filter {
        var parameters: [(name: String, value: String)] = []
        for (name, values) in [("status", status), ("industry", industry), ("category", category), ("brand", brand)] {
            parameters += values.map { (name, $0) }
        }
        for (name, value) in [("from", from), ("to", to), ("min_severity", minSeverity)] {
            if let value { parameters.append((name, value)) }
        }
        do { return try Filter(parameters: parameters) } catch { throw CommandFailure(error) }
    }
}
