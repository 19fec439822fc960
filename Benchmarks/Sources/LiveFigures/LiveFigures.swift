// LiveFigures.swift: what changes that lie over a snapshot cost tiles and queries, what it takes to put a batch of them into service, and what a
// build takes. The changes are made up over factories of the data set: each is moved by some hundred metres and gets a record.

import Atlas
import Foundation
import Registry
import SpatialIndex

@main
enum LiveFigures {
    /// SplitMix64 (Steele, Lea and Flood 2014).
    struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    static func main() throws {
        guard (3...4).contains(CommandLine.arguments.count) else {
            print("usage: LiveFigures SNAPSHOT REGISTRY [build]")
            exit(2)
        }
        let snapshot = try Snapshot.open(path: CommandLine.arguments[1])
        let store = try RegistryStore(path: CommandLine.arguments[2], mode: .readOnly)
        print("\(snapshot.info.factories) factories; medians of one thread, milliseconds (99th percentile)")
        var random = Random(state: 1)
        let places = try centres(of: snapshot, &random)
        let filter = try Filter(parameters: [("status", "violating,unresolved"), ("industry", "C17,C26")])
        for count in [0, 1_000, 10_000, 20_000, 50_000] {
            var delta = Delta(over: snapshot)
            let factories = Int64(snapshot.info.factories)
            if count > 0 {
                let changes = try changes(of: (0..<count).map { _ in Int64.random(in: 1...factories, using: &random) }, store, &random)
                guard let step = try delta.advanced(by: changes, over: snapshot) else {
                    return print("the changes do not fit the snapshot")
                }
                delta = step.delta
            }
            let live = LiveAtlas(snapshot, delta)
            print("\n\(delta.count) changed factories over it")
            if let world = TileID(z: 0, x: 0, y: 0) {
                report("z0 tile", try measure(runs: 25) { _ in _ = try live.tile(map: .blue, id: world) })
                report(
                    "z0 tile, status and industry", try measure(runs: 25) { _ in _ = try live.tile(map: .blue, id: world, filter: filter) })
            }
            for zoom in [5, 9, 12, 14] {
                report(
                    "z\(zoom) tile",
                    try measure(runs: places.count) { _ = try live.tile(map: .blue, id: TileID(containing: places[$0].cell, z: zoom)) })
            }
            report(
                "z9 tile in GCJ-02",
                try measure(runs: places.count) {
                    _ = try live.tile(map: .blue, id: TileID(containing: places[$0].cell, z: 9), datum: .gcj02)
                })
            report(
                "radius 5 km, nearest 100",
                try measure(runs: places.count) {
                    _ = try live.near(longitude: places[$0].longitude, latitude: places[$0].latitude, radiusMeters: 5_000)
                })
            report(
                "nearest 10",
                try measure(runs: places.count) {
                    _ = try live.nearest(longitude: places[$0].longitude, latitude: places[$0].latitude, k: 10)
                })
            for text in ["化工", "上海宏达", "shhd"] {
                let query = try SearchQuery(text)
                report("search \(text)", try measure(runs: 25) { _ in _ = live.search(query, limit: 10) })
            }
            for batch in [1, 20, 200] {
                let batches = try (0..<15).map { _ in
                    try changes(of: (0..<batch).map { _ in Int64.random(in: 1...factories, using: &random) }, store, &random)
                }
                report(
                    "the next delta, a batch of \(batch)",
                    try measure(runs: batches.count) { _ = try delta.advanced(by: batches[$0], over: snapshot) })
                if count == 0 {
                    let moves = try batches.map { try delta.advanced(by: $0, over: snapshot)?.moves ?? [] }
                    report("its tiles", try measure(runs: moves.count) { _ = TouchedTiles(moves[$0]) })
                    let keys = (0..<batch).map { _ in Int64.random(in: 1...factories, using: &random) }
                    report("reading it", try measure(runs: 15) { _ in _ = try store.states(ofFactories: keys) })
                }
            }
        }
        guard CommandLine.arguments.count == 4 else { return }
        let output = CommandLine.arguments[1] + ".built"
        defer { unlink(output) }
        report("\nbuilding a snapshot", try measure(runs: 1) { _ in _ = try SnapshotBuilder.build(store: store, output: output) })
    }

    /// The states of factories, changed.
    static func changes(of keys: [Int64], _ store: RegistryStore, _ random: inout Random) throws -> TouchedFactories {
        var touched = try store.states(ofFactories: Array(Set(keys)))
        for index in touched.factories.indices {
            touched.factories[index].state?.longitude += Double.random(in: -0.004...0.004, using: &random)
            touched.factories[index].state?.latitude += Double.random(in: -0.004...0.004, using: &random)
            touched.factories[index].state?.records.append(
                RecordFacts(
                    kind: .penalty, published: Day.today(), actDate: nil, category: .water, measure: .fine, fineCNY: 200_000,
                    state: .standing,
                    rating: nil))
        }
        return touched
    }

    /// Positions where the factories are.
    static func centres(of snapshot: Snapshot, _ random: inout Random) throws -> [(longitude: Double, latitude: Double, cell: GridPoint)] {
        var places: [(longitude: Double, latitude: Double, cell: GridPoint)] = []
        while places.count < 200 {
            guard let hit = snapshot.factory(pk: Int64.random(in: 1...Int64(snapshot.info.factories), using: &random)) else { continue }
            places.append((hit.longitude, hit.latitude, MercatorGrid.project(longitude: hit.longitude, latitude: hit.latitude)))
        }
        return places
    }

    static func measure(runs: Int, _ body: (Int) throws -> Void) rethrows -> [Double] {
        try (0..<runs).map { run in
            let start = ContinuousClock.now
            try body(run)
            return (ContinuousClock.now - start) / .milliseconds(1)
        }.sorted()
    }

    static func report(_ name: String, _ sorted: [Double]) {
        let label = name + String(repeating: " ", count: max(40 - name.count, 1))
        print(label + String(format: "%9.3f  (%.3f)", sorted[sorted.count / 2], sorted[min(sorted.count * 99 / 100, sorted.count - 1)]))
    }
}
