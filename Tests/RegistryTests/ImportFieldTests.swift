// ImportFieldTests.swift: single fields: what is read, what is refused, and with which words.

import Foundation
import Testing

@testable import Registry

@Suite struct ImportFieldTests {
    @Test func numbersAreReadToTheLastBitAsTheStandardLibraryReadsThem() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let value = Double.random(in: -180...180, using: &random)
            for text in [
                "\(value)", String(format: "%.7f", value), String(format: "%.3f", value * 1e5), String(format: "%.18g", value),
                "+\(abs(value))",
            ] {
                #expect(try reading(text) { try FieldText.number($0) } == Double(text), "\(text)")
            }
        }
        for text in ["0", "-0.0", "1e3", "1E-5", "123456789012345678", "9007199254740993", ".5", "5.", "0.1", "2012.0", "000012"] {
            #expect(try reading(text) { try FieldText.number($0) } == Double(text), "\(text)")
        }
    }

    @Test(arguments: [
        ("NaN", "is not a finite number"), ("nan", "is not a finite number"), ("-inf", "is not a finite number"),
        ("Infinity", "is not a finite number"),
        ("1e400", "is enormous"), ("", "is empty"), ("12,5", "without commas"), ("31°12′", "decimal degrees"), ("#N/A", "is not a number"),
        ("0x10", "is not a number"), ("1 2", "is not a number"), ("--1", "is not a number"), (".", "is not a number"),
        ("1e", "is not a number"),
        ("一", "is not a number"),
    ])
    func whatIsNoNumberIsRefusedInWords(text: String, words: String) {
        #expect { try reading(text) { try FieldText.number($0) } } throws: { ($0 as? FieldProblem)?.reason.contains(words) == true }
    }

    @Test func wholeNumbersMayEndInPointZero() throws {
        #expect(try reading("2012.0") { try FieldText.integer($0) } == 2012)
        #expect(throws: FieldProblem.self) { try reading("2012.5") { try FieldText.integer($0) } }
        #expect(throws: FieldProblem.self) { try reading("1e300") { try FieldText.integer($0) } }
    }

    @Test(arguments: [
        "2019-03-08", "2019/3/8", "20190308", "2019.3.8", "2019年3月8日", "2019-03-08 00:00:00", "2019/3/8 0:00", "2019-03-08T16:00:00+08:00",
        "2019-03-08T08:00:00.123Z",
    ])
    func dayIsReadFromEachUsualForm(text: String) throws {
        #expect(try reading(text) { try FieldText.day($0) } == Day(year: 2019, month: 3, day: 8))
    }

    @Test(arguments: [
        ("2019-02-29", "calendar"), ("2019-13-01", "calendar"), ("8/3/2019", "begin with the year"), ("0219-03-08", "plausible"),
        ("9999-01-01", "plausible"),
        ("yesterday", "calendar"), ("2019-03-08 or so", "not a date"), ("43532", "calendar"),
    ])
    func whatIsNoDayIsRefusedInWords(text: String, words: String) {
        #expect { try reading(text) { try FieldText.day($0) } } throws: { ($0 as? FieldProblem)?.reason.contains(words) == true }
    }

    @Test func otherOrdersOfDatesAreReadWhenAskedFor() throws {
        #expect(try reading("8/3/2019") { try FieldText.day($0, order: .dayMonthYear) } == Day(year: 2019, month: 3, day: 8))
        #expect(try reading("3/8/2019") { try FieldText.day($0, order: .monthDayYear) } == Day(year: 2019, month: 3, day: 8))
        #expect(throws: FieldProblem.self) { try reading("13/13/2019") { try FieldText.day($0, order: .monthDayYear) } }
    }

    @Test func timesAreISO8601() {
        for text in [
            "2026-01-31", "2026-01-31T08:30Z", "2026-01-31T08:30:00Z", "2026-01-31 08:30:00", "2026-01-31T08:30:00.5+08:00",
            "2026-01-31T08:30:00+0800",
        ] {
            #expect(reading(text) { FieldText.isTimestamp($0) }, "\(text)")
        }
        for text in [
            "2026-1-31", "2026-01-31T", "2026-01-31T8:30", "2026-01-31T25:00", "2026-01-31T08:30:00ZZ", "2026-01-31T08:30:00+", "x",
        ] {
            #expect(!reading(text) { FieldText.isTimestamp($0) }, "\(text)")
        }
    }

    @Test func whiteSpaceOfAllKindsIsTrimmedAndNothingElse() {
        for (text, wanted) in [
            (" a\t", "a"), ("\u{3000}苏州\u{3000}", "苏州"), ("\u{A0}x\u{A0} ", "x"), ("", ""), (" ", ""), ("末\u{3000}", "末"), ("（一）", "（一）"),
            ("à", "à"),
        ] {
            #expect(reading(text) { FieldText.string(FieldText.trimmed($0)) } == wanted)
        }
    }

    @Test func controlCharactersAreFoundWhereverTheyStand() {
        for length in 1...20 {
            for place in 0..<length {
                var bytes = [UInt8](repeating: 0x61, count: length)
                #expect(bytes.withUnsafeBufferPointer { if case .nothing = FieldText.unfit($0) { true } else { false } })
                for byte: UInt8 in [0x00, 0x01, 0x1F, 0x7F] {
                    bytes[place] = byte
                    #expect(bytes.withUnsafeBufferPointer { if case .control(byte) = FieldText.unfit($0) { true } else { false } })
                }
                bytes[place] = 0x0A
                #expect(bytes.withUnsafeBufferPointer { if case .breaks = FieldText.unfit($0) { true } else { false } })
                bytes[place] = 0xFF
                #expect(bytes.withUnsafeBufferPointer { if case .nothing = FieldText.unfit($0) { true } else { false } })
            }
        }
    }

    @Test func industryCodesGetTheirSectionAndMustFitIt() throws {
        for (text, wanted) in [
            ("C17", "C17"), ("1711", "C1711"), ("d44", "D44"), ("44", "D44"), ("A", "A"), ("T97", "T97"), ("0511", "A0511"),
        ] {
            #expect(try reading(text) { try FactoryRowReader.industry($0) } == wanted)
        }
        for text in ["D17", "C", "Apparel", "C1", "C99", "00", "U10", "C17111", "纺织"] where text != "C" {
            #expect(throws: FieldProblem.self, "\(text)") { try reading(text) { try FactoryRowReader.industry($0) } }
        }
    }

    @Test func countyCodesHaveSixDigitsOfAProvinceThatExists() throws {
        for text in ["320583", "320583000000", "320583.0", "320583100"] {
            #expect(try reading(text) { try FactoryRowReader.countyCode($0) } == 320_583)
        }
        for text in ["32058", "990101", "32058X", "", "3205831"] {
            #expect(throws: FieldProblem.self, "\(text)") { try reading(text) { try FactoryRowReader.countyCode($0) } }
        }
    }
}
