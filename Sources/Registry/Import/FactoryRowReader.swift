// FactoryRowReader.swift: a row as a factory, every field checked.

import Geodesy

/// One thread at a time.
final class FactoryRowReader {
    /// In characters.
    static let longestName = 200
    static let longestAddress = 500
    static let longestAttribute = 2000
    /// What stands in the place of an id in addresses of queries.
    static let reserved: Set = ["near", "nearest"]

    private let context: RowContext
    private let plan: ColumnPlan
    private let positions: PositionReader

    init(context: RowContext, positions: PositionReader) {
        self.context = context
        plan = context.plan
        self.positions = positions
    }

    func read(line: Int) throws(RowReject) -> FactoryDraft {
        context.line = line
        let position = try positions.read(
            PositionReader.Fields(
                lon: plan.value(FactoryField.lon), lat: plan.value(FactoryField.lat), easting: plan.value(FactoryField.easting),
                northing: plan.value(FactoryField.northing), datum: plan.value(FactoryField.datum)))
        var draft = FactoryDraft(
            line: line, longitude: position.longitude, latitude: position.latitude, sourceX: position.sourceX, sourceY: position.sourceY,
            sourceDatum: position.datum)
        draft.accuracyMeters = position.accuracyMeters
        draft.flags = position.flags
        draft.id = try context.identifier(FactoryField.id)
        if let id = draft.id, FactoryRowReader.reserved.contains(id) {
            throw RowReject(
                field: FactoryField.id.name, value: id, reason: "is the address of a query, /v1/factories/\(id); give another id")
        }
        try readNames(&draft)
        draft.formerName = try context.text(FactoryField.formerName, limit: FactoryRowReader.longestName)
        if let (code, isValid) = try context.creditCode(FactoryField.creditCode) {
            draft.creditCode = code
            if !isValid { draft.flags.insert(.creditCodeInvalid) }
        }
        draft.address = try context.text(FactoryField.address, limit: FactoryRowReader.longestAddress)
        if let bytes = context.optional(FactoryField.industry) {
            do throws(FieldProblem) { draft.industry = try FactoryRowReader.industry(bytes) } catch {
                throw context.reject(FactoryField.industry, bytes, error.reason)
            }
        }
        if let bytes = context.optional(FactoryField.countyCode) {
            do throws(FieldProblem) { draft.countyCode = try FactoryRowReader.countyCode(bytes) } catch {
                throw context.reject(FactoryField.countyCode, bytes, error.reason)
            }
        }
        draft.keyMonitored = try context.flag(FactoryField.keyMonitored)
        draft.disclosed = try context.flag(FactoryField.disclosed)
        draft.synthetic = try context.flag(FactoryField.synthetic)
        if try context.flag(FactoryField.approximate) { draft.flags.insert(.approximatePosition) }
        return draft
    }

    private func readNames(_ draft: inout FactoryDraft) throws(RowReject) {
        draft.nameZH = try context.text(FactoryField.nameZH, limit: FactoryRowReader.longestName)
        draft.nameEN = try context.text(FactoryField.nameEN, limit: FactoryRowReader.longestName)
        if plan.has(FactoryField.name), let bytes = context.optional(FactoryField.name) {
            let name = try context.text(bytes, FactoryField.name.name, limit: FactoryRowReader.longestName)
            if FieldText.holdsHan(bytes) { draft.nameZH = draft.nameZH ?? name } else { draft.nameEN = draft.nameEN ?? name }
        }
        if draft.nameZH == nil, draft.nameEN == nil {
            throw RowReject(field: "name_zh", value: "", reason: "the factory has no name; give name_zh or name_en")
        }
    }

    // MARK: Codes

    /// First divisions of the sections of GB/T 4754-2017, A to T.
    private static let firstDivisions = [1, 6, 13, 44, 47, 51, 53, 61, 63, 66, 70, 71, 73, 76, 80, 83, 84, 86, 91, 97]
    private static let letters = Array("ABCDEFGHIJKLMNOPQRST")

    /// A GB/T 4754 code with its section letter; the letter is added where it is missing, for the division determines it.
    static func industry(_ bytes: FieldBytes) throws(FieldProblem) -> String {
        let advice = "a GB/T 4754 code is needed: a section letter A to T and up to four digits, such as C17 or C1711"
        guard let first = bytes.first, bytes.count <= 5 else { throw FieldProblem(advice) }
        let upper = first >= 0x61 && first <= 0x7A ? first - 0x20 : first
        let hasLetter = (0x41...0x54).contains(upper)
        let digits = hasLetter ? bytes[1...] : bytes[0...]
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.count != 1, digits.count <= 4, hasLetter || digits.count >= 2 else {
            throw FieldProblem(advice)
        }
        guard digits.count >= 2 else { return String(Character(Unicode.Scalar(upper))) }
        let division = digits.prefix(2).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard (1...97).contains(division), let section = firstDivisions.lastIndex(where: { $0 <= division }) else {
            throw FieldProblem("GB/T 4754 has no division \(division); \(advice)")
        }
        if !hasLetter { return String(letters[section]) + String(decoding: digits, as: UTF8.self) }
        guard letters[section] == Character(Unicode.Scalar(upper)) else {
            throw FieldProblem("division \(division) belongs to section \(letters[section]) of GB/T 4754")
        }
        return upper == first ? String(decoding: bytes, as: UTF8.self) : String(letters[section]) + String(decoding: digits, as: UTF8.self)
    }

    private static let provinces: Set<Int> = [
        11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81,
        82,
    ]

    /// Six digits of GB/T 2260; the statistics bureau's longer codes (9 or 12 digits) begin with them.
    static func countyCode(_ bytes: FieldBytes) throws(FieldProblem) -> Int32 {
        let whole = bytes.count > 2 && bytes.suffix(2).elementsEqual(".0".utf8) ? FieldBytes(rebasing: bytes.dropLast(2)) : bytes
        guard [6, 9, 12].contains(whole.count), whole.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw FieldProblem("a county code has six digits (GB/T 2260)")
        }
        let code = whole.prefix(6).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard provinces.contains(code / 10_000) else { throw FieldProblem("no province has the code \(code / 10_000) (GB/T 2260)") }
        return Int32(code)
    }

    // MARK: Attributes

    /// The value of an attribute in the current row; nil where there is none.
    func attribute(_ planned: PlannedAttribute) throws(RowReject) -> AttributeValue? {
        guard plan.passes(planned.filter) else { return nil }
        let bytes = plan.value(of: planned.source)
        if bytes.isEmpty { return nil }
        let name = planned.attribute.name
        do throws(FieldProblem) {
            switch planned.attribute.kind {
            case .number: return .number(try FieldText.number(bytes))
            case .integer: return .integer(try FieldText.integer(bytes))
            case .boolean: return .boolean(try FieldText.flag(bytes))
            case .auto where bytes[0] != UInt8(ascii: "0") || bytes.count == 1 || bytes[1] == UInt8(ascii: "."):
                if let number = try? FieldText.number(bytes) {
                    return number == number.rounded() && abs(number) < 1e15 ? .integer(Int64(number)) : .number(number)
                }
            case .text, .auto: break
            }
        } catch {
            throw RowReject(field: name, value: FieldText.excerpt(bytes), reason: error.reason)
        }
        return .text(try context.text(bytes, name, limit: FactoryRowReader.longestAttribute, isLong: true))
    }

    /// All attributes of a row that is a factory by itself.
    func readAttributes(into draft: inout FactoryDraft) throws(RowReject) {
        for planned in plan.attributes {
            if let value = try attribute(planned) { draft.attributes.append((planned.attribute.name, value)) }
        }
    }
}
