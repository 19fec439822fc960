// ServerLimits.swift: how much a client may ask for, send and keep waiting.

import NIOCore

/// What one client may ask for.
public struct ServerLimits: Sendable {
    /// Largest radius of a query, metres; 100 km at most.
    public var radiusMeters = 100_000.0
    /// Largest page, and largest `k`; 1,000 at most.
    public var hits = 1_000
    /// Factories on a page when the client does not say.
    public var defaultHits = 100
    /// Longest target of a request, bytes: 8,000 is what RFC 9112 asks of every server.
    public var targetBytes = 8_192
    /// All header fields of a request together, bytes.
    public var headerBytes = 16_384
    /// Body of a request that takes none, bytes: this much is read and ignored. Routes of the live registry have limits of their own.
    public var bodyBytes = 65_536
    /// Requests a second to routes of the live registry, of one key, and of one address without a key that counts; 0: any number.
    public var requestsPerKey = 10_000.0
    public var requestsPerAddress = 100.0
    /// A request that is still arriving after this time must have brought so many bytes a second, or its connection ends.
    public var requestPatience: TimeAmount = .seconds(20)
    public var slowestBytesPerSecond = 128.0
    /// Open connections; further ones wait in the system's queue.
    public var connections = 4_096
    /// How long a connection may be silent, and how long a request's head may take.
    public var idleTimeout: TimeAmount = .seconds(75)
    /// How long clients have to take their answers once the server is told to stop: less than supervisors wait before they kill.
    public var drainTimeout: TimeAmount = .seconds(10)

    public init() {}
}
