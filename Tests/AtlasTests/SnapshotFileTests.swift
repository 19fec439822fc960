// SnapshotFileTests.swift: a snapshot is the same every time, opens whole or not at all, and is replaced in one step.

import Foundation
import Registry
import Testing

@testable import Atlas

@Suite struct SnapshotFileTests {
    let atlas: SampleAtlas

    init() throws { atlas = try SampleAtlas.shared.get() }

    @Test func theSameRegistryGivesTheSameBytes() throws {
        let again = atlas.folder.path + "/again.snapshot"
        let store = try RegistryStore(path: atlas.storePath, mode: .readOnly)
        try SnapshotBuilder.build(store: store, output: again, asOf: SampleAtlas.asOf)
        #expect(try Data(contentsOf: URL(fileURLWithPath: again)) == Data(contentsOf: URL(fileURLWithPath: atlas.snapshotPath)))
        #expect(try Snapshot.open(path: again).identifier == atlas.snapshot.identifier)
    }

    @Test func aWholeSnapshotVerifies() throws {
        try atlas.snapshot.verify()
        #expect(atlas.snapshot.info.factories == atlas.expected.count)
    }

    @Test func anySingleFlippedBitIsRefused() throws {
        let original = try Data(contentsOf: URL(fileURLWithPath: atlas.snapshotPath))
        let path = atlas.folder.path + "/flipped.snapshot"
        try original.write(to: URL(fileURLWithPath: path))
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? file.close() }
        func put(_ byte: UInt8, at offset: Int) throws {
            try file.seek(toOffset: UInt64(offset))
            try file.write(contentsOf: [byte])
        }
        let sections = Int(original[12]) | Int(original[13]) << 8
        #expect(sections == SectionName.allCases.count)
        let tableEnd = SnapshotFormat.headerBytes + sections * SnapshotFormat.tableEntryBytes
        var random = SplitMix64(state: 7)
        // In every byte of the header and of the section table, and in 300 of the rest.
        let offsets = Array(0..<tableEnd) + (0..<300).map { _ in Int.random(in: tableEnd..<original.count, using: &random) }
        var unnoticed: [Int] = []
        for offset in offsets {
            let bit: UInt8 = 1 << UInt8.random(in: 0..<8, using: &random)
            try put(original[offset] ^ bit, at: offset)
            if (try? Snapshot.open(path: path)) != nil { unnoticed.append(offset) }
            try put(original[offset], at: offset)
        }
        #expect(unnoticed.isEmpty, "bytes with a flipped bit in a file that opened")
        // Else each refusal may have been that of an earlier bit.
        #expect(try Snapshot.open(path: path).identifier == atlas.snapshot.identifier)
    }

    @Test func aCutFileIsRefusedWithItsSizes() throws {
        let original = try Data(contentsOf: URL(fileURLWithPath: atlas.snapshotPath))
        let path = atlas.folder.path + "/cut.snapshot"
        for length in [0, 1, 63, 64, 5_000, original.count / 2, original.count - 1] {
            try original.prefix(length).write(to: URL(fileURLWithPath: path))
            #expect(throws: SnapshotError.self) { try Snapshot.open(path: path) }
        }
        #expect {
            try Snapshot.open(path: path)
        } throws: {
            $0 as? SnapshotError
                == .truncated(path: path, expectedBytes: UInt64(original.count), foundBytes: UInt64(original.count - 1))
        }
    }

    @Test func anotherVersionIsNamed() throws {
        var other = try Data(contentsOf: URL(fileURLWithPath: atlas.snapshotPath))
        other[8] = 99
        let path = atlas.folder.path + "/other.snapshot"
        try other.write(to: URL(fileURLWithPath: path))
        #expect { try Snapshot.open(path: path) } throws: { $0 as? SnapshotError == .otherVersion(path: path, found: 99, supported: 5) }
    }

    @Test func somethingElseIsNotASnapshot() throws {
        #expect {
            try Snapshot.open(path: atlas.storePath)
        } throws: {
            $0 as? SnapshotError == .notASnapshot(path: atlas.storePath)
        }
        #expect(throws: SnapshotError.self) { try Snapshot.open(path: atlas.folder.path + "/missing.snapshot") }
        #expect(throws: SnapshotError.self) { try Snapshot.open(path: atlas.folder.path) }
    }

    @Test func aFailedBuildLeavesTheOldSnapshotAndNothingElse() throws {
        let store = try RegistryStore(path: atlas.storePath, mode: .readOnly)
        let nowhere = atlas.folder.path + "/no/such/folder/atlas.snapshot"
        #expect(throws: SnapshotBuilder.Failure.self) { try SnapshotBuilder.build(store: store, output: nowhere) }
        let left = try FileManager.default.contentsOfDirectory(atPath: atlas.folder.path).filter { $0.contains("partial") }
        #expect(left.isEmpty)
    }

    @Test func anEmptyRegistryMakesAnEmptyMap() throws {
        let folder = try TemporaryFolder()
        let store = try RegistryStore(path: folder.path + "/empty.db", mode: .readWrite)
        let path = folder.path + "/empty.snapshot"
        try SnapshotBuilder.build(store: store, output: path, asOf: SampleAtlas.asOf)
        let snapshot = try Snapshot.open(path: path)
        #expect(snapshot.info.factories == 0)
        #expect(try snapshot.nearest(longitude: 0, latitude: 0, k: 5).isEmpty)
        #expect(try snapshot.near(longitude: 0, latitude: 0, radiusMeters: 100_000).total == 0)
        #expect(try snapshot.factories(west: -180, south: -90, east: 180, north: 90).total == 0)
    }
}
