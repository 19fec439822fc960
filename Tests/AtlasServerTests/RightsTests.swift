// RightsTests.swift: docs/rights.md says who may do what; the server does just that: every live route is asked by every role.

import Foundation
import Registry
import Testing

@testable import AtlasServer

@Suite struct RightsTests {
    /// Method, pattern and the roles that may, as the document has them.
    private struct Row: Hashable {
        var route: String
        var roles: Set<String>
    }

    private static func documented() throws -> [Row] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../docs/rights.md")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let cells = lines.filter { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        guard let head = cells.first(where: { $0.first == "method" }) else { return [] }
        return cells.filter { $0.count == head.count && $0[0].allSatisfy(\.isUppercase) }.map { row in
            Row(
                route: "\(row[0]) \(row[1].filter { $0 != "`" }) \(row[2])",
                roles: Set(zip(head, row).dropFirst(3).filter { $0.1 == "yes" }.map(\.0)))
        }
    }

    /// The line that a route has in the document.
    private static func line(_ route: LiveRoute) -> String {
        let cells = Role.allCases.map { $0.rights.contains(route.right) ? "yes" : "–" }
        return "| \(([route.method.rawValue, "`\(route.pattern)`", route.right.name] + cells).joined(separator: " | ")) |"
    }

    @Test func theDocumentHasEveryRouteWithItsRoles() throws {
        let wanted = LiveRouteTable.all.routes.map { route in
            Row(
                route: "\(route.method.rawValue) \(route.pattern) \(route.right.name)",
                roles: Set(Role.allCases.filter { $0.rights.contains(route.right) }.map(\.name)))
        }
        let table = LiveRouteTable.all.routes.map(Self.line).joined(separator: "\n")
        let documented = try Self.documented()
        #expect(Set(documented) == Set(wanted), "docs/rights.md must have exactly these lines:\n\(table)")
        #expect(documented.count == wanted.count)
    }

    @Test func everyRouteRefusesEveryRoleWithoutTheRight() async throws {
        try await withLiveServer(.changing { $0.limits.requestsPerAddress = 0 }) { live in
            for route in LiveRouteTable.all.routes {
                let target = route.pattern.replacing(/\{[^}]*\}/, with: "no-such-thing")
                for role in Role.allCases {
                    let status = try await Self.status(live, route.method.rawValue, target, live.keys[role]?.text)
                    let name = "\(route.method.rawValue) \(route.pattern) as \(role.name)"
                    if role.rights.contains(route.right) {
                        #expect(status != 401 && status < 500, "\(name): \(status)")
                    } else {
                        #expect(status == (role == .visitor ? 401 : 403), "\(name): \(status)")
                    }
                }
                let unknown = try await Self.status(
                    live, route.method.rawValue, target, "ba_aaaaaaaaaaaaaaaa_" + String(repeating: "a", count: 52))
                #expect(unknown == 401, "\(route.pattern) with an unknown key: \(unknown)")
            }
        }
    }

    /// By a role that has the right, so that nothing else is in the way.
    @Test func everyRouteRefusesAParameterThatItDoesNotKnow() async throws {
        try await withLiveServer(.changing { $0.limits.requestsPerAddress = 0 }) { live in
            for route in LiveRouteTable.all.routes {
                let target = route.pattern.replacing(/\{[^}]*\}/, with: "no-such-thing") + "?zz=1"
                let role = try #require(Role.allCases.first { $0.rights.contains(route.right) })
                let answer = try await live.send(route.method.rawValue, target, as: role)
                #expect(answer.status == 400, "\(route.method.rawValue) \(route.pattern): \(answer.status)")
                #expect(answer.json["parameter"] as? String == "zz", "\(route.method.rawValue) \(route.pattern): \(answer.text)")
            }
        }
    }

    @Test func whatIsRefusedIsRefusedAlikeWhetherItIsThereOrNot() async throws {
        try await withLiveServer { live in
            var bodies: Set<String> = []
            for id in ["R0", "nothing-like-it"] {
                let answer = try await live.send("DELETE", "/v1/records/\(id)", as: .brand, headers: [("If-Match", "*")])
                #expect(answer.status == 403)
                bodies.insert(answer.json["detail"] as? String ?? "")
            }
            #expect(bodies.count == 1)
            // A link that B2 has not published, and one that is not there: the same answer to B1 and to anyone.
            for role in [Role.brand, nil] {
                let hidden = try await live.send("GET", "/v1/links/B2/T6/materials", as: role)
                let missing = try await live.send("GET", "/v1/links/B2/T7/materials", as: role)
                #expect(hidden.status == 404 && missing.status == 404)
                #expect(
                    (hidden.json["detail"] as? String)?.replacing("T6", with: "T7") == missing.json["detail"] as? String)
            }
        }
    }

    @Test func aRevokedKeyIsRefusedFromTheNextRequestOn() async throws {
        try await withLiveServer { live in
            let id = try #require(live.keys[.feed]?.id)
            #expect(try await live.send("GET", "/v1/self", as: .feed).status == 200)
            #expect(try await live.send("DELETE", "/v1/admin/keys/\(id)", as: .admin).status == 204)
            #expect(try await live.send("GET", "/v1/self", as: .feed).status == 401)
            let audit = try await live.send("GET", "/v1/admin/audit?limit=1000", as: .admin)
            #expect(audit.text.contains("key.revoked") && audit.text.contains("127.0.0.1"))
        }
    }

    @Test func aSessionHasNoMoreThanItsKeyAndEndsWithIt() async throws {
        try await withLiveServer { live in
            let opened = try await live.send(
                "POST", "/v1/sessions", as: .feed, body: #"{"scopes":["own","records.write"],"expires_in":60}"#)
            #expect(opened.status == 201, "\(opened.text)")
            let session = try #require(opened.json["key"] as? String)
            let own = try await live.send("GET", "/v1/self", key: session)
            #expect(own.json["rights"] as? [String] == ["own", "records.write"])
            #expect(try await live.send("POST", "/v1/sessions", key: session).status == 403)
            #expect(try await live.send("POST", "/v1/factories", key: session, body: "{}").status == 403)
            #expect(try await live.send("POST", "/v1/sessions", as: .feed, body: #"{"scopes":["audit.read"]}"#).status == 403)
            #expect(try await live.send("DELETE", "/v1/sessions/current", key: session).status == 204)
            #expect(try await live.send("GET", "/v1/self", key: session).status == 401)
        }
    }

    private static func status(_ live: LiveServer, _ method: String, _ target: String, _ key: String?) async throws -> Int {
        try await offThread { [port = live.server.port] in
            let connection = try Connection(port: port)
            var headers = [("Connection", "close"), ("Content-Length", "0")]
            if let key { headers.append(("Authorization", "Bearer \(key)")) }
            try connection.send(method: method, target: target, headers: headers)
            return try connection.status()
        }
    }
}
