// DeliveryQueueTests.swift: from a record to the receivers that are to hear of it: signed, in order, at least once, whatever receivers do.

import DeliveryTestSupport
import Registry
import Synchronization
import Testing

@testable import EcoChain

@Suite struct DeliveryQueueTests {
    let fixture: ChainFixture

    init() throws { fixture = try ChainFixture() }

    @Test func whoWatchesTheFactoryHearsOfItAndNobodyElse() async throws {
        let first = try await FaultServer.start { _ in .status("200 OK") }
        let second = try await FaultServer.start { _ in .status("200 OK") }
        try await fixture.watch(["F1"], brand: 0, tags: ["denim"])
        try await fixture.watch(["F2"], brand: 1)
        try await fixture.subscribe(first.url, brand: 0)
        try await fixture.subscribe(second.url, brand: 1, severities: [3, 4, 5])
        try await fixture.running { (_) async throws in
            let sequence = try await fixture.post("R1", of: "F1")
            try await fixture.post("R2", of: "F2")
            try await fixture.post("R3", of: "F3")
            let severe = try await fixture.post("R4", of: "F2", fine: 500_000)
            #expect(try await eventually { first.events.count == 1 && second.events.count == 1 })
            let event = try #require(first.events.first)
            #expect(event.isSigned && event.eventID == "evt_\(sequence)" && event.subject == "R1")
            #expect(event.headers["blueatlas-event"] == "record.added" && event.headers["content-type"] == "application/json")
            #expect(event.json["factory_id"] as? String == "F1")
            #expect((event.json["factory"] as? [String: Any])?["name_zh"] as? String == "测试厂F1")
            let supplier = (event.json["suppliers"] as? [[String: Any]])?.first
            #expect(supplier?["ref"] as? String == "S-F1" && supplier?["tags"] as? [String] == ["denim"])
            #expect(event.json["rules"] as? [String] == ["规则"])
            #expect((event.json["data"] as? [String: Any])?["status"] as? String != nil)
            // Of F2 only what is severe enough; nothing of the other brand.
            #expect(second.events.map(\.eventID) == ["evt_\(severe)"])
            try await Task.sleep(for: .milliseconds(200))
            #expect(first.events.count == 1 && second.events.count == 1)
        }
        try await first.stop()
        try await second.stop()
    }

    @Test func oneFactorysEventsKeepTheirOrderAndOthersDoNotWait() async throws {
        // The first two calls fail; R1's third attempt succeeds.
        let failures = Mutex(0)
        let server = try await FaultServer.start { _ in .status("200 OK") }
        let picky = try await FaultServer.start { number in
            let isFailing = failures.withLock { count in
                count += 1
                return count <= 3
            }
            return isFailing && number < 3 ? .status("500 Internal Server Error") : .status("200 OK")
        }
        try await fixture.watch(["F1", "F2"])
        try await fixture.subscribe(picky.url)
        try await fixture.subscribe(server.url)
        try await fixture.running { (_) async throws in
            for number in 1...5 { try await fixture.post("R\(number)", of: "F1") }
            #expect(try await eventually { picky.events.count >= 8 && server.events.count == 5 })
            #expect(server.subjects == ["R1", "R2", "R3", "R4", "R5"])
            // R1 until it is taken, then the rest, in order.
            #expect(picky.subjects == ["R1", "R1", "R1", "R1", "R2", "R3", "R4", "R5"])
            #expect(picky.events.prefix(4).map { $0.headers["blueatlas-attempt"] ?? "" } == ["1", "2", "3", "4"])
            #expect(Set(picky.events.prefix(4).map(\.eventID)).count == 1 && picky.events.allSatisfy(\.isSigned))
        }
        try await server.stop()
        try await picky.stop()
    }

    @Test func aReceiverThatHangsDelaysNobodyAndNotEvenItsOtherFactories() async throws {
        let hanging = try await FaultServer.start { number in number == 0 ? .hangs : .status("200 OK") }
        let server = try await FaultServer.start { _ in .status("200 OK") }
        try await fixture.watch(["F1", "F2"])
        try await fixture.subscribe(hanging.url)
        try await fixture.subscribe(server.url)
        try await fixture.running(timeout: .seconds(5)) { _ in
            try await fixture.post("R1", of: "F1")
            #expect(try await eventually { hanging.events.count == 1 })
            try await fixture.post("R2", of: "F1")
            try await fixture.post("R3", of: "F2")
            // Long before the five seconds are over.
            #expect(try await eventually { server.events.count == 3 && hanging.subjects == ["R1", "R3"] })
        }
        try await hanging.stop()
        try await server.stop()
    }

