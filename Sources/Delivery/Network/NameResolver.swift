// NameResolver.swift: from a host's name to addresses that were checked. The connection is then made to the very address that passed, so a
// name that answers differently the second time (DNS rebinding) gains nothing. getaddrinfo blocks, so it runs on threads of its own.

import Glibc
import NIOCore
import NIOPosix

/// Why a host cannot be called.
public enum ResolutionError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownHost(String, reason: String)
    /// Every one of its addresses is refused.
    case refused(host: String, address: String, reason: String)

    public var description: String {
        switch self {
        case .unknownHost(let host, let reason): "the host '\(host)' is not known: \(reason)"
        case .refused(let host, let address, let reason):
            host == address
                ? "the address \(address) may not be called: it is \(reason)"
                : "the host '\(host)' has the address \(address), which may not be called: it is \(reason)"
        }
    }
}

/// Resolves and checks.
public struct NameResolver: Sendable {
    public let addressGuard: AddressGuard
    private let threads: NIOThreadPool

    /// - Parameter threads: where getaddrinfo blocks; the caller starts and ends it.
    public init(addressGuard: AddressGuard, threads: NIOThreadPool) {
        self.addressGuard = addressGuard
        self.threads = threads
    }

    /// The address to connect to: the first of the host's. If any of them is refused, all are: a host that has a public address beside an
    /// inner one has no good reason to.
    ///
    /// - Throws: `ResolutionError`.
    public func address(of host: String) async throws -> NetworkAddress {
        if let literal = NetworkAddress(host) {
            try check([literal], of: host)
            return literal
        }
        let found = try await threads.runIfActive { try NameResolver.lookUp(host) }
        try check(found, of: host)
        guard let first = found.first else { throw ResolutionError.unknownHost(host, reason: "it has no address") }
        return first
    }

    private func check(_ addresses: [NetworkAddress], of host: String) throws(ResolutionError) {
        for address in addresses {
            if let reason = addressGuard.refusal(of: address) {
                throw .refused(host: host, address: address.description, reason: reason)
            }
        }
    }

    private static func lookUp(_ host: String) throws(ResolutionError) -> [NetworkAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else { throw .unknownHost(host, reason: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var found: [NetworkAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            guard let raw = entry.pointee.ai_addr else { continue }
            let address: NetworkAddress? =
                switch entry.pointee.ai_family {
                case AF_INET:
                    raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { v4 in
                        NetworkAddress(bytes: withUnsafeBytes(of: v4.pointee.sin_addr) { Array($0) })
                    }
                case AF_INET6:
                    raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { v6 in
                        NetworkAddress(bytes: withUnsafeBytes(of: v6.pointee.sin6_addr) { Array($0) })
                    }
                default: nil
                }
            if let address, !found.contains(address) { found.append(address) }
        }
        return found
    }
}
