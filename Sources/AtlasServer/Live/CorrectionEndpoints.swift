// CorrectionEndpoints.swift: corrective action over HTTP: the history of a record for anyone, steps for those whose turn it is, drafts for
// their author. The rules are Registry's; here requests become steps and histories become JSON.

import HTTPTypes
import Registry

enum CorrectionEndpoints {
    static let routes: [LiveRoute] = [
        LiveRoute(.get, "/v1/records/{id}/history", right: .read, handler: history),
        LiveRoute(.post, "/v1/records/{id}/steps", right: .own, body: stepBody, handler: take),
        LiveRoute(.get, "/v1/records/{id}/drafts/{n}", right: .own, handler: draft),
        LiveRoute(.put, "/v1/records/{id}/drafts/{n}", right: .own, body: stepBody, handler: saveDraft),
        LiveRoute(.delete, "/v1/records/{id}/drafts/{n}", right: .own, handler: deleteDraft),
    ]

    /// Three texts of the longest kind in UTF-8, escaped, and ten hashes.
    private static let stepBody = LiveRoute.Body.whole(limit: 256 << 10)

    // MARK: History

    @Sendable private static func history(_ call: LiveCall) async throws -> Reply {
        let id = try call.value("id")
        let store = call.services.store
        let deadlines = call.services.deadlines
        return try await call.services.workers.run {
            guard let history = try store.correctionHistory(ofRecord: id) else { throw noRecord(id) }
            var reply = Reply.json(CorrectionJSON.history(history, deadlines: deadlines, today: Day.today()))
            reply.headers[.eTag] = WriteReply.etag(history.version)
            return reply
        }
    }

    // MARK: Steps

    @Sendable private static func take(_ call: LiveCall) async throws -> Reply {
        let id = try call.value("id")
        let (step, statement) = try CorrectionBody.step(try call.json())
        let request = CorrectionRequest(recordID: id, step: step, statement: statement, version: try version(call))
        let principal = call.principal
        let deadlines = call.services.deadlines
        return try await call.write { context in
            let receipt = try context.take(request, by: principal, deadlines: deadlines)
            var reply = Reply.json(CorrectionJSON.receipt(receipt), cacheControl: "no-store")
            reply.status = .created
            reply.headers[.eTag] = WriteReply.etag(receipt.sequence)
            reply.headers[.location] = "/v1/records/\(RequestTarget.encode(id))/history"
            return reply
        }
    }

    /// The version that `If-Match` names; nil: any.
    private static func version(_ call: LiveCall) throws(Problem) -> Int64? {
        guard let header = call.headers[.ifMatch], header != "*" else { return nil }
        guard let version = WriteReply.version(etag: header) else {
            throw Problem(parameter: "If-Match", value: header, mustBe: "the ETag of the record's history, such as \"4711\"")
        }
        return version
    }

    // MARK: Drafts

    @Sendable private static func saveDraft(_ call: LiveCall) async throws -> Reply {
        let id = try call.value("id")
        let text = try call.value("n")
        guard let number = number(text) else {
            throw Problem(parameter: "n", value: text, mustBe: "a number from 1 to \(CorrectionDraft.mostOfOneRecord)")
        }
        let json = try CorrectionBody.draft(try call.json())
        let principal = call.principal
        let isNew = try await call.services.writer.submit(as: call.author) { context in
            try context.saveDraft(json, number: number, ofRecord: id, by: principal)
        }
        var reply = Reply(.noContent)
        if isNew {
            reply.status = .created
            reply.headers[.location] = "/v1/records/\(RequestTarget.encode(id))/drafts/\(number)"
        }
        reply.headers[.cacheControl] = "no-store"
        return reply
    }

    @Sendable private static func draft(_ call: LiveCall) async throws -> Reply {
        let id = try call.value("id")
        let text = try call.value("n")
        let (store, principal) = (call.services.store, call.principal)
        return try await call.services.workers.run {
            guard let number = number(text), let draft = try store.draft(number: number, ofRecord: id, by: principal) else {
                throw noDraft()
            }
            return Reply.json(CorrectionJSON.draft(draft), cacheControl: "no-store")
        }
    }

    @Sendable private static func deleteDraft(_ call: LiveCall) async throws -> Reply {
        let id = try call.value("id")
        guard let number = number(try call.value("n")) else { throw noDraft() }
        let principal = call.principal
        let wasThere = try await call.services.writer.submit(as: call.author) { context in
            try context.deleteDraft(number: number, ofRecord: id, by: principal)
        }
        guard wasThere else { throw noDraft() }
        return Reply(.noContent)
    }

    private static func number(_ text: String) -> Int? {
        guard let number = Int(text), (1...CorrectionDraft.mostOfOneRecord).contains(number), String(number) == text else { return nil }
        return number
    }

    /// One answer for a draft of somebody else, of no record and of nobody.
    private static func noDraft() -> Problem {
        Problem(.notFound, kind: .notFound, detail: "this account has no such draft", parameter: "n")
    }

    private static func noRecord(_ id: String) -> Problem {
        Problem(.notFound, kind: .notFound, detail: "no record has the id '\(Problem.excerpt(id))'", parameter: "id")
    }
}
