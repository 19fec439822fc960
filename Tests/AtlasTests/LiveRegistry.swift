// LiveRegistry.swift: a registry that changes at random, with the snapshot of its beginning and the delta that follows it. What it looks like
// now is what a snapshot built now says.

import Foundation
import Registry

@testable import Atlas

/// Changes as they come: factories new, moved, renamed, removed, back again; records, supplier links, brands.
final class LiveRegistry {
    let folder: TemporaryFolder
    let store: RegistryStore
    private(set) var first: Snapshot
    private(set) var delta: Delta
    private(set) var positions: [String: (longitude: Double, latitude: Double)] = [:]
    private var drafts: [String: FactoryDraft] = [:]
    private let writer: GroupWriter
    private var removed: Set<String> = []
    /// Numbers of factories that were touched: a removed one has none to ask for.
    private var keys: [String: Int64] = [:]
    private var brands: [String] = []
    private var recordCount = 0
    private var random: SplitMix64
    private var builds = 0
    /// Where a factory stood at any time.
    private(set) var everywhere: [(longitude: Double, latitude: Double)] = []

    static let places = [
        PlaceName(code: 310_000, nameZH: "上海市"), PlaceName(code: 310_115, nameZH: "浦东新区"), PlaceName(code: 320_000, nameZH: "江苏省"),
        PlaceName(code: 320_500, nameZH: "苏州市"), PlaceName(code: 320_583, nameZH: "昆山市"),
    ]

    init(factories count: Int, seed: UInt64) throws {
        random = SplitMix64(state: seed)
        folder = try TemporaryFolder()
        store = try RegistryStore(path: folder.path + "/registry.db", mode: .readWrite)
        writer = GroupWriter(store: store, feed: try ChangeFeed(store: store))
        first = try Self.build(store, folder.path + "/empty.snapshot")
        delta = Delta(over: first)
        var created: [FactoryDraft] = []
        for (index, position) in SampleAtlas.positions(count, &random).enumerated() {
            created.append(Self.draft("L\(index)", position, &random))
        }
        try store.apply(factories: created).requireNoRejects()
        for draft in created { keep(draft) }
        for _ in 0..<6 { try addBrand() }
        for id in drafts.keys.sorted() where Int.random(in: 0..<2, using: &random) == 0 { try addRecord(to: id) }
        for id in drafts.keys.sorted() where Int.random(in: 0..<8, using: &random) == 0 { try setLink(of: id) }
        first = try Self.build(store, folder.path + "/first.snapshot")
        delta = Delta(over: first)
    }

    /// The map as the delta has it.
    var live: LiveAtlas { LiveAtlas(first, delta) }

    /// The map as a build from the registry has it.
    func rebuilt() throws -> Snapshot {
        builds += 1
        return try Self.build(store, folder.path + "/built-\(builds).snapshot")
    }

    private static func build(_ store: RegistryStore, _ path: String) throws -> Snapshot {
        try SnapshotBuilder.build(store: store, output: path, asOf: SampleAtlas.asOf, placeNames: places)
        return try Snapshot.open(path: path)
    }

    var ids: [String] { drafts.keys.sorted() }

    /// Makes so many random changes and takes them into the delta as one batch.
    ///
    /// - Returns: what the batch did to the map.
    @discardableResult
    func change(_ count: Int) async throws -> [Delta.Move] {
        var touched: Set<String> = []
        let known = ids
        for _ in 0..<count {
            let id = known[Int.random(in: 0..<known.count, using: &random)]
            if removed.contains(id) {
                // Comes back, with other names.
                try rename(id, touched: &touched)
                continue
            }
            switch Int.random(in: 0..<11, using: &random) {
            case 0, 1: touched.insert(try add())
            case 2: try move(id, touched: &touched)
            case 3: try rename(id, touched: &touched)
            case 4, 5, 6:
                try addRecord(to: id)
                touched.insert(id)
            case 7, 8:
                try setLink(of: id)
                touched.insert(id)
            case 9:
                try await remove(id)
                touched.insert(id)
            default: if Int.random(in: 0..<4, using: &random) == 0 { try addBrand() }
            }
        }
        return try follow(touched)
    }

    /// Takes what happened to factories into the delta.
    func follow(_ touched: Set<String>) throws -> [Delta.Move] {
        for id in touched { if let pk = try store.factory(id: id)?.pk { keys[id] = pk } }
        let states = try store.states(ofFactories: touched.compactMap { keys[$0] })
        guard let step = try delta.advanced(by: states, over: first) else { return [] }
        delta = step.delta
        return step.moves
    }

    // MARK: Single changes

    static func draft(_ id: String, _ position: (longitude: Double, latitude: Double), _ random: inout SplitMix64) -> FactoryDraft {
        var draft = FactoryDraft(
            line: 2, longitude: position.longitude, latitude: position.latitude, sourceX: position.longitude, sourceY: position.latitude,
            sourceDatum: "wgs84")
        draft.id = id
        dress(&draft, &random)
        return draft
    }

