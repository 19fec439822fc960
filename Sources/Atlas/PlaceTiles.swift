// PlaceTiles.swift: tiles of places: polygons of one level, and border lines, each shared border once; names are in PlaceLabels.swift. Polygons and lines reach a buffer
// beyond the tile, so that no seam shows where tiles meet.
//
// In GCJ-02 and BD-09 every point was moved when the snapshot was built; borders within a margin around the tile are looked at too.

import Boundaries
import Geodesy
import SpatialIndex
import VectorTile

/// Layers and rules of tiles of places.
public enum PlaceTileSchema {
    public static let placeLayer = "places"
    public static let borderLayer = "borders"
    public static let labelLayer = "place_labels"
    /// Tile units beyond the edge, of 4096: 8 pixels at 512 pixels a tile.
    public static let buffer: Int32 = 64
    /// The closest zoom with borders of its own; closer in, clients may overzoom.
    public static let recommendedMaximumZoom = BorderSimplifier.zooms.upperBound

    /// The level that a zoom shows if nobody asks for another.
    public static func level(zoom: Int) -> PlaceLevel { zoom < 5 ? .province : zoom < 8 ? .prefecture : .county }

    /// Attribute name → what it is, per layer, for TileJSON.
    public static let fields: [(layer: String, description: String, fields: [(String, String)])] = [
        (
            placeLayer, "Provinces, prefectures or counties: polygons",
            [
                ("code", "String. Six digits of GB/T 2260"), ("name", "String. Name in Chinese"),
                ("name_en", "String. Name in English, if known"), ("level", "String. province, prefecture, county"),
                ("parent", "String. Code of the place above"), ("synthetic", "Boolean. Present and true where the borders are invented"),
            ]
        ),
        (
            borderLayer, "Borders, each once: lines",
            [("kind", "String. outline (coast, abroad), province, prefecture, county: the coarsest level that it separates")]
        ),
        (
            labelLayer, "Where the names of places are written: points, each in one tile of a zoom; no buffer",
            [
                ("code", "String. Six digits of GB/T 2260"), ("name", "String. Name in Chinese"),
                ("name_en", "String. Name in English, if known"), ("level", "String. province, prefecture, county"),
            ]
        ),
    ]
}

extension Snapshot {
    /// Further attributes of a place by its number (`placeIndex`), for tiles.
    public typealias PlaceAttributes = (_ place: Int) -> [(key: String, value: TileValue)]

    /// A tile of the layers `places`, `borders` and `place_labels` alone; empty when no place reaches it. Under 2 ms.
    public func placeTile(
        id tile: TileID, level: PlaceLevel? = nil, datum: TileDatum = .wgs84, attributes: PlaceAttributes = { _ in [] }
    ) -> [UInt8] {
        var encoder = TileEncoder()
        addPlaces(tile, level: level, datum: datum, to: &encoder, attributes: attributes)
        addBorders(tile, level: level, datum: datum, to: &encoder)
        addPlaceLabels(tile, datum: datum, to: &encoder)
        return encoder.finish()
    }

    /// Adds the layer `places`: one feature per place, its code as the feature's id.
    ///
    /// - Parameter level: nil: as `PlaceTileSchema.level` says.
    public func addPlaces(
        _ tile: TileID, level: PlaceLevel? = nil, datum: TileDatum = .wgs84, to encoder: inout TileEncoder,
        attributes: PlaceAttributes = { _ in [] }
    ) {
        guard let drawing = PlaceDrawing(tile, datum, placeColumns) else { return }
        let level = level ?? PlaceTileSchema.level(zoom: tile.z)
        encoder.addLayer(PlaceTileSchema.placeLayer, extent: UInt32(TileRules.extent)) { layer in
            let code = layer.key("code")
            let name = layer.key("name")
            let english = layer.key("name_en")
            let levelKey = layer.key("level")
            let parent = layer.key("parent")
            let synthetic = layer.key("synthetic")
            let levelName = layer.value(level.name)
            let columns = placeColumns
            for place in columns.indices(of: level) where drawing.reaches(columns.box(place)) {
                guard layer.addPolygons(id: UInt64(columns.code[place]), drawing.polygons(place)) else { continue }
                layer.set(code, String(columns.code[place]))
                columns.names.withUTF8(place) { if !$0.isEmpty { layer.set(name, utf8: $0) } }
                columns.englishNames.withUTF8(place) { if !$0.isEmpty { layer.set(english, utf8: $0) } }
                layer.set(levelKey, levelName)
                if columns.parent[place] >= 0 { layer.set(parent, String(columns.code[Int(columns.parent[place])])) }
                if columns.sources[Int(columns.source[place])].synthetic { layer.set(synthetic, true) }
                for (key, value) in attributes(place) { layer.set(layer.key(key), value) }
            }
        }
    }

    /// Adds the layer `borders`: coasts, and borders down to a level.
    public func addBorders(_ tile: TileID, level: PlaceLevel? = nil, datum: TileDatum = .wgs84, to encoder: inout TileEncoder) {
        guard let drawing = PlaceDrawing(tile, datum, placeColumns) else { return }
        let last: BorderKind =
            switch level ?? PlaceTileSchema.level(zoom: tile.z) {
            case .province: .province
            case .prefecture: .prefecture
            case .county: .county
            }
        encoder.addLayer(PlaceTileSchema.borderLayer, extent: UInt32(TileRules.extent)) { layer in
            let key = layer.key("kind")
            let columns = placeColumns
            var lines: [[[TilePoint]]] = Array(repeating: [], count: 5)
            for arc in 0..<columns.arcCount {
                let kind = columns.borderKind[arc]
                guard kind > 0, kind <= last.rawValue, drawing.reaches(columns.box(ofArc: arc)) else { continue }
                lines[Int(kind)] += drawing.lines(arc: arc)
            }
            // One feature per kind: a border carries nothing else.
            for kind in [BorderKind.outline, .province, .prefecture, .county] where layer.addLines(id: nil, lines[Int(kind.rawValue)]) {
                layer.set(key, kind.name)
            }
        }
    }
}

extension PlaceColumns {
    /// The places of a level: a run, as places stand by level.
    func indices(of wanted: PlaceLevel) -> Range<Int> {
        let first = level.partitioningIndex { $0 >= wanted.rawValue }
        return first..<level.partitioningIndex { $0 > wanted.rawValue }
    }

    func box(ofArc arc: Int) -> GridBox {
        GridBox(minX: borderMinX[arc], minY: borderMinY[arc], maxX: borderMaxX[arc], maxY: borderMaxY[arc])
    }
}
