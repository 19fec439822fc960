// Shortlist.swift: the points that may be among the `limit` nearest by geodesic, judged by estimates. A max-heap holds the
// `limit` nearest; whoever loses its place, or never gets one, by less than the estimates' error stays on as a tie. In the end
// the solver settles the order where estimates cannot, which is almost never.

@usableFromInline
struct Candidate: Sendable {
    /// Square of the estimated distance, m².
    @usableFromInline let squared: Double
    @usableFromInline let index: Int

    @usableFromInline
    @inline(__always)
    init(squared: Double, index: Int) {
        self.squared = squared
        self.index = index
    }

    @inline(__always)
    static func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
        a.squared != b.squared ? a.squared < b.squared : a.index < b.index
    }
}

@usableFromInline
struct Shortlist {
    private let limit: Int
    /// The nearest so far. Farthest first (a binary max-heap) as soon as there are `limit` of them, in no order before.
    private var nearest: [Candidate] = []
    /// Those beyond them that may belong among them all the same.
    private var ties: [Candidate] = []
    /// Ties to gather before those over the bar are dropped.
    private var tidyAt = 64
    /// Points whose estimate, or whose chord alone, has a square over this are not among the nearest. m².
    @usableFromInline private(set) var bar: Double

    /// - Parameter ceiling: the square of a distance beyond which no point is of interest, error included.
    @usableFromInline
    init(limit: Int, ceiling: Double) {
        self.limit = Swift.max(limit, 0)
        bar = limit > 0 ? ceiling : -1
        nearest.reserveCapacity(Swift.min(Swift.max(limit, 0), 128))
    }

    var isFull: Bool { nearest.count >= limit }

    /// Takes a point whose squared chord is at most `bar`. O(log limit).
    @usableFromInline
    @inline(__always)
    mutating func add(squared: Double, index: Int) {
        if squared <= bar { addNear(Candidate(squared: squared, index: index)) }
    }

    @usableFromInline
    mutating func addNear(_ candidate: Candidate) {
        if nearest.count < limit {
            nearest.append(candidate)
            if nearest.count == limit {
                nearest.withUnsafeMutableBufferPointer { CandidateHeap.make($0) }
                lowerBar()
            }
        } else if Candidate.precedes(candidate, nearest[0]) {
            let loser = nearest[0]
            nearest.withUnsafeMutableBufferPointer { CandidateHeap.sift(candidate, from: 0, in: $0, count: $0.count) }
            lowerBar()
            if loser.squared <= bar { addTie(loser) }
        } else {
            addTie(candidate)
        }
    }

    private mutating func addTie(_ candidate: Candidate) {
        ties.append(candidate)
        if ties.count >= tidyAt {
            let bar = bar
            ties.removeAll { $0.squared > bar }
            tidyAt = Swift.max(64, 2 * ties.count)
        }
    }

    private mutating func lowerBar() {
        bar = Swift.min(bar, GeodesicEstimate.reachSquared(nearest[0].squared.squareRoot()))
    }

    /// The `limit` nearest with their distances, nearest first, ties by position in the order.
    ///
    /// Estimates that stand apart by more than their errors are in the right order, and as good as solved up to 100 km. A run of
    /// estimates closer than that is solved, unless it is one position, which many factories may share.
    @usableFromInline
    consuming func settle(
        _ query: EarthQuery, _ earth: EarthPoints, _ solver: some GeodesicSolver, maxMeters: Double, after cursor: PageCursor? = nil
    ) -> [Neighbor] {
        let bar = bar
        nearest += ties.lazy.filter { $0.squared <= bar }
        nearest.withUnsafeMutableBufferPointer { CandidateHeap.sort($0) }
        var found = nearest.map { Neighbor(index: $0.index, distanceMeters: $0.squared.squareRoot()) }
        var start = 0
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
            if start >= limit { found.removeSubrange(start...) }
        }
        // A solver that fails (NaN) must not keep a point in the answer.
        found.removeAll { !($0.distanceMeters <= maxMeters) }
        if found.count > limit { found.removeLast(found.count - limit) }
        return found
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

/// Candidates as a binary max-heap: the farthest first.
private enum CandidateHeap {
    static func make(_ candidates: UnsafeMutableBufferPointer<Candidate>) {
        var parent = candidates.count / 2
        while parent > 0 {
            parent &-= 1
            sift(candidates[parent], from: parent, in: candidates, count: candidates.count)
        }
    }

    /// Nearest first. A third of the instructions of the standard library's sort, which is stable and for any type.
    static func sort(_ candidates: UnsafeMutableBufferPointer<Candidate>) {
        make(candidates)
        var count = candidates.count
        while count > 1 {
            count &-= 1
            let last = candidates[count]
            candidates[count] = candidates[0]
            sift(last, from: 0, in: candidates, count: count)
        }
    }

    /// Puts a candidate into the heap of the first `count` at a place, or below it.
    @inline(__always)
    static func sift(_ candidate: Candidate, from place: Int, in heap: UnsafeMutableBufferPointer<Candidate>, count: Int) {
        var parent = place
        while true {
            var child = 2 &* parent &+ 1
            guard child < count else { break }
            if child &+ 1 < count, Candidate.precedes(heap[child], heap[child &+ 1]) { child &+= 1 }
            guard Candidate.precedes(candidate, heap[child]) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = candidate
    }
}
