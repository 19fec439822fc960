// FactoryDetail.swift: all that may be shown of one factory: its fields, its records, the supplier links that brands have published,
// and the judgement with its reason.

import Boundaries
import GRDB

/// One factory with everything that belongs to it.
public struct FactoryDetail: Sendable {
    public var pk: Int64
    public var id: String
    public var nameZH: String?
    public var nameEN: String?
    public var formerName: String?
    public var creditCode: String?
    public var address: String?
    public var industry: String?
    /// Degrees, WGS 84.
    public var longitude: Double
    public var latitude: Double
    public var accuracyMeters: Double?
    /// The position as its source has it.
    public var sourceX: Double
    public var sourceY: Double
    public var sourceDatum: String
    /// Six digits of GB/T 2260, as the source gives them.
    public var countyCode: Int32?
    /// Where the position lies, by the borders in the registry.
    public var places: PlaceCodes
    public var keyMonitored: Bool
    public var disclosed: Bool
    public var synthetic: Bool
    public var flags: FactoryFlags
    /// By name.
    public var attributes: [(name: String, value: AttributeValue)]
    /// By day of publication, then id.
    public var records: [RecordDetail]
    /// Published ones only, by brand id, then kind.
    public var links: [LinkDetail]
    /// Whether its monitoring exceeds a limit now (`ExceedingNow`).
    public var exceedingNow = false

    /// The judgement of the factory; its severities are in the order of `records`.
    public func assessment(asOf: Day) -> Assessment {
        Assessment.assess(
            records: records.map(\.facts), disclosed: keyMonitored || disclosed, exceedingNow: exceedingNow, asOf: asOf)
    }
}

/// One record with everything that was published.
public struct RecordDetail: Hashable, Sendable {
    public var id: String
    public var facts: RecordFacts
    public var supersedes: String?
    public var authority: String?
    public var documentNumber: String?
    public var regulation: String?
    public var text: String?
    public var sourceURL: String?
    public var retrievedAt: String?
    /// How far its correction has come; nil: no step was taken.
    public var correction: CorrectionSummary?
}

/// One published supplier link of a factory.
public struct LinkDetail: Hashable, Sendable {
    public var brandID: String
    public var brandNameZH: String?
    public var brandNameEN: String?
    public var kind: LinkKind
    public var since: Day?
    public var until: Day?
    public var tier: Int?
    public var source: String?
}

extension RegistryStore {
    /// The factory with the source's id; nil when there is none or it was removed. Cost: O(log n).
    public func factory(id: String) throws(RegistryError) -> FactoryDetail? {
        try detail(where: "id = ?1") { $0.bind(1, id) }
    }

    /// The factory with our number; nil when there is none. Cost: O(log n).
    public func factory(pk: Int64) throws(RegistryError) -> FactoryDetail? {
        try detail(where: "pk = ?1") { $0.bind(1, pk) }
    }

    private func detail(where condition: String, bind: (RawStatement) -> Void) throws(RegistryError) -> FactoryDetail? {
        try read { db in
            let row = try RawStatement(
                db, path: path,
                sql: """
                    SELECT pk, id, name_zh, name_en, former_name, credit_code, address, industry, lon, lat, accuracy_m, source_x, source_y,
                    source_datum, county, key_monitored, disclosed, synthetic, flags, attributes, place_county, place_prefecture, place_province
                    FROM factories WHERE \(condition) AND removed_seq IS NULL
                    """)
            bind(row)
            guard try row.step() else { return nil }
            let pk = row.int(0)
            return FactoryDetail(
                pk: pk, id: row.text(1) ?? "", nameZH: row.text(2), nameEN: row.text(3), formerName: row.text(4), creditCode: row.text(5),
                address: row.text(6), industry: row.text(7), longitude: row.double(8), latitude: row.double(9),
                accuracyMeters: row.optionalDouble(10), sourceX: row.double(11), sourceY: row.double(12), sourceDatum: row.text(13) ?? "",
                countyCode: row.optionalInt(14).map { Int32(truncatingIfNeeded: $0) }, places: row.places(20),
                keyMonitored: row.int(15) != 0,
                disclosed: row.int(16) != 0, synthetic: row.int(17) != 0,
                flags: FactoryFlags(rawValue: UInt32(truncatingIfNeeded: row.int(18))), attributes: try attributes(row.text(19), db),
                records: try records(of: pk, db), links: try publishedLinks(of: pk, db),
                exceedingNow: try RegistryStore.isExceeding(factoryPK: pk, db, path: path))
        }
    }

    private func records(of factory: Int64, _ db: Database) throws(RegistryError) -> [RecordDetail] {
        let row = try RawStatement(
            db, path: path,
            sql: """
                SELECT published, kind, category, state, measure, rating, act_date, fine_cny, superseded, id, supersedes, authority,
                document_number, regulation, text, source_url, retrieved_at FROM records WHERE factory_pk = ?1 ORDER BY published, id
                """)
        row.bind(1, factory)
        let corrections = try correctionSummaries(ofFactory: factory, db)
        var records: [RecordDetail] = []
        while try row.step() {
            records.append(
                RecordDetail(
                    id: row.text(9) ?? "", facts: try RecordFacts(row, path: path), supersedes: row.text(10), authority: row.text(11),
                    documentNumber: row.text(12),
                    regulation: row.text(13), text: row.text(14), sourceURL: row.text(15), retrievedAt: row.text(16),
                    correction: corrections[row.text(9) ?? ""]))
        }
        return records
    }

    private func publishedLinks(of factory: Int64, _ db: Database) throws(RegistryError) -> [LinkDetail] {
        let row = try RawStatement(
            db, path: path,
            sql: """
                SELECT brands.id, brands.name_zh, brands.name_en, link.kind, link.since, link.until, link.tier, link.source
                FROM supplier_links AS link JOIN brands ON brands.pk = link.brand_pk
                WHERE link.factory_pk = ?1 AND link.published = 1 ORDER BY brands.id, link.kind
                """)
        row.bind(1, factory)
        var links: [LinkDetail] = []
        while try row.step() {
            guard let kind = LinkKind(rawValue: UInt8(truncatingIfNeeded: row.int(3))) else {
                throw .damaged(path: path, detail: "a supplier link of factory \(factory) has a kind unknown here")
            }
            func day(_ column: Int32) -> Day? { row.optionalInt(column).map { Day(daysSince1970: Int32(truncatingIfNeeded: $0)) } }
            links.append(
                LinkDetail(
                    brandID: row.text(0) ?? "", brandNameZH: row.text(1), brandNameEN: row.text(2), kind: kind, since: day(4),
                    until: day(5),
                    tier: row.optionalInt(6).map(Int.init), source: row.text(7)))
        }
        return links
    }

    /// SQLite reads the JSON that `AttributesJSON` has written: it keeps integers, other numbers and texts apart.
    private func attributes(_ json: String?, _ db: Database) throws(RegistryError) -> [(name: String, value: AttributeValue)] {
        guard let json else { return [] }
        let row = try RawStatement(db, path: path, sql: "SELECT key, type, atom FROM json_each(?1)")
        row.bind(1, json)
        var attributes: [(name: String, value: AttributeValue)] = []
        while try row.step() {
            let value: AttributeValue
            switch row.text(1) {
            case "integer": value = .integer(row.int(2))
            case "real": value = .number(row.double(2))
            case "true": value = .boolean(true)
            case "false": value = .boolean(false)
            default: value = .text(row.text(2) ?? "")
            }
            attributes.append((row.text(0) ?? "", value))
        }
        return attributes
    }
}
