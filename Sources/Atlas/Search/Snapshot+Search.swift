// Snapshot+Search.swift: finds factories by name, former name, id and credit code. What is found is said with what of it matched, so
// that a list can show why.
//
// The order of an answer: an exact id or credit code; the whole name; names that begin so; names that hold it; former names; words of
// the English name; initials of the reading. Within each, the worst first: by status, then worst severity, then number of records.

import Registry

/// A factory that a search found.
public struct SearchHit: Hashable, Sendable {
    /// What of a factory matched; in the order of an answer.
    public enum Field: Int, Comparable, Sendable {
        case id, creditCode, wholeName, nameStart, name, formerName, englishName, initialsStart, initials

        public static func < (a: Field, b: Field) -> Bool { a.rawValue < b.rawValue }
    }

    public var factory: FactoryHit
    public var field: Field
    /// The text that matched: the id, the credit code, or one of the names.
    public var text: String
    /// Which parts of `text` matched, in UTF-16 code units (as JavaScript counts).
    public var ranges: [Range<Int>]
}

/// What a search found.
public struct SearchPage: Sendable {
    public var hits: [SearchHit]
    /// How many factories match; counting ends at `Snapshot.searchCountLimit`.
    public var total: Int
    /// Whether there may be more than `total`.
    public var isAtLeast: Bool
}

extension Snapshot {
    /// Brands, and how many factories each publishes as suppliers.
    public var publishedBrands: [(id: String, suppliers: Int)] {
        brandIDs.indices.map { (brandIDs[$0], Int(supplierOffsets[$0 + 1]) - Int(supplierOffsets[$0])) }
    }

    /// How far matches are counted.
    public static var searchCountLimit: Int { 1_000 }
    /// How many candidates are compared with the query before a pass ends: bounds the time of queries built to be slow.
    private static var comparisonLimit: Int { 20_000 }

    /// Factories that match all terms of a query, best first.
    ///
    /// - Parameter limit: at least 1.
    /// Cost: milliseconds for millions of factories, whatever the query.
    public func search(_ query: SearchQuery, limit: Int) -> SearchPage { search(query, limit: limit, delta: nil) }

    /// The same with changes laid over the snapshot: its factories are looked through one by one, a tenth of a microsecond each.
    func search(_ query: SearchQuery, limit: Int, delta: Delta?) -> SearchPage {
        var found = Findings(limit: Snapshot.searchCountLimit, snapshot: self, delta: delta)
        var special = identified(query, delta)
        special.removeAll { !found.insert(rank: nil, factory: $0.index, field: $0.field) }
        if query.terms.count > 1 {
            searchAll(query.terms, into: &found)
        } else if !special.contains(where: { $0.field == .id }) {
            // Who types a whole id wants that one.
            searchSingle(query.terms[0], into: &found)
        }
        let texts = Dictionary(uniqueKeysWithValues: special.map { ($0.index, $0.text) })
        let hits = found.best(limit).map { searchHit($0.factory, $0.field, query, text: texts[$0.factory], delta) }
        return SearchPage(hits: hits, total: found.total, isAtLeast: found.isAtLeast)
    }

    // MARK: Passes

