// DatasetTests.swift: the set as a whole: the same bytes for the same seed, lists of brands, injected errors, and a folder that is never
// half a data set.

import Foundation
import Testing

@testable import SyntheticData

private let tables = [
    "factories.csv", "records.csv", "brands.csv", "links.csv", "watchlists.csv", "figures.csv", "emissions.csv", "dataset.json",
]

@Test func theSameSeedGivesTheSameBytes() throws {
    // Three chunks, so that the order in which cores finish could show.
    let first = try GeneratedSet(factories: 20_000, records: 31_000, brands: 60, seed: 7)
    let second = try GeneratedSet(factories: 20_000, records: 31_000, brands: 60, seed: 7)
    for name in tables { #expect(try first.bytes(name) == second.bytes(name), "\(name)") }
    let other = try GeneratedSet(factories: 20_000, records: 31_000, brands: 60, seed: 8)
    for name in tables { #expect(try first.bytes(name) != other.bytes(name), "\(name)") }
}

/// FNV-1a, 64 bits.
private func fingerprint(_ data: Data) -> UInt64 {
    data.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}

@Test func theBytesAreThoseOfEveryOtherMachine() throws {
    // Taken from the first run. If the generator is changed on purpose, these change with it; otherwise a difference means that the
    // bytes depend on the machine. Only files without projected coordinates: PROJ's last digits are its own.
    let set = try GeneratedSet(factories: 500, records: 800, brands: 12)
    #expect(fingerprint(try set.bytes("records.csv")) == 0xE0F1_F03E_AD40_4F2B)
    #expect(fingerprint(try set.bytes("links.csv")) == 0xA96D_5621_0563_2B6B)
}

@Test func tablesAreRectangularAndCountedInTheManifest() throws {
    let set = try Standard.set.get()
    let json = try #require(try JSONSerialization.jsonObject(with: set.bytes("dataset.json")) as? [String: Any])
    #expect(json["format"] as? String == "blueatlas-dataset")
    #expect(json["synthetic"] as? Bool == true)
    #expect((json["label"] as? String)?.hasPrefix("SYNTHETIC DATA") == true)
    #expect(json["as_of"] as? String == "2026-11-23")
    for (key, name) in [
        ("factories", "factories.csv"), ("records", "records.csv"), ("brands", "brands.csv"), ("links", "links.csv"),
        ("watchlist_rows", "watchlists.csv"), ("figures", "figures.csv"), ("emissions", "emissions.csv"),
    ] {
        let table = try set.table(name)
        #expect(table.isRectangular, "\(name)")
        #expect(json[key] as? Int == table.count, "\(name)")
    }
    #expect(
        try set.table("factories.csv").columns.joined(separator: ",")
            == "id,name_zh,name_en,former_name,credit_code,address,lon,lat,easting,northing,datum,industry,county_code,key_monitored,disclosed,synthetic"
    )
    #expect(
        try set.table("links.csv").columns.joined(separator: ",")
            == "brand_id,factory_id,credit_code,factory_name,place,since,until,tier,kind,source,published")
}

@Test func brandListsHaveTheDeclaredSizesAndNameExistingFactories() throws {
    let links = try Standard.set.get().table("links.csv")
    let (brands, factories) = (links.column("brand_id"), links.column("factory_id"))
    let sizes = brands.tally().values.sorted()
    #expect(sizes.count == 580)
    #expect((48...75).contains(sizes[sizes.count / 2]), "\(sizes[sizes.count / 2])")
    let logs = sizes.map { log(Double($0)) }
    let mean = logs.reduce(0, +) / Double(logs.count)
    #expect(abs((logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(logs.count)).squareRoot() - 1.3) < 0.12)
    #expect(sizes.last ?? 0 <= 6_000)
    var pairs = Set<String>()
    for row in 0..<links.count {
        pairs.insert(brands[row] + factories[row])
        #expect(Int(factories[row].dropFirst(2)).map { (1...Standard.factoryCount).contains($0) } == true)
    }
    #expect(pairs.count == links.count)
    #expect(factories.tally().values.filter { $0 >= 20 }.count > 50)
    #expect(abs(links.column("published").tally().percent("true") - 90) < 1)
    let names = try Standard.set.get().table("brands.csv").column("name_zh")
    #expect((0..<names.table.count).allSatisfy { TradeWords.isSynthetic(names[$0]) })
}

