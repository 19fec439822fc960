// PackedRTree+Window.swift: which points lie in a rectangle. Answers are runs of the order, or values of a column, such as ids; a node that lies
// wholly inside is one run and is not opened.

extension PackedRTree {
    /// Calls `body` with the points inside a box: runs of the order, ascending, disjoint, never adjacent.
    ///
    /// Cost: O(log n + nodes on the box's rim).
    public func window(_ box: GridBox, _ body: (Range<Int>) -> Void) {
        guard let window = TreeWindow(box), !occupancy.isEmpty(box) else { return }
        withHandle { tree in tree.search(window, opensLeaves: true, body) }
    }

    /// Copies what a column holds for the points inside a box, such as their ids, in the order of the points.
    ///
    /// - Parameters:
    ///   - column: a value for each point of the tree; a column of another length is a programmer's error and stops the program.
    ///   - out: filled from its beginning. Values for which it has no room are counted and left out; behind the last value it may be written over.
    /// - Returns: how many points are inside.
    ///
    /// Cost: as `window`, without a call for each run.
    public func values(of column: Column<UInt32>, in box: GridBox, into out: UnsafeMutableBufferPointer<UInt32>) -> Int {
        precondition(column.count == count, "a column of \(column.count) values beside \(count) points")
        guard let window = TreeWindow(box), !occupancy.isEmpty(box) else { return 0 }
        var copy = ValueCopy(values: column.base, out: out)
        withHandle { tree in
            if tree.isWide {
                let (window, level) = (WideWindow(window), tree.entryLevel)
                for group in 0..<tree.groups(level: level) { tree.copy(window, level: level, group: group, &copy) }
            } else {
                tree.search(region: window, opensLeaves: true) { copy.add($0) }
            }
        }
        return withExtendedLifetime(column) { copy.count }
    }

    /// Calls `body` with runs that hold every point of a window, and some of their neighbours: leaves are not opened.
    func cover(_ window: GlobeWindow, _ body: (Range<Int>) -> Void) {
        withHandle { tree in
            if let flat = window.flat {
                if occupancy.isEmpty(flat.box) { return }
                tree.search(flat, opensLeaves: false, body)
            } else {
                tree.search(region: window, opensLeaves: false, body)
            }
        }
    }
}

extension TreeHandle {
    /// Where a search begins. A top of very few nodes would test sixteen boxes for nothing: begin below it.
    @inline(__always)
    fileprivate var entryLevel: Int { topLevel > 0 && counts[topLevel] <= 4 ? topLevel &- 1 : topLevel }

    @inline(__always)
    fileprivate func groups(level: Int) -> Int { (counts[level] &+ PackedRTree.nodeSize &- 1) &>> PackedRTree.nodeShift }

    /// Calls `body` with the runs of a window, in ascending order.
    @inline(__always)
    fileprivate func search(_ window: TreeWindow, opensLeaves: Bool, _ body: (Range<Int>) -> Void) {
        if isWide {
            search(region: WideWindow(window), opensLeaves: opensLeaves, body)
        } else {
            search(region: window, opensLeaves: opensLeaves, body)
        }
    }

    /// Calls `body` with the runs of a region, in ascending order.
    @inline(__always)
    fileprivate func search(region: some TreeRegion, opensLeaves: Bool, _ body: (Range<Int>) -> Void) {
        var joiner = RunJoiner()
        let level = entryLevel
        for group in 0..<groups(level: level) { search(region, level: level, group: group, opensLeaves, &joiner, body) }
        joiner.flush(body)
    }

    /// Visits a group and what is below it.
    private func search(
        _ region: some TreeRegion, level: Int, group: Int, _ opensLeaves: Bool, _ joiner: inout RunJoiner, _ body: (Range<Int>) -> Void
    ) {
        let at = starts[level] &+ group &<< PackedRTree.nodeShift
        let isCovered = level == 0 && !opensLeaves
        let boxes = region.boxes(self, at: at, asksInside: !isCovered)
        var touching = boxes.touching & validMask(level: level, group: group)
        if touching == 0 { return }
        let inside = isCovered ? touching : boxes.inside
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

extension TreeHandle {
    /// Copies the values of a group's points, and of those below it.
    fileprivate func copy(_ window: WideWindow, level: Int, group: Int, _ copy: inout ValueCopy) {
        let boxes = window.boxes(self, at: starts[level] &+ group &<< PackedRTree.nodeShift, asksInside: true)
        var touching = boxes.touching & validMask(level: level, group: group)
        while touching != 0 {
            let lane = touching.trailingZeroBitCount
            touching &= touching &- 1
            let node = group &<< PackedRTree.nodeShift &+ lane
            if boxes.inside &>> UInt32(truncatingIfNeeded: lane) & 1 == 1 {
                copy.add(run(level: level, node: node))
            } else if level > 0 {
                self.copy(window, level: level &- 1, group: node, &copy)
            } else {
                copyLeaf(window, run(level: 0, node: node), &copy)
            }
        }
    }

    @inline(__always)
    private func copyLeaf(_ window: WideWindow, _ points: Range<Int>, _ copy: inout ValueCopy) {
        if points.count == PackedRTree.nodeSize, copy.room >= PackedRTree.nodeSize {
            copy.count &+= window.values(self, at: points.lowerBound, copy.values, into: copy.out + copy.count)
        } else {
            for index in points where window.contains(x: x[index], y: y[index]) {
                copy.add(Range(uncheckedBounds: (index, index &+ 1)))
            }
        }
    }
}

/// Values on their way out.
private struct ValueCopy {
    let values: UnsafePointer<UInt32>
    let out: UnsafeMutablePointer<UInt32>
    private let capacity: Int
    /// Values so far, those without room among them.
    var count = 0

    /// An empty buffer has no address: nothing is written then.
    init(values: UnsafePointer<UInt32>, out: UnsafeMutableBufferPointer<UInt32>) {
        self.values = values
        self.out = out.baseAddress ?? UnsafeMutablePointer(mutating: values)
        capacity = out.baseAddress == nil ? 0 : out.count
    }

    @inline(__always)
    var room: Int { capacity &- count }

    @inline(__always)
    mutating func add(_ run: Range<Int>) {
        if run.count == PackedRTree.nodeSize, room >= PackedRTree.nodeSize {
            let leaf = UnsafeRawPointer(values + run.lowerBound).loadUnaligned(as: Lanes.self)
            UnsafeMutableRawPointer(out + count).storeBytes(of: leaf, as: Lanes.self)
        } else if room > 0 {
            (out + count).update(from: values + run.lowerBound, count: Swift.min(run.count, room))
        }
        count &+= run.count
    }
}
