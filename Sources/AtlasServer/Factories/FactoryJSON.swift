// FactoryJSON.swift: factories as GeoJSON (RFC 7946): a FeatureCollection for queries, one Feature with everything known for a detail.
// Made-up data are labelled in every answer.

import Atlas
import Registry

/// What a page of a query says beside its features.
struct FactoryPage: Sendable {
    var hits: [FactoryHit]
    /// All that match, whatever the page; nil where that is not known.
    var total: Int?
    /// The address of the page behind this one.
    var next: String?
}

enum FactoryJSON {
    static let type = "application/geo+json"

    static func collection(_ page: FactoryPage, info: SnapshotInfo, datum: PositionDatum) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("type", "FeatureCollection")
            label(info, &json)
            json.field(optional: "numberMatched", page.total)
            json.field("numberReturned", page.hits.count)
            json.field("position_datum", datum.rawValue)
            json.field("as_of", info.asOf)
            json.array("links") { json in
                guard let next = page.next else { return }
                json.object { json in
                    json.field("rel", "next")
                    json.field("type", type)
                    json.field("href", next)
                }
            }
            json.array("features") { json in
                for hit in page.hits {
                    json.object { json in
                        json.field("type", "Feature")
                        json.field("id", hit.pk)
                        point(longitude: hit.longitude, latitude: hit.latitude, datum, &json)
                        json.object("properties") { json in
                            properties(hit, &json)
                            json.field(optional: "distance_m", hit.distanceMeters)
                        }
                    }
                }
            }
        }
        return json.bytes
    }

    /// One factory with its records, from the registry; without it what the snapshot knows.
    ///
    /// The status is judged anew from the records as they are now, as of the snapshot's day; the one the map shows stands beside it.
    static func detail(
        _ hit: FactoryHit?, _ detail: FactoryDetail?, emissions: [Emission] = [], info: SnapshotInfo, datum: PositionDatum
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("type", "Feature")
            label(info, &json)
            json.field("as_of", info.asOf)
            json.field("position_datum", datum.rawValue)
            if let pk = detail?.pk ?? hit?.pk { json.field("id", pk) }
            let longitude = detail?.longitude ?? hit?.longitude ?? 0
            let latitude = detail?.latitude ?? hit?.latitude ?? 0
            point(longitude: longitude, latitude: latitude, datum, &json)
            json.object("properties") { json in
                if let detail {
                    registered(detail, asOf: Day(iso: info.asOf) ?? Day.today(), &json)
                    json.field(optional: "map_status", hit?.status.name)
                    json.field("on_map", hit != nil)
                } else if let hit {
                    properties(hit, &json)
                    json.field("on_map", true)
                }
                if !emissions.isEmpty { CarbonJSON.emissions(emissions, &json) }
            }
        }
        return json.bytes
    }

    static func label(_ info: SnapshotInfo, _ json: inout JSONWriter) {
        if info.synthetic { json.field("synthetic", info.label.isEmpty ? "SYNTHETIC DATA" : info.label) }
    }

    static func point(longitude: Double, latitude: Double, _ datum: PositionDatum, _ json: inout JSONWriter) {
        let position = datum.fromWGS84(longitude: longitude, latitude: latitude)
        json.object("geometry") { json in
            json.field("type", "Point")
            json.array("coordinates") { json in
                json.number(position.longitude)
                json.number(position.latitude)
            }
        }
    }

    /// What every list says of a factory: id, names, status, industry; what is not known is absent.
    static func identity(_ hit: FactoryHit, _ json: inout JSONWriter) {
        json.field("id", hit.id)
        if !hit.nameZH.isEmpty { json.field("name_zh", hit.nameZH) }
        json.field(optional: "name_en", hit.nameEN)
        json.field("status", hit.status.name)
        if !hit.industry.isEmpty { json.field("industry", hit.industry) }
    }

    private static func properties(_ hit: FactoryHit, _ json: inout JSONWriter) {
        identity(hit, &json)
        json.field("records", hit.records)
        json.field("worst_severity", hit.worstSeverity)
        json.field(optional: "latest_record", hit.latestRecord)
        json.field(optional: "county_code", hit.countyCode)
        json.field("key_monitored", hit.keyMonitored)
        if !hit.brands.isEmpty { json.field("brands", hit.brands) }
        if !hit.flags.isEmpty { json.field("flags", hit.flags) }
        json.field(optional: "accuracy_m", hit.accuracyMeters)
    }

    // MARK: From the registry

    private static func registered(_ factory: FactoryDetail, asOf: Day, _ json: inout JSONWriter) {
        let assessment = factory.assessment(asOf: asOf)
        json.field("id", factory.id)
        json.field(optional: "name_zh", factory.nameZH)
        json.field(optional: "name_en", factory.nameEN)
        json.field(optional: "former_name", factory.formerName)
        json.field(optional: "credit_code", factory.creditCode)
        json.field(optional: "address", factory.address)
        json.field("status", assessment.status.name)
        json.object("reason") { json in
            json.field("en", assessment.reason)
            json.field("zh", assessment.reasonZH)
        }
        json.field(optional: "industry", factory.industry)
        json.field(optional: "county_code", factory.countyCode.map { String($0) })
        if !factory.places.isNone {
            json.object("place") { json in
                let codes = [
                    ("province", factory.places.province), ("prefecture", factory.places.prefecture), ("county", factory.places.county),
                ]
                for (level, code) in codes where code != 0 { json.field(level, String(code)) }
            }
        }
        json.field("key_monitored", factory.keyMonitored)
        json.field("disclosed", factory.disclosed)
        if factory.synthetic { json.field("is_synthetic", true) }
        if !factory.flags.names.isEmpty { json.field("flags", factory.flags.names) }
        json.field(optional: "accuracy_m", factory.accuracyMeters)
        json.object("source_position") { json in
            json.field("x", factory.sourceX)
            json.field("y", factory.sourceY)
            json.field("datum", factory.sourceDatum)
        }
        if !factory.attributes.isEmpty {
            json.object("attributes") { json in
                for (name, value) in factory.attributes {
                    switch value {
                    case .text(let text): json.field(name, text)
                    case .number(let number): json.field(name, number)
                    case .integer(let integer): json.field(name, integer)
                    case .boolean(let boolean): json.field(name, boolean)
                    }
                }
            }
        }
        json.array("records") { json in
            for (index, item) in factory.records.enumerated() {
                let severity = index < assessment.severities.count ? Int(assessment.severities[index]) : 0
                json.object { record(item, severity: severity, decides: assessment.deciding == index, &$0) }
            }
        }
        json.array("brands") { json in
            for item in factory.links { json.object { link(item, &$0) } }
        }
    }

    private static func record(_ item: RecordDetail, severity: Int, decides: Bool, _ json: inout JSONWriter) {
        json.field("id", item.id)
        json.field("kind", item.facts.kind.name)
        json.field("category", item.facts.category.name)
        json.field("state", item.facts.state.name)
        json.field("severity", severity)
        json.field("counts", item.facts.counts)
        if decides { json.field("decides_status", true) }
        json.field("published", item.facts.published.iso)
        json.field(optional: "act_date", item.facts.actDate?.iso)
        json.field(optional: "measure", item.facts.measure?.name)
        json.field(optional: "rating", item.facts.rating?.name)
        json.field(optional: "fine_cny", item.facts.fineCNY)
        json.field(optional: "authority", item.authority)
        json.field(optional: "document_number", item.documentNumber)
        json.field(optional: "regulation", item.regulation)
        json.field(optional: "text", item.text)
        json.field(optional: "source_url", item.sourceURL)
        json.field(optional: "retrieved_at", item.retrievedAt)
        json.field(optional: "supersedes", item.supersedes)
        if item.facts.superseded { json.field("superseded", true) }
        if let correction = item.correction { CorrectionJSON.summary(correction, &json) }
    }

    private static func link(_ item: LinkDetail, _ json: inout JSONWriter) {
        json.field("id", item.brandID)
        json.field(optional: "name_zh", item.brandNameZH)
        json.field(optional: "name_en", item.brandNameEN)
        json.field("kind", item.kind.name)
        json.field(optional: "since", item.since?.iso)
        json.field(optional: "until", item.until?.iso)
        json.field(optional: "tier", item.tier)
        json.field(optional: "source", item.source)
    }
}
