// Counting.swift: the works under callgrind. The program starts itself again under valgrind, which counts only between begin and
// end of each work; what it counted stands in one small file a work.

import CCallgrind
import CGuard
import Foundation

/// What one work does.
struct Counts: Codable, Equatable {
    var instructions: UInt64
    /// Calls of malloc and its relatives.
    var allocations: UInt64
}

enum Counting {
    /// In the started program: does every work, and writes its allocations beside callgrind's files.
    static func runWorks(snapshot: String, folder: String) throws {
        guard callgrind_runs() != 0 else { throw GuardError("'Guard works' counts nothing outside valgrind; run tools/guard") }
        var allocations: [String: UInt64] = [:]
        var sink = 0
        for work in try Workbench(snapshot: snapshot).works() {
            // Once before: what the first call sets up (caches of the runtime, symbols bound lazily) is not its work.
            sink &+= try work.run()
            let before = guard_allocations()
            callgrind_begin()
            let result = Result { try work.run() }
            work.name.withCString { callgrind_end($0) }
            allocations[work.name] = guard_allocations() - before
            sink &+= try result.get()
        }
        guard sink != 0 else { throw GuardError("the works found nothing") }
        try JSONEncoder().encode(allocations).write(to: URL(fileURLWithPath: folder + "/allocations.json"))
    }

    /// Counts all works over a snapshot; `folder` is empty and takes callgrind's files.
    static func count(snapshot: String, folder: String) throws -> [(name: String, counts: Counts)] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "valgrind", "--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=\(folder)/counts",
            "--log-file=\(folder)/valgrind.log", CommandLine.arguments[0], "works", snapshot, folder,
        ]
        // Swift seeds its hash tables at random, and how often keys collide follows from the seed.
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_DETERMINISTIC_HASHING": "1"]) { $1 }
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let log = (try? String(contentsOfFile: folder + "/valgrind.log", encoding: .utf8)) ?? ""
            throw GuardError("the works ended with status \(process.terminationStatus) under valgrind\n\(log)")
        }
        let written = try Data(contentsOf: URL(fileURLWithPath: folder + "/allocations.json"))
        let allocations = try JSONDecoder().decode([String: UInt64].self, from: written)

        var found: [(part: Int, name: String, counts: Counts)] = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasPrefix("counts") {
            let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
            // "desc: Trigger: Client Request: NAME"; the last file, at the program's end, has another trigger.
            guard let name = value(of: "desc: Trigger: Client Request: ", in: text), let calls = allocations[name] else { continue }
            guard let part = value(of: "part: ", in: text).flatMap({ Int($0) }),
                let instructions = value(of: "summary: ", in: text).flatMap({ UInt64($0) })
            else { throw GuardError("callgrind's file \(file) has no 'part:' or no 'summary:'") }
            // Rarely, after a work with threads, callgrind subtracts what it never added: such a count says nothing.
            guard instructions < UInt64(Int64.max) else {
                throw GuardError("callgrind's count of '\(name)' ran below zero; run tools/guard again")
            }
            found.append((part, name, Counts(instructions: instructions, allocations: calls)))
        }
        guard found.count == allocations.count else {
            throw GuardError("callgrind wrote \(found.count) counts for \(allocations.count) works")
        }
        return found.sorted { $0.part < $1.part }.map { ($0.name, $0.counts) }
    }

    private static func value(of key: String, in text: String) -> String? {
        guard let start = text.range(of: "\n" + key) else { return nil }
        return String(text[start.upperBound...].prefix { $0 != "\n" })
    }
}

struct GuardError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
