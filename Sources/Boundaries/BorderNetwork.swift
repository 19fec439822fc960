// BorderNetwork.swift: the borders of one level as arcs, each between two nodes and each held once, however many places it bounds
// (the idea of TopoJSON). What is done to an arc, simplifying above all, is done to both its places: no gap, no overlap.

/// The arcs of a coverage's level and the rings made of them.
public struct BorderNetwork: Sendable {
    public struct Arc: Sendable {
        /// First and last are nodes, or the same corner where the arc is a ring by itself.
        public var corners: [Corner]
        /// The place on the left, as an index into the places given.
        public var left: Int
        /// The place on the right; nil: sea, abroad, or a hole.
        public var right: Int?
    }

    /// An arc of a ring: its number, or the complement of its number where the ring runs against it.
    public typealias ArcReference = Int32

    public private(set) var arcs: [Arc] = []
    /// Per place its polygons, each an exterior and its holes.
    public private(set) var polygons: [[[[ArcReference]]]] = []

    private struct DirectedEdge: Hashable {
        var from: UInt64
        var to: UInt64
    }

    /// - Parameter outlines: of one level of a coverage.
    ///
    /// Cost: O(n log n) in corners.
    public init(_ outlines: [Outline]) {
        let nodes = BorderNetwork.nodes(of: outlines)
        var known: [DirectedEdge: ArcReference] = [:]
        for (place, outline) in outlines.enumerated() {
            polygons.append(
                outline.polygons.map { polygon in
                    polygon.map { ring in
                        BorderNetwork.cut(ring, at: nodes).map { piece in reference(piece, of: place, in: &known) }
                    }
                })
        }
    }

    /// The arc of a piece of a ring, made when it is met for the first time.
    private mutating func reference(_ piece: [Corner], of place: Int, in known: inout [DirectedEdge: ArcReference]) -> ArcReference {
        let start = DirectedEdge(from: piece[0].key, to: piece[1].key)
        if let reference = known[start] {
            if reference < 0 { arcs[Int(~reference)].right = place }
            return reference
        }
        let number = ArcReference(arcs.count)
        arcs.append(Arc(corners: piece, left: place, right: nil))
        known[start] = number
        known[DirectedEdge(from: piece[piece.count - 1].key, to: piece[piece.count - 2].key)] = ~number
        return number
    }

    /// Corners where an arc ends: where other than two edges meet, or the places on the sides change.
    private static func nodes(of outlines: [Outline]) -> Set<UInt64> {
        struct Side {
            var low: UInt64
            var high: UInt64
            var place: Int32
        }
        var sides: [Side] = []
        for (place, outline) in outlines.enumerated() {
            for ring in outline.polygons.joined() {
                guard var previous = ring.last else { continue }
                for corner in ring {
                    sides.append(
                        Side(low: min(previous.key, corner.key), high: max(previous.key, corner.key), place: Int32(place)))
                    previous = corner
                }
            }
        }
        sides.sort { ($0.low, $0.high, $0.place) < ($1.low, $1.high, $1.place) }
        // One entry per end of each edge; the label is the pair of places beside it.
        var ends: [(corner: UInt64, label: UInt64)] = []
        ends.reserveCapacity(2 * sides.count)
        var at = 0
        while at < sides.count {
            let side = sides[at]
            let isShared = at + 1 < sides.count && sides[at + 1].low == side.low && sides[at + 1].high == side.high
            let other: Int32 = isShared ? sides[at + 1].place : -1
            let label = UInt64(UInt32(bitPattern: side.place)) << 32 | UInt64(UInt32(bitPattern: other))
            ends.append((side.low, label))
            ends.append((side.high, label))
            at += isShared ? 2 : 1
        }
        ends.sort { ($0.corner, $0.label) < ($1.corner, $1.label) }
        var nodes: Set<UInt64> = []
        at = 0
        while at < ends.count {
            var next = at + 1
            while next < ends.count, ends[next].corner == ends[at].corner { next += 1 }
            if next - at != 2 || ends[at].label != ends[at + 1].label { nodes.insert(ends[at].corner) }
            at = next
        }
        return nodes
    }

    /// A ring as pieces from node to node; a ring without nodes is one closed piece from its lowest corner.
    private static func cut(_ ring: [Corner], at nodes: Set<UInt64>) -> [[Corner]] {
        let count = ring.count
        let cuts = ring.indices.filter { nodes.contains(ring[$0].key) }
        guard let first = cuts.first ?? ring.indices.min(by: { ring[$0] < ring[$1] }) else { return [] }
        let starts = cuts.isEmpty ? [first] : cuts
        return starts.indices.map { index in
            let start = starts[index]
            let end = index + 1 < starts.count ? starts[index + 1] : starts[0] + count
            return (start...end).map { ring[$0 % count] }
        }
    }
}

extension BorderNetwork {
    /// A ring put together of its arcs' points, open; empty where nothing of it is left.
    ///
    /// - Parameter points: per arc, as `BorderSimplifier.points` gives them.
    public static func ring<Point: Equatable>(_ references: [ArcReference], points: [[Point]]) -> [Point] {
        var ring: [Point] = []
        for reference in references {
            // The last point is the next arc's first.
            let arc = points[Int(reference < 0 ? ~reference : reference)]
            if reference < 0 { ring += arc.dropFirst().reversed() } else { ring += arc.dropLast() }
        }
        return ring
    }
}
