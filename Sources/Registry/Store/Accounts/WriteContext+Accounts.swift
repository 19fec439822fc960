// WriteContext+Accounts.swift: accounts and their keys, as live writes, each with its line in the audit log. A key's secret leaves here once,
// when it is made.

import GRDB

/// A key that was just made.
public struct NewKey: Sendable {
    public var id: String
    /// The whole key, for its owner; it cannot be had again.
    public var text: String
    public var expiresAt: Int64?
}

extension WriteContext {
    /// Makes an account.
    ///
    /// - Parameters:
    ///   - brand: id of the brand that an account of role `brand` acts for.
    ///   - factory: id of the factory that an account of role `factory` acts for.
    /// - Throws: `WriteRefusal`, `RegistryError`.
    public func createAccount(id: String, name: String, role: Role, brand: String? = nil, factory: String? = nil) throws {
        let isName = (1...64).contains(id.utf8.count) && id.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
        guard isName else {
            throw WriteRefusal(
                .invalid, field: "account", value: String(id.prefix(64)), reason: "is 1 to 64 printable ASCII characters without '/'")
        }
        guard role != .visitor else {
            throw WriteRefusal(.invalid, field: "role", value: role.name, reason: "anyone has it without an account")
        }
        func key(_ table: String, _ id: String?, field: String, neededBy needing: Role) throws -> Int64? {
            guard let id else {
                if role == needing {
                    throw WriteRefusal(.invalid, field: field, reason: "an account of role \(role.name) acts for one; name it")
                }
                return nil
            }
            if role != needing {
                throw WriteRefusal(.invalid, field: field, value: id, reason: "only an account of role \(needing.name) acts for one")
            }
            let row = try statement("SELECT pk FROM \(table) WHERE id = ?1")
            row.bind(1, id)
            guard try row.step() else { throw WriteRefusal(.invalid, field: field, value: id, reason: "no \(field) has this id") }
            return row.int(0)
        }
        let brandPK = try key("brands", brand, field: "brand", neededBy: .brand)
        let factoryPK = try key("factories", factory, field: "factory", neededBy: .factory)
        let row = try statement(
            """
            INSERT INTO accounts (id, name, role, brand_pk, factory_pk, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (id) DO NOTHING
            """)
        row.bind(1, id)
        row.bind(2, name)
        row.bind(3, role.rawValue)
        row.bind(4, brandPK)
        row.bind(5, factoryPK)
        row.bind(6, now)
        guard try row.run() == 1 else {
            throw WriteRefusal(.conflict, field: "account", value: id, reason: "there is an account with this id")
        }
        var json = JSONWriter()
        json.object { json in
            json.field("role", role.name)
            json.field(optional: "brand", brand)
            json.field(optional: "factory", factory)
        }
        try audit(action: "account.created", subject: id, detail: json.text)
    }

    /// Makes a key for an account.
    ///
    /// - Parameters:
    ///   - rights: nil: all that the account's role may do.
    ///   - expiresAt: milliseconds since 1970; nil: never.
    ///   - openedBy: id of the key that opens a session; nil for a key.
    public func createKey(
        account: String, rights: Set<Right>? = nil, label: String? = nil, expiresAt: Int64? = nil, openedBy: String? = nil
    ) throws -> NewKey {
        let row = try statement("SELECT pk, role, closed_at FROM accounts WHERE id = ?1")
        row.bind(1, account)
        guard try row.step() else { throw WriteRefusal(.notFound, field: "account", value: account, reason: "there is no such account") }
        guard row.isNull(2) else { throw WriteRefusal(.conflict, field: "account", value: account, reason: "the account is closed") }
        if let rights, let role = Role(rawValue: UInt8(truncatingIfNeeded: row.int(1))), let extra = rights.subtracting(role.rights).first {
            throw WriteRefusal(
                .invalid, field: "scopes", value: extra.name,
                reason: "an account of role \(role.name) may not; it may \(role.rights.map(\.name).sorted().joined(separator: ", "))")
        }
        let key = KeyText.random()
        let salt = KeyText.randomSalt()
        let insert = try statement(
            """
            INSERT INTO keys (id, account_pk, opened_by, salt, hash, rights, label, created_at, expires_at)
            VALUES (?1, ?2, (SELECT pk FROM keys WHERE id = ?3), ?4, ?5, ?6, ?7, ?8, ?9)
            """)
        insert.bind(1, key.id)
        insert.bind(2, row.int(0))
        insert.bind(3, openedBy)
        insert.bind(4, blob: salt)
        insert.bind(5, blob: KeyText.hash(key.secret, salt: salt))
        insert.bind(6, Right.bits(rights))
        insert.bind(7, label)
        insert.bind(8, now)
        insert.bind(9, expiresAt)
        try insert.run()
        try audit(
            action: openedBy == nil ? "key.created" : "session.opened", subject: key.id,
            detail: #"{"account":\#(AttributesJSON.quoted(account))}"#)
        return NewKey(id: key.id, text: key.text, expiresAt: expiresAt)
    }

    /// Revokes a key, and with it every session that it opened.
    ///
    /// - Throws: `WriteRefusal` when there is none. A key that is revoked already stays so.
    public func revokeKey(id: String) throws {
        let row = try statement("UPDATE keys SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1")
        row.bind(1, id)
        row.bind(2, now)
        guard try row.run() == 1 else { throw WriteRefusal(.notFound, field: "key", value: id, reason: "there is no such key") }
        try audit(action: "key.revoked", subject: id)
    }

    /// Makes a key like another one and lets that one end.
    ///
    /// - Parameter overlapSeconds: how long both count, so that a client can change over; 0: the old one is revoked now.
    public func rotateKey(id: String, overlapSeconds: Int64) throws -> NewKey {
        let row = try statement(
            """
            SELECT accounts.id, rights, label, expires_at, keys.created_at, opened_by FROM keys JOIN accounts ON accounts.pk = account_pk
            WHERE keys.id = ?1 AND revoked_at IS NULL
            """)
        row.bind(1, id)
        guard try row.step(), row.isNull(5), let account = row.text(0) else {
            throw WriteRefusal(.notFound, field: "key", value: id, reason: "there is no such key, or it was revoked")
        }
        // The new one lasts as long from now as the old one did from its making.
        let ends = row.optionalInt(3).map { now + ($0 - row.int(4)) }
        let rights = row.int(1) == -1 ? nil : Right.set(bits: row.int(1))
        let new = try createKey(account: account, rights: rights, label: row.text(2), expiresAt: ends)
        if overlapSeconds > 0 {
            let end = try statement("UPDATE keys SET expires_at = min(coalesce(expires_at, ?2), ?2) WHERE id = ?1")
            end.bind(1, id)
            end.bind(2, now + overlapSeconds * 1000)
            try end.run()
            try audit(action: "key.ending", subject: id, detail: #"{"seconds":\#(overlapSeconds)}"#)
        } else {
            try revokeKey(id: id)
        }
        return new
    }
}
