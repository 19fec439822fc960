// JSONCursor.swift: a small JSON reader (RFC 8259) over bytes that are already valid UTF-8: for features of GeoJSON, which are millions,
// without a tree; and as a tree for mapping files. Nesting is limited, so no input can exhaust the stack.

/// What is wrong with a JSON text, and where.
struct JSONProblem: Error {
    var reason: String
    /// From the text's beginning.
    var offset: Int
}

/// Reads forward through one JSON text.
struct JSONCursor {
    let bytes: FieldBytes
    var offset = 0

    init(_ bytes: FieldBytes) { self.bytes = bytes }

    func problem(_ reason: String) -> JSONProblem { JSONProblem(reason: reason, offset: offset) }

    mutating func skipSpace() {
        while offset < bytes.count, bytes[offset] == 0x20 || bytes[offset] == 0x0A || bytes[offset] == 0x0D || bytes[offset] == 0x09 {
            offset += 1
        }
    }

    /// The next byte that is no white space; nil at the end.
    mutating func peek() -> UInt8? {
        skipSpace()
        return offset < bytes.count ? bytes[offset] : nil
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        offset += 1
        return true
    }

    mutating func expect(_ byte: UInt8, _ what: String) throws(JSONProblem) {
        guard take(byte) else { throw problem("\(what) is missing") }
    }

    /// The characters of a string behind its opening quote up to the closing one, with escapes as written; moves behind it.
    mutating func rawString() throws(JSONProblem) -> (content: FieldBytes, hasEscapes: Bool) {
        try expect(UInt8(ascii: "\""), "a string")
        let from = offset
        var hasEscapes = false
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") {
                let content = FieldBytes(rebasing: bytes[from..<offset])
                offset += 1
                return (content, hasEscapes)
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                offset += 1
            } else if byte < 0x20 {
                throw problem("a control character stands in a string unescaped")
            }
            offset += 1
        }
        throw problem("a string is not closed")
    }

    /// Calls `body` with each member's key (as written); `body` moves over the value.
    mutating func object(_ body: (inout JSONCursor, FieldBytes, _ keyHasEscapes: Bool) throws(JSONProblem) -> Void) throws(JSONProblem) {
        try expect(UInt8(ascii: "{"), "an object")
        if take(UInt8(ascii: "}")) { return }
        while true {
            let (key, hasEscapes) = try rawString()
            try expect(UInt8(ascii: ":"), "the colon behind a key")
            try body(&self, key, hasEscapes)
            if take(UInt8(ascii: "}")) { return }
            try expect(UInt8(ascii: ","), "a comma between members")
        }
    }

    /// Calls `body` for each element; `body` moves over it.
    mutating func array(_ body: (inout JSONCursor) throws(JSONProblem) -> Void) throws(JSONProblem) {
        try expect(UInt8(ascii: "["), "an array")
        if take(UInt8(ascii: "]")) { return }
        while true {
            try body(&self)
            if take(UInt8(ascii: "]")) { return }
            try expect(UInt8(ascii: ","), "a comma between elements")
        }
    }

    /// The bytes of a number, `true`, `false` or `null`.
    mutating func word() throws(JSONProblem) -> FieldBytes {
        skipSpace()
        let from = offset
        while offset < bytes.count {
            let byte = bytes[offset]
            guard
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
            else { break }
            offset += 1
        }
        guard offset > from else { throw problem("a value is missing") }
        return FieldBytes(rebasing: bytes[from..<offset])
    }

    static let deepest = 64

    /// Moves over a value of any kind and returns its bytes.
    @discardableResult
    mutating func skipValue(depth: Int = 0) throws(JSONProblem) -> FieldBytes {
        guard depth < JSONCursor.deepest else { throw problem("values are nested more than \(JSONCursor.deepest) deep") }
        skipSpace()
        let from = offset
        switch peek() {
        case UInt8(ascii: "{"): try object { (cursor, _, _) throws(JSONProblem) in try cursor.skipValue(depth: depth + 1) }
        case UInt8(ascii: "["): try array { (cursor) throws(JSONProblem) in try cursor.skipValue(depth: depth + 1) }
        case UInt8(ascii: "\""): _ = try rawString()
        case nil: throw problem("a value is missing")
        default: _ = try word()
        }
        return FieldBytes(rebasing: bytes[from..<offset])
    }

    /// A string's text with its escapes resolved, appended to `text`. A lone surrogate becomes U+FFFD, or is refused.
    static func unescape(
        _ content: FieldBytes, into text: inout [UInt8], refusesLoneSurrogates: Bool = false
    ) throws(JSONProblem) {
        var i = 0
        func hex4(_ at: Int) -> UInt32? {
            guard at + 4 <= content.count else { return nil }
            var value: UInt32 = 0
            for offset in at..<at + 4 {
                switch content[offset] {
                case 0x30...0x39: value = value << 4 | UInt32(content[offset] - 0x30)
                case 0x41...0x46: value = value << 4 | UInt32(content[offset] - 0x37)
                case 0x61...0x66: value = value << 4 | UInt32(content[offset] - 0x57)
                default: return nil
                }
            }
            return value
        }
        while i < content.count {
            guard content[i] == UInt8(ascii: "\\") else {
                text.append(content[i])
                i += 1
                continue
            }
            guard i + 1 < content.count else { throw JSONProblem(reason: "an escape is cut off", offset: i) }
            i += 2
            switch content[i - 1] {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(content[i - 1])
            case UInt8(ascii: "u"):
                guard var code = hex4(i) else { throw JSONProblem(reason: "\\u needs four hexadecimal digits", offset: i) }
                i += 4
                if (0xD800...0xDBFF).contains(code), i + 6 <= content.count, content[i] == UInt8(ascii: "\\"),
                    content[i + 1] == UInt8(ascii: "u"), let low = hex4(i + 2), (0xDC00...0xDFFF).contains(low)
                {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                    i += 6
                }
                if refusesLoneSurrogates, (0xD800...0xDFFF).contains(code) {
                    throw JSONProblem(reason: "half of a surrogate pair stands alone", offset: i)
                }
                text.append(contentsOf: String(Character(Unicode.Scalar(code) ?? "\u{FFFD}")).utf8)
            default: throw JSONProblem(reason: "an escape that JSON does not know", offset: i)
            }
        }
    }
}

