// SMTPReply.swift: what an SMTP server answers (RFC 5321 section 4.2): lines of a three-digit code, a hyphen or a space, and text.

/// One reply, of one line or several.
public struct SMTPReply: Hashable, Sendable {
    public var code: Int
    public var lines: [String]

    /// For messages: the reply on one line, shortened. Servers send anything.
    public var text: String {
        let joined = lines.joined(separator: " ").unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) }
        return "\(code) " + String(joined.prefix(200))
    }

    /// The EHLO keyword's parameters; nil when the server does not offer it.
    func parameters(of keyword: String) -> [String]? {
        for line in lines.dropFirst() {
            // Old servers write AUTH=LOGIN.
            let words = line.uppercased().split(whereSeparator: { $0 == " " || $0 == "=" }).map(String.init)
            if words.first == keyword { return Array(words.dropFirst()) }
        }
        return nil
    }
}

/// Gathers a reply from bytes as they come.
struct SMTPReplyParser {
    private var line: [UInt8] = []
    private var partial: SMTPReply?

    /// RFC 5321 allows 512 bytes a line; nobody needs more than this of lines.
    private static let longestLine = 2_000
    private static let mostLines = 100

    struct Malformed: Error {}

    /// Whether a reply has begun and not ended, or bytes of the next one are here.
    var hasLeftovers: Bool { !line.isEmpty || partial != nil }

    /// - Returns: the reply that this byte completes.
    mutating func take(_ byte: UInt8) throws(Malformed) -> SMTPReply? {
        guard byte == 0x0A else {
            guard line.count < SMTPReplyParser.longestLine else { throw Malformed() }
            line.append(byte)
            return nil
        }
        if line.last == 0x0D { line.removeLast() }
        defer { line = [] }
        let digits = line.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }), let code = Int(String(decoding: digits, as: UTF8.self)),
            (200..<600).contains(code)
        else { throw Malformed() }
        let mark = line.count > 3 ? line[3] : 0x20
        guard mark == 0x20 || mark == UInt8(ascii: "-") else { throw Malformed() }
        var reply = partial ?? SMTPReply(code: code, lines: [])
        guard reply.code == code, reply.lines.count < SMTPReplyParser.mostLines else { throw Malformed() }
        reply.lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
        partial = mark == 0x20 ? nil : reply
        return mark == 0x20 ? reply : nil
    }
}
