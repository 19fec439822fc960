import SpatialIndex
import Testing

@Suite struct TileTests {
    @Test func addressesOutsideThePyramidAreRefused() {
        #expect(TileID(z: 0, x: 0, y: 0) != nil)
        #expect(TileID(z: 32, x: 1 << 32 - 1, y: 0) != nil)
        for (z, x, y) in [(-1, 0, 0), (33, 0, 0), (0, 1, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0), (5, .max, 0), (.max, 0, 0)] {
            #expect(TileID(z: z, x: x, y: y) == nil)
        }
    }

    @Test func aTileHoldsItsFourChildrenAndNothingElse() throws {
        var random = SplitMix64(seed: 11)
        for z in 1...32 {
            let child = try #require(TileID(z: z, x: random.below(1 << z), y: random.below(1 << z)))
            let parent = try #require(child.parent)
            #expect(parent.z == z - 1)
            #expect(parent.box.contains(GridPoint(x: child.box.minX, y: child.box.minY)))
            #expect(parent.box.contains(GridPoint(x: child.box.maxX, y: child.box.maxY)))
            #expect(
                parent.hilbertRange.contains(child.hilbertRange.lowerBound) && parent.hilbertRange.contains(child.hilbertRange.upperBound))
            #expect(TileID(containing: GridPoint(x: child.box.maxX, y: child.box.minY), z: z) == child)
        }
        #expect(TileID(z: 0, x: 0, y: 0)?.parent == nil)
    }

    @Test(arguments: PointSet.all) func theRangeOfATileIsTheTilesPoints(set: PointSet) {
        let index = IndexedSet(set)
        var random = SplitMix64(seed: 12)
        for z in 0...32 {
            for _ in 0..<4 {
                let place =
                    index.cells.isEmpty || random.below(3) == 0
                    ? GridPoint(x: UInt32(truncatingIfNeeded: random.next()), y: UInt32(truncatingIfNeeded: random.next()))
                    : index.cells[random.below(index.cells.count)]
                let tile = TileID(containing: place, z: z)
                let range = index.tree.range(of: tile)
                let expected = index.cells.indices.filter { tile.box.contains(index.cells[$0]) }
                #expect(Array(range) == expected, "\(set) \(tile)")
            }
        }
    }

    @Test(arguments: PointSet.all) func theCellsOfATileHoldEachOfItsPointsOnce(set: PointSet) {
        let index = IndexedSet(set)
        for cellZoom in [0, 1, 4, 8, 13, 20, 27, 32] {
            for z in [0, 2, 9] where z <= cellZoom {
                let range = index.cells.first.map { index.tree.range(of: TileID(containing: $0, z: z)) } ?? 0..<0
                var next = range.lowerBound
                var seen = Set<TileID>()
                index.tree.forEachCell(in: range, cellZoom: cellZoom) { cell, run in
                    #expect(run.lowerBound == next && !run.isEmpty)
                    next = run.upperBound
                    #expect(seen.insert(cell).inserted, "a cell comes once")
                    #expect(run.allSatisfy { TileID(containing: index.cells[$0], z: cellZoom) == cell })
                }
                #expect(next == range.upperBound)
                #expect(seen == Set(range.map { TileID(containing: index.cells[$0], z: cellZoom) }))
            }
        }
    }

    @Test(arguments: PointSet.all) func sumsOverCellsCountEveryPassingPointAtEveryZoom(set: PointSet) {
        let index = IndexedSet(set)
        for cellZoom in 0...32 {
            let cells = index.tree.aggregate(
                in: 0..<index.tree.count, cellZoom: cellZoom, initial: 0, where: { $0 % 3 != 1 }, add: { sum, _ in sum += 1 })
            #expect(cells.allSatisfy { $0.sum > 0 })
            #expect(cells.reduce(0) { $0 + $1.sum } == (0..<index.tree.count).filter { $0 % 3 != 1 }.count)
            #expect(Set(cells.map(\.cell)).count == cells.count)
        }
    }

    @Test func rangesAndZoomsBeyondTheIndexAreCut() {
        let index = IndexedSet(PointSet.all[4])
        var count = 0
        index.tree.forEachCell(in: -5..<1000, cellZoom: 99) { cell, run in
            #expect(cell.z == 32)
            count += run.count
        }
        index.tree.forEachCell(in: 0..<index.tree.count, cellZoom: -3) { cell, _ in #expect(cell.z == 0) }
        index.tree.forEachCell(in: 500..<600, cellZoom: 3) { _, _ in Issue.record("there is nothing") }
        #expect(count == 17)
    }
}