/// A JSON value as a tree, objects in their order.
package indirect enum JSONValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case number(Double, text: String)
    case string(String)
    case array([JSONValue])
    case object([(key: String, value: JSONValue)])

    package static func == (a: JSONValue, b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.boolean(let x), .boolean(let y)): x == y
        case (.number(let x, _), .number(let y, _)): x == y
        case (.string(let x), .string(let y)): x == y
        case (.array(let x), .array(let y)): x == y
        case (.object(let x), .object(let y)): x.count == y.count && zip(x, y).allSatisfy { $0.key == $1.key && $0.value == $1.value }
        default: false
        }
    }

    /// Parses one whole text. Problems name line and column, both from 1.
    static func parse(_ text: [UInt8]) throws(FieldProblem) -> JSONValue {
        let bytes = text.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(text.dropFirst(3)) : text
        let result: Result<JSONValue, FieldProblem> = bytes.withUnsafeBufferPointer { buffer in
            if case .valid = UTF8Scanner.scan(buffer) {} else { return .failure(FieldProblem("it is not UTF-8")) }
            var cursor = JSONCursor(buffer)
            do throws(JSONProblem) {
                let value = try JSONValue(reading: &cursor, depth: 0)
                guard cursor.peek() == nil else { throw cursor.problem("something follows the value") }
                return .success(value)
            } catch {
                let before = buffer.prefix(min(error.offset, buffer.count))
                let line = before.count { $0 == 0x0A } + 1
                let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
                return .failure(FieldProblem("line \(line), column \(column): \(error.reason)"))
            }
        }
        return try result.get()
    }

    init(reading cursor: inout JSONCursor, depth: Int) throws(JSONProblem) {
        guard depth < JSONCursor.deepest else { throw cursor.problem("values are nested more than \(JSONCursor.deepest) deep") }
        func string(_ content: FieldBytes) throws(JSONProblem) -> String {
            var text: [UInt8] = []
            try JSONCursor.unescape(content, into: &text)
            return String(decoding: text, as: UTF8.self)
        }
        switch cursor.peek() {
        case UInt8(ascii: "{"):
            var members: [(key: String, value: JSONValue)] = []
            var names: Set<String> = []
            try cursor.object { (cursor, key, _) throws(JSONProblem) in
                let name = try string(key)
                guard names.insert(name).inserted else { throw cursor.problem("\"\(name.prefix(64))\" is given twice") }
                members.append((name, try JSONValue(reading: &cursor, depth: depth + 1)))
            }
            self = .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try cursor.array { (cursor) throws(JSONProblem) in elements.append(try JSONValue(reading: &cursor, depth: depth + 1)) }
            self = .array(elements)
        case UInt8(ascii: "\""): self = .string(try string(try cursor.rawString().content))
        default:
            let word = try cursor.word()
            switch FieldText.string(word) {
            case "null": self = .null
            case "true": self = .boolean(true)
            case "false": self = .boolean(false)
            case let text:
                guard JSONValue.isNumber(word) else { throw cursor.problem("'\(text.prefix(64))' is no JSON value") }
                guard let number = try? FieldText.number(word) else {
                    throw cursor.problem("'\(text.prefix(64))' is larger than any number that can be kept")
                }
                self = .number(number, text: text)
            }
        }
    }

    /// RFC 8259 section 6: no leading zero, no plus, digits on both sides of the point.
    private static func isNumber(_ word: FieldBytes) -> Bool {
        var rest = word[...]
        func digits() -> Int {
            let count = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let leadsWithZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole == 1 || (whole > 1 && !leadsWithZero) else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if let exponent = rest.first, exponent | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
