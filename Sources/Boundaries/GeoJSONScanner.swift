// GeoJSONScanner.swift: reads a GeoJSON FeatureCollection of polygons. A general JSON tree of 150,000 coordinate pairs costs
// half a second and much memory, so positions are scanned straight into rings; everything else is either a scalar property
// or skipped. Any nesting depth up to a limit is accepted, and any order of keys.

import Glibc

struct GeoJSONScanner {
    let path: String
    let bytes: [UInt8]
    private var position = 0

    init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    /// Deeper nesting than any GeoJSON needs is refused before it can exhaust the stack.
    private static let maxDepth = 64

    func places() throws(BoundaryError) -> [Place] {
        var scanner = self
        let places = try scanner.featureCollection()
        if places.isEmpty { throw .empty(path: path) }
        return places
    }

    private func failure(_ reason: String) -> BoundaryError { .malformed(path: path, byte: position, reason: reason) }

    // MARK: GeoJSON

    private mutating func featureCollection() throws(BoundaryError) -> [Place] {
        var places: [Place] = []
        try object(depth: 0) { (scanner, key) throws(BoundaryError) in
            guard key == "features" else { return try scanner.skipValue(depth: 1) }
            try scanner.array(depth: 1) { (scanner) throws(BoundaryError) in
                if let place = try scanner.feature() { places.append(place) }
            }
        }
        skipSpace()
        if position != bytes.count { throw failure("text after the end of the collection") }
        return places
    }

    private mutating func feature() throws(BoundaryError) -> Place? {
        var rings: [[Vertex]] = []
        var properties: [String: PlaceProperty] = [:]
        try object(depth: 2) { (scanner, key) throws(BoundaryError) in
            switch key {
            case "geometry": rings = try scanner.geometry()
            case "properties": properties = try scanner.scalars()
            default: try scanner.skipValue(depth: 3)
            }
        }
        if rings.isEmpty { return nil }
        var code: Int32 = 0
        switch properties["code"] {
        case .text(let text)?: code = Int32(text) ?? 0
        case .number(let number)?: code = Int32(exactly: number) ?? 0
        default: break
        }
        var name = ""
        if case .text(let text)? = properties["name_zh"] ?? properties["name"] { name = text }
        return Place(code: code, name: name, rings: rings, properties: properties)
    }

    /// The rings of a polygonal geometry; none for null and for other kinds of geometry.
    private mutating func geometry() throws(BoundaryError) -> [[Vertex]] {
        skipSpace()
        if peek() == UInt8(ascii: "n") {
            try skipValue(depth: 3)
            return []
        }
        var rings: [[Vertex]] = []
        var kind = ""
        try object(depth: 3) { (scanner, key) throws(BoundaryError) in
            switch key {
            case "type": kind = try scanner.string()
            case "coordinates": _ = try scanner.coordinates(into: &rings, depth: 4)
            default: try scanner.skipValue(depth: 4)
            }
        }
        return kind == "Polygon" || kind == "MultiPolygon" ? rings : []
    }

    private enum Nested {
        case position(Vertex)
        case other
    }

    /// An array of positions becomes a ring; an array of arrays of positions is walked; a position is handed up.
    private mutating func coordinates(into rings: inout [[Vertex]], depth: Int) throws(BoundaryError) -> Nested {
        guard depth < Self.maxDepth else { throw failure("nested too deeply") }
        skipSpace()
        try expect("[")
        skipSpace()
        if peek() == UInt8(ascii: "]") {
            position += 1
            return .other
        }
        if peek() != UInt8(ascii: "[") {
            let longitude = try number()
            try expect(",")
            let latitude = try number()
            skipSpace()
            while peek() == UInt8(ascii: ",") {
                position += 1
                _ = try number()
                skipSpace()
            }
            try expect("]")
            guard abs(longitude) <= 180, abs(latitude) <= 90 else {
                throw failure("position \(longitude), \(latitude) is not longitude, latitude in degrees")
            }
            return .position(Vertex(longitude: longitude, latitude: latitude))
        }
        var ring: [Vertex] = []
        while true {
            if case .position(let vertex) = try coordinates(into: &rings, depth: depth + 1) { ring.append(vertex) }
            skipSpace()
            if peek() == UInt8(ascii: "]") { break }
            try expect(",")
        }
        position += 1
        if !ring.isEmpty { rings.append(ring) }
        return .other
    }

