// WriteContext+Documents.swift: documents into the registry, piece by piece, and out of it again when nobody has used them. A document becomes
// public with the first accepted step that names it; until then only its uploader can see that it is there.

import Digests
import GRDB

/// What is known of a document beside its bytes.
public struct DocumentInfo: Hashable, Sendable {
    /// 64 lower-case hexadecimal digits.
    public var sha256: String
    public var name: String
    public var type: DocumentType
    public var bytes: Int
    /// Milliseconds since 1970.
    public var uploadedAt: Int64
    public var isPublic: Bool
}

/// A document that was checked and is ready to be stored.
public struct CheckedDocument: Sendable {
    public let content: [UInt8]
    public let sha256: String
    public let name: String
    public let type: DocumentType

    /// Checks a document's type and size. Cost: O(bytes), some 10 ms for 10 MiB.
    ///
    /// - Parameter name: as the uploader calls it; it is cleaned.
    /// - Throws: `DocumentRefusal`.
    public init(_ content: [UInt8], name: String?, limits: DocumentLimits = .standard) throws(DocumentRefusal) {
        type = try DocumentInspector.inspect(content, limits: limits)
        self.content = content
        self.name = DocumentName.clean(name, type: type)
        sha256 = SHA256.hash(content).hexadecimal
    }
}

/// A document's row.
struct StoredDocument {
    var pk: Int64
    var info: DocumentInfo
}

extension GroupWriter {
    /// Bytes of one piece: about a millisecond of the writer's time.
    static let documentPartBytes = 256 << 10

    /// Stores a document, in as many writes as it has pieces, so that no other write waits for all of it. What was begun and not ended,
    /// because the process was killed, is swept away later and never seen.
    ///
    /// - Returns: the document; the one that is there already when this account has uploaded the same bytes before.
    /// - Throws: `WriteRefusal`, `RegistryError`.
    public func store(
        _ document: CheckedDocument, of principal: Principal, as author: WriteAuthor, limits: DocumentLimits = .standard
    ) async throws -> DocumentInfo {
        let size = GroupWriter.documentPartBytes
        let parts = max((document.content.count + size - 1) / size, 1)
        var row: Int64?
        for part in 0..<parts {
            let known = row
            let bytes = Array(document.content[part * size..<min((part + 1) * size, document.content.count)])
            row = try await submit(as: author) { context in
                let row = try known ?? context.begin(document, of: principal, limits: limits)
                try context.add(part: part, bytes, to: row)
                return row
            }
        }
        guard let row else { throw Stopped() }
        return try await submit(as: author) { context in try context.finish(document, row: row, of: principal) }
    }
}

extension WriteContext {
    fileprivate func begin(_ document: CheckedDocument, of principal: Principal, limits: DocumentLimits) throws -> Int64 {
        guard let account = principal.accountID else {
            throw WriteRefusal(.forbidden, field: "", reason: "documents are uploaded by accounts")
        }
        let total = try statement("SELECT coalesce(sum(bytes), 0) FROM documents WHERE account = ?1 OR factory_pk = ?2")
        total.bind(1, account)
        total.bind(2, principal.factoryPK)
        _ = try total.step()
        let used = Int(total.int(0))
        guard used + document.content.count <= limits.ownerBytes else {
            throw WriteRefusal(
                .conflict, field: "", value: document.name,
                reason:
                    "documents of this account or its factory have \(used >> 20) MiB; with this one they would pass the limit of \(limits.ownerBytes >> 20) MiB"
            )
        }
        let row = try statement(
            """
            INSERT INTO documents (sha256, account, factory_pk, name, type, bytes, at, is_complete, is_public)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0)
            """)
        row.bind(1, document.sha256)
        row.bind(2, account)
        row.bind(3, principal.factoryPK)
        row.bind(4, document.name)
        row.bind(5, document.type.rawValue)
        row.bind(6, Int64(document.content.count))
        row.bind(7, now)
        try row.run()
        return row.lastInsertedKey
    }

    fileprivate func add(part: Int, _ bytes: [UInt8], to document: Int64) throws(RegistryError) {
        let row = try statement("INSERT INTO document_parts (document_pk, part, content) VALUES (?1, ?2, ?3)")
        row.bind(1, document)
        row.bind(2, Int64(part))
        row.bind(3, blob: bytes)
        try row.run()
    }

    fileprivate func finish(_ document: CheckedDocument, row: Int64, of principal: Principal) throws -> DocumentInfo {
        if let known = try storedDocument(document.sha256, of: principal) {
            try deleteDocument(row)
            return known.info
        }
        let finish = try statement("UPDATE documents SET is_complete = 1, at = ?2 WHERE pk = ?1")
        finish.bind(1, row)
        finish.bind(2, now)
        guard try finish.run() == 1 else {
            throw RegistryError.failed(path: path, detail: "a document was swept away while it was being stored")
        }
        var json = JSONWriter()
        json.object { json in
            json.field("name", document.name)
            json.field("type", document.type.name)
            json.field("bytes", document.content.count)
        }
        try audit(action: "document.added", subject: document.sha256, detail: json.text)
        return DocumentInfo(
            sha256: document.sha256, name: document.name, type: document.type, bytes: document.content.count, uploadedAt: now,
            isPublic: false)
    }

