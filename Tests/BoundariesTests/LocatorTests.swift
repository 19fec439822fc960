// LocatorTests.swift: the codes of known cities, of border towns, exclaves and Hong Kong; agreement with GEOS; one answer on a border.

import CGeos
import Foundation
import Testing

@testable import Boundaries

/// GeoNames' numbers of provinces (geonames.org admin1 codes of CN), as in cities-china.csv.
private let geoNamesProvinces: [String: Int32] = [
    "01": 340_000, "02": 330_000, "03": 360_000, "04": 320_000, "05": 220_000, "06": 630_000, "07": 350_000, "08": 230_000, "09": 410_000,
    "10": 130_000, "11": 430_000, "12": 420_000, "13": 650_000, "14": 540_000, "15": 620_000, "16": 450_000, "18": 520_000, "19": 210_000,
    "20": 150_000, "21": 640_000, "22": 110_000, "23": 310_000, "24": 140_000, "25": 370_000, "26": 610_000, "28": 120_000, "29": 530_000,
    "30": 440_000, "31": 460_000, "32": 510_000, "33": 500_000,
]

private let locator = Result { PlaceLocator(try Default.coverage.get().places) }

@Test func citiesLieInTheProvinceThatGeoNamesSays() throws {
    let locator = try locator.get()
    let text = String(decoding: try Data(contentsOf: URL(filePath: placesFolder + "/cities-china.csv")), as: UTF8.self)
    var (right, wrong) = (0, [String]())
    for line in text.split(whereSeparator: \.isNewline).dropFirst() where !line.contains("\"") {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        // Hong Kong and Macau have no number there, but letters, 00 or nothing.
        guard let province = geoNamesProvinces[fields[6]] else { continue }
        let codes = locator.codes(longitude: try #require(Double(fields[3])), latitude: try #require(Double(fields[4])))
        if codes.province == province { right += 1 } else { wrong.append("\(fields[1]): \(codes)") }
    }
    #expect(right > 2_000)
    #expect(wrong.count * 100 < right, "\(wrong)")
}

@Test(arguments: [
    // Name, longitude, latitude, province; county where the borders are not invented, that is never: by province.
    ("Hong Kong", 114.1747, 22.2783, 810_000), ("Macau", 113.5439, 22.1987, 820_000), ("Taipei", 121.5654, 25.0330, 710_000),
    // Exclaves: Sanhe and Dachang (Hebei) between Beijing and Tianjin; the Jiaxing side of the Shanghai border.
    ("Sanhe", 117.0782, 39.9826, 130_000), ("Dachang", 116.9896, 39.8865, 130_000), ("Fengjing, Shanghai", 121.015, 30.893, 310_000),
    // Border towns.
    ("Manzhouli", 117.4480, 49.5850, 150_000), ("Ruili", 97.8520, 24.0130, 530_000), ("Dandong", 124.3800, 40.1250, 210_000),
    ("Dongxing", 107.9720, 21.5550, 450_000), ("Khorgos", 80.4200, 44.2000, 650_000), ("Shenzhen Luohu", 114.125, 22.5560, 440_000),
])
func knownTownsLieInTheirProvince(name: String, longitude: Double, latitude: Double, province: Int32) throws {
    #expect(try locator.get().codes(longitude: longitude, latitude: latitude).province == province, "\(name)")
}

@Test func provincesWithoutCountiesSayTheProvinceOnly() throws {
    let codes = try locator.get().codes(longitude: 114.17, latitude: 22.36)
    #expect(codes == PlaceCodes(county: 0, prefecture: 0, province: 810_000))
    #expect(codes.finest == 810_000)
}

@Test(arguments: [(123.5, 28.0), (139.69, 35.69), (105.85, 21.03), (0.0, 0.0), (.nan, 30.0), (120.0, .infinity), (1e300, -1e300)])
func atSeaAndAbroadThereIsNoPlace(longitude: Double, latitude: Double) throws {
    #expect(try locator.get().codes(longitude: longitude, latitude: latitude) == .none)
}

@Test func randomPointsAgreeWithGEOSPreparedPolygons() throws {
    let places = try Default.coverage.get().places
    let locator = try locator.get()
    let engine = try #require(GeosEngine())
    for level in PlaceLevel.allCases {
        let members = places.filter { $0.level == level }
        var random = TestRandom(state: UInt64(level.rawValue))
        var inside = 0
        for _ in 0..<60 {
            let place = members[Int(random.unit() * Double(members.count))]
            let shape = try #require(engine.geometry(place.outline))
            let prepared = try #require(GEOSPrepare_r(engine.context, shape.pointer))
            defer { GEOSPreparedGeom_destroy_r(engine.context, prepared) }
            let bounds = try #require(place.outline.bounds)
            for _ in 0..<200 {
                let longitude = bounds.low.longitude + random.unit() * (bounds.high.longitude - bounds.low.longitude)
                let latitude = bounds.low.latitude + random.unit() * (bounds.high.latitude - bounds.low.latitude)
                let point = try #require(
                    GEOSGeom_createPointFromXY_r(engine.context, longitude * Corner.perDegree, latitude * Corner.perDegree))
                defer { GEOSGeom_destroy_r(engine.context, point) }
                let isInside = GEOSPreparedContains_r(engine.context, prepared, point) == 1
                let codes = locator.codes(longitude: longitude, latitude: latitude)
                let found = [PlaceLevel.province: codes.province, .prefecture: codes.prefecture, .county: codes.county][level]
                #expect((found == place.code) == isInside, "\(place.code) at \(longitude), \(latitude): \(codes)")
                inside += isInside ? 1 : 0
            }
        }
        #expect(inside > 3_000)
    }
}

@Test func aPointOnACommonBorderHasOneAnswer() throws {
    let places = try Default.coverage.get().places.filter { $0.level == .county }
    let network = BorderNetwork(places.map(\.outline))
    let locator = try locator.get()
    for arc in network.arcs where arc.right != nil {
        let corner = arc.corners[arc.corners.count / 2]
        let sides = [places[arc.left], places[try #require(arc.right)]]
        let holders = sides.count { place in
            Place(code: place.code, name: "", rings: place.outline.rings).contains(longitude: corner.longitude, latitude: corner.latitude)
        }
        let codes = locator.codes(longitude: corner.longitude, latitude: corner.latitude)
        // At most one of the two by the plain rule; where neither, a third place that meets them in that corner.
        #expect(holders <= 1)
        if holders == 1 { #expect(sides.contains { $0.code == codes.county }) }
    }
}

@Test func codesAreComparedToTheLevelOfTheCoarser() {
    let county = PlaceCodes(county: 330_102, prefecture: 330_100, province: 330_000)
    #expect(county.agrees(withCounty: 330_102))
    #expect(!county.agrees(withCounty: 330_103))
    // A code of another edition: the same prefecture is all that can be said.
    #expect(county.agrees(withCounty: 330_113, isKnown: false))
    #expect(!county.agrees(withCounty: 330_213, isKnown: false))
    #expect(PlaceCodes(prefecture: 441_900, province: 440_000).agrees(withCounty: 441_901))
    #expect(!PlaceCodes(prefecture: 441_900, province: 440_000).agrees(withCounty: 440_305))
    #expect(PlaceCodes(province: 810_000).agrees(withCounty: 810_101))
    #expect(!PlaceCodes.none.agrees(withCounty: 330_102))
}
