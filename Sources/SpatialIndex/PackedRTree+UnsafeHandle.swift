// PackedRTree+UnsafeHandle.swift: the pointer work of the tree. The handle knows the columns' addresses and the levels; a
// query takes one for its duration. Boxes and points are tested in groups of sixteen.
//
// Bounds, once for all: a group g of a level stands at starts[level] + 16 g and is padded to sixteen, so a whole group may
// be loaded whenever 16 g < counts[level]. Group numbers come from the top level (group 0) or from a node number below
// counts[level + 1], and node n's children are group n of the level below. Points are not padded: the last leaf is read point
// by point. Nothing here follows a number that was read from a column, so corrupted contents cannot lead outside.

import CVector

/// The addresses of a tree, for the duration of a query.
struct TreeHandle {
    let x: UnsafePointer<UInt32>
    let y: UnsafePointer<UInt32>
    let minX: UnsafePointer<UInt32>
    let minY: UnsafePointer<UInt32>
    let maxX: UnsafePointer<UInt32>
    let maxY: UnsafePointer<UInt32>
    let count: Int
    let starts: UnsafePointer<Int>
    let counts: UnsafePointer<Int>
    /// The level of at most sixteen nodes; −1 in an empty tree.
    let topLevel: Int
    /// Whether the processor tests a group at once, not four by four (CVector/wide.h). A variable for tests alone.
    var isWide: Bool

    /// The points below a node: one contiguous run.
    @inline(__always)
    func run(level: Int, node: Int) -> Range<Int> {
        let shift = PackedRTree.nodeShift &* (level &+ 1)
        let start = node &<< shift
        return Range(uncheckedBounds: (start, Swift.min(start &+ (1 &<< shift), count)))
    }

    /// The nodes of a group: sixteen, or fewer in the last group of a level.
    @inline(__always)
    func nodes(level: Int, group: Int) -> Int {
        Swift.min(counts[level] &- group &<< PackedRTree.nodeShift, PackedRTree.nodeSize)
    }

    /// A bit for each node of a group.
    @inline(__always)
    func validMask(level: Int, group: Int) -> UInt32 { (1 &<< UInt32(truncatingIfNeeded: nodes(level: level, group: group))) &- 1 }

    /// Has what is to be read below some nodes of a group, a bit each, come before it is needed: the boxes of their children, or the cells of
    /// their points. An index is larger than a core's own caches, and several lines of memory come in the time of one. (Windows gain nothing by it.)
    @inline(__always)
    func fetchBelow(level: Int, group: Int, _ nodes: UInt32) {
        let first = group &<< PackedRTree.nodeShift
        var nodes = nodes
        while nodes != 0 {
            let below = (first &+ nodes.trailingZeroBitCount) &<< PackedRTree.nodeShift
            nodes &= nodes &- 1
            if level == 0 {
                vector_fetch(x + below)
                vector_fetch(y + below)
            } else {
                let at = starts[level &- 1] &+ below
                vector_fetch(minX + at)
                vector_fetch(minY + at)
                vector_fetch(maxX + at)
                vector_fetch(maxY + at)
            }
        }
    }

    @inline(__always)
    func box(level: Int, node: Int) -> GridBox {
        let at = starts[level] &+ node
        return GridBox(minX: minX[at], minY: minY[at], maxX: maxX[at], maxY: maxY[at])
    }
}

extension TreeHandle {
    /// The addresses of columns, which the caller keeps alive; nil without points.
    init?(
        count: Int, _ x: Column<UInt32>, _ y: Column<UInt32>, _ minX: Column<UInt32>, _ minY: Column<UInt32>, _ maxX: Column<UInt32>,
        _ maxY: Column<UInt32>, _ levels: TreeLevels
    ) {
        guard count > 0 else { return nil }
        self.init(
            x: x.base, y: y.base, minX: minX.base, minY: minY.base, maxX: maxX.base, maxY: maxY.base, count: count,
            starts: levels.starts.base, counts: levels.counts.base, topLevel: levels.starts.count - 1,
            isWide: vector_is_wide())
    }
}

extension PackedRTree {
    /// Calls `body` with the addresses, unless the tree is empty.
    @inline(__always)
    func withHandle(_ body: (TreeHandle) -> Void) {
        withExtendedLifetime(self) {
            guard let handle = TreeHandle(count: count, x, y, boxMinX, boxMinY, boxMaxX, boxMaxY, levels) else { return }
            body(handle)
        }
    }
}

