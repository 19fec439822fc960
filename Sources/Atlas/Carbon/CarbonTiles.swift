// CarbonTiles.swift: tiles of the carbon map: polygons of places with their figures, and enterprises as circles that carry tonnes.
//
// Enterprises are a few per cent of all factories, listed in Hilbert order: those of a tile are one run of that list, those of a
// cell too. Circles of a cell are summed, so the sum over all tiles of a zoom is the sum over all enterprises that pass.

import Boundaries
import Registry
import SpatialIndex
import VectorTile

/// Layers and rules of the carbon map's tiles.
public enum CarbonTileSchema {
    public static let placeLayer = PlaceTileSchema.placeLayer
    public static let enterpriseLayer = "enterprises"
    /// From here on every enterprise stands by itself; closer in, clients may overzoom.
    public static let recommendedMaximumZoom = TileRules.firstZoomWithoutClusters
    /// A circle's cell is a tile of `zoom + cellDepth`: 32 CSS pixels at 512 pixels a tile, room for circles of different sizes.
    static let cellDepth = 4

    /// Attribute name → what it is, per layer, for TileJSON.
    public static let fields: [(layer: String, description: String, minZoom: Int, fields: [(String, String)])] = [
        (
            placeLayer, "Provinces, then prefectures, with their figures of one year; what is not known is absent, never 0", 0,
            (PlaceTileSchema.fields.first { $0.layer == placeLayer }?.fields ?? []) + [
                ("value", "Number. The metric asked for by metric= and year="), ("year", "Number. Year of the figures"),
                ("co2_t", "Number. Tonnes of CO2"), ("co2_per_head", "Number. t per person"),
                ("co2_per_gdp", "Number. t per CNY 10,000"), ("population", "Number. Persons"), ("gdp_cny", "Number. CNY"),
                ("energy_tce", "Number. All kinds together, tonnes of coal equivalent"), ("coal_tce", "Number"), ("oil_tce", "Number"),
                ("gas_tce", "Number"), ("electricity_tce", "Number"), ("heat_tce", "Number"),
                ("source", "String. Who says the figures behind value"),
                ("figures_synthetic", "Boolean. Present and true where a figure behind value is invented"),
            ]
        ),
        (
            enterpriseLayer, "Enterprises with emissions of the year: single ones, or two and more of a grid cell summed", 0,
            [
                ("co2e_t", "Number. tCO2e of the scopes asked for (scope=, default 1,2), summed over a cluster"),
                ("scope1_t", "Number. Direct"), ("scope2_t", "Number. Purchased electricity and heat"),
                ("scope3_t", "Number. Value chain"), ("year", "Number"), ("count", "Number. Enterprises; present for clusters only"),
                ("verified_count", "Number. Of a cluster, those whose emissions are verified"),
                ("cluster_id", "Number. Names the cell of a cluster"), ("id", "String. The enterprise's id"),
                ("name", "String. Name in Chinese, or English where no Chinese one is known"), ("name_en", "String"),
                ("industry", "String. GB/T 4754 code"), ("status", "String. As on the Blue Map"),
                ("verified", "Boolean. Absent where the source does not say"),
                ("synthetic", "Boolean. Present and true where the emissions are invented"),
            ]
        ),
    ]
}

/// Emissions of the enterprises in one cell, or of one.
struct EmissionCircle {
    var count = 0
    var tonnes = 0.0
    var scopes: (Double, Double, Double) = (0, 0, 0)
    var verified = 0
    var isSynthetic = false
    /// Position and row of the first.
    var first = 0
    var row = 0
    private var sumX: UInt64 = 0
    private var sumY: UInt64 = 0

    @inline(__always)
    mutating func add(_ row: EmissionRow, tonnes: Double) {
        if count == 0 { (first, self.row) = (Int(row.index), Int(row.row)) }
        count += 1
        self.tonnes += tonnes
        func known(_ value: Double) -> Double { value.isNaN ? 0 : value }
        scopes.0 += known(row.scopes.0)
        scopes.1 += known(row.scopes.1)
        scopes.2 += known(row.scopes.2)
        if row.isVerified { verified += 1 }
        if row.isSynthetic { isSynthetic = true }
        sumX += UInt64(row.x)
        sumY += UInt64(row.y)
    }

