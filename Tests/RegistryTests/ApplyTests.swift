// ApplyTests.swift: what a batch does to the store: once, twice, changed, in part wrong, and when the disk is full.

import Foundation
import GRDB
import Testing

@testable import Registry

@Test func aSecondImportOfTheSameRowsChangesNothing() throws {
    let fixture = try StoreFixture()
    let factories = [factory("A"), factory("B", "乙厂"), factory(nil, "无号厂"), factory(nil, "有码厂", code: "91350100M000100Y43")]
    let records = [record("R1", of: .init(id: "A")), record(nil, of: .init(id: "B"))]
    func importAll() throws -> [[RowOutcome]] {
        let run = ImportRun()
        return [
            try fixture.store.apply(factories: factories, in: run), try fixture.store.apply(records: records, in: run),
            try fixture.store.apply(brands: [brand("X")], in: run),
            try fixture.store.apply(links: [link("X", to: .init(id: "A")), link("X", to: .init(id: "A"), kind: .logistics)], in: run),
        ]
    }
    #expect(Set(try importAll().joined()) == [.accepted])
    try fixture.store.finishBulkImport()
    let before = try Data(contentsOf: URL(fileURLWithPath: fixture.path))
    let sequence = try fixture.store.info.sequence
    #expect(sequence == 4)
    #expect(Set(try importAll().joined()) == [.unchanged])
    try fixture.store.finishBulkImport()
    #expect(try fixture.store.info.sequence == sequence)
    #expect(try Data(contentsOf: URL(fileURLWithPath: fixture.path)) == before, "not one byte")
    #expect(try fixture.store.counts() == RegistryCounts(factories: 4, records: 2, brands: 1, links: 2))
}

@Test func aLaterImportWithOtherContentsUpdatesEveryField() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: [factory("A")])
    let pk = try fixture.store.factory(id: "A")?.pk
    // One field after the other: none is forgotten in the comparison.
    let changes: [(inout FactoryDraft) -> Void] = [
        { $0.nameZH = "新名" }, { $0.nameEN = "New" }, { $0.formerName = "旧名" }, { $0.creditCode = "91350100M000100Y43" },
        { $0.address = "路" }, { $0.industry = "C17" }, { $0.longitude += 1e-9 }, { $0.latitude -= 1e-9 }, { $0.sourceX += 1 },
        { $0.sourceY += 1 }, { $0.sourceDatum = "gcj02" }, { $0.accuracyMeters = 700 }, { $0.countyCode = 320_500 },
        { $0.keyMonitored = true }, { $0.disclosed = true }, { $0.synthetic = true }, { $0.flags = .datumUnknown },
        { $0.attributes = [("mw", .number(1.5))] }, { $0.attributes = [("mw", .number(2))] }, { $0.attributes = [("mw", .integer(2))] },
        { $0.address = "" }, { $0.address = nil },
    ]
    var draft = factory("A")
    for change in changes {
        change(&draft)
        #expect(try fixture.store.apply(factories: [draft]) == [.updated])
        #expect(try fixture.store.apply(factories: [draft]) == [.unchanged])
    }
    let detail = try #require(try fixture.store.factory(id: "A"))
    #expect(detail.pk == pk, "the number of a factory is stable")
    #expect(detail.nameZH == "新名" && detail.nameEN == "New" && detail.formerName == "旧名" && detail.industry == "C17")
    #expect(detail.creditCode == "91350100M000100Y43" && detail.address == nil && detail.countyCode == 320_500)
    #expect(detail.longitude == draft.longitude && detail.latitude == draft.latitude && detail.sourceDatum == "gcj02")
    #expect(detail.sourceX == draft.sourceX && detail.sourceY == draft.sourceY && detail.accuracyMeters == 700)
    #expect(detail.keyMonitored && detail.disclosed && detail.synthetic && detail.flags == .datumUnknown)
}

