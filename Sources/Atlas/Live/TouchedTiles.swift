// TouchedTiles.swift: which tiles a batch of changes can have altered: at every zoom and in every datum those that draw a changed factory, or a
// cluster that it is or was part of. All others hold the same bytes as before.
//
// In WGS 84 that is the tile of the factory's position, before and after. In GCJ-02 and BD-09 a cluster is moved as a whole, from anywhere in
// its cell; so below the zooms where factories stand alone it is every tile that the moved cell reaches.

import SpatialIndex

/// Addresses of tiles that may be other ones now.
public struct TouchedTiles: Sendable {
    public struct Address: Hashable, Sendable {
        public var tile: TileID
        public var datum: TileDatum

        public init(tile: TileID, datum: TileDatum) {
            self.tile = tile
            self.datum = datum
        }
    }

    public private(set) var addresses: Set<Address> = []
    /// The cells of the changed factories' positions, before and after.
    private var points: [GridPoint] = []

    public var isEmpty: Bool { points.isEmpty }

    /// Cost: some 10 µs a move.
    public init(_ moves: [Delta.Move]) {
        for position in moves.flatMap(\.positions) {
            let here = MercatorGrid.project(longitude: position.longitude, latitude: position.latitude)
            points.append(here)
            for zoom in 0...TileRules.maximumZoom { insert(here, zoom, .wgs84) }
            for datum in [TileDatum.gcj02, .bd09] {
                for zoom in 0..<TileRules.firstZoomWithoutClusters { insertCell(of: here, zoom, datum) }
                let there = datum.moved(longitude: position.longitude, latitude: position.latitude)
                for zoom in TileRules.firstZoomWithoutClusters...TileRules.maximumZoom { insert(there, zoom, datum) }
            }
        }
    }

    /// The closest zoom, up to `deepest`, at which no more than `limit` tiles of WGS 84 were touched, and those tiles. `limit` is at least 1.
    public func summary(deepest: Int, limit: Int) -> (zoom: Int, tiles: [TileID]) {
        for zoom in stride(from: deepest, to: 0, by: -1) {
            var tiles = Set<TileID>()
            for point in points where tiles.count <= limit { tiles.insert(TileID(containing: point, z: zoom)) }
            if tiles.count <= limit { return (zoom, tiles.sorted { ($0.x, $0.y) < ($1.x, $1.y) }) }
        }
        return (0, points.first.map { [TileID(containing: $0, z: 0)] } ?? [])
    }

    private mutating func insert(_ point: GridPoint, _ zoom: Int, _ datum: TileDatum) {
        addresses.insert(Address(tile: TileID(containing: point, z: zoom), datum: datum))
    }

    /// Within a cell the shift bends by less than this, in cells of the grid: 30 m.
    private static let bend: UInt32 = 4_000
    /// From this zoom on cells are so small that their corners tell where they go.
    private static let firstZoomOfSmallCells = 8

    private mutating func insertCell(of point: GridPoint, _ zoom: Int, _ datum: TileDatum) {
        let cell = TileID(containing: point, z: zoom + TileRules.cellDepth).box
        var box = cell
        var margin = TileRules.shiftMargin
        if zoom >= TouchedTiles.firstZoomOfSmallCells {
            margin = TouchedTiles.bend
            let corners = [
                GridPoint(x: cell.minX, y: cell.minY), GridPoint(x: cell.maxX, y: cell.minY), GridPoint(x: cell.minX, y: cell.maxY),
                GridPoint(x: cell.maxX, y: cell.maxY),
            ]
            let moved = corners.map { datum.moved($0) }
            // Where the shift begins, at the outline of China, a part of the cell may stay where it is.
            let crossesOutline = zip(corners, moved).contains { $0 == $1 }
            let reached = crossesOutline ? moved + corners : moved
            box = reached.reduce(GridBox(minX: .max, minY: .max, maxX: 0, maxY: 0)) { box, point in
                GridBox(
                    minX: min(box.minX, point.x), minY: min(box.minY, point.y), maxX: max(box.maxX, point.x), maxY: max(box.maxY, point.y))
            }
        }
        let northWest = GridPoint(x: box.minX.subtractingClamped(margin), y: box.minY.subtractingClamped(margin))
        let southEast = GridPoint(x: box.maxX.addingClamped(margin), y: box.maxY.addingClamped(margin))
        let first = TileID(containing: northWest, z: zoom)
        let last = TileID(containing: southEast, z: zoom)
        for x in first.x...last.x {
            for y in first.y...last.y {
                if let tile = TileID(z: zoom, x: Int(x), y: Int(y)) { addresses.insert(Address(tile: tile, datum: datum)) }
            }
        }
    }
}
