// SearchText.swift: names and queries as search compares them: folded by the registry's own rules (full-width as half-width, one kind of
// brackets, lower case, no spaces), so that a name is found however it is typed.

import Registry

/// A text folded for search, and where each folded character came from.
struct SearchText: Sendable {
    /// Code points after folding.
    private(set) var characters: [UInt32] = []
    /// For each of them, where its original begins and ends, in UTF-16 code units of the original text.
    private(set) var ranges: [Range<Int>] = []

    init(_ text: String) { self.init(scalars: text.unicodeScalars) }

    private init(scalars: some Sequence<Unicode.Scalar>) {
        var position = 0
        var folded = String.UnicodeScalarView()
        for scalar in scalars {
            let end = position + (scalar.value > 0xFFFF ? 2 : 1)
            folded.removeAll(keepingCapacity: true)
            NameKey.append(scalar, to: &folded)
            for result in folded {
                characters.append(result.value)
                ranges.append(position..<end)
            }
            position = end
        }
    }

    /// Puts the folded characters of a text into `buffer`, which is emptied first. The common ones, Chinese and ASCII, cost a few
    /// nanoseconds each.
    static func fold(_ utf8: UnsafeBufferPointer<UInt8>, into buffer: inout [UInt32]) {
        buffer.removeAll(keepingCapacity: true)
        var index = 0
        while index < utf8.count {
            let byte = utf8[index]
            if byte & 0xF0 == 0xE0, index + 2 < utf8.count {
                let value = UInt32(byte & 0x0F) << 12 | UInt32(utf8[index + 1] & 0x3F) << 6 | UInt32(utf8[index + 2] & 0x3F)
                if (0x4E00...0x9FFF).contains(value) {
                    buffer.append(value)
                    index += 3
                    continue
                }
            } else if (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) {
                buffer.append(UInt32(byte))
                index += 1
                continue
            }
            index = foldRare(utf8, at: index, into: &buffer)
        }
    }

    /// Folds the character that begins at `start` and returns where the next one begins.
    private static func foldRare(_ utf8: UnsafeBufferPointer<UInt8>, at start: Int, into buffer: inout [UInt32]) -> Int {
        let byte = utf8[start]
        let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
        let end = min(start + length, utf8.count)
        var folded = String.UnicodeScalarView()
        for scalar in String(decoding: utf8[start..<end], as: UTF8.self).unicodeScalars { NameKey.append(scalar, to: &folded) }
        for scalar in folded { buffer.append(scalar.value) }
        return end
    }

    /// Folded characters as text.
    static func string(_ characters: some Sequence<UInt32>) -> String {
        String(String.UnicodeScalarView(characters.compactMap { Unicode.Scalar($0) }))
    }

    /// The first place in `text` where `wanted` stands; nil when it does not.
    static func find(_ wanted: [UInt32], in text: [UInt32]) -> Int? {
        guard let first = wanted.first, wanted.count <= text.count else { return nil }
        for start in 0...(text.count - wanted.count) where text[start] == first {
            var offset = 1
            while offset < wanted.count, text[start + offset] == wanted[offset] { offset += 1 }
            if offset == wanted.count { return start }
        }
        return nil
    }

    static func isLetterOrDigit(_ value: UInt32) -> Bool { isLetter(value) || (0x30...0x39).contains(value) }

    /// Of the Latin alphabet, folded.
    static func isLetter(_ value: UInt32) -> Bool { (0x61...0x7A).contains(value) }

    static func isChinese(_ value: UInt32) -> Bool {
        (0x4E00...0x9FFF).contains(value) || (0x3400...0x4DBF).contains(value) || (0x20000...0x3FFFF).contains(value)
    }

    /// Whether a word of an English name begins so.
    static func hasWord(startingWith term: [UInt32], in utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        var matched: Int? = 0
        for byte in utf8 {
            let lower = UInt32((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
            if isLetterOrDigit(lower) || byte >= 0x80 {
                guard let count = matched else { continue }
                if lower != term[count] { matched = nil } else { matched = count + 1 }
                if count + 1 == term.count, matched != nil { return true }
            } else {
                matched = 0
            }
        }
        return false
    }

    /// Where the words of an English name begin: Latin letters or digits after something else. The text is not folded, so that its
    /// spaces are there; the result is in folded form.
    static func words(of utf8: UnsafeBufferPointer<UInt8>) -> [ArraySlice<UInt32>] {
        var all: [UInt32] = []
        var starts: [Int] = []
        var inWord = false
        for byte in utf8 {
            let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            let isPart = isLetterOrDigit(UInt32(lower)) || byte >= 0x80
            if isPart {
                if !inWord { starts.append(all.count) }
                all.append(UInt32(lower))
            }
            inWord = isPart
        }
        starts.append(all.count)
        return zip(starts, starts.dropFirst()).map { all[$0..<$1] }
    }
}

/// A search as a person typed it: one or several terms between spaces, all of which must be found.
public struct SearchQuery: Sendable, Hashable {
    /// Characters that a query may have.
    public static let characterLimit = 100

    /// As typed, without spaces around it.
    public let text: String
    /// Folded terms; none is empty.
    let terms: [[UInt32]]

    /// - Throws: `QueryError` that names `q`: empty, nothing but spaces, or longer than `characterLimit`.
    public init(_ text: String) throws(QueryError) {
        let scalars = text.unicodeScalars
        guard scalars.count <= SearchQuery.characterLimit else {
            throw QueryError(
                parameter: "q", value: String(text.prefix(20)) + "…",
                message: "has \(scalars.count) characters; at most \(SearchQuery.characterLimit)")
        }
        let typed = scalars.split(whereSeparator: { $0.properties.isWhitespace })
            .map { SearchText(String(String.UnicodeScalarView($0))).characters }
            .filter { !$0.isEmpty }
        // "Co., Ltd." is meant as co, ltd.
        let bare = typed.map { SearchQuery.withoutMarks($0) }.filter { !$0.isEmpty }
        let terms = bare.isEmpty ? typed : bare
        guard !terms.isEmpty else {
            throw QueryError(parameter: "q", value: text, message: "is empty; give a part of a name, a credit code, a place or a brand")
        }
        self.terms = terms
        let separated = scalars.split(whereSeparator: { $0.properties.isWhitespace })
        self.text = separated.map { String(String.UnicodeScalarView($0)) }.joined(separator: " ")
    }

    /// Without punctuation of ASCII at either end.
    private static func withoutMarks(_ term: [UInt32]) -> [UInt32] {
        func isMark(_ value: UInt32) -> Bool { value < 0x80 && !SearchText.isLetterOrDigit(value) && value != 0x28 && value != 0x29 }
        guard let first = term.firstIndex(where: { !isMark($0) }), let last = term.lastIndex(where: { !isMark($0) }) else { return [] }
        return Array(term[first...last])
    }
}
