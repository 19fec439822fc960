// WatchListEndpoints.swift: a brand's watch lists over HTTP. Suppliers are named in bodies and by their number in the list, never in an address:
// addresses are logged. What belongs to another brand is not there: the same 404, from the same query.

import HTTPTypes
import Registry

enum WatchListEndpoints {
    /// Of an uploaded list.
    private static let uploadBytes = 8 << 20

    static let routes: [LiveRoute] = [
        LiveRoute(.get, "/v1/watchlists", right: .watch, handler: list),
        LiveRoute(.post, "/v1/watchlists", right: .watch, body: .whole(limit: uploadBytes), parameters: ["name"], handler: add),
        LiveRoute(.post, "/v1/watchlists/match", right: .watch, body: .whole(limit: uploadBytes), handler: match),
        LiveRoute(.get, "/v1/watchlists/{id}", right: .watch, handler: show),
        LiveRoute(.patch, "/v1/watchlists/{id}", right: .watch, body: LiveRoute.usualBody, handler: rename),
        LiveRoute(.delete, "/v1/watchlists/{id}", right: .watch, handler: remove),
        LiveRoute(.get, "/v1/watchlists/{id}/suppliers", right: .watch, parameters: ["state", "limit", "after"], handler: report),
        LiveRoute(.post, "/v1/watchlists/{id}/suppliers", right: .watch, body: .whole(limit: uploadBytes), handler: extend),
        LiveRoute(.put, "/v1/watchlists/{id}/suppliers", right: .watch, body: .whole(limit: uploadBytes), handler: replace),
        LiveRoute(.delete, "/v1/watchlists/{id}/suppliers/{number}", right: .watch, handler: removeSupplier),
        LiveRoute(.post, "/v1/watchlists/{id}/suppliers/{number}/confirm", right: .watch, body: LiveRoute.usualBody, handler: confirm),
        LiveRoute(.post, "/v1/watchlists/{id}/suppliers/{number}/reject", right: .watch, body: LiveRoute.usualBody, handler: reject),
        LiveRoute(.get, "/v1/watchlists/{id}/screening", right: .watch, parameters: ["limit", "after"], handler: screen),
    ]

    // MARK: Lists

    @Sendable private static func list(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let store = call.services.store
        return try await call.services.workers.run {
            let lists = try store.watchLists(ofBrand: brand)
            return .privateJSON { json in
                json.array("watchlists") { json in for list in lists { json.object { write(list, to: &$0) } } }
            }
        }
    }

    @Sendable private static func show(_ call: LiveCall) async throws -> Reply {
        try await summary(call, try call.value("id"), status: .ok)
    }

    private static func summary(
        _ call: LiveCall, _ id: String, status: HTTPResponse.Status, read: SupplierList? = nil
    ) async throws -> Reply {
        let brand = try call.brand()
        let store = call.services.store
        return try await call.services.workers.run {
            guard let list = try store.watchList(id, ofBrand: brand) else { throw LiveCall.noWatchList }
            var reply = Reply.privateJSON { json in
                write(list, to: &json)
                if let read { write(read, to: &json) }
            }
            reply.status = status
            if status == .created { reply.headers[.location] = "/v1/watchlists/\(id)" }
            return reply
        }
    }

    @Sendable private static func add(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        guard let name = call.query.text("name") else {
            throw Problem(parameter: "name", detail: "name: missing; name the list by ?name=")
        }
        let (list, matched) = try await readAndMatch(call)
        return try await call.addOnce {
            try $0.addWatchList(name: name, brand: brand, suppliers: matched)
        } show: {
            try await summary(call, $0, status: .created, read: list)
        }
    }

    @Sendable private static func rename(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let id = try call.value("id")
        let body = try call.json()
        try body.allow(only: ["name"])
        guard let name = try body.text("name") else { throw WriteRefusal(.invalid, field: "name", reason: "is missing") }
        try await call.services.writer.submit(as: call.author) { try $0.renameWatchList(id, brand: brand, to: name) }
        return try await summary(call, id, status: .ok)
    }

    @Sendable private static func remove(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let id = try call.value("id")
        try await call.services.writer.submit(as: call.author) { try $0.removeWatchList(id, brand: brand) }
        return Reply(.noContent)
    }

    // MARK: Suppliers

