// BackupTests.swift: a backup is what was committed when it began, and a registry can be had back from it.

import Foundation
import Registry
import Testing

@Suite struct BackupTests {
    let fixture: StoreFixture
    let writer: GroupWriter

    init() throws {
        fixture = try StoreFixture()
        _ = try fixture.store.apply(factories: [factory("F1"), factory("F2", at: (121.5, 31))])
        writer = GroupWriter(store: fixture.store, feed: try ChangeFeed(store: fixture.store))
    }

    private func post(_ id: String) async throws {
        _ = try await writer.submit(as: .commandLine) { context in
            try context.write(record: record(id, of: FactoryReference(id: "F1")), policy: .add)
        }
    }

    @Test func aBackupTakenWhileWritingIsWholeAndCanBeRestored() async throws {
        try await post("R0")
        let copy = fixture.folder + "/copy.db"
        let writing = Task { [self] in
            for number in 1...200 { try await post("R\(number)") }
        }
        let report = try RegistryStore(path: fixture.path, mode: .readOnly).backUp(to: copy)
        try await writing.value
        let backup = try RegistryStore(path: copy, mode: .readOnly)
        try backup.verifyIntegrity()
        #expect(try backup.info.sequence == report.sequence)
        // Everything up to its last change, and nothing behind it.
        let records = try backup.factory(id: "F1")?.records.map(\.id) ?? []
        #expect(Set(records) == Set((0..<records.count).map { "R\($0)" }))
        #expect(records.count >= 1 && report.records == records.count)
        try backup.close()

        let restored = fixture.folder + "/restored.db"
        _ = try RegistryStore.restore(from: copy, to: restored)
        let again = try RegistryStore(path: restored, mode: .readWrite)
        #expect(try again.info.sequence == report.sequence)
        #expect(try again.factory(id: "F1")?.records.count == records.count)
        // Numbers go on behind the backup's.
        let next = GroupWriter(store: again, feed: try ChangeFeed(store: again))
        let receipt = try await next.submit(as: .commandLine) { context in
            try context.write(record: record("new", of: FactoryReference(id: "F2")), policy: .add)
        }
        #expect(receipt.sequence == report.sequence + 1)
    }

    @Test func nothingIsReplacedUnasked() async throws {
        let copy = fixture.folder + "/copy.db"
        _ = try fixture.store.backUp(to: copy)
        #expect(throws: RegistryError.self) { try fixture.store.backUp(to: copy) }
        #expect(throws: RegistryError.self) { try RegistryStore.restore(from: copy, to: fixture.path) }
        #expect(throws: Never.self) { try fixture.store.backUp(to: copy, replaces: true) }
    }

    @Test func restoringKeepsWhatWasThereBeside() async throws {
        let copy = fixture.folder + "/copy.db"
        _ = try fixture.store.backUp(to: copy)
        try await post("R1")
        await writer.stop()
        try fixture.store.close()
        _ = try RegistryStore.restore(from: copy, to: fixture.path, replaces: true)
        #expect(try RegistryStore(path: fixture.path, mode: .readOnly).factory(id: "F1")?.records.isEmpty == true)
        #expect(try RegistryStore(path: fixture.path + ".before-restore", mode: .readOnly).factory(id: "F1")?.records.count == 1)
    }

    @Test func aDamagedBackupIsNotRestored() throws {
        let copy = fixture.folder + "/copy.db"
        _ = try fixture.store.backUp(to: copy)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: copy))
        for page in 3..<min(12, bytes.count / 4096) {
            bytes.replaceSubrange(page * 4096..<page * 4096 + 200, with: Data(repeating: 0xA5, count: 200))
        }
        try bytes.write(to: URL(fileURLWithPath: copy))
        let target = fixture.folder + "/restored.db"
        #expect(throws: RegistryError.self) { try RegistryStore.restore(from: copy, to: target) }
        #expect(!FileManager.default.fileExists(atPath: target))
    }
}