@Test func everyFieldOfARecordABrandAndALinkIsComparedAndKept() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: [factory("A"), factory("B")])
    var draft = record("R", of: .init(id: "A"))
    try fixture.store.apply(records: [draft])
    let changes: [(inout RecordDraft) -> Void] = [
        { $0.kind = .inspection }, { $0.published = Day(daysSince1970: 20_000) }, { $0.actDate = Day(daysSince1970: 19_990) },
        { $0.category = .noise }, { $0.state = .explained }, { $0.measure = .fine }, { $0.fineCNY = 20_000 }, { $0.authority = "局" },
        { $0.documentNumber = "1号" }, { $0.regulation = "法" }, { $0.text = "文" }, { $0.sourceURL = "https://example.org" },
        { $0.retrievedAt = "2026-01-01T00:00:00Z" }, { $0.supersedes = "Q" }, { $0.factory.id = "B" }, { $0.rating = .black },
    ]
    for change in changes {
        change(&draft)
        #expect(try fixture.store.apply(records: [draft]) == [.updated])
        #expect(try fixture.store.apply(records: [draft]) == [.unchanged])
    }
    #expect(try fixture.store.factory(id: "A")?.records.isEmpty == true)
    let stored = try #require(try fixture.store.factory(id: "B")?.records.first)
    #expect(
        stored.facts
            == RecordFacts(
                kind: .inspection, published: Day(daysSince1970: 20_000), actDate: Day(daysSince1970: 19_990), category: .noise,
                measure: .fine,
                fineCNY: 20_000, state: .explained, rating: .black))
    #expect([stored.authority, stored.documentNumber, stored.regulation, stored.text] == ["局", "1号", "法", "文"])
    #expect([stored.sourceURL, stored.retrievedAt, stored.supersedes] == ["https://example.org", "2026-01-01T00:00:00Z", "Q"])

    var brandDraft = brand("X")
    try fixture.store.apply(brands: [brandDraft])
    for change: (inout BrandDraft) -> Void in [
        { $0.nameZH = "牌" }, { $0.nameEN = "E" }, { $0.sector = "S" }, { $0.website = "W" }, { $0.source = "Q" }, { $0.synthetic = true },
    ] {
        change(&brandDraft)
        #expect(try fixture.store.apply(brands: [brandDraft]) == [.updated])
        #expect(try fixture.store.apply(brands: [brandDraft]) == [.unchanged])
    }
    let storedBrand = try fixture.store.brands().first
    #expect(storedBrand == Brand(pk: 1, id: "X", nameZH: "牌", nameEN: "E", sector: "S", website: "W", source: "Q", synthetic: true))

    var linkDraft = link("X", to: .init(id: "A"))
    try fixture.store.apply(links: [linkDraft])
    for change: (inout LinkDraft) -> Void in [
        { $0.since = Day(daysSince1970: 1) }, { $0.until = Day(daysSince1970: 2) }, { $0.tier = 2 }, { $0.source = "S" },
    ] {
        change(&linkDraft)
        #expect(try fixture.store.apply(links: [linkDraft]) == [.updated])
        #expect(try fixture.store.apply(links: [linkDraft]) == [.unchanged])
    }
    let storedLink = try fixture.store.factory(id: "A")?.links.first
    #expect(
        storedLink
            == LinkDetail(
                brandID: "X", brandNameZH: "牌", brandNameEN: "E", kind: .materials, since: Day(daysSince1970: 1),
                until: Day(daysSince1970: 2),
                tier: 2, source: "S"))
}

@Test func oneIdTwiceInOneImportWithOtherContentsIsRejected() throws {
    let fixture = try StoreFixture()
    let run = ImportRun()
    let outcomes = try fixture.store.apply(factories: [factory("A", "甲"), factory("A", "甲"), factory("A", "乙")], in: run)
    #expect(
        outcomes == [.accepted, .unchanged, .rejected(field: "id", value: "A", reason: "duplicate id with other contents")])
    #expect(try fixture.store.apply(factories: [factory("A", "丙")], in: run)[0].refusal?.field == "id", "in a later batch of the file too")
    #expect(try fixture.store.factory(id: "A")?.nameZH == "甲")

    // The second import of the same file: still the same, and nothing flips to and fro.
    let again = ImportRun()
    #expect(try fixture.store.apply(factories: [factory("A", "甲")], in: again) == [.unchanged])
    #expect(try fixture.store.apply(factories: [factory("A", "乙")], in: again)[0].refusal?.field == "id")
    // Another file may well say something new.
    #expect(try fixture.store.apply(factories: [factory("A", "乙"), factory("A", "甲")])[0] == .updated)
    #expect(try fixture.store.factory(id: "A")?.nameZH == "乙")

    let twice = try fixture.store.apply(records: [record("R", of: .init(id: "A")), record("R", of: .init(id: "A"), "2020-01-01")])
    #expect(twice[1].refusal?.reason == "duplicate id with other contents")
    try fixture.store.apply(brands: [brand("X")])
    let links = try fixture.store.apply(links: [link("X", to: .init(id: "A")), link("X", to: .init(id: "A"), published: false)])
    #expect(links[1].refusal?.field == "brand_id")
}

