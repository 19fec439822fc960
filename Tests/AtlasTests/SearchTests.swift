// SearchTests.swift: search against brute force over the names themselves, and the cases that a person meets: spelling, order, counts.

import Foundation
import Registry
import Testing

@testable import Atlas

/// A registry with names in the shapes that search must cope with, and its snapshot.
private struct SearchAtlas: Sendable {
    let folder: TemporaryFolder
    let snapshot: Snapshot
    let names: [String: String]
    let former: [String: String]

    static let shared = Result { try SearchAtlas() }
    static let places = [
        PlaceName(code: 310_000, nameZH: "上海市"), PlaceName(code: 310_100, nameZH: "市辖区"), PlaceName(code: 310_115, nameZH: "浦东新区"),
        PlaceName(code: 320_000, nameZH: "江苏省"), PlaceName(code: 320_500, nameZH: "苏州市"), PlaceName(code: 320_583, nameZH: "昆山市"),
        PlaceName(code: 500_000, nameZH: "重庆市"), PlaceName(code: 440_000, nameZH: "广东省"),
    ]

    init() throws {
        folder = try TemporaryFolder()
        let store = try RegistryStore(path: folder.path + "/registry.db", mode: .readWrite)
        var random = SplitMix64(state: 7)
        let parts = [
            ["上海", "苏州", "重庆", "昆山市", "长沙", "ABC", ""], ["宏达", "海上", "化工", "（华东）", "三", "公司有", "𠮷田"],
            ["化工", "纺织", "电子科技", "染整"], ["有限公司", "有限责任公司", "厂", "集团", "公司"],
        ]
        var drafts: [FactoryDraft] = []
        var names: [String: String] = [:]
        var former: [String: String] = [:]
        for index in 0..<3_000 {
            var draft = FactoryDraft(
                line: index + 2, longitude: 121 + Double(index) * 1e-4, latitude: 31, sourceX: 121, sourceY: 31, sourceDatum: "wgs84")
            draft.id = "S\(index)"
            draft.nameZH = parts.map { $0[Int.random(in: 0..<$0.count, using: &random)] }.joined()
            if index % 7 == 0 { draft.formerName = "旧名" + (draft.nameZH ?? "") }
            if index % 3 == 0 { draft.nameEN = "Suzhou Hong-Da \(index) Chemical Co., Ltd." }
            draft.countyCode = [310_115, 320_583, 500_101, nil][index % 4]
            draft.disclosed = index % 2 == 0
            if index == 4 { draft.creditCode = "91350100M000100Y43" }
            names["S\(index)"] = draft.nameZH
            former["S\(index)"] = draft.formerName
            drafts.append(draft)
        }
        try store.apply(factories: drafts).requireNoRejects()
        var record = RecordDraft(
            line: 2, kind: .penalty, published: SampleAtlas.asOf, category: .water, state: .standing)
        record.id = "R1"
        record.factoryID = "S1234"
        try store.apply(records: [record]).requireNoRejects()
        let path = folder.path + "/atlas.snapshot"
        try SnapshotBuilder.build(store: store, output: path, asOf: SampleAtlas.asOf, placeNames: SearchAtlas.places)
        try store.close()
        snapshot = try Snapshot.open(path: path)
        self.names = names
        self.former = former
    }
}

@Suite struct SearchTests {
    private let atlas: SearchAtlas

    init() throws { atlas = try SearchAtlas.shared.get() }

    private func search(_ text: String, limit: Int = 2_000) throws -> SearchPage {
        atlas.snapshot.search(try SearchQuery(text), limit: limit)
    }

    /// Straight over the names: all words stand in the name, or in the former one.
    private func expected(_ words: [String]) -> Set<String> {
        Set(
            atlas.names.keys.filter { id in
                words.allSatisfy { word in
                    let folded = NameKey.normalized(word)
                    return [atlas.names[id], atlas.former[id]].contains { $0.map { NameKey.normalized($0).contains(folded) } ?? false }
                }
            })
    }

