// StyleLegend.swift: what the signs of a map mean, as data in its style's metadata: any client can show a legend without knowing our page.
// `blueatlas:legend` is a list of { class, color, shape, label_zh, label_en }.

import Atlas
import Registry

/// One class of things on a map, with its sign.
struct LegendEntry: Sendable {
    /// The value that features of the class have, such as `violating`.
    var name: String
    /// CSS colour.
    var color: String
    /// octagon, triangle, diamond, square, circle, ring or line.
    var shape: String
    var labelZH: String
    var labelEN: String
}

enum StyleLegend {
    static let key = "blueatlas:legend"

    static func write(_ entries: [LegendEntry], _ json: inout JSONWriter) {
        json.array(key) { json in
            for entry in entries {
                json.object { json in
                    json.field("class", entry.name)
                    json.field("color", entry.color)
                    json.field("shape", entry.shape)
                    json.field("label_zh", entry.labelZH)
                    json.field("label_en", entry.labelEN)
                }
            }
        }
    }

    /// The statuses of factories, the worst first.
    static let statuses = FactoryStatus.allCases.map { status in
        let words = words(status)
        return LegendEntry(
            name: status.name, color: MapStyle.color(status), shape: shape(status), labelZH: words.zh, labelEN: words.en)
    }

    /// The borders of the base map.
    static let borders = [
        LegendEntry(name: "outline", color: "#8a97a3", shape: "line", labelZH: "海岸与国界外缘", labelEN: "Coast and outer border"),
        LegendEntry(name: "province", color: "#a39e90", shape: "line", labelZH: "省级界线", labelEN: "Province border"),
        LegendEntry(name: "prefecture", color: "#c4c0b4", shape: "line", labelZH: "地级界线", labelEN: "Prefecture border"),
        LegendEntry(name: "county", color: "#d9d6cd", shape: "line", labelZH: "县级界线", labelEN: "County border"),
    ]

    /// The sign of a status: none is told by its colour alone.
    static func shape(_ status: FactoryStatus) -> String {
        switch status {
        case .violating: "octagon"
        case .unresolved: "triangle"
        case .explained: "diamond"
        case .corrected: "square"
        case .clean: "circle"
        case .unknown: "ring"
        }
    }

    static func words(_ status: FactoryStatus) -> (zh: String, en: String) {
        switch status {
        case .violating: ("违规中", "Violating")
        case .unresolved: ("未整改", "Unresolved")
        case .explained: ("已说明", "Explained")
        case .corrected: ("已整改", "Corrected")
        case .clean: ("无违规", "Clean")
        case .unknown: ("未知", "Unknown")
        }
    }
}
