// ValueTable.swift: the distinct keys or values of one layer, each stored once.
//
// A value is looked up by a hash over its type and bits (strings: over their bytes), in an open-addressing table. What is
// looked up gets a slot; what a written feature uses gets a number in the tile, in the order of first use, and is encoded then. So a key that
// was declared and never used, or a value that was replaced, takes no byte. What its caller knows to be hardly ever the same twice
// is not looked up: it gets a number at once and is encoded once. Small counts, which most numbers of a map are, have a table of their own.

/// The types of a value that the encoder writes. The smallest encoding is chosen before a value gets here, so equal
/// numbers are equal bits: whole numbers are `uint` from 0 up and `sint` below, doubles are `float` where that is exact.
enum ValueKind: UInt8 {
    case string = 1
    case float = 2
    case double = 3
    case uint = 5
    case sint = 6
    case bool = 7
}

struct ValueTable: ~Copyable {
    // Not private: Swift 6.3 cannot build a noncopyable generic over a private type in debug mode.
    struct Entry: BitwiseCopyable {
        /// The number's bits, or where the string starts in `strings`.
        var bits: UInt64
        /// The string's bytes; 0 for a number.
        var length: Int
        var hash: UInt32
        /// The number in the tile, or `unused`.
        var index: UInt32
        var kind: ValueKind
    }

    private static let unused = UInt32.max
    private static let processSeed = UInt64.random(in: .min ... .max) | 1

    /// A new seed per process, so that names in a data set cannot be made to collide.
    private let seed = Self.processSeed
    private var entries = Pile<Entry>(capacity: 64)
    /// Slot + 1 by hash, 0 where free; a power of two, at most half full.
    private var buckets = Pile<UInt32>(capacity: Self.fewestBuckets)
    /// Of a table of values: slot + 1 of each whole number below `smallNumbers`, 0 where it has none.
    private var smallSlots: Pile<UInt32>
    private var strings = ByteSink()
    /// What has a number, encoded, in the order of the numbers.
    private var encoded = ByteSink()
    /// How many have one.
    private(set) var numbered: UInt32 = 0
    private let form: Form

    /// What the table is in a layer, with the tag of its field.
    enum Form: UInt8 {
        /// Strings.
        case keys = 0x1a
        /// `Value` messages.
        case values = 0x22

        /// Writes what stands before a string's bytes.
        @inline(__always)
        func beginString(_ length: Int, _ cursor: inout ByteCursor) {
            let stringValue: UInt8 = 0x0a  // Value.string_value
            if self == .values, length < 0x7e {
                // The common case as one number: both lengths have one byte.
                let size = UInt32(truncatingIfNeeded: length)
                cursor.write(littleEndian: UInt32(rawValue) | (size &+ 2) &<< 8 | UInt32(stringValue) &<< 16 | size &<< 24)
                return
            }
            cursor.write(byte: rawValue)
            if self == .values {
                cursor.write(varint: UInt64(1 + ByteSink.varintSize(UInt64(length)) + length))
                cursor.write(byte: stringValue)
            }
            cursor.write(varint: UInt64(length))
        }
    }

    /// The most that stands before a string's bytes.
    private static let stringRoom = 2 + 2 * ByteSink.longestVarint

    private static let fewestBuckets = 128
    private static let smallNumbers = 256

    init(_ form: Form) {
        self.form = form
        smallSlots = Pile(capacity: form == .values ? Self.smallNumbers : 1)
        buckets.fill(0, count: Self.fewestBuckets)
        smallSlots.fill(0, count: form == .values ? Self.smallNumbers : 0)
    }

    mutating func removeAll() {
        encoded.removeAll()
        numbered = 0
        guard entries.count > 0 else { return }
        entries.removeAll()
        strings.removeAll()
        buckets.fill(0, count: buckets.count)
        smallSlots.fill(0, count: smallSlots.count)
    }

    /// The slot of a whole number from 0 up. O(1).
    @inline(__always)
    mutating func slot(uint number: UInt64) -> UInt32 {
        guard number < Self.smallNumbers else { return slot(.uint, bits: number) }
        let known = smallSlots[Int(truncatingIfNeeded: number)]
        if known != 0 { return known &- 1 }
        let slot = slot(.uint, bits: number)
        smallSlots[Int(truncatingIfNeeded: number)] = slot &+ 1
        return slot
    }

    /// The slot of a number or boolean. O(1).
    @inline(__always)
    mutating func slot(_ kind: ValueKind, bits: UInt64) -> UInt32 {
        let hash = mixed(bits ^ (UInt64(kind.rawValue) << 56 | 0x9e37))
        let mask = buckets.count &- 1
        var at = Int(truncatingIfNeeded: hash) & mask
        while buckets[at] != 0 {
            let slot = buckets[at] &- 1
            let entry = entries[Int(slot)]
            if entry.hash == hash, entry.bits == bits, entry.kind == kind { return slot }
            at = (at &+ 1) & mask
        }
        return insert(Entry(bits: bits, length: 0, hash: hash, index: Self.unused, kind: kind), bucket: at)
    }

