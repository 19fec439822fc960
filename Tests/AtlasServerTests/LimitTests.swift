// LimitTests.swift: what one client may take: requests a second, a body's time.

import Foundation
import HTTPTypes
import NIOCore
import Testing

@testable import AtlasServer

@Suite struct LimitTests {
    @Test func aBucketFillsAtItsRate() {
        let limiter = RateLimiter(perSecond: 10, burst: 3)
        let start = NIODeadline.now()
        #expect((0..<3).allSatisfy { _ in limiter.wait(for: "a", now: start) == nil })
        #expect(limiter.wait(for: "a", now: start) == 0.1)
        #expect(limiter.wait(for: "b", now: start) == nil)
        #expect(limiter.wait(for: "a", now: start + .milliseconds(100)) == nil)
        #expect(limiter.wait(for: "a", now: start + .milliseconds(100)) != nil)
        // However long it waits, it holds no more than its burst; a clock that goes back fills nothing.
        let late = start + .seconds(100)
        #expect((0..<3).allSatisfy { _ in limiter.wait(for: "a", now: late) == nil })
        #expect(limiter.wait(for: "a", now: late) != nil)
        #expect(limiter.wait(for: "a", now: start) != nil)
    }

    @Test func anyNumberOfClientsTakesBoundedMemory() {
        let limiter = RateLimiter(perSecond: 1, burst: 1, clients: 100)
        for number in 0..<10_000 { _ = limiter.wait(for: "\(number)") }
        #expect(limiter.remembered <= 200)
    }

    @Test func whoAsksTooOftenIsToldWhenToComeBack() async throws {
        try await withLiveServer(.changing { $0.limits.requestsPerAddress = 0.01 }) { live in
            var statuses: [Int] = []
            for _ in 0..<4 {
                let answer = try await live.send("GET", "/v1/records/R0")
                statuses.append(answer.status)
                if answer.status == 429 { #expect(Int(answer["retry-after"] ?? "") ?? 0 >= 1) }
            }
            #expect(statuses == [200, 429, 429, 429])
            // A key that counts has a limit of its own; tiles and queries have none.
            #expect(try await live.send("GET", "/v1/self", as: .brand).status == 200)
            #expect(try await live.server.get("/healthz").status == 200)
            // Guessing keys is counted as well.
            #expect(try await live.send("GET", "/v1/self", key: "ba_x").status == 429)
        }
    }

    @Test func aBodyThatNeverComesEndsTheConnection() async throws {
        try await withLiveServer(.changing { $0.limits.requestPatience = .milliseconds(300) }) { live in
            let key = try #require(live.keys[.feed]?.text)
            try await offThread { [port = live.server.port] in
                let connection = try Connection(port: port)
                try connection.send(
                    method: "POST", target: "/v1/records",
                    headers: [("Authorization", "Bearer \(key)"), ("Content-Length", "1000"), ("Content-Type", "application/json")])
                try connection.send("{")
                #expect(try connection.isClosed())
            }
        }
    }

    @Test func onlyOurOwnProxysWordOnTheAddressCounts() throws {
        let remote = try SocketAddress(ipAddress: "10.0.0.1", port: 1)
        let headers: HTTPFields = [.xForwardedFor: "1.2.3.4, 5.6.7.8"]
        #expect(ClientAddress.of(headers, remote, trustsProxy: false) == "10.0.0.1")
        #expect(ClientAddress.of(headers, remote, trustsProxy: true) == "5.6.7.8")
        #expect(ClientAddress.of([.xForwardedFor: "rubbish"], remote, trustsProxy: true) == "10.0.0.1")
        #expect(ClientAddress.client("2001:db8:1:2:3:4:5:6") == ClientAddress.client("2001:db8:1:2::1"))
        #expect(ClientAddress.client("2001:db8:1:2::1") != ClientAddress.client("2001:db8:1:3::1"))
    }
}
