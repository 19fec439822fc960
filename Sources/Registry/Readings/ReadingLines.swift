// ReadingLines.swift: readings as feeds deliver them, a line each: newline-delimited JSON or CSV, told apart by the first line that is an object or a
// header. Bytes come in pieces of any size, from a file or a request's body; a line that is no reading is refused with its number, field and
// reason, and the lines around it are not touched.
//
//     {"outlet":"BO0000001W","pollutant":"w01018","hour":"2026-11-23T05:00+08:00","value":42.5,"unit":"mg/L"}
//
//     outlet,pollutant,hour,value,unit,flag
//     BO0000001W,COD,2026-11-23T05:00+08:00,42.5,mg/L,

import Monitoring

/// A line that was refused.
public struct ReadingReject: Hashable, Sendable {
    /// From 1; the header of a CSV file is line 1.
    public var line: Int
    public var field: String
    /// As given, shortened.
    public var value: String
    public var reason: String

    public init(line: Int, field: String, value: String, reason: String) {
        self.line = line
        self.field = field
        self.value = value
        self.reason = reason
    }
}

/// Reads lines into drafts. Feed it all bytes in order, then call `finish`.
public struct ReadingLines: Sendable {
    /// What a line became.
    public enum Row: Sendable {
        case reading(ReadingDraft)
        case reject(ReadingReject)
    }

    /// Why nothing of it can be read.
    public struct NoReadings: Error, Sendable, CustomStringConvertible {
        public var description: String
    }

    private enum Format {
        case unknown, json
        case csv(columns: [Field?])
    }

    enum Field: String, CaseIterable {
        case outlet, pollutant, hour, value, unit, flag
    }

    /// A longer line is no reading.
    static let longestLine = 4096

    private var format = Format.unknown
    private var line = 0
    /// The beginning of a line that the last piece cut off.
    private var pending: [UInt8] = []
    private var isSkipping = false

    public init() {}

