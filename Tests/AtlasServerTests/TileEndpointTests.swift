// TileEndpointTests.swift: tiles as a map client meets them: bytes, codings, validators, empty and missing tiles, filters, datums.

import Atlas
import Foundation
import SpatialIndex
import Testing
import VectorTile

@testable import AtlasServer

@Suite struct TileEndpointTests {
    let atlas: TestAtlas
    /// The z14 tile of People's Square, and one in the Pacific.
    static let square = "/tiles/blue/14/13720/6694.mvt"
    static let ocean = "/tiles/blue/14/1/8000.mvt"

    init() throws { atlas = try TestAtlas.shared.get() }

    @Test func aTileHoldsTheFactoriesThatStandInIt() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get(TileEndpointTests.square)
            #expect(answer.status == 200)
            #expect(answer["content-type"] == "application/vnd.mapbox-vector-tile")
            #expect(answer["content-encoding"] == nil)
            // By hand: this tile spans 121.46484375 to 121.486816… east, so the row's factories 0 to 13 stand in it.
            let layer = try #require(try DecodedTile(decoding: answer.body).layers.first { $0.name == "factories" })
            let ids = Set(try layer.features.map { try #require($0.text("id")) })
            #expect(ids == Set((0...13).map { "T\($0)" }))
        }
    }

    @Test func gzipIsSentWhenAcceptedWithAnEntityTagOfItsOwn() async throws {
        try await withServer(atlas) { server in
            for _ in 1...2 {  // built, then from the cache
                let plain = try await server.get(TileEndpointTests.square)
                let zipped = try await server.get(TileEndpointTests.square, headers: [("Accept-Encoding", "gzip, deflate, br")])
                #expect(zipped["content-encoding"] == "gzip")
                #expect(try zipped.decoded() == plain.body)
                #expect(zipped.body.count < plain.body.count)
                #expect(zipped["etag"] != plain["etag"])
                for answer in [plain, zipped] {
                    #expect(answer["vary"]?.lowercased() == "accept-encoding")
                    #expect(answer["etag"]?.hasPrefix("\"") == true)
                }
            }
        }
    }

    @Test(arguments: [
        ("gzip", true), ("gzip;q=0", false), ("gzip;q=0.0, *", false), ("*", true), ("*;q=0", false), ("identity", false), ("", false),
        ("br", false), ("deflate, gzip;q=0.5", true), ("gzip;q=0.2, identity;q=0.8", false), ("GZIP", true), ("x-gzip", true),
        ("gzip ; q=1.0 , br", true), ("gzip;q=nonsense", false), ("gzip, deflate, br, zstd", true), ("gzip, deflate;q=0.5, gzip;q=0", true),
    ])
    func acceptEncodingWeightsAreRespected(header: String, zipped: Bool) async throws {
        #expect(ContentCoding.preferred(header) == (zipped ? .gzip : .identity))
    }

    @Test func aClientThatHasTheTileGetsNotModified() async throws {
        try await withServer(atlas) { server in
            let etag = try #require(try await server.get(TileEndpointTests.square)["etag"])
            for header in [etag, "W/\(etag)", "\"other\", \(etag)", "\"other\",W/\(etag) , \"x\"", "*"] {
                let answer = try await server.get(TileEndpointTests.square, headers: [("If-None-Match", header)])
                #expect(answer.status == 304, "\(header)")
                #expect(answer.body.isEmpty)
                #expect(answer["etag"] == etag)
                #expect(answer["cache-control"] != nil)
                #expect(answer["content-length"] == nil)
            }
            for header in ["\"other\"", "nonsense", "", "\"", String(etag.dropLast())] {
                #expect(try await server.get(TileEndpointTests.square, headers: [("If-None-Match", header)]).status == 200, "\(header)")
            }
        }
    }

    @Test func anUncachedTileAnswersNotModifiedToo() async throws {
        try await withServer(atlas, .changing { $0.cacheBytes = 0 }) { server in
            let etag = try #require(try await server.get(TileEndpointTests.square)["etag"])
            #expect(try await server.get(TileEndpointTests.square, headers: [("If-None-Match", etag)]).status == 304)
        }
    }

