// TileFuzz.swift: bytes as a vector tile. What decodes is also written out as text and JSON.

import VectorTile

enum TileFuzz {
    static func run(_ input: UnsafeRawBufferPointer) {
        guard let tile = try? DecodedTile(decoding: input) else { return }
        _ = tile.inspectText(featureLimit: 100)
        _ = tile.inspectJSON()
    }
}