    /// Reads the lines that end in `bytes`.
    ///
    /// - Throws: `NoReadings` when the header of a CSV file lacks a column or has one twice; what `body` throws.
    public mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (Row) throws -> Void) throws {
        var start = 0
        while start < bytes.count {
            guard let end = bytes[start...].firstIndex(of: 0x0A) else { break }
            let part = UnsafeBufferPointer(rebasing: bytes[start..<end])
            start = end + 1
            if isSkipping {
                isSkipping = false
                line += 1
                try body(.reject(tooLong))
            } else if pending.isEmpty {
                try take(part, body)
            } else {
                pending.append(contentsOf: part)
                let whole = pending
                pending.removeAll(keepingCapacity: true)
                try whole.withUnsafeBufferPointer { try take($0, body) }
            }
        }
        guard start < bytes.count, !isSkipping else { return }
        pending.append(contentsOf: bytes[start...])
        if pending.count > ReadingLines.longestLine {
            pending.removeAll()
            isSkipping = true
        }
    }

    /// Reads the last line, which may lack its end.
    public mutating func finish(_ body: (Row) throws -> Void) throws {
        if isSkipping {
            line += 1
            try body(.reject(tooLong))
        } else if !pending.isEmpty {
            let whole = pending
            pending = []
            try whole.withUnsafeBufferPointer { try take($0, body) }
        }
        isSkipping = false
    }

    private var tooLong: ReadingReject {
        ReadingReject(line: line, field: "line", value: "", reason: "is longer than \(ReadingLines.longestLine) bytes")
    }

    private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (Row) throws -> Void) throws {
        line += 1
        guard bytes.count <= ReadingLines.longestLine else { return try body(.reject(tooLong)) }
        var text = FieldText.trimmed(bytes)
        if line == 1, text.starts(with: [0xEF, 0xBB, 0xBF]) { text = FieldText.trimmed(FieldBytes(rebasing: text.dropFirst(3))) }
        guard let first = text.first else { return }
        guard case .valid = UTF8Scanner.scan(text) else {
            return try body(.reject(ReadingReject(line: line, field: "line", value: "", reason: "is not UTF-8")))
        }
        switch format {
        case .unknown where first == UInt8(ascii: "{"):
            format = .json
            try body(json(text))
        case .unknown:
            // The next line may say what this delivery is.
            guard let columns = try header(text) else { return try body(.reject(neither(text))) }
            format = .csv(columns: columns)
        case .json: try body(json(text))
        case .csv(let columns): try body(csv(text, columns))
        }
    }

    // MARK: One line

    /// The values of a line before they are understood, by `Field`.
    private struct Values {
        var texts = [FieldBytes?](repeating: nil, count: Field.allCases.count)

        subscript(_ field: Field) -> FieldBytes? {
            get { texts[Values.place(field)] }
            set { texts[Values.place(field)] = newValue }
        }

        private static func place(_ field: Field) -> Int {
            switch field {
            case .outlet: 0
            case .pollutant: 1
            case .hour: 2
            case .value: 3
            case .unit: 4
            case .flag: 5
            }
        }
    }

    private func draft(_ values: Values) -> Row {
        func reject(_ field: Field, _ bytes: FieldBytes?, _ reason: String) -> Row {
            .reject(
                ReadingReject(line: line, field: field.rawValue, value: bytes.map(FieldText.excerpt) ?? "", reason: reason))
        }
        guard let outlet = values[.outlet], !outlet.isEmpty else { return reject(.outlet, nil, "is missing") }
        guard outlet.count <= 64 else { return reject(.outlet, outlet, "is longer than 64 bytes") }
        guard let item = values[.pollutant], !item.isEmpty else { return reject(.pollutant, nil, "is missing") }
        guard let pollutant = Pollutant(FieldText.string(item)) else {
            return reject(.pollutant, item, "is no code of HJ 524 or HJ 525 that is known here, such as w01018, nor a name such as COD")
        }
        guard let time = values[.hour], !time.isEmpty else { return reject(.hour, nil, "is missing") }
        let hour: Hour
        do throws(Hour.Problem) { hour = try Hour(utf8: time) } catch { return reject(.hour, time, error.description) }
        var unit: MeasuringUnit?
        var otherUnit: String?
        if let text = values[.unit], !text.isEmpty {
            unit = MeasuringUnit(FieldText.string(text))
            if unit == nil { otherUnit = FieldText.excerpt(text) }
        }
        var flag = ReadingFlag.none
        if let text = values[.flag], !text.isEmpty {
            guard let known = ReadingFlag(FieldText.string(text)) else {
                return reject(.flag, text, "is none of \(ReadingFlag.allCases.map(\.name).joined(separator: ", "))")
            }
            flag = known
        }
        var value: Quantity?
        if let text = values[.value], !text.isEmpty {
            do throws(Quantity.Problem) { value = try Quantity(utf8: text) } catch { return reject(.value, text, error.description) }
        }
        return .reading(
            ReadingDraft(
                line: line, outletID: FieldText.string(outlet), pollutant: pollutant, hour: hour, unit: unit,
                otherUnit: otherUnit, reading: Reading(value: value, flag: flag)))
    }

    private func json(_ text: FieldBytes) -> Row {
        var values = Values()
        // Texts without escapes, nearly all, are read where they stand.
        var resolved: [(field: Field, bytes: [UInt8])] = []
        var cursor = JSONCursor(text)
        var problem: Row?
        func reject(_ field: String, _ value: FieldBytes, _ reason: String) -> Row {
            .reject(ReadingReject(line: line, field: field, value: FieldText.excerpt(ReadingLines.unquoted(value)), reason: reason))
        }
        do throws(JSONProblem) {
            try cursor.object { (cursor, key, hasEscapes) throws(JSONProblem) in
                guard let field = ReadingLines.field(key, hasEscapes: hasEscapes) else {
                    let value = try cursor.skipValue()
                    if problem == nil {
                        problem = reject(
                            FieldText.excerpt(key), value,
                            "is no field of a reading; those are \(Field.allCases.map(\.rawValue).joined(separator: ", "))")
                    }
                    return
                }
                let isSecond = values[field] != nil
                guard cursor.peek() == UInt8(ascii: "\"") else {
                    let value = try cursor.skipValue()
                    if isSecond, problem == nil { problem = reject(field.rawValue, value, "is given twice") }
                    let isNumber = value.first.map { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) } ?? false
                    if value.elementsEqual("null".utf8) {
                        values[field] = FieldBytes(rebasing: value.prefix(0))
                    } else if field == .value, isNumber {
                        values[field] = value
                    } else if problem == nil {
                        problem = reject(field.rawValue, value, field == .value ? "must be a number or null" : "must be a text")
                    }
                    return
                }
                let (content, contentHasEscapes) = try cursor.rawString()
                values[field] = content
                if isSecond, problem == nil { problem = reject(field.rawValue, content, "is given twice") }
                guard contentHasEscapes, problem == nil else { return }
                do throws(JSONProblem) {
                    resolved.append((field, try ReadingLines.resolvingEscapes(content)))
                } catch { problem = reject(field.rawValue, content, "is no JSON text: \(error.reason)") }
            }
            guard cursor.peek() == nil else { throw cursor.problem("something follows the object") }
        } catch {
            return reject("line", text, "is no JSON object at byte \(error.offset + 1): \(error.reason)")
        }
        return problem ?? draft(values, resolved[...])
    }

    /// The draft of a line that has escapes: each text without them in the place of the one as written.
    private func draft(_ values: Values, _ resolved: ArraySlice<(field: Field, bytes: [UInt8])>) -> Row {
        guard let (field, bytes) = resolved.last else { return draft(values) }
        return bytes.withUnsafeBufferPointer { text in
            var values = values
            values[field] = text
            return draft(values, resolved.dropLast())
        }
    }

    private static func field(_ key: FieldBytes, hasEscapes: Bool) -> Field? {
        guard hasEscapes else { return Field.allCases.first { $0.rawValue.utf8.elementsEqual(key) } }
        guard let name = try? resolvingEscapes(key) else { return nil }
        return Field(rawValue: String(decoding: name, as: UTF8.self))
    }

    private static func resolvingEscapes(_ content: FieldBytes) throws(JSONProblem) -> [UInt8] {
        var text: [UInt8] = []
        try JSONCursor.unescape(content, into: &text, refusesLoneSurrogates: true)
        return text
    }

    /// A value as a message shows it: a text without its quotes.
    private static func unquoted(_ value: FieldBytes) -> FieldBytes {
        guard value.count >= 2, value.first == UInt8(ascii: "\"") else { return value }
        return FieldBytes(rebasing: value.dropFirst().dropLast())
    }

    // MARK: CSV

    private static let neededColumns: [Field] = [.outlet, .pollutant, .hour, .value]

    /// The columns of a header; nil for a line that names none of ours.
    ///
    /// - Throws: `NoReadings` for a header by which no line behind it can be read.
    private func header(_ text: FieldBytes) throws -> [Field?]? {
        let columns = ReadingLines.split(text).map { Field(rawValue: FieldText.string($0).lowercased()) }
        guard columns.contains(where: { $0 != nil }) else { return nil }
        for needed in ReadingLines.neededColumns where !columns.contains(needed) {
            throw NoReadings(
                description: "line \(line) is a CSV header without the column \(needed.rawValue); "
                    + "outlet, pollutant, hour and value must be there")
        }
        for field in Field.allCases where columns.count(where: { $0 == field }) > 1 {
            throw NoReadings(description: "line \(line) is a CSV header that has the column \(field.rawValue) twice")
        }
        return columns
    }

    private func neither(_ text: FieldBytes) -> ReadingReject {
        ReadingReject(
            line: line, field: "line", value: FieldText.excerpt(text),
            reason: "is neither a JSON object nor a CSV header with the columns outlet, pollutant, hour and value")
    }

    private func csv(_ text: FieldBytes, _ columns: [Field?]) -> Row {
        let cells = ReadingLines.split(text)
        guard cells.count == columns.count else {
            return .reject(
                ReadingReject(
                    line: line, field: "line", value: FieldText.excerpt(text),
                    reason: "has \(cells.count) fields where the header has \(columns.count)"))
        }
        var values = Values()
        for (cell, column) in zip(cells, columns) { if let column { values[column] = cell } }
        return draft(values)
    }

    /// Splits at commas. Fields of readings need no quotes; those that have them lose them, doubled quotes inside are not looked for.
    private static func split(_ text: FieldBytes) -> [FieldBytes] {
        var cells: [FieldBytes] = []
        cells.reserveCapacity(8)
        var start = 0
        var isQuoted = false
        func add(_ end: Int) {
            var cell = FieldText.trimmed(FieldBytes(rebasing: text[start..<end]))
            let quote = UInt8(ascii: "\"")
            if cell.count >= 2, cell[0] == quote, cell[cell.count - 1] == quote {
                cell = FieldBytes(rebasing: cell[1..<cell.count - 1])
            }
            cells.append(cell)
        }
        for at in text.indices {
            if text[at] == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if text[at] == UInt8(ascii: ","), !isQuoted {
                add(at)
                start = at + 1
            }
        }
        add(text.count)
        return cells
    }
}
