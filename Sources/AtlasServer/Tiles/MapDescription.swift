// MapDescription.swift: TileJSON 3.0.0 of a map: where its tiles are, which layers and attributes they have, and whose data they show.

import Atlas
import Boundaries
import Foundation
import VectorTile

/// A map as clients are told of it.
struct MapDescription: Sendable {
    var map: MapKind
    var filter = Filter()
    var datum = TileDatum.wgs84
    /// What the map 'carbon' shall show.
    var carbon = CarbonSelection()
    /// The language that a style's labels are written in.
    var language = MapLanguage.zh

    /// - Parameter isStyle: whether a style is described, which takes `lang`.
    /// - Throws: `Problem` 404 for an unknown map, 400 for a bad filter.
    init(name: String, parameters: [(name: String, value: String)], isStyle: Bool = false) throws(Problem) {
        map = try MapKind.parse(String(name.dropLast(".json".count)))
        let query = try QueryParameters(parameters, known: map.parameters + (isStyle ? ["lang"] : []), filters: map != .base)
        filter = query.filter
        datum = try TileDatum.parse(query)
        carbon = try CarbonSelection(query)
        language = try MapLanguage.parse(query)
    }

    /// `?datum=…&status=…` with what was asked for; empty without.
    var query: String {
        var parts: [String] = []
        if datum != .wgs84 { parts.append("datum=\(datum.rawValue)") }
        if !carbon.canonical.isEmpty { parts.append(RequestTarget.encode(carbon.canonical, keeping: "=&,")) }
        if !filter.isEmpty { parts.append(RequestTarget.encode(filter.canonical, keeping: "=&,")) }
        return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
    }

    var title: String {
        switch map {
        case .blue: "Blue Map"
        case .supplyChain: "Green Supply Chain map"
        case .carbon: "Blue Carbon map"
        case .base: "base map"
        }
    }

    /// Attribution is HTML by TileJSON's rules.
    static func attribution(_ info: SnapshotInfo) -> String {
        let text = info.synthetic && info.label.isEmpty ? "SYNTHETIC DATA" : info.label
        return text.isEmpty ? "BlueAtlas" : "BlueAtlas · " + escapeHTML(text)
    }

    /// Whose borders are shown, whether they are invented, and what must be said of them. HTML.
    static func attribution(_ sources: [PlaceSource]) -> String {
        var parts: [String] = []
        for text in sources.map(\.source) + sources.map(\.note) where !text.isEmpty && !parts.contains(text) { parts.append(text) }
        return parts.map(escapeHTML).joined(separator: " · ")
    }

    /// Whose data the tiles show. HTML.
    func attribution(_ snapshot: Snapshot) -> String {
        switch map {
        case .base: return MapDescription.attribution(snapshot.placeSources)
        case .blue, .supplyChain: return MapDescription.attribution(snapshot.info)
        case .carbon:
            // Figures have sources of their own, beside what is said of the factories and the borders.
            var named: [String] = []
            for source in snapshot.carbonSources where !source.synthetic && !named.contains(source.source) { named.append(source.source) }
            return ([MapDescription.attribution(snapshot.info)] + named.map(MapDescription.escapeHTML)).joined(separator: " · ")
        }
    }

    /// Which years and levels the tiles show, in words.
    private func carbonText(_ snapshot: Snapshot) -> String {
        let levels = snapshot.carbonLevels.map { level, _ in
            "\(level.name): \(snapshot.carbonYear(carbon, level: level).map(String.init) ?? "none")"
        }
        return "\(carbon.metric.name) in \(carbon.metric.unit); years shown: \(levels.joined(separator: ", "))"
    }

    static func escapeHTML(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// - Parameter base: scheme and host for the absolute addresses.
    func tileJSON(base: String, atlas: LiveAtlas) throws -> [UInt8] {
        let info = atlas.info
        let deepest = TileSchema.recommendedMaximumZoom(of: map)
        let layers = TileSchema.fields(of: map).map { layer in
            TileJSON.VectorLayer(
                id: layer.layer, fields: Dictionary(layer.fields, uniquingKeysWith: { first, _ in first }), description: layer.description,
                minzoom: layer.minZoom, maxzoom: deepest)
        }
        let bounds = info.bounds
        let south = max(bounds.south, -85.05112877980659)
        let north = min(bounds.north, 85.05112877980659)
        let isBase = map == .base
        var about =
            switch map {
            case .base: "Provinces, prefectures and counties"
            case .carbon: "Energy and CO2 of places, emissions of enterprises. " + carbonText(atlas.snapshot)
            case .blue, .supplyChain: "Factories of the snapshot as of \(info.asOf)"
            }
        if info.synthetic, !isBase { about += ". " + (info.label.isEmpty ? "SYNTHETIC DATA" : info.label) }
        let description = TileJSON(
            tiles: ["\(base)/tiles/\(map.rawValue)/{z}/{x}/{y}.mvt\(query)"], vectorLayers: layers, name: "BlueAtlas \(title)",
            description: about, attribution: attribution(atlas.snapshot),
            version: "1.0.0", minzoom: TileSchema.minimumZoom,
            maxzoom: deepest, bounds: [bounds.west, south, bounds.east, north],
            center: [(bounds.west + bounds.east) / 2, (south + north) / 2, 3])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(description))
    }
}
