// BorderSimplifier.swift: the arcs of a network at each zoom, with as few corners as the zoom can show.
//
// Douglas–Peucker, once for all zooms: every corner gets the tolerance up to which it is kept, so a zoom's arc is those over the zoom's own.
// No point of an arc is then farther than the tolerance from its simplified line. Where simplified lines would cross or run into
// each other, corners are put back until none does, so that places stay valid and neighbours keep one border.

import SpatialIndex

/// Simplified arcs of a network.
public struct BorderSimplifier {
    /// Zooms that have geometry of their own; deeper ones use the last.
    public static let zooms = 0...12

    /// The tolerance at a zoom in cells of the grid: a quarter of a pixel at 512 pixels a tile.
    public static func tolerance(zoom: Int) -> Double { Double(UInt64(1) << UInt64(21 - zoom)) }

    private let arcs: [[GridPoint]]
    /// Per corner: the largest tolerance that keeps it.
    private let weights: [[Double]]

    public init(_ network: BorderNetwork) {
        arcs = network.arcs.map { BorderSimplifier.projected($0.corners) }
        weights = arcs.map(BorderSimplifier.weights)
    }

    /// Longest edge that is projected by its ends alone, in 10⁻⁷ degrees: an edge is straight in degrees (RFC 7946), which on the
    /// Mercator square is a curve; over 0.02° it strays under 0.1 m, over a degree 200 m, past a neighbour's corner.
    private static let longestEdge = 200_000.0

    static func projected(_ corners: [Corner]) -> [GridPoint] {
        var longitudes: [Double] = []
        var latitudes: [Double] = []
        var previous = corners.first
        for corner in corners {
            if let start = previous {
                let (dx, dy) = (Double(corner.x) - Double(start.x), Double(corner.y) - Double(start.y))
                let pieces = Int((max(abs(dx), abs(dy)) / longestEdge).rounded(.up))
                for piece in 1..<max(pieces, 1) {
                    let share = Double(piece) / Double(pieces)
                    longitudes.append((Double(start.x) + dx * share) / Corner.perDegree)
                    latitudes.append((Double(start.y) + dy * share) / Corner.perDegree)
                }
            }
            longitudes.append(corner.longitude)
            latitudes.append(corner.latitude)
            previous = corner
        }
        return MercatorGrid.project(longitudes: longitudes, latitudes: latitudes)
    }

    /// Per arc the points at a zoom, first and last included. An arc that is a ring by itself and too small to show has none.
    ///
    /// Cost: O(n log n).
    public func points(zoom: Int) -> [[GridPoint]] {
        let tolerance = BorderSimplifier.tolerance(zoom: zoom)
        var kept = zip(arcs, weights).map { arc, weights -> [Int] in
            let kept = arc.indices.filter { weights[$0] > tolerance }
            // A ring needs three different corners.
            return arc.first == arc.last && kept.count < 4 ? [] : kept
        }
        // Each round puts corners back, and the corners are finite; almost always one or two rounds do.
        while true {
            let conflicts = BorderConflicts(arcs: arcs, kept: kept).found
            var isChanged = false
            for (arc, starts) in conflicts {
                var added: [Int] = []
                for start in starts {
                    let hidden = kept[arc][start] + 1..<kept[arc][start + 1]
                    if let best = hidden.max(by: { weights[arc][$0] < weights[arc][$1] }) { added.append(best) }
                }
                if added.isEmpty { continue }
                kept[arc] = (kept[arc] + added).sorted()
                isChanged = true
            }
            if !isChanged { break }
        }
        return zip(arcs, kept).map { arc, kept in kept.map { arc[$0] } }
    }

    /// The largest tolerance of Douglas–Peucker that keeps each point. A part never outlives the cut that made it, so that a larger
    /// tolerance keeps a subset.
    static func weights(_ points: [GridPoint]) -> [Double] {
        var weights = [Double](repeating: .infinity, count: points.count)
        guard points.count > 2 else { return weights }
        var parts: [(first: Int, last: Int, limit: Double)] = [(0, points.count - 1, .infinity)]
        while let (first, last, limit) = parts.popLast() {
            if last - first < 2 { continue }
            var farthest = first + 1
            var distance = -1.0
            for index in first + 1..<last {
                let next = squaredDistance(points[index], points[first], points[last])
                if next > distance { (farthest, distance) = (index, next) }
            }
            let weight = min(limit, distance.squareRoot())
            weights[farthest] = weight
            parts.append((first, farthest, weight))
            parts.append((farthest, last, weight))
        }
        return weights
    }

    /// From a point to the segment between two others, in cells.
    static func squaredDistance(_ point: GridPoint, _ a: GridPoint, _ b: GridPoint) -> Double {
        let (dx, dy) = (Double(b.x) - Double(a.x), Double(b.y) - Double(a.y))
        let (px, py) = (Double(point.x) - Double(a.x), Double(point.y) - Double(a.y))
        let length = dx * dx + dy * dy
        let along = length > 0 ? min(max((px * dx + py * dy) / length, 0), 1) : 0
        let (ex, ey) = (px - along * dx, py - along * dy)
        return ex * ex + ey * ey
    }
}

/// Segments of simplified arcs that cross, touch or lie on each other.
struct BorderConflicts {
    /// Per arc: where in its kept list a segment in conflict starts; only segments that hide corners.
    private(set) var found: [Int: Set<Int>] = [:]

    private struct Segment {
        var a: GridPoint
        var b: GridPoint
        var arc: Int32
        var start: Int32
        var hides: Bool
    }

