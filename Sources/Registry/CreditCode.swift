// CreditCode.swift: the unified social credit code of a Chinese legal entity (GB 32100-2015): 18 characters, the last of
// which checks the others.

/// What is wrong with a credit code.
public enum CreditCodeError: Error, Hashable, Sendable, CustomStringConvertible {
    case wrongLength(found: Int)
    /// Position counts from 1.
    case forbiddenCharacter(Character, position: Int)
    case wrongCheckCharacter(found: Character, expected: Character)

    public var description: String {
        switch self {
        case .wrongLength(let found): "a credit code has 18 characters, this one \(found)"
        case .forbiddenCharacter(let character, let position):
            "'\(character)' at position \(position) is none of \(CreditCode.alphabet) (GB 32100 has no I, O, S, V, Z)"
        case .wrongCheckCharacter(let found, let expected): "the check character is '\(found)', it should be '\(expected)'"
        }
    }
}

/// GB 32100-2015.
public enum CreditCode {
    /// The 31 characters, valued 0 to 30 by their place.
    public static let alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

    private static let characters = Array(alphabet.utf8)
    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, character) in characters.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// The 18th character for the first 17 (ASCII); nil when they are not 17 characters of the alphabet.
    ///
    /// Weight of position i, from 0, is 3^i mod 31; the check is (31 − Σ value · weight mod 31) mod 31.
    public static func checkCharacter(forFirst17 bytes: some Collection<UInt8>) -> UInt8? {
        guard bytes.count == 17 else { return nil }
        var sum = 0
        var weight = 1
        for byte in bytes {
            guard let value = values[Int(byte)] else { return nil }
            sum += Int(value) * weight
            weight = weight * 3 % 31
        }
        return characters[(31 - sum % 31) % 31]
    }

    public static func isValid(_ code: String) -> Bool { isValid(utf8: code.utf8) }

    public static func isValid(utf8 code: some Collection<UInt8>) -> Bool {
        guard code.count == 18, let last = code.dropFirst(17).first else { return false }
        return checkCharacter(forFirst17: code.prefix(17)) == last
    }

    /// - Throws: `CreditCodeError` that says what is wrong and what would be right.
    public static func validate(_ code: String) throws(CreditCodeError) {
        guard code.count == 18 else { throw .wrongLength(found: code.count) }
        for (index, character) in code.enumerated() where !alphabet.contains(character) {
            throw .forbiddenCharacter(character, position: index + 1)
        }
        guard let expected = checkCharacter(forFirst17: Array(code.utf8.prefix(17))), let found = code.last else {
            throw .wrongLength(found: code.count)
        }
        let right = Character(UnicodeScalar(expected))
        guard found == right else { throw .wrongCheckCharacter(found: found, expected: right) }
    }
}
