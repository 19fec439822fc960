// SearchEndpoint.swift: `GET /v1/search`: factories, places and brands for what a person types, with what of each matched.

import Atlas
import Registry

/// Search over HTTP. It blocks for as long as the answer takes: a few milliseconds.
struct SearchEndpoint: Sendable {
    let snapshots: SnapshotHolder
    private let brands = BrandDirectory()

    enum Kind: String, CaseIterable {
        case factory, place, brand

        static let names = allCases.map(\.rawValue).joined(separator: ", ")
    }

    static let defaultLimit = 10
    static let largestLimit = 100

    init(snapshots: SnapshotHolder) { self.snapshots = snapshots }

    /// - Throws: `Problem` 400 for an empty or overlong `q`, an unknown `kind`, a bad `limit`; `RegistryError`.
    func search(_ parameters: [(name: String, value: String)]) throws -> [UInt8] {
        let parameters = try QueryParameters(parameters, known: ["q", "kind", "limit"])
        guard let text = parameters.text("q") else {
            throw Problem(parameter: "q", detail: "q: missing; give a name or a part of one, a credit code, a place or a brand")
        }
        let query = try SearchQuery(text)
        let limit = try parameters.integer("limit", in: 1...SearchEndpoint.largestLimit, default: SearchEndpoint.defaultLimit)
        let kinds = try SearchEndpoint.kinds(parameters)
        let loaded = try snapshots.required()
        let atlas = loaded.atlas
        var json = JSONWriter()
        try json.object { json in
            json.field("query", query.text)
            if atlas.info.synthetic { json.field("synthetic", atlas.info.label.isEmpty ? "SYNTHETIC DATA" : atlas.info.label) }
            json.field("as_of", atlas.info.asOf)
            if kinds.contains(.place) {
                let found = atlas.searchPlaces(query, limit: limit)
                json.array("places") { json in for place in found { json.object { SearchEndpoint.place(place, &$0) } } }
            }
            if kinds.contains(.brand) {
                let words = query.text.split(separator: " ").map(String.init)
                let found = try brands.search(words, limit: limit, loaded)
                json.array("brands") { json in for brand in found { json.object { SearchEndpoint.brand(brand, &$0) } } }
            }
            if kinds.contains(.factory) {
                let found = atlas.search(query, limit: limit)
                json.field("numberMatched", found.total)
                // Counting ends somewhere: "1,000 or more" is what a list needs to say.
                json.field("numberMatchedIsAtLeast", found.isAtLeast)
                json.array("factories") { json in for hit in found.hits { json.object { SearchEndpoint.factory(hit, &$0) } } }
            }
        }
        return json.bytes
    }

    private static func kinds(_ parameters: QueryParameters) throws(Problem) -> Set<Kind> {
        guard let text = parameters.text("kind") else { return Set(Kind.allCases) }
        var kinds = Set<Kind>()
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let kind = Kind(rawValue: String(part)) else {
                throw Problem(parameter: "kind", value: text, mustBe: "any of \(Kind.names), separated by commas")
            }
            kinds.insert(kind)
        }
        return kinds
    }

    // MARK: Answers

    private static func ranges(_ ranges: [Range<Int>], _ json: inout JSONWriter) {
        json.array("ranges") { json in
            for range in ranges {
                json.array { json in
                    json.number(Double(range.lowerBound))
                    json.number(Double(range.upperBound))
                }
            }
        }
    }

    private static func factory(_ hit: SearchHit, _ json: inout JSONWriter) {
        let factory = hit.factory
        FactoryJSON.identity(factory, &json)
        json.field("records", factory.records)
        json.field(optional: "county_code", factory.countyCode)
        json.field("lon", factory.longitude)
        json.field("lat", factory.latitude)
        json.object("match") { json in
            json.field("field", name(hit.field))
            json.field("text", hit.text)
            ranges(hit.ranges, &json)
        }
    }

    private static func name(_ field: SearchHit.Field) -> String {
        switch field {
        case .id: "id"
        case .creditCode: "credit_code"
        case .wholeName, .nameStart, .name: "name_zh"
        case .formerName: "former_name"
        case .englishName: "name_en"
        case .initialsStart, .initials: "initials"
        }
    }

    private static func place(_ place: PlaceMatch, _ json: inout JSONWriter) {
        json.field("code", String(place.code))
        json.field("name_zh", place.nameZH)
        json.field("level", place.level.rawValue)
        json.field("within", place.within)
        json.field("factories", place.factories)
        json.array("bbox") { json in
            for value in [place.west, place.south, place.east, place.north] { json.number((value * 1e4).rounded() / 1e4) }
        }
        json.object("match") { ranges(place.ranges, &$0) }
    }

    private static func brand(_ brand: BrandDirectory.Entry, _ json: inout JSONWriter) {
        json.field("id", brand.id)
        json.field(optional: "name_zh", brand.nameZH)
        json.field(optional: "name_en", brand.nameEN)
        json.field("suppliers", brand.suppliers)
    }
}
