// AtlasServer.swift: the server as a whole: its options, its services, its start and its end.

import Atlas
import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import Metrics
import NIOCore
import NIOPosix
import Registry
import ServiceLifecycle
import UnixSignals

/// What a server may be told.
public struct ServerOptions: Sendable {
    public var snapshotPath: String
    /// Nil: factories' details come without records.
    public var storePath: String?
    public var host = "127.0.0.1"
    /// 0: any free one.
    public var port = 8080
    /// Memory for tiles that are ready to send.
    public var cacheBytes = 128 << 20
    /// Threads for tiles and queries.
    public var threads = System.coreCount
    /// Believe X-Forwarded-Proto and X-Forwarded-Host. Only behind a proxy that sets them.
    public var trustsProxy = false
    /// Seconds for which a client may use a tile without asking again.
    public var tileMaxAge = 60
    public var maximumTargetBytes = 8_192
    public var maximumHeaderBytes = 32_768
    public var maximumConnections = 4_096
    public var idleSeconds = 60

    public init(snapshotPath: String, storePath: String? = nil) {
        self.snapshotPath = snapshotPath
        self.storePath = storePath
    }
}

/// Why a server cannot start.
public enum ServerError: Error, Sendable, CustomStringConvertible {
    case portInUse(host: String, port: Int)
    case cannotListen(host: String, port: Int, reason: String)

    public var description: String {
        switch self {
        case .portInUse(let host, let port):
            "port \(port) of \(host) is in use by another program; stop that one or say --port with another number"
        case .cannotListen(let host, let port, let reason): "cannot listen on \(host):\(port): \(reason)"
        }
    }
}

public enum AtlasServer {
    private static let registry = PrometheusRegistry()
    private static let bootstrap: Void = MetricsSystem.bootstrap(registry)

    /// Serves until SIGTERM or SIGINT, then lets requests under way finish. SIGHUP and a replaced file load the snapshot anew.
    ///
    /// - Parameter onRunning: called with the port once connections are taken.
    /// - Throws: `SnapshotError`, `RegistryError`, `ServerError`.
    public static func run(
        _ options: ServerOptions, logger: Logger, onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) async throws {
        _ = bootstrap
        // Memory of a tile is kept for the next one: by default it goes back to the system, and half of a dense tile's time is page faults.
        mallopt(M_MMAP_THRESHOLD, 64 << 20)
        mallopt(M_TRIM_THRESHOLD, 256 << 20)
        let holder = try SnapshotHolder(path: options.snapshotPath, logger: logger)
        let store = try options.storePath.map { try RegistryStore(path: $0, mode: .readOnly) }
        let pool = NIOThreadPool(numberOfThreads: max(options.threads, 1))
        pool.start()
        let responder = AtlasResponder(holder: holder, store: store, pool: pool, metrics: registry, options: options)
        let application = Application(
            responder: responder,
            server: .http1(
                configuration: .init(
                    idleTimeout: .seconds(Int64(options.idleSeconds)))),
            configuration: .init(
                address: .hostname(options.host, port: options.port), serverName: "BlueAtlas",
                availableConnectionsDelegate: MaximumAvailableConnections(options.maximumConnections)),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? options.port) },
            logger: logger)
        let services = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: application, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: SnapshotWatcher(holder: holder, logger: logger)),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await services.run()
        } catch let error as IOError {
            try? await pool.shutdownGracefully()
            throw error.errnoCode == EADDRINUSE
                ? ServerError.portInUse(host: options.host, port: options.port)
                : ServerError.cannotListen(host: options.host, port: options.port, reason: "\(error)")
        }
        try? await pool.shutdownGracefully()
    }
}

/// Looks each second whether the snapshot's file is another one, and obeys SIGHUP.
private struct SnapshotWatcher: Service {
    let holder: SnapshotHolder
    let logger: Logger

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) {
                        logger.info("SIGHUP: loading the snapshot again")
                        holder.reload(force: true)
                    }
                }
                group.addTask {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: .seconds(1))
                        if !Task.isCancelled { holder.reload(force: false) }
                    }
                }
            }
        }
    }
}
