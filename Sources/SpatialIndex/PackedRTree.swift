// PackedRTree.swift: bounding boxes over points that stand in Hilbert order. Sixteen consecutive points are a leaf,
// sixteen consecutive leaves a node of the level above, up to a top level of at most sixteen nodes. No pointers: where a
// node's children stand follows from its number, so the tree is four flat columns of box edges, leaves first.
//
// Each level is padded with empty boxes to whole groups of sixteen, so that a group can be tested with vector
// instructions and no remainder. Packed Hilbert R-tree: Kamel and Faloutsos, "On packing R-trees", CIKM 1993.

/// What contradicts itself in an index.
public enum IndexError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A column has another length than the points ask for.
    case wrongCount(column: String, expected: Int, found: Int)
    /// Points are not in Hilbert order at a position.
    case notInHilbertOrder(position: Int)
    /// A node's box is not the smallest around its contents, or a padding box is not empty.
    case wrongBox(node: Int)

    public var description: String {
        switch self {
        case .wrongCount(let column, let expected, let found): "column \(column) has \(found) elements instead of \(expected)"
        case .notInHilbertOrder(let position): "point \(position) stands out of Hilbert order"
        case .wrongBox(let node): "the box of node \(node) does not fit its contents"
        }
    }
}

/// A packed R-tree over points in Hilbert order. Immutable; may be used by any number of threads.
///
/// Memory: 8 bytes a point for its cell, about 1.07 for the boxes, 0.03 for the curve's directory, and 128 kB for the bitmap of empty places.
public struct PackedRTree: Sendable {
    /// Points a leaf and children a node.
    public static let nodeSize = 16
    static let nodeShift = 4

    /// Cells of the points, in Hilbert order.
    public let x: Column<UInt32>
    public let y: Column<UInt32>
    /// Edges of the nodes' boxes, leaves first, level by level, each level padded to a multiple of `nodeSize`.
    public let boxMinX: Column<UInt32>
    public let boxMinY: Column<UInt32>
    public let boxMaxX: Column<UInt32>
    public let boxMaxY: Column<UInt32>
    let levels: TreeLevels
    let occupancy: Occupancy
    let directory: CurveDirectory

    public var count: Int { x.count }

    /// Builds the boxes over points that are in Hilbert order already. O(n).
    ///
    /// Columns of different lengths are cut to the shorter. The order is not checked here but by `checkInvariants`; points
    /// in another order make tile ranges and cells meaningless, other queries slow.
    public init(x: Column<UInt32>, y: Column<UInt32>) {
        let count = Swift.min(x.count, y.count)
        levels = TreeLevels(pointCount: count)
        self.x = x.prefixColumn(count)
        self.y = y.prefixColumn(count)
        let levels = levels
        (boxMinX, boxMaxX) = TreeBuilder.boxes(over: self.x, levels)
        (boxMinY, boxMaxY) = TreeBuilder.boxes(over: self.y, levels)
        let handle = TreeHandle(count: count, self.x, self.y, boxMinX, boxMinY, boxMaxX, boxMaxY, levels)
        occupancy = Occupancy(of: handle)
        directory = CurveDirectory(of: handle)
    }

    /// Takes columns as a file has them. O(n / 16), for the bitmap of empty places.
    ///
    /// Counts are checked, contents are not: false boxes or points give false answers, never a trap and never an access
    /// outside the columns, since where a child stands follows from counts alone.
    /// - Throws: `IndexError.wrongCount`.
    public init(
        x: Column<UInt32>, y: Column<UInt32>, boxMinX: Column<UInt32>, boxMinY: Column<UInt32>, boxMaxX: Column<UInt32>,
        boxMaxY: Column<UInt32>
    ) throws(IndexError) {
        guard y.count == x.count else { throw .wrongCount(column: "y", expected: x.count, found: y.count) }
        levels = TreeLevels(pointCount: x.count)
        for (name, column) in [("minX", boxMinX), ("minY", boxMinY), ("maxX", boxMaxX), ("maxY", boxMaxY)]
        where column.count != levels.boxCount {
            throw .wrongCount(column: name, expected: levels.boxCount, found: column.count)
        }
        self.x = x
        self.y = y
        self.boxMinX = boxMinX
        self.boxMinY = boxMinY
        self.boxMaxX = boxMaxX
        self.boxMaxY = boxMaxY
        let handle = TreeHandle(count: x.count, x, y, boxMinX, boxMinY, boxMaxX, boxMaxY, levels)
        occupancy = Occupancy(of: handle)
        directory = CurveDirectory(of: handle)
    }

