// PageTests.swift: the files of the map page as they are served. What the page does is tested in a browser (Tests/page).

import Foundation
import Testing

@testable import AtlasServer

@Suite struct PageTests {
    let atlas: TestAtlas

    init() throws { atlas = try TestAtlas.shared.get() }

    @Test func thePageBuiltWithTheProgramIsServedWithAStrictPolicy() async throws {
        try await withServer(atlas) { server in
            let page = try await server.get("/")
            #expect(page.status == 200)
            #expect(page["content-type"] == "text/html; charset=utf-8")
            let policy = try #require(page["content-security-policy"])
            #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"))
            #expect(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval") && !policy.contains("http"))
            let html = page.text
            // Nothing inline, nothing from elsewhere, and everything it names is there.
            #expect(!html.contains("style=") && !html.contains(" onclick=") && !html.contains("//"))
            let names = html.matches(of: /\/assets\/([a-z0-9.-]+)/).map { String($0.1) }.filter { !$0.hasPrefix("maplibre") }
            #expect(names.count > 8)
            for name in names { #expect(try await server.get("/assets/\(name)").status == 200, "\(name)") }
        }
    }

    @Test func filesAreCompressedAndNotSentAgain() async throws {
        try await withServer(atlas) { server in
            let plain = try await server.get("/assets/app.js")
            #expect(plain["content-type"] == "text/javascript; charset=utf-8")
            #expect(plain["x-content-type-options"] == "nosniff")
            let etag = try #require(plain["etag"])
            let packed = try await server.get("/assets/app.js", headers: [("Accept-Encoding", "gzip")])
            #expect(packed["content-encoding"] == "gzip")
            #expect(packed.body.count < plain.body.count / 2)
            #expect(packed["etag"] == etag)
            let again = try await server.get("/assets/app.js", headers: [("If-None-Match", etag)])
            #expect(again.status == 304)
            #expect(again.body.isEmpty)
        }
    }

    @Test(arguments: [
        "/assets/none.js", "/assets/..%2Fapp.js", "/assets/%2e%2e", "/assets/", "/assets/app.js/x", "/assets/%2Fetc%2Fpasswd",
    ])
    func nothingElseIsReached(target: String) async throws {
        try await withServer(atlas) { server in
            let answer = try await server.get(target)
            #expect(answer.status == 404)
        }
    }

    @Test func withoutThePageThereAreLinks() async throws {
        try await withServer(atlas, .changing { $0.pagePath = "/nowhere" }) { server in
            let page = try await server.get("/")
            #expect(page.status == 200)
            #expect(page.text.contains("/v1/factories/near"))
            #expect(server.log.text.contains { $0.contains("page was not found") })
        }
    }

    @Test func ofTwoFoldersTheFirstCounts() throws {
        let folder = NSTemporaryDirectory() + "page-tests-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (part, text) in [("a", "first"), ("b", "second")] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
            try text.write(toFile: "\(folder)/\(part)/x.js", atomically: true, encoding: .utf8)
            try text.write(toFile: "\(folder)/\(part)/secret.txt", atomically: true, encoding: .utf8)
        }
        let files = PageFiles(folders: [folder + "/a", folder + "/none", folder + "/b"], gzip: Gzip())
        let reply = try #require(files.reply("x.js", coding: .identity, ifNoneMatch: nil))
        #expect(String(buffer: reply.body) == "first")
        #expect(files.reply("secret.txt", coding: .identity, ifNoneMatch: nil) == nil)
        #expect(!files.hasPage)
    }
}
