// CarbonEndpoints.swift: the queries under /v1/carbon: a table of places, all years of one place, enterprises of a window. The snapshot
// answers; what other sources say of the same place comes from the registry.

import Atlas
import Boundaries
import Registry

/// The queries about energy and emissions. On the work pool, as they build text.
struct CarbonEndpoints: Sendable {
    let snapshots: SnapshotHolder
    let limits: ServerLimits

    /// Which of several figures is shown.
    private static let precedence =
        "of several sources for one figure the real one is shown before the synthetic, then the one of higher priority, then the later edition"

    /// All places of a level in one year, the largest value first, those without a value last.
    func table(_ parameters: [(name: String, value: String)]) throws -> [UInt8] {
        let query = try QueryParameters(parameters, known: ["metric", "year", "level"])
        let selection = try CarbonSelection(query)
        var level = PlaceLevel.province
        if let text = query.text("level") {
            guard let known = PlaceLevel(name: text) else {
                throw Problem(parameter: "level", value: text, mustBe: "one of \(PlaceLevel.names)")
            }
            level = known
        }
        let snapshot = try snapshots.required().snapshot
        let year = snapshot.carbonYear(selection, level: level)
        let rows = (year.map { snapshot.carbonTable(year: $0, level: level) } ?? []).compactMap { row in
            snapshot.place(row.place).map { (place: $0, row: row, value: row.value(selection.metric)) }
        }.sorted { a, b in
            switch (a.value, b.value) {
            case (let x?, let y?): x == y ? a.place.code < b.place.code : x > y
            case (nil, nil): a.place.code < b.place.code
            case (let x, _): x != nil
            }
        }
        var json = JSONWriter()
        json.object { json in
            if snapshot.info.synthetic { json.field("synthetic", snapshot.info.label.isEmpty ? "SYNTHETIC DATA" : snapshot.info.label) }
            json.field("metric", selection.metric.name)
            json.field("unit", selection.metric.unit)
            json.field("level", level.name)
            json.field(optional: "year", year)
            json.array("years") { json in for year in snapshot.carbonYears(selection.metric) { json.literal(String(year)) } }
            json.field("count", rows.count { $0.value != nil })
            json.field("places_without_value", snapshot.places(level: level).count - rows.count { $0.value != nil })
            json.array("places") { json in
                for row in rows {
                    json.object { json in
                        CarbonJSON.place(row.place, &json)
                        CarbonJSON.values(row.row, selection.metric, &json)
                    }
                }
            }
            json.field("precedence", CarbonEndpoints.precedence)
            if rows.isEmpty { json.field("note", emptyNote(snapshot, year, level)) }
        }
        return json.bytes
    }

    private func emptyNote(_ snapshot: Snapshot, _ year: Int?, _ level: PlaceLevel) -> String {
        if snapshot.placeCount == 0 { return "no borders are loaded; 'blueatlas boundaries import' and 'blueatlas build' bring some" }
        if snapshot.figureYears.isEmpty { return "no figures are loaded; 'blueatlas import' takes some (docs/carbon.md)" }
        return "no \(level.name) has a figure" + (year.map { " of \($0)" } ?? "")
    }

    /// All years of a place, with every source.
    ///
    /// - Throws: `Problem` 404 when there is no such place.
    func place(code text: String, _ parameters: [(name: String, value: String)]) throws -> [UInt8] {
        let query = try QueryParameters(parameters, known: ["metric"])
        let metric = try CarbonSelection(query).metric
        let code = try PlaceEndpoints.code(text, parameter: "code")
        let loaded = try snapshots.required()
        let snapshot = loaded.snapshot
        guard let place = snapshot.placeIndex(code: code).flatMap({ snapshot.place($0) }) else {
            throw Problem(.notFound, kind: .notFound, detail: "no place has the code \(Problem.excerpt(text))", parameter: "code")
        }
        let series = snapshot.carbonSeries(place: place.index)
        let others = try loaded.registry.map { try CarbonEndpoints.notShown($0.figures(ofPlace: code)) } ?? []
        var json = JSONWriter()
        json.object { json in
            if snapshot.info.synthetic { json.field("synthetic", snapshot.info.label.isEmpty ? "SYNTHETIC DATA" : snapshot.info.label) }
            CarbonJSON.place(place, &json)
            json.array("bbox") { json in
                for edge in [place.west, place.south, place.east, place.north] { json.number((edge * 1e6).rounded() / 1e6) }
            }
            json.field("metric", metric.name)
            json.field("unit", metric.unit)
            json.array("years") { json in
                for found in series {
                    json.object { json in
                        CarbonJSON.values(found, metric, &json)
                        json.object("sources") { json in
                            for kind in PlaceMetric.allCases {
                                guard let figure = found[kind] else { continue }
                                json.object(kind.name) { CarbonJSON.source(figure.source, &$0) }
                            }
                        }
                    }
                }
            }
            json.array("other_sources") { json in
                for other in others {
                    json.object { json in
                        json.field("year", other.year)
                        json.field("metric", other.metric.name)
                        json.field("value", other.value)
                        CarbonJSON.source(other.origin, &json)
                        json.field(optional: "method", other.method)
                    }
                }
            }
            json.field("precedence", CarbonEndpoints.precedence)
            if series.isEmpty { json.field("note", "nothing is known of this place") }
        }
        return json.bytes
    }

