import Glibc
import SpatialIndex
import Testing

/// Values that end exactly where a page without access begins: one element too far, read or written, kills the test.
private final class GuardedMemory: @unchecked Sendable {
    // Unchecked: written in init only.
    private let region: UnsafeMutableRawPointer
    private let length: Int
    let start: UnsafeRawPointer

    init<T: BitwiseCopyable>(_ values: [T]) {
        let page = 4096
        let bytes = values.count * MemoryLayout<T>.stride
        length = (bytes + page - 1) / page * page + page
        region = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        let first = region + (length - page - bytes)
        values.withUnsafeBytes { if let base = $0.baseAddress { first.copyMemory(from: base, byteCount: $0.count) } }
        mprotect(region + (length - page), page, PROT_NONE)
        start = UnsafeRawPointer(first)
    }

    deinit { munmap(region, length) }
}

private func guarded<T: BitwiseCopyable & Sendable>(_ values: [T]) -> Column<T> {
    let memory = GuardedMemory(values)
    return Column(borrowing: memory.start.assumingMemoryBound(to: T.self), count: values.count, owner: memory)
}

@Suite struct TreeTests {
    private func columns(_ tree: PackedRTree) -> [[UInt32]] {
        [tree.x, tree.y, tree.boxMinX, tree.boxMinY, tree.boxMaxX, tree.boxMaxY].map { Array($0) }
    }

    private func open(_ columns: [[UInt32]]) throws(IndexError) -> PackedRTree {
        try PackedRTree(
            x: guarded(columns[0]), y: guarded(columns[1]), boxMinX: guarded(columns[2]), boxMinY: guarded(columns[3]),
            boxMaxX: guarded(columns[4]), boxMaxY: guarded(columns[5]))
    }

    @Test(arguments: PointSet.all) func aBuiltTreeKeepsItsInvariantsAndSoDoesItsCopyFromColumns(set: PointSet) throws {
        let tree = IndexedSet(set).tree
        try tree.checkInvariants()
        try open(columns(tree)).checkInvariants()
        #expect(tree.count == set.positions.count)
    }

    @Test func columnsOfAnotherLengthAreRefusedByName() throws {
        let right = columns(IndexedSet(PointSet.all[7]).tree)
        for column in 1..<6 {
            for change in [-1, 1] {
                var wrong = right
                if change < 0 { wrong[column].removeLast() } else { wrong[column].append(0) }
                let expected = IndexError.wrongCount(
                    column: ["x", "y", "minX", "minY", "maxX", "maxY"][column], expected: right[column].count, found: wrong[column].count)
                #expect(throws: expected) { _ = try open(wrong) }
            }
        }
    }

    @Test func aFalseOrderOrBoxIsFoundByTheInvariants() throws {
        let right = columns(IndexedSet(PointSet.all[7]).tree)
        var random = SplitMix64(seed: 61)
        for column in 0..<6 {
            for _ in 0..<20 {
                var wrong = right
                // A point that moves a little may still be in order and in its box; one that changes hemispheres is not.
                wrong[column][random.below(wrong[column].count)] ^= 1 << UInt32(column < 2 ? 31 : random.below(32))
                let tree = try open(wrong)
                #expect(throws: IndexError.self) { try tree.checkInvariants() }
            }
        }
    }

