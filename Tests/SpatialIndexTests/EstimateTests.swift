import Testing

@testable import SpatialIndex

@Suite struct EstimateTests {
    private let geodesic = ProjGeodesic()

    /// Pairs in all directions from all latitudes, at a distance.
    private func pairs(_ count: Int, meters: Double, seed: UInt64) -> [(Position, Position)] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            let start = Position(random.uniform(-180, 180), random.uniform(-90, 90))
            return (start, geodesic.position(from: start, azimuth: random.uniform(-180, 180), meters: meters))
        }
    }

    @Test(arguments: [0, 1e-3, 1, 30, 1000, 2e4, 5e4, 1e5, 2.5e5, 5e5, 9.9e5, 1.0005e6, 1.0015e6, 2e6, 9e6, 1.4e7, 1.99e7])
    func noEstimateIsFartherFromTheGeodesicThanItsError(meters: Double) {
        var worst = 0.0
        for (start, end) in pairs(20_000, meters: meters, seed: 61) {
            guard let query = EarthQuery(longitude: start.longitude, latitude: start.latitude) else { continue }
            let point = Ellipsoid.ecef(longitude: end.longitude, latitude: end.latitude)
            let chord = (point.x - query.x) * (point.x - query.x) + (point.y - query.y) * (point.y - query.y)
            let dz = point.z - query.z
            let estimate = query.estimate.squared(chordSquared: chord + dz * dz, dz: dz).squareRoot()
            worst = max(worst, abs(estimate - geodesic.distance(start, end)) / GeodesicEstimate.error(estimate))
        }
        #expect(worst <= 1)
    }

    @Test func aBoxIsNeverFartherThanAPointInIt() {
        // Leaves of sixteen points, small and large, in all directions from the query: the measure against each point's chord.
        var random = SplitMix64(seed: 62)
        var measured = 0
        for _ in 0..<400 {
            let start = Position(random.uniform(-180, 180), random.uniform(-69.9, 69.9))
            guard let query = EarthQuery(longitude: start.longitude, latitude: start.latitude) else { continue }
            let measure = MercatorDistance(query)
            let reachable = Double(measure.horizon).squareRoot()
            var positions: [Position] = []
            for _ in 0..<16 {
                let corner = geodesic.position(
                    from: start, azimuth: random.uniform(-180, 180), meters: reachable * random.uniform(0, 1) * random.uniform(0, 1))
                let size = [0, 1e-7, 1e-4, 0.01, 1, 5][random.below(6)]
                positions += (0..<16).map { _ in
                    Position(
                        (corner.longitude + random.uniform(-size, size)).remainder(dividingBy: 360),
                        min(max(corner.latitude + random.uniform(-size, size), -90), 90))
                }
            }
            // As the tree would, but leaf by leaf as made.
            let cells = positions.map { MercatorGrid.project(longitude: $0.longitude, latitude: $0.latitude) }
            let tree = PackedRTree(x: Column(cells.map(\.x)), y: Column(cells.map(\.y)))
            tree.withHandle { handle in
                let distances = measure.distances(handle, at: 0)
                for leaf in 0..<16 {
                    for index in 16 * leaf..<16 * leaf + 16 {
                        let point = Ellipsoid.ecef(longitude: positions[index].longitude, latitude: positions[index].latitude)
                        let (dx, dy, dz) = (point.x - query.x, point.y - query.y, point.z - query.z)
                        let reach = measure.reach(bar: dx * dx + dy * dy + dz * dz)
                        guard reach < .infinity else { continue }
                        measured += 1
                        #expect(distances[leaf] <= reach)
                        let mask = measure.pointMask(handle, at: 16 * leaf, reach: reach)
                        #expect(mask >> UInt32(index & 15) & 1 == 1)
                    }
                }
            }
        }
        #expect(measured > 90_000)
    }
}
