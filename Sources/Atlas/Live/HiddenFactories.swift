// HiddenFactories.swift: which factories of a snapshot have changed since, and so must not answer from it. One bit for each factory of the
// snapshot, for filters that look at sixty-four at a time, and the same as an ascending list, for runs of the order.

/// A set of positions in the snapshot's order. A copy shares its memory until it is changed.
struct HiddenFactories: Sendable {
    /// One bit a factory, and a word of zeros behind them.
    private var words: [UInt64]
    /// Ascending.
    private(set) var indices: [UInt32] = []

    var count: Int { indices.count }

    init(snapshotCount: Int) {
        words = Array(repeating: 0, count: (snapshotCount + 63) / 64 + 1)
    }

    @inline(__always)
    func contains(_ index: Int) -> Bool { words[index &>> 6] & (1 &<< UInt64(truncatingIfNeeded: index & 63)) != 0 }

    /// The bits of sixty-four factories from `index` on; of none beyond the last.
    @inline(__always)
    func word(from index: Int) -> UInt64 {
        let shift = UInt64(truncatingIfNeeded: index & 63)
        let low = words[index &>> 6] &>> shift
        // Smart shift: by 64 gives 0.
        return low | words[min(index &>> 6 &+ 1, words.count &- 1)] << (64 - shift)
    }

    /// The hidden factories of a run. O(log hidden).
    func within(_ run: Range<Int>) -> ArraySlice<UInt32> {
        let first = indices.partitioningIndex { Int($0) >= run.lowerBound }
        let end = indices.partitioningIndex { Int($0) >= run.upperBound }
        return indices[first..<max(first, end)]
    }

    /// Adds factories, ascending, none of which is here. O(hidden + factories of the snapshot / 64).
    mutating func insert(_ added: [UInt32]) {
        guard !added.isEmpty else { return }
        for index in added { words[Int(index) >> 6] |= 1 << UInt64(index & 63) }
        indices = merged(indices, added) { $0 < $1 }
    }
}

/// Two ascending lists as one.
func merged<Element>(_ a: [Element], _ b: [Element], _ precedes: (Element, Element) -> Bool) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(a.count + b.count)
    var next = a.startIndex
    for element in b {
        // Long stretches of the one list go over in one piece.
        var end = next
        var step = 1
        while end + step <= a.count, precedes(a[end + step - 1], element) {
            end += step
            step *= 2
        }
        var limit = min(end + step - 1, a.count)
        while end < limit {
            let middle = (end + limit) / 2
            if precedes(a[middle], element) { end = middle + 1 } else { limit = middle }
        }
        result.append(contentsOf: a[next..<end])
        result.append(element)
        next = end
    }
    result.append(contentsOf: a[next...])
    return result
}
