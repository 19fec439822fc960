// GroupWriterTests.swift: live writes: what is kept together, what fails alone, what readers of the feed see.

import Foundation
import Registry
import Synchronization
import Testing

@Suite struct GroupWriterTests {
    let fixture: StoreFixture
    let feed: ChangeFeed
    let writer: GroupWriter

    init() throws {
        fixture = try StoreFixture()
        _ = try fixture.store.apply(factories: [factory("F1"), factory("F2", at: (121.5, 31))])
        feed = try ChangeFeed(store: fixture.store)
        writer = GroupWriter(store: fixture.store, feed: feed)
    }

    @Test func aRecordChangesTheStatusAndTheFeedSaysSo() async throws {
        let head = feed.head
        let receipt = try await writer.submit(as: WriteAuthor(keyID: "k1", address: "10.0.0.1")) { context in
            try context.write(record: record("R1", of: FactoryReference(id: "F1"), Day.today().iso), policy: .add)
        }
        #expect(receipt.outcome == .added)
        #expect(receipt.status == .violating)
        #expect(receipt.factoryID == "F1")
        let changes = try feed.changes(after: head, audience: .everyone)
        #expect(changes.map(\.kind) == ["record.added"])
        #expect(changes.first?.sequence == receipt.sequence)
        #expect(changes.first?.subject == "R1")
        #expect(changes.first?.factoryID == "F1")
        #expect(changes.first?.actor == "k1")
        #expect(changes.first?.data?.contains(#""status":"violating""#) == true)
        #expect(feed.head == receipt.sequence)
    }

    @Test func aRefusedWriteTakesBackOnlyItself() async throws {
        let head = feed.head
        let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
            for number in 0..<200 {
                group.addTask { [writer] in
                    let factory = number % 3 == 0 ? "nowhere" : "F2"
                    let written = try? await writer.submit(as: .commandLine) { context in
                        try context.write(record: record("R\(number)", of: FactoryReference(id: factory)), policy: .add)
                    }
                    return (number, written != nil)
                }
            }
            var outcomes: [Int: Bool] = [:]
            for await (number, isWritten) in group { outcomes[number] = isWritten }
            return outcomes
        }
        for number in 0..<200 { #expect(outcomes[number] == (number % 3 != 0), "record \(number)") }
        let subjects = try feed.changes(after: head, audience: .everyone).compactMap(\.subject)
        #expect(Set(subjects) == Set((0..<200).filter { $0 % 3 != 0 }.map { "R\($0)" }))
        #expect(try fixture.store.factory(id: "F2")?.records.count == subjects.count)
    }

    @Test func afterManyWritesTheNextGroupWaitsForMore() async throws {
        let begun = Mutex<[ContinuousClock.Instant]>([])
        let writer = GroupWriter(store: fixture.store, feed: feed) {
            begun.withLock { $0.append(.now) }
            return LiveTime.now()
        }
        let body: @Sendable (WriteContext) throws -> Void = { _ = try $0.change(kind: "test.changed", subject: nil) }
        var ready: [ContinuousClock.Instant] = []
        for _ in 0..<5 {
            ready.append(.now)
            for outcome in await writer.submit(as: .commandLine, each: Array(repeating: body, count: 4)) { try outcome.get() }
            try await writer.submit(as: .commandLine, body)
        }
        // Each group of four, and whoever comes next.
        let times = begun.withLock { $0 }
        #expect(times.count == 10)
        for (number, start) in ready.enumerated() {
            #expect(times[number * 2 + 1] - start >= .milliseconds(5), "group \(number)")
        }
        // So many that no more are waited for, again and again: each is answered, once.
        let head = feed.head
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask { _ = await writer.submit(as: .commandLine, each: Array(repeating: body, count: 40)) }
            }
        }
        #expect(try feed.changes(after: head, limit: 1_000, audience: .everyone).count == 800)
        await writer.stop()
        await #expect(throws: GroupWriter.Stopped.self) { try await writer.submit(as: .commandLine, body) }
    }

    @Test func anErrorBehindAChangeTakesTheChangeBack() async throws {
        struct Failure: Error {}
        let head = feed.head
        let write: @Sendable (WriteContext) throws -> Void = { context in
            _ = try context.write(record: record("R1", of: FactoryReference(id: "F1")), policy: .add)
            throw Failure()
        }
        await #expect(throws: Failure.self) { try await writer.submit(as: .commandLine, write) }
        #expect(try feed.changes(after: head, audience: .system).isEmpty)
        #expect(try fixture.store.factory(id: "F1")?.records.isEmpty == true)
    }

    @Test func whatIsForOneBrandIsForNobodyElse() async throws {
        _ = try await writer.submit(as: .commandLine) { context in
            try context.change(kind: "watchlist.changed", subject: "w1", audience: 7)
        }
        #expect(try feed.changes(after: 0, audience: .everyone).allSatisfy { $0.audience == nil })
        #expect(try feed.changes(after: 0, audience: .brand(8)).allSatisfy { $0.audience == nil })
        #expect(try feed.changes(after: 0, audience: .brand(7)).last?.kind == "watchlist.changed")
    }

    @Test func headsTellOfCommitsHereAndElsewhere() async throws {
        var heads = feed.heads().makeAsyncIterator()
        #expect(await heads.next() == feed.head)
        _ = try await writer.submit(as: .commandLine) { context in try context.change(kind: "test.changed", subject: nil) }
        #expect(await heads.next() == feed.head)
        // Another process, as far as the feed can tell.
        let watch = Task { [feed] in await feed.watch(every: .milliseconds(5)) }
        let other = try RegistryStore(path: fixture.path, mode: .readWrite)
        _ = try other.apply(factories: [factory("F3", at: (121.6, 31))])
        #expect(await heads.next() == (try other.info.sequence))
        watch.cancel()
    }
}
