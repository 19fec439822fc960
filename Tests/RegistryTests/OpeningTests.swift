// OpeningTests.swift: what may be opened and what is refused, and that looking alters nothing.

import Foundation
import GRDB
import Testing

@testable import Registry

/// A path in a folder of its own; the folder goes with the object.
private final class Place {
    let folder = NSTemporaryDirectory() + "registry-opening-" + UUID().uuidString
    var path: String { folder + "/registry.db" }

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? [] }

    func openingError(_ mode: RegistryStore.Mode) -> RegistryError? {
        registryError { _ = try RegistryStore(path: path, mode: mode) }
    }
}

@Test func aMissingFileIsAClearErrorForReadersAndNothingIsMade() throws {
    let place = try Place()
    #expect(place.openingError(.readOnly) == .cannotOpen(path: place.path, reason: "no such file; make it with 'blueatlas import'"))
    #expect(place.files.isEmpty)
}

@Test func aMissingFolderAndAFolderInPlaceOfTheFileAreNamed() throws {
    let place = try Place()
    let error = registryError { _ = try RegistryStore(path: place.folder + "/none/registry.db", mode: .readWrite) }
    #expect(error?.description.contains("no such folder: \(place.folder)/none") == true)
    #expect(
        registryError { _ = try RegistryStore(path: place.folder, mode: .readWrite) }?.description.contains("not a regular file") == true)
}

@Test(arguments: [RegistryStore.Mode.readOnly, .readWrite])
func whatIsNoRegistryIsRefusedAndLeftAsItIs(_ mode: RegistryStore.Mode) throws {
    let texts = ["id,name\n1,one\n", String(repeating: "x", count: 10_000), "SQLite format 3\u{0}" + String(repeating: "y", count: 8000)]
    for text in texts {
        let place = try Place()
        try Data(text.utf8).write(to: URL(fileURLWithPath: place.path))
        #expect(place.openingError(mode) == .notARegistry(path: place.path))
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.path)) == Data(text.utf8))
        #expect(place.files == ["registry.db"])
    }
    // Somebody else's database.
    let place = try Place()
    let other = try DatabaseQueue(path: place.path)
    try other.write { try $0.execute(sql: "CREATE TABLE diary (day TEXT); PRAGMA user_version = 7") }
    try other.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: place.path))
    #expect(place.openingError(mode) == .notARegistry(path: place.path))
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.path)) == before)
    #expect(place.files == ["registry.db"])
}

@Test func anEmptyFileBecomesARegistryForAWriterOnly() throws {
    let place = try Place()
    #expect(FileManager.default.createFile(atPath: place.path, contents: nil))
    #expect(place.openingError(.readOnly) == .notARegistry(path: place.path))
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.path)).isEmpty)
    let store = try RegistryStore(path: place.path, mode: .readWrite)
    #expect(try store.counts() == RegistryCounts(factories: 0, records: 0, brands: 0, links: 0))
}

@Test(arguments: [RegistryStore.Mode.readOnly, .readWrite])
func aRegistryOfANewerProgramIsRefused(_ mode: RegistryStore.Mode) throws {
    let place = try Place()
    let store = try RegistryStore(path: place.path, mode: .readWrite)
    try store.pool.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('2 something of the future')") }
    try store.close()
    #expect(place.openingError(mode) == .newerSchema(path: place.path))
}

@Test func aHalfMigratedRegistryIsRefusedByReadersAndFinishedByAWriter() throws {
    let place = try Place()
    let queue = try DatabaseQueue(path: place.path)
    try queue.write { try $0.execute(sql: "PRAGMA application_id = \(RegistrySchema.applicationID); CREATE TABLE early (x)") }
    try queue.close()
    #expect(place.openingError(.readOnly) == .olderSchema(path: place.path))
    #expect(place.openingError(.readWrite) == nil)
    #expect(place.openingError(.readOnly) == nil)
}

