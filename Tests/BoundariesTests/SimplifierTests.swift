// SimplifierTests.swift: simplified places stay a coverage at every zoom, and no corner strays farther than the tolerance.

import SpatialIndex
import Testing

@testable import Boundaries

private func shapes(_ network: BorderNetwork, _ points: [[GridPoint]], _ engine: GeosEngine) -> [[GeosEngine.Geometry]] {
    network.polygons.map { polygons in
        polygons.compactMap { rings in
            let made = rings.map { BorderNetwork.ring($0, points: points).map { (Double($0.x), Double($0.y)) } }
            return made[0].count < 3 ? nil : engine.polygon(made)
        }
    }
}

@Test(arguments: [PlaceLevel.province, .prefecture, .county])
func simplifiedPlacesStayACoverageAtEveryZoom(level: PlaceLevel) throws {
    let outlines = try Default.coverage.get().places.filter { $0.level == level }.map(\.outline)
    let network = BorderNetwork(outlines)
    let simplifier = BorderSimplifier(network)
    let engine = try #require(GeosEngine())
    var fewer = Int.max
    for zoom in [12, 8, 5, 3, 0] {
        let points = simplifier.points(zoom: zoom)
        let made = shapes(network, points, engine).joined()
        let invalid = made.filter { !engine.isValid($0) }
        #expect(invalid.isEmpty, "zoom \(zoom): \(invalid.prefix(3).map { engine.whyInvalid($0) })")
        let all = try #require(engine.collection(Array(made), type: 7))
        let union = try #require(engine.noded(all))
        let sum = made.reduce(0) { $0 + engine.area($1) }
        // Sums of areas of 10^14 cells in doubles.
        #expect(abs(sum - engine.area(union)) < 1e-9 * sum, "zoom \(zoom): \(sum) and \(engine.area(union))")
        let count = points.reduce(0) { $0 + $1.count }
        #expect(count < fewer)
        fewer = count
    }
}

@Test func noCornerIsFartherThanTheToleranceFromItsSimplifiedArc() throws {
    let outlines = try Default.coverage.get().places.filter { $0.level == .province }.map(\.outline)
    let network = BorderNetwork(outlines)
    let simplifier = BorderSimplifier(network)
    for zoom in [3, 6] {
        let points = simplifier.points(zoom: zoom)
        let tolerance = BorderSimplifier.tolerance(zoom: zoom)
        var worst = 0.0
        for (arc, simple) in zip(network.arcs, points) where simple.count > 1 && arc.corners.count < 400 {
            for corner in arc.corners {
                let point = MercatorGrid.project(longitude: corner.longitude, latitude: corner.latitude)
                let nearest = zip(simple, simple.dropFirst()).map { BorderSimplifier.squaredDistance(point, $0, $1) }.min() ?? 0
                worst = max(worst, nearest.squareRoot())
            }
        }
        #expect(worst <= tolerance)
        // A tolerance that is never used up would be a simplifier that does nothing.
        #expect(worst > tolerance / 2)
    }
}

@Test func arcsThatWouldCrossGetTheirCornersBack() throws {
    // A narrow strait between two hooks: simplified alone, the island would lie on the land.
    func square(_ x: Int32, _ y: Int32, _ size: Int32) -> [Corner] {
        [Corner(x: x, y: y), Corner(x: x + size, y: y), Corner(x: x + size, y: y + size), Corner(x: x, y: y + size)]
    }
    let land = Outline(polygons: [
        [
            [
                Corner(x: 0, y: 0), Corner(x: 400_000_000, y: 0), Corner(x: 400_000_000, y: 20_000_000),
                Corner(x: 200_000_000, y: 12_000_000), Corner(x: 0, y: 20_000_000),
            ]
        ]
    ])
    let island = Outline(polygons: [[square(198_000_000, 13_000_000, 6_000_000)]])
    let network = BorderNetwork([land, island])
    let simplifier = BorderSimplifier(network)
    let engine = try #require(GeosEngine())
    for zoom in 0...4 {
        let parts = shapes(network, simplifier.points(zoom: zoom), engine).joined()
        let all = try #require(engine.collection(Array(parts), type: 7))
        let union = try #require(engine.noded(all))
        let sum = parts.reduce(0) { $0 + engine.area($1) }
        #expect(abs(sum - engine.area(union)) < 1e-9 * sum, "zoom \(zoom)")
    }
}

@Test func aSharedBorderIsOneArc() {
    let left = Outline(polygons: [
        [[Corner(x: 0, y: 0), Corner(x: 10, y: 0), Corner(x: 12, y: 5), Corner(x: 10, y: 10), Corner(x: 0, y: 10)]]
    ])
    let right = Outline(polygons: [
        [[Corner(x: 10, y: 0), Corner(x: 20, y: 0), Corner(x: 20, y: 10), Corner(x: 10, y: 10), Corner(x: 12, y: 5)]]
    ])
    let network = BorderNetwork([left, right])
    #expect(network.arcs.count == 3)
    let shared = network.arcs.filter { $0.right != nil }
    #expect(shared.count == 1)
    #expect(shared.first?.corners.sorted() == [Corner(x: 10, y: 0), Corner(x: 10, y: 10), Corner(x: 12, y: 5)])
    let rings = network.polygons.map { BorderNetwork.ring($0[0][0], points: network.arcs.map(\.corners)) }
    #expect(Set(rings[0]) == Set(left.polygons[0][0]) && Outline.doubledArea(rings[0]) == Outline.doubledArea(left.polygons[0][0]))
    #expect(Set(rings[1]) == Set(right.polygons[0][0]) && Outline.doubledArea(rings[1]) == Outline.doubledArea(right.polygons[0][0]))
}
