// ClientAddress.swift: where a request comes from, for the audit log and the rate limits.

import Glibc
import HTTPTypes
import NIOCore

enum ClientAddress {
    /// - Parameter trustsProxy: whether the last address of X-Forwarded-For, which our own proxy has added, is believed. The ones before
    ///   it are the client's own words.
    static func of(_ headers: HTTPFields, _ remote: SocketAddress?, trustsProxy: Bool) -> String? {
        if trustsProxy, let header = headers[.xForwardedFor], let last = header.split(separator: ",").last {
            let text = String(last.filter { $0 != " " })
            if isAddress(text) { return text }
        }
        return remote?.ipAddress
    }

    /// Whom a limit counts: an IPv4 address; of an IPv6 one the first half, since a household has all addresses of its network.
    static func client(_ address: String?) -> String {
        guard let address else { return "" }
        var bytes = in6_addr()
        guard address.contains(":"), inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        return withUnsafeBytes(of: &bytes) { $0.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") }
    }

    private static func isAddress(_ text: String) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        return text.utf8.count < 64 && (inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1)
    }
}