    /// The mean position: inside the cell, since a cell is convex.
    var mean: GridPoint {
        let n = UInt64(max(count, 1))
        return GridPoint(x: UInt32(sumX / n), y: UInt32(sumY / n))
    }
}

extension Snapshot {
    /// A tile of the layers `places` and `enterprises`; empty when it has neither. Filters apply to enterprises.
    ///
    /// Cost: the places in the tile as `placeTile`, and O(enterprises in the tile).
    public func carbonTile(
        id tile: TileID, selection: CarbonSelection = CarbonSelection(), filter: Filter = Filter(), datum: TileDatum = .wgs84
    ) throws(QueryError) -> [UInt8] {
        guard tile.z <= TileRules.maximumZoom else {
            throw QueryError(parameter: "z", value: String(tile.z), message: "the deepest zoom is \(TileRules.maximumZoom)")
        }
        let program = try FilterProgram(filter, for: self)
        var encoder = TileEncoder()
        let level = carbonLevel(zoom: tile.z)
        let year = carbonYear(selection, level: level)
        addPlaces(tile, level: level, datum: datum, to: &encoder) { place in
            year.flatMap { figures(place: place, year: $0) }.map { Snapshot.attributes($0, selection.metric) } ?? []
        }
        if let year = emissionYear(selection), enterpriseCount > 0 {
            let circles = circles(tile, UInt16(clamping: year), selection.scopes, program, datum)
            encoder.addLayer(CarbonTileSchema.enterpriseLayer, extent: UInt32(TileRules.extent)) { layer in
                encode(circles, of: tile, year: year, into: &layer)
            }
        }
        return encoder.finish()
    }

    private static func attributes(_ found: PlaceYear, _ metric: CarbonMetric) -> [(key: String, value: TileValue)] {
        guard !found.isEmpty else { return [] }
        var list: [(key: String, value: TileValue)] = [("year", .uint(UInt64(found.year)))]
        func add(_ key: String, _ value: Double?) {
            guard let value else { return }
            // Whole numbers stay whole: they are shorter, and summed without error.
            if let whole = UInt64(exactly: value), whole < 1 << 53 {
                list.append((key, .uint(whole)))
            } else {
                list.append((key, .double(value)))
            }
        }
        add("value", found.value(metric))
        add("co2_t", found[.co2]?.value)
        add("co2_per_head", found.value(.co2PerHead))
        add("co2_per_gdp", found.value(.co2PerGDP))
        add("population", found[.population]?.value)
        add("gdp_cny", found[.gdp]?.value)
        add("energy_tce", found.energy)
        for kind in PlaceMetric.energies { add("\(kind.name)_tce", found[kind]?.value) }
        let sources = found.sources(metric)
        if !sources.isEmpty { list.append(("source", .string(sources.map(\.text).joined(separator: "; ")))) }
        if sources.contains(where: \.synthetic) { list.append(("figures_synthetic", .bool(true))) }
        return list
    }

    // MARK: Circles

    private typealias PlacedCircle = (circle: EmissionCircle, at: GridPoint, cell: TileID)

    /// The circles whose position, as it lies in the datum, falls into the tile: each belongs to one tile.
    private func circles(
        _ tile: TileID, _ year: UInt16, _ scopes: EmissionScopes, _ program: FilterProgram, _ datum: TileDatum
    ) -> [PlacedCircle] {
        var found: [PlacedCircle] = []
        let box = tile.box
        let rows = emissionTables.rows(year: year, carbon, tree)
        func passes(_ index: Int) -> Bool { program.passesAll || program.passes(index) }
        func take(_ factories: Range<Int>) {
            Snapshot.forEachCircle(rows.of(factories), zoom: tile.z, scopes: scopes, where: passes) { circle in
                let mean = circle.mean
                let at = datum.moved(mean)
                guard box.contains(at) else { return }
                found.append((circle, at, TileID(containing: mean, z: tile.z + CarbonTileSchema.cellDepth)))
            }
        }
        if datum == .wgs84 {
            take(tree.range(of: tile))
        } else {
            let clustered = tile.z < TileRules.firstZoomWithoutClusters
            tree.window(tile.reach(cellZoom: clustered ? tile.z + CarbonTileSchema.cellDepth : nil), take)
        }
        return found
    }