    /// Checks everything that queries rely on: the order of the points and the fit of every box. O(n).
    /// - Throws: the first contradiction.
    public func checkInvariants() throws(IndexError) {
        guard y.count == count else { throw .wrongCount(column: "y", expected: count, found: y.count) }
        var last: UInt64 = 0
        for index in 0..<count {
            let position = HilbertCurve.position(of: GridPoint(x: x[index], y: y[index]))
            guard position >= last else { throw .notInHilbertOrder(position: index) }
            last = position
        }
        let right = PackedRTree(x: x, y: y)
        guard boxMinX.count == right.boxMinX.count else {
            throw .wrongCount(column: "minX", expected: right.boxMinX.count, found: boxMinX.count)
        }
        for node in 0..<boxMinX.count
        where boxMinX[node] != right.boxMinX[node] || boxMinY[node] != right.boxMinY[node] || boxMaxX[node] != right.boxMaxX[node]
            || boxMaxY[node] != right.boxMaxY[node]
        {
            throw .wrongBox(node: node)
        }
    }
}

/// Where the levels of a tree stand in its box columns. Follows from the number of points alone.
struct TreeLevels: Sendable {
    /// First box of each level, leaves first; a multiple of sixteen.
    let starts: Column<Int>
    /// Nodes of each level, without padding.
    let counts: Column<Int>
    /// Length of a box column.
    let boxCount: Int

    init(pointCount: Int) {
        var starts: [Int] = []
        var counts: [Int] = []
        var end = 0
        var below = pointCount
        while below > 0 {
            let nodes = (below + PackedRTree.nodeSize - 1) >> PackedRTree.nodeShift
            starts.append(end)
            counts.append(nodes)
            end += (nodes + PackedRTree.nodeSize - 1) & ~(PackedRTree.nodeSize - 1)
            below = nodes > PackedRTree.nodeSize ? nodes : 0
        }
        self.starts = Column(starts)
        self.counts = Column(counts)
        boxCount = end
    }
}

private enum TreeBuilder {
    /// Two opposite edges of every box: least and greatest of each group of sixteen, level by level.
    static func boxes(over points: Column<UInt32>, _ levels: TreeLevels) -> (least: Column<UInt32>, greatest: Column<UInt32>) {
        var greatest = Column<UInt32>([])
        let least = Column<UInt32>(count: levels.boxCount) { low in
            greatest = Column<UInt32>(count: levels.boxCount) { high in
                low.initialize(repeating: .max)
                high.initialize(repeating: .min)
                guard let low = low.baseAddress, let high = high.baseAddress else { return }
                withExtendedLifetime(points) { fill(low, high, points.base, points.count, levels) }
            }
        }
        return (least, greatest)
    }

    // Bounds: a level has ceil(sourceCount / 16) nodes; each reads below sourceCount and writes below the level's padded end.
    private static func fill(
        _ low: UnsafeMutablePointer<UInt32>, _ high: UnsafeMutablePointer<UInt32>, _ points: UnsafePointer<UInt32>, _ count: Int,
        _ levels: TreeLevels
    ) {
        var lowSource = points
        var highSource = points
        var sourceCount = count
        for level in 0..<levels.starts.count {
            let start = levels.starts[level]
            for node in 0..<levels.counts[level] {
                let first = node << PackedRTree.nodeShift
                let end = Swift.min(first + PackedRTree.nodeSize, sourceCount)
                var least = lowSource[first]
                var most = highSource[first]
                var child = first + 1
                while child < end {
                    least = Swift.min(least, lowSource[child])
                    most = Swift.max(most, highSource[child])
                    child += 1
                }
                low[start + node] = least
                high[start + node] = most
            }
            lowSource = UnsafePointer(low + start)
            highSource = UnsafePointer(high + start)
            sourceCount = levels.counts[level]
        }
    }
}

extension Column {
    /// The first `count` values, without a copy. `count` must not be over the column's.
    fileprivate func prefixColumn(_ count: Int) -> Column {
        Column(borrowing: base, count: Swift.min(count, self.count), owner: owner)
    }
}
