// SearchKey.swift: what the index lists factories under: two neighbouring characters of a name, told apart by where they stand. Two
// characters are what people type first in Chinese, so such a query is one list.

/// A key of the search index: a kind and two folded characters, in one number. Keys of one kind and first character are neighbours.
struct SearchKey: Hashable {
    enum Kind: UInt64 {
        /// The first two characters of a Chinese name.
        case nameStart = 1
        /// Two neighbours anywhere in one; after the last character stands `end`.
        case namePair = 2
        /// The first three letters of a word of an English name, packed as those of `initials` are.
        case wordStart = 3
        /// First letters of the readings of three neighbours, the first two in one number (`letters`): of all, and of those that a name
        /// begins with. Behind the last character stands `end`.
        case initials = 4
        case initialsStart = 5
    }

    /// Stands behind the last character of a name.
    static let end: UInt32 = 0

    let rawValue: UInt64

    init(_ kind: Kind, _ first: UInt32, _ second: UInt32) {
        rawValue = kind.rawValue << 48 | UInt64(first & 0xFF_FFFF) << 24 | UInt64(second & 0xFF_FFFF)
    }

    /// Two letters as the first part of a key.
    static func letters(_ first: UInt32, _ second: UInt32) -> UInt32 { first << 8 | second }

    /// The keys of at least two letters; nil for two, which stand for a range of keys.
    static func threes(_ term: [UInt32], _ kind: Kind) -> [SearchKey]? {
        guard term.count > 2 else { return nil }
        let last = kind == .initials ? term.count - 2 : 1
        return (0..<last).map { SearchKey(kind, letters(term[$0], term[$0 + 1]), term[$0 + 2]) }
    }

    /// All keys of a kind that begin with a character.
    static func all(_ kind: Kind, _ first: UInt32) -> ClosedRange<UInt64> {
        SearchKey(kind, first, 0).rawValue...SearchKey(kind, first, 0xFF_FFFF).rawValue
    }

    /// Calls `body` with every key of a name; some may come twice.
    @inline(__always)
    static func forEach(inName name: [UInt32], letters: (UInt32) -> UInt32, _ body: (SearchKey) -> Void) {
        guard let first = name.first else { return }
        body(SearchKey(.nameStart, first, name.count > 1 ? name[1] : end))
        var second = letters(first)
        for index in name.indices {
            let follower = index + 1 < name.count ? name[index + 1] : end
            body(SearchKey(.namePair, name[index], follower))
            let now = second
            second = letters(follower)
            guard now != 0, second != 0 else { continue }
            let third = index + 2 < name.count ? letters(name[index + 2]) : 0
            forEachLetter(now) { a in
                forEachLetter(second) { b in
                    func add(_ c: UInt32) {
                        body(SearchKey(.initials, SearchKey.letters(a, b), c))
                        if index == 0 { body(SearchKey(.initialsStart, SearchKey.letters(a, b), c)) }
                    }
                    if third == 0 { add(end) } else { forEachLetter(third, add) }
                }
            }
        }
    }

    @inline(__always)
    private static func forEachLetter(_ mask: UInt32, _ body: (UInt32) -> Void) {
        var rest = mask
        while rest != 0 {
            body(0x61 + UInt32(rest.trailingZeroBitCount))
            rest &= rest - 1
        }
    }
}
