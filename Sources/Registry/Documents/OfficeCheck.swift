// OfficeCheck.swift: documents of word processors and spreadsheets (ECMA-376), which are ZIP archives (APPNOTE 6.3). Only the plain form is
// taken: one directory at the very end, entries that lie one behind the other from the first byte on and agree with it, nothing hidden in
// between, and no macros, programs, or parts that are fetched from elsewhere.

import CZlib

enum OfficeCheck {
    private struct Entry {
        var name: String
        var method: Int
        var packedBytes: Int
        var bytes: Int
        var offset: Int
        var nameBytes: Int
    }

    private static let mostEntries = 2_000
    /// What all parts may be unpacked, and how many times its packed size.
    private static let mostUnpackedBytes = 200 << 20
    private static let largestReadPart = 4 << 20

    private static func refuse(_ reason: String) -> DocumentRefusal { DocumentRefusal(kind: .content, reason: reason) }

    static func type(_ bytes: DocumentBytes) throws(DocumentRefusal) -> DocumentType {
        let entries = try directory(bytes)
        try layout(entries, bytes)
        let names = Set(entries.map { $0.name.lowercased() })
        guard names.count == entries.count else { throw refuse("the archive has two parts of one name") }
        guard names.contains("[content_types].xml") else {
            throw DocumentRefusal(kind: .type, reason: "archives are not taken; \(DocumentType.accepted) are: send the parts one by one")
        }
        let isText = names.contains("word/document.xml")
        guard isText != names.contains("xl/workbook.xml") else {
            throw DocumentRefusal(kind: .type, reason: "of office documents only DOCX and XLSX are taken")
        }
        for name in names {
            let isActive =
                name.contains("vbaproject") || name.contains("/activex/") || name.contains("/embeddings/")
                || name.contains("/externallinks/") || name.contains("macrosheets/") || name.contains("customui")
            if isActive
                || [".bin", ".exe", ".dll", ".js", ".vbs", ".html", ".htm", ".svg"].contains(where: { name.hasSuffix($0) })
                    && !name.contains("printersettings")
            {
                throw refuse("the document holds macros, programs or other files ('\(name.prefix(60))'); save it without, or as PDF")
            }
        }
        try parts(entries, bytes)
        return isText ? .docx : .xlsx
    }

    /// The central directory: at the end of the file, without comment, for one disk.
    private static func directory(_ bytes: DocumentBytes) throws(DocumentRefusal) -> [Entry] {
        let end = bytes.count - 22
        guard bytes.starts(with: "PK\u{05}\u{06}", at: end), bytes.little16(end + 20) == 0, bytes.little32(end + 4) == 0,
            let count = bytes.little16(end + 10), bytes.little16(end + 8) == count, let size = bytes.little32(end + 12),
            let start = bytes.little32(end + 16), start + size == end
        else { throw refuse("the archive's directory does not stand at its end: it is cut off, or something was added") }
        guard count <= mostEntries else { throw refuse("the archive has \(count) parts; at most \(mostEntries)") }
        var entries: [Entry] = []
        var offset = start
        for _ in 0..<count {
            guard bytes.starts(with: "PK\u{01}\u{02}", at: offset), let flags = bytes.little16(offset + 8),
                let method = bytes.little16(offset + 10),
                let packed = bytes.little32(offset + 20), let unpacked = bytes.little32(offset + 24),
                let nameBytes = bytes.little16(offset + 28),
                let extra = bytes.little16(offset + 30), let comment = bytes.little16(offset + 32), let local = bytes.little32(offset + 42),
                let nameSlice = bytes.slice(offset + 46, nameBytes), let name = String(validating: nameSlice, as: UTF8.self)
            else { throw refuse("the archive's directory is damaged") }
            guard flags & 0x2041 == 0 else { throw refuse("the document is protected by a password; everyone must be able to read it") }
            guard method == 0 || method == 8 else { throw refuse("a part of the document is packed in an unusual way") }
            let parts = name.split(separator: "/", omittingEmptySubsequences: false)
            guard !name.isEmpty, !name.contains("\\"), !name.contains(":"), !name.contains("\0"), !parts.contains(".."), parts.first != ""
            else {
                throw refuse("the archive names a part outside itself")
            }
            entries.append(Entry(name: name, method: method, packedBytes: packed, bytes: unpacked, offset: local, nameBytes: nameBytes))
            offset += 46 + nameBytes + extra + comment
        }
        guard offset == end else { throw refuse("the archive's directory is damaged") }
        let total = entries.reduce(0) { $0 + $1.bytes }
        guard total <= mostUnpackedBytes else {
            throw refuse("the document unpacks to \(total >> 20) MiB; at most \(mostUnpackedBytes >> 20)")
        }
        return entries
    }

