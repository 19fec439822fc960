// PackedRTree+Beside.swift: the search of the nearest where there are points all round. First the leaves that stand round the place in
// the order, which give a bar; then the window of that bar, which narrows as nearer points are found. A window that is too large for that is left
// to the search that goes best first, with the bar.
//
// What will be read below a group is asked for at once (fetchBelow): ten nearest take a sixth less time. Tried without gain: nearer nodes before
// others in the window; fetching the boxes above the first leaf ahead of time.

extension TreeHandle {
    /// Calls `open` with all points that may belong to the list. False when the first leaves give no bar, or one so high that many leaves are under
    /// it: then the list has their points and says so, or none.
    func visitBeside(
        _ query: EarthQuery, _ directory: CurveDirectory, _ earth: EarthLeaves, _ list: inout Shortlist,
        _ open: (Int, UInt32, inout Shortlist) -> Void
    ) -> Bool {
        var search = BesideSearch(tree: self, earth: earth, window: NearWindow(query))
        return search.run(from: directory, &list, open)
    }
}

private struct BesideSearch {
    /// Longer lists were not measured: they begin best first.
    private static let greatestLimit = 472

    let tree: TreeHandle
    let earth: EarthLeaves
    var window: NearWindow
    /// Leaves that were looked at first.
    var firstLeaves = 0..<0
    /// Leaves that may be looked at beside these; under zero the search is given up.
    var leavesLeft = 0

    @inline(__always)
    mutating func run(from directory: CurveDirectory, _ list: inout Shortlist, _ open: (Int, UInt32, inout Shortlist) -> Void) -> Bool {
        guard list.limit <= BesideSearch.greatestLimit else { return false }
        // By measurement, for 1 to 100 neighbours: about as many points as are asked for beside a leaf and two halves of one.
        let leaf = firstLeaf(directory)
        let around = list.limit > 2 ? (list.limit &+ 40) &>> 5 : 0
        firstLeaves = Swift.max(leaf &- around, 0)..<Swift.min(leaf &+ around &+ 1, tree.counts[0])
        for leaf in firstLeaves { earth.fetch(leaf) }
        // From the middle outward: the nearer ones lower the bar for the others.
        tree.scanLeaf(leaf, &list, open) { _ in 0xFFFF }
        for step in stride(from: 1, through: around, by: 1) {
            if leaf &- step >= firstLeaves.lowerBound { tree.scanLeaf(leaf &- step, &list, open) { _ in 0xFFFF } }
            if leaf &+ step < firstLeaves.upperBound { tree.scanLeaf(leaf &+ step, &list, open) { _ in 0xFFFF } }
        }
        list.seenLeaves = firstLeaves
        guard list.isFull, window.narrow(to: list.bar), isSmall(beside: leaf) else { return false }
        leavesLeft = 6 &+ list.limit &>> 3
        visit(level: tree.topLevel, group: 0, &list, open)
        if leavesLeft < 0 { list.beginAnew() }
        return leavesLeft >= 0
    }

    /// Whether few leaves can be expected in the window, by the 256 points round a leaf: not so at empty places.
    @inline(__always)
    private func isSmall(beside leaf: Int) -> Bool {
        tree.topLevel == 0 || window.isSmall(beside: tree.box(level: 1, node: leaf &>> PackedRTree.nodeShift))
    }

    /// Of the sixteen leaves that stand where the place would in the order: the nearest.
    @inline(__always)
    private func firstLeaf(_ directory: CurveDirectory) -> Int {
        let node = directory.node(at: HilbertCurve.tables.position(x: window.cell.x, y: window.cell.y))
        let promise = window.promise(tree, at: node &<< PackedRTree.nodeShift)
        return node &<< PackedRTree.nodeShift &+ promise.placeOfLeast(among: tree.validMask(level: 0, group: node))
    }

    /// Visits the nodes of a group that the window touches, and what is below them.
    private mutating func visit(level: Int, group: Int, _ list: inout Shortlist, _ open: (Int, UInt32, inout Shortlist) -> Void) {
        let at = tree.starts[level] &+ group &<< PackedRTree.nodeShift
        var touching = window.touching(tree, at: at) & tree.validMask(level: level, group: group)
        tree.fetchBelow(level: level, group: group, touching)
        if level == 0 { earth.fetch(group, touching) }
        while touching != 0 {
            let node = group &<< PackedRTree.nodeShift &+ touching.trailingZeroBitCount
            touching &= touching &- 1
            let bar = window.bar
            if level > 0 {
                visit(level: level &- 1, group: node, &list, open)
            } else if !firstLeaves.contains(node) {
                tree.scanLeaf(node, &list, open) { window.points(tree, at: $0) }
                if list.bar != window.bar { _ = window.narrow(to: list.bar) }
                leavesLeft &-= 1
            }
            if leavesLeft < 0 { return }
            if touching != 0, window.bar != bar { touching &= window.touching(tree, at: at) }
        }
    }
}
