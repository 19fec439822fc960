// CorrectionStatement.swift: what somebody says in a step: its fields and documents, and what each step must have. One table of
// requirements per step; a statement that lacks something, or says something that has no place there, is refused by name.

/// A field of a statement. Names are those of the HTTP interface.
public enum CorrectionField: UInt8, Named {
    /// Why it happened.
    case cause = 0
    /// What is done about it.
    case plan
    /// By when, as the factory plans.
    case plannedCompletion
    /// What was done, or found.
    case summary
    /// The day on which the correction was complete.
    case completedOn
    /// How it was verified: `gca_audit` or `document_review`.
    case method
    /// The day of the audit or review.
    case auditedOn
    /// Why: a return, an objection, a withdrawal.
    case reason
    /// What an objection is answered with.
    case answer
    /// The number of the step that is the objection.
    case objection
    /// The authority's decision: its document number or address.
    case reference

    public var name: String {
        switch self {
        case .cause: "cause"
        case .plan: "plan"
        case .plannedCompletion: "planned_completion"
        case .summary: "summary"
        case .completedOn: "completed_on"
        case .method: "method"
        case .auditedOn: "audited_on"
        case .reason: "reason"
        case .answer: "answer"
        case .objection: "objection"
        case .reference: "reference"
        }
    }
}

/// How a correction is verified.
public enum VerificationMethod: UInt8, Named {
    /// A Green Choice Audit on site by an independent auditor.
    case audit = 0
    /// A review of documents off site.
    case documentReview

    public var name: String {
        switch self {
        case .audit: "gca_audit"
        case .documentReview: "document_review"
        }
    }
}

/// What somebody says in a step.
public struct CorrectionStatement: Hashable, Sendable {
    public var fields: [CorrectionField: String]
    /// SHA-256 of each document, 64 lower-case hexadecimal digits.
    public var documents: [String]

    public init(fields: [CorrectionField: String] = [:], documents: [String] = []) {
        self.fields = fields
        self.documents = documents
    }

    /// Characters of one text. An explanation of three pages fits; more belongs into a document.
    public static let longestText = 8_000
    /// Documents of one step.
    public static let mostDocuments = 10

    /// The day in a field; nil where there is none.
    public func day(_ field: CorrectionField) -> Day? { fields[field].flatMap { Day(iso: $0) } }
}

/// What a step must have and may have.
public struct CorrectionRequirements: Hashable, Sendable {
    public var required: [CorrectionField]
    public var optional: [CorrectionField] = []
    public var leastDocuments = 0
    /// What the documents are, for messages.
    public var documentsAre = "documents"
}

extension CorrectionStep {
    /// Nil for steps that nobody submits.
    public var requirements: CorrectionRequirements? {
        switch self {
        case .explain:
            CorrectionRequirements(
                required: [.cause, .plan], optional: [.plannedCompletion], leastDocuments: 1,
                documentsAre: "documents that support the explanation")
        case .reportCorrection:
            CorrectionRequirements(
                required: [.summary, .completedOn], leastDocuments: 1, documentsAre: "evidence of the correction")
        case .verify:
            CorrectionRequirements(
                required: [.method, .auditedOn, .summary], leastDocuments: 1, documentsAre: "the report of the audit or review")
        case .sendBack: CorrectionRequirements(required: [.reason])
        case .object: CorrectionRequirements(required: [.reason])
        case .settleObjection: CorrectionRequirements(required: [.objection, .answer])
        case .retractObjection: CorrectionRequirements(required: [.objection], optional: [.reason])
        case .withdraw: CorrectionRequirements(required: [.reason, .reference])
        case .complete, .relapse: nil
        }
    }