@Test func aWrongRowIsRejectedWithFieldAndReasonAndTheOthersStay() throws {
    let fixture = try StoreFixture()
    var nowhere = factory("nowhere")
    nowhere.longitude = .nan
    var beyond = factory("beyond")
    beyond.latitude = 90.0001
    var endless = factory("endless")
    endless.sourceY = .infinity
    var vague = factory("vague")
    vague.accuracyMeters = -1
    let outcomes = try fixture.store.apply(factories: [nowhere, beyond, endless, vague, factory("nameless", nil), factory("good")])
    #expect(outcomes.map { $0.refusal?.field } == ["lon", "lat", "source_y", "accuracy_m", "name_zh", nil])
    #expect(try fixture.store.counts().factories == 1)

    var negative = record("1", of: .init(id: "good"))
    negative.fineCNY = -5
    var colourless = record("2", of: .init(id: "good"))
    colourless.kind = .creditRating
    let records = try fixture.store.apply(records: [
        negative, colourless, record("3", of: .init(id: "none")), record("4", of: .init()),
        record("5", of: .init(id: "good"), supersedes: "5"),
        record("6", of: .init(id: "good")),
    ])
    #expect(records.map { $0.refusal?.field } == ["fine_cny", "rating", "factory_id", "factory_id", "supersedes", nil])
    #expect(records[2] == .rejected(field: "factory_id", value: "none", reason: "no factory has this id"))

    try fixture.store.apply(brands: [brand("X")])
    var backwards = link("X", to: .init(id: "good"))
    backwards.since = Day(daysSince1970: 2)
    backwards.until = Day(daysSince1970: 1)
    let links = try fixture.store.apply(links: [link("Y", to: .init(id: "good")), link("X", to: .init(id: "none")), backwards])
    #expect(links.map { $0.refusal?.field } == ["brand_id", "factory_id", "until"])
    #expect(try fixture.store.counts() == RegistryCounts(factories: 1, records: 1, brands: 1, links: 0))
}

@Test func hugeAndOddTextsComeBackAsTheyWere() throws {
    let fixture = try StoreFixture()
    let texts = ["", " ", "\u{0}a\u{0}b", String(repeating: "长", count: 300_000), "'; DROP TABLE factories; --", "\"\\\n\t\u{1}", "👩‍👩‍👧‍👦é"]
    try fixture.store.apply(
        factories: texts.enumerated().map {
            var draft = factory("F\($0)", "厂\($1)", address: $1)
            draft.attributes = [("key\($1)", .text($1))]
            return draft
        })
    for (index, text) in texts.enumerated() {
        let detail = try #require(try fixture.store.factory(id: "F\(index)"))
        #expect(detail.nameZH == "厂" + text && detail.address == text)
        #expect(detail.attributes.first?.value == .text(text) || text.contains("\u{0}"))
    }
}

@Test func attributesComeBackWithTheirTypesInTheOrderOfTheirNames() throws {
    let fixture = try StoreFixture()
    var draft = factory("A")
    draft.attributes = [
        ("units", .integer(4)), ("capacity_mw", .number(1320.5)), ("name", .text("1\"机\n组")), ("big", .integer(.max)),
        ("whole", .number(2)),
        ("operating", .boolean(true)), ("small", .number(1e-300)), ("nan", .number(.nan)), ("planned", .boolean(false)),
        ("units", .integer(5)),
    ]
    try fixture.store.apply(factories: [draft])
    let stored = try #require(try fixture.store.factory(id: "A")).attributes
    #expect(stored.map(\.name) == ["big", "capacity_mw", "name", "operating", "planned", "small", "units", "whole"])
    #expect(
        stored.map(\.value) == [
            .integer(.max), .number(1320.5), .text("1\"机\n组"), .boolean(true), .boolean(false), .number(1e-300), .integer(5), .number(2),
        ])
    draft.attributes.swapAt(1, 2)
    #expect(try fixture.store.apply(factories: [draft]) == [.unchanged], "their order in the source says nothing")
}