    /// By id and by credit code, folded as names are.
    private func identified(_ query: SearchQuery, _ delta: Delta?) -> [(index: Int, field: SearchHit.Field, text: String)] {
        var found = factories(withID: query, delta).map { index in
            (index: index, field: SearchHit.Field.id, text: index < 0 ? delta?.rows[~index].id ?? "" : ids[index])
        }
        let code = SearchText.string(query.terms.joined()).uppercased()
        // Six characters say at least the authority, the kind and half of the place.
        guard code.utf8.count >= 6, code.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }) else { return found }
        // One more than is counted, so that it shows that there are more.
        for owner in worstOwners(ofCodesStartingWith: code, limit: Snapshot.searchCountLimit + 1, delta) {
            found.append((owner.factory, .creditCode, creditCodes[owner.code]))
        }
        for (row, live) in (delta?.rows ?? []).enumerated() where live.creditCode.hasPrefix(code) {
            found.append((~row, .creditCode, live.creditCode))
        }
        return found
    }

    /// Factories with an id: the one that has it exactly as typed; without such a one, all whose ids differ from it in nothing but what
    /// folding takes away. In the snapshot's order; ~row for those of the delta.
    private func factories(withID query: SearchQuery, _ delta: Delta?) -> [Int] {
        func isHidden(_ index: Int) -> Bool { delta?.hidden.contains(index) ?? false }
        if let live = delta?.factory(id: query.text), let row = delta?.row(of: live) { return [~row] }
        if let index = ids.find(query.text, in: orderByID), !isHidden(index) { return [index] }
        let folded = SearchText.string(SearchText(query.text).characters)
        let changed = (delta?.rows ?? []).enumerated().filter { $0.element.hasID(lowercase: folded) }
        return ids.find(lowercase: folded, in: orderByID).filter { !isHidden($0) } + changed.map { ~$0.offset }
    }

    /// Of the file's factories whose credit codes begin so, the worst, and where their codes stand.
    ///
    /// Cost: some ten nanoseconds for each of those factories; six characters of a code leave those of a prefecture or two.
    private func worstOwners(ofCodesStartingWith prefix: String, limit: Int, _ delta: Delta?) -> [(factory: Int, code: Int)] {
        typealias Owner = (rank: UInt64, factory: Int, code: Int)
        var kept: [Owner] = []
        func precedes(_ a: Owner, _ b: Owner) -> Bool { a.rank != b.rank ? a.rank > b.rank : a.factory < b.factory }
        func cut() {
            kept.sort(by: precedes)
            kept.removeLast(max(kept.count - limit, 0))
        }
        var last: Owner?
        for code in creditCodes.range(startingWith: prefix) {
            let factory = Int(creditFactory[code])
            if let delta, delta.hidden.contains(factory) { continue }
            let owner = (rank: searchRankKey(factory), factory: factory, code: code)
            if let last, !precedes(owner, last) { continue }
            kept.append(owner)
            // Twice as many as are wanted, so that few sorts do for many factories.
            if kept.count == limit * 2 {
                cut()
                last = kept.last
            }
        }
        cut()
        return kept.map { ($0.factory, $0.code) }
    }

    private func searchSingle(_ term: [UInt32], into found: inout Findings) {
        var matcher = TermMatcher(snapshot: self, delta: found.delta, terms: [term])
        let pairs = zip(term, term.dropFirst()).map { SearchKey(.namePair, $0, $1) }
        let isSingle = term.count == 1
        let anywhere = isSingle ? search.candidates(startingWith: term[0], .namePair) : search.candidates(inAll: pairs)
        let start = isSingle ? search.candidates(startingWith: term[0], .nameStart) : nil
        let ended = SearchKey(.namePair, term[term.count - 1], SearchKey.end)
        let first = SearchKey(.nameStart, term[0], isSingle ? SearchKey.end : term[1])
        collect(search.candidates(inAll: pairs + [first, ended]), .wholeName, &matcher, &found)
        collect(start ?? search.candidates(inAll: pairs + [first]), .nameStart, &matcher, &found)
        collect(anywhere, .name, &matcher, &found)
        collectChanged([.wholeName, .nameStart, .name], &matcher, &found)
        if term.count == 2, SearchText.isChinese(term[0]), SearchText.isChinese(term[1]) {
            // Every factory of the one list matches, and nothing else does.
            found.settle(total: anywhere.count(without: found.delta?.hiddenRanks ?? []) + found.changed)
            return
        }
        guard !isSingle, term.allSatisfy(SearchText.isLetterOrDigit) else { return }
        collect(letters(term, .wordStart), .englishName, &matcher, &found)
        collectChanged([.englishName], &matcher, &found)
        guard term.allSatisfy(SearchText.isLetter) else { return }
        collect(letters(term, .initialsStart), .initialsStart, &matcher, &found)
        collect(letters(term, .initials), .initials, &matcher, &found)
        collectChanged([.initialsStart, .initials], &matcher, &found)
    }

    /// Looks through the changed factories.
    private func collectChanged(_ fields: [SearchHit.Field], _ matcher: inout TermMatcher, _ found: inout Findings) {
        guard let delta = found.delta else { return }
        for row in delta.rows.indices {
            for field in fields {
                guard let matched = matcher.field(of: delta.rows[row], lookingFor: field) else { continue }
                found.insert(rank: nil, factory: ~row, field: matched)
                break
            }
        }
    }

    private func searchAll(_ terms: [[UInt32]], into found: inout Findings) {
        var matcher = TermMatcher(snapshot: self, delta: found.delta, terms: terms)
        // The longest terms narrow most; the others are only compared.
        let narrowing = terms.sorted { $0.count > $1.count }.prefix(3)
        var few: SearchIndex.Candidates?
        var many: RankSet?
        for term in narrowing {
            let candidates = candidates(of: term)
            switch candidates {
            case .few:
                if few.map({ candidates.count < $0.count }) ?? true { few = candidates }
            case .many(let set):
                if many == nil { many = set } else { many?.formIntersection(set) }
            }
        }
        collectChanged([.name], &matcher, &found)
        if let few {
            collect(few, .name, &matcher, &found)
        } else if let many {
            collect(.many(many), .name, &matcher, &found)
        }
    }

    /// Factories in any of whose names a term may stand.
    private func candidates(of term: [UInt32]) -> SearchIndex.Candidates {
        guard term.count > 1 else { return search.candidates(startingWith: term[0], .namePair) }
        var parts = [search.candidates(inAll: zip(term, term.dropFirst()).map { SearchKey(.namePair, $0, $1) })]
        if term.allSatisfy(SearchText.isLetterOrDigit) {
            parts.append(letters(term, .wordStart))
        }
        if term.allSatisfy(SearchText.isLetter) { parts.append(letters(term, .initials)) }
        if parts.count == 1 { return parts[0] }
        var union = RankSet(limit: count)
        for part in parts {
            if let set = part.set {
                union.formUnion(set)
            } else {
                part.visit {
                    union.insert($0)
                    return true
                }
            }
        }
        return .many(union)
    }

    /// Factories that may have these letters, at least two, as initials or as the beginning of a word.
    private func letters(_ term: [UInt32], _ kind: SearchKey.Kind) -> SearchIndex.Candidates {
        if let keys = SearchKey.threes(term, kind) { return search.candidates(inAll: keys) }
        return search.candidates(startingWith: SearchKey.letters(term[0], term[1]), kind)
    }

    /// Compares candidates with the query and keeps those that match in `field`, up to the limit of what is counted.
    private func collect(
        _ candidates: SearchIndex.Candidates, _ field: SearchHit.Field, _ matcher: inout TermMatcher, _ found: inout Findings
    ) {
        var compared = 0
        var kept = 0
        candidates.visit { rank in
            guard kept < Snapshot.searchCountLimit, compared < Snapshot.comparisonLimit else {
                found.isAtLeast = true
                return false
            }
            let factory = Int(search.order[rank])
            if let delta = found.delta, delta.hidden.contains(factory) { return true }
            compared += 1
            if let matched = matcher.field(of: factory, lookingFor: field) {
                kept += 1
                found.insert(rank: rank, factory: factory, field: matched)
            }
            return true
        }
    }

    // MARK: Answers

    private func searchHit(
        _ index: Int, _ field: SearchHit.Field, _ query: SearchQuery, text known: String?, _ delta: Delta?
    ) -> SearchHit {
        let live = index < 0 ? delta?.rows[~index] : nil
        let text: String
        switch field {
        case .id, .creditCode: text = known ?? live?.id ?? ids[index]
        case .wholeName, .nameStart, .name, .initialsStart, .initials: text = live?.nameZH ?? names[index]
        case .formerName: text = live?.formerName ?? formerNames[index]
        case .englishName: text = live?.nameEN ?? englishNames[index]
        }
        let letters = delta?.letters ?? search.letters
        return SearchHit(
            factory: hit(index, delta), field: field, text: text, ranges: SearchHighlights.ranges(of: query, in: text, field, letters))
    }
}

