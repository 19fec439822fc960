// EcoChainEndpointTests.swift: Blue EcoChain as a brand uses it, over HTTP; and as somebody uses it who would like to know what brands watch.

import Delivery
import DeliveryTestSupport
import EcoChain
import Foundation
import Registry
import Synchronization
import Testing

@testable import AtlasServer

private let code = "91350100M000100Y43"  // of T0
private let csv = "供应商编号,供应商名称,统一社会信用代码,城市,层级,标签\nS-0,,\(code),,1,印染\nS-5,测试厂T5,,上海市,2,\nS-9,没有的厂,,苏州市,3,\nbad,,,,99,\n"

/// A second brand's key, made beside the server as `blueatlas admin` does.
private func keyOfSecondBrand(_ live: LiveServer) async throws -> (id: String, text: String) {
    let store = try RegistryStore(path: live.atlas.storePath, mode: .readWrite)
    let writer = GroupWriter(store: store, feed: try ChangeFeed(store: store))
    let key = try await writer.submit(as: .commandLine) { context in
        try context.createAccount(id: "brand2", name: "brand2", role: .brand, brand: "B2")
        return try context.createKey(account: "brand2")
    }
    await writer.stop()
    let id = try store.principal(forKey: key.text).keyID ?? ""
    try store.close()
    return (id, key.text)
}

private var allowingLoopback: TestOptions {
    .changing { configuration in
        configuration.ecochain.allowedNetworks = [NetworkBlock("127.0.0.0/8")].compactMap(\.self)
        configuration.ecochain.policy.retries.firstWait = 0.05
    }
}

private func upload(_ live: LiveServer, key: String? = nil, text: String = csv) async throws -> Answer {
    try await live.send(
        "POST", "/v1/watchlists?name=2026", as: key == nil ? .brand : nil, key: key, headers: [("Content-Type", "text/csv")], body: text)
}

