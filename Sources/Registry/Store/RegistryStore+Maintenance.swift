// RegistryStore+Maintenance.swift: what the registry knows of itself: the data set it holds, its size, its history; and the care of
// the file: indexes, checkpoint, compaction, integrity.

import GRDB
import GRDBSQLite

/// What a registry holds, as a whole.
public struct DatasetInfo: Hashable, Sendable {
    /// Whether the factories are invented. Then `label` is shown wherever the data are.
    public var synthetic: Bool
    public var label: String
    /// The day that the data set describes; nil: today.
    public var asOf: Day?
    /// Number of the latest change; 0 for an empty registry.
    public var sequence: Int64

    public init(synthetic: Bool = false, label: String = "", asOf: Day? = nil, sequence: Int64 = 0) {
        self.synthetic = synthetic
        self.label = label
        self.asOf = asOf
        self.sequence = sequence
    }

    static let syntheticLabel = "SYNTHETIC DATA: no factory, record or brand in it is real"
}

/// Numbers of rows.
public struct RegistryCounts: Hashable, Sendable {
    public var factories: Int
    public var records: Int
    public var brands: Int
    public var links: Int
}

/// One finished import that changed something.
public struct ImportEntry: Hashable, Sendable {
    public var number: Int64
    /// UTC, ISO 8601.
    public var at: String
    public var source: String
    public var sha256: String?
    /// The importer's report, as JSON.
    public var report: String
}

/// One row of the change feed.
public struct ChangeEntry: Hashable, Sendable {
    public var sequence: Int64
    public var at: String
    public var entity: String
    public var accepted: Int
    public var updated: Int
    public var source: String?
}

extension RegistryStore {
    public var info: DatasetInfo {
        get throws(RegistryError) {
            try read { db in
                let meta = try RawStatement(db, path: path, sql: "SELECT name, value FROM meta")
                var info = DatasetInfo()
                while try meta.step() {
                    let value = meta.text(1) ?? ""
                    switch meta.text(0) {
                    case "synthetic": info.synthetic = value == "true"
                    case "label": info.label = value
                    case "as_of": info.asOf = Day(iso: value)
                    default: break
                    }
                }
                let latest = try RawStatement(db, path: path, sql: "SELECT max(seq) FROM changes")
                if try latest.step() { info.sequence = latest.int(0) }
                return info
            }
        }
    }

    /// Says what the registry holds. Writes nothing if that is known already; `sequence` is ignored.
    ///
    /// A registry that holds a synthetic factory stays synthetic, whatever is said here.
    public func setDataset(_ dataset: DatasetInfo) throws(RegistryError) {
        let known = try info
        var wanted = dataset
        wanted.synthetic = dataset.synthetic || known.synthetic
        if wanted.synthetic, wanted.label.isEmpty { wanted.label = known.label.isEmpty ? DatasetInfo.syntheticLabel : known.label }
        guard (wanted.synthetic, wanted.label, wanted.asOf) != (known.synthetic, known.label, known.asOf) else { return }
        try write(durably: true) { db in
            for (name, value) in [("synthetic", wanted.synthetic ? "true" : "false"), ("label", wanted.label), ("as_of", wanted.asOf?.iso)]
            {
                let sql =
                    value == nil
                    ? "DELETE FROM meta WHERE name = ?1"
                    : "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value"
                let statement = try RawStatement(db, path: path, sql: sql)
                statement.bind(1, name)
                if let value { statement.bind(2, value) }
                try statement.run()
            }
        }
    }

    /// Cost: O(n), some milliseconds a million rows.
    public func counts() throws(RegistryError) -> RegistryCounts {
        try read { db in
            func count(_ table: String) throws -> Int { try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0 }
            return RegistryCounts(
                factories: try count("factories"), records: try count("records"), brands: try count("brands"),
                links: try count("supplier_links"))
        }
    }

    // MARK: History

    /// Adds a finished import to the history.
    public func recordImport(source: String, sha256: String? = nil, report: String) throws(RegistryError) {
        try write(durably: true) { db in
            let statement = try RawStatement(
                db, path: path, sql: "INSERT INTO imports (at, source, sha256, report) VALUES (?1, ?2, ?3, ?4)")
            statement.bind(1, Timestamp.now())
            statement.bind(2, source)
            statement.bind(3, sha256)
            statement.bind(4, report)
            try statement.run()
        }
    }

    /// All imports, oldest first.
    public func imports() throws(RegistryError) -> [ImportEntry] {
        try read { db in
            let rows = try RawStatement(db, path: path, sql: "SELECT seq, at, source, sha256, report FROM imports ORDER BY seq")
            var entries: [ImportEntry] = []
            while try rows.step() {
                entries.append(
                    ImportEntry(
                        number: rows.int(0), at: rows.text(1) ?? "", source: rows.text(2) ?? "", sha256: rows.text(3),
                        report: rows.text(4) ?? ""))
            }
            return entries
        }
    }

