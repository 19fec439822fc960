// FactoryGroups.swift: several rows that make one factory: units of a power plant, outlets of a works. The first row that is right (or
// the first that the mapping prefers) gives the factory, all of them its attributes, summed or otherwise taken together. Groups need
// not stand together in the file, so all of them are kept until its end: memory grows with the number of factories, not of rows.

final class FactoryGroups {
    static let mostGroups = 5_000_000

    private struct Group {
        var draft: FactoryDraft
        var values: [Gathered]
        var isPreferred: Bool
    }

    /// What has come together of one attribute.
    private enum Gathered {
        case nothing
        case value(AttributeValue)
        case texts([String])
        case count(Int64)
    }

    private let path: String
    private let reader: FactoryRowReader
    private let context: RowContext
    private var groups: [Group] = []
    private var numbers: [String: Int] = [:]
    private var delivered = 0

    init(path: String, reader: FactoryRowReader, context: RowContext) {
        self.path = path
        self.reader = reader
        self.context = context
    }

    var count: Int { groups.count }

    /// Takes the current row. A row that is wrong in any field takes no part at all.
    func add(line: Int) throws(RowReject) -> ImportError? {
        let bytes = context.plan.value(of: context.plan.group)
        if bytes.isEmpty { throw RowReject(field: "group_by", value: "", reason: "the field that rows are grouped by is empty") }
        let key = FieldText.string(bytes)
        let draft = try reader.read(line: line)
        var values: [AttributeValue?] = []
        for planned in context.plan.attributes { values.append(try reader.attribute(planned)) }
        let isPreferred = !context.plan.preferred.isEmpty && context.plan.passes(context.plan.preferred)
        guard let number = numbers[key] else {
            guard groups.count < FactoryGroups.mostGroups else { return .tooManyGroups(path: path, limit: FactoryGroups.mostGroups) }
            numbers[key] = groups.count
            var group = Group(draft: draft, values: Array(repeating: .nothing, count: values.count), isPreferred: isPreferred)
            add(values, to: &group)
            groups.append(group)
            return nil
        }
        let first = groups[number].draft
        if first.sourceX != draft.sourceX || first.sourceY != draft.sourceY {
            let which = context.plan.preferred.isEmpty ? "the first" : "the first preferred one"
            context.warn("group_by", "rows of one group have several positions; \(which) was taken", key)
        }
        if first.nameZH != draft.nameZH || first.nameEN != draft.nameEN {
            context.warn("group_by", "rows of one group have several names; the first was taken", key)
        }
        if isPreferred, !groups[number].isPreferred {
            groups[number].draft = draft
            groups[number].isPreferred = true
        }
        add(values, to: &groups[number])
        return nil
    }

    private func add(_ values: [AttributeValue?], to group: inout Group) {
        for (index, value) in values.enumerated() {
            guard let value else { continue }
            group.values[index] = FactoryGroups.gather(group.values[index], value, context.plan.attributes[index].attribute.aggregate)
        }
    }

    private static func gather(_ before: Gathered, _ value: AttributeValue, _ aggregate: MappedAttribute.Aggregate) -> Gathered {
        switch (aggregate, before) {
        case (.count, .count(let count)): return .count(count + 1)
        case (.count, _): return .count(1)
        case (.join, .texts(let texts)):
            guard case .text(let text) = value, !texts.contains(text), texts.count < 100 else { return before }
            return .texts(texts + [text])
        case (.join, _):
            if case .text(let text) = value { return .texts([text]) }
            return .value(value)
        case (_, .nothing): return .value(value)
        case (.last, _): return .value(value)
        case (.sum, .value(let sum)): return .value(combine(sum, value, whole: { $0.addingReportingOverflow($1) }, { $0 + $1 }))
        case (.max, .value(let most)): return .value(combine(most, value, whole: { (Swift.max($0, $1), false) }, { Swift.max($0, $1) }))
        case (.min, .value(let least)): return .value(combine(least, value, whole: { (Swift.min($0, $1), false) }, { Swift.min($0, $1) }))
        default: return before
        }
    }

    private static func combine(
        _ a: AttributeValue, _ b: AttributeValue, whole: (Int64, Int64) -> (partialValue: Int64, overflow: Bool),
        _ real: (Double, Double) -> Double
    ) -> AttributeValue {
        switch (a, b) {
        case (.integer(let x), .integer(let y)):
            let result = whole(x, y)
            return result.overflow ? .number(real(Double(x), Double(y))) : .integer(result.partialValue)
        case (.number(let x), .number(let y)): return .number(real(x, y))
        case (.number(let x), .integer(let y)): return .number(real(x, Double(y)))
        case (.integer(let x), .number(let y)): return .number(real(Double(x), y))
        default: return a
        }
    }

    /// The next factories, at most `limit`, in the order of their first rows; empty when all have been delivered.
    func take(_ limit: Int) -> [FactoryDraft] {
        let range = delivered..<min(delivered + limit, groups.count)
        delivered = range.upperBound
        return range.map { number in
            var draft = groups[number].draft
            for (index, gathered) in groups[number].values.enumerated() {
                let name = context.plan.attributes[index].attribute.name
                switch gathered {
                case .nothing: break
                case .value(let value): draft.attributes.append((name, FactoryGroups.tidy(value)))
                case .texts(let texts): draft.attributes.append((name, .text(texts.joined(separator: "; "))))
                case .count(let count): draft.attributes.append((name, .integer(count)))
                }
            }
            return draft
        }
    }

    /// Sums of decimals end in noise such as 0.30000000000000004: twelve digits are more than any source has.
    private static func tidy(_ value: AttributeValue) -> AttributeValue {
        if case .number(let number) = value { .number(tidied(number)) } else { value }
    }

    /// A sum without the noise.
    static func tidied(_ number: Double) -> Double {
        guard number != 0, number.isFinite else { return number }
        var scale = 1.0
        var magnitude = abs(number)
        while magnitude < 1e11 {
            magnitude *= 10
            scale *= 10
        }
        let rounded = (number * scale).rounded() / scale
        return rounded.isFinite ? rounded : number
    }
}
