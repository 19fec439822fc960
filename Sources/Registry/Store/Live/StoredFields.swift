// StoredFields.swift: a stored row as the fields that made it, so that a change of one field goes through the same checks as a new row: the
// fields, the client's changes merged into them (RFC 7396), the row reader, the writer.

import GRDB

/// A row's fields, as a client may read and change them.
package struct StoredFields: Sendable {
    package var pk: Int64
    package var fields: JSONBody
    /// The change that wrote the row last: its version.
    package var sequence: Int64
    package var factoryPK: Int64?
    package var brandPK: Int64?
    /// False for what only its brand may see.
    package var isPublic = true

    /// The fields with a client's changes: null takes a field away, and so it does inside an object.
    ///
    /// - Parameters:
    ///   - fixed: fields that identify the row; a change may only repeat them.
    ///   - together: fields that mean nothing alone: when one is given, the stored ones go.
    package func merged(
        with changes: JSONBody, fixed: [String], together: [String] = []
    ) throws(WriteRefusal) -> JSONBody {
        var result = fields
        if changes.members.contains(where: { together.contains($0.key) }) { result.members.removeAll { together.contains($0.key) } }
        for (key, value) in changes.members {
            if fixed.contains(key) {
                guard value == fields[key] else {
                    throw WriteRefusal(.invalid, field: key, reason: "identifies the row and cannot be changed; remove it and add another")
                }
                continue
            }
            result.members.removeAll { $0.key == key }
            let merged = value.merged(into: fields[key])
            if merged == .null { continue }
            result.members.append((key, merged))
        }
        return result
    }
}

extension JSONValue {
    /// This value as a merge patch of another (RFC 7396); null: nothing is left.
    fileprivate func merged(into stored: JSONValue?) -> JSONValue {
        guard case .object(let changes) = self else { return self }
        var members: [(key: String, value: JSONValue)] = []
        if case .object(let kept)? = stored { members = kept }
        for (key, value) in changes {
            let before = members.first { $0.key == key }?.value
            members.removeAll { $0.key == key }
            let merged = value.merged(into: before)
            if merged != .null { members.append((key, merged)) }
        }
        return members.isEmpty ? .null : .object(members)
    }

    fileprivate static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    fileprivate static func number(_ value: Double) -> JSONValue {
        let isWhole = value == value.rounded() && abs(value) < 1e15
        return .number(value, text: isWhole ? String(Int64(value)) : value.description)
    }
}

extension RegistryStore {
    /// The fields of a record; nil when there is none.
    package func recordFields(id: String) throws(RegistryError) -> StoredFields? {
        try read { db in try RegistryStore.recordFields(id: id, db, path: path) }
    }

    package func factoryFields(id: String) throws(RegistryError) -> StoredFields? {
        try read { db in try RegistryStore.factoryFields(id: id, db, path: path) }
    }

    package func brandFields(id: String) throws(RegistryError) -> StoredFields? {
        try read { db in try RegistryStore.brandFields(id: id, db, path: path) }
    }

    package func linkFields(brand: String, factory: String, kind: String) throws(RegistryError) -> StoredFields? {
        try read { db in try RegistryStore.linkFields(brand: brand, factory: factory, kind: kind, db, path: path) }
    }

    private static func made(
        pk: Int64, sequence: Int64, _ members: [(String, JSONValue)], factoryPK: Int64? = nil, brandPK: Int64? = nil, isPublic: Bool = true
    ) -> StoredFields {
        let given = members.filter { $0.1 != .null }.map { (key: $0.0, value: $0.1) }
        return StoredFields(
            pk: pk, fields: JSONBody(members: given), sequence: sequence, factoryPK: factoryPK, brandPK: brandPK, isPublic: isPublic)
    }

    static func recordFields(id: String, _ db: Database, path: String) throws(RegistryError) -> StoredFields? {
        let row = try RawStatement(
            db, path: path,
            sql: """
                SELECT published, kind, category, state, measure, rating, act_date, fine_cny, superseded, records.id, factories.id, factory_pk,
                authority, document_number, regulation, text, source_url, retrieved_at, supersedes, records.changed_seq, records.pk
                FROM records JOIN factories ON factories.pk = factory_pk WHERE records.id = ?1
                """)
        row.bind(1, id)
        guard try row.step() else { return nil }
        let facts = try RecordFacts(row, path: path)
        return made(
            pk: row.int(20), sequence: row.int(19),
            [
                ("id", .text(row.text(9))), ("factory_id", .text(row.text(10))), ("kind", .string(facts.kind.name)),
                ("rating", .text(facts.rating?.name)), ("published", .string(facts.published.iso)), ("act_date", .text(facts.actDate?.iso)),
                ("authority", .text(row.text(12))), ("document_number", .text(row.text(13))), ("regulation", .text(row.text(14))),
                ("category", .string(facts.category.name)), ("text", .text(row.text(15))),
                ("fine_cny", facts.fineCNY.map { .number($0) } ?? .null), ("measure", .text(facts.measure?.name)),
                ("source_url", .text(row.text(16))), ("retrieved_at", .text(row.text(17))), ("state", .string(facts.state.name)),
                ("supersedes", .text(row.text(18))),
            ], factoryPK: row.int(11))
    }

