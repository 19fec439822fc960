// BruteForce.swift: the truth: every point that might be in an answer is measured by the geodesic solver, or its cell
// compared. No index of ours, no chord: the points are sorted by latitude, and only what is surely too far north, south, east
// or west is passed over.
//
// Along a path of length s latitude changes by at most s / (b²/a), since b²/a is the least meridional radius of curvature. A
// point Δλ < 90° away lies behind the half-plane through the axis at Δλ, whose distance from the query is ρ sin Δλ with ρ the
// query's distance from the axis: so s ≥ ρ sin Δλ.

import CPeers
import Glibc
import SpatialIndex
import Workloads

struct BruteForce: Sendable {
    private let longitude: [Double]
    private let latitude: [Double]
    private let id: [UInt32]
    private let cells: [GridPoint]
    /// Positions in `cellID` by ascending row of the grid.
    private let row: [UInt32]
    private let cellID: [UInt32]

    init(_ points: [Position], _ cells: [GridPoint]) {
        let order = points.indices.sorted { points[$0].latitude < points[$1].latitude }
        longitude = order.map { points[$0].longitude }
        latitude = order.map { points[$0].latitude }
        id = order.map { UInt32($0) }
        self.cells = cells
        let byRow = cells.indices.sorted { cells[$0].y < cells[$1].y }
        row = byRow.map { cells[$0].y }
        cellID = byRow.map { UInt32($0) }
    }

    /// Ids of the points whose cell lies in a box, ascending.
    func window(_ box: GridBox) -> [UInt32] {
        guard box.minY <= box.maxY else { return [] }
        let start = row.firstIndex(notBelow: box.minY)
        var found: [UInt32] = []
        var at = start
        while at < row.count, row[at] <= box.maxY {
            let cell = cells[Int(cellID[at])]
            if cell.x >= box.minX, cell.x <= box.maxX { found.append(cellID[at]) }
            at += 1
        }
        return found.sorted()
    }

    /// Points within a geodesic distance, nearest first, ties by id.
    func radius(_ query: CircleQuery) -> [Found] {
        candidates(query).map { at in
            Found(distance: peer_geodesic(query.longitude, query.latitude, longitude[at], latitude[at]), id: id[at])
        }.filter { $0.distance <= query.meters }.sorted()
    }

    /// The k nearest and some more: the nearest within a circle that holds k at least are the nearest of all.
    func nearest(_ place: Position, k: Int) -> [Found] {
        var meters = 250.0
        while meters < 500_000 {
            let query = CircleQuery(longitude: place.longitude, latitude: place.latitude, meters: meters)
            if candidates(query).count >= k {
                let found = radius(query)
                if found.count >= k { return found }
            }
            meters *= 1.4
        }
        return nearestFar(place, k: k)
    }

    /// The same by a pass over all points on the unit sphere, latitude taken as it is: a path on the ellipsoid is at least b²/a (its
    /// least meridional radius of curvature) and at most a²/b (the greatest radius) times as long as its image there. So whoever is
    /// farther on the sphere than (a/b)³ times the k-th is farther on the ellipsoid.
    private func nearestFar(_ place: Position, k: Int) -> [Found] {
        var angles = [Double](repeating: 0, count: id.count)
        var least: [Double] = []
        for at in angles.indices {
            let angle = peer_haversine(place.longitude, place.latitude, longitude[at], latitude[at])
            angles[at] = angle
            if least.count < k || angle < least[least.count - 1] {
                let rank = least.firstIndex(notBelow: angle)
                least.insert(angle, at: rank)
                if least.count > k { least.removeLast() }
            }
        }
        let flattening = 1 / (1 - 1 / 298.257223563)
        // The haversine loses half its digits at the antipode, where it is good to 0.2 m.
        let limit = (least.last ?? 0) * flattening * flattening * flattening + 10
        return angles.indices.filter { angles[$0] <= limit }.map { at in
            Found(distance: peer_geodesic(place.longitude, place.latitude, longitude[at], latitude[at]), id: id[at])
        }.sorted()
    }

    /// Candidates for a circle measured on a sphere: those within, ids ascending. For the comparison of models.
    func haversine(_ query: CircleQuery) -> [UInt32] {
        var wider = query
        wider.meters *= 1.02
        return candidates(wider).filter { peer_haversine(query.longitude, query.latitude, longitude[$0], latitude[$0]) <= query.meters }
            .map { id[$0] }.sorted()
    }

    /// Positions of the points that are not surely out of a circle.
    private func candidates(_ query: CircleQuery) -> [Int] {
        let degree = 180 / Double.pi
        let a = 6_378_137.0
        let b = a * (1 - 1 / 298.257223563)
        let reach = query.meters + 1e-3
        let north = reach / (b * b / a) * degree + 1e-9
        // ρ = N cos φ is at least a cos φ.
        let sine = reach / (a * cos(query.latitude / degree))
        let east = sine < 1 ? asin(sine) * degree + 1e-9 : 360
        var found: [Int] = []
        var at = latitude.firstIndex(notBelow: query.latitude - north)
        while at < latitude.count, latitude[at] <= query.latitude + north {
            let away = abs(longitude[at] - query.longitude)
            if away <= east || away >= 360 - east { found.append(at) }
            at += 1
        }
        return found
    }
}

/// A point of an answer.
struct Found: Comparable {
    var distance: Double
    var id: UInt32

    static func < (a: Found, b: Found) -> Bool { a.distance < b.distance || (a.distance == b.distance && a.id < b.id) }
}

extension Array where Element: Comparable {
    /// The first position of an ascending array whose value is not below a bound; the count if there is none.
    fileprivate func firstIndex(notBelow bound: Element) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < bound { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
