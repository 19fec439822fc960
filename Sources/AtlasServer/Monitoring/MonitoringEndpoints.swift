// MonitoringEndpoints.swift: what may be asked of readings: a factory's outlets, a series, the versions of one reading, who exceeds near a point,
// stations with their air quality or water class, and the tiles of the monitoring map. All of it is public.

import Atlas
import HTTPTypes
import Monitoring
import Registry
import SpatialIndex

enum MonitoringEndpoints {
    static let routes: [LiveRoute] =
        [
            LiveRoute(.get, "/v1/factories/{id}/monitoring", right: .read, handler: factory),
            LiveRoute(.get, "/v1/factories/{id}/series", right: .read, parameters: ["outlet"] + seriesParameters) {
                try await series($0, isOfFactory: true)
            },
            LiveRoute(.get, "/v1/outlets/{id}", right: .read, handler: outlet),
            LiveRoute(.get, "/v1/outlets/{id}/series", right: .read, parameters: seriesParameters) {
                try await series($0, isOfFactory: false)
            },
            LiveRoute(.get, "/v1/outlets/{id}/versions", right: .read, parameters: ["pollutant", "hour"], handler: versions),
            LiveRoute(.get, "/v1/exceeding", right: .read, parameters: ["lon", "lat", "radius", "limit"], handler: exceeding),
            LiveRoute(.get, "/v1/stations", right: .read, parameters: ["kind"], handler: stations),
            LiveRoute(.get, "/v1/stations/{id}", right: .read, parameters: ["hour", "day"], handler: station),
            LiveRoute(.get, "/tiles/monitoring.json", right: .read, parameters: ["datum"], handler: tileJSON),
            LiveRoute(.get, "/tiles/monitoring/{z}/{x}/{y}", right: .read, parameters: ["datum"], handler: tile),
        ] + ReadingEndpoints.routes

    private static let seriesParameters = ["pollutant", "from", "to", "step"]

    /// Longest series by the hour: 62 days. By the day: 20 years.
    private static let mostHours = 62 * 24
    private static let mostDays = 20 * 366

    // MARK: Factories and outlets

    @Sendable private static func factory(_ call: LiveCall) async throws -> Reply {
        let id = try call.value("id")
        return try await call.services.workers.run {
            guard let monitoring = try call.services.store.monitoring(factoryID: id) else {
                throw notFound("no factory has the id '\(Problem.excerpt(id))'", "id")
            }
            return .json(MonitoringJSON.factory(id: id, monitoring))
        }
    }

    @Sendable private static func outlet(_ call: LiveCall) async throws -> Reply {
        let id = try call.value("id")
        return try await call.services.workers.run {
            guard let outlet = try call.services.store.outlet(id: id) else {
                throw notFound("no outlet or station has the id '\(Problem.excerpt(id))'", "id")
            }
            var json = JSONWriter()
            json.object { MonitoringJSON.write(outlet, to: &$0) }
            return .json(json.bytes)
        }
    }

    /// `/v1/factories/{id}/series?outlet=…` and `/v1/outlets/{id}/series`.
    private static func series(_ call: LiveCall, isOfFactory: Bool) async throws -> Reply {
        let query = call.query
        let id = try call.value("id")
        let pollutant = try item(query)
        let step = query.text("step") ?? "hour"
        guard step == "hour" || step == "day" else { throw Problem(parameter: "step", value: step, mustBe: "hour or day") }
        let most = step == "hour" ? mostHours : mostDays * 24
        let to = try hour("to", query) ?? Hour(secondsSince1970: LiveTime.now() / 1000)
        let from = try hour("from", query) ?? to.adding(step == "hour" ? -47 : -30 * 24)
        guard from <= to else { throw Problem(parameter: "from", detail: "from: \(from.iso) is after to, \(to.iso)") }
        guard Int(to.number) - Int(from.number) < most else {
            throw Problem(
                parameter: "from",
                detail:
                    "from: the series is longer than \(step == "hour" ? "\(mostHours) hours; ask for a part, or for step=day" : "\(mostDays) days")"
            )
        }
        return try await call.services.workers.run {
            let store = call.services.store
            let outlet = try isOfFactory ? outletID(of: id, query, store) : id
            if step == "hour" {
                guard let found = try store.series(outletID: outlet, pollutant, from: from, to: to) else {
                    throw noChannel(outlet, pollutant)
                }
                return .json(MonitoringJSON.hours(found.hours, outlet: outlet, pollutant, found.unit))
            }
            guard let found = try store.dailySeries(outletID: outlet, pollutant, from: from, to: to) else {
                throw noChannel(outlet, pollutant)
            }
            return .json(MonitoringJSON.days(found.days, outlet: outlet, pollutant, found.unit))
        }
    }

