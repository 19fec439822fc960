// PackedRTree+Window.swift: which points lie in a rectangle. Answers are runs of the order; a node that lies wholly inside
// is one run and is not opened.

extension PackedRTree {
    /// Calls `body` with the points inside a box: runs of the order, ascending, disjoint, never adjacent.
    ///
    /// Cost: O(log n + nodes on the box's rim).
    public func window(_ box: GridBox, _ body: (Range<Int>) -> Void) {
        guard let window = TreeWindow(box), !occupancy.isEmpty(box) else { return }
        withHandle { tree in tree.search(window, opensLeaves: true, body) }
    }

    /// Calls `body` with runs that hold every point of a window, and some of their neighbours: leaves are not opened.
    func cover(_ window: GlobeWindow, _ body: (Range<Int>) -> Void) {
        withHandle { tree in
            if let flat = window.flat {
                if occupancy.isEmpty(flat.box) { return }
                tree.search(flat, opensLeaves: false, body)
            } else {
                tree.search(window, opensLeaves: false, body)
            }
        }
    }
}

extension TreeHandle {
    /// Calls `body` with the runs of a region, in ascending order.
    @inline(__always)
    fileprivate func search(_ region: some TreeRegion, opensLeaves: Bool, _ body: (Range<Int>) -> Void) {
        var joiner = RunJoiner()
        // A top of very few nodes would test sixteen boxes for nothing: begin below it.
        let level = topLevel > 0 && counts[topLevel] <= 4 ? topLevel &- 1 : topLevel
        let groups = (counts[level] &+ PackedRTree.nodeSize &- 1) &>> PackedRTree.nodeShift
        for group in 0..<groups { search(region, level: level, group: group, opensLeaves, &joiner, body) }
        joiner.flush(body)
    }

    /// Visits a group and what is below it.
    private func search(
        _ region: some TreeRegion, level: Int, group: Int, _ opensLeaves: Bool, _ joiner: inout RunJoiner, _ body: (Range<Int>) -> Void
    ) {
        let at = starts[level] &+ group &<< PackedRTree.nodeShift
        var touching = region.touching(self, at: at) & validMask(level: level, group: group)
        if touching == 0 { return }
        let inside = level == 0 && !opensLeaves ? touching : region.inside(self, at: at)
        repeat {
            let lane = touching.trailingZeroBitCount
            touching &= touching &- 1
            let node = group &<< PackedRTree.nodeShift &+ lane
            if inside &>> UInt32(truncatingIfNeeded: lane) & 1 == 1 {
                joiner.add(run(level: level, node: node), body)
            } else if level == 0 {
                searchLeaf(region, run(level: 0, node: node), &joiner, body)
            } else {
                search(region, level: level &- 1, group: node, opensLeaves, &joiner, body)
            }
        } while touching != 0
    }

    @inline(__always)
    private func searchLeaf(_ region: some TreeRegion, _ points: Range<Int>, _ joiner: inout RunJoiner, _ body: (Range<Int>) -> Void) {
        let first = points.lowerBound
        if points.count == PackedRTree.nodeSize {
            var mask = region.points(self, at: first)
            // From the lowest set bit, as many as follow without a gap.
            while mask != 0 {
                let start = mask.trailingZeroBitCount
                let length = (~(mask &>> UInt32(truncatingIfNeeded: start))).trailingZeroBitCount
                joiner.add(Range(uncheckedBounds: (first &+ start, first &+ start &+ length)), body)
                mask &= ~(((1 &<< UInt32(truncatingIfNeeded: length)) &- 1) &<< UInt32(truncatingIfNeeded: start))
            }
        } else {
            for index in points where region.contains(x: x[index], y: y[index]) {
                joiner.add(Range(uncheckedBounds: (index, index &+ 1)), body)
            }
        }
    }
}
