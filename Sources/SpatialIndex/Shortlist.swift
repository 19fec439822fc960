// Shortlist.swift: the points that may still be among the `limit` nearest by geodesic, judged by chords. A bounded max-heap of
// the smallest chords gives the bar; whoever is not surely farther than the bar stays on the list; the geodesic then settles
// the order among those few.

@usableFromInline
struct Candidate: Sendable {
    @usableFromInline let chordSquared: Double
    @usableFromInline let index: Int

    @usableFromInline
    init(chordSquared: Double, index: Int) {
        self.chordSquared = chordSquared
        self.index = index
    }
}

@usableFromInline
struct Shortlist {
    private let limit: Int
    /// The squares of the `limit` smallest chords so far, largest first (a binary max-heap).
    private var smallest: [Double] = []
    private var candidates: [Candidate] = []
    /// Candidates to gather before those over the bar are dropped.
    private var tidyAt: Int
    /// Points with a squared chord over this are not among the nearest. Never too small.
    @usableFromInline private(set) var bar: Double

    /// - Parameter ceiling: the square of a chord beyond which no point is of interest.
    @usableFromInline
    init(limit: Int, ceiling: Double) {
        self.limit = limit
        bar = limit > 0 ? ceiling : -1
        let expected = Swift.min(Swift.max(limit, 0), 1024)
        tidyAt = 4 * expected + 512
        smallest.reserveCapacity(expected)
        candidates.reserveCapacity(2 * expected + 16)
    }

    var isFull: Bool { smallest.count >= limit }

    /// The chord within which `limit` points lie; infinite while there are fewer.
    var fullChord: Double { isFull ? smallest.first.map { $0.squareRoot() } ?? .infinity : .infinity }

    /// Takes a point whose squared chord is at most `bar`. O(log limit).
    @usableFromInline
    mutating func add(chordSquared: Double, index: Int) {
        candidates.append(Candidate(chordSquared: chordSquared, index: index))
        if smallest.count < limit {
            smallest.append(chordSquared)
            siftUp()
            if smallest.count == limit { lowerBar() }
        } else if chordSquared < smallest[0] {
            smallest[0] = chordSquared
            siftDown()
            lowerBar()
        }
        if candidates.count >= tidyAt {
            tidy()
            tidyAt = Swift.max(tidyAt, 2 * candidates.count)
        }
    }

    private mutating func tidy() {
        let bar = bar
        candidates.removeAll { $0.chordSquared > bar }
    }

    private mutating func lowerBar() {
        let chord = ChordBounds.chordSurelyFarther(than: smallest[0].squareRoot())
        bar = Swift.min(bar, chord * chord)
    }

    private mutating func siftUp() {
        smallest.withUnsafeMutableBufferPointer { heap in
            var child = heap.count - 1
            let value = heap[child]
            while child > 0, heap[(child - 1) / 2] < value {
                heap[child] = heap[(child - 1) / 2]
                child = (child - 1) / 2
            }
            heap[child] = value
        }
    }

    private mutating func siftDown() {
        smallest.withUnsafeMutableBufferPointer { heap in
            let value = heap[0]
            var parent = 0
            while true {
                var child = 2 * parent + 1
                guard child < heap.count else { break }
                if child + 1 < heap.count, heap[child + 1] > heap[child] { child += 1 }
                guard heap[child] > value else { break }
                heap[parent] = heap[child]
                parent = child
            }
            heap[parent] = value
        }
    }

    /// The `limit` nearest with their exact distances, nearest first, ties by position in the order.
    ///
    /// Candidates are solved by ascending chord until the next one is surely farther than `limit` solved ones.
    @usableFromInline
    consuming func settle(_ query: EarthQuery, _ earth: EarthPoints, _ solver: some GeodesicSolver, maxMeters: Double) -> [Neighbor] {
        tidy()
        candidates.sort { ($0.chordSquared, $0.index) < ($1.chordSquared, $1.index) }
        var found: [Neighbor] = []
        found.reserveCapacity(Swift.min(limit, candidates.count) + 1)
        // Many factories share one position: solve it once.
        var last = (longitude: Double.nan, latitude: Double.nan, distance: Double.nan)
        for candidate in candidates {
            if found.count == limit, let farthest = found.last,
                ChordBounds.lower(chord: candidate.chordSquared.squareRoot()) > farthest.distanceMeters
            {
                break
            }
            let longitude = earth.longitude[candidate.index]
            let latitude = earth.latitude[candidate.index]
            if longitude != last.longitude || latitude != last.latitude {
                last = (longitude, latitude, query.exact(candidate.index, earth, solver))
            }
            // A solver that fails (NaN) must not keep a point in the answer.
            guard last.distance <= maxMeters else { continue }
            let neighbor = Neighbor(index: candidate.index, distanceMeters: last.distance)
            // Nearly sorted: look for the place from the end.
            var place = found.count
            while place > 0, Shortlist.precedes(neighbor, found[place - 1]) { place -= 1 }
            if place == found.count, place == limit { continue }
            found.insert(neighbor, at: place)
            if found.count > limit { found.removeLast() }
        }
        return found
    }

    private static func precedes(_ a: Neighbor, _ b: Neighbor) -> Bool {
        a.distanceMeters != b.distanceMeters ? a.distanceMeters < b.distanceMeters : a.index < b.index
    }
}