@Test func watchListsMatchInTheDeclaredWays() throws {
    let lists = try Standard.set.get().table("watchlists.csv")
    let shares = lists.column("match").tally()
    for (match, percent) in [("code", 15.0), ("name_place", 60), ("variant", 15), ("none", 10)] {
        #expect(abs(shares.percent(match) - percent) < 1.2, "\(match): \(shares.percent(match)) %")
    }
    #expect(lists.count > (try Standard.set.get().table("links.csv").count))
    let names = try Standard.factories.get().column("name_zh")
    let (match, name, expected) = (lists.column("match"), lists.column("factory_name"), lists.column("expected_factory_id"))
    let all = Set((0..<names.table.count).map { names[$0] })
    for row in stride(from: 0, to: lists.count, by: 3) {
        let factory = Int(expected[row].dropFirst(2)).map { names[$0 - 1] }
        switch match[row] {
        case "name_place": #expect(name[row] == factory)
        case "variant": #expect(factory != nil && !all.contains(name[row]))
        case "none": #expect(factory == nil && !all.contains(name[row]))
        default: break
        }
    }
}

@Test func injectedErrorsAreListedAndTouchNothingElse() throws {
    let clean = try GeneratedSet(factories: 20_000, records: 20_000, brands: 2)
    let spoilt = try GeneratedSet(factories: 20_000, records: 20_000, brands: 2, errors: true)
    let (good, bad) = (try clean.table("factories.csv"), try spoilt.table("factories.csv"))
    let errors = try spoilt.table("errors.csv")
    let (ids, kinds) = (errors.column("factory_id"), errors.column("error"))
    let listed = kinds.tally()
    for (kind, percent) in [("swapped", 0.3), ("zero", 0.2), ("wrong_county", 0.5), ("two_decimals", 1.0)] {
        let share = Double(listed[kind] ?? 0) * 100 / 20_000
        #expect(abs(share - percent) < percent * 0.35, "\(kind): \(share) %")
    }
    #expect(listed.keys.allSatisfy { InjectedError(rawValue: $0) != nil } && listed.count >= 7)
    var kindOf: [Int: String] = [:]
    for row in 0..<errors.count { kindOf[try #require(Int(ids[row].dropFirst(2))) - 1] = kinds[row] }
    #expect(errors.count == kindOf.count && errors.count == spoilt.summary.injectedErrors)
    let goodLines = try clean.bytes("factories.csv").split(separator: 0x0A)
    let badLines = try spoilt.bytes("factories.csv").split(separator: 0x0A)
    #expect(goodLines.count == badLines.count)
    for row in 0..<good.count {
        let changed = goodLines[row + 1] != badLines[row + 1]
        guard let kind = kindOf[row] else {
            #expect(!changed, "row \(row)")
            continue
        }
        let (x, y) = (bad.column("lon")[row], bad.column("lat")[row])
        let plane = !good.column("easting")[row].isEmpty
        switch kind {
        case "swapped": #expect(plane || (x == good.column("lat")[row] && y == good.column("lon")[row]))
        case "zero": #expect(x == "0.0000000" && y == "0.0000000")
        case "two_decimals": #expect(plane || (x.split(separator: ".").last?.count == 2 && y.split(separator: ".").last?.count == 2))
        case "no_name": #expect(bad.column("name_zh")[row].isEmpty)
        case "repeated_id": #expect(row == 0 || bad.column("id")[row] == good.column("id")[row - 1])
        default: #expect(changed)
        }
    }
    #expect(!FileManager.default.fileExists(atPath: clean.folder + "/errors.csv"))
}

@Test func aRunThatFailsLeavesNoManifest() throws {
    let set = try GeneratedSet(factories: 100, records: 100, brands: 1)
    let path = set.folder + "/records.csv"
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    var options = GeneratorOptions(tablesFolder: tablesFolder, outputFolder: set.folder)
    options.factories = 100
    options.records = 100
    #expect { try SyntheticDataset.generate(options) } throws: { error in
        if case .output(let failed, _)? = error as? GeneratorError { return failed == path }
        return false
    }
    #expect(!FileManager.default.fileExists(atPath: set.folder + "/dataset.json"))
}

@Test func optionsOutOfRangeAndMissingTablesAreNamed() {
    func failure(_ change: (inout GeneratorOptions) -> Void) -> String {
        var options = GeneratorOptions(tablesFolder: "/nonexistent", outputFolder: NSTemporaryDirectory() + "blueatlas-none")
        change(&options)
        do {
            _ = try SyntheticDataset.generate(options)
            return ""
        } catch { return "\(error)" }
    }
    #expect(failure { $0.factories = 0 }.hasPrefix("--factories 0: must be from 1"))
    #expect(failure { $0.factories = .max }.hasPrefix("--factories"))
    #expect(failure { $0.records = -1 }.hasPrefix("--records -1"))
    #expect(
        failure {
            $0.factories = 10
            $0.records = 3_001
        }.contains("(3000)"))
    #expect(failure { $0.brands = 100_000 }.hasPrefix("--brands"))
    #expect(failure { $0.asOf = "2026-02-30" }.hasPrefix("--as-of 2026-02-30"))
    #expect(failure { _ in }.contains("/nonexistent/synthetic-county-cells.geojson.gz"))
}
