// Callgrind.swift: a program starts itself again under valgrind's callgrind and reads what that has counted. What is counted lies between
// `callgrind_begin` and `callgrind_end` (CCallgrind) of the started program; each stretch stands in a small file of its own.

import Foundation

package enum Callgrind {
    /// What one stretch of the started program did.
    package struct Stretch {
        /// As `callgrind_end` was told.
        package var name: String
        /// By callgrind's names of events, such as Ir for instructions.
        package var events: [String: UInt64]
    }

    /// Starts this program again with other arguments and answers its stretches in their order.
    ///
    /// - Parameters:
    ///   - options: callgrind's own, beside those that say where its counts go.
    ///   - folder: takes callgrind's files.
    /// - Throws: `CallgrindError` with the end of valgrind's log when the program fails, and when a count cannot be read.
    package static func run(_ arguments: [String], options: [String] = [], folder: URL) throws -> [Stretch] {
        // Swift writes a newer kind of debug information than Debian's valgrind reads; counting needs none.
        let program = folder.appendingPathComponent("program").path
        let log = folder.appendingPathComponent("valgrind.log")
        try start(["strip", "--strip-debug", "-o", program, CommandLine.arguments[0]], log: log)
        try start(
            ["valgrind", "--tool=callgrind", "--instr-atstart=no"] + options
                + ["--callgrind-out-file=\(folder.path)/counts", "--log-file=\(log.path)", program] + arguments, log: log)
        var found: [(part: Int, stretch: Stretch)] = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasPrefix("counts") {
            let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            // "desc: Trigger: Client Request: NAME"; the last file, at the program's end, has another trigger.
            guard let name = value(of: "desc: Trigger: Client Request: ", in: text) else { continue }
            guard let part = value(of: "part: ", in: text).flatMap({ Int($0) }), let events = value(of: "events: ", in: text),
                let summary = value(of: "summary: ", in: text)
            else { throw CallgrindError("callgrind's file \(file) has no 'part:', no 'events:' or no 'summary:'") }
            let names = events.split(separator: " ").map(String.init)
            let counts = summary.split(separator: " ").compactMap { UInt64($0) }
            // Rarely, after a stretch with threads, callgrind subtracts what it never added: such a count says nothing.
            guard counts.count <= names.count, counts.allSatisfy({ $0 < UInt64(Int64.max) }) else {
                throw CallgrindError("callgrind's count of '\(name)' ran below zero; run this again")
            }
            // Zeros at the end are left out.
            let all = counts + Array(repeating: 0, count: names.count - counts.count)
            found.append((part, Stretch(name: name, events: Dictionary(zip(names, all), uniquingKeysWith: { first, _ in first }))))
        }
        return found.sorted { $0.part < $1.part }.map(\.stretch)
    }

    private static func start(_ command: [String], log: URL) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        // Swift seeds its hash tables at random, and how often keys collide follows from the seed.
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_DETERMINISTIC_HASHING": "1"]) { $1 }
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let said = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            throw CallgrindError("\(command[0]) ended with status \(process.terminationStatus)\n\(said.suffix(2_000))")
        }
    }

    private static func value(of key: String, in text: String) -> String? {
        guard let start = text.range(of: "\n" + key) else { return nil }
        return String(text[start.upperBound...].prefix { $0 != "\n" })
    }
}

package struct CallgrindError: Error, CustomStringConvertible {
    package var description: String
    init(_ description: String) { self.description = description }
}
