// PeerTests.swift: tiles against decoders and encoders written by others (mapbox-vector-tile, tippecanoe, GDAL).

import Foundation
import Testing
import VectorTile

@Suite struct PeerTests {
    @Test func threeOtherDecodersReadEveryTileAsItWasMeant() throws {
        let samples = [
            "geometries": SampleTiles.geometries, "values": SampleTiles.values, "layers": SampleTiles.layers,
            "crowd": SampleTiles.crowd(2000, seed: 7), "single": SampleTiles.crowd(1, seed: 8),
        ]
        let summary = try PeerDecoders.withFolder { folder in
            for (name, layers) in samples {
                try Data(SampleTiles.encode(layers)).write(to: folder.appendingPathComponent("\(name).mvt"))
                try SampleTiles.expectedJSON(layers).write(to: folder.appendingPathComponent("\(name).json"))
            }
            return try PeerDecoders.compare(folder)
        }
        #expect(summary == "same: 5 tiles, 2019 features, by mapbox-vector-tile, tippecanoe-decode, GDAL")
    }

    @Test func ourDecoderSaysTheSameAsThreeOthers() throws {
        let summary = try PeerDecoders.withFolder { folder in
            for (name, layers) in ["geometries": SampleTiles.geometries, "values": SampleTiles.values, "layers": SampleTiles.layers] {
                let bytes = SampleTiles.encode(layers)
                try Data(bytes).write(to: folder.appendingPathComponent("\(name).mvt"))
                let read = try DecodedTile(decoding: bytes).inspectJSON()
                try Data(read.utf8).write(to: folder.appendingPathComponent("\(name).json"))
            }
            return try PeerDecoders.compare(folder)
        }
        #expect(summary.hasPrefix("same: 3 tiles, 18 features"))
    }

    @Test func theComparisonSeesADifference() throws {
        var wrong = SampleTiles.geometries
        wrong[0].features[4].id = 50
        #expect {
            try PeerDecoders.withFolder { folder in
                try Data(SampleTiles.encode(SampleTiles.geometries)).write(to: folder.appendingPathComponent("tile.mvt"))
                try SampleTiles.expectedJSON(wrong).write(to: folder.appendingPathComponent("tile.json"))
                return try PeerDecoders.compare(folder)
            }
        } throws: { error in
            ["mapbox-vector-tile", "tippecanoe-decode", "GDAL"].allSatisfy {
                "\(error)".contains("tile.mvt: layer geometries, feature 4: expected id 50, \($0) found 5")
            }
        }
    }

    @Test(arguments: ["mapbox-vector-tile", "gdal"]) func ourDecoderReadsTilesThatOthersWrote(encoder: String) throws {
        try PeerDecoders.withFolder { folder in
            try PeerDecoders.encode(into: folder)
            let tile = try DecodedTile(decoding: Data(contentsOf: folder.appendingPathComponent("\(encoder).mvt")))
            let found = try JSONSerialization.jsonObject(with: Data(tile.inspectJSON().utf8))
            let expected = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appendingPathComponent("\(encoder).json")))
            #expect(try #require(found as? NSDictionary) == (try #require(expected as? NSDictionary)))
        }
    }
}
