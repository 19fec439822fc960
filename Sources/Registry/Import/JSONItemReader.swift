// JSONItemReader.swift: cuts a JSON file of any size into its items: the features of a collection, the elements of an array, the lines
// of newline-delimited JSON, or the records of a text sequence. Holds one item at a time; only finds where items end, the caller
// reads what is in them.

/// One thread at a time.
final class JSONItemReader {
    let path: String
    /// The text of a collection's `crs` member.
    private(set) var crsName: String?

    private enum Shape {
        /// Elements of an array, which ends with `]`; then members of the enclosing object may follow.
        case elements(ofCollection: Bool)
        /// One value a line.
        case lines
        /// Values one behind the other, each an object, between white space or record separators.
        case sequence
        case finished
    }

    private let input: any TextInput
    private var shape = Shape.lines
    private var buffer: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    private var line = 1
    private var isFirstElement = true

    /// A feature that is larger is no factory.
    static let longestItemBytes = 64 << 20

    init(input: any TextInput, path: String, bufferBytes: Int = 1 << 20) throws(ImportError) {
        self.input = input
        self.path = path
        capacity = max(bufferBytes, 64)
        buffer = .allocate(capacity: capacity)
        try findShape()
    }

    deinit { buffer.deallocate() }

    /// The next item and the line that it begins in; nil at the end.
    func next() throws(ImportError) -> (line: Int, bytes: FieldBytes)? {
        switch shape {
        case .elements(let ofCollection): return try nextElement(ofCollection: ofCollection)
        case .lines: return try nextLine()
        case .sequence:
            guard try skipSpace(alsoSeparators: true) else { return nil }
            return try itemByBrackets()
        case .finished: return nil
        }
    }

    // MARK: Which shape

    private func findShape() throws(ImportError) {
        guard try skipSpace(alsoSeparators: false) else { throw .noHeader(path: path, detail: "the file is empty") }
        switch buffer[start] {
        case 0x1E: shape = .sequence
        case UInt8(ascii: "["):
            start += 1
            shape = .elements(ofCollection: false)
        case UInt8(ascii: "{"): try findFeatures()
        default:
            throw .badJSON(
                path: path, line: line, detail: "JSON begins with { or [; this begins with '\(Character(Unicode.Scalar(buffer[start])))'")
        }
    }

    /// Walks over the members of the first object until `features`. If there are none, the object itself is the first item.
    private func findFeatures() throws(ImportError) {
        var offset = 1
        while true {
            guard try skip(&offset, over: UInt8(ascii: ",")), buffer[start + offset] == UInt8(ascii: "\"") else { break }
            let keyFrom = offset
            guard try moveOverString(&offset) else { break }
            let key = String(decoding: FieldBytes(start: buffer + start + keyFrom + 1, count: offset - keyFrom - 2), as: UTF8.self)
            guard try skip(&offset, over: UInt8(ascii: ":")) else { break }
            if key == "features", buffer[start + offset] == UInt8(ascii: "[") {
                take(offset + 1)
                shape = .elements(ofCollection: true)
                return
            }
            let valueFrom = offset
            guard try moveOverValue(&offset) else { break }
            if key == "crs" { readCRS(FieldBytes(start: buffer + start + valueFrom, count: offset - valueFrom)) }
        }
        // One object on one line: lines follow. Over several lines: objects one behind the other.
        var length = 0
        guard try moveOverValue(&length) else {
            throw .truncated(path: path, line: line, detail: "or later, inside its first JSON object")
        }
        let isOneLine = !FieldBytes(start: buffer + start, count: length).contains(0x0A)
        shape = isOneLine ? .lines : .sequence
    }

    /// `{"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}`, of GeoJSON before RFC 7946.
    private func readCRS(_ bytes: FieldBytes) {
        var cursor = JSONCursor(bytes)
        guard case .object(let members)? = try? JSONValue(reading: &cursor, depth: 0),
            case .object(let properties)? = members.first(where: { $0.key == "properties" })?.value,
            case .string(let name)? = properties.first(where: { $0.key == "name" })?.value
        else { return }
        crsName = name
    }

    // MARK: Items

    private func nextElement(ofCollection: Bool) throws(ImportError) -> (line: Int, bytes: FieldBytes)? {
        guard try skipSpace(alsoSeparators: false) else { throw cutOff("inside its array of features") }
        if buffer[start] == UInt8(ascii: "]") {
            start += 1
            shape = .finished
            try finish(ofCollection: ofCollection)
            return nil
        }
        if !isFirstElement {
            guard buffer[start] == UInt8(ascii: ",") else {
                throw .badJSON(path: path, line: line, detail: "a comma between features is missing")
            }
            start += 1
            guard try skipSpace(alsoSeparators: false) else { throw cutOff("inside its array of features") }
        }
        isFirstElement = false
        return try itemByBrackets()
    }

