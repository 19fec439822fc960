// MapStyle.swift: a MapLibre style that works as it is: the base map of our own borders, circles on it, and labels (StyleLabels); nothing
// to fetch from elsewhere. Statuses differ in lightness as well as in hue, so that they can be told apart without red and green, and the worst ones are
// larger and have a dark rim.

import Atlas
import Boundaries
import MapArt
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

    /// What a style may be drawn with beside circles.
    struct Art: Sendable {
        var hasFonts: Bool
        /// Of the map's sprite; nil for maps without icons.
        var spriteVersion: String?

        init(fonts: MapFonts?, map: MapKind, loaded: LoadedSnapshot) throws(RegistryError) {
            hasFonts = fonts != nil
            switch map {
            case .base, .carbon: spriteVersion = nil
            case .supplyChain: spriteVersion = try BrandSigns(loaded).version
            case .blue: spriteVersion = SpriteIcons.signVersion
            }
        }
    }

    /// The style as JSON.
    ///
    /// - Parameter art: which letters and icons the server has.
    static func json(_ description: MapDescription, base: String, atlas: LiveAtlas, art: Art) -> [UInt8] {
        let info = atlas.info
        let hasBorders = atlas.snapshot.placeCount > 0
        let isBase = description.map == .base
        var json = JSONWriter()
        json.object { json in
            json.field("version", 8)
            json.field("name", "BlueAtlas \(description.title)" + (info.synthetic ? " (SYNTHETIC DATA)" : ""))
            json.object("metadata") { json in
                json.field("blueatlas:attribution", MapDescription.attribution(info))
                json.field("blueatlas:as_of", info.asOf)
                if info.synthetic { json.field("blueatlas:synthetic", info.label) }
                switch description.map {
                case .carbon: CarbonStyle(description.carbon, atlas.snapshot).metadata(&json)
                case .base: StyleLegend.write(StyleLegend.borders, &json)
                case .blue, .supplyChain: StyleLegend.write(StyleLegend.statuses, &json)
                }
            }
            if art.hasFonts { json.field("glyphs", StyleLabels.glyphs(base: base)) }
            if let version = art.spriteVersion { json.field("sprite", "\(base)/sprites/\(description.map.rawValue)?v=\(version)") }
            json.array("center") { json in
                json.number(104)
                json.number(35.5)
            }
            json.field("zoom", 3.5)
            json.object("sources") { json in
                if hasBorders {
                    json.object("base") { json in
                        json.field("type", "vector")
                        // The same datum, else borders and factories would lie hundreds of metres apart.
                        let datum = description.datum == .wgs84 ? "" : "?datum=\(description.datum.rawValue)"
                        json.field("url", "\(base)/tiles/base.json\(datum)")
                    }
                }
                if !isBase {
                    json.object("blueatlas") { json in
                        json.field("type", "vector")
                        json.field("url", "\(base)/tiles/\(description.map.rawValue).json\(description.query)")
                    }
                }
            }
            json.array("layers") { json in
                json.object { json in
                    json.field("id", "background")
                    json.field("type", "background")
                    // Water where there are borders: what is none of China's is drawn the same, as no other land is known.
                    json.object("paint") { $0.field("background-color", hasBorders ? "#dfe8ef" : "#f4f6f8") }
                }
                if hasBorders {
                    json.object { land(&$0) }
                    if description.map == .carbon { CarbonStyle(description.carbon, atlas.snapshot).places(&json) }
                    for line in borderLines { json.object { borders(line, &$0) } }
                }
                if description.map == .carbon {
                    json.object { CarbonStyle(description.carbon, atlas.snapshot).enterprises(&$0) }
                } else if !isBase {
                    json.object { clusters(&$0) }
                    json.object { factories(description.map, &$0) }
                }
                let labels = StyleLabels(language: description.language)
                if description.map == .blue { StyleIcons.signs(&json) }
                if art.hasFonts {
                    if description.map == .blue || description.map == .supplyChain {
                        labels.factoryNames(offset: description.map == .supplyChain ? 1.6 : 1, &json)
                        labels.clusterCounts(&json)
                    }
                    if hasBorders { labels.places(&json) }
                }
                if description.map == .supplyChain { StyleIcons.brands(hasFonts: art.hasFonts, &json) }
            }
        }
        return json.bytes
    }

    private static func land(_ json: inout JSONWriter) {
        json.field("id", "land")
        json.field("type", "fill")
        json.field("source", "base")
        json.field("source-layer", PlaceTileSchema.placeLayer)
        // Without antialiasing: else neighbours of one colour show a seam.
        json.object("paint") { json in
            json.field("fill-color", "#fbfaf6")
            json.field("fill-antialias", false)
        }
    }

    /// From the faintest to the strongest: the later ones are drawn above.
    private static let borderLines = [
        BorderLine(kind: "county", color: "#d9d6cd", width: "[\"interpolate\",[\"linear\"],[\"zoom\"],8,0.4,14,1.2]", dashes: "[3,2]"),
        BorderLine(kind: "prefecture", color: "#c4c0b4", width: "[\"interpolate\",[\"linear\"],[\"zoom\"],5,0.5,14,1.8]", dashes: nil),
        BorderLine(kind: "province", color: "#a39e90", width: "[\"interpolate\",[\"linear\"],[\"zoom\"],3,0.6,14,2.6]", dashes: nil),
        BorderLine(kind: "outline", color: "#8a97a3", width: "[\"interpolate\",[\"linear\"],[\"zoom\"],3,0.8,14,2]", dashes: nil),
    ]

    private struct BorderLine {
        var kind: String
        var color: String
        /// MapLibre expressions.
        var width: String
        var dashes: String?
    }

    private static func borders(_ line: BorderLine, _ json: inout JSONWriter) {
        json.field("id", "border-\(line.kind)")
        json.field("type", "line")
        json.field("source", "base")
        json.field("source-layer", PlaceTileSchema.borderLayer)
        json.key("filter")
        json.literal("[\"==\",[\"get\",\"kind\"],\"\(line.kind)\"]")
        json.object("layout") { $0.field("line-join", "round") }
        json.object("paint") { json in
            json.field("line-color", line.color)
            json.key("line-width")
            json.literal(line.width)
            if let dashes = line.dashes {
                json.key("line-dasharray")
                json.literal(dashes)
            }
        }
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
        // Closer in the signs are drawn instead (StyleIcons).
        if map == .blue { json.field("maxzoom", StyleIcons.firstZoomOfSigns) }
        json.object("layout") { json in
            // Worse ones are drawn above.
            json.key("circle-sort-key")
            json.literal(#"["match",["get","status"],"violating",5,"unresolved",4,"explained",3,"corrected",2,"clean",1,0]"#)
        }
        json.object("paint") { json in
            json.key("circle-radius")
            let worst = #"["match",["get","status"],["violating","unresolved"]"#
            if map == .supplyChain {
                // Room for the brand's logo inside.
                json.literal(
                    "[\"interpolate\",[\"linear\"],[\"zoom\"],4,\(worst),3.5,2.5],\(StyleIcons.firstZoomOfLogos - 1),5,\(StyleIcons.firstZoomOfLogos),\(StyleIcons.ringRadius)]"
                )
            } else {
                json.literal("[\"interpolate\",[\"linear\"],[\"zoom\"],4,\(worst),3.5,2.5],14,\(worst),7,5],18,\(worst),11,9]]")
            }
            switch map {
            case .supplyChain:
                // A ring in the status's colour.
                json.field("circle-color", "#ffffff")
                json.key("circle-stroke-color")
                json.literal(match("status"))
                json.field("circle-stroke-width", 3)
            case .blue, .carbon, .base:
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
