// WebhookURL.swift: the address of a webhook, read strictly. URLs that two programs read differently are how guards are passed by, so what
// is unusual is refused: user names, fragments, hosts of digits that are no plain address, escapes in hosts, control characters.

/// A checked `http` or `https` address.
public struct WebhookURL: Hashable, Sendable, CustomStringConvertible {
    public let isSecure: Bool
    /// In lower case; a name, or an address without brackets.
    public let host: String
    public let port: Int
    /// Path and query, beginning with `/`.
    public let target: String

    public static let longest = 2_000

    /// Why a text is no address of a webhook.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String

        public init(description: String) { self.description = description }
    }

    /// - Throws: `Invalid`, which says what would be right.
    public init(_ text: String) throws(Invalid) {
        guard text.utf8.count <= WebhookURL.longest else { throw Invalid(description: "is longer than \(WebhookURL.longest) bytes") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw Invalid(
                description: "holds spaces, backslashes, control or non-ASCII characters; percent-encode them, and write a host in ASCII")
        }
        guard !text.contains("#") else { throw Invalid(description: "has a fragment (#…), which is never sent; leave it out") }
        let rest: Substring
        let lower = text.lowercased()
        if lower.hasPrefix("https://") {
            (isSecure, rest) = (true, text.dropFirst(8))
        } else if lower.hasPrefix("http://") {
            (isSecure, rest) = (false, text.dropFirst(7))
        } else {
            throw Invalid(description: "must begin with https:// or http://")
        }
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<authorityEnd]
        guard !authority.contains("@") else {
            throw Invalid(description: "holds a user name or password; deliveries are signed instead, see docs/ecochain.md")
        }
        (host, port) = try WebhookURL.hostAndPort(authority, isSecure: isSecure)
        let path = rest[authorityEnd...]
        target = path.isEmpty ? "/" : path.hasPrefix("?") ? "/" + path : String(path)
    }

    private static func hostAndPort(_ authority: Substring, isSecure: Bool) throws(Invalid) -> (host: String, port: Int) {
        let host: String
        let tail: Substring
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else {
                throw Invalid(description: "has an IPv6 address whose bracket is not closed")
            }
            let inside = String(authority[authority.index(after: authority.startIndex)..<close])
            guard let address = NetworkAddress(inside), !address.isV4 else {
                throw Invalid(description: "has '\(inside)' in brackets, which is no IPv6 address")
            }
            host = address.description
            tail = authority[authority.index(after: close)...]
        } else {
            let end = authority.firstIndex(of: ":") ?? authority.endIndex
            host = try name(authority[..<end])
            tail = authority[end...]
        }
        guard !tail.isEmpty else { return (host, isSecure ? 443 : 80) }
        let digits = tail.dropFirst()
        guard tail.hasPrefix(":"), (1...5).contains(digits.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits), (1...65_535).contains(port)
        else { throw Invalid(description: "has a port that is none; a port is 1 to 65535") }
        // No webhook is a mail, name or file server; whoever asks for one of these ports means something else.
        guard port == 80 || port == 443 || port >= 1024 else {
            throw Invalid(description: "names port \(port); allowed are 80, 443 and those from 1024 on")
        }
        return (host, port)
    }

    private static func name(_ text: Substring) throws(Invalid) -> String {
        var name = text.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        guard !name.isEmpty, name.utf8.count <= 253 else { throw Invalid(description: "names no host") }
        if let address = NetworkAddress(name), address.isV4 { return address.description }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        for label in labels {
            let fits = label.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
            guard fits, (1...63).contains(label.utf8.count), !label.hasPrefix("-"), !label.hasSuffix("-") else {
                throw Invalid(description: "names the host '\(name)', which is no host name")
            }
        }
        // 2130706433, 0x7f000001, 0177.0.0.1, 127.1: other programs read such as addresses (WHATWG URL, "ends in a number").
        if let last = labels.last, last.utf8.allSatisfy({ (0x30...0x39).contains($0) }) || last.hasPrefix("0x") {
            throw Invalid(
                description: "names the host '\(name)', a number; write an IPv4 address as four decimal numbers, such as 192.0.2.1")
        }
        return name
    }

    /// The value of the Host header.
    public var hostHeader: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? shown : "\(shown):\(port)"
    }

    /// What a limit of connections counts by.
    public var origin: String { "\(isSecure ? "https" : "http")://\(hostHeader)" }

    public var description: String { origin + target }
}
