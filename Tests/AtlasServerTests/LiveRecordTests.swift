// LiveRecordTests.swift: records posted to a live server, one at a time and many.

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

    @Test func aServerThatOnlyReadsHasNoSuchRoute() async throws {
        let atlas = try TestAtlas.shared.get()
        try await withServer(atlas) { server in
            let unknown = try await server.get("/v1/records", method: "POST")
            #expect(unknown.status == 404)
            #expect(try await server.get("/v1/factories", method: "POST").status == 405)
        }
    }

    @Test func aChangeNamesTheVersionItIsMeantFor() async throws {
        try await withLiveServer { live in
            let first = try await live.send("POST", "/v1/records", as: .feed, body: Self.body)
            let etag = try #require(first["etag"])
            let patch = #"{"fine_cny":50000}"#
            #expect(try await live.send("PATCH", "/v1/records/N1", as: .feed, body: patch).status == 428)
            #expect(try await live.send("PATCH", "/v1/records/N1", as: .feed, headers: [("If-Match", "\"1\"")], body: patch).status == 412)
            // The tag and nothing like it: the same number written otherwise is another text.
            let number = etag.filter(\.isNumber)
            for other in ["\"+\(number)\"", "\"0\(number)\"", "\"-0\"", number, "\"\(number)", "\"", "\"\"", "W/\(etag)"] {
                let refused = try await live.send("PATCH", "/v1/records/N1", as: .feed, headers: [("If-Match", other)], body: patch)
                #expect(refused.status == 400 && refused.json["parameter"] as? String == "If-Match", "\(other): \(refused.text)")
            }
            let changed = try await live.send("PATCH", "/v1/records/N1", as: .feed, headers: [("If-Match", etag)], body: patch)
            #expect(changed.status == 200 && changed.json["severity"] as? Int == 2, "\(changed.text)")
            #expect(try await live.send("PATCH", "/v1/records/N1", as: .feed, headers: [("If-Match", etag)], body: patch).status == 412)
            let read = try await live.send("GET", "/v1/records/N1")
            #expect(read.json["fine_cny"] as? Int == 50_000)
            #expect(read.json["category"] as? String == "water")
            #expect(read["etag"] == changed["etag"])
            let verified = try await live.send(
                "PATCH", "/v1/records/N1", as: .feed, headers: [("If-Match", "*")], body: #"{"state":"verified"}"#)
            #expect(verified.status == 422 && verified.json["parameter"] as? String == "state")
            let withdrawn = try await live.send("DELETE", "/v1/records/N1", as: .feed, headers: [("If-Match", "*")])
            #expect(withdrawn.status == 200 && withdrawn.json["status"] as? String == "corrected", "\(withdrawn.text)")
        }
    }

    @Test func aRepeatedRequestIsAnsweredAlikeAndWrittenOnce() async throws {
        try await withLiveServer { live in
            let body = #"{"factory_id":"T9","kind":"complaint","published":"2026-11-20","category":"noise"}"#
            let key = [("Idempotency-Key", "abc-1")]
            let first = try await live.send("POST", "/v1/records", as: .feed, headers: key, body: body)
            let second = try await live.send("POST", "/v1/records", as: .feed, headers: key, body: body)
            #expect(first.status == 201 && second.status == 201)
            #expect(first.body == second.body && first["etag"] == second["etag"] && first["location"] == second["location"])
            #expect(first["idempotency-replayed"] == nil && second["idempotency-replayed"] == "true")
            let other = try await live.send("POST", "/v1/records", as: .feed, headers: key, body: Self.body)
            #expect(other.status == 422 && other.json["parameter"] as? String == "Idempotency-Key")
            // Another account's key of the same name is another key.
            #expect(try await live.send("POST", "/v1/records", as: .admin, headers: key, body: Self.body).status == 201)
        }
    }

    @Test func anExistingRecordWithOtherContentsIsAConflict() async throws {
        try await withLiveServer { live in
            #expect(try await live.send("POST", "/v1/records", as: .feed, body: Self.body).status == 201)
            let again = try await live.send("POST", "/v1/records", as: .feed, body: Self.body)
            #expect(again.status == 200 && again.json["outcome"] as? String == "unchanged")
            let other = Self.body.replacing("200000", with: "1")
            #expect(try await live.send("POST", "/v1/records", as: .feed, body: other).status == 409)
            #expect(try await live.send("GET", "/v1/records/N1").json["fine_cny"] as? Int == 200_000)
        }
    }

    @Test(arguments: [
        (#"{"factory_id":"nowhere","kind":"penalty","published":"2026-11-20"}"#, 422, "factory_id"),
        (#"{"kind":"penalty","published":"2026-11-20"}"#, 422, "factory_id"),
        (#"{"factory_id":"T9","kind":"thing","published":"2026-11-20"}"#, 422, "kind"),
        (#"{"factory_id":"T9","kind":"penalty","published":"yesterday"}"#, 422, "published"),
        (#"{"factory_id":"T9","kind":"penalty","published":"2026-11-20","fine_cny":-5}"#, 422, "fine_cny"),
        (#"{"factory_id":"T9","kind":"penalty","published":"2026-11-20","fine":5}"#, 400, "fine"),
        (#"{"factory_id":"T9","kind":["penalty"],"published":"2026-11-20"}"#, 422, "kind"),
        (#"{"factory_id":"T9","kind":"penalty","published":"2026-11-20","source_url":"javascript:alert(1)"}"#, 422, "source_url"),
    ])
    func aWrongValueNamesItsField(_ body: String, _ status: Int, _ field: String) async throws {
        try await withLiveServer { live in
            let answer = try await live.send("POST", "/v1/records", as: .feed, body: body)
            #expect(answer.status == status && answer.json["parameter"] as? String == field, "\(answer.text)")
        }
    }

    @Test func whatIsNoJSONIsToldWithItsPlace() async throws {
        try await withLiveServer { live in
            let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
            for (body, words) in [
                (#"{"id":"N1","id":"N2"}"#, "twice"), (#"{"fine_cny":1e999}"#, "larger"), ("{\"a\":\(deep)}", "deep"), ("{", "line 1"),
                (#"{"fine_cny":01}"#, "no JSON"), ("[]", "object"), ("", "line 1"),
            ] {
                let answer = try await live.send("POST", "/v1/records", as: .feed, bytes: Array(body.utf8))
                #expect(answer.status == 400, "\(body.prefix(40)): \(answer.text)")
                #expect((answer.json["detail"] as? String)?.contains(words) == true, "\(answer.text)")
            }
            let invalid = try await live.send(
                "POST", "/v1/records", as: .feed, bytes: Array(#"{"id":""#.utf8) + [0xFF, 0xC0] + Array(#""}"#.utf8))
            #expect(invalid.status == 400 && invalid.text.contains("UTF-8"))
            let large = try await live.send("POST", "/v1/records", as: .feed, bytes: [UInt8](repeating: 0x20, count: (1 << 20) + 1))
            #expect(large.status == 413)
        }
    }

    @Test func sqlInAnyFieldIsOnlyText() async throws {
        try await withLiveServer { live in
            let attack = "'); DROP TABLE records; --"
            for (number, field) in ["id", "authority", "document_number", "regulation", "text", "supersedes"].enumerated() {
                let body =
                    #"{"factory_id":"T9","kind":"penalty","published":"2026-11-2\#(number)","category":"air","\#(field)":"\#(attack)"}"#
                let answer = try await live.send("POST", "/v1/records", as: .feed, body: body)
                #expect(answer.status == 201, "\(field): \(answer.text)")
                let id = try #require(answer["location"])
                #expect(try await live.send("GET", id).json[field] as? String == attack)
            }
            let unknown = try await live.send(
                "POST", "/v1/records", as: .feed, body: #"{"factory_id":"\#(attack)","kind":"penalty","published":"2026-11-20"}"#)
            #expect(unknown.status == 422)
        }
    }

    // MARK: Many

    @Test func everyLineOfAStreamHasItsResult() async throws {
        try await withLiveServer { live in
            var lines: [String] = []
            for number in 0..<700 {
                switch number % 7 {
                case 3: lines.append(#"{"id":"S\#(number)","factory_id":"nowhere","kind":"penalty","published":"2026-11-20"}"#)
                case 5: lines.append("{broken")
                default:
                    lines.append(
                        #"{"id":"S\#(number)","factory_id":"T\#(number % 100)","kind":"penalty","published":"2026-11-20","category":"air"}"#
                    )
                }
            }
            let body = lines.joined(separator: "\n")
            let answer = try await live.send(
                "POST", "/v1/bulk/records", as: .feed, headers: [("Content-Type", "application/x-ndjson")], body: body)
            #expect(answer.status == 200)
            let results = try answer.text.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
            #expect(results.count == 701)
            for (number, result) in results.dropLast().enumerated() {
                #expect(result["line"] as? Int == number + 1)
                let error = result["error"] as? [String: Any]
                switch number % 7 {
                case 3: #expect(error?["parameter"] as? String == "factory_id")
                case 5: #expect(error?["status"] as? Int == 400)
                default: #expect(result["id"] as? String == "S\(number)" && result["outcome"] as? String == "added")
                }
            }
            let last = try #require(results.last)
            #expect(last["done"] as? Bool == true && last["added"] as? Int == 500 && last["refused"] as? Int == 200)
        }
    }

    @Test func aStreamAcknowledgesLinesBeforeItsEnd() async throws {
        try await withLiveServer { live in
            let key = try #require(live.keys[.feed]?.text)
            let line = #"{"id":"E1","factory_id":"T9","kind":"penalty","published":"2026-11-20","category":"air"}"# + "\n"
            try await offThread { [port = live.server.port] in
                let connection = try Connection(port: port)
                try connection.send(
                    method: "POST", target: "/v1/bulk/records",
                    headers: [("Authorization", "Bearer \(key)"), ("Transfer-Encoding", "chunked")])
                try connection.send("\(String(line.utf8.count, radix: 16))\r\n\(line)\r\n")
                #expect(try connection.status() == 200)
                #expect(try connection.waits(for: "\"E1\""))
                try connection.send("0\r\n\r\n")
                #expect(try connection.waits(for: "\"done\":true"))
            }
        }
    }
}
