// GeoJSONScanner.swift: reads a GeoJSON FeatureCollection of polygons. A general JSON tree of 150,000 coordinate pairs costs
// half a second and much memory, so positions are scanned straight into rings; everything else is either a scalar property
// or skipped. Any nesting depth up to a limit is accepted, and any order of keys.

import Glibc

struct GeoJSONScanner {
    let path: String
    let bytes: [UInt8]
    private var position = 0
    /// Whether a position off the globe ends the reading. An importer that wants to say what is wrong with it reads on.
    private let refusesOffGlobe: Bool

    init(path: String, bytes: [UInt8], refusesOffGlobe: Bool = true) {
        self.path = path
        self.bytes = bytes
        self.refusesOffGlobe = refusesOffGlobe
    }

    /// A feature as it stands in the file.
    struct Feature {
        /// GeoJSON's word, such as `Polygon`; empty for a null geometry.
        var kind = ""
        var polygons: [[[Vertex]]] = []
        var properties: [String: PlaceProperty] = [:]
        /// Of the feature's first brace.
        var byte = 0
    }

    /// Deeper nesting than any GeoJSON needs is refused before it can exhaust the stack.
    private static let maxDepth = 64

    func places() throws(BoundaryError) -> [Place] {
        let places = try features().compactMap(GeoJSONScanner.place)
        if places.isEmpty { throw .empty(path: path) }
        return places
    }

    /// All features, those without a polygon too.
    func features() throws(BoundaryError) -> [Feature] {
        var scanner = self
        return try scanner.featureCollection()
    }

    private static func place(_ feature: Feature) -> Place? {
        let rings = feature.polygons.flatMap { $0 }
        if rings.isEmpty { return nil }
        var code: Int32 = 0
        switch feature.properties["code"] {
        case .text(let text)?: code = Int32(text) ?? 0
        case .number(let number)?: code = Int32(exactly: number) ?? 0
        default: break
        }
        var name = ""
        if case .text(let text)? = feature.properties["name_zh"] ?? feature.properties["name"] { name = text }
        return Place(code: code, name: name, rings: rings, properties: feature.properties)
    }

    private func failure(_ reason: String) -> BoundaryError { .malformed(path: path, byte: position, reason: reason) }

    // MARK: GeoJSON

    private mutating func featureCollection() throws(BoundaryError) -> [Feature] {
        var features: [Feature] = []
        try object(depth: 0) { (scanner, key) throws(BoundaryError) in
            guard key == "features" else { return try scanner.skipValue(depth: 1) }
            try scanner.array(depth: 1) { (scanner) throws(BoundaryError) in features.append(try scanner.feature()) }
        }
        skipSpace()
        if position != bytes.count { throw failure("text after the end of the collection") }
        return features
    }

    private mutating func feature() throws(BoundaryError) -> Feature {
        skipSpace()
        var feature = Feature(byte: position)
        try object(depth: 2) { (scanner, key) throws(BoundaryError) in
            switch key {
            case "geometry": try scanner.geometry(of: &feature)
            case "properties": feature.properties = try scanner.scalars()
            default: try scanner.skipValue(depth: 3)
            }
        }
        return feature
    }

    /// The polygons of a polygonal geometry; none for null and for other kinds of geometry.
    private mutating func geometry(of feature: inout Feature) throws(BoundaryError) {
        skipSpace()
        if peek() == UInt8(ascii: "n") { return try skipValue(depth: 3) }
        var polygons: [[[Vertex]]] = []
        var kind = ""
        try object(depth: 3) { (scanner, key) throws(BoundaryError) in
            switch key {
            case "type": kind = try scanner.string()
            case "coordinates":
                polygons = []
                if case .ring(let ring) = try scanner.coordinates(into: &polygons, depth: 4) { polygons.append([ring]) }
            default: try scanner.skipValue(depth: 4)
            }
        }
        feature.kind = kind
        feature.polygons = kind == "Polygon" || kind == "MultiPolygon" ? polygons : []
    }

    private enum Nested {
        case position(Vertex)
        case ring([Vertex])
        case other
    }

    /// A position is handed up, and an array of positions as a ring; an array of rings is a polygon; arrays of those are walked.
    private mutating func coordinates(into polygons: inout [[[Vertex]]], depth: Int) throws(BoundaryError) -> Nested {
        guard depth < Self.maxDepth else { throw failure("nested too deeply") }
        skipSpace()
        try expect("[")
        skipSpace()
        if peek() == UInt8(ascii: "]") {
            position += 1
            return .other
        }
        if peek() != UInt8(ascii: "[") { return .position(try onePosition()) }
        var ring: [Vertex] = []
        var rings: [[Vertex]] = []
        while true {
            switch try coordinates(into: &polygons, depth: depth + 1) {
            case .position(let vertex): ring.append(vertex)
            case .ring(let inner): rings.append(inner)
            case .other: break
            }
            skipSpace()
            if peek() == UInt8(ascii: "]") { break }
            try expect(",")
        }
        position += 1
        if !rings.isEmpty { polygons.append(rings) }
        return ring.isEmpty ? .other : .ring(ring)
    }

    /// The numbers of a position whose bracket is open already; a height is passed over.
    private mutating func onePosition() throws(BoundaryError) -> Vertex {
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
        guard !refusesOffGlobe || (abs(longitude) <= 180 && abs(latitude) <= 90) else {
            throw failure("position \(longitude), \(latitude) is not longitude, latitude in degrees")
        }
        return Vertex(longitude: longitude, latitude: latitude)
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
