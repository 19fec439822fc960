// DelimitedReader.swift: CSV and TSV (RFC 4180) byte by byte: quoted fields with line breaks and doubled quotes, lines ending in LF, CRLF
// or CR. One buffer holds the current row; fields are slices of it. Ends of fields are found eight bytes at a time by the
// "has a zero byte" trick (H. S. Warren, Hacker's Delight, 6-1), quotes by the C library's memchr.

import Glibc

/// One thread at a time.
final class DelimitedReader: RowReader {
    let path: String
    private(set) var columns: [String] = []
    let row = RowBuffer()
    let delimiter: UInt8
    /// Whether the last row lacked a line end.
    private(set) var endedWithoutLineEnd = false

    private let input: any TextInput
    private var buffer: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// Beginning of the row, and end of what has been read.
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    private var line = 1
    private static let padding = 16
    /// A row that is longer has a quote that is not closed, or is no row.
    static let longestRowBytes = 16 << 20
    private static let quote = UInt8(ascii: "\"")

    /// Reads the header.
    init(input: any TextInput, delimiter: UInt8, path: String, bufferBytes: Int = 1 << 20) throws(ImportError) {
        self.input = input
        self.delimiter = delimiter
        self.path = path
        capacity = max(bufferBytes, 64)
        buffer = .allocate(capacity: capacity + DelimitedReader.padding)
        buffer.initialize(repeating: 0, count: capacity + DelimitedReader.padding)
        try readHeader()
    }

    deinit { buffer.deallocate() }

    func column(named name: String) -> Int? { columns.firstIndex(of: name) }

    private func readHeader() throws(ImportError) {
        switch try next() {
        case .end: throw .noHeader(path: path, detail: "the file is empty")
        case .malformed(_, let reject): throw .noHeader(path: path, detail: reject.reason)
        case .row: break
        }
        var seen: Set<String> = []
        for index in 0..<row.count {
            var name = String(decoding: FieldText.trimmed(row.field(index)), as: UTF8.self)
            if name.isEmpty { name = "column_\(index + 1)" }
            guard seen.insert(name).inserted else { throw .duplicateColumn(path: path, name: name) }
            columns.append(name)
        }
        let numbers = columns.count { Double($0) != nil }
        if numbers * 2 > columns.count || (numbers > 0 && columns.count <= 3) {
            throw .noHeader(path: path, detail: "its first line holds numbers (\(columns.prefix(5).joined(separator: ", ")))")
        }
    }

    func next() throws(ImportError) -> RowStep {
        try skipBlankLines()
        row.removeAll()
        let firstLine = line
        var position = start
        var malformed: String?
        var hasLineEnd = false

        fields: while true {
            if position == end, try !refill(&position) {
                if row.count == 0 { return .end }
                row.append(offset: position - start, count: 0)
                break
            }
            if buffer[position] == DelimitedReader.quote {
                let problem = try quotedField(&position)
                if let problem { malformed = malformed ?? problem }
            } else {
                let from = position - start
                try scanToFieldEnd(&position)
                row.append(offset: from, count: position - start - from)
            }
            // Here stands a delimiter, a line end, or nothing more.
            if position == end, try !refill(&position) { break }
            let byte = buffer[position]
            position += 1
            if byte == delimiter { continue }
            hasLineEnd = true
            if byte == 0x0D {
                if position == end { _ = try refill(&position) }
                if position < end, buffer[position] == 0x0A { position += 1 }
            }
            line += 1
            break fields
        }
        row.base = UnsafePointer(buffer + start)
        start = position
        endedWithoutLineEnd = !hasLineEnd

        if let malformed { return .malformed(line: firstLine, RowReject(field: "row", value: excerpt(), reason: malformed)) }
        if columns.isEmpty || row.count == columns.count { return .row(line: firstLine) }
        if !hasLineEnd, row.count < columns.count {
            throw .truncated(path: path, line: line, detail: "after \(row.count) of \(columns.count) fields")
        }
        let reason =
            "\(row.count) fields where the header has \(columns.count)"
            + (row.count > columns.count ? "; a field that holds the delimiter must be quoted" : "")
        return .malformed(line: firstLine, RowReject(field: "row", value: excerpt(), reason: reason))
    }

    private func excerpt() -> String {
        var text = ""
        for index in 0..<row.count where text.utf8.count < 200 {
            if index > 0 { text.unicodeScalars.append(Unicode.Scalar(delimiter)) }
            text += String(decoding: row.field(index).prefix(300), as: UTF8.self)
        }
        return text
    }

