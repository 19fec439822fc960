// NameKey.swift: what two spellings of one company's name or place have in common. Public sources differ in full-width and
// half-width characters, in spaces and in the kind of brackets; none of that tells companies apart, so none of it is in the key.

/// Normalised names and places.
public enum NameKey {
    /// Full-width forms as half-width, Chinese brackets as round ones, letters in lower case, no spaces and no marks without width.
    public static func normalized(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { append(scalar, to: &result) }
        return String(result)
    }

    /// A number for the normalised name; nil when nothing is left of it.
    static func hash(_ name: String?) -> Int64? {
        guard let name else { return nil }
        var key = normalized(name)
        guard !key.isEmpty else { return nil }
        return key.withUTF8 { bytes in
            var hash = ContentHash()
            hash.add(bytes: bytes)
            return hash.value
        }
    }

    /// Appends what `normalized` makes of one character: usually one, none for a space.
    public static func append(_ scalar: Unicode.Scalar, to result: inout String.UnicodeScalarView) {
        switch scalar.value {
        case 0x41...0x5A: appendValue(scalar.value + 0x20, to: &result)
        case 0x21...0x7E: result.append(scalar)
        case 0x4E00...0x9FFF: result.append(scalar)
        case 0x00...0x20, 0x7F...0xA0, 0x1680, 0x2000...0x200F, 0x2028...0x202F, 0x205F...0x2064, 0x3000, 0xFEFF: break
        case 0xFF01...0xFF5E:  // full-width ASCII
            let half = scalar.value - 0xFEE0
            appendValue((0x41...0x5A).contains(half) ? half + 0x20 : half, to: &result)
        case 0x3010, 0x3014, 0x3016, 0x3018, 0x5B: result.append("(")  // 【 〔 〖 〘
        case 0x3011, 0x3015, 0x3017, 0x3019, 0x5D: result.append(")")
        default: result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
        }
    }

    private static func appendValue(_ value: UInt32, to result: inout String.UnicodeScalarView) {
        if let scalar = Unicode.Scalar(value) { result.append(scalar) }
    }
}

/// A place as a source writes it, to be compared with a factory's county code and address.
struct PlaceKey {
    /// The digits of a GB/T 2260 code without its trailing pairs of zeros: 320000 is 32.
    private(set) var code: String?
    /// The normalised place, and its last, most exact part.
    private var whole = ""
    private var last = ""

    /// Nil for a place that says nothing.
    init?(_ text: String?) {
        guard let text else { return nil }
        whole = NameKey.normalized(text)
        guard !whole.isEmpty else { return nil }
        if whole.utf8.allSatisfy({ (0x30...0x39).contains($0) }), [2, 4, 6].contains(whole.utf8.count) {
            var digits = Substring(whole)
            while digits.count > 2, digits.hasSuffix("00") { digits = digits.dropLast(2) }
            code = String(digits)
        }
        last = PlaceKey.lastPart(of: text)
    }

    /// Whether a factory lies there, as far as its own data say.
    func matches(county: Int64?, address: String?) -> Bool {
        if let code {
            guard let county else { return false }
            return String(county).hasPrefix(code)
        }
        guard let address else { return false }
        let key = NameKey.normalized(address)
        return key.contains(whole) || (!last.isEmpty && key.contains(last))
    }

    /// What stands between the names of places, and what their Chinese names end in.
    static let separators: Set<Character> = [",", "，", ";", "；", "/", "|", "、", "-", "·"]
    static let suffixes: Set<Character> = ["省", "市", "区", "县", "州", "盟", "旗"]

    /// `江苏省苏州市` ends in `苏州市`, `Jiangsu, Suzhou` in `suzhou`: addresses often leave the province out.
    private static func lastPart(of text: String) -> String {
        let parts = text.split(whereSeparator: { separators.contains($0) }).map { NameKey.normalized(String($0)) }.filter { !$0.isEmpty }
        guard let part = parts.last else { return "" }
        let characters = Array(part)
        guard characters.count > 2 else { return part }
        // The last part begins after the last administrative suffix that is not the end itself; of fewer than two characters
        // it would say too little.
        for cut in stride(from: characters.count - 3, through: 1, by: -1) where suffixes.contains(characters[cut]) {
            return String(characters[(cut + 1)...])
        }
        return part
    }
}
