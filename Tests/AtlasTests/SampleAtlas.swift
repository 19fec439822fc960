// SampleAtlas.swift: a small registry with hard positions, and the snapshot built from it. Made once, shared by the tests.

import Atlas
import Foundation
import Registry

/// A small, repeatable generator (SplitMix64, Steele, Lea and Flood 2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// What the tests know of a factory without asking the snapshot.
struct ExpectedFactory {
    var id: String
    var longitude: Double
    var latitude: Double
    var industry: String
    var status: FactoryStatus
    /// Day, category and severity of the records that count.
    var records: [(day: Int32, category: RecordCategory, severity: Int)]
    var brands: [String]
}

/// A temporary folder, removed with the last reference.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "blueatlas-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

struct SampleAtlas: Sendable {
    let folder: TemporaryFolder
    let storePath: String
    let snapshotPath: String
    let snapshot: Snapshot
    let expected: [ExpectedFactory]

    static let asOf = Day(iso: "2026-11-23") ?? Day.today()
    static let shared = Result { try SampleAtlas(factories: 2_500, seed: 1) }

    /// Clustered, duplicate-heavy and adversarial positions, most of them in China.
    static func positions(_ count: Int, _ random: inout SplitMix64) -> [(longitude: Double, latitude: Double)] {
        let seats = [(121.47, 31.23), (116.40, 39.90), (113.26, 23.13), (114.06, 22.54), (104.07, 30.67), (120.58, 29.99), (124.38, 40.12)]
        var all: [(longitude: Double, latitude: Double)] = [
            (0, 0), (-180, 0), (180, 0), (180, 85.0511287798066), (-180, -85.0511287798066), (90, 0), (112.5, 21.943045533438177),
            (114.1694, 22.3193), (121.5, 25.04), (179.9999999, -60), (0, 89.9), (45, -90),
        ]
        all += Array(repeating: (113.75, 23.02), count: 600)
        while all.count < count {
            let seat = seats[Int.random(in: 0..<seats.count, using: &random)]
            let spread = Double.random(in: 0...1, using: &random) < 0.7 ? 0.02 : 1.5
            all.append(
                (
                    seat.0 + Double.random(in: -spread...spread, using: &random),
                    seat.1 + Double.random(in: -spread...spread, using: &random)
                ))
        }
        return all
    }

    init(factories count: Int, seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        folder = try TemporaryFolder()
        storePath = folder.path + "/registry.db"
        snapshotPath = folder.path + "/atlas.snapshot"
        let store = try RegistryStore(path: storePath, mode: .readWrite)
        let industries = ["C17", "C1711", "C26", "C39", "D44", ""]
        var expected: [ExpectedFactory] = []
        var drafts: [FactoryDraft] = []
        for (index, position) in SampleAtlas.positions(count, &random).enumerated() {
            let id = "T\(index)"
            let industry = industries[Int.random(in: 0..<industries.count, using: &random)]
            let disclosed = index % 3 == 0
            var draft = FactoryDraft(
                line: index + 2, longitude: position.longitude, latitude: position.latitude, sourceX: position.longitude,
                sourceY: position.latitude, sourceDatum: "wgs84")
            draft.id = id
            draft.nameZH = "测试厂\(index)号"
            draft.industry = industry.isEmpty ? nil : industry
            draft.disclosed = disclosed
            draft.synthetic = true
            drafts.append(draft)
            expected.append(
                ExpectedFactory(
                    id: id, longitude: position.longitude, latitude: position.latitude, industry: industry,
                    status: disclosed ? .clean : .unknown,
                    records: [], brands: []))
        }
        try store.apply(factories: drafts).requireNoRejects()

        var records: [RecordDraft] = []
        for index in expected.indices where index % 2 == 0 {
            // One record each, so that its severity and the status follow from it alone.
            let day = Day(daysSince1970: SampleAtlas.asOf.daysSince1970 - Int32.random(in: 0...4_000, using: &random))
            let category = RecordCategory.allCases[Int.random(in: 0..<RecordCategory.allCases.count, using: &random)]
            let fine = [nil, 50_000.0, 250_000.0][Int.random(in: 0..<3, using: &random)]
            let state = [RecordState.standing, .explained, .verified, .withdrawn][Int.random(in: 0..<4, using: &random)]
            var record = RecordDraft(line: index + 2, kind: .penalty, published: day, category: category, state: state)
            record.id = "R\(index)"
            record.factoryID = expected[index].id
            record.fineCNY = fine
            record.measure = fine == nil ? .warning : .fine
            records.append(record)
            let assessed = Assessment.assess(
                records: [
                    RecordFacts(
                        kind: .penalty, published: day, actDate: nil, category: category, measure: record.measure, fineCNY: fine,
                        state: state,
                        rating: nil)
                ], disclosed: false, exceedingNow: false, asOf: SampleAtlas.asOf)
            expected[index].status = assessed.status
            if state != .withdrawn {
                expected[index].records = [(day.daysSince1970, category, Int(assessed.severities[0]))]
            }
        }
        try store.apply(records: records).requireNoRejects()

        var links: [LinkDraft] = []
        var brands: [BrandDraft] = []
        for brand in 0..<12 {
            let id = "B\(brand)"
            var draft = BrandDraft(line: brand + 2, id: id)
            draft.nameEN = "Test Brand \(brand)"
            draft.synthetic = true
            brands.append(draft)
            for index in expected.indices where Int.random(in: 0..<40 * (brand + 1), using: &random) == 0 {
                var link = LinkDraft(line: links.count + 2, brandID: id, kind: .materials)
                link.factoryID = expected[index].id
                link.published = (index + brand) % 5 != 0
                links.append(link)
                if link.published { expected[index].brands.append(id) }
            }
        }
        try store.apply(brands: brands).requireNoRejects()
        try store.apply(links: links).requireNoRejects()
        try SnapshotBuilder.build(store: store, output: snapshotPath, asOf: SampleAtlas.asOf)
        snapshot = try Snapshot.open(path: snapshotPath)
        self.expected = expected
    }
}

extension [RowOutcome] {
    func requireNoRejects() throws {
        for case .rejected(let field, let value, let reason) in self {
            throw QueryError(parameter: field, value: value, message: reason)
        }
    }
}
