// Responder+Factories.swift: radius, nearest, window and detail as GeoJSON, in any datum the client names.

import Atlas
import Geodesy
import HTTPTypes
import Hummingbird
import Registry

extension AtlasResponder {
    /// The datums that a client may give and get positions in: degrees only.
    private static func reference(_ parameters: Parameters) throws(Problem) -> CoordinateReference {
        guard let name = parameters.text("crs") else { return .wgs84 }
        let allowed: [CoordinateReference] = [.wgs84, .cgcs2000, .gcj02, .bd09]
        guard let reference = try? CoordinateReference(parsing: name), allowed.contains(reference) else {
            throw .badParameter("crs", name, "use wgs84, cgcs2000, gcj02 or bd09")
        }
        return reference
    }

    /// A position of the client as WGS 84.
    private static func toWGS84(_ longitude: Double, _ latitude: Double, _ reference: CoordinateReference) throws(Problem) -> (
        Double, Double
    ) {
        if !(abs(latitude) <= 90) {
            throw .badParameter(
                "lat", "\(latitude)", "degrees from -90 to 90" + (abs(longitude) <= 90 ? "; longitude and latitude look swapped" : ""))
        }
        if !(abs(longitude) <= 180) { throw .badParameter("lon", "\(longitude)", "degrees from -180 to 180") }
        switch reference {
        case .gcj02:
            let there = Coordinate<GCJ02>(unchecked: longitude, latitude).wgs84()
            return (there.longitude, there.latitude)
        case .bd09:
            let there = Coordinate<BD09>(unchecked: longitude, latitude).wgs84()
            return (there.longitude, there.latitude)
        default: return (longitude, latitude)
        }
    }

    private static func fromWGS84(_ longitude: Double, _ latitude: Double, _ reference: CoordinateReference) -> (Double, Double) {
        let here = Coordinate<WGS84>(unchecked: longitude, latitude)
        switch reference {
        case .gcj02:
            let there = here.gcj02()
            return (there.longitude, there.latitude)
        case .bd09:
            let there = here.bd09()
            return (there.longitude, there.latitude)
        default: return (longitude, latitude)
        }
    }

    private static func members(of hit: FactoryHit) -> [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [
            ("id", .string(hit.id)), ("name", .string(hit.nameZH.isEmpty ? hit.nameEN ?? "" : hit.nameZH)),
        ]
        if let english = hit.nameEN { members.append(("name_en", .string(english))) }
        members += [
            ("status", .string(hit.status.name)), ("industry", hit.industry.isEmpty ? .null : .string(hit.industry)),
            ("records", .integer(hit.records)), ("worst_severity", .integer(hit.worstSeverity)), ("latest_record", .text(hit.latestRecord)),
            ("county_code", .text(hit.countyCode)), ("key_monitored", .bool(hit.keyMonitored)),
            ("brands", .array(hit.brands.map { .string($0) })),
        ]
        if !hit.flags.isEmpty { members.append(("flags", .array(hit.flags.map { .string($0) }))) }
        if let accuracy = hit.accuracyMeters { members.append(("position_accuracy_m", .number(accuracy))) }
        if let distance = hit.distanceMeters { members.append(("distance_m", .number((distance * 1e6).rounded() / 1e6))) }
        return members
    }

    private static func feature(_ hit: FactoryHit, _ reference: CoordinateReference, _ properties: [(String, JSONValue)]) -> JSONValue {
        let position = fromWGS84(hit.longitude, hit.latitude, reference)
        return .object([
            ("type", .string("Feature")), ("id", .integer(Int(hit.pk))),
            (
                "geometry",
                .object([
                    ("type", .string("Point")),
                    ("coordinates", .array([.number(rounded(position.0)), .number(rounded(position.1))])),
                ])
            ),
            ("properties", .object(properties)),
        ])
    }

    /// Nine decimals: a tenth of a millimetre.
    private static func rounded(_ degrees: Double) -> Double { (degrees * 1e9).rounded() / 1e9 }