@Test func aBrandUploadsItsListConfirmsAndScreens() async throws {
    try await withLiveServer { live in
        let added = try await upload(live)
        #expect(added.status == 201)
        let id = try #require(added.json["id"] as? String)
        #expect(added["location"] == "/v1/watchlists/\(id)" && added["cache-control"] == "private, no-store")
        let counts = added.json["counts"] as? [String: Int]
        #expect(counts?["suppliers"] == 3 && counts?["matched"] == 1)
        let rejected = (added.json["read"] as? [String: Any])?["rejected"] as? [[String: Any]]
        #expect(rejected?.first?["line"] as? Int == 5 && rejected?.first?["field"] as? String == "tier")
        let report = try await live.send("GET", "/v1/watchlists/\(id)/suppliers", as: .brand)
        let suppliers = try #require(report.json["suppliers"] as? [[String: Any]])
        #expect(suppliers.map { $0["ref"] as? String } == ["S-0", "S-5", "S-9"])
        #expect(suppliers[0]["state"] as? String == "matched" && suppliers[0]["basis"] as? String == "credit_code")
        #expect((suppliers[0]["factory"] as? [String: Any])?["id"] as? String == "T0")
        // The factory has no address here, so its place cannot be compared: for a person.
        #expect(suppliers[1]["state"] as? String == "candidates")
        let candidates = suppliers[1]["candidates"] as? [[String: Any]]
        #expect((candidates?.first?["factory"] as? [String: Any])?["id"] as? String == "T5")
        let confirmed = try await live.send("POST", "/v1/watchlists/\(id)/suppliers/2/confirm", as: .brand, body: #"{"factory_id":"T5"}"#)
        #expect(confirmed.status == 200 && confirmed.json["basis"] as? String == "confirmed")
        let dismissed = try await live.send("POST", "/v1/watchlists/\(id)/suppliers/3/reject", as: .brand)
        #expect(dismissed.status == 200)
        let screening = try await live.send("GET", "/v1/watchlists/\(id)/screening", as: .brand)
        let screened = try #require(screening.json["suppliers"] as? [[String: Any]])
        #expect(screened.count == 2 && screened[0]["status"] as? String == "violating")
        #expect((screened[0]["standing_records"] as? [[String: Any]])?.first?["id"] as? String == "R0")
        #expect((screened[0]["status_reason_zh"] as? String)?.isEmpty == false)
        let removed = try await live.send("DELETE", "/v1/watchlists/\(id)", as: .brand)
        #expect(removed.status == 204)
        #expect(try await live.send("GET", "/v1/watchlists/\(id)", as: .brand).status == 404)
    }
}

@Test func aWrongUploadIsRefusedWithTheReason() async throws {
    try await withLiveServer { live in
        for (text, words) in [("a,b\n1,2\n", "credit_code, name or factory_id"), ("", "header"), ("name\n\"open", "quote")] {
            let answer = try await upload(live, text: text)
            #expect(answer.status == 422 && answer.text.contains(words) && !answer.text.contains("/proc"), "\(answer.text)")
            // The body as a whole is at fault: no parameter, and no advice that is for the command line.
            #expect(answer.json["parameter"] == nil && !answer.text.contains("--"), "\(answer.text)")
        }
        #expect(try await live.send("POST", "/v1/watchlists", as: .brand, body: csv).status == 400)
        let odd = try await live.send("POST", "/v1/watchlists?name=%0A", as: .brand, body: "name\nx\n")
        #expect(odd.status == 422 && odd.json["parameter"] as? String == "name")
    }
}

@Test func aRuleAndAWebhookBringARecordToTheReceiver() async throws {
    try await withLiveServer(allowingLoopback) { live in
        let receiver = try await FaultServer.start { _ in .status("204 No Content") }
        #expect(try await upload(live).status == 201)
        let made = try await live.send(
            "POST", "/v1/subscriptions", as: .brand, body: #"{"url":"http://127.0.0.1:\#(receiver.port)/in","label":"ERP"}"#)
        #expect(made.status == 201)
        let subscription = try #require(made.json["id"] as? String)
        let secret = try #require(made.json["secret"] as? String)
        #expect(secret.hasPrefix("whsec_"))
        // Once, and never again.
        let shown = try await live.send("GET", "/v1/subscriptions/\(subscription)", as: .brand)
        let list = try await live.send("GET", "/v1/subscriptions", as: .brand)
        #expect(shown.status == 200 && !shown.text.contains("secret") && !list.text.contains(secret))
        let rule = try await live.send(
            "POST", "/v1/rules", as: .brand,
            body: #"{"name":"all","events":["record.added"],"min_severity":2,"subscription":"\#(subscription)"}"#)
        #expect(rule.status == 201)
        #expect(rule.json["words"] as? String == "On a new record (severity 2, 3, 4 or 5) at any supplier: push to webhook ERP at once.")
        #expect((rule.json["words_zh"] as? String)?.contains("立即推送到webhook ERP") == true)
        let ping = try await live.send("POST", "/v1/subscriptions/\(subscription)/ping", as: .brand)
        #expect(ping.json["outcome"] as? String == "delivered")
        let posted = try await live.send(
            "POST", "/v1/records", as: .feed,
            body: #"{"id":"NEW-1","factory_id":"T0","kind":"penalty","category":"water","published":"2026-11-20","fine_cny":50000}"#)
        #expect(posted.status == 201)
        #expect(try await TestServer.eventually { receiver.received.count == 2 })
        let push = PushedEvent(try #require(receiver.received.last))
        #expect(
            push.header("blueatlas-event") == "record.added" && push.body.contains(#""subject":"NEW-1""#)
                && push.body.contains(#""ref":"S-0""#))
        #expect(
            WebhookSignature.isValid(
                header: push.header("blueatlas-signature"), body: Array(push.body.utf8),
                timestamp: Int64(push.header("blueatlas-timestamp")) ?? 0,
                secret: secret, now: LiveTime.now() / 1000))
        // Its state can be seen.
        let isNoted = try await TestServer.eventually {
            try await live.send("GET", "/v1/subscriptions/\(subscription)/deliveries?state=delivered", as: .brand).text.contains(
                "record.added")
        }
        #expect(isNoted)
        let rotated = try await live.send("POST", "/v1/subscriptions/\(subscription)/rotate", as: .brand)
        #expect(rotated.json["secret"] as? String != secret && rotated.json["old_secret_until"] is String)
        try await receiver.stop()
    }
}

@Test func whatAWebhookMayNotBeIsRefusedWhenItIsMade() async throws {
    try await withLiveServer { live in
        for url in [
            "http://127.0.0.1/x", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://[::ffff:10.0.0.1]/",
            "http://2130706433/",
            "http://0x7f000001/", "ftp://example.org/", "http://user@example.org/", "https://example.org:22/",
        ] {
            let answer = try await live.send("POST", "/v1/subscriptions", as: .brand, body: #"{"url":"\#(url)"}"#)
            #expect(answer.status == 422 && answer.json["parameter"] as? String == "url", "\(url): \(answer.text)")
        }
        let mail = try await live.send("POST", "/v1/subscriptions", as: .brand, body: #"{"email":"a@example.org"}"#)
        #expect(mail.status == 409)
        for body in [
            #"{"url":1}"#, #"{"urls":"x"}"#, #"{"channel":"fax","url":"https://example.org/"}"#,
            #"{"url":"https://example.org/","digest_at":"25:00"}"#,
        ] {
            let answer = try await live.send("POST", "/v1/subscriptions", as: .brand, body: body)
            #expect([400, 422].contains(answer.status), "\(body)")
        }
        let labelled = try await live.send(
            "POST", "/v1/subscriptions", as: .brand, body: #"{"url":"https://example.org/","label":"two\nlines"}"#)
        #expect(labelled.status == 422 && labelled.json["parameter"] as? String == "label", "\(labelled.text)")
    }
}

@Test func theFeedAndTheStreamShowWhatIsPublicAndTheBrandsShowItsOwn() async throws {
    try await withLiveServer { live in
        #expect(try await upload(live).status == 201)
        let start = try await live.send("GET", "/v1/feed?limit=1").json["next_after"] as? Int ?? 0
        let anyone = try EventStream(port: live.server.port, target: "/v1/events?type=record.added")
        let brand = try EventStream(port: live.server.port, target: "/v1/events?watched=true", key: live.keys[.brand]?.text)
        for (id, factory) in [("N1", "T0"), ("N2", "T9"), ("N3", "T0")] {
            let posted = try await live.send(
                "POST", "/v1/records", as: .feed,
                body: #"{"id":"\#(id)","factory_id":"\#(factory)","kind":"penalty","category":"air","published":"2026-11-20"}"#)
            #expect(posted.status == 201)
        }
        #expect(try await anyone.subjects(3) == ["N1", "N2", "N3"])
        #expect(try await brand.subjects(2) == ["N1", "N3"])
        // Where a client has left off, by header and by parameter.
        let first = try #require(anyone.ids.first)
        let again = try EventStream(
            port: live.server.port, target: "/v1/events?type=record.added", headers: [("Last-Event-ID", "\(first)")])
        #expect(try await again.subjects(2) == ["N2", "N3"])
        let parameter = try EventStream(port: live.server.port, target: "/v1/events?type=record.added&last_event_id=0")
        #expect(try await parameter.subjects(3).suffix(3) == ["N1", "N2", "N3"])
        let page = try await live.send("GET", "/v1/feed?after=\(start)&type=record.added")
        #expect((page.json["events"] as? [[String: Any]])?.compactMap { $0["subject"] as? String }.suffix(3) == ["N1", "N2", "N3"])
        let watched = try await live.send("GET", "/v1/feed?watched=true&type=record.added", as: .brand)
        #expect((watched.json["events"] as? [[String: Any]])?.compactMap { $0["subject"] as? String } == ["N1", "N3"])
        // Nobody else may ask for it, and who did it is nobody's business.
        #expect(try await live.send("GET", "/v1/feed?watched=true").status == 403)
        #expect(try await live.send("GET", "/v1/events?watched=true", as: .analyst).status == 403)
        for word in ["actor", "account", "key"] { #expect(!page.text.contains("\"\(word)"), "\(word)") }
        for bad in ["after=-1", "after=x", "limit=0", "min_severity=9", "category=smoke", "watched=maybe", "type=%27", "list=x", "nope=1"] {
            #expect([400, 403, 404].contains(try await live.send("GET", "/v1/feed?\(bad)").status), "\(bad)")
        }
        #expect(try await live.send("GET", "/v1/events?last_event_id=1e9").status == 400)
        // The largest that a refusal names is taken.
        #expect(try await live.send("GET", "/v1/feed?after=4611686018427387903").status == 200)
        #expect(try await live.send("GET", "/v1/feed?after=4611686018427387904").status == 400)
    }
}

@Test func theStreamOfARevokedKeyIsClosedAndTheServerStopsWithStreamsOpen() async throws {
    let leftAt = Mutex(ContinuousClock.now)
    try await withLiveServer { live in
        let (id, text) = try await keyOfSecondBrand(live)
        let stream = try EventStream(port: live.server.port, target: "/v1/events", key: text)
        let other = try EventStream(port: live.server.port, target: "/v1/events")
        _ = try await stream.waitForHead()
        let store = try RegistryStore(path: live.atlas.storePath, mode: .readWrite)
        let writer = GroupWriter(store: store, feed: try ChangeFeed(store: store))
        try await writer.submit(as: .commandLine) { try $0.revokeKey(id: id) }
        await writer.stop()
        try store.close()
        #expect(try await stream.isClosed())
        #expect(try await live.send("GET", "/v1/watchlists", key: text).status == 401)
        _ = try await other.waitForHead()
        let map = try EventStream(port: live.server.port, target: "/v1/live")
        _ = try await map.waitForHead()
        leftAt.withLock { $0 = .now }
        // Their end comes with the server's, which the fixture waits for: not for the next sign of life, nor until connections are cut off.
    }
    #expect(leftAt.withLock { .now - $0 } < .seconds(8))
}

// MARK: Privacy

/// What an answer tells, but for the ids that one's own request put into it.
private func shape(_ answer: Answer, hiding texts: [String]) -> String {
    var body = answer.text
    for text in texts { body = body.replacingOccurrences(of: text, with: "…") }
    body = body.replacingOccurrences(of: #""request_id":"[^"]*""#, with: "", options: .regularExpression)
    let headers = answer.fields.filter { !["date", "x-request-id"].contains($0.name) }.map { "\($0.name): \($0.value)" }.sorted()
    return "\(answer.status)\n\(headers.joined(separator: "\n"))\n\(body)"
}

@Test func anotherBrandsThingsCannotBeToldFromThingsThatDoNotExist() async throws {
    try await withLiveServer(allowingLoopback) { live in
        let other = try await keyOfSecondBrand(live).text
        let list = try #require(try await upload(live).json["id"] as? String)
        let subscribed = try await live.send("POST", "/v1/subscriptions", as: .brand, body: #"{"url":"http://127.0.0.1:47999/"}"#)
        let subscription = try #require(subscribed.json["id"] as? String, "\(subscribed.text)")
        let rule = try #require(
            try await live.send(
                "POST", "/v1/rules", as: .brand, body: #"{"name":"n","events":["record.added"],"subscription":"\#(subscription)"}"#
            )
            .json["id"] as? String)
        _ = try await live.send(
            "POST", "/v1/records", as: .feed,
            body: #"{"id":"N1","factory_id":"T0","kind":"penalty","category":"air","published":"2026-11-20"}"#)
        var delivery: String?
        _ = try await TestServer.eventually {
            let entries =
                try await live.send("GET", "/v1/subscriptions/\(subscription)/deliveries", as: .brand).json["deliveries"]
                as? [[String: Any]]
            delivery = entries?.first?["id"] as? String
            return delivery != nil
        }
        let dlv = try #require(delivery)
        let requests: [(method: String, path: String, body: String)] = [
            ("GET", "/v1/watchlists/{wl}", ""), ("DELETE", "/v1/watchlists/{wl}", ""), ("PATCH", "/v1/watchlists/{wl}", #"{"name":"x"}"#),
            ("GET", "/v1/watchlists/{wl}/suppliers", ""), ("POST", "/v1/watchlists/{wl}/suppliers", "name\nx\n"),
            ("PUT", "/v1/watchlists/{wl}/suppliers", "nonsense"), ("GET", "/v1/watchlists/{wl}/screening", ""),
            ("POST", "/v1/watchlists/{wl}/suppliers/1/confirm", #"{"factory_id":"T0"}"#),
            ("POST", "/v1/watchlists/{wl}/suppliers/1/reject", ""),
            ("DELETE", "/v1/watchlists/{wl}/suppliers/1", ""), ("GET", "/v1/events?list={wl}", ""), ("GET", "/v1/feed?list={wl}", ""),
            ("GET", "/v1/rules/{rule}", ""), ("DELETE", "/v1/rules/{rule}", ""),
            ("PUT", "/v1/rules/{rule}", #"{"name":"n","events":["record.added"],"subscription":"{sub}"}"#),
            ("POST", "/v1/rules", #"{"name":"n","events":["record.added"],"subscription":"{sub}"}"#),
            ("GET", "/v1/subscriptions/{sub}", ""), ("DELETE", "/v1/subscriptions/{sub}", ""),
            ("PATCH", "/v1/subscriptions/{sub}", #"{"enabled":false}"#),
            ("POST", "/v1/subscriptions/{sub}/ping", ""), ("POST", "/v1/subscriptions/{sub}/rotate", ""),
            ("POST", "/v1/subscriptions/{sub}/replay", #"{"after":0}"#), ("GET", "/v1/subscriptions/{sub}/deliveries", ""),
            ("GET", "/v1/deliveries/{dlv}", ""), ("POST", "/v1/deliveries/{dlv}/replay", ""),
        ]
        let real = ["{wl}": list, "{sub}": subscription, "{rule}": rule, "{dlv}": dlv]
        let invented = real.mapValues { value in String(value.prefix(value.count - 4)) + "aaaa" }
        func fill(_ text: String, _ values: [String: String]) -> String {
            values.reduce(text) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
        }
        for request in requests {
            var shapes: [String] = []
            for values in [real, invented] {
                let answer = try await live.send(
                    request.method, fill(request.path, values), key: other, body: fill(request.body, values))
                shapes.append(shape(answer, hiding: Array(values.values)))
                #expect(answer.status >= 400 && answer.status < 500, "\(request.method) \(request.path): \(answer.status)")
            }
            #expect(shapes[0] == shapes[1], "\(request.method) \(request.path)")
        }
        // And nothing has happened to it.
        #expect(try await live.send("GET", "/v1/watchlists/\(list)", as: .brand).status == 200)
        #expect(try await live.send("GET", "/v1/subscriptions/\(subscription)", as: .brand).json["enabled"] as? Bool == true)
        // Roles without the right learn less still, whatever they ask for.
        for role in Role.allCases where role != .brand {
            for path in [
                "/v1/watchlists", "/v1/watchlists/\(list)", "/v1/watchlists/none", "/v1/subscriptions/\(subscription)", "/v1/rules",
            ] {
                #expect(try await live.send("GET", path, as: role == .visitor ? nil : role).status == (role == .visitor ? 401 : 403))
            }
        }
    }
}

@Test func watchingChangesNothingThatOthersCanSee() async throws {
    try await withLiveServer { live in
        let other = try await keyOfSecondBrand(live).text
        let views = [
            "/v1/factories/T0", "/v1/factories/near?lon=121.4737&lat=31.2304&radius=2000", "/tiles/blue/10/857/418.mvt",
            "/tiles/supply-chain/10/857/418.mvt",
            "/v1/search?q=T0", "/v1/feed", "/v1/watchlists", "/v1/rules", "/v1/subscriptions",
        ]
        func look() async throws -> [String] {
            var shapes: [String] = []
            for view in views { shapes.append(shape(try await live.send("GET", view, key: other), hiding: [])) }
            return shapes
        }
        let before = try await look()
        let list = try #require(try await upload(live).json["id"] as? String)
        _ = try await live.send("POST", "/v1/watchlists/\(list)/suppliers/2/confirm", as: .brand, body: #"{"factory_id":"T5"}"#)
        _ = try await live.send("PUT", "/v1/watchlists/\(list)/suppliers", as: .brand, headers: [("Content-Type", "text/csv")], body: csv)
        #expect(try await look() == before)
        // The next public event has the next number: no gap tells that something was done in private.
        let head = try await live.send("GET", "/v1/feed?limit=1000", key: other).json["next_after"] as? Int ?? 0
        let posted = try await live.send(
            "POST", "/v1/records", as: .feed,
            body: #"{"id":"N1","factory_id":"T0","kind":"penalty","category":"air","published":"2026-11-20"}"#)
        #expect(posted.json["seq"] as? Int == head + 1)
    }
}

@Test func metricsDoNotTellThatSomebodyWatches() async throws {
    try await withLiveServer { live in
        #expect(try await upload(live).status == 201)
        for target in ["/v1/watchlists", "/v1/rules", "/v1/subscriptions", "/v1/deliveries/none", "/v1/self"] {
            _ = try await live.send("GET", target, as: .brand)
        }
        _ = try await live.send("POST", "/v1/sessions", as: .brand)
        let metrics = try await live.server.get("/metrics").text.split(separator: "\n").filter { $0.contains("route=") }
        for word in ["watch", "rules", "subscriptions", "deliveries", "self", "sessions"] {
            #expect(!metrics.contains { $0.contains(word) }, "\(word)")
        }
        #expect(metrics.contains(#"blueatlas_http_requests_total{route="/v1/private",status="200"} 4"#))
        #expect(metrics.contains(#"blueatlas_http_requests_total{route="/v1/private",status="201"} 2"#))
        #expect(metrics.contains(#"blueatlas_http_request_duration_seconds_count{route="/v1/private",status="201"} 2"#))
        // For those who run the server, its log still tells the routes apart.
        #expect(live.server.log.text.contains { $0.contains("route=/v1/rules") })
    }
}

@Test func noLogLineNamesASupplier() async throws {
    try await withLiveServer(allowingLoopback) { live in
        let receiver = try await FaultServer.start { _ in .status("204 No Content") }
        let list = try #require(try await upload(live).json["id"] as? String)
        let subscription = try #require(
            try await live.send("POST", "/v1/subscriptions", as: .brand, body: #"{"url":"http://127.0.0.1:\#(receiver.port)/"}"#).json["id"]
                as? String)
        _ = try await live.send(
            "POST", "/v1/rules", as: .brand, body: #"{"name":"n","events":["record.added"],"subscription":"\#(subscription)"}"#)
        _ = try await live.send("POST", "/v1/watchlists/\(list)/suppliers/2/confirm", as: .brand, body: #"{"factory_id":"T5"}"#)
        _ = try await live.send("GET", "/v1/watchlists/\(list)/screening", as: .brand)
        _ = try await live.send(
            "POST", "/v1/records", as: .feed,
            body: #"{"id":"N1","factory_id":"T5","kind":"penalty","category":"air","published":"2026-11-20"}"#)
        #expect(try await TestServer.eventually { receiver.received.count == 1 })
        let log = live.server.log.text.joined(separator: "\n")
        #expect(log.contains("/v1/watchlists"))
        for word in ["T5", "T0", code, "测试厂", "S-0"] { #expect(!log.contains(word), "\(word)") }
        try await receiver.stop()
    }
}

@Test func aRepeatedAdditionIsMadeOnceAndOneThatShowsASecretTakesNoKey() async throws {
    try await withLiveServer(allowingLoopback) { live in
        let repeated = [("Idempotency-Key", "one"), ("Content-Type", "text/csv")]
        let made = try await live.send("POST", "/v1/subscriptions", as: .brand, body: #"{"url":"http://127.0.0.1:9000/"}"#)
        #expect(made.status == 201, "\(made.text)")
        let subscription = try #require(made.json["id"] as? String)
        let rule = #"{"name":"Serious","events":["record.added"],"subscription":"\#(subscription)"}"#
        for (target, headers, body, list) in [
            ("/v1/watchlists?name=a", repeated, "factory_id\nT0\n", "watchlists"),
            ("/v1/rules", [("Idempotency-Key", "two")], rule, "rules"),
        ] {
            let first = try await live.send("POST", target, as: .brand, headers: headers, body: body)
            let second = try await live.send("POST", target, as: .brand, headers: headers, body: body)
            #expect(first.status == 201 && second.status == 201, "\(first.text) \(second.text)")
            #expect(first["idempotency-replayed"] == nil && second["idempotency-replayed"] == "true")
            #expect(first["location"] == second["location"] && first.body == second.body)
            let stored = try await live.send("GET", "/v1/\(list)", as: .brand).json[list] as? [Any]
            #expect(stored?.count == 1)
            let other = try await live.send(
                "POST", target, as: .brand, headers: headers, body: body.replacing("T0", with: "T1").replacing("S", with: "s"))
            #expect(other.status == 422, "\(other.text)")
        }
        for (target, role, body) in [
            ("/v1/subscriptions", Role.brand, #"{"url":"http://127.0.0.1:9000/"}"#), ("/v1/sessions", .brand, "{}"),
            ("/v1/admin/keys", .admin, #"{"account":"brand"}"#),
        ] {
            let answer = try await live.send("POST", target, as: role, headers: [("Idempotency-Key", "three")], body: body)
            #expect(answer.status == 400 && answer.json["parameter"] as? String == "Idempotency-Key", "\(target): \(answer.text)")
        }
    }
}
