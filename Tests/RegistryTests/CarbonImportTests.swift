// CarbonImportTests.swift: figures of places and emissions of enterprises: units are explicit and right, what cannot be is refused with its
// reason, several sources are kept in their order, and the committed real files come in whole.

import Boundaries
import Foundation
import Testing

@testable import Registry

private let source = PlaceSource(edition: "2024", source: "a test")

/// A square of one degree; counties make prefecture and province.
private func square(_ code: Int32, west: Int32) -> PlaceOutline {
    let (x, y, d) = (west * 10_000_000, Int32(300_000_000), Int32(10_000_000))
    let ring = [Corner(x: x, y: y), Corner(x: x + d, y: y), Corner(x: x + d, y: y + d), Corner(x: x, y: y + d)]
    return PlaceOutline(
        code: code, level: .county, nameZH: "县", parent: PlaceCode.prefecture(of: code), outline: Outline(polygons: [[ring]]),
        source: source)
}

private func storeWithPlaces(_ fixture: StoreFixture) throws -> RegistryStore {
    let names: [Int32: (zh: String, en: String)] = [330_000: ("浙江省", "Zhejiang"), 330_100: ("杭州市", ""), 320_500: ("苏州市", "")]
    _ = try fixture.store.replacePlaces(with: [square(330_102, west: 120), square(320_505, west: 118)], names: names)
    return fixture.store
}

private func figures(_ store: RegistryStore) throws -> [PlaceFigure] {
    var all: [PlaceFigure] = []
    try store.forEachFigure { all.append($0) }
    return all
}

@Test(arguments: [
    ("co2", "12.5", "t", 12.5), ("co2", "12.5", "kt", 12_500), ("co2", "12.5", "Mt", 12_500_000), ("co2", "3", "万吨", 30_000),
    ("coal", "29.3076", "GJ", 1), ("gas", "2", "tce", 2), ("heat", "1", "PJ", 34_120.8424), ("electricity", "1000", "MWh", 122.83503),
    ("oil", "1", "Mtce", 1_000_000), ("population", "1.5", "万人", 15_000), ("gdp", "2", "亿元", 200_000_000),
])
func amountsAreStoredInBaseUnits(metric: String, value: String, unit: String, expected: Double) throws {
    let fixture = try StoreFixture()
    let store = try storeWithPlaces(fixture)
    let folder = try ScratchFolder()
    let path = try folder.write(
        "figures.csv", "place_code,year,metric,value,unit,source\n330100,2020,\(metric),\(value),\(unit),a survey\n")
    let report = try Importer.run(path, into: store)
    #expect(report.accepted == 1 && report.entity == "figures")
    let stored = try #require(try figures(store).first)
    #expect(abs(stored.value - expected) <= expected * 1e-7, "\(stored.value)")
}

@Test func figuresThatCannotBeAreRefusedWithTheirReason() throws {
    let fixture = try StoreFixture()
    let store = try storeWithPlaces(fixture)
    let folder = try ScratchFolder()
    // Row, the field at fault, and a word of the reason.
    let cases: [(row: String, field: String, word: String)] = [
        ("330100,2020,co2,5,,a", "unit", "never guessed"), ("330100,2020,co2,5,GJ,a", "unit", "measures an amount of energy"),
        ("330100,2020,coal,5,t,a", "unit", "measures a mass"), ("330100,2020,co2,5,mt,a", "unit", "is no unit"),
        ("330100,2020,co2,-5,t,a", "value", "negative"), ("330100,2020,co2,,t,a", "value", "empty"),
        ("330100,2020,co2,many,t,a", "value", "not a number"), ("330100,2020,co2,5e9,Mt,a", "value", "enormous"),
        ("440100,2020,co2,5,t,a", "place_code", "no place"), ("somewhere,2020,co2,5,t,a", "place_code", "GB/T 2260"),
        (",2020,co2,5,t,a", "place_code", "names no place"), ("330100,1850,co2,5,t,a", "year", "out of range"),
        ("330100,2999,co2,5,t,a", "year", "out of range"), ("330100,,co2,5,t,a", "year", "of a year"),
        ("330100,2020,methane,5,t,a", "metric", "is not one of"), ("330100,2020,co2,5,t,", "source", "who says"),
    ]
    let text = "place_code,year,metric,value,unit,source\n" + cases.map(\.row).joined(separator: "\n") + "\n330100,2021,co2,5,t,a\n"
    let path = try folder.write("figures.csv", text)
    let report = try Importer.run(path, into: store)
    #expect(report.accepted == 1 && report.rejected == cases.count)
    let rejects = naiveCSV(try folder.read("figures.csv.rejects.csv"))
    #expect(rejects.count == cases.count)
    for (number, (reject, wanted)) in zip(rejects, cases).enumerated() {
        #expect(reject["line"] == String(number + 2))
        #expect(reject["field"] == wanted.field, "\(wanted.row): \(reject)")
        #expect(reject["reason"]?.contains(wanted.word) == true, "\(wanted.row): \(reject)")
    }
    #expect(try figures(store).count == 1)
    // A file without a column of units is refused before its first row.
    let bare = try folder.write("bare.csv", "place_code,year,metric,value,source\n330100,2020,co2,5,a\n")
    #expect(throws: ImportError.self) { try Importer.run(bare, into: store) { $0.entity = .figures } }
}

