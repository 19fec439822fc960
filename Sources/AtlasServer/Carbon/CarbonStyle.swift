// CarbonStyle.swift: the carbon map's part of a style: places coloured by classes of the chosen metric and year, circles whose area is in
// proportion to emissions. Each level has classes of its own, as a prefecture emits a tenth of a province; the legend stands in the metadata.

import Atlas
import Boundaries
import Foundation
import Registry

/// The layers and the legend for one selection.
struct CarbonStyle {
    /// ColorBrewer's YlOrBr (Apache-2.0): one hue path from light to dark, told apart by lightness alone. Circles are blue.
    private static let colors = ["#fff7bc", "#fee391", "#fec44f", "#fe9929", "#d95f0e", "#993404"]
    private static let missing = "#e3e4e4"
    private static let circle = "#1d63b0"
    /// Zoom, and the radius in CSS pixels of the largest circle of its tiles.
    private static let radii: [(zoom: Int, pixels: Double)] = [(2, 22), (4, 26), (6, 30), (8, 32), (10, 34), (12, 36), (14, 38)]

    private struct Level {
        var level: PlaceLevel
        var fromZoom: Int
        var toZoom: Int?
        var year: Int?
        /// Upper limits of all classes but the last.
        var limits: [Double]
        var least: Double
        var most: Double
    }

    private let selection: CarbonSelection
    private let snapshot: Snapshot
    private let levels: [Level]

    init(_ selection: CarbonSelection, _ snapshot: Snapshot) {
        self.selection = selection
        self.snapshot = snapshot
        let known = snapshot.carbonLevels
        levels = known.enumerated().map { number, item in
            let year = snapshot.carbonYear(selection, level: item.level)
            let values = year.map { snapshot.carbonTable(year: $0, level: item.level).compactMap { $0.value(selection.metric) } } ?? []
            return Level(
                level: item.level, fromZoom: item.fromZoom, toZoom: number + 1 < known.count ? known[number + 1].fromZoom : nil, year: year,
                limits: CarbonClasses.limits(values, classes: CarbonStyle.colors.count), least: values.min() ?? 0, most: values.max() ?? 0)
        }
    }

    /// The colours of so many classes, from the lightest to the darkest.
    private static func colors(_ classes: Int) -> [String] {
        guard classes < colors.count else { return colors }
        return (0..<classes).map { colors[classes == 1 ? 2 : $0 * (colors.count - 1) / (classes - 1)] }
    }

    // MARK: Layers

    func places(_ json: inout JSONWriter) {
        for level in levels {
            json.object { json in
                json.field("id", "places-\(level.level.name)")
                json.field("type", "fill")
                json.field("source", "blueatlas")
                json.field("source-layer", CarbonTileSchema.placeLayer)
                json.field("minzoom", level.fromZoom)
                if let end = level.toZoom { json.field("maxzoom", end) }
                json.key("filter")
                json.literal("[\"==\",[\"get\",\"level\"],\"\(level.level.name)\"]")
                json.object("paint") { json in
                    json.key("fill-color")
                    json.literal("[\"case\",[\"has\",\"value\"],\(CarbonStyle.step(level)),\"\(CarbonStyle.missing)\"]")
                    json.field("fill-opacity", 0.92)
                    json.field("fill-antialias", false)
                }
            }
        }
    }

    private static func step(_ level: Level) -> String {
        let shades = colors(level.limits.count + 1)
        guard !level.limits.isEmpty else { return "\"\(shades[0])\"" }
        let steps = zip(level.limits, shades.dropFirst()).map { "\($0),\"\($1)\"" }.joined(separator: ",")
        return "[\"step\",[\"get\",\"value\"],\"\(shades[0])\",\(steps)]"
    }

