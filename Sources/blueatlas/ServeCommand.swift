// ServeCommand.swift: `blueatlas serve`, the HTTP server as a process: logs to stderr, says its address on stdout, ends on SIGTERM.

import ArgumentParser
import Atlas
import AtlasServer
import Foundation
import Logging
import Metrics
import Registry

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serves tiles and queries over HTTP.",
        discussion: """
            A new snapshot file in the old one's place is taken over within a second, without dropping a request; SIGHUP does the same at
            once. A bad file is refused and the old snapshot goes on serving. SIGTERM and SIGINT let requests in progress finish.
            """)

    @Option(help: "The snapshot file to serve.")
    var snapshot = "var/atlas.snapshot"
    @Option(help: "The registry with the records behind the map. Default: var/registry.db, or none when that is not there.")
    var store: String?
    @Flag(help: "Take writes: the routes of the live registry are there, and the registry is opened for writing.")
    var live = false
    @Option(parsing: .unconditional, help: "Days in which brands and NGOs may object to a verified correction, 0 to 365. Default: 15.")
    var objectionDays = CorrectionDeadlines.standard.objectionDays
    @OptionGroup(title: "Pushes (with --live)")
    var ecochain: EcoChainOptions
    @Option(help: "The folder of the map page. Default: the one that was built with the program.")
    var page: String?
    @Option(help: "The folder with the map library. Default: .assets here or in a folder above the program; tools/setup fills it.")
    var assets: String?
    @Option(help: "The address to listen on; 0.0.0.0 for all of this machine's.")
    var host = "127.0.0.1"
    @Option(parsing: .unconditional, help: "The port to listen on; 0 picks a free one.")
    var port = 8080
    @Option(parsing: .unconditional, help: "Memory for the cache of tiles, in MB.")
    var cacheMb = 128
    @Option(parsing: .unconditional, help: "Event loops. Default: one a core.")
    var threads: Int?
    @Flag(help: "Connections before all other work of this machine, by real-time scheduling: needs root or CAP_SYS_NICE.")
    var realTime = false
    @Option(help: "PEM file of the certificate and those that sign it: serve HTTPS.")
    var tlsCert: String?
    @Option(help: "PEM file of the certificate's private key.")
    var tlsKey: String?
    @Option(parsing: .unconditional, help: "Requests a second that one key may make to the live registry; 0: any number.")
    var rateKey = 10_000.0
    @Option(parsing: .unconditional, help: "Requests a second that one address without a key may make to it; 0: any number.")
    var rateAddress = 100.0
    @Flag(help: "Believe X-Forwarded-Proto, -Host, -Prefix and -For. Only behind a proxy that sets them.")
    var trustProxy = false
    @Flag(help: "Start even when there is no snapshot yet; /readyz says 503 until the file is there.")
    var wait = false
    @Option(help: "trace, debug, info, notice, warning, error or critical; debug logs every request.")
    var logLevel = "info"
    @Option(parsing: .unconditional, help: "Largest radius of a query, in metres, to 100000.")
    var maxRadius = 100_000.0
    @Option(parsing: .unconditional, help: "Largest page of a query, to 1000.")
    var maxLimit = 1_000
    @Option(parsing: .unconditional, help: "Largest number of open connections.")
    var maxConnections = 4_096
    @Option(parsing: .unconditional, help: "Longest address of a request, in bytes.")
    var maxUri = 8_192
    @Option(parsing: .unconditional, help: "Seconds that a connection may be silent.")
    var idleTimeout = 75

    func validate() throws {
        try check((0...65_535).contains(port), "--port: \(port) is not a port; use 0 to 65535")
        try check((0...1_000_000).contains(cacheMb), "--cache-mb: \(cacheMb) is not between 0 and 1000000")
        try check((0...365).contains(objectionDays), "--objection-days: must be between 0 and 365")
        try check(threads.map { (1...1024).contains($0) } ?? true, "--threads: must be between 1 and 1024")
        try check(
            Logger.Level(rawValue: logLevel) != nil,
            "--log-level: '\(logLevel)' is not one of trace, debug, info, notice, warning, error, critical")
        try check(maxRadius > 0 && maxRadius <= 100_000, "--max-radius: must be over 0 and at most 100000 metres")
        try check((1...1000).contains(maxLimit), "--max-limit: must be between 1 and 1000")
        try check((1...1_000_000).contains(maxConnections), "--max-connections: must be between 1 and 1000000")
        try check((64...65_536).contains(maxUri), "--max-uri: must be between 64 and 65536 bytes")
        try check((tlsCert == nil) == (tlsKey == nil), "--tls-cert and --tls-key: give both or none")
        try check(rateKey >= 0 && rateKey.isFinite, "--rate-key: must be 0 or more")
        try check(rateAddress >= 0 && rateAddress.isFinite, "--rate-address: must be 0 or more")
        try check((1...86_400).contains(idleTimeout), "--idle-timeout: must be between 1 and 86400 seconds")
    }

    private func check(_ condition: Bool, _ message: String) throws {
        if !condition { throw ValidationError(message) }
    }

    private var usualStore: String? {
        FileManager.default.fileExists(atPath: "var/registry.db") ? "var/registry.db" : nil
    }

    func run() async throws {
        let level = Logger.Level(rawValue: logLevel) ?? .info
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let metrics = PrometheusRegistry()
        MetricsSystem.bootstrap(metrics)
        var options = AtlasServerConfiguration(snapshotPath: snapshot, registryPath: store ?? usualStore)
        options.isLive = live
        // Snapshots that the live map builds should find places as those of 'blueatlas build' do.
        if live, let folder = try? DataFolder.places(nil) {
            options.placeNames = (try? PlaceName.table(csv: String(contentsOfFile: folder + "/admin-divisions.csv", encoding: .utf8))) ?? []
        }
        options.deadlines.objectionDays = objectionDays
        options.ecochain = try ecochain.configuration()
        options.pagePath = page
        options.assetsPath = assets
        options.host = host
        options.port = port
        options.cacheBytes = cacheMb << 20
        options.threads = threads
        options.isRealTime = realTime
        options.trustsProxy = trustProxy
        options.waitsForSnapshot = wait
        if let tlsCert, let tlsKey { options.tls = (tlsCert, tlsKey) }
        options.limits.requestsPerKey = rateKey
        options.limits.requestsPerAddress = rateAddress
        options.limits.radiusMeters = maxRadius
        options.limits.hits = maxLimit
        options.limits.defaultHits = min(options.limits.defaultHits, maxLimit)
        options.limits.connections = maxConnections
        options.limits.targetBytes = maxUri
        options.limits.idleTimeout = .seconds(Int64(idleTimeout))
        let scheme = tlsCert == nil ? "http" : "https"
        let host = host.contains(":") ? "[\(host)]" : host
        do {
            try await AtlasServer(configuration: options, metrics: metrics, logger: Logger(label: "blueatlas")).run { port in
                FileHandle.standardOutput.write(Data("BlueAtlas serves on \(scheme)://\(host):\(port)\n".utf8))
            }
        } catch {
            throw CommandFailure(error)
        }
    }
}
