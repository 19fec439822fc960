// SearchEndpointTests.swift: GET /v1/search as a client meets it: kinds, limits, what matched, and queries that cannot be.

import Foundation
import Testing

@testable import AtlasServer

@Suite struct SearchEndpointTests {
    let atlas: TestAtlas

    init() throws { atlas = try TestAtlas.shared.get() }

    private func found(_ answer: Answer, _ kind: String) -> [[String: Any]] { answer.json[kind] as? [[String: Any]] ?? [] }

    @Test func factoriesPlacesAndBrandsComeWithWhatMatched() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/search?q=%E6%B5%8B%E8%AF%95%E5%8E%82&limit=5")  // 测试厂
            #expect(answer.status == 200)
            #expect(answer.json["synthetic"] as? String == TestAtlas.label)
            #expect(found(answer, "factories").count == 5)
            // T0's name has quotes between.
            #expect(answer.json["numberMatched"] as? Int == TestAtlas.count - 1)
            #expect(answer.json["numberMatchedIsAtLeast"] as? Bool == false)
            let first = try #require(found(answer, "factories").first)
            let match = try #require(first["match"] as? [String: Any])
            #expect(match["field"] as? String == "name_zh")
            #expect(match["ranges"] as? [[Int]] == [[0, 3]])
            // T1 and T2 have records; the unresolved one comes first.
            #expect(first["id"] as? String == "T1")

            let code = try await server.get("/v1/search?q=91350100m000100y43&kind=factory")
            #expect(found(code, "factories").map { $0["id"] as? String } == ["T0"])
            #expect(code.json["places"] == nil && code.json["brands"] == nil)

            let brands = try await server.get("/v1/search?q=brand+b&kind=brand")
            #expect(found(brands, "brands").map { $0["id"] as? String } == ["B1", "B2"])
            // B2's second link is private: it shows nowhere.
            #expect(found(brands, "brands").map { $0["suppliers"] as? Int } == [2, 1])
        }
    }

    @Test func withoutTheRegistryBrandsAreFoundByID() async throws {
        try await withServer(atlas, .changing { $0.registryPath = nil }) { server in
            let brands = try await server.get("/v1/search?q=b1")
            #expect(found(brands, "brands").map { $0["id"] as? String } == ["B1"])
            #expect(try await server.get("/v1/search?q=T0").status == 200)
        }
    }

    @Test func anyBrandIsEveryPublishedSupplier() async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/factories?bbox=-180,-90,180,90&brand=*")
            #expect(answer.json["numberMatched"] as? Int == 2)
            #expect(try await server.get("/v1/factories?bbox=-180,-90,180,90&brand=*,B1").json["numberMatched"] as? Int == 2)
        }
    }

    @Test(arguments: [
        ("/v1/search", "q"), ("/v1/search?q=", "q"), ("/v1/search?q=%20%E3%80%80", "q"), ("/v1/search?q=a&limit=0", "limit"),
        ("/v1/search?q=a&limit=101", "limit"), ("/v1/search?q=a&kind=cats", "kind"), ("/v1/search?q=a&kind=", "kind"),
        ("/v1/search?q=a&q=b", "q"), ("/v1/search?q=a&query=b", "query"), ("/v1/search?q=%FF", "q"),
    ])
    func queriesThatCannotBeNameTheParameter(target: String, parameter: String) async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get(target)
            #expect(answer.status == 400)
            #expect(answer.json["parameter"] as? String == parameter)
        }
    }

    @Test func tenThousandCharactersAreRefused() async throws {
        try await withServer(atlas, .changing { $0.limits.targetBytes = 65_536 }) { server in
            let answer = try await server.get("/v1/search?q=" + String(repeating: "a", count: 10_000))
            #expect(answer.status == 400)
            #expect(answer.json["parameter"] as? String == "q")
            #expect((answer.json["detail"] as? String)?.contains("10000 characters; at most 100") == true)
        }
        // With the usual limits the address itself is too long already.
        try await withServer(atlas) { server in
            let answer = try await server.get("/v1/search?q=" + String(repeating: "a", count: 10_000))
            #expect(answer.status == 414)
        }
    }

    @Test(arguments: [
        "%22", "*", "a%20OR%20b", "NEAR(a,%202)", "';DROP%20TABLE%20factories--", "%25", "%00", "%3Cscript%3E", "%5C", "%F0%A0%AE%B7",
    ])
    func syntaxIsOnlyText(text: String) async throws {
        try await withServer(atlas) { server in
            let longer = try await server.get("/v1/search?q=\(text)x")
            #expect(longer.status == 200)
            let bare = try await server.get("/v1/search?q=\(text)")
            #expect(bare.status < 500)
        }
    }
}
