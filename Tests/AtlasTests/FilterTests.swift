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
}
