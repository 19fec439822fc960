// DigestTests.swift: the daily digest: what was gathered, what goes on, once a day and never twice.

import DeliveryTestSupport
import Foundation
import Registry
import Testing

@testable import EcoChain

@Suite struct DigestTests {
    let fixture: ChainFixture
    /// Noon in China, some days ahead: every digest of before is due.
    let noon: Int64

    init() throws {
        fixture = try ChainFixture()
        noon = (DigestClock.day(at: LiveTime.now()) + 3) * 86_400_000 + 4 * 3_600_000
    }

    private func exceedance(_ kind: String, _ factory: String, _ subject: String?) async throws {
        let pk = try fixture.store.factory(id: factory)?.pk
        _ = try await fixture.writer.submit(as: .commandLine) {
            try $0.change(kind: "monitoring.exceedance_\(kind)", factoryPK: pk, subject: subject, data: #"{"multiple":0.4}"#)
        }
    }

    private func loop() -> DigestLoop {
        DigestLoop(
            store: fixture.store, writer: fixture.writer, blocking: Blocking("test"), logger: .init(label: "test"), queued: { _ in })
    }

    private func digests(_ subscription: Subscription) throws -> [[String: Any]] {
        try (fixture.store.deliveries(toSubscription: subscription.id, brand: fixture.brands[0], limit: 100) ?? []).reversed()
            .filter { $0.kind == "digest" }
            .map { (try? JSONSerialization.jsonObject(with: Data($0.body.utf8))) as? [String: Any] ?? [:] }
    }

    @Test func anExceedanceIsPushedAtItsFirstHourAndThenDailyWhileItLasts() async throws {
        let server = try await FaultServer.start { _ in .status("200 OK") }
        try await fixture.watch(["F1"])
        let subscription = try await fixture.subscribe(server.url, events: [.exceedanceStarted])
        let loop = loop()
        try await fixture.running { (_) async throws in
            try await exceedance("started", "F1", "F1/1/COD")
            try await exceedance("started", "F1", "F1/2/NH3-N")
            try await exceedance("started", "F2", "F2/1/COD")
            #expect(try await eventually { server.subjects == ["F1/1/COD", "F1/2/NH3-N"] })
        }
        try await loop.close(at: noon)
        try await loop.close(at: noon + 60_000)
        #expect(try digests(subscription).count == 1)
        let first = try #require(try digests(subscription).first)
        let exceeding = first["exceeding"] as? [[String: Any]] ?? []
        #expect(exceeding.compactMap { $0["subject"] as? String } == ["F1/1/COD", "F1/2/NH3-N"])
        #expect((first["events"] as? [Any])?.isEmpty == true)
        // One ends, the other goes on.
        try await exceedance("ended", "F1", "F1/1/COD")
        try await loop.close(at: noon + 86_400_000)
        #expect((try digests(subscription)[1]["exceeding"] as? [[String: Any]])?.compactMap { $0["subject"] as? String } == ["F1/2/NH3-N"])
        // Both ended: a day without anything sends nothing.
        try await exceedance("ended", "F1", nil)
        try await loop.close(at: noon + 2 * 86_400_000)
        #expect(try digests(subscription).count == 2)
        try await server.stop()
    }

    @Test func aDailyRuleGathersAndPushesNothingAtOnce() async throws {
        let server = try await FaultServer.start { _ in .status("200 OK") }
        try await fixture.watch(["F1"])
        let subscription = try await fixture.subscribe(server.url, timing: .daily)
        let loop = loop()
        try await fixture.running { (_) async throws in
            let last = try await {
                try await fixture.post("R1", of: "F1")
                return try await fixture.post("R2", of: "F1")
            }()
            #expect(try await eventually { try fixture.store.feedCursor("ecochain") ?? 0 >= last })
        }
        // Its hour, 08:00 in China, has not come.
        try await loop.close(at: noon - 5 * 3_600_000)
        #expect(try digests(subscription).isEmpty)
        try await loop.close(at: noon)
        let digest = try #require(try digests(subscription).last)
        #expect((digest["events"] as? [[String: Any]])?.compactMap { $0["subject"] as? String } == ["R1", "R2"])
        #expect(server.received.isEmpty)
        try await fixture.running { (_) async throws in
            #expect(try await eventually { server.events.count == 1 && server.events[0].isSigned })
        }
        try await server.stop()
    }

    @Test func theMailSaysWhatTheDigestHolds() throws {
        let mail = try #require(
            DigestMail(
                json: """
                    {"id":"digest_sub_1","type":"digest","day":"2026-11-25","events":[{"type":"record.added","at":"2026-11-24T01:02:03.000Z",\
                    "subject":"R\\r\\n.1","factory":{"id":"F1","name_zh":"测试厂","name_en":"Test"}}],\
                    "exceeding":[{"factory":{"id":"F2","name_zh":"二厂"},"subject":"F2/1/COD","since":"2026-11-20T00:00:00.000Z"}]}
                    """))
        #expect(mail.subject.contains("2026-11-25") && mail.subject.contains("1条动态") && mail.subject.contains("1 exceedances going on"))
        #expect(mail.text.contains("- 2026-11-24T01:02:03.000Z 测试厂 / Test [F1]: 新增记录 / a new record (R  .1)\n"))
        #expect(mail.text.contains("- 二厂 [F2]: F2/1/COD, 自 / since 2026-11-20T00:00:00.000Z\n"))
        #expect(DigestMail(json: "[]") == nil && DigestMail(json: "{}") == nil)
    }
}