    private mutating func scalars() throws(BoundaryError) -> [String: PlaceProperty] {
        var properties: [String: PlaceProperty] = [:]
        skipSpace()
        if peek() == UInt8(ascii: "n") {
            try skipValue(depth: 3)
            return properties
        }
        try object(depth: 3) { (scanner, key) throws(BoundaryError) in
            scanner.skipSpace()
            switch scanner.peek() {
            case UInt8(ascii: "\""): properties[key] = .text(try scanner.string())
            case UInt8(ascii: "t"):
                try scanner.literal("true")
                properties[key] = .boolean(true)
            case UInt8(ascii: "f"):
                try scanner.literal("false")
                properties[key] = .boolean(false)
            case UInt8(ascii: "n"), UInt8(ascii: "{"), UInt8(ascii: "["): try scanner.skipValue(depth: 4)
            default: properties[key] = .number(try scanner.number())
            }
        }
        return properties
    }

    // MARK: JSON

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while position < bytes.count, bytes[position] <= 0x20 { position += 1 }
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(BoundaryError) {
        skipSpace()
        guard peek() == UInt8(ascii: character) else { throw failure("'\(character)' expected") }
        position += 1
    }

    private mutating func literal(_ word: StaticString) throws(BoundaryError) {
        let matches = word.withUTF8Buffer { bytes.dropFirst(position).starts(with: $0) }
        guard matches else { throw failure("'\(word)' expected") }
        position += word.utf8CodeUnitCount
    }

    private mutating func object(
        depth: Int, _ member: (inout GeoJSONScanner, String) throws(BoundaryError) -> Void
    ) throws(BoundaryError) {
        guard depth < Self.maxDepth else { throw failure("nested too deeply") }
        try expect("{")
        skipSpace()
        if peek() == UInt8(ascii: "}") {
            position += 1
            return
        }
        while true {
            let key = try string()
            try expect(":")
            try member(&self, key)
            skipSpace()
            if peek() == UInt8(ascii: "}") { break }
            try expect(",")
        }
        position += 1
    }

    private mutating func array(depth: Int, _ element: (inout GeoJSONScanner) throws(BoundaryError) -> Void) throws(BoundaryError) {
        guard depth < Self.maxDepth else { throw failure("nested too deeply") }
        try expect("[")
        skipSpace()
        if peek() == UInt8(ascii: "]") {
            position += 1
            return
        }
        while true {
            try element(&self)
            skipSpace()
            if peek() == UInt8(ascii: "]") { break }
            try expect(",")
        }
        position += 1
    }

    private mutating func skipValue(depth: Int) throws(BoundaryError) {
        skipSpace()
        switch peek() {
        case UInt8(ascii: "{"):
            try object(depth: depth) { (scanner, _) throws(BoundaryError) in try scanner.skipValue(depth: depth + 1) }
        case UInt8(ascii: "["): try array(depth: depth) { (scanner) throws(BoundaryError) in try scanner.skipValue(depth: depth + 1) }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: _ = try number()
        }
    }

    private mutating func string() throws(BoundaryError) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while let byte = peek(), byte != UInt8(ascii: "\"") {
            position += 1
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard let escape = peek() else { break }
            position += 1
            switch escape {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "u"): text.append(contentsOf: String(try escapedScalar()).utf8)
            default: text.append(escape)
            }
        }
        guard peek() != nil else { throw failure("a text that does not end") }
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else { throw failure("a text that is not UTF-8") }
        return string
    }

    private mutating func escapedScalar() throws(BoundaryError) -> Unicode.Scalar {
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        try literal("\\u")
        let second = try fourHexDigits()
        guard first < 0xDC00, (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure("half of a surrogate pair") }
        return scalar
    }

    private mutating func fourHexDigits() throws(BoundaryError) -> UInt32 {
        guard position + 4 <= bytes.count,
            let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits expected") }
        position += 4
        return value
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]

    /// A number. Up to 15 digits, mantissa and power of ten are exact, so one division rounds correctly; more go through strtod.
    private mutating func number() throws(BoundaryError) -> Double {
        skipSpace()
        let start = position
        var mantissa: Int64 = 0
        var digits = 0
        var fraction = 0
        var afterPoint = false
        var simple = true
        if peek() == UInt8(ascii: "-") { position += 1 }
        scan: while let byte = peek() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                if afterPoint { fraction += 1 }
                if digits <= 15 { mantissa = mantissa * 10 + Int64(byte - UInt8(ascii: "0")) }
            case UInt8(ascii: ".") where !afterPoint: afterPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): simple = false
            default: break scan
            }
            position += 1
        }
        guard digits > 0 else { throw failure("a number expected") }
        if simple, digits <= 15 {
            let value = Double(mantissa) / Self.powersOfTen[fraction]
            return bytes[start] == UInt8(ascii: "-") ? -value : value
        }
        guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)), value.isFinite else {
            throw failure("a number expected")
        }
        return value
    }
}
