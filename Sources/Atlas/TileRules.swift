// TileRules.swift: what stands in a tile, at which zoom, for which map. The one place for these decisions.

import SpatialIndex

enum TileRules {
    /// The deepest tile that is served.
    static let maximumZoom = 22
    /// From this zoom on every factory is drawn by itself; below it, cells of one global grid are clustered.
    ///
    /// A z14 tile is 2.4 km wide at the equator: closer in, a cluster would hide which factory is which.
    static let firstZoomWithoutClusters = 14
    /// A cluster cell is a tile of `zoom + cellDepth`: 32 × 32 cells a tile, 16 CSS pixels each at 512 pixels a tile.
    static let cellDepth = 5
    /// Coordinates inside a tile run from 0 to `extent` − 1.
    static let extent = 4096
    /// How many brands a feature lists; `brand_count` has the number of all.
    static let brandsListed = 8
    /// How many of them have an attribute of their own, `brand_0` and so on.
    static let brandsDrawn = 4

    /// How far GCJ-02 or BD-09 may lie from WGS 84, in grid cells: 0.04° of longitude.
    ///
    /// GCJ-02 moves a point by at most 0.8 km, BD-09 by 1.5 km more: under 0.03° of longitude up to 55° N, and on the
    /// Mercator grid a metre north is as long as a metre east.
    static let shiftMargin: UInt32 = UInt32(0.04 / 360 * 4_294_967_296.0)

    /// A number that names a cluster: the same cell of the same zoom has the same number in every tile, filter and snapshot.
    /// Below 2^53, so that JavaScript reads it exactly.
    static func clusterID(_ cell: TileID) -> UInt64 {
        UInt64(cell.z) << 40 | UInt64(cell.x) << 20 | UInt64(cell.y)
    }
}

/// Layers and attributes as clients read them; TileJSON lists the same.
public enum TileSchema {
    public static let clusterLayer = "clusters"
    public static let factoryLayer = "factories"
    public static let minimumZoom = 0
    /// The zoom from which a client may overzoom: deeper tiles exist and hold the same factories.
    public static let recommendedMaximumZoom = 16
    public static let deepestZoom = TileRules.maximumZoom
    /// How many brands of a supplier have an attribute each, `brand_0` and so on.
    public static let brandsDrawn = TileRules.brandsDrawn

    /// The zoom from which a client may overzoom tiles of a map.
    public static func recommendedMaximumZoom(of map: MapKind) -> Int {
        switch map {
        case .base: PlaceTileSchema.recommendedMaximumZoom
        case .carbon: CarbonTileSchema.recommendedMaximumZoom
        case .blue, .supplyChain: recommendedMaximumZoom
        }
    }

    /// Attribute name → what it is, per layer.
    public static func fields(of map: MapKind) -> [(layer: String, description: String, minZoom: Int, fields: [(String, String)])] {
        if map == .base { return PlaceTileSchema.fields.map { ($0.layer, $0.description, 0, $0.fields) } }
        if map == .carbon { return CarbonTileSchema.fields }
        var factory: [(String, String)] = [
            ("id", "String. The factory's id"),
            ("name", "String. Name in Chinese, or English where no Chinese one is known"),
            ("name_en", "String. Name in English, if known"),
            ("status", "String. violating, unresolved, explained, corrected, clean, unknown"),
            ("industry", "String. GB/T 4754 code"),
            ("records", "Number. Non-compliance records that stand in its history"),
            ("worst_severity", "Number. 0 without records, else 1 to 5"),
            ("latest", "String. Day of the latest record, ISO 8601"),
            ("key_monitored", "Boolean. Present and true for key monitored facilities"),
        ]
        if map == .supplyChain {
            factory.append(("brands", "String. Ids of up to \(TileRules.brandsListed) brands, separated by commas"))
            factory.append(("brand_count", "Number. Brands that publish this supplier"))
            for place in 0..<brandsDrawn {
                factory.append(("brand_\(place)", "String. Id of one of its brands: those that the filter names first, then by id"))
            }
            factory.append(("more", "Number. Brands beyond those; only where there are any"))
        }
        return [
            (
                clusterLayer, "Two or more factories of one cell of a global grid, at their mean position", 0,
                [
                    ("count", "Number. Factories"), ("violating", "Number. Those with status violating"),
                    ("worst_status", "String. The worst status among them"), ("cluster_id", "Number. Names the cell"),
                ]
            ),
            (factoryLayer, "Single factories; from zoom \(TileRules.firstZoomWithoutClusters) on all of them", 0, factory),
        ]
    }
}
