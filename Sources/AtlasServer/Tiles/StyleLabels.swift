// StyleLabels.swift: the symbol layers of the styles: names of places, numbers of clusters, names of factories. Shared by all maps, so that
// lettering looks the same on each. Letters come from `/fonts`; where the server has none, styles go without these layers.

import Atlas
import MapArt
import Registry

struct StyleLabels {
    let language: MapLanguage

    private static let ink = "#33404c"
    private static let halo = "rgba(255,255,255,0.9)"

    /// The address template of glyphs in a style.
    static func glyphs(base: String) -> String { "\(base)/fonts/{fontstack}/{range}.pbf" }

    /// An expression for the name of a feature in the language, or in the other where it has none.
    private var name: String {
        let fields = language == .zh ? ["name", "name_en"] : ["name_en", "name"]
        return "[\"coalesce\",[\"get\",\"\(fields[0])\"],[\"get\",\"\(fields[1])\"],\"\"]"
    }

    private struct PlaceLayer {
        var level: String
        var font: FontName
        var color: String
        var zooms: (from: Double, to: Double)
        /// An expression of the zoom.
        var size: String
        var spacing: Double
    }

    /// From the least to the most important: MapLibre gives room to the later ones first.
    private static let placeLayers = [
        PlaceLayer(
            level: "county", font: .regular, color: "#5d6873", zooms: (8, 24),
            size: "[\"interpolate\",[\"linear\"],[\"zoom\"],8,10.5,14,14]",
            spacing: 0),
        PlaceLayer(
            level: "prefecture", font: .regular, color: "#414d59", zooms: (5, 12),
            size: "[\"interpolate\",[\"linear\"],[\"zoom\"],5,11,11,16]",
            spacing: 0.03),
        PlaceLayer(
            level: "province", font: .bold, color: ink, zooms: (3, 7.5), size: "[\"interpolate\",[\"linear\"],[\"zoom\"],3,11,7,16]",
            spacing: 0.08),
    ]

    /// The names of places, from the source `base`.
    func places(_ json: inout JSONWriter) {
        for layer in StyleLabels.placeLayers {
            json.object { json in
                json.field("id", "place-\(layer.level)")
                json.field("type", "symbol")
                json.field("source", "base")
                json.field("source-layer", PlaceTileSchema.labelLayer)
                json.field("minzoom", layer.zooms.from)
                json.field("maxzoom", layer.zooms.to)
                json.key("filter")
                json.literal("[\"==\",[\"get\",\"level\"],\"\(layer.level)\"]")
                json.object("layout") { json in
                    json.key("text-field")
                    json.literal(name)
                    json.field("text-font", [layer.font.rawValue])
                    json.key("text-size")
                    json.literal(layer.size)
                    json.field("text-letter-spacing", layer.spacing)
                    json.field("text-max-width", 10)
                    json.field("text-padding", 4)
                }
                StyleLabels.paint(color: layer.color, haloWidth: 1.4, &json)
            }
        }
    }

    /// The number of factories in a cluster, where its circle has room: 1.2k or 1.2万 from a thousand and ten thousand on.
    func clusterCounts(_ json: inout JSONWriter) {
        json.object { json in
            json.field("id", "cluster-count")
            json.field("type", "symbol")
            json.field("source", "blueatlas")
            json.field("source-layer", TileSchema.clusterLayer)
            json.key("filter")
            json.literal(#"[">=",["get","count"],100]"#)
            json.object("layout") { json in
                let short = language == .zh ? (10_000, "万") : (1_000, "k")
                json.key("text-field")
                json.literal(
                    "[\"case\",[\">=\",[\"get\",\"count\"],\(short.0)],[\"concat\",[\"/\",[\"round\",[\"/\",[\"get\",\"count\"],\(short.0 / 10)]],10],\"\(short.1)\"],[\"to-string\",[\"get\",\"count\"]]]"
                )
                json.field("text-font", [FontName.bold.rawValue])
                json.key("text-size")
                json.literal(#"["interpolate",["linear"],["log10",["get","count"]],2,9,4,12,6,14]"#)
                // Digits stand on the line; the middle of the circle is a little above its middle.
                json.key("text-offset")
                json.literal("[0,-0.05]")
                json.field("text-padding", 0)
                // The larger ones first.
                json.key("symbol-sort-key")
                json.literal(#"["-",0,["get","count"]]"#)
            }
            json.object("paint") { json in
                // Dark on the light colours, white on the dark ones.
                json.key("text-color")
                let dark = FactoryStatus.allCases.filter { $0 == .violating || $0 == .corrected }.map { "\"\($0.name)\"" }
                json.literal("[\"match\",[\"get\",\"worst_status\"],[\(dark.joined(separator: ","))],\"#ffffff\",\"#10202e\"]")
            }
        }
    }

    /// The name of each factory below its sign, where there is room.
    ///
    /// - Parameter offset: from the middle of the sign to the top of the text, in ems.
    func factoryNames(minimumZoom: Double = 14, offset: Double, _ json: inout JSONWriter) {
        json.object { json in
            json.field("id", "factory-name")
            json.field("type", "symbol")
            json.field("source", "blueatlas")
            json.field("source-layer", TileSchema.factoryLayer)
            json.field("minzoom", minimumZoom)
            json.object("layout") { json in
                json.key("text-field")
                json.literal(name)
                json.field("text-font", [FontName.regular.rawValue])
                json.field("text-size", 11)
                json.field("text-anchor", "top")
                json.key("text-offset")
                json.literal("[0,\(offset)]")
                json.field("text-max-width", 11)
                json.field("text-padding", 3)
                json.key("symbol-sort-key")
                json.literal(#"["match",["get","status"],"violating",0,"unresolved",1,"explained",2,"corrected",3,"clean",4,5]"#)
            }
            StyleLabels.paint(color: StyleLabels.ink, haloWidth: 1.2, &json)
        }
    }

    private static func paint(color: String, haloWidth: Double, _ json: inout JSONWriter) {
        json.object("paint") { json in
            json.field("text-color", color)
            json.field("text-halo-color", halo)
            json.field("text-halo-width", haloWidth)
        }
    }
}
