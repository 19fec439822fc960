// TermMatcher.swift: compares a factory's names with the terms of a query, and says which parts of a text matched.

import Registry

/// Compares factories with one query; keeps its buffers from one to the next.
struct TermMatcher {
    private let snapshot: Snapshot
    private let letters: LetterTable
    private let terms: [[UInt32]]
    private var name: [UInt32] = []
    private var former: [UInt32] = []
    /// The factory that is compared, when it is one of a delta.
    private var live: LiveFactory?

    init(snapshot: Snapshot, delta: Delta? = nil, terms: [[UInt32]]) {
        self.snapshot = snapshot
        letters = delta?.letters ?? snapshot.search.letters
        self.terms = terms
    }

    /// The field by which a factory matches; nil when it does not.
    ///
    /// With one term, only the field that is looked for counts (`name` stands for former names too); with several, each term may be in
    /// another field, and the last of them is the one that is named.
    mutating func field(of factory: Int, lookingFor wanted: SearchHit.Field) -> SearchHit.Field? {
        live = nil
        snapshot.names.withUTF8(factory) { SearchText.fold($0, into: &name) }
        return matchedField(factory, wanted)
    }

    /// The same of a factory that has changed.
    mutating func field(of factory: LiveFactory, lookingFor wanted: SearchHit.Field) -> SearchHit.Field? {
        live = factory
        name = factory.foldedName
        return matchedField(-1, wanted)
    }

    private mutating func matchedField(_ factory: Int, _ wanted: SearchHit.Field) -> SearchHit.Field? {
        if terms.count > 1 {
            foldFormerName(factory)
            var worst = SearchHit.Field.name
            for term in terms {
                guard let field = anyField(of: factory, term) else { return nil }
                worst = max(worst, field)
            }
            return worst
        }
        let term = terms[0]
        switch wanted {
        case .wholeName: return name == term ? wanted : nil
        case .nameStart: return name.starts(with: term) ? wanted : nil
        case .englishName: return isWordStart(factory, term) ? wanted : nil
        case .initialsStart: return SearchHighlights.findInitials(term, in: name, letters) == 0 ? wanted : nil
        case .initials: return initials(term) ? wanted : nil
        case .id, .creditCode: return nil
        case .name, .formerName:
            if SearchText.find(term, in: name) != nil { return .name }
            foldFormerName(factory)
            return SearchText.find(term, in: former) != nil ? .formerName : nil
        }
    }

    private mutating func foldFormerName(_ factory: Int) {
        if let live {
            former = live.foldedFormerName
        } else {
            snapshot.formerNames.withUTF8(factory) { SearchText.fold($0, into: &former) }
        }
    }

    private func anyField(of factory: Int, _ term: [UInt32]) -> SearchHit.Field? {
        if SearchText.find(term, in: name) != nil { return .name }
        if SearchText.find(term, in: former) != nil { return .formerName }
        guard term.allSatisfy(SearchText.isLetterOrDigit) else { return nil }
        if isWordStart(factory, term) { return .englishName }
        return term.count > 1 && initials(term) ? .initials : nil
    }

    private func isWordStart(_ factory: Int, _ term: [UInt32]) -> Bool {
        guard let live else { return snapshot.englishNames.withUTF8(factory) { SearchText.hasWord(startingWith: term, in: $0) } }
        var english = live.nameEN
        return english.withUTF8 { SearchText.hasWord(startingWith: term, in: $0) }
    }

    private func initials(_ term: [UInt32]) -> Bool { SearchHighlights.findInitials(term, in: name, letters) != nil }
}

/// Which parts of a text matched.
enum SearchHighlights {
    /// Ranges in UTF-16 code units, ascending, without overlaps.
    static func ranges(of query: SearchQuery, in text: String, _ field: SearchHit.Field, _ letters: LetterTable) -> [Range<Int>] {
        let folded = SearchText(text)
        guard field != .id, field != .creditCode else {
            let term = query.terms.flatMap(\.self)
            return merged([match(term, folded, letters)].compactMap(\.self))
        }
        return merged(query.terms.compactMap { match($0, folded, letters) })
    }

    /// The first place where a term stands, as characters or, else, as initials.
    private static func match(_ term: [UInt32], _ text: SearchText, _ letters: LetterTable) -> Range<Int>? {
        let start = SearchText.find(term, in: text.characters) ?? findInitials(term, in: text.characters, letters)
        guard let start, !term.isEmpty else { return nil }
        return text.ranges[start].lowerBound..<text.ranges[start + term.count - 1].upperBound
    }

    /// Where neighbouring characters can be read with these first letters.
    static func findInitials(_ term: [UInt32], in text: [UInt32], _ letters: LetterTable) -> Int? {
        guard !term.isEmpty, term.count <= text.count, term.allSatisfy(SearchText.isLetter) else { return nil }
        return (0...(text.count - term.count)).first { start in
            term.indices.allSatisfy { letters.mask(text[start + $0]) & 1 << (term[$0] - 0x61) != 0 }
        }
    }

    private static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            if let last = result.last, range.lowerBound <= last.upperBound {
                result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }
}