    @Test func everyFaultHasAStateOneCanSee() async throws {
        let behaviours: [(Behaviour, outcome: String, status: Int?)] = [
            (.status("500 Internal Server Error"), "refused", 500),
            (.status("302 Found", headers: "Location: http://169.254.169.254/\r\n"), "refused", 302), (.hangs, "timed_out", nil),
            (.bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", closes: true), "connection_failed", 200),
            (.closesAtOnce, "connection_failed", nil),
        ]
        try await fixture.watch(["F1"])
        let good = try await FaultServer.start { _ in .status("200 OK") }
        let flooding = try await FaultServer.start { _ in .floods }
        try await fixture.subscribe(good.url)
        let flooded = try await fixture.subscribe(flooding.url)
        var faulty: [(server: FaultServer, subscription: Subscription)] = []
        for (behaviour, _, _) in behaviours {
            let server = try await FaultServer.start { _ in behaviour }
            faulty.append((server, try await fixture.subscribe(server.url)))
        }
        let inner = try await fixture.subscribe("http://169.254.169.254/latest/")
        let subscriptions = faulty
        try await fixture.running(attempts: 2, timeout: .milliseconds(1500)) { _ in
            try await fixture.post("R1", of: "F1")
            #expect(try await eventually { good.events.count == 1 })
            let brand = fixture.brands[0]
            func entry(_ subscription: Subscription) throws -> DeliveryEntry? {
                try fixture.store.deliveries(toSubscription: subscription.id, brand: brand, limit: 10)?.first
            }
            for (number, expected) in behaviours.enumerated() {
                #expect(try await eventually { try entry(subscriptions[number].subscription)?.state == .dead })
                let entry = try #require(try entry(subscriptions[number].subscription))
                #expect(entry.lastOutcome == expected.outcome && entry.lastStatus == expected.status && entry.attempts == 2, "\(number)")
                #expect(subscriptions[number].server.received.count == 2)
            }
            #expect(try await eventually { try entry(flooded)?.state == .delivered && entry(inner)?.state == .dead })
            #expect(try entry(inner)?.lastOutcome == "address_refused")
            #expect(flooding.received.count == 1)
        }
        for (server, _) in faulty { try await server.stop() }
        try await good.stop()
        try await flooding.stop()
    }

    @Test func deadLettersAreKeptAndReplayedUnderTheSameID() async throws {
        let isUp = Mutex(false)
        let server = try await FaultServer.start { _ in isUp.withLock { $0 } ? .status("200 OK") : .status("503 Service Unavailable") }
        try await fixture.watch(["F1"])
        let subscription = try await fixture.subscribe(server.url)
        let brand = fixture.brands[0]
        try await fixture.running(attempts: 2) { chain in
            try await fixture.post("R1", of: "F1")
            try await fixture.post("R2", of: "F1")
            func dead() throws -> [DeliveryEntry] {
                try fixture.store.deliveries(toSubscription: subscription.id, brand: brand, state: .dead, limit: 10) ?? []
            }
            // R1 is given up, then R2 has its turn.
            #expect(try await eventually { try dead().count == 2 })
            #expect(server.subjects == ["R1", "R1", "R2", "R2"])
            #expect(try fixture.store.subscription(subscription.id, ofBrand: brand)?.dead == 2)
            isUp.withLock { $0 = true }
            let one = try #require(try dead().last)
            try await fixture.writer.submit(as: .commandLine) { try $0.replay(delivery: one.id, brand: brand) }
            await chain.lookAgain()
            #expect(try await eventually { server.subjects.count == 5 })
            #expect(server.subjects[4] == "R1" && server.events[4].eventID == server.events[0].eventID && server.events[4].isSigned)
            let count = try await fixture.writer.submit(as: .commandLine) {
                try $0.replayDead(ofSubscription: subscription.id, brand: brand)
            }
            await chain.lookAgain()
            #expect(count == 1)
            #expect(try await eventually { server.subjects.last == "R2" && server.subjects.count == 6 })
            #expect(try await eventually { try dead().isEmpty })
            // Another brand can do neither.
            let other = fixture.brands[1]
            await #expect(throws: WriteRefusal.self) {
                try await fixture.writer.submit(as: .commandLine) { try $0.replay(delivery: one.id, brand: other) }
            }
            #expect(try fixture.store.delivery(one.id, ofBrand: other) == nil)
            #expect(try fixture.store.deliveries(toSubscription: subscription.id, brand: other, limit: 1) == nil)
        }
        try await server.stop()
    }

