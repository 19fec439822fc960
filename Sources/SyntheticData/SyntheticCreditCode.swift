// SyntheticCreditCode.swift: credit codes that every check accepts and no firm can have. GB 32100-2015 assigns the registering
// authorities 1–9, A, N and Y; ours is X, which is nobody's. Behind it: kind 1 (enterprise), the county's code, an organisation
// code with its own check character (GB 11714), and the check character of the whole.

import Registry

enum SyntheticCreditCode {
    /// The registering authority that marks a code as made up.
    static let authority = UInt8(ascii: "X")
    private static let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)
    private static let organisationWeights = [3, 7, 9, 10, 5, 8, 4, 2]

    /// 18 characters, different for every factory below 31⁸. `number` counts from 0.
    static func code(number: Int, countyCode: Int32) -> [UInt8] {
        var code = [UInt8](repeating: 0x30, count: 17)
        code[0] = authority
        code[1] = UInt8(ascii: "1")
        var place = Int(countyCode)
        for position in stride(from: 7, through: 2, by: -1) {
            code[position] = UInt8(place % 10) + 0x30
            place /= 10
        }
        // A multiplier without the factor 31 permutes 0..<31⁸, so the codes look scattered and never repeat.
        let space: UInt64 = 852_891_037_441
        let product = (UInt64(truncatingIfNeeded: number + 1) % space).multipliedFullWidth(by: 523_456_789_013)
        var scattered = Int(space.dividingFullWidth(product).remainder)
        for position in stride(from: 15, through: 8, by: -1) {
            code[position] = alphabet[scattered % 31]
            scattered /= 31
        }
        code[16] = organisationCheck(code[8..<16])
        let check = CreditCode.checkCharacter(forFirst17: code) ?? 0x30
        return code + [check]
    }

    /// The same code with a check character that is one step off.
    static func withWrongCheck(_ code: [UInt8]) -> [UInt8] {
        guard let last = code.last, let position = alphabet.firstIndex(of: last) else { return code }
        return code.dropLast() + [alphabet[(position + 1) % alphabet.count]]
    }

    /// GB 11714: 11 − Σ value·weight mod 11, with X for 10 and 0 for 11; letters count from A = 10.
    private static func organisationCheck(_ characters: ArraySlice<UInt8>) -> UInt8 {
        var sum = 0
        for (character, weight) in zip(characters, organisationWeights) {
            let value = character < 0x41 ? Int(character) - 0x30 : Int(character) - 0x41 + 10
            sum += value * weight
        }
        let check = 11 - sum % 11
        return check == 10 ? UInt8(ascii: "X") : check == 11 ? 0x30 : UInt8(check) + 0x30
    }
}
