// RegistryStore+Keys.swift: from the text of a key to who it is. Asked for every request with a key, so that a key that is revoked, here or by
// another process, is refused from the next request on.

import GRDB

/// Why a key does not count.
public enum KeyProblem: Error, Hashable, Sendable {
    /// No such key, or the wrong secret: one answer for both.
    case unknown
    case expired
    case sessionExpired
    case revoked
}

extension RegistryStore {
    /// Who holds a key. Cost: one row by its index, and one HMAC, which is computed for unknown ids as well.
    ///
    /// - Throws: `KeyProblem`, `RegistryError`.
    public func principal(forKey text: String, now: Int64 = LiveTime.now()) throws -> Principal {
        let key = KeyText(text)
        let found = try readAtOnce { db in try RegistryStore.key(key?.id ?? "", db, path: path) }
        // The same work whether or not there is such a key.
        let salt = found?.salt ?? [UInt8](repeating: 0, count: 16)
        let hash = found?.hash ?? [UInt8](repeating: 0, count: 32)
        let fits = KeyText.isValid(key?.secret ?? "", salt: salt, hash: hash)
        guard let found, fits else { throw KeyProblem.unknown }
        if found.isRevoked { throw KeyProblem.revoked }
        if let expires = found.principal.expiresAt, expires <= now {
            throw found.principal.isSession ? KeyProblem.sessionExpired : KeyProblem.expired
        }
        return found.principal
    }

    /// Whether a principal's key still counts: for streams that stay open.
    public func isStillValid(_ principal: Principal, now: Int64 = LiveTime.now()) throws(RegistryError) -> Bool {
        guard let id = principal.keyID else { return true }
        guard let found = try readAtOnce({ db in try RegistryStore.key(id, db, path: path) }) else { return false }
        return !found.isRevoked && found.principal.expiresAt.map { $0 > now } ?? true
    }

    private struct StoredKey {
        var principal: Principal
        var salt: [UInt8]
        var hash: [UInt8]
        var isRevoked: Bool
    }

    private static func key(_ id: String, _ db: Database, path: String) throws(RegistryError) -> StoredKey? {
        let row = try RawStatement(
            db, path: path,
            sql: """
                SELECT keys.salt, keys.hash, keys.rights, keys.expires_at, keys.revoked_at, accounts.id, accounts.role, accounts.closed_at,
                accounts.brand_pk, brands.id, accounts.factory_pk, factories.id, keys.opened_by, opener.revoked_at, opener.expires_at
                FROM keys JOIN accounts ON accounts.pk = keys.account_pk
                LEFT JOIN brands ON brands.pk = accounts.brand_pk LEFT JOIN factories ON factories.pk = accounts.factory_pk
                LEFT JOIN keys AS opener ON opener.pk = keys.opened_by
                WHERE keys.id = ?1
                """)
        row.bind(1, id)
        guard try row.step() else { return nil }
        guard let role = Role(rawValue: UInt8(truncatingIfNeeded: row.int(6))) else {
            throw .damaged(path: path, detail: "account \(row.text(5) ?? "?") has a role unknown here")
        }
        // A session ends with the key that opened it.
        let ends = [row.optionalInt(3), row.optionalInt(14)].compactMap(\.self).min()
        let principal = Principal(
            keyID: id, accountID: row.text(5), role: role, rights: role.rights.intersection(Right.set(bits: row.int(2))),
            brandPK: row.optionalInt(8), brandID: row.text(9), factoryPK: row.optionalInt(10), factoryID: row.text(11), expiresAt: ends,
            isSession: !row.isNull(12))
        return StoredKey(
            principal: principal, salt: Array(row.utf8(0)), hash: Array(row.utf8(1)),
            isRevoked: !row.isNull(4) || !row.isNull(7) || !row.isNull(13))
    }
}

extension Right {
    /// Rights as they are stored: a bit each, by raw value. All bits: whatever the role may do, now and later.
    static func bits(_ rights: Set<Right>?) -> Int64 { rights.map { $0.reduce(0) { $0 | 1 << Int64($1.rawValue) } } ?? -1 }

    static func set(bits: Int64) -> Set<Right> { Set(allCases.filter { bits & (1 << Int64($0.rawValue)) != 0 }) }
}
