// Tiles.swift: the tiles of the comparison: the whole world through a filter of two attributes, and the densest tile of some
// zooms, with and without it.

import Atlas
import SpatialIndex
import VectorTile
import Workloads

/// One tile to make.
struct TileWork {
    var name: String
    var tile: TileID
    var filtered: Bool

    static let statuses = ["violating", "unresolved"]
    static let industries = ["C17", "C26"]

    var filter: Filter {
        get throws {
            guard filtered else { return Filter() }
            return try Filter(parameters: [
                ("status", TileWork.statuses.joined(separator: ",")), ("industry", TileWork.industries.joined(separator: ",")),
            ])
        }
    }

    static func choose(from atlas: Snapshot, cells: [GridPoint]) throws -> [TileWork] {
        guard let world = TileID(z: 0, x: 0, y: 0) else { return [] }
        var chosen = [
            TileWork(name: "tile-z0", tile: world, filtered: false), TileWork(name: "tile-z0-filtered", tile: world, filtered: true),
        ]
        for zoom in [5, 9, 12, 14] {
            var counts: [TileID: Int] = [:]
            for cell in cells { counts[TileID(containing: cell, z: zoom), default: 0] += 1 }
            // The densest; of equals the first in the order of tiles.
            let densest = counts.max { ($0.value, $1.key.y, $1.key.x) < ($1.value, $0.key.y, $0.key.x) }
            guard let densest else { continue }
            chosen.append(TileWork(name: "tile-z\(zoom)", tile: densest.key, filtered: false))
            chosen.append(TileWork(name: "tile-z\(zoom)-filtered", tile: densest.key, filtered: true))
        }
        return chosen
    }
}

/// What is in a tile of ours, for others to compare with.
struct TileFinding: Codable {
    struct Cluster: Codable {
        var z: Int
        var x: Int
        var y: Int
        var count: Int
        var violating: Int
    }

    struct Choice: Codable {
        var status: [String]
        var industry: [String]
    }

    var work: String
    var z: Int
    var x: Int
    var y: Int
    var filter: Choice
    /// Cells of the global grid with two or more factories.
    var clusters: [Cluster]
    /// Ids of the factories that stand alone in their cell, ascending.
    var singles: [Int]
    var features: Int
    /// Factories in the tile: the clusters' counts and the singles.
    var factories: Int
    var bytes: Int

    /// - Parameter ids: the comparison's ids by the registry's numbers.
    init(_ work: TileWork, in atlas: Snapshot, ids: [Int64: Int]) throws {
        let bytes = try atlas.tile(map: .blue, id: work.tile, filter: work.filter)
        self.work = work.name
        z = work.tile.z
        x = Int(work.tile.x)
        y = Int(work.tile.y)
        filter = work.filtered ? Choice(status: TileWork.statuses, industry: TileWork.industries) : Choice(status: [], industry: [])
        self.bytes = bytes.count
        let layers = try DecodedTile(decoding: bytes).layers
        let cellZoom = work.tile.z + 5
        clusters = layers.filter { $0.name == TileSchema.clusterLayer }.flatMap(\.features).map { feature in
            // The cluster's id names its cell: zoom, x, y in 20 bits each.
            let id = feature.id ?? 0
            return Cluster(
                z: cellZoom, x: Int(id >> 20 & 0xF_FFFF), y: Int(id & 0xF_FFFF),
                count: feature.attributes["count"]?.intValue ?? 0, violating: feature.attributes["violating"]?.intValue ?? 0)
        }
        singles = layers.filter { $0.name == TileSchema.factoryLayer }.flatMap(\.features)
            .compactMap { $0.id.flatMap { ids[Int64($0)] } }.sorted()
        features = clusters.count + singles.count
        factories = clusters.reduce(singles.count) { $0 + $1.count }
    }

    /// The tile to make again.
    var tileWork: TileWork? {
        TileID(z: z, x: x, y: y).map { TileWork(name: work, tile: $0, filtered: !filter.status.isEmpty || !filter.industry.isEmpty) }
    }
}
