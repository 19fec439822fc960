// ReadingBlock.swift: one day of one item in a few bytes. Neighbouring hours differ by little, so differences of whole numbers are small,
// and small numbers take one byte:
//
//     1 byte    bits 0–2 decimals of the values (0–6) · bit 3 some hours are missing · bit 4 some readings are flagged · 5–7 zero
//     3 bytes   only if hours are missing: a bit for each hour of the day that is there, hour 0 lowest
//     n bytes   only if readings are flagged: runs over the hours that are there, one byte each: bits 0–4 length − 1, 5–6 flag, 7 no value
//     then      of each hour with a value: the value × 10^decimals minus the one before (0 at first), zigzag, as a varint (LEB128)
//
// A full day of three-digit values is 25 to 40 bytes. The decimals are the most that any value needs, so every value comes back as it was.

/// The readings of one item over one day of Beijing time.
public struct ReadingBlock: Hashable, Sendable {
    public static let hoursPerDay = 24

    /// One element for each hour of the day; nil: there is no reading.
    public private(set) var readings: [Reading?]

    public init() { readings = Array(repeating: nil, count: ReadingBlock.hoursPerDay) }

    public subscript(hourOfDay: Int) -> Reading? {
        get { readings.indices.contains(hourOfDay) ? readings[hourOfDay] : nil }
        set { if readings.indices.contains(hourOfDay) { readings[hourOfDay] = newValue } }
    }

    /// How many hours have a reading.
    public var count: Int { readings.reduce(0) { $0 + ($1 == nil ? 0 : 1) } }

    /// What is wrong with bytes that are no block.
    public enum Problem: Error, Hashable, Sendable {
        case truncated
        case unknownForm
        /// Runs that do not fit the hours, a number beyond all values, bytes behind the end.
        case inconsistent
    }

    private static let missingBit: UInt8 = 1 << 3
    private static let flaggedBit: UInt8 = 1 << 4
    private static let powers: [Int64] = [1_000_000, 100_000, 10_000, 1000, 100, 10, 1]

    // MARK: Writing

    /// The block as bytes. Equal blocks have equal bytes.
    public var bytes: [UInt8] {
        let present = readings.compactMap(\.self)
        var decimals = 0
        for reading in present { if let value = reading.value { decimals = max(decimals, value.decimals) } }
        let isFlagged = present.contains { $0.flag != .none || $0.value == nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64)
        let isMissing = present.count < ReadingBlock.hoursPerDay
        bytes.append(
            UInt8(decimals) | (isMissing ? ReadingBlock.missingBit : 0) | (isFlagged ? ReadingBlock.flaggedBit : 0))
        if isMissing {
            var bits: UInt32 = 0
            for (hour, reading) in readings.enumerated() where reading != nil { bits |= 1 << UInt32(hour) }
            for shift: UInt32 in [0, 8, 16] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        }
        if isFlagged {
            var at = 0
            while at < present.count {
                let code = ReadingBlock.code(present[at])
                var end = at + 1
                while end < present.count, ReadingBlock.code(present[end]) == code { end += 1 }
                bytes.append(code << 5 | UInt8(end - at - 1))
                at = end
            }
        }
        var last: Int64 = 0
        for reading in present {
            guard let value = reading.value else { continue }
            let scaled = value.millionths / ReadingBlock.powers[decimals]
            ReadingBlock.append(scaled - last, to: &bytes)
            last = scaled
        }
        return bytes
    }

    private static func code(_ reading: Reading) -> UInt8 { reading.flag.rawValue | (reading.value == nil ? 4 : 0) }

    private static func append(_ difference: Int64, to bytes: inout [UInt8]) {
        var rest = UInt64(bitPattern: difference << 1 ^ difference >> 63)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    // MARK: Reading

    /// Reads what `bytes` wrote. Any other bytes are a `Problem`, never a trap.
    public init(decoding bytes: some Collection<UInt8>) throws(Problem) {
        self.init()
        var iterator = bytes.makeIterator()
        guard let head = iterator.next() else { throw .truncated }
        let decimals = Int(head & 7)
        guard head >> 5 == 0, decimals <= Quantity.mostDecimals else { throw .unknownForm }
        var bits: UInt32 = 0xFF_FFFF
        if head & ReadingBlock.missingBit != 0 {
            bits = 0
            for shift: UInt32 in [0, 8, 16] {
                guard let byte = iterator.next() else { throw .truncated }
                bits |= UInt32(byte) << shift
            }
        }
        var codes = [UInt8](repeating: 0, count: bits.nonzeroBitCount)
        if head & ReadingBlock.flaggedBit != 0 {
            var at = 0
            while at < codes.count {
                guard let run = iterator.next() else { throw .truncated }
                let end = at + Int(run & 0x1F) + 1
                guard end <= codes.count else { throw .inconsistent }
                for place in at..<end { codes[place] = run >> 5 }
                at = end
            }
        }
        var place = 0
        var last: Int64 = 0
        let bound = Quantity.bound / ReadingBlock.powers[decimals]
        for hour in 0..<ReadingBlock.hoursPerDay where bits & 1 << UInt32(hour) != 0 {
            let code = codes[place]
            place += 1
            guard let flag = ReadingFlag(rawValue: code & 3), code & 4 == 0 || flag != .none else { throw .inconsistent }
            var value: Quantity?
            if code & 4 == 0 {
                last = last &+ (try ReadingBlock.difference(&iterator))
                guard last > -bound, last < bound else { throw .inconsistent }
                value = Quantity(millionths: last * ReadingBlock.powers[decimals])
            }
            readings[hour] = Reading(value: value, flag: flag)
        }
        guard iterator.next() == nil else { throw .inconsistent }
    }

    private static func difference(_ iterator: inout some IteratorProtocol<UInt8>) throws(Problem) -> Int64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard let byte = iterator.next() else { throw .truncated }
            guard shift < 63 else { throw .inconsistent }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { break }
            shift += 7
        }
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}
