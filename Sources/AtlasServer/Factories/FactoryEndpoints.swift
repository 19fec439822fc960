// FactoryEndpoints.swift: the queries under /v1/factories: near, nearest, window, detail. Parameters are checked here, against the
// server's limits; the snapshot answers; pages are linked by the address of the next one.

import Atlas
import Registry

/// The queries of the HTTP interface. All of them block for as long as the answer takes: they belong on the work pool.
struct FactoryEndpoints: Sendable {
    let snapshots: SnapshotHolder
    let limits: ServerLimits

    static let degreesEast = "degrees from -180 to 180, such as 121.4737"
    static let degreesNorth = "degrees from -90 to 90, such as 31.2304"

    /// A query as it came, for links to other pages of it.
    struct Call: Sendable {
        var path: String
        var parameters: [(name: String, value: String)]
        /// Scheme, host and prefix that the client used.
        var base: String

        /// The same query with another `after`.
        func address(after cursor: String) -> String {
            let kept = parameters.filter { $0.name != "after" } + [("after", cursor)]
            let query = kept.map { "\(RequestTarget.encode($0.name))=\(RequestTarget.encode($0.value, keeping: ",:"))" }
            return "\(base)\(path)?\(query.joined(separator: "&"))"
        }
    }

    func near(_ call: Call) throws -> [UInt8] {
        let query = try QueryParameters(call.parameters, known: ["lon", "lat", "radius", "limit", "after", "crs"], filters: true)
        let (datum, center) = try FactoryEndpoints.position(query)
        let largest = min(limits.radiusMeters, Snapshot.Limits.radiusMeters)
        let meaning = "metres, over 0 and at most \(Int(largest)), such as 2000"
        let radius = try query.requiredNumber("radius", in: 0...largest, meaning)
        guard radius > 0 else { throw Problem(parameter: "radius", value: query.text("radius") ?? "", mustBe: meaning) }
        let limit = try limit(query)
        var cursor: NearCursor?
        if let text = query.text("after") {
            cursor = NearCursor(text)
            if cursor == nil { throw Problem(parameter: "after", value: text, mustBe: "taken from the 'next' link of the page before") }
        }
        let loaded = try snapshots.required()
        let page = try loaded.atlas.near(
            longitude: center.longitude, latitude: center.latitude, radiusMeters: radius, limit: limit, after: cursor, filter: query.filter)
        return FactoryJSON.collection(
            FactoryPage(hits: page.hits, total: page.total, next: page.next.map { call.address(after: $0.description) }),
            info: loaded.atlas.info, datum: datum)
    }

    func nearest(_ call: Call) throws -> [UInt8] {
        let query = try QueryParameters(call.parameters, known: ["lon", "lat", "k", "crs"], filters: true)
        let (datum, center) = try FactoryEndpoints.position(query)
        let count = try query.integer("k", in: 1...min(limits.hits, Snapshot.Limits.hits), default: min(10, limits.hits))
        let loaded = try snapshots.required()
        let hits = try loaded.atlas.nearest(
            longitude: center.longitude, latitude: center.latitude, k: count, filter: query.filter)
        return FactoryJSON.collection(FactoryPage(hits: hits, total: nil, next: nil), info: loaded.atlas.info, datum: datum)
    }

    func window(_ call: Call) throws -> [UInt8] {
        let query = try QueryParameters(call.parameters, known: ["bbox", "limit", "after", "crs"], filters: true)
        let datum = try PositionDatum(query)
        let window = try Window(query)
        let limit = try limit(query)
        let after = query.text("after")
        let cursor = after.flatMap { $0.utf8.count <= 18 ? Int64($0) : nil }
        if let after, cursor.map({ $0 < 0 }) ?? true {
            throw Problem(parameter: "after", value: after, mustBe: "taken from the 'next' link of the page before")
        }
        let loaded = try snapshots.required()
        let page: FactoryPage
        if datum.isPlain {
            let found = try loaded.atlas.factories(
                west: window.west, south: window.south, east: window.east, north: window.north, limit: limit, after: cursor,
                filter: query.filter)
            page = FactoryPage(hits: found.hits, total: found.total, next: found.next.map { call.address(after: String($0)) })
        } else {
            page = try shifted(window, datum, limit: limit, after: cursor, filter: query.filter, loaded.atlas, call)
        }
        return FactoryJSON.collection(page, info: loaded.atlas.info, datum: datum)
    }

    /// - Returns: nil when there is no such factory.
    func detail(id: String, _ parameters: [(name: String, value: String)]) throws -> [UInt8]? {
        let query = try QueryParameters(parameters, known: ["crs"])
        let datum = try PositionDatum(query)
        let loaded = try snapshots.required()
        let hit = loaded.atlas.factory(id: id)
        let detail = try loaded.registry?.factory(id: id)
        guard hit != nil || detail != nil else { return nil }
        let pk = detail?.pk ?? hit?.pk ?? 0
        let emissions =
            try loaded.registry?.emissions(ofFactory: pk) ?? loaded.snapshot.emissions(pk: pk).map { Emission($0, factoryPK: pk) }
        return FactoryJSON.detail(hit, detail, emissions: emissions, info: loaded.atlas.info, datum: datum)
    }

