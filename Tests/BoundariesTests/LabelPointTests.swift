// LabelPointTests.swift: where names are written, beside the best of thousands of points that were tried.

import Foundation
import Testing

@testable import Boundaries

/// How far a point lies from the nearest edge of an outline, in degrees of latitude on a Mercator map; negative outside.
private func room(_ x: Double, _ y: Double, _ outline: Outline, stretch: Double) -> Double {
    var nearest = Double.infinity
    var inside = false
    for polygon in outline.polygons {
        for ring in polygon {
            for (a, b) in zip(ring, ring.dropFirst() + ring.prefix(1)) {
                let (ax, ay, bx, by) = (a.longitude, a.latitude * stretch, b.longitude, b.latitude * stretch)
                let (dx, dy) = (bx - ax, by - ay)
                let along = min(max(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0), 1)
                nearest = min(nearest, hypot(x - ax - along * dx, y - ay - along * dy))
                if (ay <= y) != (by <= y), x < ax + (y - ay) / (by - ay) * dx { inside.toggle() }
            }
        }
    }
    return inside ? nearest : -nearest
}

@Test func namesAreWrittenWhereThereIsRoom() throws {
    let places = try Default.coverage.get().places
    // Every hundredth, and two provinces: one with a hole, one bent.
    let chosen = places.enumerated().filter { $0.offset % 97 == 3 || [130_000, 620_000].contains($0.element.code) }.map(\.element)
    #expect(chosen.count > 20)
    let labels = LabelPoint.of(chosen.map(\.outline))
    for (place, label) in zip(chosen, labels) {
        let label = try #require(label)
        let bounds = try #require(place.outline.bounds)
        let stretch = 1 / cos((bounds.low.latitude + bounds.high.latitude) / 2 * .pi / 180)
        let found = room(label.longitude, label.latitude * stretch, place.outline, stretch: stretch)
        var best = 0.0
        let steps = 12
        for column in 0...steps {
            for row in 0...steps {
                let x = bounds.low.longitude + (bounds.high.longitude - bounds.low.longitude) * Double(column) / Double(steps)
                let y = bounds.low.latitude + (bounds.high.latitude - bounds.low.latitude) * Double(row) / Double(steps)
                best = max(best, room(x, y * stretch, place.outline, stretch: stretch))
            }
        }
        #expect(found > 0, "\(place.code) outside")
        // The largest part may not have the largest circle of all parts.
        #expect(found > 0.9 * best, "\(place.code): \(found), where \(best) would be")
    }
}

@Test func aShapeWithoutAreaHasNoPlaceForAName() {
    let line = Outline(polygons: [[[Corner(x: 0, y: 0), Corner(x: 10, y: 0), Corner(x: 5, y: 0)]]])
    #expect(LabelPoint.of([Outline(polygons: []), line]) == [nil, nil])
}

@Test func aNameAvoidsTheHole() throws {
    // A square of 4° with a hole of 2° in its middle: the centre of gravity lies in the hole.
    func square(_ low: Int32, _ high: Int32) -> [Corner] {
        [Corner(x: low, y: low), Corner(x: high, y: low), Corner(x: high, y: high), Corner(x: low, y: high)]
    }
    let outline = Outline(polygons: [[square(0, 40_000_000), square(10_000_000, 30_000_000).reversed()]])
    let label = try #require(LabelPoint.of([outline])[0])
    let inHole = abs(label.longitude - 2) < 1 && abs(label.latitude - 2) < 1
    #expect(!inHole)
    #expect(room(label.longitude, label.latitude, outline, stretch: 1) > 0.45)
}
