// PlaceIndexTests.swift: the index finds the right place for known cities, enclaves, the sea and abroad, and agrees with
// GEOS and with the plain even-odd rule everywhere else.

import CGeos
import Foundation
import Testing

@testable import Boundaries

enum Sample {
    static let provinces = Result { PlaceIndex(try BoundaryFile.places(path: placesFolder + "/provinces-dcw.geojson.gz")) }
    static let counties = Result { PlaceIndex(try BoundaryFile.places(path: placesFolder + "/synthetic-county-cells.geojson.gz")) }
}

/// A small generator of its own, so that the tests are the same on every run.
struct TestRandom {
    var state: UInt64
    mutating func unit() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / 9_007_199_254_740_992
    }
}

@Test(arguments: [
    (116.3974, 39.9093, "北京市"), (121.4737, 31.2304, "上海市"), (113.2644, 23.1291, "广东省"), (120.1551, 30.2741, "浙江省"),
    (87.6177, 43.7928, "新疆维吾尔自治区"), (91.1409, 29.6456, "西藏自治区"), (126.6424, 45.7567, "黑龙江省"), (110.3312, 20.0311, "海南省"),
    (121.5654, 25.0330, "台湾省"), (114.1095, 22.3964, "香港特别行政区"), (106.5516, 29.5630, "重庆市"), (101.7782, 36.6171, "青海省"),
    // An exclave: Sanhe and Dachang belong to Hebei between Beijing and Tianjin.
    (116.99, 39.94, "河北省"),
])
func knownCitiesLieInTheirProvince(longitude: Double, latitude: Double, name: String) throws {
    let index = try Sample.provinces.get()
    #expect(index.place(containing: longitude, latitude)?.name == name)
}

@Test(arguments: [
    (123.5, 28.0, "East China Sea"), (139.69, 35.69, "Tokyo"), (105.85, 21.03, "Hanoi"), (106.92, 47.92, "Ulan Bator"),
    (126.98, 37.57, "Seoul"), (0.0, 0.0, "Gulf of Guinea"), (-116.4, 39.9, "Nevada"), (179.9, 89.9, "far north"), (77.2, 28.6, "Delhi"),
    (.nan, 30.0, "no number"), (120.0, .infinity, "no number"), (1e300, -1e300, "enormous"),
])
func seaAndAbroadLieInNoProvince(longitude: Double, latitude: Double, what: String) throws {
    #expect(try Sample.provinces.get().place(containing: longitude, latitude) == nil, "\(what)")
    #expect(try Sample.counties.get().place(containing: longitude, latitude) == nil, "\(what)")
}

@Test func countySeatsLieInTheirCell() throws {
    let index = try Sample.counties.get()
    var outside = 0
    for place in index.places {
        let found = index.place(containing: try #require(place.number("seat_lon")), try #require(place.number("seat_lat")))
        if found?.code != place.code { outside += 1 }
    }
    // The data's documentation: in 5 cells the seat lies just outside.
    #expect(outside <= 5)
}

@Test func holesAndEnclavesFollowTheEvenOddRule() throws {
    func square(_ low: Double, _ high: Double) -> [Vertex] {
        [(low, low), (high, low), (high, high), (low, high)].map { Vertex(longitude: $0.0, latitude: $0.1) }
    }
    let outer = Place(code: 1, name: "outer", rings: [square(0, 9), square(3, 6)])
    let enclave = Place(code: 2, name: "enclave", rings: [square(4, 5)])
    let overlapping = Place(code: 3, name: "late", rings: [square(1, 5.5)])
    for cellsPerDegree in [1, 2, 20] {
        let index = PlaceIndex([outer, enclave, overlapping], cellsPerDegree: cellsPerDegree)
        #expect(index.place(containing: 1.5, 1.5)?.code == 1)
        #expect(index.place(containing: 4.5, 4.5)?.code == 2)
        #expect(index.place(containing: 3.5, 3.5)?.code == 3)
        #expect(index.place(containing: 5.8, 5.8) == nil)
        #expect(index.place(containing: 9.1, 5) == nil)
        #expect(index.contains(place: 2, longitude: 4.5, latitude: 4.5))
    }
    #expect(PlaceIndex([]).place(containing: 1, 1) == nil)
}

@Test func theIndexAgreesWithThePlainRuleAlongBorders() throws {
    for index in [try Sample.provinces.get(), try Sample.counties.get()] {
        var random = TestRandom(state: 7)
        for _ in 0..<400 {
            // Points near a random vertex of a random place: the hardest ones.
            let place = index.places[Int(random.unit() * Double(index.places.count))]
            let ring = place.rings[Int(random.unit() * Double(place.rings.count))]
            let vertex = ring[Int(random.unit() * Double(ring.count))]
            let scale = random.unit() < 0.5 ? 0.2 : 1e-5
            let longitude = vertex.longitude + (random.unit() - 0.5) * scale
            let latitude = vertex.latitude + (random.unit() - 0.5) * scale
            let plain = index.places.firstIndex { $0.contains(longitude: longitude, latitude: latitude) }
            #expect(index.index(containing: longitude, latitude) == plain, "\(longitude), \(latitude)")
        }
    }
}

@Test func provincesAgreeWithGEOSPreparedGeometries() throws {
    let index = try Sample.provinces.get()
    let context = try #require(GEOS_init_r())
    defer { GEOS_finish_r(context) }
    // GEOS reads the file by itself.
    let bytes = try BoundaryFile.contents(path: placesFolder + "/provinces-dcw.geojson.gz")
    let root = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    let features = try #require(root["features"] as? [[String: Any]])
    let reader = try #require(GEOSGeoJSONReader_create_r(context))
    defer { GEOSGeoJSONReader_destroy_r(context, reader) }
    for (number, feature) in features.enumerated() where number % 5 == 0 {
        let text = String(decoding: try JSONSerialization.data(withJSONObject: try #require(feature["geometry"])), as: UTF8.self)
        let raw = try #require(GEOSGeoJSONReader_readGeometry_r(context, reader, text))
        defer { GEOSGeom_destroy_r(context, raw) }
        let prepared = try #require(GEOSPrepare_r(context, raw))
        defer { GEOSPreparedGeom_destroy_r(context, prepared) }
        var random = TestRandom(state: UInt64(number) + 1)
        let rings = index.places[number].rings
        for _ in 0..<300 {
            let ring = rings[Int(random.unit() * Double(rings.count))]
            let vertex = ring[Int(random.unit() * Double(ring.count))]
            let longitude = vertex.longitude + (random.unit() - 0.5) * 0.3
            let latitude = vertex.latitude + (random.unit() - 0.5) * 0.3
            let point = try #require(GEOSGeom_createPointFromXY_r(context, longitude, latitude))
            let inside = GEOSPreparedIntersects_r(context, prepared, point) == 1
            GEOSGeom_destroy_r(context, point)
            #expect(index.contains(place: number, longitude: longitude, latitude: latitude) == inside, "\(longitude), \(latitude)")
        }
    }
}
