// PackedRTree+Nearest.swift: the k nearest points by geodesic, however far.
//
// Mostly a few leaves beside the place hold k points, the farthest of which bounds all: the search is then one of a window that narrows as
// nearer points are found (NearWindow). Where they do not, because few points pass the filter, the place is an empty one beside which such a
// window is large, or the nearest are 1,500 km away, nodes are opened best first: of all not yet opened, the one that may hold the nearest
// point is next. Up to 1,500 km a node is judged by a series (MercatorDistance), sixteen nodes at a time, farther away and near the poles by
// the chord to its box of latitudes (WedgeDistance).

extension PackedRTree {
    /// The `k` nearest points that pass the filter, nearest first, ties by position in the order, with exact distances.
    ///
    /// - Parameters:
    ///   - longitude: degrees; may run on beyond ±180.
    ///   - latitude: degrees, within ±90; beyond it, or not finite: nothing is found.
    ///   - maxMeters: nil, or the farthest distance of interest.
    /// - Returns: fewer than `k` only when fewer pass within `maxMeters`.
    ///
    /// Cost: O(k + log n) nodes where points are no ties, and a geodesic for each near-tie and neighbour beyond 100 km. Very far away near-ties are more:
    /// the chord leaves 4 km open at 5,000.
    @inlinable
    @inline(__always)
    public func nearest(
        longitude: Double, latitude: Double, k: Int, earth: EarthPoints, solver: some GeodesicSolver, maxMeters: Double? = nil,
        where filter: (Int) -> Bool
    ) -> [Neighbor] {
        let maxMeters = maxMeters ?? .infinity
        guard k > 0, maxMeters >= 0, let query = EarthQuery(longitude: longitude, latitude: latitude) else { return [] }
        var list = Shortlist(limit: k, ceiling: RadiusRim(meters: maxMeters).surelyOut, lowersOften: true)
        defer { list.deallocate() }
        for reach in NearestReach.allCases {
            let isDone = nearestPoints(query, reach, earth, &list) { first, mask, list in
                NearestScan.scan(first, mask, earth, query, &list, filter)
            }
            if isDone { break }
        }
        return list.settle(query, earth, solver, maxMeters: maxMeters)
    }

    /// Calls `open` with points, some of a leaf's at a time (the first one's position, and a bit for each to look at), until no other can
    /// matter to the list.
    ///
    /// - Returns: false when a search of this reach cannot be finished: then go on with the next, which has the bar that was found.
    @usableFromInline
    func nearestPoints(
        _ query: EarthQuery, _ reach: NearestReach, _ earth: EarthPoints, _ list: inout Shortlist,
        _ open: (Int, UInt32, inout Shortlist) -> Void
    ) -> Bool {
        var finished = true
        withHandle { tree in
            finished =
                switch reach {
                case .beside: tree.visitBeside(query, directory, EarthLeaves(earth), &list, open)
                case .country:
                    abs(query.latitude) <= MercatorDistance.greatestLatitude && tree.visitNearest(MercatorDistance(query), &list, open)
                case .earth: tree.visitNearest(WedgeDistance(query), &list, open)
                }
        }
        return finished
    }
}

/// How far a search of the nearest goes, and thereby how: a window, or best first by one of two measures.
@usableFromInline
enum NearestReach: CaseIterable {
    case beside, country, earth
}

@usableFromInline
enum NearestScan {
    @inlinable
    @inline(__always)
    static func scan(
        _ first: Int, _ mask: UInt32, _ earth: EarthPoints, _ query: EarthQuery, _ list: inout Shortlist, _ filter: (Int) -> Bool
    ) {
        EarthScan(earth, first..<first &+ PackedRTree.nodeSize) { scan in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: PackedRTree.nodeSize) { buffer in
                guard scan.end &- first == PackedRTree.nodeSize, let squares = buffer.baseAddress,
                    let near = scan.near(first, query, list.bar, into: squares)
                else { return scanAnyChord(first, mask, scan, query, &list, filter) }
                var lanes = near & mask
                while lanes != 0 {
                    let lane = lanes.trailingZeroBitCount
                    lanes &= lanes &- 1
                    if squares[lane] <= list.bar, filter(first &+ lane) {
                        list.addNear(Candidate(squared: squares[lane], index: first &+ lane))
                    }
                }
            }
        }
    }

    /// For chords of any length, and where columns of another length than the tree's hold fewer points.
    @inlinable
    static func scanAnyChord(
        _ first: Int, _ mask: UInt32, _ scan: EarthScan, _ query: EarthQuery, _ list: inout Shortlist, _ filter: (Int) -> Bool
    ) {
        var mask = mask
        while mask != 0 {
            let index = first &+ mask.trailingZeroBitCount
            mask &= mask &- 1
            guard index < scan.end else { return }
            let (chordSquared, dz) = scan.chord(index, query)
            if chordSquared <= list.bar, filter(index) {
                list.add(squared: query.estimate.squared(chordSquared: chordSquared, dz: dz), index: index)
            }
        }
    }
}

