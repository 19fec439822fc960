// Figures.swift: how long one thread takes for the tiles and queries that BlueAtlas exists for, over one snapshot. Medians and
// the 99th percentile of many runs at places where the data are, chosen by a seed; nothing is cached between runs.

import Atlas
import Foundation
import Registry
import SpatialIndex

@main
enum Figures {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else {
            print("usage: Figures SNAPSHOT")
            exit(2)
        }
        let path = CommandLine.arguments[1]
        let open = try measure(runs: 9) { _ in _ = try Snapshot.open(path: path) }
        let snapshot = try Snapshot.open(path: path)
        print("\(snapshot.info.factories) factories, \(snapshot.info.records) records, \(snapshot.info.fileBytes / 1_000_000) MB")
        report("open, every checksum verified", open, bar: 50)

        let filter = try Filter(parameters: [("status", "violating,unresolved"), ("industry", "C17,C26")])
        let records = try Filter(parameters: [("category", "water"), ("min_severity", "3"), ("from", "2024-01-01")])
        guard let world = TileID(z: 0, x: 0, y: 0) else { return }
        report("z0 tile, all", try measure(runs: 15) { _ in _ = try snapshot.tile(map: .blue, id: world) })
        report(
            "z0 tile, status and industry", try measure(runs: 15) { _ in _ = try snapshot.tile(map: .blue, id: world, filter: filter) },
            bar: 10)
        report("z0 tile, by records", try measure(runs: 15) { _ in _ = try snapshot.tile(map: .blue, id: world, filter: records) }, bar: 10)

        let places = try centres(of: snapshot, count: 200)
        for zoom in [5, 9, 12, 13] {
            report(
                "z\(zoom) tile, filtered",
                try measure(runs: places.count) { run in
                    _ = try snapshot.tile(map: .blue, id: TileID(containing: places[run].cell, z: zoom), filter: filter)
                })
        }
        report(
            "z14 tile, all, before compression",
            try measure(runs: places.count) { run in _ = try snapshot.tile(map: .blue, id: TileID(containing: places[run].cell, z: 14)) },
            bar: 1)
        let dense = try places.max { try count($0) < count($1) }
        if let dense {
            let tile = TileID(containing: dense.cell, z: 14)
            report(
                "z14 tile, the densest of these (\(try count(dense)) within 1 km)",
                try measure(runs: 25) { _ in _ = try snapshot.tile(map: .blue, id: tile) })
        }
        report(
            "radius 5 km, nearest 100, exact distances",
            try measure(runs: places.count) { run in
                _ = try snapshot.near(longitude: places[run].longitude, latitude: places[run].latitude, radiusMeters: 5_000, limit: 100)
            }, bar: 0.5)
        report(
            "nearest 10",
            try measure(runs: places.count) { run in
                _ = try snapshot.nearest(longitude: places[run].longitude, latitude: places[run].latitude, k: 10)
            })
        report(
            "brand overlay, z5",
            try measure(runs: places.count) { run in
                _ = try snapshot.tile(map: .supplyChain, id: TileID(containing: places[run].cell, z: 5))
            })

        func count(_ place: Place) throws -> Int {
            try snapshot.near(longitude: place.longitude, latitude: place.latitude, radiusMeters: 1_000, limit: 1).total
        }
    }

    struct Place {
        var longitude: Double
        var latitude: Double
        var cell: GridPoint { MercatorGrid.project(longitude: longitude, latitude: latitude) }
    }

    /// Positions of factories, spread evenly over their numbers: as dense as the data.
    static func centres(of snapshot: Snapshot, count: Int) throws -> [Place] {
        let step = max(snapshot.info.factories / count, 1)
        return (0..<count).compactMap { snapshot.factory(pk: Int64($0 * step + 1)) }.map {
            Place(longitude: $0.longitude, latitude: $0.latitude)
        }
    }

    /// Milliseconds of each run, ascending.
    static func measure(runs: Int, _ body: (Int) throws -> Void) rethrows -> [Double] {
        var times: [Double] = []
        for run in 0..<runs {
            let start = ContinuousClock.now
            try body(run)
            times.append((ContinuousClock.now - start) / .milliseconds(1))
        }
        return times.sorted()
    }

    static func report(_ name: String, _ times: [Double], bar: Double? = nil) {
        guard !times.isEmpty else { return }
        let median = times[times.count / 2]
        let late = times[min(times.count * 99 / 100, times.count - 1)]
        let against = bar.map { " (bar \($0) ms)" } ?? ""
        let padded = name.padding(toLength: 52, withPad: " ", startingAt: 0)
        print("\(padded) median \(String(format: "%8.3f", median)) ms   p99 \(String(format: "%8.3f", late)) ms\(against)")
    }
}
