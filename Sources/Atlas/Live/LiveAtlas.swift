// LiveAtlas.swift: the map as it is now: a snapshot, and the changes since it was made. Everything that a client may ask of the factories
// is asked here, so that no answer can be older than another.

import Registry
import SpatialIndex

/// One immutable state of the live map. Cheap to copy; all methods may be called from any thread at once.
///
/// What does not follow single changes (borders, the names of places) is asked of `snapshot` itself.
public struct LiveAtlas: Sendable {
    /// What the changes are laid over.
    public let snapshot: Snapshot

    public init(_ snapshot: Snapshot) {
        self.snapshot = snapshot
    }

    /// What the data are, changes included.
    public var info: SnapshotInfo { snapshot.info }

    /// Whether everything that the filter names is known here.
    ///
    /// - Throws: `QueryError` that names `brand`.
    public func check(_ filter: Filter) throws(QueryError) { try snapshot.check(filter) }

    /// The tile of an address: as `Snapshot.tile`.
    public func tile(map: MapKind, id tile: TileID, filter: Filter = Filter(), datum: TileDatum = .wgs84) throws(QueryError) -> [UInt8] {
        try snapshot.tile(map: map, id: tile, filter: filter, datum: datum)
    }

    /// Factories within a radius, nearest first: as `Snapshot.near`.
    public func near(
        longitude: Double, latitude: Double, radiusMeters: Double, limit: Int = 100, after: NearCursor? = nil, filter: Filter = Filter()
    ) throws(QueryError) -> NearPage {
        try snapshot.near(
            longitude: longitude, latitude: latitude, radiusMeters: radiusMeters, limit: limit, after: after, filter: filter)
    }

    /// The `k` nearest factories: as `Snapshot.nearest`.
    public func nearest(longitude: Double, latitude: Double, k: Int, filter: Filter = Filter()) throws(QueryError) -> [FactoryHit] {
        try snapshot.nearest(longitude: longitude, latitude: latitude, k: k, filter: filter)
    }

    /// Factories in a window, by ascending `pk`: as `Snapshot.factories`.
    public func factories(
        west: Double, south: Double, east: Double, north: Double, limit: Int = 100, after: Int64? = nil, filter: Filter = Filter()
    ) throws(QueryError) -> BBoxPage {
        try snapshot.factories(west: west, south: south, east: east, north: north, limit: limit, after: after, filter: filter)
    }

    /// The factory with a registry number, if there is one.
    public func factory(pk: Int64) -> FactoryHit? { snapshot.factory(pk: pk) }

    /// The factory with a source's id, if there is one.
    public func factory(id: String) -> FactoryHit? { snapshot.factory(id: id) }

    /// Factories that match all terms of a query, best first: as `Snapshot.search`.
    public func search(_ query: SearchQuery, limit: Int) -> SearchPage { snapshot.search(query, limit: limit) }

    /// Places that match a query, best first: as `Snapshot.searchPlaces`.
    public func searchPlaces(_ query: SearchQuery, limit: Int) -> [PlaceMatch] { snapshot.searchPlaces(query, limit: limit) }

    /// Brands, and how many factories each publishes as suppliers.
    public var publishedBrands: [(id: String, suppliers: Int)] { snapshot.publishedBrands }
}
