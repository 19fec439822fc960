// PackedRTree+Window.swift: which points lie in a rectangle. Answers are runs of the order; a node that lies wholly inside
// is one run and is not opened.

extension PackedRTree {
    /// Calls `body` with the points inside a box: runs of the order, ascending, disjoint, never adjacent.
    ///
    /// Cost: O(log n + nodes on the box's rim).
    public func window(_ box: GridBox, _ body: (Range<Int>) -> Void) {
        guard let window = TreeWindow(box) else { return }
        withHandle { tree in
            var joiner = RunJoiner()
            tree.search(window, level: tree.topLevel, group: 0, exact: true, &joiner, body)
            joiner.flush(body)
        }
    }

    /// Calls `body` with runs that hold every point of a window, and some of their neighbours: leaves are not opened.
    func cover(_ window: TreeWindow, _ body: (Range<Int>) -> Void) {
        withHandle { tree in
            var joiner = RunJoiner()
            tree.search(window, level: tree.topLevel, group: 0, exact: false, &joiner, body)
            joiner.flush(body)
        }
    }
}

extension TreeHandle {
    /// Visits a group and what is below it, in ascending order.
    fileprivate func search(
        _ window: TreeWindow, level: Int, group: Int, exact: Bool, _ joiner: inout RunJoiner, _ body: (Range<Int>) -> Void
    ) {
        var (touching, inside) = window.masks(self, at: starts[level] &+ group &<< PackedRTree.nodeShift)
        touching &= validMask(level: level, group: group)
        while touching != 0 {
            let lane = touching.trailingZeroBitCount
            touching &= touching &- 1
            let node = group &<< PackedRTree.nodeShift &+ lane
            if inside &>> UInt32(truncatingIfNeeded: lane) & 1 == 1 || (level == 0 && !exact) {
                joiner.add(run(level: level, node: node), body)
            } else if level == 0 {
                searchLeaf(window, run(level: 0, node: node), &joiner, body)
            } else {
                search(window, level: level &- 1, group: node, exact: exact, &joiner, body)
            }
        }
    }

    @inline(__always)
    private func searchLeaf(_ window: TreeWindow, _ points: Range<Int>, _ joiner: inout RunJoiner, _ body: (Range<Int>) -> Void) {
        let first = points.lowerBound
        if points.count == PackedRTree.nodeSize {
            var mask = window.pointMask(self, at: first)
            // From the lowest set bit, as many as follow without a gap.
            while mask != 0 {
                let start = mask.trailingZeroBitCount
                let length = (~(mask &>> UInt32(truncatingIfNeeded: start))).trailingZeroBitCount
                joiner.add(Range(uncheckedBounds: (first &+ start, first &+ start &+ length)), body)
                mask &= ~(((1 &<< UInt32(truncatingIfNeeded: length)) &- 1) &<< UInt32(truncatingIfNeeded: start))
            }
        } else {
            for index in points where window.contains(x: x[index], y: y[index]) {
                joiner.add(Range(uncheckedBounds: (index, index &+ 1)), body)
            }
        }
    }
}
