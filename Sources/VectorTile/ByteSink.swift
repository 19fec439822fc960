// ByteSink.swift: the growing run of bytes that a tile is written into.
//
// All pointer work of the encoder is here. A caller reserves room for the most it may write, then writes without a check
// per byte; debug builds check every write against the reserved room.

/// A growable buffer with one owner. Appending is amortised O(1) a byte.
struct ByteSink: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    /// The longest varint: 64 bits in groups of 7.
    static let longestVarint = 10

    init(capacity: Int = 256) {
        self.capacity = max(capacity, 16)
        base = .allocate(capacity: self.capacity)
    }

    deinit {
        base.deallocate()
    }

    /// Forgets the contents and keeps the memory.
    mutating func removeAll() {
        count = 0
    }

    /// Makes room for `more` bytes after the present ones.
    @inline(__always)
    mutating func reserve(_ more: Int) {
        if capacity - count < more { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: base, count: count)
        base.deallocate()
        base = moved
        capacity = larger
    }

    /// Writes one byte; room must be reserved.
    @inline(__always)
    mutating func write(byte: UInt8) {
        assert(count < capacity)
        base[count] = byte
        count &+= 1
    }

    /// Writes a base-128 varint, low groups first; room for its size must be reserved.
    @inline(__always)
    mutating func write(varint value: UInt64) {
        assert(count &+ Self.varintSize(value) <= capacity)
        var rest = value
        while rest >= 0x80 {
            base[count] = UInt8(truncatingIfNeeded: rest) | 0x80
            count &+= 1
            rest >>= 7
        }
        base[count] = UInt8(truncatingIfNeeded: rest)
        count &+= 1
    }

    /// Writes an integer's bytes, lowest first; room must be reserved.
    @inline(__always)
    mutating func write<Integer: FixedWidthInteger>(littleEndian value: Integer) {
        assert(count &+ MemoryLayout<Integer>.size <= capacity)
        UnsafeMutableRawPointer(base + count).storeBytes(of: value.littleEndian, as: Integer.self)
        count &+= MemoryLayout<Integer>.size
    }

    /// Appends bytes; makes the room itself.
    @inline(__always)
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        reserve(bytes.count)
        (base + count).update(from: source, count: bytes.count)
        count &+= bytes.count
    }

    /// Appends everything in another sink.
    mutating func append(contentsOf other: borrowing ByteSink) {
        other.withBytes { append($0) }
    }

    /// Appends `length` bytes of another sink, from `offset` on.
    mutating func append(contentsOf other: borrowing ByteSink, offset: Int, length: Int) {
        precondition(offset >= 0 && length >= 0 && offset <= other.count && length <= other.count &- offset)
        append(UnsafeBufferPointer(start: other.base + offset, count: length))
    }

    /// Whether the bytes from `offset` on are `bytes`.
    @inline(__always)
    func holds(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> Bool {
        assert(offset >= 0 && offset + bytes.count <= count)
        guard let right = bytes.baseAddress else { return true }
        let left = UnsafeRawPointer(base + offset)
        let other = UnsafeRawPointer(right)
        var at = 0
        while at &+ 8 <= bytes.count {
            if left.loadUnaligned(fromByteOffset: at, as: UInt64.self) != other.loadUnaligned(fromByteOffset: at, as: UInt64.self) {
                return false
            }
            at &+= 8
        }
        while at < bytes.count {
            if base[offset &+ at] != right[at] { return false }
            at &+= 1
        }
        return true
    }

    /// The bytes, for the length of the call.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        body(UnsafeBufferPointer(start: base, count: count))
    }

    /// A copy of the bytes.
    func array() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
            if count > 0 { target.baseAddress?.update(from: base, count: count) }
            initialized = count
        }
    }

    /// How many bytes the varint of `value` takes: 1 to 10.
    @inline(__always)
    static func varintSize(_ value: UInt64) -> Int {
        // 9 · bits / 64 + 1 equals ceil(bits / 7) for 1 to 64 bits.
        (9 &* (64 &- (value | 1).leadingZeroBitCount) &+ 64) / 64
    }
}