    private static func collection(
        _ hits: [FactoryHit], total: Int, next: String?, snapshot: Snapshot, _ reference: CoordinateReference
    ) -> Response {
        var members: [(String, JSONValue)] = [
            ("type", .string("FeatureCollection")), ("numberMatched", .integer(total)), ("numberReturned", .integer(hits.count)),
            ("crs_name", .string(reference.displayName)), ("as_of", .string(snapshot.info.asOf)),
            ("synthetic", .bool(snapshot.info.synthetic)),
        ]
        if snapshot.info.synthetic { members.append(("label", .string(snapshot.info.label))) }
        if let next {
            members.append(("next", .string(next)))
            members.append(
                (
                    "links",
                    .array([.object([("rel", .string("next")), ("type", .string("application/geo+json")), ("after", .string(next))])])
                ))
        }
        members.append(("features", .array(hits.map { feature($0, reference, Self.members(of: $0)) })))
        var response = Response.bytes(JSONValue.object(members).bytes, type: "application/geo+json")
        response.headers[.cacheControl] = "no-cache"
        return response
    }

    func near(_ target: RequestTarget) async throws(Problem) -> Response {
        let parameters = try Parameters(target, known: ["lon", "lat", "radius", "limit", "after", "crs"])
        let reference = try Self.reference(parameters)
        let lon = try parameters.requiredNumber("lon", "longitude in degrees")
        let lat = try parameters.requiredNumber("lat", "latitude in degrees")
        let (longitude, latitude) = try Self.toWGS84(lon, lat, reference)
        let radius = try parameters.requiredNumber("radius", "metres, over 0 and at most 100000")
        let limit = try parameters.integer("limit", default: 100)
        var after: NearCursor?
        if let text = parameters.text("after") {
            guard let cursor = NearCursor(text) else {
                throw .badParameter("after", text, "not a cursor; take it from 'next' of the page before")
            }
            after = cursor
        }
        let snapshot = holder.current
        let filter = parameters.filter
        let cursor = after
        let page = try await offLoop {
            try snapshot.near(longitude: longitude, latitude: latitude, radiusMeters: radius, limit: limit, after: cursor, filter: filter)
        }
        return Self.collection(page.hits, total: page.total, next: page.next?.description, snapshot: snapshot, reference)
    }

    func nearest(_ target: RequestTarget) async throws(Problem) -> Response {
        let parameters = try Parameters(target, known: ["lon", "lat", "k", "crs"])
        let reference = try Self.reference(parameters)
        let lon = try parameters.requiredNumber("lon", "longitude in degrees")
        let lat = try parameters.requiredNumber("lat", "latitude in degrees")
        let (longitude, latitude) = try Self.toWGS84(lon, lat, reference)
        let k = try parameters.integer("k", default: 10)
        let snapshot = holder.current
        let filter = parameters.filter
        let hits = try await offLoop { try snapshot.nearest(longitude: longitude, latitude: latitude, k: k, filter: filter) }
        return Self.collection(hits, total: hits.count, next: nil, snapshot: snapshot, reference)
    }

    func bbox(_ target: RequestTarget) async throws(Problem) -> Response {
        let parameters = try Parameters(target, known: ["bbox", "limit", "after", "crs"])
        let reference = try Self.reference(parameters)
        guard let text = parameters.text("bbox") else {
            throw .badParameter("bbox", nil, "missing: west,south,east,north in degrees, such as bbox=121.4,31.2,121.5,31.3")
        }
        // A box of GCJ-02 or BD-09 is no box of WGS 84: only these two are exact.
        guard reference == .wgs84 || reference == .cgcs2000 else {
            throw .badParameter(
                "crs", parameters.text("crs"), "a bbox is taken in wgs84 or cgcs2000 only; its edges bend in gcj02 and bd09")
        }
        let edges = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
        guard edges.count == 4, edges.allSatisfy(\.isFinite) else {
            throw .badParameter("bbox", text, "not west,south,east,north in degrees, such as 121.4,31.2,121.5,31.3")
        }
        let limit = try parameters.integer("limit", default: 100)
        var after: Int64?
        if let text = parameters.text("after") {
            guard let pk = Int64(text), pk >= 0 else {
                throw .badParameter("after", text, "not a cursor; take it from 'next' of the page before")
            }
            after = pk
        }
        let snapshot = holder.current
        let filter = parameters.filter
        let start = after
        let page = try await offLoop {
            try snapshot.factories(
                west: edges[0], south: edges[1], east: edges[2], north: edges[3], limit: limit, after: start, filter: filter)
        }
        return Self.collection(page.hits, total: page.total, next: page.next.map(String.init), snapshot: snapshot, reference)
    }

