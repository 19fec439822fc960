// RecordEndpoints.swift: records one at a time.

import HTTPTypes
import Registry

enum RecordEndpoints {
    static let routes: [LiveRoute] = [
        LiveRoute(.post, "/v1/records", right: .writeRecords, body: LiveRoute.usualBody, handler: add)
    ]

    @Sendable private static func add(_ call: LiveCall) async throws -> Reply {
        let body = try call.json()
        let read = try call.services.drafts.use { (reader) throws(WriteRefusal) in try reader.record(body) }
        let receipt = try await call.services.writer.submit(as: call.author) { context in
            try context.write(record: read.draft, policy: .add)
        }
        return WriteReply.reply(receipt, warnings: read.warnings, location: "/v1/records/")
    }
}
