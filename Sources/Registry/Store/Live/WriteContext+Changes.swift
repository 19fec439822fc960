// WriteContext+Changes.swift: a stored row changed in some of its fields. The stored fields and the changes make a whole row, which is read
// and written like a new one, inside the transaction: nobody can change it in between.

import GRDB

extension WriteContext {
    /// Changes a record.
    ///
    /// - Parameter version: the change that wrote the row last, as the client knows it.
    package func change(
        record id: String, with changes: JSONBody, version: Int64?, readers: DraftReaders
    ) throws -> (receipt: WriteReceipt, warnings: [String]) {
        guard let stored = try RegistryStore.recordFields(id: id, db, path: path) else {
            throw WriteRefusal(.notFound, field: "id", value: id, reason: "no record has this id")
        }
        try check(version, of: stored)
        if let factory = stored.factoryPK { try refuseIfRemoved(factory) }
        let merged = try stored.merged(with: changes, fixed: ["id", "factory_id"])
        if let state = changes["state"], state != stored.fields["state"], state != .string(RecordState.withdrawn.name) {
            throw WriteRefusal(
                .invalid, field: "state",
                reason: "here it can only become withdrawn; explained, correction_reported and verified are steps of corrective action")
        }
        let read = try readers.use { (reader) throws(WriteRefusal) in try reader.record(merged) }
        return (try write(record: read.draft, policy: .addOrChange), read.warnings)
    }

    /// What is known of a removed factory stays as it is, until the factory is added again.
    func refuseIfRemoved(_ factory: Int64) throws {
        let row = try statement("SELECT id FROM factories WHERE pk = ?1 AND removed_seq IS NOT NULL")
        row.bind(1, factory)
        guard try row.step() else { return }
        throw WriteRefusal(
            .conflict, field: "factory_id", value: row.text(0) ?? "",
            reason: "has been removed; add it again before its records are changed")
    }

    /// Withdraws a record, as its authority does: it stays in the history and no longer counts.
    package func withdraw(record id: String, version: Int64?, readers: DraftReaders) throws -> WriteReceipt {
        let body = JSONBody(members: [("state", .string(RecordState.withdrawn.name))])
        return try change(record: id, with: body, version: version, readers: readers).receipt
    }

    /// Changes a factory. A position is given whole, with its datum, or not at all.
    package func change(
        factory id: String, with changes: JSONBody, version: Int64?, readers: DraftReaders
    ) throws -> (receipt: WriteReceipt, warnings: [String]) {
        guard let stored = try RegistryStore.factoryFields(id: id, db, path: path) else {
            throw WriteRefusal(.notFound, field: "id", value: id, reason: "no factory has this id")
        }
        try check(version, of: stored)
        let position = ["lon", "lat", "easting", "northing", "datum"]
        let merged = try stored.merged(with: changes, fixed: ["id"], together: position)
        let read = try readers.use { (reader) throws(WriteRefusal) in try reader.factory(merged) }
        return (try write(factory: read.draft, policy: .addOrChange), read.warnings)
    }

    /// Changes a brand.
    ///
    /// - Parameter onlyBrand: the only brand that may be changed; nil: any.
    package func change(
        brand id: String, with changes: JSONBody, version: Int64?, onlyBrand: Int64?, readers: DraftReaders
    ) throws -> (receipt: WriteReceipt, warnings: [String]) {
        let stored = try RegistryStore.brandToChange(id, onlyBrand: onlyBrand, db, path: path)
        try check(version, of: stored)
        let merged = try stored.merged(with: changes, fixed: ["id"])
        let read = try readers.use { (reader) throws(WriteRefusal) in try reader.brand(merged) }
        return (try write(brand: read.draft, policy: .addOrChange), read.warnings)
    }

    /// Changes a supplier link.
    package func change(
        link: (brand: String, factory: String, kind: String), with changes: JSONBody, version: Int64?, onlyBrand: Int64?,
        readers: DraftReaders
    ) throws -> (receipt: WriteReceipt, warnings: [String]) {
        let stored = try RegistryStore.linkToChange(link, onlyBrand: onlyBrand, db, path: path)
        try check(version, of: stored)
        let merged = try stored.merged(with: changes, fixed: ["brand_id", "factory_id", "kind"])
        let read = try readers.use { (reader) throws(WriteRefusal) in try reader.link(merged) }
        return (try write(link: read.draft, policy: .addOrChange, onlyBrand: onlyBrand), read.warnings)
    }
}
