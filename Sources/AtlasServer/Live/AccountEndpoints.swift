// AccountEndpoints.swift: who a key is; sessions, which are short-lived keys for a browser or a script; and for administrators accounts, keys
// and the audit log.

import HTTPTypes
import Registry

enum AccountEndpoints {
    /// Seconds that a session lasts, unless it is asked for less.
    static let sessionSeconds: Int64 = 3600
    static let longestSessionSeconds: Int64 = 86_400

    static let routes: [LiveRoute] = [
        LiveRoute(.get, "/v1/self", right: .own, handler: own),
        LiveRoute(.post, "/v1/sessions", right: .own, body: .whole(limit: 16 << 10), handler: openSession),
        LiveRoute(.delete, "/v1/sessions/current", right: .own, handler: closeSession),
        LiveRoute(.get, "/v1/admin/accounts", right: .administer, handler: accounts),
        LiveRoute(.post, "/v1/admin/accounts", right: .administer, body: .whole(limit: 16 << 10), handler: addAccount),
        LiveRoute(.get, "/v1/admin/keys", right: .administer, parameters: ["account"], handler: keys),
        LiveRoute(.post, "/v1/admin/keys", right: .administer, body: .whole(limit: 16 << 10), handler: addKey),
        LiveRoute(.post, "/v1/admin/keys/{id}/rotate", right: .administer, parameters: ["overlap"], handler: rotateKey),
        LiveRoute(.delete, "/v1/admin/keys/{id}", right: .administer, handler: revokeKey),
        LiveRoute(.get, "/v1/admin/audit", right: .audit, parameters: ["after", "limit"], handler: audit),
    ]

    // MARK: One's own

    @Sendable private static func own(_ call: LiveCall) async throws -> Reply {
        let principal = call.principal
        var json = JSONWriter()
        json.object { json in
            json.field(optional: "account", principal.accountID)
            json.field(optional: "key", principal.keyID)
            json.field("role", principal.role.name)
            json.field("rights", principal.rights.map(\.name).sorted())
            json.field(optional: "brand", principal.brandID)
            json.field(optional: "factory", principal.factoryID)
            json.field("session", principal.isSession)
            json.field(optional: "expires_at", principal.expiresAt.map(LiveTime.iso))
        }
        return .json(json.bytes, cacheControl: "no-store")
    }

    @Sendable private static func openSession(_ call: LiveCall) async throws -> Reply {
        try call.refuseIdempotencyKey()
        let body = call.body.isEmpty ? JSONBody(members: []) : try call.json()
        try body.allow(only: ["expires_in", "scopes"])
        let seconds = try body.integer("expires_in", in: 1...longestSessionSeconds) ?? sessionSeconds
        let principal = call.principal
        guard !principal.isSession, let account = principal.accountID, let key = principal.keyID else {
            throw Problem(.forbidden, kind: .forbidden, detail: "a session cannot open another; use the key")
        }
        let rights = try scopes(body) ?? principal.rights
        guard rights.isSubset(of: principal.rights) else {
            throw Problem(
                .forbidden, kind: .forbidden, detail: "a session can have no right that its key does not have", parameter: "scopes")
        }
        return try await call.services.writer.submit(as: call.author) { context in
            let ends = min(context.now + seconds * 1000, principal.expiresAt ?? .max)
            return shown(try context.createKey(account: account, rights: rights, expiresAt: ends, openedBy: key))
        }
    }

    @Sendable private static func closeSession(_ call: LiveCall) async throws -> Reply {
        guard call.principal.isSession, let id = call.principal.keyID else {
            throw Problem(.forbidden, kind: .forbidden, detail: "this is a key and no session; administrators revoke keys")
        }
        try await call.services.writer.submit(as: call.author) { context in try context.revokeKey(id: id) }
        return Reply(.noContent)
    }

    // MARK: Administrators

    @Sendable private static func accounts(_ call: LiveCall) async throws -> Reply {
        let accounts = try call.services.store.accounts()
        var json = JSONWriter()
        json.object { json in
            json.array("accounts") { json in
                for account in accounts {
                    json.object { json in
                        json.field("id", account.id)
                        json.field("name", account.name)
                        json.field("role", account.role.name)
                        json.field(optional: "brand", account.brandID)
                        json.field(optional: "factory", account.factoryID)
                        json.field("created_at", LiveTime.iso(account.createdAt))
                        json.field(optional: "closed_at", account.closedAt.map(LiveTime.iso))
                        json.field("keys", account.openKeys)
                    }
                }
            }
        }
        return .json(json.bytes, cacheControl: "no-store")
    }

