// WriteReply.swift: the answer to a write that is safely stored: what was written, its number in the change feed, the status that the factory
// has now.

import HTTPTypes
import Registry

enum WriteReply {
    /// - Parameter location: where to read the thing when it is new; nil: it is not new, or nowhere.
    static func reply(_ receipt: WriteReceipt, warnings: [String], location: String?) -> Reply {
        var reply = Reply.json(json(receipt, warnings: warnings), cacheControl: "no-store")
        reply.status = receipt.outcome == .added ? .created : .ok
        reply.headers[.eTag] = etag(receipt.sequence)
        if receipt.outcome == .added { reply.headers[.location] = location }
        return reply
    }

    /// The version of a row: the number of the change that wrote it last.
    static func etag(_ sequence: Int64) -> String { "\"\(sequence)\"" }

    /// The version that a client names by its ETag; nil for any other text, also for the same number written otherwise.
    static func version(etag text: String) -> Int64? {
        guard let version = Int64(text.dropFirst().dropLast()), version >= 0, etag(version) == text else { return nil }
        return version
    }

    static func json(_ receipt: WriteReceipt, warnings: [String]) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in write(receipt, warnings: warnings, to: &json) }
        return json.bytes
    }

    static func write(_ receipt: WriteReceipt, warnings: [String], to json: inout JSONWriter) {
        json.field("id", receipt.id)
        json.field("outcome", receipt.outcome.rawValue)
        json.field("seq", receipt.sequence)
        json.field(optional: "factory_id", receipt.factoryID)
        if let severity = receipt.severity { json.field("severity", severity) }
        json.field(optional: "status", receipt.status?.name)
        json.field(optional: "status_reason", receipt.statusReason)
        json.field(optional: "status_reason_zh", receipt.statusReasonZH)
        if !warnings.isEmpty { json.field("warnings", warnings) }
    }
}

extension WriteReply {
    /// The fields of a stored row, with its version as ETag.
    ///
    /// - Throws: `Problem` 404 when there is none, or none for this client.
    static func fields(_ stored: StoredFields?, noun: String, id: String) throws(Problem) -> Reply {
        guard let stored else {
            throw Problem(.notFound, kind: .notFound, detail: "no \(noun) has the id '\(Problem.excerpt(id))'", parameter: "id")
        }
        var json = JSONWriter()
        json.value(.object(stored.fields.members))
        var reply = Reply.json(json.bytes)
        reply.headers[.eTag] = etag(stored.sequence)
        return reply
    }
}
