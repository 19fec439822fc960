// DocumentType.swift: the kinds of documents that are taken, and why one is not. The type is found in the bytes alone: what the uploader's
// name or header says is not asked.

/// A kind of document.
public enum DocumentType: UInt8, Named {
    case pdf = 0
    case png, jpeg, text, docx, xlsx

    public var name: String {
        switch self {
        case .pdf: "pdf"
        case .png: "png"
        case .jpeg: "jpeg"
        case .text: "text"
        case .docx: "docx"
        case .xlsx: "xlsx"
        }
    }

    /// What a download says it is.
    public var mediaType: String {
        switch self {
        case .pdf: "application/pdf"
        case .png: "image/png"
        case .jpeg: "image/jpeg"
        case .text: "text/plain; charset=utf-8"
        case .docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        case .xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        }
    }

    /// Endings of names, the usual one first.
    var endings: [String] {
        switch self {
        case .pdf: ["pdf"]
        case .png: ["png"]
        case .jpeg: ["jpg", "jpeg"]
        case .text: ["txt", "csv", "md"]
        case .docx: ["docx"]
        case .xlsx: ["xlsx"]
        }
    }

    public static let accepted = "PDF, PNG, JPEG, plain text in UTF-8, DOCX or XLSX without macros"
}

/// Why a document is not taken.
public struct DocumentRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// It is of a type that is not taken.
        case type
        /// It is of a type that is taken, and broken or more than that.
        case content
        /// It is larger than is taken.
        case size
    }

    public var kind: Kind
    public var reason: String
    public var description: String { reason }
}

/// How much is taken.
public struct DocumentLimits: Hashable, Sendable {
    /// Of one document.
    public var fileBytes = 10 << 20
    /// Of one step together.
    public var stepBytes = 40 << 20
    /// Of all documents of one factory, or of one account that is no factory's.
    public var ownerBytes = 500 << 20
    /// How long a document that no step has used is kept.
    public var unusedDays = 60

    public static let standard = DocumentLimits()

    public init() {}
}
