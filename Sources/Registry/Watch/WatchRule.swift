// WatchRule.swift: which events about which suppliers go where, and when: a rule that a person can read. The evaluator is one pure function;
// the words are made from the same fields that it looks at, so that what is shown is what happens.

/// A brand's rule.
public struct WatchRule: Hashable, Sendable {
    public enum Timing: String, CaseIterable, Sendable, Named {
        /// One delivery for each event, the moment it happens.
        case atOnce = "at_once"
        /// Gathered, once a day.
        case daily

        public var name: String { rawValue }
    }

    public var name: String
    /// In the order of `WatchEventKind`; never empty.
    public var events: [WatchEventKind]
    /// 1 to 5, ascending. Empty: any. Asked of events about records only.
    public var severities: [Int]
    /// Empty: any. Asked of events about records only.
    public var categories: [RecordCategory]
    public var suppliers: SupplierChoice
    /// Id of the subscription that it delivers to.
    public var subscription: String
    public var timing: Timing
    public var isEnabled: Bool

    public init(
        name: String, events: [WatchEventKind], severities: [Int] = [], categories: [RecordCategory] = [],
        suppliers: SupplierChoice = SupplierChoice(), subscription: String, timing: Timing = .atOnce, isEnabled: Bool = true
    ) {
        self.name = name
        self.events = events
        self.severities = severities
        self.categories = categories
        self.suppliers = suppliers
        self.subscription = subscription
        self.timing = timing
        self.isEnabled = isEnabled
    }

    /// Whether an event about a factory concerns the rule.
    ///
    /// - Parameter suppliers: the entries of the brand's watch lists that mean the factory; one that is chosen is enough.
    public func concerns(_ event: WatchEvent, suppliers: [WatchedSupplier]) -> Bool {
        guard isEnabled, events.contains(event.kind) else { return false }
        if event.kind.isAboutRecord {
            // An event that does not say how severe the record is is not held back: better one push too many than a missed one.
            if !severities.isEmpty, let severity = event.severity, !severities.contains(severity) { return false }
            if !categories.isEmpty, let category = event.category, !categories.contains(category) { return false }
        }
        return suppliers.contains { self.suppliers.chooses($0) }
    }
}

/// Which suppliers a rule is about. Every part that is not empty must fit.
public struct SupplierChoice: Hashable, Sendable {
    /// Ids of watch lists.
    public var lists: [String]
    /// One of these tags is enough.
    public var tags: [String]
    public var tiers: [Int]

    public init(lists: [String] = [], tags: [String] = [], tiers: [Int] = []) {
        self.lists = lists
        self.tags = tags
        self.tiers = tiers
    }

    public var isEveryone: Bool { lists.isEmpty && tags.isEmpty && tiers.isEmpty }

    public func chooses(_ supplier: WatchedSupplier) -> Bool {
        if !lists.isEmpty, !lists.contains(supplier.listID) { return false }
        if !tiers.isEmpty, !(supplier.tier.map(tiers.contains) ?? false) { return false }
        return tags.isEmpty || tags.contains { supplier.tags.contains($0) }
    }
}

/// An entry of a watch list that means a factory.
public struct WatchedSupplier: Hashable, Sendable {
    public var listID: String
    public var listName: String
    /// The brand's own number of the supplier.
    public var reference: String?
    public var tags: [String]
    public var tier: Int?

    public init(listID: String, listName: String, reference: String? = nil, tags: [String] = [], tier: Int? = nil) {
        self.listID = listID
        self.listName = listName
        self.reference = reference
        self.tags = tags
        self.tier = tier
    }
}
