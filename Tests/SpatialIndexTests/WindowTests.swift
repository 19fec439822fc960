import SpatialIndex
import Testing

@Suite struct WindowTests {
    /// Boxes around points of a set and elsewhere, some of one cell, some of the whole world, some inside out.
    static func boxes(_ cells: [GridPoint], _ count: Int, seed: UInt64) -> [GridBox] {
        var random = SplitMix64(seed: seed)
        func anyCell() -> GridPoint {
            cells.isEmpty || random.below(5) == 0
                ? GridPoint(x: UInt32(truncatingIfNeeded: random.next()), y: UInt32(truncatingIfNeeded: random.next()))
                : cells[random.below(cells.count)]
        }
        var boxes = [
            GridBox(minX: 0, minY: 0, maxX: .max, maxY: .max), GridBox(minX: 5, minY: 0, maxX: 4, maxY: .max),
            GridBox(minX: 0, minY: 0, maxX: 0, maxY: .max), GridBox(minX: 0, minY: .max, maxX: .max, maxY: .max),
            GridBox(minX: .max, minY: 9, maxX: .max, maxY: 3),
        ]
        for number in 0..<count {
            let a = anyCell()
            let b = number % 3 == 0 ? a : anyCell()
            boxes.append(GridBox(minX: min(a.x, b.x), minY: min(a.y, b.y), maxX: max(a.x, b.x), maxY: max(a.y, b.y)))
            let size = UInt32(truncatingIfNeeded: random.next()) >> UInt32(random.below(32))
            boxes.append(
                GridBox(
                    minX: a.x > size ? a.x - size : 0, minY: a.y > size ? a.y - size : 0, maxX: a.x < .max - size ? a.x + size : .max,
                    maxY: a.y < .max - size ? a.y + size : .max))
        }
        return boxes
    }

    @Test(arguments: PointSet.all) func windowsEqualBruteForce(set: PointSet) {
        let index = IndexedSet(set)
        for box in Self.boxes(index.cells, 60, seed: 21) {
            var found: [Int] = []
            var lastEnd = -1
            index.tree.window(box) { run in
                #expect(!run.isEmpty && run.lowerBound > lastEnd, "runs ascend and do not touch")
                lastEnd = run.upperBound
                found += run
            }
            #expect(found == index.cells.indices.filter { box.contains(index.cells[$0]) }, "\(set) \(box)")
        }
    }

    @Test(arguments: PointSet.all) func valuesAreThoseOfTheRunsAsFarAsThereIsRoom(set: PointSet) {
        let index = IndexedSet(set)
        let column = Column(index.cells.indices.map { UInt32($0) &* 2_654_435_761 })
        var random = SplitMix64(seed: 22)
        for box in Self.boxes(index.cells, 60, seed: 21) {
            let right = index.cells.indices.filter { box.contains(index.cells[$0]) }.map { column[$0] }
            for room in [right.count, right.count + 15, right.count + 256, random.below(right.count + 1), 0] {
                // Behind the room nothing may be written.
                var out = [UInt32](repeating: 7, count: room + 32)
                let found = out.withUnsafeMutableBufferPointer {
                    index.tree.values(of: column, in: box, into: .init(rebasing: $0[..<room]))
                }
                #expect(found == right.count, "\(set) \(box)")
                #expect(out.prefix(Swift.min(room, found)).elementsEqual(right.prefix(room)), "\(set) \(box)")
                #expect(out.suffix(32).allSatisfy { $0 == 7 }, "\(set) \(box)")
            }
            #expect(index.tree.values(of: column, in: box, into: .init(start: nil, count: 0)) == right.count)
        }
    }

    @Test func aWindowOverEverythingIsOneRun() {
        for set in PointSet.all where !set.positions.isEmpty {
            let index = IndexedSet(set)
            var runs: [Range<Int>] = []
            index.tree.window(GridBox(minX: 0, minY: 0, maxX: .max, maxY: .max)) { runs.append($0) }
            #expect(runs == [0..<set.positions.count])
        }
    }
}