    @Sendable private static func addAccount(_ call: LiveCall) async throws -> Reply {
        let body = try call.json()
        try body.allow(only: ["id", "name", "role", "brand", "factory"])
        let id = try body.text("id", limit: 64) ?? ""
        let name = try body.text("name", limit: 200) ?? id
        let roleName = try body.text("role", limit: 64) ?? ""
        guard let role = Role(name: roleName) else {
            throw WriteRefusal(.invalid, field: "role", value: roleName, reason: "is one of \(Role.names)")
        }
        let (brand, factory) = (try body.text("brand", limit: 200), try body.text("factory", limit: 200))
        try await call.services.writer.submit(as: call.author) { context in
            try context.createAccount(id: id, name: name, role: role, brand: brand, factory: factory)
        }
        var json = JSONWriter()
        json.object { json in
            json.field("id", id)
            json.field("role", role.name)
        }
        var reply = Reply.json(json.bytes, cacheControl: "no-store")
        reply.status = .created
        return reply
    }

    @Sendable private static func keys(_ call: LiveCall) async throws -> Reply {
        let keys = try call.services.store.keys(of: call.query.text("account"))
        var json = JSONWriter()
        json.object { json in
            json.array("keys") { json in
                for key in keys {
                    json.object { json in
                        json.field("id", key.id)
                        json.field("account", key.account)
                        json.field(optional: "label", key.label)
                        json.field("session", key.isSession)
                        json.field("rights", key.rights.map(\.name).sorted())
                        json.field("created_at", LiveTime.iso(key.createdAt))
                        json.field(optional: "expires_at", key.expiresAt.map(LiveTime.iso))
                        json.field(optional: "revoked_at", key.revokedAt.map(LiveTime.iso))
                    }
                }
            }
        }
        return .json(json.bytes, cacheControl: "no-store")
    }

    @Sendable private static func addKey(_ call: LiveCall) async throws -> Reply {
        try call.refuseIdempotencyKey()
        let body = try call.json()
        try body.allow(only: ["account", "label", "scopes", "expires_in"])
        let account = try body.text("account", limit: 64) ?? ""
        let label = try body.text("label", limit: 200)
        let rights = try scopes(body)
        let seconds = try body.integer("expires_in", in: 1...3_155_760_000)
        return try await call.services.writer.submit(as: call.author) { context in
            shown(
                try context.createKey(account: account, rights: rights, label: label, expiresAt: seconds.map { context.now + $0 * 1000 }))
        }
    }

    @Sendable private static func rotateKey(_ call: LiveCall) async throws -> Reply {
        try call.refuseIdempotencyKey()
        let id = try call.value("id")
        let overlap = try call.query.integer("overlap", in: 0...604_800, default: 0)
        return try await call.services.writer.submit(as: call.author) { context in
            shown(try context.rotateKey(id: id, overlapSeconds: Int64(overlap)))
        }
    }

    @Sendable private static func revokeKey(_ call: LiveCall) async throws -> Reply {
        let id = try call.value("id")
        try await call.services.writer.submit(as: call.author) { context in try context.revokeKey(id: id) }
        return Reply(.noContent)
    }

    @Sendable private static func audit(_ call: LiveCall) async throws -> Reply {
        let after = try call.query.integer("after", in: 0...Int(Int32.max) * 1000, default: 0)
        let limit = try call.query.integer("limit", in: 1...1000, default: 100)
        let entries = try call.services.store.auditLog(after: Int64(after), limit: limit)
        var json = JSONWriter()
        json.object { json in
            json.array("entries") { json in for entry in entries { json.object { entry.write(to: &$0) } } }
            if let last = entries.last { json.field("next_after", last.number) }
        }
        return .json(json.bytes, cacheControl: "no-store")
    }

    private static func scopes(_ body: JSONBody) throws -> Set<Right>? {
        switch body["scopes"] {
        case nil, .null?: return nil
        case .array(let names)?:
            var rights: Set<Right> = []
            for case let name in names {
                guard case .string(let text) = name, let right = Right(name: text) else {
                    throw WriteRefusal(.invalid, field: "scopes", reason: "is a list of \(Right.names)")
                }
                rights.insert(right)
            }
            return rights
        default: throw WriteRefusal(.invalid, field: "scopes", reason: "is a list of \(Right.names)")
        }
    }

    /// The only answer that a secret is in.
    private static func shown(_ key: NewKey) -> Reply {
        var json = JSONWriter()
        json.object { json in
            json.field("id", key.id)
            json.field("key", key.text)
            json.field(optional: "expires_at", key.expiresAt.map(LiveTime.iso))
        }
        var reply = Reply.json(json.bytes, cacheControl: "no-store")
        reply.status = .created
        return reply
    }
}
