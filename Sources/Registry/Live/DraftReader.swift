// DraftReader.swift: a JSON object as a factory, a record, a brand or a supplier link, through the very row readers of the importers: what an
// import refuses is refused here with the same words. Unlike a file, an object has no foreign column names: a member that is none of the
// fields is an error, so that a misspelt one is not lost in silence.

import Synchronization

/// A draft, and what should be looked at in it.
public struct ReadDraft<Draft: Sendable>: Sendable {
    public var draft: Draft
    /// Such as `published: lies in the future`.
    public var warnings: [String]
}

/// Reads objects. One thread at a time; `DraftReaders` hands it out.
package final class DraftReader {
    /// Transformations between datums take milliseconds to set up, so they are kept.
    private let positions: PositionReader

    package init() throws(WriteRefusal) {
        do throws(ImportError) { positions = try PositionReader(datum: nil, fixesSwapped: false) } catch {
            throw WriteRefusal(.invalid, field: "datum", reason: "\(error)")
        }
    }

    package func record(_ body: JSONBody) throws(WriteRefusal) -> ReadDraft<RecordDraft> {
        try read(body, .records) { (context) throws(RowReject) in try RecordRowReader(context: context).read(line: 1) }
    }

    package func factory(_ body: JSONBody) throws(WriteRefusal) -> ReadDraft<FactoryDraft> {
        let positions = positions
        var body = body
        let attributes = try DraftReader.attributes(&body)
        var read = try read(body, .factories) { (context) throws(RowReject) in
            try FactoryRowReader(context: context, positions: positions).read(line: 1)
        }
        read.draft.attributes = attributes
        return read
    }

    package func brand(_ body: JSONBody) throws(WriteRefusal) -> ReadDraft<BrandDraft> {
        try read(body, .brands) { (context) throws(RowReject) in try BrandRowReader(context: context).read(line: 1) }
    }

    package func link(_ body: JSONBody) throws(WriteRefusal) -> ReadDraft<LinkDraft> {
        try read(body, .links) { (context) throws(RowReject) in try LinkRowReader(context: context).read(line: 1) }
    }

    private func read<Draft: Sendable>(
        _ body: JSONBody, _ entity: ImportEntity, _ read: (RowContext) throws(RowReject) -> Draft
    ) throws(WriteRefusal) -> ReadDraft<Draft> {
        let names = entity.fields.map(\.name)
        var texts: [UInt8] = []
        var spans: [(column: Int, offset: Int, count: Int)] = []
        for (key, value) in body.members {
            guard let column = names.firstIndex(of: key) else {
                let known = entity == .factories ? names + ["attributes"] : names
                throw WriteRefusal(
                    .malformed, field: String(key.prefix(64)),
                    reason: "is no field of \(entity.rawValue); they have \(known.joined(separator: ", "))")
            }
            let offset = texts.count
            switch value {
            case .null: continue
            case .boolean(let flag): texts.append(contentsOf: (flag ? "true" : "false").utf8)
            case .number(_, let text), .string(let text): texts.append(contentsOf: text.utf8)
            case .array, .object: throw WriteRefusal(.invalid, field: key, reason: "must be one value, not a list or an object")
            }
            spans.append((column, offset, texts.count - offset))
        }
        let row = RowBuffer(capacity: names.count)
        row.reset(columns: names.count)
        for span in spans { row.set(span.column, offset: span.offset, count: span.count) }
        let plan = ColumnPlan(
            row: row, sources: names.indices.map { .column($0) }, attributes: [], filters: [], group: .none, preferred: [],
            dateOrder: .yearMonthDay, missing: [])
        let context = RowContext(plan: plan, strictCodes: false)
        let result: Result<Draft, RowReject> = texts.withUnsafeBufferPointer { bytes in
            row.base = bytes.baseAddress
            defer { row.base = nil }
            do throws(RowReject) { return .success(try read(context)) } catch { return .failure(error) }
        }
        do throws(RowReject) {
            return ReadDraft(draft: try result.get(), warnings: context.warnings.map { "\($0.field): \($0.message)" })
        } catch {
            throw WriteRefusal(error)
        }
    }

    /// Takes the member `attributes` of a factory out of its object: further facts, each a text, a number or a flag.
    private static func attributes(_ body: inout JSONBody) throws(WriteRefusal) -> [(name: String, value: AttributeValue)] {
        guard let place = body.members.firstIndex(where: { $0.key == "attributes" }) else { return [] }
        let value = body.members.remove(at: place).value
        if case .null = value { return [] }
        guard case .object(let members) = value else {
            throw WriteRefusal(.invalid, field: "attributes", reason: "must be an object of texts, numbers and flags")
        }
        guard members.count <= 200 else { throw WriteRefusal(.invalid, field: "attributes", reason: "more than 200 are too many") }
        var attributes: [(name: String, value: AttributeValue)] = []
        for (name, value) in members {
            let field = "attributes.\(name.prefix(64))"
            guard (1...100).contains(name.unicodeScalars.count) else {
                throw WriteRefusal(.invalid, field: field, reason: "a name has 1 to 100 characters")
            }
            switch value {
            case .null: continue
            case .boolean(let flag): attributes.append((name, .boolean(flag)))
            case .number(let number, _):
                attributes.append((name, number == number.rounded() && abs(number) < 1e15 ? .integer(Int64(number)) : .number(number)))
            case .string(let text):
                guard text.unicodeScalars.count <= FactoryRowReader.longestAttribute else {
                    throw WriteRefusal(
                        .invalid, field: field, reason: "is longer than \(FactoryRowReader.longestAttribute) characters")
                }
                attributes.append((name, .text(text)))
            case .array, .object: throw WriteRefusal(.invalid, field: field, reason: "must be one value, not a list or an object")
            }
        }
        return attributes
    }
}

/// Readers that are free; each is lent to one caller at a time.
package final class DraftReaders: Sendable {
    /// Unchecked: a reader is in the list, or with the one caller that has taken it out.
    private struct Lent: @unchecked Sendable { let reader: DraftReader }
    private let free = Mutex<[Lent]>([])

    package init() {}

    package func use<Result>(_ body: (DraftReader) throws(WriteRefusal) -> Result) throws(WriteRefusal) -> Result {
        let kept = free.withLock { $0.popLast() }
        let lent: Lent
        if let kept { lent = kept } else { lent = Lent(reader: try DraftReader()) }
        defer { free.withLock { $0.append(lent) } }
        return try body(lent.reader)
    }
}