    private func skipBlankLines() throws(ImportError) {
        while true {
            var position = start
            if position == end, try !refill(&position) { return }
            let byte = buffer[start]
            guard byte == 0x0A || byte == 0x0D else { return }
            start += 1
            if byte == 0x0D {
                var next = start
                if next == end { _ = try refill(&next) }
                if start < end, buffer[start] == 0x0A { start += 1 }
            }
            line += 1
        }
    }

    /// Appends the field whose opening quote stands at `position`, and moves behind it. Returns what is wrong with it, if anything.
    private func quotedField(_ position: inout Int) throws(ImportError) -> String? {
        let openingLine = line
        let from = position + 1 - start
        var hasDoubled = false
        position += 1
        while true {
            // To the next quote.
            guard position < end, let found = memchr(buffer + position, Int32(DelimitedReader.quote), end - position) else {
                position = end
                if try !refill(&position) { throw .unclosedQuote(path: path, line: openingLine) }
                continue
            }
            position = UnsafeRawPointer(found) - UnsafeRawPointer(buffer)
            if position + 1 == end {
                // Is it doubled? The buffer must hold the next byte, too.
                var next = end
                _ = try refill(&next)
                position = next - 1
            }
            if position + 1 < end, buffer[position + 1] == DelimitedReader.quote {
                hasDoubled = true
                position += 2
                continue
            }
            break
        }
        var length = position - start - from
        line += lineBreaks(buffer + start + from, length)
        if hasDoubled { length = collapseQuotes(start + from, length) }
        row.append(offset: from, count: length)
        position += 1
        let behind = position - start
        try scanToFieldEnd(&position)
        for offset in behind..<(position - start) where buffer[start + offset] != 0x20 {
            return "text follows a closing quote; a quote inside a quoted field is written twice"
        }
        return nil
    }

    private func lineBreaks(_ text: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
        var breaks = 0
        for offset in 0..<count {
            if text[offset] == 0x0A || (text[offset] == 0x0D && !(offset + 1 < count && text[offset + 1] == 0x0A)) { breaks += 1 }
        }
        return breaks
    }

    /// Doubled quotes become single ones, in place: the text only gets shorter.
    private func collapseQuotes(_ from: Int, _ count: Int) -> Int {
        var read = from
        var write = from
        while read < from + count {
            let byte = buffer[read]
            buffer[write] = byte
            write += 1
            read += byte == DelimitedReader.quote ? 2 : 1
        }
        return write - from
    }

    /// Moves to the next delimiter or line end, or to the file's end.
    private func scanToFieldEnd(_ position: inout Int) throws(ImportError) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let delimiters = ones &* UInt64(delimiter)
        let feeds = ones &* 0x0A
        let returns = ones &* 0x0D
        while true {
            let raw = UnsafeRawPointer(buffer)
            // The padding behind `end` makes the last load lie inside the allocation.
            while position < end {
                let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                let hit =
                    DelimitedReader.zeroBytes(word ^ delimiters) | DelimitedReader.zeroBytes(word ^ feeds)
                    | DelimitedReader.zeroBytes(word ^ returns)
                if hit != 0 {
                    let found = position + hit.trailingZeroBitCount >> 3
                    if found < end {
                        position = found
                        return
                    }
                    break
                }
                position += 8
            }
            position = end
            if try !refill(&position) { return }
        }
    }

    /// The high bit of the lowest zero byte is set; bits above it may be set wrongly, bits below never.
    @inline(__always)
    private static func zeroBytes(_ word: UInt64) -> UInt64 { (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 }

    /// Reads on behind `end`. The row moves to the buffer's beginning, and `position` with it; fields count from the row's start.
    ///
    /// - Returns: false at the end of the file.
    private func refill(_ position: inout Int) throws(ImportError) -> Bool {
        guard !isAtEnd else { return false }
        if start > 0 {
            buffer.update(from: buffer + start, count: end - start)
            position -= start
            end -= start
            start = 0
        }
        if capacity - end < 64 || capacity - end < capacity / 4 {
            guard capacity < DelimitedReader.longestRowBytes else {
                throw .rowTooLong(path: path, line: line, limitBytes: DelimitedReader.longestRowBytes)
            }
            let larger = capacity * 2
            let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger + DelimitedReader.padding)
            moved.initialize(repeating: 0, count: larger + DelimitedReader.padding)
            moved.update(from: buffer, count: end)
            buffer.deallocate()
            buffer = moved
            capacity = larger
        }
        let count = try input.read(into: UnsafeMutableRawBufferPointer(start: buffer + end, count: capacity - end))
        end += count
        isAtEnd = count == 0
        return count > 0
    }
}
