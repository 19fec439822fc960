// TileCommand.swift: `blueatlas tile`, one tile of a snapshot as bytes or in words, and any tile file in words.

import ArgumentParser
import Atlas
import Foundation
import SpatialIndex
import VectorTile

struct TileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tile", abstract: "Makes one vector tile, or shows what is in one.",
        usage: """
            blueatlas tile 5/26/13 --inspect
            blueatlas tile 5/26/13 --output tile.mvt
            blueatlas tile --inspect --file tile.mvt
            """)

    @Argument(help: "z/x/y, y counted from the north.")
    var address: String?
    @Option(help: "The snapshot file.")
    var snapshot = "var/atlas.snapshot"
    @Option(help: "blue, supply-chain or base.")
    var map = "blue"
    @Option(help: "wgs84, gcj02 or bd09.")
    var datum = "wgs84"
    @OptionGroup var filters: FilterOptions
    @Flag(help: "Show the layers and features instead of bytes.")
    var inspect = false
    @Flag(help: "With --inspect: as JSON.")
    var json = false
    @Option(help: "Where to write the bytes; default: standard output.")
    var output: String?
    @Option(help: "With --inspect: read this tile file (not gzipped) instead of making one.")
    var file: String?

    func run() throws {
        let bytes = try tileBytes()
        guard inspect else {
            if let output {
                do { try Data(bytes).write(to: URL(fileURLWithPath: output), options: .atomic) } catch {
                    throw CommandFailure(message: "--output: cannot write '\(output)': \(CommandOutput.reason(error))")
                }
            } else {
                FileHandle.standardOutput.write(Data(bytes))
            }
            return
        }
        do {
            let tile = try DecodedTile(decoding: bytes)
            print(json ? tile.inspectJSON() : tile.inspectText())
        } catch {
            throw CommandFailure(error)
        }
    }

    private func tileBytes() throws -> [UInt8] {
        if let file {
            do { return Array(try Data(contentsOf: URL(fileURLWithPath: file))) } catch {
                throw CommandFailure(message: "--file: cannot read '\(file)': \(CommandOutput.reason(error))")
            }
        }
        guard let address else { throw CommandFailure(message: "give a tile as z/x/y, or --inspect --file TILE") }
        let numbers = address.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 3, let z = numbers[0], let x = numbers[1], let y = numbers[2] else {
            throw CommandFailure(message: "tile: '\(address)' is not z/x/y, such as 5/26/13")
        }
        guard (0...TileSchema.deepestZoom).contains(z), let id = TileID(z: z, x: x, y: y) else {
            throw CommandFailure(
                message: "tile: '\(address)' is outside the pyramid: z is 0 to \(TileSchema.deepestZoom), x and y are 0 to 2^z - 1")
        }
        guard let kind = MapKind(rawValue: map) else { throw CommandFailure(message: "--map: '\(map)' is not blue, supply-chain or base") }
        guard let frame = TileDatum(rawValue: datum) else {
            throw CommandFailure(message: "--datum: '\(datum)' is not wgs84, gcj02 or bd09")
        }
        let atlas = try CommandOutput.open(snapshot)
        CommandOutput.warnIfSynthetic(atlas.info)
        do { return try atlas.tile(map: kind, id: id, filter: try filters.filter(), datum: frame) } catch { throw CommandFailure(error) }
    }
}
