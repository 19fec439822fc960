// MailMessage.swift: a plain-text mail as bytes (RFC 5322, MIME RFC 2045 to 2047). Nothing that comes from data can become a header: addresses
// are checked against a narrow grammar, and every text is base64, whose alphabet has neither line breaks nor colons.

import Foundation

/// An address that is safe in a header and in an SMTP command.
public struct MailAddress: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// Reads `name@host`. Nil for anything but letters, digits and the atom characters of RFC 5322 before the @ and a host name behind it:
    /// quoted local parts, comments, address literals and non-ASCII addresses are legal in places and refused here.
    public init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 254, (1...64).contains(parts[0].utf8.count) else { return nil }
        let atoms = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let marks = Set("!#$%&'*+-/=?^_`{|}~".utf8)
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        guard atoms.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { isAlphanumeric($0) || marks.contains($0) } }) else { return nil }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        let fits = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
                && !label.hasPrefix("-") && !label.hasSuffix("-")
        }
        guard fits else { return nil }
        description = text
    }
}

/// A mail to send.
public struct MailMessage: Sendable {
    public var from: MailAddress
    public var to: MailAddress
    public var subject: String
    public var text: String
    /// Seconds since 1970.
    public var date: Int64
    /// Before the @ of the Message-ID: the same for every attempt, so that receivers can drop repeats. Letters, digits, points and hyphens;
    /// others are left out.
    public var identifier: String

    public init(from: MailAddress, to: MailAddress, subject: String, text: String, date: Int64, identifier: String) {
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.date = date
        self.identifier = identifier
    }

    /// The whole message, lines ended by CR LF, ASCII only, no line longer than 78 characters but for long addresses.
    public var bytes: [UInt8] {
        let domain = from.description.split(separator: "@").last.map(String.init) ?? "localhost"
        let safe = identifier.unicodeScalars.filter {
            $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-" || $0 == ".")
        }
        var lines = [
            "From: BlueAtlas <\(from)>", "To: <\(to)>", "Subject: \(MailMessage.encodedWords(subject))",
            "Date: \(MailMessage.dateText(date))",
            "Message-ID: <\(String(String.UnicodeScalarView(safe)))@\(domain)>", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
            // RFC 3834: nobody's holiday notice should come back.
            "Auto-Submitted: auto-generated", "",
        ]
        // Text in mail has CR LF at line ends, also inside base64 (RFC 2045 section 6.8).
        let canonical = text.replacingOccurrences(of: "\r\n", with: "\n").replacingOccurrences(of: "\n", with: "\r\n")
        let encoded = Array(Data(canonical.utf8).base64EncodedString().utf8)
        for start in stride(from: 0, to: encoded.count, by: 76) {
            lines.append(String(decoding: encoded[start..<min(start + 76, encoded.count)], as: UTF8.self))
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
    }

    /// RFC 2047: each word whole characters on a line of its own, none over 76 characters, "Subject: " before the first included.
    static func encodedWords(_ text: String) -> String {
        // 39 bytes are 52 characters of base64, with 12 for the frame and 9 for the field's name.
        var words: [String] = []
        var chunk: [UInt8] = []
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if chunk.count + bytes.count > 39 {
                words.append(Data(chunk).base64EncodedString())
                chunk = []
            }
            chunk += bytes
        }
        if !chunk.isEmpty { words.append(Data(chunk).base64EncodedString()) }
        return words.map { "=?utf-8?B?\($0)?=" }.joined(separator: "\r\n ")
    }

    /// RFC 5322 section 3.3, in UTC.
    static func dateText(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return """
            \(days[Int(parts.tm_wday) % 7]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon) % 12]) \(parts.tm_year + 1900) \
            \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) +0000
            """
    }
}
