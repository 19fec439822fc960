// CarbonTests.swift: the invented figures conserve what is real: prefectures add up to their province, provinces to the nation, direct
// emissions of enterprises to their province's power and industry, without a tonne lost.

import Boundaries
import Foundation
import Registry
import Testing

@testable import SyntheticData

/// Real CO2 in t by province, year and sector, from the committed file.
private func realCarbon() throws -> [String: Double] {
    let path = repository.appending(path: "data/carbon/province-monthly-co2.csv.gz").path
    let text = String(decoding: try BoundaryFile.contents(path: path), as: UTF8.self)
    var sums: [String: Double] = [:]
    for line in text.split(separator: "\n").dropFirst() {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        sums["\(fields[0]) \(fields[2]) \(fields[4])", default: 0] += (Double(fields[5]) ?? .nan) * 1e6
    }
    return sums
}

@Test func theTablesAreThoseOfTheCommittedFiles() throws {
    let real = try realCarbon()
    #expect(ProvinceCarbon.all.count == 31)
    for province in ProvinceCarbon.all {
        for (year, carbon) in [(2019, province.in2019), (2020, province.in2020)] {
            for (sector, kt) in [("power", carbon.power), ("industry", carbon.industry), ("ground_transport", carbon.transport)] {
                let expected = try #require(real["\(province.code) \(year) \(sector)"])
                #expect(abs(expected - Double(kt) * 1e3) <= 500.1)
            }
        }
    }
    let people = try String(contentsOfFile: repository.appending(path: "data/carbon/province-population.csv").path, encoding: .utf8)
    #expect(ProvinceCarbon.all.allSatisfy { people.contains("\($0.code),") && people.contains(",2020,\($0.people)") })
}

@Test func placesAddUpFromPrefectureToNation() throws {
    let table = try Standard.set.get().table("figures.csv")
    let (place, year, metric, value) = (table.column("place_code"), table.column("year"), table.column("metric"), table.column("value"))
    var provinces: [String: Int] = [:]
    var prefectures: [String: Int] = [:]
    for row in 0..<table.count {
        let code = try #require(Int(place[row]))
        let key = "\(code / 10_000) \(year[row]) \(metric[row])"
        let amount = try #require(Int(value[row]))
        #expect(amount >= 0)
        if code % 10_000 == 0 { provinces[key, default: 0] += amount } else { prefectures[key, default: 0] += amount }
    }
    #expect(provinces.count == 31 * 6 * 8)
    #expect(provinces == prefectures)
    func nation(_ wanted: String) -> Int { provinces.filter { $0.key.hasSuffix(wanted) }.reduce(0) { $0 + $1.value } }
    // 9.59 Gt in 2019; 1,409,778,724 people in 2020.
    let real = try realCarbon().filter { $0.key.contains(" 2019 ") }.reduce(0) { $0 + $1.value }
    #expect(abs(Double(nation(" 2019 co2")) - real) < 31 * 3 * 500)
    #expect(abs(real - 9.5947e9) < 1e6)
    #expect(nation(" 2020 population") == 1_409_778_724)
    #expect((9e13...1.2e14).contains(Double(nation(" 2020 gdp"))))
    // What is burnt gives the CO2.
    for key in provinces.keys where key.hasSuffix(" co2") {
        func energy(_ kind: String) -> Double { Double(provinces[key.replacingOccurrences(of: "co2", with: kind)] ?? 0) }
        let burnt = energy("coal") * 2.64 + energy("oil") * 2.08 + energy("gas") * 1.63
        #expect(abs(burnt - Double(provinces[key] ?? 0)) < 1_000)
    }
    #expect(table.column("synthetic").tally() == ["true": table.count])
}

@Test func directEmissionsAddUpToPowerAndIndustryOfTheirProvince() throws {
    let set = try Standard.set.get()
    let (table, factories) = (try set.table("emissions.csv"), try Standard.factories.get())
    let (ids, counties, industries) = (factories.column("id"), factories.column("county_code"), factories.column("industry"))
    var provinceOf: [String: String] = [:]
    var isPower: [String: Bool] = [:]
    for row in 0..<factories.count {
        provinceOf[ids[row]] = counties[row].prefix(2) + "0000"
        isPower[ids[row]] = industries[row].hasPrefix("D44")
    }
    var sums: [String: Double] = [:]
    var enterprises = Set<String>()
    let (factory, year, scope1) = (table.column("factory_id"), table.column("year"), table.column("scope1"))
    for row in 0..<table.count {
        enterprises.insert(factory[row])
        let sector = isPower[factory[row]] == true ? "power" : "industry"
        sums["\(provinceOf[factory[row]] ?? "?") \(year[row]) \(sector)", default: 0] += Double(scope1[row]) ?? .nan
    }
    #expect(enterprises.count == Int((Double(Standard.factoryCount) * 0.03).rounded()))
    #expect(set.summary.enterprises == enterprises.count && set.summary.emissions == table.count)
    // A twentieth of the whole set has a twentieth of the nation's emissions.
    let cover = Double(Standard.factoryCount) / 1_200_000
    let real = try realCarbon()
    for (key, sum) in sums where key.contains(" 2019 ") || key.contains(" 2020 ") {
        let expected = try #require(real[key]) * cover
        #expect(abs(sum - expected) <= 500 * cover + 1, "\(key): \(sum), \(expected)")
    }
    // Every province with power plants in this small set has all of its power; the few others have none.
    #expect(sums.filter { $0.key.hasSuffix(" 2019 power") }.count > 20)
    #expect(table.column("unit").tally() == ["tCO2e": table.count])
    #expect(table.column("synthetic").tally() == ["true": table.count])
}