    /// The match report of a list that is not stored.
    @Sendable private static func match(_ call: LiveCall) async throws -> Reply {
        _ = try call.brand()
        let (list, matched) = try await readAndMatch(call)
        let store = call.services.store
        return try await call.services.workers.run {
            let names = try store.factoryNames(of: matched.flatMap(\.factories))
            return .privateJSON { json in
                json.object("counts") { json in
                    for state in WatchMatchState.allCases where state != .rejected {
                        json.field(state.name, matched.count { $0.state == state })
                    }
                }
                write(list, to: &json)
                json.array("suppliers") { json in
                    for item in matched { json.object { WatchJSON.write(item, names: names, to: &$0) } }
                }
            }
        }
    }

    @Sendable private static func report(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let id = try call.value("id")
        let state = try call.query.member("state", WatchMatchState.self)
        let limit = try call.query.integer("limit", in: 1...1000, default: 100)
        let after = try call.query.integer("after", in: 0...Int(Int32.max), default: 0)
        let store = call.services.store
        return try await call.services.workers.run {
            guard
                let entries = try store.watchEntries(ofList: id, brand: brand, state: state, after: Int64(after), limit: limit + 1)
            else { throw LiveCall.noWatchList }
            return .privateJSON { json in
                json.array("suppliers") { json in
                    for entry in entries.prefix(limit) { json.object { WatchJSON.write(entry, to: &$0) } }
                }
                if entries.count > limit { json.field("next_after", entries[limit - 1].number) }
            }
        }
    }

    @Sendable private static func extend(_ call: LiveCall) async throws -> Reply { try await put(call, replacing: false) }
    @Sendable private static func replace(_ call: LiveCall) async throws -> Reply { try await put(call, replacing: true) }

    private static func put(_ call: LiveCall, replacing: Bool) async throws -> Reply {
        let brand = try call.brand()
        let id = try call.value("id")
        let store = call.services.store
        // Before the body is looked at: a list that is not there is all that is said.
        guard try await call.services.workers.run({ try store.watchList(id, ofBrand: brand) }) != nil else { throw LiveCall.noWatchList }
        let (list, matched) = try await readAndMatch(call)
        try await call.services.writer.submit(as: call.author) {
            try $0.putSuppliers(matched, intoWatchList: id, brand: brand, replacing: replacing)
        }
        return try await summary(call, id, status: .ok, read: list)
    }

    @Sendable private static func removeSupplier(_ call: LiveCall) async throws -> Reply {
        let (brand, id, number) = (try call.brand(), try call.value("id"), try call.entryNumber())
        try await call.services.writer.submit(as: call.author) { try $0.removeEntry(number, ofWatchList: id, brand: brand) }
        return Reply(.noContent)
    }

    @Sendable private static func confirm(_ call: LiveCall) async throws -> Reply {
        let (brand, id, number) = (try call.brand(), try call.value("id"), try call.entryNumber())
        let body = try call.json()
        try body.allow(only: ["factory_id"])
        guard let factory = try body.text("factory_id", limit: 200) else {
            throw WriteRefusal(.invalid, field: "factory_id", reason: "is missing; give the id of the factory that the entry means")
        }
        try await call.services.writer.submit(as: call.author) {
            try $0.confirm(entry: number, ofWatchList: id, brand: brand, factoryID: factory)
        }
        return try await entry(call, brand, id, number)
    }

    @Sendable private static func reject(_ call: LiveCall) async throws -> Reply {
        let (brand, id, number) = (try call.brand(), try call.value("id"), try call.entryNumber())
        let body = call.body.isEmpty ? nil : try call.json()
        try body?.allow(only: ["factory_id"])
        let factory = try body?.text("factory_id", limit: 200)
        try await call.services.writer.submit(as: call.author) {
            try $0.reject(entry: number, ofWatchList: id, brand: brand, factoryID: factory)
        }
        return try await entry(call, brand, id, number)
    }

    private static func entry(_ call: LiveCall, _ brand: Int64, _ id: String, _ number: Int64) async throws -> Reply {
        let store = call.services.store
        return try await call.services.workers.run {
            guard let entry = try store.watchEntries(ofList: id, brand: brand, after: number - 1, limit: 1)?.first, entry.number == number
            else { throw LiveCall.noWatchList }
            return .privateJSON { WatchJSON.write(entry, to: &$0) }
        }
    }

