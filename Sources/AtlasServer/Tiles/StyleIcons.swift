// StyleIcons.swift: the icons of the styles: a sign for each status on the Blue Map, brands' logos on the supply chain map.
//
// A supplier is a ring in its status's colour with its first brand's logo inside. Close in the next brands stand beside it, smaller, and `+n`
// says how many more there are. Each supplier shows its first brand, whatever lies beside it; where suppliers lie upon each other the
// worst one is on top.

import Atlas
import MapArt
import Registry

enum StyleIcons {
    /// From these zooms on circles give way to signs, and rings hold logos.
    static let firstZoomOfSigns = 10.0
    static let firstZoomOfLogos = 11.0
    private static let firstZoomOfFurtherLogos = 14.0
    /// Pixels, from the middle of a supplier to the middle of its ring's stroke's inner side.
    static let ringRadius = 14.0
    private static let furtherScale = 0.62

    /// The worst first, or the worst last: which of several has room, or lies on top.
    private static let worstFirst =
        #"["match",["get","status"],"violating",0,"unresolved",1,"explained",2,"corrected",3,"clean",4,5]"#
    private static let worstLast =
        #"["match",["get","status"],"violating",5,"unresolved",4,"explained",3,"corrected",2,"clean",1,0]"#

    private static func layer(_ id: String, minimumZoom: Double, maximumZoom: Double? = nil, _ json: inout JSONWriter) {
        json.field("id", id)
        json.field("type", "symbol")
        json.field("source", "blueatlas")
        json.field("source-layer", TileSchema.factoryLayer)
        json.field("minzoom", minimumZoom)
        if let maximumZoom { json.field("maxzoom", maximumZoom) }
    }

    private static func expression(_ name: String, _ text: String, _ json: inout JSONWriter) {
        json.key(name)
        json.literal(text)
    }

    /// A sign for each factory: a shape of its own for each status, never left out for want of room.
    static func signs(_ json: inout JSONWriter) {
        json.object { json in
            layer("factory-sign", minimumZoom: firstZoomOfSigns, &json)
            json.object("layout") { json in
                expression("icon-image", #"["concat","status-",["get","status"]]"#, &json)
                expression("icon-size", #"["interpolate",["linear"],["zoom"],10,0.7,14,1,18,1.35]"#, &json)
                json.field("icon-allow-overlap", true)
                json.field("icon-ignore-placement", true)
                expression("symbol-sort-key", worstLast, &json)
            }
        }
    }

    private static func logo(_ brand: Int) -> String {
        """
        ["coalesce",["image",["concat","\(SpriteIcons.brandPrefix)",["get","brand_\(brand)"]]],["image","\(SpriteIcons.unknownBrand)"]]
        """
    }

    /// The logos of a supplier's brands, the first inside its ring.
    static func brands(hasFonts: Bool, _ json: inout JSONWriter) {
        // Later layers have room first: the first brand before the others.
        if hasFonts {
            let last = TileSchema.brandsDrawn - 1
            more(
                "brand-more", count: #"["get","more"]"#, filter: #"["has","more"]"#, x: furtherX(last) + 13, from: firstZoomOfFurtherLogos,
                to: nil, &json)
            more(
                "brand-count", count: #"["-",["get","brand_count"],1]"#, filter: #"[">",["get","brand_count"],1]"#, x: ringRadius + 7,
                from: firstZoomOfLogos, to: firstZoomOfFurtherLogos, &json)
        }
        for brand in (1..<TileSchema.brandsDrawn).reversed() {
            json.object { json in
                layer("brand-logo-\(brand)", minimumZoom: firstZoomOfFurtherLogos, &json)
                expression("filter", "[\"has\",\"brand_\(brand)\"]", &json)
                json.object("layout") { json in
                    expression("icon-image", logo(brand), &json)
                    json.field("icon-size", furtherScale)
                    // In pixels of the unscaled icon.
                    expression("icon-offset", "[\((furtherX(brand) / furtherScale * 10).rounded() / 10),0]", &json)
                    json.field("icon-padding", 0)
                    expression("symbol-sort-key", worstFirst, &json)
                }
            }
        }
        json.object { json in
            layer("brand-logo-0", minimumZoom: firstZoomOfLogos, &json)
            expression("filter", #"["has","brand_0"]"#, &json)
            json.object("layout") { json in
                expression("icon-image", logo(0), &json)
                json.field("icon-padding", 0)
                // An empty ring would say that it has no brand. Texts and further logos keep clear of it.
                json.field("icon-allow-overlap", true)
                expression("symbol-sort-key", worstLast, &json)
            }
        }
    }

    /// The middle of a further brand's logo, in pixels from the supplier's.
    private static func furtherX(_ brand: Int) -> Double {
        let side = Double(SpriteIcons.logoSize) * furtherScale
        return ringRadius + 5 + side / 2 + Double(brand - 1) * (side + 2)
    }

    private static func more(
        _ id: String, count: String, filter: String, x: Double, from: Double, to: Double?, _ json: inout JSONWriter
    ) {
        json.object { json in
            layer(id, minimumZoom: from, maximumZoom: to, &json)
            expression("filter", filter, &json)
            json.object("layout") { json in
                expression("text-field", "[\"concat\",\"+\",[\"to-string\",\(count)]]", &json)
                json.field("text-font", [FontName.bold.rawValue])
                json.field("text-size", 12)
                json.field("text-anchor", "left")
                // In ems.
                expression("text-offset", "[\((x / 12 * 100).rounded() / 100),0]", &json)
                json.field("text-padding", 0)
                expression("symbol-sort-key", worstFirst, &json)
            }
            json.object("paint") { json in
                json.field("text-color", "#10202e")
                json.field("text-halo-color", "#ffffff")
                json.field("text-halo-width", 1.5)
            }
        }
    }
}
