// Works.swift: what is guarded: each a fixed piece of work over the same invented factories, so that its instructions and
// allocations are the same in every run.

import Atlas
import SpatialIndex
import VectorTile
import Workloads

/// One guarded piece of work.
struct GuardedWork {
    var name: String
    /// Does it; the number depends on the result, so that no part of it can be left out.
    var run: () throws -> Int
}

/// What all works run over.
struct Workbench {
    static let factories = 100_000

    private let path: String
    private let snapshot: Snapshot
    private let positions: [Position]
    private let index: OurIndex

    init(snapshot path: String) throws {
        self.path = path
        snapshot = try Snapshot.open(path: path)
        positions = snapshot.positions()
        index = OurIndex(degrees: positions)
    }

    func works() throws -> [GuardedWork] {
        // Opening last: it has threads, after which callgrind may count the next work wrong.
        try buildWorks() + queryWorks() + nearWorks() + tileWorks() + codecWorks() + [openWork()]
    }

    private func buildWorks() -> [GuardedWork] {
        let cells = positions.map { MercatorGrid.project(longitude: $0.longitude, latitude: $0.latitude) }
        return [
            GuardedWork(name: "hilbert positions") { [cells] in
                Int(truncatingIfNeeded: cells.reduce(UInt64(0)) { $0 ^ HilbertCurve.position(of: $1) })
            },
            GuardedWork(name: "index build") { [cells] in OurTree(cells: cells).tree.boxMinX.count },
            GuardedWork(name: "index build with exact positions") { [positions] in
                OurIndex(degrees: positions).index.tree.boxMinX.count
            },
        ]
    }

    private func openWork() -> GuardedWork {
        GuardedWork(name: "snapshot open") { [path] in try Snapshot.open(path: path).count }
    }

    private func queryWorks() -> [GuardedWork] {
        // Few where each is large: callgrind makes all of it fifty times slower.
        let works = [
            Work(name: "window 1 km", kind: .window(kilometers: 1), queries: 1_000),
            Work(name: "window 10 km", kind: .window(kilometers: 10), queries: 500),
            Work(name: "window 100 km", kind: .window(kilometers: 100), queries: 100),
            Work(name: "radius 1 km", kind: .radius(kilometers: 1), queries: 500),
            Work(name: "radius 5 km", kind: .radius(kilometers: 5), queries: 200),
            Work(name: "radius 20 km", kind: .radius(kilometers: 20), queries: 100),
            Work(name: "nearest 1", kind: .nearest(k: 1), queries: 500),
            Work(name: "nearest 10", kind: .nearest(k: 10), queries: 500),
            Work(name: "nearest 100", kind: .nearest(k: 100), queries: 200),
            Work(name: "nearest 10 at empty places", kind: .nearest(k: 10), uniform: true, queries: 500),
        ]
        let room = positions.count
        return works.map { work in
            let queries = QuerySet(work, over: positions, seed: 1)
            return GuardedWork(name: "\(work.name), \(work.queries) queries") { [index] in
                let ids = UnsafeMutablePointer<UInt32>.allocate(capacity: room)
                let distances = UnsafeMutablePointer<Double>.allocate(capacity: room)
                defer {
                    ids.deallocate()
                    distances.deallocate()
                }
                var found = 0
                switch queries {
                case .windows(let boxes): for box in boxes { found &+= index.index.window(box, ids: ids) }
                case .circles(let circles): for circle in circles { found &+= index.radius(circle, ids: ids, distances: distances) }
                case .places(let places, let k):
                    for place in places { found &+= index.nearest(place, k: k, ids: ids, distances: distances) }
                }
                return found
            }
        }
    }

    /// Pages of `/v1/factories/near`, as the server asks for them.
    private func nearWorks() throws -> [GuardedWork] {
        let filters = [("", Filter()), (" in violation", try Filter(parameters: [("status", "violating,unresolved")]))]
        return [(1, 200), (5, 100), (20, 50)].flatMap { kilometers, count in
            let work = Work(name: "near \(kilometers) km", kind: .radius(kilometers: Double(kilometers)), queries: count)
            guard case .circles(let circles) = QuerySet(work, over: positions, seed: 1) else { return [GuardedWork]() }
            return filters.map { words, filter in
                GuardedWork(name: "\(work.name)\(words), \(count) pages of 100") { [snapshot] in
                    try circles.reduce(0) { sum, circle in
                        sum
                            &+ (try snapshot.near(
                                longitude: circle.longitude, latitude: circle.latitude, radiusMeters: circle.meters, filter: filter)).total
                    }
                }
            }
        }
    }

    /// The tile of a zoom in which most factories lie; of several, the first by its place.
    private func densestTile(z: Int) -> TileID? {
        var counts: [TileID: Int] = [:]
        for position in positions {
            counts[
                TileID(containing: MercatorGrid.project(longitude: position.longitude, latitude: position.latitude), z: z), default: 0] +=
                1
        }
        return counts.max { ($0.value, $1.key.x, $1.key.y) < ($1.value, $0.key.x, $0.key.y) }?.key
    }

    private func tileWorks() throws -> [GuardedWork] {
        let filter = try Filter(parameters: [("status", "violating,unresolved"), ("industry", "C17,C26")])
        let statuses = try Filter(parameters: [("status", "violating,unresolved")])
        return [0, 5, 9, 14].compactMap { z in densestTile(z: z) }.flatMap { tile in
            // So often that what a process does once (up to 40,000 instructions, now here and now there) does not count.
            let times = tile.z == 0 ? 1_000 : 20
            return [
                GuardedWork(name: "tile z\(tile.z), \(times) times") { [snapshot] in
                    try (0..<times).reduce(0) { sum, _ in sum &+ (try snapshot.tile(map: .blue, id: tile).count) }
                },
                GuardedWork(name: "tile z\(tile.z) of two statuses, \(times) times") { [snapshot] in
                    try (0..<times).reduce(0) { sum, _ in sum &+ (try snapshot.tile(map: .blue, id: tile, filter: statuses).count) }
                },
                GuardedWork(name: "tile z\(tile.z), filtered") { [snapshot] in
                    try snapshot.tile(map: .blue, id: tile, filter: filter).count
                },
            ]
        }
    }

    private func codecWorks() throws -> [GuardedWork] {
        let names = (0..<1_000).map { "虚构工厂\($0)号" }
        let encode: @Sendable () -> [UInt8] = {
            var encoder = TileEncoder()
            encoder.addLayer("factories", extent: 4_096) { layer in
                let name = layer.key("name")
                let status = layer.key("status")
                let records = layer.key("records")
                for number in 0..<names.count {
                    layer.addPoint(id: UInt64(number), x: Int32(number * 7 % 4_096), y: Int32(number * 13 % 4_096))
                    layer.set(name, names[number])
                    layer.set(status, number % 3 == 0 ? "violating" : "clean")
                    layer.set(records, UInt64(number % 17))
                }
            }
            return encoder.finish()
        }
        let bytes = encode()
        return [
            GuardedWork(name: "encode 1,000 points") { encode().count },
            GuardedWork(name: "decode 1,000 points") { try DecodedTile(decoding: bytes).layers.count },
        ]
    }
}
