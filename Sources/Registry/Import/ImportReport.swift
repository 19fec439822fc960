// ImportReport.swift: what came of a file, for people and for programs.

import Foundation

public struct ImportReport: Sendable, Encodable {
    public var path: String
    public var entity: String
    public var format: String
    /// The encoding and why it was taken.
    public var encoding: String
    /// What was taken for granted: columns by their names, datums by the format.
    public var assumptions: [String] = []
    public var ignoredColumns: [String] = []
    /// Rows of data in the file as far as it was read.
    public var rows = 0
    /// Rows that the mapping's filter left out.
    public var filtered = 0
    /// Factories made of several rows each; nil without grouping.
    public var groups: Int?
    public var accepted = 0
    public var updated = 0
    public var unchanged = 0
    public var rejected = 0
    public var warnings: [ImportWarning] = []
    /// Flags of stored factories, by name.
    public var flags: [String: Int] = [:]
    /// Nil if no row was rejected.
    public var rejectsPath: String?
    /// Rejections by field and reason, the most frequent first, at most 20.
    public var rejectReasons: [RejectReason] = []
    public var seconds = 0.0
    public var isDryRun = false
    /// Whether the import was stopped on request before the file's end.
    public var wasCancelled = false
    /// Why the import ended before the file's end.
    public var failure: ImportError?

    public struct RejectReason: Sendable, Encodable {
        public var field: String
        public var reason: String
        public var count: Int
    }

    public var rowsPerSecond: Double { seconds > 0 ? Double(rows) / seconds : 0 }

    private enum CodingKeys: String, CodingKey {
        case path, entity, format, encoding, assumptions, rows, filtered, groups, accepted, updated, unchanged, rejected, warnings, flags,
            seconds
        case failure
        case ignoredColumns = "ignored_columns"
        case rejectsPath = "rejects_file"
        case rejectReasons = "reject_reasons"
        case isDryRun = "dry_run"
        case wasCancelled = "cancelled"
        case rowsPerSecond = "rows_per_second"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(path, forKey: .path)
        try container.encode(entity, forKey: .entity)
        try container.encode(format, forKey: .format)
        try container.encode(encoding, forKey: .encoding)
        try container.encode(assumptions, forKey: .assumptions)
        try container.encode(ignoredColumns, forKey: .ignoredColumns)
        try container.encode(rows, forKey: .rows)
        try container.encode(filtered, forKey: .filtered)
        try container.encodeIfPresent(groups, forKey: .groups)
        try container.encode(accepted, forKey: .accepted)
        try container.encode(updated, forKey: .updated)
        try container.encode(unchanged, forKey: .unchanged)
        try container.encode(rejected, forKey: .rejected)
        try container.encode(warnings, forKey: .warnings)
        try container.encode(flags, forKey: .flags)
        try container.encodeIfPresent(rejectsPath, forKey: .rejectsPath)
        try container.encode(rejectReasons, forKey: .rejectReasons)
        try container.encode((seconds * 1000).rounded() / 1000, forKey: .seconds)
        try container.encode(rowsPerSecond.rounded(), forKey: .rowsPerSecond)
        try container.encode(isDryRun, forKey: .isDryRun)
        try container.encode(wasCancelled, forKey: .wasCancelled)
        try container.encodeIfPresent(failure?.description, forKey: .failure)
    }

    /// In words, several lines.
    public var text: String {
        var lines = ["\(path): \(entity) from \(format), \(encoding)"]
        lines += assumptions.map { "  assumed: \($0)" }
        if !ignoredColumns.isEmpty { lines.append("  columns not used: \(ignoredColumns.joined(separator: ", "))") }
        var counts = "\(rows) rows"
        if filtered > 0 { counts += ", \(filtered) left out by the mapping's filter" }
        if let groups { counts += ", grouped into \(groups) \(entity)" }
        lines.append("  \(counts)")
        lines.append(
            isDryRun
                ? "  dry run: \(accepted) would be stored, \(rejected) rejected"
                : "  accepted \(accepted), updated \(updated), unchanged \(unchanged), rejected \(rejected)")
        for reason in rejectReasons { lines.append("  rejected \(reason.count): \(reason.field): \(reason.reason)") }
        if let rejectsPath { lines.append("  rejected rows are listed in \(rejectsPath)") }
        for (name, count) in flags.sorted(by: { $0.key < $1.key }) { lines.append("  flagged \(count): \(name)") }
        for warning in warnings {
            let example = warning.example.isEmpty ? "" : ", such as '\(warning.example)'"
            lines.append("  warning: \(warning.field): \(warning.message): \(warning.count) (first in line \(warning.firstLine)\(example))")
        }
        lines.append("  \(String(format: "%.2f", seconds)) s, \(Int(rowsPerSecond.rounded())) rows/s")
        if wasCancelled { lines.append("  stopped on request: whole batches up to here were kept") }
        return lines.joined(separator: "\n")
    }
}