    @Sendable private static func versions(_ call: LiveCall) async throws -> Reply {
        let query = call.query
        let id = try call.value("id")
        let pollutant = try item(query)
        guard let hour = try hour("hour", query) else {
            throw Problem(parameter: "hour", detail: "hour: missing; give a full hour such as 2026-11-23T05:00+08:00")
        }
        return try await call.services.workers.run {
            guard let found = try call.services.store.versions(outletID: id, pollutant, hour: hour) else { throw noChannel(id, pollutant) }
            return .json(MonitoringJSON.versions(found.versions, outlet: id, pollutant, found.unit, hour: hour))
        }
    }

    // MARK: Exceeding now

    @Sendable private static func exceeding(_ call: LiveCall) async throws -> Reply {
        let query = call.query
        let (_, center) = try FactoryEndpoints.position(query)
        let largest = min(call.services.limits.radiusMeters, Snapshot.Limits.radiusMeters)
        let meaning = "metres, over 0 and at most \(Int(largest)), such as 20000"
        let radius = try query.requiredNumber("radius", in: 0...largest, meaning)
        guard radius > 0 else { throw Problem(parameter: "radius", value: query.text("radius") ?? "", mustBe: meaning) }
        let limit = try query.integer("limit", in: 1...1000, default: 100)
        return try await call.services.workers.run {
            let map = try call.services.monitoring.map(call.services.feed)
            let hits = map.exceeding(longitude: center.longitude, latitude: center.latitude, radiusMeters: radius)
            return .json(MonitoringJSON.exceeding(hits.prefix(limit), total: hits.count, now: map.now), type: FactoryJSON.type)
        }
    }

    // MARK: Stations

    @Sendable private static func stations(_ call: LiveCall) async throws -> Reply {
        let query = call.query
        let name = query.text("kind") ?? OutletKind.airStation.name
        guard let kind = OutletKind(name), kind.isStation else {
            throw Problem(parameter: "kind", value: name, mustBe: "air_station or water_station")
        }
        return try await call.services.workers.run {
            let store = call.services.store
            var json = JSONWriter()
            try json.object { json in
                try json.array("stations") { json in
                    for station in try store.stations(kind) { try json.object { try write(station, hour: nil, store, to: &$0) } }
                }
            }
            return .json(json.bytes)
        }
    }

    @Sendable private static func station(_ call: LiveCall) async throws -> Reply {
        let query = call.query
        let id = try call.value("id")
        let hour = try hour("hour", query)
        var day: Day?
        if let text = query.text("day") {
            day = Day(iso: text)
            guard day != nil, hour == nil else {
                throw Problem(parameter: "day", value: text, mustBe: "a date such as 2026-11-23, and then without hour")
            }
        }
        return try await call.services.workers.run { [day] in
            let store = call.services.store
            guard let station = try store.outlet(id: id), station.kind.isStation else {
                throw notFound("no station has the id '\(Problem.excerpt(id))'", "id")
            }
            var json = JSONWriter()
            try json.object { json in
                guard let day else { return try write(station, hour: hour, store, to: &json) }
                MonitoringJSON.write(station, to: &json)
                json.field("day", day.iso)
                if station.kind == .airStation {
                    let last = Hour(day: day.daysSince1970, hourOfDay: 23)
                    MonitoringJSON.write(AirQuality.daily(try store.airHours(station, endingWith: last)), to: &json)
                }
            }
            return .json(json.bytes)
        }
    }

    /// A station with its air quality or water class of an hour; nil: of its latest.
    private static func write(_ station: OutletStatus, hour: Hour?, _ store: RegistryStore, to json: inout JSONWriter) throws {
        MonitoringJSON.write(station, to: &json)
        guard let hour = hour ?? station.channels.compactMap(\.hour).max() else { return }
        json.field("hour", hour.iso)
        switch station.kind {
        case .airStation: MonitoringJSON.write(AirQuality.hourly(try store.airHours(station, endingWith: hour)), to: &json)
        case .waterStation:
            MonitoringJSON.write(SurfaceWater(try store.waterValues(station, of: hour), in: station.body ?? .river), to: &json)
        case .air, .water: break
        }
    }

    // MARK: Tiles

