// LiveMapTests.swift: a change shows at once: in tiles, queries and search, and in the stream of events; what it does not touch stays as it
// was, and nothing is lost when snapshots are exchanged or the server ends.

import Foundation
import Registry
import SpatialIndex
import Testing

@testable import Atlas
@testable import AtlasServer

@Suite struct LiveMapTests {
    private static let violation = #""kind":"penalty","published":"2026-11-20","category":"water","fine_cny":200000"#

    /// The address of the tile of a position.
    private static func tile(_ zoom: Int, _ longitude: Double, _ latitude: Double, _ query: String = "") -> String {
        let tile = TileID(containing: MercatorGrid.project(longitude: longitude, latitude: latitude), z: zoom)
        return "/tiles/blue/\(zoom)/\(tile.x)/\(tile.y).mvt\(query)"
    }

    private func post(_ live: LiveServer, _ id: String, to factory: String) async throws -> Int {
        let answer = try await live.send(
            "POST", "/v1/records", as: .feed, body: #"{"id":"\#(id)","factory_id":"\#(factory)",\#(Self.violation)}"#)
        #expect(answer.status == 201, "\(answer.text)")
        return answer.json["seq"] as? Int ?? 0
    }

    /// Waits until the map has a change.
    private func shows(_ live: LiveServer, _ sequence: Int) async throws -> Bool {
        try await TestServer.eventually { try await live.server.metric("blueatlas_live_sequence") ?? 0 >= Double(sequence) }
    }

    @Test func aRecordShowsInTilesQueriesAndSearch() async throws {
        try await withLiveServer { live in
            let server = live.server
            let violating = Self.tile(16, TestAtlas.square.longitude + 9 * TestAtlas.step, TestAtlas.square.latitude, "?status=violating")
            let near =
                "/v1/factories/near?lon=\(TestAtlas.square.longitude + 9 * TestAtlas.step)&lat=\(TestAtlas.square.latitude)&radius=20"
            #expect(try await server.get(violating).status == 204)
            #expect(try await shows(live, try await post(live, "N1", to: "T9")))
            #expect(try await server.get(violating).status == 200)
            let found = try await server.get(near).text
            #expect(found.contains(#""status":"violating""#))
            #expect(try await server.get("/v1/search?q=T9&kind=factory").text.contains(#""status":"violating""#))
            #expect(try await server.get("/v1/factories/T9").json.description.contains("violating"))
            #expect((try await server.get("/v1").json["snapshot"] as? [String: Any])?["records"] as? Int == 5)
        }
    }

    @Test func onlyTilesThatChangedGetAnotherEntityTagAndLeaveTheCache() async throws {
        try await withLiveServer { live in
            let server = live.server
            let east = TestAtlas.square.longitude + 9 * TestAtlas.step
            let touched =
                [2, 8, 13, 16].map { Self.tile($0, east, TestAtlas.square.latitude) } + ["/tiles/blue/0/0/0.mvt?status=violating"]
            let others = [
                Self.tile(10, TestAtlas.park.longitude, TestAtlas.park.latitude),
                Self.tile(16, TestAtlas.square.longitude, TestAtlas.square.latitude),
            ]
            func tags(_ addresses: [String]) async throws -> [String?] {
                var tags: [String?] = []
                for address in addresses { tags.append(try await server.get(address)["etag"]) }
                return tags
            }
            let before = (try await tags(touched), try await tags(others))
            #expect(try await shows(live, try await post(live, "N1", to: "T9")))
            let hits = try await server.metric("blueatlas_tile_cache_hits_total") ?? 0
            #expect(try await tags(others) == before.1)
            // Those were not built anew.
            #expect(try await server.metric("blueatlas_tile_cache_hits_total") == hits + Double(others.count))
            for (new, old) in zip(try await tags(touched), before.0) { #expect(new != nil && new != old) }
            #expect(try await server.metric("blueatlas_tile_cache_invalidations_total") ?? 0 >= Double(touched.count))
            #expect(try await server.get(touched[0])["cache-control"] == "public, no-cache")
        }
    }

    @Test func theStreamNamesTheTilesAndGoesOnWhereItWasLeft() async throws {
        try await withLiveServer { live in
            let port = live.server.port
            let stream = try await offThread { try EventReader(port: port) }
            let hello = try await offThread { try stream.next() }
            #expect(hello.name == "hello" && hello.id != nil)
            let sequence = try await post(live, "N1", to: "T9")
            let event = try await offThread { try stream.next() }
            #expect(event.name == "tiles")
            let data = try #require(try JSONSerialization.jsonObject(with: Data(event.data.utf8)) as? [String: Any])
            #expect(data["seq"] as? Int == sequence)
            let zoom = try #require(data["zoom"] as? Int)
            let cell = MercatorGrid.project(longitude: TestAtlas.square.longitude + 9 * TestAtlas.step, latitude: TestAtlas.square.latitude)
            let tile = TileID(containing: cell, z: zoom)
            #expect(data["tiles"] as? [String] == ["\(tile.x)/\(tile.y)"])
            #expect((data["statuses"] as? [String: Int])?["violating"] == 2)
            // What was missed comes when the client comes back; what it has does not come again.
            let second = try await post(live, "N2", to: "T11")
            #expect(try await shows(live, second))
            let again = try await offThread { try EventReader(port: port, lastID: event.id) }
            let missed = try await offThread { (try again.next(), try again.next()) }
            #expect(missed.0.name == "tiles" && missed.0.data.contains("\"seq\":\(second)"))
            #expect(missed.1.name == "hello" && missed.1.id == missed.0.id)
            let lost = try await offThread { try EventReader(port: port, lastID: "of-another-process") }
            #expect(try await offThread { try lost.next() }.name == "resync")
            let head = try await live.server.get("/v1/live/head")
            #expect(head.json["event"] as? String == missed.0.id && head.json["seq"] as? Int == second)
            let known = head["etag"] ?? ""
            #expect(try await live.server.get("/v1/live/head", headers: [("If-None-Match", known)]).status == 304)
        }
    }

    @Test func theHeadOfAStreamHasNoLengthAndOpensNone() async throws {
        try await withLiveServer { live in
            let (heads, next) = try await offThread { [port = live.server.port] in
                let connection = try Connection(port: port)
                let heads = try ["/v1/live", "/v1/events"].map { target in
                    try connection.send(method: "HEAD", target: target)
                    return try connection.answer(isHead: true)
                }
                // Not a byte of a body stands between a head and the next answer.
                try connection.send(target: "/healthz")
                return (heads, try connection.answer())
            }
            for head in heads {
                #expect(head.status == 200 && head["content-type"]?.hasPrefix("text/event-stream") == true)
                #expect(head["content-length"] == nil)
            }
            #expect(next.status == 200)
            #expect(try await live.server.metric("blueatlas_live_streams") == 0)
        }
    }

    @Test func aSnapshotIsBuiltBesideWithoutLosingAChangeOrARequest() async throws {
        let options = TestOptions.changing {
            $0.liveMap.factories = 4
            $0.liveMap.look = .milliseconds(20)
        }
        try await withLiveServer(options) { live in
            let server = live.server
            let before = (try await server.get("/v1").json["snapshot"] as? [String: Any])?["identifier"] as? String
            let tag = try await server.get(TileEndpointTests.square)["etag"]
            var last = 0
            for number in 0..<40 {
                last = try await post(live, "N\(number)", to: "T\(20 + number % 100)")
                #expect(try await server.get(Self.tile(12, TestAtlas.square.longitude, TestAtlas.square.latitude)).status == 200)
            }
            #expect(try await shows(live, last))
            #expect(
                try await TestServer.eventually {
                    let now = (try await server.get("/v1").json["snapshot"] as? [String: Any])?["identifier"] as? String
                    let overlaid = try await server.metric("blueatlas_live_overlaid_factories") ?? 100
                    return now != before && overlaid < 4
                })
            let page = try await server.get("/v1/factories?bbox=121,31,122,32&limit=1000&status=violating").json
            #expect(page["numberMatched"] as? Int == 41)
            #expect(try await server.get(TileEndpointTests.square)["etag"] != nil && tag != nil)
            #expect(try await server.metric("blueatlas_live_failures_total") ?? 0 == 0)
        }
    }

    @Test func aBulkImportBesideTheServerIsFollowedByABuild() async throws {
        let options = TestOptions.changing { $0.liveMap.look = .milliseconds(20) }
        try await withLiveServer(options) { live in
            let store = try RegistryStore(path: live.atlas.storePath, mode: .readWrite)
            var draft = FactoryDraft(line: 2, longitude: 100, latitude: 30, sourceX: 100, sourceY: 30, sourceDatum: "wgs84")
            draft.id = "IMPORTED"
            draft.nameZH = "导入的厂"
            draft.synthetic = true
            try store.apply(factories: [draft])
            try store.close()
            #expect(
                try await TestServer.eventually {
                    try await live.server.get("/v1/factories/near?lon=100&lat=30&radius=10").json["numberMatched"] as? Int == 1
                })
            // And single changes go on.
            #expect(try await shows(live, try await post(live, "N1", to: "IMPORTED")))
            #expect(try await live.server.get("/v1/factories/near?lon=100&lat=30&radius=10").text.contains("violating"))
        }
    }

