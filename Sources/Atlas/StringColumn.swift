// StringColumn.swift: many strings as one heap of UTF-8 and the offsets between them.

import SpatialIndex

/// Strings of a snapshot, read in place.
struct StringColumn: Sendable {
    private let offsets: Column<UInt32>
    private let heap: Column<UInt8>

    /// `offsets` has one element more than there are strings. Offsets that point outside the heap read as its edge, so that a
    /// file with valid checksums and false contents yields wrong text and never a trap.
    init(offsets: Column<UInt32>, heap: Column<UInt8>) {
        self.offsets = offsets
        self.heap = heap
    }

    var count: Int { Swift.max(offsets.count - 1, 0) }

    /// The bytes of string `index` for the duration of `body`.
    ///
    /// Not by `withStrings`, though it reads the same: opening both columns costs pages of `near` a tenth more instructions.
    @inline(__always)
    func withUTF8<R>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
        let end = Swift.min(Int(offsets[index + 1]), heap.count)
        let start = Swift.min(Int(offsets[index]), end)
        return try heap.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[start..<end])) }
    }

    subscript(index: Int) -> String { withUTF8(index) { String(decoding: $0, as: UTF8.self) } }

    /// The strings by address, for the duration of `body`: for loops over many, where opening the two columns for each costs more than
    /// reading it.
    @inline(__always)
    func withStrings<R>(_ body: (Strings) throws -> R) rethrows -> R {
        try offsets.withUnsafeBufferPointer { offsets in
            try heap.withUnsafeBufferPointer { try body(Strings(offsets: offsets, heap: $0)) }
        }
    }

    /// The same strings by address.
    struct Strings {
        fileprivate let offsets: UnsafeBufferPointer<UInt32>
        fileprivate let heap: UnsafeBufferPointer<UInt8>

        /// The bytes of string `index`, which must be one.
        @inline(__always)
        subscript(index: Int) -> UnsafeBufferPointer<UInt8> {
            precondition(index >= 0 && index < offsets.count &- 1, "string index out of range")
            let end = Swift.min(Int(offsets[index &+ 1]), heap.count)
            let start = Swift.min(Int(offsets[index]), end)
            return UnsafeBufferPointer(rebasing: heap[start..<end])
        }
    }

    /// Where the strings that begin with `prefix` stand, when this column itself is in ascending order of its bytes. O(log n).
    func range(startingWith prefix: String) -> Range<Int> {
        var prefix = prefix
        return prefix.withUTF8 { wanted in
            func first(_ isBehind: (UnsafeBufferPointer<UInt8>) -> Bool) -> Int {
                var low = 0
                var high = count
                while low < high {
                    let middle = (low + high) / 2
                    if withUTF8(middle, isBehind) { high = middle } else { low = middle + 1 }
                }
                return low
            }
            let low = first { !$0.lexicographicallyPrecedes(wanted) }
            return low..<max(low, first { !$0.starts(with: wanted) && !$0.lexicographicallyPrecedes(wanted) })
        }
    }

    /// Position of `text` among the strings in the order `sorted` gives, which is ascending by bytes. O(log n).
    func find(_ text: String, in sorted: Column<UInt32>) -> Int? {
        var text = text
        return text.withUTF8 { wanted in
            var low = 0
            var high = sorted.count
            while low < high {
                let middle = (low + high) / 2
                let index = Int(sorted[middle])
                guard index < count else { return nil }
                let before = withUTF8(index) { $0.lexicographicallyPrecedes(wanted) }
                if before { low = middle + 1 } else { high = middle }
            }
            guard low < sorted.count, Int(sorted[low]) < count else { return nil }
            let index = Int(sorted[low])
            return withUTF8(index) { $0.elementsEqual(wanted) } ? index : nil
        }
    }

    /// Positions of the strings that differ from `lowercase` in nothing but the case of ASCII letters, in the order `sorted` gives, which is
    /// ascending by bytes. O(length · log n) for each spelling with which strings there begin: one or two of ids that a source gives.
    func find(lowercase: String, in sorted: Column<UInt32>) -> [Int] {
        var lowercase = lowercase
        return lowercase.withUTF8 { wanted in
            var ranges = [0..<sorted.count]
            for (place, byte) in wanted.enumerated() {
                let spellings = (0x61...0x7A).contains(byte) ? [byte & ~0x20, byte] : [byte]
                ranges = ranges.flatMap { range in spellings.map { narrowed(range, to: $0, at: place, in: sorted) } }.filter { !$0.isEmpty }
            }
            // What has nothing more stands before what goes on. The searches looked at some of `sorted` only: any of it may point outside.
            return ranges.flatMap { range in
                range.lazy.map { Int(sorted[$0]) }.prefix { $0 < count && withUTF8($0) { $0.count } == wanted.count }
            }
        }
    }

    /// Of strings that share all bytes before `place`, those that go on with `byte`.
    private func narrowed(_ range: Range<Int>, to byte: UInt8, at place: Int, in sorted: Column<UInt32>) -> Range<Int> {
        func next(_ index: Int) -> Int {
            let string = Int(sorted[index])
            return string < count ? withUTF8(string) { place < $0.count ? Int($0[place]) : -1 } : -1
        }
        let low = range.partitioningIndex { next($0) >= Int(byte) }
        return low..<(low..<range.upperBound).partitioningIndex { next($0) > Int(byte) }
    }
}

/// Collects strings for a `StringColumn`.
struct StringHeap {
    private(set) var offsets: [UInt32] = [0]
    private(set) var heap: [UInt8] = []

    var count: Int { offsets.count - 1 }

    mutating func reserve(strings: Int, bytes: Int) {
        offsets.reserveCapacity(strings + 1)
        heap.reserveCapacity(bytes)
    }

    mutating func append(_ utf8: UnsafeBufferPointer<UInt8>) {
        heap.append(contentsOf: utf8)
        offsets.append(UInt32(truncatingIfNeeded: heap.count))
    }

    mutating func append(_ text: String) {
        heap.append(contentsOf: text.utf8)
        offsets.append(UInt32(truncatingIfNeeded: heap.count))
    }

    /// The bytes of string `index`.
    func withUTF8<R>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
        try heap.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[Int(offsets[index])..<Int(offsets[index + 1])])) }
    }

    /// The same strings in another order.
    func permuted(by order: some Sequence<UInt32>) -> StringHeap {
        var result = StringHeap()
        result.reserve(strings: count, bytes: heap.count)
        heap.withUnsafeBufferPointer { bytes in
            for index in order {
                result.append(UnsafeBufferPointer(rebasing: bytes[Int(offsets[Int(index)])..<Int(offsets[Int(index) + 1])]))
            }
        }
        return result
    }
}
