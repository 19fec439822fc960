// HilbertOrder.swift: sorting points by their position on the Hilbert curve.
//
// What is sorted are words of eight bytes: as many of the position's highest differing bits as fit above the point's number. For a million
// points that is a cell of some ten metres, so few points are equal in it; those are put in order by their full positions at the end.
//
// Radix sort from the highest digit. The first pass moves every word through memory; from then on a bucket stands in the caches, and is sorted
// by as many bits as leave about a word for each value, the rest by insertion. (From the lowest digit, in four passes through memory, sorting took
// half as long again.)

extension PackedRTree {
    /// The permutation that sorts points by Hilbert position; points of one cell keep their order. O(n).
    ///
    /// For fewer than 2^32 points. 24 bytes of memory a point on the way.
    public static func hilbertOrder(of points: [GridPoint]) -> Column<UInt32> { HilbertSorted(points).order }

    /// A tree over cells in any order, and their Hilbert order: which of them each of the tree's points was. O(n).
    ///
    /// For fewer than 2^32 points. 16 bytes of memory a point on the way.
    public static func build(over cells: [GridPoint]) -> (tree: PackedRTree, order: Column<UInt32>) {
        let sorted = HilbertSorted(cells)
        return (PackedRTree(x: sorted.x, y: sorted.y), sorted.order)
    }
}

/// Points in Hilbert order, those of one cell in their own.
private struct HilbertSorted {
    /// Which point stands at each place.
    let order: Column<UInt32>
    let x: Column<UInt32>
    let y: Column<UInt32>

    init(_ points: [GridPoint]) {
        (order, x, y) = Column.three(count: points.count) { order, x, y in
            if !points.isEmpty { points.withUnsafeBufferPointer { HilbertSorted.sort($0, order, x, y) } }
        }
    }

    /// Initialises all of `order`, `x` and `y`, which have room for as many as there are points: one at least.
    private static func sort(
        _ points: UnsafeBufferPointer<GridPoint>, _ order: UnsafeMutableBufferPointer<UInt32>, _ x: UnsafeMutableBufferPointer<UInt32>,
        _ y: UnsafeMutableBufferPointer<UInt32>
    ) {
        let layout = SortWord(points)
        let tables = HilbertCurve.tables
        let sorter = WordSort(count: points.count, from: layout.indexBits, bits: layout.keyBits)
        defer { sorter.deallocate() }
        if layout.dropped >= 16 {
            for (index, point) in points.enumerated() {
                sorter.add(layout.word(tables.roughPosition(x: point.x, y: point.y), index), at: index)
            }
        } else {
            for (index, point) in points.enumerated() { sorter.add(layout.word(tables.position(x: point.x, y: point.y), index), at: index) }
        }
        let sorted = sorter.sort()
        for place in points.indices {
            let index = layout.index(sorted[place])
            let point = points[Int(index)]
            order.initializeElement(at: place, to: index)
            x.initializeElement(at: place, to: point.x)
            y.initializeElement(at: place, to: point.y)
        }
        guard layout.leavesTies else { return }
        var start = 0
        for end in 1...points.count where end == points.count || !layout.haveEqualKeys(sorted[start], sorted[end]) {
            if end - start > 1 { settle(start..<end, order, x, y) }
            start = end
        }
    }

    /// Orders a run of equal words by the full positions, stably.
    private static func settle(
        _ run: Range<Int>, _ order: UnsafeMutableBufferPointer<UInt32>, _ x: UnsafeMutableBufferPointer<UInt32>,
        _ y: UnsafeMutableBufferPointer<UInt32>
    ) {
        // Mostly points of one cell.
        if run.allSatisfy({ x[$0] == x[run.lowerBound] && y[$0] == y[run.lowerBound] }) { return }
        let tables = HilbertCurve.tables
        var keyed = run.map { (key: tables.position(x: x[$0], y: y[$0]), index: order[$0], x: x[$0], y: y[$0]) }
        keyed.sort { ($0.key, $0.index) < ($1.key, $1.index) }
        for (place, entry) in zip(run, keyed) { (order[place], x[place], y[place]) = (entry.index, entry.x, entry.y) }
    }
}

/// How a position and a point's number stand in one word: the position's highest bits that differ anywhere, above the number.
private struct SortWord {
    let indexBits: Int
    let keyBits: Int
    /// Low bits of a position that did not fit.
    let dropped: Int
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

    /// - Parameter position: of which the dropped bits are of no interest.
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

/// Sorts words by their highest bits and, where those are equal, by the others: stable for numbered words.
private struct WordSort {
    typealias Words = UnsafeMutablePointer<UInt64>

    private static let digitBits = 11
    private static let size = 1 << digitBits
    /// So few are sorted by insertion.
    private static let few = 24

