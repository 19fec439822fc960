// ColumnPlan.swift: for each field of a row kind, where its value comes from in this file. Made once a file by `ColumnPlanner`, used for
// every row.

/// An attribute with its source.
struct PlannedAttribute {
    var attribute: MappedAttribute
    var source: ValueSource
    var filter: [PlannedFilter]
}

struct PlannedFilter {
    var column: Int
    var values: Set<String>
}

/// One thread at a time.
final class ColumnPlan {
    let row: RowBuffer
    let sources: [ValueSource]
    let attributes: [PlannedAttribute]
    let filters: [PlannedFilter]
    let group: ValueSource
    let preferred: [PlannedFilter]
    let dateOrder: FieldText.DateOrder
    /// In lower case.
    private let missing: Set<[UInt8]>
    private let longestMissing: Int

    init(
        row: RowBuffer, sources: [ValueSource], attributes: [PlannedAttribute], filters: [PlannedFilter], group: ValueSource,
        preferred: [PlannedFilter], dateOrder: FieldText.DateOrder, missing: [String]
    ) {
        self.row = row
        self.sources = sources
        self.attributes = attributes
        self.filters = filters
        self.group = group
        self.preferred = preferred
        self.dateOrder = dateOrder
        self.missing = Set(missing.map { Array($0.lowercased().utf8) })
        longestMissing = self.missing.map(\.count).max() ?? 0
    }

    /// The value of a field, without white space around it; empty if there is none. Valid until the next row.
    @inline(__always)
    func value(_ field: some ImportField) -> FieldBytes { value(of: sources[field.rawValue]) }

    func has(_ field: some ImportField) -> Bool { !sources[field.rawValue].isNone }

    @inline(__always)
    func value(of source: ValueSource) -> FieldBytes {
        switch source {
        case .none: FieldBytes(start: nil, count: 0)
        case .column(let number): column(number)
        case .constant(let text): text.bytes
        case .expression(let expression): expression.evaluate { self.column($0) }
        }
    }

    @inline(__always)
    private func column(_ number: Int) -> FieldBytes {
        let bytes = FieldText.trimmed(row.field(number))
        if longestMissing > 0, bytes.count <= longestMissing, !bytes.isEmpty, isMissing(bytes) { return FieldBytes(start: nil, count: 0) }
        return bytes
    }

    private func isMissing(_ bytes: FieldBytes) -> Bool { missing.contains(Array(FieldText.string(bytes).lowercased().utf8)) }

    /// Whether the row passes filters.
    func passes(_ filters: [PlannedFilter]) -> Bool {
        for filter in filters where !filter.values.contains(FieldText.string(FieldText.trimmed(row.field(filter.column))).lowercased()) {
            return false
        }
        return true
    }
}
