// LiveTroubleTests.swift: live writes when the world is not as it should be: no room, a clock that jumps back, an old file that is read while
// it is brought up to date.

import Foundation
import GRDB
import Synchronization
import Testing

@testable import Registry

@Suite struct LiveTroubleTests {
    let fixture: StoreFixture

    init() throws {
        fixture = try StoreFixture()
        _ = try fixture.store.apply(factories: [factory("F1")])
    }

    private func post(_ writer: GroupWriter, _ id: String) async throws -> WriteReceipt {
        try await writer.submit(as: .commandLine) { context in
            var draft = record(id, of: FactoryReference(id: "F1"))
            draft.text = String(repeating: "x", count: 4000)
            return try context.write(record: draft, policy: .add)
        }
    }

    @Test func withoutRoomNothingIsLostAndWritingGoesOnWhenThereIsRoom() async throws {
        let writer = GroupWriter(store: fixture.store, feed: try ChangeFeed(store: fixture.store))
        _ = try await post(writer, "R0")
        // SQLite answers a file that may not grow as it answers a full disk.
        let pages = try await fixture.store.pool.writeWithoutTransaction { db in
            let count = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            return try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(count + 5)") ?? 0
        }
        var written = ["R0"]
        var refused: RegistryError?
        for number in 1...50 where refused == nil {
            do {
                _ = try await post(writer, "R\(number)")
                written.append("R\(number)")
            } catch let error as RegistryError {
                refused = error
            }
        }
        guard case .diskFull? = refused else {
            Issue.record("with \(pages) pages: \(String(describing: refused)), \(written.count) written")
            return
        }
        #expect(try Set(fixture.store.factory(id: "F1")?.records.map(\.id) ?? []) == Set(written))
        try await fixture.store.pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA max_page_count = 1000000") }
        #expect(try await post(writer, "later").outcome == .added)
        #expect(writer.failure == nil)
        try fixture.store.verifyIntegrity()
    }

    @Test func aClockThatJumpsBackDisturbsNoOrder() async throws {
        let time = Mutex<Int64>(1_800_000_000_000)
        let feed = try ChangeFeed(store: fixture.store)
        let writer = GroupWriter(store: fixture.store, feed: feed) { time.withLock { $0 } }
        let head = feed.head
        var sequences: [Int64] = []
        for number in 0..<6 {
            sequences.append(try await post(writer, "R\(number)").sequence)
            time.withLock { $0 -= 86_400_000 }
        }
        #expect(sequences == sequences.sorted() && Set(sequences).count == 6)
        let changes = try feed.changes(after: head, audience: .everyone)
        #expect(changes.map(\.subject) == (0..<6).map { "R\($0)" })
        #expect(changes.map(\.at) == changes.map(\.at).sorted(by: >))
    }

    @Test func anOldFileIsBroughtUpToDateWhileItIsRead() throws {
        let path = fixture.folder + "/old.db"
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        let old = try DatabasePool(path: path, configuration: configuration)
        try RegistrySchema.migrator.migrate(old, upTo: "places")
        try old.write { db in
            try db.execute(sql: "INSERT INTO brands VALUES (1, 'B1', NULL, 'Old', NULL, NULL, NULL, 0, 0, 1)")
            try db.execute(
                sql: "INSERT INTO changes (at, kind, entity, accepted, updated) VALUES ('2026-01-01T00:00:00Z', 'batch', 'brands', 1, 0)")
        }
        // A reader that is in the middle of its reading while the file is migrated, and goes on.
        let count = try old.read { db in
            let before = try Int.fetchOne(db, sql: "SELECT count(*) FROM brands")
            let new = try RegistryStore(path: path, mode: .readWrite)
            #expect(try new.brands().map(\.id) == ["B1"])
            #expect(try new.liveChanges(after: 0, limit: 10, audience: .everyone).map(\.kind) == ["batch"])
            let after = try Int.fetchOne(db, sql: "SELECT count(*) FROM brands")
            #expect(before == after)
            return after
        }
        #expect(count == 1)
        #expect(try old.read { db in try String.fetchAll(db, sql: "SELECT id FROM brands") } == ["B1"])
    }

    @Test func linesAreWrittenInTheirOrder() async throws {
        let writer = GroupWriter(store: fixture.store, feed: try ChangeFeed(store: fixture.store), largestGroup: 7)
        let bodies = (0..<50).map { number in
            { @Sendable (context: WriteContext) throws -> Int64 in
                if number % 10 == 9 { throw WriteRefusal(.invalid, field: "x", reason: "\(number)") }
                return try context.change(kind: "test.changed", subject: "\(number)")
            }
        }
        let results = await writer.submit(as: .commandLine, each: bodies)
        #expect(results.count == 50)
        let sequences = results.compactMap { try? $0.get() }
        #expect(sequences.count == 45 && sequences == sequences.sorted())
        await writer.stop()
        await #expect(throws: GroupWriter.Stopped.self) { _ = try await post(writer, "R1") }
    }
}
