// SampleSnapshot.swift: the snapshot that microbenchmarks and guards measure: the one that BLUEATLAS_SNAPSHOT names, or a small one
// made here, always with the same bytes.

import Atlas
import Foundation
import Registry

package enum SampleSnapshot {
    /// The path of the snapshot file for microbenchmarks.
    package static func path() throws -> String {
        if let given = ProcessInfo.processInfo.environment["BLUEATLAS_SNAPSHOT"] { return given }
        // Always the same place, so that runs leave no more than one behind.
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("blueatlas-benchmarks")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return try make(factories: 40_000, in: folder.path)
    }

    /// Makes the snapshot of so many invented factories, and the registry that it needs, in an empty folder; returns its path.
    package static func make(factories: Int, in folder: String) throws -> String {
        let store = try RegistryStore(path: folder + "/registry.db", mode: .readWrite)
        try fill(store, factories: factories)
        let snapshot = folder + "/atlas.snapshot"
        try SnapshotBuilder.build(store: store, output: snapshot, asOf: asOf)
        try store.close()
        return snapshot
    }

    private static let asOf = Day(daysSince1970: 20_600)

    /// Invented factories in clusters as towns are: most near a seat, some far out, some on one spot.
    private static func fill(_ store: RegistryStore, factories count: Int) throws {
        var random = SeededRandom(seed: 2)
        let seats = (0..<120).map { _ in Position(longitude: 100 + random.unit() * 21, latitude: 22 + random.unit() * 18) }
        let industries = ["C17", "C1711", "C2614", "C39", "D44"]
        var drafts: [FactoryDraft] = []
        for number in 0..<count {
            let seat = seats[min(random.below(120), random.below(120))]
            let spread = number % 20 == 0 ? 1.5 : number % 50 == 1 ? 0 : 0.08
            let longitude = seat.longitude + (random.unit() - 0.5) * spread
            let latitude = seat.latitude + (random.unit() - 0.5) * spread
            var draft = FactoryDraft(
                line: number + 2, longitude: longitude, latitude: latitude, sourceX: longitude, sourceY: latitude, sourceDatum: "wgs84")
            draft.id = "S\(number)"
            draft.nameZH = "虚构工厂\(number)号"
            draft.industry = industries[random.below(industries.count)]
            draft.disclosed = number % 3 == 0
            draft.synthetic = true
            drafts.append(draft)
        }
        try require(store.apply(factories: drafts))
        var records: [RecordDraft] = []
        for number in stride(from: 0, to: count, by: 2) {
            let day = Day(daysSince1970: asOf.daysSince1970 - Int32(random.below(4_000)))
            let category = RecordCategory.allCases[random.below(RecordCategory.allCases.count)]
            var record = RecordDraft(line: number + 2, kind: .penalty, published: day, category: category, state: .standing)
            record.id = "R\(number)"
            record.factoryID = "S\(number)"
            record.fineCNY = Double(random.below(500_000))
            record.measure = .fine
            records.append(record)
        }
        try require(store.apply(records: records))
    }

    private static func require(_ outcomes: [RowOutcome]) throws {
        for case .rejected(let field, let value, let reason) in outcomes {
            throw QueryError(parameter: field, value: value, message: reason)
        }
    }
}

extension Snapshot {
    /// Positions of all factories, by ascending registry number.
    package func positions() -> [Position] {
        var found: [Position] = []
        var pk: Int64 = 0
        while found.count < info.factories, pk <= Int64(UInt32.max) {
            if let factory = factory(pk: pk) { found.append(Position(longitude: factory.longitude, latitude: factory.latitude)) }
            pk += 1
        }
        return found
    }
}
