// AtlasServerConfiguration.swift: everything about a server that its operator may choose, with the reasons for the defaults.

import Atlas
import EcoChain
import Registry

/// How to serve.
public struct AtlasServerConfiguration: Sendable {
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
    public var limits = ServerLimits()

    public init(snapshotPath: String, registryPath: String? = nil) {
        self.snapshotPath = snapshotPath
        self.registryPath = registryPath
    }
}
