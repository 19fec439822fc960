// WriteContext+Records.swift: a record into the registry by a live write: the row, the records that it supersedes, the factory's status
// before and after, and the events.

import GRDB

/// Whether a write may meet a stored row.
public enum WritePolicy: Sendable {
    /// A stored row with other contents is a conflict.
    case add
    /// A stored row is brought to the new contents, as importers do.
    case addOrChange
}

/// What a write has come to.
public struct WriteReceipt: Hashable, Sendable {
    public enum Outcome: String, Sendable {
        case added, changed, unchanged, removed
    }

    public var outcome: Outcome
    /// Public id of what was written.
    public var id: String
    /// The factory that it is about.
    public var factoryID: String?
    /// Number of the change; for an unchanged row that of its last one.
    public var sequence: Int64
    /// The factory's status now.
    public var status: FactoryStatus?
    public var statusReason: String?
    public var statusReasonZH: String?
    /// Severity 1 to 5 of the record; 0: no non-compliance.
    public var severity: UInt8?
}

extension WriteContext {
    /// Stores a record.
    ///
    /// - Throws: `WriteRefusal` with the field at fault; `RegistryError`.
    public func write(record draft: RecordDraft, policy: WritePolicy) throws -> WriteReceipt {
        let writer = try tools.records(self)
        let factory: Int64
        switch try writer.factory(of: draft) {
        case .found(let pk): factory = pk
        case .rejected(let field, let value, let reason): throw WriteRefusal(.invalid, field: field, value: value, reason: reason)
        }
        let before = try assess(factoryPK: factory).assessment.status
        let stateBefore = try draft.id.flatMap { try state(ofRecord: $0) }
        var seen = PrimaryKeySet()
        let outcome: WriteReceipt.Outcome
        switch try writer.write(draft, seen: &seen) {
        case .accepted: outcome = .added
        case .updated: outcome = .changed
        case .unchanged: outcome = .unchanged
        case .rejected(let field, let value, let reason): throw WriteRefusal(.invalid, field: field, value: value, reason: reason)
        }
        let id = writer.written.id
        if outcome == .changed, case .add = policy {
            throw WriteRefusal(
                .conflict, field: "id", value: id, reason: "a record with this id and other contents is stored; change it with PATCH")
        }
        let (assessment, severity) = try assess(factoryPK: factory, severityOf: id)
        let factoryID = try writer.factoryID(factory)
        var receipt = WriteReceipt(
            outcome: outcome, id: id, factoryID: factoryID, sequence: nextSequence, status: assessment.status,
            statusReason: assessment.reason, statusReasonZH: assessment.reasonZH, severity: severity)
        if outcome == .unchanged {
            receipt.sequence = try version("records", id: id) ?? 0
            return receipt
        }
        // Not always the draft's: where steps were taken, theirs stands.
        let stateNow = try state(ofRecord: id) ?? draft.state
        let data = WriteContext.event(of: draft, state: stateNow, severity: severity, status: assessment.status, before: before)
        let isWithdrawn = outcome == .changed && stateNow == .withdrawn && stateBefore != .withdrawn
        receipt.sequence = try change(
            kind: outcome == .added ? "record.added" : isWithdrawn ? "record.withdrawn" : "record.changed", factoryPK: factory, subject: id,
            data: data)
        for other in writer.written.remarked where other != id { try announceRemarked(record: other, by: id) }
        try noteRelapses(factoryPK: factory)
        return receipt
    }

    /// A record that is now superseded, or no longer: that changes what it counts for, in its own factory.
    private func announceRemarked(record id: String, by cause: String) throws {
        let row = try statement("SELECT factory_pk, superseded FROM records WHERE id = ?1")
        row.bind(1, id)
        guard try row.step() else { return }
        var json = JSONWriter()
        json.object { json in
            json.field("superseded", row.int(1) != 0)
            json.field("by", cause)
        }
        try change(kind: "record.changed", factoryPK: row.int(0), subject: id, data: json.text)
    }

    private func state(ofRecord id: String) throws(RegistryError) -> RecordState? {
        let row = try tools.recordState(db, path)
        row.bind(1, id)
        defer { row.reset() }
        return try row.step() ? RecordState(rawValue: UInt8(truncatingIfNeeded: row.int(0))) : nil
    }

    /// What watchers need to decide whether a record concerns them.
    private static func event(
        of draft: RecordDraft, state: RecordState, severity: UInt8?, status: FactoryStatus, before: FactoryStatus
    ) -> String {
        var json = JSONWriter()
        json.object { json in
            json.field("kind", draft.kind.name)
            json.field("category", draft.category.name)
            json.field("state", state.name)
            json.field("published", draft.published.iso)
            json.field(optional: "measure", draft.measure?.name)
            json.field(optional: "rating", draft.rating?.name)
            json.field(optional: "fine_cny", draft.fineCNY)
            if let severity { json.field("severity", severity) }
            json.field("status", status.name)
            json.field("status_before", before.name)
        }
        return json.text
    }
}
