// FuzzAtlas.swift: a small registry and its snapshot, the same in every run: what queries run over, and what the snapshot target
// changes. It has something in every section: borders, figures and emissions too.

import Atlas
import Boundaries
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
        // First: a figure names a place that the registry has.
        _ = try store.replacePlaces(with: FuzzAtlas.counties, names: [310_100: ("虚构市", "Invented City"), 320_000: ("虚构省", "")])
        var factories: [FactoryDraft] = []
        var records: [RecordDraft] = []
        var links: [LinkDraft] = []
        var emissions: [EmissionDraft] = []
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
            factory.countyCode = number % 2 == 0 ? 310_101 : nil
            factories.append(factory)
            for year in [2020, 2021] where number % 3 == 0 {
                var emission = EmissionDraft(
                    line: number + 2, factory: FactoryReference(id: "F\(number)"), year: year,
                    origin: CarbonSource(source: "invented", edition: "\(year)", synthetic: number % 2 == 0))
                emission.scope1 = Double(number) * 1_000
                emission.scope2 = number % 4 == 0 ? nil : 12.5
                emission.isVerified = number % 5 == 0 ? nil : number % 2 == 0
                emissions.append(emission)
            }
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
        var outcomes = try store.apply(factories: factories)
        outcomes += try store.apply(records: records)
        outcomes += try store.apply(brands: brands)
        outcomes += try store.apply(links: links)
        outcomes += try store.apply(emissions: emissions)
        outcomes += try store.apply(figures: FuzzAtlas.figures)
        for case .rejected(let field, _, let reason) in outcomes { stop("the invented data are refused: \(field): \(reason)") }
        let names = [PlaceName(code: 310_000, nameZH: "上海市"), PlaceName(code: 310_101, nameZH: "黄浦区")]
        try SnapshotBuilder.build(store: store, output: snapshotPath, asOf: Day(daysSince1970: 20_600), placeNames: names)
    }

    /// Three counties in two provinces: neighbours, an island, a hole. The prefectures and provinces above them follow.
    private static var counties: [PlaceOutline] {
        /// In tenths of a degree.
        func box(_ west: Int32, _ south: Int32, _ size: Int32) -> [Corner] {
            let (x, y, d) = (west * 1_000_000, south * 1_000_000, size * 1_000_000)
            return [Corner(x: x, y: y), Corner(x: x + d, y: y), Corner(x: x + d, y: y + d), Corner(x: x, y: y + d)]
        }
        let source = PlaceSource(edition: "1", source: "invented", synthetic: true)
        let shapes: [(code: Int32, polygons: [[[Corner]]])] = [
            (310_101, [[box(1_210, 310, 10)]]), (310_115, [[box(1_220, 310, 10)], [box(1_240, 310, 5)]]),
            (320_583, [[box(1_200, 310, 10), box(1_204, 314, 2).reversed()]]),
        ]
        return shapes.map { shape in
            PlaceOutline(
                code: shape.code, level: .county, nameZH: "虚构县\(shape.code)", nameEN: "County \(shape.code)",
                parent: PlaceCode.prefecture(of: shape.code), outline: Outline(polygons: shape.polygons), source: source)
        }
    }

    private static var figures: [FigureDraft] {
        let origin = CarbonSource(source: "invented", edition: "1", synthetic: true)
        var figures: [FigureDraft] = []
        for (number, code) in [Int32(310_000), 320_000, 310_100, 320_500].enumerated() {
            for (place, metric) in PlaceMetric.allCases.enumerated() where (number + place) % 4 != 3 {
                for year in [2020, 2021] {
                    figures.append(
                        FigureDraft(
                            line: figures.count + 2, place: .code(code), year: year, metric: metric, value: Double(place + 1) * 1e6,
                            origin: origin))
                }
            }
        }
        return figures
    }
}
