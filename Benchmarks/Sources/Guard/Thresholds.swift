// Thresholds.swift: the stored counts, and how today's compare. More than allowed fails; much less is said too, so that the stored
// counts follow and the gain stays guarded.

import Foundation

/// The file guards.json.
struct Thresholds: Codable {
    /// How many percent over the stored count are allowed. Counts repeat to a few instructions on one machine; the C library takes
    /// other paths through memcpy and its kind on other processors.
    var instructionPercent: Double
    var allocationPercent: Double
    var works: [String: Counts]

    static let standard = Thresholds(instructionPercent: 3, allocationPercent: 2, works: [:])

    static func read(_ path: String) throws -> Thresholds {
        do {
            return try JSONDecoder().decode(Thresholds.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        } catch { throw GuardError("the stored counts in '\(path)' cannot be read: \(error)") }
    }

    func write(_ path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try (encoder.encode(self) + Data("\n".utf8)).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

/// How a count stands to the stored one.
enum Verdict: Equatable {
    case within
    /// Over what is allowed.
    case exceeded
    /// So much less that the stored count guards little.
    case better
    /// Nothing is stored.
    case new

    init(_ found: UInt64, stored: UInt64?, percent: Double) {
        guard let stored else {
            self = .new
            return
        }
        let slack = Double(stored) * percent / 100
        if Double(found) > Double(stored) + slack {
            self = .exceeded
        } else if Double(found) < Double(stored) - 2 * slack {
            self = .better
        } else {
            self = .within
        }
    }
}

/// The table that tools/guard prints.
struct Report {
    private var lines: [String] = []
    private(set) var exceeded: [String] = []
    private(set) var better: [String] = []

    init(_ found: [(name: String, counts: Counts)], against thresholds: Thresholds) {
        lines.append(Report.row("work", "instructions", "stored", "", "allocations", "stored", ""))
        for (name, counts) in found {
            let stored = thresholds.works[name]
            let instructions = Verdict(counts.instructions, stored: stored?.instructions, percent: thresholds.instructionPercent)
            let allocations = Verdict(counts.allocations, stored: stored?.allocations, percent: thresholds.allocationPercent)
            lines.append(
                Report.row(
                    name, String(counts.instructions), stored.map { String($0.instructions) } ?? "-",
                    Report.change(counts.instructions, stored?.instructions), String(counts.allocations),
                    stored.map { String($0.allocations) } ?? "-", Report.change(counts.allocations, stored?.allocations)))
            for (verdict, what, now, before, percent) in [
                (instructions, "instructions", counts.instructions, stored?.instructions, thresholds.instructionPercent),
                (allocations, "allocations", counts.allocations, stored?.allocations, thresholds.allocationPercent),
            ] {
                let change = Report.change(now, before)
                switch verdict {
                case .within: break
                case .exceeded: exceeded.append("\(name): \(now) \(what), stored are \(before ?? 0): \(change), allowed +\(percent) %")
                case .new: exceeded.append("\(name): no \(what) are stored")
                case .better: better.append("\(name): \(now) \(what) instead of \(before ?? 0): \(change)")
                }
            }
        }
        let names = Set(found.map(\.name))
        for name in thresholds.works.keys.sorted() where !names.contains(name) { exceeded.append("\(name): stored, but no such work") }
    }

    var table: String { lines.joined(separator: "\n") }

    private static func change(_ now: UInt64, _ stored: UInt64?) -> String {
        guard let stored, now != stored else { return "" }
        guard stored > 0 else { return "+\(now)" }
        return String(format: "%+.2f %%", (Double(now) / Double(stored) - 1) * 100)
    }

    private static func row(
        _ name: String, _ instructions: String, _ stored: String, _ change: String, _ allocations: String, _ storedAllocations: String,
        _ allocationChange: String
    ) -> String {
        let cells = [(instructions, 14), (stored, 14), (change, 10), (allocations, 12), (storedAllocations, 10), (allocationChange, 10)]
        return name.padding(toLength: 40, withPad: " ", startingAt: 0)
            + cells.map { text, width in String(repeating: " ", count: max(width - text.count, 1)) + text }.joined()
    }
}