    @Test(arguments: [
        "上海", "海上", "上", "𠮷", "𠮷田", "公司", "有限公司", "公司有限", "化工厂", "(华东)", "（华东）化工", "昆山市宏达", "三染整厂", "旧名", "不存在", "工有",
        "海上纺织有限责任公司", "上海 染整", "厂 三", "有限 公司 化工 重庆", "上 海 工", "犭 公司",
    ])
    func chineseIsFoundByAnyPart(text: String) throws {
        let page = try search(text, limit: 100_000)
        let wanted = expected(text.split(separator: " ").map(String.init))
        let found = page.hits.map(\.factory.id)
        #expect(Set(found).count == found.count)
        if page.isAtLeast || page.total > Snapshot.searchCountLimit {
            #expect(found.count >= Snapshot.searchCountLimit)
            #expect(Set(found).isSubset(of: wanted))
            if !page.isAtLeast { #expect(page.total == wanted.count) }
        } else {
            #expect(Set(found) == wanted)
            #expect(page.total == wanted.count)
        }
        // What is shown as matching is what was asked for.
        for hit in page.hits.prefix(50) {
            let units = Array(hit.text.utf16)
            let marked = hit.ranges.map { NameKey.normalized(String(decoding: units[$0], as: UTF16.self)) }.joined(separator: "|")
            for word in text.split(separator: " ") where hit.field != .formerName || text.split(separator: " ").count == 1 {
                #expect(marked.contains(NameKey.normalized(String(word))), "\(hit.text) \(marked)")
            }
        }
    }

    @Test(arguments: [
        ("shhd", "上海宏达"), ("cqsr", "重庆三染"), ("zqsr", nil), ("cshd", "长沙宏达"), ("zshd", "长沙宏达"), ("hdhg", "宏达化工"), ("hd", "宏达"),
    ])
    func initialsFindTheReading(letters: String, name: String?) throws {
        let page = try search(letters, limit: 100_000)
        guard let name else {
            // 重 may be read z, so zqsr is found where 重庆三染 stands: both letters are kept.
            #expect(Set(page.hits.map(\.factory.id)) == Set(expected(["重庆三染"])))
            return
        }
        let found = Set(page.hits.filter { $0.field == .initials || $0.field == .initialsStart }.map(\.factory.id))
        #expect(!found.isEmpty)
        if !page.isAtLeast {
            #expect(found.isSuperset(of: atlas.names.filter { NameKey.normalized($0.value).contains(name) }.keys))
        }
    }

    @Test func theOrderIsWholeNameThenBeginningThenTheWorst() throws {
        let page = try search("海上", limit: 100_000)
        let fields = page.hits.map(\.field)
        #expect(fields == fields.sorted())
        #expect(fields.contains(.nameStart) && fields.contains(.name))
        for field in [SearchHit.Field.nameStart, .name] {
            let statuses = page.hits.filter { $0.field == field }.map(\.factory.status.rawValue)
            #expect(statuses == statuses.sorted())
        }
        let whole = try #require(atlas.names["S10"])
        #expect(try search(whole).hits.first.map { NameKey.normalized($0.text) } == NameKey.normalized(whole))
        // The one violating factory is first among its like.
        let violating = try #require(atlas.names["S1234"])
        #expect(try search(violating).hits.first?.factory.id == "S1234")
        let last = String(violating.suffix(2))
        let anywhere = try search(last, limit: 100_000).hits.filter { $0.field == .name }
        #expect(anywhere.count > 100)
        #expect(anywhere.first?.factory.id == "S1234")
    }

    @Test func idsAndCreditCodesAreFound() throws {
        #expect(try search("S77").hits.map(\.factory.id) == ["S77"])
        for text in ["91350100M000100Y43", "91350100m000100y43", "９１３５０１００M000100Y43", "913501 00M0"] {
            let hit = try #require(try search(text).hits.first)
            #expect(hit.factory.id == "S4")
            #expect(hit.field == .creditCode)
            #expect(hit.text == "91350100M000100Y43")
        }
        #expect(try search("91350100M000100Y44").hits.isEmpty)
        #expect(try search("9135").hits.isEmpty)
    }

    @Test(arguments: ["s77", "Ｓ７７", "ｓ７７", " S77\u{3000}", "s 77"])
    func anIdIsFoundHoweverItIsTyped(text: String) throws {
        let hit = try #require(try search(text).hits.first)
        #expect(hit.factory.id == "S77" && hit.field == .id && hit.text == "S77" && hit.ranges == [0..<3])
    }

    /// A snapshot of factories with ids, credit codes, and, of the ids in `violating`, a penalty.
    private func built(_ factories: [(id: String, code: String?)], violating: Set<String> = []) throws -> Snapshot {
        let folder = try TemporaryFolder()
        let store = try RegistryStore(path: folder.path + "/registry.db", mode: .readWrite)
        var drafts: [FactoryDraft] = []
        var records: [RecordDraft] = []
        for (index, factory) in factories.enumerated() {
            var draft = FactoryDraft(
                line: index + 2, longitude: 121 + Double(index) * 1e-4, latitude: 31, sourceX: 121, sourceY: 31, sourceDatum: "wgs84")
            draft.id = factory.id
            draft.nameZH = "某厂"
            draft.creditCode = factory.code
            draft.disclosed = index % 2 == 0
            drafts.append(draft)
            guard violating.contains(factory.id) else { continue }
            var record = RecordDraft(line: index + 2, kind: .penalty, published: SampleAtlas.asOf, category: .water, state: .standing)
            record.id = "R\(index)"
            record.factoryID = factory.id
            records.append(record)
        }
        try store.apply(factories: drafts).requireNoRejects()
        try store.apply(records: records).requireNoRejects()
        return try withExtendedLifetime(folder) {
            let path = folder.path + "/atlas.snapshot"
            try SnapshotBuilder.build(store: store, output: path, asOf: SampleAtlas.asOf)
            try store.close()
            return try Snapshot.open(path: path)
        }
    }

    @Test func idsThatDifferInLetterCaseAreToldApartByIt() throws {
        let snapshot = try built([("AB-1", nil), ("ab-1", nil), ("AB-12", nil), ("Ab", nil), ("b", nil)], violating: ["ab-1"])
        func found(_ text: String) throws -> [String] { snapshot.search(try SearchQuery(text), limit: 10).hits.map(\.factory.id) }
        #expect(try found("AB-1") == ["AB-1"] && found("ab-1") == ["ab-1"])
        // Spelled as neither is: both, the worse one first.
        #expect(try found("Ab-1") == ["ab-1", "AB-1"] && found("ａＢ－１") == ["ab-1", "AB-1"])
        #expect(try found("aB-12") == ["AB-12"] && found("aB") == ["Ab"] && found("B") == ["b"])
        #expect(try found("ab-").isEmpty && found("ab-13").isEmpty)
    }

    @Test func theOwnersOfCodesThatBeginSoComeWorstFirst() throws {
        // More than are counted; the worst have the last codes.
        let ids = (0..<2_500).map { (id: "C\($0)", code: "X1330921U" + String(10_000 + $0)) }
        let snapshot = try built(ids.map { ($0.id, $0.code) } + [("D", "X1330922U10000")], violating: ["C2400", "C2499", "D"])
        for text in ["X1330921U", "ｘ1330921ｕ"] {
            let page = snapshot.search(try SearchQuery(text), limit: 2_000)
            #expect(page.total == Snapshot.searchCountLimit && page.isAtLeast)
            #expect(Set(page.hits.prefix(2).map(\.factory.id)) == ["C2400", "C2499"])
            let statuses = page.hits.map(\.factory.status.rawValue)
            #expect(statuses == statuses.sorted())
            #expect(
                page.hits.allSatisfy { hit in hit.field == .creditCode && ids.contains { $0.id == hit.factory.id && $0.code == hit.text } })
            #expect(snapshot.search(try SearchQuery(text), limit: 10).hits == Array(page.hits.prefix(10)))
        }
        #expect(Set(snapshot.search(try SearchQuery("X13309"), limit: 3).hits.map(\.factory.id)) == ["C2400", "C2499", "D"])
        let few = snapshot.search(try SearchQuery("X1330921U124"), limit: 200)
        #expect(few.total == 100 && !few.isAtLeast && Set(few.hits.prefix(2).map(\.factory.id)) == ["C2400", "C2499"])
    }

