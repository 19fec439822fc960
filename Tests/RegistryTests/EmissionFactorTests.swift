// EmissionFactorTests.swift: the table of emission factors: units and parts are checked against each other, several sources are kept, and
// the committed tables come in whole.

import Foundation
import Testing

@testable import Registry

private func imported(_ file: String, mapping: String, into store: RegistryStore, _ folder: ScratchFolder) throws -> ImportReport {
    let mapping = try ImportMapping(path: Repository.data + "/mappings/\(mapping).json")
    return try Importer.run(Repository.data + "/carbon/\(file)", into: store) {
        $0.mapping = mapping
        $0.rejectsPath = folder.path + "/rejects.csv"
    }
}

@Test func theCommittedFactorsComeInWhole() throws {
    let fixture = try StoreFixture()
    let folder = try ScratchFolder()
    let grid = try imported("grid-factors.csv", mapping: "carbon-grid-factors", into: fixture.store, folder)
    let fuel = try imported("fuel-factors.csv", mapping: "carbon-fuel-factors", into: fixture.store, folder)
    #expect(grid.accepted == 76 && grid.rejected == 0 && fuel.accepted == 26 && fuel.rejected == 0, "\(grid.text) \(fuel.text)")
    // The nation's, and those of the provinces that the announcement of 2022 names as lowest.
    let electricity = try fixture.store.emissionFactors(kind: .electricity, year: 2022)
    func value(_ name: String) -> Double? { electricity.first { $0.name == name }?.value }
    #expect(value("全国") == 0.5366 && value("云南省") == 0.1073 && value("四川省") == 0.1404)
    #expect(electricity.allSatisfy { $0.unit == "MWh" && $0.year == 2022 } && electricity.count == 38)
    #expect(electricity.filter { $0.place != nil }.min { $0.value < $1.value }?.place == 530_000)
    // A province's and what holds for more than it.
    let yunnan = try fixture.store.emissionFactors(kind: .electricity, place: 530_000, year: 2022)
    #expect(yunnan.count { $0.place == 530_000 } == 1 && yunnan.allSatisfy { $0.place == nil || $0.place == 530_000 })
    // A prefecture and a county have those of their province; another province's places do not.
    for place: Int32 in [530_100, 530_102] {
        #expect(try fixture.store.emissionFactors(kind: .electricity, place: place, year: 2022) == yunnan, "\(place)")
    }
    #expect(try fixture.store.emissionFactors(kind: .electricity, place: 510_100, year: 2022).allSatisfy { $0.place != 530_000 })
    // Every fuel is the product of its parts, and of no year.
    let fuels = try fixture.store.emissionFactors(kind: .fuel, place: 530_000, year: 1999)
    #expect(fuels.count == 26)
    for factor in fuels {
        let content = try #require(factor.content)
        #expect(abs(content.heat * content.carbon * content.oxidation * 44 / 12 - factor.value) < 6e-5, "\(factor.name)")
    }
    let anthracite = try #require(fuels.first { $0.name == "无烟煤" })
    #expect(anthracite.nameEN == "anthracite" && anthracite.unit == "t" && anthracite.value == 2.3228 && anthracite.year == nil)
    let gas = try #require(fuels.first { $0.name == "天然气" })
    #expect(gas.unit == "10^4 Nm3" && gas.value == 21.6219)
    // The same again changes nothing.
    let again = try imported("fuel-factors.csv", mapping: "carbon-fuel-factors", into: fixture.store, folder)
    #expect(again.unchanged == 26)
}

