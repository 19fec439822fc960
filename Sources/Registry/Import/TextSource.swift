// TextSource.swift: the text of a file as UTF-8, whatever encoding it lies in, checked byte by byte and in a stream. Readers above it
// see valid UTF-8 only; where the file is something else, the error names the line and the byte.

/// Valid UTF-8 in pieces.
protocol TextInput: AnyObject {
    /// Fills the buffer's beginning; 0 only at the end. Pieces may end inside a character, but never for good.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int
}

/// Text in memory: a sample of a file, or a test's.
final class MemoryText: TextInput {
    private let text: [UInt8]
    private var position = 0
    private let step: Int

    /// - Parameter step: at most so many bytes a piece.
    init(_ text: [UInt8], step: Int = .max) {
        self.text = text
        self.step = step
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        let count = min(buffer.count, text.count - position, step)
        buffer.copyBytes(from: text[position..<position + count])
        position += count
        return count
    }
}

/// The text of a file. One thread at a time.
final class TextSource: TextInput {
    let path: String
    let bytes: ByteSource
    let encoding: SourceEncoding
    /// Why that encoding was taken.
    let encodingReason: String
    private let wasAsked: Bool

    private let converter: Converter?
    /// Bytes of a character that the last piece cut off (UTF-8), or raw bytes still to be converted.
    private var pending: [UInt8] = []
    private var rawOffset: Int64
    private var lineFeeds = 0
    private var ahead: [UInt8] = []
    private var aheadStart = 0

    /// How much of a file its encoding is judged by.
    static let sampleBytes = 1 << 20

    /// - Parameter asked: the encoding that the user names; nil: recognised by the beginning.
    init(path: String, encoding asked: SourceEncoding?) throws(ImportError) {
        let bytes = try ByteSource(path: path)
        let sample = try bytes.peek(upTo: TextSource.sampleBytes)
        let finding = SourceEncoding.find(sample: sample, asked: asked)
        if finding.encoding == .utf8 || finding.encoding == .gb18030, sample.prefix(4096).contains(0) {
            let even = stride(from: 0, to: min(sample.count, 4096), by: 2).count { sample[$0] == 0 }
            let odd = stride(from: 1, to: min(sample.count, 4096), by: 2).count { sample[$0] == 0 }
            let found = even > 8 * (odd + 1) ? "utf-16be" : odd > 8 * (even + 1) ? "utf-16le" : nil
            throw .notText(
                path: path, found: found.map { "UTF-16 without a byte order mark (say --encoding \($0)), or binary data" } ?? "binary data")
        }
        self.path = path
        self.bytes = bytes
        encoding = finding.encoding
        encodingReason = finding.reason
        wasAsked = asked != nil
        converter = finding.encoding == .utf8 ? nil : try Converter(from: finding.encoding)
        rawOffset = Int64(finding.markBytes)
        if finding.markBytes > 0 {
            let mark = UnsafeMutableRawBufferPointer.allocate(byteCount: finding.markBytes, alignment: 1)
            defer { mark.deallocate() }
            _ = try bytes.read(into: mark)
        }
    }

    /// The beginning of the text, at most `limit` bytes, without taking it. Call once, before any `read`.
    func peek(upTo limit: Int) throws(ImportError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 16)
        defer { buffer.deallocate() }
        var filled = 0
        // A piece needs some room: a character, or what becomes of one.
        while limit - filled >= 64 {
            let count = try produce(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            if count == 0 { break }
            filled += count
        }
        ahead = Array(buffer[0..<filled])
        return ahead
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        if aheadStart < ahead.count {
            let count = min(buffer.count, ahead.count - aheadStart)
            buffer.copyBytes(from: ahead[aheadStart..<aheadStart + count])
            aheadStart += count
            if aheadStart == ahead.count {
                ahead = []
                aheadStart = 0
            }
            return count
        }
        return try produce(into: buffer)
    }

    /// - Parameter buffer: of 64 bytes or more.
    private func produce(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        let count: Int
        if let converter { count = try convert(converter, into: buffer) } else { count = try readUTF8(into: buffer) }
        lineFeeds += TextSource.lineFeeds(UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
        return count
    }

    private static func lineFeeds(_ bytes: UnsafeRawBufferPointer) -> Int {
        var count = 0
        for byte in bytes { count &+= byte == 0x0A ? 1 : 0 }
        return count
    }

    private func readUTF8(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        buffer.copyBytes(from: pending)
        let kept = pending.count
        let count = try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[kept...]))
        let filled = kept + count
        pending.removeAll(keepingCapacity: true)
        guard filled > 0 else { return 0 }
        let piece = UnsafeBufferPointer(start: buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), count: filled)
        switch UTF8Scanner.scan(piece) {
        case .valid:
            rawOffset += Int64(filled)
            return filled
        case .incomplete(let offset):
            guard count > 0 else { throw wrong(UnsafeRawBufferPointer(piece), at: offset, cutOff: true) }
            pending.append(contentsOf: piece[offset...])
            rawOffset += Int64(offset)
            // A pipe may bring a character byte by byte.
            return offset > 0 ? offset : try readUTF8(into: buffer)
        case .invalid(let offset): throw wrong(UnsafeRawBufferPointer(piece), at: offset, cutOff: false)
        }
    }

    private func convert(_ converter: Converter, into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        var ended = false
        while true {
            if !pending.isEmpty {
                let result = pending.withUnsafeBytes { converter.convert($0, into: buffer) }
                let stopped = result.read
                if result.written > 0 || result.status == .outputFull {
                    pending.removeFirst(stopped)
                    rawOffset += Int64(stopped)
                    return result.written
                }
                if result.status == .invalid { throw pending.withUnsafeBytes { wrong($0, at: stopped, cutOff: false) } }
                if result.status == .incomplete, ended { throw pending.withUnsafeBytes { wrong($0, at: stopped, cutOff: true) } }
                pending.removeFirst(stopped)
                rawOffset += Int64(stopped)
            }
            if ended { return 0 }
            // Half of what the output takes: two bytes become three.
            let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: min(max(buffer.count / 2, 32), 256 << 10), alignment: 16)
            defer { piece.deallocate() }
            let count = try bytes.read(into: piece)
            pending.append(contentsOf: piece[0..<count])
            ended = count == 0
        }
    }

    private func wrong(_ piece: UnsafeRawBufferPointer, at offset: Int, cutOff: Bool) -> ImportError {
        let line =
            lineFeeds + 1 + (converter == nil ? TextSource.lineFeeds(UnsafeRawBufferPointer(rebasing: piece[0..<offset])) : 0)
        let bytes = piece[offset..<min(offset + (cutOff ? 3 : 2), piece.count)].map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return "0x" + (digits.count < 2 ? "0" : "") + digits
        }
        let advice =
            switch (cutOff, encoding) {
            case (true, _): "the file ends in the middle of a character, so it looks truncated"
            case (false, .utf8): "if the file is in GB18030 or GBK say --encoding gb18030, else convert it to UTF-8"
            case (false, _):
                wasAsked
                    ? "leave --encoding out to have it recognised, or name another: \(SourceEncoding.names)"
                    : "name its encoding with --encoding: \(SourceEncoding.names)"
            }
        return .wrongEncoding(
            path: path, encoding: encoding.displayName, line: line, byte: rawOffset + Int64(offset), found: bytes.joined(separator: " "),
            advice: advice)
    }
}
