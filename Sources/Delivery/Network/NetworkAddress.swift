// NetworkAddress.swift: IP addresses and blocks of them as bytes. Texts are read by inet_pton alone, which takes the one canonical kind of
// notation: 127.1, 0x7f000001, 0177.0.0.1 and 2130706433 are no addresses here, so no second reading of a text can differ from ours.

import Glibc
import NIOCore

/// An IPv4 or IPv6 address.
public struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes, the most significant first.
    public let bytes: [UInt8]

    public var isV4: Bool { bytes.count == 4 }

    /// Nil for other lengths.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads `192.0.2.1` or `2001:db8::1`; nil for anything else, also for zones (`fe80::1%eth0`).
    public init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            bytes = withUnsafeBytes(of: &v4) { Array($0) }
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            bytes = withUnsafeBytes(of: &v6) { Array($0) }
        } else {
            return nil
        }
    }

    /// The address of a socket; nil for a Unix one.
    public init?(_ address: SocketAddress) {
        switch address {
        case .v4(let address):
            var raw = address.address.sin_addr
            bytes = withUnsafeBytes(of: &raw) { Array($0) }
        case .v6(let address):
            var raw = address.address.sin6_addr
            bytes = withUnsafeBytes(of: &raw) { Array($0) }
        case .unixDomainSocket: return nil
        }
    }

    /// For connecting.
    public func socketAddress(port: Int) throws -> SocketAddress { try SocketAddress(ipAddress: description, port: port) }

    public var description: String {
        var buffer = [CChar](repeating: 0, count: 64)
        let family = isV4 ? AF_INET : AF_INET6
        guard bytes.withUnsafeBytes({ inet_ntop(family, $0.baseAddress, &buffer, 64) }) != nil else { return "?" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The IPv4 address inside an IPv6 one that networks or systems turn into it: mapped (::ffff:0:0/96), compatible (::/96) and
    /// translated (64:ff9b::/96, RFC 6052; 2002::/16, RFC 3056).
    var embeddedV4: NetworkAddress? {
        guard bytes.count == 16 else { return nil }
        let zeros = [UInt8](repeating: 0, count: 12)
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        let translated: [UInt8] = [0x00, 0x64, 0xFF, 0x9B] + [UInt8](repeating: 0, count: 8)
        let head = Array(bytes[..<12])
        if head == mapped || head == translated || head == zeros { return NetworkAddress(bytes: Array(bytes[12...])) }
        if bytes[0] == 0x20, bytes[1] == 0x02 { return NetworkAddress(bytes: Array(bytes[2..<6])) }
        return nil
    }
}

/// A block of addresses, such as `10.0.0.0/8`.
public struct NetworkBlock: Hashable, Sendable, CustomStringConvertible {
    public let base: NetworkAddress
    /// Leading bits that all its addresses share.
    public let prefixLength: Int

    /// Nil when the text is no block: an address alone is one of its own.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = NetworkAddress(String(parts[0])) else { return nil }
        let bits = address.bytes.count * 8
        guard parts.count == 2 else {
            (base, prefixLength) = (address, bits)
            return
        }
        let digits = parts[1]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(digits), length <= bits else {
            return nil
        }
        (base, prefixLength) = (address, length)
    }

    public func contains(_ address: NetworkAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        let whole = prefixLength / 8
        guard address.bytes[..<whole] == base.bytes[..<whole] else { return false }
        let rest = prefixLength % 8
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
        return address.bytes[whole] & mask == base.bytes[whole] & mask
    }

    public var description: String { "\(base)/\(prefixLength)" }
}