    init(arcs: [[GridPoint]], kept: [[Int]]) {
        var segments: [Segment] = []
        var extent = 0.0
        for (arc, indices) in kept.enumerated() {
            for start in indices.indices.dropLast() {
                let (a, b) = (arcs[arc][indices[start]], arcs[arc][indices[start + 1]])
                segments.append(
                    Segment(a: a, b: b, arc: Int32(arc), start: Int32(start), hides: indices[start + 1] - indices[start] > 1))
                extent += max(abs(Double(a.x) - Double(b.x)), abs(Double(a.y) - Double(b.y)))
            }
        }
        guard segments.contains(where: \.hides) else { return }
        // Cells of a power of two near four times the mean segment: a few segments a cell, a few cells a segment.
        let mean = extent / Double(segments.count)
        let shift = UInt32(min(max((4 * mean + 1).exponent, 4), 31))
        compare(segments, BorderConflicts.cells(segments, shift))
    }

    /// A segment in a cell of the grid.
    private struct Entry {
        var cell: UInt64
        var segment: Int32
    }

    /// The segments of each cell: an entry for each cell that a segment runs through.
    private static func cells(_ segments: [Segment], _ shift: UInt32) -> [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(2 * segments.count)
        for (number, segment) in segments.enumerated() {
            let (low, high) = segment.a.y <= segment.b.y ? (segment.a, segment.b) : (segment.b, segment.a)
            for row in low.y >> shift...high.y >> shift {
                // The part of the segment within the row, a cell wider against rounding.
                let bottom = max(Double(low.y), Double(UInt64(row) << UInt64(shift)))
                let top = min(Double(high.y), Double(UInt64(row + 1) << UInt64(shift)))
                let slope = high.y > low.y ? (Double(high.x) - Double(low.x)) / (Double(high.y) - Double(low.y)) : 0
                var (from, to) = (Double(low.x), Double(high.x))
                if high.y > low.y {
                    from = Double(low.x) + (bottom - Double(low.y)) * slope
                    to = Double(low.x) + (top - Double(low.y)) * slope
                }
                let first = UInt32(max(min(from, to) - 1, 0)) >> shift
                let last = UInt32(min(max(from, to) + 1, Double(UInt32.max))) >> shift
                for column in first...last { entries.append(Entry(cell: UInt64(row) << 32 | UInt64(column), segment: Int32(number))) }
            }
        }
        return entries
    }

    private mutating func compare(_ segments: [Segment], _ entries: [Entry]) {
        // Entries of one cell come to one bucket, by counting: the order of the cells does not matter, and sorting costs more than all else.
        let bits = UInt64(max(Int.bitWidth - entries.count.leadingZeroBitCount, 1))
        func bucket(_ entry: Entry) -> Int { Int((entry.cell &* 0x9E37_79B9_7F4A_7C15) >> (64 - bits)) }
        var ends = [Int](repeating: 0, count: 1 << Int(bits) + 1)
        for entry in entries { ends[bucket(entry) + 1] += 1 }
        for number in 1..<ends.count { ends[number] += ends[number - 1] }
        var places = ends
        var inBuckets = entries
        for entry in entries {
            let number = bucket(entry)
            inBuckets[places[number]] = entry
            places[number] += 1
        }
        for number in 0..<ends.count - 1 {
            let bucket = ends[number]..<ends[number + 1]
            if bucket.count < 2 { continue }
            for i in bucket {
                let one = segments[Int(inBuckets[i].segment)]
                for j in i + 1..<bucket.upperBound where inBuckets[j].cell == inBuckets[i].cell {
                    let other = segments[Int(inBuckets[j].segment)]
                    guard one.hides || other.hides, BorderConflicts.areInConflict(one, other) else { continue }
                    for segment in [one, other] where segment.hides { found[Int(segment.arc), default: []].insert(Int(segment.start)) }
                }
            }
        }
    }

    private static func areInConflict(_ p: Segment, _ q: Segment) -> Bool {
        guard min(p.a.x, p.b.x) <= max(q.a.x, q.b.x), min(q.a.x, q.b.x) <= max(p.a.x, p.b.x),
            min(p.a.y, p.b.y) <= max(q.a.y, q.b.y), min(q.a.y, q.b.y) <= max(p.a.y, p.b.y)
        else { return false }
        let startsThere = p.a == q.a || p.a == q.b
        if startsThere || p.b == q.a || p.b == q.b {
            let (corner, far) = startsThere ? (p.a, p.b) : (p.b, p.a)
            // Beginning at one corner, they may part at once; running on together is a conflict.
            let other = q.a == corner ? q.b : q.a
            guard turn(corner, far, other) == 0 else { return false }
            let (ax, ay) = (Int128(far.x) - Int128(corner.x), Int128(far.y) - Int128(corner.y))
            let (bx, by) = (Int128(other.x) - Int128(corner.x), Int128(other.y) - Int128(corner.y))
            return ax * bx + ay * by > 0
        }
        let (first, second) = (turn(p.a, p.b, q.a), turn(p.a, p.b, q.b))
        let (third, fourth) = (turn(q.a, q.b, p.a), turn(q.a, q.b, p.b))
        // A zero is a corner on the other's line: within reach, by the boxes and the other two signs, it is a touch.
        return first * second <= 0 && third * fourth <= 0
    }

    /// 1: c lies left of the line from a to b; -1: right; 0: on it. Exact.
    private static func turn(_ a: GridPoint, _ b: GridPoint, _ c: GridPoint) -> Int {
        let (bx, by) = (Int64(b.x) - Int64(a.x), Int64(b.y) - Int64(a.y))
        let (cx, cy) = (Int64(c.x) - Int64(a.x), Int64(c.y) - Int64(a.y))
        let product = Int128(bx) * Int128(cy) - Int128(by) * Int128(cx)
        return product > 0 ? 1 : product < 0 ? -1 : 0
    }
}
