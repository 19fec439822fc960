// CorrectionJSON.swift: histories, receipts and drafts of corrective action as JSON.

import Registry

enum CorrectionJSON {
    static func history(_ history: CorrectionHistory, deadlines: CorrectionDeadlines, today: Day) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("id", history.recordID)
            json.field("factory_id", history.factoryID)
            if history.isSynthetic { json.field("is_synthetic", true) }
            json.field("stage", history.stage.name)
            json.field("state", history.stage.state.name)
            json.field("published", history.published.iso)
            json.field("version", history.version)
            json.field(optional: "since", history.since.map { LiveTime.iso($0) })
            json.field(optional: "objections_until", history.objectionsUntil.map { LiveTime.iso($0) })
            if let next = history.next(deadlines) {
                json.object("waiting_for") { json in
                    json.field("step", next.step.name)
                    json.field("by", next.by.iso)
                    json.field("overdue", next.by < today)
                }
            }
            json.field("relapsed", history.relapsedBy != nil)
            json.field(optional: "relapsed_by", history.relapsedBy)
            json.array("steps") { json in
                for entry in history.steps { json.object { step(entry, &$0) } }
            }
        }
        return json.bytes
    }

    private static func step(_ entry: CorrectionEntry, _ json: inout JSONWriter) {
        json.field("number", entry.number)
        json.field("step", entry.step.name)
        json.field("at", LiveTime.iso(entry.at))
        json.field("from", entry.before.name)
        json.field("to", entry.after.name)
        json.field("seq", entry.sequence)
        json.object("author") { json in
            guard let author = entry.author else { return json.field("role", "server") }
            json.field("role", author.role.name)
            json.field("name", author.name)
            json.field(optional: "factory_id", author.factoryID)
            json.field(optional: "brand_id", author.brandID)
        }
        fields(entry.statement, &json)
        if let isOpen = entry.isOpen { json.field("open", isOpen) }
        if let settledBy = entry.settledBy { json.field("settled_by", settledBy) }
        if !entry.documents.isEmpty {
            json.array("documents") { json in
                for item in entry.documents { json.object { document(item, &$0) } }
            }
        }
    }

    static func fields(_ statement: CorrectionStatement, _ json: inout JSONWriter) {
        for field in CorrectionField.allCases { json.field(optional: field.name, statement.fields[field]) }
    }

    static func document(_ document: DocumentInfo, _ json: inout JSONWriter) {
        json.field("sha256", document.sha256)
        json.field("name", document.name)
        json.field("type", document.type.name)
        json.field("bytes", document.bytes)
        json.field("href", "/v1/documents/\(document.sha256)")
    }

    static func receipt(_ receipt: CorrectionReceipt) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("id", receipt.recordID)
            json.field("number", receipt.number)
            json.field("step", receipt.step.name)
            json.field("stage", receipt.stage.name)
            json.field("state", receipt.stage.state.name)
            json.field("seq", receipt.sequence)
            json.field(optional: "objections_until", receipt.objectionsUntil.map { LiveTime.iso($0) })
            json.field("status", receipt.status.name)
        }
        return json.bytes
    }

    static func draft(_ draft: CorrectionDraft) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("number", draft.number)
            json.field("saved_at", LiveTime.iso(draft.savedAt))
            json.key("draft")
            json.literal(draft.json)
        }
        return json.bytes
    }

    /// Where a record stands, as a member of the record in a factory's detail.
    static func summary(_ summary: CorrectionSummary, _ json: inout JSONWriter) {
        json.object("correction") { json in
            json.field("stage", summary.stage.name)
            json.field("steps", summary.steps)
            json.field(optional: "objections_until", summary.objectionsUntil.map { LiveTime.iso($0) })
            json.field("relapsed", summary.relapsedBy != nil)
            json.field(optional: "relapsed_by", summary.relapsedBy)
        }
    }
}