    /// Names, codes and all else, by chance.
    private static func dress(_ draft: inout FactoryDraft, _ random: inout SplitMix64) {
        let parts = [["上海", "苏州", "重庆", "ABC", ""], ["宏达", "海上", "化工", "三", "𠮷田"], ["化工", "纺织", "染整"], ["有限公司", "厂", "集团"]]
        draft.nameZH = parts.map { $0[Int.random(in: 0..<$0.count, using: &random)] }.joined()
        draft.nameEN = Bool.random(using: &random) ? "Suzhou Hong-Da Chemical \(Int.random(in: 0..<50, using: &random)) Co., Ltd." : nil
        draft.formerName = Int.random(in: 0..<5, using: &random) == 0 ? "旧名" + (draft.nameZH ?? "") : nil
        draft.industry = ["C17", "C1711", "C26", "C39", "D44", nil, "N77"][Int.random(in: 0..<7, using: &random)]
        draft.countyCode = [310_115, 320_583, nil][Int.random(in: 0..<3, using: &random)]
        draft.creditCode = Int.random(in: 0..<6, using: &random) == 0 ? "91350100M00010\(Int.random(in: 1000...9999, using: &random))" : nil
        draft.disclosed = Bool.random(using: &random)
        draft.keyMonitored = Int.random(in: 0..<9, using: &random) == 0
        draft.accuracyMeters = Int.random(in: 0..<5, using: &random) == 0 ? 12.3 : nil
        draft.synthetic = true
    }

    private func keep(_ draft: FactoryDraft) {
        guard let id = draft.id else { return }
        drafts[id] = draft
        removed.remove(id)
        positions[id] = (draft.longitude, draft.latitude)
        everywhere.append((draft.longitude, draft.latitude))
    }

    private func anyPosition() -> (longitude: Double, latitude: Double) {
        // Often where another one stands, to the bit.
        if Bool.random(using: &random), let there = everywhere.randomElement(using: &random) { return there }
        return SampleAtlas.positions(700, &random).suffix(40).randomElement(using: &random) ?? (0, 0)
    }

    private func add() throws -> String {
        let draft = Self.draft("N\(drafts.count)", anyPosition(), &random)
        try store.apply(factories: [draft]).requireNoRejects()
        keep(draft)
        return draft.id ?? ""
    }

    /// Adds so many factories at one place, and takes them into the delta.
    func crowd(_ count: Int, at position: (longitude: Double, latitude: Double)) throws {
        var touched: Set<String> = []
        for _ in 0..<count {
            let draft = Self.draft("N\(drafts.count)", position, &random)
            try store.apply(factories: [draft]).requireNoRejects()
            keep(draft)
            touched.insert(draft.id ?? "")
        }
        _ = try follow(touched)
    }

    private func move(_ id: String, touched: inout Set<String>) throws {
        guard var draft = drafts[id] else { return }
        (draft.longitude, draft.latitude) = anyPosition()
        (draft.sourceX, draft.sourceY) = (draft.longitude, draft.latitude)
        try store.apply(factories: [draft]).requireNoRejects()
        keep(draft)
        touched.insert(id)
    }

    private func rename(_ id: String, touched: inout Set<String>) throws {
        guard var draft = drafts[id] else { return }
        Self.dress(&draft, &random)
        try store.apply(factories: [draft]).requireNoRejects()
        keep(draft)
        touched.insert(id)
    }

    private func remove(_ id: String) async throws {
        keys[id] = try store.factory(id: id)?.pk
        _ = try await writer.submit(as: .commandLine) { try $0.removeFactory(id: id, version: nil) }
        removed.insert(id)
    }

    private func addRecord(to id: String) throws {
        recordCount += 1
        let day = Day(daysSince1970: SampleAtlas.asOf.daysSince1970 - Int32.random(in: 0...2_000, using: &random))
        var record = RecordDraft(
            line: 2, kind: .penalty, published: day, category: RecordCategory.allCases[Int.random(in: 0..<9, using: &random)],
            state: [RecordState.standing, .explained, .verified, .withdrawn][Int.random(in: 0..<4, using: &random)])
        // Some are earlier ones that come again, with another state.
        record.id = "R\(id)-\(Int.random(in: 0..<3, using: &random))"
        record.factoryID = id
        record.fineCNY = [nil, 50_000.0, 250_000.0][Int.random(in: 0..<3, using: &random)]
        try store.apply(records: [record]).requireNoRejects()
    }

    private func setLink(of id: String) throws {
        var link = LinkDraft(
            line: 2, brandID: brands[Int.random(in: 0..<brands.count, using: &random)],
            kind: LinkKind.allCases[Int.random(in: 0..<2, using: &random)])
        link.factoryID = id
        link.published = Int.random(in: 0..<3, using: &random) > 0
        try store.apply(links: [link]).requireNoRejects()
    }

    private func addBrand() throws {
        var brand = BrandDraft(line: 2, id: "B\(brands.count)")
        brand.nameEN = "Test Brand \(brands.count)"
        brand.synthetic = true
        try store.apply(brands: [brand]).requireNoRejects()
        brands.append("B\(brands.count)")
    }
}
