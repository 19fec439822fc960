// CorrectionBody.swift: the JSON of a step, from a client: its name, its fields as texts, its documents by hash. A draft is the same with
// anything left out.

import Registry

enum CorrectionBody {
    /// A step that is submitted.
    ///
    /// - Throws: `WriteRefusal` with the field.
    static func step(_ body: JSONBody) throws(WriteRefusal) -> (step: CorrectionStep, statement: CorrectionStatement) {
        guard let step = try name(body) else {
            throw WriteRefusal(.invalid, field: "step", reason: "must be one of \(CorrectionRules.submittableNames)")
        }
        return (step, try statement(body))
    }

    /// A draft in its stored form: known members only, each of its kind.
    static func draft(_ body: JSONBody) throws(WriteRefusal) -> String {
        let step = try name(body)
        let statement = try statement(body)
        guard statement.documents.count <= CorrectionStatement.mostDocuments else {
            throw WriteRefusal(.invalid, field: "documents", reason: "at most \(CorrectionStatement.mostDocuments)")
        }
        var json = JSONWriter()
        json.object { json in
            json.field(optional: "step", step?.name)
            CorrectionJSON.fields(statement, &json)
            if !statement.documents.isEmpty { json.field("documents", statement.documents) }
        }
        return json.text
    }

    private static func name(_ body: JSONBody) throws(WriteRefusal) -> CorrectionStep? {
        guard let name = try body.text("step") else { return nil }
        guard let step = CorrectionStep(name: name) else {
            throw WriteRefusal(
                .invalid, field: "step", value: String(name.prefix(64)), reason: "must be one of \(CorrectionRules.submittableNames)")
        }
        return step
    }

    private static func statement(_ body: JSONBody) throws(WriteRefusal) -> CorrectionStatement {
        try body.allow(only: ["step", "documents"] + CorrectionField.allCases.map(\.name))
        var statement = CorrectionStatement()
        for field in CorrectionField.allCases {
            // The number of an objection may be given as one.
            if field == .objection, case .number? = body[field.name] {
                statement.fields[field] = try body.integer(field.name, in: 1...Int64.max).map { String($0) }
            } else {
                statement.fields[field] = try body.text(field.name, limit: CorrectionStatement.longestText)
            }
        }
        switch body["documents"] {
        case nil, .null?: break
        case .array(let items)?:
            for item in items {
                guard case .string(let hash) = item, DocumentHash.isOne(hash) else {
                    throw WriteRefusal(
                        .invalid, field: "documents",
                        reason: "each must be the sha256 that uploading it to /v1/documents gave: 64 lower-case hexadecimal digits")
                }
                statement.documents.append(hash)
            }
        default: throw WriteRefusal(.invalid, field: "documents", reason: "must be a list of sha256")
        }
        return statement
    }
}
