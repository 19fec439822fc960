// SearchIndexBuilder.swift: makes the search index of a snapshot. Factories are ranked once, the worst first; every list of the index
// holds ranks in ascending order, so the best matches of any query are the first ones found.

import SpatialIndex

/// The sections of the search index, ready to be written.
struct SearchIndexBuilder {
    /// The factory (position in Hilbert order) of each rank.
    private(set) var order: [UInt32] = []
    /// Keys, ascending; how many factories each lists; where each list begins in `postings`.
    private(set) var keys: [UInt64] = []
    private(set) var counts: [UInt32] = []
    private(set) var offsets: [UInt32] = [0]
    /// Lists of ranks: the differences from one to the next as variable-length numbers, seven bits a byte, low bits first; or, where
    /// that is shorter (`RankSet.isShorter`), one bit for every rank there is.
    private(set) var postings: [UInt8] = []
    /// Characters of names, ascending, and the letters their readings begin with.
    private(set) var characters: [UInt32] = []
    private(set) var letters: [UInt32] = []

    /// - Parameters:
    ///   - names, formerNames: in Chinese, per factory.
    ///   - rank: a number a factory; the larger, the earlier it is found.
    ///   - placeNames: names whose characters need their letters too.
    ///
    /// Cost: O(total length of names), about 2 s for 1.2 million; 150 bytes of memory a factory.
    init(names: StringHeap, formerNames: StringHeap, englishNames: StringHeap, rank: [UInt64], placeNames: [String]) {
        order = (0..<UInt32(truncatingIfNeeded: names.count)).sorted {
            let (a, b) = (rank[Int($0)], rank[Int($1)])
            return a != b ? a > b : $0 < $1
        }
        var placeHeap = StringHeap()
        for name in placeNames { placeHeap.append(name) }
        let initials = collectCharacters(names, formerNames, placeHeap)
        var table = KeyTable()
        // Of all factories in the order of their rank: how many keys each has, and which.
        var lengths: [UInt8] = []
        var stream: [UInt32] = []
        lengths.reserveCapacity(order.count)
        stream.reserveCapacity(order.count * 24)
        var folded: [UInt32] = []
        for (rank, factory) in order.enumerated() {
            let begin = stream.count
            let stamp = UInt32(truncatingIfNeeded: rank)
            func add(_ key: SearchKey) {
                // A name of more than 200 characters is found by its first ones.
                if stream.count - begin < 255, let number = table.number(of: key, stamp: stamp) { stream.append(number) }
            }
            for heap in [names, formerNames] {
                heap.withUTF8(Int(factory)) { SearchText.fold($0, into: &folded) }
                SearchKey.forEach(inName: folded, letters: { initials.mask($0) }, add)
            }
            englishNames.withUTF8(Int(factory)) { utf8 in
                for word in SearchText.words(of: utf8) where word.count > 1 {
                    let start = Array(word.prefix(3))
                    add(SearchKey(.wordStart, SearchKey.letters(start[0], start[1]), start.count > 2 ? start[2] : SearchKey.end))
                }
            }
            lengths.append(UInt8(truncatingIfNeeded: stream.count - begin))
        }
        encode(table, stream, lengths)
    }

    /// Finds which characters occur, and their letters.
    private mutating func collectCharacters(_ heaps: StringHeap...) -> LetterTable {
        var seen = Set<UInt32>()
        var isKnown = [Bool](repeating: false, count: 0x1_0000)
        var folded: [UInt32] = []
        for heap in heaps {
            for index in 0..<heap.count {
                heap.withUTF8(index) { SearchText.fold($0, into: &folded) }
                for character in folded {
                    if character < 0x1_0000 {
                        if isKnown[Int(character)] { continue }
                        isKnown[Int(character)] = true
                    }
                    seen.insert(character)
                }
            }
        }
        for character in seen.sorted() {
            let mask = PinyinInitials.letters(of: character)
            guard mask != 0 else { continue }
            characters.append(character)
            letters.append(mask)
        }
        return LetterTable(characters: characters, letters: letters)
    }

