// Tables.swift: the committed tables, read for comparison.

import Foundation
import Testing

enum Tables {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let folder = root.appendingPathComponent("data/monitoring")

    /// The rows of a table without quotes, each by column name.
    static func rows(_ name: String) throws -> [[String: String]] {
        try rows(text: String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8))
    }

    static func rows(text: String) throws -> [[String: String]] {
        let lines = text.split(whereSeparator: \.isNewline)
        let header = try #require(lines.first).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        return try lines.dropFirst().map { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            try #require(cells.count == header.count, "\(line)")
            return Dictionary(uniqueKeysWithValues: zip(header, cells))
        }
    }

    /// What a program says on stdout; its exit code must be 0.
    static func output(of program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(program) \(arguments.joined(separator: " "))")
        return data
    }

    /// The real hours, unpacked.
    static func beijing() throws -> [[String: String]] {
        let path = folder.appendingPathComponent("beijing-hourly-2016.csv.gz").path
        return try rows(text: String(decoding: try output(of: "/bin/gzip", ["-dc", path]), as: UTF8.self))
    }
}
