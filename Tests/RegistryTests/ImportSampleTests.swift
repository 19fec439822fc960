// ImportSampleTests.swift: the real files of data/samples, imported with nothing but the mappings of data/mappings, and checked against sums
// that a second, naive reader makes.

import Foundation
import Testing

@testable import Registry

@Suite struct ImportSampleTests {
    private static func importSample(_ file: String, _ mapping: String, into store: RegistryStore, _ folder: ScratchFolder) throws
        -> ImportReport
    {
        let parsed = try ImportMapping(path: Repository.data + "/mappings/" + mapping)
        return try Importer.run(Repository.data + "/samples/" + file, into: store) { options in
            options.mapping = parsed
            options.rejectsPath = folder.path + "/rejects.csv"
        }
    }

    /// The rows of a sample by the naive reader.
    private static func rows(_ file: String) throws -> [[String: String]] {
        let bytes = try drain(TextSource(path: Repository.data + "/samples/" + file, encoding: nil))
        return naiveCSV(String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n"))
    }

    private static func all(_ store: RegistryStore) throws -> [FactoryDetail] {
        var ids: [String] = []
        try store.forEachFactory { ids.append(String(decoding: $0.id, as: UTF8.self)) }
        return try ids.compactMap { try store.factory(id: $0) }
    }

    private static func number(_ detail: FactoryDetail, _ name: String) -> Double {
        switch detail.attributes.first(where: { $0.name == name })?.value {
        case .number(let value)?: value
        case .integer(let value)?: Double(value)
        default: 0
        }
    }

    @Test func coalUnitsBecomePlantsAndNoMegawattOrTonneIsLost() throws {
        let folder = try ScratchFolder()
        let store = try RegistryStore(path: folder.path + "/r.db", mode: .readWrite)
        let report = try Self.importSample("coal-units-china.csv.gz", "coal-units.json", into: store, folder)
        let units = try Self.rows("coal-units-china.csv.gz")
        #expect(units.count == 6151 && report.rows == 6151)
        #expect(report.accepted == 1804 && report.accepted == Set(units.compactMap { $0["location_id"] }).count && report.rejected == 0)
        let plants = try Self.all(store)
        let sums: [(attribute: String, column: String, factor: Double, operating: Bool)] = [
            ("capacity_mw", "capacity_mw", 1, false), ("capacity_operating_mw", "capacity_mw", 1, true),
            ("co2_t_per_year", "annual_co2_mt", 1e6, false), ("co2_operating_t_per_year", "annual_co2_mt", 1e6, true),
        ]
        for sum in sums {
            let wanted =
                units.filter { !sum.operating || $0["status"] == "operating" }.compactMap { Double($0[sum.column] ?? "") }.reduce(0, +)
                * sum.factor
            let found = plants.map { Self.number($0, sum.attribute) }.reduce(0, +)
            #expect(abs(found - wanted) <= wanted * 1e-9, "\(sum.attribute)")
        }
        #expect(plants.map { Self.number($0, "units") }.reduce(0, +) == 6151)
        let akesu = try #require(try store.factory(id: "gem-L100000105009"))
        #expect(
            akesu.nameZH == "新疆能源集团阿克苏电厂" && akesu.nameEN == "Akesu power station" && akesu.longitude == 80.118172
                && akesu.latitude == 41.094952)
        #expect(
            akesu.flags == .approximatePosition && Self.number(akesu, "capacity_mw") == 1320 && akesu.sourceDatum == "wgs84"
                && akesu.industry == "D4411")
        #expect(try Self.importSample("coal-units-china.csv.gz", "coal-units.json", into: store, folder).unchanged == 1804)
    }

    @Test func wriPlantsWithoutAPositionAreRejectedWithTheReasonAndTheOthersStored() throws {
        let folder = try ScratchFolder()
        let store = try RegistryStore(path: folder.path + "/r.db", mode: .readWrite)
        let report = try Self.importSample("facilities/wri-power-plants-china.csv.gz", "wri-power-plants.json", into: store, folder)
        let source = try Self.rows("facilities/wri-power-plants-china.csv.gz")
        let placed = source.filter { $0["lat"] != "" && $0["lon"] != "" }
        #expect(source.count == 3137 && source.count - placed.count == 11)
        #expect(report.rejected == 11 && report.rejectReasons.first?.reason.contains("no position") == true)
        #expect(report.accepted == Set(placed.compactMap { $0["plant_id"] }).count)
        let plants = try Self.all(store)
        let wanted = placed.compactMap { Double($0["capacity_mw"] ?? "") }.reduce(0, +)
        #expect(abs(plants.map { Self.number($0, "capacity_mw") }.reduce(0, +) - wanted) < 1e-3)
        #expect(plants.count { $0.industry == "D4413" } == Set(placed.filter { $0["fuel"] == "Hydro" }.compactMap { $0["plant_id"] }).count)
    }

    @Test func gasAndBioenergyUnitsBecomePlants() throws {
        let folder = try ScratchFolder()
        let store = try RegistryStore(path: folder.path + "/r.db", mode: .readWrite)
        let gas = try Self.importSample("facilities/gem-oil-gas-units-china.csv.gz", "gem-oil-gas.json", into: store, folder)
        #expect(gas.rows == 1132 && gas.rejected == 0 && gas.accepted == gas.groups && gas.accepted == 455)
        let biomass = try Self.importSample("facilities/gem-bioenergy-china.csv.gz", "gem-bioenergy.json", into: store, folder)
        #expect(biomass.rows == 749 && biomass.rejected == 0 && biomass.accepted == biomass.groups)
        let files = ["facilities/gem-oil-gas-units-china.csv.gz", "facilities/gem-bioenergy-china.csv.gz"]
        let wanted = try files.flatMap { try Self.rows($0) }.compactMap { Double($0["capacity_mw"] ?? "") }.reduce(0, +)
        let plants = try Self.all(store)
        #expect(abs(plants.map { Self.number($0, "capacity_mw") }.reduce(0, +) - wanted) < 1e-3)
        #expect(plants.contains { Self.number($0, "start_year_first") == 2012 }, "2012.0 is a year")
        #expect(plants.allSatisfy { $0.nameZH?.contains(",") != true }, "of several names the first")
    }

    @Test func supplierListsWithoutIdsAreImportedAndTheirRepeatedRowsAccountedFor() throws {
        let folder = try ScratchFolder()
        let store = try RegistryStore(path: folder.path + "/r.db", mode: .readWrite)
        var total = 0
        for list in ["02", "03", "05", "08", "10", "13"] {
            let report = try Self.importSample("supplier-lists/list-\(list).csv", "supplier-list.json", into: store, folder)
            #expect(report.failure == nil && report.filtered == 0)
            #expect(report.accepted + report.unchanged + report.updated + report.rejected == report.rows)
            #expect(report.rejected == (list == "02" ? 2 : 0), "list 02 has two factories twice, with other addresses")
            total += report.rows
            #expect(try Self.importSample("supplier-lists/list-\(list).csv", "supplier-list.json", into: store, folder).accepted == 0)
        }
        #expect(total == 173)
        let factories = try Self.all(store)
        #expect(factories.allSatisfy { $0.flags.contains(.datumUnknown) && $0.accuracyMeters == 700 && $0.industry == "C18" })
    }
}
