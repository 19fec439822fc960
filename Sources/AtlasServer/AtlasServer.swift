// AtlasServer.swift: the server as a whole: loads the snapshot, binds the port, serves until it is told to stop. SIGTERM and SIGINT let
// requests in progress finish.

import Atlas
import CMalloc
import Glibc
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import MapArt
import Metrics
import NIOCore
import NIOPosix
import NIOSSL
import Registry
import ServiceLifecycle
import UnixSignals

/// Why a server could not start.
public enum AtlasServerError: Error, Sendable, CustomStringConvertible {
    case snapshot(SnapshotError)
    case registry(RegistryError)
    case portInUse(host: String, port: Int)
    case cannotListen(host: String, port: Int, reason: String)
    case badConfiguration(String)

    public var description: String {
        switch self {
        case .snapshot(let error): "\(error)"
        case .registry(let error): "\(error)"
        case .portInUse(let host, let port):
            "cannot listen on \(host):\(port): the port is in use; stop what runs there, or choose another with --port"
        case .cannotListen(let host, let port, let reason): "cannot listen on \(host):\(port): \(reason)"
        case .badConfiguration(let reason): reason
        }
    }
}

/// An HTTP server over one snapshot file.
public struct AtlasServer: Sendable {
    public let configuration: AtlasServerConfiguration
    /// Everything that is counted; give it to `MetricsSystem.bootstrap` to have libraries report here too.
    public let metrics: PrometheusRegistry
    private let logger: Logger

    public init(configuration: AtlasServerConfiguration, metrics: PrometheusRegistry = PrometheusRegistry(), logger: Logger) {
        self.configuration = configuration
        self.metrics = metrics
        self.logger = logger
    }

    /// Serves until the task is cancelled or graceful shutdown is asked for.
    ///
    /// - Parameters:
    ///   - signals: those that end the process gracefully; none in tests.
    ///   - onReady: called once with the port, when requests are answered.
    /// - Throws: `AtlasServerError`.
    public func run(
        stoppingOn signals: [UnixSignal] = [.sigterm, .sigint], onReady: @escaping @Sendable (_ port: Int) -> Void
    ) async throws {
        // Memory of a tile is kept for the next one. By default glibc gives it back to the system, and half of a dense tile's time
        // is page faults.
        mallopt(M_MMAP_THRESHOLD, 64 << 20)
        mallopt(M_TRIM_THRESHOLD, 256 << 20)
        try await run(stoppingOn: signals, workers: nil, onReady: onReady)
    }

