// CorrectionEndpointTests.swift: corrective action as a client sees it: the way of record R0 of factory T0 (TestAtlas) from standing on, drafts
// that others cannot find, documents that no browser runs, and everything that is refused.

import Foundation
import Registry
import Testing

@testable import AtlasServer

@Suite struct CorrectionEndpointTests {
    private static let steps = "/v1/records/R0/steps"
    private static let picture = Array("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n".utf8)

    /// Uploads a document and returns its hash.
    private func upload(_ live: LiveServer, as role: Role, _ bytes: [UInt8] = picture, name: String = "evidence.pdf") async throws -> String
    {
        let answer = try await live.send(
            "POST", "/v1/documents?name=\(RequestTarget.encode(name))", as: role, headers: [("Content-Type", "application/pdf")],
            bytes: bytes)
        #expect(answer.status == 201, "\(answer.text)")
        return try #require(answer.json["sha256"] as? String)
    }

    private func explanation(_ document: String) -> String {
        #"{"step":"explain","cause":"阀门失效","plan":"更换","documents":["\#(document)"]}"#
    }

    private func report(_ document: String) -> String {
        #"{"step":"report-correction","summary":"done","completed_on":"\#(Day.today().iso)","documents":["\#(document)"]}"#
    }

    private func verification(_ document: String) -> String {
        #"{"step":"verify","method":"gca_audit","audited_on":"\#(Day.today().iso)","summary":"done","documents":["\#(document)"]}"#
    }

    // MARK: The way

