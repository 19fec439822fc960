// WriteContext+Links.swift: supplier links by live writes. A link that is not published is its brand's own: its events are for that brand
// alone, and when a published one is taken back, everyone is told that it is gone and only the brand that it lives on.

import GRDB

extension WriteContext {
    /// Stores a supplier link.
    ///
    /// - Parameter brandPK: the only brand whose links may be written; nil: any brand's.
    public func write(link draft: LinkDraft, policy: WritePolicy, onlyBrand brandPK: Int64?) throws -> WriteReceipt {
        let writer = try tools.links(self)
        let brand = try writer.brandKey(draft.brandID)
        if let brandPK, brand != brandPK { throw WriteContext.notYours(draft.brandID) }
        guard let brand else {
            throw WriteRefusal(.invalid, field: "brand_id", value: draft.brandID, reason: "no brand has this id")
        }
        let factory: Int64
        switch try writer.factory(of: draft) {
        case .found(let pk): factory = pk
        case .rejected(let field, let value, let reason): throw WriteRefusal(.invalid, field: field, value: value, reason: reason)
        }
        let factoryID = try writer.factoryID(factory) ?? ""
        let before = try RegistryStore.linkFields(brand: draft.brandID, factory: factoryID, kind: draft.kind.name, db, path: path)
        var seen = PrimaryKeySet()
        let outcome: WriteReceipt.Outcome
        switch try writer.write(draft, seen: &seen) {
        case .accepted: outcome = .added
        case .updated: outcome = .changed
        case .unchanged: outcome = .unchanged
        case .rejected(let field, let value, let reason): throw WriteRefusal(.invalid, field: field, value: value, reason: reason)
        }
        if outcome == .changed, case .add = policy {
            throw WriteRefusal(
                .conflict, field: "kind", value: draft.kind.name,
                reason: "a link of this brand, factory and kind is stored with other contents; change it with PATCH")
        }
        let id = "\(draft.brandID)/\(factoryID)/\(draft.kind.name)"
        var receipt = WriteReceipt(outcome: outcome, id: id, factoryID: factoryID, sequence: before?.sequence ?? nextSequence)
        if outcome == .unchanged { return receipt }
        receipt.sequence = try announce(
            id, factory: factory, brand: brand, wasPublic: before?.isPublic, isPublic: draft.published, isNew: outcome == .added)
        return receipt
    }

    /// Removes a supplier link.
    public func removeLink(
        brand: String, factory: String, kind: String, version: Int64?, onlyBrand brandPK: Int64?
    ) throws -> WriteReceipt {
        let stored = try RegistryStore.linkToChange((brand, factory, kind), onlyBrand: brandPK, db, path: path)
        guard let factoryPK = stored.factoryPK, let owner = stored.brandPK else {
            throw RegistryError.damaged(path: path, detail: "a supplier link without its factory or brand")
        }
        try check(version, of: stored)
        let row = try statement("DELETE FROM supplier_links WHERE pk = ?1")
        row.bind(1, stored.pk)
        try row.run()
        let id = "\(brand)/\(factory)/\(kind)"
        let sequence = try change(
            kind: "link.removed", factoryPK: factoryPK, subject: id, audience: stored.isPublic ? nil : owner)
        return WriteReceipt(outcome: .removed, id: id, factoryID: factory, sequence: sequence)
    }

    private func announce(
        _ id: String, factory: Int64, brand: Int64, wasPublic: Bool?, isPublic: Bool, isNew: Bool
    ) throws(RegistryError) -> Int64 {
        if isPublic {
            // To everyone else a link begins when it is published.
            let kind = isNew || wasPublic == false ? "link.added" : "link.changed"
            return try change(kind: kind, factoryPK: factory, subject: id)
        }
        let sequence = try change(kind: isNew ? "link.added" : "link.changed", factoryPK: factory, subject: id, audience: brand)
        if wasPublic == true { try change(kind: "link.removed", factoryPK: factory, subject: id) }
        return sequence
    }

    static func notYours(_ brand: String) -> WriteRefusal {
        WriteRefusal(.forbidden, field: "brand_id", value: brand, reason: "this key acts for another brand")
    }
}
