// LiveCall+Writing.swift: what all writing endpoints do alike: one answer for one Idempotency-Key, and the version that a change is meant for.

import HTTPTypes
import NIOCore
import Registry

extension LiveCall {
    /// Runs a write; with an Idempotency-Key, once: whoever repeats the request gets the answer that was given, whoever uses the key for
    /// another request is refused. The answer is stored in the transaction of the write itself.
    ///
    /// - Parameter body: as in `GroupWriter.submit`; it makes the answer too.
    func write(_ body: @escaping @Sendable (WriteContext) throws -> Reply) async throws -> Reply {
        guard let key = try idempotencyKey() else { return try await services.writer.submit(as: author, body) }
        return try await services.writer.submit(as: author) { context in
            if let kept = try context.answer(for: key) { return Reply(replaying: kept) }
            let reply = try body(context)
            try context.keep(reply.kept, for: key)
            return reply
        }
    }

    /// As `write`, for what is shown from the registry once it is stored there: only the new thing's id is kept.
    ///
    /// - Parameters:
    ///   - add: adds it and returns its id.
    ///   - show: the answer, by the id.
    func addOnce(
        _ add: @escaping @Sendable (WriteContext) throws -> String, show: (String) async throws -> Reply
    ) async throws -> Reply {
        guard let key = try idempotencyKey() else { return try await show(services.writer.submit(as: author, add)) }
        let (id, isReplayed) = try await services.writer.submit(as: author) { context in
            if let kept = try context.answer(for: key), let id = kept.location { return (id, true) }
            let id = try add(context)
            try context.keep(KeptAnswer(status: HTTPResponse.Status.created.code, etag: nil, location: id, body: []), for: key)
            return (id, false)
        }
        var reply = try await show(id)
        if isReplayed { reply.headers[.idempotencyReplayed] = "true" }
        return reply
    }

    private func idempotencyKey() throws -> IdempotencyKey? {
        guard let text = headers[.idempotencyKey] else { return nil }
        guard principal.keyID != nil else {
            throw Problem(parameter: "Idempotency-Key", detail: "Idempotency-Key: needs a key (Authorization)")
        }
        return try IdempotencyKey(text, request: [Array(method.utf8), Array(target.utf8), body])
    }

    /// For writes whose answer holds a secret, which is shown once and kept nowhere.
    func refuseIdempotencyKey() throws(Problem) {
        guard headers[.idempotencyKey] == nil else {
            throw Problem(
                parameter: "Idempotency-Key",
                detail:
                    "Idempotency-Key: not taken here, as the answer holds a secret that is not kept; what is not needed is revoked or removed"
            )
        }
    }

    /// The version that the client means, by If-Match; nil for `*`, which means any.
    ///
    /// - Throws: `Problem` 428 without the header: a change that overwrites another unseen is a loss nobody notices.
    func requiredVersion() throws(Problem) -> Int64? {
        guard let header = headers[.ifMatch] else {
            throw Problem(
                .preconditionRequired, kind: .preconditionRequired,
                detail: "send If-Match with the ETag of the version that you have read, or * for any", parameter: "If-Match")
        }
        if header == "*" { return nil }
        guard let version = WriteReply.version(etag: header) else {
            throw Problem(parameter: "If-Match", value: header, mustBe: "the ETag of the version that you have read, such as \"123\", or *")
        }
        return version
    }

    /// The brand that a brand's account is bound to; nil for others, who may write any brand's.
    var onlyBrand: Int64? { principal.role == .brand ? principal.brandPK ?? -1 : nil }
}

extension Reply {
    /// An answer that was given before.
    init(replaying kept: KeptAnswer) {
        self.init(type: "application/json", kept.body, cacheControl: "no-store")
        status = HTTPResponse.Status(code: kept.status)
        headers[.eTag] = kept.etag
        headers[.location] = kept.location
        headers[.idempotencyReplayed] = "true"
    }

    /// What is kept of an answer.
    var kept: KeptAnswer {
        KeptAnswer(status: status.code, etag: headers[.eTag], location: headers[.location], body: Array(body.readableBytesView))
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("idempotency-key") ?? .accept
    static let idempotencyReplayed = HTTPField.Name("idempotency-replayed") ?? .accept
    static let xForwardedFor = HTTPField.Name("x-forwarded-for") ?? .accept
}
