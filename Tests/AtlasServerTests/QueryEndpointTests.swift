// QueryEndpointTests.swift: who is near, who is nearest, who is in the window, what is held against a factory.

import Atlas
import Foundation
import Geodesy
import Testing

@testable import AtlasServer

@Suite struct QueryEndpointTests {
    let atlas: TestAtlas
    static let near = "/v1/factories/near?lon=121.4737&lat=31.2304"

    init() throws { atlas = try TestAtlas.shared.get() }

    private func ids(_ answer: Answer) -> [String] {
        (answer.json["features"] as? [[String: Any]] ?? []).compactMap { ($0["properties"] as? [String: Any])?["id"] as? String }
    }

    private func distances(_ answer: Answer) -> [Double] {
        (answer.json["features"] as? [[String: Any]] ?? []).compactMap { ($0["properties"] as? [String: Any])?["distance_m"] as? Double }
    }

    private func next(_ answer: Answer) -> String? {
        let links = answer.json["links"] as? [[String: Any]] ?? []
        return links.first { $0["rel"] as? String == "next" }?["href"] as? String
    }

    @Test func theNearestComeFirstWithTheirDistances() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get(QueryEndpointTests.near + "&radius=1000")
            #expect(answer.status == 200)
            #expect(answer["content-type"] == "application/geo+json")
            #expect(answer.json["type"] as? String == "FeatureCollection")
            // 0.001° of longitude at 31.2304° N on WGS 84 is 95.2739 m (PROJ, geod), so eleven stand within 1 km.
            #expect(ids(answer) == (0...10).map { "T\($0)" })
            #expect(answer.json["numberMatched"] as? Int == 11)
            #expect(answer.json["numberReturned"] as? Int == 11)
            for (index, distance) in distances(answer).enumerated() { #expect(abs(distance - 95.2739 * Double(index)) < 0.1) }
            #expect(next(answer) == nil)
            let first = try #require((answer.json["features"] as? [[String: Any]])?.first)
            let geometry = try #require(first["geometry"] as? [String: Any])
            #expect(geometry["coordinates"] as? [Double] == [121.4737, 31.2304])
            let properties = try #require(first["properties"] as? [String: Any])
            #expect(properties["status"] as? String == "violating")
            #expect(properties["name_zh"] as? String == "测试\"厂\"0号")
            #expect(properties["brands"] as? [String] == ["B1", "B2"])
        }
    }

    @Test func theRimIsExact() async throws {
        try await withServer(atlas) { server async throws in
            let geodesic = WGS84Geodesic()
            let rim = geodesic.distanceMeters(
                fromLongitude: 121.4737, latitude: 31.2304, toLongitude: TestAtlas.square.longitude + 3 * TestAtlas.step, latitude: 31.2304)
            #expect(try await ids(server.get(QueryEndpointTests.near + "&radius=\(rim.nextUp)")).count == 4)
            #expect(try await ids(server.get(QueryEndpointTests.near + "&radius=\(rim - 1e-6)")).count == 3)
        }
    }

    @Test func pagesFollowEachOtherWithoutGapOrRepeat() async throws {
        try await withServer(atlas) { server in
            let starts = [
                QueryEndpointTests.near + "&radius=9000&limit=7", "/v1/factories?bbox=121.4,31.2,121.6,31.3&limit=11",
                // Many on one point: pages must break ties the same way each time.
                "/v1/factories/near?lon=114.05&lat=22.55&radius=10&limit=7", "/v1/factories?bbox=114.05,22.55,114.05,22.55&limit=11",
                "/v1/factories?bbox=114,22.5,114.1,22.6&limit=13&crs=gcj02",
            ]
            for start in starts {
                var seen: [String] = []
                var target: String? = start
                var pages = 0
                while let address = target, pages < 60 {
                    let answer = try await server.get(address)
                    #expect(answer.status == 200)
                    seen += ids(answer)
                    let following = next(answer)
                    #expect(following?.hasPrefix("http://atlas.test:81/v1/factories") ?? true)
                    target = following.map { String($0.dropFirst("http://atlas.test:81".count)) }
                    pages += 1
                }
                #expect(pages > 2)
                #expect(Set(seen).count == seen.count)
                let all = try await server.get(start.replacing(/limit=\d+/, with: "limit=1000"))
                #expect(seen == ids(all))
                #expect(seen.count > 30)
            }
        }
    }

    @Test func aWindowHoldsWhatStandsInItEdgesIncluded() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/factories?bbox=121.4737,31.2304,121.4767,31.2304")
            #expect(ids(answer) == ["T0", "T1", "T2", "T3"])
            #expect(answer.json["numberMatched"] as? Int == 4)
            let limited = try await server.get("/v1/factories?bbox=-180,-90,180,90")
            #expect(limited.json["numberMatched"] as? Int == TestAtlas.count)
            #expect(limited.json["numberReturned"] as? Int == 100)
        }
    }

    @Test func theNearestAreFoundHoweverFar() async throws {
        try await withServer(atlas) { server async throws in
            #expect(try await ids(server.get("/v1/factories/nearest?lon=87&lat=44&k=1")) == [TestAtlas.oddID])
            #expect(try await ids(server.get("/v1/factories/nearest?lon=121.4737&lat=31.2304&k=3")) == ["T0", "T1", "T2"])
            #expect(try await ids(server.get("/v1/factories/nearest?lon=121.4737&lat=31.2304")).count == 10)
            #expect(
                try await ids(server.get("/v1/factories/nearest?lon=121.4737&lat=31.2304&k=2&industry=C39")).allSatisfy {
                    $0.hasPrefix("P")
                })
            #expect(try await ids(server.get("/v1/factories/nearest?lon=0&lat=0&k=1000")).count == TestAtlas.count)
        }
    }

    @Test func filtersHoldForEveryQuery() async throws {
        try await withServer(atlas) { server async throws in
            #expect(try await ids(server.get(QueryEndpointTests.near + "&radius=100000&status=unresolved")) == ["T1"])
            #expect(try await ids(server.get("/v1/factories?bbox=121,31,122,32&brand=B1")) == ["T0", "T5"])
            #expect(try await ids(server.get("/v1/factories?bbox=121,31,122,32&from=2026-01-01&to=2026-12-31")) == ["T0"])
        }
    }

    /// GCJ-02 of People's Square is about 450 m to the southeast of WGS 84's numbers; asked in either, T0 stands at the centre.
    @Test(arguments: ["gcj02", "bd09", "cgcs2000", "wgs84"])
    func positionsMayBeGivenAndAreReturnedInTheClientsDatum(crs: String) async throws {
        try await withServer(atlas) { server in
            let wgs84 = try Coordinate<WGS84>(longitude: TestAtlas.square.longitude, latitude: TestAtlas.square.latitude)
            var asked = (wgs84.longitude, wgs84.latitude)
            switch crs {
            case "gcj02": asked = (wgs84.gcj02().longitude, wgs84.gcj02().latitude)
            case "bd09": asked = (wgs84.bd09().longitude, wgs84.bd09().latitude)
            default: break
            }
            if crs.hasSuffix("02") || crs.hasSuffix("09") { #expect(abs(asked.0 - wgs84.longitude) > 0.001) }
            let answer = try await server.get("/v1/factories/near?lon=\(asked.0)&lat=\(asked.1)&radius=0.01&crs=\(crs)")
            #expect(ids(answer) == ["T0"])
            #expect(answer.json["position_datum"] as? String == crs)
            let feature = try #require((answer.json["features"] as? [[String: Any]])?.first)
            let position = try #require((feature["geometry"] as? [String: Any])?["coordinates"] as? [Double])
            #expect(abs(position[0] - asked.0) < 2e-9)
            #expect(abs(position[1] - asked.1) < 2e-9)
            // A window of a metre around it, in the same datum.
            let d = 0.000_01
            let window = try await server.get(
                "/v1/factories?bbox=\(asked.0 - d),\(asked.1 - d),\(asked.0 + d),\(asked.1 + d)&crs=\(crs.uppercased())")
            #expect(ids(window) == ["T0"])
        }
    }

    @Test func aFactoryIsShownWithItsRecordsAndTheReasonForItsStatus() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/factories/T0")
            #expect(answer.status == 200)
            let properties = try #require(answer.json["properties"] as? [String: Any])
            #expect(properties["status"] as? String == "violating")
            #expect(properties["map_status"] as? String == "violating")
            let reason = try #require(properties["reason"] as? [String: String])
            #expect(reason["en"]?.contains("2026-03-04") == true)
            #expect(reason["zh"]?.unicodeScalars.contains { $0.value > 0x4E00 } == true)
            #expect(properties["credit_code"] as? String == "91350100M000100Y43")
            #expect((properties["attributes"] as? [String: Any])?["capacity_mw"] as? Double == 600.5)
            let records = try #require(properties["records"] as? [[String: Any]])
            #expect(records.compactMap { $0["id"] as? String } == ["R1", "R0"])
            #expect(records.compactMap { $0["state"] as? String } == ["verified", "standing"])
            // A fine of 120,000 CNY: severity 3 by domain rules.
            #expect(records[1]["severity"] as? Int == 3)
            #expect(records[1]["decides_status"] as? Bool == true)
            #expect(records[1]["text"] as? String == "line one\nline two")
            #expect((properties["brands"] as? [[String: Any]])?.compactMap { $0["id"] as? String } == ["B1", "B2"])
        }
    }

    @Test func anUnpublishedSupplierLinkIsNowhereToBeSeen() async throws {
        try await withServer(atlas) { server in
            for target in ["/v1/factories/T6", "/v1/factories?bbox=121,31,122,32&limit=1000"] {
                let answer = try await server.get(target)
                let features = answer.json["features"] as? [[String: Any]] ?? [answer.json]
                let mine = features.compactMap { $0["properties"] as? [String: Any] }.first { $0["id"] as? String == "T6" }
                #expect((try #require(mine)["brands"] as? [Any] ?? []).isEmpty)
            }
        }
    }

    @Test func idsOfAnyKindCanBeAskedFor() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/factories/\(RequestTarget.encode(TestAtlas.oddID))")
            #expect(answer.status == 200)
            #expect((answer.json["properties"] as? [String: Any])?["id"] as? String == TestAtlas.oddID)
            let missing = try await server.get("/v1/factories/nobody")
            #expect(missing.status == 404)
            #expect(missing.json["parameter"] as? String == "id")
        }
    }

    @Test func withoutARegistryTheSnapshotStillAnswers() async throws {
        try await withServer(atlas, .changing { $0.registryPath = nil }) { server in
            let properties = try #require(try await server.get("/v1/factories/T0").json["properties"] as? [String: Any])
            #expect(properties["status"] as? String == "violating")
            #expect(properties["records"] as? Int == 2)
        }
    }

    @Test func madeUpDataSayThatTheyAre() async throws {
        try await withServer(atlas) { server async throws in
            for target in [QueryEndpointTests.near + "&radius=10", "/v1/factories/T0", "/v1/factories/nearest?lon=1&lat=1"] {
                #expect(try await server.get(target).json["synthetic"] as? String == TestAtlas.label)
            }
            for target in ["/v1", "/v1/search?q=T0", "/tiles/blue.json", "/styles/blue.json", "/styles/supply-chain.json"] {
                #expect(try await server.get(target).text.contains("SYNTHETIC DATA"))
            }
        }
    }

    @Test func longAnswersAreCompressedOnRequest() async throws {
        try await withServer(atlas) { server in
            let target = "/v1/factories?bbox=-180,-90,180,90&limit=1000"
            let plain = try await server.get(target)
            let zipped = try await server.get(target, headers: [("Accept-Encoding", "gzip")])
            #expect(zipped["content-encoding"] == "gzip")
            #expect(zipped.body.count * 5 < plain.body.count)
            #expect(try zipped.decoded() == plain.body)
        }
    }
}
