// WatchListTests.swift: watch lists in the store: who is matched, who is only a candidate, what a person decides, and that a brand sees its own
// lists and nobody else's.

import Boundaries
import Foundation
import Testing

@testable import Registry

private let validCode = "91350100M000100Y43"
private let otherCode = "91330100799655058B"

@Suite struct WatchListTests {
    let fixture: StoreFixture
    let feed: ChangeFeed
    let writer: GroupWriter
    let brands: [Int64]

    var store: RegistryStore { fixture.store }

    init() async throws {
        fixture = try StoreFixture()
        try fixture.store.apply(factories: [
            factory("A", "苏州宏达印染有限公司", code: validCode, county: 320_505, address: "江苏省苏州市虎丘区路1号"),
            factory("B", "双胞胎厂", code: otherCode, county: 330_106, address: "浙江省杭州市西湖区路2号"),
            factory("C", "双胞胎厂", county: 440_106, address: "广东省广州市天河区路3号"),
            factory("D", "双胞胎厂", county: 440_111, address: "广东省广州市白云区路4号"),
            factory("E", "独一无二厂", county: 110_105, address: "北京市朝阳区路5号"),
            factory("F", "苏州宏大印染有限公司", county: 320_505, address: "江苏省苏州市虎丘区路6号"),
        ])
        try fixture.store.apply(brands: [brand("B1"), brand("B2")])
        feed = try ChangeFeed(store: fixture.store)
        writer = GroupWriter(store: fixture.store, feed: feed)
        try await writer.submit(as: .commandLine) { try $0.prepareMatching() }
        brands = try fixture.store.brands().map(\.pk)
    }

    private func supplier(
        _ name: String? = nil, place: String? = nil, code: String? = nil, id: String? = nil, ref: String? = nil
    ) -> SupplierDraft {
        var draft = SupplierDraft(line: 2)
        draft.name = name
        draft.place = place
        draft.creditCode = code
        draft.factoryID = id
        draft.reference = ref
        return draft
    }

    /// `=A code` for a match, `?C,D` for candidates, `-` for none.
    private func outcome(_ supplier: SupplierDraft, similar: [String] = []) throws -> String {
        let match = try store.match([supplier]) { _ in similar }[0].match
        func id(_ pk: Int64) throws -> String { try store.factory(pk: pk)?.id ?? "?" }
        switch match {
        case .matched(let factory, let basis): return "=\(try id(factory)) \(basis.name)"
        case .candidates(let candidates):
            return candidates.isEmpty ? "-" : "?" + (try candidates.map { try id($0.factoryPK) }.joined(separator: ","))
        }
    }

    @Test func onlyACodeOrANameWithItsPlaceMatchesByItself() throws {
        #expect(try outcome(supplier(code: validCode)) == "=A credit_code")
        #expect(try outcome(supplier("别的名字", code: validCode)) == "=A credit_code")
        #expect(try outcome(supplier("苏州宏达(印染) 有限公司".replacingOccurrences(of: "(印染)", with: "印染"), place: "苏州市")) == "=A name_and_place")
        #expect(try outcome(supplier("双胞胎厂", place: "杭州市")) == "=B name_and_place")
        #expect(try outcome(supplier("双胞胎厂", place: "330100")) == "=B name_and_place")
        #expect(try outcome(supplier("独一无二厂", place: "北京市")) == "=E name_and_place")
        #expect(try outcome(supplier(id: "C")) == "=C factory_id")
        #expect(try outcome(supplier("独一无二厂", id: "nowhere")) == "?E")
    }

