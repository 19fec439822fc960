// BadRequestTests.swift: whatever a client sends, the answer names what is wrong, and is never the server's fault (5xx).

import Foundation
import Testing

@testable import AtlasServer

@Suite struct BadRequestTests {
    let atlas: TestAtlas

    init() throws { atlas = try TestAtlas.shared.get() }

    @Test(arguments: [
        ("near?lon=121&lat=31&radius=-1", "radius"), ("near?lon=121&lat=31&radius=1e9", "radius"),
        ("near?lon=121&lat=31&radius=NaN", "radius"),
        ("near?lon=121&lat=31&radius=inf", "radius"), ("near?lon=121&lat=31&radius=0", "radius"),
        ("near?lon=121&lat=31&radius=100001", "radius"),
        ("near?lon=121&lat=31&radius=0x10", "radius"), ("near?lon=121&lat=31&radius=", "radius"), ("near?lon=121&lat=31", "radius"),
        ("near?lat=31&radius=5", "lon"), ("near?lon=121&radius=5", "lat"), ("near?lon=181&lat=31&radius=5", "lon"),
        ("near?lon=31&lat=121&radius=5", "lat"), ("near?lon=1e400&lat=1&radius=5", "lon"), ("near?lon=NaN&lat=1&radius=5", "lon"),
        ("near?lon=121&lat=31&radius=5&limit=0", "limit"), ("near?lon=121&lat=31&radius=5&limit=-1", "limit"),
        ("near?lon=121&lat=31&radius=5&limit=1001", "limit"), ("near?lon=121&lat=31&radius=5&limit=1.5", "limit"),
        ("near?lon=121&lat=31&radius=5&limit=99999999999999999999", "limit"), ("near?lon=121&lat=31&radius=5&after=garbage", "after"),
        ("near?lon=121&lat=31&radius=5&after=7ff8000000000000-1", "after"), ("near?lon=121&lat=31&radius=5&crs=moon", "crs"),
        ("near?lon=121&lat=31&radius=5&crs=EPSG:4526", "crs"), ("near?lon=121&lat=31&radius=5&rad=6", "rad"),
        ("near?lon=121&lon=122&lat=31&radius=5", "lon"), ("near?lon=121&lat=31&radius=%ZZ", "radius"),
        ("near?lon=%C3%28&lat=31&radius=5", "lon"),
        ("near?lon=121&lat=31&radius=5&status=angry", "status"), ("near?lon=121&lat=31&radius=5&brand=nobody", "brand"),
        ("nearest?lon=121&lat=31&k=0", "k"), ("nearest?lon=121&lat=31&k=1001", "k"), ("nearest?lon=121&lat=31&radius=5", "radius"),
        ("nearest?k=5", "lon"), ("?bbox=1,2,3", "bbox"), ("?bbox=1,2,3,4,5", "bbox"), ("?bbox=a,b,c,d", "bbox"),
        ("?bbox=1,50,2,40", "bbox"),
        ("?bbox=31,121,32,122", "bbox"), ("?bbox=-181,0,0,1", "bbox"), ("?bbox=nan,0,0,1", "bbox"), ("?bbox=", "bbox"), ("", "bbox"),
        ("?bbox=1,2,3,4&after=-5", "after"), ("?bbox=1,2,3,4&after=x", "after"), ("?bbox=1,2,3,4&limit=0", "limit"), ("/T0?lon=5", "lon"),
        ("/T0?crs=6", "crs"),
    ])
    func aWrongParameterIsNamed(query: String, parameter: String) async throws {
        try await withServer(atlas) { server in
            let separator = query.isEmpty || query.hasPrefix("?") || query.hasPrefix("/") ? "" : "/"
            let answer = try await server.get("/v1/factories\(separator)\(query)")
            #expect(answer.status == 400)
            #expect(answer["content-type"] == "application/problem+json")
            #expect(answer["access-control-allow-origin"] == "*")
            #expect(answer.json["parameter"] as? String == parameter)
            for member in ["type", "title", "detail", "instance"] { #expect((answer.json[member] as? String)?.isEmpty == false) }
            #expect(answer.json["status"] as? Int == 400)
        }
    }

    @Test func swappedCoordinatesAreRecognised() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/factories/near?lon=31.2&lat=121.4&radius=100")
            #expect((answer.json["detail"] as? String)?.contains("swapped") == true)
        }
    }

    @Test func anUnknownParameterIsAnsweredWithTheKnownOnes() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/factories/nearest?lon=1&lat=1&statsu=clean")
            #expect(answer.json["parameter"] as? String == "statsu")
            let detail = try #require(answer.json["detail"] as? String)
            for known in ["lon", "lat", "k", "crs", "status", "min_severity"] { #expect(detail.contains(known)) }
            #expect(try await server.get("/healthz?x=1").status == 400)
        }
    }

    @Test(arguments: [
        "/%", "/%4", "/%zz", "/v1/factories/%ff", "/v1/%c3%28", "/tiles/blue/%e5/0/0.mvt", "/?%zz=1", "/v1/factories/near?%ff",
    ])
    func percentEncodedRubbishIsABadRequest(target: String) async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get(target)
            #expect(answer.status == 400)
        }
    }

    @Test(arguments: [
        "/nothing", "/v1/", "/v1/factories/", "/v1/factories/a/b", "/tiles", "/tiles/blue", "//", "/tiles/blue.json/", "/favicon.ico",
    ])
    func anUnknownPathIsNotFound(target: String) async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get(target)
            #expect(answer.status == 404)
            #expect(answer["content-type"] == "application/problem+json")
        }
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "BREW"])
    func aWrongMethodIsToldTheRightOnes(method: String) async throws {
        try await withServer(atlas) { server in
            for target in ["/tiles/blue/0/0/0.mvt", "/v1/factories/near", "/healthz"] {
                let answer = try await server.get(target, method: method)
                #expect(answer.status == 405)
                #expect(answer["allow"] == "GET, HEAD, OPTIONS")
            }
        }
    }

    @Test func whatIsTooLongIsRefusedWithItsOwnStatus() async throws {
        try await withServer(atlas) { server in
            let long = String(repeating: "a", count: 9_000)
            #expect(try await server.get("/v1/factories/near?brand=\(long)").status == 414)
            #expect(try await server.get("/healthz", headers: [("X-Long", String(repeating: "b", count: 20_000))]).status == 431)
            #expect(try await server.get("/healthz", headers: [("X-Longer", String(repeating: "b", count: 300_000))]).status == 431)
            #expect(try await server.get("/healthz", headers: (0..<300).map { ("X-\($0)", "1") }).status == 431)
            let body = String(repeating: "c", count: 100_000)
            let connection = try server.connect()
            let answer = try await offThread {
                try connection.send("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n\(body)")
                return try connection.answer()
            }
            // Either the answer was on its way before the body was too much, or that is what it says.
            #expect([200, 413].contains(answer.status))
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    @Test(arguments: [
        "rubbish\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /healthz HTTP/1.1\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n", "GET /a\u{1}b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}\r\n\r\n",
        "GET /tiles/blue/0/0/0.mvt HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
    ])
    func whatIsNoHTTPIsABadRequest(text: String) async throws {
        try await withServer(atlas) { server in
            _ = try await server.get("/tiles/blue/0/0/0.mvt")
            let connection = try server.connect()
            let answer = try await offThread {
                try connection.send(text)
                return try connection.answer()
            }
            // What begins with rubbish is read as an unknown method.
            #expect(answer.status == (text.hasPrefix("GET") ? 400 : 405))
            #expect(answer["content-type"] == "application/problem+json")
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    /// Health checks of load balancers speak HTTP/1.0 without a Host.
    @Test(arguments: [
        ("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/tiles/blue/0/0/0.mvt", 200), ("/v1", 200),
        ("/v1/factories/nearest?lon=121.4737&lat=31.2304", 200), ("/tiles/blue.json", 400), ("/styles/blue.json", 400),
    ])
    func http10NeedsAHostOnlyForAbsoluteAddresses(target: String, status: Int) async throws {
        try await withServer(atlas) { server in
            let connection = try server.connect()
            let answer = try await offThread {
                try connection.send("GET \(target) HTTP/1.0\r\n\r\n")
                return try connection.answer()
            }
            #expect(answer.status == status)
            if status == 400 { #expect(answer.text.contains("name the host in a Host header")) }
        }
    }

    @Test func linksAreRelativeWithoutAHost() async throws {
        try await withServer(atlas) { server in
            let connection = try server.connect()
            let answer = try await offThread {
                try connection.send("GET /v1/factories?bbox=-180,-90,180,90&limit=1 HTTP/1.0\r\n\r\n")
                return try connection.answer()
            }
            let links = try #require(answer.json["links"] as? [[String: Any]])
            let next = try #require(links.first?["href"] as? String)
            #expect(next.hasPrefix("/v1/factories?"))
            #expect(try await server.get(next).status == 200)
        }
    }

    /// As `curl` sends them when a user types Chinese into an address.
    @Test func anAddressThatIsNotPercentEncodedIsExplained() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/factories/棉纺厂")
            #expect(answer.status == 400)
            #expect(answer.text.contains("must be percent-encoded"))
        }
    }

    /// A repeatable storm of addresses made of the contract's own words and of rubbish.
    @Test func noAddressMakesTheServerFail() async throws {
        try await withServer(atlas) { server in
            let words = [
                "/", "tiles", "blue", "supply-chain", "carbon", ".mvt", ".json", "0", "22", "23", "-1", "v1", "factories", "near",
                "nearest", "?", "&",
                "=", "lon", "lat", "radius", "1e308", "-0", "limit", "after", "bbox", "1,2,3,4", "crs", "gcj02", "%00", "%2F", "%", "%ff",
                "é", "#",
                "status", "violating", "from", "2026-02-29", "k", "datum", "bd09", "..", ";", "*", "%0d%0a", "+", "min_severity", "brand",
                "B1",
            ]
            var state: UInt64 = 42
            func random(_ bound: Int) -> Int {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(truncatingIfNeeded: state >> 33) % bound
            }
            let targets = (0..<600).map { _ in "/" + (0..<(1 + random(14))).map { _ in words[random(words.count)] }.joined() }
            let answers = try await offThread {
                var connection = try server.connect()
                return try targets.map { target in
                    try connection.send(target: target)
                    let answer = try connection.answer()
                    if answer["connection"] == "close" { connection = try server.connect() }
                    return (target, answer.status)
                }
            }
            for (target, status) in answers { #expect(status < 500, "\(target)") }
            #expect(Set(answers.map(\.1)).isSuperset(of: [400, 404]))
        }
    }
}
