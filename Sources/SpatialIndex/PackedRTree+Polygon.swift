// PackedRTree+Polygon.swift: which points may lie in a polygon. A node that no edge touches lies wholly inside or wholly
// outside; only leaves that an edge touches are left for the caller to test.

extension PackedRTree {
    /// Calls `body` with runs that may lie inside a polygon (even-odd rule over all rings), ascending and disjoint.
    ///
    /// `certain` runs lie wholly inside; of the others each point is for the caller to test. A point on the rim is never
    /// certain and never missing. Rings may be open or closed; a ring of fewer than three points bounds nothing.
    /// Cost: O(edges · nodes that edges touch).
    public func polygon(rings: [[GridPoint]], _ body: (_ run: Range<Int>, _ certain: Bool) -> Void) {
        var search = PolygonSearch(rings)
        guard !search.isEmpty else { return }
        withHandle { tree in
            search.visit(tree, level: tree.topLevel, group: 0, edges: search.all, body)
            search.flush(body)
        }
    }
}

/// The walk of a polygon through the tree. Coordinates of the grid are exact as doubles.
private struct PolygonSearch {
    private struct Edge {
        var ax: Double
        var ay: Double
        var bx: Double
        var by: Double
    }

    private var edges: [Edge] = []
    /// Numbers of the edges that touch the nodes on the way down, one stretch a level.
    private var touching: [Int] = []
    private var pending: (run: Range<Int>, certain: Bool) = (0..<0, false)

    init(_ rings: [[GridPoint]]) {
        for ring in rings where ring.count >= 3 {
            var a = ring[ring.count - 1]
            for b in ring {
                if a != b { edges.append(Edge(ax: Double(a.x), ay: Double(a.y), bx: Double(b.x), by: Double(b.y))) }
                a = b
            }
        }
        touching = Array(edges.indices)
    }

    var isEmpty: Bool { edges.isEmpty }
    /// The stretch of `touching` to begin with: all edges.
    var all: Range<Int> { 0..<edges.count }

    /// - Parameter candidates: a stretch of `touching`; only edges that touch a node can touch what is below it.
    mutating func visit(_ tree: TreeHandle, level: Int, group: Int, edges candidates: Range<Int>, _ body: (Range<Int>, Bool) -> Void) {
        let first = group << PackedRTree.nodeShift
        for node in first..<first + tree.nodes(level: level, group: group) {
            let box = tree.box(level: level, node: node)
            let start = touching.count
            for place in candidates {
                let edge = touching[place]
                if touches(edges[edge], box) { touching.append(edge) }
            }
            let run = tree.run(level: level, node: node)
            if touching.count == start {
                // No edge: one corner speaks for all.
                if contains(x: Double(box.minX), y: Double(box.minY)) { add(run, true, body) }
            } else if level == 0 {
                add(run, false, body)
            } else {
                visit(tree, level: level - 1, group: node, edges: start..<touching.count, body)
            }
            touching.removeSubrange(start...)
        }
    }

    private mutating func add(_ run: Range<Int>, _ certain: Bool, _ body: (Range<Int>, Bool) -> Void) {
        if run.lowerBound == pending.run.upperBound, certain == pending.certain {
            pending.run = pending.run.lowerBound..<run.upperBound
        } else {
            flush(body)
            pending = (run, certain)
        }
    }

    func flush(_ body: (Range<Int>, Bool) -> Void) {
        if !pending.run.isEmpty { body(pending.run, pending.certain) }
    }

    /// Whether an edge may touch a box: never false when it does.
    private func touches(_ edge: Edge, _ box: GridBox) -> Bool {
        let (minX, minY, maxX, maxY) = (Double(box.minX), Double(box.minY), Double(box.maxX), Double(box.maxY))
        guard max(edge.ax, edge.bx) >= minX, min(edge.ax, edge.bx) <= maxX, max(edge.ay, edge.by) >= minY, min(edge.ay, edge.by) <= maxY
        else { return false }
        // All four corners strictly on one side of the edge's line: no touch. Products reach 2^64, are rounded by up to 2^11,
        // and the difference by 2^12: what is nearer than 2^16 counts as a touch.
        let dx = edge.bx - edge.ax
        let dy = edge.by - edge.ay
        func side(_ x: Double, _ y: Double) -> Double { dx * (y - edge.ay) - dy * (x - edge.ax) }
        let sides = (side(minX, minY), side(maxX, minY), side(minX, maxY), side(maxX, maxY))
        let least = min(min(sides.0, sides.1), min(sides.2, sides.3))
        let most = max(max(sides.0, sides.1), max(sides.2, sides.3))
        return least < 65_536 && most > -65_536
    }

    /// Even-odd rule. Asked only for a corner that no edge touches: it is at least 2^16 / 2^32 cells from every edge of its
    /// row, and the crossing is computed to 2^-19 cells.
    private func contains(x: Double, y: Double) -> Bool {
        var inside = false
        for edge in edges where (edge.ay > y) != (edge.by > y) {
            if x < (edge.bx - edge.ax) * ((y - edge.ay) / (edge.by - edge.ay)) + edge.ax { inside.toggle() }
        }
        return inside
    }
}
