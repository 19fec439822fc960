// RuleEndpoints.swift: a brand's rules over HTTP, as JSON and in words.

import HTTPTypes
import Registry

enum RuleEndpoints {
    static let routes: [LiveRoute] = [
        LiveRoute(.get, "/v1/rules", right: .watch, handler: list),
        LiveRoute(.post, "/v1/rules", right: .watch, body: LiveRoute.usualBody, handler: add),
        LiveRoute(.get, "/v1/rules/{id}", right: .watch, handler: show),
        LiveRoute(.put, "/v1/rules/{id}", right: .watch, body: LiveRoute.usualBody, handler: replace),
        LiveRoute(.delete, "/v1/rules/{id}", right: .watch, handler: remove),
    ]

    @Sendable private static func list(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let store = call.services.store
        return try await call.services.workers.run {
            let rules = try store.rules(ofBrand: brand)
            let targets = try targets(store, brand)
            return .privateJSON { json in
                json.array("rules") { json in for rule in rules { json.object { write(rule, targets, to: &$0) } } }
            }
        }
    }

    @Sendable private static func show(_ call: LiveCall) async throws -> Reply {
        try await reply(call, try call.value("id"), status: .ok)
    }

    @Sendable private static func add(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let rule = try WatchRule(call.json())
        return try await call.addOnce {
            try $0.addRule(rule, brand: brand)
        } show: {
            try await reply(call, $0, status: .created)
        }
    }

    @Sendable private static func replace(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let id = try call.value("id")
        let rule = try WatchRule(call.json())
        try await call.services.writer.submit(as: call.author) { try $0.replaceRule(id, with: rule, brand: brand) }
        return try await reply(call, id, status: .ok)
    }

    @Sendable private static func remove(_ call: LiveCall) async throws -> Reply {
        let brand = try call.brand()
        let id = try call.value("id")
        try await call.services.writer.submit(as: call.author) { try $0.removeRule(id, brand: brand) }
        return Reply(.noContent)
    }

    private static func reply(_ call: LiveCall, _ id: String, status: HTTPResponse.Status) async throws -> Reply {
        let brand = try call.brand()
        let store = call.services.store
        return try await call.services.workers.run {
            guard let rule = try store.rules(ofBrand: brand, id: id).first else {
                throw Problem(.notFound, kind: .notFound, detail: "there is no such rule", parameter: "id")
            }
            let targets = try targets(store, brand)
            var reply = Reply.privateJSON { write(rule, targets, to: &$0) }
            reply.status = status
            if status == .created { reply.headers[.location] = "/v1/rules/\(id)" }
            return reply
        }
    }

    private static func targets(_ store: RegistryStore, _ brand: Int64) throws -> [String: String] {
        Dictionary(try store.subscriptions(ofBrand: brand).map { ($0.id, $0.words) }) { first, _ in first }
    }

    private static func write(_ stored: StoredRule, _ targets: [String: String], to json: inout JSONWriter) {
        json.field("id", stored.id)
        stored.rule.write(to: &json)
        let target = targets[stored.rule.subscription]
        json.field("words", stored.rule.words(target: target))
        json.field("words_zh", stored.rule.wordsZH(target: target))
    }
}
