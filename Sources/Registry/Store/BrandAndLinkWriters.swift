// BrandAndLinkWriters.swift: one batch of brands, or of supplier links, into the store.

import GRDB

final class BrandWriter: BatchWriter {
    static let entity = "brands"
    private let upserter: Upserter
    /// Of the change that the next row belongs to.
    var sequence: Int64

    init(_ db: Database, path: String, sequence: Int64) throws(RegistryError) {
        upserter = try Upserter(
            db, path: path, table: "brands", key: ["id"],
            columns: ["id", "name_zh", "name_en", "sector", "website", "source", "synthetic", "content_hash", "changed_seq"])
        self.sequence = sequence
    }

    func write(_ draft: BrandDraft, seen: inout PrimaryKeySet) throws(RegistryError) -> RowOutcome {
        guard !draft.id.isEmpty else { return .rejected(field: "id", value: "", reason: "a brand needs an id") }
        let hash = draft.contentHash
        let bindKey = { (row: RawStatement) in row.bind(1, draft.id) }
        let result = try upserter.write(contentHash: hash, seen: &seen, bindKey: bindKey) { row in
            bindKey(row)
            row.bind(2, draft.nameZH)
            row.bind(3, draft.nameEN)
            row.bind(4, draft.sector)
            row.bind(5, draft.website)
            row.bind(6, draft.source)
            row.bind(7, draft.synthetic)
            row.bind(8, hash)
            row.bind(9, sequence)
        }
        return result.outcome(field: "id", value: draft.id)
    }
}

/// A link has no id of its own: factory, brand and kind identify it.
final class LinkWriter: BatchWriter {
    static let entity = "supplier_links"
    private let upserter: Upserter
    private let matcher: FactoryMatcher
    private let brandByID: RawStatement
    /// Of the change that the next row belongs to.
    var sequence: Int64
    /// What the last link was between.
    private(set) var written: (factoryPK: Int64, brandPK: Int64) = (0, 0)
    private var lastBrand: (id: String, pk: Int64)?

    init(_ db: Database, path: String, sequence: Int64) throws(RegistryError) {
        upserter = try Upserter(
            db, path: path, table: "supplier_links", key: ["factory_pk", "brand_pk", "kind"],
            columns: ["factory_pk", "brand_pk", "kind", "published", "since", "until", "tier", "source", "content_hash", "changed_seq"])
        matcher = try FactoryMatcher(db, path: path)
        brandByID = try RawStatement(db, path: path, sql: "SELECT pk FROM brands WHERE id = ?1")
        self.sequence = sequence
    }

    func write(_ draft: LinkDraft, seen: inout PrimaryKeySet) throws(RegistryError) -> RowOutcome {
        guard let brand = try brandKey(draft.brandID) else {
            return .rejected(field: "brand_id", value: draft.brandID, reason: "no brand has this id")
        }
        if let since = draft.since, let until = draft.until, until < since {
            return .rejected(field: "until", value: until.iso, reason: "is before since, \(since.iso)")
        }
        let factory: Int64
        switch try matcher.resolve(draft.factory) {
        case .found(let pk): factory = pk
        case .rejected(let field, let value, let reason): return .rejected(field: field, value: value, reason: reason)
        }
        written = (factory, brand)
        let hash = draft.contentHash
        let bindKey = { (row: RawStatement) in
            row.bind(1, factory)
            row.bind(2, brand)
            row.bind(3, draft.kind.rawValue)
        }
        let result = try upserter.write(contentHash: hash, seen: &seen, bindKey: bindKey) { row in
            bindKey(row)
            row.bind(4, draft.published)
            row.bind(5, draft.since?.daysSince1970)
            row.bind(6, draft.until?.daysSince1970)
            row.bind(7, draft.tier.map(Int64.init))
            row.bind(8, draft.source)
            row.bind(9, hash)
            row.bind(10, sequence)
        }
        if case .duplicate = result {
            return .rejected(
                field: "brand_id", value: draft.brandID, reason: "duplicate link of this brand, factory and kind with other contents")
        }
        return result.outcome(field: "brand_id", value: draft.brandID)
    }

    /// The factory that a draft names.
    func factory(of draft: LinkDraft) throws(RegistryError) -> FactoryMatcher.Match { try matcher.resolve(draft.factory) }

    /// A stored factory's id.
    func factoryID(_ pk: Int64) throws(RegistryError) -> String? { try matcher.id(of: pk) }

    /// A stored brand's key; nil when there is none.
    func brandKey(_ id: String) throws(RegistryError) -> Int64? {
        if let lastBrand, lastBrand.id == id { return lastBrand.pk }
        brandByID.bind(1, id)
        defer { brandByID.reset() }
        guard try brandByID.step() else { return nil }
        let pk = brandByID.int(0)
        lastBrand = (id, pk)
        return pk
    }
}