    @Sendable private static func tile(_ call: LiveCall) async throws -> Reply {
        let segments = ["tiles", "base", try call.value("z"), try call.value("x"), try call.value("y")]
        // The address rules are those of every map.
        let address = try TileRequest(segments: segments, parameters: [])
        let datum = try TileDatum.parse(call.query)
        let coding = ContentCoding.preferred(call.headers[.acceptEncoding])
        let services = call.services
        let tile = try await services.workers.run {
            try services.monitoring.tile(address.tile, datum: datum, coding: coding, gzip: services.gzip, services.feed)
        }
        var headers = HTTPFields()
        // As all live tiles: what has ended, moved or been removed shows so at the next look.
        headers[.cacheControl] = TileHeaders.liveCacheControl
        headers[.vary] = "Accept-Encoding"
        guard tile.body.readableBytes > 0 else { return Reply(.noContent, headers: headers) }
        headers[.eTag] = tile.etag
        if let known = call.headers[.ifNoneMatch], EntityTag.matches(known, tile.etag) { return Reply(.notModified, headers: headers) }
        headers[.contentType] = TileHeaders.contentType
        if tile.isGzipped { headers[.contentEncoding] = "gzip" }
        return Reply(headers: headers, body: tile.body)
    }

    @Sendable private static func tileJSON(_ call: LiveCall) async throws -> Reply {
        let query = call.query
        let datum = try TileDatum.parse(query)
        guard let base = call.base else {
            throw Problem(
                .badRequest, kind: .malformedRequest, detail: "this answer holds absolute addresses; name the host in a Host header")
        }
        var json = JSONWriter()
        json.object { json in
            json.field("tilejson", "3.0.0")
            json.field("name", "Monitored factories, this hour")
            json.array("tiles") { json in
                json.string("\(base)/tiles/monitoring/{z}/{x}/{y}.mvt" + (datum == .wgs84 ? "" : "?datum=\(datum.rawValue)"))
            }
            json.field("minzoom", TileSchema.minimumZoom)
            json.field("maxzoom", TileSchema.recommendedMaximumZoom)
            json.field("description", MonitoringJSON.rule)
            json.array("vector_layers") { json in
                for layer in MonitoringTileSchema.fields {
                    json.object { json in
                        json.field("id", layer.layer)
                        json.field("description", layer.description)
                        json.object("fields") { json in for (name, meaning) in layer.fields { json.field(name, meaning) } }
                    }
                }
            }
        }
        return .json(json.bytes)
    }

    // MARK: Parameters

    static func item(_ query: QueryParameters) throws(Problem) -> Pollutant {
        guard let text = query.text("pollutant") else {
            throw Problem(parameter: "pollutant", detail: "pollutant: missing; give a code such as w01018 or a name such as COD")
        }
        guard let pollutant = Pollutant(text) else {
            throw Problem(parameter: "pollutant", value: text, mustBe: "a code of HJ 524 or HJ 525 such as w01018, or a name such as COD")
        }
        return pollutant
    }

    static func hour(_ name: String, _ query: QueryParameters) throws(Problem) -> Hour? {
        guard let text = query.text(name) else { return nil }
        // A plus sign that was not percent-encoded arrives as a space.
        let mended = text.count > 6 && text.dropLast(5).last == " " ? text.dropLast(6) + "+" + text.suffix(5) : text[...]
        do { return try Hour(String(mended)) } catch {
            throw Problem(parameter: name, detail: "\(name): '\(Problem.excerpt(text))' \(error.description)")
        }
    }

    /// The outlet that `outlet` names, if it is the factory's.
    private static func outletID(of factory: String, _ query: QueryParameters, _ store: RegistryStore) throws -> String {
        guard let id = query.text("outlet") else {
            throw Problem(parameter: "outlet", detail: "outlet: missing; /v1/factories/\(Problem.excerpt(factory))/monitoring lists them")
        }
        guard try store.outlet(id: id)?.factoryID == factory else {
            throw notFound("factory '\(Problem.excerpt(factory))' has no outlet '\(Problem.excerpt(id))'", "outlet")
        }
        return id
    }

    private static func noChannel(_ outlet: String, _ pollutant: Pollutant) -> Problem {
        notFound("there is no outlet or station '\(Problem.excerpt(outlet))' that reports \(pollutant.code)", "pollutant")
    }

    static func notFound(_ detail: String, _ parameter: String) -> Problem {
        Problem(.notFound, kind: .notFound, detail: detail, parameter: parameter)
    }
}
