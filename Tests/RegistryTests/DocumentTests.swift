// DocumentTests.swift: which files are taken as documents: real ones made by other programs (Pillow, python-docx, openpyxl, ReportLab,
// Chromium), and what is made of them to be two things at once.

import Foundation
import Testing

@testable import Registry

@Suite("Documents of corrective action")
struct DocumentTests {
    private static func fixture(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/documents")
        return Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    private func refusal(_ bytes: [UInt8], limits: DocumentLimits = .standard) -> DocumentRefusal? {
        do { _ = try DocumentInspector.inspect(bytes, limits: limits) } catch { return error }
        return nil
    }

    @Test(
        "documents of other programs are recognised by their content",
        arguments: [
            ("report.pdf", DocumentType.pdf), ("printed.pdf", .pdf), ("picture.png", .png), ("picture.jpg", .jpeg),
            ("progressive.jpg", .jpeg), ("exif.jpg", .jpeg), ("plan.docx", .docx), ("readings.xlsx", .xlsx),
        ])
    func recognised(name: String, type: DocumentType) throws {
        #expect(try DocumentInspector.inspect(try Self.fixture(name)) == type)
    }

    @Test("plain text in UTF-8 is taken, also with a byte order mark and in Chinese; what is no text is not")
    func text() throws {
        for text in ["hour,COD\n1,42.5\n", "\u{FEFF}整改完成：更换阀门", "a < b && c > d"] {
            #expect(try DocumentInspector.inspect(Array(text.utf8)) == .text)
        }
        for bytes: [UInt8] in [
            [0xFF, 0xFE, 0x41, 0], [0x41, 0], [0xC3, 0x28], [0x1B, 0x5B], Array("MZ\u{90}".utf8.dropLast()) + [0x90, 0, 3],
        ] {
            #expect(refusal(bytes)?.kind == .type)
        }
    }

    @Test(
        "pages, pictures with scripts, scripts and archives are of a type that is not taken",
        arguments: [
            "<!DOCTYPE html><p>x", "<svg xmlns='http://www.w3.org/2000/svg'/>", "<?xml version='1.0'?><a/>", "#!/bin/sh\nrm -rf /\n",
            "report\n<ScRiPt>alert(1)</script>", "<?php echo 1;", "GIF89a;", "Rar!\u{1A}\u{07}", "\u{7F}ELF", "BM", "{\\rtf1\u{0}",
        ])
    func refusedTypes(content: String) {
        let refusal = refusal(Array(content.utf8))
        if content.hasPrefix("GIF") || content == "BM" {
            // Without the bytes that follow these are a line of text.
            #expect(refusal == nil)
        } else {
            #expect(refusal?.kind == .type)
        }
    }

    @Test("a document that is cut off, at any place, is refused", arguments: ["report.pdf", "picture.png", "picture.jpg", "readings.xlsx"])
    func cutOff(name: String) throws {
        let whole = try Self.fixture(name)
        // Less than its own mark is a line of text.
        for length in stride(from: 5, to: whole.count - 1, by: max(whole.count / 60, 1)) {
            #expect(refusal(Array(whole.prefix(length))) != nil, "\(name) cut to \(length)")
        }
    }

    @Test(
        "a document with something behind its end is refused",
        arguments: ["report.pdf", "picture.png", "picture.jpg", "readings.xlsx", "plan.docx"])
    func tails(name: String) throws {
        let whole = try Self.fixture(name)
        let page = Array("<script>alert(1)</script>".utf8)
        #expect(refusal(whole + page)?.kind == .content)
        #expect(refusal(whole + (try Self.fixture("readings.xlsx")))?.kind == .content)
    }

    @Test("an archive that begins as a PDF, a picture or a text is refused, also where it hides in a comment")
    func polyglots() throws {
        let archive = try Self.fixture("readings.xlsx")
        // Readers of archives find the directory from the end; its offsets are mended by most of them.
        #expect(refusal(Array("%PDF-1.7\nstartxref\n".utf8) + archive + Array("\n%%EOF".utf8))?.kind == .content)
        let end = Array("PK\u{05}\u{06}".utf8) + [UInt8](repeating: 0, count: 18)
        let report = try Self.fixture("report.pdf")
        let mark = try #require(report.indices.last { report[$0...].starts(with: Array("startxref".utf8)) })
        #expect(refusal(Array(report[..<mark]) + Array("%".utf8) + end + Array("\n".utf8) + Array(report[mark...]))?.kind == .content)
        // In a comment segment of a JPEG.
        let picture = try Self.fixture("picture.jpg")
        let comment: [UInt8] = [0xFF, 0xFE, 0, UInt8(end.count + 2)] + end
        #expect(refusal(Array(picture.prefix(2)) + comment + Array(picture.dropFirst(2)))?.kind == .content)
        let harmless: [UInt8] = [0xFF, 0xFE, 0, 7] + Array("hello".utf8)
        #expect(refusal(Array(picture.prefix(2)) + harmless + Array(picture.dropFirst(2))) == nil)
        // A PDF inside a comment of a JPEG, and a page before the PDF's first object.
        let header: [UInt8] = [0xFF, 0xFE, 0, 11] + Array("%PDF-1.4\n".utf8)
        #expect(refusal(Array(picture.prefix(2)) + header + Array(picture.dropFirst(2)))?.kind == .content)
        #expect(refusal(Array("%PDF-1.4\n%<HTML><script>\n".utf8) + Array(report.dropFirst(9)))?.kind == .content)
    }

    @Test("a PDF that acts, carries files or needs a password is refused with what it holds")
    func actingPDF() throws {
        let report = try Self.fixture("report.pdf")
        for mark in ["/JavaScript", "/Launch", "/EmbeddedFiles", "/XFA", "/Encrypt"] {
            let refusal = refusal(Array("%PDF-1.4\n% \(mark) \n".utf8) + Array(report.dropFirst(9)))
            #expect(refusal?.kind == .content, "\(mark)")
        }
        #expect(refusal(Array("%PDF-1.4\n% nothing\n".utf8) + Array(report.dropFirst(9))) == nil)
    }

    @Test("a byte that is changed anywhere in a PNG is noticed")
    func damagedPNG() throws {
        let whole = try Self.fixture("picture.png")
        for place in whole.indices {
            var damaged = whole
            damaged[place] ^= 0x20
            #expect(refusal(damaged) != nil, "byte \(place)")
        }
    }

    @Test("office documents with macros, fetched parts, odd layouts or wrong names are refused")
    func office() throws {
        func refused(_ parts: [(String, String)]) -> DocumentRefusal? { refusal(StoredArchive.make(parts)) }
        let types = ("[Content_Types].xml", "<Types/>")
        let document = ("word/document.xml", "<w:document/>")
        #expect(refused([types, document]) == nil)
        #expect(refused([types])?.kind == .type)
        #expect(refused([("readme.txt", "x")])?.kind == .type)
        #expect(refused([types, document, ("word/vbaProject.bin", "x")])?.kind == .content)
        #expect(refused([types, document, ("word/embeddings/a.xlsx", "x")])?.kind == .content)
        #expect(refused([types, document, ("word/evil.js", "x")])?.kind == .content)
        #expect(refused([types, document, ("../evil.xml", "x")])?.kind == .content)
        #expect(refused([types, document, ("/etc/evil.xml", "x")])?.kind == .content)
        #expect(refused([types, document, ("WORD/document.xml", "x")])?.kind == .content)
        #expect(
            refused([
                ("[Content_Types].xml", #"<Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>"#), document,
            ])?.kind == .content)
        func relations(_ type: String, _ mode: String) -> (String, String) {
            (
                "word/_rels/document.xml.rels",
                #"<Relationships><Relationship Id="r1" Type="http://s/relationships/\#(type)" Target="http://e/x" TargetMode="\#(mode)"/></Relationships>"#
            )
        }
        #expect(refused([types, document, relations("hyperlink", "External")]) == nil)
        #expect(refused([types, document, relations("attachedTemplate", "External")])?.kind == .content)
        #expect(refused([types, document, relations("image", "&#69;xternal")])?.kind == .content)
        #expect(refused([types, document, relations("image", "Internal")]) == nil)
        // Something between two parts, which the directory does not name.
        #expect(refusal(StoredArchive.make([types, document], gap: Array("MZ hidden".utf8)))?.kind == .content)
    }

    @Test("documents are taken up to the limit, and an empty one is none")
    func sizes() {
        var limits = DocumentLimits()
        limits.fileBytes = 5
        #expect(refusal(Array("12345".utf8), limits: limits) == nil)
        #expect(refusal(Array("123456".utf8), limits: limits)?.kind == .size)
        #expect(refusal([])?.kind == .content)
    }

    @Test("no input traps: any prefix of bytes behind each type's beginning")
    func hostileLengths() {
        var random = SystemRandomNumberGenerator()
        let beginnings: [[UInt8]] = [
            Array("%PDF-1.4".utf8), [0x89] + Array("PNG\r\n\u{1A}\n".utf8), [0xFF, 0xD8, 0xFF], Array("PK\u{03}\u{04}".utf8),
            Array("PK\u{03}\u{04}".utf8) + [UInt8](repeating: 0xFF, count: 60) + Array("PK\u{05}\u{06}".utf8),
        ]
        for beginning in beginnings {
            for length in 0..<200 {
                let tail = (0..<length).map { _ in Bool.random(using: &random) ? UInt8.max : UInt8.random(in: 0...255, using: &random) }
                #expect(refusal(beginning + tail) != nil)
            }
        }
    }

    // MARK: Names

    @Test(
        "names lose paths, controls and reversals, and get the ending of what is in them",
        arguments: [
            ("report.pdf", DocumentType.pdf, "report.pdf"), ("../../etc/passwd", .text, "passwd.txt"),
            ("C:\\Users\\a\\证明.PDF", .pdf, "证明.pdf"), ("evil.pdf.exe", .pdf, "evil.pdf.exe.pdf"),
            ("a\u{202E}fdp.exe", .pdf, "afdp.exe.pdf"),
            ("..", .png, "document.png"), ("", .jpeg, "document.jpg"), ("photo.JPEG", .jpeg, "photo.jpeg"), ("con.txt", .text, "_con.txt"),
            ("a\u{0}b\r\nSet-Cookie: x.txt", .text, "abSet-Cookie_ x.txt"), (" .hidden. .txt", .text, "hidden.txt"),
            ("a\"b;c.png", .png, "a_b;c.png"),
        ])
    func names(given: String, type: DocumentType, expected: String) {
        #expect(DocumentName.clean(given, type: type) == expected)
    }

    @Test("a long name is cut between characters")
    func longName() {
        let name = DocumentName.clean(String(repeating: "证", count: 500) + ".pdf", type: .pdf)
        #expect(name.utf8.count <= DocumentName.longestBytes && name.hasSuffix("证.pdf"))
        #expect(DocumentName.clean(nil, type: .docx) == "document.docx")
    }
}

/// A ZIP archive with stored parts, written by hand (APPNOTE 4.3).
enum StoredArchive {
    static func make(_ parts: [(name: String, content: String)], gap: [UInt8] = []) -> [UInt8] {
        func little(_ value: Int, _ bytes: Int) -> [UInt8] { (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        var archive: [UInt8] = []
        var directory: [UInt8] = []
        for (name, content) in parts {
            let sizes = little(0, 4) + little(content.utf8.count, 4) + little(content.utf8.count, 4) + little(name.utf8.count, 2)
            directory +=
                Array("PK\u{01}\u{02}".utf8) + little(20, 2) + little(20, 2) + little(0, 8) + sizes + little(0, 12)
                + little(archive.count, 4)
            directory += Array(name.utf8)
            archive += Array("PK\u{03}\u{04}".utf8) + little(20, 2) + little(0, 8) + sizes + little(0, 2) + Array(name.utf8)
            archive += Array(content.utf8) + gap
        }
        let start = archive.count
        return archive + directory + Array("PK\u{05}\u{06}".utf8) + little(0, 4) + little(parts.count, 2) + little(parts.count, 2)
            + little(directory.count, 4) + little(start, 4) + little(0, 2)
    }
}