@Test func emissionsThatCannotBeAreRefusedWithTheirReason() throws {
    let fixture = try StoreFixture()
    let store = try storeWithPlaces(fixture)
    try store.apply(factories: [factory("a", "一", at: (120.5, 30.5)), factory("b", "二", at: (120.6, 30.5))])
    let folder = try ScratchFolder()
    let cases: [(row: String, field: String, word: String)] = [
        ("a,2020,5,1,,", "unit", "never guessed"), ("a,2020,5,1,tce,", "unit", "measures an amount of energy"),
        ("a,2020,-5,1,t,", "scope1", "negative"), ("a,2020,5,-1,t,", "scope2", "negative"), ("a,2020,,,t,", "scope1", "no scope"),
        ("z,2020,5,1,t,", "factory_id", "no factory"), (",2020,5,1,t,", "factory_id", "names no factory"),
        ("a,20,5,1,t,", "year", "out of range"), ("a,2020,5,1,t,perhaps", "verified", "neither true nor false"),
        ("b,2021,9,9,t,", "factory_id", "other emissions of 2021"),
    ]
    let text =
        "factory_id,year,scope1,scope2,unit,verified,source\n" + "b,2021,3,,kt,true,s\n"
        + cases.map { $0.row + ",s" }.joined(separator: "\n") + "\n"
    let report = try Importer.run(try folder.write("emissions.csv", text), into: store)
    #expect(report.accepted == 1 && report.rejected == cases.count)
    for (reject, wanted) in zip(naiveCSV(try folder.read("emissions.csv.rejects.csv")), cases) {
        #expect(reject["field"] == wanted.field && reject["reason"]?.contains(wanted.word) == true, "\(wanted.row): \(reject)")
    }
    let pk = try #require(try store.factory(id: "b")).pk
    let stored = try store.emissions(ofFactory: pk)
    #expect(stored.map(\.scope1) == [3_000] && stored.map(\.scope2) == [nil] && stored.map(\.isVerified) == [true])
    // The same again changes nothing.
    let again = try Importer.run(
        try folder.write("again.csv", "factory_id,year,scope1,unit,verified,source\nb,2021,3,kt,true,s\n"), into: store)
    #expect(again.unchanged == 1)
}

@Test func severalSourcesAreKeptAndTheOneShownComesFirst() throws {
    let fixture = try StoreFixture()
    let store = try storeWithPlaces(fixture)
    func draft(_ value: Double, _ name: String, _ edition: String, _ priority: Int, synthetic: Bool = false) -> FigureDraft {
        FigureDraft(
            line: 2, place: .code(330_100), year: 2020, metric: .co2, value: value,
            origin: CarbonSource(source: name, edition: edition, priority: priority, synthetic: synthetic))
    }
    let drafts = [
        draft(1, "invented", "9", 900, synthetic: true), draft(2, "plain", "2020", 0), draft(3, "weighty", "2019", 10),
        draft(4, "plain", "2021", 0), draft(5, "also", "2020", 0),
    ]
    #expect(try store.apply(figures: drafts).allSatisfy { $0 == .accepted })
    // Real before invented, priority, later edition, name.
    #expect(try figures(store).map(\.value) == [3, 4, 5, 2, 1])
    #expect(try store.apply(figures: drafts.reversed()).allSatisfy { $0 == .unchanged })
    #expect(try store.apply(figures: [draft(7, "plain", "2021", 0)]) == [.updated])
}

