// PinyinInitials.swift: the first letters of Chinese characters' readings, so that 上海宏达 is found by `shhd`. Readings are CLDR's
// (the transform Han-Latin of ICU, which Foundation carries); it knows one reading a character, so the characters of names and places
// that are commonly read another way have both letters.

import Foundation

enum PinyinInitials {
    /// Characters with a second reading that matters in names of companies and places, and its first letter.
    private static let secondReadings: [Unicode.Scalar: String] = [
        "长": "c", "重": "c", "厦": "x", "行": "h", "乐": "y", "单": "s", "曾": "c", "朝": "z", "调": "t", "会": "k", "藏": "c", "蔚": "y",
        "尉": "y", "莘": "x", "浚": "x", "铅": "y", "番": "p", "车": "j", "石": "d", "种": "c", "盛": "c", "省": "x", "降": "x", "给": "j",
        "率": "s", "解": "x", "仇": "q", "查": "c", "尺": "c", "乾": "g", "阿": "e", "弹": "t", "折": "s", "校": "j", "沈": "c", "叶": "x",
    ]

    /// The letters that a character's readings begin with: bit 0 for `a`. 0 for what has no reading.
    ///
    /// Cost: tens of microseconds: for building, character by character, not for searching.
    static func letters(of character: UInt32) -> UInt32 {
        guard SearchText.isChinese(character), let scalar = Unicode.Scalar(character) else { return 0 }
        var mask = secondReadings[scalar].map(bits) ?? 0
        if let reading = String(Character(scalar)).applyingTransform(.mandarinToLatin, reverse: false) { mask |= bits(reading) }
        return mask
    }

    /// The reading of a text in Latin letters, without spaces and marks: `shanghaishi`.
    static func reading(of text: String) -> String {
        // 长 in names of places is cháng; the transform says zhǎng.
        let known = text.replacing("长", with: "常")
        let latin = known.applyingTransform(.mandarinToLatin, reverse: false) ?? ""
        let letters = latin.decomposedStringWithCanonicalMapping.unicodeScalars.filter { SearchText.isLetter($0.value) }
        return String(String.UnicodeScalarView(letters))
    }

    /// The bit of the first letter, whatever marks it bears.
    private static func bits(_ reading: String) -> UInt32 {
        let plain = reading.decomposedStringWithCanonicalMapping.unicodeScalars
        guard let first = plain.first?.value, SearchText.isLetter(first) else { return 0 }
        return 1 << (first - 0x61)
    }
}
