// Counting.swift: the works under callgrind. The program starts itself again under valgrind, which counts only between begin and
// end of each work; what it counted stands in one small file a work.

import CCallgrind
import CGuard
import Callgrind
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
        let stretches = try Callgrind.run(["works", snapshot, folder], folder: URL(fileURLWithPath: folder, isDirectory: true))
        let written = try Data(contentsOf: URL(fileURLWithPath: folder + "/allocations.json"))
        let allocations = try JSONDecoder().decode([String: UInt64].self, from: written)
        let found = try stretches.map { stretch in
            guard let instructions = stretch.events["Ir"], let calls = allocations[stretch.name] else {
                throw GuardError("callgrind's count of '\(stretch.name)' has no instructions, or belongs to no work")
            }
            return (name: stretch.name, counts: Counts(instructions: instructions, allocations: calls))
        }
        guard found.count == allocations.count else {
            throw GuardError("callgrind wrote \(found.count) counts for \(allocations.count) works")
        }
        return found
    }
}

struct GuardError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