@Test func aCorrectionSupersedesInWhateverOrderTheyArrive() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: [factory("A")])
    func superseded() throws -> [String] { try fixture.store.factory(id: "A")?.records.filter(\.facts.superseded).map(\.id) ?? [] }
    try fixture.store.apply(records: [record("old", of: .init(id: "A")), record("new", of: .init(id: "A"), supersedes: "old")])
    #expect(try superseded() == ["old"])
    // The correction first, in an earlier batch.
    try fixture.store.apply(records: [record("later", of: .init(id: "A"), supersedes: "earlier")])
    try fixture.store.apply(records: [record("earlier", of: .init(id: "A"))])
    #expect(try superseded() == ["earlier", "old"])
    // An update of a corrected record leaves it corrected; a correction taken back sets it free.
    try fixture.store.apply(records: [record("old", of: .init(id: "A"), "2019-01-01")])
    #expect(Set(try superseded()) == ["earlier", "old"])
    try fixture.store.apply(records: [record("new", of: .init(id: "A"))])
    #expect(try superseded() == ["earlier"])
    try fixture.store.apply(records: [record("new", of: .init(id: "A"), supersedes: "earlier")])
    try fixture.store.apply(records: [record("later", of: .init(id: "A"))])
    #expect(try superseded() == ["earlier"], "still corrected by the other one")
    // Two records that correct each other would both vanish.
    #expect(try fixture.store.apply(records: [record("earlier", of: .init(id: "A"), supersedes: "new")])[0].refusal?.field == "supersedes")
    try fixture.store.verifyIntegrity()
}

@Test func aFullDatabaseKeepsNothingOfTheBatchAndTheSameBatchWorksLater() throws {
    let fixture = try StoreFixture()
    let run = ImportRun()
    try fixture.store.apply(factories: [factory("first")], in: run)
    try fixture.store.pool.writeWithoutTransaction { db in
        let pages = try #require(try Int.fetchOne(db, sql: "PRAGMA page_count"))
        #expect(try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages + 20)") == pages + 20)
    }
    let many = (0..<5000).map { factory("F\($0)", "厂\($0)", address: String(repeating: "路", count: 50)) }
    let error = registryError { try fixture.store.apply(factories: many, in: run) }
    #expect(error == .diskFull(path: fixture.path))
    #expect(error?.description.contains("nothing of this batch was kept") == true)
    #expect(try fixture.store.counts().factories == 1)
    #expect(try fixture.store.info.sequence == 1)
    _ = try fixture.store.pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA max_page_count = 1073741823") }
    #expect(Set(try fixture.store.apply(factories: many, in: run)) == [.accepted])
    try fixture.store.verifyIntegrity()
}

@Test func aRunForgetsTheRowsOfABatchThatFailed() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: [factory("A", "甲")])
    let run = ImportRun()
    try fixture.store.pool.writeWithoutTransaction { db in
        let pages = try #require(try Int.fetchOne(db, sql: "PRAGMA page_count"))
        #expect(try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages)") == pages)
    }
    let many = (0..<2000).map { factory("F\($0)", address: String(repeating: "路", count: 50)) }
    #expect(registryError { try fixture.store.apply(factories: [factory("A", "乙")] + many, in: run) } == .diskFull(path: fixture.path))
    #expect(try fixture.store.factory(id: "A")?.nameZH == "甲")
    // Not a duplicate: the first attempt never happened.
    #expect(try fixture.store.apply(factories: [factory("A", "丙")], in: run) == [.updated])
}

/// A file system of 2 MB in memory; nil where mounting is not allowed.
private final class SmallDisk {
    let folder = NSTemporaryDirectory() + "registry-disk-" + UUID().uuidString

    init?() {
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard mount("tmpfs", folder, "tmpfs", 0, "size=2m") == 0 else {
            try? FileManager.default.removeItem(atPath: folder)
            return nil
        }
    }

    static let isAvailable = SmallDisk() != nil

    deinit {
        umount2(folder, Int32(MNT_DETACH))
        try? FileManager.default.removeItem(atPath: folder)
    }
}

@Test(.enabled(if: SmallDisk.isAvailable, "needs the right to mount a tmpfs"))
func aFullDiskKeepsAllEarlierBatchesAndTheFileIsSound() throws {
    let disk = try #require(SmallDisk())
    let path = disk.folder + "/registry.db"
    let store = try RegistryStore(path: path, mode: .readWrite)
    var kept = 0
    var error: RegistryError?
    while error == nil, kept < 100_000 {
        let batch = (kept..<kept + 1000).map { factory("F\($0)", "厂\($0)", address: String(repeating: "路", count: 50)) }
        error = registryError { try store.apply(factories: batch) }
        if error == nil { kept += 1000 }
    }
    #expect(error == .diskFull(path: path))
    #expect(kept > 0)
    #expect(try store.counts().factories == kept)
    try store.verifyIntegrity()
    try store.close()
    let reopened = try RegistryStore(path: path, mode: .readOnly)
    #expect(try reopened.counts().factories == kept)
}

