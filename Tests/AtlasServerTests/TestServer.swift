// TestServer.swift: a real server on a free loopback port, for the length of a test.

import Foundation
import Logging
import ServiceLifecycle
import Synchronization

@testable import AtlasServer

struct TestServer: Sendable {
    let port: Int
    let group: ServiceGroup
    let log: TestLog
    let metrics: PrometheusRegistry

    /// A request on a connection of its own.
    func get(
        _ target: String, method: String = "GET", headers: [(String, String)] = []
    ) async throws -> Answer {
        try await offThread { [port] in
            let connection = try Connection(port: port)
            try connection.send(method: method, target: target, headers: headers + [("Connection", "close")])
            return try connection.answer(isHead: method == "HEAD")
        }
    }

    func connect() throws -> Connection { try Connection(port: port) }

    /// Stops the server as SIGTERM does.
    func stop() async { await group.triggerGracefulShutdown() }

    /// The value of a metric, by its name with labels.
    func metric(_ name: String) async throws -> Double? {
        let text = try await get("/metrics").text
        for line in text.split(separator: "\n") where line.hasPrefix(name + " ") { return Double(line.dropFirst(name.count + 1)) }
        return nil
    }

    /// Waits until a condition holds, 10 seconds at most.
    static func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<200 {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }
}

/// Changes to the configuration that tests start from.
struct TestOptions {
    var apply: (inout AtlasServerConfiguration) -> Void

    static var usual: TestOptions { TestOptions { _ in } }
    static func changing(_ apply: @escaping (inout AtlasServerConfiguration) -> Void) -> TestOptions { TestOptions(apply: apply) }
}

/// Runs a server, hands it to the test, stops it gracefully.
func withServer(
    _ atlas: TestAtlas, _ options: TestOptions = .usual, workers: WorkPool? = nil,
    _ test: @Sendable (TestServer) async throws -> Void
) async throws {
    var configuration = AtlasServerConfiguration(snapshotPath: atlas.snapshotPath, registryPath: atlas.storePath)
    configuration.port = 0
    configuration.threads = 2
    configuration.pollInterval = .milliseconds(50)
    configuration.trapsHangup = false
    options.apply(&configuration)
    let log = TestLog()
    var logger = Logger(label: "test") { _ in log.handler }
    logger.logLevel = .debug
    let server = AtlasServer(configuration: configuration, logger: logger)
    let (ports, ready) = AsyncStream.makeStream(of: Int.self)
    let service = ServerService { try await server.run(stoppingOn: [], workers: workers) { ready.yield($0) } }
    let group = ServiceGroup(services: [service], logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { ready.finish() }
            try await group.run()
        }
        var iterator = ports.makeAsyncIterator()
        if let port = await iterator.next() {
            do {
                try await test(TestServer(port: port, group: group, log: log, metrics: server.metrics))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
        }
        try await tasks.waitForAll()
    }
}

private struct ServerService: Service {
    let body: @Sendable () async throws -> Void
    func run() async throws { try await body() }
}

/// Keeps what the server logs.
final class TestLog: Sendable {
    private let lines = Mutex<[String]>([])

    var text: [String] { lines.withLock { $0 } }
    var handler: Handler { Handler(log: self, metadata: [:], logLevel: .debug) }

    struct Handler: LogHandler {
        let log: TestLog
        var metadata: Logger.Metadata
        var logLevel: Logger.Level

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            let fields = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            log.lines.withLock { $0.append("\(event.level) \(event.message) \(fields)") }
        }
    }
}
