// WatchRule+JSON.swift: a rule as JSON, read strictly: a member that is not known, a kind of event that does not exist, or a severity of 6 is
// an error that names the field and what would be right. A rule that silently never fires would be the worst of answers.

extension WatchRule {
    static let longestName = 100
    /// Lists of tags, tiers and so on.
    static let mostChoices = 100

    /// Reads `{"name", "events", "severities" or "min_severity", "categories", "suppliers": {"lists", "tags", "tiers"}, "subscription",
    /// "when", "enabled"}`. Only name, events and subscription are needed.
    ///
    /// - Throws: `WriteRefusal`.
    package init(_ body: JSONBody) throws(WriteRefusal) {
        try body.allow(only: ["name", "events", "severities", "min_severity", "categories", "suppliers", "subscription", "when", "enabled"])
        guard let name = try body.text("name", limit: WatchRule.longestName), !NameKey.normalized(name).isEmpty else {
            throw WriteRefusal(.invalid, field: "name", reason: "is missing; name the rule in 1 to \(WatchRule.longestName) characters")
        }
        guard let subscription = try body.text("subscription", limit: 64) else {
            throw WriteRefusal(.invalid, field: "subscription", reason: "is missing; give the id of one of your subscriptions")
        }
        let kinds = try WatchRule.texts(body, "events").map { (text) throws(WriteRefusal) in
            guard let kind = WatchEventKind(rawValue: text) else {
                throw WriteRefusal(
                    .invalid, field: "events", value: text, reason: "is no kind of event; there are \(WatchEventKind.names)")
            }
            return kind
        }
        guard !kinds.isEmpty else {
            throw WriteRefusal(.invalid, field: "events", reason: "is missing or empty; name at least one of \(WatchEventKind.names)")
        }
        var severities = try WatchRule.numbers(body["severities"], "severities", in: 1...5)
        if let least = try body.integer("min_severity", in: 1...5) {
            guard severities.isEmpty else {
                throw WriteRefusal(.invalid, field: "min_severity", reason: "give severities or min_severity, not both")
            }
            severities = Array(Int(least)...5)
        }
        let categories = try WatchRule.texts(body, "categories").map { (text) throws(WriteRefusal) in
            guard let category = RecordCategory(name: text) else {
                throw WriteRefusal(.invalid, field: "categories", value: text, reason: "is not one of \(RecordCategory.names)")
            }
            return category
        }
        let asksOfRecords = !severities.isEmpty || !categories.isEmpty
        if asksOfRecords, !kinds.contains(where: \.isAboutRecord) {
            throw WriteRefusal(
                .invalid, field: severities.isEmpty ? "categories" : "severities",
                reason: "is asked of records, and none of this rule's events is about a record")
        }
        var timing = Timing.atOnce
        if let text = try body.text("when", limit: 64) {
            guard let known = Timing(rawValue: text) else {
                throw WriteRefusal(.invalid, field: "when", value: text, reason: "is not one of \(Timing.names)")
            }
            timing = known
        }
        var isEnabled = true
        switch body["enabled"] {
        case nil, .null?: break
        case .boolean(let flag)?: isEnabled = flag
        default: throw WriteRefusal(.invalid, field: "enabled", reason: "must be true or false")
        }
        self.init(
            name: name, events: WatchEventKind.allCases.filter(kinds.contains), severities: Array(Set(severities)).sorted(),
            categories: RecordCategory.allCases.filter(categories.contains), suppliers: try SupplierChoice(body["suppliers"]),
            subscription: subscription, timing: timing, isEnabled: isEnabled)
    }

    /// The members of a rule, for answers and for the store; `init` reads them again.
    package func write(to json: inout JSONWriter) {
        json.field("name", name)
        json.field("events", events.map(\.rawValue))
        if !severities.isEmpty { json.array("severities") { json in for value in severities { json.number(Double(value)) } } }
        if !categories.isEmpty { json.field("categories", categories.map(\.name)) }
        if !suppliers.isEveryone {
            json.object("suppliers") { json in
                if !suppliers.lists.isEmpty { json.field("lists", suppliers.lists) }
                if !suppliers.tags.isEmpty { json.field("tags", suppliers.tags) }
                if !suppliers.tiers.isEmpty { json.array("tiers") { json in for tier in suppliers.tiers { json.number(Double(tier)) } } }
            }
        }
        json.field("subscription", subscription)
        json.field("when", timing.rawValue)
        json.field("enabled", isEnabled)
    }

    package var jsonText: String {
        var json = JSONWriter()
        json.object { write(to: &$0) }
        return json.text
    }

    /// A list of texts; empty when it is absent.
    static func texts(_ body: JSONBody, _ field: String) throws(WriteRefusal) -> [String] { try texts(body[field], field) }

    static func texts(_ value: JSONValue?, _ field: String) throws(WriteRefusal) -> [String] {
        switch value {
        case nil, .null?: return []
        case .array(let items)?:
            guard items.count <= mostChoices else {
                throw WriteRefusal(.invalid, field: field, reason: "has \(items.count) items; at most \(mostChoices) are allowed")
            }
            return try items.map { (item) throws(WriteRefusal) in
                guard case .string(let text) = item, !text.isEmpty, text.unicodeScalars.count <= 100 else {
                    throw WriteRefusal(.invalid, field: field, reason: "must be a list of texts of 1 to 100 characters")
                }
                return text
            }
        default: throw WriteRefusal(.invalid, field: field, reason: "must be a list of texts")
        }
    }

    static func numbers(_ value: JSONValue?, _ field: String, in range: ClosedRange<Int>) throws(WriteRefusal) -> [Int] {
        switch value {
        case nil, .null?: return []
        case .array(let items)?:
            guard items.count <= mostChoices else {
                throw WriteRefusal(.invalid, field: field, reason: "has \(items.count) items; at most \(mostChoices) are allowed")
            }
            return try items.map { (item) throws(WriteRefusal) in
                guard case .number(let number, _) = item, let whole = Int(exactly: number), range.contains(whole) else {
                    let given = if case .number(_, let text) = item { String(text.prefix(32)) } else { "" }
                    throw WriteRefusal(
                        .invalid, field: field, value: given,
                        reason: "must be a list of whole numbers from \(range.lowerBound) to \(range.upperBound)")
                }
                return whole
            }
        default: throw WriteRefusal(.invalid, field: field, reason: "must be a list of numbers")
        }
    }
}

extension SupplierChoice {
    fileprivate init(_ value: JSONValue?) throws(WriteRefusal) {
        self.init()
        switch value {
        case nil, .null?: return
        // So that "all" can be said as well as left out.
        case .string("all")?: return
        case .object(let members)?:
            for (name, value) in members {
                switch name {
                case "lists": lists = try WatchRule.texts(value, "suppliers.lists")
                case "tags": tags = try WatchRule.texts(value, "suppliers.tags")
                case "tiers": tiers = try WatchRule.numbers(value, "suppliers.tiers", in: 1...9)
                default:
                    throw WriteRefusal(
                        .malformed, field: "suppliers.\(name.prefix(64))", reason: "is not known here; known are lists, tags, tiers")
                }
            }
        default: throw WriteRefusal(.invalid, field: "suppliers", reason: "must be \"all\" or an object with lists, tags and tiers")
        }
    }
}
