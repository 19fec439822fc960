// ByteSink.swift: the growing run of bytes that a tile is written into.
//
// All pointer work of the encoder is here and in CVector/text.h. A caller reserves room for the most it may write, then writes without a check
// per byte; debug builds check every write against the reserved room.

import CVector

/// A growable buffer with one owner. Appending is amortised O(1) a byte.
struct ByteSink: ~Copyable {
    fileprivate private(set) var base: UnsafeMutablePointer<UInt8>
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
    private mutating func reserve(_ more: Int) {
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

    /// A cursor with room for at most so many bytes behind the present ones; they count once `end` has it back. Until then the sink must not change.
    ///
    /// The cursor is to be a local variable, which the compiler keeps in registers: every byte written by the sink itself might be one of the sink's
    /// own fields, so that these would be stored and loaded again for each.
    @inline(__always)
    mutating func cursor(atMost room: Int) -> ByteCursor {
        reserve(room)
        return ByteCursor(at: base + count, end: base + count + room)
    }

    @inline(__always)
    mutating func end(_ cursor: ByteCursor) { count = cursor.at - base }

    /// Appends bytes; makes the room itself.
    @inline(__always)
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        reserve(bytes.count)
        (base + count).update(from: source, count: bytes.count)
        count &+= bytes.count
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

    /// A copy of the bytes, and behind it what `write` writes: `more` bytes at most.
    func array(adding more: Int, _ write: (inout ByteCursor) -> Void) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count + more) { target, initialized in
            guard let start = target.baseAddress else { return }
            var cursor = ByteCursor(at: start, end: start + target.count)
            cursor.write(contentsOf: self)
            write(&cursor)
            initialized = cursor.at - start
        }
    }

    /// How many bytes the varint of `value` takes: 1 to 10.
    @inline(__always)
    static func varintSize(_ value: UInt64) -> Int {
        // 9 · bits / 64 + 1 equals ceil(bits / 7) for 1 to 64 bits.
        (9 &* (64 &- (value | 1).leadingZeroBitCount) &+ 64) / 64
    }
}

/// A place in a sink's memory to write at. Debug builds check every write against the room.
struct ByteCursor {
    fileprivate(set) var at: UnsafeMutablePointer<UInt8>
    private let end: UnsafeMutablePointer<UInt8>

    @inline(__always)
    fileprivate init(at: UnsafeMutablePointer<UInt8>, end: UnsafeMutablePointer<UInt8>) {
        self.at = at
        self.end = end
    }

    @inline(__always)
    mutating func write(byte: UInt8) {
        assert(at < end)
        at.pointee = byte
        at += 1
    }

    /// Writes a base-128 varint, low groups first.
    @inline(__always)
    mutating func write(varint value: UInt64) {
        assert(ByteSink.varintSize(value) <= end - at)
        var rest = value
        while rest >= 0x80 {
            at.pointee = UInt8(truncatingIfNeeded: rest) | 0x80
            at += 1
            rest >>= 7
        }
        at.pointee = UInt8(truncatingIfNeeded: rest)
        at += 1
    }

    /// Writes two varints. Small ones, as most tags are, without asking how long the second is; up to four bytes are written to, so that there
    /// must be room for as many.
    @inline(__always)
    mutating func write(varints first: UInt32, _ second: UInt32) {
        guard first < 0x80, second < 1 << 14 else {
            write(varint: UInt64(first))
            write(varint: UInt64(second))
            return
        }
        let isLong: UInt32 = second >= 0x80 ? 1 : 0
        let low = second & 0x7f | isLong &<< 7
        assert(end - at >= 4)
        UnsafeMutableRawPointer(at).storeBytes(of: (first | low &<< 8 | (second &>> 7) &<< 16).littleEndian, as: UInt32.self)
        at += 2 &+ Int(isLong)
    }

    /// Writes an integer's bytes, lowest first.
    @inline(__always)
    mutating func write<Integer: FixedWidthInteger>(littleEndian value: Integer) {
        assert(MemoryLayout<Integer>.size <= end - at)
        UnsafeMutableRawPointer(at).storeBytes(of: value.littleEndian, as: Integer.self)
        at += MemoryLayout<Integer>.size
    }

    @inline(__always)
    mutating func write(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        assert(bytes.count <= end - at)
        at.update(from: source, count: bytes.count)
        at += bytes.count
    }

    /// Writes a text of 8 to 64 bytes if it is UTF-8 by a quick look: from 16 on of common characters alone, as names are (CVector/text.h), below of
    /// ASCII, as ids are. Else says false and stays where it is; what stands behind may have changed.
    @inline(__always)
    mutating func write(commonText bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let source = bytes.baseAddress, bytes.count >= 8, bytes.count <= 64 else { return false }
        assert(bytes.count <= end - at)
        if bytes.count < 16 {
            // The first and the last eight, which may be the same in part.
            let (from, to, last) = (UnsafeRawPointer(source), UnsafeMutableRawPointer(at), bytes.count &- 8)
            let (head, tail) = (from.loadUnaligned(as: UInt64.self), from.loadUnaligned(fromByteOffset: last, as: UInt64.self))
            guard (head | tail) & 0x8080_8080_8080_8080 == 0 else { return false }
            to.storeBytes(of: head, as: UInt64.self)
            to.storeBytes(of: tail, toByteOffset: last, as: UInt64.self)
        } else {
            guard vector_copy_common_text(at, source, bytes.count) else { return false }
        }
        at += bytes.count
        return true
    }

    /// Writes all bytes of a sink, another than the cursor's.
    @inline(__always)
    mutating func write(contentsOf sink: borrowing ByteSink) { write(sink, from: 0, count: sink.count) }

    /// Writes `length` bytes of a sink, another than the cursor's, from `offset` on.
    @inline(__always)
    mutating func write(_ sink: borrowing ByteSink, from offset: Int, count length: Int) {
        precondition(offset >= 0 && length >= 0 && offset <= sink.count && length <= sink.count &- offset)
        write(UnsafeBufferPointer(start: sink.base + offset, count: length))
    }

    /// Leaves a byte for the length of what is written until `endSized`.
    @inline(__always)
    mutating func beginSized() -> UnsafeMutablePointer<UInt8> {
        assert(at < end)
        at += 1
        return at - 1
    }

    /// Writes the length of what stands behind `start`. What is longer than 127 bytes is moved, to make room for it: up to nine bytes more.
    @inline(__always)
    mutating func endSized(_ start: UnsafeMutablePointer<UInt8>) {
        let length = at - start - 1
        if length < 0x80 {
            start.pointee = UInt8(truncatingIfNeeded: length)
        } else {
            self = moved(start, length)
        }
    }

    /// Not `mutating`: the cursor could not stay in registers.
    @inline(never)
    private func moved(_ start: UnsafeMutablePointer<UInt8>, _ length: Int) -> ByteCursor {
        let size = ByteSink.varintSize(UInt64(length))
        assert(size - 1 <= end - at)
        (start + size).update(from: start + 1, count: length)
        var cursor = ByteCursor(at: start, end: end)
        cursor.write(varint: UInt64(length))
        cursor.at += length
        return cursor
    }
}