    /// Checks a statement: all that the step needs, nothing that it has no place for, each value possible.
    ///
    /// - Parameters:
    ///   - published: when the record was published.
    ///   - today: the day in China.
    /// - Throws: `WriteRefusal` with kind `invalid`, naming the field.
    public func check(_ statement: CorrectionStatement, published: Day, today: Day) throws(WriteRefusal) {
        guard let requirements else {
            throw WriteRefusal(.forbidden, field: "step", value: name, reason: "is taken by the server itself")
        }
        for field in requirements.required where statement.fields[field] == nil {
            throw WriteRefusal(.invalid, field: field.name, reason: "'\(name)' needs it")
        }
        let known = requirements.required + requirements.optional
        for (field, value) in statement.fields.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            guard known.contains(field) else {
                throw WriteRefusal(
                    .invalid, field: field.name,
                    reason: "has no place in '\(name)', which has \(known.map(\.name).joined(separator: ", ")) and documents")
            }
            try CorrectionStep.check(field, value, published: published, today: today)
        }
        try checkDocuments(statement.documents, requirements)
    }

    private static func check(_ field: CorrectionField, _ value: String, published: Day, today: Day) throws(WriteRefusal) {
        func refuse(_ reason: String) -> WriteRefusal {
            WriteRefusal(.invalid, field: field.name, value: String(value.prefix(40)), reason: reason)
        }
        switch field {
        case .cause, .plan, .summary, .reason, .answer, .reference:
            if let reason = StatementText.refusal(value) { throw refuse(reason) }
        case .plannedCompletion:
            guard let day = Day(iso: value), day >= today, day <= today.adding(months: 24) else {
                throw refuse("must be a day YYYY-MM-DD from today (\(today.iso)) to two years on")
            }
        case .completedOn, .auditedOn:
            guard let day = Day(iso: value), day >= published, day <= today else {
                throw refuse("must be a day YYYY-MM-DD from the record's publication (\(published.iso)) to today (\(today.iso))")
            }
        case .method:
            guard VerificationMethod(name: value) != nil else { throw refuse("must be one of \(VerificationMethod.names)") }
        case .objection:
            guard let number = Int(value), number > 0, String(number) == value else {
                throw refuse("must be the number of the step that is the objection")
            }
        }
    }

    private func checkDocuments(_ documents: [String], _ requirements: CorrectionRequirements) throws(WriteRefusal) {
        guard documents.count >= requirements.leastDocuments else {
            throw WriteRefusal(
                .invalid, field: "documents",
                reason: "'\(name)' needs at least \(requirements.leastDocuments): \(requirements.documentsAre)")
        }
        guard documents.count <= CorrectionStatement.mostDocuments else {
            throw WriteRefusal(
                .invalid, field: "documents", value: "\(documents.count)",
                reason: "at most \(CorrectionStatement.mostDocuments) of one step")
        }
        var seen: Set<String> = []
        for document in documents {
            guard DocumentHash.isOne(document) else {
                throw WriteRefusal(
                    .invalid, field: "documents", value: String(document.prefix(64)),
                    reason: "must be the sha256 that uploading it gave: 64 lower-case hexadecimal digits")
            }
            guard seen.insert(document).inserted else {
                throw WriteRefusal(.invalid, field: "documents", value: document, reason: "is named twice")
            }
        }
    }
}

/// What a text of a statement may hold: it is shown to everyone, beside texts of others.
public enum StatementText {
    /// Why a text cannot be taken; nil: it can.
    public static func refusal(_ text: String) -> String? {
        var count = 0
        var isBlank = true
        for scalar in text.unicodeScalars {
            count += 1
            let isLayout = scalar == "\n" || scalar == "\t" || scalar == "\r"
            // Bidirectional overrides can make a text show as another one.
            if scalar.properties.generalCategory == .control && !isLayout || UnsafeCharacters.isBidirectional(scalar) {
                return "holds the control character U+\(String(scalar.value, radix: 16, uppercase: true))"
            }
            if !scalar.properties.isWhitespace { isBlank = false }
        }
        if isBlank { return "must not be empty" }
        if count > CorrectionStatement.longestText {
            return "has \(count) characters; at most \(CorrectionStatement.longestText), the rest belongs into a document"
        }
        return nil
    }
}
