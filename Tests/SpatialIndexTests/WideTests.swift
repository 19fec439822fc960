import CVector
import Glibc
import Testing

@testable import SpatialIndex

/// What a processor with wide vectors does at once, against the same done a few at a time, which all other processors do: to the bit.
@Suite(.enabled(if: vector_is_wide(), "this processor has no vectors of 64 bytes")) struct WideTests {
    @Test(arguments: PointSet.all) func windows(set: PointSet) {
        let index = IndexedSet(set)
        for window in WindowTests.boxes(index.cells, 60, seed: 23).compactMap(TreeWindow.init) {
            let wide = WideWindow(window)
            index.tree.withHandle { tree in
                forEachGroup(index.tree) { at in
                    let (one, four) = (wide.boxes(tree, at: at, asksInside: true), window.boxes(tree, at: at, asksInside: true))
                    let touching = one.touching & 0xFFFF
                    #expect(touching == four.touching & 0xFFFF)
                    #expect(one.inside & touching == four.inside & touching)
                }
                forEachLeaf(index.tree) { at in #expect(wide.points(tree, at: at) == window.points(tree, at: at)) }
            }
        }
    }

    @Test(arguments: PointSet.all) func wholeSearches(set: PointSet) {
        let index = IndexedSet(set)
        let values = Column(index.cells.indices.map { UInt32($0) &* 2_654_435_761 })
        for window in WindowTests.boxes(index.cells, 60, seed: 26).compactMap(TreeWindow.init) {
            index.tree.withHandle { tree in
                let (wide, narrow) = both(tree)
                for opensLeaves in [false, true] {
                    var runs: [[Range<Int>]] = [[], []]
                    wide.search(window, opensLeaves: opensLeaves) { runs[0].append($0) }
                    narrow.search(window, opensLeaves: opensLeaves) { runs[1].append($0) }
                    #expect(runs[0] == runs[1])
                }
                for room in [0, index.tree.count / 2, index.tree.count, index.tree.count + 256] {
                    var (one, four) = ([UInt32](repeating: 7, count: room), [UInt32](repeating: 7, count: room))
                    let found = one.withUnsafeMutableBufferPointer { wide.copyValues(values.base, in: window, into: $0) }
                    #expect(found == four.withUnsafeMutableBufferPointer { narrow.copyValues(values.base, in: window, into: $0) })
                    #expect(one.prefix(found) == four.prefix(found))
                }
            }
        }
    }

    @Test(arguments: PointSet.all) func circles(set: PointSet) {
        let index = IndexedSet(set)
        for query in places(set, 20, seed: 27) {
            for meters in [0, 40, 5_000, 90_000] as [Double] {
                let rim = RadiusRim(meters: meters)
                var found: [[Int: UInt64]] = [[:], [:]]
                index.tree.forEachNeighborRun(of: query, meters, rim, index.earth, ProjGeodesic(), by: EightAtOnce.self) { run, distances in
                    for place in run { found[0][place] = distances[place - run.lowerBound].bitPattern }
                }
                index.tree.forEachNeighborRun(of: query, meters, rim, index.earth, ProjGeodesic(), by: TwoAtATime.self) { run, distances in
                    for place in run { found[1][place] = distances[place - run.lowerBound].bitPattern }
                }
                #expect(found[0] == found[1])
            }
        }
    }

    @Test(arguments: PointSet.all) func windowsRoundAPlace(set: PointSet) {
        let index = IndexedSet(set)
        for query in places(set, 40, seed: 24) {
            for reach in [nil, 0, 30, 5_000, 700_000, 1_400_000] as [Double?] {
                var window = NearWindow(query)
                if let reach { _ = window.narrow(to: reach * reach) }
                check(window, index.tree)
            }
        }
    }

    @Test(arguments: [100, 179.999_999_999, -180]) func edgesOfWindowsRoundAPlace(longitude: Double) throws {
        // The least window is seven cells wide and high: cells on its edges and beside them, a leaf for each column, then one for each row.
        var window = NearWindow(try #require(EarthQuery(longitude: longitude, latitude: 30)))
        let isNarrow = window.narrow(to: 0)
        #expect(isNarrow)
        let steps = (-8..<8).map { UInt32(bitPattern: $0) }
        let ascending = steps.flatMap { a in steps.map { b in (window.cell.x &+ a, window.cell.y &+ b) } }
        let crossing = steps.flatMap { b in steps.map { a in (window.cell.x &+ a, window.cell.y &+ b) } }
        for cells in [ascending, crossing] { check(window, PackedRTree(x: Column(cells.map(\.0)), y: Column(cells.map(\.1)))) }
    }

    private func check(_ window: NearWindow, _ tree: PackedRTree) {
        tree.withHandle { handle in
            let (wide, narrow) = both(handle)
            forEachGroup(tree) { at in
                #expect(window.touching(wide, at: at) & 0xFFFF == window.touching(narrow, at: at) & 0xFFFF)
            }
            forEachLeaf(tree) { at in #expect(window.points(wide, at: at) == window.points(narrow, at: at)) }
        }
    }

    @Test(arguments: PointSet.all) func estimates(set: PointSet) {
        let index = IndexedSet(set)
        var (one, few) = ([Double](repeating: 0, count: 16), [Double](repeating: 0, count: 16))
        func areSame() -> Bool { one.map(\.bitPattern) == few.map(\.bitPattern) }
        for wide in places(set, 40, seed: 25) {
            var narrow = wide
            narrow.isWide = false
            forEachLeaf(index.tree) { at in
                EarthScan(index.earth, at..<at + 16) { scan in
                    // The middle one's own square: comparisons that just hold, or just do not.
                    let chord = scan.chord(at + 8, wide)
                    let square = wide.estimate.series(chord.squared, chord.dz)
                    #expect(scan.near(at, wide, square, into: &one) == scan.near(at, narrow, square, into: &few))
                    #expect(areSame())
                    for half in [at, at + 8] {
                        for (out, inside) in [(square, square.nextDown), (square.nextUp, square)] {
                            let rim = RadiusRim(surelyOut: out, surelyIn: inside)
                            let atOnce = scan.estimatesAtOnce(half, wide, rim, into: &one)
                            #expect(atOnce == scan.estimates(half, wide, rim, into: &few))
                            #expect(areSame())
                        }
                    }
                }
            }
        }
    }

    /// Near points of a set and anywhere.
    private func places(_ set: PointSet, _ count: Int, seed: UInt64) -> [EarthQuery] {
        var random = SplitMix64(seed: seed)
        return (0..<count).compactMap { number in
            let any = Position(random.uniform(-180, 180), random.uniform(-89, 89))
            let place = number % 4 == 0 || set.positions.isEmpty ? any : set.positions[random.below(set.positions.count)]
            return EarthQuery(longitude: place.longitude + random.uniform(0, 0.01), latitude: place.latitude)
        }
    }

    private func both(_ tree: TreeHandle) -> (wide: TreeHandle, narrow: TreeHandle) {
        var (wide, narrow) = (tree, tree)
        (wide.isWide, narrow.isWide) = (true, false)
        return (wide, narrow)
    }

    private func forEachGroup(_ tree: PackedRTree, _ body: (Int) -> Void) {
        stride(from: 0, to: tree.boxMinX.count, by: PackedRTree.nodeSize).forEach(body)
    }

    private func forEachLeaf(_ tree: PackedRTree, _ body: (Int) -> Void) {
        for leaf in 0..<tree.count / PackedRTree.nodeSize { body(leaf * PackedRTree.nodeSize) }
    }
}

@Suite struct WideDetectionTests {
    /// The flags of the first processor as Linux lists them; nil elsewhere.
    private static let flags: Set<Substring>? = {
        guard let file = fopen("/proc/cpuinfo", "r") else { return nil }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&text, 1, text.count, file)
        let line = String(decoding: text.prefix(count), as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("flags") }
        return line.map { Set($0.split(whereSeparator: { $0 == " " || $0 == "\t" })) }
    }()

    @Test(.enabled(if: flags != nil, "the system does not list the processor's flags")) func aProcessorIsWideWhenTheSystemSaysSo() throws {
        let flags = try #require(Self.flags)
        #expect(vector_is_wide() == flags.isSuperset(of: ["avx512f", "avx512bw", "avx512dq", "avx512vl", "popcnt"]))
    }
}
