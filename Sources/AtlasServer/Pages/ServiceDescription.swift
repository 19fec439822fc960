// ServiceDescription.swift: the interface, described by itself: `GET /v1` lists every address with its parameters, so that a program or
// a person can find their way without the documentation.

import Atlas
import Boundaries
import Registry

enum ServiceDescription {
    private struct Address {
        var path: String
        var about: String
        var parameters: [(name: String, about: String)] = []
        var takesFilters = false
    }

    private static let crs = (name: "crs", about: "Datum of positions given and returned: \(PositionDatum.names); default wgs84.")
    private static let after = (name: "after", about: "From the 'next' link of the page before.")
    private static let datum = (name: "datum", about: "Datum that the tiles are drawn in: wgs84, gcj02 or bd09; default wgs84.")

    private static let metric = (name: "metric", about: "Of the map carbon: \(CarbonMetric.names); default co2.")
    private static let year = (name: "year", about: "Of the map carbon: four digits; default the latest.")
    private static let scope = (name: "scope", about: "Of the map carbon: scopes summed for enterprises; default 1,2.")
    private static let carbon = [metric, year, scope]

    private static func addresses(_ limits: ServerLimits) -> [Address] {
        let limit = (name: "limit", about: "Factories on a page, 1 to \(limits.hits); default \(limits.defaultHits).")
        return [
            Address(
                path: Route.tile.rawValue,
                about: "Mapbox Vector Tile 2.1; 204 when empty. map: blue, supply-chain, carbon, base; z 0 to 22.",
                parameters: [datum] + carbon, takesFilters: true),
            Address(path: Route.tileJSON.rawValue, about: "TileJSON 3.0.0 of a map.", parameters: [datum] + carbon, takesFilters: true),
            Address(
                path: Route.style.rawValue, about: "MapLibre style of a map.",
                parameters: [datum, (name: "lang", about: "Language of the labels: \(MapLanguage.names); default zh.")] + carbon,
                takesFilters: true),
            Address(path: Route.font.rawValue, about: "Letters for the labels of styles: glyphs as signed distance fields."),
            Address(
                path: Route.near.rawValue, about: "Factories within a radius, nearest first, with exact geodesic distances (distance_m).",
                parameters: [
                    ("lon", "Degrees; required."), ("lat", "Degrees; required."),
                    ("radius", "Metres, over 0 to \(Int(limits.radiusMeters)); required."), limit, after, crs,
                ], takesFilters: true),
            Address(
                path: Route.nearest.rawValue, about: "The k nearest factories.",
                parameters: [
                    ("lon", "Degrees; required."), ("lat", "Degrees; required."), ("k", "1 to \(limits.hits); default 10."), crs,
                ], takesFilters: true),
            Address(
                path: Route.window.rawValue, about: "Factories in a window.",
                parameters: [("bbox", "west,south,east,north in degrees; required."), limit, after, crs], takesFilters: true),
            Address(
                path: Route.factory.rawValue, about: "One factory with its records, its status and the reason for it.", parameters: [crs]),
            Address(
                path: Route.search.rawValue, about: "Factories, places and brands by what a person types.",
                parameters: [
                    (
                        "q",
                        "Part of a name, initials of its reading, id or credit code; to \(SearchQuery.characterLimit) characters; required."
                    ),
                    ("kind", "Any of \(SearchEndpoint.Kind.names); default all."),
                    ("limit", "Of each kind, 1 to \(SearchEndpoint.largestLimit); default \(SearchEndpoint.defaultLimit)."),
                ]),
            Address(path: "/sprites/{map}.json", about: "Icons of the styles, and .png, @2x.json, @2x.png."),
            Address(
                path: Route.brands.rawValue, about: "Brands with published suppliers, counted by status.",
                parameters: [
                    ("q", "Part of a name or id."),
                    ("limit", "1 to \(BrandEndpoints.largestLimit); default \(BrandEndpoints.defaultLimit)."),
                    after,
                ]),
            Address(
                path: Route.brand.rawValue, about: "What a brand has published: figures and its suppliers, the worst first.",
                parameters: [
                    ("limit", "Suppliers, 1 to \(BrandEndpoints.largestLimit); default \(BrandEndpoints.defaultSuppliers)."), after,
                ]),
            Address(path: Route.brandLogo.rawValue, about: "A brand's logo, or the monogram that stands for it: PNG."),
            Address(
                path: Route.places.rawValue, about: "Provinces, prefectures, counties.",
                parameters: [("level", PlaceLevel.names + "."), ("parent", "Code of the province or prefecture that they lie in.")]),
            Address(path: Route.place.rawValue, about: "One place by its code: names, bounds, edition and source of its borders."),
            Address(
                path: Route.placesAt.rawValue, about: "Province, prefecture and county of a position; none at sea and abroad.",
                parameters: [("lon", "Degrees; required."), ("lat", "Degrees; required."), crs]),
            Address(
                path: Route.carbonPlaces.rawValue, about: "Figures of all places of a level in one year, the largest value first.",
                parameters: [metric, year, ("level", "province (default), prefecture, county.")]),
            Address(path: Route.carbonPlace.rawValue, about: "All years of a place, every source.", parameters: [metric]),
            Address(
                path: Route.carbonEnterprises.rawValue, about: "Enterprises of a window by their emissions, the largest first.",
                parameters: [("bbox", "west,south,east,north in degrees; required."), year, scope, limit, crs], takesFilters: true),
            Address(
                path: Route.carbonFactors.rawValue, about: "CO2 of a unit of electricity, heat or fuel: what is published, by whom.",
                parameters: [
                    ("kind", "\(FactorKind.names)."), ("place", "Code of a province; what holds everywhere stays."),
                    ("year", "Four digits; what is of no year stays."),
                ]),
            Address(path: Route.health.rawValue, about: "200 while the process lives."),
            Address(path: Route.ready.rawValue, about: "200 when a snapshot is loaded, else 503."),
            Address(path: Route.metrics.rawValue, about: "Prometheus text."),
        ]
    }