/// Which of sixteen boxes or points a search is after.
protocol TreeRegion {
    /// Of sixteen boxes: which may hold something of the region, and which of these lie wholly inside. For boxes that do not touch, and where it
    /// is not asked for, `inside` is anything.
    func boxes(_ tree: TreeHandle, at: Int, asksInside: Bool) -> BoxMasks
    /// Of sixteen points: which lie inside.
    func points(_ tree: TreeHandle, at: Int) -> UInt32
    func contains(x: UInt32, y: UInt32) -> Bool
}

/// A bit for each of sixteen boxes; higher bits are anything.
struct BoxMasks {
    var touching: UInt32
    var inside: UInt32
}

/// A rectangle of cells. Compares signed, with the highest bit of every edge turned: SSE2 knows no unsigned comparison.
struct TreeWindow: TreeRegion {
    let box: GridBox

    /// Nil when empty.
    init?(_ box: GridBox) {
        guard box.minX <= box.maxX, box.minY <= box.maxY else { return nil }
        self.box = box
    }

    private var west: FourLanes { SIMD4(repeating: box.minX).signed }
    private var east: FourLanes { SIMD4(repeating: box.maxX).signed }
    private var north: FourLanes { SIMD4(repeating: box.minY).signed }
    private var south: FourLanes { SIMD4(repeating: box.maxY).signed }

    @inline(__always)
    func boxes(_ tree: TreeHandle, at: Int, asksInside: Bool) -> BoxMasks {
        let touching = touching(tree, at: at)
        return BoxMasks(touching: touching, inside: asksInside && touching & 0xFFFF != 0 ? inside(tree, at: at) : 0)
    }

    @inline(__always)
    private func touching(_ tree: TreeHandle, at: Int) -> UInt32 {
        let (west, east, north, south) = (west, east, north, south)
        return ~FourLanes.bits { lane in
            let at = at &+ lane
            let outX = (tree.minX + at).fourLanes.signed.over(east) | west.over((tree.maxX + at).fourLanes.signed)
            let outY = (tree.minY + at).fourLanes.signed.over(south) | north.over((tree.maxY + at).fourLanes.signed)
            return outX | outY
        }
    }

    @inline(__always)
    private func inside(_ tree: TreeHandle, at: Int) -> UInt32 {
        let (west, east, north, south) = (west, east, north, south)
        return ~FourLanes.bits { lane in
            let at = at &+ lane
            let outX = west.over((tree.minX + at).fourLanes.signed) | (tree.maxX + at).fourLanes.signed.over(east)
            let outY = north.over((tree.minY + at).fourLanes.signed) | (tree.maxY + at).fourLanes.signed.over(south)
            return outX | outY
        }
    }

    @inline(__always)
    func points(_ tree: TreeHandle, at: Int) -> UInt32 {
        let (west, east, north, south) = (west, east, north, south)
        return 0xFFFF
            & ~FourLanes.bits { lane in
                let x = (tree.x + at + lane).fourLanes.signed
                let y = (tree.y + at + lane).fourLanes.signed
                return west.over(x) | x.over(east) | north.over(y) | y.over(south)
            }
    }

    @inline(__always)
    func contains(x: UInt32, y: UInt32) -> Bool { box.contains(GridPoint(x: x, y: y)) }
}

/// A rectangle of cells, as `TreeWindow`, on a processor with wide vectors. A type of its own: asked for each group which of the two it is, the
/// other processors would take up to 17 % more instructions.
struct WideWindow: TreeRegion {
    private let box: GridBox

    init(_ window: TreeWindow) { box = window.box }

    private var edges: vector_box { vector_box(min_x: box.minX, min_y: box.minY, max_x: box.maxX, max_y: box.maxY) }

    @inline(__always)
    func boxes(_ tree: TreeHandle, at: Int, asksInside: Bool) -> BoxMasks {
        let both = vector_boxes(tree.minX + at, tree.minY + at, tree.maxX + at, tree.maxY + at, edges)
        return BoxMasks(touching: both, inside: both &>> 16)
    }

