// ImporterTests.swift: what is wrong with a boundary file is repaired with a word, or refused with one; nothing is taken silently.

import Foundation
import Geodesy
import Testing

@testable import Boundaries

private func read(
    _ features: [String], _ change: (inout BoundaryOptions) -> Void = { _ in }
) throws -> (places: [PlaceOutline], report: BoundaryReport) {
    var options = BoundaryOptions(source: PlaceSource(edition: "2024", source: "a test"))
    change(&options)
    let text = "{\"type\":\"FeatureCollection\",\"features\":[\(features.joined(separator: ","))]}"
    let scanned = try GeoJSONScanner(path: "test", bytes: Array(text.utf8), refusesOffGlobe: false).features()
    return try BoundaryImporter(options: options).read(features: scanned, path: "test")
}

private func feature(_ properties: String, _ ring: String, type: String = "Polygon") -> String {
    "{\"type\":\"Feature\",\"properties\":{\(properties)},\"geometry\":{\"type\":\"\(type)\",\"coordinates\":\(ring)}}"
}

private let square = "[[[120,30],[121,30],[121,31],[120,31],[120,30]]]"

@Test func aSoundFileIsTakenAsItIs() throws {
    let (places, report) = try read([feature("\"code\":\"330102\",\"name_zh\":\"上城区\",\"prefecture_code\":\"330100\"", square)])
    #expect(places.map(\.code) == [330_102] && places[0].level == .county && places[0].parent == 330_100)
    #expect(
        places[0].outline
            == Outline(polygons: [
                [
                    [
                        Corner(x: 1_200_000_000, y: 300_000_000), Corner(x: 1_210_000_000, y: 300_000_000),
                        Corner(x: 1_210_000_000, y: 310_000_000), Corner(x: 1_200_000_000, y: 310_000_000),
                    ]
                ]
            ]))
    #expect(report.repaired.isEmpty && report.rejected.isEmpty && report.turnedRings == 0)
    #expect(!places[0].source.synthetic && places[0].source.edition == "2024")
}

@Test func fieldsAreNamedByOptionAndCodesHaveManySpellings() throws {
    let (places, _) = try read([
        feature("\"adcode\":330000,\"name\":\"浙江省\",\"en\":\"Zhejiang\",\"synthetic\":true", square),
        feature("\"adcode\":\"330102000000\",\"name\":\"上城区\"", "[[[122,30],[123,30],[123,31],[122,30]]]"),
    ]) { $0.englishField = "en" }
    #expect(places.map(\.code) == [330_000, 330_102])
    #expect(places[0].nameEN == "Zhejiang" && places[0].source.synthetic && places[0].level == .province)
    #expect(PlaceCode.parse("33") == 330_000 && PlaceCode.parse("3301") == 330_100)
    #expect(PlaceCode.parse("990102") == nil && PlaceCode.parse("33010") == nil && PlaceCode.parse("33a102") == nil)
}

@Test func wrongWindingIsTurnedAndCounted() throws {
    let clockwise = "[[[120,30],[120,31],[121,31],[121,30],[120,30]],[[120.2,30.2],[120.8,30.2],[120.8,30.8],[120.2,30.8],[120.2,30.2]]]"
    let (places, report) = try read([feature("\"code\":\"330102\",\"name\":\"a\"", clockwise)])
    #expect(report.turnedRings == 2)
    #expect(abs(places[0].outline.squareDegrees - (1 - 0.36)) < 1e-12)
}

@Test func aRingThatCrossesItselfIsMadeValidWithAWord() throws {
    let bowtie = "[[[120,30],[121,31],[121,30],[120,31],[120,30]]]"
    let (places, report) = try read([feature("\"code\":\"330102\",\"name\":\"a\"", bowtie)])
    #expect(report.repaired.count == 1 && report.repaired[0].text.contains("Self-intersection"))
    #expect(abs(places[0].outline.squareDegrees - 0.5) < 1e-9)
    let engine = try #require(GeosEngine())
    #expect(engine.isValid(try #require(engine.geometry(places[0].outline))))
}

@Test(arguments: [
    ("\"name\":\"x\"", square, "Polygon", "no code in code"),
    ("\"code\":\"\"", square, "Polygon", "no code in code"),
    ("\"code\":\"9999\"", square, "Polygon", "not a code of GB/T 2260"),
    ("\"code\":\"330103\"", "[120,30]", "Point", "its geometry is Point"),
    ("\"code\":\"330103\"", "[]", "Polygon", "no positions"),
    ("\"code\":\"330103\"", "[[[120,30],[120,30],[120,30]]]", "Polygon", "no area"),
    ("\"code\":\"330103\"", "[[[30,120],[30,121],[31,121],[30,120]]]", "Polygon", "look swapped"),
    ("\"code\":\"330103\"", "[[[500,30],[501,30],[501,31],[500,30]]]", "Polygon", "position 500.0, 30.0"),
    ("\"code\":\"330102\",\"name\":\"b\"", square, "Polygon", "stands already for 'a'"),
])
func aFeatureThatCannotBeRightIsLeftOutWithAWord(properties: String, ring: String, type: String, word: String) throws {
    let sound = feature("\"code\":\"330102\",\"name\":\"a\"", square)
    let (places, report) = try read([sound, feature(properties, ring, type: type)])
    #expect(places.map(\.code) == [330_102])
    #expect(report.rejected.count == 1)
    #expect(report.rejected.first?.feature == 2)
    #expect(report.rejected.first?.text.contains(word) == true, "\(report.rejected)")
    // Alone, it is an error of the file that names the reason.
    if word != "stands already for 'a'" {
        #expect {
            try read([feature(properties, ring, type: type)])
        } throws: { "\($0)".contains(word) }
    }
}

