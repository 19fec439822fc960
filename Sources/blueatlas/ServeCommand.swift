// ServeCommand.swift: `blueatlas serve`, tiles and queries over HTTP.

import ArgumentParser
import AtlasServer
import Foundation
import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serves tiles and queries over HTTP.",
        discussion: """
            SIGTERM and Ctrl-C let requests under way finish. SIGHUP, and replacing the snapshot's file, load the new one without dropping \
            a request; a file that is damaged is refused and the old one goes on serving.
            """)

    @Option(help: "The snapshot file.")
    var snapshot = "var/atlas.snapshot"
    @Option(help: "The registry, for factories' details and records. Without it details come from the snapshot only.")
    var store: String?
    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"
    @Option(help: "The port; 0 takes a free one and prints it.")
    var port = 8080
    @Option(help: "Memory for tiles that are ready to send, MB.")
    var cacheMb = 128
    @Option(help: "Threads for tiles and queries. Default: one a core.")
    var threads: Int?
    @Flag(help: "Believe X-Forwarded-Proto and -Host; only behind a proxy that sets them.")
    var trustProxy = false
    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port: \(port) is not from 0 to 65535") }
        guard (0...65_536).contains(cacheMb) else { throw ValidationError("--cache-mb: \(cacheMb) is not from 0 to 65536") }
        if let threads, !(1...256).contains(threads) { throw ValidationError("--threads: \(threads) is not from 1 to 256") }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level: '\(logLevel)' is none of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    func run() async throws {
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "blueatlas")
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        var options = ServerOptions(snapshotPath: snapshot, storePath: store)
        options.host = host
        options.port = port
        options.cacheBytes = cacheMb << 20
        if let threads { options.threads = threads }
        options.trustsProxy = trustProxy
        let address = host.contains(":") ? "[\(host)]" : host
        do {
            try await AtlasServer.run(options, logger: logger) { port in
                print("serving on http://\(address):\(port)")
                fflush(nil)
            }
        } catch {
            throw CommandFailure(error)
        }
    }
}
