// AttributesJSON.swift: a factory's further attributes as one JSON object, its names in order, so that the same attributes are
// the same text whatever order a source has them in.

enum AttributesJSON {
    /// Nil for no attributes. Of a name given twice the last value stands; a number that is not finite is left out.
    static func encode(_ attributes: [(name: String, value: AttributeValue)]) -> String? {
        guard !attributes.isEmpty else { return nil }
        var latest: [String: AttributeValue] = [:]
        for attribute in attributes { latest[attribute.name] = attribute.value }
        var text = "{"
        for (name, value) in latest.sorted(by: { $0.key < $1.key }) {
            let written: String
            switch value {
            case .text(let value): written = quoted(value)
            case .number(let value):
                guard value.isFinite else { continue }
                written = "\(value)"
            case .integer(let value): written = "\(value)"
            case .boolean(let value): written = value ? "true" : "false"
            }
            if text.utf8.count > 1 { text += "," }
            text += quoted(name) + ":" + written
        }
        return text.utf8.count > 1 ? text + "}" : nil
    }

    /// A JSON string (RFC 8259 §7): quotes, backslash and control characters escaped, the rest as it is.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x00...0x1F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