    func enterprises(_ json: inout JSONWriter) {
        json.field("id", "enterprises")
        json.field("type", "circle")
        json.field("source", "blueatlas")
        json.field("source-layer", CarbonTileSchema.enterpriseLayer)
        json.object("layout") { json in
            // Smaller ones are drawn above.
            json.key("circle-sort-key")
            json.literal(#"["-",["get","co2e_t"]]"#)
        }
        json.object("paint") { json in
            json.key("circle-radius")
            let stops = scales.map { "\($0.zoom),[\"*\",\($0.pixels),[\"sqrt\",[\"get\",\"co2e_t\"]]]" }
            json.literal("[\"interpolate\",[\"linear\"],[\"zoom\"],\(stops.joined(separator: ","))]")
            json.field("circle-color", CarbonStyle.circle)
            json.field("circle-opacity", 0.75)
            json.field("circle-stroke-color", "#ffffff")
            json.field("circle-stroke-width", 0.8)
        }
    }

    /// Pixels of radius for the square root of a tonne, by zoom: at one zoom the same for all circles, so areas compare.
    private var scales: [(zoom: Int, pixels: Double)] {
        CarbonStyle.radii.map { zoom, pixels in
            (zoom, pixels / max(snapshot.largestCircle(zoom: zoom, selection: selection), 1).squareRoot())
        }
    }

    // MARK: Legend

    func metadata(_ json: inout JSONWriter) {
        json.array("blueatlas:metrics") { json in
            for metric in CarbonMetric.allCases {
                json.object { json in
                    json.field("id", metric.name)
                    json.field("unit", metric.unit)
                }
            }
        }
        json.array("blueatlas:years") { json in
            for year in Set(snapshot.carbonYears(selection.metric) + snapshot.emissionYears).sorted(by: >) { json.literal(String(year)) }
        }
        json.array("blueatlas:legend") { json in
            for level in levels {
                let shades = CarbonStyle.colors(level.limits.count + 1)
                let edges = [level.least] + level.limits + [level.most]
                if level.year != nil {
                    for number in shades.indices {
                        json.object { entry(level, number, shades, edges, &$0) }
                    }
                }
                json.object { json in
                    json.field("level", level.level.name)
                    json.field("color", CarbonStyle.missing)
                    json.field("label_en", "no figure")
                    json.field("label_zh", "无数据")
                }
            }
        }
        json.array("blueatlas:levels") { json in
            for level in levels {
                json.object { json in
                    json.field("level", level.level.name)
                    json.field("from_zoom", level.fromZoom)
                    json.field(optional: "year", level.year)
                    json.field("unit_en", CarbonText.unit(selection.metric, level.most, isChinese: false))
                    json.field("unit_zh", CarbonText.unit(selection.metric, level.most, isChinese: true))
                }
            }
        }
        guard let year = snapshot.emissionYear(selection), snapshot.enterpriseCount > 0 else { return }
        json.object("blueatlas:circles") { json in
            json.field("attribute", "co2e_t")
            json.field("unit", "tCO2e")
            json.field("year", year)
            json.field("scope", selection.scopes.text)
            json.field("color", CarbonStyle.circle)
            json.array("radius_px_per_root_tonne") { json in
                for scale in scales {
                    json.array { json in
                        json.number(Double(scale.zoom))
                        json.number(scale.pixels)
                    }
                }
            }
        }
    }

    /// - Parameter edges: of all classes, one more than there are.
    private func entry(_ level: Level, _ number: Int, _ shades: [String], _ edges: [Double], _ json: inout JSONWriter) {
        let (low, high) = (edges[number], max(edges[number], edges[number + 1]))
        json.field("level", level.level.name)
        json.field("color", shades[number])
        json.field("from", low)
        json.field("to", high)
        for (name, isChinese) in [("label_en", false), ("label_zh", true)] {
            let scale = CarbonText.scale(selection.metric, level.most, isChinese: isChinese)
            func text(_ value: Double) -> String { CarbonText.number(value / scale) }
            let label =
                switch (number == 0, number == shades.count - 1) {
                case (true, true): text(low)
                case (true, false): "< \(text(high))"
                case (false, true): "≥ \(text(low))"
                case (false, false): "\(text(low)) – \(text(high))"
                }
            json.field(name, label)
        }
    }
}

/// Amounts in the units that people of either language read.
enum CarbonText {
    /// What one of the unit is in the metric's own.
    static func scale(_ metric: CarbonMetric, _ most: Double, isChinese: Bool) -> Double {
        switch metric {
        case .co2, .energy: most < 1e4 ? 1 : isChinese ? 1e4 : most < 1e6 ? 1e3 : 1e6
        case .co2PerHead, .co2PerGDP, .energyPerHead, .coalShare: 1
        }
    }

    static func unit(_ metric: CarbonMetric, _ most: Double, isChinese: Bool) -> String {
        let prefix = [1: "", 1e3: "k", 1e4: "万", 1e6: "M"][scale(metric, most, isChinese: isChinese)] ?? ""
        return switch metric {
        case .co2: isChinese ? "\(prefix)吨" : "\(prefix)t"
        case .energy: isChinese ? "\(prefix)吨标准煤" : "\(prefix)tce"
        case .co2PerHead: isChinese ? "吨/人" : "t per person"
        case .co2PerGDP: isChinese ? "吨/万元" : "t per CNY 10,000"
        case .energyPerHead: isChinese ? "吨标准煤/人" : "tce per person"
        case .coalShare: "%"
        }
    }

    /// Two significant digits, or whole with separators from a hundred on.
    static func number(_ value: Double) -> String {
        if value == 0 { return "0" }
        guard value < 100 else { return grouped(value.rounded()) }
        let rounded = Double(String(format: "%.1e", value)) ?? value
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(format: "%g", rounded)
    }

    private static func grouped(_ value: Double) -> String {
        guard value < 1e15 else { return String(format: "%.1e", value) }
        var text = ""
        for (at, digit) in String(Int64(value)).reversed().enumerated() {
            if at > 0, at % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}
