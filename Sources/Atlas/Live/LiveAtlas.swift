// LiveAtlas.swift: the map as it is now: a snapshot, and the changes since it was made. Everything that a client may ask of the factories
// is asked here, so that no answer can be older than another.

import Registry
import SpatialIndex

/// One immutable state of the live map. Cheap to copy; all methods may be called from any thread at once.
///
/// Every answer is that of a snapshot built now. What does not follow single changes is asked of `snapshot` itself: borders, the names and
/// windows of places.
public struct LiveAtlas: Sendable {
    /// What the changes are laid over.
    public let snapshot: Snapshot
    /// The changes; nil when there are none.
    public let delta: Delta?

    public init(_ snapshot: Snapshot, _ delta: Delta? = nil) {
        self.snapshot = snapshot
        self.delta = delta.flatMap { $0.changesNothing(of: snapshot) ? nil : $0 }
        sequence = delta?.sequence ?? snapshot.info.builtFromSequence
    }

    /// The last change of the registry that is in here.
    public let sequence: Int64

    /// What the data are, changes included. `asOf`, `label` and the size of the file are the snapshot's.
    public var info: SnapshotInfo {
        var info = snapshot.info
        info.builtFromSequence = sequence
        guard let delta else { return info }
        info.factories += delta.sums.factories
        info.records += delta.sums.records
        info.links += delta.sums.links
        info.brands = delta.tables.brandIDs.count
        guard !delta.rows.isEmpty else { return info }
        // What was removed may have been outermost; too large a window does no harm.
        info.west = delta.earth.longitude.reduce(info.west ?? .infinity, min)
        info.east = delta.earth.longitude.reduce(info.east ?? -.infinity, max)
        info.south = delta.earth.latitude.reduce(info.south ?? .infinity, min)
        info.north = delta.earth.latitude.reduce(info.north ?? -.infinity, max)
        return info
    }

    /// How many factories have each status.
    public var statusCounts: [(status: FactoryStatus, factories: Int)] {
        let counts = (delta?.sums ?? LiveSums(snapshot)).statuses
        return FactoryStatus.allCases.map { ($0, counts[Int($0.rawValue)]) }
    }

    /// Whether everything that the filter names is known here.
    ///
    /// - Throws: `QueryError` that names `brand`.
    public func check(_ filter: Filter) throws(QueryError) { _ = try FilterProgram(filter, for: snapshot, delta: delta) }

    /// The tile of an address: as `Snapshot.tile`.
    ///
    /// Cost: some 10 ns more for each changed factory in the tile.
    public func tile(
        map: MapKind, id tile: TileID, filter: Filter = Filter(), datum: TileDatum = .wgs84, carbon: CarbonSelection = CarbonSelection()
    ) throws(QueryError) -> [UInt8] {
        try snapshot.tile(map: map, id: tile, filter: filter, datum: datum, carbon: carbon, delta: delta)
    }

    /// About how long `tile` and compressing its bytes take, in nanoseconds, at most; nil: not known beforehand. O(log n).
    public func expectedTileCost(map: MapKind, id tile: TileID, filter: Filter, datum: TileDatum) -> Int? {
        snapshot.expectedCost(map: map, id: tile, filter: filter, datum: datum, delta: delta)
    }

    /// Factories within a radius, nearest first: as `Snapshot.near`. A cursor goes on working while factories change: of those that stay
    /// as they are, none is skipped and none repeated.
    public func near(
        longitude: Double, latitude: Double, radiusMeters: Double, limit: Int = 100, after: NearCursor? = nil, filter: Filter = Filter()
    ) throws(QueryError) -> NearPage {
        try snapshot.near(
            longitude: longitude, latitude: latitude, radiusMeters: radiusMeters, limit: limit, after: after, filter: filter, delta: delta)
    }

    /// The `k` nearest factories: as `Snapshot.nearest`.
    public func nearest(longitude: Double, latitude: Double, k: Int, filter: Filter = Filter()) throws(QueryError) -> [FactoryHit] {
        try snapshot.nearest(longitude: longitude, latitude: latitude, k: k, filter: filter, delta: delta)
    }

    /// Factories in a window, by ascending `pk`: as `Snapshot.factories`.
    public func factories(
        west: Double, south: Double, east: Double, north: Double, limit: Int = 100, after: Int64? = nil, filter: Filter = Filter()
    ) throws(QueryError) -> BBoxPage {
        try snapshot.factories(
            west: west, south: south, east: east, north: north, limit: limit, after: after, filter: filter, delta: delta)
    }

    /// The factory with a registry number, if there is one.
    public func factory(pk: Int64) -> FactoryHit? {
        guard let delta else { return snapshot.factory(pk: pk) }
        if let live = UInt32(exactly: pk).flatMap({ delta.factory(pk: $0) }) { return live.hit() }
        return snapshot.index(pk: pk).flatMap { delta.hidden.contains($0) ? nil : snapshot.hit($0) }
    }

    /// The factory with a source's id, if there is one.
    public func factory(id: String) -> FactoryHit? {
        guard let delta else { return snapshot.factory(id: id) }
        if let live = delta.factory(id: id) { return live.hit() }
        return snapshot.ids.find(id, in: snapshot.orderByID).flatMap { delta.hidden.contains($0) ? nil : snapshot.hit($0) }
    }

    /// Factories that match all terms of a query, best first: as `Snapshot.search`.
    public func search(_ query: SearchQuery, limit: Int) -> SearchPage { snapshot.search(query, limit: limit, delta: delta) }

    /// Places that match a query, best first: as `Snapshot.searchPlaces`, with the factories that are in them now. A place that had none when
    /// the snapshot was built is found after the next build.
    public func searchPlaces(_ query: SearchQuery, limit: Int) -> [PlaceMatch] {
        guard let delta else { return snapshot.searchPlaces(query, limit: limit) }
        return snapshot.placeTable.search(query, limit: limit, letters: delta.letters, changes: delta.sums.places)
    }

    /// Brands, and how many factories each publishes as suppliers.
    public var publishedBrands: [(id: String, suppliers: Int)] {
        guard let delta else { return snapshot.publishedBrands }
        let known = snapshot.publishedBrands
        return delta.tables.brandIDs.indices.map { number in
            (delta.tables.brandIDs[number], (number < known.count ? known[number].suppliers : 0) + delta.sums.suppliers[number])
        }
    }
}
