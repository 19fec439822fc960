// ByteBuffer.swift: rows of text made without a String per field. Texts that repeat are kept as bytes in a TextTable, numbers
// are written digit by digit with a fixed number of decimals.

/// Many short texts in one heap, addressed by number.
struct TextTable: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var offsets: [Int32] = [0]

    init() {}
    init(_ texts: [String]) { for text in texts { add(text) } }

    var count: Int { offsets.count - 1 }

    @discardableResult
    mutating func add(_ text: String) -> Int {
        bytes.append(contentsOf: text.utf8)
        offsets.append(Int32(bytes.count))
        return count - 1
    }

    func string(_ index: Int) -> String {
        String(decoding: bytes[Int(offsets[index])..<Int(offsets[index + 1])], as: UTF8.self)
    }
}

/// A growing run of bytes.
struct ByteBuffer: Sendable {
    private(set) var bytes: [UInt8]

    init(capacity: Int) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    @inline(__always)
    mutating func byte(_ value: UInt8) { bytes.append(value) }

    @inline(__always)
    mutating func comma() { bytes.append(0x2C) }

    @inline(__always)
    mutating func newline() { bytes.append(0x0A) }

    @inline(__always)
    mutating func text(_ value: StaticString) {
        value.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func text(_ value: String) { bytes.append(contentsOf: value.utf8) }

    @inline(__always)
    mutating func text(_ table: TextTable, _ index: Int) {
        table.bytes.withUnsafeBufferPointer { heap in
            bytes.append(contentsOf: heap[Int(table.offsets[index])..<Int(table.offsets[index + 1])])
        }
    }

    mutating func raw(_ slice: some Collection<UInt8>) { bytes.append(contentsOf: slice) }

    /// `true` or `false`.
    mutating func boolean(_ value: Bool) { if value { text("true") } else { text("false") } }

    /// A whole number with at least `digits` digits.
    mutating func integer(_ value: Int, digits: Int = 1) {
        if value < 0 { bytes.append(0x2D) }
        var rest = value.magnitude
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { scratch in
            var start = 24
            repeat {
                start -= 1
                scratch[start] = UInt8(truncatingIfNeeded: rest % 10) + 0x30
                rest /= 10
            } while rest > 0 || 24 - start < min(digits, 20)
            bytes.append(contentsOf: scratch[start...])
        }
    }

    /// A number given in units of 10^−decimals, e.g. 1_214_737_000 with 7 decimals is 121.4737000.
    mutating func fixed(_ scaled: Int64, decimals: Int) {
        if scaled < 0 { bytes.append(0x2D) }
        var rest = scaled.magnitude
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { scratch in
            var start = 24
            var written = 0
            repeat {
                if written == decimals, decimals > 0 {
                    start -= 1
                    scratch[start] = 0x2E
                }
                start -= 1
                scratch[start] = UInt8(truncatingIfNeeded: rest % 10) + 0x30
                rest /= 10
                written += 1
            } while rest > 0 || written <= decimals
            bytes.append(contentsOf: scratch[start...])
        }
    }

    /// An id: two letters and at least seven digits, e.g. `BA0000001`.
    mutating func identifier(_ prefix: StaticString, _ number: Int) {
        text(prefix)
        integer(number, digits: 7)
    }
}