    /// Figures that stand behind another of the same year and metric.
    private static func notShown(_ figures: [PlaceFigure]) -> [PlaceFigure] {
        var last: PlaceFigure?
        return figures.filter { figure in
            defer { last = figure }
            return last.map { ($0.year, $0.metric) == (figure.year, figure.metric) } ?? false
        }
    }

    /// The table of emission factors; empty without a registry.
    func factors(_ parameters: [(name: String, value: String)]) throws -> [UInt8] {
        let query = try QueryParameters(parameters, known: ["kind", "place", "year"])
        var kind: FactorKind?
        if let text = query.text("kind") {
            guard let known = FactorKind(name: text) else {
                throw Problem(parameter: "kind", value: text, mustBe: "one of \(FactorKind.names)")
            }
            kind = known
        }
        let place = try query.text("place").map { try PlaceEndpoints.code($0, parameter: "place") }
        let year = try CarbonSelection(query).year
        let factors = try snapshots.required().registry?.emissionFactors(kind: kind, place: place, year: year) ?? []
        var json = JSONWriter()
        json.object { json in
            json.field("count", factors.count)
            json.array("factors") { json in for factor in factors { json.object { CarbonJSON.factor(factor, &$0) } } }
            json.field("precedence", CarbonEndpoints.precedence)
            if factors.isEmpty { json.field("note", "no such factor is loaded; 'blueatlas carbon import' brings those of data/carbon") }
        }
        return json.bytes
    }

    /// Enterprises of a window, the largest emitters first.
    func enterprises(_ parameters: [(name: String, value: String)]) throws -> [UInt8] {
        let query = try QueryParameters(parameters, known: ["bbox", "limit", "crs", "year", "scope"], filters: true)
        let selection = try CarbonSelection(query)
        let datum = try PositionDatum(query)
        let window = try Window(query)
        let most = min(limits.hits, Snapshot.Limits.hits)
        let limit = try query.integer("limit", in: 1...most, default: min(limits.defaultHits, most))
        let snapshot = try snapshots.required().snapshot
        let page = try snapshot.enterprises(
            west: window.west, south: window.south, east: window.east, north: window.north, selection: selection, filter: query.filter,
            limit: limit, position: datum.fromWGS84)
        var json = JSONWriter()
        json.object { json in
            json.field("type", "FeatureCollection")
            FactoryJSON.label(snapshot.info, &json)
            json.field(optional: "year", page.year)
            json.field("scope", selection.scopes.text)
            json.field("numberMatched", page.total)
            json.field("numberReturned", page.hits.count)
            json.field("co2e_t", page.tonnes)
            json.array("features") { json in for hit in page.hits { json.object { CarbonEndpoints.feature(hit, datum, &$0) } } }
        }
        return json.bytes
    }

    private static func feature(_ hit: EnterpriseHit, _ datum: PositionDatum, _ json: inout JSONWriter) {
        json.field("type", "Feature")
        json.field("id", hit.factory.pk)
        FactoryJSON.point(longitude: hit.factory.longitude, latitude: hit.factory.latitude, datum, &json)
        json.object("properties") { json in
            FactoryJSON.identity(hit.factory, &json)
            json.field("year", hit.emission.year)
            json.field("co2e_t", hit.tonnes)
            json.field(optional: "scope1_t", hit.emission.scope1)
            json.field(optional: "scope2_t", hit.emission.scope2)
            json.field(optional: "scope3_t", hit.emission.scope3)
            if let verified = hit.emission.isVerified { json.field("verified", verified) }
            CarbonJSON.source(hit.emission.source, &json)
        }
    }
}
