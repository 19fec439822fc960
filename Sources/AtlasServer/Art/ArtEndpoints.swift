// ArtEndpoints.swift: all that answers with pictures, over one cache and one set of fonts: letters, icons, brands with their logos.

import MapArt

struct ArtEndpoints: Sendable {
    let fonts: FontEndpoint
    let sprites: SpriteEndpoint
    let brands: BrandEndpoints

    /// - Parameter letters: nil where no font is installed.
    init(snapshots: SnapshotHolder, letters: MapFonts?, cache: ArtCache) {
        fonts = FontEndpoint(fonts: letters, art: cache)
        sprites = SpriteEndpoint(snapshots: snapshots, fonts: letters, art: cache)
        brands = BrandEndpoints(snapshots: snapshots, fonts: letters, art: cache)
    }
}
