// OperationTests.swift: what the operator of a server and the browser around a map need: health, metrics, logs, CORS.

import Foundation
import Testing

@testable import AtlasServer

@Suite struct OperationTests {
    let atlas: TestAtlas

    init() throws { atlas = try TestAtlas.shared.get() }

    @Test func healthAndReadinessAnswer() async throws {
        try await withServer(atlas) { server in
            #expect(try await server.get("/healthz").status == 200)
            let ready = try await server.get("/readyz")
            #expect(ready.status == 200)
            #expect((ready.json["snapshot"] as? String)?.count == 16)
        }
    }

    @Test func metricsArePrometheusTextWithEveryFamily() async throws {
        try await withServer(atlas) { server in
            _ = try await server.get("/tiles/blue/0/0/0.mvt")
            _ = try await server.get("/tiles/blue/0/0/0.mvt")
            _ = try await server.get("/nowhere")
            let answer = try await server.get("/metrics")
            #expect(answer["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            let text = answer.text
            for family in [
                "blueatlas_http_requests_total", "blueatlas_http_request_duration_seconds", "blueatlas_http_connections",
                "blueatlas_tile_cache_hits_total", "blueatlas_tile_cache_misses_total", "blueatlas_tile_cache_bytes",
                "blueatlas_tile_cache_hit_ratio", "blueatlas_tile_build_seconds", "blueatlas_snapshot_info", "blueatlas_snapshot_factories",
                "blueatlas_snapshot_age_seconds", "blueatlas_snapshot_reloads_total", "process_resident_memory_bytes",
            ] { #expect(text.contains("# TYPE \(family) "), "\(family)") }
            #expect(text.contains(#"blueatlas_http_requests_total{route="/tiles/{map}/{z}/{x}/{y}.mvt",status="200"} 2"#))
            #expect(text.contains(#"blueatlas_http_requests_total{route="unknown",status="404"} 1"#))
            #expect(text.contains("blueatlas_snapshot_factories \(Double(TestAtlas.count))"))
            // Every line is a comment or a name, labels, a number; buckets grow to the count.
            for line in text.split(separator: "\n") where !line.hasPrefix("#") {
                #expect(line.wholeMatch(of: /[a-z_]+(\{([a-z_]+="[^"]*",?)*\})? [0-9.e+\-]+/) != nil, "\(line)")
            }
            let buckets = text.split(separator: "\n").filter { $0.hasPrefix("blueatlas_tile_build_seconds_bucket") }
                .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
            #expect(buckets == buckets.sorted())
            #expect(buckets.last == 1)
        }
    }

    @Test func pagesOfOtherSitesMayRead() async throws {
        try await withServer(atlas) { server in
            let preflight = try await server.get(
                "/tiles/blue/0/0/0.mvt", method: "OPTIONS",
                headers: [
                    ("Origin", "https://map.example"), ("Access-Control-Request-Method", "GET"),
                    ("Access-Control-Request-Headers", "if-none-match"),
                ])
            #expect(preflight.status == 204)
            #expect(preflight["access-control-allow-origin"] == "*")
            #expect(preflight["access-control-allow-methods"]?.contains("GET") == true)
            #expect(preflight["access-control-allow-headers"]?.lowercased().contains("if-none-match") == true)
            for target in ["/tiles/blue/0/0/0.mvt", "/tiles/blue/0/0/0.mvt", "/v1/factories/T0", "/tiles/blue/23/0/0.mvt"] {
                let answer = try await server.get(target, headers: [("Origin", "https://map.example")])
                #expect(answer["access-control-allow-origin"] == "*")
                #expect(answer["access-control-expose-headers"]?.contains("ETag") == true)
            }
            let plain = try await server.get("*", method: "OPTIONS")
            #expect(plain.status == 204)
            #expect(plain["allow"] == "GET, HEAD, OPTIONS")
        }
    }

    @Test func everyRequestIsOneLogLineWithItsId() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/factories/nobody%0Aforged", headers: [("X-Request-Id", "mine-7")])
            #expect(answer["x-request-id"] == "mine-7")
            #expect(answer.json["request_id"] as? String == "mine-7")
            let lines = server.log.text.filter { $0.contains("request=mine-7") }
            #expect(lines.count == 1)
            #expect(lines.first?.contains("status=404") == true)
            #expect(lines.first?.contains("target=/v1/factories/nobody%0Aforged") == true)
            #expect(lines.allSatisfy { !$0.contains("\n") })
            // A tile that is built, then the same from the cache: a line each.
            for _ in 1...2 { _ = try await server.get("/tiles/blue/1/1/0.mvt") }
            let tiles = server.log.text.filter { $0.contains("target=/tiles/blue/1/1/0.mvt") }
            #expect(tiles.count == 2)
            #expect(tiles.allSatisfy { $0.contains("method=GET") && $0.contains("status=200") && $0.contains("request=") })
        }
    }

    @Test func aSilentConnectionIsClosedAndABusyOneIsNot() async throws {
        try await withServer(atlas, .changing { $0.limits.idleTimeout = .seconds(1) }) { server in
            _ = try await server.get("/tiles/blue/0/0/0.mvt")
            let silent = try server.connect()
            let busy = try server.connect()
            async let closed = offThread { try silent.isClosed() }
            let statuses = try await offThread {
                try (0..<10).map { _ in
                    try busy.send(target: "/tiles/blue/0/0/0.mvt")
                    let status = try busy.answer().status
                    Thread.sleep(forTimeInterval: 0.25)
                    return status
                }
            }
            #expect(try await closed)
            #expect(statuses == Array(repeating: 200, count: 10))
        }
    }
}