    // MARK: Parameters

    static func position(_ query: QueryParameters) throws(Problem) -> (PositionDatum, (longitude: Double, latitude: Double)) {
        let datum = try PositionDatum(query)
        let longitude = try query.requiredNumber("lon", in: -180...180, FactoryEndpoints.degreesEast)
        var meaning = FactoryEndpoints.degreesNorth
        if let text = query.text("lat"), let value = QueryParameters.decimal(text), abs(value) > 90, abs(value) <= 180, abs(longitude) <= 90
        {
            meaning += "; lon and lat look swapped"
        }
        let latitude = try query.requiredNumber("lat", in: -90...90, meaning)
        return (datum, datum.toWGS84(longitude: longitude, latitude: latitude))
    }

    private func limit(_ query: QueryParameters) throws(Problem) -> Int {
        let most = min(limits.hits, Snapshot.Limits.hits)
        return try query.integer("limit", in: 1...most, default: min(limits.defaultHits, most))
    }

    // MARK: Windows in GCJ-02 and BD-09

    /// Factories whose position in `datum` lies in the window, exactly.
    ///
    /// A window of GCJ-02 is no window of WGS 84, so a wider one is read page by page and each position is converted and tested.
    /// How many match in all is not known without reading all of them, so it is not said.
    private func shifted(
        _ window: Window, _ datum: PositionDatum, limit: Int, after: Int64?, filter: Filter, _ atlas: LiveAtlas, _ call: Call
    ) throws -> FactoryPage {
        let wide = window.widened(by: PositionDatum.margin)
        var hits: [FactoryHit] = []
        var cursor = after
        while true {
            let found = try atlas.factories(
                west: wide.west, south: wide.south, east: wide.east, north: wide.north, limit: Snapshot.Limits.hits, after: cursor,
                filter: filter)
            for hit in found.hits {
                let there = datum.fromWGS84(longitude: hit.longitude, latitude: hit.latitude)
                guard window.contains(longitude: there.longitude, latitude: there.latitude) else { continue }
                if hits.count == limit {
                    return FactoryPage(hits: hits, total: nil, next: hits.last.map { call.address(after: String($0.pk)) })
                }
                hits.append(hit)
            }
            guard let next = found.next else { return FactoryPage(hits: hits, total: nil, next: nil) }
            cursor = next
        }
    }
}

/// A window in degrees; west over east: it crosses the antimeridian (RFC 7946 section 5.2).
struct Window: Sendable {
    var west: Double
    var south: Double
    var east: Double
    var north: Double

    private static let meaning = "west,south,east,north in degrees, such as 121.4,31.2,121.5,31.3"

    init(west: Double, south: Double, east: Double, north: Double) {
        self.west = west
        self.south = south
        self.east = east
        self.north = north
    }

    /// - Throws: `Problem` 400 that names `bbox`.
    init(_ query: QueryParameters) throws(Problem) {
        guard let text = query.text("bbox") else { throw Problem(parameter: "bbox", detail: "bbox: missing; give \(Window.meaning)") }
        let parts = text.split(separator: ",", maxSplits: 8, omittingEmptySubsequences: false)
        let numbers = parts.compactMap { QueryParameters.decimal(String($0)) }
        guard parts.count == 4, numbers.count == 4, abs(numbers[0]) <= 180, abs(numbers[2]) <= 180 else {
            throw Problem(parameter: "bbox", value: text, mustBe: Window.meaning)
        }
        guard abs(numbers[1]) <= 90, abs(numbers[3]) <= 90 else {
            let swapped = abs(numbers[0]) <= 90 && abs(numbers[2]) <= 90 ? "; longitude comes first" : ""
            throw Problem(parameter: "bbox", value: text, mustBe: "\(Window.meaning), with latitudes from -90 to 90\(swapped)")
        }
        guard numbers[1] <= numbers[3] else {
            throw Problem(parameter: "bbox", value: text, mustBe: "\(Window.meaning): south must not lie north of north")
        }
        self.init(west: numbers[0], south: numbers[1], east: numbers[2], north: numbers[3])
    }

    func contains(longitude: Double, latitude: Double) -> Bool {
        let between = west <= east ? longitude >= west && longitude <= east : longitude >= west || longitude <= east
        return between && latitude >= south && latitude <= north
    }

    func widened(by margin: Double) -> Window {
        var wide = Window(west: west - margin, south: max(south - margin, -90), east: east + margin, north: min(north + margin, 90))
        if west > east, wide.west <= wide.east { (wide.west, wide.east) = (-180, 180) }
        wide.west = max(wide.west, -180)
        wide.east = min(wide.east, 180)
        return wide
    }
}