    @Test func aServerThatStartsReadsWhatItsSnapshotLacks() async throws {
        let atlas = try TestAtlas.make()
        let store = try RegistryStore(path: atlas.storePath, mode: .readWrite)
        let writer = GroupWriter(store: store, feed: try ChangeFeed(store: store))
        try await writer.submit(as: .commandLine) { context in
            var record = RecordDraft(
                line: 1, kind: .penalty, published: Day(iso: "2026-11-20") ?? Day.today(), category: .water, state: .standing)
            record.id = "N1"
            record.factory = FactoryReference(id: "T9")
            _ = try context.write(record: record, policy: .add)
        }
        await writer.stop()
        try store.close()
        try await withServer(atlas, .changing { $0.isLive = true }) { server in
            let violating = "/v1/factories?bbox=121,31,122,32&status=violating"
            let answer = try await server.get(violating)
            #expect(answer.json["numberMatched"] as? Int == 2)
        }
    }
}

/// Reads server-sent events from a connection.
private final class EventReader: @unchecked Sendable {
    // Unchecked: used by one thread at a time.
    private let connection: Connection

    struct Event {
        var name = ""
        var id: String?
        var data = ""
    }

    init(port: Int, lastID: String? = nil) throws {
        connection = try Connection(port: port)
        try connection.send(target: "/v1/live", headers: lastID.map { [("Last-Event-ID", $0)] } ?? [])
        let head = try connection.text(through: "\r\n\r\n")
        guard head.contains(" 200 "), head.lowercased().contains("content-type: text/event-stream") else {
            throw ClientError(description: head)
        }
    }

    /// The next event that is not a sign of life.
    func next() throws -> Event {
        while true {
            var event = Event()
            // Chunks' sizes stand between the lines; they are no fields.
            for line in try connection.text(through: "\n\n").split(whereSeparator: \.isNewline) {
                if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
                if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
                if line.hasPrefix("data: ") { event.data = String(line.dropFirst(6)) }
            }
            if !event.name.isEmpty { return event }
        }
    }
}
