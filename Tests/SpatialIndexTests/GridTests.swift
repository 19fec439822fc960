import Glibc
import SpatialIndex
import Testing

@Suite struct GridTests {
    #if arch(x86_64)
        /// Column and row in extended precision by asinh(tan φ), another formula than the grid's own.
        private func exact(_ position: Position) -> (x: Float80, y: Float80) {
            let cells: Float80 = 4_294_967_296
            let phi = Float80(position.latitude) * .pi / 180
            return ((Float80(position.longitude) + 180) / 360 * cells, (1 - log(tan(phi) + 1 / cos(phi)) / .pi) / 2 * cells)
        }

        @Test func aPositionIsInItsCellToAThousandthOfACell() {
            var random = SplitMix64(seed: 1)
            for _ in 0..<3000 {
                let position = Position(random.uniform(-180, 180), random.uniform(-85.05, 85.05))
                let cell = position.cell
                let truth = exact(position)
                #expect(Float80(cell.x) - 0.001 <= truth.x && truth.x <= Float80(cell.x) + 1.001, "\(position)")
                #expect(Float80(cell.y) - 0.001 <= truth.y && truth.y <= Float80(cell.y) + 1.001, "\(position)")
            }
        }
    #endif

    @Test func theMiddleOfACellProjectsBackToTheCell() {
        var random = SplitMix64(seed: 2)
        var cells = (0..<3000).map { _ in
            GridPoint(x: UInt32(truncatingIfNeeded: random.next()), y: UInt32(truncatingIfNeeded: random.next()))
        }
        for edge: UInt32 in [0, 1, 1 << 31 - 1, 1 << 31, .max - 1, .max] {
            cells += [GridPoint(x: edge, y: 77), GridPoint(x: 77, y: edge), GridPoint(x: edge, y: edge)]
        }
        for cell in cells {
            let middle = MercatorGrid.unproject(cell)
            #expect(MercatorGrid.project(longitude: middle.longitude, latitude: middle.latitude) == cell)
        }
    }

    @Test func columnsCountFromTheWestAndRowsFromTheNorth() {
        #expect(Position(-180, 85.0511287798066).cell == GridPoint(x: 0, y: 0))
        #expect(Position(0, 0).cell == GridPoint(x: 1 << 31, y: 1 << 31))
        #expect(Position(180, -85.0511287798066).cell == GridPoint(x: .max, y: .max))
        let tile = TileID(containing: Position(116.397, 39.909).cell, z: 10)
        #expect(tile.x == UInt32((116.397 + 180) / 360 * 1024))
        #expect(tile.y == UInt32((1 - asinh(tan(39.909 * .pi / 180)) / .pi) / 2 * 1024))
    }

    @Test func whatIsOutsideTheSquareOrNotANumberNeverTraps() {
        #expect(Position(-1e300, 1e300).cell == GridPoint(x: 0, y: 0))
        #expect(Position(.infinity, -.infinity).cell == GridPoint(x: .max, y: .max))
        #expect(Position(181, -89).cell == GridPoint(x: .max, y: .max))
        #expect(Position(-180.1, 90).cell == GridPoint(x: 0, y: 0))
        #expect(Position(.nan, .nan).cell == GridPoint(x: 1 << 31, y: 1 << 31))
        #expect(Position(0, 270).cell.y == 0)
    }
}

@Suite struct HilbertCurveTests {
    /// Bit by bit, by turning the square at each level (the algorithm commonly called xy2d; Wikipedia, "Hilbert curve").
    private func slowPosition(_ point: GridPoint) -> UInt64 {
        var x = UInt64(point.x)
        var y = UInt64(point.y)
        var position: UInt64 = 0
        var side: UInt64 = 1 << 31
        while side > 0 {
            let rx: UInt64 = x & side > 0 ? 1 : 0
            let ry: UInt64 = y & side > 0 ? 1 : 0
            position += side &* side &* ((3 * rx) ^ ry)
            if ry == 0 {
                if rx == 1 {
                    x = 0xFFFF_FFFF - x
                    y = 0xFFFF_FFFF - y
                }
                swap(&x, &y)
            }
            side >>= 1
        }
        return position
    }

    private let points: [GridPoint] = {
        var random = SplitMix64(seed: 3)
        var points = (0..<3000).map { _ in
            GridPoint(x: UInt32(truncatingIfNeeded: random.next()), y: UInt32(truncatingIfNeeded: random.next()))
        }
        for x: UInt32 in [0, 1, 1 << 31 - 1, 1 << 31, .max] {
            for y: UInt32 in [0, 1, 1 << 31 - 1, 1 << 31, .max] { points.append(GridPoint(x: x, y: y)) }
        }
        return points
    }()

