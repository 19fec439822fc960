// PeerTileTests.swift: tiles of the real maps read the same in three decoders written by others.

import Atlas
import Foundation
import SpatialIndex
import Testing
import VectorTile

@Suite struct PeerTileTests {
    @Test func tilesOfBothMapsReadTheSameElsewhere() throws {
        let atlas = try SampleAtlas.shared.get()
        let summary = try PeerDecoders.withFolder { folder in
            for map in [MapKind.blue, .supplyChain] {
                for zoom in [0, 4, 8, 12, 13, 14, 16] {
                    for (number, place) in [(121.47, 31.23), (113.75, 23.02), (180.0, 0.0)].enumerated() {
                        let tile = TileID(containing: MercatorGrid.project(longitude: place.0, latitude: place.1), z: zoom)
                        let bytes = try atlas.snapshot.tile(map: map, id: tile)
                        if bytes.isEmpty { continue }
                        let name = folder.appendingPathComponent("\(map.rawValue)-\(zoom)-\(number)")
                        try Data(bytes).write(to: name.appendingPathExtension("mvt"))
                        try Data(DecodedTile(decoding: bytes).inspectJSON().utf8).write(to: name.appendingPathExtension("json"))
                    }
                }
            }
            return try PeerDecoders.compare(folder)
        }
        #expect(!summary.isEmpty)
    }
}
