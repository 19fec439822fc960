// SignatureTests.swift: signatures against Python's hmac, and what a receiver must not take.

import Testing

@testable import Delivery

private let body = Array(#"{"id":"evt_1","name":"苏州"}"#.utf8)

@Test func aSignatureIsTheHMACOfTimestampPointAndBody() {
    // python3: hmac.new(b"whsec_test", b"1700000000." + body, "sha256").hexdigest()
    let expected = "d0359a7735640d0da8988c74f6a8f71bf651b7ccc0d50d06d1457f8d6d253c87"
    #expect(WebhookSignature.header(body: body, timestamp: 1_700_000_000, secrets: ["whsec_test"]) == "v1=" + expected)
}

@Test func aReceiverTakesARightSignatureUnderEitherSecretWhileTheyChange() {
    let time: Int64 = 1_700_000_000
    let header = WebhookSignature.header(body: body, timestamp: time, secrets: ["new", "old"])
    func isValid(_ header: String, _ body: [UInt8], at timestamp: Int64, _ secret: String, now: Int64 = 1_700_000_100) -> Bool {
        WebhookSignature.isValid(header: header, body: body, timestamp: timestamp, secret: secret, now: now)
    }
    #expect(isValid(header, body, at: time, "new") && isValid(header, body, at: time, "old"))
    #expect(!isValid(header, body, at: time, "other"))
    #expect(!isValid(header, body + [0x20], at: time, "new"))
    // The timestamp is signed: another one does not fit.
    #expect(!isValid(header, body, at: time + 1, "new"))
    // A recorded delivery is told by its age, a forged date by its future.
    #expect(!isValid(header, body, at: time, "new", now: time + 301) && !isValid(header, body, at: time, "new", now: time - 301))
    for broken in ["", "v1=", "v1=zz", "v0=" + String(header.dropFirst(3)), "garbage", String(header.prefix(40))] {
        #expect(!isValid(broken, body, at: time, "new"), "\(broken)")
    }
}

@Test func secretsAreLongAndNeverTheSame() {
    let secrets = Set((0..<100).map { _ in WebhookSignature.makeSecret() })
    #expect(secrets.count == 100 && secrets.allSatisfy { $0.hasPrefix("whsec_") && $0.utf8.count == 70 })
}

@Test func waitsDoubleUpToALimitAndEndAfterTheLastAttempt() {
    var policy = RetryPolicy()
    policy.firstWait = 1
    policy.longestWait = 60
    policy.attempts = 10
    let longest = (1...9).compactMap { policy.wait(afterAttempt: $0, chance: 1) }
    #expect(longest == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { Duration.seconds($0) })
    #expect((1...9).compactMap { policy.wait(afterAttempt: $0, chance: 0) } == longest.map { $0 / 2 })
    #expect(policy.wait(afterAttempt: 10, chance: 0.5) == nil)
    let total = (1...16).compactMap { RetryPolicy().wait(afterAttempt: $0, chance: 1) }.reduce(Duration.zero, +)
    #expect(total > .seconds(28 * 3600) && total < .seconds(30 * 3600))
}
