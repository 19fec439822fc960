// DocumentName.swift: the name under which a document is offered for saving. Names come from anyone's computer and go to anyone's: no path,
// no character that controls or reverses text, no name that a system keeps for itself, and always the ending of what is really in it.

/// Characters that must not stand in what others see.
enum UnsafeCharacters {
    /// Characters that change the direction of text (Unicode UAX 9).
    static func isBidirectional(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// What has no place in a name: controls, invisible format characters, line and paragraph separators, unassigned and private ones.
    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }
}

enum DocumentName {
    /// Bytes of UTF-8: fits every file system with room for what a browser adds.
    static let longestBytes = 160
    /// Names that Windows keeps for devices, whatever the ending.
    private static let reserved: Set<String> = Set(
        ["con", "prn", "aux", "nul"] + (1...9).flatMap { ["com\($0)", "lpt\($0)"] })

    /// A name that is safe to save under, with an ending of its type.
    ///
    /// - Parameter given: as the uploader named it; nil or nothing useful gives `document`.
    static func clean(_ given: String?, type: DocumentType) -> String {
        // The last part of a path of either kind.
        let last = (given ?? "").unicodeScalars.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
        var stem = ""
        for scalar in last.unicodeScalars where !UnsafeCharacters.isHidden(scalar) {
            switch scalar {
            case "<", ">", ":", "\"", "|", "?", "*": stem.unicodeScalars.append("_")
            default: stem.unicodeScalars.append(scalar.properties.isWhitespace ? " " : scalar)
            }
        }
        var ending = type.endings[0]
        if let dot = stem.lastIndex(of: ".") {
            let given = stem[stem.index(after: dot)...].lowercased()
            if type.endings.contains(given) {
                ending = given
                stem = String(stem[..<dot])
            }
        }
        stem = trimmed(stem)
        while stem.utf8.count > longestBytes - ending.utf8.count - 1 { stem.removeLast() }
        stem = trimmed(stem)
        if stem.isEmpty { stem = "document" }
        let device = stem.prefix { $0 != "." }.lowercased()
        if reserved.contains(device) { stem = "_" + stem }
        return stem + "." + ending
    }

    /// Without dots and spaces at either end: hidden files, and what Windows drops.
    private static func trimmed(_ text: String) -> String {
        var rest = Substring(text)
        while let first = rest.first, first == "." || first == " " { rest.removeFirst() }
        while let last = rest.last, last == "." || last == " " { rest.removeLast() }
        return String(rest)
    }
}

/// A document's identity: the SHA-256 of its bytes, written in lower-case hexadecimal digits.
public enum DocumentHash {
    public static func isOne(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