    @Test func headSendsTheHeadersOfGetAndNoBody() async throws {
        try await withServer(atlas) { server in
            for target in [TileEndpointTests.square, "/tiles/blue.json", "/v1/factories/nearest?lon=121&lat=31", "/healthz", "/nowhere"] {
                let got = try await server.get(target)
                let head = try await server.get(target, method: "HEAD")
                #expect(head.status == got.status)
                #expect(head["content-type"] == got["content-type"])
                #expect(head["etag"] == got["etag"])
                if target != "/nowhere" { #expect(head["content-length"] == String(got.body.count)) }
            }
            let connection = try server.connect()
            let second = try await offThread {
                try connection.send(method: "HEAD", target: TileEndpointTests.square)
                _ = try connection.answer(isHead: true)
                try connection.send(target: "/healthz")
                return try connection.answer()
            }
            #expect(second.text == #"{"status":"ok"}"#)
        }
    }

    @Test func aTileWithoutFactoriesIsNoContent() async throws {
        try await withServer(atlas) { server in
            for _ in 1...2 {
                let answer = try await server.get(TileEndpointTests.ocean)
                #expect(answer.status == 204)
                #expect(answer["content-length"] == nil)
                #expect(answer["access-control-allow-origin"] == "*")
            }
            #expect(try await server.get(TileEndpointTests.square + "?industry=D44").status == 204)
        }
    }

    @Test(
        arguments: [
            ("/tiles/blue/23/0/0.mvt", "z"), ("/tiles/blue/99999999999999999999/0/0.mvt", nil), ("/tiles/blue/3/8/0.mvt", "x"),
            ("/tiles/blue/3/0/8.mvt", "y"), ("/tiles/blue/0/1/0.mvt", "x"), ("/tiles/blue/-1/0/0.mvt", nil), ("/tiles/blue/a/0/0.mvt", nil),
            ("/tiles/blue/05/26/13.mvt", nil), ("/tiles/blue/5/26/13.pbf", nil), ("/tiles/blue/5/26/13", nil),
            ("/tiles/red/0/0/0.mvt", "map"),
            ("/tiles/blue/22/4194304/0.mvt", "x"), ("/tiles/blue/5/26/+13.mvt", nil), ("/tiles/blue/5/26/1%33.mvt?x=1", "x"),
            ("/tiles/carbon/0/0/1.mvt", "y"), ("/tiles/black.json", "map"), ("/styles/black.json", "map"), ("/tiles/5/26/13.mvt", nil),
        ] as [(String, String?)])
    func whatIsNoTileIsNotFound(target: String, parameter: String?) async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get(target)
            // An encoded digit is a digit; the unknown parameter behind it is what is wrong there.
            #expect(answer.status == (target.contains("?") ? 400 : 404))
            #expect(answer["content-type"] == "application/problem+json")
            #expect(answer.json["parameter"] as? String == parameter)
        }
    }

    @Test(arguments: [
        ("status=angry", "status"), ("min_severity=6", "min_severity"), ("min_severity=0", "min_severity"), ("from=yesterday", "from"),
        ("to=2026-02-30", "to"), ("from=2026-01-02&to=2025-01-02", "from"), ("brand=nobody", "brand"), ("industry=zz", "industry"),
        ("category=love", "category"), ("datum=mars", "datum"), ("colour=red", "colour"), ("status=", "status"),
        ("from=2020-01-01&from=2021-01-01", "from"),
        ("datum=wgs84&datum=gcj02", "datum"), ("status=%ff", "status"), ("status=%zz", "status"), ("Status=clean", "Status"),
    ])
    func aBadFilterIsNamed(query: String, parameter: String) async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("\(TileEndpointTests.square)?\(query)")
            #expect(answer.status == 400)
            #expect(answer.json["parameter"] as? String == parameter)
            #expect(answer.json["status"] as? Int == 400)
        }
    }

    @Test func filtersHideWhatDoesNotPass() async throws {
        try await withServer(atlas) { server in
            func ids(_ query: String) async throws -> Set<String> {
                let answer = try await server.get("\(TileEndpointTests.square)?\(query)")
                guard answer.status == 200 else { return [] }
                return Set(try DecodedTile(decoding: answer.body).layers.flatMap(\.features).compactMap { $0.text("id") })
            }
            let expected: [(query: String, ids: Set<String>)] = [
                ("status=violating", ["T0"]), ("status=violating&status=unresolved", ["T0", "T1"]),
                ("status=violating,unresolved", ["T0", "T1"]), ("brand=B1", ["T0", "T5"]), ("category=noise", ["T1"]),
                // An unpublished link stays private.
                ("brand=B2", ["T0"]),
            ]
            for (query, wanted) in expected {
                let found = try await ids(query)
                #expect(found == wanted, "\(query)")
            }
        }
    }

    @Test func differentSpellingsOfAFilterShareOneCachedTile() async throws {
        try await withServer(atlas) { server in
            _ = try await server.get(TileEndpointTests.square + "?status=violating,unresolved&industry=C17")
            let misses = try await server.metric("blueatlas_tile_cache_misses_total")
            _ = try await server.get(TileEndpointTests.square + "?industry=c17&status=unresolved&status=violating&datum=WGS84")
            #expect(try await server.metric("blueatlas_tile_cache_misses_total") == misses)
            #expect(try await server.metric("blueatlas_tile_cache_hits_total") == 1)
            #expect(try await server.metric("blueatlas_tile_cache_hit_ratio") == 0.5)
        }
    }

    @Test func aCachedTileIsTheSameAnswerAsABuiltOne() async throws {
        try await withServer(atlas) { server in
            for headers in [[], [("Accept-Encoding", "gzip")]] {
                for target in [TileEndpointTests.square, TileEndpointTests.ocean, TileEndpointTests.square + "?status=clean"] {
                    let built = try await server.get(target, headers: headers)
                    let cached = try await server.get(target, headers: headers)
                    #expect(built.body == cached.body)
                    #expect(built.status == cached.status)
                    func comparable(_ answer: Answer) -> Set<String> {
                        Set(answer.fields.filter { $0.name != "date" }.map { "\($0.name): \($0.value.lowercased())" })
                    }
                    #expect(comparable(built) == comparable(cached))
                    #expect(cached["date"]?.hasSuffix("GMT") == true)
                }
            }
        }
    }

    @Test func tilesInAnotherDatumAreMoved() async throws {
        try await withServer(atlas) { server in
            let plain = try await server.get("/tiles/blue/16/54881/26778.mvt")
            let moved = try await server.get("/tiles/blue/16/54881/26778.mvt?datum=gcj02")
            #expect(plain.body != moved.body)
            #expect(plain["etag"] != moved["etag"])
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await withServer(atlas) { server in
            _ = try await server.get(TileEndpointTests.square)
            let connection = try server.connect()
            let statuses = try await offThread {
                var text = ""
                for index in 0..<40 {
                    let target = index % 3 == 0 ? "/v1/factories/nearest?lon=121&lat=31&k=\(index + 1)" : TileEndpointTests.square
                    text += "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"
                }
                try connection.send(text)
                return try (0..<40).map { _ in try connection.answer() }
            }
            for (index, answer) in statuses.enumerated() {
                if index % 3 == 0 {
                    #expect(answer.json["numberReturned"] as? Int == index + 1)
                } else {
                    #expect(answer["content-type"] == "application/vnd.mapbox-vector-tile")
                }
            }
        }
    }

    /// Of tiles that nobody has asked for, one is made on the connection's thread in a turn, the others elsewhere.
    @Test func aBurstOfNewTilesIsAnsweredInOrderToo() async throws {
        let here = MercatorGrid.project(longitude: TestAtlas.square.longitude, latitude: TestAtlas.square.latitude)
        let targets = (3...16).map { zoom in
            let tile = TileID(containing: here, z: zoom)
            return "/tiles/blue/\(zoom)/\(tile.x)/\(tile.y).mvt"
        }
        try await withServer(atlas) { server in
            let connection = try server.connect()
            let bodies = try await offThread {
                try connection.send(targets.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
                return try targets.map { _ in try connection.answer().body }
            }
            for (target, body) in zip(targets, bodies) { #expect(try await server.get(target).body == body, "\(target)") }
            #expect(Set(bodies).count > 5)
        }
    }

    @Test func oldClientsKeepAConnectionOnlyWhenTheyAskForIt() async throws {
        try await withServer(atlas) { server in
            for target in [TileEndpointTests.square, TileEndpointTests.square, "/healthz"] {
                let closing = try server.connect()
                let closed = try await offThread {
                    try closing.send(target: target, version: "1.0")
                    _ = try closing.answer()
                    return try closing.isClosed()
                }
                #expect(closed)
            }
            let keeping = try server.connect()
            let second = try await offThread {
                try keeping.send(target: TileEndpointTests.square, version: "1.0", headers: [("Connection", "keep-alive")])
                let first = try keeping.answer()
                try keeping.send(target: TileEndpointTests.square, version: "1.0", headers: [("Connection", "keep-alive")])
                return (first, try keeping.answer())
            }
            #expect(second.0["connection"]?.lowercased() == "keep-alive")
            #expect(second.1.status == 200)
        }
    }
}

extension DecodedFeature {
    func text(_ name: String) -> String? { attributes[name]?.stringValue }
}