    @inline(__always)
    func points(_ tree: TreeHandle, at: Int) -> UInt32 { vector_points(tree.x + at, tree.y + at, edges) }

    /// Copies the values of the points inside, of the leaves of a group with all its points, and returns where the next value belongs. `out` has
    /// room for a group, all of which may be written.
    @inline(__always)
    func values(
        _ tree: TreeHandle, at: Int, _ leaves: BoxMasks, _ values: UnsafePointer<UInt32>, into out: UnsafeMutablePointer<UInt32>
    ) -> UnsafeMutablePointer<UInt32> {
        vector_values(tree.x + at, tree.y + at, values + at, edges, leaves.touching, leaves.inside, out)
    }

    @inline(__always)
    func contains(x: UInt32, y: UInt32) -> Bool { box.contains(GridPoint(x: x, y: y)) }
}

/// A window on the globe: an interval of columns that may run over the antimeridian, and an interval of rows.
struct GlobeWindow: TreeRegion {
    /// Westernmost column, and how many more follow eastward (modulo 2^32).
    let west: UInt32
    let width: UInt32
    let north: UInt32
    let height: UInt32

    /// `south` must not be under `north`.
    init(west: UInt32, width: UInt32, north: UInt32, south: UInt32) {
        self.west = west
        self.width = width
        self.north = north
        height = south &- north
    }

    /// The same rectangle without the antimeridian; nil when it runs over it.
    var flat: TreeWindow? {
        let (east, overflow) = west.addingReportingOverflow(width)
        return overflow ? nil : TreeWindow(GridBox(minX: west, minY: north, maxX: east, maxY: north &+ height))
    }

    @inline(__always)
    func boxes(_ tree: TreeHandle, at: Int, asksInside: Bool) -> BoxMasks {
        BoxMasks(touching: touching(tree, at: at), inside: asksInside ? inside(tree, at: at) : 0)
    }

    /// Two intervals on a circle, [a, b] and [west, west + width], meet when one begins inside the other.
    @inline(__always)
    private func touching(_ tree: TreeHandle, at: Int) -> UInt32 {
        let a = (tree.minX + at).lanes
        let c = (tree.minY + at).lanes
        let dx = a &- Lanes(repeating: west)
        let dy = c &- Lanes(repeating: north)
        let meetsX = dx.atMost(Lanes(repeating: width)) | (Lanes.zero &- dx).atMost((tree.maxX + at).lanes &- a)
        let meetsY = dy.atMost(Lanes(repeating: height)) | (Lanes.zero &- dy).atMost((tree.maxY + at).lanes &- c)
        return (meetsX & meetsY).bits
    }

    @inline(__always)
    private func inside(_ tree: TreeHandle, at: Int) -> UInt32 {
        let a = (tree.minX + at).lanes
        let c = (tree.minY + at).lanes
        let width = Lanes(repeating: width)
        let height = Lanes(repeating: height)
        let dx = a &- Lanes(repeating: west)
        let dy = c &- Lanes(repeating: north)
        let fitsX = dx.atMost(width) & ((tree.maxX + at).lanes &- a).atMost(width &- dx)
        let fitsY = dy.atMost(height) & ((tree.maxY + at).lanes &- c).atMost(height &- dy)
        return (fitsX & fitsY).bits
    }

    @inline(__always)
    func points(_ tree: TreeHandle, at: Int) -> UInt32 {
        let dx = (tree.x + at).lanes &- Lanes(repeating: west)
        let dy = (tree.y + at).lanes &- Lanes(repeating: north)
        return (dx.atMost(Lanes(repeating: width)) & dy.atMost(Lanes(repeating: height))).bits
    }

    @inline(__always)
    func contains(x: UInt32, y: UInt32) -> Bool { x &- west <= width && y &- north <= height }
}

/// Joins runs that touch, and hands each on when the next one does not.
struct RunJoiner {
    private var start = 0
    private var end = 0

    @inline(__always)
    mutating func add(_ run: Range<Int>, _ body: (Range<Int>) -> Void) {
        if run.lowerBound != end {
            flush(body)
            start = run.lowerBound
        }
        end = run.upperBound
    }

    @inline(__always)
    func flush(_ body: (Range<Int>) -> Void) {
        if start < end { body(Range(uncheckedBounds: (start, end))) }
    }
}
