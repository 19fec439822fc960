import Testing

@testable import SpatialIndex

/// The parts of a search of the nearest, each by itself.
@Suite struct NearestPartsTests {
    private let geodesic = ProjGeodesic()

    @Test func aWindowHoldsEveryPointWithAChordUpToItsOwn() {
        // Sixteen leaves of sixteen points, small and large, over the antimeridian and towards the poles, none farther from the query than
        // the chord that the window is for; the farthest decides it.
        var random = SplitMix64(seed: 71)
        var narrowed = 0
        for _ in 0..<600 {
            let start = Position(
                random.below(4) == 0 ? random.uniform(179.9, 180.1).remainder(dividingBy: 360) : random.uniform(-180, 180),
                random.uniform(-79, 79))
            guard let query = EarthQuery(longitude: start.longitude, latitude: start.latitude) else { continue }
            let reach = [1e-3, 1, 100, 20_000, 400_000, 1_400_000][random.below(6)]
            let positions = (0..<256).map { _ in
                geodesic.position(from: start, azimuth: random.uniform(-180, 180), meters: reach * random.uniform(0.9, 1))
            }
            let cells = positions.map { MercatorGrid.project(longitude: $0.longitude, latitude: $0.latitude) }
            let bar =
                positions.map { position in
                    let point = Ellipsoid.ecef(longitude: position.longitude, latitude: position.latitude)
                    let (dx, dy, dz) = (point.x - query.x, point.y - query.y, point.z - query.z)
                    return dx * dx + dy * dy + dz * dz
                }.max() ?? 0
            var window = NearWindow(query)
            guard window.narrow(to: bar) else { continue }
            narrowed += 1
            PackedRTree(x: Column(cells.map(\.x)), y: Column(cells.map(\.y))).withHandle { tree in
                #expect(window.touching(tree, at: 0) & 0xFFFF == 0xFFFF, "\(start) \(reach)")
                for leaf in 0..<16 { #expect(window.points(tree, at: 16 * leaf) == 0xFFFF, "\(start) \(reach)") }
            }
        }
        #expect(narrowed > 450)
    }

    @Test func aWindowLeavesOutWhatIsFartherThanItsCorners() {
        // It must not hold everything: at China's latitudes no point more than 1.5 times as far as the bar is in it.
        var random = SplitMix64(seed: 72)
        for _ in 0..<200 {
            let start = Position(random.uniform(75, 130), random.uniform(18, 53))
            let reach = [1, 100, 20_000, 100_000][random.below(4)] as Double
            guard let query = EarthQuery(longitude: start.longitude, latitude: start.latitude) else { continue }
            let cells = (0..<16).map { _ in
                let far = geodesic.position(from: start, azimuth: random.uniform(-180, 180), meters: 1.5 * reach)
                return MercatorGrid.project(longitude: far.longitude, latitude: far.latitude)
            }
            var window = NearWindow(query)
            let isNarrow = window.narrow(to: reach * reach)
            #expect(isNarrow)
            PackedRTree(x: Column(cells.map(\.x)), y: Column(cells.map(\.y))).withHandle { tree in
                #expect(window.points(tree, at: 0) == 0, "\(start) \(reach)")
            }
        }
    }

    @Test func beyondItsReachAWindowIsRefusedAndStaysAsItWas() throws {
        for (latitude, chord) in [(30.0, 1_500_001.0), (79, 120_000), (-79, 120_000), (81, 1), (-90, 1)] {
            var window = NearWindow(try #require(EarthQuery(longitude: 100, latitude: latitude)))
            let isNarrow = window.narrow(to: chord * chord)
            #expect(!isNarrow)
            #expect(window.bar == .infinity)
        }
    }

    @Test(arguments: [1, 2, 16, 17, 255, 256, 257, 5000])
    func theDirectoryNamesTheNodeThatAPointStandsIn(count: Int) {
        var random = SplitMix64(seed: UInt64(count))
        var cells = (0..<count).map { _ in GridPoint(x: UInt32(random.below(1 << 32)), y: UInt32(random.below(1 << 32))) }
        cells.sort { HilbertCurve.position(of: $0) < HilbertCurve.position(of: $1) }
        PackedRTree(x: Column(cells.map(\.x)), y: Column(cells.map(\.y))).withHandle { tree in
            let directory = CurveDirectory(of: tree)
            for (index, cell) in cells.enumerated() { #expect(directory.node(at: HilbertCurve.position(of: cell)) == index >> 8) }
            #expect(directory.node(at: 0) == 0)
            #expect(directory.node(at: .max) == (count - 1) >> 8)
        }
        #expect(CurveDirectory(of: nil).node(at: 77) == 0)
    }

    @Test func theShortlistKeepsTheNearestAndTheirTiesWhateverTheOrderTheyComeIn() {
        // Up to a few thousand, many at one distance, some ascending and some descending: against a plain sort.
        var random = SplitMix64(seed: 73)
        guard let query = EarthQuery(longitude: 100, latitude: 30) else { return }
        let kinds = [1, 2, 50, 1_000_000]
        for round in 0..<400 {
            let count = random.below(round % 10 == 0 ? 5000 : 300)
            let kind = kinds[round % 4]
            // Metres apart, so that no tie is one of estimates only; equal ones are at one position.
            var squares = (0..<count).map { _ in Double(random.below(kind) + 1) * 1e3 }
            switch random.below(4) {
            case 0: squares.sort()
            case 1: squares.sort(by: >)
            default: break
            }
            let limit = [1, 2, 7, 16, 17, 100, 1000][random.below(7)]
            let positions = squares.map { Position(100 + $0 * 1e-9, 30) }
            let earth = EarthPoints(longitude: Column(positions.map(\.longitude)), latitude: Column(positions.map(\.latitude)))
            var list = Shortlist(limit: limit, ceiling: .infinity, lowersOften: random.below(2) == 0)
            defer { list.deallocate() }
            for (index, square) in squares.enumerated() {
                if square <= list.bar { list.add(squared: square, index: index) }
                if random.below(20) == 0 { list.lowerBar() }
            }
            let found = list.settle(query, earth, geodesic, maxMeters: .infinity)
            let right = squares.indices.sorted { (squares[$0], $0) < (squares[$1], $1) }.prefix(limit)
            #expect(found.map(\.index) == Array(right), "round \(round), \(count) of \(kind), limit \(limit)")
        }
    }

    @Test func aListOfTiesIsNoLongerKeptInOrder() {
        // A nearer point would move all of them, each time: the square of their number, once ties stand first and nearer points come after.
        var list = Shortlist(limit: 10, ceiling: .infinity, lowersOften: true)
        defer { list.deallocate() }
        #expect(list.isSorted)
        for index in 0..<1000 { list.add(squared: 1e6, index: index) }
        #expect(!list.isSorted && list.count == 1000)
        for index in 1000..<3000 {
            list.add(squared: 1e6 - Double(index), index: index)
            list.lowerBar()
        }
        // Ties went as soon as there were ten nearer ones, and those that came since are dropped now and then.
        #expect(list.bar < 1e6 - 1000 && list.count < 1000)
        let squares = (0..<list.count).map { list.candidates[$0].squared }.sorted()
        #expect(Array(squares.prefix(10)) == (2990..<3000).reversed().map { 1e6 - Double($0) })
    }

    @Test func manyBeyondAnyBoundAreSolvedAndInOrder() {
        // Near the opposite side of the earth a chord bounds nothing, so that all of them are candidates until they are solved.
        var random = SplitMix64(seed: 31)
        let index = IndexedSet((0..<10_000).map { _ in Position(-60 + random.uniform(-1, 1), -30 + random.uniform(-1, 1)) })
        let found = index.tree.nearest(longitude: 120, latitude: 30, k: 10, earth: index.earth, solver: geodesic, where: { _ in true })
        let all = index.positions.enumerated().map { place, position in
            Neighbor(
                index: place,
                distanceMeters: geodesic.distanceMeters(
                    fromLongitude: 120, latitude: 30, toLongitude: position.longitude, latitude: position.latitude))
        }
        let expected = all.sorted { ($0.distanceMeters, $0.index) < ($1.distanceMeters, $1.index) }.prefix(10)
        #expect(found == Array(expected))
    }

    @Test func manyAtOnePlaceAreLookedAtOnceNotAgainForEachLeaf() {
        // 200,000 at one position, all of them ties: to go through all that were gathered after each of 12,500 leaves would take minutes.
        let index = IndexedSet([Position](repeating: Position(120, 30), count: 200_000))
        let clock = ContinuousClock()
        var found: [Neighbor] = []
        let time = clock.measure {
            found = index.tree.nearest(
                longitude: 120, latitude: 30.001, k: 3, earth: index.earth, solver: geodesic, where: { _ in true })
        }
        #expect(found.map(\.index) == [0, 1, 2])
        #expect(time < .seconds(20), "\(time)")
    }
}