    /// The documents that a statement names, all of which its author has uploaded.
    func documents(_ hashes: [String], of principal: Principal, limits: DocumentLimits) throws -> [StoredDocument] {
        var documents: [StoredDocument] = []
        for hash in hashes {
            guard let document = try storedDocument(hash, of: principal) else {
                throw WriteRefusal(
                    .invalid, field: "documents", value: hash,
                    reason: "this account has uploaded no document with this sha256: POST it to /v1/documents before")
            }
            documents.append(document)
        }
        let bytes = documents.reduce(0) { $0 + $1.info.bytes }
        guard bytes <= limits.stepBytes else {
            throw WriteRefusal(
                .invalid, field: "documents", value: "\(bytes) bytes",
                reason: "are larger than the \(limits.stepBytes >> 20) MiB of one step together")
        }
        return documents
    }

    /// Makes documents part of the history.
    func attach(_ documents: [StoredDocument], to step: Int64) throws(RegistryError) {
        for (position, document) in documents.enumerated() {
            let row = try statement("INSERT INTO step_documents (step_pk, position, document_pk) VALUES (?1, ?2, ?3)")
            row.bind(1, step)
            row.bind(2, Int64(position))
            row.bind(3, document.pk)
            try row.run()
            let publish = try statement("UPDATE documents SET is_public = 1 WHERE pk = ?1")
            publish.bind(1, document.pk)
            try publish.run()
        }
    }

    private func storedDocument(_ hash: String, of principal: Principal) throws(RegistryError) -> StoredDocument? {
        guard let account = principal.accountID else { return nil }
        let row = try statement(
            """
            SELECT sha256, name, type, bytes, at, is_public, pk FROM documents WHERE sha256 = ?1 AND account = ?2 AND is_complete = 1
            """)
        row.bind(1, hash)
        row.bind(2, account)
        guard try row.step() else { return nil }
        return StoredDocument(pk: row.int(6), info: try DocumentInfo(row, path: path))
    }

    private func deleteDocument(_ pk: Int64) throws(RegistryError) {
        let row = try statement("DELETE FROM documents WHERE pk = ?1")
        row.bind(1, pk)
        try row.run()
    }

    /// Takes away uploads that were never finished, and documents that no step has used for as long as is kept. One a call: each may be
    /// ten megabytes.
    ///
    /// - Returns: whether there was one.
    public func sweepDocument(limits: DocumentLimits = .standard) throws -> Bool {
        let row = try statement(
            "SELECT pk FROM documents WHERE is_public = 0 AND (at < ?1 OR is_complete = 0 AND at < ?2) ORDER BY at LIMIT 1")
        let day: Int64 = 86_400_000
        row.bind(1, now - Int64(limits.unusedDays) * day)
        row.bind(2, now - day)
        guard try row.step() else { return false }
        let pk = row.int(0)
        row.reset()
        try deleteDocument(pk)
        return true
    }
}

extension DocumentInfo {
    /// From columns sha256, name, type, bytes, at, is_public.
    init(_ row: RawStatement, from first: Int32 = 0, path: String) throws(RegistryError) {
        guard let type = DocumentType(rawValue: UInt8(truncatingIfNeeded: row.int(first + 2))) else {
            throw .damaged(path: path, detail: "document \(row.text(first) ?? "?") has a type unknown here")
        }
        self.init(
            sha256: row.text(first) ?? "", name: row.text(first + 1) ?? "", type: type, bytes: Int(row.int(first + 3)),
            uploadedAt: row.int(first + 4), isPublic: row.int(first + 5) != 0)
    }
}

extension RegistryStore {
    /// A document that is public, or that the account has uploaded itself; nil for any other, as for one that is not there.
    ///
    /// Cost: O(bytes), at most 10 MiB of memory.
    public func document(sha256: String, for account: String?) throws(RegistryError) -> (info: DocumentInfo, content: [UInt8])? {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT sha256, name, type, bytes, at, is_public, pk FROM documents
                    WHERE sha256 = ?1 AND is_complete = 1 AND (is_public = 1 OR account = ?2) ORDER BY is_public DESC, pk LIMIT 1
                    """)
            row.bind(1, sha256)
            row.bind(2, account)
            guard try row.step() else { return nil }
            let info = try DocumentInfo(row, path: path)
            let parts = try RawStatement(db, path: path, sql: "SELECT content FROM document_parts WHERE document_pk = ?1 ORDER BY part")
            parts.bind(1, row.int(6))
            var content: [UInt8] = []
            content.reserveCapacity(info.bytes)
            while try parts.step() { content.append(contentsOf: parts.utf8(0)) }
            guard content.count == info.bytes else {
                throw RegistryError.damaged(path: path, detail: "document \(sha256) has \(content.count) of \(info.bytes) bytes")
            }
            return (info, content)
        }
    }
}