    @Test func whatIsLessIsForAPersonToSay() throws {
        // A name alone, though only one factory has it.
        #expect(try outcome(supplier("独一无二厂")) == "?E")
        // A province is no prefecture.
        #expect(try outcome(supplier("双胞胎厂", place: "浙江省")) == "?B,C,D")
        #expect(try outcome(supplier("双胞胎厂", place: "33")) == "?B,C,D")
        // Two in one city; the one elsewhere comes last.
        #expect(try outcome(supplier("双胞胎厂", place: "广州市")) == "?C,D,B")
        // The right name and place with the valid code of another company.
        #expect(try outcome(supplier("独一无二厂", place: "北京市", code: otherCode)) == "=B credit_code")
        #expect(
            try outcome(supplier("双胞胎厂", place: "杭州市", code: "91310000MA1FL0000" + "X")).hasPrefix("?")
                || CreditCode.isValid("91310000MA1FL0000X") == false)
        #expect(try outcome(supplier("没有的厂", place: "苏州市")) == "-")
        #expect(try outcome(supplier("苏州宏达纺织印染厂", place: "苏州市"), similar: ["A", "F", "E"]) == "?A,F")
    }

    @Test func aCandidateHasAScoreAndItsReason() throws {
        guard case .candidates(let candidates) = try store.match([supplier("双胞胎厂", place: "广州市")])[0].match else {
            Issue.record("matched")
            return
        }
        // 0.6 · 1 + 0.25 · place + 0.15 · 0.5
        #expect(candidates.map(\.score) == [0.925, 0.925, 0.675])
        #expect(candidates[0].reason == "the same name; the place fits; no credit codes to compare")
        #expect(candidates[2].reason == "the same name; it lies elsewhere; no credit codes to compare")
    }

    /// A store with borders around 121° E, 31° N, as `factory` puts its factories there unless told otherwise.
    private func placed(_ code: Int32, _ county: String, _ names: [Int32: (zh: String, en: String)]) throws -> StoreFixture {
        let fixture = try StoreFixture()
        let (x, y, d) = (Int32(1_205_000_000), Int32(305_000_000), Int32(10_000_000))
        let ring = [Corner(x: x, y: y), Corner(x: x + d, y: y), Corner(x: x + d, y: y + d), Corner(x: x, y: y + d)]
        let outline = PlaceOutline(
            code: code, level: PlaceCode.level(of: code), nameZH: county, parent: PlaceCode.prefecture(of: code),
            outline: Outline(polygons: [[ring]]), source: PlaceSource(edition: "2024", source: "a test"))
        _ = try fixture.store.replacePlaces(with: [outline], names: names)
        try fixture.store.apply(factories: [factory("P", "独一无二纺织有限公司")])
        return fixture
    }

    /// The basis of the match; or the score and the reason of the candidate.
    private func found(_ place: String, in fixture: StoreFixture) throws -> String {
        switch try fixture.store.match([supplier("独一无二纺织有限公司", place: place)])[0].match {
        case .matched(_, let basis): return basis.name
        case .candidates(let candidates): return candidates.map { "\($0.score) \($0.reason)" }.joined(separator: "|")
        }
    }

    private static func said(_ score: Double, _ place: String) -> String {
        "\(score) the same name; \(place); no credit codes to compare"
    }

    @Test func aPlaceIsKnownByItsShortAndItsEnglishName() throws {
        let shanghai = try placed(310_101, "黄浦区", [310_000: ("上海市", "Shanghai"), 310_100: ("市辖区", "")])
        for place in [
            "上海", "上海市", "310101", "31", "Shanghai", "SHANGHAI, China", "Shanghai (上海)", "上海黄浦", "中国上海市黄浦区", "Huangpu District, Shanghai",
        ] {
            #expect(try found(place, in: shanghai) == "name_and_place", "\(place)")
        }
        for place in ["北京", "天津", "重庆", "内蒙古", "广西", "Inner Mongolia", "Xi’an", "江苏省苏州市昆山市", "Suzhou, Jiangsu", "320500"] {
            #expect(try found(place, in: shanghai) == WatchListTests.said(0.675, "it lies elsewhere"), "\(place)")
        }
        let zhoushan = try placed(330_902, "定海区", [330_000: ("浙江省", "Zhejiang"), 330_900: ("舟山市", "")])
        for place in [
            "舟山", "舟山市", "浙江舟山", "浙江省舟山市", "浙江省舟山市定海区", "Zhoushan", "Zhoushan City, Zhejiang Province", "Zhejiang Zhoushan", "Dinghai",
        ] {
            #expect(try found(place, in: zhoushan) == "name_and_place", "\(place)")
        }
        // A province is no prefecture.
        for place in ["浙江", "Zhejiang"] {
            #expect(try found(place, in: zhoushan) == WatchListTests.said(0.925, "the place fits"), "\(place)")
        }
        let kunshan = try placed(320_583, "昆山市", [320_000: ("江苏省", "Jiangsu"), 320_500: ("苏州市", "")])
        for place in ["江苏省苏州市昆山市", "江苏昆山", "昆山", "Kunshan", "Suzhou, Jiangsu, China"] {
            #expect(try found(place, in: kunshan) == "name_and_place", "\(place)")
        }
        // 苏州 and 宿州 are both Suzhou.
        #expect(try found("Suzhou", in: kunshan) == WatchListTests.said(0.925, "the place fits"))
    }

    @Test func aPlaceThatIsNotKnownIsNoOtherPlace() throws {
        let fixture = try placed(330_902, "定海区", [330_000: ("浙江省", "Zhejiang"), 330_900: ("舟山市", "")])
        for place in ["亚特兰蒂斯", "Atlantis", "999999", "浙江苏州", "上海路"] {
            #expect(try found(place, in: fixture) == WatchListTests.said(0.8, "the place is not known"), "\(place)")
        }
        for place in ["中国", "China", "P.R. China"] {
            #expect(try found(place, in: fixture) == WatchListTests.said(0.8, "no place was given"), "\(place)")
        }
        // Neither is a factory of which nobody knows where it lies elsewhere.
        let bare = try StoreFixture()
        try bare.store.apply(factories: [factory("P", "独一无二纺织有限公司")])
        #expect(try found("舟山", in: bare) == WatchListTests.said(0.8, "where exactly it lies is not known"))
        try bare.store.apply(factories: [factory("P", "独一无二纺织有限公司", address: "浙江省舟山市定海区路1号")])
        #expect(try found("舟山", in: bare) == "name_and_place")
        #expect(try found("宁波", in: bare) == WatchListTests.said(0.675, "it lies elsewhere"))
    }

    private func addList(_ suppliers: [SupplierDraft], name: String = "名单", brand: Int64? = nil) async throws -> String {
        let matched = try store.match(suppliers)
        let owner = brand ?? brands[0]
        return try await writer.submit(as: .commandLine) { try $0.addWatchList(name: name, brand: owner, suppliers: matched) }
    }

    private func states(_ list: String, brand: Int64? = nil) throws -> [String]? {
        try store.watchEntries(ofList: list, brand: brand ?? brands[0], limit: 100)?.map { "\($0.state.name) \($0.factory?.id ?? "-")" }
    }

    @Test func aPersonConfirmsAndRejects() async throws {
        let (brand, _) = (brands[0], brands[1])
        let list = try await addList([supplier("双胞胎厂", place: "广州市"), supplier(code: validCode), supplier("没有的厂")])
        #expect(try states(list) == ["candidates -", "matched A", "unmatched -"])
        try await writer.submit(as: .commandLine) { try $0.reject(entry: 1, ofWatchList: list, brand: brand, factoryID: "C") }
        #expect(try store.watchEntries(ofList: list, brand: brand, limit: 1)?.first?.candidates.map(\.factory.id) == ["D", "B"])
        try await writer.submit(as: .commandLine) { try $0.confirm(entry: 1, ofWatchList: list, brand: brand, factoryID: "D") }
        #expect(try states(list)?.first == "matched D")
        #expect(try store.watchEntries(ofList: list, brand: brand, limit: 1)?.first?.basis == .confirmed)
        // A match that the program made can be taken back, and is not made again.
        try await writer.submit(as: .commandLine) { try $0.reject(entry: 2, ofWatchList: list, brand: brand, factoryID: nil) }
        #expect(try states(list)?[1] == "rejected -")
        let found = try await writer.submit(as: .commandLine) { try $0.rematch() }
        #expect(found == 0)
        #expect(try states(list)?[1] == "rejected -")
        // A person may name a factory that was not proposed, but not one that is not there.
        try await writer.submit(as: .commandLine) { try $0.confirm(entry: 3, ofWatchList: list, brand: brand, factoryID: "E") }
        #expect(try states(list)?[2] == "matched E")
        await #expect(throws: WriteRefusal.self) {
            try await writer.submit(as: .commandLine) { try $0.confirm(entry: 3, ofWatchList: list, brand: brand, factoryID: "nowhere") }
        }
        await #expect(throws: WriteRefusal.self) {
            try await writer.submit(as: .commandLine) { try $0.confirm(entry: 9, ofWatchList: list, brand: brand, factoryID: "E") }
        }
    }

    @Test func decisionsOutliveANewUploadOfTheSameList() async throws {
        let brand = brands[0]
        let suppliers = [supplier("双胞胎厂", place: "广州市", ref: "S-1"), supplier("没有的厂", ref: "S-2")]
        let list = try await addList(suppliers)
        try await writer.submit(as: .commandLine) { try $0.confirm(entry: 1, ofWatchList: list, brand: brand, factoryID: "D") }
        let again = try store.match([suppliers[1], suppliers[0], supplier(code: otherCode)])
        try await writer.submit(as: .commandLine) { try $0.putSuppliers(again, intoWatchList: list, brand: brand, replacing: true) }
        #expect(try states(list) == ["unmatched -", "matched D", "matched B"])
        try await writer.submit(as: .commandLine) { try $0.putSuppliers(again, intoWatchList: list, brand: brand, replacing: false) }
        #expect(try states(list)?.count == 6)
        #expect(try store.watchList(list, ofBrand: brand)?.counts[.matched] == 3)
    }

    @Test func aFactoryThatAppearsLaterIsFound() async throws {
        let list = try await addList([supplier("新来的厂", place: "南京市"), supplier(code: "91320100MA00000000"), supplier("新来的厂")])
        #expect(try states(list) == ["unmatched -", "unmatched -", "unmatched -"])
        try store.apply(factories: [factory("N", "新来的厂", county: 320_102, address: "江苏省南京市玄武区")])
        let pk = try #require(try store.factory(id: "N")?.pk)
        let found = try await writer.submit(as: .commandLine) { try $0.rematch(factory: pk) }
        #expect(found == 1)
        #expect(try states(list) == ["matched N", "unmatched -", "candidates -"])
    }

    @Test func anotherBrandsListIsNotThere() async throws {
        let other = brands[1]
        let list = try await addList([supplier(code: validCode)])
        #expect(try store.watchList(list, ofBrand: other) == nil)
        #expect(try states(list, brand: other) == nil)
        #expect(try store.screen(list: list, brand: other, limit: 10) == nil)
        #expect(try store.watchLists(ofBrand: other).isEmpty)
        let writes: [@Sendable (WriteContext) throws -> Void] = [
            { try $0.renameWatchList(list, brand: other, to: "x") }, { try $0.removeWatchList(list, brand: other) },
            { try $0.confirm(entry: 1, ofWatchList: list, brand: other, factoryID: "A") },
            { try $0.reject(entry: 1, ofWatchList: list, brand: other, factoryID: nil) },
            { try $0.putSuppliers([], intoWatchList: list, brand: other, replacing: true) },
            { try $0.removeEntry(1, ofWatchList: list, brand: other) },
        ]
        for write in writes {
            // Word for word what is said of a list that does not exist.
            await #expect(throws: WriteRefusal(.notFound, field: "id", reason: "there is no such watch list")) {
                try await writer.submit(as: .commandLine, write)
            }
        }
        #expect(try states(list) == ["matched A"])
    }

    @Test func watchingLeavesNoTraceInTheFeedAndNoSupplierInTheAuditLog() async throws {
        let head = feed.head
        let list = try await addList([supplier("双胞胎厂", place: "广州市"), supplier(code: validCode)], name: "秘密")
        let brand = brands[0]
        try await writer.submit(as: .commandLine) { try $0.confirm(entry: 1, ofWatchList: list, brand: brand, factoryID: "D") }
        #expect(try store.headOfChanges() == head)
        let audit = try store.read { db in
            let row = try RawStatement(db, path: fixture.path, sql: "SELECT action, subject, detail FROM audit")
            var lines: [String] = []
            while try row.step() { lines.append([row.text(0), row.text(1), row.text(2)].compactMap(\.self).joined(separator: " ")) }
            return lines
        }
        #expect(audit.contains { $0.hasPrefix("watchlist.confirmed \(list)") })
        for line in audit { for word in ["双胞胎", validCode, "广州", "秘密"] { #expect(!line.contains(word)) } }
    }

    @Test func screeningSaysWhatStandsNow() async throws {
        var standing = record("R1", of: FactoryReference(id: "A"), Day.today().iso)
        standing.fineCNY = 200_000
        var explained = record("R2", of: FactoryReference(id: "A"), "2020-01-01")
        explained.state = .explained
        var withdrawn = record("R3", of: FactoryReference(id: "A"), "2020-01-02")
        withdrawn.state = .withdrawn
        try store.apply(records: [standing, explained, withdrawn])
        let list = try await addList([supplier(code: validCode), supplier("没有的厂"), supplier(id: "E")])
        let pk = try #require(try store.factory(id: "E")?.pk)
        for (subject, kinds) in [("E/1/COD", ["started"]), ("E/2/SO2", ["started", "ended"])] {
            for kind in kinds {
                _ = try await writer.submit(as: .commandLine) {
                    try $0.change(kind: "monitoring.exceedance_\(kind)", factoryPK: pk, subject: subject, data: #"{"multiple":0.5}"#)
                }
            }
        }
        // What ends without naming an outlet ends everything at the factory.
        let other = try #require(try store.factory(id: "A")?.pk)
        for (subject, kind) in [("A/1/COD", "started"), (nil, "ended"), ("A/2/SO2", "started")] as [(String?, String)] {
            _ = try await writer.submit(as: .commandLine) {
                try $0.change(kind: "monitoring.exceedance_\(kind)", factoryPK: other, subject: subject)
            }
        }
        let screened = try #require(try store.screen(list: list, brand: brands[0], limit: 10))
        #expect(screened.map(\.factory.id) == ["A", "E"])
        #expect(screened[0].assessment.status == .violating)
        #expect(screened[0].standing.map(\.id) == ["R1"] && screened[0].standing[0].severity == 3)
        #expect(screened[0].open.map(\.id) == ["R2"])
        #expect(screened[0].exceedances.map(\.subject) == ["A/2/SO2"])
        #expect(screened[1].standing.isEmpty && screened[1].exceedances.map(\.subject) == ["E/1/COD"])
    }

    @Test func aListIsReadInAnyEncodingByAnyNamesOfItsColumns() throws {
        let rows = "供应商编号,供应商名称,统一社会信用代码,城市,层级,标签\nS-1,苏州宏达印染有限公司,\(validCode),苏州市,1,印染；牛仔\nS-2,,,,2,\nS-3,双胞胎厂,,杭州市,12,\n,,,,,\n"
        // The same in GB18030, by Python's codec.
        let gb = try #require(
            Data(
                base64Encoded: "uanTpsnMseC6xSy5qdOmyczD+7PGLM2z0rvJ57vh0MXTw7T6wusss8fK0Cyy47y2LLHqx6kKUy0xLMvV1t266rTv06HIvtPQz965q8u+LD"
                    + "kxMzUwMTAwTTAwMDEwMFk0MyzL1dbdytAsMSzToci+o7vFo9fQClMtMiwsLCwyLApTLTMsy6uw+8yls6csLLq81t3K0CwxMiwKLCwsLCwK"))
        for bytes in [Array(rows.utf8), Array(gb), Array(("\u{FEFF}" + rows).utf8), gzipped(Array(rows.utf8))] {
            let list = try SupplierListReader.read(upload: bytes)
            #expect(list.suppliers.map(\.reference) == ["S-1"])
            #expect(list.suppliers[0].name == "苏州宏达印染有限公司" && list.suppliers[0].creditCode == validCode && list.suppliers[0].place == "苏州市")
            #expect(list.suppliers[0].tier == 1 && list.suppliers[0].tags == ["印染", "牛仔"])
            #expect(list.rejects.map(\.line) == [3, 4] && list.rejects.map(\.field) == ["name", "tier"])
        }
        let english = try SupplierListReader.read(upload: Array("Vendor ID\tSupplier\tCity\n7\tHongda\tSuzhou\n".utf8))
        #expect(english.suppliers.first?.reference == "7" && english.suppliers.first?.name == "Hongda")
    }

    @Test func whatIsNoListIsSaidInWordsWithoutAPathOrAnOption() {
        let tooMany = "name\n" + String(repeating: "x\n", count: SupplierListReader.mostSuppliers + 1)
        let cases: [(bytes: [UInt8], words: String)] = [
            (Array("a,b\n1,2\n".utf8), "credit_code, name or factory_id"),
            (Array("a,b\n1,2\n".utf8), "its columns are a, b. Rename the one that is meant"),
            ([0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 200), "not a text file"),
            (Array("name\nx".utf8) + [0xFF, 0xFF, 0x0A], "save it in UTF-8"),
            ("name\nsupplier one\n".utf8.flatMap { [$0, 0] }, "save it as CSV in UTF-8"),
            (Array("name,name\nx,y\n".utf8), "two columns"), (Array("name\n\"open".utf8), "quote"), ([], "header"),
            (Array(tooMany.utf8), "the list has more than 20000 suppliers"),
        ]
        for (bytes, words) in cases {
            do {
                _ = try SupplierListReader.read(upload: bytes)
                Issue.record("it was read: \(words)")
            } catch {
                #expect("\(error)".contains(words) && !"\(error)".contains("/proc") && !"\(error)".contains("--"), "\(error)")
            }
        }
    }
}