@Suite struct PolygonTests {
    /// Where a point is, by exact integers: inside by the even-odd rule, or on the rim.
    private func place(of point: GridPoint, in rings: [[GridPoint]]) -> (inside: Bool, onRim: Bool) {
        let (x, y) = (Int(point.x), Int(point.y))
        var inside = false
        for ring in rings where ring.count >= 3 {
            for number in ring.indices {
                let a = ring[number]
                let b = ring[(number + 1) % ring.count]
                let (ax, ay, bx, by) = (Int(a.x), Int(a.y), Int(b.x), Int(b.y))
                let cross = Int128(bx - ax) * Int128(y - ay) - Int128(by - ay) * Int128(x - ax)
                if cross == 0, x >= min(ax, bx), x <= max(ax, bx), y >= min(ay, by), y <= max(ay, by) { return (false, true) }
                if (ay > y) != (by > y), (cross > 0) == (by > ay) { inside.toggle() }
            }
        }
        return (inside, false)
    }

    private func check(_ index: IndexedSet, _ rings: [[GridPoint]], _ set: PointSet) {
        var certain = Set<Int>()
        var candidates = Set<Int>()
        var lastEnd = 0
        index.tree.polygon(rings: rings) { run, sure in
            #expect(!run.isEmpty && run.lowerBound >= lastEnd && run.upperBound <= index.cells.count)
            lastEnd = run.upperBound
            if sure { certain.formUnion(run) } else { candidates.formUnion(run) }
        }
        for (number, cell) in index.cells.enumerated() {
            let truth = place(of: cell, in: rings)
            if certain.contains(number) {
                #expect(truth.inside, "\(set): certain but not inside")
            } else if !candidates.contains(number) {
                #expect(!truth.inside && !truth.onRim, "\(set): missed")
            }
        }
    }

    @Test(arguments: PointSet.all) func noPointInsideIsMissedAndNoCertainOneIsOutside(set: PointSet) {
        let index = IndexedSet(set)
        var random = SplitMix64(seed: 31)
        func corner() -> GridPoint {
            switch random.below(3) {
            case 0 where !index.cells.isEmpty: index.cells[random.below(index.cells.count)]
            case 1: Position(random.uniform(70, 140), random.uniform(15, 55)).cell
            default: GridPoint(x: UInt32(truncatingIfNeeded: random.next()), y: UInt32(truncatingIfNeeded: random.next()))
            }
        }
        for number in 0..<24 {
            var rings = (0...(number % 3)).map { _ in (0..<(3 + random.below(9))).map { _ in corner() } }
            if number % 2 == 0, let first = rings[0].first { rings[0].append(first) }
            check(index, rings, set)
        }
    }

    @Test func mostOfAFilledRectangleIsCertain() {
        let set = PointSet(
            description: "fine grid", positions: (0..<6400).map { Position(100 + Double($0 % 80) / 8, 30 + Double($0 / 80) / 8) })
        let index = IndexedSet(set)
        let (a, b) = (Position(98, 41).cell, Position(107, 31).cell)
        let ring = [a, GridPoint(x: b.x, y: a.y), b, GridPoint(x: a.x, y: b.y)]
        check(index, [ring], set)
        var inWindow = 0
        index.tree.window(GridBox(minX: a.x, minY: a.y, maxX: b.x, maxY: b.y)) { inWindow += $0.count }
        var sure = 0
        index.tree.polygon(rings: [ring]) { run, certain in sure += certain ? run.count : 0 }
        #expect(sure <= inWindow && sure * 10 > inWindow * 8)
    }

    @Test func aHoleIsLeftOut() {
        let set = PointSet(description: "grid", positions: (0..<900).map { Position(100 + Double($0 % 30), 20 + Double($0 / 30)) })
        let index = IndexedSet(set)
        func square(_ west: Double, _ south: Double, _ east: Double, _ north: Double) -> [GridPoint] {
            [Position(west, south), Position(east, south), Position(east, north), Position(west, north)].map(\.cell)
        }
        let rings = [square(99.5, 19.5, 130.5, 50.5), square(105.5, 25.5, 120.5, 40.5)]
        check(index, rings, set)
        let inside = index.cells.filter { place(of: $0, in: rings).inside }.count
        #expect(inside == 900 - 15 * 15)
    }

    @Test func ringsThatBoundNothingFindNothing() {
        let index = IndexedSet(PointSet.all[5])
        let corner = Position(100, 30).cell
        for rings: [[GridPoint]] in [[], [[]], [[corner]], [[corner, Position(110, 30).cell]], [[corner, corner, corner]]] {
            index.tree.polygon(rings: rings) { _, _ in Issue.record("nothing is inside") }
        }
    }
}
