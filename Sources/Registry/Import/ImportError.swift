// ImportError.swift: why a file cannot be imported at all, or no further than some line. A single row that does not fit is no error:
// it goes to the rejects file, and the import goes on.

/// An error that ends the import of a file. Batches that were stored before it stay; nothing of the unfinished batch does.
public enum ImportError: Error, Hashable, Sendable, CustomStringConvertible {
    case cannotRead(path: String, reason: String)
    /// Neither text nor gzipped text, such as an Excel workbook.
    case notText(path: String, found: String)
    case truncatedGzip(path: String, afterBytes: Int64)
    case damagedGzip(path: String, detail: String)
    /// - Parameters:
    ///   - line: from 1.
    ///   - byte: offset in the (unpacked) file, from 0.
    case wrongEncoding(path: String, encoding: String, line: Int, byte: Int64, found: String, advice: String)
    case unknownEncoding(name: String)
    case encodingUnavailable(name: String)
    /// A quote that the file's end leaves open.
    case unclosedQuote(path: String, line: Int)
    /// The file ends in the middle of a row or of a JSON value.
    case truncated(path: String, line: Int, detail: String)
    case rowTooLong(path: String, line: Int, limitBytes: Int)
    case noHeader(path: String, detail: String)
    case duplicateColumn(path: String, name: String)
    case badJSON(path: String, line: Int, detail: String)
    case badMapping(source: String, detail: String)
    case badOption(option: String, value: String, reason: String)
    case unknownColumn(named: String, wantedFor: String, available: [String])
    /// The file lacks what its kind of row cannot do without.
    case missingColumns(path: String, entity: String, missing: String, available: [String])
    case unknownEntity(path: String, available: [String])
    /// Positions without a datum.
    case datumMissing(path: String)
    case badDataset(path: String, detail: String)
    case tooManyGroups(path: String, limit: Int)
    case rejectsFile(path: String, reason: String)
    case store(RegistryError)

    public var description: String {
        switch self {
        case .cannotRead(let path, let reason): "cannot read '\(path)': \(reason)"
        case .notText(let path, let found):
            "'\(path)' is \(found), not a text file; give CSV, TSV, GeoJSON or newline-delimited GeoJSON, plain or gzipped"
        case .truncatedGzip(let path, let bytes):
            "'\(path)' is a truncated gzip file: it ends after \(bytes) bytes in the middle of its data; fetch or copy it again"
        case .damagedGzip(let path, let detail): "'\(path)' is a damaged gzip file: \(detail); fetch or copy it again"
        case .wrongEncoding(let path, let encoding, let line, let byte, let found, let advice):
            "'\(path)' is not \(encoding): line \(line), byte \(byte) holds \(found); \(advice)"
        case .unknownEncoding(let name): "--encoding: '\(name)' is not one of \(SourceEncoding.names)"
        case .encodingUnavailable(let name): "the C library of this system cannot read \(name); convert the file to UTF-8"
        case .unclosedQuote(let path, let line):
            "'\(path)' ends inside a quoted field that begins in line \(line): the file is truncated, or a quote there is not closed"
        case .truncated(let path, let line, let detail): "'\(path)' is truncated: it ends in line \(line) \(detail)"
        case .rowTooLong(let path, let line, let limit):
            "'\(path)': the row that begins in line \(line) is longer than \(limit) bytes; is a quote there not closed?"
        case .noHeader(let path, let detail): "'\(path)' has no header row: \(detail); the first line must name the columns"
        case .duplicateColumn(let path, let name): "'\(path)' has two columns named '\(name)'; rename one"
        case .badJSON(let path, let line, let detail): "'\(path)', line \(line): \(detail)"
        case .badMapping(let source, let detail): "mapping '\(source)': \(detail)"
        case .badOption(let option, let value, let reason): "\(option): '\(value)' \(reason)"
        case .unknownColumn(let named, let wantedFor, let available):
            "there is no column '\(named)', which is to give \(wantedFor); the columns are \(ImportError.list(available))"
        case .missingColumns(let path, let entity, let missing, let available):
            """
            '\(path)' gives no \(missing), which \(entity) need; its columns are \(ImportError.list(available)). \
            Name one with --map FIELD=COLUMN, or give a constant with --set FIELD=VALUE
            """
        case .unknownEntity(let path, let available):
            """
            cannot tell whether '\(path)' holds factories, records, brands or links; say --entity. \
            Its columns are \(ImportError.list(available))
            """
        case .datumMissing(let path):
            """
            '\(path)' does not say which datum its positions are in; name a column with --map datum=COLUMN, or say --datum with one \
            of \(PositionReader.datumNames). 'unknown' takes them as WGS 84 and flags each as uncertain by 700 m
            """
        case .badDataset(let path, let detail): "'\(path)' is not a BlueAtlas data set: \(detail)"
        case .tooManyGroups(let path, let limit):
            "'\(path)': more than \(limit) groups; grouping keeps every group in memory, so split the file"
        case .rejectsFile(let path, let reason): "cannot write the rejects file '\(path)': \(reason)"
        case .store(let error): error.description
        }
    }

    static func list(_ names: [String]) -> String {
        names.prefix(60).joined(separator: ", ") + (names.count > 60 ? ", … (\(names.count) in all)" : "")
    }
}

/// Why a row, or a field of it, is refused. Stays inside the importer: outside it is a line of the rejects file.
struct RowReject: Error, Hashable, Sendable {
    var field: String
    var value: String
    var reason: String
}
