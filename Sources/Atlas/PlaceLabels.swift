// PlaceLabels.swift: the names of places in tiles: one point a place, where its name is written. The tile that the point falls into owns it, so
// that no name is written twice; in GCJ-02 and BD-09 that is the moved point.

import Boundaries
import SpatialIndex
import VectorTile

extension PlaceTileSchema {
    /// The levels whose names a zoom shows, the coarsest first: a client that runs out of room keeps the first.
    public static func labelled(zoom: Int) -> [PlaceLevel] {
        zoom < 5 ? [.province] : zoom < 8 ? [.province, .prefecture] : [.prefecture, .county]
    }
}

extension Snapshot {
    /// Adds the layer `place_labels`. Cost: O(places), a few microseconds.
    public func addPlaceLabels(_ tile: TileID, datum: TileDatum = .wgs84, to encoder: inout TileEncoder) {
        let columns = placeColumns
        guard columns.count > 0, tile.z <= TileRules.maximumZoom else { return }
        let box = tile.box
        let margin = datum == .wgs84 ? 0 : TileRules.shiftMargin
        encoder.addLayer(PlaceTileSchema.labelLayer, extent: UInt32(TileRules.extent)) { layer in
            let code = layer.key("code")
            let name = layer.key("name")
            let english = layer.key("name_en")
            let levelKey = layer.key("level")
            for level in PlaceTileSchema.labelled(zoom: tile.z) {
                let levelName = layer.value(level.name)
                // The larger ones first: a client that runs out of room keeps those.
                let within = columns.indices(of: level).filter { box.reaches(columns.label($0), margin: margin) }
                for place in within.sorted(by: { columns.box($0).cells > columns.box($1).cells }) {
                    let at = datum.moved(columns.label(place))
                    guard box.reaches(at, margin: 0) else { continue }
                    let span = UInt64(1) << UInt64(32 - tile.z)
                    func local(_ value: UInt32, _ origin: UInt32) -> Int32 {
                        Int32(truncatingIfNeeded: UInt64(value &- origin) * UInt64(TileRules.extent) / span)
                    }
                    layer.addPoint(id: UInt64(columns.code[place]), x: local(at.x, box.minX), y: local(at.y, box.minY))
                    layer.set(code, String(columns.code[place]))
                    columns.names.withUTF8(place) { if !$0.isEmpty { layer.set(name, utf8: $0) } }
                    columns.englishNames.withUTF8(place) { if !$0.isEmpty { layer.set(english, utf8: $0) } }
                    layer.set(levelKey, levelName)
                }
            }
        }
    }
}

extension GridBox {
    fileprivate var cells: UInt64 { UInt64(maxX &- minX) * UInt64(maxY &- minY) }

    /// Whether a point lies in the box or within a margin around it.
    fileprivate func reaches(_ point: GridPoint, margin: UInt32) -> Bool {
        func near(_ value: UInt32, _ low: UInt32, _ high: UInt32) -> Bool {
            Int64(value) >= Int64(low) - Int64(margin) && Int64(value) <= Int64(high) + Int64(margin)
        }
        return near(point.x, minX, maxX) && near(point.y, minY, maxY)
    }
}
