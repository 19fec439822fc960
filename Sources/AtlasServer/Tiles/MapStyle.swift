// MapStyle.swift: a MapLibre style that works as it is: one source, circles, nothing to fetch from elsewhere (no glyphs, no sprites, no
// base map). Statuses differ in lightness as well as in hue, so that they can be told apart without red and green, and the worst ones are
// larger and have a dark rim.

import Atlas
import Registry

enum MapStyle {
    /// Colour of a status, from dark red to grey; lightness (CIE L*) in the comment.
    static func color(_ status: FactoryStatus) -> String {
        switch status {
        case .violating: "#a50f15"  // 35
        case .unresolved: "#f16913"  // 61
        case .explained: "#ffd92f"  // 88
        case .corrected: "#2b6cb0"  // 45
        case .clean: "#66c2a5"  // 72
        case .unknown: "#9e9e9e"  // 65
        }
    }

    /// The style as JSON.
    static func json(_ description: MapDescription, base: String, info: SnapshotInfo) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("version", 8)
            json.field("name", "BlueAtlas \(description.title)" + (info.synthetic ? " (SYNTHETIC DATA)" : ""))
            json.object("metadata") { json in
                json.field("blueatlas:attribution", MapDescription.attribution(info))
                json.field("blueatlas:as_of", info.asOf)
                if info.synthetic { json.field("blueatlas:synthetic", info.label) }
            }
            json.array("center") { json in
                json.number(104)
                json.number(35.5)
            }
            json.field("zoom", 3.5)
            json.object("sources") { json in
                json.object("blueatlas") { json in
                    json.field("type", "vector")
                    json.field("url", "\(base)/tiles/\(description.map.rawValue).json\(description.query)")
                }
            }
            json.array("layers") { json in
                json.object { json in
                    json.field("id", "background")
                    json.field("type", "background")
                    json.object("paint") { $0.field("background-color", "#f4f6f8") }
                }
                json.object { clusters(&$0) }
                json.object { factories(description.map, &$0) }
            }
        }
        return json.bytes
    }

    private static func layer(_ id: String, _ source: String, _ json: inout JSONWriter) {
        json.field("id", id)
        json.field("type", "circle")
        json.field("source", "blueatlas")
        json.field("source-layer", source)
    }

    /// Area grows with the number: radius over its logarithm, in the colour of the worst member.
    private static func clusters(_ json: inout JSONWriter) {
        layer("clusters", TileSchema.clusterLayer, &json)
        json.object("layout") { json in
            json.key("circle-sort-key")
            json.literal(#"["get","count"]"#)
        }
        json.object("paint") { json in
            json.key("circle-radius")
            json.literal(#"["interpolate",["linear"],["log10",["get","count"]],0.3,4,1,6,2,9,3,13,4,18,5,24,6,30]"#)
            json.key("circle-color")
            json.literal(match("worst_status"))
            json.field("circle-opacity", 0.75)
            json.field("circle-stroke-color", "#ffffff")
            json.field("circle-stroke-width", 1)
        }
    }

    private static func factories(_ map: MapKind, _ json: inout JSONWriter) {
        layer("factories", TileSchema.factoryLayer, &json)
        json.object("layout") { json in
            // Worse ones are drawn above.
            json.key("circle-sort-key")
            json.literal(#"["match",["get","status"],"violating",5,"unresolved",4,"explained",3,"corrected",2,"clean",1,0]"#)
        }
        json.object("paint") { json in
            json.key("circle-radius")
            let worst = #"["match",["get","status"],["violating","unresolved"]"#
            json.literal("[\"interpolate\",[\"linear\"],[\"zoom\"],4,\(worst),3.5,2.5],14,\(worst),7,5],18,\(worst),11,9]]")
            switch map {
            case .supplyChain:
                // A ring in the status's colour, room for the brand's logo inside.
                json.field("circle-color", "#ffffff")
                json.key("circle-stroke-color")
                json.literal(match("status"))
                json.field("circle-stroke-width", 3)
            case .blue, .carbon:
                json.key("circle-color")
                json.literal(match("status"))
                json.key("circle-stroke-color")
                json.literal(##"["match",["get","status"],["violating","unresolved"],"#111111","#ffffff"]"##)
                json.key("circle-stroke-width")
                json.literal(#"["match",["get","status"],["violating","unresolved"],1.5,0.75]"#)
            }
        }
    }

    private static func match(_ attribute: String) -> String {
        let cases = FactoryStatus.allCases.map { "\"\($0.name)\",\"\(color($0))\"" }.joined(separator: ",")
        return "[\"match\",[\"get\",\"\(attribute)\"],\(cases),\"\(color(.unknown))\"]"
    }
}
