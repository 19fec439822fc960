// JSONBody.swift: the body of a write: one JSON object (RFC 8259) in strict UTF-8, every name once, nested no deeper than 64. What is wrong
// is told with its line and column.

/// The members of a JSON object, in their order.
package struct JSONBody: Sendable {
    package var members: [(key: String, value: JSONValue)]

    package init(members: [(key: String, value: JSONValue)]) { self.members = members }

    /// - Throws: `WriteRefusal` of kind `malformed` with the place.
    package init(_ bytes: [UInt8]) throws(WriteRefusal) {
        let value: JSONValue
        do throws(FieldProblem) { value = try JSONValue.parse(bytes) } catch {
            throw WriteRefusal(.malformed, field: "", reason: "the body is no valid JSON: \(error.reason)")
        }
        guard case .object(let members) = value else {
            throw WriteRefusal(.malformed, field: "", reason: "the body must be one JSON object")
        }
        self.members = members
    }

    package subscript(_ name: String) -> JSONValue? { members.first { $0.key == name }?.value }

    /// A text member; nil when it is absent or null.
    package func text(_ name: String, limit: Int = 1000) throws(WriteRefusal) -> String? {
        switch self[name] {
        case nil, .null?: return nil
        case .string(let text)?:
            guard text.unicodeScalars.count <= limit else {
                throw WriteRefusal(.invalid, field: name, value: String(text.prefix(64)), reason: "is longer than \(limit) characters")
            }
            return text
        default: throw WriteRefusal(.invalid, field: name, reason: "must be a text")
        }
    }

    /// A whole number; nil when it is absent or null.
    package func integer(_ name: String, in range: ClosedRange<Int64>) throws(WriteRefusal) -> Int64? {
        switch self[name] {
        case nil, .null?: return nil
        case .number(let number, let text)?:
            guard let whole = Int64(exactly: number), range.contains(whole) else {
                throw WriteRefusal(
                    .invalid, field: name, value: String(text.prefix(64)),
                    reason: "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return whole
        default: throw WriteRefusal(.invalid, field: name, reason: "must be a whole number")
        }
    }

    /// Refuses members that are not in a list.
    package func allow(only names: [String]) throws(WriteRefusal) {
        for (key, _) in members where !names.contains(key) {
            throw WriteRefusal(
                .malformed, field: String(key.prefix(64)), reason: "is not known here; known are \(names.joined(separator: ", "))")
        }
    }
}
