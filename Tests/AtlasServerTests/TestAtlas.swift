// TestAtlas.swift: a small registry and the snapshot of it, in a folder of its own: a dense town, a few known factories, records and
// suppliers. What it holds is written down here, so tests compare answers with this file and not with the engine.

import Atlas
import Boundaries
import Foundation
import Registry

/// A folder with `registry.db` and `atlas.snapshot`, removed with the last reference.
final class TestAtlas: Sendable {
    let folder: String
    let storePath: String
    let snapshotPath: String

    /// The day that statuses refer to.
    static let asOf = "2026-11-23"
    static let label = "SYNTHETIC DATA <for tests>"
    /// People's Square, Shanghai: `T0` stands here, with a standing record of this year and two brands.
    static let square = (longitude: 121.4737, latitude: 31.2304)
    /// `T0` to `T149`: a row to the east, this far apart in degrees (95 m).
    static let step = 0.001
    static let rowCount = 150
    /// 40 factories on one position in Shenzhen, `P0` to `P39`.
    static let park = (longitude: 114.05, latitude: 22.55)
    static let parkCount = 40
    /// One id that needs percent-encoding, in Urumqi.
    static let oddID = "厂/7 %41?"
    static let count = rowCount + parkCount + 1

    static let shared: Result<TestAtlas, any Error> = Result {
        // What is kept for all tests is removed with the process.
        atexit { if let atlas = try? TestAtlas.shared.get() { try? FileManager.default.removeItem(atPath: atlas.folder) } }
        return try TestAtlas.make()
    }

    private init(folder: String) {
        self.folder = folder
        storePath = folder + "/registry.db"
        snapshotPath = folder + "/atlas.snapshot"
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// - Parameters:
    ///   - extra: further factories north of the square, to tell two snapshots apart.
    ///   - places: borders to have; the usual atlas has none.
    static func make(extra: Int = 0, places: [PlaceOutline] = []) throws -> TestAtlas {
        let folder = NSTemporaryDirectory() + "atlas-server-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let atlas = TestAtlas(folder: folder)
        let store = try RegistryStore(path: atlas.storePath, mode: .readWrite)
        if !places.isEmpty { _ = try store.replacePlaces(with: places) }
        try store.setDataset(DatasetInfo(synthetic: true, label: label, asOf: Day(iso: asOf)))
        var factories = (0..<rowCount).map {
            factory("T\($0)", square.longitude + Double($0) * step, square.latitude, disclosed: $0 % 2 == 0)
        }
        factories[0].nameZH = "测试\"厂\"0号"
        factories[0].nameEN = "Test & Sons"
        factories[0].creditCode = "91350100M000100Y43"
        factories[0].attributes = [("capacity_mw", .number(600.5)), ("units", .integer(2))]
        factories += (0..<parkCount).map { factory("P\($0)", park.longitude, park.latitude, disclosed: false) }
        factories.append(factory(oddID, 87.6168, 43.8256, disclosed: false))
        factories += (0..<extra).map { factory("X\($0)", square.longitude, square.latitude + 0.05 + Double($0) * step, disclosed: false) }
        try accepted(try store.apply(factories: factories))
        try accepted(
            try store.apply(records: [
                record("R0", of: "T0", "2026-03-04", .water, .standing, fine: 120_000),
                record("R1", of: "T0", "2019-05-06", .air, .verified),
                record("R2", of: "T1", "2020-01-02", .noise, .standing), record("R3", of: "T2", "2021-01-02", .water, .explained),
            ]))
        var brands: [BrandDraft] = []
        for id in ["B1", "B2"] {
            var brand = BrandDraft(line: 2, id: id)
            brand.nameEN = "Brand \(id)"
            brands.append(brand)
        }
        try accepted(try store.apply(brands: brands))
        try accepted(
            try store.apply(links: [
                link("B1", to: "T0", published: true), link("B2", to: "T0", published: true), link("B1", to: "T5", published: true),
                link("B2", to: "T6", published: false),
            ]))
        try SnapshotBuilder.build(store: store, output: atlas.snapshotPath, asOf: Day(iso: asOf))
        try store.close()
        return atlas
    }

    private static func factory(_ id: String, _ longitude: Double, _ latitude: Double, disclosed: Bool) -> FactoryDraft {
        var draft = FactoryDraft(
            line: 2, longitude: longitude, latitude: latitude, sourceX: longitude, sourceY: latitude, sourceDatum: "wgs84")
        draft.id = id
        draft.nameZH = "测试厂\(id)"
        draft.industry = id.hasPrefix("P") ? "C39" : "C17"
        draft.disclosed = disclosed
        draft.synthetic = true
        return draft
    }

    private static func record(
        _ id: String, of factory: String, _ published: String, _ category: RecordCategory, _ state: RecordState, fine: Double? = nil
    ) -> RecordDraft {
        var draft = RecordDraft(
            line: 2, kind: .penalty, published: Day(iso: published) ?? Day(daysSince1970: 0), category: category, state: state)
        draft.id = id
        draft.factory = FactoryReference(id: factory)
        draft.fineCNY = fine
        draft.measure = fine == nil ? .warning : .fine
        draft.authority = "某生态环境局"
        draft.text = "line one\nline two"
        return draft
    }

    private static func link(_ brand: String, to factory: String, published: Bool) -> LinkDraft {
        var draft = LinkDraft(line: 2, brandID: brand, kind: .materials)
        draft.factory = FactoryReference(id: factory)
        draft.published = published
        return draft
    }

    private static func accepted(_ outcomes: [RowOutcome]) throws {
        for case .rejected(let field, let value, let reason) in outcomes {
            throw QueryError(parameter: field, value: value, message: reason)
        }
    }
}
