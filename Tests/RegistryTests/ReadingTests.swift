// ReadingTests.swift: streams and details: complete, in order, undisturbed by writers, and silent about private links.

import Foundation
import Testing

@testable import Registry

@Test func factoriesStreamInTheOrderOfTheirNumbersWithEveryFact() throws {
    let fixture = try StoreFixture()
    var first = factory("Z", "甲厂", county: 320_505, at: (121.5, 31.25))
    first.nameEN = "Jia"
    first.industry = "C1711"
    first.keyMonitored = true
    first.flags = [.datumUnknown, .outsideChina]
    first.accuracyMeters = 700
    var second = factory("A", nil, at: (-180, -90))
    second.nameEN = "Yi"
    second.disclosed = true
    try fixture.store.apply(factories: [first, second])
    var seen: [String] = []
    try fixture.store.forEachFactory { row in
        func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
        seen.append(
            """
            \(row.pk) \(text(row.id)) \(text(row.nameZH)) \(text(row.nameEN)) \(text(row.industry)) \(row.longitude) \(row.latitude) \
            \(row.countyCode) \(row.keyMonitored) \(row.disclosed) \(row.flags) \(row.accuracyMeters ?? -1)
            """)
    }
    #expect(seen == ["1 Z 甲厂 Jia C1711 121.5 31.25 320505 true false 3 700.0", "2 A  Yi  -180.0 -90.0 0 false true 0 -1.0"])
}

@Test(arguments: [false, true])
func recordsStreamByFactoryAndDayWhateverTheOrderOfTheirImport(_ indexed: Bool) throws {
    var random = SeededRandom(3)
    var drafts: [RecordDraft] = []
    for number in 0..<2000 {
        var draft = record("R\(number)", of: .init(id: "F\(Int.random(in: 0..<40, using: &random))"))
        draft.published = Day(daysSince1970: Int32.random(in: 15_000...15_030, using: &random))
        draft.kind = RecordKind.allCases.randomElement(using: &random) ?? .penalty
        draft.rating = draft.kind == .creditRating ? .red : nil
        draft.category = RecordCategory.allCases.randomElement(using: &random) ?? .air
        draft.state = RecordState.allCases.randomElement(using: &random) ?? .standing
        draft.measure = Measure.allCases.randomElement(using: &random)
        draft.fineCNY = [nil, 0, 5000.5, 1e6].randomElement(using: &random) ?? nil
        draft.actDate = [nil, Day(daysSince1970: 14_000)].randomElement(using: &random) ?? nil
        drafts.append(draft)
    }
    func streamed(_ drafts: [RecordDraft]) throws -> [[String]] {
        let fixture = try StoreFixture()
        try fixture.store.apply(factories: (0..<40).map { factory("F\($0)") })
        for start in stride(from: 0, to: drafts.count, by: 300) {
            try fixture.store.apply(records: Array(drafts[start..<min(start + 300, drafts.count)]))
            if indexed { try fixture.store.finishBulkImport() }
        }
        var rows: [[String]] = []
        var last: (Int64, Day) = (0, Day(daysSince1970: 0))
        try fixture.store.forEachRecord { row in
            #expect(last <= (row.factoryPK, row.facts.published))
            last = (row.factoryPK, row.facts.published)
            rows.append(["F\(row.factoryPK - 1)", "\(row.facts)"])
        }
        return rows
    }
    let rows = try streamed(drafts)
    #expect(try streamed(drafts.shuffled(using: &random)) == rows)
    // The same facts as went in, against a sort of our own.
    let expected = drafts.map { draft in
        let facts = RecordFacts(
            kind: draft.kind, published: draft.published, actDate: draft.actDate, category: draft.category, measure: draft.measure,
            fineCNY: draft.fineCNY, state: draft.state, rating: draft.rating)
        return [draft.factoryID ?? "", "\(facts)"]
    }
    #expect(rows.map { $0.joined(separator: " ") }.sorted() == expected.map { $0.joined(separator: " ") }.sorted())
}

