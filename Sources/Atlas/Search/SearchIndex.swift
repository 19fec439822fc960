// SearchIndex.swift: the search index of an opened snapshot: which factories may match. Lists are read where they lie in the file.
// Candidates come in the order of their rank and are then compared with the text itself, so an answer never rests on the lists alone.

import SpatialIndex

struct SearchIndex: Sendable {
    /// The factory of each rank.
    let order: Column<UInt32>
    private let keys: Column<UInt64>
    private let counts: Column<UInt32>
    private let offsets: Column<UInt32>
    private let postings: Column<UInt8>
    let letters: LetterTable

    /// Lists beyond the shortest few only confirm what the text is compared with anyway.
    private static let listLimit = 3
    /// Up to this many candidates are compared one by one rather than thinned out by further lists.
    private static let fewCandidates = 2_000

    /// - Throws: `SnapshotError.inconsistent` when the sections do not fit each other or point outside the factories.
    init(_ file: SnapshotFile, factories: Int) throws(SnapshotError) {
        order = try file.column(.searchOrder, of: UInt32.self)
        keys = try file.column(.searchKeys, of: UInt64.self)
        counts = try file.column(.searchCounts, of: UInt32.self)
        offsets = try file.column(.searchOffsets, of: UInt32.self)
        postings = try file.column(.searchPostings, of: UInt8.self)
        letters = LetterTable(
            characters: try file.column(.searchCharacters, of: UInt32.self), letters: try file.column(.searchLetters, of: UInt32.self))
        guard order.count == factories, order.areBelow(factories), counts.count == keys.count,
            offsets.count == keys.count + 1, offsets.last.map({ Int($0) == postings.count }) ?? false
        else { throw .inconsistent(path: file.path, detail: "the sections of the search index do not fit each other") }
    }

    /// Ranks that may match.
    enum Candidates {
        /// Ascending.
        case few([UInt32])
        case many(RankSet)

        /// How many there are.
        var count: Int {
            switch self {
            case .few(let ranks): ranks.count
            case .many(let set): set.count
            }
        }

        /// How many there are without some ranks, ascending.
        func count(without hidden: [UInt32]) -> Int {
            switch self {
            case .few(let ranks):
                return ranks.count
                    - hidden.count { rank in
                        let place = ranks.partitioningIndex { $0 >= rank }
                        return place < ranks.count && ranks[place] == rank
                    }
            case .many(let set): return set.count - hidden.count { set.contains(Int($0)) }
            }
        }

        /// Calls `body` in ascending order until it returns false.
        func visit(_ body: (Int) -> Bool) {
            switch self {
            case .few(let ranks):
                for rank in ranks where !body(Int(rank)) { return }
            case .many(let set): set.visit(body)
            }
        }

        var set: RankSet? {
            if case .many(let set) = self { return set }
            return nil
        }
    }

    /// Ranks that stand in the lists of all these keys.
    ///
    /// Cost: O(length of the three shortest lists).
    func candidates(inAll wanted: [SearchKey]) -> Candidates {
        var lists: [Int] = []
        for key in Set(wanted) {
            guard let list = list(key.rawValue) else { return .few([]) }
            lists.append(list)
        }
        lists.sort { (counts[$0], $0) < (counts[$1], $1) }
        guard let shortest = lists.first else { return .few([]) }
        if Int(counts[shortest]) <= SearchIndex.fewCandidates { return .few(ranks(of: shortest)) }
        var result = set(of: shortest)
        for list in lists.dropFirst().prefix(SearchIndex.listLimit - 1) { result.formIntersection(set(of: list)) }
        return .many(result)
    }

    /// Ranks that stand in the list of any key of this kind that begins with a character.
    func candidates(startingWith character: UInt32, _ kind: SearchKey.Kind) -> Candidates {
        let range = SearchKey.all(kind, character)
        var result = RankSet(limit: order.count)
        var list = lowerBound(range.lowerBound)
        while list < keys.count, keys[list] <= range.upperBound {
            add(list, to: &result)
            list += 1
        }
        return .many(result)
    }