    @Test func theWayFromStandingToTheObjectionPeriod() async throws {
        try await withLiveServer { live in
            let document = try await upload(live, as: .factory)
            let before = try await live.server.get("/v1/records/R0/history")
            #expect(before.status == 200 && before.json["stage"] as? String == "standing" && before.json["is_synthetic"] as? Bool == true)
            #expect((before.json["waiting_for"] as? [String: Any])?["by"] as? String == "2026-04-03")
            #expect((before.json["steps"] as? [Any])?.isEmpty == true)

            let explained = try await live.send(
                "POST", Self.steps, as: .factory, headers: [("If-Match", before["etag"] ?? "")], body: explanation(document))
            #expect(explained.status == 201, "\(explained.text)")
            #expect(explained.json["status"] as? String == "explained" && explained.json["number"] as? Int == 1)
            #expect(explained["location"] == "/v1/records/R0/history")
            let factory = try await live.server.get("/v1/factories/T0")
            let properties = try #require(factory.json["properties"] as? [String: Any])
            #expect(properties["status"] as? String == "explained")
            let record = try #require((properties["records"] as? [[String: Any]])?.first { $0["id"] as? String == "R0" })
            #expect((record["correction"] as? [String: Any])?["stage"] as? String == "explained")
            #expect((record["correction"] as? [String: Any])?["steps"] as? Int == 1)
            #expect(record["state"] as? String == "explained")

            #expect(try await live.send("POST", Self.steps, as: .factory, body: report(document)).status == 201)
            let audit = try await upload(live, as: .auditor, Array("audit report".utf8), name: "report.txt")
            let verified = try await live.send("POST", Self.steps, as: .auditor, body: verification(audit))
            #expect(verified.status == 201 && verified.json["stage"] as? String == "objection_period")
            let objection = try await live.send("POST", Self.steps, as: .brand, body: #"{"step":"object","reason":"the water smells"}"#)
            #expect(objection.status == 201, "\(objection.text)")
            let answered = try await live.send(
                "POST", Self.steps, as: .auditor, body: #"{"step":"settle-objection","objection":4,"answer":"measured"}"#)
            #expect(answered.status == 201, "\(answered.text)")

            let history = try await live.server.get("/v1/records/R0/history")
            let steps = try #require(history.json["steps"] as? [[String: Any]])
            #expect(steps.map { $0["step"] as? String } == ["explain", "report-correction", "verify", "object", "settle-objection"])
            #expect(steps[0]["cause"] as? String == "阀门失效")
            #expect((steps[0]["author"] as? [String: Any])?["factory_id"] as? String == "T0")
            #expect((steps[3]["author"] as? [String: Any])?["brand_id"] as? String == "B1")
            #expect(steps[3]["open"] as? Bool == false && steps[3]["settled_by"] as? Int == 5)
            #expect(((steps[2]["documents"] as? [[String: Any]])?.first?["href"] as? String) == "/v1/documents/\(audit)")
            #expect(history.json["objections_until"] as? String == verified.json["objections_until"] as? String)
            // Neither keys nor accounts' ids are shown.
            #expect(!history.text.contains(live.keys[.factory]?.id ?? "?") && !history.text.contains("account"))
        }
    }

    @Test func aVerificationIsCompletedWhenItsTimeHasCome() async throws {
        try await withLiveServer(.changing { $0.deadlines.objectionDays = 0 }) { live in
            let document = try await upload(live, as: .factory)
            for body in [explanation(document), report(document)] {
                #expect(try await live.send("POST", Self.steps, as: .factory, body: body).status == 201)
            }
            let audit = try await upload(live, as: .auditor)
            #expect(try await live.send("POST", Self.steps, as: .auditor, body: verification(audit)).status == 201)
            var stage = ""
            for _ in 0..<300 where stage != "verified" {
                try await Task.sleep(for: .milliseconds(100))
                stage = try await live.server.get("/v1/records/R0/history").json["stage"] as? String ?? ""
            }
            #expect(stage == "verified")
            let detail = try await live.server.get("/v1/factories/T0").json["properties"] as? [String: Any]
            #expect(detail?["status"] as? String == "corrected")
        }
    }

    // MARK: What is refused

    @Test func stepsOfTheWrongRoleOrderAndVersionAreRefusedAndChangeNothing() async throws {
        try await withLiveServer { live in
            let document = try await upload(live, as: .factory)
            let body = explanation(document)
            #expect(try await live.send("POST", Self.steps, body: body).status == 401)
            for role in [Role.brand, .auditor, .analyst, .feed, .admin] {
                let refused = try await live.send("POST", Self.steps, as: role, body: body)
                #expect(refused.status == 403 && refused.json["parameter"] as? String == "step", "\(role.name)")
            }
            // Another factory's record.
            #expect(try await live.send("POST", "/v1/records/R2/steps", as: .factory, body: body).status == 403)
            #expect(try await live.send("POST", "/v1/records/R99/steps", as: .factory, body: body).status == 404)
            let early = try await live.send("POST", Self.steps, as: .factory, body: report(document))
            #expect(early.status == 409 && early.text.contains("explain"))
            let stale = try await live.send("POST", Self.steps, as: .factory, headers: [("If-Match", "\"1\"")], body: body)
            #expect(stale.status == 412)
            for tag in ["abc", "\"+1\"", "\"01\""] {
                let odd = try await live.send("POST", Self.steps, as: .factory, headers: [("If-Match", tag)], body: body)
                #expect(odd.status == 400 && odd.json["parameter"] as? String == "If-Match", "\(tag)")
            }
            #expect(((try await live.server.get("/v1/records/R0/history")).json["steps"] as? [Any])?.isEmpty == true)
        }
    }

    @Test func whatIsWrongInABodyIsNamed() async throws {
        try await withLiveServer { live in
            let document = try await upload(live, as: .factory)
            let cases: [(body: String, status: Int, field: String?)] = [
                ("", 400, nil), ("[]", 400, nil), ("{", 400, nil), (#"{"step":"explain","colour":"red"}"#, 400, "colour"),
                (String(repeating: "[", count: 100_000), 400, nil), (#"{"step":1e999}"#, 400, nil),
                (#"{"plan":"x"}"#, 422, "step"), (#"{"step":"complete"}"#, 403, "step"), (#"{"step":"launch"}"#, 422, "step"),
                (#"{"step":"explain","plan":"x","documents":["\#(document)"]}"#, 422, "cause"),
                (#"{"step":"explain","cause":7,"plan":"x"}"#, 422, "cause"),
                (#"{"step":"explain","cause":"x","plan":"x"}"#, 422, "documents"),
                (#"{"step":"explain","cause":"x","plan":"x","documents":"\#(document)"}"#, 422, "documents"),
                (#"{"step":"explain","cause":"x","plan":"x","documents":["../../etc/passwd"]}"#, 422, "documents"),
                (
                    #"{"step":"explain","cause":"x'; DROP TABLE records; --","plan":"x","documents":["\#(String(repeating: "0", count: 64))"]}"#,
                    422, "documents"
                ),
                (#"{"step":"explain","cause":"x\u0000","plan":"x","documents":["\#(document)"]}"#, 422, "cause"),
                (
                    #"{"step":"explain","cause":"x","plan":"\#(String(repeating: "x", count: 8_001))","documents":["\#(document)"]}"#, 422,
                    "plan"
                ),
                (
                    #"{"step":"explain","cause":"x","plan":"x","planned_completion":"yesterday","documents":["\#(document)"]}"#, 422,
                    "planned_completion"
                ),
            ]
            for (body, status, field) in cases {
                let answer = try await live.send("POST", Self.steps, as: .factory, body: body)
                #expect(answer.status == status, "\(body.prefix(80)): \(answer.text)")
                #expect(answer["content-type"] == "application/problem+json")
                if let field { #expect(answer.json["parameter"] as? String == field, "\(body.prefix(80)): \(answer.text)") }
            }
            let broken = try await live.send(
                "POST", Self.steps, as: .factory, bytes: Array(#"{"step":"explain","cause":""#.utf8) + [0xFF, 0xC0] + Array(#""}"#.utf8))
            #expect(broken.status == 400)
            let large = try await live.send("POST", Self.steps, as: .factory, body: String(repeating: " ", count: 300_000))
            #expect(large.status == 413)
            #expect(try await live.send("POST", Self.steps, as: .factory, body: explanation(document)).status == 201)
        }
    }

    // MARK: Drafts

    @Test func aDraftIsTheAuthorsAloneAndForOthersExactlyNothing() async throws {
        try await withLiveServer { live in
            let draft = "/v1/records/R0/drafts/3"
            let saved = try await live.send("PUT", draft, as: .factory, body: #"{"step":"explain","cause":"not yet sure"}"#)
            #expect(saved.status == 201 && saved["location"] == draft, "\(saved.text)")
            #expect(try await live.send("PUT", draft, as: .factory, body: #"{"step":"explain","cause":"a valve"}"#).status == 204)
            let own = try await live.send("GET", draft, as: .factory)
            #expect(own.status == 200 && (own.json["draft"] as? [String: Any])?["cause"] as? String == "a valve")
            #expect(own["cache-control"] == "no-store")

            /// Everything that an answer says but the request's own id, address and time.
            func essence(_ answer: Answer) -> String {
                var json = answer.json
                json["request_id"] = nil
                json["instance"] = nil
                let fields = answer.fields.filter { !["x-request-id", "date", "content-length"].contains($0.name) }.map {
                    "\($0.name): \($0.value)"
                }
                return "\(answer.status) \(json.sorted { $0.key < $1.key }) \(fields)"
            }
            let nothing = try await live.send("GET", "/v1/records/R0/drafts/4", as: .admin)
            #expect(nothing.status == 404)
            for role in Role.allCases where role != .visitor && role != .factory {
                for (method, target) in [
                    ("GET", draft), ("DELETE", draft), ("GET", "/v1/records/R99/drafts/3"), ("GET", "/v1/records/R0/drafts/x"),
                ] {
                    #expect(
                        essence(try await live.send(method, target, as: role)) == essence(nothing), "\(method) \(target) by \(role.name)")
                }
            }
            #expect(try await live.send("GET", draft).status == 401)
            #expect(try await live.send("GET", "/v1/records/R0/drafts/9").status == 401)
            #expect(!(try await live.server.get("/v1/records/R0/history")).text.contains("valve"))
            #expect(try await live.send("PUT", "/v1/records/R2/drafts/1", as: .factory, body: "{}").status == 403)
            #expect(try await live.send("PUT", "/v1/records/R0/drafts/21", as: .factory, body: "{}").status == 400)
            #expect(try await live.send("PUT", draft, as: .factory, body: #"{"colour":1}"#).status == 400)
            #expect(try await live.send("DELETE", draft, as: .factory).status == 204)
            #expect(essence(try await live.send("GET", draft, as: .factory)) == essence(nothing))
        }
    }

    // MARK: Documents

    @Test func aDocumentIsPrivateUntilAStepNamesItAndAnAttachmentAlways() async throws {
        try await withLiveServer { live in
            let hash = try await upload(live, as: .factory, name: "../证明\u{202E}\"; x=y.PDF")
            let target = "/v1/documents/\(hash)"
            #expect(try await live.server.get(target).status == 404)
            #expect(try await live.send("GET", target, as: .admin).status == 404)
            let own = try await live.send("GET", target, as: .factory)
            #expect(own.status == 200 && own.body == Self.picture && own["cache-control"] == "private, no-store")
            #expect(try await live.send("POST", Self.steps, as: .factory, body: explanation(hash)).status == 201)
            let open = try await live.server.get(target)
            #expect(open.status == 200 && open.body == Self.picture)
            #expect(open["content-type"] == "application/pdf" && open["x-content-type-options"] == "nosniff")
            #expect(open["content-security-policy"] == "default-src 'none'; sandbox")
            #expect(
                open["content-disposition"] == #"attachment; filename="____ x=y.pdf"; filename*=UTF-8''%E8%AF%81%E6%98%8E_%3B%20x%3Dy.pdf"#)
            #expect(open["cache-control"]?.contains("immutable") == true)
            #expect(try await live.server.get(target, headers: [("If-None-Match", open["etag"] ?? "")]).status == 304)
            for other in [
                "/v1/documents/\(String(repeating: "0", count: 64))", "/v1/documents/..%2F..%2Fetc%2Fpasswd",
                "/v1/documents/\(hash.uppercased())",
            ] {
                #expect(try await live.server.get(other).status == 404, "\(other)")
            }
        }
    }

    @Test func documentsThatAreNotTakenAreRefusedByTypeContentAndSize() async throws {
        try await withLiveServer { live in
            func status(_ bytes: [UInt8], as role: Role? = .factory) async throws -> Int {
                try await live.send(
                    "POST", "/v1/documents?name=a.pdf", as: role, headers: [("Content-Type", "application/pdf")], bytes: bytes
                ).status
            }
            let withoutKey = try await status(Self.picture, as: nil)
            #expect(withoutKey == 401)
            #expect(try await status(Array("<html><script>alert(1)</script>".utf8)) == 415)
            #expect(try await status(Array("PK\u{03}\u{04}".utf8) + [UInt8](repeating: 0, count: 40)) == 422)
            #expect(try await status(Self.picture + Array("PK".utf8)) == 422)
            #expect(try await status([]) == 422)
            // Two pieces of the registry's.
            #expect(try await status([UInt8](repeating: 0x20, count: 300_000)) == 201)
            // Refused by what the head says, before any of it is sent.
            let key = live.keys[.factory]?.text ?? ""
            let tooLarge = try await offThread { [server = live.server] in
                let connection = try server.connect()
                try connection.send(
                    method: "POST", target: "/v1/documents",
                    headers: [("Authorization", "Bearer \(key)"), ("Content-Length", "\(10 << 20 + 1)")])
                return try connection.answer()
            }
            #expect(tooLarge.status == 413)
            #expect(try await live.send("POST", "/v1/documents?nane=x", as: .factory, bytes: Self.picture).status == 400)
        }
    }
}
