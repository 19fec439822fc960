// ImportMapping.swift: what the columns of a foreign file mean, as a small JSON file (docs/importing.md has every member with an
// example), or as --map and --set on the command line. Anything that a mapping says and this reader does not know is an error: a
// misspelt word must not be lost silently.

import Foundation

/// How a value is made from a row.
public struct MappedValue: Hashable, Sendable {
    public enum Take: String, CaseIterable, Sendable {
        case first, last, rest
    }

    /// The first of these that is not empty.
    public var columns: [String] = []
    /// Text with columns in braces: `gem-{location_id}`. Empty as long as a column in it is empty.
    public var template: String?
    public var constant: String?
    /// Where the value is a list, what stands between its items.
    public var split: String?
    public var take = Take.first
    /// Other spellings of values. A value that is not there stays as it is.
    public var values: [String: String] = [:]
    /// For values that are missing.
    public var otherwise: String?
    /// Numbers are multiplied by this.
    public var factor: Double?

    public init(columns: [String] = [], template: String? = nil, constant: String? = nil) {
        self.columns = columns
        self.template = template
        self.constant = constant
    }
}

/// A further property that a factory keeps.
public struct MappedAttribute: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// `auto`: a number if it reads as one, else text.
        case text, number, integer, boolean, auto
    }

    /// What becomes of the values of several rows of one group.
    public enum Aggregate: String, CaseIterable, Sendable {
        case first, last, sum, max, min, count, join
    }

    public var name: String
    public var value: MappedValue
    public var kind = Kind.text
    /// Stated in the report; the name should tell it as well.
    public var unit: String?
    public var aggregate = Aggregate.first
    /// Only these rows count.
    public var filter: [RowFilter] = []
}

/// Rows whose column holds one of some values, compared without case.
public struct RowFilter: Hashable, Sendable {
    public var column: String
    public var values: [String]
}

/// A whole mapping.
public struct ImportMapping: Sendable {
    /// Where it comes from, for messages.
    public var source = "options"
    public var entity: ImportEntity?
    public var encoding: SourceEncoding?
    public var delimiter: UInt8?
    /// By canonical name.
    public var values: [String: MappedValue] = [:]
    public var attributes: [MappedAttribute] = []
    public var filters: [RowFilter] = []
    /// Rows with the same value make one factory.
    public var groupBy: MappedValue?
    /// Of the rows of a group, the first of these gives the factory; the first of all if there is none.
    public var prefer: [RowFilter] = []
    /// Texts that stand for nothing, compared without case.
    public var missing: [String] = []
    var dateOrder = FieldText.DateOrder.yearMonthDay
    /// Whether columns that the mapping does not name are recognised by their names.
    public var recognizesColumns = false

    public init() {}

