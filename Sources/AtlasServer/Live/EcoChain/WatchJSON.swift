// WatchJSON.swift: entries of watch lists, matches and screenings as JSON.

import Registry

enum WatchJSON {
    static func write(_ entry: WatchEntry, to json: inout JSONWriter) {
        json.field("number", entry.number)
        json.field(optional: "ref", entry.reference)
        json.object("given") { json in
            json.field(optional: "factory_id", entry.factoryID)
            json.field(optional: "credit_code", entry.creditCode)
            json.field(optional: "name", entry.name)
            json.field(optional: "place", entry.place)
        }
        json.field(optional: "tier", entry.tier)
        json.field("tags", entry.tags)
        json.field("state", entry.state.name)
        json.field(optional: "basis", entry.basis?.name)
        if let factory = entry.factory { json.object("factory") { write(factory, to: &$0) } }
        if entry.state != .matched {
            json.array("candidates") { json in
                for candidate in entry.candidates {
                    json.object { json in
                        json.field("score", candidate.score)
                        json.field("reason", candidate.reason)
                        json.object("factory") { write(candidate.factory, to: &$0) }
                    }
                }
            }
        }
    }

    /// A supplier that is not stored.
    static func write(_ item: MatchedSupplier, names: [Int64: FactoryName], to json: inout JSONWriter) {
        json.field("line", item.supplier.line)
        json.field(optional: "ref", item.supplier.reference)
        json.field("state", item.state.name)
        switch item.match {
        case .matched(let factory, let basis):
            json.field("basis", basis.name)
            if let name = names[factory] { json.object("factory") { write(name, to: &$0) } }
        case .candidates(let candidates):
            json.array("candidates") { json in
                for candidate in candidates {
                    guard let name = names[candidate.factoryPK] else { continue }
                    json.object { json in
                        json.field("score", candidate.score)
                        json.field("reason", candidate.reason)
                        json.object("factory") { write(name, to: &$0) }
                    }
                }
            }
        }
    }

    static func write(_ factory: FactoryName, to json: inout JSONWriter) {
        json.field("id", factory.id)
        json.field(optional: "name_zh", factory.nameZH)
        json.field(optional: "name_en", factory.nameEN)
        json.field(optional: "credit_code", factory.creditCode)
        json.field(optional: "address", factory.address)
        if factory.isRemoved { json.field("removed", true) }
    }

    static func write(_ supplier: ScreenedSupplier, to json: inout JSONWriter) {
        json.field("number", supplier.number)
        json.field(optional: "ref", supplier.reference)
        json.field(optional: "tier", supplier.tier)
        json.field("tags", supplier.tags)
        json.object("factory") { write(supplier.factory, to: &$0) }
        json.field("status", supplier.assessment.status.name)
        json.field("status_reason", supplier.assessment.reason)
        json.field("status_reason_zh", supplier.assessment.reasonZH)
        json.array("standing_records") { json in for item in supplier.standing { json.object { write(item, to: &$0) } } }
        json.array("exceeding_now") { json in
            for exceedance in supplier.exceedances {
                json.object { json in
                    json.field("subject", exceedance.subject)
                    json.field("since", exceedance.since)
                    if let data = exceedance.data {
                        json.key("data")
                        json.literal(data)
                    }
                }
            }
        }
        json.array("open_steps") { json in
            for item in supplier.open {
                json.object { json in
                    write(item, to: &json)
                    json.field("waits_for", item.facts.state == .explained ? "the factory's correction" : "verification")
                }
            }
        }
    }

    private static func write(_ item: ScreenedSupplier.Item, to json: inout JSONWriter) {
        json.field("id", item.id)
        json.field("kind", item.facts.kind.name)
        json.field("category", item.facts.category.name)
        json.field("state", item.facts.state.name)
        json.field("published", item.facts.published.iso)
        json.field("severity", item.severity)
        json.field(optional: "measure", item.facts.measure?.name)
        json.field(optional: "fine_cny", item.facts.fineCNY)
    }
}