    func factory(_ id: String, _ target: RequestTarget) async throws(Problem) -> Response {
        let parameters = try Parameters(target, known: ["crs"], filters: false)
        let reference = try Self.reference(parameters)
        guard id.utf8.count <= 128 else { throw .notFound("an id has at most 128 bytes") }
        let snapshot = holder.current
        let store = store
        guard let hit = snapshot.factory(id: id) else { throw .notFound("no factory has the id '\(id)'") }
        let detail = try await offLoop { try store?.factory(id: id) }
        var properties = Self.members(of: hit)
        if let detail {
            // One day for both: the snapshot's, so that map and detail agree.
            let assessment = detail.assessment(asOf: Day(iso: snapshot.info.asOf) ?? Day.today())
            if let at = properties.firstIndex(where: { $0.0 == "status" }) { properties[at].1 = .string(assessment.status.name) }
            properties += [
                ("status_reason", .string(assessment.reason)), ("status_reason_zh", .string(assessment.reasonZH)),
                ("former_name", .text(detail.formerName)), ("credit_code", .text(detail.creditCode)), ("address", .text(detail.address)),
                ("disclosed", .bool(detail.disclosed)),
                (
                    "source_position",
                    .object([("x", .number(detail.sourceX)), ("y", .number(detail.sourceY)), ("datum", .string(detail.sourceDatum))])
                ),
                ("attributes", .object(detail.attributes.map { ($0.name, Self.json($0.value)) })),
                ("supplier_links", .array(detail.links.map(Self.json))),
                ("record_list", .array(zip(detail.records, assessment.severities).reversed().map { Self.json($0, severity: Int($1)) })),
            ]
        }
        properties.append(("as_of", .string(snapshot.info.asOf)))
        properties.append(("synthetic", .bool(detail?.synthetic ?? snapshot.info.synthetic)))
        if snapshot.info.synthetic { properties.append(("label", .string(snapshot.info.label))) }
        var response = Response.bytes(Self.feature(hit, reference, properties).bytes, type: "application/geo+json")
        response.headers[.cacheControl] = "no-cache"
        return response
    }

    private static func json(_ value: AttributeValue) -> JSONValue {
        switch value {
        case .text(let text): .string(text)
        case .number(let number): .number(number)
        case .integer(let number): .integer(Int(number))
        case .boolean(let flag): .bool(flag)
        }
    }

    private static func json(_ record: RecordDetail, severity: Int) -> JSONValue {
        .object([
            ("id", .string(record.id)), ("kind", .string(record.facts.kind.name)), ("category", .string(record.facts.category.name)),
            ("published", .string(record.facts.published.iso)), ("act_date", .text(record.facts.actDate?.iso)),
            ("severity", .integer(severity)), ("state", .string(record.facts.state.name)), ("measure", .text(record.facts.measure?.name)),
            ("rating", .text(record.facts.rating?.name)), ("fine_cny", record.facts.fineCNY.map { .number($0) } ?? .null),
            ("superseded", .bool(record.facts.superseded)), ("supersedes", .text(record.supersedes)),
            ("authority", .text(record.authority)),
            ("document_number", .text(record.documentNumber)), ("regulation", .text(record.regulation)), ("text", .text(record.text)),
            ("source_url", .text(record.sourceURL)), ("retrieved_at", .text(record.retrievedAt)),
        ])
    }

    private static func json(_ link: LinkDetail) -> JSONValue {
        .object([
            ("brand", .string(link.brandID)), ("name_zh", .text(link.brandNameZH)), ("name_en", .text(link.brandNameEN)),
            ("kind", .string(link.kind.name)), ("since", .text(link.since?.iso)), ("until", .text(link.until?.iso)),
            ("tier", link.tier.map { .integer($0) } ?? .null), ("source", .text(link.source)),
        ])
    }
}
