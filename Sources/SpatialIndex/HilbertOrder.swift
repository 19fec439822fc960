// HilbertOrder.swift: sorting points by their position on the Hilbert curve.
//
// Radix sort from the highest digit: one scatter splits the points into up to 2048 parts, each is split again until it is
// small enough to stay in the cache, where insertion finishes it. Clustered points share long prefixes, so each split looks at
// the highest bits that differ within its part.

extension PackedRTree {
    /// The permutation that sorts points by Hilbert position; points of one cell keep their order. O(n).
    ///
    /// For up to 2^32 points.
    public static func hilbertOrder(of points: [GridPoint]) -> [UInt32] {
        let count = points.count
        guard count > 1 else { return count == 0 ? [] : [0] }
        let entries = UnsafeMutableBufferPointer<KeyedPoint>.allocate(capacity: count)
        let scratch = UnsafeMutableBufferPointer<KeyedPoint>.allocate(capacity: count)
        defer {
            entries.deallocate()
            scratch.deallocate()
        }
        let tables = HilbertCurve.tables
        points.withUnsafeBufferPointer { points in
            for index in 0..<count {
                let point = points[index]
                entries.initializeElement(
                    at: index, to: KeyedPoint(key: tables.position(x: point.x, y: point.y), index: UInt32(truncatingIfNeeded: index)))
            }
        }
        guard let first = entries.baseAddress, let second = scratch.baseAddress else { return [] }
        RadixSort.sort(first, scratch: second, count: count)
        return [UInt32](unsafeUninitializedCapacity: count) { order, initialized in
            for index in 0..<count { order.initializeElement(at: index, to: first[index].index) }
            initialized = count
        }
    }
}

/// A point's place on the curve and in the input.
private struct KeyedPoint: BitwiseCopyable {
    var key: UInt64
    var index: UInt32
}

private enum RadixSort {
    private static let digitBits = 11
    private static let smallBits = 6
    private static let insertionLimit = 24

    /// Sorts stably by key. `scratch` has room for as many.
    static func sort(_ entries: UnsafeMutablePointer<KeyedPoint>, scratch: UnsafeMutablePointer<KeyedPoint>, count: Int) {
        if count <= insertionLimit { return insertionSort(entries, count) }
        // The highest bit that differs anywhere.
        let first = entries[0].key
        var differing: UInt64 = 0
        for index in 1..<count { differing |= entries[index].key ^ first }
        if differing == 0 { return }
        // Few points need few buckets: the table must not cost more than the points.
        let wanted = count >= 4096 ? digitBits : smallBits
        let significant = 64 - differing.leadingZeroBitCount
        let bits = Swift.min(wanted, significant)
        let shift = UInt64(significant - bits)
        let mask = (UInt64(1) << UInt64(bits)) - 1
        withUnsafeTemporaryAllocation(of: Int.self, capacity: (1 << bits) + 1) { starts in
            starts.initialize(repeating: 0)
            for index in 0..<count { starts[Int(truncatingIfNeeded: entries[index].key &>> shift & mask) + 1] &+= 1 }
            for digit in 0..<(1 << bits) { starts[digit + 1] &+= starts[digit] }
            for index in 0..<count {
                let entry = entries[index]
                let digit = Int(truncatingIfNeeded: entry.key &>> shift & mask)
                let at = starts[digit]
                starts[digit] = at &+ 1
                // Below count: the starts are prefix sums of this very histogram.
                (scratch + at).initialize(to: entry)
            }
            entries.update(from: scratch, count: count)
            if shift == 0 { return }
            // starts[digit] is the end of the digit's part by now.
            var start = 0
            for digit in 0..<(1 << bits) {
                let end = starts[digit]
                if end - start > 1 { sort(entries + start, scratch: scratch + start, count: end - start) }
                start = end
            }
        }
    }

    private static func insertionSort(_ entries: UnsafeMutablePointer<KeyedPoint>, _ count: Int) {
        var next = 1
        while next < count {
            let entry = entries[next]
            var at = next
            while at > 0, entries[at &- 1].key > entry.key {
                entries[at] = entries[at &- 1]
                at &-= 1
            }
            entries[at] = entry
            next &+= 1
        }
    }
}
