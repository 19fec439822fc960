// LifecycleTests.swift: a server's life: it starts or says why not, takes over new snapshots, refuses bad ones, ends without dropping
// anything.

import Atlas
import Foundation
import Logging
import Registry
import Synchronization
import Testing

@testable import AtlasServer

/// Set once, seen by all threads.
private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

@Suite struct LifecycleTests {
    @Test func aNewSnapshotIsTakenOverWithoutDroppingARequest() async throws {
        let atlas = try TestAtlas.make()
        let larger = try TestAtlas.make(extra: 5)
        try await withServer(atlas) { server in
            let stop = Flag()
            let clients = (0..<3).map { client in
                Task {
                    try await offThread {
                        var statuses: [Int: Int] = [:]
                        let connection = try server.connect()
                        while !stop.isSet {
                            let target = client == 0 ? "/v1/factories/near?lon=121.4737&lat=31.2304&radius=5000" : TileEndpointTests.square
                            try connection.send(target: target)
                            statuses[try connection.answer().status, default: 0] += 1
                        }
                        return statuses
                    }
                }
            }
            func factories() async throws -> Int? {
                (try await server.get("/v1").json["snapshot"] as? [String: Any])?["factories"] as? Int
            }
            #expect(try await factories() == TestAtlas.count)
            let before = try await server.get(TileEndpointTests.square)
            for source in [larger, atlas, larger] {
                let staged = atlas.folder + "/staged"
                let data = try Data(
                    contentsOf: URL(fileURLWithPath: source === atlas ? atlas.snapshotPath + ".first" : source.snapshotPath))
                if source !== atlas, !FileManager.default.fileExists(atPath: atlas.snapshotPath + ".first") {
                    try FileManager.default.copyItem(atPath: atlas.snapshotPath, toPath: atlas.snapshotPath + ".first")
                }
                try data.write(to: URL(fileURLWithPath: staged))
                #expect(rename(staged, atlas.snapshotPath) == 0)
                let wanted = source === atlas ? TestAtlas.count : TestAtlas.count + 5
                #expect(try await TestServer.eventually { try await factories() == wanted })
            }
            stop.set()
            var total = 0
            for client in clients {
                let statuses = try await client.value
                #expect(Set(statuses.keys) == [200])
                total += statuses.values.reduce(0, +)
            }
            #expect(total > 50)
            // A tile that is the same in both keeps its entity tag, so clients keep the tile.
            #expect(try await server.get(TileEndpointTests.square)["etag"] == before["etag"])
            #expect(try await server.get("/v1/factories/near?lon=121.4737&lat=31.2804&radius=10").json["numberMatched"] as? Int == 1)
            #expect(try await server.metric(#"blueatlas_snapshot_reloads_total{result="loaded"}"#) == 3)
        }
    }

    @Test func aBadSnapshotIsRefusedAndTheOldOneGoesOn() async throws {
        let atlas = try TestAtlas.make()
        try await withServer(atlas) { server in
            let good = try Data(contentsOf: URL(fileURLWithPath: atlas.snapshotPath))
            var flipped = good
            flipped[flipped.count / 2] ^= 0x10
            for (number, bad) in [Data("no snapshot".utf8), good.prefix(good.count / 2), flipped, Data()].enumerated() {
                let staged = atlas.folder + "/staged"
                try bad.write(to: URL(fileURLWithPath: staged))
                #expect(rename(staged, atlas.snapshotPath) == 0)
                #expect(
                    try await TestServer.eventually {
                        try await server.metric(#"blueatlas_snapshot_reloads_total{result="refused"}"#) == Double(number + 1)
                    })
                #expect(try await server.get(TileEndpointTests.square).status == 200)
                #expect(try await server.get("/readyz").status == 200)
            }
            #expect(server.log.text.filter { $0.hasPrefix("error") && $0.contains("refused") }.count == 4)
            try FileManager.default.removeItem(atPath: atlas.snapshotPath)
            #expect(try await TestServer.eventually { server.log.text.contains { $0.contains("is gone") } })
            #expect(try await server.get(TileEndpointTests.square).status == 200)
        }
    }

