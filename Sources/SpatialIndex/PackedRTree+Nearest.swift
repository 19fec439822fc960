// PackedRTree+Nearest.swift: the k nearest points by geodesic, however far. Best first: of all nodes not yet opened, the one
// that may hold the nearest point is next; the search ends when none can hold a point nearer than k found ones.
//
// Near the data a node is judged in the plane of the grid (PlanarReach), which costs a few subtractions for sixteen nodes. Far from
// it, and near the poles, where the grid's scale says little, it is judged by a chord to its box of latitudes (WedgeDistance).

extension PackedRTree {
    /// The `k` nearest points that pass the filter, nearest first, ties by position in the order, with exact distances.
    ///
    /// - Parameters:
    ///   - longitude: degrees; may run on beyond ±180.
    ///   - latitude: degrees, within ±90; beyond it, or not finite: nothing is found.
    ///   - maxMeters: nil, or the farthest distance of interest.
    /// - Returns: fewer than `k` only when fewer pass.
    ///
    /// Cost: O(k log k + log n) nodes and a geodesic per delivered neighbour and near-tie for queries near the data; far
    /// away near-ties are more (the chord leaves 0.3 % of s³/24r² open: 0.4 mm at 30 km, 2 km at 5,000).
    @inlinable
    @inline(__always)
    public func nearest(
        longitude: Double, latitude: Double, k: Int, earth: EarthPoints, solver: some GeodesicSolver, maxMeters: Double? = nil,
        where filter: (Int) -> Bool
    ) -> [Neighbor] {
        let maxMeters = maxMeters ?? .infinity
        guard k > 0, maxMeters >= 0, let query = EarthQuery(longitude: longitude, latitude: latitude) else { return [] }
        let reach = RadiusRim(meters: maxMeters, after: nil).surelyOut
        var list = Shortlist(limit: k, ceiling: reach)
        let done = nearestLeaves(query, farAway: false, &list) { run, list in
            NearestScan.scan(run, earth, query, &list, filter)
        }
        if !done {
            // The points found so far bound the answer; the rest of the search begins anew with that bar.
            list = Shortlist(limit: k, ceiling: list.bar)
            _ = nearestLeaves(query, farAway: true, &list) { run, list in
                NearestScan.scan(run, earth, query, &list, filter)
            }
        }
        return list.settle(query, earth, solver, maxMeters: maxMeters)
    }

    /// Calls `open` with leaves by ascending distance until no other can matter to the list.
    ///
    /// - Returns: false when distances in the grid's plane cannot finish the search: then ask again with `farAway`.
    @usableFromInline
    func nearestLeaves(_ query: EarthQuery, farAway: Bool, _ list: inout Shortlist, _ open: (Range<Int>, inout Shortlist) -> Void) -> Bool {
        var finished = true
        withHandle { tree in
            finished =
                farAway
                ? tree.visitNearest(WedgeDistance(query), &list, open)
                : abs(query.latitude) <= PlanarReach.greatestLatitude && tree.visitNearest(PlanarReach(query), &list, open)
        }
        return finished
    }
}

@usableFromInline
enum NearestScan {
    @inlinable
    @inline(__always)
    static func scan(_ run: Range<Int>, _ earth: EarthPoints, _ query: EarthQuery, _ list: inout Shortlist, _ filter: (Int) -> Bool) {
        EarthScan(earth, run) { scan in
            var index = scan.start
            while index < scan.end {
                let chordSquared = scan.chordSquared(index, query)
                if chordSquared <= list.bar, filter(index) { list.add(chordSquared: chordSquared, index: index) }
                index &+= 1
            }
        }
    }
}

/// How far nodes are from a query, at least, in a measure of its own.
protocol NodeDistance {
    /// The distance beyond which no node can matter to a list; nil when this measure cannot tell.
    func reach(_ list: borrowing Shortlist) -> Float?
    /// Sixteen boxes' least distances.
    func distances(_ tree: TreeHandle, at: Int) -> SIMD16<Float>
}

extension TreeHandle {
    /// Best-first search. False when the measure gave up.
    @inline(__always)
    fileprivate func visitNearest(_ measure: some NodeDistance, _ list: inout Shortlist, _ open: (Range<Int>, inout Shortlist) -> Void)
        -> Bool
    {
        var queue = NodeQueue()
        defer { queue.deallocate() }
        guard var reach = measure.reach(list) else { return false }
        var level = topLevel
        var group = 0
        while true {
            // Children of the node just taken, or the top level.
            let distances = measure.distances(self, at: starts[level] &+ group &<< PackedRTree.nodeShift)
            let first = group &<< PackedRTree.nodeShift
            for lane in 0..<nodes(level: level, group: group) where distances[lane] <= reach {
                queue.push(distances[lane], level: level, node: first &+ lane)
            }
            // Leaves are opened here, until a node with children is next.
            while true {
                guard let next = queue.pop(), next.distance <= reach else { return true }
                if next.level > 0 {
                    level = next.level &- 1
                    group = next.node
                    break
                }
                let bar = list.bar
                open(run(level: 0, node: next.node), &list)
                if list.bar != bar {
                    guard let shorter = measure.reach(list) else { return false }
                    reach = shorter
                }
            }
        }
    }
}

/// Nodes by ascending distance: a binary min-heap of one word each, the distance's bits (which order like the non-negative number)
/// above the level (4 bits) and the node's number (28 bits: 2^32 points have 2^28 leaves).
private struct NodeQueue {
    private var heap = UnsafeMutablePointer<UInt64>.allocate(capacity: 256)
    private var capacity = 256
    private var count = 0

    mutating func deallocate() { heap.deallocate() }

    @inline(__always)
    mutating func push(_ distance: Float, level: Int, node: Int) {
        if count == capacity { grow() }
        let entry = UInt64(distance.bitPattern) &<< 32 | UInt64(truncatingIfNeeded: level &<< 28 | node)
        var child = count
        count &+= 1
        while child > 0 {
            let parent = (child &- 1) &>> 1
            guard heap[parent] > entry else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = entry
    }

    @inline(__always)
    mutating func pop() -> (distance: Float, level: Int, node: Int)? {
        guard count > 0 else { return nil }
        let first = heap[0]
        count &-= 1
        if count > 0 {
            let entry = heap[count]
            var parent = 0
            while true {
                var child = 2 &* parent &+ 1
                guard child < count else { break }
                if child &+ 1 < count, heap[child &+ 1] < heap[child] { child &+= 1 }
                guard heap[child] < entry else { break }
                heap[parent] = heap[child]
                parent = child
            }
            heap[parent] = entry
        }
        return (
            Float(bitPattern: UInt32(truncatingIfNeeded: first &>> 32)), Int(truncatingIfNeeded: first &>> 28 & 15),
            Int(truncatingIfNeeded: first & 0x0FFF_FFFF)
        )
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: 2 * capacity)
        larger.moveInitialize(from: heap, count: count)
        heap.deallocate()
        heap = larger
        capacity *= 2
    }
}