@Test func swappedAxesAreTakenOnRequest() throws {
    let swapped = "[[[30,120],[30,121],[31,121],[31,120],[30,120]]]"
    let (places, report) = try read([feature("\"code\":\"330102\",\"name\":\"a\"", swapped)]) { $0.fixesSwapped = true }
    #expect(places[0].outline.bounds?.low == Corner(x: 1_200_000_000, y: 300_000_000))
    #expect(report.repaired.first?.text.contains("swapped") == true)
}

@Test func aCodeInSeveralFeaturesOfOneNameIsOnePlace() throws {
    let (places, report) = try read([
        feature("\"code\":\"330102\",\"name\":\"a\"", square),
        feature("\"code\":\"330102\",\"name\":\"a\"", "[[[122,30],[123,30],[123,31],[122,31],[122,30]]]"),
    ])
    #expect(places.count == 1 && places[0].outline.polygons.count == 2)
    #expect(report.repaired.first?.text.contains("joined") == true)
}

@Test func onlyTheWantedLevelIsTaken() throws {
    let (places, report) = try read([
        feature("\"code\":\"330102\",\"name\":\"a\"", square), feature("\"code\":\"330000\",\"name\":\"b\"", square),
    ]) { $0.level = .county }
    #expect(places.map(\.code) == [330_102])
    #expect(report.rejected.first?.text.contains("of a province") == true)
}

@Test func positionsInGCJ02AreConverted() throws {
    let (places, _) = try read([feature("\"code\":\"330102\",\"name\":\"a\"", square)]) { $0.datum = .gcj02 }
    let expected = Coordinate<GCJ02>(unchecked: 120, 30).wgs84()
    #expect(places[0].outline.polygons[0][0][0] == Corner(longitude: expected.longitude, latitude: expected.latitude))
    #expect(throws: BoundaryError.self) {
        try read([feature("\"code\":\"330102\"", square)]) { $0.datum = .epsg(4526) }
    }
}

@Test func prefecturesAndProvincesAreDerivedFromCounties() throws {
    let (places, _) = try read([
        feature("\"code\":\"330102\",\"name\":\"a\"", square),
        feature("\"code\":\"330103\",\"name\":\"b\"", "[[[121,30],[122,30],[122,31],[121,31],[121,30]]]"),
        feature("\"code\":\"340102\",\"name\":\"c\"", "[[[120,31],[121,31],[121,32],[120,32],[120,31]]]"),
    ])
    let coverage = try PlaceCoverage(places, names: [330_100: ("杭州市", "Hangzhou"), 330_000: ("浙江省", "Zhejiang")])
    #expect(coverage.report.derived == 4)
    let prefecture = try #require(coverage.places.first { $0.code == 330_100 })
    #expect(prefecture.isDerived && prefecture.nameZH == "杭州市" && prefecture.nameEN == "Hangzhou" && prefecture.parent == 330_000)
    #expect(abs(prefecture.outline.squareDegrees - 2) < 1e-12)
    #expect(coverage.places.first { $0.code == 340_000 }?.nameZH == "340000")
}

@Test func overlapsGoToTheLowerCodeAndThinGapsToTheLongerBorder() throws {
    let (places, _) = try read([
        feature("\"code\":\"330102\",\"name\":\"a\"", square),
        // Overlaps its neighbour in the west by 0.1°, and leaves a gap of 0.001° to the one in the north.
        feature("\"code\":\"330103\",\"name\":\"b\"", "[[[120.9,30],[122,30],[122,31],[120.9,31],[120.9,30]]]"),
        feature("\"code\":\"330104\",\"name\":\"c\"", "[[[120,31.001],[122,31.001],[122,32],[120,32],[120,31.001]]]"),
        feature("\"code\":\"330105\",\"name\":\"d\"", "[[[119,30],[120,30],[120,32],[119,32],[119,30]]]"),
        feature("\"code\":\"330106\",\"name\":\"e\"", "[[[122,30],[123,30],[123,32],[122,32],[122,30]]]"),
    ])
    let coverage = try PlaceCoverage(places)
    #expect(coverage.report.slivers == 1)
    // b lost a tenth of a square degree of 1.1, and is named.
    #expect(coverage.report.smaller.map(\.code) == [330_103])
    #expect(abs(try #require(coverage.report.smaller.first).share - 1 / 11) < 1e-9)
    let area = Dictionary(uniqueKeysWithValues: coverage.places.filter { $0.level == .county }.map { ($0.code, $0.outline.squareDegrees) })
    #expect(abs(area[330_102, default: 0] - 1) < 1e-9)
    #expect(abs(area[330_103, default: 0] - 1) < 1e-9)
    // The gap lies along c for two degrees, along a and b for one each.
    #expect(abs(area[330_104, default: 0] - 2) < 1e-9)
}

@Test func outlinesSurviveTheirBytesAndDamagedBytesAreRefused() throws {
    let outline = try #require(try Default.coverage.get().places.first).outline
    let bytes = outline.bytes
    #expect(bytes.withUnsafeBufferPointer { Outline(bytes: $0) } == outline)
    for length in stride(from: 0, to: bytes.count, by: 97) {
        #expect(bytes[..<length].withUnsafeBufferPointer { Outline(bytes: $0) } == nil)
    }
    let hostile: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]
    #expect(hostile.withUnsafeBufferPointer { Outline(bytes: $0) } == nil)
}
