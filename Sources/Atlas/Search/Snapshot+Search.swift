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
    public func search(_ query: SearchQuery, limit: Int) -> SearchPage {
        var found = Findings(limit: Snapshot.searchCountLimit)
        var special = identified(query)
        special.removeAll { !found.insert(rank: nil, factory: $0.index, field: $0.field) }
        if special.contains(where: { $0.field == .id }) {
            // Who types a whole id wants that one.
        } else if query.terms.count == 1 {
            searchSingle(query.terms[0], into: &found)
        } else {
            searchAll(query.terms, into: &found)
        }
        let hits = found.best(limit).map { item in
            let known = special.first { $0.index == item.factory && $0.field == item.field }
            return searchHit(item.factory, item.field, query, text: known?.text)
        }
        return SearchPage(hits: hits, total: found.total, isAtLeast: found.isAtLeast)
    }

    // MARK: Passes

    /// By id and credit code: as typed, spaces and letter case aside.
    private func identified(_ query: SearchQuery) -> [(index: Int, field: SearchHit.Field, text: String)] {
        var found: [(index: Int, field: SearchHit.Field, text: String)] = []
        if let index = ids.find(query.text, in: orderByID) { found.append((index, .id, query.text)) }
        let code = String(String.UnicodeScalarView(query.terms.joined().compactMap { Unicode.Scalar($0) })).uppercased()
        // Six characters say at least the authority, the kind and half of the place.
        guard code.utf8.count >= 6, code.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }) else { return found }
        // One more than is counted, so that it shows that there are more.
        for index in creditCodes.range(startingWith: code).prefix(Snapshot.searchCountLimit + 1) {
            found.append((Int(creditFactory[index]), .creditCode, creditCodes[index]))
        }
        return found
    }

    private func searchSingle(_ term: [UInt32], into found: inout Findings) {
        var matcher = TermMatcher(snapshot: self, terms: [term])
        let pairs = zip(term, term.dropFirst()).map { SearchKey(.namePair, $0, $1) }
        let isSingle = term.count == 1
        let anywhere = isSingle ? search.candidates(startingWith: term[0], .namePair) : search.candidates(inAll: pairs)
        let start = isSingle ? search.candidates(startingWith: term[0], .nameStart) : nil
        let ended = SearchKey(.namePair, term[term.count - 1], SearchKey.end)
        let first = SearchKey(.nameStart, term[0], isSingle ? SearchKey.end : term[1])
        collect(search.candidates(inAll: pairs + [first, ended]), .wholeName, &matcher, &found)
        collect(start ?? search.candidates(inAll: pairs + [first]), .nameStart, &matcher, &found)
        collect(anywhere, .name, &matcher, &found)
        if term.count == 2, SearchText.isChinese(term[0]), SearchText.isChinese(term[1]) {
            // Every factory of the one list matches, and nothing else does.
            found.settle(total: anywhere.count)
            return
        }
        guard !isSingle, term.allSatisfy(SearchText.isLetterOrDigit) else { return }
        collect(letters(term, .wordStart), .englishName, &matcher, &found)
        guard term.allSatisfy(SearchText.isLetter) else { return }
        collect(letters(term, .initialsStart), .initialsStart, &matcher, &found)
        collect(letters(term, .initials), .initials, &matcher, &found)
    }

    private func searchAll(_ terms: [[UInt32]], into found: inout Findings) {
        var matcher = TermMatcher(snapshot: self, terms: terms)
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
            compared += 1
            let factory = Int(search.order[rank])
            if let matched = matcher.field(of: factory, lookingFor: field) {
                kept += 1
                found.insert(rank: rank, factory: factory, field: matched)
            }
            return true
        }
    }

    // MARK: Answers

    private func searchHit(_ index: Int, _ field: SearchHit.Field, _ query: SearchQuery, text known: String?) -> SearchHit {
        let text: String
        switch field {
        case .id, .creditCode: text = known ?? ids[index]
        case .wholeName, .nameStart, .name, .initialsStart, .initials: text = names[index]
        case .formerName: text = formerNames[index]
        case .englishName: text = englishNames[index]
        }
        return SearchHit(
            factory: hit(index), field: field, text: text, ranges: SearchHighlights.ranges(of: query, in: text, field, search.letters))
    }
}

/// Which factories were found, each once, by its best field.
private struct Findings {
    private var items: [(field: SearchHit.Field, rank: Int, factory: Int)] = []
    private var seen = Set<Int>()
    private let limit: Int
    private var settled: Int?
    var isAtLeast = false

    init(limit: Int) { self.limit = limit }

    var total: Int { settled ?? min(items.count, limit) }

    /// - Returns: whether it was not found before.
    @discardableResult
    mutating func insert(rank: Int?, factory: Int, field: SearchHit.Field) -> Bool {
        guard seen.insert(factory).inserted else { return false }
        items.append((field, rank ?? -1, factory))
        if items.count > limit { isAtLeast = true }
        return true
    }

    /// The number is known for sure.
    mutating func settle(total: Int) {
        settled = total
        isAtLeast = false
    }

    func best(_ count: Int) -> [(field: SearchHit.Field, rank: Int, factory: Int)] {
        Array(items.sorted { ($0.field, $0.rank) < ($1.field, $1.rank) }.prefix(count))
    }
}
