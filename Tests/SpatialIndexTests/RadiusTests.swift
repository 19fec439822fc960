import SpatialIndex
import Testing

@Suite struct RadiusTests {
    private let geodesic = ProjGeodesic()

    private func check(
        _ index: IndexedSet, _ query: Position, meters: Double, limit: Int, where filter: (Int) -> Bool = { _ in true }, _ set: PointSet
    ) {
        let truth = geodesic.neighbors(of: query, among: index.positions, where: filter).filter { $0.distanceMeters <= meters }
        let found = index.tree.radius(
            longitude: query.longitude, latitude: query.latitude, meters: meters, earth: index.earth, solver: geodesic, limit: limit,
            after: nil, where: filter)
        #expect(found.total == truth.count, "\(set) \(query) \(meters)")
        #expect(found.neighbors.count == min(limit, truth.count))
        #expect(agree(found.neighbors, truth.prefix(limit)), "\(set) \(query) \(meters)")
        // The same circle, without order and limit.
        guard limit > 0 else { return }
        var members: [Neighbor] = []
        index.tree.forEachNeighbor(
            longitude: query.longitude, latitude: query.latitude, meters: meters, earth: index.earth, solver: geodesic
        ) { if filter($0) { members.append(Neighbor(index: $0, distanceMeters: $1)) } }
        let byIndex = truth.sorted { $0.index < $1.index }
        #expect(agree(members, byIndex[...]), "\(set) \(query) \(meters)")
    }

    @Test(arguments: PointSet.all) func radiusEqualsBruteForce(set: PointSet) {
        let index = IndexedSet(set)
        var random = SplitMix64(seed: 41)
        for query in set.queries(14, seed: 42) {
            for meters in [0, 1000, random.uniform(0, 100_000), 100_000, random.uniform(1e5, 2e6)] {
                check(index, query, meters: meters, limit: 1 + random.below(120), set)
                check(index, query, meters: meters, limit: 30, where: { $0 % 7 == 2 }, set)
            }
        }
    }

    @Test(arguments: PointSet.all) func aPointAtExactlyTheRadiusIsInAndOneBeyondIsOut(set: PointSet) {
        let index = IndexedSet(set)
        guard !index.positions.isEmpty else { return }
        var random = SplitMix64(seed: 43)
        for query in set.queries(10, seed: 44) {
            let distance = geodesic.distance(query, index.positions[random.below(index.positions.count)])
            for meters in [distance, distance.nextDown, distance.nextUp, distance - 0.001, distance + 0.001]
            where meters >= 0 && meters < 3e6 {
                check(index, query, meters: meters, limit: 50, set)
            }
        }
    }

    @Test func pointsAMillimetreInsideAndOutsideTheRimAreToldApart() {
        for centre in [
            Position(116.4, 39.9), Position(180, -17), Position(-179.99, 60), Position(30, 89.7), Position(0, 90), Position(0, 0),
            Position(10, -85.0511), Position(121.5, 31.2),
        ] {
            for meters in [1, 50, 1000, 5000, 20_000, 100_000.0] {
                var positions: [Position] = []
                var inside = 0
                for number in 0..<40 {
                    let offset = number % 2 == 0 ? -0.001 : 0.001
                    positions.append(geodesic.position(from: centre, azimuth: Double(number) * 9 + 0.1, meters: meters + offset))
                    if offset < 0 { inside += 1 }
                }
                let index = IndexedSet(positions)
                let found = index.tree.radius(
                    longitude: centre.longitude, latitude: centre.latitude, meters: meters, earth: index.earth, solver: geodesic,
                    limit: 100, after: nil, where: { _ in true })
                #expect(found.total == inside && found.neighbors.count == inside, "\(centre) \(meters)")
                #expect(found.neighbors.allSatisfy { abs($0.distanceMeters - (meters - 0.001)) < 1e-6 })
            }
        }
    }

    @Test(arguments: PointSet.all) func pagesAfterOneAnotherAreTheWholeAnswer(set: PointSet) {
        let index = IndexedSet(set)
        for query in set.queries(4, seed: 45) {
            let truth = geodesic.neighbors(of: query, among: index.positions, where: { $0 % 2 == 0 })
            let meters = truth.isEmpty ? 1000 : min(truth[truth.count / 2].distanceMeters, 1e6)
            let expected = truth.filter { $0.distanceMeters <= meters }
            var pages: [Neighbor] = []
            var after: (distanceMeters: Double, index: Int)?
            let size = max(expected.count / 5, 7)
            while true {
                let page = index.tree.radius(
                    longitude: query.longitude, latitude: query.latitude, meters: meters, earth: index.earth, solver: geodesic,
                    limit: size, after: after, where: { $0 % 2 == 0 })
                #expect(page.total == expected.count)
                pages += page.neighbors
                guard page.neighbors.count == size, let last = page.neighbors.last, pages.count <= expected.count else { break }
                after = (last.distanceMeters, last.index)
            }
            #expect(agree(pages, expected[...]), "\(set) \(query) \(meters)")
        }
    }

    @Test func questionsWithoutAnAnswerFindNothing() {
        let index = IndexedSet(PointSet.all[5])
        for (longitude, latitude, meters) in [
            (.nan, 30, 1000), (110, .nan, 1000), (110, 30, .nan), (110, 30, -1), (.infinity, 30, 1000), (110, 90.5, 1e6), (110, -91, 1e6),
        ] as [(Double, Double, Double)] {
            let found = index.tree.radius(
                longitude: longitude, latitude: latitude, meters: meters, earth: index.earth, solver: geodesic, limit: 10, after: nil,
                where: { _ in true })
            #expect(found.total == 0 && found.neighbors.isEmpty)
        }
    }

    @Test func aLimitOfNothingStillCounts() {
        let index = IndexedSet(PointSet.all[5])
        for limit in [0, -4] {
            let found = index.tree.radius(
                longitude: 110, latitude: 30, meters: .infinity, earth: index.earth, solver: geodesic, limit: limit, after: nil,
                where: { _ in true })
            #expect(found.total == index.positions.count && found.neighbors.isEmpty)
        }
        let all = index.tree.radius(
            longitude: 110, latitude: 30, meters: 3e7, earth: index.earth, solver: geodesic, limit: .max, after: nil, where: { _ in true })
        #expect(all.neighbors.count == index.positions.count)
    }
}
