// UTF8Check.swift: is this run of bytes UTF-8?
//
// Table 3-7 of the Unicode Standard (well-formed byte sequences), with a fast lane for ASCII. The encoder asks once for
// each distinct string of a layer, and for those that it does not look up, but for what `ByteCursor.write(commonText:)` knows by a quicker look.

enum UTF8Check {
    /// Whether all bytes are well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF. O(bytes).
    static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return true }
        let count = bytes.count
        var at = 0
        while at < count {
            if at &+ 8 <= count, base.loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 {
                at &+= 8
                continue
            }
            // The common three-byte characters, CJK among them: lead E1 to EF but ED, then two of 80 to BF.
            while at &+ 4 <= count {
                let word = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt32.self))
                guard word & 0x00c0_c0f0 == 0x0080_80e0, word & 0xf != 0, word & 0xf != 0xd else { break }
                at &+= 3
            }
            guard at < count else { break }
            if at &+ 8 > count, count >= 8 {
                // The last bytes, with those before them, which are known to be valid, shifted out.
                let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
                if (word & 0x8080_8080_8080_8080) &>> UInt64(8 &* (8 &- (count &- at))) == 0 { return true }
            }
            let lead = bytes[at]
            if lead < 0x80 {
                at &+= 1
                continue
            }
            // The first continuation byte has a narrower range after some lead bytes.
            let length: Int
            var low: UInt8 = 0x80
            var high: UInt8 = 0xbf
            switch lead {
            case 0xc2...0xdf: length = 2
            case 0xe0:
                length = 3
                low = 0xa0
            case 0xed:
                length = 3
                high = 0x9f
            case 0xe1...0xef: length = 3
            case 0xf0:
                length = 4
                low = 0x90
            case 0xf4:
                length = 4
                high = 0x8f
            case 0xf1...0xf3: length = 4
            default: return false
            }
            guard at &+ length <= count, bytes[at &+ 1] >= low, bytes[at &+ 1] <= high else { return false }
            var next = 2
            while next < length {
                guard bytes[at &+ next] & 0xc0 == 0x80 else { return false }
                next &+= 1
            }
            at &+= length
        }
        return true
    }
}
