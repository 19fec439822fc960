// ImportReaderTests.swift: files become bytes, bytes become text, text becomes rows, whatever the packing, encoding and cutting.

import Foundation
import Testing

@testable import Registry

@Suite struct ImportReaderTests {
    // MARK: Bytes

    @Test func plainAndGzippedFilesOfSeveralMembersGiveTheSameBytes() throws {
        let folder = try ScratchFolder()
        let text = Array(String(repeating: "数据,1\n", count: 100_000).utf8)
        let plain = try folder.write("plain.csv", text)
        let half = text.count / 2 / 3 * 3
        let packed = try folder.write("packed.csv", gzipped(Array(text[..<half])) + gzipped(Array(text[half...])) + [0, 0, 0])
        for path in [plain, packed] {
            #expect(try drain(TextSource(path: path, encoding: nil)) == text)
        }
    }

    @Test func everyPrefixOfAGzipFileIsReportedAsTruncated() throws {
        let folder = try ScratchFolder()
        let whole = gzipped(Array("id,lon\n1,2\n".utf8))
        for count in 3..<whole.count {
            let path = try folder.write("cut.gz", whole[..<count])
            #expect(throws: ImportError.truncatedGzip(path: path, afterBytes: Int64(count))) {
                try drain(TextSource(path: path, encoding: nil))
            }
        }
    }

    @Test func aGzipFileWithAFlippedBitIsReportedAsDamaged() throws {
        let folder = try ScratchFolder()
        var bytes = gzipped(Array("id,lon\n1,2\n".utf8))
        bytes[bytes.count - 6] ^= 1  // in the checksum
        let path = try folder.write("flipped.gz", bytes)
        #expect { try drain(TextSource(path: path, encoding: nil)) } throws: { error in
            if case .damagedGzip? = error as? ImportError { true } else { false }
        }
    }

    @Test func anExcelWorkbookIsNamedAsSuchAndAFolderToo() throws {
        let folder = try ScratchFolder()
        let path = try folder.write("factories.xlsx", [0x50, 0x4B, 0x03, 0x04, 0x14, 0, 0, 0, 8, 0])
        #expect(throws: ImportError.notText(path: path, found: "a zip archive or an Excel workbook")) {
            try TextSource(path: path, encoding: nil)
        }
        #expect(throws: ImportError.cannotRead(path: folder.path, reason: "it is a folder without a dataset.json")) {
            try TextSource(path: folder.path, encoding: nil)
        }
        #expect(throws: ImportError.cannotRead(path: "/nowhere.csv", reason: "No such file or directory")) {
            try TextSource(path: "/nowhere.csv", encoding: nil)
        }
    }

    // MARK: Encodings

    @Test func everyUnicodeScalarIsValidAndEveryBrokenOneIsFound() {
        var text = ""
        for value in stride(from: UInt32(0), through: 0x10FFFF, by: 7) {
            if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
        }
        #expect(Array(text.utf8).withUnsafeBufferPointer { UTF8Scanner.scan($0) } == .valid)
        // The Swift library's own decoder is the independent judge of random bytes.
        var random = SystemRandomNumberGenerator()
        let alphabet: [UInt8] = [
            0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF,
        ]
        for _ in 0..<100_000 {
            let bytes = (0..<Int.random(in: 1...12, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            let verdict = bytes.withUnsafeBufferPointer { UTF8Scanner.scan($0) }
            #expect((verdict == .valid) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
            if case .incomplete(let at) = verdict { #expect(String(validating: bytes[..<at], as: UTF8.self) != nil) }
        }
    }

    /// `统一社会信用代码,名称` and a row, as the encodings have them (Python's codecs wrote the bytes).
    static let gb18030: [UInt8] = [
        0xC3, 0xFB, 0xB3, 0xC6, 0x2C, 0xB5, 0xD8, 0xD6, 0xB7, 0x0A, 0xCB, 0xD5, 0xD6, 0xDD, 0xBB, 0xAF, 0xB9, 0xA4, 0x2C, 0x82, 0x32, 0xAD,
        0x30, 0x0A,
    ]
    static let utf8 = "名称,地址\n苏州化工,㨮\n"

    @Test func gb18030IsRecognisedUTF16IsReadByItsMarkAndAllGiveTheSameText() throws {
        let folder = try ScratchFolder()
        let text = "名称,地址\n苏州化工有限公司,江苏省苏州市\n"
        let wanted = Array(text.utf8)
        // 名称,地址 苏州化工有限公司,江苏省苏州市 in GB18030, by Python's codec.
        let gb: [UInt8] = [
            195, 251, 179, 198, 44, 181, 216, 214, 183, 10, 203, 213, 214, 221, 187, 175, 185, 164, 211, 208, 207, 222, 185, 171, 203, 190,
            44, 189, 173,
            203, 213, 202, 161, 203, 213, 214, 221, 202, 208, 10,
        ]
        let source = try TextSource(path: folder.write("gb.csv", gb), encoding: nil)
        #expect(source.encoding == .gb18030)
        #expect(try drain(source) == wanted)
        for step in [64, 65, 67, 100] {
            #expect(try drain(TextSource(path: folder.write("gb2.csv", gb), encoding: .gb18030), step: step) == wanted)
        }
        let little = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        #expect(try drain(TextSource(path: folder.write("le.csv", [0xFF, 0xFE] + little), encoding: nil)) == wanted)
        #expect(try drain(TextSource(path: folder.write("be.csv", [0xFE, 0xFF] + big), encoding: nil)) == wanted)
        #expect(try drain(TextSource(path: folder.write("bom.csv", [0xEF, 0xBB, 0xBF] + wanted), encoding: nil)) == wanted)
        #expect(throws: ImportError.self) {
            try TextSource(path: folder.write("le2.csv", "id,lon\n1,2\n".utf16.flatMap { [UInt8($0), 0] }), encoding: nil)
        }
    }

    @Test func westernEuropeanTextIsNotTakenForChinese() throws {
        let folder = try ScratchFolder()
        // Latin-1: "Société Générale,Zürich,Málaga"
        let latin: [UInt8] =
            Array("Soci".utf8) + [0xE9] + Array("t".utf8) + [0xE9] + Array(" G".utf8) + [0xE9] + Array("n".utf8) + [0xE9]
            + Array("rale\n".utf8)
        let path = try folder.write("latin.csv", latin)
        #expect { try drain(TextSource(path: path, encoding: nil)) } throws: { error in
            if case .wrongEncoding(_, "UTF-8", 1, 4, _, _)? = error as? ImportError { true } else { false }
        }
    }

    @Test func aWrongByteIsNamedByLineAndOffsetFarIntoTheFile() throws {
        let folder = try ScratchFolder()
        let line = Array("编号,123456789012345678\n".utf8)
        var bytes = [UInt8]()
        for _ in 0..<60_000 { bytes += line }
        bytes[line.count * 50_000 + 3] = 0xFF
        let path = try folder.write("bad.csv", bytes)
        #expect { try drain(TextSource(path: path, encoding: nil)) } throws: { error in
            guard case .wrongEncoding(_, "UTF-8", let at, let byte, let found, let advice)? = error as? ImportError else { return false }
            return at == 50_001 && byte == Int64(line.count * 50_000 + 3) && found.hasPrefix("0xFF") && advice.contains("gb18030")
        }
        let gbPath = try folder.write("gb.csv", Self.gb18030.prefix(19) + [0x0A, 0xFF, 0xFF])
        #expect { try drain(TextSource(path: gbPath, encoding: .gb18030)) } throws: { error in
            if case .wrongEncoding(_, "GB18030", 3, 20, _, _)? = error as? ImportError { true } else { false }
        }
        let cut = try folder.write("cut.csv", Array("名称".utf8).dropLast())
        #expect { try drain(TextSource(path: cut, encoding: nil)) } throws: { error in
            if case .wrongEncoding(_, _, 1, 3, _, let advice)? = error as? ImportError { advice.contains("truncated") } else { false }
        }
    }

    // MARK: CSV

    @Test func quotedFieldsHoldDelimitersLineBreaksAndDoubledQuotesAtEveryCutOfTheInput() throws {
        let text = "a,b,c\r\n1,\"x, \"\"y\"\"\r\nz\",\"\"\r\n\r\n\"\"\"\",,\"末\"\r\n"
        for step in 1...text.utf8.count {
            let found = try rows(delimited(text, step: step, bufferBytes: 64))
            #expect(found.map(\.fields) == [["1", "x, \"y\"\r\nz", ""], ["\"", "", "末"]])
            #expect(found.map(\.line) == [2, 5])
            let unended = try rows(delimited("a,b\n1,\"x\"\n2,\"y\"", step: step, bufferBytes: 64))
            #expect(unended.map(\.fields) == [["1", "x"], ["2", "y"]])
        }
    }

    @Test func allThreeLineEndsSeparateRows() throws {
        for end in ["\n", "\r\n", "\r"] {
            for last in ["", end] {
                let found = try rows(delimited(["id,name", "1,甲", "2,乙"].joined(separator: end) + last, step: 3))
                #expect(found.map(\.fields) == [["1", "甲"], ["2", "乙"]])
                #expect(found.map(\.line) == [2, 3])
            }
        }
    }

    @Test func randomTablesComeBackAsTheyWereWritten() throws {
        var random = SystemRandomNumberGenerator()
        let alphabet = ["a", "b", ",", "\"", "\n", "\r\n", "公", "司", " ", "1234567890", ""]
        for _ in 0..<300 {
            let columns = Int.random(in: 1...6, using: &random)
            let table = (0..<Int.random(in: 1...30, using: &random)).map { _ in
                (0..<columns).map { _ in
                    (0..<Int.random(in: 0...9, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "" }.joined()
                }
            }
            var text = (0..<columns).map { "c\($0)" }.joined(separator: ",") + "\n"
            for row in table {
                text += row.map { "\"" + $0.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }.joined(separator: ",") + "\n"
            }
            let found = try rows(delimited(text, step: Int.random(in: 1...50, using: &random), bufferBytes: 64))
            #expect(found.map(\.fields) == table)
        }
    }

    @Test func raggedRowsAreSingledOutAndTheRestIsRead() throws {
        let found = try rows(delimited("a,b\n1,2\n3\n4,5,6\n7,\"8\"x\n9,0\n"))
        #expect(found.map(\.fields) == [["1", "2"], nil, nil, nil, ["9", "0"]])
        #expect(found[1].reason == "1 fields where the header has 2")
        #expect(found[2].reason.hasPrefix("3 fields where the header has 2"))
        #expect(found[3].reason.hasPrefix("text follows a closing quote"))
        #expect(found.map(\.line) == [2, 3, 4, 5, 6])
    }

    @Test func aFileThatEndsInsideARowOrAQuoteIsTruncated() throws {
        #expect(throws: ImportError.truncated(path: "test.csv", line: 3, detail: "after 1 of 2 fields")) {
            try rows(delimited("a,b\n1,2\n3"))
        }
        #expect(throws: ImportError.unclosedQuote(path: "test.csv", line: 3)) { try rows(delimited("a,b\n1,2\n3,\"4\n5,6\n")) }
        #expect(try rows(delimited("a,b\n1,2")).map(\.fields) == [["1", "2"]])
        #expect(throws: ImportError.rowTooLong(path: "test.csv", line: 2, limitBytes: DelimitedReader.longestRowBytes)) {
            try rows(delimited("a\n\"" + String(repeating: "x\n", count: 9 << 20)))
        }
    }

    @Test func aHeaderMustBeThereAndNameEachColumnOnce() throws {
        #expect(throws: ImportError.noHeader(path: "test.csv", detail: "the file is empty")) { try delimited("\n\n") }
        #expect(throws: ImportError.duplicateColumn(path: "test.csv", name: "lon")) { try delimited("lon,lat,lon\n") }
        #expect(throws: ImportError.self) { try delimited("1,120.5,31.2,4\n") }
        #expect(try delimited("\u{FEFF} id , 名称\n").columns == ["id", "名称"])
    }

    // MARK: JSON

    static let collection = """
        {"type": "FeatureCollection", "name": "x, [{", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}},
         "features": [
          {"type": "Feature", "id": 7, "geometry": {"type": "Point", "coordinates": [120.5, 31.25, 4]},
           "properties": {"name": "苏州\\"化\\u5de5\\ud83c\\udfed", "ok": true, "none": null, "tags": ["a", {"b": 1}]}},
          {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}, "properties": {"name": "面"}},
          {"type": "Feature", "geometry": null, "properties": {"late": 1.5e3, "name": "无"}}
         ], "bbox": [1, 2, 3, 4]}
        """

    @Test func featuresAreReadOneByOneAtEveryCutOfTheInput() throws {
        for step in [1, 2, 3, 7, 64, 1000] {
            let reader = try features(Self.collection, step: step)
            #expect(reader.crsName == "urn:ogc:def:crs:EPSG::4490")
            let found = try rows(reader)
            #expect(reader.columns == ["@id", "@lon", "@lat", "name", "ok", "none", "tags", "late"])
            #expect(found[0].fields == ["7", "120.5", "31.25", "苏州\"化工🏭", "true", "", "[\"a\", {\"b\": 1}]"])
            #expect(found[1].fields == nil && found[1].reason.contains("Point"))
            #expect(found[2].fields == ["", "", "", "无", "", "", "", "1.5e3"])
            #expect(found.map(\.line) == [3, 5, 6])
        }
    }

    @Test func linesSequencesArraysAndPlainObjectsAreRead() throws {
        let one = #"{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"n":"a"}}"#
        let two = #"{"type":"Feature","geometry":{"type":"Point","coordinates":[3,4]},"properties":{"n":"b"}}"#
        for text in [
            "\(one)\n\(two)", "\(one)\r\n\n\(two)\n", "\u{1E}\(one)\n\u{1E}\(two)\n", "[\(one),\n\(two)]",
            one.replacingOccurrences(of: ",", with: ",\n") + "\n" + two,
        ] {
            for step in [1, 5, 1000] {
                #expect(try rows(features(text, step: step)).map { $0.fields?.dropFirst().joined(separator: " ") } == ["1 2 a", "3 4 b"])
            }
        }
        #expect(try rows(features("[{\"a\":1},{\"a\":\"x\"}]")).map { $0.fields?.last } == ["1", "x"])
        #expect(try rows(features("{\"a\":1}\n{\"a\":2}\n")).map { $0.fields?.last } == ["1", "2"])
    }

    @Test func aBrokenLineCostsThatLineOnlyAndACutFileIsTruncated() throws {
        let found = try rows(features("{\"a\":1}\n{\"a\":}\n[1]\n{\"a\":3}\n"))
        #expect(found.map { $0.fields?.last } == ["1", nil, nil, "3"])
        #expect(found.map(\.line) == [1, 2, 3, 4])
        // Without its last line end, a whole file is whole; every shorter one is not.
        let text = Array(Self.collection.utf8)
        for count in stride(from: 1, to: text.count, by: 5) {
            let reader = try? FeatureReader(input: MemoryText(Array(text[..<count])), path: "cut")
            #expect(throws: ImportError.self, "cut at \(count)") {
                guard let reader else { throw ImportError.truncated(path: "cut", line: 1, detail: "") }
                _ = try rows(reader)
            }
        }
        #expect(throws: ImportError.self) { try rows(features("{\"a\":1}\n{\"a\":")) }
    }

    @Test func deepNestingAndRubbishNeverTrap() throws {
        let deep = "{\"a\":" + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000) + "}"
        #expect(try rows(features(deep)).map(\.fields) == [nil])
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("{}[]\",:\\ntu1.e-\n\u{1E} \"type\"\"features\"".utf8)
        for _ in 0..<5000 {
            let bytes = [0x7B] + (0..<Int.random(in: 0...60, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            if let reader = try? FeatureReader(input: MemoryText(bytes, step: 5), path: "fuzz") { _ = try? rows(reader) }
        }
    }
}