    /// - Parameter workers: a pool of the caller's; nil makes one.
    func run(stoppingOn signals: [UnixSignal], workers: WorkPool?, onReady: @escaping @Sendable (_ port: Int) -> Void) async throws {
        try check()
        let counted = ServerMetrics(registry: metrics)
        defer { metrics.endCollecting() }
        let cache = TileCache(limitBytes: configuration.cacheBytes, metrics: counted)
        AtlasServer.watch(cache, counted)
        let workers = workers ?? WorkPool(threads: configuration.workers ?? max(System.coreCount, 2))
        let holder = SnapshotHolder()
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads ?? System.coreCount)
        var live: LiveServices?
        do {
            if configuration.isRealTime { try await LoopScheduling.putFirst(loops) }
            live = try openLive(holder, cache, workers, counted, loops)
            let watcher = SnapshotWatcher(
                snapshotPath: configuration.snapshotPath, registryPath: configuration.registryPath, holder: holder, cache: cache,
                map: live?.map, workers: workers, metrics: counted, interval: configuration.pollInterval,
                trapsHangup: configuration.trapsHangup, logger: logger)
            try load(watcher)
            try await serve(signals, watcher, holder, cache, workers, counted, loops, live, onReady)
        } catch {
            await live?.shutDown()
            await workers.shutDown()
            try? await loops.shutdownGracefully()
            throw translated(error)
        }
        await live?.shutDown()
        await workers.shutDown()
        try? await loops.shutdownGracefully()
    }

    /// The live registry, if the server is to have one. Opened first: it brings an older file up to date.
    private func openLive(
        _ holder: SnapshotHolder, _ cache: TileCache, _ workers: WorkPool, _ counted: ServerMetrics, _ loops: MultiThreadedEventLoopGroup
    ) throws -> LiveServices? {
        guard configuration.isLive else { return nil }
        guard let path = configuration.registryPath else {
            throw AtlasServerError.badConfiguration("--live: needs a registry; name it with --store")
        }
        return try LiveServices(
            storePath: path, configuration: configuration, snapshots: holder, cache: cache, workers: workers, metrics: counted,
            loops: loops, logger: logger)
    }

    private func check() throws(AtlasServerError) {
        guard (0...65_535).contains(configuration.port) else {
            throw .badConfiguration("--port: \(configuration.port) is not a port; use 0 to 65535")
        }
        if let threads = configuration.threads, !(1...1024).contains(threads) {
            throw .badConfiguration("--threads: \(threads) is not between 1 and 1024")
        }
        guard configuration.cacheBytes >= 0 else { throw .badConfiguration("--cache-mb: must not be negative") }
    }

    private func load(_ watcher: SnapshotWatcher) throws {
        do {
            try watcher.loadFirst()
        } catch {
            guard configuration.waitsForSnapshot else { throw error }
            logger.warning("no snapshot yet; waiting for one", metadata: ["error": "\(error)"])
        }
    }

    private func serve(
        _ signals: [UnixSignal], _ watcher: SnapshotWatcher, _ holder: SnapshotHolder, _ cache: TileCache, _ workers: WorkPool,
        _ counted: ServerMetrics, _ loops: MultiThreadedEventLoopGroup, _ live: LiveServices?, _ onReady: @escaping @Sendable (Int) -> Void
    ) async throws {
        let gzip = Gzip()
        let art = ArtCache(gzip: gzip)
        // A tile is often compressed for one reader: in half the time, to 5 % more bytes.
        let tiles = TileService(
            snapshots: holder, cache: cache, gzip: Gzip(level: 1), workers: workers, metrics: counted, isLive: live != nil)
        let responder = AtlasResponder(
            configuration: configuration, snapshots: holder, tiles: tiles,
            factories: FactoryEndpoints(snapshots: holder, limits: configuration.limits), search: SearchEndpoint(snapshots: holder),
            places: PlaceEndpoints(snapshots: holder),
            carbon: CarbonEndpoints(snapshots: holder, limits: configuration.limits), page: page(gzip),
            art: ArtEndpoints(snapshots: holder, letters: letters(), cache: art), gzip: gzip, workers: workers, metrics: counted,
            live: live)
        let door = FrontDoorServices(
            tiles: tiles, metrics: counted, limits: configuration.limits, takesBodies: live != nil, logger: logger)
        let port = configuration.port
        let tls = try tlsConfiguration()
        let application = Application(
            responder: responder,
            server: HTTPServerBuilder { responder in
                let plain = ServerChannel(responder: responder, services: door)
                guard let tls else { return plain }
                return try TLSChannel(plain, tlsConfiguration: tls)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.limits.connections)),
            services: [watcher] + (live?.background ?? []),
            onServerRunning: { channel in onReady(channel.localAddress?.port ?? port) },
            eventLoopGroupProvider: .shared(loops),
            logger: logger)
        do { try await application.runService(gracefulShutdownSignals: signals) } catch {
            await art.shutDown()
            throw error
        }
        await art.shutDown()
    }

    /// TLS 1.2 or later, HTTP/1.1; nil for plain HTTP.
    private func tlsConfiguration() throws -> TLSConfiguration? {
        guard let files = configuration.tls else { return nil }
        func read<Value>(_ option: String, _ path: String, _ body: () throws -> Value) throws -> Value {
            do { return try body() } catch {
                throw AtlasServerError.badConfiguration("\(option): '\(path)' cannot be read as PEM: \(error)")
            }
        }
        let chain = try read("--tls-cert", files.certificatePath) { try NIOSSLCertificate.fromPEMFile(files.certificatePath) }
        guard !chain.isEmpty else { throw AtlasServerError.badConfiguration("--tls-cert: '\(files.certificatePath)' holds no certificate") }
        let key = try read("--tls-key", files.keyPath) { try NIOSSLPrivateKey(file: files.keyPath, format: .pem) }
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = ["http/1.1"]
        return tls
    }

    private func page(_ gzip: Gzip) -> PageFiles {
        let folder = configuration.pagePath ?? PageFiles.builtIn
        let page = PageFiles(folders: [folder, configuration.assetsPath ?? PageFiles.fetched].compactMap(\.self), gzip: gzip)
        if !page.hasPage { logger.warning("the map page was not found; '/' lists links instead", metadata: ["folder": "\(folder)"]) }
        return page
    }

    /// Letters for the maps; without any, maps have no labels.
    private func letters() -> MapFonts? {
        let fonts = MapFonts()
        if let fonts {
            logger.info("fonts of the maps' labels", metadata: ["fonts": "\(fonts.names.joined(separator: ", "))"])
        } else {
            logger.warning(
                "no font is installed: maps come without labels",
                metadata: ["folder": "\(MapFonts.folder)", "install": "\(MapFonts.package)"])
        }
        return fonts
    }

    private static func watch(_ cache: TileCache, _ counted: ServerMetrics) {
        let registry = counted.registry
        let bytes = Meter(label: "blueatlas_tile_cache_bytes", factory: registry)
        let entries = Meter(label: "blueatlas_tile_cache_entries", factory: registry)
        let limit = Meter(label: "blueatlas_tile_cache_limit_bytes", factory: registry)
        let ratio = Meter(label: "blueatlas_tile_cache_hit_ratio", factory: registry)
        limit.set(cache.limitBytes)
        registry.onExport { [weak cache] in
            guard let cache else { return }
            let usage = cache.usage
            bytes.set(usage.bytes)
            entries.set(usage.entries)
            ratio.set(cache.hitRatio)
        }
    }

    private func translated(_ error: any Error) -> any Error {
        switch error {
        case let error as AtlasServerError: error
        case let error as SnapshotError: AtlasServerError.snapshot(error)
        case let error as RegistryError: AtlasServerError.registry(error)
        case let error as IOError where error.errnoCode == EADDRINUSE:
            AtlasServerError.portInUse(host: configuration.host, port: configuration.port)
        case let error as IOError:
            AtlasServerError.cannotListen(
                host: configuration.host, port: configuration.port, reason: String(cString: strerror(error.errnoCode)))
        case is CancellationError: error
        default: AtlasServerError.cannotListen(host: configuration.host, port: configuration.port, reason: "\(error)")
        }
    }
}
