// RequestTarget.swift: the target of a request, taken apart strictly: what is not valid percent-encoded UTF-8 is an error with a
// name, never a guess. Segments are split before they are decoded, so an encoded slash stays inside its segment.

/// Path and query of a request.
struct RequestTarget: Sendable {
    /// Decoded segments of the path; `/` has none.
    var segments: [String]
    /// Decoded names and values of the query, in the client's order.
    var parameters: [(name: String, value: String)]

    /// - Parameter text: origin-form (`/path?query`) or absolute-form (`http://host/path?query`), RFC 9112 section 3.2.
    /// - Throws: `Problem` 400.
    init(_ text: String) throws(Problem) {
        var rest = text[...]
        for scheme in ["http://", "https://"] where rest.utf8.starts(with: scheme.utf8) {
            let authority = rest.dropFirst(scheme.count)
            rest = authority.firstIndex(of: "/").map { authority[$0...] } ?? "/"
        }
        if let fragment = rest.utf8.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<fragment] }
        let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
        let path = mark.map { rest[..<$0] } ?? rest
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw Problem(.badRequest, kind: .malformedTarget, detail: "the path must begin with '/'")
        }
        segments = []
        if path.utf8.count > 1 {
            for part in path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
                guard let segment = RequestTarget.decode(Substring(part), plusIsSpace: false) else {
                    throw Problem(.badRequest, kind: .malformedTarget, detail: "the path is not valid percent-encoded UTF-8")
                }
                segments.append(segment)
            }
        }
        parameters = []
        guard let mark else { return }
        for pair in rest.utf8[rest.utf8.index(after: mark)...].split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            let rawName = Substring(equals.map { pair[..<$0] } ?? pair)
            let rawValue = equals.map { Substring(pair[pair.index(after: $0)...]) } ?? ""
            guard let name = RequestTarget.decode(rawName, plusIsSpace: true) else {
                throw Problem(.badRequest, kind: .malformedTarget, detail: "a parameter's name is not valid percent-encoded UTF-8")
            }
            guard let value = RequestTarget.decode(rawValue, plusIsSpace: true) else {
                throw Problem(parameter: name, detail: "\(name): the value is not valid percent-encoded UTF-8")
            }
            parameters.append((name, value))
        }
    }

    /// Nil for a broken escape or for bytes that are not UTF-8.
    static func decode(_ text: Substring, plusIsSpace: Bool) -> String? {
        let plain = text.utf8.allSatisfy { $0 != UInt8(ascii: "%") && $0 != UInt8(ascii: "+") && $0 < 0x80 }
        if plain { return String(text) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hexDigit), let low = iterator.next().flatMap(hexDigit) else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Percent-encodes all but the unreserved characters of RFC 3986 and those in `keeping`.
    static func encode(_ text: String, keeping: String = "") -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            let unreserved =
                (scalar.properties.isAlphabetic && byte < 0x80) || (0x30...0x39).contains(byte) || "-._~".unicodeScalars.contains(scalar)
            if unreserved || (byte < 0x80 && keeping.unicodeScalars.contains(scalar)) {
                result.unicodeScalars.append(scalar)
            } else {
                result += byte < 16 ? "%0" : "%"
                result += String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
