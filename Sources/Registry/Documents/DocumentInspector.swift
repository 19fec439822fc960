// DocumentInspector.swift: is this file what we take, and only that? Each type is recognised by its beginning and then walked or searched to
// its end, so that a file that is two things at once (a PDF that is also an archive, a picture with a page behind it) is refused. What
// passes is still only stored and handed out as an attachment: nothing here is ever opened or run.

import CZlib

public enum DocumentInspector {
    /// The type of a document.
    ///
    /// Cost: O(bytes), a few passes.
    /// - Throws: `DocumentRefusal`.
    public static func inspect(_ document: [UInt8], limits: DocumentLimits = .standard) throws(DocumentRefusal) -> DocumentType {
        if document.isEmpty { throw DocumentRefusal(kind: .content, reason: "the document is empty") }
        guard document.count <= limits.fileBytes else {
            throw DocumentRefusal(
                kind: .size,
                reason: "the document has \(document.count) bytes; at most \(limits.fileBytes) (\(limits.fileBytes >> 20) MiB) are taken")
        }
        return try document.withDocumentBytes { (bytes) throws(DocumentRefusal) in try type(of: bytes) }
    }

    private static func type(of bytes: DocumentBytes) throws(DocumentRefusal) -> DocumentType {
        let type = try recognise(bytes)
        switch type {
        case .pdf: try PDFCheck.check(bytes)
        case .png: try PictureCheck.checkPNG(bytes)
        case .jpeg: try PictureCheck.checkJPEG(bytes)
        case .text: try TextCheck.check(bytes)
        case .docx, .xlsx: return type
        }
        try refuseSecondNature(bytes)
        return type
    }

    private static func recognise(_ bytes: DocumentBytes) throws(DocumentRefusal) -> DocumentType {
        if bytes.starts(with: "%PDF-") { return .pdf }
        if bytes.byte(0) == 0x89, bytes.starts(with: "PNG\r\n\u{1A}\n", at: 1) { return .png }
        if bytes.byte(0) == 0xFF, bytes.byte(1) == 0xD8, bytes.byte(2) == 0xFF { return .jpeg }
        if bytes.starts(with: "PK\u{03}\u{04}") { return try OfficeCheck.type(bytes) }
        if TextCheck.isPlainText(bytes) { return .text }
        throw DocumentRefusal(kind: .type, reason: "this is none of the types that are taken: \(DocumentType.accepted)")
    }

    /// An archive at the end is found by readers of archives whatever stands before it; a PDF header within the first kilobyte is found by
    /// readers of PDF.
    private static func refuseSecondNature(_ bytes: DocumentBytes) throws(DocumentRefusal) {
        // A directory's end record stands at most 65,535 bytes of comment before the file's end.
        if bytes.find("PK\u{05}\u{06}", from: bytes.count - 65_557) != nil {
            throw DocumentRefusal(kind: .content, reason: "the document is an archive as well; send its parts one by one")
        }
        if let place = bytes.find("%PDF-", from: 0, to: 1024), place > 0 {
            throw DocumentRefusal(kind: .content, reason: "the document has a PDF inside; send that by itself")
        }
    }
}

/// PDF (ISO 32000): from its header to its end mark, without what acts by itself.
enum PDFCheck {
    static func check(_ bytes: DocumentBytes) throws(DocumentRefusal) {
        func refuse(_ reason: String) -> DocumentRefusal { DocumentRefusal(kind: .content, reason: reason) }
        guard let version = bytes.byte(5), version == UInt8(ascii: "1") || version == UInt8(ascii: "2"), bytes.byte(6) == UInt8(ascii: ".")
        else { throw refuse("the PDF states no version") }
        // The last end mark, behind which only line ends may stand.
        var end = bytes.count
        while end > 0, let byte = bytes.byte(end - 1), byte == 0x0A || byte == 0x0D || byte == 0x20 || byte == 0 { end -= 1 }
        guard bytes.starts(with: "%%EOF", at: end - 5) else {
            throw refuse("the PDF does not end with its end mark: it is cut off, or something stands behind it")
        }
        guard bytes.find("startxref") != nil else { throw refuse("the PDF has no table of its objects") }
        if bytes.find("/Encrypt") != nil { throw refuse("the PDF is protected by a password; everyone must be able to read it") }
        let acting: [(StaticString, String)] = [
            ("/JavaScript", "scripts"), ("/JS ", "scripts"), ("/JS(", "scripts"), ("/Launch", "a command to start a program"),
            ("/EmbeddedFile", "files inside"), ("/RichMedia", "active media"), ("/XFA", "a form with scripts"),
        ]
        for (mark, what) in acting where bytes.find(mark) != nil {
            throw refuse("the PDF holds \(what) (\(mark)); print it to a PDF anew without")
        }
        if let mark = bytes.containsAnyCase(TextCheck.markup, from: 0, to: 1024) {
            throw refuse("the PDF begins with a page of markup ('\(mark)')")
        }
    }
}

