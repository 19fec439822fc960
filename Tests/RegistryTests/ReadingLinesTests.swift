// ReadingLinesTests.swift: readings as feeds send them: both forms, cut anywhere, and each thing that can be wrong with a line.

import Foundation
import Monitoring
import Testing

@testable import Registry

private func rows(_ text: String, step: Int = .max) throws -> [ReadingLines.Row] {
    var lines = ReadingLines()
    var rows: [ReadingLines.Row] = []
    let bytes = Array(text.utf8)
    var at = 0
    while at < bytes.count {
        let end = min(bytes.count, step == .max ? bytes.count : at + step)
        try bytes[at..<end].withUnsafeBufferPointer { try lines.feed($0) { rows.append($0) } }
        at = end
    }
    try lines.finish { rows.append($0) }
    return rows
}

extension ReadingLines.Row {
    fileprivate var words: String {
        switch self {
        case .reading(let draft):
            "\(draft.line) \(draft.outletID) \(draft.pollutant.code) \(draft.hour.iso) \(draft.reading.value?.description ?? "-")"
                + " \(draft.unit?.symbol ?? "") \(draft.reading.flag.name)"
        case .reject(let reject): "\(reject.line) \(reject.field): \(reject.reason)"
        }
    }
}

@Test(arguments: [1, 2, 7, 64, Int.max]) func bothFormsSayTheSameHoweverTheyAreCut(step: Int) throws {
    let json = """
        {"outlet":"O1","pollutant":"w01018","hour":"2026-11-23T05:00+08:00","value":42.5,"unit":"mg/L"}
        { "hour" : "2026-11-22T21:00Z", "value":"0.25", "pollutant":"NH3-N", "outlet":"O1", "flag":null }

        {"outlet":"O2","pollutant":"a21026","hour":"2026-11-23T05:00+08:00","value":null,"flag":"outage","unit":"mg/m³"}
        """
    let csv =
        "\u{FEFF}Outlet,pollutant,hour,value,note,unit,flag\r\n" + """
            O1,w01018,2026-11-23T05:00+08:00,42.5,,mg/L,
            "O1",NH3-N,2026-11-22T21:00Z,0.25,"a, b",,

            O2,a21026,2026-11-23T05:00+08:00,,,mg/m3,outage
            """
    let expected = [
        "O1 w01018 2026-11-23T05:00+08:00 42.5 mg/L none", "O1 w21003 2026-11-23T05:00+08:00 0.25  none",
        "O2 a21026 2026-11-23T05:00+08:00 - mg/m3 outage",
    ]
    #expect(try rows(json, step: step).map(\.words) == zip(["1", "2", "4"], expected).map { "\($0) \($1)" })
    #expect(try rows(csv, step: step).map(\.words) == zip(["2", "3", "5"], expected).map { "\($0) \($1)" })
}