@Test(arguments: [
    ("electricity,某网,2022,0.5,MWh,,,", "MWh", 0.5), ("electricity,某网,2022,0.0005,kWh,,,", "MWh", 0.5),
    ("grid,某网,2022,500,GWh,,,", "MWh", 0.5), ("heat,蒸汽,,0.11,GJ,,,", "GJ", 0.11), ("heat,蒸汽,,110,TJ,,,", "GJ", 0.11),
    ("fuel,烟煤,,,t,23.204,0.02618,93", "t", 2.07151), ("fuel,烟煤,,0.00207151,kg,0.023204,0.02618,93", "t", 2.07151),
    ("fuel,天然气,,0.00216219,Nm3,0.038931,0.0153,99", "10^4 Nm3", 21.6219), ("fuel,生物质,,0,t,,,", "t", 0),
])
func factorsAreKeptPerOneUnit(row: String, unit: String, expected: Double) throws {
    let fixture = try StoreFixture()
    let folder = try ScratchFolder()
    let path = try folder.write(
        "factors.csv", "kind,name,year,co2_t_per_unit,unit,ncv_gj_per_unit,carbon_t_per_gj,oxidation_pct,source\n\(row),a table\n")
    let report = try Importer.run(path, into: fixture.store)
    #expect(report.accepted == 1 && report.entity == "factors", "\(report.text)")
    let stored = try #require(try fixture.store.emissionFactors().first)
    #expect(stored.unit == unit && abs(stored.value - expected) <= expected * 1e-5, "\(stored)")
    if let content = stored.content { #expect(abs(content.tonnes - stored.value) <= expected * 1e-3) }
}

@Test func factorsThatCannotBeAreRefusedWithTheirReason() throws {
    let fixture = try StoreFixture()
    let folder = try ScratchFolder()
    let cases: [(row: String, field: String, word: String)] = [
        (",甲,2022,0.5,MWh,,,,s", "kind", "is one of"), ("coal,甲,2022,0.5,MWh,,,,s", "kind", "is not one of"),
        ("electricity,,2022,0.5,MWh,,,,s", "name", "empty"), ("electricity,甲,2022,0.5,,,,,s", "unit", "never guessed"),
        ("electricity,甲,2022,0.5,t,,,,s", "unit", "no unit of electricity"), ("electricity,甲,,0.5,MWh,,,,s", "year", "of a year"),
        ("electricity,甲,2022,536.6,MWh,,,,s", "co2_t_per_unit", "enormous"),
        ("electricity,甲,2022,-1,MWh,,,,s", "co2_t_per_unit", "negative"),
        ("electricity,甲,2022,,MWh,,,,s", "co2_t_per_unit", "give the factor"),
        ("electricity,甲,2022,0.5,MWh,20,0.02,98,s", "ncv_gj_per_unit", "fuels only"),
        ("fuel,煤,,2,t,20,0.02,,s", "oxidation_pct", "give all of"), ("fuel,煤,,2,t,20,0.02,104,s", "oxidation_pct", "more than 100"),
        ("fuel,煤,,,t,23204,0.02618,93,s", "ncv_gj_per_unit", "enormous"),
        ("fuel,煤,,2,t,20,0.02,98,s", "co2_t_per_unit", "heat value × carbon content"), ("fuel,煤,,2,t,,,,", "source", "who says"),
        ("fuel,油,,3.1,t,,,,s", "name", "another factor"),
    ]
    let header = "kind,name,year,co2_t_per_unit,unit,ncv_gj_per_unit,carbon_t_per_gj,oxidation_pct,source\n"
    let path = try folder.write("factors.csv", header + "fuel,油,,3,t,,,,s\n" + cases.map(\.row).joined(separator: "\n") + "\n")
    let report = try Importer.run(path, into: fixture.store)
    #expect(report.accepted == 1 && report.rejected == cases.count, "\(report.text)")
    for (reject, wanted) in zip(naiveCSV(try folder.read("factors.csv.rejects.csv")), cases) {
        #expect(reject["field"] == wanted.field && reject["reason"]?.contains(wanted.word) == true, "\(wanted.row): \(reject)")
    }
    // Without a column of units nothing is read.
    let bare = try folder.write("bare.csv", "kind,name,co2_t_per_unit,source\nfuel,油,3,s\n")
    #expect(throws: ImportError.self) { try Importer.run(bare, into: fixture.store) }
}

@Test func severalSourcesOfOneFactorAreKept() throws {
    let fixture = try StoreFixture()
    func draft(_ value: Double, _ source: String, priority: Int = 0, synthetic: Bool = false) -> FactorDraft {
        let origin = CarbonSource(source: source, priority: priority, synthetic: synthetic)
        return FactorDraft(line: 2, factor: EmissionFactor(kind: .fuel, name: "煤", unit: "t", value: value, origin: origin))
    }
    let drafts = [draft(1, "invented", priority: 900, synthetic: true), draft(2, "b"), draft(3, "weighty", priority: 10), draft(4, "a")]
    #expect(try fixture.store.apply(factors: drafts).allSatisfy { $0 == .accepted })
    #expect(try fixture.store.emissionFactors().map(\.value) == [3, 4, 2, 1])
    #expect(try fixture.store.apply(factors: [draft(5, "a")]) == [.updated])
    #expect(try fixture.store.apply(factors: [draft(.infinity, "a")]) != [.updated])
}
