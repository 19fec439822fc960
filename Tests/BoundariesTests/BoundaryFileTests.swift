// BoundaryFileTests.swift: boundary files are read as written, and damaged ones are refused with the place of the damage.

import Foundation
import Testing

@testable import Boundaries

/// The committed tables, found from this file's own place.
let placesFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "data/places").path

func scan(_ text: String) throws -> [Place] { try GeoJSONScanner(path: "test", bytes: Array(text.utf8)).places() }

@Test func provincesAndCountyCellsAreReadWhole() throws {
    let provinces = try BoundaryFile.places(path: placesFolder + "/provinces-dcw.geojson.gz")
    #expect(provinces.count == 34)
    // Vertex and part counts as the data's own documentation gives them.
    #expect(provinces.reduce(0) { $0 + $1.rings.reduce(0) { $0 + $1.count } } == 83_744)
    #expect(provinces.first?.code == 110_000)
    #expect(provinces.first?.name == "北京市")
    let counties = try BoundaryFile.places(path: placesFolder + "/synthetic-county-cells.geojson.gz")
    #expect(counties.count == 2_842)
    #expect(counties.reduce(0) { $0 + $1.rings.reduce(0) { $0 + $1.count } } == 66_335)
    #expect(counties.allSatisfy { $0.text("prefecture_code") != nil && $0.number("seat_lon") != nil })
}

@Test func keysInAnyOrderAndUnknownMembersAreAccepted() throws {
    let places = try scan(
        """
        {"features":[{"geometry":{"coordinates":[[[0,0],[1,0,99],[1,1e0],[0,1.0000000000000000001],[0,0]]],"type":"Polygon"},
        "id":[{"deep":[null,true]}],"properties":{"code":330102,"name":"\\u4e0a\\u57ce\\ud83d\\ude00","in":false,"x":{}},
        "type":"Feature"},{"type":"Feature","properties":null,"geometry":null}],"type":"FeatureCollection"}
        """)
    #expect(places.count == 1)
    #expect(places[0].code == 330_102)
    #expect(places[0].name == "上城😀")
    #expect(
        places[0].rings == [
            [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)].map { Vertex(longitude: $0.0, latitude: $0.1) }
        ])
    #expect(places[0].properties["in"] == .boolean(false))
}

@Test(arguments: [
    "", "{", "[]", "{\"features\":[{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1", "{\"features\":[]} x",
    "{\"features\":[{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[500,0],[1,1],[2,2]]]}}]}",
    "{\"features\":[{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[NaN,0],[1,1],[2,2]]]}}]}",
    "{\"features\":[{\"properties\":{\"a\":\"\\ud800\"}}]}",
])
func malformedTextIsRefusedWithItsPlace(text: String) { expectMalformed(text) }

@Test(arguments: ["{\"features\":", "{\"a\":", "{\"features\":[{\"geometry\":{\"coordinates\":"])
func bottomlessNestingIsRefusedBeforeTheStackIsFull(opening: String) {
    expectMalformed(opening + String(repeating: "[", count: 100_000))
}

private func expectMalformed(_ text: String) {
    #expect {
        try scan(text)
    } throws: { error in
        if case .malformed(let path, let byte, _)? = error as? BoundaryError { return path == "test" && byte <= text.utf8.count }
        return false
    }
}

@Test func aCollectionWithoutPolygonsIsRefused() {
    #expect(throws: BoundaryError.empty(path: "test")) { try scan("{\"type\":\"FeatureCollection\",\"features\":[]}") }
}

@Test func missingAndTruncatedFilesAreRefused() throws {
    #expect { try BoundaryFile.places(path: "/nonexistent/x.geojson") } throws: { error in
        if case .unreadable? = error as? BoundaryError { return true }
        return false
    }
    let whole = try Data(contentsOf: URL(filePath: placesFolder + "/provinces-dcw.geojson.gz"))
    let path = FileManager.default.temporaryDirectory.appending(path: "cut-\(UUID().uuidString).gz").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try whole.prefix(whole.count / 2).write(to: URL(filePath: path))
    #expect { try BoundaryFile.places(path: path) } throws: { error in
        if case .damagedCompression? = error as? BoundaryError { return true }
        return false
    }
    var flipped = whole
    flipped[whole.count / 2] ^= 0x10
    try flipped.write(to: URL(filePath: path))
    #expect(throws: BoundaryError.self) { try BoundaryFile.places(path: path) }
}