@Test func derivedIdsDependOnTheDataAlone() throws {
    let drafts = [
        factory(nil, "甲（苏州）有限公司"), factory(nil, "乙公司", code: "91350100M000100Y43"), factory(nil, "甲（苏州）有限公司", at: (113, 23)),
        factory(nil, "丙", code: "not a code"),
    ]
    func ids(_ drafts: [FactoryDraft]) throws -> Set<String> {
        let fixture = try StoreFixture()
        try fixture.store.apply(factories: drafts)
        var ids: Set<String> = []
        try fixture.store.forEachFactory { ids.insert(String(decoding: $0.id, as: UTF8.self)) }
        return ids
    }
    let expected = try ids(drafts)
    #expect(expected.count == 4)
    #expect(try ids(drafts.reversed()) == expected)
    // Another spelling at nearly the same place is the same factory.
    var respelt = drafts
    respelt[0] = factory(nil, "甲(苏州) 有限公司", at: (121.0001, 31.0002))
    #expect(try ids(respelt) == expected)
    // Kept for ever: an id that changed would make every factory new.
    #expect(expected.contains("code-91350100M000100Y43"))
    #expect(expected.filter { $0.hasPrefix("place-") }.allSatisfy { $0.count == 30 })
}

@Test func derivedRecordIdsTellDecisionsApart() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: [factory("A"), factory("B")])
    var numbered = record(nil, of: .init(id: "A"))
    numbered.documentNumber = "苏环罚〔2026〕1号"
    var other = numbered
    other.factory.id = "B"
    var air = numbered
    air.category = .air
    #expect(
        try fixture.store.apply(records: [numbered, other, air, record(nil, of: .init(id: "A"))]) == Array(repeating: .accepted, count: 4))
    // The same decision, now explained: the same record.
    numbered.state = .explained
    #expect(try fixture.store.apply(records: [numbered]) == [.updated])
}

@Test func everyBatchIsOneRowOfTheChangeFeed() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: [factory("A"), factory("B"), factory("C", nil)], in: ImportRun(source: "one.csv"))
    try fixture.store.apply(factories: [factory("A"), factory("B", "新")], in: ImportRun(source: "two.csv"))
    try fixture.store.apply(factories: [factory("A")])
    try fixture.store.apply(factories: [])
    let changes = try fixture.store.changes(after: 0)
    #expect(changes.map(\.sequence) == [1, 2])
    #expect(changes.map(\.accepted) == [2, 0] && changes.map(\.updated) == [0, 1])
    #expect(changes.map(\.source) == ["one.csv", "two.csv"] && changes.allSatisfy { $0.entity == "factories" })
    #expect(try fixture.store.changes(after: 1).map(\.sequence) == [2])
    #expect(try fixture.store.changes(after: 0, limit: 1).map(\.sequence) == [1])
}

@Test func aSyntheticRowMarksTheWholeRegistryForGood() throws {
    let fixture = try StoreFixture()
    #expect(try fixture.store.info == DatasetInfo())
    var draft = factory("A")
    draft.synthetic = true
    try fixture.store.apply(factories: [draft])
    #expect(try fixture.store.info.synthetic)
    #expect(try fixture.store.info.label.contains("SYNTHETIC"))
    try fixture.store.setDataset(DatasetInfo(synthetic: false, label: "", asOf: Day(iso: "2026-11-23")))
    #expect(try fixture.store.info.synthetic, "nobody can declare invented factories real")
    #expect(try fixture.store.info.label.contains("SYNTHETIC"))
    #expect(try fixture.store.info.asOf?.iso == "2026-11-23")
}

@Test func importsAreRememberedInTheirOrder() throws {
    let fixture = try StoreFixture()
    try fixture.store.recordImport(source: "a.csv", sha256: "00", report: "{}")
    try fixture.store.recordImport(source: "b.csv", report: "{\"accepted\":1}")
    #expect(try fixture.store.imports().map(\.source) == ["a.csv", "b.csv"])
    #expect(try fixture.store.imports().map(\.sha256) == ["00", nil])
}