    private static let filters: [(name: String, about: String)] = [
        ("status", "Any of \(FactoryStatus.allCases.map(\.name).joined(separator: ", "))."),
        ("industry", "GB/T 4754 codes or their beginnings, such as C or C17."),
        ("category", "Factories with a record of any of \(RecordCategory.allCases.map(\.name).joined(separator: ", "))."),
        ("brand", "Suppliers of any of these brands (ids); * is any brand."),
        ("from", "With a record published on or after this day, YYYY-MM-DD."),
        ("to", "With a record published on or before this day."),
        ("min_severity", "With a record of at least this severity, 1 to 5."),
    ]

    static func json(base: String, configuration: AtlasServerConfiguration, loaded: LoadedSnapshot?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("name", "BlueAtlas")
            if let loaded {
                let info = loaded.atlas.info
                json.object("snapshot") { json in
                    json.field("identifier", loaded.snapshot.identifier)
                    json.field("as_of", info.asOf)
                    json.field("factories", info.factories)
                    json.field("records", info.records)
                    json.field("brands", info.brands)
                    if info.synthetic { json.field("synthetic", info.label) }
                }
            }
            json.field("live", configuration.isLive)
            json.array("addresses") { json in
                for address in addresses(configuration.limits) {
                    json.object { json in
                        json.field("href", base + address.path)
                        json.field("about", address.about)
                        json.object("parameters") { json in for item in address.parameters { json.field(item.name, item.about) } }
                        json.field("filters", address.takesFilters)
                    }
                }
            }
            json.object("filters") { json in for item in filters { json.field(item.name, item.about) } }
            json.field("errors", "application/problem+json (RFC 9457); 'parameter' names the one that is wrong")
        }
        return json.bytes
    }
}