@Test func positionsFindTheirPrefectureIfItBearsTheName() throws {
    let fixture = try StoreFixture()
    let store = try storeWithPlaces(fixture)
    let folder = try ScratchFolder()
    let text = """
        lon,lat,level,place_name,year,metric,value,unit,source
        120.5,30.5,prefecture,杭州,2020,co2,1,t,s
        118.5,30.5,prefecture,苏州,2020,co2,2,t,s
        118.6,30.5,prefecture,杭州,2020,co2,3,t,s
        140,30.5,prefecture,,2020,co2,4,t,s
        120.5,30.5,county,,2021,co2,5,t,s
        120.5,30.5,province,浙江,2020,co2,6,t,s

        """
    let report = try Importer.run(try folder.write("cities.csv", text), into: store)
    #expect(report.accepted == 3 && report.rejected == 3)
    #expect(try figures(store).map { [Double($0.place), $0.value] } == [[320_500, 2], [330_000, 6], [330_100, 1]])
    #expect(naiveCSV(try folder.read("cities.csv.rejects.csv")).map { $0["field"] } == ["place_name", "lon", "level"])
}

@Test func theCommittedProvinceFileIsSummedByYear() throws {
    let fixture = try StoreFixture()
    let folder = try ScratchFolder()
    let mapping = try ImportMapping(path: Repository.data + "/mappings/carbon-province-co2.json")
    let report = try Importer.run(Repository.data + "/carbon/province-monthly-co2.csv.gz", into: fixture.store) {
        $0.mapping = mapping
        $0.rejectsPath = folder.path + "/rejects.csv"
    }
    #expect(report.rows == 2_232 && report.groups == 62 && report.accepted == 62 && report.rejected == 0)
    let stored = try figures(fixture.store)
    let total = stored.filter { $0.year == 2019 }.reduce(0) { $0 + $1.value }
    #expect(abs(total - 9.594716666e9) < 1_000, "\(total)")
    // One province by a reader of our own.
    let reader = try SourceReader(path: Repository.data + "/carbon/province-monthly-co2.csv.gz", options: ImportOptions())
    var expected = 0.0
    for row in try rows(reader.rows) {
        if let fields = row.fields, fields[0] == "370000", fields[2] == "2020" { expected += Double(fields[5]) ?? .nan }
    }
    let shandong = try #require(stored.first { $0.place == 370_000 && $0.year == 2020 })
    #expect(abs(shandong.value - expected * 1e6) < 1)
    #expect(shandong.origin.source.contains("10.5281/zenodo.4730175") && !shandong.origin.synthetic)
}

@Test func coalPlantsAreSummedByWhereTheyLie() throws {
    let fixture = try StoreFixture()
    let folder = try ScratchFolder()
    // One big square over eastern China: what lies in it is told by the positions alone.
    let (west, south, east, north) = (115.0, 29.0, 121.0, 36.0)
    func corner(_ x: Double, _ y: Double) -> Corner { Corner(x: Int32(x * 1e7), y: Int32(y * 1e7)) }
    let ring = [corner(west, south), corner(east, south), corner(east, north), corner(west, north)]
    _ = try fixture.store.replacePlaces(with: [
        PlaceOutline(code: 320_000, level: .province, nameZH: "江苏省", parent: 0, outline: Outline(polygons: [[ring]]), source: source)
    ])
    let file = Repository.data + "/samples/coal-units-china.csv.gz"
    for name in ["coal-units", "coal-emissions"] {
        let mapping = try ImportMapping(path: Repository.data + "/mappings/\(name).json")
        let report = try Importer.run(file, into: fixture.store) {
            $0.mapping = mapping
            $0.rejectsPath = folder.path + "/rejects.csv"
        }
        #expect(report.rejected == 0, "\(report.text)")
    }
    let reader = try SourceReader(path: file, options: ImportOptions())
    let columns = reader.rows.columns
    func at(_ name: String) throws -> Int { try #require(columns.firstIndex(of: name)) }
    let (status, co2, plant) = (try at("status"), try at("annual_co2_mt"), try at("location_id"))
    var all = 0.0
    var plants = Set<String>()
    for row in try rows(reader.rows) {
        guard let fields = row.fields, fields[status] == "operating" else { continue }
        all += Double(fields[co2]) ?? 0
        plants.insert(fields[plant])
    }
    let sums = try fixture.store.emissions(ofYear: 2024, byPrefecture: false)
    #expect(sums.map(\.code) == [0, 320_000])
    #expect(sums.reduce(0) { $0 + $1.enterprises } == plants.count)
    #expect(abs(sums.reduce(0) { $0 + $1.scope1 } - all * 1e6) < 100)
    // What lies in the square, by its factories' own positions.
    var inside = 0.0
    var positions: [Int64: (Double, Double)] = [:]
    try fixture.store.forEachFactory { positions[$0.pk] = ($0.longitude, $0.latitude) }
    try fixture.store.forEachEmission { emission in
        guard let (x, y) = positions[emission.factoryPK] else { return }
        if x > west, x < east, y > south, y < north { inside += emission.scope1 ?? 0 }
    }
    #expect(inside > 5e8 && abs((sums.last?.scope1 ?? 0) - inside) < 100)
}