    // MARK: Lists

    private func lowerBound(_ key: UInt64) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func list(_ key: UInt64) -> Int? {
        let index = lowerBound(key)
        return index < keys.count && keys[index] == key ? index : nil
    }

    private func ranks(of list: Int) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(Int(counts[list]))
        if isBits(list) {
            set(of: list).visit {
                result.append(UInt32(truncatingIfNeeded: $0))
                return true
            }
        } else {
            forEachRank(of: list) { result.append(UInt32(truncatingIfNeeded: $0)) }
        }
        return result
    }

    private func isBits(_ list: Int) -> Bool { RankSet.isShorter(listing: Int(counts[list]), of: order.count) }

    private func set(of list: Int) -> RankSet {
        var result = RankSet(limit: order.count)
        add(list, to: &result)
        return result
    }

    private func add(_ list: Int, to set: inout RankSet) {
        guard isBits(list) else { return forEachRank(of: list) { set.insert($0) } }
        let end = min(Int(offsets[list + 1]), postings.count)
        let range = min(Int(offsets[list]), end)..<end
        postings.withUnsafeBufferPointer { set.formUnion(bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer($0)[range])) }
    }

    /// Calls `body` with every rank of a list, ascending; with none outside the ranks there are, whatever the file says.
    @inline(__always)
    private func forEachRank(of list: Int, _ body: (Int) -> Void) {
        let end = min(Int(offsets[list + 1]), postings.count)
        var position = min(Int(offsets[list]), end)
        var rank: UInt64 = 0
        let limit = UInt64(order.count)
        postings.withUnsafeBufferPointer { bytes in
            while position < end {
                var byte = bytes[position]
                position += 1
                var difference = UInt64(byte & 0x7F)
                var shift: UInt64 = 7
                while byte & 0x80 != 0, position < end, shift < 35 {
                    byte = bytes[position]
                    position += 1
                    difference |= UInt64(byte & 0x7F) << shift
                    shift += 7
                }
                rank += difference
                guard rank < limit else { return }
                body(Int(rank))
            }
        }
    }
}

/// A set of ranks, one bit each.
struct RankSet: Sendable {
    private var words: [UInt64]
    private let limit: Int

    init(limit: Int) {
        words = Array(repeating: 0, count: (limit + 63) / 64)
        self.limit = limit
    }

    /// Whether one bit for every rank takes less room than listing `count` of them, at a byte each or more.
    static func isShorter(listing count: Int, of limit: Int) -> Bool { count > (limit + 63) / 64 * 8 }

    /// As a file holds it, little-endian.
    var bytes: [UInt8] { words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } } }

    /// Adds what a file holds; bits beyond the ranks there are and a part of a word at the end are passed over.
    mutating func formUnion(bytes: UnsafeRawBufferPointer) {
        for index in 0..<min(words.count, bytes.count / 8) {
            words[index] |= UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
        if limit & 63 != 0, !words.isEmpty { words[words.count - 1] &= 1 << UInt64(limit & 63) - 1 }
    }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    @inline(__always)
    mutating func insert(_ rank: Int) { words[rank >> 6] |= 1 << UInt64(rank & 63) }

    func contains(_ rank: Int) -> Bool { words[rank >> 6] & 1 << UInt64(rank & 63) != 0 }

    mutating func formIntersection(_ other: RankSet) {
        for index in words.indices { words[index] &= other.words[index] }
    }

    mutating func formUnion(_ other: RankSet) {
        for index in words.indices { words[index] |= other.words[index] }
    }

    /// Calls `body` in ascending order until it returns false.
    func visit(_ body: (Int) -> Bool) {
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                guard body(index << 6 | rest.trailingZeroBitCount) else { return }
                rest &= rest - 1
            }
        }
    }
}
