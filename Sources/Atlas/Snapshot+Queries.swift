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
        try near(
            longitude: longitude, latitude: latitude, radiusMeters: radiusMeters, limit: limit, after: after, filter: filter, delta: nil)
    }

    /// The same with changes laid over the snapshot.
    func near(
        longitude: Double, latitude: Double, radiusMeters: Double, limit: Int, after: NearCursor?, filter: Filter, delta: Delta?
    ) throws(QueryError) -> NearPage {
        try Snapshot.check(longitude: longitude, latitude: latitude)
        guard radiusMeters > 0, radiusMeters <= Limits.radiusMeters else {
            throw QueryError(
                parameter: "radius", value: String(radiusMeters), message: "metres, over 0 and at most \(Int(Limits.radiusMeters))")
        }
        try Snapshot.check(limit: limit, parameter: "limit")
        let program = try FilterProgram(filter, for: self, delta: delta)
        let ends = LiveCursor(after, longitude: longitude, latitude: latitude, in: self, delta)
        let found = tree.radius(
            longitude: longitude, latitude: latitude, meters: radiusMeters, earth: earth, solver: ExactGeodesic(), limit: limit + 1,
            after: ends?.inSnapshot, at: ends?.position, where: { program.passes($0) })
        var neighbors = found.neighbors.map { LiveNeighbor(factory: $0.index, distanceMeters: $0.distanceMeters) }
        var total = found.total
        if let delta, !delta.rows.isEmpty {
            let changed = delta.tree.radius(
                longitude: longitude, latitude: latitude, meters: radiusMeters, earth: delta.earth, solver: ExactGeodesic(),
                limit: limit + 1, after: ends?.inDelta, at: ends?.position, where: { program.passes(delta.facts[$0], of: delta.rows[$0]) })
            total += changed.total
            let merger = NeighborMerger(snapshot: self, delta: delta, longitude: longitude, latitude: latitude)
            neighbors = merger.merge(neighbors, changed.neighbors)
        }
        let page = neighbors.prefix(limit)
        let hits = page.map { hit($0.factory, delta, distanceMeters: $0.distanceMeters) }
        var next: NearCursor?
        if neighbors.count > limit, let distance = page.last?.distanceMeters, let pk = hits.last?.pk {
            next = NearCursor(distanceMeters: distance, pk: pk)
        }
        return NearPage(hits: hits, total: total, next: next)
    }

    /// The `k` nearest factories that pass, nearest first, by the WGS 84 geodesic, however far.
    ///
    /// - Throws: `QueryError` that names `lon`, `lat`, `k` or `brand`.
    public func nearest(longitude: Double, latitude: Double, k: Int, filter: Filter = Filter()) throws(QueryError) -> [FactoryHit] {
        try nearest(longitude: longitude, latitude: latitude, k: k, filter: filter, delta: nil)
    }

    /// The same with changes laid over the snapshot.
    func nearest(longitude: Double, latitude: Double, k: Int, filter: Filter, delta: Delta?) throws(QueryError) -> [FactoryHit] {
        try Snapshot.check(longitude: longitude, latitude: latitude)
        try Snapshot.check(limit: k, parameter: "k")
        let program = try FilterProgram(filter, for: self, delta: delta)
        let found = tree.nearest(
            longitude: longitude, latitude: latitude, k: k, earth: earth, solver: ExactGeodesic(), maxMeters: nil,
            where: { program.passes($0) })
        var neighbors = found.map { LiveNeighbor(factory: $0.index, distanceMeters: $0.distanceMeters) }
        if let delta, !delta.rows.isEmpty {
            // No farther than the farthest that is found already; a little more, for near-ties.
            let farthest = neighbors.count < k ? nil : neighbors.last.map { $0.distanceMeters + 1 }
            let changed = delta.tree.nearest(
                longitude: longitude, latitude: latitude, k: k, earth: delta.earth, solver: ExactGeodesic(), maxMeters: farthest,
                where: { program.passes(delta.facts[$0], of: delta.rows[$0]) })
            let merger = NeighborMerger(snapshot: self, delta: delta, longitude: longitude, latitude: latitude)
            neighbors = Array(merger.merge(neighbors, changed).prefix(k))
        }
        return neighbors.map { hit($0.factory, delta, distanceMeters: $0.distanceMeters) }
    }

    /// Factories in a window of longitude and latitude, its edges included, by ascending `pk`.
    ///
    /// A window whose west lies east of its east crosses the antimeridian (RFC 7946, section 5.2).
    /// - Throws: `QueryError` that names `bbox`, `limit` or `brand`.
    public func factories(
        west: Double, south: Double, east: Double, north: Double, limit: Int = 100, after: Int64? = nil, filter: Filter = Filter()
    ) throws(QueryError) -> BBoxPage {
        try factories(west: west, south: south, east: east, north: north, limit: limit, after: after, filter: filter, delta: nil)
    }

    /// The same with changes laid over the snapshot.
    func factories(
        west: Double, south: Double, east: Double, north: Double, limit: Int, after: Int64?, filter: Filter, delta: Delta?
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
        let program = try FilterProgram(filter, for: self, delta: delta)
        let after = after ?? -1
        var total = 0
        var page = BoundedKeys(limit: limit + 1)
        for (left, right) in west <= east ? [(west, east)] : [(west, 180), (-180, east)] {
            let northWest = MercatorGrid.project(longitude: left, latitude: north)
            let southEast = MercatorGrid.project(longitude: right, latitude: south)
            // A cell wider on every side. The projection does not ascend to the last bit: a position inside, within a bit or two of the
            // window's edge, may lie in the cell beside that of the edge. The exact position decides about all that this brings in.
            let box = GridBox(
                minX: northWest.x.subtractingClamped(1), minY: northWest.y.subtractingClamped(1), maxX: southEast.x.addingClamped(1),
                maxY: southEast.y.addingClamped(1))
            func offer(_ factory: Int, _ pk: UInt32, longitude: Double, latitude: Double) {
                guard longitude >= left, longitude <= right, latitude >= south, latitude <= north else { return }
                total += 1
                if Int64(pk) > after { page.offer(key: pk, index: factory) }
            }
            tree.window(box) { run in
                program.forEachMatch(in: run) { index in
                    offer(index, primaryKey[index], longitude: earth.longitude[index], latitude: earth.latitude[index])
                }
            }
            delta?.forEachMatch(in: box, program) { row, factory in
                offer(~row, factory.pk, longitude: factory.longitude, latitude: factory.latitude)
            }
        }
        let found = page.sorted()
        let hits = found.prefix(limit).map { hit($0, delta) }
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
