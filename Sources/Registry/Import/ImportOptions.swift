// ImportOptions.swift: what an import is asked to do, and what it tells while it runs.

public struct ImportOptions: Sendable {
    /// Nil: by the columns and the file's name.
    public var entity: ImportEntity?
    /// The datum of positions that name none; `unknown` is allowed.
    public var datum: String?
    public var mapping: ImportMapping?
    /// Canonical field and the column that gives it.
    public var maps: [(field: String, column: String)] = []
    /// Canonical field and a value for all rows.
    public var sets: [(field: String, value: String)] = []
    /// Further columns to keep as attributes.
    public var keep: [String] = []
    public var encoding: SourceEncoding?
    public var delimiter: UInt8?
    public var format: SourceFormat?
    /// Nil: beside the file, as FILE.rejects.csv, or in the working folder if that cannot be written.
    public var rejectsPath: String?
    /// Check only; nothing is stored, no rejects file is written unless `rejectsPath` names one.
    public var isDryRun = false
    public var fixesSwapped = false
    public var hasStrictCodes = false
    /// Rows that are stored together or not at all.
    public var batchRows = 20_000

    public init() {}
}

/// How far an import has come.
public struct ImportProgress: Sendable {
    public var path: String
    public var rows: Int
    /// Of the file as it lies on the disk.
    public var bytes: Int64
    public var totalBytes: Int64?
}