/// Which factories were found, each once, by its best field.
private struct Findings {
    /// Where a factory stands among those of its field.
    private struct Place: Comparable {
        /// Ascending: the rank in the snapshot's index, or with a delta or without a rank the opposite of what the rank follows from.
        var rank: UInt64
        var position: UInt64 = 0
        var pk: UInt32 = 0

        static func < (a: Place, b: Place) -> Bool { (a.rank, a.position, a.pk) < (b.rank, b.position, b.pk) }
    }

    private var items: [(field: SearchHit.Field, place: Place, factory: Int)] = []
    private var seen = Set<Int>()
    private let limit: Int
    private let snapshot: Snapshot
    let delta: Delta?
    private var settled: Int?
    /// How many of them are the delta's.
    private(set) var changed = 0
    var isAtLeast = false

    init(limit: Int, snapshot: Snapshot, delta: Delta?) {
        self.limit = limit
        self.snapshot = snapshot
        self.delta = delta
    }

    var total: Int { settled ?? min(items.count, limit) }

    /// - Parameters:
    ///   - rank: nil: not known; it then follows from what the factory is, as it does for all of its field.
    ///   - factory: in the snapshot's order; ~row for one of the delta.
    /// - Returns: whether it was not found before.
    @discardableResult
    mutating func insert(rank: Int?, factory: Int, field: SearchHit.Field) -> Bool {
        guard seen.insert(factory).inserted else { return false }
        items.append((field, place(rank, factory), factory))
        if factory < 0 { changed += 1 }
        if items.count > limit { isAtLeast = true }
        return true
    }

    private func place(_ rank: Int?, _ factory: Int) -> Place {
        if let rank, delta == nil { return Place(rank: UInt64(rank)) }
        if factory < 0, let delta {
            let live = delta.rows[~factory]
            return Place(rank: ~live.searchRank, position: live.position, pk: live.pk)
        }
        let key = snapshot.orderKey(factory)
        return Place(rank: ~snapshot.searchRankKey(factory), position: key.position, pk: key.pk)
    }

    /// The number is known for sure.
    mutating func settle(total: Int) {
        settled = total
        isAtLeast = false
    }

    func best(_ count: Int) -> [(field: SearchHit.Field, factory: Int)] {
        items.sorted { ($0.field, $0.place) < ($1.field, $1.place) }.prefix(count).map { ($0.field, $0.factory) }
    }
}
