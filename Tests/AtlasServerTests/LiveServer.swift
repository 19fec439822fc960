// LiveServer.swift: a live server over an atlas of its own, with a key for each role.

import Foundation
import Registry
import Testing

@testable import AtlasServer

/// What a test of the live registry works with.
struct LiveServer: Sendable {
    let server: TestServer
    let atlas: TestAtlas
    /// A key for each role but public; the brand acts for B1, the factory for T0.
    let keys: [Role: NewKey]

    /// A request with a JSON body on a connection of its own.
    func send(
        _ method: String, _ target: String, as role: Role? = nil, key: String? = nil, headers: [(String, String)] = [], body: String = ""
    ) async throws -> Answer {
        try await send(method, target, as: role, key: key, headers: headers, bytes: Array(body.utf8))
    }

    func send(
        _ method: String, _ target: String, as role: Role? = nil, key: String? = nil, headers: [(String, String)] = [], bytes: [UInt8]
    ) async throws -> Answer {
        var headers = headers + [("Connection", "close")]
        if let key = key ?? role.flatMap({ keys[$0]?.text }) { headers.append(("Authorization", "Bearer \(key)")) }
        if !bytes.isEmpty {
            headers.append(("Content-Length", "\(bytes.count)"))
            if !headers.contains(where: { $0.0 == "Content-Type" }) { headers.append(("Content-Type", "application/json")) }
        }
        let fields = headers
        return try await offThread { [port = server.port] in
            let connection = try Connection(port: port)
            try connection.send(method: method, target: target, headers: fields)
            if !bytes.isEmpty { try connection.send(bytes) }
            return try connection.answer(isHead: method == "HEAD")
        }
    }
}

/// Runs a live server on an atlas of its own.
func withLiveServer(
    _ options: TestOptions = .usual, _ test: @escaping @Sendable (LiveServer) async throws -> Void
) async throws {
    let atlas = try TestAtlas.make()
    let store = try RegistryStore(path: atlas.storePath, mode: .readWrite)
    let writer = GroupWriter(store: store, feed: try ChangeFeed(store: store))
    let keys = try await writer.submit(as: .commandLine) { context in
        var keys: [Role: NewKey] = [:]
        for role in Role.allCases where role != .visitor {
            try context.createAccount(
                id: role.name, name: role.name, role: role, brand: role == .brand ? "B1" : nil, factory: role == .factory ? "T0" : nil)
            keys[role] = try context.createKey(account: role.name)
        }
        return keys
    }
    await writer.stop()
    try store.close()
    let live = TestOptions.changing { configuration in
        configuration.isLive = true
        options.apply(&configuration)
    }
    try await withServer(atlas, live) { server in try await test(LiveServer(server: server, atlas: atlas, keys: keys)) }
}