    /// The entries fill the file from its first byte to the directory, each with the name that the directory gives it. Behind an entry its
    /// data descriptor may stand: 12 to 24 bytes.
    private static func layout(_ entries: [Entry], _ bytes: DocumentBytes) throws(DocumentRefusal) {
        var expected = 0
        for entry in entries.sorted(by: { $0.offset < $1.offset }) {
            guard entry.offset == expected, let data = dataStart(entry, bytes), let flags = bytes.little16(entry.offset + 6) else {
                throw refuse("something stands between the archive's parts")
            }
            guard let name = bytes.slice(entry.offset + 30, entry.nameBytes), String(validating: name, as: UTF8.self) == entry.name else {
                throw refuse("the archive names one part in two ways")
            }
            expected = data + entry.packedBytes
            if flags & 8 != 0 {
                let hasMark = bytes.starts(with: "PK\u{07}\u{08}", at: expected)
                expected += hasMark ? 16 : 12
            }
        }
        guard bytes.starts(with: "PK\u{01}\u{02}", at: expected) else { throw refuse("something stands between the archive's parts") }
    }

    private static func dataStart(_ entry: Entry, _ bytes: DocumentBytes) -> Int? {
        guard bytes.starts(with: "PK\u{03}\u{04}", at: entry.offset), bytes.little16(entry.offset + 26) == entry.nameBytes,
            let extra = bytes.little16(entry.offset + 28)
        else { return nil }
        let start = entry.offset + 30 + entry.nameBytes + extra
        return bytes.slice(start, entry.packedBytes) == nil ? nil : start
    }

    /// Reads the list of types and the relations: types of macros, templates and pictures that are fetched from elsewhere.
    private static func parts(_ entries: [Entry], _ bytes: DocumentBytes) throws(DocumentRefusal) {
        for entry in entries {
            let name = entry.name.lowercased()
            let isTypes = name == "[content_types].xml"
            guard isTypes || name.hasSuffix(".rels") else { continue }
            guard entry.bytes <= largestReadPart, let start = dataStart(entry, bytes), let packed = bytes.slice(start, entry.packedBytes),
                let content = entry.method == 0 ? Array(packed) : inflate(packed, to: entry.bytes), content.count == entry.bytes
            else { throw refuse("a part of the document cannot be unpacked ('\(entry.name.prefix(60))')") }
            try content.withDocumentBytes { (text) throws(DocumentRefusal) in
                if let mark = text.containsAnyCase(["macroenabled", "vbaproject", "activex", "oleobject", "<!doctype", "<!entity"]) {
                    throw refuse("the document holds macros or other active parts ('\(mark)'); save it without, or as PDF")
                }
                if !isTypes, fetches(text) {
                    throw refuse(
                        "the document fetches a part of itself from elsewhere ('\(entry.name.prefix(60))'); save it complete, or as PDF")
                }
            }
        }
    }

    /// Whether a list of relations names a target elsewhere. Links that a reader clicks are fine; what a program fetches by itself, such as a
    /// template or a picture, is not.
    private static func fetches(_ relations: DocumentBytes) -> Bool {
        for tag in String(decoding: relations.bytes, as: UTF8.self).lowercased().split(separator: "<") where tag.contains("targetmode") {
            // An escaped character could hide the words that are looked for.
            if tag.contains("&#") { return true }
            let type = tag.split(separator: " type=\"").dropFirst().first?.prefix { $0 != "\"" } ?? ""
            if tag.contains("external"), !type.hasSuffix("/hyperlink") { return true }
        }
        return false
    }

    /// Raw DEFLATE of known size; nil when it is another size or damaged.
    private static func inflate(_ packed: UnsafeRawBufferPointer, to size: Int) -> [UInt8]? {
        var stream = z_stream()
        guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var result = [UInt8](repeating: 0, count: size + 1)
        let code = result.withUnsafeMutableBytes { output -> Int32 in
            stream.next_in = UnsafeMutablePointer(mutating: packed.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(clamping: packed.count)
            stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
            stream.avail_out = UInt32(clamping: output.count)
            return CZlib.inflate(&stream, Z_FINISH)
        }
        guard code == Z_STREAM_END, Int(stream.total_out) == size else { return nil }
        result.removeLast()
        return result
    }
}
