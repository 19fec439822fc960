// WriteContext+Factories.swift: factories and brands by live writes. A removed factory stays as a tombstone: its records and its history are
// kept, readers no longer see it, and whoever adds it again brings it back.

import GRDB

extension WriteContext {
    /// Stores a factory.
    ///
    /// - Throws: `WriteRefusal` with the field at fault; `RegistryError`.
    public func write(factory draft: FactoryDraft, policy: WritePolicy) throws -> WriteReceipt {
        let writer = try tools.factories(self)
        let before = try place(ofFactory: draft.id)
        var seen = PrimaryKeySet()
        var outcome: WriteReceipt.Outcome
        switch try writer.write(draft, seen: &seen) {
        case .accepted: outcome = .added
        case .updated: outcome = before?.isRemoved == true ? .added : .changed
        case .unchanged: outcome = .unchanged
        case .rejected(let field, let value, let reason): throw WriteRefusal(.invalid, field: field, value: value, reason: reason)
        }
        let (id, pk) = writer.written
        if outcome == .changed, case .add = policy {
            throw WriteRefusal(
                .conflict, field: "id", value: id, reason: "a factory with this id and other contents is stored; change it with PATCH")
        }
        let assessment = try assess(factoryPK: pk).assessment
        var receipt = WriteReceipt(
            outcome: outcome, id: id, factoryID: id, sequence: nextSequence, status: assessment.status, statusReason: assessment.reason,
            statusReasonZH: assessment.reasonZH)
        if outcome == .unchanged {
            receipt.sequence = try version("factories", id: id) ?? 0
            return receipt
        }
        try writer.finish(db, path: path)
        let hasMoved = before.map { $0.longitude != draft.longitude || $0.latitude != draft.latitude } ?? false
        var json = JSONWriter()
        json.object { json in
            json.field("lon", draft.longitude)
            json.field("lat", draft.latitude)
            if outcome == .changed, hasMoved, let before {
                json.field("lon_before", before.longitude)
                json.field("lat_before", before.latitude)
            }
            json.field("status", assessment.status.name)
        }
        let kind = outcome == .added ? "factory.added" : hasMoved ? "factory.moved" : "factory.changed"
        receipt.sequence = try change(kind: kind, factoryPK: pk, subject: id, data: json.text)
        return receipt
    }

    /// Removes a factory: it is in no tile and no answer any more. Its records stay.
    ///
    /// - Parameter version: the change that wrote the row last, as the client knows it.
    public func removeFactory(id: String, version: Int64?) throws -> WriteReceipt {
        guard let stored = try RegistryStore.factoryFields(id: id, db, path: path) else {
            throw WriteRefusal(.notFound, field: "id", value: id, reason: "no factory has this id")
        }
        try check(version, of: stored)
        let row = try statement("UPDATE factories SET removed_seq = ?2, changed_seq = ?2, content_hash = 0 WHERE pk = ?1")
        row.bind(1, stored.pk)
        row.bind(2, nextSequence)
        try row.run()
        tools.forgetRows()
        let sequence = try change(kind: "factory.removed", factoryPK: stored.pk, subject: id)
        return WriteReceipt(outcome: .removed, id: id, factoryID: id, sequence: sequence)
    }

    /// Stores a brand.
    public func write(brand draft: BrandDraft, policy: WritePolicy) throws -> WriteReceipt {
        var seen = PrimaryKeySet()
        let outcome: WriteReceipt.Outcome
        switch try tools.brands(self).write(draft, seen: &seen) {
        case .accepted: outcome = .added
        case .updated: outcome = .changed
        case .unchanged:
            return WriteReceipt(outcome: .unchanged, id: draft.id, sequence: try version("brands", id: draft.id) ?? 0)
        case .rejected(let field, let value, let reason): throw WriteRefusal(.invalid, field: field, value: value, reason: reason)
        }
        if outcome == .changed, case .add = policy {
            throw WriteRefusal(
                .conflict, field: "id", value: draft.id, reason: "a brand with this id and other contents is stored; change it with PATCH")
        }
        let sequence = try change(kind: outcome == .added ? "brand.added" : "brand.changed", subject: draft.id)
        return WriteReceipt(outcome: outcome, id: draft.id, sequence: sequence)
    }

    /// Removes a brand that nothing refers to.
    public func removeBrand(id: String, version: Int64?) throws -> WriteReceipt {
        let stored = try RegistryStore.brandToChange(id, onlyBrand: nil, db, path: path)
        try check(version, of: stored)
        _ = try RegistryStore.removeLogo(ofBrand: stored.pk, db)
        do {
            let row = try statement("DELETE FROM brands WHERE pk = ?1")
            row.bind(1, stored.pk)
            try row.run()
        } catch {
            guard case .failed = error else { throw error }
            throw WriteRefusal(
                .conflict, field: "id", value: id, reason: "supplier links or accounts belong to this brand; remove them first")
        }
        tools.forgetRows()
        let sequence = try change(kind: "brand.removed", subject: id)
        return WriteReceipt(outcome: .removed, id: id, sequence: sequence)
    }

    /// Refuses a write whose client has not seen the latest version.
    func check(_ version: Int64?, of stored: StoredFields) throws(WriteRefusal) {
        guard let version, version != stored.sequence else { return }
        throw WriteRefusal(
            .changedMeanwhile, field: "If-Match", value: "\"\(version)\"",
            reason: "the stored version is \"\(stored.sequence)\"; read it again and repeat the change")
    }

    func version(_ table: String, id: String) throws(RegistryError) -> Int64? {
        let row = try statement("SELECT changed_seq FROM \(table) WHERE id = ?1")
        row.bind(1, id)
        return try row.step() ? row.int(0) : nil
    }

    private func place(ofFactory id: String?) throws(RegistryError) -> (longitude: Double, latitude: Double, isRemoved: Bool)? {
        guard let id else { return nil }
        let row = try statement("SELECT lon, lat, removed_seq FROM factories WHERE id = ?1")
        row.bind(1, id)
        return try row.step() ? (row.double(0), row.double(1), !row.isNull(2)) : nil
    }
}
