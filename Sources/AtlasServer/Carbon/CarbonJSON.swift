// CarbonJSON.swift: figures of places and emissions of enterprises as JSON. What is not known is left out, never 0; every figure says who
// says it, and whether it is invented.

import Atlas
import Registry

enum CarbonJSON {
    /// Figures of one year, and the value of a metric.
    static func values(_ found: PlaceYear, _ metric: CarbonMetric, _ json: inout JSONWriter) {
        json.field("year", found.year)
        json.field(optional: "value", found.value(metric))
        json.field(optional: "co2_t", found[.co2]?.value)
        json.field(optional: "co2_per_head", found.value(.co2PerHead))
        json.field(optional: "co2_per_gdp", found.value(.co2PerGDP))
        json.field(optional: "population", found[.population]?.value)
        json.field(optional: "gdp_cny", found[.gdp]?.value)
        if PlaceMetric.energies.contains(where: { found[$0] != nil }) {
            json.object("energy_tce") { json in
                json.field(optional: "total", found.energy)
                for kind in PlaceMetric.energies { json.field(optional: kind.name, found[kind]?.value) }
            }
        }
        let sources = found.sources(metric)
        if !sources.isEmpty {
            json.field("source", sources.map(\.text).joined(separator: "; "))
            json.field("synthetic", sources.contains(where: \.synthetic))
        }
    }

    static func place(_ place: PlaceHit, _ json: inout JSONWriter) {
        json.field("code", String(place.code))
        json.field("level", place.level.name)
        json.field("name_zh", place.nameZH)
        json.field(optional: "name_en", place.nameEN)
        json.field(optional: "parent", place.parent.map { String($0) })
    }

    static func factor(_ factor: EmissionFactor, _ json: inout JSONWriter) {
        json.field("kind", factor.kind.name)
        json.field("name", factor.name)
        json.field(optional: "name_en", factor.nameEN)
        json.field(optional: "place", factor.place.map { String($0) })
        json.field(optional: "year", factor.year)
        json.field("unit", factor.unit)
        json.field("co2_t_per_unit", factor.value)
        if let content = factor.content {
            json.field("ncv_gj_per_unit", content.heat)
            json.field("carbon_t_per_gj", content.carbon)
            json.field("oxidation", content.oxidation)
        }
        source(factor.origin, &json)
    }

    static func source(_ source: CarbonSource, _ json: inout JSONWriter) {
        json.field("source", source.source)
        if !source.edition.isEmpty { json.field("edition", source.edition) }
        json.field("synthetic", source.synthetic)
    }

    /// Years of emissions as the registry gives them: by year, the one that the map shows first.
    static func emissions(_ emissions: [Emission], _ json: inout JSONWriter) {
        json.array("emissions") { json in
            var lastYear: Int?
            for emission in emissions {
                json.object { json in
                    json.field("year", emission.year)
                    json.field(optional: "scope1_t", emission.scope1)
                    json.field(optional: "scope2_t", emission.scope2)
                    json.field(optional: "scope3_t", emission.scope3)
                    if let verified = emission.isVerified { json.field("verified", verified) }
                    json.field(optional: "method", emission.method)
                    source(emission.origin, &json)
                    json.field("on_map", emission.year != lastYear)
                }
                lastYear = emission.year
            }
        }
    }
}

extension Emission {
    /// What a snapshot knows of a year; it keeps no method.
    init(_ known: EmissionYear, factoryPK: Int64) {
        self.init(
            factoryPK: factoryPK, year: known.year, scope1: known.scope1, scope2: known.scope2, scope3: known.scope3,
            isVerified: known.isVerified, origin: known.source)
    }
}
