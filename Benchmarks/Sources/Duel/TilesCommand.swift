// TilesCommand.swift: `Duel tiles` makes every tile of a list, which a builder of whole tile sets wrote, on one thread; so our tiles on
// demand stand beside a set that is built beforehand.

import ArgumentParser
import Atlas
import SpatialIndex
import VectorTile

struct TilesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tiles", abstract: "Makes all tiles that addresses.txt of the work folder names.")

    @Option(help: "The work folder; its addresses.txt holds z, x and y a line.")
    var work: String
    @Option(help: "The snapshot file.")
    var snapshot: String
    @Option(help: "Rounds over all tiles.")
    var rounds = 3

    func run() throws {
        let folder = WorkFolder(work)
        let atlas = try Snapshot.open(path: snapshot)
        let tiles = try folder.text(of: "addresses.txt").split(separator: "\n").map { line in
            let parts = line.split(separator: " ").compactMap { Int($0) }
            guard parts.count == 3, let tile = TileID(z: parts[0], x: parts[1], y: parts[2]) else {
                throw DuelError("addresses.txt: '\(line)' is not the z, x and y of a tile")
            }
            return tile
        }
        try check(tiles, atlas)

        var bytes = 0
        var timings = Timings()
        for _ in 0..<rounds {
            bytes = 0
            let start = Stopwatch.now()
            for tile in tiles { bytes += try atlas.tile(map: .blue, id: tile).count }
            timings.add(round: [Stopwatch.now() - start])
        }
        var results = Results()
        let note = "\(tiles.count) tiles on demand, \(bytes >> 20) MiB uncompressed, every zoom holds all factories"
        results.add(
            Contender(name: "blueatlas", version: "this tree", note: note, exact: true), work: "tile-set", queries: 1, timings, wrong: 0)
        try results.write(to: folder)
        print(results.line(of: "tile-set"))
    }

    /// The list is complete, and so are our tiles, when each zoom holds every factory.
    private func check(_ tiles: [TileID], _ atlas: Snapshot) throws {
        var found: [Int: Int] = [:]
        for tile in tiles {
            for layer in try DecodedTile(decoding: atlas.tile(map: .blue, id: tile)).layers {
                for feature in layer.features { found[tile.z, default: 0] += feature.attributes["count"]?.intValue ?? 1 }
            }
        }
        for (zoom, factories) in found.sorted(by: { $0.key < $1.key }) where factories != atlas.info.factories {
            throw DuelError("zoom \(zoom): the tiles hold \(factories) of \(atlas.info.factories) factories")
        }
    }
}