    /// Changes after a sequence number, oldest first, at most `limit`.
    public func changes(after sequence: Int64, limit: Int = 1000) throws(RegistryError) -> [ChangeEntry] {
        try read { db in
            let rows = try RawStatement(
                db, path: path, sql: "SELECT seq, at, entity, accepted, updated, source FROM changes WHERE seq > ?1 ORDER BY seq LIMIT ?2")
            rows.bind(1, sequence)
            rows.bind(2, Int64(max(limit, 0)))
            var entries: [ChangeEntry] = []
            while try rows.step() {
                entries.append(
                    ChangeEntry(
                        sequence: rows.int(0), at: rows.text(1) ?? "", entity: rows.text(2) ?? "", accepted: Int(rows.int(3)),
                        updated: Int(rows.int(4)), source: rows.text(5)))
            }
            return entries
        }
    }

    // MARK: Care of the file

    /// Makes the indexes that readers want and brings all that was written safely into the main file. Call it at the end of an
    /// import; without it reading is right but sorts every time.
    ///
    /// Cost: about 3 s for a first import of 1.9 M records; next to nothing after a small one.
    public func finishBulkImport() throws(RegistryError) {
        let missing = try read { db in
            try ["records_facts", "links_by_brand"].contains { name in
                try Int64.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = ?", arguments: [name]) == 0
            }
        }
        if missing {
            try write(durably: true) { db in
                for sql in RegistrySchema.readIndexes { try RawStatement(db, path: path, sql: sql).run() }
            }
        }
        try checkpoint()
    }

    /// Copies the write-ahead log into the main file, as far as readers allow, and flushes it to the disk.
    public func checkpoint() throws(RegistryError) {
        guard mode == .readWrite else { throw .readOnly(path: path) }
        do {
            try pool.writeWithoutTransaction { db in
                do {
                    _ = try db.checkpoint(.truncate)
                } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                    // A reader still needs the log: what it does not need has been copied, the rest follows later.
                }
            }
        } catch {
            throw RegistryError(error, path: path)
        }
    }

    /// Writes the file anew without gaps. Needs room for a second copy and no reader.
    public func vacuum() throws(RegistryError) {
        guard mode == .readWrite else { throw .readOnly(path: path) }
        do { try pool.vacuum() } catch { throw RegistryError(error, path: path) }
    }

    /// SQLite's own check of every page and index, of every foreign key, and of the flags that the writer keeps.
    ///
    /// - Throws: `RegistryError.damaged` with the first things found. Cost: O(n log n), about 10 s for 3 M rows.
    public func verifyIntegrity() throws(RegistryError) {
        let problems = try read { db in
            var problems = try String.fetchAll(db, sql: "PRAGMA integrity_check(5)").filter { $0 != "ok" }
            let keys = try RawStatement(db, path: path, sql: "PRAGMA foreign_key_check")
            if try keys.step() {
                problems.append("row \(keys.int(1)) of \(keys.text(0) ?? "?") points at a missing row of \(keys.text(2) ?? "?")")
            }
            let flags = try RawStatement(
                db, path: path,
                sql: """
                    SELECT id FROM records
                    WHERE superseded <> (EXISTS (SELECT 1 FROM records AS later WHERE later.supersedes = records.id)) LIMIT 1
                    """)
            if try flags.step() { problems.append("record \(flags.text(0) ?? "?") has a wrong mark of being superseded") }
            let lost = try RawStatement(
                db, path: path,
                sql: """
                    SELECT id FROM factories WHERE EXISTS (SELECT 1 FROM places)
                    AND place_province IS NOT NULL AND place_province NOT IN (SELECT code FROM places) LIMIT 1
                    """)
            if try lost.step() { problems.append("factory \(lost.text(0) ?? "?") lies in a province that is not in the table of places") }
            // What belongs together was written together: a live change, its line in the audit log, the row that it is about.
            let changes = [
                (
                    "change %1 has no line in the audit log",
                    "SELECT seq FROM changes WHERE kind <> 'batch' AND seq NOT IN (SELECT seq FROM audit WHERE seq IS NOT NULL) LIMIT 1"
                ),
                (
                    "the audit log names change %1, which is not in the feed",
                    "SELECT seq FROM audit WHERE seq IS NOT NULL AND seq NOT IN (SELECT seq FROM changes) LIMIT 1"
                ),
                (
                    "the feed says that record %1 was added, and it is not there",
                    "SELECT subject FROM changes WHERE kind = 'record.added' AND subject NOT IN (SELECT id FROM records) LIMIT 1"
                ),
                (
                    "a row of records was written by change %1, which is not in the feed",
                    "SELECT max(changed_seq) FROM records HAVING max(changed_seq) > (SELECT coalesce(max(seq), 0) FROM changes)"
                ),
                (
                    "a factory was removed by change %1, which is not in the feed",
                    "SELECT removed_seq FROM factories WHERE removed_seq IS NOT NULL AND removed_seq NOT IN (SELECT seq FROM changes) LIMIT 1"
                ),
            ]
            for (words, sql) in changes {
                let row = try RawStatement(db, path: path, sql: sql)
                if try row.step() { problems.append(words.replacing("%1", with: row.text(0) ?? "?")) }
            }
            return problems
        }
        guard problems.isEmpty else { throw .damaged(path: path, detail: problems.joined(separator: "; ")) }
    }
}
