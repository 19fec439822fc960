// BaseAddress.swift: by which address the client reached us, for the absolute addresses in TileJSON, styles and links.

import HTTPTypes

enum BaseAddress {
    /// `http://host:port`, without a slash at the end; nil where no host is named, which only HTTP/1.0 allows (the front door sees to
    /// that): links are then relative.
    ///
    /// - Parameter trustsProxy: whether X-Forwarded-Proto, -Host and -Prefix are believed. Only where a proxy of ours sets them: else
    ///   a client could make a shared cache hand out addresses of its own.
    /// - Throws: `Problem` 400 for a Host that is none.
    static func of(_ request: HTTPRequest, trustsProxy: Bool, isTLS: Bool = false) throws(Problem) -> String? {
        var scheme = isTLS ? "https" : "http"
        var host = request.authority ?? ""
        var prefix = ""
        if trustsProxy {
            if let name = HTTPField.Name("x-forwarded-proto"), let value = first(request.headerFields[name])?.lowercased(),
                value == "http" || value == "https"
            {
                scheme = value
            }
            if let name = HTTPField.Name("x-forwarded-host"), let value = first(request.headerFields[name]) { host = value }
            if let name = HTTPField.Name("x-forwarded-prefix"), let value = first(request.headerFields[name]) {
                prefix = value.hasSuffix("/") ? String(value.dropLast()) : value
            }
        }
        if host.isEmpty, prefix.isEmpty { return nil }
        guard isHost(host), prefix.isEmpty || isPrefix(prefix) else {
            throw Problem(.badRequest, kind: .malformedRequest, detail: "the Host header is not a host with an optional port")
        }
        return "\(scheme)://\(host)\(prefix)"
    }

    private static func first(_ value: String?) -> String? {
        guard let part = value?.split(separator: ",").first else { return nil }
        return part.split(separator: " ").first.map { String($0) }
    }

    static func isHost(_ host: String) -> Bool {
        !host.isEmpty && host.utf8.count <= 255
            && host.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || ".-_:[]".utf8.contains(byte)
            }
    }

    private static func isPrefix(_ prefix: String) -> Bool {
        prefix.hasPrefix("/") && !prefix.hasPrefix("//")
            && prefix.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || "/.-_~".utf8.contains(byte)
            }
    }
}