    @Test func aHangupLoadsTheSnapshotAgain() async throws {
        // The process must survive a signal that comes before the server listens to it.
        signal(SIGHUP, SIG_IGN)
        let atlas = try TestAtlas.make()
        try await withServer(
            atlas,
            .changing {
                $0.trapsHangup = true
                $0.pollInterval = .seconds(3600)
            }
        ) { server in
            let reloaded = try await TestServer.eventually {
                kill(getpid(), SIGHUP)
                return try await (server.metric(#"blueatlas_snapshot_reloads_total{result="loaded"}"#) ?? 0) > 0
            }
            #expect(reloaded)
        }
    }

    @Test func aServerWithoutItsSnapshotSaysWhatIsMissing() async throws {
        let configuration = AtlasServerConfiguration(snapshotPath: "/nonexistent/atlas.snapshot")
        let error = await #expect(throws: AtlasServerError.self) {
            try await AtlasServer(configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
                .run(stoppingOn: []) { _ in }
        }
        #expect(error?.description.contains("/nonexistent/atlas.snapshot") == true)
    }

    @Test func aServerMayWaitForItsSnapshot() async throws {
        let atlas = try TestAtlas.make()
        let hidden = atlas.snapshotPath + ".later"
        #expect(rename(atlas.snapshotPath, hidden) == 0)
        try await withServer(atlas, .changing { $0.waitsForSnapshot = true }) { server in
            let waiting = try await server.get("/readyz")
            #expect(waiting.status == 503)
            #expect(waiting["retry-after"] != nil)
            #expect(try await server.get("/healthz").status == 200)
            #expect(try await server.get(TileEndpointTests.square).status == 503)
            #expect(rename(hidden, atlas.snapshotPath) == 0)
            #expect(try await TestServer.eventually { try await server.get("/readyz").status == 200 })
            #expect(try await server.get(TileEndpointTests.square).status == 200)
            #expect(try await server.get("/v1/factories/T0").text.contains("reason"))
        }
    }

    @Test func aPortInUseIsAClearError() async throws {
        let atlas = try TestAtlas.shared.get()
        try await withServer(atlas) { server in
            var configuration = AtlasServerConfiguration(snapshotPath: atlas.snapshotPath)
            configuration.port = server.port
            configuration.trapsHangup = false
            let second = AtlasServer(configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let error = await #expect(throws: AtlasServerError.self) { try await second.run(stoppingOn: []) { _ in } }
            #expect(error?.description.contains("port is in use") == true)
        }
    }

    @Test func aClientThatDoesNotReadDoesNotKeepTheServerFromStopping() async throws {
        let atlas = try TestAtlas.shared.get()
        // Open until the server has ended.
        let silent = Mutex<Connection?>(nil)
        let stopped = Mutex<ContinuousClock.Instant?>(nil)
        let options = TestOptions.changing {
            $0.limits.drainTimeout = .seconds(1)
            $0.limits.idleTimeout = .seconds(5)
        }
        try await withServer(atlas, options) { server in
            let count = 2_000
            let bytes = try await server.get("/metrics").body.count
            // More than the system's buffers at both ends hold.
            try #require(bytes * count > 12 << 20)
            let connection = try server.connect()
            silent.withLock { $0 = connection }
            try await offThread {
                try connection.send(String(repeating: "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", count: count))
            }
            try await Task.sleep(for: .seconds(1))
            stopped.withLock { $0 = .now }
            await server.stop()
        }
        let took = try ContinuousClock.now - #require(stopped.withLock { $0 })
        // It had its second. Without a limit it would have four times the time that a connection may be silent.
        #expect(took > .seconds(0.9) && took < .seconds(10), "\(took)")
        silent.withLock { $0 = nil }
    }

    @Test func requestsInProgressFinishWhenTheServerIsToldToStop() async throws {
        let atlas = try TestAtlas.shared.get()
        let workers = WorkPool(threads: 1)
        let gate = DispatchSemaphore(value: 0)
        try await withServer(atlas, workers: workers) { server in
            // The only worker is busy, so the request waits.
            let blocker = Task { try await workers.run { gate.wait() } }
            let idle = try server.connect()
            let connection = try server.connect()
            async let answer = offThread {
                try connection.send(target: "/v1/factories/nearest?lon=121&lat=31&k=150")
                return (try connection.answer(), try connection.isClosed())
            }
            #expect(try await TestServer.eventually { try await server.get("/healthz").status == 200 })
            try await Task.sleep(for: .milliseconds(200))
            await server.stop()
            // A silent connection is closed, new ones are not taken, the one in progress waits.
            #expect(try await offThread { try idle.isClosed() })
            #expect(try await TestServer.eventually { (try? server.connect()) == nil })
            gate.signal()
            let (finished, closed) = try await answer
            #expect(finished.status == 200)
            #expect(finished.json["numberReturned"] as? Int == 150)
            #expect(finished["connection"] == "close")
            #expect(closed)
            try await blocker.value
        }
    }

    /// The metrics are asked of the cache, the snapshot and the streams, which in turn count in them.
    @Test func aServerThatEndedHoldsNothing() async throws {
        struct Remains {
            weak var metrics: PrometheusRegistry?
        }
        let remains = Mutex(Remains())
        try await withServer(TestAtlas.make(), .changing { $0.isLive = true }) { server in
            let factories = try await server.metric("blueatlas_snapshot_factories")
            #expect(factories ?? 0 > 0)
            remains.withLock { $0.metrics = server.metrics }
            #expect(remains.withLock { $0.metrics } != nil)
        }
        #expect(try await TestServer.eventually { remains.withLock { $0.metrics } == nil }, "it is held by what it holds")
    }
}
