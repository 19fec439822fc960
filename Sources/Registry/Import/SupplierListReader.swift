// SupplierListReader.swift: a brand's list of suppliers out of a file, by the same readers as imports: any encoding, delimiter and column
// names that they know, the same words for what is wrong. Nothing is stored here.

import Foundation

/// A supplier as the brand's list names it.
public struct SupplierDraft: Hashable, Sendable {
    /// Where it stands in the file, from 1.
    public var line: Int
    /// The brand's own number of it.
    public var reference: String?
    /// Our id of the factory, where the brand knows it.
    public var factoryID: String?
    /// In half-width capitals, valid or not.
    public var creditCode: String?
    public var name: String?
    /// A place's name or code; the match asks for the prefecture.
    public var place: String?
    /// 1 to 9.
    public var tier: Int?
    public var tags: [String] = []

    public init(line: Int) { self.line = line }
}

/// A list that was read.
public struct SupplierList: Sendable {
    public struct Reject: Hashable, Sendable {
        public var line: Int
        public var field: String
        public var value: String
        public var reason: String
    }

    public var suppliers: [SupplierDraft] = []
    public var rejects: [Reject] = []
    public var warnings: [ImportWarning] = []
    /// What was taken for granted: the encoding, columns by their names.
    public var assumptions: [String] = []
    public var ignoredColumns: [String] = []
}

public enum SupplierListReader {
    /// Suppliers in one list, at most.
    public static let mostSuppliers = 20_000
    static let mostTags = 20

    /// Reads a file, or a pipe.
    ///
    /// - Throws: `ImportError` for a file that cannot be read as a list at all.
    public static func read(path: String, options: ImportOptions = ImportOptions()) throws(ImportError) -> SupplierList {
        let source = try SourceReader(path: path, options: options)
        let planned = try ColumnPlanner(
            path: path, entity: .suppliers, reader: source.rows, mapping: options.mapping ?? ImportMapping(), options: options,
            sample: source.sample, hasFeatures: false, crsName: nil
        ).plan()
        let context = RowContext(plan: planned.plan, strictCodes: false)
        var list = SupplierList()
        list.assumptions = ["\(source.formatName), \(source.text.encoding.displayName) (\(source.text.encodingReason))"] + planned.notes
        list.ignoredColumns = planned.ignoredColumns
        reading: while true {
            switch try source.rows.next() {
            case .end: break reading
            case .malformed(let line, let reject): list.reject(line, reject)
            case .row(let line):
                guard planned.plan.passes(planned.plan.filters) else { continue }
                do throws(RowReject) {
                    guard let supplier = try supplier(context, line: line) else { continue }
                    list.suppliers.append(supplier)
                } catch {
                    list.reject(line, error)
                }
            }
            guard list.suppliers.count + list.rejects.count <= mostSuppliers else {
                throw .badOption(
                    option: "the list", value: path, reason: "has more than \(mostSuppliers) suppliers; make several lists of it")
            }
        }
        list.warnings = context.warnings
        return list
    }

    /// Nil for a row that says nothing.
    private static func supplier(_ context: RowContext, line: Int) throws(RowReject) -> SupplierDraft? {
        context.line = line
        var draft = SupplierDraft(line: line)
        draft.reference = try context.text(SupplierField.reference, limit: 100)
        draft.factoryID = try context.identifier(SupplierField.factoryID)
        draft.creditCode = try context.creditCode(SupplierField.creditCode)?.code
        draft.name = try context.text(SupplierField.name, limit: FactoryRowReader.longestName)
        draft.place = try context.text(SupplierField.place, limit: 100)
        if let bytes = context.optional(SupplierField.tier) {
            do throws(FieldProblem) {
                let tier = try FieldText.integer(bytes)
                guard (1...9).contains(tier) else { throw FieldProblem("a tier lies between 1 and 9") }
                draft.tier = Int(tier)
            } catch {
                throw context.reject(SupplierField.tier, bytes, error.reason)
            }
        }
        if let tags = try context.text(SupplierField.tags, limit: 1000) { draft.tags = try split(tags) }
        if draft.factoryID == nil, draft.creditCode == nil, NameKey.normalized(draft.name ?? "").isEmpty {
            if draft.reference == nil, draft.place == nil { return nil }
            throw RowReject(field: "name", value: "", reason: "the row names no supplier; it needs credit_code, name or factory_id")
        }
        return draft
    }

    /// Between semicolons, bars or Chinese commas; each once.
    private static func split(_ text: String) throws(RowReject) -> [String] {
        var tags: [String] = []
        for part in text.split(whereSeparator: { ";；|、".contains($0) }) {
            var tag = String(part)
            let name = tag.withUTF8 { FieldText.string(FieldText.trimmed($0)) }
            if !name.isEmpty, !tags.contains(name) { tags.append(name) }
        }
        guard tags.count <= mostTags, tags.allSatisfy({ $0.unicodeScalars.count <= 100 }) else {
            throw RowReject(field: "tags", value: "", reason: "has more than \(mostTags) tags, or one of more than 100 characters")
        }
        return tags
    }
}

extension SupplierList {
    fileprivate mutating func reject(_ line: Int, _ reject: RowReject) {
        rejects.append(Reject(line: line, field: reject.field, value: reject.value, reason: reject.reason))
    }
}

// MARK: Uploads

extension SupplierListReader {
    /// Reads a list that came over the network. The readers want a file that can be read twice: it is one without a name, gone with the call,
    /// since who supplies whom is nobody else's business.
    ///
    /// - Throws: `UnreadableList`, in words.
    public static func read(upload bytes: [UInt8]) throws -> SupplierList {
        var name = Array((NSTemporaryDirectory() + "blueatlas-upload-XXXXXX").utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw UnreadableList(description: "there is no room for the upload now") }
        defer { close(descriptor) }
        unlink(name)
        var offset = 0
        while offset < bytes.count {
            let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: offset), bytes.count - offset) }
            guard written > 0 else { throw UnreadableList(description: "there is no room for the upload now") }
            offset += written
        }
        let path = "/proc/self/fd/\(descriptor)"
        do throws(ImportError) { return try read(path: path) } catch {
            let words = inRequest(error) ?? error.description
            throw UnreadableList(description: words.replacing("'\(path)'", with: "the list").replacing(path, with: "the list"))
        }
    }

    /// An error whose advice would be an option of the command line, with what a client of HTTP can do instead: change the list.
    private static func inRequest(_ error: ImportError) -> String? {
        switch error {
        case .notText(let path, let found) where found.contains("--encoding"):
            "'\(path)' is UTF-16 without a byte order mark, or binary data, not a text file; save it as CSV in UTF-8"
        case .wrongEncoding(let path, let encoding, let line, let byte, let found, let advice) where advice.contains("--encoding"):
            "'\(path)' is not \(encoding): line \(line), byte \(byte) holds \(found); save it in UTF-8"
        case .missingColumns(let path, let entity, let missing, let available):
            "'\(path)' gives no \(missing), which \(entity) need; its columns are \(ImportError.list(available)). Rename the one that is meant"
        case .badOption(_, let path, let reason): "'\(path)' \(reason)"
        default: nil
        }
    }

    /// Why an upload is no list.
    public struct UnreadableList: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }
}
