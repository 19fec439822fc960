// Shortlist.swift: the points that may be among the `limit` nearest by geodesic, judged by estimates. A short list is kept in order; for a longer
// one whoever may belong is gathered, and once they are half as many again, those beyond the nearest are dropped and the bar is lowered for those
// to come. What is beyond them by less than the estimates' error stays on as a tie. In the end the solver settles the order where estimates
// cannot, which is almost never.

@usableFromInline
struct Candidate: Sendable {
    /// Square of the estimated distance, m².
    @usableFromInline let squared: Double
    @usableFromInline let index: Int

    @inlinable
    @inline(__always)
    init(squared: Double, index: Int) {
        self.squared = squared
        self.index = index
    }

    /// Nearer first, ties by index: one comparison of twice 64 bits, since numbers that are not negative order like their bits.
    @inline(__always)
    static func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
        let low = UInt64(bitPattern: Int64(a.index)).subtractingReportingOverflow(UInt64(bitPattern: Int64(b.index)))
        let high = a.squared.bitPattern.subtractingReportingOverflow(b.squared.bitPattern)
        let borrow = high.partialValue.subtractingReportingOverflow(low.overflow ? 1 : 0)
        return high.overflow || borrow.overflow
    }
}

/// Owns memory: whoever makes one calls `deallocate` in the end. (With a `deinit` instead, Swift 6.3 fails to compile its callers.)
@usableFromInline
struct Shortlist {
    let limit: Int
    /// Whether candidates are kept in the order of their squares: while they are few, and the bar is lowered after every some, that is less work
    /// than to find the last one again and again.
    @usableFromInline private(set) var isSorted: Bool
    private static let greatestSortedLimit = 24
    /// Whoever was under the bar when it came. `count` of them are there, and room for `capacity`, which is more.
    @usableFromInline private(set) var candidates: UnsafeMutablePointer<Candidate>
    @usableFromInline private(set) var count = 0
    @usableFromInline private(set) var capacity: Int
    /// Leaves whose points have been here already.
    var seenLeaves = 0..<0
    /// How many were left when the bar was last lowered.
    private var tidied = 0
    /// Points whose estimate, or whose chord alone, has a square over this are not among the nearest. m².
    @usableFromInline private(set) var bar: Double

    /// - Parameters:
    ///   - ceiling: the square of a distance beyond which no point is of interest, error included.
    ///   - lowersOften: whether `lowerBar` is called after every few points.
    @usableFromInline
    init(limit: Int, ceiling: Double, lowersOften: Bool) {
        self.limit = Swift.max(limit, 0)
        isSorted = lowersOften && limit > 2 && limit <= Shortlist.greatestSortedLimit
        bar = limit > 0 ? ceiling : -1
        capacity = 2 * Swift.min(self.limit, 128) + 30
        candidates = .allocate(capacity: capacity)
    }

    @usableFromInline
    func deallocate() { candidates.deallocate() }

    /// Forgets the candidates, not the bar: it was found by points that will come again.
    mutating func beginAnew() {
        count = 0
        tidied = 0
        seenLeaves = 0..<0
    }

    /// Whether there are as many as are asked for.
    var isFull: Bool { count >= limit }

    /// Takes a point whose squared chord is at most `bar`. O(1), but for dropping others now and then.
    @inlinable
    @inline(__always)
    mutating func add(squared: Double, index: Int) {
        if squared <= bar { addNear(Candidate(squared: squared, index: index)) }
    }

    @inlinable
    @inline(__always)
    mutating func addNear(_ candidate: Candidate) {
        // Candidate is trivial, and the place is free: count < capacity.
        var place = count
        if isSorted {
            // Behind its equals: of many points at one position each comes last.
            while place > 0, candidates[place &- 1].squared > candidate.squared {
                (candidates + place).initialize(to: candidates[place &- 1])
                place &-= 1
            }
        }
        (candidates + place).initialize(to: candidate)
        count &+= 1
        if count == capacity { makeRoom() }
    }

    @usableFromInline
    mutating func makeRoom() {
        tidy()
        guard 2 * count > capacity else { return }
        // So many are ties: a nearer point would move all of them.
        isSorted = false
        tidied = count
        let larger = UnsafeMutablePointer<Candidate>.allocate(capacity: 2 * capacity)
        larger.moveInitialize(from: candidates, count: count)
        candidates.deallocate()
        candidates = larger
        capacity *= 2
    }

    /// Lowers the bar: in order, at once; else when enough points have come since it was last lowered for that to be worth its while, half the limit,
    /// and half of those that were left then, which ties at one position may make many. So O(1) a point in the end.
    @inline(__always)
    mutating func lowerBar() {
        if isFull, isSorted || 2 &* (count &- tidied) >= Swift.max(limit, tidied) { tidy() }
    }

