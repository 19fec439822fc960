// NeighborMerger.swift: nearest-first answers of a snapshot and of its delta, as one. Each of the two is settled in itself; where a factory of
// the one is nearly as far as a factory of the other, the geodesic decides, as it does within each.

import SpatialIndex

/// A factory and its distance from the query.
struct LiveNeighbor {
    /// In the snapshot's order; ~row for one of the delta.
    var factory: Int
    var distanceMeters: Double

    /// More than two ways to find one distance differ by, metres: estimates are good to 1.3 µm, solved distances to nanometres.
    static let tolerance = 1e-5
}

struct NeighborMerger {
    private let snapshot: Snapshot
    private let delta: Delta
    private let longitude: Double
    private let latitude: Double

    /// - Parameters: `longitude`, `latitude`: of the query, degrees.
    init(snapshot: Snapshot, delta: Delta, longitude: Double, latitude: Double) {
        self.snapshot = snapshot
        self.delta = delta
        self.longitude = longitude
        self.latitude = latitude
    }

    /// Nearest first, ties in the order of the map. O(length of both).
    func merge(_ file: [LiveNeighbor], _ changed: [Neighbor]) -> [LiveNeighbor] {
        guard !changed.isEmpty else { return file }
        var all = merged(file, changed.map { LiveNeighbor(factory: ~$0.index, distanceMeters: $0.distanceMeters) }) {
            $0.distanceMeters <= $1.distanceMeters
        }
        var start = 0
        while start < all.count {
            var end = start + 1
            while end < all.count, all[end].distanceMeters <= all[end - 1].distanceMeters + LiveNeighbor.tolerance { end += 1 }
            let run = all[start..<end]
            // Alone, or all of one side: as it was settled.
            if run.contains(where: { $0.factory < 0 }), run.contains(where: { $0.factory >= 0 }) { settle(&all, start..<end) }
            start = end
        }
        return all
    }

    private func settle(_ all: inout [LiveNeighbor], _ run: Range<Int>) {
        let first = position(all[run.lowerBound].factory)
        let isOnePosition = all[run].allSatisfy { position($0.factory) == first }
        let isOneDistance = all[run].allSatisfy { $0.distanceMeters == all[run.lowerBound].distanceMeters }
        if !isOnePosition || !isOneDistance {
            let solver = ExactGeodesic()
            for place in run {
                let (toLongitude, toLatitude) = position(all[place].factory)
                all[place].distanceMeters = solver.distanceMeters(
                    fromLongitude: longitude, latitude: latitude, toLongitude: toLongitude, latitude: toLatitude)
            }
        }
        let sorted = all[run].map { (neighbor: $0, key: key($0.factory)) }.sorted { a, b in
            (a.neighbor.distanceMeters, a.key.position, a.key.pk) < (b.neighbor.distanceMeters, b.key.position, b.key.pk)
        }
        for (place, entry) in zip(run, sorted) { all[place] = entry.neighbor }
    }

    private func position(_ factory: Int) -> (Double, Double) {
        factory < 0
            ? (delta.earth.longitude[~factory], delta.earth.latitude[~factory])
            : (snapshot.earth.longitude[factory], snapshot.earth.latitude[factory])
    }

    private func key(_ factory: Int) -> (position: UInt64, pk: UInt32) {
        if factory < 0 { return (delta.positions[~factory], delta.rows[~factory].pk) }
        return snapshot.orderKey(factory)
    }
}

/// Where a page ended, in the snapshot's order and in the delta's.
struct LiveCursor {
    var inSnapshot: (distanceMeters: Double, index: Int)
    var inDelta: (distanceMeters: Double, index: Int)
    /// Of the factory that the page ended with, degrees; nil when it is gone, or somewhere else by now.
    var position: (longitude: Double, latitude: Double)?

    /// - Parameters: `longitude`, `latitude`: of the query, degrees.
    init?(_ cursor: NearCursor?, longitude: Double, latitude: Double, in snapshot: Snapshot, _ delta: Delta?) {
        guard let cursor else { return nil }
        // The index breaks ties by Hilbert position; factories at one position stand there by ascending pk, so the cursor's pk finds the
        // place. One that is gone by now, or has moved, sorts before all of its distance: repeated, never skipped.
        let before = max(cursor.distanceMeters - LiveNeighbor.tolerance, 0)
        inSnapshot = (before, -1)
        inDelta = (before, -1)
        position = nil
        let live = UInt32(exactly: cursor.pk).flatMap { delta?.factory(pk: $0) }
        let index = snapshot.index(pk: cursor.pk).flatMap { delta?.hidden.contains($0) ?? false ? nil : $0 }
        let place: (longitude: Double, latitude: Double)
        let key: (position: UInt64, pk: UInt32)
        if let live {
            (place, key) = ((live.longitude, live.latitude), (live.position, live.pk))
        } else if let index {
            (place, key) = ((snapshot.earth.longitude[index], snapshot.earth.latitude[index]), snapshot.orderKey(index))
        } else {
            return
        }
        let distance = ExactGeodesic().distanceMeters(
            fromLongitude: longitude, latitude: latitude, toLongitude: place.longitude, latitude: place.latitude)
        guard abs(distance - cursor.distanceMeters) <= LiveNeighbor.tolerance else { return }
        position = place
        inSnapshot = (cursor.distanceMeters, index ?? snapshot.lastIndex(before: key))
        inDelta = (cursor.distanceMeters, delta.map { $0.firstRow(at: key.position, pk: key.pk) - (live == nil ? 1 : 0) } ?? -1)
    }
}

extension Snapshot {
    /// What the order of the map sorts a factory by.
    func orderKey(_ index: Int) -> (position: UInt64, pk: UInt32) {
        (HilbertCurve.position(of: GridPoint(x: tree.x[index], y: tree.y[index])), primaryKey[index])
    }

    /// The last factory that stands before a place of the order; −1: none. O(log n).
    func lastIndex(before key: (position: UInt64, pk: UInt32)) -> Int {
        (0..<count).partitioningIndex { orderKey($0) >= key } - 1
    }
}

extension Delta {
    /// Calls `body` for every factory in a box that passes.
    func forEachMatch(in box: GridBox, _ program: FilterProgram, _ body: (_ row: Int, _ factory: LiveFactory) -> Void) {
        tree.window(box) { run in
            for row in run where program.passes(facts[row], of: rows[row]) { body(row, rows[row]) }
        }
    }
}
