// WatchTypes.swift: watch lists as they are shown to the brand that owns them.

/// How far an entry has come.
public enum WatchMatchState: Int64, Named {
    /// Means one factory.
    case matched = 0
    /// May mean one of some factories: a person must say.
    case candidates
    /// No factory is like it yet; when one appears it is looked at again.
    case unmatched
    /// A person has said that it is none of those proposed.
    case rejected

    public var name: String {
        switch self {
        case .matched: "matched"
        case .candidates: "candidates"
        case .unmatched: "unmatched"
        case .rejected: "rejected"
        }
    }
}

/// Why an entry means its factory.
public enum WatchMatchBasis: Int64, Named {
    case factoryID = 0
    /// A valid credit code that exactly one factory has.
    case creditCode
    /// Normalised name and place, which exactly one factory has.
    case nameAndPlace
    /// A person has confirmed it.
    case confirmed

    public var name: String {
        switch self {
        case .factoryID: "factory_id"
        case .creditCode: "credit_code"
        case .nameAndPlace: "name_and_place"
        case .confirmed: "confirmed"
        }
    }
}

/// A factory that an entry may mean.
public struct WatchCandidate: Hashable, Sendable {
    public var factoryPK: Int64
    /// 0 to 1: 0.6 × likeness of names + 0.25 × place + 0.15 × credit code, where what is unknown counts half.
    public var score: Double
    /// In words.
    public var reason: String
}

/// What an entry came to.
public enum WatchMatch: Hashable, Sendable {
    case matched(factoryPK: Int64, basis: WatchMatchBasis)
    /// Best first; empty: none.
    case candidates([WatchCandidate])
}

/// A supplier with its match, ready to be stored.
public struct MatchedSupplier: Sendable {
    public var supplier: SupplierDraft
    public var match: WatchMatch

    public init(supplier: SupplierDraft, match: WatchMatch) {
        self.supplier = supplier
        self.match = match
    }
}

extension MatchedSupplier {
    /// Those that it means or may mean.
    public var factories: [Int64] {
        switch match {
        case .matched(let factory, _): [factory]
        case .candidates(let candidates): candidates.map(\.factoryPK)
        }
    }

    public var state: WatchMatchState {
        switch match {
        case .matched: .matched
        case .candidates(let candidates): candidates.isEmpty ? .unmatched : .candidates
        }
    }
}

/// A factory as reports name it.
public struct FactoryName: Hashable, Sendable {
    public var id: String
    public var nameZH: String?
    public var nameEN: String?
    public var creditCode: String?
    public var address: String?
    /// Whether the factory has been removed since: it is matched still, and back when it is added again.
    public var isRemoved = false
}

/// A watch list, without its entries.
public struct WatchListSummary: Hashable, Sendable {
    public var id: String
    public var name: String
    public var createdAt: Int64
    public var changedAt: Int64
    /// Entries by state.
    public var counts: [WatchMatchState: Int]

    public var entries: Int { counts.values.reduce(0, +) }
}

/// An entry with its match.
public struct WatchEntry: Sendable {
    public struct Candidate: Sendable {
        public var factory: FactoryName
        public var score: Double
        public var reason: String
    }

    /// In its list; stays for as long as the entry is there.
    public var number: Int64
    public var reference: String?
    public var factoryID: String?
    public var creditCode: String?
    public var name: String?
    public var place: String?
    public var tier: Int?
    public var tags: [String]
    public var state: WatchMatchState
    public var basis: WatchMatchBasis?
    public var factory: FactoryName?
    /// Those that were not rejected, best first.
    public var candidates: [Candidate]
}