    @Sendable private static func screen(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let id = try call.value("id")
        let limit = try call.query.integer("limit", in: 1...1000, default: 100)
        let after = try call.query.integer("after", in: 0...Int(Int32.max), default: 0)
        let store = call.services.store
        return try await call.services.workers.run {
            guard let list = try store.watchList(id, ofBrand: brand),
                let suppliers = try store.screen(list: id, brand: brand, after: Int64(after), limit: limit + 1)
            else { throw LiveCall.noWatchList }
            return .privateJSON { json in
                write(list, to: &json)
                json.array("suppliers") { json in
                    for supplier in suppliers.prefix(limit) { json.object { WatchJSON.write(supplier, to: &$0) } }
                }
                if suppliers.count > limit { json.field("next_after", suppliers[limit - 1].number) }
            }
        }
    }

    // MARK: Reading

    private static func readAndMatch(_ call: LiveCall) async throws -> (list: SupplierList, matched: [MatchedSupplier]) {
        try await call.services.ecochain.prepareMatching()
        let (store, snapshots, bytes) = (call.services.store, call.services.snapshots, call.body)
        return try await call.services.workers.run {
            let list: SupplierList
            do { list = try SupplierListReader.read(upload: bytes) } catch let error as SupplierListReader.UnreadableList {
                throw Problem(.unprocessableContent, kind: .invalidValue, detail: Problem.excerpt(error.description, limit: 600))
            }
            guard !list.suppliers.isEmpty || !list.rejects.isEmpty else {
                throw Problem(.unprocessableContent, kind: .invalidValue, detail: "the list names no supplier")
            }
            return (list, try store.match(list.suppliers) { SimilarNames.ids(for: $0, in: snapshots) })
        }
    }

    private static func write(_ list: WatchListSummary, to json: inout JSONWriter) {
        json.field("id", list.id)
        json.field("name", list.name)
        json.field("created_at", LiveTime.iso(list.createdAt))
        json.field("changed_at", LiveTime.iso(list.changedAt))
        json.object("counts") { json in
            json.field("suppliers", list.entries)
            for state in WatchMatchState.allCases { json.field(state.name, list.counts[state] ?? 0) }
        }
    }

    private static func write(_ list: SupplierList, to json: inout JSONWriter) {
        json.object("read") { json in
            json.field("accepted", list.suppliers.count)
            json.field("assumptions", list.assumptions)
            if !list.ignoredColumns.isEmpty { json.field("columns_not_used", list.ignoredColumns) }
            json.array("rejected") { json in
                for reject in list.rejects.prefix(1000) {
                    json.object { json in
                        json.field("line", reject.line)
                        json.field("field", reject.field)
                        json.field("value", reject.value)
                        json.field("reason", reject.reason)
                    }
                }
            }
            json.array("warnings") { json in
                for warning in list.warnings {
                    json.object { json in
                        json.field("field", warning.field)
                        json.field("message", warning.message)
                        json.field("count", warning.count)
                        json.field("first_line", warning.firstLine)
                    }
                }
            }
        }
    }
}

extension LiveCall {
    static let noWatchList = Problem(.notFound, kind: .notFound, detail: "there is no such watch list", parameter: "id")

    /// The brand that the key acts for.
    func brand() throws(Problem) -> Int64 {
        guard let brand = principal.brandPK else {
            throw Problem(.forbidden, kind: .forbidden, detail: "this key acts for no brand; watch lists belong to brands")
        }
        return brand
    }

    func entryNumber() throws(Problem) -> Int64 {
        let text = try value("number")
        guard text.utf8.count <= 10, let number = Int64(text), number > 0 else {
            throw Problem(.notFound, kind: .notFound, detail: "the list has no such entry", parameter: "number")
        }
        return number
    }
}

extension Reply {
    /// An answer for one brand's eyes: kept by nobody on the way.
    static func privateJSON(_ body: (inout JSONWriter) throws -> Void) rethrows -> Reply {
        var json = JSONWriter()
        try json.object(body)
        return .json(json.bytes, cacheControl: "private, no-store")
    }
}

extension QueryParameters {
    /// A name of a closed list; nil when absent.
    func member<Member: Named>(_ name: String, _: Member.Type) throws(Problem) -> Member? {
        guard let text = text(name) else { return nil }
        guard let member = Member(name: text) else { throw Problem(parameter: name, value: text, mustBe: "one of \(Member.names)") }
        return member
    }
}
