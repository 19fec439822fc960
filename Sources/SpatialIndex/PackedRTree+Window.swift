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
        var found = 0
        withExtendedLifetime(column) {
            withHandle { tree in found = tree.copyValues(column.base, in: window, into: out) }
        }
        return found
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
    func search(_ window: TreeWindow, opensLeaves: Bool, _ body: (Range<Int>) -> Void) {
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
    /// Copies the values of the points inside a window, as far as there is room, and returns how many there are. `values` has one for each point.
    func copyValues(_ values: UnsafePointer<UInt32>, in window: TreeWindow, into out: UnsafeMutableBufferPointer<UInt32>) -> Int {
        var copy = ValueCopy(of: values, into: out)
        if isWide {
            let (window, level) = (WideWindow(window), entryLevel)
            for group in 0..<groups(level: level) { self.copy(window, level: level, group: group, &copy) }
        } else {
            search(region: window, opensLeaves: true) { copy.add($0) }
        }
        return copy.count
    }

    private func copy(_ window: WideWindow, level: Int, group: Int, _ copy: inout ValueCopy) {
        var boxes = window.boxes(self, at: starts[level] &+ group &<< PackedRTree.nodeShift, asksInside: true)
        boxes.touching &= validMask(level: level, group: group)
        if level == 0, copy.add(boxes, ofGroup: group, self, window) { return }
        while boxes.touching != 0 {
            let lane = boxes.touching.trailingZeroBitCount
            boxes.touching &= boxes.touching &- 1
            let node = group &<< PackedRTree.nodeShift &+ lane
            let run = run(level: level, node: node)
            if boxes.inside &>> UInt32(truncatingIfNeeded: lane) & 1 == 1 {
                copy.add(run)
            } else if level > 0 {
                self.copy(window, level: level &- 1, group: node, &copy)
            } else {
                for index in run where window.contains(x: x[index], y: y[index]) { copy.add(index..<index &+ 1) }
            }
        }
    }
}

/// Values on their way out. Whole groups are written only while there is room for one; without room nothing is written, only counted.
private struct ValueCopy {
    private let values: UnsafePointer<UInt32>
    private let out: UnsafeMutableBufferPointer<UInt32>
    /// Values so far, those without room among them.
    private(set) var count = 0

    init(of values: UnsafePointer<UInt32>, into out: UnsafeMutableBufferPointer<UInt32>) {
        self.values = values
        self.out = out
    }

    /// Negative once there are more values than `out` holds.
    @inline(__always)
    private var room: Int { out.count &- count }

    /// Where the next value belongs. Only while there is room: a buffer with room has an address.
    @inline(__always)
    private var place: UnsafeMutablePointer<UInt32> { out.baseAddress.unsafelyUnwrapped + count }

    @inline(__always)
    mutating func add(_ run: Range<Int>) {
        if room > 0 { place.update(from: values + run.lowerBound, count: Swift.min(run.count, room)) }
        count &+= run.count
    }

    /// Those of some leaves of a group that lie inside a window. False, and nothing is done, without room for a group or where the group is the
    /// last one, which may have fewer points.
    @inline(__always)
    mutating func add(_ leaves: BoxMasks, ofGroup group: Int, _ tree: TreeHandle, _ window: WideWindow) -> Bool {
        let points = tree.run(level: 1, node: group)
        guard points.count == ValueCopy.group, room >= ValueCopy.group else { return false }
        count = window.values(tree, at: points.lowerBound, leaves, values, into: place) - out.baseAddress.unsafelyUnwrapped
        return true
    }

    private static let group = PackedRTree.nodeSize * PackedRTree.nodeSize
}
