// FactoryWriter.swift: one batch of factories into the store: check, find the id, insert or update.

import Boundaries
import GRDB

final class FactoryWriter: BatchWriter {
    static let entity = "factories"
    private let upserter: Upserter
    private let matcher: FactoryMatcher
    /// Of the change that the next row belongs to.
    var sequence: Int64
    /// Says where a factory lies; nil when no borders are known. Set before the first row.
    var places: PlaceLocator?
    /// What the last row was written as.
    private(set) var written: (id: String, pk: Int64) = ("", 0)
    /// Whether a synthetic row was written.
    private var wroteSynthetic = false

    private static let columns = [
        "id", "lon", "lat", "accuracy_m", "county", "flags", "key_monitored", "disclosed", "industry", "name_zh", "name_en", "name_zh_key",
        "name_en_key", "former_name_key", "content_hash", "changed_seq", "synthetic", "former_name", "credit_code", "address", "source_x",
        "source_y", "source_datum", "attributes", "place_county", "place_prefecture", "place_province",
        // Never bound, so null: a factory that is written is there again, if it was removed.
        "removed_seq",
    ]

    init(_ db: Database, path: String, sequence: Int64) throws(RegistryError) {
        upserter = try Upserter(db, path: path, table: "factories", key: ["id"], columns: FactoryWriter.columns)
        matcher = try FactoryMatcher(db, path: path)
        self.sequence = sequence
    }

    func write(_ draft: FactoryDraft, seen: inout PrimaryKeySet) throws(RegistryError) -> RowOutcome {
        if let refusal = FactoryWriter.refusal(draft) { return refusal }
        let (id, field) = try identify(draft)
        let attributes = AttributesJSON.encode(draft.attributes)
        let hash = draft.contentHash(attributesJSON: attributes)
        let result = try upserter.write(
            contentHash: hash, seen: &seen, bindKey: { $0.bind(1, id) },
            bindValues: { bind(draft, id: id, attributes: attributes, hash: hash, to: $0) })
        switch result {
        case .accepted(let pk), .updated(let pk):
            wroteSynthetic = wroteSynthetic || draft.synthetic
            written = (id, pk)
        case .unchanged(let pk): written = (id, pk)
        case .duplicate: break
        }
        let value = field == "id" ? id : field == "credit_code" ? draft.creditCode : draft.nameZH ?? draft.nameEN
        return result.outcome(field: field, value: value ?? "")
    }

    /// The id to store under, and the field it came from.
    private func identify(_ draft: FactoryDraft) throws(RegistryError) -> (id: String, field: String) {
        if let id = draft.id, !id.isEmpty { return (id, "id") }
        if let code = draft.creditCode, CreditCode.isValid(code) {
            let keys = try matcher.factories(withCreditCode: code)
            if keys.count == 1, let id = try matcher.id(of: keys[0]) { return (id, "credit_code") }
            return ("code-" + code, "credit_code")
        }
        let name = NameKey.normalized(draft.nameZH ?? draft.nameEN ?? "")
        let id = DerivedID.make("place-") { hash in
            hash.add(name)
            // Thousandths of a degree, about 100 m: a corrected transformation must not make a second factory.
            hash.add(Int64((draft.longitude * 1000).rounded()))
            hash.add(Int64((draft.latitude * 1000).rounded()))
        }
        return (id, draft.nameZH != nil ? "name_zh" : "name_en")
    }

    private func bind(_ draft: FactoryDraft, id: String, attributes: String?, hash: Int64, to row: RawStatement) {
        row.bind(1, id)
        row.bind(2, draft.longitude)
        row.bind(3, draft.latitude)
        row.bind(4, draft.accuracyMeters)
        row.bind(5, draft.countyCode)
        let (codes, flags) = draft.located(by: places)
        row.bind(6, Int64(flags.rawValue))
        row.bind(7, draft.keyMonitored)
        row.bind(8, draft.disclosed)
        row.bind(9, draft.industry)
        row.bind(10, draft.nameZH)
        row.bind(11, draft.nameEN)
        row.bind(12, NameKey.hash(draft.nameZH))
        row.bind(13, NameKey.hash(draft.nameEN))
        row.bind(14, NameKey.hash(draft.formerName))
        row.bind(15, hash)
        row.bind(16, sequence)
        row.bind(17, draft.synthetic)
        row.bind(18, draft.formerName)
        row.bind(19, draft.creditCode)
        row.bind(20, draft.address)
        row.bind(21, draft.sourceX)
        row.bind(22, draft.sourceY)
        row.bind(23, draft.sourceDatum)
        row.bind(24, attributes)
        row.bind(25, codes.county.orNull)
        row.bind(26, codes.prefecture.orNull)
        row.bind(27, codes.province.orNull)
    }

    /// What the store cannot hold, whoever calls it.
    private static func refusal(_ draft: FactoryDraft) -> RowOutcome? {
        if draft.nameZH?.isEmpty ?? true, draft.nameEN?.isEmpty ?? true {
            return .rejected(field: "name_zh", value: "", reason: "a factory needs name_zh or name_en")
        }
        for (field, number, limit) in [("lon", draft.longitude, 180.0), ("lat", draft.latitude, 90.0)] where !(abs(number) <= limit) {
            return .rejected(field: field, value: "\(number)", reason: "must be a number from -\(Int(limit)) to \(Int(limit))")
        }
        if !draft.sourceX.isFinite || !draft.sourceY.isFinite {
            let isX = !draft.sourceX.isFinite
            return .rejected(
                field: isX ? "source_x" : "source_y", value: "\(isX ? draft.sourceX : draft.sourceY)", reason: "must be a finite number")
        }
        if let accuracy = draft.accuracyMeters, !(accuracy >= 0 && accuracy.isFinite) {
            return .rejected(field: "accuracy_m", value: "\(accuracy)", reason: "must be 0 or more, in metres")
        }
        return nil
    }

    /// A registry with one invented factory says so, whether or not its importer did.
    func finish(_ db: Database, path: String) throws(RegistryError) {
        guard wroteSynthetic else { return }
        try RawStatement(db, path: path, sql: "INSERT INTO meta VALUES ('synthetic', 'true') ON CONFLICT DO UPDATE SET value = 'true'")
            .run()
        let label = try RawStatement(db, path: path, sql: "INSERT INTO meta VALUES ('label', ?1) ON CONFLICT DO NOTHING")
        label.bind(1, DatasetInfo.syntheticLabel)
        try label.run()
    }
}
