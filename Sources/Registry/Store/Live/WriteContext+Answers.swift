// WriteContext+Answers.swift: answers that are kept for clients that ask twice. The answer is stored in the transaction of the write, so a
// client that lost it gets the very same one for the same key, and the write happens once.

import Digests
import GRDB

/// An answer as it was given.
public struct KeptAnswer: Hashable, Sendable {
    public var status: Int
    public var etag: String?
    public var location: String?
    public var body: [UInt8]

    public init(status: Int, etag: String?, location: String?, body: [UInt8]) {
        self.status = status
        self.etag = etag
        self.location = location
        self.body = body
    }
}

/// What a client calls a request, and what the request was.
public struct IdempotencyKey: Hashable, Sendable {
    public var key: String
    var requestHash: [UInt8]

    /// - Parameters:
    ///   - key: of the client's choice, 1 to 200 printable ASCII characters.
    ///   - request: method, path and body.
    public init(_ key: String, request: [[UInt8]]) throws(WriteRefusal) {
        guard (1...200).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw WriteRefusal(
                .malformed, field: "Idempotency-Key", value: String(key.prefix(64)), reason: "is 1 to 200 printable ASCII characters")
        }
        self.key = key
        requestHash = SHA256.hash(request.flatMap { part in withUnsafeBytes(of: UInt64(part.count).littleEndian, Array.init) + part })
    }

    /// How long answers are kept, milliseconds.
    public static let lifetime: Int64 = 86_400_000
}

extension WriteContext {
    /// The answer that this account was given for a key; nil for a new one.
    ///
    /// - Throws: `WriteRefusal` when the key stands for another request.
    public func answer(for key: IdempotencyKey) throws -> KeptAnswer? {
        let row = try statement(
            """
            SELECT request_hash, status, etag, location, body FROM answered
            WHERE account_pk = (SELECT account_pk FROM keys WHERE id = ?1) AND idempotency_key = ?2 AND at > ?3
            """)
        row.bind(1, author.keyID)
        row.bind(2, key.key)
        row.bind(3, now - IdempotencyKey.lifetime)
        guard try row.step() else { return nil }
        guard row.utf8(0).elementsEqual(key.requestHash) else {
            throw WriteRefusal(
                .invalid, field: "Idempotency-Key", value: String(key.key.prefix(64)), reason: "was used for another request; use a new one"
            )
        }
        return KeptAnswer(status: Int(row.int(1)), etag: row.text(2), location: row.text(3), body: Array(row.utf8(4)))
    }

    /// Keeps an answer, and forgets some that are too old.
    public func keep(_ answer: KeptAnswer, for key: IdempotencyKey) throws(RegistryError) {
        let row = try statement(
            """
            INSERT OR REPLACE INTO answered (account_pk, idempotency_key, request_hash, at, status, etag, location, body)
            VALUES ((SELECT account_pk FROM keys WHERE id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """)
        row.bind(1, author.keyID)
        row.bind(2, key.key)
        row.bind(3, blob: key.requestHash)
        row.bind(4, now)
        row.bind(5, Int64(answer.status))
        row.bind(6, answer.etag)
        row.bind(7, answer.location)
        row.bind(8, blob: answer.body)
        try row.run()
        let old = try statement(
            """
            DELETE FROM answered WHERE (account_pk, idempotency_key) IN
            (SELECT account_pk, idempotency_key FROM answered WHERE at <= ?1 ORDER BY at LIMIT 4)
            """)
        old.bind(1, now - IdempotencyKey.lifetime)
        try old.run()
    }
}
