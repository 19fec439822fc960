// LiveRecordTests.swift: records posted to a live server.

import Foundation
import Registry
import Testing

@Suite struct LiveRecordTests {
    private static let body =
        #"{"id":"N1","factory_id":"T9","kind":"penalty","published":"2026-11-20","category":"water","fine_cny":200000}"#

    @Test func aRecordIsStoredAndItsFactorysStatusIsTold() async throws {
        try await withLiveServer { live in
            let answer = try await live.send("POST", "/v1/records", as: .feed, body: Self.body)
            #expect(answer.status == 201, "\(answer.text)")
            #expect(answer.json["id"] as? String == "N1")
            #expect(answer.json["status"] as? String == "violating")
            #expect(answer.json["severity"] as? Int == 3)
            #expect(answer["location"] == "/v1/records/N1")
            #expect(answer["etag"] == "\"\(answer.json["seq"] as? Int ?? 0)\"")
            let detail = try await live.server.get("/v1/factories/T9")
            #expect(detail.text.contains("\"N1\""))
        }
    }

    @Test func withoutAKeyItIs401AndWithoutTheRight403() async throws {
        try await withLiveServer { live in
            let anyone = try await live.send("POST", "/v1/records", body: Self.body)
            #expect(anyone.status == 401)
            #expect(anyone["www-authenticate"]?.hasPrefix("Bearer") == true)
            #expect(try await live.send("POST", "/v1/records", as: .brand, body: Self.body).status == 403)
            #expect(try await live.send("POST", "/v1/records", key: "ba_nonsense", body: Self.body).status == 401)
            #expect(try await live.server.get("/v1/factories/T9").text.contains("N1") == false)
        }
    }

    @Test func aServerThatOnlyReadsHasNoSuchRoute() async throws {
        let atlas = try TestAtlas.shared.get()
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/records", method: "POST")
            #expect(answer.status == 404)
        }
    }
}
