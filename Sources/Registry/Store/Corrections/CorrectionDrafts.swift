// CorrectionDrafts.swift: steps that somebody is still writing. A draft belongs to one account and one record and is found by both, so asking
// for another's draft finds nothing, exactly as if there were none. Nothing of a draft is in the feed.

import GRDB

/// A draft of a step, as whole as its author has made it.
public struct CorrectionDraft: Hashable, Sendable {
    /// 1 to `mostOfOneRecord`, chosen by its author.
    public var number: Int
    /// Milliseconds since 1970.
    public var savedAt: Int64
    /// A JSON object in the form of a step.
    public var json: String

    /// Drafts of one account for one record.
    public static let mostOfOneRecord = 20
}

extension WriteContext {
    /// Keeps a draft, in place of the one with its number.
    ///
    /// - Returns: whether there was none.
    /// - Throws: `WriteRefusal`: the same whether or not others have drafts.
    public func saveDraft(_ json: String, number: Int, ofRecord id: String, by principal: Principal) throws -> Bool {
        let (record, account) = try owner(ofRecord: id, principal)
        let known = try statement("SELECT 1 FROM correction_drafts WHERE record_pk = ?1 AND account = ?2 AND number = ?3")
        known.bind(1, record)
        known.bind(2, account)
        known.bind(3, Int64(number))
        let isNew = try !known.step()
        known.reset()
        let row = try statement(
            """
            INSERT INTO correction_drafts (record_pk, account, number, at, draft) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (record_pk, account, number) DO UPDATE SET at = excluded.at, draft = excluded.draft
            """)
        row.bind(1, record)
        row.bind(2, account)
        row.bind(3, Int64(number))
        row.bind(4, now)
        row.bind(5, json)
        try row.run()
        return isNew
    }

    /// Forgets a draft.
    ///
    /// - Returns: whether there was one.
    public func deleteDraft(number: Int, ofRecord id: String, by principal: Principal) throws(RegistryError) -> Bool {
        let row = try statement(
            """
            DELETE FROM correction_drafts
            WHERE record_pk = (SELECT pk FROM records WHERE id = ?1) AND account = ?2 AND number = ?3
            """)
        row.bind(1, id)
        row.bind(2, principal.accountID)
        row.bind(3, Int64(number))
        return try row.run() == 1
    }

    private func owner(ofRecord id: String, _ principal: Principal) throws -> (record: Int64, account: String) {
        let row = try statement("SELECT pk, factory_pk FROM records WHERE id = ?1")
        row.bind(1, id)
        guard try row.step() else { throw WriteRefusal(.notFound, field: "id", value: id, reason: "no record has this id") }
        guard let account = principal.accountID, CorrectionRules.mayDraft(principal, factoryPK: row.int(1)) else {
            throw WriteRefusal(.forbidden, field: "", reason: "this account can take no step about this record")
        }
        return (row.int(0), account)
    }
}

extension RegistryStore {
    /// A draft of this account; nil when it has none of this number, whoever else has.
    public func draft(number: Int, ofRecord id: String, by principal: Principal) throws(RegistryError) -> CorrectionDraft? {
        guard let account = principal.accountID else { return nil }
        return try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT at, draft FROM correction_drafts
                    WHERE record_pk = (SELECT pk FROM records WHERE id = ?1) AND account = ?2 AND number = ?3
                    """)
            row.bind(1, id)
            row.bind(2, account)
            row.bind(3, Int64(number))
            return try row.step() ? CorrectionDraft(number: number, savedAt: row.int(0), json: row.text(1) ?? "") : nil
        }
    }
}
