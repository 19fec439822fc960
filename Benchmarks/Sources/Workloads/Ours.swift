// Ours.swift: BlueAtlas' index as the comparison sees it: built from positions or cells, answers as ids in a buffer. The only
// file here that knows the index's interface.

import Geodesy
import SpatialIndex

/// The solver that the product uses.
package struct Solver: GeodesicSolver {
    private let geodesic = WGS84Geodesic()

    package init() {}

    package func distanceMeters(fromLongitude: Double, latitude: Double, toLongitude: Double, latitude toLatitude: Double) -> Double {
        geodesic.distanceMeters(fromLongitude: fromLongitude, latitude: latitude, toLongitude: toLongitude, latitude: toLatitude)
    }
}

/// The packed R-tree over cells, and the id of each of its points: all that windows need.
package struct OurTree {
    package let tree: PackedRTree
    /// The number that each point had before it was put in order.
    package let ids: Column<UInt32>

    /// From degrees, the projection included.
    package init(longitudes: [Double], latitudes: [Double]) {
        self.init(cells: MercatorGrid.project(longitudes: longitudes, latitudes: latitudes))
    }

    package init(cells: [GridPoint]) {
        (tree, ids) = PackedRTree.build(over: cells)
    }

    /// Writes the ids of the points in a box and returns how many there are. `out` has room for all ids.
    package func window(_ box: GridBox, ids out: UnsafeMutablePointer<UInt32>) -> Int {
        tree.values(of: ids, in: box, into: UnsafeMutableBufferPointer(start: out, count: ids.count))
    }
}

/// The tree with exact positions: for radius and nearest.
package struct OurIndex {
    package let index: OurTree
    package let earth: EarthPoints
    private let solver = Solver()

    /// From degrees, the projection included.
    package init(longitudes: [Double], latitudes: [Double]) {
        self.init(longitudes, latitudes, OurTree(longitudes: longitudes, latitudes: latitudes))
    }

    package init(degrees: [Position]) {
        self.init(longitudes: degrees.map(\.longitude), latitudes: degrees.map(\.latitude))
    }

    package init(degrees: [Position], index: OurTree) {
        self.init(degrees.map(\.longitude), degrees.map(\.latitude), index)
    }

    private init(_ longitudes: [Double], _ latitudes: [Double], _ index: OurTree) {
        self.index = index
        earth = EarthPoints(longitudes: longitudes, latitudes: latitudes, order: index.ids)
    }

    /// Every member of a circle with its exact distance.
    package func radius(_ query: CircleQuery, ids out: UnsafeMutablePointer<UInt32>, distances: UnsafeMutablePointer<Double>) -> Int {
        index.ids.withUnsafeBufferPointer { ids in
            guard let ids = ids.baseAddress else { return 0 }
            var count = 0
            index.tree.forEachNeighborRun(
                longitude: query.longitude, latitude: query.latitude, meters: query.meters, earth: earth, solver: solver
            ) { run, meters in
                (out + count).update(from: ids + run.lowerBound, count: run.count)
                (distances + count).update(from: meters, count: run.count)
                count += run.count
            }
            return count
        }
    }

    /// The nearest members of a circle with their exact distances, a page of `limit`, and how many members there are: what a client of
    /// `/v1/factories/near` asks for.
    ///
    /// - Parameter after: the distance and position of the page before's last.
    package func page(_ query: CircleQuery, limit: Int, after: (distanceMeters: Double, index: Int)? = nil) -> (
        neighbors: [Neighbor], total: Int
    ) {
        index.tree.radius(
            longitude: query.longitude, latitude: query.latitude, meters: query.meters, earth: earth, solver: solver, limit: limit,
            after: after, where: { _ in true })
    }

    package func nearest(_ at: Position, k: Int, ids out: UnsafeMutablePointer<UInt32>, distances: UnsafeMutablePointer<Double>) -> Int {
        let found = index.tree.nearest(
            longitude: at.longitude, latitude: at.latitude, k: k, earth: earth, solver: solver, where: { _ in true })
        return deliver(found, out, distances)
    }

    private func deliver(
        _ neighbors: [Neighbor], _ out: UnsafeMutablePointer<UInt32>, _ distances: UnsafeMutablePointer<Double>
    ) -> Int {
        index.ids.withUnsafeBufferPointer { ids in
            for (at, neighbor) in neighbors.enumerated() {
                out[at] = ids[neighbor.index]
                distances[at] = neighbor.distanceMeters
            }
        }
        return neighbors.count
    }
}
