import SpatialIndex
import Testing

@Suite struct NearestTests {
    private let geodesic = ProjGeodesic()

    @Test(arguments: PointSet.all) func nearestEqualsBruteForce(set: PointSet) {
        let index = IndexedSet(set)
        for query in set.queries(16, seed: 51) {
            for (k, keep) in [(1, 1), (10, 1), (33, 5), (index.positions.count + 5, 2)] {
                let truth = geodesic.neighbors(of: query, among: index.positions, where: { $0 % keep == 0 }).prefix(k)
                let found = index.tree.nearest(
                    longitude: query.longitude, latitude: query.latitude, k: k, earth: index.earth, solver: geodesic, maxMeters: nil,
                    where: { $0 % keep == 0 })
                #expect(agree(found, truth), "\(set) \(query) k \(k)")
            }
        }
    }

    @Test(arguments: PointSet.all) func nothingBeyondTheFarthestDistanceIsReturned(set: PointSet) {
        let index = IndexedSet(set)
        for query in set.queries(8, seed: 52) {
            let truth = geodesic.neighbors(of: query, among: index.positions, where: { _ in true })
            let far = truth.isEmpty ? 1000 : truth[truth.count / 3].distanceMeters
            for maxMeters in [0, far, far.nextDown, 50_000, 900_000] {
                let found = index.tree.nearest(
                    longitude: query.longitude, latitude: query.latitude, k: 40, earth: index.earth, solver: geodesic,
                    maxMeters: maxMeters, where: { _ in true })
                #expect(agree(found, truth.filter { $0.distanceMeters <= maxMeters }.prefix(40)), "\(set) \(query) \(maxMeters)")
            }
        }
    }

    @Test func nearTiesAllRoundAreOrderedByTheGeodesicNotTheChord() {
        // On a circle of equal chords the geodesics differ by direction; here distances differ by a micrometre to a millimetre.
        for centre in [Position(116.4, 39.9), Position(180, 5), Position(20, 87), Position(0, -90)] {
            for meters in [10, 3000, 80_000, 700_000, 4_000_000.0] {
                let positions = (0..<60).map { number in
                    geodesic.position(
                        from: centre, azimuth: Double((number * 77) % 360), meters: meters + Double((number * 31) % 60) * 2e-5)
                }
                let index = IndexedSet(positions)
                let truth = geodesic.neighbors(of: centre, among: index.positions, where: { _ in true })
                for k in [1, 7, 59] {
                    let found = index.tree.nearest(
                        longitude: centre.longitude, latitude: centre.latitude, k: k, earth: index.earth, solver: geodesic,
                        maxMeters: nil, where: { _ in true })
                    #expect(agree(found, truth.prefix(k)), "\(centre) \(meters)")
                }
            }
        }
    }

    @Test func theOppositeSideOfTheEarthIsReachedOnceNothingIsNearer() {
        // Points only round the antipode of the query, where geodesics and chords disagree most.
        var random = SplitMix64(seed: 53)
        for query in [Position(-63.6, -39.9), Position(0, 0), Position(12, -90), Position(-0.001, 0.001)] {
            let positions = (0..<200).map { _ in
                Position(
                    (query.longitude + 180 + random.uniform(-3, 3)).remainder(dividingBy: 360),
                    min(max(-query.latitude + random.uniform(-3, 3), -90), 90))
            }
            let index = IndexedSet(positions)
            let truth = geodesic.neighbors(of: query, among: index.positions, where: { _ in true })
            for k in [1, 10, 199] {
                let found = index.tree.nearest(
                    longitude: query.longitude, latitude: query.latitude, k: k, earth: index.earth, solver: geodesic, maxMeters: nil,
                    where: { _ in true })
                #expect(agree(found, truth.prefix(k)), "\(query) k \(k)")
            }
        }
    }

    @Test func questionsWithoutAnAnswerFindNothing() {
        let index = IndexedSet(PointSet.all[5])
        for (longitude, latitude, k, maxMeters) in [
            (.nan, 30, 3, nil), (110, .infinity, 3, nil), (110, 91, 3, nil), (110, 30, 0, nil), (110, 30, -2, nil), (110, 30, 3, -1),
            (110, 30, 3, .nan),
        ] as [(Double, Double, Int, Double?)] {
            let found = index.tree.nearest(
                longitude: longitude, latitude: latitude, k: k, earth: index.earth, solver: geodesic, maxMeters: maxMeters,
                where: { _ in true })
            #expect(found.isEmpty)
        }
    }
}
