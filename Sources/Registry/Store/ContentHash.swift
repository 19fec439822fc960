// ContentHash.swift: one number for all that a row says, so that "nothing has changed" is one comparison of integers. Eight
// bytes at a time, folded by a 64 × 64 → 128 bit product as in wyhash (Wang Yi). Stable between runs and machines, unlike
// Swift's own hashing, because it is stored: a change of this function makes every row look updated once.

/// A 64-bit hash of a sequence of values. Two different rows share one with probability 2⁻⁶⁴: not a defence against forgery.
struct ContentHash {
    private var state: UInt64

    init(seed: UInt64 = 0) { state = seed ^ 0xA076_1D64_78BD_642F }

    var value: Int64 { Int64(bitPattern: mixed(state, 0xE703_7ED1_A0B4_28DB)) }

    private func mixed(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    mutating func add(word: UInt64) { state = mixed(state ^ word, 0x8EBC_6AF0_9C88_C6E3) &+ word }

    mutating func add(_ number: Int64) { add(word: UInt64(bitPattern: number)) }

    /// A missing value is a word of its own; it could only be mistaken for a NaN that callers refuse.
    mutating func add(_ number: Double?) { add(word: number?.bitPattern ?? ContentHash.missing) }

    mutating func add(_ number: Int32?) { add(word: number.map { UInt64(UInt32(bitPattern: $0)) } ?? ContentHash.missing) }

    mutating func add(_ text: String?) {
        guard var text else { return add(word: ContentHash.missing) }
        text.withUTF8 { add(bytes: $0) }
    }

    /// The length, then the bytes in little-endian words, the last one filled up with zeros.
    mutating func add(bytes: UnsafeBufferPointer<UInt8>) {
        add(word: UInt64(bytes.count))
        let raw = UnsafeRawBufferPointer(bytes)
        var offset = 0
        while offset + 8 <= raw.count {
            add(word: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        guard offset < raw.count else { return }
        var last: UInt64 = 0
        for (place, byte) in raw[offset...].enumerated() { last |= UInt64(byte) << (8 * UInt64(place)) }
        add(word: last)
    }

    private static let missing: UInt64 = 0x7FF8_DEAD_0000_0001
}

/// An id for a row whose source has none: the same facts give the same id, in any store and order of import.
enum DerivedID {
    /// `prefix` and 24 hexadecimal digits (96 bits: no two of a billion ids are equal by chance).
    static func make(_ prefix: String, _ feed: (inout ContentHash) -> Void) -> String {
        var first = ContentHash(seed: 1)
        var second = ContentHash(seed: 2)
        feed(&first)
        feed(&second)
        return prefix + hexadecimal(first.value, digits: 16) + hexadecimal(second.value, digits: 8)
    }

    private static func hexadecimal(_ value: Int64, digits: Int) -> String {
        let text = String(UInt64(bitPattern: value), radix: 16)
        return String((String(repeating: "0", count: 16 - text.count) + text).suffix(digits))
    }
}

extension FactoryDraft {
    /// Everything but line and id. `attributesJSON` is handed in because the writer needs the same text.
    func contentHash(attributesJSON: String?) -> Int64 {
        var hash = ContentHash()
        hash.add(nameZH)
        hash.add(nameEN)
        hash.add(formerName)
        hash.add(creditCode)
        hash.add(address)
        hash.add(industry)
        hash.add(longitude)
        hash.add(latitude)
        hash.add(sourceX)
        hash.add(sourceY)
        hash.add(sourceDatum)
        hash.add(accuracyMeters)
        hash.add(countyCode)
        let marks: Int64 = (keyMonitored ? 1 : 0) + (disclosed ? 2 : 0) + (synthetic ? 4 : 0)
        // What the borders say of the position is no content of the source: new borders must not make every row look updated.
        hash.add(marks | Int64(flags.subtracting(.byPlace).rawValue) << 8)
        hash.add(attributesJSON)
        return hash.value
    }
}

extension RecordDraft {
    /// Everything but line and id, with the factory as it was found.
    func contentHash(factoryPK: Int64) -> Int64 {
        var hash = ContentHash()
        hash.add(factoryPK)
        var packed = Int64(kind.rawValue)
        packed = packed << 8 | Int64(category.rawValue)
        packed = packed << 8 | Int64(state.rawValue)
        packed = packed << 8 | Int64(rating?.rawValue ?? 255)
        packed = packed << 8 | Int64(measure?.rawValue ?? 255)
        hash.add(packed)
        hash.add(published.daysSince1970)
        hash.add(actDate?.daysSince1970)
        hash.add(fineCNY)
        hash.add(authority)
        hash.add(documentNumber)
        hash.add(regulation)
        hash.add(text)
        hash.add(sourceURL)
        hash.add(retrievedAt)
        hash.add(supersedes)
        return hash.value
    }
}

extension BrandDraft {
    /// Everything but line and id.
    var contentHash: Int64 {
        var hash = ContentHash()
        hash.add(nameZH)
        hash.add(nameEN)
        hash.add(sector)
        hash.add(website)
        hash.add(source)
        hash.add(Int64(synthetic ? 1 : 0))
        return hash.value
    }
}

extension LinkDraft {
    /// Everything but line, brand, factory and kind, which are a link's key.
    var contentHash: Int64 {
        var hash = ContentHash()
        hash.add(since?.daysSince1970)
        hash.add(until?.daysSince1970)
        hash.add(Int64(tier ?? .min))
        hash.add(source)
        hash.add(Int64(published ? 1 : 0))
        return hash.value
    }
}
