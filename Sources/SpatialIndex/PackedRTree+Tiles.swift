// PackedRTree+Tiles.swift: tiles and their cells as runs of the order. The Hilbert curve fills a square before it leaves it,
// so both are found by binary search, and sums over cells need no structure of their own.

extension PackedRTree {
    /// The points of a tile: one run of the order. O(log n).
    public func range(of tile: TileID) -> Range<Int> {
        let wanted = tile.hilbertRange
        let tables = HilbertCurve.tables
        var result = 0..<0
        withHandle { tree in
            let start = tree.firstPosition(in: 0..<tree.count) { tables.position(x: tree.x[$0], y: tree.y[$0]) >= wanted.lowerBound }
            // Most tiles hold few points: gallop from the start.
            var end = start
            var step = 16
            let box = tile.box
            while end + step < tree.count, box.contains(GridPoint(x: tree.x[end + step], y: tree.y[end + step])) {
                end += step
                step *= 2
            }
            let limit = Swift.min(end + step, tree.count)
            end = tree.firstPosition(in: end..<limit) { tables.position(x: tree.x[$0], y: tree.y[$0]) > wanted.upperBound }
            result = start..<end
        }
        return result
    }

    /// Calls `body` for every non-empty cell of zoom `cellZoom` (clamped to 0...32) in a run, in Hilbert order, with the
    /// cell's points.
    ///
    /// A run that begins or ends inside a cell gives that cell's part; a run beyond the points is cut.
    /// O(cells · log(points a cell)).
    public func forEachCell(in range: Range<Int>, cellZoom: Int, _ body: (TileID, Range<Int>) -> Void) {
        let zoom = Swift.min(Swift.max(cellZoom, 0), 32)
        // Shifts by 32 (zoom 0) give 0: these are smart shifts.
        let shift = UInt32(32 - zoom)
        let high = UInt32.max << shift
        withHandle { tree in
            let end = Swift.min(range.upperBound, tree.count)
            var start = Swift.max(range.lowerBound, 0)
            while start < end {
                let outside = tree.endOfCell(from: start, to: end, high: high)
                body(TileID(uncheckedZ: zoom, x: tree.x[start] >> shift, y: tree.y[start] >> shift), start..<outside)
                start = outside
            }
        }
    }

    /// Sums over the cells of a run: folds each point that passes into its cell's accumulator.
    ///
    /// - Parameters:
    ///   - initial: what every cell begins with.
    ///   - add: called with the accumulator and the point's position in the order.
    /// - Returns: cells with at least one passing point, in Hilbert order. O(points in the run).
    @inlinable
    @inline(__always)
    public func aggregate<Sum>(
        in range: Range<Int>, cellZoom: Int, initial: Sum, where filter: (Int) -> Bool, add: (inout Sum, Int) -> Void
    ) -> [(cell: TileID, sum: Sum)] {
        var sums: [(cell: TileID, sum: Sum)] = []
        forEachCell(in: range, cellZoom: cellZoom) { cell, run in
            var sum = initial
            var any = false
            // Sixty-four filter results first, then their bits: no branch waits on a single one.
            var start = run.lowerBound
            while start < run.upperBound {
                let end = Swift.min(start &+ 64, run.upperBound)
                var passing: UInt64 = 0
                var index = start
                while index < end {
                    passing |= (filter(index) ? 1 : 0) &<< UInt64(truncatingIfNeeded: index &- start)
                    index &+= 1
                }
                if passing != 0 { any = true }
                while passing != 0 {
                    add(&sum, start &+ passing.trailingZeroBitCount)
                    passing &= passing &- 1
                }
                start = end
            }
            if any { sums.append((cell, sum)) }
        }
        return sums
    }
}

extension TreeHandle {
    /// Where the cell of a point ends, at most `end`: a cell is contiguous.
    ///
    /// - Parameters:
    ///   - start: before `end`, which is at most the number of points.
    ///   - high: the bits of a row or column that name the cell.
    @inline(__always)
    fileprivate func endOfCell(from start: Int, to end: Int, high: UInt32) -> Int {
        let (cellX, cellY) = (x[start], y[start])
        func isOutside(_ index: Int) -> Bool { ((x[index] ^ cellX) | (y[index] ^ cellY)) & high != 0 }
        // Most cells hold one point, or a few: the next, then sixteen at a time; then gallop until outside, and halve.
        var inside = start
        if inside &+ 1 >= end || isOutside(inside &+ 1) { return inside &+ 1 }
        var step = 1
        if inside &+ PackedRTree.nodeSize <= end {
            let (cellX, cellY) = (SIMD4(repeating: cellX), SIMD4(repeating: cellY))
            let outside = FourLanes.bits { lane in
                let away = (((x + start + lane).fourLanes ^ cellX) | ((y + start + lane).fourLanes ^ cellY)) & SIMD4(repeating: high)
                return unsafeBitCast(away .!= .zero, to: FourLanes.self)
            }
            if outside != 0 { return start &+ outside.trailingZeroBitCount }
            inside = start &+ PackedRTree.nodeSize &- 1
            step = PackedRTree.nodeSize
        }
        while inside &+ step < end, !isOutside(inside &+ step) {
            inside &+= step
            step &*= 2
        }
        return firstPosition(in: inside &+ 1..<Swift.min(inside &+ step, end)) { isOutside($0) }
    }

    /// The first position of a range where a predicate holds that, once true, stays true; the end if it never does.
    @inline(__always)
    fileprivate func firstPosition(in range: Range<Int>, where predicate: (Int) -> Bool) -> Int {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = low + (high - low) / 2
            if predicate(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
