// BrokenBodyTests.swift: bodies that are no HTTP, or break off: the route that reads them hears of it at once, answers, and keeps nothing of them.

import Foundation
import Registry
import Testing

@testable import AtlasServer

@Suite struct BrokenBodyTests {
    private static let record = #"{"id":"N1","factory_id":"T9","kind":"penalty","category":"water","published":"2026-11-20"}"#

    /// What a server answers to a request with a body that is sent as it is, and whether it says nothing more then.
    private static func send(
        _ live: LiveServer, _ target: String, as role: Role?, _ body: String,
        _ framing: (String, String) = ("Transfer-Encoding", "chunked"), before: String = "", finishes: Bool = false
    ) async throws -> (answers: [Answer], isClosed: Bool) {
        var headers = [framing]
        if let key = role.flatMap({ live.keys[$0]?.text }) { headers.append(("Authorization", "Bearer \(key)")) }
        return try await offThread { [port = live.server.port, headers] in
            let connection = try Connection(port: port)
            try connection.send(before)
            try connection.send(method: "POST", target: target, headers: headers)
            try connection.send(body)
            if finishes { connection.finishSending() }
            var answers = [try connection.answer()]
            if !before.isEmpty { answers.append(try connection.answer()) }
            return (answers, try connection.isClosed())
        }
    }

    private static func expectRefusal(_ answer: Answer?) {
        #expect(answer?.status == 400 && answer?["content-type"] == "application/problem+json", "\(answer?.text ?? "")")
        #expect(answer?.json["type"] as? String == "urn:blueatlas:problem:malformed-request")
        #expect(answer?["connection"] == "close")
    }

    /// A size that is no number, data without its line end, data that is shorter than its size.
    @Test(arguments: ["zz\r\n", "2\r\n{}x\r\n", "5\r\n{}\r\n0\r\n\r\n"])
    func chunksThatAreNoneAreRefusedAtOnce(body: String) async throws {
        try await withLiveServer { live in
            let (answers, isClosed) = try await Self.send(live, "/v1/records", as: .feed, body)
            Self.expectRefusal(answers.first)
            #expect(isClosed)
        }
    }

    @Test func requestsBeforeItAreAnsweredFirst() async throws {
        try await withLiveServer { live in
            let (answers, isClosed) = try await Self.send(
                live, "/v1/records", as: .feed, "zz\r\n", before: "GET /v1/records/R0 HTTP/1.1\r\nHost: atlas.test\r\n\r\n")
            #expect(answers.first?.status == 200 && answers.first?["connection"] == nil)
            Self.expectRefusal(answers.last)
            #expect(isClosed)
        }
    }

    @Test func whoMayNotIsToldThatAndNothingElse() async throws {
        try await withLiveServer { live in
            let (answers, isClosed) = try await Self.send(live, "/v1/records", as: nil, "zz\r\n")
            #expect(answers.first?.status == 401)
            #expect(isClosed)
        }
    }

    /// The answer to a stream has begun by then: its last line says what is wrong.
    @Test func aStreamOfLinesSaysThatItIsNotWhole() async throws {
        try await withLiveServer { live in
            let line = Self.record + "\n"
            let chunk = "\(String(line.utf8.count, radix: 16))\r\n\(line)\r\n"
            let (answers, isClosed) = try await Self.send(live, "/v1/bulk/records", as: .feed, chunk + "zz\r\n")
            let lines = answers[0].text.split(separator: "\n")
            #expect(answers[0].status == 200 && lines.count == 2)
            #expect(lines.first?.contains("\"added\"") == true)
            #expect(lines.last?.contains("\"done\":false") == true && lines.last?.contains("\"added\":1") == true)
            #expect(isClosed)
            #expect(try await live.server.get("/v1/records/N1").status == 200)
        }
    }

    /// Half a table looks like a whole one.
    @Test func aBodyThatBreaksOffIsNotTakenForAWholeOne() async throws {
        try await withLiveServer { live in
            let (answers, _) = try await Self.send(
                live, "/v1/watchlists?name=half", as: .brand, "name\nFirst\n", ("Content-Length", "1000"), finishes: true)
            Self.expectRefusal(answers.first)
            let lists = try await live.send("GET", "/v1/watchlists", as: .brand)
            #expect((lists.json["watchlists"] as? [Any])?.isEmpty == true)
        }
    }
}
