// EventHubTests.swift: open streams: each event once and in order, what a stream may not see it does not, and the streams of revoked keys end.

import Registry
import Testing

@testable import EcoChain

@Suite struct EventHubTests {
    let fixture: ChainFixture

    init() throws { fixture = try ChainFixture() }

    private func principal(_ key: String? = nil, brand: Int64? = nil) -> Principal {
        Principal(
            keyID: key, accountID: key, role: brand == nil ? .visitor : .brand, rights: (brand == nil ? Role.visitor : .brand).rights,
            brandPK: brand)
    }

    /// Reads until the stream has come to a number.
    private func read(_ hub: EventHub, _ filter: EventFilter, from start: Int64, to end: Int64) async throws -> [Int64] {
        var position = start
        var seen: [Int64] = []
        _ = try await eventually {
            while position < end {
                let (events, sequence) = try await hub.events(after: position, filter: filter)
                seen += events.map(\.sequence)
                guard sequence > position else { break }
                position = sequence
            }
            return position >= end
        }
        return seen
    }

    @Test func aStreamSeesEveryEventOnceWhetherFromMemoryOrFromTheRegistry() async throws {
        let before = try await fixture.post("R0", of: "F1")
        try await fixture.running { chain in
            var sequences = [before]
            for number in 1...30 { sequences.append(try await fixture.post("R\(number)", of: number % 2 == 0 ? "F1" : "F2")) }
            let last = sequences[30]
            // R0 is older than what is in memory.
            #expect(try await read(chain.hub, EventFilter(), from: before - 1, to: last) == sequences)
            #expect(try await read(chain.hub, EventFilter(), from: sequences[10], to: last) == Array(sequences[11...]))
            let page = try await chain.hub.page(after: before - 1, filter: EventFilter(), limit: 7)
            #expect(page.events.map(\.sequence) == Array(sequences[..<7]) && page.sequence == sequences[6])
        }
    }

    @Test func filtersChooseByKindSeverityAndWatchList() async throws {
        let list = try await fixture.watch(["F1"], brand: 0)
        try await fixture.watch(["F2"], brand: 1)
        try await fixture.running { chain in
            let start = fixture.feed.head
            let small = try await fixture.post("R1", of: "F1")
            let large = try await fixture.post("R2", of: "F1", fine: 900_000)
            let other = try await fixture.post("R3", of: "F2")
            let secret = try await fixture.writer.submit(as: .commandLine) { [brand = fixture.brands[1]] in
                try $0.change(kind: "link.added", subject: "x", audience: brand)
            }
            func seen(_ change: (inout EventFilter) -> Void) async throws -> [Int64] {
                var filter = EventFilter()
                change(&filter)
                let live = try await read(chain.hub, filter, from: start, to: secret)
                // Memory and registry answer alike.
                let stored = try await chain.hub.page(after: start, filter: filter, limit: 100).events.map(\.sequence)
                #expect(live == stored)
                return live
            }
            #expect(try await seen { _ in } == [small, large, other])
            #expect(try await seen { $0.minSeverity = 3 } == [large])
            #expect(try await seen { $0.kinds = ["record.verified"] } == [])
            #expect(try await seen { $0.categories = [.air] } == [])
            #expect(
                try await seen {
                    $0.watchingBrand = fixture.brands[0]
                    $0.brand = fixture.brands[0]
                } == [small, large])
            #expect(
                try await seen {
                    $0.watchingBrand = fixture.brands[0]
                    $0.list = list
                } == [small, large])
            #expect(
                try await seen {
                    $0.watchingBrand = fixture.brands[1]
                    $0.list = list
                } == [])
            // A private event is its brand's only.
            #expect(try await seen { $0.brand = fixture.brands[1] } == [small, large, other, secret])
            #expect(try await seen { $0.brand = fixture.brands[0] } == [small, large, other])
        }
    }

    @Test func theStreamOfARevokedKeyEndsAndOthersGoOn() async throws {
        let keys = try await fixture.writer.submit(as: .commandLine) { context in
            try context.createAccount(id: "brand", name: "brand", role: .brand, brand: "B1", factory: nil)
            return try (0..<2).map { _ in try context.createKey(account: "brand") }
        }
        let principals = try keys.map { try fixture.store.principal(forKey: $0.text) }
        try await fixture.running { chain in
            let ending = try #require(chain.hub.open(for: principals[0]))
            let staying = try #require(chain.hub.open(for: principals[1]))
            let anyone = try #require(chain.hub.open(for: .anyone))
            try await Task.sleep(for: .milliseconds(300))
            #expect(!ending.isEnded && !staying.isEnded && !anyone.isEnded)
            let id = try #require(principals[0].keyID)
            try await fixture.writer.submit(as: .commandLine) { try $0.revokeKey(id: id) }
            #expect(try await eventually { ending.isEnded })
            #expect(!staying.isEnded && !anyone.isEnded)
            var signals = 0
            for await _ in ending.signals { signals += 1 }
            #expect(signals <= 1)
            for stream in [ending, staying, anyone] { chain.hub.close(stream) }
            #expect(chain.hub.openStreams == 0)
        }
    }

    @Test func streamsAreBoundedInNumberAndAStuckOneIsCutOff() async throws {
        let chain = try fixture.chain { $0.mostStreams = 2 }
        let first = try #require(chain.hub.open(for: .anyone))
        let second = try #require(chain.hub.open(for: .anyone))
        #expect(chain.hub.open(for: .anyone) == nil)
        chain.hub.close(second)
        #expect(chain.hub.open(for: .anyone) != nil)
        first.writing(true)
        #expect(!first.isStuck)
        let cancelled = Task { try? await Task.sleep(for: .seconds(60)) }
        first.onEnd { cancelled.cancel() }
        chain.hub.stop()
        #expect(first.isEnded && cancelled.isCancelled)
        #expect(chain.hub.open(for: .anyone) == nil)
    }
}