/// Pictures, walked from part to part: nothing before, between or behind them.
enum PictureCheck {
    private static func refuse(_ reason: String) -> DocumentRefusal { DocumentRefusal(kind: .content, reason: reason) }

    /// PNG (ISO/IEC 15948): every chunk whole, with its checksum; IHDR first, IEND last.
    static func checkPNG(_ bytes: DocumentBytes) throws(DocumentRefusal) {
        var offset = 8
        var isFirst = true
        var hasPixels = false
        while true {
            guard let length = bytes.big32(offset), let body = bytes.slice(offset + 4, length + 4),
                let stated = bytes.big32(offset + 8 + length)
            else { throw refuse("the PNG is cut off") }
            let sum = crc32(0, body.bindMemory(to: UInt8.self).baseAddress, UInt32(clamping: body.count))
            guard Int(sum) == stated else { throw refuse("the PNG is damaged: a checksum is wrong at byte \(offset)") }
            let isHeader = bytes.starts(with: "IHDR", at: offset + 4)
            guard isHeader == isFirst else { throw refuse("the PNG does not begin with one header") }
            if isFirst {
                guard length == 13, let width = bytes.big32(offset + 8), let height = bytes.big32(offset + 12), width > 0, height > 0 else {
                    throw refuse("the PNG's header is wrong")
                }
                // A viewer needs four bytes a pixel.
                guard width <= 30_000, height <= 30_000, width * height <= 100_000_000 else {
                    throw refuse("the PNG has \(width) × \(height) pixels; at most 100 million, 30,000 on a side")
                }
            }
            isFirst = false
            if bytes.starts(with: "IDAT", at: offset + 4) { hasPixels = true }
            offset += 12 + length
            if bytes.starts(with: "IEND", at: offset - 8 - length) { break }
        }
        guard hasPixels else { throw refuse("the PNG has no picture") }
        guard offset == bytes.count else { throw refuse("something stands behind the end of the PNG") }
    }

    /// JPEG (ISO/IEC 10918-1 B): segments with their lengths, scans to their next marker, the end of image at the end of the file.
    static func checkJPEG(_ bytes: DocumentBytes) throws(DocumentRefusal) {
        var offset = 2
        var hasFrame = false
        var hasScan = false
        while true {
            guard bytes.byte(offset) == 0xFF, var marker = bytes.byte(offset + 1) else {
                throw refuse("the JPEG is damaged at byte \(offset)")
            }
            offset += 2
            while marker == 0xFF {
                guard let next = bytes.byte(offset) else { throw refuse("the JPEG is cut off") }
                marker = next
                offset += 1
            }
            switch marker {
            case 0xD9:
                guard hasFrame, hasScan else { throw refuse("the JPEG has no picture") }
                guard offset == bytes.count else { throw refuse("something stands behind the end of the JPEG; save the picture anew") }
                return
            case 0x00, 0x01, 0xD0...0xD8: throw refuse("the JPEG is damaged at byte \(offset - 2)")
            default: break
            }
            guard let length = bytes.big16(offset), length >= 2, bytes.slice(offset, length) != nil else {
                throw refuse("the JPEG is cut off")
            }
            switch marker {
            case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF: hasFrame = true
            case 0xDA: hasScan = true
            default: break
            }
            offset += length
            if marker == 0xDA { offset = endOfScan(bytes, from: offset) }
        }
    }

    /// Where the next marker is that is neither a stuffed byte nor a restart.
    private static func endOfScan(_ bytes: DocumentBytes, from start: Int) -> Int {
        var offset = start
        while let byte = bytes.byte(offset) {
            guard byte == 0xFF else {
                offset += 1
                continue
            }
            guard let next = bytes.byte(offset + 1) else { return offset }
            switch next {
            case 0x00, 0xD0...0xD7: offset += 2
            case 0xFF: offset += 1
            default: return offset
            }
        }
        return offset
    }
}

/// Plain text: UTF-8 that is no program and no page.
enum TextCheck {
    /// What makes a browser take a text for a page, in lower case.
    static let markup: [StaticString] = [
        "<!doctype", "<html", "<head", "<body", "<script", "<svg", "<iframe", "<object", "<embed", "<img", "<style", "<link", "<meta",
        "<form",
        "<?xml", "<?php", "<%",
    ]

    /// Whether this can be text at all: valid UTF-8 without control characters.
    static func isPlainText(_ bytes: DocumentBytes) -> Bool {
        let bytesOfText = bytes.bytes.bindMemory(to: UInt8.self)
        guard !bytesOfText.contains(where: { $0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D || $0 == 0x7F }) else { return false }
        return String(validating: bytesOfText, as: UTF8.self) != nil
    }

    static func check(_ bytes: DocumentBytes) throws(DocumentRefusal) {
        if bytes.starts(with: "#!") { throw DocumentRefusal(kind: .type, reason: "this is a script; \(DocumentType.accepted) are taken") }
        if let mark = bytes.containsAnyCase(markup) {
            throw DocumentRefusal(
                kind: .type, reason: "this is markup or a program ('\(mark)'); \(DocumentType.accepted) are taken: print a page to PDF")
        }
    }
}
