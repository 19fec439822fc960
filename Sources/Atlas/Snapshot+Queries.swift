// Snapshot+Queries.swift: radius, nearest and window over one snapshot. The index finds candidates, the geodesic decides.

import Geodesy
import HeapModule
import Registry
import SpatialIndex

/// The registry's geodesics, as the index asks for them.
struct ExactGeodesic: GeodesicSolver {
    private let geodesic = WGS84Geodesic()

    func distanceMeters(fromLongitude: Double, latitude: Double, toLongitude: Double, latitude toLatitude: Double) -> Double {
        geodesic.distanceMeters(fromLongitude: fromLongitude, latitude: latitude, toLongitude: toLongitude, latitude: toLatitude)
    }
}

extension Snapshot {
    /// What one query may ask for.
    public enum Limits {
        /// Metres.
        public static let radiusMeters = 100_000.0
        /// Factories a page of a radius or window query, and `k` of a nearest query.
        public static let hits = 1_000
    }

    /// Whether this snapshot knows everything that the filter names.
    ///
    /// - Throws: `QueryError` that names `brand`.
    public func check(_ filter: Filter) throws(QueryError) { _ = try FilterProgram(filter, for: self) }

    /// Factories within a radius, nearest first, with their exact distances.
    ///
    /// A factory is in when its WGS 84 geodesic distance is at most the radius: exact at the rim.
    /// - Parameters:
    ///   - radiusMeters: over 0, to 100 km.
    ///   - limit: 1...1000 factories a page.
    ///   - after: the `next` of the page before.
    /// - Throws: `QueryError` that names `lon`, `lat`, `radius`, `limit` or `brand`.
    public func near(
        longitude: Double, latitude: Double, radiusMeters: Double, limit: Int = 100, after: NearCursor? = nil, filter: Filter = Filter()
    ) throws(QueryError) -> NearPage {
        try Snapshot.check(longitude: longitude, latitude: latitude)
        guard radiusMeters > 0, radiusMeters <= Limits.radiusMeters else {
            throw QueryError(
                parameter: "radius", value: String(radiusMeters), message: "metres, over 0 and at most \(Int(Limits.radiusMeters))")
        }
        try Snapshot.check(limit: limit, parameter: "limit")
        let program = try FilterProgram(filter, for: self)
        // The index breaks ties by Hilbert position; factories at one position stand there by ascending pk, so the cursor's
        // pk finds the place. One that is gone by now sorts before all of its distance: repeated, never skipped.
        let position = after.map { (distanceMeters: $0.distanceMeters, index: index(pk: $0.pk) ?? -1) }
        let found = tree.radius(
            longitude: longitude, latitude: latitude, meters: radiusMeters, earth: earth, solver: ExactGeodesic(), limit: limit + 1,
            after: position, where: { program.passes($0) })
        let page = found.neighbors.prefix(limit)
        let hits = page.map { hit($0.index, distanceMeters: $0.distanceMeters) }
        var next: NearCursor?
        if found.neighbors.count > limit, let last = page.last {
            next = NearCursor(distanceMeters: last.distanceMeters, pk: Int64(primaryKey[last.index]))
        }
        return NearPage(hits: hits, total: found.total, next: next)
    }

    /// The `k` nearest factories that pass, nearest first, by the WGS 84 geodesic, however far.
    ///
    /// - Throws: `QueryError` that names `lon`, `lat`, `k` or `brand`.
    public func nearest(longitude: Double, latitude: Double, k: Int, filter: Filter = Filter()) throws(QueryError) -> [FactoryHit] {
        try Snapshot.check(longitude: longitude, latitude: latitude)
        try Snapshot.check(limit: k, parameter: "k")
        let program = try FilterProgram(filter, for: self)
        let found = tree.nearest(
            longitude: longitude, latitude: latitude, k: k, earth: earth, solver: ExactGeodesic(), maxMeters: nil,
            where: { program.passes($0) })
        return found.map { hit($0.index, distanceMeters: $0.distanceMeters) }
    }

