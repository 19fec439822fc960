// PeerDecoders.swift: runs the Python helpers in `peers/`, which read and write tiles with the code of others.
//
// They need the virtual environment that tools/test makes in the repository's folder. When it is not there, that is a
// failure with a plain message, not a test left out.

import Foundation

struct PeerFailure: Error, CustomStringConvertible {
    let description: String
}

enum PeerDecoders {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    private static let python = tests.deletingLastPathComponent().appendingPathComponent(".venv/bin/python")

    /// Compares the tiles NAME.mvt of a folder with their NAME.json in three other decoders.
    ///
    /// - Returns: one line that says how much was compared.
    /// - Throws: `PeerFailure` with the differences, or with what is missing.
    static func compare(_ folder: URL) throws -> String {
        try run("compare_tiles.py", folder)
    }

    /// Writes tiles NAME.mvt by other encoders into a folder, and what is in them as NAME.json.
    static func encode(into folder: URL) throws {
        _ = try run("encode_tiles.py", folder)
    }

    /// Calls `body` with a new folder and removes it afterwards.
    static func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("blueatlas-tiles-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    private static func run(_ script: String, _ folder: URL) throws -> String {
        guard FileManager.default.isExecutableFile(atPath: python.path) else {
            throw PeerFailure(description: "the other decoders are not installed: run tools/test, which installs them into .venv")
        }
        // The output goes to a file: a pipe that nobody reads while we wait would stop the script when it is full.
        let log = folder.appendingPathComponent("output.txt")
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        let process = Process()
        process.executableURL = python
        process.arguments = [tests.appendingPathComponent("VectorTileTests/peers/\(script)").path, folder.path]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        try output.close()
        let text = String(decoding: try Data(contentsOf: log), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard process.terminationStatus == 0 else { throw PeerFailure(description: text) }
        return text
    }
}
