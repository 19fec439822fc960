// CandidateOrder.swift: which candidates are the nearest, and their order. The shortlist asks for it again and again, so it is written for
// what it holds: some dozens or hundreds, mostly about even in the squares of their distances.

/// Selection and sorting of candidates. Quicksort with partitions free of branches takes a quarter of the instructions of the standard
/// library's sort, which is stable and for any type; a heap takes over where pivots are bad.
enum CandidateOrder {
    /// So few are sorted by insertion.
    private static let few = 16
    /// So many are worth counting in buckets.
    private static let many = 48

    /// A square that at least `number` of the candidates are under or at: that of the last of them, or little more. The candidates may change
    /// places. There must be as many. O(count) mostly.
    static func bound(_ number: Int, of candidates: UnsafeMutableBufferPointer<Candidate>) -> Double {
        let square = candidates.count < many ? nil : boundByBuckets(number, of: candidates)
        return square ?? select(number &- 1, of: candidates)
    }

    /// Points stand about evenly on the ground, so do their squares: counted in 64 equal steps, the step that the last one falls in ends little
    /// behind it. Nil where they stand so unevenly that it may not.
    private static func boundByBuckets(_ number: Int, of candidates: UnsafeMutableBufferPointer<Candidate>) -> Double? {
        guard let scale = scale(of: candidates, buckets: 64) else { return nil }
        return withUnsafeTemporaryAllocation(of: Int32.self, capacity: 64) { counts in
            counts.initialize(repeating: 0)
            for candidate in candidates { counts[Int(candidate.squared * scale)] &+= 1 }
            var step = 0
            var found = Int(counts[0])
            while found < number {
                step &+= 1
                found &+= Int(counts[step])
            }
            // The products are rounded: a little beyond the step's end.
            return found &- number <= number &>> 2 ? Double(step &+ 1) / scale * (1 + 1e-12) : nil
        }
    }

    /// What a square is multiplied with for its bucket, whole numbers below `buckets`; nil where all squares are zero, or one infinite.
    private static func scale(of candidates: UnsafeMutableBufferPointer<Candidate>, buckets: Int) -> Double? {
        var greatest = 0.0
        for candidate in candidates where candidate.squared > greatest { greatest = candidate.squared }
        let scale = (Double(buckets) - 0.5) / greatest
        return scale < .infinity && scale > 0 ? scale : nil
    }

    /// Puts the nearest ones before a place and answers the square of the one there. O(count) mostly.
    private static func select(_ place: Int, of candidates: UnsafeMutableBufferPointer<Candidate>) -> Double {
        if place == 0 {
            var nearest = 0
            for place in 1..<candidates.count where candidates[place].squared < candidates[nearest].squared { nearest = place }
            candidates.swapAt(0, nearest)
            return candidates[0].squared
        }
        var (start, end) = (0, candidates.count)
        var patience = 2 &* (Int.bitWidth &- candidates.count.leadingZeroBitCount)
        while end &- start > few {
            if patience == 0 {
                sortByHeap(UnsafeMutableBufferPointer(rebasing: candidates[start..<end]))
                return candidates[place].squared
            }
            patience &-= 1
            let pivot = partition(candidates, start, end)
            if place == pivot { return candidates[place].squared }
            if place < pivot { end = pivot } else { start = pivot &+ 1 }
        }
        insert(candidates, start, end)
        return candidates[place].squared
    }

    /// Nearest first. O(count), where squares are even, and O(count log count).
    static func sort(_ candidates: UnsafeMutableBufferPointer<Candidate>) {
        if candidates.count >= many, sortByBuckets(candidates) { return }
        sort(candidates, 0, candidates.count, patience: 2 &* (Int.bitWidth &- candidates.count.leadingZeroBitCount))
    }

    /// A bucket for each candidate on average, then by insertion. False, and nothing done, where many fall into one.
    private static func sortByBuckets(_ candidates: UnsafeMutableBufferPointer<Candidate>) -> Bool {
        let count = candidates.count
        guard let scale = scale(of: candidates, buckets: count) else { return false }
        return withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { ends in
            ends.initialize(repeating: 0)
            var most: Int32 = 0
            for candidate in candidates {
                let bucket = Int(candidate.squared * scale)
                ends[bucket] &+= 1
                most = Swift.max(most, ends[bucket])
            }
            if most > few { return false }
            var end: Int32 = 0
            for bucket in 0..<count {
                end &+= ends[bucket]
                ends[bucket] = end
            }
            withUnsafeTemporaryAllocation(of: Candidate.self, capacity: count) { sorted in
                guard let from = sorted.baseAddress, let to = candidates.baseAddress else { return }
                for candidate in candidates {
                    let bucket = Int(candidate.squared * scale)
                    ends[bucket] &-= 1
                    (from + Int(ends[bucket])).initialize(to: candidate)
                }
                to.update(from: from, count: count)
            }
            insert(candidates, 0, count)
            return true
        }
    }

    private static func sort(_ candidates: UnsafeMutableBufferPointer<Candidate>, _ start: Int, _ end: Int, patience: Int) {
        var (start, patience) = (start, patience)
        while end &- start > few {
            if patience == 0 { return sortByHeap(UnsafeMutableBufferPointer(rebasing: candidates[start..<end])) }
            patience &-= 1
            let pivot = partition(candidates, start, end)
            sort(candidates, start, pivot, patience: patience)
            start = pivot &+ 1
        }
        insert(candidates, start, end)
    }

    /// Puts the candidates that precede a pivot, the middle one of three, before it, the others behind it, and answers its place. For three
    /// or more.
    @inline(__always)
    private static func partition(_ candidates: UnsafeMutableBufferPointer<Candidate>, _ start: Int, _ end: Int) -> Int {
        let last = end &- 1
        let middle = (start &+ last) &>> 1
        if Candidate.precedes(candidates[middle], candidates[start]) { candidates.swapAt(middle, start) }
        if Candidate.precedes(candidates[middle], candidates[last]) { candidates.swapAt(middle, last) }
        if Candidate.precedes(candidates[last], candidates[start]) { candidates.swapAt(last, start) }
        let pivot = candidates[last]
        var border = start
        for place in start..<last {
            let candidate = candidates[place]
            candidates[place] = candidates[border]
            candidates[border] = candidate
            border &+= Candidate.precedes(candidate, pivot) ? 1 : 0
        }
        candidates[last] = candidates[border]
        candidates[border] = pivot
        return border
    }

    @inline(__always)
    private static func insert(_ candidates: UnsafeMutableBufferPointer<Candidate>, _ start: Int, _ end: Int) {
        var next = start &+ 1
        while next < end {
            let candidate = candidates[next]
            var place = next
            while place > start, Candidate.precedes(candidate, candidates[place &- 1]) {
                candidates[place] = candidates[place &- 1]
                place &-= 1
            }
            candidates[place] = candidate
            next &+= 1
        }
    }

    private static func sortByHeap(_ candidates: UnsafeMutableBufferPointer<Candidate>) {
        var parent = candidates.count / 2
        while parent > 0 {
            parent &-= 1
            sift(candidates[parent], from: parent, in: candidates, count: candidates.count)
        }
        var count = candidates.count
        while count > 1 {
            count &-= 1
            let last = candidates[count]
            candidates[count] = candidates[0]
            sift(last, from: 0, in: candidates, count: count)
        }
    }

    /// Puts a candidate into the max-heap of the first `count` at a place, or below it.
    @inline(__always)
    private static func sift(_ candidate: Candidate, from place: Int, in heap: UnsafeMutableBufferPointer<Candidate>, count: Int) {
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