    static func factoryFields(id: String, _ db: Database, path: String) throws(RegistryError) -> StoredFields? {
        let row = try RawStatement(
            db, path: path,
            sql: """
                SELECT pk, changed_seq, id, name_zh, name_en, former_name, credit_code, address, source_x, source_y, source_datum, industry,
                county, key_monitored, disclosed, synthetic, flags, attributes FROM factories WHERE id = ?1 AND removed_seq IS NULL
                """)
        row.bind(1, id)
        guard try row.step() else { return nil }
        let datum = row.text(10) ?? ""
        let isPlane = PositionReader.isPlane(datum) ?? false
        let flags = FactoryFlags(rawValue: UInt32(truncatingIfNeeded: row.int(16)))
        var attributes = JSONValue.null
        if let text = row.text(17), let parsed = try? JSONValue.parse(Array(text.utf8)) { attributes = parsed }
        return made(
            pk: row.int(0), sequence: row.int(1),
            [
                ("id", .text(row.text(2))), ("name_zh", .text(row.text(3))), ("name_en", .text(row.text(4))),
                ("former_name", .text(row.text(5))), ("credit_code", .text(row.text(6))), ("address", .text(row.text(7))),
                (isPlane ? "easting" : "lon", .number(row.double(8))), (isPlane ? "northing" : "lat", .number(row.double(9))),
                ("datum", .string(datum)), ("industry", .text(row.text(11))),
                ("county_code", row.optionalInt(12).map { .string(String($0)) } ?? .null),
                ("key_monitored", row.int(13) != 0 ? .boolean(true) : .null), ("disclosed", row.int(14) != 0 ? .boolean(true) : .null),
                ("synthetic", row.int(15) != 0 ? .boolean(true) : .null),
                ("approximate", flags.contains(.approximatePosition) ? .boolean(true) : .null), ("attributes", attributes),
            ], factoryPK: row.int(0))
    }

    /// A brand that is to be changed.
    ///
    /// - Parameter onlyBrand: the only one that may be; nil: any.
    /// - Throws: `WriteRefusal` when there is none, or it is another's; `RegistryError`.
    static func brandToChange(_ id: String, onlyBrand: Int64?, _ db: Database, path: String) throws -> StoredFields {
        guard let stored = try brandFields(id: id, db, path: path) else {
            throw WriteRefusal(.notFound, field: "id", value: id, reason: "no brand has this id")
        }
        if let onlyBrand, onlyBrand != stored.pk { throw WriteContext.notYours(id) }
        return stored
    }

    static func brandFields(id: String, _ db: Database, path: String) throws(RegistryError) -> StoredFields? {
        let row = try RawStatement(
            db, path: path,
            sql: "SELECT pk, changed_seq, id, name_zh, name_en, sector, website, source, synthetic FROM brands WHERE id = ?1")
        row.bind(1, id)
        guard try row.step() else { return nil }
        return made(
            pk: row.int(0), sequence: row.int(1),
            [
                ("id", .text(row.text(2))), ("name_zh", .text(row.text(3))), ("name_en", .text(row.text(4))),
                ("sector", .text(row.text(5))),
                ("website", .text(row.text(6))), ("source", .text(row.text(7))),
                ("synthetic", row.int(8) != 0 ? .boolean(true) : .null),
            ], brandPK: row.int(0))
    }

    /// A link that is to be changed.
    ///
    /// - Parameter onlyBrand: the only brand whose links may be; nil: any.
    /// - Throws: `WriteRefusal`, the same when there is none and when it is another's: who buys where is nobody's business. `RegistryError`.
    static func linkToChange(
        _ link: (brand: String, factory: String, kind: String), onlyBrand: Int64?, _ db: Database, path: String
    ) throws -> StoredFields {
        let stored = try linkFields(brand: link.brand, factory: link.factory, kind: link.kind, db, path: path)
        guard let stored, onlyBrand == nil || onlyBrand == stored.brandPK else {
            throw WriteRefusal(.notFound, field: "kind", value: link.kind, reason: "there is no such link")
        }
        return stored
    }

    static func linkFields(
        brand: String, factory: String, kind: String, _ db: Database, path: String
    ) throws(RegistryError) -> StoredFields? {
        guard let kind = LinkKind(name: kind) else { return nil }
        let row = try RawStatement(
            db, path: path,
            sql: """
                SELECT link.pk, link.changed_seq, brands.id, factories.id, link.since, link.until, link.tier, link.source, link.published,
                link.factory_pk, link.brand_pk
                FROM supplier_links AS link JOIN brands ON brands.pk = link.brand_pk JOIN factories ON factories.pk = link.factory_pk
                WHERE brands.id = ?1 AND factories.id = ?2 AND link.kind = ?3 AND factories.removed_seq IS NULL
                """)
        row.bind(1, brand)
        row.bind(2, factory)
        row.bind(3, kind.rawValue)
        guard try row.step() else { return nil }
        func day(_ column: Int32) -> JSONValue {
            .text(row.optionalInt(column).map { Day(daysSince1970: Int32(truncatingIfNeeded: $0)).iso })
        }
        return made(
            pk: row.int(0), sequence: row.int(1),
            [
                ("brand_id", .text(row.text(2))), ("factory_id", .text(row.text(3))), ("kind", .string(kind.name)), ("since", day(4)),
                ("until", day(5)), ("tier", row.optionalInt(6).map { .number(Double($0)) } ?? .null), ("source", .text(row.text(7))),
                ("published", .boolean(row.int(8) != 0)),
            ], factoryPK: row.int(9), brandPK: row.int(10), isPublic: row.int(8) != 0)
    }
}