    /// Lowers the bar to the farthest of the limit's nearest and drops who is over it. O(candidates); O(dropped) where they are in order.
    private mutating func tidy() {
        guard limit > 0, isFull else { return }
        if isSorted {
            bar = Swift.min(bar, GeodesicEstimate.reachSquared(candidates[limit &- 1].squared.squareRoot()))
            while count > limit, candidates[count &- 1].squared > bar { count &-= 1 }
            return
        }
        let farthest = CandidateOrder.bound(limit, of: UnsafeMutableBufferPointer(start: candidates, count: count))
        bar = Swift.min(bar, GeodesicEstimate.reachSquared(farthest.squareRoot()))
        var kept = 0
        for place in 0..<count {
            let candidate = candidates[place]
            candidates[kept] = candidate
            kept &+= candidate.squared <= bar ? 1 : 0
        }
        count = kept
        tidied = kept
    }

    /// The `limit` nearest with their distances, nearest first, ties by position in the order.
    ///
    /// Estimates that stand apart by more than their errors are in the right order, and as good as solved up to 100 km. A run of
    /// estimates closer than that is solved, unless it is one position, which many factories may share.
    @usableFromInline
    mutating func settle(
        _ query: EarthQuery, _ earth: EarthPoints, _ solver: some GeodesicSolver, maxMeters: Double, after cursor: PageCursor? = nil
    ) -> [Neighbor] {
        if count > limit { tidy() }
        CandidateOrder.sort(UnsafeMutableBufferPointer(start: candidates, count: count))
        var found = [Neighbor](unsafeUninitializedCapacity: count) { found, initialized in
            for place in 0..<count {
                let candidate = candidates[place]
                found.initializeElement(
                    at: place, to: Neighbor(index: candidate.index, distanceMeters: candidate.squared.squareRoot()))
            }
            initialized = count
        }
        var start = cursor == nil ? Shortlist.settled(found, limit: limit, maxMeters: maxMeters) : 0
        while start < found.count {
            let nearestOfRun = found[start].distanceMeters
            var farthestOfRun = nearestOfRun
            var reach = GeodesicEstimate.reach(farthestOfRun)
            var isOnePosition = true
            var end = start + 1
            while end < found.count, found[end].distanceMeters <= reach {
                isOnePosition = isOnePosition && earth.samePosition(found[start].index, found[end].index)
                farthestOfRun = found[end].distanceMeters
                reach = GeodesicEstimate.reach(farthestOfRun)
                end += 1
            }
            let isOnTheRim = maxMeters <= reach && GeodesicEstimate.reach(maxMeters) >= nearestOfRun
            if let cursor, isOnePosition, let meters = cursor.distance(at: found[start].index, earth) {
                for place in start..<end { found[place].distanceMeters = meters }
            } else if !isOnePosition || farthestOfRun > GeodesicEstimate.goodAsSolved || isOnTheRim || nearestOfRun <= cursor?.reach ?? -1 {
                let solved = solve(start..<end, of: &found, query, earth, solver)
                found.removeSubrange(solved..<end)
                end = solved
            }
            start = end
            // Runs that follow are farther.
            if start >= limit, start < found.count { found.removeSubrange(start...) }
        }
        // A solver that fails (NaN) must not keep a point in the answer.
        if !found.allSatisfy({ $0.distanceMeters <= maxMeters }) { found.removeAll { !($0.distanceMeters <= maxMeters) } }
        if found.count > limit { found.removeLast(found.count - limit) }
        return found
    }

    /// How many at the beginning need no solver: up to 100 km, farther apart than their errors, and not on the rim.
    private static func settled(_ found: [Neighbor], limit: Int, maxMeters: Double) -> Int {
        let end = Swift.min(found.count, limit) &- 1
        let far = Swift.min(GeodesicEstimate.goodAsSolved, maxMeters)
        return found.withUnsafeBufferPointer { found in
            var place = 0
            while place < end {
                let reach = GeodesicEstimate.reach(found[place].distanceMeters)
                guard reach < far, reach < found[place &+ 1].distanceMeters else { break }
                place &+= 1
            }
            return Swift.max(place, 0)
        }
    }

    /// Puts the solver's distances into a run of `found`, and the run into their order, as far as it matters to the first `limit`.
    ///
    /// - Returns: the end of the part that was solved; what follows is farther than `limit` others.
    private func solve(
        _ run: Range<Int>, of found: inout [Neighbor], _ query: EarthQuery, _ earth: EarthPoints, _ solver: some GeodesicSolver
    ) -> Int {
        // Many factories share one position: solve it once.
        var lastSolved = Neighbor(index: -1, distanceMeters: .nan)
        for next in run {
            if next >= limit, GeodesicEstimate.least(found[next].distanceMeters) > found[limit - 1].distanceMeters { return next }
            var neighbor = found[next]
            let isSolved = lastSolved.index >= 0 && earth.samePosition(neighbor.index, lastSolved.index)
            neighbor.distanceMeters = isSolved ? lastSolved.distanceMeters : query.exact(neighbor.index, earth, solver)
            lastSolved = neighbor
            // Nearly sorted: look for the place from the end.
            var place = next
            while place > run.lowerBound, Shortlist.precedes(neighbor, found[place - 1]) {
                found[place] = found[place - 1]
                place -= 1
            }
            found[place] = neighbor
        }
        return run.upperBound
    }

    private static func precedes(_ a: Neighbor, _ b: Neighbor) -> Bool {
        a.distanceMeters != b.distanceMeters ? a.distanceMeters < b.distanceMeters : a.index < b.index
    }
}