    @Test func aReplayFromANumberBringsWhatCameAfterItInOrder() async throws {
        let server = try await FaultServer.start { _ in .status("200 OK") }
        try await fixture.watch(["F1"])
        let subscription = try await fixture.subscribe(server.url)
        try await fixture.running { chain in
            var sequences: [Int64] = []
            for number in 1...4 { sequences.append(try await fixture.post("R\(number)", of: "F1")) }
            #expect(try await eventually { server.events.count == 4 })
            let replay = try await chain.replay(subscription, after: sequences[1], as: .commandLine)
            #expect(replay.queued == 2 && replay.through == fixture.feed.head && !replay.hasMore)
            #expect(try await eventually { server.events.count == 6 })
            #expect(server.subjects == ["R1", "R2", "R3", "R4", "R3", "R4"])
            #expect(server.events[4].eventID == server.events[2].eventID)
        }
        try await server.stop()
    }

    @Test func whatWasQueuedBeforeAStopGoesOutAfterTheNextStart() async throws {
        let isUp = Mutex(false)
        let server = try await FaultServer.start { _ in isUp.withLock { $0 } ? .status("200 OK") : .hangs }
        try await fixture.watch(["F1"])
        try await fixture.subscribe(server.url)
        try await fixture.running { (_) async throws in
            try await fixture.post("R1", of: "F1")
            #expect(try await eventually { server.events.count == 1 })
        }
        // While nothing runs, the feed goes on.
        try await fixture.post("R2", of: "F1")
        isUp.withLock { $0 = true }
        try await fixture.running { (_) async throws in
            #expect(try await eventually { server.events.count == 3 })
            #expect(server.subjects == ["R1", "R1", "R2"])
        }
        try await server.stop()
    }

    @Test func aReceiverThatIsGoneIsNotCalledAgain() async throws {
        let server = try await FaultServer.start { _ in .status("410 Gone") }
        try await fixture.watch(["F1"])
        let subscription = try await fixture.subscribe(server.url)
        try await fixture.running { (_) async throws in
            try await fixture.post("R1", of: "F1")
            let brand = fixture.brands[0]
            #expect(try await eventually { try fixture.store.subscription(subscription.id, ofBrand: brand)?.isEnabled == false })
            #expect(try fixture.store.subscription(subscription.id, ofBrand: brand)?.disabledReason == "the receiver answered 410 Gone")
            try await fixture.post("R2", of: "F1")
            try await Task.sleep(for: .milliseconds(300))
            #expect(server.subjects == ["R1"])
        }
        try await server.stop()
    }

    @Test func twoSecretsSignUntilTheOldOneEnds() async throws {
        let server = try await FaultServer.start { _ in .status("200 OK") }
        let subscription = try await fixture.subscribe(server.url)
        let brand = fixture.brands[0]
        try await fixture.running { chain in
            #expect(try await chain.ping(subscription).isDelivered)
            let until = LiveTime.now() + 60_000
            try await fixture.writer.submit(as: .commandLine) {
                try $0.rotateSecret(ofSubscription: subscription.id, brand: brand, to: "whsec_new", oldUntil: until)
            }
            #expect(try fixture.store.secrets(ofSubscription: subscription.pk) == ["whsec_new", ChainFixture.secret])
            #expect(try fixture.store.secrets(ofSubscription: subscription.pk, now: until + 1) == ["whsec_new"])
            #expect(try await chain.ping(subscription).isDelivered)
            // Signed by the new and by the old one.
            #expect(server.events.allSatisfy(\.isSigned) && server.events[1].headers["blueatlas-signature"]?.contains(",v1=") == true)
            #expect(server.events.map { $0.headers["blueatlas-event"] ?? "" } == ["ping", "ping"])
        }
        try await server.stop()
    }

    @Test func aSupplierThatAppearsLaterIsWatchedFromItsFirstRecord() async throws {
        let server = try await FaultServer.start { _ in .status("200 OK") }
        var draft = SupplierDraft(line: 2)
        draft.creditCode = "91350100M000100Y43"
        let matched = try fixture.store.match([draft])
        let brand = fixture.brands[0]
        _ = try await fixture.writer.submit(as: .commandLine) { try $0.addWatchList(name: "n", brand: brand, suppliers: matched) }
        try await fixture.subscribe(server.url)
        try await fixture.running { (_) async throws in
            // By an import beside the server: a batch in the feed.
            var factory = ChainFixture.factory("NEW")
            factory.creditCode = "91350100M000100Y43"
            try fixture.store.apply(factories: [factory])
            try await fixture.post("R1", of: "NEW")
            #expect(try await eventually { server.subjects == ["R1"] })
        }
        try await server.stop()
    }
}