    /// Reads a mapping file.
    public init(path: String) throws(ImportError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .badMapping(source: path, detail: "there is no such file, or it may not be read")
        }
        try self.init(json: Array(data), source: path)
    }

    public init(json: [UInt8], source: String) throws(ImportError) {
        self.source = source
        do throws(FieldProblem) {
            try read(try JSONValue.parse(json))
        } catch {
            throw .badMapping(source: source, detail: error.reason)
        }
    }

    // MARK: Reading

    private static let members = [
        "description", "entity", "encoding", "delimiter", "columns", "set", "attributes", "where", "group_by", "prefer", "missing",
        "date_order",
        "recognize_columns",
    ]

    private mutating func read(_ json: JSONValue) throws(FieldProblem) {
        guard case .object(let top) = json else { throw FieldProblem("a JSON object is needed") }
        for (key, value) in top {
            switch key {
            case "description": _ = try Self.text(value, key)
            case "entity": entity = try Self.choice(value, key)
            case "encoding":
                let text = try Self.text(value, key)
                guard let known = try? SourceEncoding(parsing: text) else {
                    throw FieldProblem("encoding: '\(text)' is not one of \(SourceEncoding.names)")
                }
                encoding = known
            case "delimiter":
                let text = try Self.text(value, key)
                guard text.utf8.count == 1, let byte = text.utf8.first else { throw FieldProblem("\"delimiter\" is one ASCII character") }
                delimiter = byte
            case "columns":
                for (name, value) in try Self.object(value, key) { values[name] = try Self.mapped(value, "columns.\(name)") }
            case "set":
                for (name, value) in try Self.object(value, key) {
                    values[name] = MappedValue(constant: try Self.scalar(value, "set.\(name)"))
                }
            case "attributes":
                for (name, value) in try Self.object(value, key) { attributes.append(try Self.attribute(name, value)) }
            case "where": filters = try Self.filters(value, key)
            case "group_by": groupBy = try Self.mapped(value, key)
            case "prefer": prefer = try Self.filters(value, key)
            case "missing": missing = try Self.texts(value, key)
            case "date_order": dateOrder = try Self.choice(value, key)
            case "recognize_columns":
                guard case .boolean(let flag) = value else { throw FieldProblem("\"recognize_columns\" is true or false") }
                recognizesColumns = flag
            default: throw FieldProblem("\"\(key)\" is unknown; a mapping has \(Self.members.joined(separator: ", "))")
            }
        }
        if groupBy == nil, let attribute = attributes.first(where: { $0.aggregate != .first }) {
            throw FieldProblem("attributes.\(attribute.name): \"aggregate\" needs \"group_by\"")
        }
        if groupBy == nil, !prefer.isEmpty { throw FieldProblem("\"prefer\" needs \"group_by\"") }
        if groupBy != nil, !(entity ?? .factories).canBeGrouped {
            throw FieldProblem("\"group_by\" is for factories, figures and emissions")
        }
    }

    private static let valueMembers = ["column", "template", "constant", "split", "take", "values", "otherwise", "factor"]

    /// A column's name, a list of them, or an object.
    private static func mapped(_ json: JSONValue, _ path: String, ignoring others: Set<String> = []) throws(FieldProblem) -> MappedValue {
        switch json {
        case .string(let column): return MappedValue(columns: [column])
        case .array: return MappedValue(columns: try texts(json, path))
        case .object(let members):
            var value = MappedValue()
            for (key, member) in members {
                let place = "\(path).\(key)"
                switch key {
                case "column": value.columns = try texts(member, place)
                case "template": value.template = try text(member, place)
                case "constant": value.constant = try scalar(member, place)
                case "split":
                    value.split = try text(member, place)
                    if value.split?.isEmpty ?? true { throw FieldProblem("\(place): the separator is empty") }
                case "take": value.take = try choice(member, place)
                case "values":
                    for (from, to) in try object(member, place) { value.values[from.lowercased()] = try scalar(to, "\(place).\(from)") }
                case "otherwise": value.otherwise = try scalar(member, place)
                case "factor":
                    guard case .number(let factor, _) = member, factor.isFinite, factor != 0 else {
                        throw FieldProblem("\(place): a number other than 0")
                    }
                    value.factor = factor
                default:
                    if !others.contains(key) {
                        throw FieldProblem("\(place) is unknown; a value has \(valueMembers.joined(separator: ", "))")
                    }
                }
            }
            let ways = [!value.columns.isEmpty, value.template != nil, value.constant != nil].count { $0 }
            guard ways == 1 else { throw FieldProblem("\(path): give one of \"column\", \"template\" and \"constant\"") }
            return value
        default: throw FieldProblem("\(path): a column's name, a list of names, or an object")
        }
    }

    private static let attributeMembers: Set<String> = ["type", "unit", "aggregate", "where"]

    private static func attribute(_ name: String, _ json: JSONValue) throws(FieldProblem) -> MappedAttribute {
        let path = "attributes.\(name)"
        guard !name.isEmpty, name.utf8.count <= 64 else { throw FieldProblem("\(path): a name has 1 to 64 bytes") }
        guard case .object(let members) = json else { return MappedAttribute(name: name, value: try mapped(json, path)) }
        // Counting rows needs no column.
        let counts = members.contains { $0.key == "aggregate" && $0.value == .string("count") }
        let hasValue = members.contains { valueMembers.contains($0.key) }
        let value = counts && !hasValue ? MappedValue(constant: "1") : try mapped(json, path, ignoring: attributeMembers)
        var attribute = MappedAttribute(name: name, value: value)
        for (key, member) in members {
            switch key {
            case "type": attribute.kind = try choice(member, "\(path).type")
            case "unit": attribute.unit = try text(member, "\(path).unit")
            case "aggregate": attribute.aggregate = try choice(member, "\(path).aggregate")
            case "where": attribute.filter = try filters(member, "\(path).where")
            default: break
            }
        }
        if attribute.aggregate == .count { attribute.kind = .integer }
        if [.sum, .max, .min].contains(attribute.aggregate), attribute.kind != .number, attribute.kind != .integer {
            throw FieldProblem("\(path): \"\(attribute.aggregate.rawValue)\" needs \"type\": \"number\" or \"integer\"")
        }
        if attribute.aggregate == .join, attribute.kind != .text { throw FieldProblem("\(path): \"join\" is for texts") }
        return attribute
    }

    private static func filters(_ json: JSONValue, _ path: String) throws(FieldProblem) -> [RowFilter] {
        var filters: [RowFilter] = []
        for (column, values) in try object(json, path) {
            filters.append(RowFilter(column: column, values: try texts(values, "\(path).\(column)")))
        }
        return filters
    }

    private static func text(_ json: JSONValue, _ path: String) throws(FieldProblem) -> String {
        guard case .string(let text) = json else { throw FieldProblem("\(path): a text is needed") }
        return text
    }

    private static func scalar(_ json: JSONValue, _ path: String) throws(FieldProblem) -> String {
        switch json {
        case .string(let text): return text
        case .number(_, let text): return text
        case .boolean(let flag): return flag ? "true" : "false"
        default: throw FieldProblem("\(path): a text, a number, true or false")
        }
    }

    private static func texts(_ json: JSONValue, _ path: String) throws(FieldProblem) -> [String] {
        if case .string(let text) = json { return [text] }
        guard case .array(let elements) = json, !elements.isEmpty else { throw FieldProblem("\(path): a text or a list of texts") }
        var result: [String] = []
        for element in elements { result.append(try scalar(element, path)) }
        return result
    }

    private static func object(_ json: JSONValue, _ path: String) throws(FieldProblem) -> [(key: String, value: JSONValue)] {
        guard case .object(let members) = json else { throw FieldProblem("\(path): an object is needed") }
        return members
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ json: JSONValue, _ path: String
    ) throws(FieldProblem) -> Choice where Choice.RawValue == String {
        let text = try text(json, path)
        guard let choice = Choice(rawValue: text) else {
            throw FieldProblem("\(path): '\(text)' is not one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }
}
