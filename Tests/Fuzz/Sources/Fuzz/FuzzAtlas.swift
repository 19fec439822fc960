// FuzzAtlas.swift: a small registry and its snapshot, the same in every run: what queries run over, and what the snapshot target
// changes.

import Atlas
import Registry

struct FuzzAtlas {
    let store: RegistryStore
    let snapshotPath: String

    static let shared: FuzzAtlas = {
        do { return try FuzzAtlas() } catch { stop("no snapshot to begin with: \(error)") }
    }()

    private init() throws {
        let path = FuzzFolder.path + "/registry.db"
        store = try RegistryStore(path: path, mode: .readWrite)
        snapshotPath = FuzzFolder.path + "/atlas.snapshot"
        var factories: [FactoryDraft] = []
        var records: [RecordDraft] = []
        var links: [LinkDraft] = []
        let industries = ["C17", "C1711", "C26", nil]
        for number in 0..<60 {
            // Half on a few spots of a town, half far and wide.
            let longitude = number % 2 == 0 ? 121.47 + Double(number % 5) * 0.001 : 75 + Double(number)
            let latitude = number % 2 == 0 ? 31.23 : 20 + Double(number) / 2
            var factory = FactoryDraft(
                line: number + 2, longitude: longitude, latitude: latitude, sourceX: longitude, sourceY: latitude, sourceDatum: "wgs84")
            factory.id = "F\(number)"
            factory.nameZH = "虚构工厂\(number)号"
            factory.nameEN = number % 3 == 0 ? "Invented Works \(number)" : nil
            factory.industry = industries[number % 4]
            factory.disclosed = number % 3 == 0
            factory.synthetic = true
            factories.append(factory)
            guard number % 2 == 0 else { continue }
            let categories = RecordCategory.allCases
            var record = RecordDraft(
                line: number + 2, kind: .penalty, published: Day(daysSince1970: 20_000 + Int32(number)),
                category: categories[number % categories.count], state: .standing)
            record.id = "R\(number)"
            record.factoryID = factory.id
            record.measure = .fine
            record.fineCNY = Double(number) * 10_000
            records.append(record)
            var link = LinkDraft(line: number + 2, brandID: "B\(number % 3)", kind: .materials)
            link.factoryID = factory.id
            link.published = true
            links.append(link)
        }
        let brands = (0..<3).map { BrandDraft(line: $0 + 2, id: "B\($0)") }
        for case .rejected(let field, _, let reason) in try store.apply(factories: factories) + store.apply(records: records)
            + store.apply(brands: brands) + store.apply(links: links)
        {
            stop("the invented data are refused: \(field): \(reason)")
        }
        try SnapshotBuilder.build(store: store, output: snapshotPath, asOf: Day(daysSince1970: 20_600))
    }
}
