// BitSlices.swift: statuses and industries of 64 factories at a time, by a few operations on words.
//
// The bits of a small number stand in words of their own, one bit for each of 64 factories of the Hilbert order: a bit-sliced index (O'Neil and
// Quass, "Improved Query Performance with Variant Indexes", SIGMOD 1997). Whether 64 factories have a number is the conjunction of its slices, as
// they are or inverted: 3 for a status, 7 for the division of an industry (a letter and two digits), which most filters name.

import SpatialIndex

/// 80 bytes a block of 64 factories. Made when a snapshot is opened, for an eighth of the instructions that opening takes (tools/guard).
struct BitSlices: Sendable {
    fileprivate static let statusSlices = 3
    fileprivate static let divisionSlices = 7
    fileprivate static let wordsPerBlock = statusSlices + divisionSlices

    /// Of one block after the other: slices of the status, then of the division, lowest bit first.
    private let words: [UInt64]
    /// Of each industry, by its number.
    private let divisions: [UInt8]

    /// - Parameters:
    ///   - status: below 8.
    ///   - industry: numbers of codes.
    init(status: Column<UInt8>, industry: Column<UInt16>, codes: IndustryCodes) {
        let divisions = codes.divisions(atMost: 1 << BitSlices.divisionSlices)
        self.divisions = divisions
        let count = min(status.count, industry.count)
        let size = (count + 63) / 64 * BitSlices.wordsPerBlock
        words = [UInt64](unsafeUninitializedCapacity: size) { words, initialized in
            words.initialize(repeating: 0)
            initialized = size
            status.withUnsafeBufferPointer { status in
                industry.withUnsafeBufferPointer { industry in
                    divisions.withUnsafeBufferPointer { divisions in
                        for start in stride(from: 0, to: count, by: 8) {
                            var (statusBytes, divisionBytes) = (UInt64(0), UInt64(0))
                            for place in 0..<min(8, count - start) {
                                let code = Int(industry[start + place])
                                statusBytes |= UInt64(status[start + place]) &<< UInt64(8 * place)
                                divisionBytes |= UInt64(code < divisions.count ? divisions[code] : 0) &<< UInt64(8 * place)
                            }
                            let block = start / 64 * BitSlices.wordsPerBlock
                            for slice in 0..<BitSlices.statusSlices {
                                words[block + slice] |= BitSlices.bits(slice, of: statusBytes) &<< UInt64(start & 63)
                            }
                            for slice in 0..<BitSlices.divisionSlices {
                                let word = block + BitSlices.statusSlices + slice
                                words[word] |= BitSlices.bits(slice, of: divisionBytes) &<< UInt64(start & 63)
                            }
                        }
                    }
                }
            }
        }
    }

    /// One bit of each of eight bytes, lowest byte first.
    @inline(__always)
    private static func bits(_ bit: Int, of bytes: UInt64) -> UInt64 {
        // Gathered in the highest byte of the product.
        ((bytes &>> UInt64(bit) & 0x0101_0101_0101_0101) &* 0x0102_0408_1020_4080) &>> 56
    }

    /// What a filter asks of the slices.
    struct Wish: Sendable {
        /// Of each wanted status a word for each slice: all ones where the bit is to be 0. None: every status passes.
        fileprivate let statuses: [UInt64]
        /// The same of wanted divisions; none: every division may pass.
        fileprivate let divisions: [UInt64]
        /// Whether a factory that passes by the slices may have an industry that does not pass.
        let leavesIndustries: Bool
        /// Whether no factory can pass: no industry of the snapshot is wanted.
        fileprivate var isEmpty = false
    }

    /// So many divisions are asked for by slices; more are not worth their while.
    private static let mostDivisions = 12

    /// - Parameters:
    ///   - statusMask: bit s set: status s passes. One does.
    ///   - industries: which pass, by number; nil: all.
    func wish(statusMask: UInt8, industries: Column<Bool>?) -> Wish {
        let statuses = statusMask == 0xFF ? [] : BitSlices.inverted(UInt128(statusMask), BitSlices.statusSlices)
        guard let industries else { return Wish(statuses: statuses, divisions: [], leavesIndustries: false) }
        var passing: UInt128 = 0
        var failing: UInt128 = 0
        industries.withUnsafeBufferPointer { industries in
            for (division, passes) in zip(divisions, industries) {
                if passes { passing |= 1 &<< UInt128(division) } else { failing |= 1 &<< UInt128(division) }
            }
        }
        guard passing != 0 else { return Wish(statuses: [], divisions: [], leavesIndustries: false, isEmpty: true) }
        guard passing.nonzeroBitCount <= BitSlices.mostDivisions else {
            return Wish(statuses: statuses, divisions: [], leavesIndustries: true)
        }
        return Wish(
            statuses: statuses, divisions: BitSlices.inverted(passing, BitSlices.divisionSlices), leavesIndustries: passing & failing != 0)
    }

    /// Of each number whose bit is set, a word for each slice: all ones where the number's bit is 0.
    private static func inverted(_ numbers: UInt128, _ slices: Int) -> [UInt64] {
        var words: [UInt64] = []
        words.reserveCapacity(numbers.nonzeroBitCount * slices)
        var left = numbers
        while left != 0 {
            let number = left.trailingZeroBitCount
            left &= left &- 1
            for slice in 0..<slices { words.append(number >> slice & 1 == 1 ? 0 : .max) }
        }
        return words
    }

    /// The slices by address, for the duration of `body`.
    @inline(__always)
    func withReader<R>(_ wish: Wish, _ body: (Reader) -> R) -> R {
        words.withUnsafeBufferPointer { words in
            wish.statuses.withUnsafeBufferPointer { statuses in
                wish.divisions.withUnsafeBufferPointer { divisions in
                    // Without words nobody is found.
                    let words = wish.isEmpty ? UnsafeBufferPointer(rebasing: words[..<0]) : words
                    return body(Reader(words: words, statuses: statuses, divisions: divisions))
                }
            }
        }
    }

    /// Which factories of a block pass a wish.
    struct Reader {
        fileprivate let words: UnsafeBufferPointer<UInt64>
        fileprivate let statuses: UnsafeBufferPointer<UInt64>
        fileprivate let divisions: UnsafeBufferPointer<UInt64>

        /// A bit for each of the 64 factories from 64 · `block` on; for those behind the last one it means nothing.
        @inline(__always)
        func passing(block: Int) -> UInt64 {
            let first = block &* BitSlices.wordsPerBlock
            guard first >= 0, first &+ BitSlices.wordsPerBlock <= words.count, let words = words.baseAddress else { return 0 }
            let slices = words + first
            var passing = UInt64.max
            if !statuses.isEmpty {
                passing = 0
                for at in stride(from: 0, to: statuses.count, by: BitSlices.statusSlices) {
                    var bits = slices[0] ^ statuses[at]
                    bits &= slices[1] ^ statuses[at &+ 1]
                    bits &= slices[2] ^ statuses[at &+ 2]
                    passing |= bits
                }
            }
            if !divisions.isEmpty, passing != 0 {
                var any: UInt64 = 0
                for at in stride(from: 0, to: divisions.count, by: BitSlices.divisionSlices) {
                    var bits = passing
                    for slice in 0..<BitSlices.divisionSlices { bits &= slices[BitSlices.statusSlices &+ slice] ^ divisions[at &+ slice] }
                    any |= bits
                }
                passing = any
            }
            return passing
        }
    }
}
