// DocumentBytes.swift: bytes of an uploaded document, with reads that cannot leave them: whatever lengths a hostile file states.

import Glibc

struct DocumentBytes {
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var count: Int { bytes.count }

    /// Nil outside.
    func byte(_ offset: Int) -> UInt8? { offset >= 0 && offset < bytes.count ? bytes[offset] : nil }

    /// Little-endian; nil outside.
    func little16(_ offset: Int) -> Int? {
        guard let a = byte(offset), let b = byte(offset + 1) else { return nil }
        return Int(a) | Int(b) << 8
    }

    func little32(_ offset: Int) -> Int? {
        guard let low = little16(offset), let high = little16(offset + 2) else { return nil }
        return low | high << 16
    }

    func big16(_ offset: Int) -> Int? {
        guard let a = byte(offset), let b = byte(offset + 1) else { return nil }
        return Int(a) << 8 | Int(b)
    }

    func big32(_ offset: Int) -> Int? {
        guard let high = big16(offset), let low = big16(offset + 2) else { return nil }
        return high << 16 | low
    }

    /// The bytes in a range; nil when it is not wholly inside.
    func slice(_ offset: Int, _ length: Int) -> UnsafeRawBufferPointer? {
        guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
    }

    func starts(with prefix: StaticString, at offset: Int = 0) -> Bool {
        guard let part = slice(offset, prefix.utf8CodeUnitCount), let base = part.baseAddress else { return false }
        return memcmp(base, prefix.utf8Start, part.count) == 0
    }

    /// Where `needle` begins first, from `start` on; nil when it does not occur before `end`.
    func find(_ needle: StaticString, from start: Int = 0, to end: Int? = nil) -> Int? {
        let length = needle.utf8CodeUnitCount
        let end = min(end ?? count, count)
        guard length > 0, let base = bytes.baseAddress else { return nil }
        var place = max(start, 0)
        while place + length <= end {
            guard let found = memchr(base + place, Int32(needle.utf8Start.pointee), end - length + 1 - place) else { return nil }
            place = UnsafeRawPointer(found) - base
            if memcmp(found, needle.utf8Start, length) == 0 { return place }
            place += 1
        }
        return nil
    }

    /// Whether one of `needles`, all in lower case, occurs, in whatever case. Cost: O(n · needles).
    func containsAnyCase(_ needles: [StaticString], from start: Int = 0, to end: Int? = nil) -> StaticString? {
        guard let part = slice(max(start, 0), min(end ?? count, count) - max(start, 0)) else { return nil }
        let lowered = part.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return lowered.withUnsafeBytes { lowered in needles.first { DocumentBytes(lowered).find($0) != nil } }
    }
}

extension [UInt8] {
    /// Hands the bytes to `body`, and on what it throws.
    func withDocumentBytes<Value>(_ body: (DocumentBytes) throws(DocumentRefusal) -> Value) throws(DocumentRefusal) -> Value {
        let result: Result<Value, DocumentRefusal> = withUnsafeBytes { raw in
            do throws(DocumentRefusal) { return .success(try body(DocumentBytes(raw))) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