@Test func readingAltersNeitherTheFileNorItsFolder() throws {
    let place = try Place()
    let writer = try RegistryStore(path: place.path, mode: .readWrite)
    try writer.apply(factories: [factory("A")])
    try writer.finishBulkImport()
    try writer.close()
    #expect(place.files == ["registry.db"], "one file, once nobody writes")
    let before = try Data(contentsOf: URL(fileURLWithPath: place.path))
    let reader = try RegistryStore(path: place.path, mode: .readOnly)
    #expect(try reader.counts().factories == 1)
    #expect(try reader.factory(id: "A") != nil)
    try reader.verifyIntegrity()
    #expect(registryError { try reader.apply(factories: [factory("B")]) } == .readOnly(path: place.path))
    #expect(registryError { try reader.finishBulkImport() } == .readOnly(path: place.path))
    #expect(registryError { try reader.setDataset(DatasetInfo(label: "x")) } == .readOnly(path: place.path))
    try reader.close()
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.path)) == before)
}

@Test func vacuumShrinksTheFileAndKeepsTheRows() throws {
    let fixture = try StoreFixture()
    let long = String(repeating: "路", count: 400)
    try fixture.store.apply(factories: (0..<2000).map { factory("F\($0)", address: long) })
    try fixture.store.apply(factories: (0..<2000).map { factory("F\($0)") })
    try fixture.store.checkpoint()
    func size() throws -> Int { try #require(try FileManager.default.attributesOfItem(atPath: fixture.path)[.size] as? Int) }
    let before = try size()
    try fixture.store.vacuum()
    try fixture.store.checkpoint()
    #expect(try size() < before / 2)
    #expect(try fixture.store.counts().factories == 2000)
    try fixture.store.verifyIntegrity()
}

@Test func integrityFindsADamagedPageABrokenReferenceAndAWrongMark() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: (0..<3000).map { factory("F\($0)") })
    try fixture.store.apply(records: [record("R", of: .init(id: "F1")), record("S", of: .init(id: "F1"), supersedes: "R")])
    try fixture.store.verifyIntegrity()
    try fixture.store.pool.write { try $0.execute(sql: "UPDATE records SET superseded = 0") }
    #expect(registryError { try fixture.store.verifyIntegrity() }?.description.contains("superseded") == true)
    try fixture.store.pool.write { try $0.execute(sql: "UPDATE records SET superseded = (id = 'R')") }
    try fixture.store.pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA foreign_keys = OFF; DELETE FROM factories WHERE id = 'F1'; PRAGMA foreign_keys = ON")
    }
    #expect(
        registryError { try fixture.store.verifyIntegrity() }?.description.contains("records points at a missing row of factories") == true)

    let path = fixture.path
    try fixture.store.checkpoint()
    try fixture.store.close()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let middle = bytes.count / 2 / 4096 * 4096
    bytes.replaceSubrange(middle..<middle + 64, with: Data(repeating: 0xA5, count: 64))
    try bytes.write(to: URL(fileURLWithPath: path))
    let damaged = try RegistryStore(path: path, mode: .readOnly)
    guard case .damaged = registryError({ try damaged.verifyIntegrity() }) else {
        Issue.record("the damage was not found")
        return
    }
}

@Test func aTruncatedRegistryIsAnErrorAndNoTrap() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: (0..<3000).map { factory("F\($0)") })
    try fixture.store.checkpoint()
    try fixture.store.close()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: fixture.path))
    for length in [50, 100, 4096, bytes.count / 2, bytes.count - 5000] {
        try bytes.prefix(length).write(to: URL(fileURLWithPath: fixture.path))
        let error = registryError {
            let store = try RegistryStore(path: fixture.path, mode: .readOnly)
            try store.forEachFactory { _ in }
            try store.verifyIntegrity()
        }
        #expect(error != nil, "cut to \(length) bytes")
    }
}

@Test func aLockedRegistryIsBusyInWordsThatSayWhatToDo() {
    #expect(RegistryError(code: 5, detail: "database is locked", path: "r.db") == .busy(path: "r.db"))
    #expect(RegistryError.busy(path: "r.db").description.contains("being written by another process"))
    // SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_READ
    #expect(RegistryError(code: 13, detail: "", path: "r.db") == .diskFull(path: "r.db"))
    #expect(RegistryError(code: 778, detail: "", path: "r.db") == .diskFull(path: "r.db"))
    #expect(RegistryError(code: 266, detail: "disk I/O error", path: "r.db") == .failed(path: "r.db", detail: "disk I/O error"))
}
