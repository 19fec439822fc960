// EventText.swift: a change of the feed as the outside sees it: one JSON object, the same for streams, feeds and pushes. Who made the change
// (the key) is not in it.

import Registry

public enum EventText {
    /// The event's id: receivers drop what they have had by it.
    public static func id(_ sequence: Int64) -> String { "evt_\(sequence)" }

    /// `{"id", "seq", "type", "at", "factory_id", "subject", "data"}`.
    package static func write(_ change: Change, to json: inout JSONWriter) {
        json.field("id", id(change.sequence))
        json.field("seq", change.sequence)
        json.field("type", change.kind)
        json.field("at", change.at)
        json.field(optional: "factory_id", change.factoryID)
        json.field(optional: "subject", change.subject)
        if let data = change.data {
            json.key("data")
            json.literal(data)
        }
    }

    /// What is pushed to one subscription: the event, with the factory's names, the brand's own entries for it, and the rules that fired.
    static func push(_ change: Change, factory: FactoryName?, suppliers: [WatchedSupplier], rules: [String]) -> String {
        var json = JSONWriter()
        json.object { json in
            write(change, to: &json)
            if let factory { json.object("factory") { write(factory, to: &$0) } }
            json.array("suppliers") { json in
                for supplier in suppliers {
                    json.object { json in
                        json.field("list", supplier.listID)
                        json.field("list_name", supplier.listName)
                        json.field(optional: "ref", supplier.reference)
                        json.field(optional: "tier", supplier.tier)
                        if !supplier.tags.isEmpty { json.field("tags", supplier.tags) }
                    }
                }
            }
            json.field("rules", rules)
        }
        return json.text
    }

    static func write(_ factory: FactoryName, to json: inout JSONWriter) {
        json.field("id", factory.id)
        json.field(optional: "name_zh", factory.nameZH)
        json.field(optional: "name_en", factory.nameEN)
        json.field(optional: "credit_code", factory.creditCode)
    }

    /// A digest: what was gathered, and what goes on.
    static func digest(_ digest: DigestDraft, at now: Int64) -> String {
        var json = JSONWriter()
        json.object { json in
            json.field("id", digestID(digest))
            json.field("type", "digest")
            json.field("at", LiveTime.iso(now))
            json.field("day", Day(daysSince1970: Int32(clamping: digest.day)).iso)
            json.array("events") { json in for item in digest.items { json.literal(item) } }
            json.array("exceeding") { json in
                for ongoing in digest.ongoing {
                    json.object { json in
                        json.object("factory") { write(ongoing.factory, to: &$0) }
                        json.field("subject", ongoing.exceedance.subject)
                        json.field("since", ongoing.exceedance.since)
                        if let data = ongoing.exceedance.data {
                            json.key("data")
                            json.literal(data)
                        }
                    }
                }
            }
        }
        return json.text
    }

    static func digestID(_ digest: DigestDraft) -> String {
        "digest_\(digest.subscriptionID)_\(Day(daysSince1970: Int32(clamping: digest.day)).iso)"
    }
}
