// IndustryCodes.swift: the industry codes of a snapshot, and which of them a filter's prefixes name.

import SpatialIndex

/// Industry codes (GB/T 4754: a letter and up to four digits) by their number in the snapshot. Number 0 is "none".
struct IndustryCodes: Sendable {
    private let texts: [String]
    /// First eight bytes of each code, the first one highest; and of its digits alone.
    private let packed: [UInt64]
    private let packedDigits: [UInt64]

    init(_ texts: [String]) {
        self.texts = texts
        packed = texts.map { IndustryCodes.pack($0.utf8) }
        packedDigits = texts.map { IndustryCodes.pack($0.utf8.drop { $0 >= UInt8(ascii: "A") }) }
    }

    var count: Int { texts.count }

    subscript(number: Int) -> String { texts[number] }

    /// The same numbers, and further codes behind them.
    func adding(_ more: [String]) -> IndustryCodes { IndustryCodes(texts + more) }

    /// Of each number, whether its code begins with one of the prefixes, with or without the section's letter.
    ///
    /// Cost: a few comparisons of numbers a code: comparing texts takes longer than making a small tile.
    func beginning(with prefixes: [String]) -> Column<Bool> {
        let wanted = prefixes.map { prefix in
            let length = Swift.min(prefix.utf8.count, 8)
            return (bits: IndustryCodes.pack(prefix.utf8), mask: length == 0 ? 0 : UInt64.max << UInt64(64 - 8 * length))
        }
        return Column(
            packed.indices.map { number in
                wanted.contains { packed[number] & $0.mask == $0.bits || packedDigits[number] & $0.mask == $0.bits }
            })
    }

    /// Of each number, the number of its division: of what begins with the same three bytes, a letter and two digits. From the
    /// `limit`-th division on all count as one.
    func divisions(atMost limit: Int) -> [UInt8] {
        var numbers: [UInt64: UInt8] = [:]
        return packed.map { code in
            let division = code >> 40
            if let known = numbers[division] { return known }
            let number = UInt8(Swift.min(numbers.count, limit - 1, Int(UInt8.max)))
            numbers[division] = number
            return number
        }
    }

    private static func pack(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var packed: UInt64 = 0
        var count = 0
        for byte in bytes.prefix(8) {
            packed = packed << 8 | UInt64(byte)
            count += 1
        }
        return count == 0 ? 0 : packed << UInt64(64 - 8 * count)
    }
}