    /// The members behind the features must close their object, or the file was cut off.
    private func finish(ofCollection: Bool) throws(ImportError) {
        if ofCollection {
            while true {
                guard try skipSpace(alsoSeparators: false) else { throw cutOff("behind its features, before the closing brace") }
                if buffer[start] == UInt8(ascii: "}") {
                    start += 1
                    break
                }
                var offset = 0
                guard buffer[start] == UInt8(ascii: ","), try skip(&offset, over: UInt8(ascii: ",")), try moveOverString(&offset),
                    try skip(&offset, over: UInt8(ascii: ":")), try moveOverValue(&offset)
                else { throw cutOff("behind its features, before the closing brace") }
                take(offset)
            }
        }
        if try skipSpace(alsoSeparators: true) {
            throw .badJSON(path: path, line: line, detail: "something follows the end of the collection")
        }
    }

    private func itemByBrackets() throws(ImportError) -> (line: Int, bytes: FieldBytes)? {
        let firstLine = line
        var length = 0
        guard try moveOverValue(&length) else { throw cutOff("inside the object that begins in line \(firstLine)") }
        guard length > 0 else {
            throw .badJSON(path: path, line: line, detail: "an object is needed here, not '\(Character(Unicode.Scalar(buffer[start])))'")
        }
        let bytes = FieldBytes(start: buffer + start, count: length)
        take(length)
        return (firstLine, bytes)
    }

    private func nextLine() throws(ImportError) -> (line: Int, bytes: FieldBytes)? {
        guard try skipSpace(alsoSeparators: true) else { return nil }
        var length = 0
        while true {
            while start + length < end, buffer[start + length] != 0x0A { length += 1 }
            if start + length < end { break }
            if try !refill() { break }
        }
        let bytes = FieldBytes(start: buffer + start, count: length)
        let isLast = start + length == end
        if isLast {
            // A last line without a line end that does not close its object was cut off.
            var probe = 0
            if try !moveOverValue(&probe) { throw cutOff("inside its last object") }
        }
        let firstLine = line
        take(length)
        return (firstLine, bytes)
    }

    private func cutOff(_ detail: String) -> ImportError {
        let lines = line + FieldBytes(start: buffer + start, count: end - start).count { $0 == 0x0A }
        return .truncated(path: path, line: lines, detail: detail)
    }

    // MARK: Bytes; offsets count from `start`

    /// Takes bytes away, counting their lines.
    private func take(_ count: Int) {
        for offset in start..<start + count where buffer[offset] == 0x0A { line += 1 }
        start += count
    }

    /// False at the end of the file.
    private func skipSpace(alsoSeparators: Bool) throws(ImportError) -> Bool {
        while true {
            while start < end {
                let byte = buffer[start]
                guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 || (alsoSeparators && byte == 0x1E) else { return true }
                if byte == 0x0A { line += 1 }
                start += 1
            }
            if try !refill() { return false }
        }
    }

    /// Moves over white space and at most one `byte`, then to something else. False at the end.
    private func skip(_ offset: inout Int, over byte: UInt8) throws(ImportError) -> Bool {
        while true {
            while start + offset < end {
                let found = buffer[start + offset]
                guard found == 0x20 || found == 0x0A || found == 0x0D || found == 0x09 || found == byte else { return true }
                offset += 1
            }
            if try !refill() { return false }
        }
    }

    /// Moves over a string; false at the end of the file.
    private func moveOverString(_ offset: inout Int) throws(ImportError) -> Bool {
        offset += 1
        while true {
            while start + offset < end {
                let byte = buffer[start + offset]
                offset += byte == UInt8(ascii: "\\") ? 2 : 1
                if byte == UInt8(ascii: "\"") { return true }
            }
            if try !refill() { return false }
        }
    }

    /// Moves over an object or an array by counting brackets outside strings, or over another value up to what ends it.
    /// False at the end of the file.
    private func moveOverValue(_ offset: inout Int) throws(ImportError) -> Bool {
        var depth = 0
        let from = offset
        while true {
            while start + offset < end {
                switch buffer[start + offset] {
                case UInt8(ascii: "\""):
                    guard try moveOverString(&offset) else { return false }
                    if depth == 0 { return true }
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    offset += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { return true }
                    depth -= 1
                    offset += 1
                    if depth == 0 { return true }
                case UInt8(ascii: ","), 0x0A, 0x0D, 0x20, 0x09, 0x1E:
                    if depth == 0, offset > from { return true }
                    offset += 1
                default: offset += 1
                }
            }
            if try !refill() { return false }
        }
    }

    private func refill() throws(ImportError) -> Bool {
        guard !isAtEnd else { return false }
        if start > 0 {
            buffer.update(from: buffer + start, count: end - start)
            end -= start
            start = 0
        }
        if capacity - end < 64 || capacity - end < capacity / 4 {
            guard capacity < JSONItemReader.longestItemBytes else {
                throw .rowTooLong(path: path, line: line, limitBytes: JSONItemReader.longestItemBytes)
            }
            let larger = capacity * 2
            let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
            moved.update(from: buffer, count: end)
            buffer.deallocate()
            buffer = moved
            capacity = larger
        }
        let count = try input.read(into: UnsafeMutableRawBufferPointer(start: buffer + end, count: capacity - end))
        end += count
        isAtEnd = count == 0
        return count > 0
    }
}
