// RegistryStore+Accounts.swift: what an administrator reads: accounts, keys (without their secrets), the audit log.

import GRDB

/// An account as an administrator sees it.
public struct AccountEntry: Hashable, Sendable {
    public var id: String
    public var name: String
    public var role: Role
    public var brandID: String?
    public var factoryID: String?
    /// Milliseconds since 1970.
    public var createdAt: Int64
    public var closedAt: Int64?
    /// Keys that count now, sessions not included.
    public var openKeys: Int
}

/// A key as an administrator sees it.
public struct KeyEntry: Hashable, Sendable {
    public var id: String
    public var account: String
    public var label: String?
    public var isSession: Bool
    /// What it may do, its role's rights considered.
    public var rights: Set<Right>
    /// Milliseconds since 1970.
    public var createdAt: Int64
    public var expiresAt: Int64?
    public var revokedAt: Int64?
}

/// A line of the audit log.
public struct AuditEntry: Hashable, Sendable {
    public var number: Int64
    /// UTC, ISO 8601.
    public var at: String
    /// Id of the key; nil: the command line.
    public var keyID: String?
    public var accountID: String?
    public var address: String?
    public var requestID: String?
    /// Such as `record.added`, `key.revoked`.
    public var action: String
    public var subject: String?
    /// Number of the change in the feed.
    public var sequence: Int64?
    /// JSON.
    public var detail: String?
}

extension AuditEntry {
    /// As one JSON object.
    public var json: String {
        var json = JSONWriter()
        json.object { write(to: &$0) }
        return json.text
    }

    /// The members of its object.
    package func write(to json: inout JSONWriter) {
        json.field("number", number)
        json.field("at", at)
        json.field(optional: "key", keyID)
        json.field(optional: "account", accountID)
        json.field(optional: "address", address)
        json.field(optional: "request", requestID)
        json.field("action", action)
        json.field(optional: "subject", subject)
        if let sequence { json.field("seq", sequence) }
        if let detail, let value = try? JSONValue.parse(Array(detail.utf8)) {
            json.key("detail")
            json.value(value)
        }
    }
}

extension RegistryStore {
    /// All accounts, by id.
    public func accounts() throws(RegistryError) -> [AccountEntry] {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT accounts.id, accounts.name, role, brands.id, factories.id, created_at, closed_at,
                    (SELECT count(*) FROM keys WHERE account_pk = accounts.pk AND opened_by IS NULL AND revoked_at IS NULL
                        AND (expires_at IS NULL OR expires_at > ?1))
                    FROM accounts LEFT JOIN brands ON brands.pk = brand_pk LEFT JOIN factories ON factories.pk = factory_pk
                    ORDER BY accounts.id
                    """)
            row.bind(1, LiveTime.now())
            var entries: [AccountEntry] = []
            while try row.step() {
                guard let role = Role(rawValue: UInt8(truncatingIfNeeded: row.int(2))) else {
                    throw RegistryError.damaged(path: path, detail: "account \(row.text(0) ?? "?") has a role unknown here")
                }
                entries.append(
                    AccountEntry(
                        id: row.text(0) ?? "", name: row.text(1) ?? "", role: role, brandID: row.text(3), factoryID: row.text(4),
                        createdAt: row.int(5), closedAt: row.optionalInt(6), openKeys: Int(row.int(7))))
            }
            return entries
        }
    }

    /// Keys, oldest first.
    ///
    /// - Parameters:
    ///   - account: nil: of all accounts.
    ///   - limit: at most so many, the newest.
    public func keys(of account: String? = nil, limit: Int = 1000) throws(RegistryError) -> [KeyEntry] {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT keys.id, accounts.id, label, opened_by IS NOT NULL, rights, role, keys.created_at, expires_at, revoked_at
                    FROM keys JOIN accounts ON accounts.pk = account_pk WHERE ?1 IS NULL OR accounts.id = ?1
                    ORDER BY keys.pk DESC LIMIT ?2
                    """)
            row.bind(1, account)
            row.bind(2, Int64(max(0, limit)))
            var entries: [KeyEntry] = []
            while try row.step() {
                let role = Role(rawValue: UInt8(truncatingIfNeeded: row.int(5))) ?? .visitor
                entries.append(
                    KeyEntry(
                        id: row.text(0) ?? "", account: row.text(1) ?? "", label: row.text(2), isSession: row.int(3) != 0,
                        rights: role.rights.intersection(Right.set(bits: row.int(4))), createdAt: row.int(6),
                        expiresAt: row.optionalInt(7), revokedAt: row.optionalInt(8)))
            }
            return entries.reversed()
        }
    }

    /// The audit log after a line, oldest first, at most `limit`.
    public func auditLog(after number: Int64 = 0, limit: Int = 1000) throws(RegistryError) -> [AuditEntry] {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT pk, at, actor, account, address, request, action, subject, seq, detail FROM audit
                    WHERE pk > ?1 ORDER BY pk LIMIT ?2
                    """)
            row.bind(1, number)
            row.bind(2, Int64(max(0, limit)))
            var entries: [AuditEntry] = []
            while try row.step() {
                entries.append(
                    AuditEntry(
                        number: row.int(0), at: row.text(1) ?? "", keyID: row.text(2), accountID: row.text(3), address: row.text(4),
                        requestID: row.text(5), action: row.text(6) ?? "", subject: row.text(7), sequence: row.optionalInt(8),
                        detail: row.text(9)))
            }
            return entries
        }
    }

    /// The number of the last line of the audit log.
    public func lastAuditNumber() throws(RegistryError) -> Int64 {
        try read { db in
            let row = try RawStatement(db, path: path, sql: "SELECT coalesce(max(pk), 0) FROM audit")
            return try row.step() ? row.int(0) : 0
        }
    }
}
