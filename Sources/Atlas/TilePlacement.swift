// TilePlacement.swift: where a position of the grid lies in a tile, and on a map of another datum. The one place for this arithmetic: all
// layers of points use it.

import Geodesy
import SpatialIndex

extension TileDatum {
    /// A cell of the grid as it lies on a map of this datum.
    func moved(_ point: GridPoint) -> GridPoint {
        guard self != .wgs84 else { return point }
        let position = MercatorGrid.unproject(point)
        return moved(longitude: position.longitude, latitude: position.latitude)
    }

    /// The cell where a position in degrees, WGS 84, is drawn on a map of this datum.
    func moved(longitude: Double, latitude: Double) -> GridPoint {
        let wgs84 = Coordinate<WGS84>(unchecked: longitude, latitude)
        switch self {
        case .wgs84: return MercatorGrid.project(longitude: longitude, latitude: latitude)
        case .gcj02:
            let there = wgs84.gcj02()
            return MercatorGrid.project(longitude: there.longitude, latitude: there.latitude)
        case .bd09:
            let there = wgs84.bd09()
            return MercatorGrid.project(longitude: there.longitude, latitude: there.latitude)
        }
    }
}

extension TileID {
    /// Where positions may lie that a datum moves into the tile: the tile with a margin.
    ///
    /// - Parameter cellZoom: of the cluster cells, to whose edges the region is widened: a cluster must be complete before it is moved. Nil:
    ///   there are none.
    func reach(cellZoom: Int?) -> GridBox {
        let cell = cellZoom.map { UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(32 - $0)) - 1) } ?? 0
        let box = self.box
        return GridBox(
            minX: box.minX.subtractingClamped(TileRules.shiftMargin) & ~cell,
            minY: box.minY.subtractingClamped(TileRules.shiftMargin) & ~cell,
            maxX: box.maxX.addingClamped(TileRules.shiftMargin) | cell,
            maxY: box.maxY.addingClamped(TileRules.shiftMargin) | cell)
    }
}

extension GridBox {
    /// Position inside a tile whose box this is: 0 ..< extent, so that a point never leaves the tile that owns it.
    @inline(__always)
    func local(_ point: GridPoint, zoom: Int) -> (x: Int32, y: Int32) {
        // A tile is 2^(32 − zoom) cells wide.
        let shift = UInt64(truncatingIfNeeded: 32 &- zoom)
        let x = (UInt64(point.x &- minX) * UInt64(TileRules.extent)) &>> shift
        let y = (UInt64(point.y &- minY) * UInt64(TileRules.extent)) &>> shift
        return (Int32(truncatingIfNeeded: x), Int32(truncatingIfNeeded: y))
    }
}

extension UInt32 {
    func subtractingClamped(_ other: UInt32) -> UInt32 { self > other ? self - other : 0 }
    func addingClamped(_ other: UInt32) -> UInt32 { self > .max - other ? .max : self + other }
}