    private let count: Int
    /// The key's lowest bit, and how many bits it has.
    private let from: Int
    private let bits: Int
    /// Of the first digit.
    private let firstBits: Int
    private let words: Words
    private let scratch: Words
    /// `size` counters for each depth. More than `few` words have a digit of five bits at least, and the last one of a key may have fewer.
    private let counts: UnsafeMutablePointer<UInt32>
    private static let depths = 1 + (64 + 4) / 5

    /// Room for `count` words, one at least.
    init(count: Int, from: Int, bits: Int) {
        (self.count, self.from, self.bits) = (count, from, bits)
        firstBits = WordSort.digit(of: count, bits)
        words = .allocate(capacity: count)
        scratch = .allocate(capacity: count)
        counts = .allocate(capacity: WordSort.depths * WordSort.size)
        // Those of a greater depth are cleared for each bucket.
        counts.initialize(repeating: 0, count: WordSort.size)
    }

    func deallocate() {
        words.deallocate()
        scratch.deallocate()
        counts.deallocate()
    }

    /// Takes a word; each place once.
    @inline(__always)
    func add(_ word: UInt64, at place: Int) {
        (words + place).initialize(to: word)
        counts[value(word, from &+ bits &- firstBits, firstBits)] &+= 1
    }

    /// The words in order, which stand there until `deallocate`.
    func sort() -> Words {
        guard firstBits > 0 else { return words }
        let shift = from - firstBits + bits
        WordSort.placesFromCounts(counts, 1 << firstBits, start: 0)
        move(words, into: scratch, 0..<count, shift, firstBits, counts)
        var start = 0
        for value in 0..<1 << firstBits {
            let end = Int(counts[value])
            sort(scratch, into: words, start..<end, bits: bits - firstBits, depth: 1)
            start = end
        }
        return words
    }

    /// Sorts a run whose words are equal above the lowest `bits` of the key. Both arrays have it; what `source` holds in the end is of no use.
    private func sort(_ source: Words, into target: Words, _ run: Range<Int>, bits: Int, depth: Int) {
        let digit = run.count > WordSort.few ? WordSort.digit(of: run.count, bits) : 0
        guard digit > 0 else {
            (target + run.lowerBound).update(from: source + run.lowerBound, count: run.count)
            return WordSort.insert(target, run)
        }
        let counts = counts + depth &* WordSort.size
        let shift = from &+ bits &- digit
        counts.initialize(repeating: 0, count: 1 &<< digit)
        for place in run { counts[value(source[place], shift, digit)] &+= 1 }
        let most = WordSort.placesFromCounts(counts, 1 &<< digit, start: run.lowerBound)
        move(source, into: target, run, shift, digit, counts)
        if most > WordSort.few {
            var start = run.lowerBound
            for value in 0..<1 &<< digit {
                let end = Int(counts[value])
                if end &- start > WordSort.few, bits > digit {
                    (source + start).update(from: target + start, count: end &- start)
                    sort(source, into: target, start..<end, bits: bits &- digit, depth: depth &+ 1)
                }
                start = end
            }
        }
        WordSort.insert(target, run)
    }

    /// How many bits leave about a word for each of their values.
    @inline(__always)
    private static func digit(of count: Int, _ bits: Int) -> Int {
        Swift.min(bits, digitBits, Int.bitWidth &- count.leadingZeroBitCount)
    }

    @inline(__always)
    private func value(_ word: UInt64, _ shift: Int, _ digit: Int) -> Int {
        Int(truncatingIfNeeded: word &>> UInt64(truncatingIfNeeded: shift)) & ((1 &<< digit) &- 1)
    }

    /// From how often each value occurs to the place where it begins. Answers how often the most frequent one does.
    @discardableResult
    private static func placesFromCounts(_ counts: UnsafeMutablePointer<UInt32>, _ size: Int, start: Int) -> Int {
        var place = UInt32(truncatingIfNeeded: start)
        var most: UInt32 = 0
        for value in 0..<size {
            let count = counts[value]
            counts[value] = place
            place &+= count
            most = Swift.max(most, count)
        }
        return Int(most)
    }

    /// Puts each word of a run at the next place of its value; the places become the values' ends.
    @inline(__always)
    private func move(
        _ source: Words, into target: Words, _ run: Range<Int>, _ shift: Int, _ digit: Int, _ places: UnsafeMutablePointer<UInt32>
    ) {
        for place in run {
            let word = source[place]
            let value = value(word, shift, digit)
            // Within the run: the places are the sums of this very run's counts.
            (target + Int(places[value])).initialize(to: word)
            places[value] &+= 1
        }
    }

    /// Sorts a run in which no word is far from its place.
    @inline(__always)
    private static func insert(_ words: Words, _ run: Range<Int>) {
        var next = run.lowerBound &+ 1
        while next < run.upperBound {
            let word = words[next]
            var place = next
            while place > run.lowerBound, words[place &- 1] > word {
                words[place] = words[place &- 1]
                place &-= 1
            }
            words[place] = word
            next &+= 1
        }
    }
}
