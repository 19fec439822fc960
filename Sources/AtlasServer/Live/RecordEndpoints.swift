// RecordEndpoints.swift: records one at a time: read with their version, add, change, withdraw.

import HTTPTypes
import Registry

enum RecordEndpoints {
    static let routes: [LiveRoute] = [
        LiveRoute(.post, "/v1/records", right: .writeRecords, body: LiveRoute.usualBody, handler: add),
        LiveRoute(.get, "/v1/records/{id}", right: .read, handler: read),
        LiveRoute(.patch, "/v1/records/{id}", right: .writeRecords, body: LiveRoute.usualBody, handler: change),
        LiveRoute(.delete, "/v1/records/{id}", right: .writeRecords, handler: withdraw),
    ]

    @Sendable private static func add(_ call: LiveCall) async throws -> Reply {
        let body = try call.json()
        let read = try call.services.drafts.use { (reader) throws(WriteRefusal) in try reader.record(body) }
        return try await call.write { context in
            let receipt = try context.write(record: read.draft, policy: .add)
            return WriteReply.reply(receipt, warnings: read.warnings, location: "/v1/records/\(RequestTarget.encode(receipt.id))")
        }
    }

    @Sendable private static func read(_ call: LiveCall) async throws -> Reply {
        let id = try call.value("id")
        return try WriteReply.fields(try call.services.store.recordFields(id: id), noun: "record", id: id)
    }

    @Sendable private static func change(_ call: LiveCall) async throws -> Reply {
        let (id, version, body, readers) = (try call.value("id"), try call.requiredVersion(), try call.json(), call.services.drafts)
        return try await call.write { context in
            let (receipt, warnings) = try context.change(record: id, with: body, version: version, readers: readers)
            return WriteReply.reply(receipt, warnings: warnings, location: nil)
        }
    }

    @Sendable private static func withdraw(_ call: LiveCall) async throws -> Reply {
        let (id, version, readers) = (try call.value("id"), try call.requiredVersion(), call.services.drafts)
        return try await call.write { context in
            let receipt = try context.withdraw(record: id, version: version, readers: readers)
            return WriteReply.reply(receipt, warnings: [], location: nil)
        }
    }
}
