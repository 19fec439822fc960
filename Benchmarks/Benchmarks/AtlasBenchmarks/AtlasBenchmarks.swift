// AtlasBenchmarks.swift: microbenchmarks of the engine, to see what a change does: `swift package benchmark`. An iteration of a
// query is a fixed list of queries, so that counts of instructions repeat.

import Atlas
import Benchmark
import CLibdeflate
import Foundation
import SpatialIndex
import VectorTile
import Workloads

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .instructions], warmupIterations: 1, maxDuration: .seconds(1), maxIterations: 2_000)
    do {
        let path = try SampleSnapshot.path()
        let snapshot = try Snapshot.open(path: path)
        let positions = snapshot.positions()
        let index = OurIndex(degrees: positions)
        addIndexBenchmarks(index, positions)
        try addNearBenchmarks(snapshot, positions)
        try addTileBenchmarks(snapshot, positions)
        addEncodingBenchmarks()
        Benchmark("snapshot open") { _ in blackHole(try Snapshot.open(path: path)) }
    } catch {
        FileHandle.standardError.write(Data("the benchmarks' snapshot: \(error)\n".utf8))
        exit(1)
    }
}

private func addIndexBenchmarks(_ index: OurIndex, _ positions: [Position]) {
    let cells = positions.map { MercatorGrid.project(longitude: $0.longitude, latitude: $0.latitude) }
    Benchmark("index build, from cells") { _ in blackHole(OurTree(cells: cells)) }
    Benchmark("index build, from degrees with exact positions") { _ in blackHole(OurIndex(degrees: positions)) }
    let works = [
        Work(name: "window 1 km", kind: .window(kilometers: 1)), Work(name: "window 10 km", kind: .window(kilometers: 10)),
        Work(name: "window 100 km", kind: .window(kilometers: 100)),
        Work(name: "radius 1 km", kind: .radius(kilometers: 1)), Work(name: "radius 5 km", kind: .radius(kilometers: 5)),
        Work(name: "radius 20 km", kind: .radius(kilometers: 20)),
        Work(name: "nearest 1", kind: .nearest(k: 1)), Work(name: "nearest 10", kind: .nearest(k: 10)),
        Work(name: "nearest 100", kind: .nearest(k: 100)),
    ]
    let room = positions.count
    for work in works {
        var hundred = work
        hundred.queries = 100
        let queries = QuerySet(hundred, over: positions, seed: 1)
        Benchmark("\(work.name), 100 queries") { benchmark in
            let ids = UnsafeMutablePointer<UInt32>.allocate(capacity: room)
            let distances = UnsafeMutablePointer<Double>.allocate(capacity: room)
            defer {
                ids.deallocate()
                distances.deallocate()
            }
            benchmark.startMeasurement()
            var found = 0
            switch queries {
            case .windows(let boxes): for box in boxes { found &+= index.index.window(box, ids: ids) }
            case .circles(let circles): for circle in circles { found &+= index.radius(circle, ids: ids, distances: distances) }
            case .places(let places, let k): for place in places { found &+= index.nearest(place, k: k, ids: ids, distances: distances) }
            }
            blackHole(found)
            benchmark.stopMeasurement()
        }
    }
}

/// Pages of `/v1/factories/near`.
private func addNearBenchmarks(_ snapshot: Snapshot, _ positions: [Position]) throws {
    let filter = try Filter(parameters: [("status", "violating,unresolved")])
    for kilometers in [1, 5, 20] {
        let work = Work(name: "near \(kilometers) km", kind: .radius(kilometers: Double(kilometers)), queries: 100)
        guard case .circles(let circles) = QuerySet(work, over: positions, seed: 1) else { continue }
        for (words, filter) in [("", Filter()), (", filtered", filter)] {
            Benchmark("\(work.name)\(words), 100 pages of 100") { _ in
                for circle in circles {
                    blackHole(
                        try snapshot.near(
                            longitude: circle.longitude, latitude: circle.latitude, radiusMeters: circle.meters, filter: filter))
                }
            }
        }
    }
}

private func addTileBenchmarks(_ snapshot: Snapshot, _ positions: [Position]) throws {
    let filter = try Filter(parameters: [("status", "violating,unresolved"), ("industry", "C17,C26")])
    let cells = positions.map { MercatorGrid.project(longitude: $0.longitude, latitude: $0.latitude) }
    for zoom in 0...16 {
        var counts: [TileID: Int] = [:]
        for cell in cells { counts[TileID(containing: cell, z: zoom), default: 0] += 1 }
        // By count, then by place, so that the choice repeats.
        let ordered = counts.sorted { ($0.value, $0.key.x, $0.key.y) < ($1.value, $1.key.x, $1.key.y) }
        guard let dense = ordered.last?.key else { continue }
        var tiles = [("dense", dense)]
        if ordered.count > 1 { tiles.append(("sparse", ordered[ordered.count / 4].key)) }
        for (name, tile) in tiles {
            Benchmark("tile z\(zoom) \(name)") { _ in blackHole(try snapshot.tile(map: .blue, id: tile)) }
            Benchmark("tile z\(zoom) \(name), filtered") { _ in blackHole(try snapshot.tile(map: .blue, id: tile, filter: filter)) }
        }
        if zoom == 12 || zoom == 14 {
            let bytes = try snapshot.tile(map: .blue, id: dense)
            // The level that the server uses.
            Benchmark("compress tile z\(zoom) dense (\(bytes.count) bytes)") { benchmark in
                guard let compressor = libdeflate_alloc_compressor(1) else { return }
                defer { libdeflate_free_compressor(compressor) }
                var target = [UInt8](repeating: 0, count: bytes.count + 64)
                benchmark.startMeasurement()
                blackHole(libdeflate_gzip_compress(compressor, bytes, bytes.count, &target, target.count))
                benchmark.stopMeasurement()
            }
        }
    }
}

private func addEncodingBenchmarks() {
    let names = (0..<1_000).map { "虚构工厂\($0)号" }
    Benchmark("encode 1,000 points with four attributes") { _ in
        var encoder = TileEncoder()
        encoder.addLayer("factories", extent: 4_096) { layer in
            let name = layer.key("name")
            let status = layer.key("status")
            let records = layer.key("records")
            let worst = layer.key("worst_severity")
            for number in 0..<1_000 {
                layer.addPoint(id: UInt64(number), x: Int32(number * 7 % 4_096), y: Int32(number * 13 % 4_096))
                layer.set(name, names[number])
                layer.set(status, number % 3 == 0 ? "violating" : "clean")
                layer.set(records, UInt64(number % 17))
                layer.set(worst, UInt64(number % 6))
            }
        }
        blackHole(encoder.finish())
    }
}
