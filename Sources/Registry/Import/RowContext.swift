// RowContext.swift: what the readers of all row kinds share: checked texts, numbers, days and names of closed lists, and the tally of what
// is worth a warning.

/// Something that was kept and should be looked at, counted.
public struct ImportWarning: Hashable, Sendable, Encodable {
    public var field: String
    public var message: String
    public var count: Int
    /// Where it was met first, and the value there.
    public var firstLine: Int
    public var example: String

    private enum CodingKeys: String, CodingKey {
        case field, message, count, example
        case firstLine = "first_line"
    }
}

/// One thread at a time.
final class RowContext {
    let plan: ColumnPlan
    let strictCodes: Bool
    private(set) var warnings: [ImportWarning] = []
    private var warningNumbers: [String: Int] = [:]
    /// Of the current row.
    var line = 0

    init(plan: ColumnPlan, strictCodes: Bool) {
        self.plan = plan
        self.strictCodes = strictCodes
    }

    func warn(_ field: String, _ message: String, _ value: @autoclosure () -> String) {
        let key = field + "\u{0}" + message
        if let number = warningNumbers[key] {
            warnings[number].count += 1
        } else if warnings.count < 200 {
            warningNumbers[key] = warnings.count
            warnings.append(ImportWarning(field: field, message: message, count: 1, firstLine: line, example: value()))
        }
    }

    /// Some sources write a word for nothing.
    private static let wordsForNothing: Set<String> = [
        "null", "none", "nil", "n/a", "na", "#n/a", "-", "--", "—", "——", "/", "\\n", "无", "不详", "未知",
    ]

    /// The value of a field that may be missing.
    @inline(__always)
    func optional(_ field: some ImportField) -> FieldBytes? {
        let bytes = plan.value(field)
        if bytes.isEmpty { return nil }
        return bytes.count <= 6 ? orNothing(bytes, field.name) : bytes
    }

    private func orNothing(_ bytes: FieldBytes, _ field: String) -> FieldBytes? {
        guard let first = bytes.first, "nN#-\\/".utf8.contains(first) || first >= 0xE2 else { return bytes }
        guard RowContext.wordsForNothing.contains(FieldText.string(bytes).lowercased()) else { return bytes }
        warn(field, "read as missing", FieldText.string(bytes))
        return nil
    }

    func reject(_ field: some ImportField, _ bytes: FieldBytes, _ reason: String) -> RowReject {
        RowReject(field: field.name, value: FieldText.excerpt(bytes), reason: reason)
    }

    // MARK: Texts

    /// A text that may be missing.
    ///
    /// - Parameters:
    ///   - limit: in characters (Unicode scalars).
    ///   - isLong: line breaks may stay.
    @inline(__always)
    func text(_ field: some ImportField, limit: Int, isLong: Bool = false) throws(RowReject) -> String? {
        guard let bytes = optional(field) else { return nil }
        return try text(bytes, field.name, limit: limit, isLong: isLong)
    }

    @inline(__always)
    func text(_ bytes: FieldBytes, _ field: String, limit: Int, isLong: Bool = false) throws(RowReject) -> String {
        if bytes.count > limit { try checkLength(bytes, field, limit) }
        switch FieldText.unfit(bytes) {
        case .nothing: return FieldText.string(bytes)
        case .control(let byte):
            throw RowReject(
                field: field, value: FieldText.excerpt(bytes),
                reason: "holds the control character 0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))")
        case .breaks:
            if isLong { return FieldText.string(bytes) }
            warn(field, "line breaks and tabs read as spaces", FieldText.excerpt(bytes))
            return FieldText.string(bytes).split(whereSeparator: { $0.isNewline || $0 == "\t" }).joined(separator: " ")
        }
    }

    private func checkLength(_ bytes: FieldBytes, _ field: String, _ limit: Int) throws(RowReject) {
        var characters = 0
        for byte in bytes where byte & 0xC0 != 0x80 { characters += 1 }
        guard characters > limit else { return }
        throw RowReject(field: field, value: FieldText.excerpt(bytes), reason: "has \(characters) characters; at most \(limit) are allowed")
    }

    /// An id: it can stand in an address.
    @inline(__always)
    func identifier(_ field: some ImportField) throws(RowReject) -> String? {
        let bytes = plan.value(field)
        if bytes.isEmpty { return nil }
        let id = try text(bytes, field.name, limit: 200)
        if FieldText.matches(bytes, "nan") || FieldText.matches(bytes, "null") || FieldText.matches(bytes, "none") {
            throw reject(field, bytes, "stands for no id; leave the field empty")
        }
        if id == "." || id == ".." { throw reject(field, bytes, "cannot stand in an address: clients take it for a folder") }
        return id
    }

    // MARK: Numbers, flags, days

    func day(_ field: some ImportField) throws(RowReject) -> Day? {
        guard let bytes = optional(field) else { return nil }
        do throws(FieldProblem) { return try FieldText.day(bytes, order: plan.dateOrder) } catch {
            throw reject(field, bytes, error.reason)
        }
    }

    func flag(_ field: some ImportField) throws(RowReject) -> Bool {
        guard let bytes = optional(field) else { return false }
        do throws(FieldProblem) { return try FieldText.flag(bytes) } catch { throw reject(field, bytes, error.reason) }
    }

    // MARK: Closed lists

    /// A member of a closed list by its name; other spellings by `others`.
    func member<Member: Named>(_ field: some ImportField, _: Member.Type, others: [String: Member]) throws(RowReject) -> Member? {
        guard let bytes = optional(field) else { return nil }
        for member in Member.allCases where bytes.elementsEqual(member.name.utf8) { return member }
        let key = String(FieldText.string(bytes).lowercased().map { $0 == " " || $0 == "-" ? "_" : $0 })
        if let member = Member(name: key) ?? others[key] { return member }
        throw reject(field, bytes, "is not one of \(Member.names)")
    }

    // MARK: Credit codes

    /// A credit code in half-width capitals. A wrong one is kept, for real sources have some, unless codes are strict.
    func creditCode(_ field: some ImportField) throws(RowReject) -> (code: String, isValid: Bool)? {
        guard let bytes = optional(field) else { return nil }
        if CreditCode.isValid(utf8: bytes) { return (FieldText.string(bytes), true) }
        let code = RowContext.halfWidthCapitals(try text(bytes, field.name, limit: 40))
        do throws(CreditCodeError) {
            try CreditCode.validate(code)
            return (code, true)
        } catch {
            if strictCodes { throw reject(field, bytes, "\(error)") }
            let what = if case .wrongCheckCharacter = error { "wrong check character" } else { "no credit code of 18 characters" }
            warn(field.name, "\(what); kept and flagged", code)
            return (code, false)
        }
    }

    private static func halfWidthCapitals(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x20, 0x3000, 0xA0: break
            case 0xFF01...0xFF5E: result.append(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
            default: result.append(scalar)
            }
        }
        return String(result).uppercased()
    }
}
