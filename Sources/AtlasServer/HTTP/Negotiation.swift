// Negotiation.swift: what a client can read (Accept-Encoding, RFC 9110 section 12.5.3) and what it already has (If-None-Match,
// section 13.1.2).

/// How a body is encoded.
enum ContentCoding: UInt8, Hashable, Sendable {
    case identity = 0
    case gzip = 1

    /// The coding to use for a value of Accept-Encoding; nil: the header is absent.
    ///
    /// gzip when it is accepted and no less wanted than the plain body. A client that forbids both gets the plain one.
    static func preferred(_ header: String?) -> ContentCoding {
        guard let header else { return .identity }
        if header == "gzip" || header.utf8.starts(with: "gzip, deflate".utf8) && !header.utf8.contains(UInt8(ascii: ";")) { return .gzip }
        var gzip: Double?
        var identity: Double?
        var any: Double?
        for element in header.utf8.split(separator: UInt8(ascii: ",")) {
            let parts = element.split(separator: UInt8(ascii: ";"))
            guard let name = parts.first.map({ trimmed(Substring($0)).lowercased() }) else { continue }
            var weight = 1.0
            for part in parts.dropFirst() {
                let text = trimmed(Substring(part)).lowercased()
                guard text.hasPrefix("q=") else { continue }
                // A weight that is none says nothing of use: as if it were refused.
                weight = Double(text.dropFirst(2)).flatMap { (0...1).contains($0) ? $0 : nil } ?? 0
            }
            switch name {
            case "gzip", "x-gzip": gzip = max(gzip ?? 0, weight)
            case "identity": identity = weight
            case "*": any = weight
            default: break
            }
        }
        let gzipWeight = gzip ?? any ?? 0
        return gzipWeight > 0 && gzipWeight >= (identity ?? 0) ? .gzip : .identity
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}

/// Entity tags.
enum EntityTag {
    /// Whether a value of If-None-Match names `etag` (with its quotes): by weak comparison, in a list, or by `*`.
    static func matches(_ header: String, _ etag: String) -> Bool {
        let bytes = Array(header.utf8)
        let wanted = Array(etag.utf8)
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ","): index += 1
            case UInt8(ascii: "*"): return true
            case UInt8(ascii: "W") where index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "/"): index += 2
            case UInt8(ascii: "\""):
                guard let end = bytes[(index + 1)...].firstIndex(of: UInt8(ascii: "\"")) else { return false }
                if bytes[index...end].elementsEqual(wanted) { return true }
                index = end + 1
            default: return false
            }
        }
        return false
    }
}