    @Test func positionsEqualTheAlgorithmOfTheLiterature() {
        for point in points { #expect(HilbertCurve.position(of: point) == slowPosition(point)) }
    }

    @Test func theInverseLeadsBack() {
        for point in points { #expect(HilbertCurve.point(at: HilbertCurve.position(of: point)) == point) }
    }

    @Test func neighboursOnTheCurveAreNeighboursInTheGrid() {
        var random = SplitMix64(seed: 4)
        let starts: [UInt64] = [0, .max - 1]
        for position: UInt64 in starts + (0..<2000).map({ _ in random.next() >> 1 }) {
            let a = HilbertCurve.point(at: position)
            let b = HilbertCurve.point(at: position + 1)
            let dx = abs(Int(a.x) - Int(b.x))
            let dy = abs(Int(a.y) - Int(b.y))
            #expect(dx + dy == 1)
        }
    }

    @Test func theCurveFillsATileBeforeItLeavesIt() throws {
        var random = SplitMix64(seed: 5)
        for z in 0...32 {
            let side = 1 << z
            for _ in 0..<20 {
                let tile = try #require(TileID(z: z, x: random.below(side), y: random.below(side)))
                let range = tile.hilbertRange
                let box = tile.box
                // As many positions as cells, and every position's cell is in the box: so all of them.
                #expect(range.upperBound - range.lowerBound == UInt64.max >> UInt64(2 * z))
                for position in [range.lowerBound, range.upperBound, range.lowerBound + (range.upperBound - range.lowerBound) / 3] {
                    #expect(box.contains(HilbertCurve.point(at: position)))
                }
                for corner in [GridPoint(x: box.minX, y: box.maxY), GridPoint(x: box.maxX, y: box.minY)] {
                    #expect(range.contains(HilbertCurve.position(of: corner)))
                }
            }
        }
    }

    @Test func sortingKeepsTheOrderOfEqualCellsAndEqualsAComparisonSort() {
        for set in PointSet.all {
            let points = set.positions.map(\.cell)
            let expected = points.indices.sorted { a, b in
                let (first, second) = (slowPosition(points[a]), slowPosition(points[b]))
                return first != second ? first < second : a < b
            }
            #expect(PackedRTree.hilbertOrder(of: points).map { Int($0) } == expected, "\(set)")
        }
    }

    @Test func sortingTellsApartKeysThatDifferInAnyBit() {
        // Neighbours on the curve at every scale, each several times, shuffled.
        var random = SplitMix64(seed: 6)
        let base: UInt64 = 0x5A5A_1234_9876_ABCD
        var keys = (0..<64).flatMap { [base ^ 1 << UInt64($0), base] }
        for _ in 0..<100 { keys += keys[0..<50].map { $0 &+ UInt64(random.below(3)) } }
        keys.shuffle(using: &random)
        let points = keys.map { HilbertCurve.point(at: $0) }
        let order = PackedRTree.hilbertOrder(of: points).map { Int($0) }
        #expect(order == keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) })
    }

    /// Buckets are sorted again and again while they are large: here down to the last bits, in every one of these sizes.
    @Test(arguments: [1, 2, 24, 25, 26, 100, 3_000]) func sortingGoesIntoClustersWithinClusters(count: Int) {
        var random = SplitMix64(seed: UInt64(count))
        var points: [GridPoint] = []
        let place = HilbertCurve.point(at: 0x5A5A_1234_9876_ABCD)
        for scale in stride(from: 31, through: 0, by: -3) {
            // Some at one and the same cell as well.
            for _ in 0..<count {
                let spread = UInt64(1) << UInt64(random.below(4) == 0 ? 0 : scale)
                points.append(
                    GridPoint(
                        x: place.x ^ UInt32(random.next() & (spread - 1)), y: place.y ^ UInt32(random.next() & (spread - 1))))
            }
        }
        for points in [points, points.reversed(), points.sorted { ($0.x, $0.y) < ($1.x, $1.y) }] {
            let keys = points.map { HilbertCurve.position(of: $0) }
            let expected = points.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
            let (tree, order) = PackedRTree.build(over: points)
            #expect(order.map { Int($0) } == expected)
            #expect(Array(tree.x) == expected.map { points[$0].x } && Array(tree.y) == expected.map { points[$0].y })
            #expect(throws: Never.self) { try tree.checkInvariants() }
        }
    }

    @Test func nothingHasAnEmptyOrder() {
        #expect(PackedRTree.hilbertOrder(of: []).isEmpty && PackedRTree.build(over: []).tree.count == 0)
    }

    @Test func manyPositionsAreProjectedAsEachOfThem() {
        var random = SplitMix64(seed: 14)
        let edges = [0, -0.0, 90, -90, 85.051128779, 85.0511287798066, 85.06, -85.0511287798066, 1e-300, 180, -180, .nan, .infinity, 400]
        for count in [0, 1, 2, 3, 255, 256, 257, 5000] {
            let longitudes = (0..<count).map { $0 % 9 == 4 ? edges[random.below(edges.count)] : random.uniform(-180, 180) }
            let latitudes = (0..<count).map { $0 % 7 == 3 ? edges[random.below(edges.count)] : random.uniform(-86, 86) }
            let one = zip(longitudes, latitudes).map { MercatorGrid.project(longitude: $0, latitude: $1) }
            #expect(MercatorGrid.project(longitudes: longitudes, latitudes: latitudes) == one)
        }
    }

    @Test func rowsAreThoseOfTheClosedForm() {
        // y = (1 − asinh(tan φ) / π) / 2 in long doubles: cells may differ where a row begins within 10⁻⁴ of a cell.
        var random = SplitMix64(seed: 15)
        for _ in 0..<200_000 {
            let latitude = random.uniform(-85.05, 85.05)
            let fraction = (1 - asinh(tan(Float80(latitude) * .pi / 180)) / .pi) / 2
            let row = Float80(MercatorGrid.project(longitude: 0, latitude: latitude).y)
            let offset = fraction * 4_294_967_296 - row
            #expect(offset > -1e-4 && offset < 1 + 1e-4)
        }
    }
}
