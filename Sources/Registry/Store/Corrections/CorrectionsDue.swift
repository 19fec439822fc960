// CorrectionsDue.swift: whether the server has something to do about corrections, asked without disturbing the writer.

import GRDB

/// What waits to be done.
public struct CorrectionsDue: Hashable, Sendable {
    /// Verifications whose time has come.
    public var completions: Bool
    /// Whether an importer has brought something since the change that was asked about.
    public var imports: Bool
    /// The number of the latest change: what to ask about the next time.
    public var head: Int64
    /// Documents that are to be swept away.
    public var documents: Bool
}

extension RegistryStore {
    /// - Parameter sequence: the latest change that was looked at.
    ///
    /// Cost: three rows by their indexes, and the changes since `sequence`.
    public func correctionsDue(
        after sequence: Int64, now: Int64 = LiveTime.now(), limits: DocumentLimits = .standard
    ) throws(RegistryError) -> CorrectionsDue {
        try read { db in
            func first(_ sql: String, _ values: Int64...) throws(RegistryError) -> Int64? {
                let row = try RawStatement(db, path: path, sql: sql)
                for (place, value) in values.enumerated() { row.bind(Int32(place + 1), value) }
                return try row.step() ? row.optionalInt(0) : nil
            }
            let day: Int64 = 86_400_000
            let completion = try first(
                """
                SELECT 1 FROM corrections WHERE objections_until <= ?1
                AND NOT EXISTS (SELECT 1 FROM objections WHERE objections.record_pk = corrections.record_pk AND settled_by IS NULL) LIMIT 1
                """, now)
            let batch = try first("SELECT 1 FROM changes WHERE kind = '\(Change.batch)' AND seq > ?1 LIMIT 1", sequence)
            let document = try first(
                "SELECT 1 FROM documents WHERE is_public = 0 AND (at < ?1 OR is_complete = 0 AND at < ?2) LIMIT 1",
                now - Int64(limits.unusedDays) * day, now - day)
            return CorrectionsDue(
                completions: completion != nil, imports: batch != nil, head: try RegistryStore.nextSequence(db, path: path) - 1,
                documents: document != nil)
        }
    }
}
