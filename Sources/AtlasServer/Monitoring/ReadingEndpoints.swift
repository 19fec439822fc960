// ReadingEndpoints.swift: outlets and readings come in. Readings are streams of any length, a line each; they are stored in batches as they
// arrive, so that a delivery of 180,000 neither fills the memory nor keeps other writes waiting, and the answer says what came of it:
// how many were taken, and of each line that was not which field and why.

import HTTPTypes
import Monitoring
import NIOCore
import Registry

enum ReadingEndpoints {
    static let routes: [LiveRoute] = [
        LiveRoute(.post, "/v1/readings", right: .writeReadings, body: .stream, handler: readings),
        LiveRoute(.post, "/v1/outlets", right: .writeReadings, body: LiveRoute.usualBody, handler: outlet),
    ]

    /// Readings in one transaction: some 30 ms of the writer's time, which other writes may have to wait.
    static let batchRows = 2000
    /// Refused lines that the answer lists; it counts all.
    static let listedRejects = 1000

    @Sendable private static func readings(_ call: LiveCall) async throws -> Reply {
        var delivery = Delivery(owner: try owner(of: call.principal))
        var lines = ReadingLines()
        do {
            for try await piece in call.stream {
                var rows: [ReadingLines.Row] = []
                try piece.withUnsafeReadableBytes { bytes in
                    try lines.feed(bytes.bindMemory(to: UInt8.self)) { rows.append($0) }
                }
                try await delivery.take(rows, call)
            }
            var rows: [ReadingLines.Row] = []
            try lines.finish { rows.append($0) }
            try await delivery.take(rows, call)
            try await delivery.flush(call)
        } catch let problem as ReadingLines.NoReadings {
            throw Problem(.badRequest, kind: .malformedRequest, detail: problem.description)
        }
        return delivery.reply
    }

    /// The factory that a factory's key may write for; nil for those that may write for all.
    static func owner(of principal: Principal) throws(Problem) -> Int64? {
        guard principal.role == .factory else { return nil }
        guard let factory = principal.factoryPK else {
            throw Problem(.forbidden, kind: .forbidden, detail: "this key acts for no factory")
        }
        return factory
    }

    /// One request's readings.
    private struct Delivery {
        let owner: Int64?
        private let run = ReadingRun()
        private var pending: [ReadingDraft] = []
        private var counts = (accepted: 0, corrected: 0, unchanged: 0, rejected: 0)
        private var rejects: [ReadingReject] = []

        init(owner: Int64?) { self.owner = owner }

        mutating func take(_ rows: [ReadingLines.Row], _ call: LiveCall) async throws {
            for row in rows {
                switch row {
                case .reading(let draft):
                    pending.append(draft)
                    if pending.count >= ReadingEndpoints.batchRows { try await flush(call) }
                case .reject(let reject): refuse(reject)
                }
            }
        }

        private mutating func refuse(_ reject: ReadingReject) {
            counts.rejected += 1
            if rejects.count < ReadingEndpoints.listedRejects { rejects.append(reject) }
        }

        mutating func flush(_ call: LiveCall) async throws {
            guard !pending.isEmpty else { return }
            let (drafts, owner, run) = (pending, owner, run)
            pending.removeAll(keepingCapacity: true)
            let outcomes = try await call.services.writer.submit(as: call.author) { context in
                try context.write(readings: drafts, owner: owner, run: run)
            }
            for (draft, outcome) in zip(drafts, outcomes) {
                switch outcome {
                case .accepted: counts.accepted += 1
                case .corrected: counts.corrected += 1
                case .unchanged: counts.unchanged += 1
                case .rejected(let field, let value, let reason):
                    refuse(ReadingReject(line: draft.line, field: field, value: value, reason: reason))
                }
            }
        }

        var reply: Reply {
            var json = JSONWriter()
            json.object { json in
                json.field("accepted", counts.accepted)
                json.field("corrected", counts.corrected)
                json.field("unchanged", counts.unchanged)
                json.field("rejected", counts.rejected)
                json.array("rejects") { json in
                    for reject in rejects.sorted(by: { $0.line < $1.line }) {
                        json.object { json in
                            json.field("line", reject.line)
                            json.field("field", reject.field)
                            json.field("value", Problem.excerpt(reject.value))
                            json.field("reason", reject.reason)
                        }
                    }
                }
            }
            var reply = Reply.json(json.bytes, cacheControl: "no-store")
            // Nothing of it could be used: the sender should not take it for a success.
            if counts.rejected > 0, counts.accepted + counts.corrected + counts.unchanged == 0 { reply.status = .unprocessableContent }
            return reply
        }
    }

    // MARK: Outlets

    @Sendable private static func outlet(_ call: LiveCall) async throws -> Reply {
        let owner = try owner(of: call.principal)
        let draft = try OutletBody.draft(call.json())
        let outcome = try await call.services.writer.submit(as: call.author) { context in try context.write(outlet: draft, owner: owner) }
        var json = JSONWriter()
        json.object { json in
            json.field("id", draft.id)
            json.field("outcome", outcome.rawValue)
        }
        var reply = Reply.json(json.bytes, cacheControl: "no-store")
        if outcome == .added {
            reply.status = .created
            reply.headers[.location] = "/v1/outlets/" + RequestTarget.encode(draft.id)
        }
        return reply
    }
}
