// AddressGuard.swift: which addresses a webhook may reach. A brand names a URL and our server calls it, from inside our network: without
// this, a brand could have it call the cloud's metadata service, a database next door, or a neighbour's router (server-side request
// forgery, SSRF). Refused is everything that IANA's registries of special-purpose addresses do not call globally reachable; an operator
// who needs an inner network opens it by name.

/// Decides about addresses.
public struct AddressGuard: Sendable {
    /// Blocks that the operator has opened.
    public let allowed: [NetworkBlock]

    public init(allowing allowed: [NetworkBlock] = []) { self.allowed = allowed }

    /// Why an address may not be called; nil: it may.
    public func refusal(of address: NetworkAddress) -> String? {
        if allowed.contains(where: { $0.contains(address) }) { return nil }
        if let inner = address.embeddedV4 {
            // What is opened as 127.0.0.0/8 is opened in its IPv6 dress too.
            if allowed.contains(where: { $0.contains(inner) }) { return nil }
            if let reason = refusal(of: inner) { return reason }
            return "an IPv4 address inside an IPv6 address"
        }
        if let block = AddressGuard.special.first(where: { $0.block.contains(address) }) { return block.reason }
        if !address.isV4, !AddressGuard.globalUnicast.contains(where: { $0.contains(address) }) {
            return "no address of the public internet"
        }
        return nil
    }

    /// 2000::/3 is all that IANA gives out of IPv6.
    private static let globalUnicast = ["2000::/3"].compactMap { NetworkBlock($0) }

    /// IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), multicast, and one metadata service that hides in public space.
    private static let special: [(block: NetworkBlock, reason: String)] = [
        ("0.0.0.0/8", "this host"), ("10.0.0.0/8", "a private network"), ("100.64.0.0/10", "a provider's inner network"),
        ("127.0.0.0/8", "this machine itself"), ("169.254.0.0/16", "a link-local address, as clouds' metadata services have"),
        ("172.16.0.0/12", "a private network"), ("192.0.0.0/24", "reserved for protocols"), ("192.0.2.0/24", "for documentation only"),
        ("192.88.99.0/24", "reserved"), ("192.168.0.0/16", "a private network"), ("198.18.0.0/15", "for measuring networks only"),
        ("198.51.100.0/24", "for documentation only"), ("203.0.113.0/24", "for documentation only"), ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "reserved"), ("168.63.129.16/32", "a cloud's metadata service"),
        ("::1/128", "this machine itself"), ("::/128", "this host"), ("fe80::/10", "a link-local address"),
        ("fc00::/7", "a private network"),
        ("ff00::/8", "a multicast address"), ("2001::/23", "reserved for protocols"), ("2001:db8::/32", "for documentation only"),
        ("3fff::/20", "for documentation only"),
    ].compactMap { text, reason in NetworkBlock(text).map { ($0, reason) } }
}
