// TileKey.swift: what an encoded tile is kept under.

import Atlas
import SpatialIndex

/// One encoded tile of one snapshot.
struct TileKey: Hashable, Sendable {
    /// Zoom, x, y, map, datum and coding, packed.
    var address: UInt64
    var generation: UInt32
    /// The canonical filter.
    var filter: String

    /// Whether changes of factories show: on every map but the base map.
    var showsFactories: Bool { address & TileKey.mapMask != TileKey.baseMap }

    /// Zoom, x, y and datum: what a change of the map touches, whichever map, filter and coding.
    var place: UInt64 { address & TileKey.placeMask }

    /// The bits of a key's address that name a place: all but map and coding.
    static let placeMask: UInt64 = ~0b11001
    static let mapMask: UInt64 = 0b11000
    static let baseMap: UInt64 = 3 << 3

    /// Zoom, x, y and datum as they stand in a key's address.
    static func place(of address: TouchedTiles.Address) -> UInt64 {
        let datumBits: UInt64 =
            switch address.datum {
            case .wgs84: 0
            case .gcj02: 1
            case .bd09: 2
            }
        // z to 22 takes 5 bits, x and y 22 each.
        return (UInt64(address.tile.z) << 44 | UInt64(address.tile.x) << 22 | UInt64(address.tile.y)) << 5 | datumBits << 1
    }
}

extension TileRequest {
    /// The key of the encoded tile in the cache.
    ///
    /// - Parameter generation: number of the snapshot among those that this process has opened.
    func key(generation: UInt32, coding: ContentCoding) -> TileKey {
        let mapBits: UInt64 =
            switch map {
            case .blue: 0
            case .supplyChain: 1
            case .carbon: 2
            case .base: 3
            }
        let place = TileKey.place(of: TouchedTiles.Address(tile: tile, datum: datum))
        let address = place | mapBits << 3 | UInt64(coding.rawValue)
        var text = filter.isEmpty ? "" : filter.canonical
        if map == .carbon, carbon != CarbonSelection() { text += "&" + carbon.canonical }
        return TileKey(address: address, generation: generation, filter: text)
    }
}
