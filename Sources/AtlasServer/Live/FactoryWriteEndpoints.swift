// FactoryWriteEndpoints.swift: factories one at a time: their fields with a version, add, change, remove. (What a factory is to its readers,
// with records and status, is FactoryEndpoints.)

import HTTPTypes
import Registry

enum FactoryWriteEndpoints {
    static let routes: [LiveRoute] = [
        LiveRoute(.post, "/v1/factories", right: .writeFactories, body: LiveRoute.usualBody, handler: add),
        LiveRoute(.get, "/v1/factories/{id}/fields", right: .read, handler: read),
        LiveRoute(.patch, "/v1/factories/{id}", right: .writeFactories, body: LiveRoute.usualBody, handler: change),
        LiveRoute(.delete, "/v1/factories/{id}", right: .writeFactories, handler: remove),
    ]

    @Sendable private static func add(_ call: LiveCall) async throws -> Reply {
        let body = try call.json()
        let read = try call.services.drafts.use { (reader) throws(WriteRefusal) in try reader.factory(body) }
        return try await call.write { context in
            let receipt = try context.write(factory: read.draft, policy: .add)
            return WriteReply.reply(receipt, warnings: read.warnings, location: "/v1/factories/\(RequestTarget.encode(receipt.id))")
        }
    }

    @Sendable private static func read(_ call: LiveCall) async throws -> Reply {
        let id = try call.value("id")
        return try WriteReply.fields(try call.services.store.factoryFields(id: id), noun: "factory", id: id)
    }

    @Sendable private static func change(_ call: LiveCall) async throws -> Reply {
        let (id, version, body, readers) = (try call.value("id"), try call.requiredVersion(), try call.json(), call.services.drafts)
        return try await call.write { context in
            let (receipt, warnings) = try context.change(factory: id, with: body, version: version, readers: readers)
            return WriteReply.reply(receipt, warnings: warnings, location: nil)
        }
    }

    @Sendable private static func remove(_ call: LiveCall) async throws -> Reply {
        let (id, version) = (try call.value("id"), try call.requiredVersion())
        return try await call.write { context in
            WriteReply.reply(try context.removeFactory(id: id, version: version), warnings: [], location: nil)
        }
    }
}
