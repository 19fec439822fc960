// FilterTests.swift: what a filter accepts, what it refuses by name, and that equal meanings have one text.

import Atlas
import Registry
import Testing

@Suite struct FilterTests {
    @Test(arguments: [
        ("status", "purple"), ("status", ""), ("status", "violating,,clean"), ("category", "noise pollution"), ("industry", "Z17"),
        ("industry", "C1"), ("industry", "17171"), ("from", "2024-02-30"), ("to", "yesterday"), ("min_severity", "0"),
        ("min_severity", "6"), ("min_severity", "2.5"), ("colour", "red"), ("industry", "C17 OR 1=1"),
    ]) func aWrongValueIsRefusedByName(name: String, value: String) {
        #expect { try Filter(parameters: [(name, value)]) } throws: { ($0 as? QueryError)?.parameter == name }
    }

    @Test func scalarsAreTakenOnce() {
        #expect {
            try Filter(parameters: [("from", "2024-01-01"), ("from", "2025-01-01")])
        } throws: {
            ($0 as? QueryError)?.parameter == "from"
        }
    }

    @Test func fromMustNotLieAfterTo() {
        #expect {
            try Filter(parameters: [("to", "2024-01-01"), ("from", "2025-01-01")])
        } throws: {
            ($0 as? QueryError)?.parameter == "from"
        }
    }

    @Test func equalMeaningsHaveOneText() throws {
        let a = try Filter(parameters: [("status", "clean,violating"), ("industry", "c17"), ("industry", "C1711")])
        let b = try Filter(parameters: [("industry", "C17"), ("status", "violating"), ("status", "clean")])
        #expect(a == b)
        #expect(a.canonical == "industry=C17&status=violating,clean")
        let all = FactoryStatus.allCases.map(\.name).joined(separator: ",")
        #expect(try Filter(parameters: [("status", all)]).isEmpty)
    }

    private func canonical(_ parameters: [(name: String, value: String)]) throws -> String { try Filter(parameters: parameters).canonical }

    @Test func aSeverityOfOneSaysThatThereIsARecordAndNothingMore() throws {
        let any = try canonical([("min_severity", "1")])
        #expect(any == "min_severity=1")
        #expect(try Filter(parameters: [("min_severity", "1")]).asksForRecords)
        for (name, value) in [("category", "air"), ("category", "air,water"), ("from", "2024-01-01"), ("to", "2025-12-31")] {
            let without = try Filter(parameters: [(name, value)])
            let with = try Filter(parameters: [(name, value), ("min_severity", "1")])
            #expect(with == without && with.canonical == "\(name)=\(value)")
            #expect(try Filter(parameters: [(name, value), ("min_severity", "2")]) != without)
        }
        // Every record has a category: all of them are another word for any record.
        let all = RecordCategory.allCases.map(\.name).joined(separator: ",")
        #expect(try canonical([("category", all)]) == any)
        #expect(try canonical([("category", all), ("min_severity", "1")]) == any)
        #expect(try canonical([("category", all), ("min_severity", "3")]) == "min_severity=3")
        #expect(try canonical([("category", all), ("from", "2024-01-01"), ("min_severity", "1")]) == "from=2024-01-01")
    }

    @Test func whatAShorterCodeCoversIsLeftOut() throws {
        #expect(try canonical([("industry", "C1711,C17,C26,C171,D44,C2612")]) == "industry=C17,C26,D44")
        #expect(try canonical([("industry", "B06,C,C17,C1711")]) == "industry=B06,C")
        // Without its section a code is that of any section.
        #expect(try canonical([("industry", "C1711,17,C17,D44,C26,440")]) == "industry=17,440,C26,D44")
        var random = SplitMix64(state: 11)
        for _ in 0..<200 {
            let codes = (0..<Int.random(in: 1...30, using: &random)).map { _ -> String in
                let (code, length) = (Int.random(in: 1711...1733, using: &random), Int.random(in: 2...4, using: &random))
                let section = ["", "C", "D"][Int.random(in: 0..<3, using: &random)]
                return section + String(String(code).prefix(length))
            }
            func isCovered(_ code: String) -> Bool {
                codes.contains { $0 != code && (code.hasPrefix($0) || code.drop { $0.isLetter }.hasPrefix($0)) }
            }
            let expected = Set(codes).filter { !isCovered($0) }.sorted()
            #expect(try canonical(codes.map { (name: "industry", value: $0) }) == "industry=" + expected.joined(separator: ","))
        }
    }

    @Test func codesByTheThousandTakeNoSquareOfTime() throws {
        // Each with each would be 1,600 million comparisons: minutes.
        let codes = ["A", "B", "C", "D"].flatMap { section in (0..<10_000).map { section + String(String($0 + 10_000).dropFirst()) } }
        let parameters = stride(from: 0, to: codes.count, by: Filter.valueLimit).map { start in
            (name: "industry", value: codes[start..<start + Filter.valueLimit].joined(separator: ","))
        }
        var filter = Filter()
        let time = try ContinuousClock().measure { filter = try Filter(parameters: parameters) }
        #expect(filter.industries == codes)
        #expect(time < .seconds(20))
    }
}
