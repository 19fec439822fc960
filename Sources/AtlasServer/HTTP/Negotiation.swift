// Negotiation.swift: what a client can read (Accept-Encoding, RFC 9110 section 12.5.3).

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
