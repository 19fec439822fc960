// WriteRefusal.swift: why one live write is refused. Nothing of it is stored, and the other writes of its group are not touched.

/// A write that does not fit, with the field at fault.
public struct WriteRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of answer it is.
    public enum Kind: String, Sendable {
        /// The body is not what a body must be: no JSON, a field that does not exist. `field` may be empty.
        case malformed
        /// A value is wrong.
        case invalid
        /// What is named is not there.
        case notFound
        /// It contradicts what is stored.
        case conflict
        /// The row has changed since the client read it.
        case changedMeanwhile
        /// The principal may do such things, but not to this one.
        case forbidden
    }

    public var kind: Kind
    public var field: String
    /// As given, shortened.
    public var value: String
    public var reason: String

    public init(_ kind: Kind, field: String, value: String = "", reason: String) {
        self.kind = kind
        self.field = field
        self.value = value
        self.reason = reason
    }

    public var description: String {
        let subject = field.isEmpty ? "" : value.isEmpty ? "\(field): " : "\(field) ('\(value)'): "
        return subject + reason
    }
}

extension WriteRefusal {
    init(_ reject: RowReject) { self.init(.invalid, field: reject.field, value: reject.value, reason: reject.reason) }
}