    /// Factories in a window of longitude and latitude, its edges included, by ascending `pk`.
    ///
    /// A window whose west lies east of its east crosses the antimeridian (RFC 7946, section 5.2).
    /// - Throws: `QueryError` that names `bbox`, `limit` or `brand`.
    public func factories(
        west: Double, south: Double, east: Double, north: Double, limit: Int = 100, after: Int64? = nil, filter: Filter = Filter()
    ) throws(QueryError) -> BBoxPage {
        guard [west, east].allSatisfy({ $0 >= -180 && $0 <= 180 }), [south, north].allSatisfy({ $0 >= -90 && $0 <= 90 }) else {
            throw QueryError(
                parameter: "bbox", value: "\(west),\(south),\(east),\(north)",
                message: "west,south,east,north in degrees: longitudes from -180 to 180, latitudes from -90 to 90")
        }
        guard south <= north else {
            throw QueryError(
                parameter: "bbox", value: "\(west),\(south),\(east),\(north)",
                message: "south lies north of north; use west,south,east,north")
        }
        try Snapshot.check(limit: limit, parameter: "limit")
        let program = try FilterProgram(filter, for: self)
        let after = after ?? -1
        var total = 0
        var page = BoundedKeys(limit: limit + 1)
        for (left, right) in west <= east ? [(west, east)] : [(west, 180), (-180, east)] {
            let northWest = MercatorGrid.project(longitude: left, latitude: north)
            let southEast = MercatorGrid.project(longitude: right, latitude: south)
            let box = GridBox(minX: northWest.x, minY: northWest.y, maxX: southEast.x, maxY: southEast.y)
            tree.window(box) { run in
                program.forEachMatch(in: run) { index in
                    let longitude = earth.longitude[index]
                    let latitude = earth.latitude[index]
                    // The grid's cells round outwards; the exact position decides.
                    guard longitude >= left, longitude <= right, latitude >= south, latitude <= north else { return }
                    total += 1
                    if Int64(primaryKey[index]) > after { page.offer(key: primaryKey[index], index: index) }
                }
            }
        }
        let found = page.sorted()
        let hits = found.prefix(limit).map { hit($0) }
        return BBoxPage(hits: hits, total: total, next: found.count > limit ? hits.last?.pk : nil)
    }

    static func check(longitude: Double, latitude: Double) throws(QueryError) {
        guard longitude >= -180, longitude <= 180 else {
            throw QueryError(parameter: "lon", value: String(longitude), message: "degrees from -180 to 180")
        }
        guard latitude >= -90, latitude <= 90 else {
            let hint = abs(latitude) <= 180 ? "; longitude and latitude may be swapped" : ""
            throw QueryError(parameter: "lat", value: String(latitude), message: "degrees from -90 to 90\(hint)")
        }
    }

    private static func check(limit: Int, parameter: String) throws(QueryError) {
        guard (1...Limits.hits).contains(limit) else {
            throw QueryError(parameter: parameter, value: String(limit), message: "a whole number from 1 to \(Limits.hits)")
        }
    }
}

/// The smallest keys seen, at most `limit` of them; each offer costs O(log limit) at most.
struct BoundedKeys {
    private struct Entry: Comparable {
        var key: UInt32
        var index: Int
        static func < (a: Entry, b: Entry) -> Bool { a.key < b.key }
    }

    private let limit: Int
    private var heap = Heap<Entry>()

    init(limit: Int) {
        self.limit = limit
    }

    mutating func offer(key: UInt32, index: Int) {
        if heap.count < limit {
            heap.insert(Entry(key: key, index: index))
        } else if let largest = heap.max, key < largest.key {
            heap.replaceMax(with: Entry(key: key, index: index))
        }
    }

    /// Positions by ascending key.
    func sorted() -> [Int] { heap.unordered.sorted().map(\.index) }
}
