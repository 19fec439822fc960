// PlaceTests.swift: where the factories are: the checks of the specification on provinces, cities, cells, shared positions, datums.

import Foundation
import Geodesy
import Testing

@testable import SyntheticData

@Test func provinceSharesFollowTheSource() throws {
    let shares = try Standard.factories.get().column("county_code").tally { String($0.prefix(2)) }
    // The specification's figures; Liaoning's share halved, half of the loss each to Guangdong and Zhejiang.
    for (province, percent) in [
        ("32", 13.15), ("44", 12.27), ("37", 10.79), ("33", 11.91), ("41", 5.59), ("21", 2.33), ("34", 4.48), ("35", 4.44),
    ] {
        #expect(abs(shares.percent(province) - percent) < 1, "\(province): \(shares.percent(province)) %")
    }
    let firstTen = ["32", "44", "37", "33", "41", "21", "34", "35", "13", "42"].reduce(0) { $0 + shares.percent($1) }
    #expect(abs(firstTen - 72.74) < 1)
    // The check of the second pollution source census.
    let five = ["44", "33", "32", "37", "13"].reduce(0) { $0 + shares.percent($1) }
    #expect(abs(five - 52.94) < 1.5)
    #expect(shares.count == 31)
}

@Test func guangdongsCitiesFallByRankAsInTheYearbook() throws {
    let cities = try Standard.factories.get().column("county_code").tally { String($0.prefix(4)) }
    let sizes = cities.filter { $0.key.hasPrefix("44") }.values.sorted(by: >)
    #expect(sizes.count == 19)
    let fall = slope(sizes.enumerated().map { (log(Double($0.offset + 1)), log(Double($0.element))) })
    #expect(abs(fall + 1.39) < 0.1, "\(fall)")
    let all = Double(sizes.reduce(0, +))
    #expect(abs(Double(sizes.prefix(3).reduce(0, +)) / all - 0.53) < 0.04)
    #expect(abs(Double(sizes.prefix(5).reduce(0, +)) / all - 0.70) < 0.04)
}

