// WebhookClientTests.swift: one call to receivers that misbehave: each ends with a clear result, in time, and nothing is followed.

import DeliveryTestSupport
import NIOCore
import NIOPosix
import Testing

@testable import Delivery

/// Calls a receiver on this machine.
private func call(
    _ url: String, limits: (inout WebhookClient.Limits) -> Void = { _ in }, allowing: String? = "127.0.0.0/8", body: String = "{}"
) async throws -> WebhookResult {
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    var set = WebhookClient.Limits()
    // Far beyond what a call takes: what is tested are results, not the speed of a busy machine.
    set.total = .seconds(60)
    limits(&set)
    let blocks = [allowing.flatMap { NetworkBlock($0) }].compactMap(\.self)
    let client = try WebhookClient(
        loops: MultiThreadedEventLoopGroup.singleton,
        resolver: NameResolver(addressGuard: AddressGuard(allowing: blocks), threads: threads),
        limits: set)
    let result = await client.call(
        WebhookRequest(url: try WebhookURL(url), headers: [("Content-Type", "application/json"), ("X-Test", "1")], body: Array(body.utf8)))
    try await threads.shutdownGracefully()
    return result
}

@Test func aDeliveryIsOnePostWithItsBodyAndTheHostsName() async throws {
    let server = try await FaultServer.start { _ in .status("204 No Content") }
    let result = try await call("http://localhost:\(server.port)/in?a=1", body: #"{"name":"苏州"}"#)
    #expect(result.outcome == .delivered && result.status == 204)
    let text = try #require(server.received.first)
    #expect(text.hasPrefix("POST /in?a=1 HTTP/1.1\r\nHost: localhost:\(server.port)\r\n"))
    #expect(text.hasSuffix("\r\n\r\n{\"name\":\"苏州\"}") && text.contains("X-Test: 1\r\n") && text.contains("Connection: close"))
    try await server.stop()
}

@Test func everyFaultOfAReceiverHasAClearResult() async throws {
    func result(_ behaviour: Behaviour, _ limits: (inout WebhookClient.Limits) -> Void = { _ in }) async throws -> WebhookResult {
        let server = try await FaultServer.start { _ in behaviour }
        let result = try await call("http://127.0.0.1:\(server.port)/", limits: limits)
        try await server.stop()
        #expect(server.received.count == 1)
        return result
    }
    let failing = try await result(.status("500 Internal Server Error"))
    #expect(failing.outcome == .refused && failing.status == 500 && failing.detail.contains("500"))
    let redirect = try await result(.status("302 Found", headers: "Location: http://169.254.169.254/latest/meta-data/\r\n"))
    #expect(redirect.outcome == .refused && redirect.status == 302 && redirect.detail.contains("never followed"))
    let hanging = try await result(.hangs) { $0.total = .milliseconds(300) }
    #expect(hanging.outcome == .timedOut && hanging.status == nil && hanging.milliseconds >= 300)
    let halfway = try await result(.bytes("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", closes: true))
    #expect(halfway.outcome == .connectionFailed && halfway.status == 200 && halfway.detail.contains("middle"))
    let silent = try await result(.closesAtOnce)
    #expect(silent.outcome == .connectionFailed && silent.status == nil)
    let noise = try await result(.bytes("SSH-2.0-OpenSSH_9.2\r\n\r\n", closes: false))
    #expect(noise.outcome == .connectionFailed)
    let flood = try await result(.floods)
    #expect(flood.outcome == .delivered && flood.status == 200 && flood.detail.contains("65536"))
    let flooded = try await result(
        .bytes("HTTP/1.1 503 X\r\nContent-Length: 99999999\r\n\r\n" + String(repeating: "x", count: 100_000), closes: false))
    #expect(flooded.outcome == .refused && flooded.status == 503)
    // A head that never ends is cut off by the parser's limit or by time, whichever is first.
    let endless = try await result(.bytes("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 500_000), closes: false)) {
        $0.total = .seconds(1)
    }
    #expect(!endless.isDelivered)
}

@Test func whatMayNotBeCalledIsNotCalled() async throws {
    let server = try await FaultServer.start { _ in .status("200 OK") }
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let result = try await call("http://\(host):\(server.port)/", allowing: nil)
        #expect(result.outcome == .forbiddenAddress && result.status == nil, "\(host)")
    }
    #expect(server.received.isEmpty)
    try await server.stop()
}

@Test func aClosedPortAndAPlainServerBehindHTTPSAreFailures() async throws {
    let server = try await FaultServer.start { _ in .status("200 OK") }
    let port = server.port
    // It waits for the end of a head in what TLS says, and never answers.
    let plain = try await call("https://127.0.0.1:\(port)/") { $0.total = .milliseconds(500) }
    #expect(plain.outcome == .timedOut)
    #expect(server.received.isEmpty)
    try await server.stop()
    let refused = try await call("http://127.0.0.1:\(port)/")
    #expect(refused.outcome == .connectionFailed)
}

@Test(arguments: ["http", "https"]) func aCallThatIsCancelledDoesNotWaitForItsAnswer(scheme: String) async throws {
    let server = try await FaultServer.start { _ in .hangs }
    let url = "\(scheme)://127.0.0.1:\(server.port)/"
    let waiting = Task { try await call(url) }
    // Of TLS the server's own records show nothing; the time is far more than a connection takes.
    if scheme == "http" {
        while server.received.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    } else {
        try await Task.sleep(for: .milliseconds(300))
    }
    waiting.cancel()
    let result = try await waiting.value
    #expect(result.outcome == .connectionFailed && result.milliseconds < 20_000)
    let late = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await call(url)
    }
    #expect(try await late.value.detail == "the call was cancelled")
    #expect(server.received.count == (scheme == "http" ? 1 : 0))
    try await server.stop()
}

@Test func aHostThatHangsTakesNoPlaceOfAnother() async {
    let limiter = HostLimiter(perHost: 2)
    let (stream, go) = AsyncStream.makeStream(of: Void.self)
    let waiting = Task { await limiter.withPlace(at: "slow") { for await _ in stream { break } } }
    let second = Task { await limiter.withPlace(at: "slow") { for await _ in stream { break } } }
    try? await Task.sleep(for: .milliseconds(50))
    let third = Task { await limiter.withPlace(at: "slow") { true } }
    // Others do not wait.
    #expect(await limiter.withPlace(at: "fast") { 7 } == 7)
    let given = Task { await limiter.withPlace(at: "slow") { false } }
    try? await Task.sleep(for: .milliseconds(50))
    given.cancel()
    #expect(await given.value == nil)
    go.finish()
    _ = await (waiting.value, second.value)
    #expect(await third.value == true)
    #expect(await limiter.withPlace(at: "slow") { 1 } == 1)
}