@Test func eachLineThatIsNoReadingIsRefusedByItsField() throws {
    let good = #"{"outlet":"O1","pollutant":"COD","hour":"2026-11-23T05:00+08:00","value":1}"#
    func with(_ change: (String, String)) -> String { good.replacingOccurrences(change.0, change.1) }
    let cases: [(String, String)] = [
        (#"{"outlet":"","pollutant":"COD"}"#, "outlet"), (with(("O1", String(repeating: "x", count: 65))), "outlet"),
        (with((#""outlet":"O1""#, #""outlet":7"#)), "outlet"), (with(("COD", "CODD")), "pollutant"), (with(("+08:00", "")), "hour"),
        (with(("05:00", "05:30")), "hour"), (with((":1}", ":1e999}")), "value"), (with((":1}", ":NaN}")), "value"),
        (with((":1}", ":true}")), "value"), (with((":1}", ":\"one\"}")), "value"), (with((":1}", ":0.1234567}")), "value"),
        (with((":1}", ":1,\"flag\":\"broken\"}")), "flag"),
        (with((":1}", ":1,\"value\":2}")), "value"), (with((":1}", ":1,\"extra\":2}")), "extra"), (with((":1}", ":1")), "line"),
        (with((":1}", ":1} {}")), "line"), ("[1]", "line"), (with(("O1", "O\\u003")), "outlet"),
        (with((":1}", ":" + String(repeating: "[", count: 3000) + "}")), "line"), (String(repeating: "x", count: 5000), "line"),
    ]
    for (line, field) in cases {
        let found = try rows(good + "\n" + line + "\n" + good)
        #expect(found.count == 3)
        guard case .reject(let reject) = found[1] else {
            Issue.record("taken: \(line)")
            continue
        }
        #expect(reject.line == 2 && reject.field == field && !reject.reason.isEmpty, "\(reject) for \(line.prefix(120))")
        if case .reading = found[2] {} else { Issue.record("the line behind was lost") }
    }
}

@Test func everyEscapeOfJSONIsReadAsItsCharacter() throws {
    // As json.dumps and PHP write them; the sender of the second one escapes whatever it can.
    let lines = [
        #"{"outlet":"O1","pollutant":"a21026","hour":"2026-11-23T05:00+08:00","value":1,"unit":"\u00b5g\/m\u00B3"}"#,
        #"{"\u006futlet":"\u00441\uD83D\ude00","pollutant":"\u0043OD","hour":"2026-11-23T05\u003a00+08:00","value":"\u0031.5","#
            + #""unit":"mg\/L","flag":"\u006futage"}"#,
        #"{"outlet":"\"\\\b\f\n\r\t","pollutant":"COD","hour":"2026-11-23T05:00+08:00","value":1}"#,
    ]
    let found = try rows(lines.joined(separator: "\n"))
    #expect(
        found.map(\.words) == [
            "1 O1 a21026 2026-11-23T05:00+08:00 1 ug/m3 none", "2 D1😀 w01018 2026-11-23T05:00+08:00 1.5 mg/L outage",
            "3 \"\\\u{8}\u{C}\n\r\t w01018 2026-11-23T05:00+08:00 1  none",
        ])
}

@Test(arguments: [
    // Halves of a pair, alone, the wrong way round and before something else; escapes that there are not.
    (#""outlet":"O\ud83d""#, "outlet", #"O\ud83d"#), (#""outlet":"\ude00\ud83d""#, "outlet", #"\ude00\ud83d"#),
    (#""outlet":"\ud83d\u0041""#, "outlet", #"\ud83d\u0041"#), (#""unit":"mg\xL""#, "unit", #"mg\xL"#),
    (#""unit":"mg\u00zzL""#, "unit", #"mg\u00zzL"#),
    // And what is wrong without any, or once they are read.
    (#""flag":"\u00b5g""#, "flag", "µg"), (#""unit":7"#, "unit", "7"), (#""value":true"#, "value", "true"),
    (#""note":"a b""#, "note", "a b"), (#""unit":"mg/L","unit":"g""#, "unit", "g"), (#""\ud83d":1"#, #"\ud83d"#, "1"),
]) func aRefusalNamesTheFieldAndShowsItsValue(member: String, field: String, value: String) throws {
    let found = try rows("{" + member + #","pollutant":"COD","hour":"2026-11-23T05:00+08:00","outlet":"O1","value":1}"#)
    guard case .reject(let reject)? = found.first else {
        Issue.record("taken: \(member)")
        return
    }
    #expect(reject.field == field && reject.value == value && !reject.reason.isEmpty, "\(reject)")
}

@Test func aLineThatIsNotUTF8IsRefusedAlone() throws {
    var lines = ReadingLines()
    var count = (readings: 0, rejects: 0)
    let good = Array(#"{"outlet":"O1","pollutant":"COD","hour":"2026-11-23T05:00+08:00","value":1}"#.utf8)
    let bytes = good + [0x0A] + [UInt8(ascii: "{"), 0xFF, 0xFE] + [0x0A] + good
    try bytes.withUnsafeBufferPointer { try lines.feed($0) { if case .reading = $0 { count.readings += 1 } else { count.rejects += 1 } } }
    try lines.finish { if case .reading = $0 { count.readings += 1 } else { count.rejects += 1 } }
    #expect(count == (2, 1))
}

@Test func aUnitThatNoOutletReportsInIsLeftToTheOutletToRefuse() throws {
    for (unit, excerpt) in [("µg/L", "µg/L"), ("ug/L", "ug/L"), ("\\u00b5g", "µg")] {
        let found = try rows(#"{"outlet":"O1","pollutant":"COD","hour":"2026-11-23T05:00+08:00","value":1,"unit":"\#(unit)"}"#)
        guard case .reading(let draft)? = found.first else {
            Issue.record("refused: \(unit)")
            continue
        }
        #expect(draft.unit == nil && draft.otherUnit == excerpt)
    }
    let usual = try rows("outlet,pollutant,hour,value,unit\nO1,COD,2026-11-23T05:00Z,1,MG/L\nO1,COD,2026-11-23T06:00Z,1,\n")
    for case .reading(let draft) in usual { #expect(draft.otherUnit == nil) }
}

@Test func aHeaderThatLacksAColumnIsAnErrorOfTheWhole() {
    func problem(_ text: String) -> String {
        do {
            return "read: \(try rows(text).map(\.words))"
        } catch { return "\(error)" }
    }
    #expect(problem("outlet,hour,value\nO1,2026-11-23T05:00Z,1\n").contains("line 1 is a CSV header without the column pollutant"))
    #expect(problem("outlet,pollutant,hour,value,value\n").contains("line 1 is a CSV header that has the column value twice"))
    // It need not be the first line.
    #expect(problem("# of today\n\noutlet,hour,value\n").contains("line 3 is a CSV header without"))
}

@Test(arguments: [1, 7, Int.max]) func whatStandsBeforeTheFirstObjectOrHeaderIsRefusedLineByLine(step: Int) throws {
    let json = #"{"outlet":"O1","pollutant":"COD","hour":"2026-11-23T05:00+08:00","value":1}"#
    let csv = "outlet,pollutant,hour,value\nO1,COD,2026-11-23T05:00+08:00,1"
    let long = String(repeating: "x", count: 5000)
    let reading = "O1 w01018 2026-11-23T05:00+08:00 1  none"
    let neither = "line: is neither a JSON object nor a CSV header with the columns outlet, pollutant, hour and value"
    let tooLong = "line: is longer than 4096 bytes"
    #expect(try rows("\(long)\n<html>\n\(json)", step: step).map(\.words) == ["1 \(tooLong)", "2 \(neither)", "3 \(reading)"])
    #expect(try rows("\(long)\n[1]\n\(csv)", step: step).map(\.words) == ["1 \(tooLong)", "2 \(neither)", "4 \(reading)"])
    // Of rows without a header none is guessed.
    #expect(try rows("O1,COD,2026-11-23T05:00Z,1\n<html>", step: step).map(\.words) == ["1 \(neither)", "2 \(neither)"])
}

@Test func linesThatAreNotUTF8DoNotDecideWhatADeliveryIs() throws {
    var lines = ReadingLines()
    var found: [String] = []
    let good = Array(#"{"outlet":"O1","pollutant":"COD","hour":"2026-11-23T05:00+08:00","value":1}"#.utf8)
    let bytes: [UInt8] = [UInt8(ascii: "{"), 0xFF, 0x0A, 0xFE, 0x0A] + Array("junk\n".utf8) + good
    try bytes.withUnsafeBufferPointer { try lines.feed($0) { found.append($0.words) } }
    try lines.finish { found.append($0.words) }
    #expect(found.count == 4 && found[0] == "1 line: is not UTF-8" && found[1] == "2 line: is not UTF-8", "\(found)")
    #expect(found[2].hasPrefix("3 line: is neither") && found[3].hasPrefix("4 O1"), "\(found)")
}

extension String {
    fileprivate func replacingOccurrences(_ part: String, _ other: String) -> String {
        guard let range = range(of: part) else { return self }
        return replacingCharacters(in: range, with: other)
    }
}
