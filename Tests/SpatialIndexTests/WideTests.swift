import CVector
import Testing

@testable import SpatialIndex

/// What a processor with wide vectors does at once, against the same done a few at a time, which all other processors do: to the bit.
@Suite(.enabled(if: vector_is_wide(), "this processor has no vectors of 64 bytes")) struct WideTests {
    @Test(arguments: PointSet.all) func windows(set: PointSet) {
        let index = IndexedSet(set)
        let values = Column(index.cells.indices.map { UInt32($0) })
        for window in WindowTests.boxes(index.cells, 60, seed: 23).compactMap(TreeWindow.init) {
            let wide = WideWindow(window)
            index.tree.withHandle { tree in
                forEachGroup(index.tree) { at in
                    for asksInside in [false, true] {
                        let (one, four) = (
                            wide.boxes(tree, at: at, asksInside: asksInside), window.boxes(tree, at: at, asksInside: asksInside)
                        )
                        #expect(one.touching & 0xFFFF == four.touching & 0xFFFF)
                        // Of boxes that do not touch, `inside` is anything.
                        if asksInside { #expect(one.inside & one.touching & 0xFFFF == four.inside & four.touching & 0xFFFF) }
                    }
                }
                forEachLeaf(index.tree) { at in
                    let mask = window.points(tree, at: at)
                    #expect(wide.points(tree, at: at) == mask)
                    var out = [UInt32](repeating: 0, count: 16)
                    let found = wide.values(tree, at: at, values.base, into: &out)
                    #expect(out.prefix(found).elementsEqual((0..<16).filter { mask >> $0 & 1 == 1 }.map { values[at + $0] }))
                }
                for cell in index.cells { #expect(wide.contains(x: cell.x, y: cell.y) == window.contains(x: cell.x, y: cell.y)) }
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

    @Test func edgesOfWindowsRoundAPlace() {
        // The least window is seven cells wide and high: cells on its edges and beside them, a leaf for each column.
        for longitude in [100, 179.999_999_999, -180] {
            guard let query = EarthQuery(longitude: longitude, latitude: 30) else { return }
            var window = NearWindow(query)
            let isNarrow = window.narrow(to: 0)
            #expect(isNarrow)
            let cells = (-8..<8).flatMap { x in
                (-8..<8).map { GridPoint(x: window.cell.x &+ UInt32(bitPattern: x), y: window.cell.y &+ UInt32(bitPattern: $0)) }
            }
            check(window, PackedRTree(x: Column(cells.map(\.x)), y: Column(cells.map(\.y))))
        }
    }

    private func check(_ window: NearWindow, _ tree: PackedRTree) {
        tree.withHandle { wide in
            var narrow = wide
            narrow.isWide = false
            forEachGroup(tree) { at in
                #expect(window.touching(wide, at: at) & 0xFFFF == window.touching(narrow, at: at) & 0xFFFF)
            }
            forEachLeaf(tree) { at in #expect(window.points(wide, at: at) == window.points(narrow, at: at)) }
        }
    }

    @Test(arguments: PointSet.all) func estimates(set: PointSet) {
        let index = IndexedSet(set)
        var (one, few) = ([Double](repeating: 0, count: 16), [Double](repeating: 0, count: 16))
        for wide in places(set, 40, seed: 25) {
            var narrow = wide
            narrow.isWide = false
            forEachLeaf(index.tree) { at in
                EarthScan(index.earth, at..<at + 16) { scan in
                    // The middle one's own distance: a comparison that just holds.
                    let bar = wide.estimate.series(scan.chord(at + 8, wide).squared, scan.chord(at + 8, wide).dz)
                    #expect(scan.near(at, wide, bar, into: &one) == scan.near(at, narrow, bar, into: &few))
                    #expect(one == few)
                    let rim = RadiusRim(meters: bar.squareRoot())
                    for half in [at, at + 8] {
                        let atOnce = scan.estimatesAtOnce(half, wide, rim, into: &one)
                        #expect(atOnce == scan.estimates(half, wide, rim, into: &few))
                        #expect(one == few)
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

    private func forEachGroup(_ tree: PackedRTree, _ body: (Int) -> Void) {
        stride(from: 0, to: tree.boxMinX.count, by: PackedRTree.nodeSize).forEach(body)
    }

    private func forEachLeaf(_ tree: PackedRTree, _ body: (Int) -> Void) {
        for leaf in 0..<tree.count / PackedRTree.nodeSize { body(leaf * PackedRTree.nodeSize) }
    }
}