    /// The slot of a string. O(bytes). Bytes that are not UTF-8 are replaced by U+FFFD: a tile with broken text is
    /// refused as a whole by most readers.
    @inline(__always)
    mutating func slot(utf8 bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        let hash = hash(bytes)
        let mask = buckets.count &- 1
        var at = Int(truncatingIfNeeded: hash) & mask
        while buckets[at] != 0 {
            let slot = buckets[at] &- 1
            let entry = entries[Int(slot)]
            if entry.hash == hash, entry.length == bytes.count, entry.kind == .string,
                strings.holds(bytes, at: Int(truncatingIfNeeded: entry.bits))
            {
                return slot
            }
            at = (at &+ 1) & mask
        }
        guard UTF8Check.isValid(bytes) else {
            var repaired = String(decoding: bytes, as: UTF8.self)
            return repaired.withUTF8 { slot(repaired: $0) }
        }
        let entry = Entry(bits: UInt64(strings.count), length: bytes.count, hash: hash, index: Self.unused, kind: .string)
        strings.append(bytes)
        return insert(entry, bucket: at)
    }

    @inline(never)
    private mutating func slot(repaired bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        slot(utf8: bytes)
    }

    private mutating func insert(_ entry: Entry, bucket: Int) -> UInt32 {
        let slot = UInt32(truncatingIfNeeded: entries.count)
        entries.append(entry)
        buckets[bucket] = slot &+ 1
        if entries.count &* 2 > buckets.count { widen() }
        return slot
    }

    private mutating func widen() {
        buckets.fill(0, count: buckets.count * 4)
        let mask = buckets.count &- 1
        for slot in 0..<entries.count {
            var at = Int(truncatingIfNeeded: entries[slot].hash) & mask
            while buckets[at] != 0 { at = (at &+ 1) & mask }
            buckets[at] = UInt32(truncatingIfNeeded: slot) &+ 1
        }
    }

    /// The number in the tile of what a slot holds; given at the first call.
    @inline(__always)
    mutating func index(ofSlot slot: UInt32) -> UInt32 {
        let known = entries[Int(slot)].index
        if known != Self.unused { return known }
        let index = nextNumber()
        entries[Int(slot)].index = index
        encode(entries[Int(slot)])
        return index
    }

    /// The number in the tile of a string that is not looked up: one more copy of it, if it is there already. O(bytes). Bytes that are not
    /// UTF-8 are replaced by U+FFFD.
    @inline(__always)
    mutating func index(once bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        var cursor = encoded.cursor(atMost: Self.stringRoom + bytes.count)
        form.beginString(bytes.count, &cursor)
        if !cursor.write(commonText: bytes) {
            guard UTF8Check.isValid(bytes) else {
                var repaired = String(decoding: bytes, as: UTF8.self)
                return repaired.withUTF8 { index(ofRepaired: $0) }
            }
            cursor.write(bytes)
        }
        encoded.end(cursor)
        return nextNumber()
    }

    /// The number in the tile of a whole number that is not looked up. O(1).
    @inline(__always)
    mutating func index(once number: UInt64) -> UInt32 {
        encodeNumber(.uint, bits: number)
        return nextNumber()
    }

    @inline(never)
    private mutating func index(ofRepaired bytes: UnsafeBufferPointer<UInt8>) -> UInt32 { index(once: bytes) }

    private mutating func nextNumber() -> UInt32 {
        numbered &+= 1
        return numbered &- 1
    }

    // MARK: Bytes

    /// The bytes that `write` writes.
    var encodedSize: Int { encoded.count }

    /// Writes what has a number, as the layer's repeated field.
    func write(to cursor: inout ByteCursor) { cursor.write(contentsOf: encoded) }

    private mutating func encode(_ entry: Entry) {
        if entry.kind == .string {
            var cursor = encoded.cursor(atMost: Self.stringRoom + entry.length)
            form.beginString(entry.length, &cursor)
            cursor.write(strings, from: Int(truncatingIfNeeded: entry.bits), count: entry.length)
            encoded.end(cursor)
            return
        }
        encodeNumber(entry.kind, bits: entry.bits)
    }

    /// Writes a number or boolean.
    @inline(__always)
    private mutating func encodeNumber(_ kind: ValueKind, bits: UInt64) {
        var cursor = encoded.cursor(atMost: 3 + ByteSink.longestVarint)
        cursor.write(byte: form.rawValue)
        let value = cursor.beginSized()
        switch kind {
        case .float:
            cursor.write(byte: 0x15)
            cursor.write(littleEndian: UInt32(truncatingIfNeeded: bits))
        case .double:
            cursor.write(byte: 0x19)
            cursor.write(littleEndian: bits)
        case .uint, .sint, .bool, .string:
            // Wire type 0 is the varint: the tag is the field number alone.
            cursor.write(byte: kind.rawValue << 3)
            cursor.write(varint: bits)
        }
        cursor.endSized(value)
        encoded.end(cursor)
    }

    // MARK: Hashing

    /// A 128-bit product folded to 32 bits: every input bit reaches every output bit.
    @inline(__always)
    private func mixed(_ value: UInt64) -> UInt32 {
        let folded = Self.fold(value ^ 0xa076_1d64_78bd_642f, seed)
        return UInt32(truncatingIfNeeded: folded ^ (folded >> 32))
    }

    @inline(__always)
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    @inline(__always)
    private func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        var state = seed ^ UInt64(truncatingIfNeeded: bytes.count)
        var at = 0
        if let base = UnsafeRawPointer(bytes.baseAddress) {
            while at &+ 8 <= bytes.count {
                state = Self.fold(state ^ base.loadUnaligned(fromByteOffset: at, as: UInt64.self), 0xe703_7ed1_a0b4_28db)
                at &+= 8
            }
        }
        var tail: UInt64 = 0
        while at < bytes.count {
            tail = tail << 8 | UInt64(bytes[at])
            at &+= 1
        }
        return mixed(state ^ tail)
    }
}
