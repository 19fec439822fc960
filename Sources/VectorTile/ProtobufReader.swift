// ProtobufReader.swift: reads protobuf fields from bytes that may be anything.
//
// A reader is a window of the tile. Each length is compared with what is left before it is used, so a reader never leaves
// its window and never allocates for a length that the bytes cannot fill.

struct ProtobufReader {
    /// How a field's value is written (protobuf encoding, "wire type").
    enum WireType: UInt8 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5

        var words: String {
            switch self {
            case .varint: "a varint"
            case .fixed64: "8 bytes"
            case .bytes: "a length and bytes"
            case .fixed32: "4 bytes"
            }
        }
    }

    struct Field {
        var number: UInt64
        var type: WireType
        /// Where the field's tag stands.
        var offset: Int
    }

    private let base: UnsafeRawBufferPointer
    private(set) var offset: Int
    private let end: Int

    /// The bytes must outlive the reader: it stays inside the call that lends them.
    init(_ bytes: UnsafeRawBufferPointer) {
        base = bytes
        offset = 0
        end = bytes.count
    }

    private init(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) {
        base = bytes
        offset = start
        self.end = end
    }

    var isAtEnd: Bool { offset >= end }
    var remaining: Int { end - offset }

    func failure(at place: Int, _ part: @autoclosure () -> String, expected: String, found: String) -> VectorTileError {
        VectorTileError(offset: place, part: part(), expected: expected, found: found)
    }

    mutating func varint(_ part: @autoclosure () -> String) throws(VectorTileError) -> UInt64 {
        let start = offset
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let byte = base[offset]
            offset &+= 1
            if shift == 63, byte > 1 {
                throw failure(at: start, part(), expected: "a varint of at most 64 bits", found: "a longer one")
            }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw failure(at: start, part(), expected: "a varint", found: "the end of the bytes after \(end - start)")
    }

    /// A varint that must fit 32 bits.
    mutating func varint32(_ part: @autoclosure () -> String) throws(VectorTileError) -> UInt32 {
        let start = offset
        let value = try varint(part())
        guard let short = UInt32(exactly: value) else {
            throw failure(at: start, part(), expected: "a number of at most 32 bits", found: "\(value)")
        }
        return short
    }

    /// The next field's tag, or nil at the end of the window.
    mutating func field(_ part: @autoclosure () -> String) throws(VectorTileError) -> Field? {
        if isAtEnd { return nil }
        let start = offset
        let tag = try varint(part())
        guard let type = WireType(rawValue: UInt8(tag & 7)) else {
            throw failure(at: start, part(), expected: "a field of wire type 0, 1, 2 or 5", found: "wire type \(tag & 7)")
        }
        let number = tag >> 3
        guard number > 0, number < 1 << 29 else {
            throw failure(at: start, part(), expected: "a field number from 1 to 2^29 - 1", found: "\(number)")
        }
        return Field(number: number, type: type, offset: start)
    }

    /// Refuses a known field that is written in another way than its type.
    func require(_ field: Field, _ type: WireType, _ part: @autoclosure () -> String) throws(VectorTileError) {
        guard field.type == type else {
            throw failure(at: field.offset, part(), expected: "field \(field.number) as \(type.words)", found: field.type.words)
        }
    }

    /// A window over a length-delimited field's bytes; this reader goes on behind them.
    mutating func window(_ part: @autoclosure () -> String) throws(VectorTileError) -> ProtobufReader {
        let start = offset
        let length = try varint(part())
        guard length <= UInt64(remaining) else {
            throw failure(at: start, part(), expected: "a length of at most the \(remaining) bytes that are left", found: "\(length)")
        }
        let inner = ProtobufReader(base, from: offset, to: offset + Int(length))
        offset += Int(length)
        return inner
    }

    mutating func string(_ part: @autoclosure () -> String) throws(VectorTileError) -> String {
        let start = offset
        let inner = try window(part())
        let bytes = UnsafeRawBufferPointer(rebasing: base[inner.offset..<inner.end])
        let isText = bytes.withMemoryRebound(to: UInt8.self) { UTF8Check.isValid($0) }
        guard isText else { throw failure(at: start, part(), expected: "text in UTF-8", found: "other bytes") }
        return String(decoding: bytes, as: UTF8.self)
    }

    mutating func fixed32(_ part: @autoclosure () -> String) throws(VectorTileError) -> UInt32 {
        UInt32(truncatingIfNeeded: try fixed(bytes: 4, part()))
    }

    mutating func fixed64(_ part: @autoclosure () -> String) throws(VectorTileError) -> UInt64 {
        try fixed(bytes: 8, part())
    }

    private mutating func fixed(bytes: Int, _ part: @autoclosure () -> String) throws(VectorTileError) -> UInt64 {
        guard remaining >= bytes else {
            throw failure(at: offset, part(), expected: "\(bytes) bytes", found: "the end of the bytes after \(remaining)")
        }
        var value: UInt64 = 0
        for at in 0..<bytes { value |= UInt64(base[offset + at]) << UInt64(8 * at) }
        offset += bytes
        return value
    }

    /// Numbers of a repeated field, packed or one by one: a reader must take both.
    mutating func numbers(_ field: Field, into list: inout [UInt32], _ part: @autoclosure () -> String) throws(VectorTileError) {
        if field.type == .varint {
            list.append(try varint32(part()))
            return
        }
        try require(field, .bytes, part())
        var inner = try window(part())
        while !inner.isAtEnd { list.append(try inner.varint32(part())) }
    }

    /// Steps over a field that this reader does not know.
    mutating func skip(_ field: Field, _ part: @autoclosure () -> String) throws(VectorTileError) {
        switch field.type {
        case .varint: _ = try varint(part())
        case .fixed64: _ = try fixed64(part())
        case .bytes: _ = try window(part())
        case .fixed32: _ = try fixed32(part())
        }
    }
}