@Test func everyPositionLiesInItsCountyAndProvince() throws {
    let table = try Standard.factories.get()
    let counties = try Standard.regions.get().countyIndex
    let provinces = try Standard.regions.get().provinceIndex
    let (longitude, latitude, easting, northing) =
        (table.column("lon"), table.column("lat"), table.column("easting"), table.column("northing"))
    let (datum, code) = (table.column("datum"), table.column("county_code"))
    var transformers: [String: CoordinateTransformer] = [:]
    var outside: [String] = []
    func lies(_ x: Double, _ y: Double, in county: Int32) -> Bool {
        counties.place(containing: x, y)?.code == county && provinces.place(containing: x, y)?.code == county / 10_000 * 10_000
    }
    // Every second row keeps an unoptimised build fast.
    for row in stride(from: 0, to: table.count, by: 2) {
        let county = try #require(Int32(code[row]))
        let inside: Bool
        switch datum[row] {
        case "wgs84", "cgcs2000": inside = lies(try #require(Double(longitude[row])), try #require(Double(latitude[row])), in: county)
        case "gcj02":
            let position = try Coordinate<GCJ02>(longitude: #require(Double(longitude[row])), latitude: #require(Double(latitude[row])))
                .wgs84()
            inside = lies(position.longitude, position.latitude, in: county)
        case "bd09":
            let position = try Coordinate<BD09>(longitude: #require(Double(longitude[row])), latitude: #require(Double(latitude[row])))
                .wgs84()
            inside = lies(position.longitude, position.latitude, in: county)
        case "unknown":
            let x = try #require(Double(longitude[row]))
            let y = try #require(Double(latitude[row]))
            let position = try Coordinate<GCJ02>(longitude: x, latitude: y).wgs84()
            inside = lies(x, y, in: county) || lies(position.longitude, position.latitude, in: county)
        default:
            let name = datum[row]
            let transformer = try transformers[name] ?? CoordinateTransformer(from: CoordinateReference(parsing: name), to: .wgs84)
            transformers[name] = transformer
            let position = try transformer.transform(x: #require(Double(easting[row])), y: #require(Double(northing[row])))
            #expect(longitude[row].isEmpty && latitude[row].isEmpty)
            inside = lies(position.x, position.y, in: county)
        }
        if !inside { outside.append("row \(row): \(datum[row]) \(longitude[row]) \(latitude[row]) not in \(county)") }
    }
    #expect(outside.isEmpty, "\(outside.count): \(outside.prefix(5))")
}

@Test func sharedPositionsAreAsDeclared() throws {
    let table = try Standard.factories.get()
    let (longitude, latitude, easting, northing) =
        (table.column("lon"), table.column("lat"), table.column("easting"), table.column("northing"))
    var positions: [String: Int] = [:]
    for row in 0..<table.count { positions["\(longitude[row]) \(latitude[row]) \(easting[row]) \(northing[row])", default: 0] += 1 }
    let groups = positions.values.filter { $0 > 1 }
    let summary = try Standard.set.get().summary
    #expect(abs(groups.reduce(0, +) - summary.sharedPositionFactories) <= 4)
    #expect(abs(Double(groups.reduce(0, +)) / Double(table.count) - 0.12) < 0.002)
    // At this scale a twentieth of the largest gate.
    #expect(groups.max() == 100)
    #expect(summary.largestSharedPosition == 100)
    let pairs = groups.filter { $0 == 2 }.count
    #expect((3...15).allSatisfy { size in groups.filter { $0 == size }.count < pairs })
    #expect(groups.contains { (10...15).contains($0) })
}

@Test func atFullScaleOneGateHoldsExactlyTwoThousand() {
    var random = RandomStream(seed: 1, stage: .siteSizes)
    let sizes = SiteSizes(factories: 1_200_000, random: &random)
    #expect(sizes.sizes.reduce(0) { $0 + Int($1) } == 1_200_000)
    #expect(sizes.sizes.max() == 2_000)
    #expect(sizes.sizes.filter { $0 > 15 }.allSatisfy { (200...2_000).contains($0) })
    #expect(sizes.sizes.filter { $0 > 15 }.count == 24)
    #expect(sizes.sizes.filter { $0 > 1 }.reduce(0) { $0 + Int($1) } == 144_000)
}

@Test func aHandfulOfFactoriesIsPossible() throws {
    for factories in [1, 2, 17] {
        let set = try GeneratedSet(factories: factories, records: factories, brands: 2)
        let table = try set.table("factories.csv")
        #expect(table.count == factories && table.isRectangular)
        #expect(try set.table("records.csv").count == factories)
    }
}

@Test func datumsAreMixedAsDeclared() throws {
    let datums = try Standard.factories.get().column("datum").tally { $0.hasPrefix("EPSG:") ? "plane" : $0 }
    // Whole groups share a datum, so the shares scatter more than single draws would.
    for (datum, percent) in [("gcj02", 45.0), ("bd09", 25), ("unknown", 8), ("plane", 2)] {
        #expect(abs(datums.percent(datum) - percent) < 1.5, "\(datum): \(datums.percent(datum)) %")
    }
    #expect(abs(datums.percent("wgs84") + datums.percent("cgcs2000") - 20) < 1.5)
    let codes = try Standard.factories.get().column("datum").tally().keys.compactMap { $0.hasPrefix("EPSG:") ? Int($0.dropFirst(5)) : nil }
    let families = [4_513...4_533, 4_534...4_554, 2_349...2_369, 2_401...2_421]
    #expect(codes.allSatisfy { code in families.contains { $0.contains(code) } })
    #expect(families.allSatisfy { family in codes.contains { family.contains($0) } })
}

@Test func sixInTenSitesAreInIndustrialParks() throws {
    let addresses = try Standard.factories.get().column("address")
    let parks = addresses.tally { $0.contains("虚构工业园") ? "park" : "road" }
    #expect(abs(parks.percent("park") - 60) < 3)
}