@Test func unpublishedLinksAreSeenNowhere() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: [factory("A"), factory("B")])
    try fixture.store.apply(brands: [brand("X"), brand("Y")])
    try fixture.store.apply(links: [
        link("Y", to: .init(id: "B")), link("X", to: .init(id: "A"), published: false), link("X", to: .init(id: "B")),
        link("X", to: .init(id: "B"), kind: .logistics), link("Y", to: .init(id: "B"), published: false, kind: .wasteHandling),
    ])
    var pairs: [[Int64]] = []
    try fixture.store.forEachPublishedLink { pairs.append([$0, $1]) }
    #expect(pairs == [[2, 1], [2, 2]], "each pair once, in order")
    #expect(try fixture.store.factory(id: "A")?.links.isEmpty == true)
    let shown = try fixture.store.factory(id: "B")?.links.map { "\($0.brandID) \($0.kind.name)" }
    #expect(shown == ["X materials", "X logistics", "Y materials"])
    // A link that its brand withdraws from the public disappears.
    try fixture.store.apply(links: [link("Y", to: .init(id: "B"), published: false)])
    #expect(try fixture.store.factory(id: "B")?.links.contains { $0.brandID == "Y" } == false)
}

@Test func aDetailCarriesItsJudgement() throws {
    let fixture = try StoreFixture()
    var monitored = factory("A")
    monitored.keyMonitored = true
    try fixture.store.apply(factories: [monitored, factory("B")])
    try fixture.store.apply(records: [record("new", of: .init(id: "A"), "2026-05-05"), record("old", of: .init(id: "A"), "2010-01-01")])
    let day = try #require(Day(iso: "2026-11-23"))
    let detail = try #require(try fixture.store.factory(id: "A"))
    #expect(detail.records.map(\.id) == ["old", "new"])
    #expect(detail.assessment(asOf: day).status == .violating)
    #expect(detail.assessment(asOf: day).reason.contains("2026-05-05"))
    #expect(try fixture.store.factory(pk: 2)?.assessment(asOf: day).status == .unknown)
    #expect(try fixture.store.factory(id: "none") == nil && (try fixture.store.factory(pk: 99)) == nil)
}

private struct Stop: Error {}

@Test func anErrorOfTheReaderEndsTheStreamAndComesOutAsItIs() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: [factory("A"), factory("B"), factory("C")])
    var seen = 0
    #expect(throws: Stop.self) {
        try fixture.store.forEachFactory { _ in
            seen += 1
            if seen == 2 { throw Stop() }
        }
    }
    #expect(seen == 2)
    #expect(try fixture.store.counts().factories == 3, "and the store is still usable")
}

@Test func readersSeeOneMomentWhileAnotherConnectionWrites() async throws {
    let fixture = try StoreFixture()
    let writer = fixture.store
    let reader = try RegistryStore(path: fixture.path, mode: .readOnly)
    // Every batch has 100 factories: whoever sees another remainder has seen half a batch.
    try writer.apply(factories: (0..<100).map { factory("0-\($0)") })
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            for batch in 1...40 { try writer.apply(factories: (0..<100).map { factory("\(batch)-\($0)") }) }
        }
        for store in [reader, reader, writer] {
            group.addTask {
                var last = 0
                while last < 4100 {
                    var count = 0
                    try store.forEachFactory { _ in count += 1 }
                    #expect(count % 100 == 0 && count >= last)
                    last = count
                }
            }
        }
        try await group.waitForAll()
    }
    #expect(try reader.counts().factories == 4100)
}

@Test func aWriteInsideAStreamDoesNotDisturbIt() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: (0..<500).map { factory("F\($0)") })
    var count = 0
    try fixture.store.forEachFactory { row in
        if row.pk == 10 { try fixture.store.apply(factories: [factory("late")]) }
        count += 1
    }
    #expect(count == 500)
    #expect(try fixture.store.counts().factories == 501)
}

@Test func twoWritersTakeTurns() async throws {
    let fixture = try StoreFixture()
    let path = fixture.path
    try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<2 {
            group.addTask {
                let store = try RegistryStore(path: path, mode: .readWrite)
                for batch in 0..<20 { try store.apply(factories: (0..<20).map { factory("\(writer)-\(batch)-\($0)") }) }
            }
        }
        try await group.waitForAll()
    }
    #expect(try fixture.store.counts().factories == 800)
    #expect(try fixture.store.info.sequence == 40)
    try fixture.store.verifyIntegrity()
}
