// LiveFactoryTests.swift: factories, brands and supplier links written to a live server.

import Foundation
import Registry
import Testing

@Suite struct LiveFactoryTests {
    @Test func aPositionNamesItsDatum() async throws {
        try await withLiveServer { live in
            let without = try await live.send(
                "POST", "/v1/factories", as: .feed, body: #"{"id":"N1","name_zh":"新厂","lon":121.5,"lat":31.2}"#)
            #expect(without.status == 422 && without.json["parameter"] as? String == "datum", "\(without.text)")
            let body = #"{"id":"N1","name_zh":"新厂","lon":121.5,"lat":31.2,"datum":"gcj02","attributes":{"units":2}}"#
            let added = try await live.send("POST", "/v1/factories", as: .feed, body: body)
            #expect(added.status == 201 && added.json["status"] as? String == "unknown", "\(added.text)")
            let fields = try await live.send("GET", "/v1/factories/N1/fields")
            #expect(fields.json["datum"] as? String == "gcj02" && fields.json["lon"] as? Double == 121.5)
            let etag = try #require(fields["etag"])
            let half = try await live.send("PATCH", "/v1/factories/N1", as: .feed, headers: [("If-Match", etag)], body: #"{"lon":121.6}"#)
            #expect(half.status == 422)
            let named = try await live.send(
                "PATCH", "/v1/factories/N1", as: .feed, headers: [("If-Match", etag)], body: #"{"name_en":"New Works","disclosed":true}"#)
            #expect(named.status == 200 && named.json["status"] as? String == "clean", "\(named.text)")
            let after = try await live.send("GET", "/v1/factories/N1/fields")
            #expect(after.json["name_zh"] as? String == "新厂" && after.json["name_en"] as? String == "New Works")
            #expect((after.json["attributes"] as? [String: Any])?["units"] as? Int == 2)
        }
    }

    @Test func aRemovedFactoryIsGoneUntilItIsAddedAgain() async throws {
        try await withLiveServer { live in
            #expect(try await live.send("DELETE", "/v1/factories/T0", as: .feed, headers: [("If-Match", "*")]).status == 200)
            #expect(try await live.send("GET", "/v1/factories/T0/fields").status == 404)
            let record = try await live.send(
                "POST", "/v1/records", as: .feed, body: #"{"factory_id":"T0","kind":"penalty","published":"2026-11-20"}"#)
            #expect(record.status == 422 && record.json["parameter"] as? String == "factory_id")
            let again = try await live.send(
                "POST", "/v1/factories", as: .feed, body: #"{"id":"T0","name_zh":"新厂","lon":121.5,"lat":31.2,"datum":"wgs84"}"#)
            #expect(again.status == 201 && again.json["status"] as? String == "violating", "\(again.text)")
            let store = try RegistryStore(path: live.atlas.storePath, mode: .readOnly)
            let kinds = try store.liveChanges(after: 0, limit: 10_000, audience: .everyone).filter { $0.factoryID == "T0" }.map(\.kind)
            #expect(kinds == ["factory.removed", "factory.added"])
            try store.verifyIntegrity()
        }
    }

    @Test func whatIsKnownOfARemovedFactoryIsSaidToBeOfOne() async throws {
        try await withLiveServer { live in
            let list = try await live.send(
                "POST", "/v1/watchlists?name=a", as: .brand, headers: [("Content-Type", "text/csv")], body: "factory_id\nT0\nT5\n")
            let id = try #require(list.json["id"] as? String)
            #expect(
                try await live.send(
                    "POST", "/v1/links", as: .brand, body: #"{"brand_id":"B1","factory_id":"T0","kind":"logistics","published":true}"#
                ).status == 201)
            #expect(try await live.send("DELETE", "/v1/factories/T0", as: .feed, headers: [("If-Match", "*")]).status == 200)
            for view in ["suppliers", "screening"] {
                let answer = try await live.send("GET", "/v1/watchlists/\(id)/\(view)", as: .brand)
                let factories = (answer.json["suppliers"] as? [[String: Any]])?.compactMap { $0["factory"] as? [String: Any] }
                #expect(factories?.map { $0["removed"] as? Bool } == [true, nil], "\(answer.text)")
            }
            #expect(try await live.send("GET", "/v1/links/B1/T0/logistics").status == 404)
            for method in ["PATCH", "DELETE"] {
                let record = try await live.send(
                    method, "/v1/records/R0", as: .feed, headers: [("If-Match", "*")], body: method == "PATCH" ? #"{"fine_cny":1}"# : "")
                #expect(record.status == 409 && record.json["parameter"] as? String == "factory_id", "\(record.text)")
            }
        }
    }

    @Test func attributesAreMergedLikeEverythingElse() async throws {
        try await withLiveServer { live in
            func patch(_ body: String) async throws -> [String: Any]? {
                #expect(try await live.send("PATCH", "/v1/factories/MP", as: .feed, headers: [("If-Match", "*")], body: body).status == 200)
                return try await live.send("GET", "/v1/factories/MP/fields").json["attributes"] as? [String: Any]
            }
            let added = #"{"id":"MP","name_zh":"新厂","lon":121.5,"lat":31.2,"datum":"wgs84","attributes":{"a":1,"b":"x"}}"#
            #expect(try await live.send("POST", "/v1/factories", as: .feed, body: added).status == 201)
            let changed = try await patch(#"{"attributes":{"b":"y","c":true}}"#)
            #expect(changed?["a"] as? Int == 1 && changed?["b"] as? String == "y" && changed?["c"] as? Bool == true)
            let less = try await patch(#"{"attributes":{"a":null,"d":null}}"#)
            #expect(less?.keys.sorted() == ["b", "c"])
            #expect(try await patch(#"{"attributes":null}"#) == nil)
        }
    }

    @Test(arguments: ["near", "nearest", ".", ".."])
    func anIDThatIsNoAddressIsRefused(id: String) async throws {
        try await withLiveServer { live in
            let body = #"{"id":"\#(id)","name_zh":"新厂","lon":121.5,"lat":31.2,"datum":"wgs84"}"#
            let answer = try await live.send("POST", "/v1/factories", as: .feed, body: body)
            #expect(answer.status == 422 && answer.json["parameter"] as? String == "id", "\(answer.text)")
        }
    }

    @Test func aBrandWritesItsOwnLinksOnly() async throws {
        try await withLiveServer { live in
            let own = #"{"brand_id":"B1","factory_id":"T20","kind":"logistics","published":false}"#
            #expect(try await live.send("POST", "/v1/links", as: .brand, body: own).status == 201)
            let others = try await live.send("POST", "/v1/links", as: .brand, body: own.replacing("B1", with: "B2"))
            let unknown = try await live.send("POST", "/v1/links", as: .brand, body: own.replacing("B1", with: "B9"))
            #expect(others.status == 403 && unknown.status == 403)
            // Nobody else sees it, in no feed and at no address.
            #expect(try await live.send("GET", "/v1/links/B1/T20/logistics").status == 404)
            let read = try await live.send("GET", "/v1/links/B1/T20/logistics", as: .brand)
            #expect(read.status == 200 && read.json["published"] as? Bool == false)
            let store = try RegistryStore(path: live.atlas.storePath, mode: .readOnly)
            #expect(try !store.liveChanges(after: 0, limit: 10_000, audience: .everyone).contains { $0.kind.hasPrefix("link") })
            let published = try await live.send(
                "PATCH", "/v1/links/B1/T20/logistics", as: .brand, headers: [("If-Match", "*")], body: #"{"published":true}"#)
            #expect(published.status == 200, "\(published.text)")
            #expect(try store.liveChanges(after: 0, limit: 10_000, audience: .everyone).last?.kind == "link.added")
            #expect(try await live.send("DELETE", "/v1/links/B2/T0/materials", as: .brand, headers: [("If-Match", "*")]).status == 404)
            let added = try await live.send("POST", "/v1/links", as: .admin, body: own.replacing("B1", with: "B2"))
            #expect(added.status == 201 && added["location"] == "/v1/links/B2/T20/logistics")
            #expect(try await live.send("DELETE", "/v1/links/B1/T20/logistics", as: .brand, headers: [("If-Match", "*")]).status == 200)
        }
    }

    @Test func aBrandUploadsItsOwnLogo() async throws {
        try await withLiveServer { live in
            let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 4'><rect width='8' height='4' fill='#0a0'/></svg>"
            let monogram = try await live.send("GET", "/v1/brands/B1/logo.png").body
            let set = try await live.send("PUT", "/v1/brands/B1/logo", as: .brand, body: svg)
            #expect(set.status == 200 && set.json["outcome"] as? String == "changed", "\(set.text)")
            let shown = try await live.send("GET", "/v1/brands/B1/logo.png")
            #expect(shown["content-type"] == "image/png" && shown.body != monogram && shown.body.starts(with: [0x89, 0x50, 0x4E, 0x47]))
            // The version of the brand is that of the answer.
            #expect(try await live.send("GET", "/v1/brands/B1/fields")["etag"] == set["etag"])
            // The same again changes nothing; an old version is refused.
            let again = try await live.send("PUT", "/v1/brands/B1/logo", as: .brand, body: svg)
            #expect(again.json["outcome"] as? String == "unchanged" && again["etag"] == set["etag"])
            let stale = try await live.send(
                "PUT", "/v1/brands/B1/logo", as: .brand, headers: [("If-Match", "\"1\"")], body: svg.replacing("0a0", with: "00a"))
            #expect(stale.status == 412)
            // What is no logo changes nothing; nor does another brand's key, or none.
            let script = svg.replacing("<rect", with: "<script>alert(1)</script><rect")
            for (file, word) in [(script, "script"), ("hello", "PNG or an SVG"), ("", "empty")] {
                let refused = try await live.send("PUT", "/v1/brands/B1/logo", as: .brand, body: file)
                #expect(refused.status == 422 && refused.text.contains(word), "\(refused.text)")
            }
            let enormous = try await live.send("PUT", "/v1/brands/B1/logo", as: .brand, body: String(repeating: " ", count: 600_000))
            #expect(enormous.status == 413)
            #expect(try await live.send("PUT", "/v1/brands/B2/logo", as: .brand, body: svg).status == 403)
            #expect(try await live.send("PUT", "/v1/brands/B9/logo", as: .admin, body: svg).status == 404)
            #expect(try await live.send("PUT", "/v1/brands/B1/logo", body: svg).status == 401)
            #expect(try await live.send("GET", "/v1/brands/B1/logo.png").body == shown.body)
            let store = try RegistryStore(path: live.atlas.storePath, mode: .readOnly)
            let changes = try store.liveChanges(after: 0, limit: 10_000, audience: .everyone).filter { $0.kind.hasPrefix("brand") }
            #expect(changes.map(\.kind) == ["brand.changed"] && changes.first?.subject == "B1")
            #expect(try await live.send("DELETE", "/v1/brands/B1/logo", as: .brand).status == 428)
            #expect(try await live.send("DELETE", "/v1/brands/B1/logo", as: .brand, headers: [("If-Match", "*")]).status == 200)
            #expect(try await live.send("DELETE", "/v1/brands/B1/logo", as: .brand, headers: [("If-Match", "*")]).status == 404)
            #expect(try await live.send("GET", "/v1/brands/B1/logo.png").body == monogram)
            try store.verifyIntegrity()
        }
    }

    @Test func aBrandThatHasLinksStays() async throws {
        try await withLiveServer { live in
            #expect(try await live.send("POST", "/v1/brands", as: .admin, body: #"{"id":"B3","name_en":"Brand 3"}"#).status == 201)
            // Its logo goes with it.
            let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 4'><rect width='8' height='4' fill='#0a0'/></svg>"
            #expect(try await live.send("PUT", "/v1/brands/B3/logo", as: .admin, body: svg).status == 200)
            #expect(try await live.send("DELETE", "/v1/brands/B3", as: .admin, headers: [("If-Match", "*")]).status == 200)
            #expect(try await live.send("DELETE", "/v1/brands/B2", as: .admin, headers: [("If-Match", "*")]).status == 409)
            let renamed = try await live.send(
                "PATCH", "/v1/brands/B1", as: .brand, headers: [("If-Match", "*")], body: #"{"name_zh":"品牌"}"#)
            #expect(renamed.status == 200, "\(renamed.text)")
            #expect(try await live.send("PATCH", "/v1/brands/B2", as: .brand, headers: [("If-Match", "*")], body: "{}").status == 403)
        }
    }
}
