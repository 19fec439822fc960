// UTF8Scanner.swift: where bytes stop being UTF-8 (RFC 3629), at memory speed: eight ASCII bytes or one three-byte character, which is
// what Chinese text is made of, per step.

enum UTF8Scanner {
    enum Verdict: Equatable {
        /// All of it is UTF-8.
        case valid
        /// Valid up to an offset from which a character begins that the bytes' end cuts off.
        case incomplete(at: Int)
        /// Not UTF-8 at an offset.
        case invalid(at: Int)
    }

    static func scan(_ bytes: UnsafeBufferPointer<UInt8>) -> Verdict {
        guard let base = bytes.baseAddress else { return .valid }
        let raw = UnsafeRawPointer(base)
        let count = bytes.count
        var i = 0
        while i < count {
            if count - i >= 8 {
                let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: i, as: UInt64.self))
                let high = word & 0x8080_8080_8080_8080
                if high == 0 {
                    i += 8
                    continue
                }
                i += high.trailingZeroBitCount >> 3
            }
            let lead = base[i]
            if lead < 0x80 {
                i += 1
                continue
            }
            if lead & 0xF0 == 0xE0, count - i >= 4 {
                let word = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: i, as: UInt32.self))
                let second = UInt8(truncatingIfNeeded: word >> 8)
                if word & 0x00C0_C0F0 == 0x0080_80E0, !(lead == 0xE0 && second < 0xA0), !(lead == 0xED && second >= 0xA0) {
                    i += 3
                    continue
                }
                return .invalid(at: i)
            }
            // Length, and the range of the second byte that excludes overlong forms, surrogates and what lies above U+10FFFF.
            let length: Int
            var low: UInt8 = 0x80
            var high: UInt8 = 0xBF
            switch lead {
            case 0xC2...0xDF: length = 2
            case 0xE0...0xEF:
                length = 3
                if lead == 0xE0 { low = 0xA0 }
                if lead == 0xED { high = 0x9F }
            case 0xF0...0xF4:
                length = 4
                if lead == 0xF0 { low = 0x90 }
                if lead == 0xF4 { high = 0x8F }
            default: return .invalid(at: i)
            }
            for offset in 1..<length {
                if i + offset >= count { return .incomplete(at: i) }
                let byte = base[i + offset]
                if byte < low || byte > high { return .invalid(at: i) }
                (low, high) = (0x80, 0xBF)
            }
            i += length
        }
        return .valid
    }
}
