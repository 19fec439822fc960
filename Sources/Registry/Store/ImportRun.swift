// ImportRun.swift: what one run of an importer has met so far, over all its batches. A row that comes twice in one file with
// other contents is an error of the file; in a later file it is an update. A set of primary keys is all that takes.

import Synchronization

/// One import: hand the same object to every `apply` of one file.
///
/// Memory: one bit for each row of the store that the run has met.
public final class ImportRun: Sendable {
    /// Where the rows come from, for the change feed.
    public let source: String?

    struct State {
        var factories = PrimaryKeySet()
        var records = PrimaryKeySet()
        var brands = PrimaryKeySet()
        var links = PrimaryKeySet()
        var figures = PrimaryKeySet()
        var emissions = PrimaryKeySet()
        var factors = PrimaryKeySet()
    }

    let state = Mutex(State())

    public init(source: String? = nil) { self.source = source }
}

/// A set of primary keys, which are dense: bits in pages. What was added since `begin` can be taken back.
struct PrimaryKeySet {
    private var pages: [Int64: [UInt64]] = [:]
    private var added: [Int64] = []
    private static let wordsPerPage = 1024

    func contains(_ key: Int64) -> Bool {
        let (page, word, bit) = PrimaryKeySet.place(key)
        return (pages[page]?[word] ?? 0) & bit != 0
    }

    mutating func insert(_ key: Int64) {
        let (page, word, bit) = PrimaryKeySet.place(key)
        let isNew = { (words: inout [UInt64]) -> Bool in
            let before = words[word]
            words[word] = before | bit
            return before & bit == 0
        }(&pages[page, default: [UInt64](repeating: 0, count: PrimaryKeySet.wordsPerPage)])
        if isNew { added.append(key) }
    }

    /// From here on additions can be taken back by `rollBack`.
    mutating func begin() { added.removeAll(keepingCapacity: true) }

    mutating func rollBack() {
        for key in added {
            let (page, word, bit) = PrimaryKeySet.place(key)
            pages[page]?[word] &= ~bit
        }
        added.removeAll(keepingCapacity: true)
    }

    private static func place(_ key: Int64) -> (page: Int64, word: Int, bit: UInt64) {
        (key >> 16, Int(key & 0xFFFF) >> 6, 1 << UInt64(key & 63))
    }
}
