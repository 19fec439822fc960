// MonitoringTests.swift: outlets and readings posted to a live server, and what everyone then sees of them.

import Foundation
import Monitoring
import Registry
import Testing

@testable import AtlasServer

extension LiveServer {
    /// T0 with an outlet of waste water: COD to 50, pH 6 to 9.
    fileprivate func addOutlet(_ id: String = "W0", factory: String = "T0", as role: Role = .feed) async throws -> Answer {
        try await send(
            "POST", "/v1/outlets", as: role,
            body: #"""
                {"id":"\#(id)","factory":"\#(factory)","kind":"water","name":"总排口","items":[
                {"pollutant":"COD","unit":"mg/L","limits":[{"upper":50,"from":"2020-01-01"}]},
                {"pollutant":"pH","unit":"-","limits":[{"lower":6,"upper":9,"from":"2020-01-01"}]}]}
                """#)
    }

    fileprivate func deliver(_ lines: [String], as role: Role = .feed) async throws -> Answer {
        try await send(
            "POST", "/v1/readings", as: role, headers: [("Content-Type", "application/x-ndjson")], body: lines.joined(separator: "\n"))
    }

    /// N1 at a place where no other factory is, with the outlet W0.
    fileprivate func addMonitoredFactory() async throws {
        let body = #"{"id":"N1","name_zh":"新厂","lon":100.5,"lat":31.2,"datum":"wgs84"}"#
        #expect(try await send("POST", "/v1/factories", as: .feed, body: body).status == 201)
        #expect(try await addOutlet(factory: "N1").status == 201)
    }

    /// Names of the factories that exceed a limit within a kilometre.
    fileprivate func exceeding(atLongitude longitude: Double) async throws -> [String] {
        let answer = try await server.get("/v1/exceeding?lon=\(longitude)&lat=31.2&radius=1000")
        let features = try #require(answer.json["features"] as? [[String: Any]], "\(answer.text)")
        return features.compactMap { ($0["properties"] as? [String: Any])?["name_zh"] as? String }
    }

    fileprivate static var now: Hour { Hour(secondsSince1970: Int64(Date().timeIntervalSince1970)) }

    fileprivate static func line(_ value: String, hoursAgo: Int = 0, outlet: String = "W0", _ more: String = "") -> String {
        #"{"outlet":"\#(outlet)","pollutant":"COD","hour":"\#(now.adding(-hoursAgo).iso)","value":\#(value)\#(more)}"#
    }
}

@Suite struct MonitoringTests {
    @Test func aReadingIsTakenShownAndTurnsItsFactoryRed() async throws {
        try await withLiveServer { live in
            let added = try await live.addOutlet()
            #expect(added.status == 201 && added["location"] == "/v1/outlets/W0", "\(added.text)")
            let answer = try await live.deliver([
                LiveServer.line("40", hoursAgo: 1), LiveServer.line("75"), LiveServer.line("1", outlet: "nobody"),
                LiveServer.line("1e999", hoursAgo: 2), LiveServer.line("1", hoursAgo: -3),
                LiveServer.line("1", hoursAgo: 3, ",\"unit\":\"mg/m3\""),
                "no json",
            ])
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json["accepted"] as? Int == 2 && answer.json["rejected"] as? Int == 5)
            let rejects = try #require(answer.json["rejects"] as? [[String: Any]])
            #expect(rejects.map { $0["line"] as? Int } == [3, 4, 5, 6, 7])
            #expect(rejects.map { $0["field"] as? String } == ["outlet", "value", "hour", "unit", "line"])

            let monitoring = try await live.server.get("/v1/factories/T0/monitoring")
            #expect(monitoring.status == 200, "\(monitoring.text)")
            #expect(monitoring.json["exceeding"] as? Bool == true && monitoring.json["multiple"] as? Double == 0.5)
            #expect(monitoring.json["pollutant"] as? String == "w01018" && monitoring.json["fresh"] as? Bool == true)
            let outlets = try #require(monitoring.json["outlets"] as? [[String: Any]])
            let items = try #require(outlets.first?["items"] as? [[String: Any]])
            let cod = try #require(items.first { $0["name"] as? String == "COD" })
            #expect(cod["value"] as? Int == 75 && cod["limit"] as? Int == 50 && cod["exceeding_now"] as? Bool == true)
            #expect(try await live.server.get("/v1/factories/T0").text.contains(#""status":"violating""#))

            let near = try await live.server.get("/v1/exceeding?lon=121.4737&lat=31.2304&radius=100000")
            #expect(near.json["numberMatched"] as? Int == 1 && near.text.contains("\"T0\""), "\(near.text)")
            // The correction takes it back.
            #expect(try await live.deliver([LiveServer.line("45")]).json["corrected"] as? Int == 1)
            #expect(try await live.server.get("/v1/factories/T0/monitoring").json["exceeding"] as? Bool == false)
            let from = LiveServer.now.iso.replacingOccurrences(of: "+", with: "%2B")
            let versions = try await live.server.get("/v1/outlets/W0/versions?pollutant=COD&hour=\(from)")
            let values = (versions.json["versions"] as? [[String: Any]])?.map { $0["value"] as? Int }
            #expect(values == [75, 45], "\(versions.text)")
        }
    }

    @Test func goodLinesBehindJunkAreTakenAndAnyOtherUnitIsRefusedWithTheOutletsOwn() async throws {
        try await withLiveServer { live in
            _ = try await live.addOutlet()
            let answer = try await live.deliver([
                "junk", LiveServer.line("40"), LiveServer.line("1", hoursAgo: 1, ",\"unit\":\"µg/L\""),
                LiveServer.line("1", hoursAgo: 2, ",\"unit\":\"mg/m3\""),
            ])
            #expect(answer.status == 200 && answer.json["accepted"] as? Int == 1, "\(answer.text)")
            let rejects = try #require(answer.json["rejects"] as? [[String: Any]])
            #expect(rejects.map { $0["line"] as? Int } == [1, 3, 4])
            #expect(rejects.map { $0["value"] as? String } == ["junk", "µg/L", "mg/m3"])
            let reasons = rejects.dropFirst().map { $0["reason"] as? String }
            #expect(reasons == Array(repeating: "the outlet reports w01018 in mg/L; nothing is converted here", count: 2))
        }
    }

    @Test func aSeriesIsReadByTheHourAndByTheDay() async throws {
        try await withLiveServer { live in
            _ = try await live.addOutlet()
            let lines = (0..<60).map { LiveServer.line("\(20 + $0)", hoursAgo: $0, $0 == 3 ? ",\"flag\":\"calibration\"" : "") }
            #expect(try await live.deliver(lines).json["accepted"] as? Int == 60)
            let hours = try await live.server.get("/v1/factories/T0/series?outlet=W0&pollutant=w01018")
            let list = try #require(hours.json["hours"] as? [[String: Any]], "\(hours.text)")
            #expect(list.count == 48 && list.last?["value"] as? Int == 20 && list[44]["flag"] as? String == "calibration")
            #expect(list[0]["exceeds"] as? String == "above" && list[47]["exceeds"] == nil)
            let days = try await live.server.get("/v1/outlets/W0/series?pollutant=COD&step=day")
            let summaries = try #require(days.json["days"] as? [[String: Any]], "\(days.text)")
            #expect(summaries.compactMap { $0["count"] as? Int }.reduce(0, +) == 59)
            #expect(summaries.compactMap { $0["flagged"] as? Int }.reduce(0, +) == 1)
            #expect(summaries.compactMap { $0["exceeding_hours"] as? Int }.reduce(0, +) == 29)
        }
    }

    @Test(arguments: [
        ("/v1/factories/nobody/monitoring", 404, "id"), ("/v1/factories/T0/series?pollutant=COD", 400, "outlet"),
        ("/v1/factories/T1/series?outlet=W0&pollutant=COD", 404, "outlet"), ("/v1/factories/T0/series?outlet=W0", 400, "pollutant"),
        ("/v1/factories/T0/series?outlet=W0&pollutant=gold", 400, "pollutant"),
        ("/v1/factories/T0/series?outlet=W0&pollutant=SO2", 404, "pollutant"),
        ("/v1/outlets/W0/series?pollutant=COD&step=week", 400, "step"),
        ("/v1/outlets/W0/series?pollutant=COD&from=2026-01-01", 400, "from"),
        ("/v1/outlets/W0/series?pollutant=COD&from=1990-01-01T00:00Z&to=2026-01-01T00:00Z", 400, "from"),
        ("/v1/outlets/W0/series?pollutant=COD&from=2026-01-02T00:00Z&to=2026-01-01T00:00Z", 400, "from"),
        ("/v1/outlets/W0/versions?pollutant=COD", 400, "hour"), ("/v1/outlets/nobody", 404, "id"),
        ("/v1/exceeding?lon=121&lat=31", 400, "radius"), ("/v1/exceeding?lon=121&lat=31&radius=1e9", 400, "radius"),
        ("/v1/exceeding?lon=x&lat=31&radius=10", 400, "lon"), ("/v1/stations?kind=air", 400, "kind"),
        ("/v1/stations/W0", 404, "id"), ("/tiles/monitoring/23/0/0.mvt", 404, "z"), ("/tiles/monitoring/1/2/0.mvt", 404, "x"),
        ("/tiles/monitoring/1/0/0.mvt?datum=mars", 400, "datum"), ("/v1/exceeding?lon=121&lat=31&radius=10&sort=up", 400, "sort"),
    ]) func whatIsAskedWronglyIsNamed(target: String, status: Int, parameter: String) async throws {
        try await withLiveServer { live in
            _ = try await live.addOutlet()
            let answer = try await live.server.get(target)
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer["content-type"] == "application/problem+json")
            #expect(answer.json["parameter"] as? String == parameter)
        }
    }

    @Test func aFactoryWritesItsOwnOutletsAndNobodyElseDoes() async throws {
        try await withLiveServer { live in
            #expect(try await live.addOutlet("W0", factory: "T0", as: .factory).status == 201)
            let other = try await live.addOutlet("W1", factory: "T1", as: .factory)
            #expect(other.status == 403, "\(other.text)")
            #expect(try await live.addOutlet("W1", factory: "T1").status == 201)
            let answer = try await live.deliver([LiveServer.line("1"), LiveServer.line("1", outlet: "W1")], as: .factory)
            #expect(answer.json["accepted"] as? Int == 1 && answer.json["rejected"] as? Int == 1)
            #expect(try await live.deliver([LiveServer.line("2")], as: .brand).status == 403)
            #expect(try await live.send("POST", "/v1/readings", body: LiveServer.line("2")).status == 401)
            #expect(try await live.server.get("/v1/factories/T0/monitoring").text.contains("\"value\":1"))
        }
    }

    @Test func aDeliveryOfNothingButRefusalsIsNoSuccess() async throws {
        try await withLiveServer { live in
            _ = try await live.addOutlet()
            #expect(try await live.deliver([LiveServer.line("-1")]).status == 422)
            #expect(try await live.deliver(["outlet,hour,value", "W0,x,1"]).status == 400)
            #expect(try await live.deliver(["<html>", "</html>"]).status == 422)
            let refused = try await live.send("POST", "/v1/outlets", as: .feed, body: #"{"id":"W9","kind":"water","items":[]}"#)
            #expect(refused.status == 422 && refused.json["parameter"] as? String == "factory", "\(refused.text)")
        }
    }

    @Test func tilesShowTheStateOfTheHourAndKeepTheirTagWhileItLasts() async throws {
        try await withLiveServer { live in
            #expect(try await live.server.get("/tiles/monitoring/0/0/0.mvt").status == 204)
            _ = try await live.addOutlet()
            _ = try await live.deliver([LiveServer.line("60")])
            #expect(try await TestServer.eventually { try await live.server.get("/tiles/monitoring/0/0/0.mvt").status == 200 })
            let tile = try await live.server.get("/tiles/monitoring/0/0/0.mvt")
            #expect(tile["content-type"] == "application/vnd.mapbox-vector-tile")
            let tag = try #require(tile["etag"])
            #expect(try await live.server.get("/tiles/monitoring/0/0/0.mvt", headers: [("If-None-Match", tag)]).status == 304)
            _ = try await live.deliver([LiveServer.line("10")])
            #expect(try await TestServer.eventually { try await live.server.get("/tiles/monitoring/0/0/0.mvt")["etag"] != tag })
            let description = try await live.server.get("/tiles/monitoring.json")
            #expect((description.json["vector_layers"] as? [[String: Any]])?.count == 2, "\(description.text)")
        }
    }

    @Test func whatChangesOfAMonitoredFactoryShowsAtOnce() async throws {
        try await withLiveServer { live in
            func tag() async throws -> String? { try await live.server.get("/tiles/monitoring/0/0/0.mvt")["etag"] }
            func change(_ body: String) async throws {
                let answer = try await live.send("PATCH", "/v1/factories/N1", as: .feed, headers: [("If-Match", "*")], body: body)
                #expect(answer.status == 200, "\(answer.text)")
            }
            try await live.addMonitoredFactory()
            // Each question finds a map that the one before has made.
            #expect(try await live.exceeding(atLongitude: 100.5).isEmpty)
            _ = try await live.deliver([LiveServer.line("75")])
            #expect(try await live.exceeding(atLongitude: 100.5) == ["新厂"])
            let first = try await tag()
            try await change(#"{"name_zh":"改名厂"}"#)
            #expect(try await live.exceeding(atLongitude: 100.5) == ["改名厂"])
            let renamed = try await tag()
            try await change(#"{"lon":102.5,"lat":31.2,"datum":"wgs84"}"#)
            #expect(try await live.exceeding(atLongitude: 102.5) == ["改名厂"])
            #expect(try await live.exceeding(atLongitude: 100.5).isEmpty)
            let moved = try await tag()
            #expect(first != nil && renamed != nil && moved != nil && Set([first, renamed, moved]).count == 3)
            _ = try await live.deliver([LiveServer.line("45")])
            #expect(try await live.exceeding(atLongitude: 102.5).isEmpty)
        }
    }

    /// The dot stays red: only the monitoring map is another.
    @Test func anExceedanceOfAViolatingFactoryIsToldToOpenMaps() async throws {
        try await withLiveServer { live in
            try await live.addMonitoredFactory()
            let record = #"{"factory_id":"N1","kind":"penalty","category":"water","published":"\#(Day.today().iso)"}"#
            #expect(try await live.send("POST", "/v1/records", as: .feed, body: record).json["status"] as? String == "violating")
            // The record's own event is over before the stream begins.
            #expect(
                try await TestServer.eventually {
                    let seq = try await live.server.get("/v1/live/head").json["seq"] as? Int
                    return try await live.server.get("/v1/feed?after=0&limit=1000").json["next_after"] as? Int == seq
                })
            let stream = try EventStream(port: live.server.port, target: "/v1/live")
            #expect(try await TestServer.eventually { stream.count(of: "hello") == 1 })
            let before = stream.count(of: "tiles")
            _ = try await live.deliver([LiveServer.line("75")])
            #expect(try await TestServer.eventually { stream.count(of: "tiles") > before }, "open maps hear of nothing")
        }
    }

    @Test func aRemovedFactoryIsNowhereShownAndItsOutletsTakeNothing() async throws {
        try await withLiveServer { live in
            try await live.addMonitoredFactory()
            _ = try await live.deliver([LiveServer.line("75")])
            #expect(try await live.exceeding(atLongitude: 100.5) == ["新厂"])
            #expect(try await live.server.get("/tiles/monitoring/0/0/0.mvt").status == 200)
            #expect(try await live.send("DELETE", "/v1/factories/N1", as: .feed, headers: [("If-Match", "*")]).status == 200)
            #expect(try await live.exceeding(atLongitude: 100.5).isEmpty)
            #expect(try await live.server.get("/tiles/monitoring/0/0/0.mvt").status == 204)
            for target in ["/v1/factories/N1/monitoring", "/v1/outlets/W0", "/v1/outlets/W0/series?pollutant=COD"] {
                #expect(try await live.server.get(target).status == 404, "\(target)")
            }
            let answer = try await live.deliver([LiveServer.line("80")])
            let reject = try #require((answer.json["rejects"] as? [[String: Any]])?.first, "\(answer.text)")
            #expect(answer.status == 422 && reject["field"] as? String == "outlet" && reject["value"] as? String == "W0")
            #expect(reject["reason"] as? String == "its factory has been removed")
            let store = try RegistryStore(path: live.atlas.storePath, mode: .readOnly)
            let kinds = try store.liveChanges(after: 0, limit: 10_000, audience: .everyone).map(\.kind)
            #expect(kinds.filter { $0.hasPrefix("monitoring.") } == ["monitoring.exceedance_started"])
        }
    }

    @Test func aStationHasItsAirQuality() async throws {
        try await withLiveServer { live in
            let items = ["SO2", "NO2", "PM10", "PM2.5", "CO", "O3"].map { #"{"pollutant":"\#($0)","unit":"ug/m3"}"# }.joined(separator: ",")
            let body = #"{"id":"S1","kind":"air_station","name":"东四","lon":116.417,"lat":39.929,"items":[\#(items)]}"#
            #expect(try await live.send("POST", "/v1/outlets", as: .feed, body: body).status == 201)
            let lines = (0..<24).flatMap { ago in
                [("SO2", "10"), ("NO2", "50"), ("PM10", "80"), ("PM2.5", "90"), ("CO", "1200"), ("O3", "100")].map { item, value in
                    #"{"outlet":"S1","pollutant":"\#(item)","hour":"\#(LiveServer.now.adding(-ago).iso)","value":\#(value)}"#
                }
            }
            #expect(try await live.deliver(lines).json["accepted"] as? Int == 144)
            let station = try await live.server.get("/v1/stations/S1")
            let air = try #require(station.json["air_quality"] as? [String: Any], "\(station.text)")
            #expect(air["aqi"] as? Int == 119 && air["grade"] as? String == "light" && air["primary"] as? [String] == ["PM2.5"])
            #expect(air["complete"] as? Bool == true)
            let all = try await live.server.get("/v1/stations")
            #expect((all.json["stations"] as? [[String: Any]])?.count == 1)
        }
    }
}
