// FeatureReader.swift: GeoJSON (RFC 7946), newline-delimited GeoJSON and JSON text sequences (RFC 8142) as rows, one feature in memory
// at a time whatever the file's size. A feature's properties are its columns; a point's position is in `@lon` and `@lat`, the
// feature's own id in `@id`. Plain objects are rows as well.

/// One thread at a time.
final class FeatureReader: RowReader {
    static let idColumn = "@id"
    static let longitudeColumn = "@lon"
    static let latitudeColumn = "@lat"

    let path: String
    private(set) var columns: [String] = []
    let row = RowBuffer()
    /// The name in the old `crs` member of a collection, if it comes before the features.
    private(set) var crsName: String?
    /// Whether any row was a GeoJSON feature.
    private(set) var hasFeatures = false

    private var columnNumbers: [[UInt8]: Int] = [:]
    /// The column of each property of the feature before, by its place: most features have the same keys in the same order.
    private var expected: [(key: [UInt8], column: Int)] = []
    /// The values of the current row.
    private var arena = [UInt8]()
    private var values: [(column: Int, offset: Int, count: Int)] = []

    private let items: JSONItemReader

    init(input: any TextInput, path: String) throws(ImportError) {
        self.path = path
        items = try JSONItemReader(input: input, path: path)
        crsName = items.crsName
        for name in [FeatureReader.idColumn, FeatureReader.longitudeColumn, FeatureReader.latitudeColumn] { _ = column(named: name) }
    }

    func column(named name: String) -> Int? { column(Array(name.utf8)) }

    private func column(_ name: [UInt8]) -> Int {
        if let known = columnNumbers[name] { return known }
        columns.append(String(decoding: name, as: UTF8.self))
        columnNumbers[name] = columns.count - 1
        return columns.count - 1
    }

    func next() throws(ImportError) -> RowStep {
        guard let item = try items.next() else { return .end }
        arena.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        var cursor = JSONCursor(item.bytes)
        do throws(JSONProblem) {
            let problem = try read(&cursor)
            guard cursor.peek() == nil else { throw cursor.problem("something follows the object; each line holds one value") }
            if let problem { return .malformed(line: item.line, problem) }
        } catch {
            let lines = item.bytes.prefix(min(error.offset, item.bytes.count)).count { $0 == 0x0A }
            let reject = RowReject(field: "row", value: FieldText.excerpt(item.bytes), reason: "not valid JSON: \(error.reason)")
            return .malformed(line: item.line + lines, reject)
        }
        row.reset(columns: columns.count)
        for value in values { row.set(value.column, offset: value.offset, count: value.count) }
        // The arena does not change until the next row; its storage stays where it is meanwhile.
        row.base = arena.withUnsafeBufferPointer { $0.baseAddress }
        return .row(line: item.line)
    }

    /// Reads a feature or a plain object.
    private func read(_ cursor: inout JSONCursor) throws(JSONProblem) -> RowReject? {
        guard cursor.peek() == UInt8(ascii: "{") else { throw cursor.problem("an object is needed, such as a Feature") }
        var probe = cursor
        var isFeature = false
        try probe.object { (cursor, key, _) throws(JSONProblem) in
            let value = try cursor.skipValue()
            if key.elementsEqual("type".utf8), value.elementsEqual("\"Feature\"".utf8) { isFeature = true }
        }
        guard isFeature else {
            var place = 0
            try cursor.object { (cursor, key, hasEscapes) throws(JSONProblem) in
                try self.value(of: try self.column(key, hasEscapes, place: place), &cursor)
                place += 1
            }
            return nil
        }
        hasFeatures = true
        var problem: RowReject?
        try cursor.object { (cursor, key, _) throws(JSONProblem) in
            if key.elementsEqual("properties".utf8), cursor.peek() == UInt8(ascii: "{") {
                var place = 0
                try cursor.object { (cursor, key, hasEscapes) throws(JSONProblem) in
                    try self.value(of: try self.column(key, hasEscapes, place: place), &cursor)
                    place += 1
                }
            } else if key.elementsEqual("geometry".utf8), cursor.peek() == UInt8(ascii: "{") {
                problem = try self.geometry(&cursor)
            } else if key.elementsEqual("id".utf8) {
                try self.value(of: self.column(Array(FeatureReader.idColumn.utf8)), &cursor)
            } else {
                try cursor.skipValue()
            }
        }
        return problem
    }

    private func column(_ key: FieldBytes, _ hasEscapes: Bool, place: Int) throws(JSONProblem) -> Int {
        if place < expected.count, expected[place].key.count == key.count, expected[place].key.elementsEqual(key) {
            return expected[place].column
        }
        var name: [UInt8] = []
        if hasEscapes { try JSONCursor.unescape(key, into: &name) } else { name = Array(key) }
        let found = column(name)
        if !hasEscapes, place <= expected.count {
            if place < expected.count { expected[place] = (name, found) } else { expected.append((name, found)) }
        }
        return found
    }

    /// Texts without quotes and escapes, numbers and words as written, null as empty, the rest as JSON.
    private func value(of column: Int, _ cursor: inout JSONCursor) throws(JSONProblem) {
        let offset = arena.count
        switch cursor.peek() {
        case UInt8(ascii: "\""):
            let (content, hasEscapes) = try cursor.rawString()
            if hasEscapes { try JSONCursor.unescape(content, into: &arena) } else { arena.append(contentsOf: content) }
        case UInt8(ascii: "{"), UInt8(ascii: "["): arena.append(contentsOf: try cursor.skipValue())
        default:
            let word = try cursor.word()
            if !word.elementsEqual("null".utf8) { arena.append(contentsOf: word) }
        }
        values.append((column, offset, arena.count - offset))
    }

    private func geometry(_ cursor: inout JSONCursor) throws(JSONProblem) -> RowReject? {
        var type: [UInt8] = []
        var coordinates: [(offset: Int, count: Int)] = []
        var isFlat = true
        try cursor.object { (cursor, key, _) throws(JSONProblem) in
            if key.elementsEqual("type".utf8), cursor.peek() == UInt8(ascii: "\"") {
                type = Array(try cursor.rawString().content)
            } else if key.elementsEqual("coordinates".utf8), cursor.peek() == UInt8(ascii: "[") {
                try cursor.array { (cursor) throws(JSONProblem) in
                    if cursor.peek() == UInt8(ascii: "[") || cursor.peek() == UInt8(ascii: "{") {
                        isFlat = false
                        try cursor.skipValue()
                    } else {
                        let value = cursor.peek() == UInt8(ascii: "\"") ? try cursor.skipValue() : try cursor.word()
                        coordinates.append((self.arena.count, value.count))
                        self.arena.append(contentsOf: value)
                    }
                }
            } else {
                try cursor.skipValue()
            }
        }
        guard type.elementsEqual("Point".utf8) else {
            let name = String(decoding: type.prefix(40), as: UTF8.self)
            return RowReject(field: "geometry", value: name, reason: "a factory's position is a Point, with a longitude and a latitude")
        }
        guard isFlat, coordinates.count >= 2 else {
            if coordinates.isEmpty, isFlat { return nil }
            return RowReject(field: "geometry", value: "Point", reason: "its coordinates are not two numbers, longitude and latitude")
        }
        values.append((column(Array(FeatureReader.longitudeColumn.utf8)), coordinates[0].offset, coordinates[0].count))
        values.append((column(Array(FeatureReader.latitudeColumn.utf8)), coordinates[1].offset, coordinates[1].count))
        return nil
    }
}