    @Test(arguments: [1, 15, 16, 17, 200, 257, 4097]) func rubbishInTheColumnsNeverLeadsOutsideThem(count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let shape = columns(IndexedSet((0..<count).map { _ in Position(random.uniform(70, 140), random.uniform(0, 60)) }).tree)
        for round in 0..<4 {
            let rubbish = shape.map { column in
                column.map { value in
                    switch round {
                    case 0: UInt32(truncatingIfNeeded: random.next())
                    case 1: random.below(2) == 0 ? 0 : UInt32.max
                    case 2: random.below(8) == 0 ? UInt32(truncatingIfNeeded: random.next()) : value
                    default: UInt32.max
                    }
                }
            }
            let tree = try open(rubbish)
            func double() -> Double { random.below(3) == 0 ? Double(bitPattern: random.next()) : random.uniform(-7e6, 7e6) }
            // Earth columns of unequal lengths, too.
            let earth = EarthPoints(
                longitude: guarded((0..<count).map { _ in double() }), latitude: guarded((0..<count).map { _ in double() }),
                ecefX: guarded((0..<count).map { _ in double() }), ecefY: guarded((0..<(count - round / 2)).map { _ in double() }),
                ecefZ: guarded((0..<count).map { _ in double() }))
            let everywhere = 0..<count
            let values = guarded((0..<count).map { UInt32($0) })
            for _ in 0..<6 {
                let a = GridPoint(x: UInt32(truncatingIfNeeded: random.next()), y: UInt32(truncatingIfNeeded: random.next()))
                let box = GridBox(minX: a.x / 2, minY: a.y / 2, maxX: .max - a.x / 3, maxY: .max - a.y / 3)
                var inside = 0
                tree.window(box) {
                    #expect(everywhere.contains($0.lowerBound) && $0.upperBound <= count)
                    inside += $0.count
                }
                let room = random.below(count + 1)
                let out = GuardedMemory([UInt32](repeating: 0, count: room))
                let place = UnsafeMutableRawPointer(mutating: out.start).assumingMemoryBound(to: UInt32.self)
                #expect(tree.values(of: values, in: box, into: UnsafeMutableBufferPointer(start: place, count: room)) == inside)
                tree.polygon(rings: [[a, GridPoint(x: ~a.x, y: a.y), GridPoint(x: a.y, y: ~a.x)]]) { run, _ in
                    #expect(everywhere.contains(run.lowerBound) && run.upperBound <= count)
                }
                let range = tree.range(of: TileID(containing: a, z: random.below(33)))
                #expect(range.lowerBound >= 0 && range.upperBound <= count)
                tree.forEachCell(in: 0..<count, cellZoom: random.below(33)) { _, run in #expect(!run.isEmpty && run.upperBound <= count) }
                let query = Position(random.uniform(-180, 180), random.uniform(-90, 90))
                let radius = tree.radius(
                    longitude: query.longitude, latitude: query.latitude, meters: 5e6, earth: earth, solver: ProjGeodesic(), limit: 20,
                    after: nil, where: { everywhere.contains($0) })
                #expect(radius.neighbors.allSatisfy { everywhere.contains($0.index) })
                let nearest = tree.nearest(
                    longitude: query.longitude, latitude: query.latitude, k: 20, earth: earth, solver: ProjGeodesic(), maxMeters: nil,
                    where: { everywhere.contains($0) })
                #expect(nearest.allSatisfy { everywhere.contains($0.index) })
            }
        }
    }

    @Test func buildingOverUnequalColumnsTakesTheShorter() throws {
        let tree = PackedRTree(x: Column([1, 2, 3]), y: Column([5]))
        #expect(tree.count == 1 && tree.y.count == 1)
        try tree.checkInvariants()
    }
}

@Suite struct ColumnTests {
    @Test func aColumnIsTheArrayItWasMadeFrom() {
        let values: [Int32] = [5, -3, 8]
        let column = Column(values)
        #expect(Array(column) == values && column.count == 3 && column[1] == -3)
        #expect(column.withUnsafeBufferPointer { $0.reduce(0, +) } == 10)
        #expect(Column([Double]()).isEmpty)
    }

    @Test func aBorrowedColumnKeepsItsOwnerAlive() {
        final class Owner: Sendable {
            let freed: @Sendable () -> Void
            init(freed: @escaping @Sendable () -> Void) { self.freed = freed }
            deinit { freed() }
        }
        nonisolated(unsafe) var alive = true
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 2)
        defer { memory.deallocate() }
        memory.initialize(repeating: 7, count: 2)
        var column: Column<UInt8>? = Column(borrowing: UnsafePointer(memory), count: 2, owner: Owner { alive = false })
        #expect(column?.last == 7 && alive)
        let copy = column
        column = nil
        #expect(alive && copy?.count == 2)
    }
}
