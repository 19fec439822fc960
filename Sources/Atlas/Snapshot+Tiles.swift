// Snapshot+Tiles.swift: from a tile's address to the bytes of a vector tile.
//
// A tile is one contiguous range of the Hilbert order, and so is each of its cluster cells: walk the cells, scan the
// filter over each (or take the sums that are kept, where it asks for statuses alone), write a cluster for two or more
// factories and the factory itself for one. Every factory that passes stands in exactly one tile of a zoom, in one
// feature: nothing is dropped, nothing counted twice.
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
    /// layers of `placeTile` instead, and takes no filter; the map `carbon` those of `carbonTile`, which `carbon` chooses among.
    /// Cost: O(factories in the tile), or O(suppliers in the tile) when brands are named.
    public func tile(
        map: MapKind, id tile: TileID, filter: Filter = Filter(), datum: TileDatum = .wgs84, carbon: CarbonSelection = CarbonSelection()
    ) throws(QueryError) -> [UInt8] {
        try self.tile(map: map, id: tile, filter: filter, datum: datum, carbon: carbon, delta: nil)
    }

    /// About how long `tile` and compressing its bytes take, in nanoseconds, at most; nil: not known beforehand (borders, other datums,
    /// several brands, whose lists are merged). O(log n). The figures are measured ones, rounded up.
    func expectedCost(map: MapKind, id tile: TileID, filter: Filter, datum: TileDatum, delta: Delta?) -> Int? {
        guard map == .blue || map == .supplyChain, datum == .wgs84, tile.z <= TileRules.maximumZoom, filter.brands.count <= 1 else {
            return nil
        }
        let factories = tree.range(of: tile).count + (delta?.tree.range(of: tile).count ?? 0)
        let features = tile.z < TileRules.firstZoomWithoutClusters ? min(factories, 1 << (2 * TileRules.cellDepth)) : factories
        // Sums of whole cells are there by status; any other filter looks at each factory, at most.
        let scanned = filter.asksForStatusesAlone && map == .blue ? 0 : factories
        return scanned * 3 + features * 1_300
    }

    /// The same with changes laid over the snapshot. Emissions follow no single changes: the map `carbon` is the snapshot's own.
    func tile(
        map: MapKind, id tile: TileID, filter: Filter, datum: TileDatum, carbon: CarbonSelection = CarbonSelection(), delta: Delta?
    ) throws(QueryError) -> [UInt8] {
        if map == .carbon { return try carbonTile(id: tile, selection: carbon, filter: filter, datum: datum) }
        guard tile.z <= TileRules.maximumZoom else {
            throw QueryError(parameter: "z", value: String(tile.z), message: "the deepest zoom is \(TileRules.maximumZoom)")
        }
        if map == .base {
            guard filter.isEmpty else {
                throw QueryError(parameter: "map", value: map.rawValue, message: "the map 'base' has no factories, so it takes no filters")
            }
            return placeTile(id: tile, datum: datum)
        }
        let program = try FilterProgram(filter, for: self, suppliersOnly: map == .supplyChain, delta: delta)
        var contents = TileContents(tile: tile, snapshot: self, delta: delta, datum: datum)
        collect(tile: tile, program: program, datum: datum, delta: delta, into: &contents)
        return contents.encode(brands: map == .supplyChain ? filter.brands : nil)
    }

    private func collect(tile: TileID, program: FilterProgram, datum: TileDatum, delta: Delta?, into contents: inout TileContents) {
        let cellZoom = tile.z < TileRules.firstZoomWithoutClusters ? tile.z + TileRules.cellDepth : nil
        if datum == .wgs84 {
            let range = tree.range(of: tile)
            guard var live = LiveSweep(delta, program, cellZoom, { $0.tree.range(of: tile).forEachRun($1) }) else {
                return collect(range, cellZoom: cellZoom, program: program, into: &contents)
            }
            live.collect(range, of: self, into: &contents)
            live.finish(into: &contents)
        } else {
            let wide = tile.reach(cellZoom: cellZoom)
            guard var live = LiveSweep(delta, program, cellZoom, { $0.tree.window(wide, $1) }) else {
                return tree.window(wide) { collect($0, cellZoom: cellZoom, program: program, into: &contents) }
            }
            tree.window(wide) { live.collect($0, of: self, into: &contents) }
            live.finish(into: &contents)
        }
    }

    /// - Parameter cellZoom: of the cluster cells; nil: every factory stands by itself.
    private func collect(_ range: Range<Int>, cellZoom: Int?, program: FilterProgram, into contents: inout TileContents) {
        guard let cellZoom else { return program.forEachMatch(in: range) { contents.add(factory: $0) } }
        if let candidates = program.candidates {
            return collectCandidates(candidates, range, cellZoom: cellZoom, program: program, into: &contents)
        }
        if program.statusesAlone != nil { contents.reserveClusters(of: range.count) }
        forEachCell(of: range, zoom: cellZoom, program: program) { contents.add($1, cell: $0) }
    }

    /// Calls `body` with every cell of a run that holds factories, and what those that pass add up to. What is read is opened once for all cells.
    func forEachCell(of range: Range<Int>, zoom: Int, program: FilterProgram, _ body: (TileID, ClusterSum) -> Void) {
        guard program.candidates == nil else {
            return tree.forEachCell(in: range, cellZoom: zoom) { cell, run in
                var sum = ClusterSum()
                program.forEachMatch(in: run) { sum.add(x: tree.x[$0], y: tree.y[$0], status: status[$0], index: $0) }
                body(cell, sum)
            }
        }
        runningSums.withReader(tree.x, tree.y, status) { sums in
            if let wanted = program.statusesAlone, !program.hides {
                return tree.forEachCell(in: range, cellZoom: zoom) { body($0, sums.cluster(of: $1, among: wanted)) }
            }
            program.withScan(of: range) { scan in
                tree.forEachCell(in: range, cellZoom: zoom) { cell, run in
                    // Setting this up costs more than a few factories.
                    if let wanted = program.statusesAlone, run.count >= 32 {
                        var sum = sums.sum(of: run, among: wanted)
                        program.forEachHidden(in: run) { index in
                            guard wanted & (1 << (status[index] & 7)) != 0 else { return }
                            sum.subtract(x: tree.x[index], y: tree.y[index], status: status[index])
                        }
                        // Which one is left, if only one is, the sums do not know.
                        if sum.count != 1 { return body(cell, ClusterSum(sum)) }
                    }
                    var sum = ClusterSum()
                    program.forEachWord(in: run, by: &scan) { sums.add($1, from: $0, to: &sum) }
                    body(cell, sum)
                }
            }
        }
    }
}