    /// Calls `body` for each circle of a run of enterprises: those of one cell together below the zoom from which all stand alone.
    static func forEachCircle(
        _ rows: ArraySlice<EmissionRow>, zoom: Int, scopes: EmissionScopes, where passes: (Int) -> Bool, _ body: (EmissionCircle) -> Void
    ) {
        let clustered = zoom < TileRules.firstZoomWithoutClusters
        let shift = UInt32(max(32 - zoom - CarbonTileSchema.cellDepth, 0))
        var circle = EmissionCircle()
        var cell: (x: UInt32, y: UInt32) = (0, 0)
        for row in rows {
            guard let tonnes = row.tonnes(scopes), passes(Int(row.index)) else { continue }
            let here = (x: row.x >> shift, y: row.y >> shift)
            if circle.count > 0, !clustered || cell != here {
                body(circle)
                circle = EmissionCircle()
            }
            cell = here
            circle.add(row, tonnes: tonnes)
        }
        if circle.count > 0 { body(circle) }
    }

    private func encode(_ circles: [PlacedCircle], of tile: TileID, year: Int, into layer: inout LayerEncoder) {
        guard !circles.isEmpty else { return }
        let keys = EnterpriseKeys(&layer)
        let box = tile.box
        let yearValue = layer.value(year)
        for (circle, at, cell) in circles {
            let position = box.local(at, zoom: tile.z)
            let index = circle.first
            layer.addPoint(id: circle.count == 1 ? UInt64(primaryKey[index]) : TileRules.clusterID(cell), x: position.x, y: position.y)
            layer.set(keys.tonnes, circle.tonnes)
            layer.set(keys.year, yearValue)
            if circle.isSynthetic { layer.set(keys.synthetic, true) }
            if circle.count > 1 {
                layer.set(keys.count, circle.count)
                layer.set(keys.verifiedCount, circle.verified)
                layer.set(keys.clusterID, once: TileRules.clusterID(cell))
                layer.set(keys.scope1, circle.scopes.0)
                layer.set(keys.scope2, circle.scopes.1)
                layer.set(keys.scope3, circle.scopes.2)
            } else {
                encodeSingle(index, circle.row, keys, into: &layer)
            }
        }
    }

    private func encodeSingle(_ index: Int, _ row: Int, _ keys: EnterpriseKeys, into layer: inout LayerEncoder) {
        for (key, value) in [(keys.scope1, carbon.scope1[row]), (keys.scope2, carbon.scope2[row]), (keys.scope3, carbon.scope3[row])]
        where !value.isNaN { layer.set(key, value) }
        if carbon.verified[row] != 2 { layer.set(keys.verified, carbon.verified[row] == 1) }
        ids.withUTF8(index) { layer.set(keys.id, once: $0) }
        let hasChinese = names.withUTF8(index) { text in
            if !text.isEmpty { layer.set(keys.name, once: text) }
            return !text.isEmpty
        }
        englishNames.withUTF8(index) { text in
            guard !text.isEmpty else { return }
            if !hasChinese { layer.set(keys.name, utf8: text) }
            layer.set(keys.english, utf8: text)
        }
        let code = Int(industry[index])
        if code != 0 { layer.set(keys.industry, industryCodes[code]) }
        layer.set(keys.status, statusName(index))
    }
}

/// The keys of the layer `enterprises`.
private struct EnterpriseKeys {
    let tonnes, scope1, scope2, scope3, year, count, verifiedCount, clusterID, id, name, english, industry, status, verified,
        synthetic: AttributeKey

    init(_ layer: inout LayerEncoder) {
        tonnes = layer.key("co2e_t")
        scope1 = layer.key("scope1_t")
        scope2 = layer.key("scope2_t")
        scope3 = layer.key("scope3_t")
        year = layer.key("year")
        count = layer.key("count")
        verifiedCount = layer.key("verified_count")
        clusterID = layer.key("cluster_id")
        id = layer.key("id")
        name = layer.key("name")
        english = layer.key("name_en")
        industry = layer.key("industry")
        status = layer.key("status")
        verified = layer.key("verified")
        synthetic = layer.key("synthetic")
    }
}
