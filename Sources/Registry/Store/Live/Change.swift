// Change.swift: one line of the change feed, which is the order of everything that ever happened to the registry. A reader is described by
// the last sequence number it has seen.

import GRDB

/// A change.
public struct Change: Hashable, Sendable {
    /// Gapless within live writes; ascending always, never given twice.
    public var sequence: Int64
    /// UTC, ISO 8601; live changes to the millisecond, batches of importers to the second.
    public var at: String
    /// Such as `record.added`; `batch` for what an importer has stored in one transaction, which may be about any number of factories.
    public var kind: String
    /// Nil: not about one factory.
    public var factoryPK: Int64?
    public var factoryID: String?
    /// Public id of what it is about: of the record, of the brand; for links `brand/factory/kind`.
    public var subject: String?
    /// Id of the key that did it; nil: the command line.
    public var actor: String?
    /// What the event says, as a JSON object; nil: nothing more.
    public var data: String?
    /// The only brand that may see it; nil: everyone.
    public var audience: Int64?

    /// What importers write: a reader that follows single factories cannot follow through it and starts from a new snapshot.
    public static let batch = "batch"
    public var isBatch: Bool { kind == Change.batch }
}

/// Whose changes to read.
public enum ChangeAudience: Hashable, Sendable {
    /// What everyone may see.
    case everyone
    /// That, and what is for one brand.
    case brand(Int64)
    /// All of it: for the server's own use.
    case system
}

extension RegistryStore {
    /// The number of the latest change; 0 for a registry without any. Cost: one row.
    public func headOfChanges() throws(RegistryError) -> Int64 {
        try read { db in try RegistryStore.nextSequence(db, path: path) - 1 }
    }

    /// Changes after a sequence number, oldest first, at most `limit` (10,000).
    ///
    /// Cost: O(limit), plus the changes in between that are for others.
    public func liveChanges(after sequence: Int64, limit: Int, audience: ChangeAudience) throws(RegistryError) -> [Change] {
        let condition =
            switch audience {
            case .everyone: "AND audience IS NULL"
            case .brand: "AND (audience IS NULL OR audience = ?3)"
            case .system: ""
            }
        return try read { db in
            let rows = try RawStatement(
                db, path: path,
                sql: """
                    SELECT seq, at, kind, changes.factory_pk, factories.id, subject, actor, data, audience
                    FROM changes LEFT JOIN factories ON factories.pk = changes.factory_pk
                    WHERE seq > ?1 \(condition) ORDER BY seq LIMIT ?2
                    """)
            rows.bind(1, sequence)
            rows.bind(2, Int64(min(max(limit, 0), 10_000)))
            if case .brand(let brand) = audience { rows.bind(3, brand) }
            var changes: [Change] = []
            while try rows.step() {
                changes.append(
                    Change(
                        sequence: rows.int(0), at: rows.text(1) ?? "", kind: rows.text(2) ?? "", factoryPK: rows.optionalInt(3),
                        factoryID: rows.text(4), subject: rows.text(5), actor: rows.text(6), data: rows.text(7),
                        audience: rows.optionalInt(8)))
            }
            return changes
        }
    }
}