extension TreeHandle {
    /// Best-first search. False when the measure gave up.
    ///
    /// Without a bar it begins with a straight descent to the nearest leaf, so that there is one before any node is queued.
    @inline(__always)
    fileprivate func visitNearest(
        _ measure: some NodeDistance, _ list: inout Shortlist, _ open: (Int, UInt32, inout Shortlist) -> Void
    ) -> Bool {
        var reach = measure.reach(bar: list.bar)
        var queue = NodeQueue()
        defer { queue.deallocate() }
        if reach == .infinity {
            descend(measure, &reach, &list, &queue, open)
        } else {
            let distances = measure.distances(self, at: starts[topLevel])
            push(distances, validMask(level: topLevel, group: 0), within: reach, level: topLevel, group: 0, &queue)
        }
        while let next = queue.pop(), next.distance <= reach {
            if next.distance > measure.horizon {
                list.beginAnew()
                return false
            }
            if next.level == 0 {
                if list.seenLeaves.contains(next.node) { continue }
                let bar = list.bar
                scanLeaf(next.node, &list, open) { measure.pointMask(self, at: $0, reach: reach) }
                if list.bar != bar { reach = measure.reach(bar: list.bar) }
            } else {
                let level = next.level &- 1
                let distances = measure.distances(self, at: starts[level] &+ next.node &<< PackedRTree.nodeShift)
                push(distances, validMask(level: level, group: next.node), within: reach, level: level, group: next.node, &queue)
            }
        }
        return true
    }

    /// Goes to the nearest leaf and queues what was beside the way.
    @inline(__always)
    private func descend(
        _ measure: some NodeDistance, _ reach: inout Float, _ list: inout Shortlist, _ queue: inout NodeQueue,
        _ open: (Int, UInt32, inout Shortlist) -> Void
    ) {
        var path = DescentPath()
        var group = 0
        for level in stride(from: topLevel, through: 0, by: -1) {
            let at = starts[level] &+ group &<< PackedRTree.nodeShift
            let distances = measure.distances(self, at: at)
            let valid = validMask(level: level, group: group)
            let lane = measure.promise(self, at: at, distances: distances).placeOfLeast(among: valid)
            path.add(distances, mask: valid & ~(1 &<< UInt32(truncatingIfNeeded: lane)), level: level, group: group)
            group = group &<< PackedRTree.nodeShift &+ lane
        }
        if !list.seenLeaves.contains(group) { scanLeaf(group, &list, open) { measure.pointMask(self, at: $0, reach: reach) } }
        reach = measure.reach(bar: list.bar)
        for step in 0..<path.count {
            let step = path[step]
            push(step.distances, step.mask, within: reach, level: step.level, group: step.group, &queue)
        }
    }

    @inline(__always)
    private func push(
        _ distances: SIMD16<Float>, _ mask: UInt32, within reach: Float, level: Int, group: Int, _ queue: inout NodeQueue
    ) {
        var mask = mask & distances.bitsAtMost(reach)
        while mask != 0 {
            let lane = mask.trailingZeroBitCount
            mask &= mask &- 1
            queue.push(distances[lane], level: level, node: group &<< PackedRTree.nodeShift &+ lane)
        }
    }

    /// Calls `open` with those of a leaf's points that `near` has a bit for, given the first one's position, and lowers the list's bar.
    @inline(__always)
    func scanLeaf(_ leaf: Int, _ list: inout Shortlist, _ open: (Int, UInt32, inout Shortlist) -> Void, near: (Int) -> UInt32) {
        let run = run(level: 0, node: leaf)
        // Points are not padded: the last leaf's are all looked at.
        let mask = run.count == PackedRTree.nodeSize ? near(run.lowerBound) : (1 &<< UInt32(truncatingIfNeeded: run.count)) &- 1
        guard mask != 0 else { return }
        open(run.lowerBound, mask, &list)
        list.lowerBar()
    }
}

/// The groups on the way down to the first leaf, with the distances of their nodes and a bit for each that is still to visit.
/// 2^32 points have 8 levels.
private struct DescentPath {
    typealias Step = (distances: SIMD16<Float>, mask: UInt32, level: Int, group: Int)
    private var steps: (Step, Step, Step, Step, Step, Step, Step, Step)
    private(set) var count = 0

    init() {
        let none: Step = (.zero, 0, 0, 0)
        steps = (none, none, none, none, none, none, none, none)
    }

    @inline(__always)
    mutating func add(_ distances: SIMD16<Float>, mask: UInt32, level: Int, group: Int) {
        withUnsafeMutableBytes(of: &steps) { $0.assumingMemoryBound(to: Step.self)[count] = (distances, mask, level, group) }
        count &+= 1
    }

    subscript(step: Int) -> Step {
        @inline(__always) get { withUnsafeBytes(of: steps) { $0.assumingMemoryBound(to: Step.self)[step] } }
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