    /// Turns "the keys of each rank" into "the ranks of each key".
    private mutating func encode(_ table: KeyTable, _ stream: [UInt32], _ lengths: [UInt8]) {
        var starts = [Int](repeating: 0, count: table.count + 1)
        for number in stream { starts[Int(number) + 1] += 1 }
        for index in 1..<starts.count { starts[index] += starts[index - 1] }
        var next = starts
        var ranks = [UInt32](repeating: 0, count: stream.count)
        var position = 0
        for (rank, length) in lengths.enumerated() {
            for _ in 0..<length {
                let number = Int(stream[position])
                ranks[next[number]] = UInt32(truncatingIfNeeded: rank)
                next[number] += 1
                position += 1
            }
        }
        postings.reserveCapacity(stream.count + stream.count / 4)
        for (key, number) in table.sorted() {
            keys.append(key)
            let list = starts[number]..<starts[number + 1]
            counts.append(UInt32(truncatingIfNeeded: list.count))
            if RankSet.isShorter(listing: list.count, of: order.count) {
                var set = RankSet(limit: order.count)
                for index in list { set.insert(Int(ranks[index])) }
                postings += set.bytes
                offsets.append(UInt32(truncatingIfNeeded: postings.count))
                continue
            }
            var before: UInt32 = 0
            for index in list {
                var difference = ranks[index] - before
                before = ranks[index]
                while difference >= 0x80 {
                    postings.append(UInt8(truncatingIfNeeded: difference) | 0x80)
                    difference >>= 7
                }
                postings.append(UInt8(truncatingIfNeeded: difference))
            }
            offsets.append(UInt32(truncatingIfNeeded: postings.count))
        }
    }

    func write(to writer: inout SnapshotWriter) throws(SnapshotError) {
        try writer.append(.searchOrder, order)
        try writer.append(.searchKeys, keys)
        try writer.append(.searchCounts, counts)
        try writer.append(.searchOffsets, offsets)
        try writer.append(.searchPostings, postings)
        try writer.append(.searchCharacters, characters)
        try writer.append(.searchLetters, letters)
    }
}

/// Gives keys numbers from 0 in the order of their first occurrence: a hash table with open addressing.
private struct KeyTable {
    private var slots: [UInt32]
    private var keys: [UInt64] = []
    /// The last factory that each key was seen in.
    private var stamps: [UInt32] = []
    private var mask: Int

    private static let empty = UInt32.max

    var count: Int { keys.count }

    init() {
        slots = Array(repeating: KeyTable.empty, count: 1 << 16)
        mask = slots.count - 1
    }

    /// The key's number; nil when it was asked for with the same stamp before.
    mutating func number(of key: SearchKey, stamp: UInt32) -> UInt32? {
        var slot = KeyTable.hash(key.rawValue) & mask
        while slots[slot] != KeyTable.empty {
            let number = slots[slot]
            if keys[Int(number)] == key.rawValue {
                guard stamps[Int(number)] != stamp else { return nil }
                stamps[Int(number)] = stamp
                return number
            }
            slot = (slot + 1) & mask
        }
        let number = UInt32(truncatingIfNeeded: keys.count)
        slots[slot] = number
        keys.append(key.rawValue)
        stamps.append(stamp)
        if keys.count * 2 > slots.count { grow() }
        return number
    }

    /// Keys, ascending, with their numbers.
    func sorted() -> [(key: UInt64, number: Int)] {
        keys.enumerated().map { ($0.element, $0.offset) }.sorted { $0.0 < $1.0 }
    }

    private mutating func grow() {
        slots = Array(repeating: KeyTable.empty, count: slots.count * 2)
        mask = slots.count - 1
        for (number, key) in keys.enumerated() {
            var slot = KeyTable.hash(key) & mask
            while slots[slot] != KeyTable.empty { slot = (slot + 1) & mask }
            slots[slot] = UInt32(truncatingIfNeeded: number)
        }
    }

    /// Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4).
    private static func hash(_ key: UInt64) -> Int { Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) }
}

/// First letters by character.
struct LetterTable: Sendable {
    /// For the characters of the basic plane, where nearly all are.
    private var basic: [UInt32]
    private var others: [UInt32: UInt32] = [:]

    /// - Parameters: as `SearchIndexBuilder` has them; surplus elements of the longer one are passed over.
    init(characters: some Sequence<UInt32>, letters: some Sequence<UInt32>) {
        basic = Array(repeating: 0, count: 0x1_0000)
        for (character, mask) in zip(characters, letters) {
            if character < 0x1_0000 { basic[Int(character)] = mask } else { others[character] = mask }
        }
    }

    /// Adds the characters of a folded name that are not here. Tens of microseconds for each that is new.
    mutating func learn(_ name: [UInt32]) {
        for character in name where SearchText.isChinese(character) && mask(character) == 0 {
            let letters = PinyinInitials.letters(of: character)
            if letters != 0 { if character < 0x1_0000 { basic[Int(character)] = letters } else { others[character] = letters } }
        }
    }

    @inline(__always)
    func mask(_ character: UInt32) -> UInt32 { character < 0x1_0000 ? basic[Int(character)] : others[character] ?? 0 }
}
