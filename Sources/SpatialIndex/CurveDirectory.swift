// CurveDirectory.swift: where a place stands in the order. The points round it in the order are mostly near it on the ground too: a
// good beginning for a search of the nearest, without a descent through boxes that overlap.

/// The position on the curve of the first point of every 256: a node above the leaves. 8 bytes each.
struct CurveDirectory: Sendable {
    private let firsts: Column<UInt64>

    /// O(n / 256). Points out of order make bad answers, never one outside the nodes.
    init(of tree: TreeHandle?) {
        guard let tree else {
            firsts = Column([])
            return
        }
        let tables = HilbertCurve.tables
        let shift = 2 * PackedRTree.nodeShift
        firsts = Column(
            stride(from: 0, to: tree.count, by: 1 << shift).map { tables.position(x: tree.x[$0], y: tree.y[$0]) })
    }

    /// The node whose points stand round a position of the curve: the last that begins at or before it. 0 without points. O(log n).
    @inline(__always)
    func node(at position: UInt64) -> Int {
        var start = 0
        var count = firsts.count
        while count > 1 {
            let half = count &>> 1
            // No branch: which half it is, nobody can foretell.
            start = firsts.base[start &+ half] <= position ? start &+ half : start
            count &-= half
        }
        return start
    }
}
