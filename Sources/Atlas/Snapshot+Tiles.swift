// Snapshot+Tiles.swift: from a tile's address to the bytes of a vector tile.
//
// A tile is one contiguous range of the Hilbert order, and so is each of its cluster cells: walk the cells, scan the
// filter over each, write a cluster for two or more factories and the factory itself for one. Every factory that passes
// stands in exactly one tile of a zoom, in one feature: nothing is dropped, nothing counted twice.
//
// In GCJ-02 or BD-09 the cells and positions are the same ones, moved: the cells of a margin around the tile are walked
// too, each cluster or factory is moved, and the tile that the moved point falls into is its only owner.

import Geodesy
import Registry
import SpatialIndex
import VectorTile

extension Snapshot {
    /// The uncompressed Mapbox Vector Tile 2.1 of one address; empty when no factory that passes stands in it.
    ///
    /// Layers `clusters` and `factories` as `TileSchema` says. Points only, inside the tile: there is no buffer. The map `base` has the
    /// layers of `placeTile` instead, and takes no filter.
    /// Cost: O(factories in the tile), or O(suppliers in the tile) when brands are named.
    public func tile(map: MapKind, id tile: TileID, filter: Filter = Filter(), datum: TileDatum = .wgs84) throws(QueryError) -> [UInt8] {
        guard map != .carbon else {
            throw QueryError(parameter: "map", value: map.rawValue, message: "this snapshot has no layers of the map 'carbon'")
        }
        guard tile.z <= TileRules.maximumZoom else {
            throw QueryError(parameter: "z", value: String(tile.z), message: "the deepest zoom is \(TileRules.maximumZoom)")
        }
        if map == .base {
            guard filter.isEmpty else {
                throw QueryError(parameter: "map", value: map.rawValue, message: "the map 'base' has no factories, so it takes no filters")
            }
            return placeTile(id: tile, datum: datum)
        }
        let program = try FilterProgram(filter, for: self, suppliersOnly: map == .supplyChain)
        var contents = TileContents(tile: tile, snapshot: self, datum: datum)
        collect(tile: tile, program: program, datum: datum, into: &contents)
        return contents.encode(showBrands: map == .supplyChain)
    }

    private func collect(tile: TileID, program: FilterProgram, datum: TileDatum, into contents: inout TileContents) {
        let clustered = tile.z < TileRules.firstZoomWithoutClusters
        let cellZoom = tile.z + TileRules.cellDepth
        if datum == .wgs84 {
            let range = tree.range(of: tile)
            if clustered {
                collectCells(range, cellZoom: cellZoom, program: program, into: &contents)
            } else {
                program.forEachMatch(in: range) { contents.add(factory: $0) }
            }
        } else {
            // The margin, widened to whole cells: a cluster must be complete before it is moved.
            let cell = clustered ? UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(32 - cellZoom)) - 1) : 0
            let box = tile.box
            let wide = GridBox(
                minX: box.minX.subtractingClamped(TileRules.shiftMargin) & ~cell,
                minY: box.minY.subtractingClamped(TileRules.shiftMargin) & ~cell,
                maxX: box.maxX.addingClamped(TileRules.shiftMargin) | cell,
                maxY: box.maxY.addingClamped(TileRules.shiftMargin) | cell)
            tree.window(wide) { run in
                if clustered {
                    collectCells(run, cellZoom: cellZoom, program: program, into: &contents)
                } else {
                    program.forEachMatch(in: run) { contents.add(factory: $0) }
                }
            }
        }
    }

    private func collectCells(_ range: Range<Int>, cellZoom: Int, program: FilterProgram, into contents: inout TileContents) {
        tree.forEachCell(in: range, cellZoom: cellZoom) { cell, run in
            var cluster = ClusterSum()
            // Setting the loops up costs more than a few factories.
            if program.passesAll, run.count >= 64 {
                cluster.addAll(run, x: tree.x, y: tree.y, status: status)
            } else {
                program.forEachMatch(in: run) { index in
                    cluster.add(x: tree.x[index], y: tree.y[index], status: status[index], index: index)
                }
            }
            switch cluster.count {
            case 0: break
            case 1: contents.add(factory: cluster.first)
            default: contents.add(cluster: cluster, cell: cell)
            }
        }
    }
}

extension UInt32 {
    fileprivate func subtractingClamped(_ other: UInt32) -> UInt32 { self > other ? self - other : 0 }
    fileprivate func addingClamped(_ other: UInt32) -> UInt32 { self > .max - other ? .max : self + other }
}
