// AtlasServerConfiguration.swift: everything about a server that its operator may choose, with the reasons for the defaults.

import Atlas
import EcoChain
import NIOCore
import Registry

/// How to serve.
public struct AtlasServerConfiguration: Sendable {
    /// What one client may ask for.
    public struct Limits: Sendable {
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

    /// The snapshot file; a new one in its place is taken over.
    public var snapshotPath: String
    /// The registry with records and details; nil: details say only what the snapshot knows.
    public var registryPath: String?
    /// Whether the registry takes writes: it is opened for them, and the routes of the live registry are there.
    public var isLive = false
    /// When the live map is built anew.
    public var liveMap = LiveMapLimits()
    /// Names of provinces, prefectures and counties, for the search of snapshots that the live map builds.
    public var placeNames: [PlaceName] = []
    /// How long the steps of corrective action may take.
    public var deadlines = CorrectionDeadlines.standard
    /// Of a live server: where pushes may go.
    public var ecochain = EcoChainConfiguration()
    /// The folder of the map page; nil: the one that was built with the program.
    public var pagePath: String?
    /// The folder of the map library that tools/setup fetches; nil: `.assets` here or in a folder above the program.
    public var assetsPath: String?
    /// Address to listen on.
    public var host = "127.0.0.1"
    /// 0: any free port.
    public var port = 8080
    /// PEM files of the certificate chain and its private key: the server then speaks HTTPS only. Nil: plain HTTP.
    public var tls: (certificatePath: String, keyPath: String)?
    /// Memory for encoded tiles, bytes.
    public var cacheBytes = 128 << 20
    /// Event loops; nil: one a core.
    public var threads: Int?
    /// Whether the threads of connections go before all others of the machine, by real-time scheduling; the process must have the right to it.
    public var isRealTime = false
    /// Threads that make tiles and answer queries; nil: one a core, two at least.
    public var workers: Int?
    /// Whether X-Forwarded-Proto, -Host, -Prefix and -For are believed.
    public var trustsProxy = false
    /// Whether to start without a snapshot: /readyz says 503 until the file is there.
    public var waitsForSnapshot = false
    /// How often to look at the snapshot file.
    public var pollInterval: Duration = .seconds(1)
    /// Whether SIGHUP loads the snapshot again. It is the process's signal: for one server in a process.
    public var trapsHangup = true
    public var limits = Limits()

    public init(snapshotPath: String, registryPath: String? = nil) {
        self.snapshotPath = snapshotPath
        self.registryPath = registryPath
    }
}