    @Test func englishIsFoundByTheBeginningsOfWords() throws {
        #expect(try search("chem suz").total == 1_000)
        #expect(try search("hemical").total == 0)
        let page = try search("Suzhou hong 2997 chemical co., ltd.")
        #expect(page.hits.map(\.factory.id) == ["S2997"])
        #expect(page.hits.first?.field == .englishName)
    }

    @Test func syntaxOfOtherEnginesIsOnlyText() throws {
        for text in [
            "\"", "*", "上海*", "a OR b", "NEAR(上海, 2)", "'; DROP TABLE factories; --", "%", "_", "\\", "<script>", "\u{0}\u{1}x", "^上海$",
        ] {
            _ = try search(text)
        }
        #expect(try search("\"上海\"").total == search("上海").total)
        #expect(try search("%").total == 0)
    }

    @Test func queriesThatCannotBeAreRefusedByName() {
        for text in ["", "   ", "\u{3000}\u{200B}", String(repeating: "上", count: 101), String(repeating: "a", count: 10_000)] {
            #expect { try SearchQuery(text) } throws: { ($0 as? QueryError)?.parameter == "q" }
        }
        #expect(throws: Never.self) { try SearchQuery(String(repeating: "上", count: 100)) }
    }

    @Test func placesAreFoundWhereFactoriesAre() throws {
        func places(_ text: String) throws -> [String] {
            atlas.snapshot.searchPlaces(try SearchQuery(text), limit: 10).map(\.nameZH)
        }
        #expect(try places("苏州") == ["苏州市"])
        #expect(try places("江苏 昆山") == ["昆山市"])
        #expect(try places("shanghai") == ["上海市"])
        #expect(try places("cq") == ["重庆市"])
        #expect(try places("320583") == ["昆山市"])
        #expect(try places("广东").isEmpty)  // in the table, but nothing lies there
        #expect(try places("市辖区").isEmpty)
        let kunshan = try #require(atlas.snapshot.searchPlaces(try SearchQuery("昆山"), limit: 1).first)
        #expect(kunshan.within == ["江苏省", "苏州市"])
        #expect(kunshan.factories == 750)
        #expect(kunshan.west > 121 && kunshan.west < 121.05 && kunshan.east > 121.25 && kunshan.east < 121.3)
        #expect(kunshan.ranges == [0..<2])
    }

    @Test func aTableOfPlacesThatIsNoneIsRefused() {
        for text in ["", "name,code\n", "code,name_zh\n31,上海市\n", "code,name_zh\n310000\n", "code,name_zh\n310000,\n"] {
            #expect(throws: QueryError.self) { try PlaceName.table(csv: text) }
        }
        #expect(throws: Never.self) { try PlaceName.table(csv: "code,name_zh\r\n310000,上海市\r\n") }
    }
}
