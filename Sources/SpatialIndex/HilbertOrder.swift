// HilbertOrder.swift: sorting points by their position on the Hilbert curve.
//
// Radix sort from the lowest digit over words of eight bytes: as many of the position's highest differing bits as fit above the
// point's number. For a million points that is a cell of some ten metres, so few points are equal in it; those are put in order
// by their full positions at the end. The words move through memory in four passes for a million points, and no pass reads a point.

extension PackedRTree {
    /// The permutation that sorts points by Hilbert position; points of one cell keep their order. O(n).
    ///
    /// For up to 2^32 points. 20 bytes of memory a point on the way.
    public static func hilbertOrder(of points: [GridPoint]) -> [UInt32] {
        let count = points.count
        guard count > 0 else { return [] }
        return [UInt32](unsafeUninitializedCapacity: count) { order, initialized in
            points.withUnsafeBufferPointer { sort($0, into: order) }
            initialized = count
        }
    }

    /// Writes the order: initialises all of `order`, which has room for as many. There must be a point.
    private static func sort(_ points: UnsafeBufferPointer<GridPoint>, into order: UnsafeMutableBufferPointer<UInt32>) {
        let layout = SortWord(points)
        let tables = HilbertCurve.tables
        let count = points.count
        withUnsafeTemporaryBuffer(of: UInt64.self, count) { words in
            withUnsafeTemporaryBuffer(of: UInt64.self, count) { scratch in
                let sorter = RadixSort(from: layout.indexBits, bits: layout.keyBits)
                defer { sorter.deallocate() }
                for index in 0..<count {
                    let word = layout.word(tables.position(x: points[index].x, y: points[index].y), index)
                    words.initializeElement(at: index, to: word)
                    sorter.count(word)
                }
                let sorted = sorter.sort(words, scratch)
                for place in 0..<count { order.initializeElement(at: place, to: layout.index(sorted[place])) }
                guard layout.leavesTies else { return }
                var start = 0
                while start < count {
                    var end = start + 1
                    while end < count, layout.haveEqualKeys(sorted[start], sorted[end]) { end += 1 }
                    if end - start > 1 { settle(order, start..<end, points) }
                    start = end
                }
            }
        }
    }

    /// Orders a run of equal words by the full positions, stably: by insertion if it is short or nearly in order, as points at one place are.
    private static func settle(
        _ order: UnsafeMutableBufferPointer<UInt32>, _ run: Range<Int>, _ points: UnsafeBufferPointer<GridPoint>
    ) {
        let first = points[Int(order[run.lowerBound])]
        if run.allSatisfy({ points[Int(order[$0])] == first }) { return }
        let tables = HilbertCurve.tables
        var keyed = run.map { place in
            let index = order[place]
            return (key: tables.position(x: points[Int(index)].x, y: points[Int(index)].y), index: index)
        }
        keyed.sort { ($0.key, $0.index) < ($1.key, $1.index) }
        for (place, entry) in zip(run, keyed) { order[place] = entry.index }
    }
}

/// How a position and a point's number stand in one word: the position's highest bits that differ anywhere, above the number.
private struct SortWord {
    let indexBits: Int
    let keyBits: Int
    /// Low bits of a position that did not fit.
    private let dropped: Int
    private let keyMask: UInt64

    var leavesTies: Bool { dropped > 0 }

    init(_ points: UnsafeBufferPointer<GridPoint>) {
        // Points of one tile have its position's bits in common.
        var differing: UInt32 = 0
        for point in points { differing |= (point.x ^ points[0].x) | (point.y ^ points[0].y) }
        let significant = 2 * (32 - differing.leadingZeroBitCount)
        indexBits = Int.bitWidth - (points.count - 1).leadingZeroBitCount
        keyBits = Swift.min(significant, 64 - indexBits)
        dropped = significant - keyBits
        // Smart shift: all ones for 64.
        keyMask = ~(~0 << UInt64(keyBits))
    }

    @inline(__always)
    func word(_ position: UInt64, _ index: Int) -> UInt64 {
        (position &>> UInt64(truncatingIfNeeded: dropped) & keyMask) &<< UInt64(truncatingIfNeeded: indexBits)
            | UInt64(truncatingIfNeeded: index)
    }

    @inline(__always)
    func index(_ word: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: word & ~(~0 &<< UInt64(truncatingIfNeeded: indexBits))) }

    @inline(__always)
    func haveEqualKeys(_ a: UInt64, _ b: UInt64) -> Bool { (a ^ b) &>> UInt64(truncatingIfNeeded: indexBits) == 0 }
}

/// Sorts words by some of their bits, stably: first every word is counted, then they are moved, a pass for each digit of eleven bits.
private struct RadixSort {
    /// 2,048 counters stay in the first-level cache, and as many streams of words in the second-level TLB.
    private static let digitBits = 11
    private static let size = 1 << digitBits
    private let from: Int
    private let digits: Int
    /// `size` counters for each digit, lowest digit first.
    private let counts: UnsafeMutableBufferPointer<UInt32>

    init(from: Int, bits: Int) {
        self.from = from
        digits = (bits + RadixSort.digitBits - 1) / RadixSort.digitBits
        counts = .allocate(capacity: digits * RadixSort.size)
        counts.initialize(repeating: 0)
    }

    func deallocate() { counts.deallocate() }

    @inline(__always)
    func count(_ word: UInt64) {
        for digit in 0..<digits { counts[digit &* RadixSort.size &+ value(word, digit)] &+= 1 }
    }

    /// Sorts the words, which must be those that were counted. The answer stands in one of the two buffers, the other holds rubbish.
    func sort(
        _ words: UnsafeMutableBufferPointer<UInt64>, _ scratch: UnsafeMutableBufferPointer<UInt64>
    ) -> UnsafeMutableBufferPointer<UInt64> {
        var source = words
        var target = scratch
        for digit in 0..<digits {
            let places = UnsafeMutableBufferPointer(rebasing: counts[digit * RadixSort.size..<(digit + 1) * RadixSort.size])
            // Words of one value are in order as they are.
            if places.contains(where: { Int($0) == words.count }) { continue }
            // From counts to the places where each value begins.
            var place: UInt32 = 0
            for value in places.indices { (places[value], place) = (place, place &+ places[value]) }
            for word in source {
                let value = value(word, digit)
                // Below the count: these are the prefix sums of this very histogram.
                target.initializeElement(at: Int(places[value]), to: word)
                places[value] &+= 1
            }
            swap(&source, &target)
        }
        return source
    }

    @inline(__always)
    private func value(_ word: UInt64, _ digit: Int) -> Int {
        Int(truncatingIfNeeded: word &>> UInt64(truncatingIfNeeded: from &+ digit &* RadixSort.digitBits)) & (RadixSort.size &- 1)
    }
}

/// Memory for the duration of `body`, not initialised.
private func withUnsafeTemporaryBuffer<Element: BitwiseCopyable>(
    of type: Element.Type, _ count: Int, _ body: (UnsafeMutableBufferPointer<Element>) -> Void
) {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: count)
    defer { memory.deallocate() }
    body(UnsafeMutableBufferPointer(start: memory, count: count))
}
