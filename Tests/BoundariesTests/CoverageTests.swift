// CoverageTests.swift: places that overlap and leave gaps become a coverage: no overlap, no sliver, common borders corner by corner.

import Foundation
import Testing

@testable import Boundaries

enum Default {
    /// The committed provinces and synthetic counties, cleaned. Made once for all tests.
    static let coverage = Result { () throws -> PlaceCoverage in
        let importer = try BoundaryImporter(options: BoundaryOptions(source: PlaceSource(edition: "test", source: "test")))
        let provinces = try importer.read(path: placesFolder + "/provinces-dcw.geojson.gz").places
        let counties = try importer.read(path: placesFolder + "/synthetic-county-cells.geojson.gz").places
        return try PlaceCoverage(provinces + counties)
    }
}

/// Undirected edges of all rings, with how often each stands there.
func edgeCounts(_ places: [PlaceOutline]) -> [[Corner]: Int] {
    var counts: [[Corner]: Int] = [:]
    for ring in places.flatMap({ $0.outline.polygons.joined() }) {
        var previous = ring[ring.count - 1]
        for corner in ring {
            counts[[min(previous, corner), max(previous, corner)], default: 0] += 1
            previous = corner
        }
    }
    return counts
}

@Test func theDefaultPlacesAreACoverageAtEveryLevel() throws {
    let coverage = try Default.coverage.get()
    let engine = try #require(GeosEngine())
    var unions: [Double] = []
    for level in PlaceLevel.allCases {
        let places = coverage.places.filter { $0.level == level }
        // GEOS, which knows nothing of how they were made: all valid, and no area counted twice.
        let shapes = try places.map { try #require(engine.geometry($0.outline)) }
        #expect(shapes.allSatisfy { engine.isValid($0) })
        let all = try #require(engine.collection(shapes, type: 7))
        let union = try #require(engine.noded(all))
        let sum = places.reduce(0) { $0 + $1.outline.squareDegrees }
        let area = engine.area(union) / (Corner.perDegree * Corner.perDegree)
        #expect(abs(sum - area) < 1e-9, "\(level): \(sum) and \(area) square degrees")
        #expect(edgeCounts(places).values.allSatisfy { $0 <= 2 })
        unions.append(area)
    }
    // A province is what its prefectures and the land without one are.
    #expect(unions[0] > unions[1] - 1e-9 && unions[1] > unions[2] - 1e-9)
}
