// Snapshot+SupplierTiles.swift: clusters of a few among many: of the suppliers of brands. They are walked themselves, one after the other, and not the
// cells of the tile, so that a tile costs what it holds, however many factories there are beside.

import SpatialIndex

extension Snapshot {
    /// Adds the clusters and single factories of those candidates in a range that pass. Cost: O(candidates in the range).
    ///
    /// - Parameter candidates: positions in Hilbert order, ascending. Those of one cell follow each other, as the curve fills a cell before
    ///   it leaves it.
    func collectCandidates(
        _ candidates: [UInt32], _ range: Range<Int>, cellZoom: Int, program: FilterProgram, into contents: inout TileContents
    ) {
        var at = candidates.partitioningIndex { Int($0) >= range.lowerBound }
        var cluster = ClusterSum()
        var cell: TileID?
        while at < candidates.count, case let index = Int(candidates[at]), index < range.upperBound {
            at += 1
            guard program.matches(index) else { continue }
            let (x, y) = (tree.x[index], tree.y[index])
            let own = TileID(containing: GridPoint(x: x, y: y), z: cellZoom)
            if own != cell {
                contents.add(cluster, of: cell)
                cluster = ClusterSum()
                cell = own
            }
            cluster.add(x: x, y: y, status: status[index], index: index)
        }
        contents.add(cluster, of: cell)
    }
}

extension TileContents {
    /// Adds what a cell holds: nothing, a factory by itself, or a cluster.
    fileprivate mutating func add(_ cluster: ClusterSum, of cell: TileID?) {
        guard let cell, cluster.count > 0 else { return }
        if cluster.count == 1 { add(factory: cluster.first) } else { add(cluster: cluster, cell: cell) }
    }
}
