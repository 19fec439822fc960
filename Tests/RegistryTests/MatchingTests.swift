// MatchingTests.swift: which factory a row without an id means: never a silent guess.

import Foundation
import Testing

@testable import Registry

private let validCode = "91350100M000100Y43"
private let otherCode = "91330100799655058B"

/// Applies one record for each reference and says the factory it went to, or the reason why not.
private func resolve(_ store: RegistryStore, _ references: [FactoryReference]) throws -> [String] {
    let drafts = references.enumerated().map { record("M\($0)-\(UUID().uuidString)", of: $1) }
    let outcomes = try store.apply(records: drafts)
    return try zip(drafts, outcomes).map { draft, outcome in
        if let refusal = outcome.refusal { return "\(refusal.field): \(refusal.reason)" }
        for id in ["A", "B", "C", "D", "E", "F"] {
            if try store.factory(id: id)?.records.contains(where: { $0.id == draft.id }) == true { return id }
        }
        return "?"
    }
}

@Test func aRowIsFoundByIdThenByCodeThenByNameAndPlace() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: [
        factory("A", "苏州甲（合成）有限公司", code: validCode, county: 320_505, address: "江苏省苏州市吴中区路1号"),
        factory("B", "双胞胎厂", code: otherCode, county: 330_106, address: "浙江省杭州市西湖区路2号"),
        factory("C", "双胞胎厂", county: 440_106, address: "广东省广州市天河区路3号"),
        factory("D", "同码一厂", code: "SAME", county: 110_101), factory("E", "同码二厂", code: "SAME", county: 110_102),
    ])
    #expect(
        try resolve(
            fixture.store,
            [
                .init(id: "A"), .init(id: "A", creditCode: otherCode), .init(creditCode: validCode),
                .init(creditCode: validCode, name: "别的名字"),
                .init(name: "苏州甲(合成) 有限公司"), .init(name: "苏州甲（合成）有限公司", place: "苏州市"), .init(name: "双胞胎厂", place: "杭州市"),
                .init(name: "双胞胎厂", place: "广东省广州市"), .init(name: "双胞胎厂", place: "440000"), .init(name: "双胞胎厂", place: "3301"),
                .init(creditCode: "SAME", name: "同码二厂"), .init(creditCode: "UNKNOWN", name: "同码一厂"),
                .init(name: "双胞胎厂", place: "Zhejiang, 杭州市"),
            ]) == ["A", "A", "A", "A", "A", "A", "B", "C", "C", "B", "E", "D", "B"])
}

@Test func whatStaysAmbiguousIsRejectedWithTheNumberOfCandidates() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: [
        factory("A", "双胞胎厂", code: validCode, county: 330_106, address: "浙江省杭州市"), factory("B", "双胞胎厂", county: 330_106, address: "浙江省杭州市"),
        factory("C", "同码", code: "SAME"), factory("D", "同码二", code: "SAME"),
    ])
    let reasons = try resolve(
        fixture.store,
        [
            .init(name: "双胞胎厂"), .init(name: "双胞胎厂", place: "杭州市"), .init(name: "双胞胎厂", place: "上海市"), .init(creditCode: "SAME"),
            .init(creditCode: "NONE"), .init(name: "没有"), .init(), .init(name: "  "), .init(name: "双胞胎厂", place: "1101"),
        ])
    #expect(reasons[0] == "factory_name: 2 factories have this name, 2 of them fit the place and the credit code")
    #expect(reasons[1] == "factory_name: 2 factories have this name, 2 of them fit the place and the credit code")
    #expect(reasons[2] == "factory_name: 2 factories have this name, 0 of them fit the place and the credit code")
    #expect(reasons[3] == "credit_code: 2 factories have this credit code")
    #expect(reasons[4] == "credit_code: no factory has this credit code")
    #expect(reasons[5] == "factory_name: no factory has this name")
    #expect(reasons[6].hasPrefix("factory_id: names no factory") && reasons[7] == reasons[6])
    #expect(reasons[8].contains("0 of them fit"))
}

@Test func twoValidCodesThatDifferAreTwoCompaniesWhateverTheirName() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: [factory("A", "同名厂", code: validCode)])
    #expect(
        try resolve(fixture.store, [.init(creditCode: otherCode, name: "同名厂")])[0].hasPrefix("factory_name: 1 factories have this name, 0"))
    // A code with a wrong check character proves nothing.
    #expect(try resolve(fixture.store, [.init(creditCode: "91330100799655058C", name: "同名厂")]) == ["A"])
    try fixture.store.apply(factories: [factory("B", "同名厂", code: otherCode)])
    #expect(try resolve(fixture.store, [.init(creditCode: otherCode, name: "同名厂")]) == ["B"])
}

@Test func englishAndFormerNamesAreFoundTooButACurrentNameGoesFirst() throws {
    let fixture = try StoreFixture()
    var renamed = factory("A", "新名厂")
    renamed.formerName = "旧名厂"
    var english = factory("B", nil)
    english.nameEN = "Suzhou Test Co., Ltd."
    var namesake = factory("C", "第三厂")
    namesake.formerName = "新名厂"
    try fixture.store.apply(factories: [renamed, english, namesake])
    #expect(
        try resolve(fixture.store, [.init(name: "旧名厂"), .init(name: "SUZHOU TEST CO.,LTD."), .init(name: "新名厂")]) == ["A", "B", "A"])
}

@Test(arguments: [
    ("苏州甲（合成）有限公司", "苏州甲(合成)有限公司"), ("ＡＢＣ１２３", "abc123"), ("Abc  １２ 3", "abc123"), ("【甲】", "(甲)"), ("甲\u{3000}乙\u{200B}\u{FEFF}", "甲乙"),
    ("ÉCOLE", "école"), ("", ""), (" \t\n", ""),
])
func spellingsOfOneNameShareAKey(_ name: String, _ key: String) {
    #expect(NameKey.normalized(name) == key)
    #expect(NameKey.hash(name) == NameKey.hash(key))
    #expect((NameKey.hash(name) == nil) == key.isEmpty)
}

@Test func aFactoryWithoutIdIsTheOneThatAloneHasItsCode() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: [factory("A", "甲", code: validCode)])
    #expect(try fixture.store.apply(factories: [factory(nil, "甲改", code: validCode)]) == [.updated])
    #expect(try fixture.store.factory(id: "A")?.nameZH == "甲改")
    // Two have the code: a third row is a factory of its own, the same one each time.
    try fixture.store.apply(factories: [factory("B", "乙", code: validCode)])
    #expect(try fixture.store.apply(factories: [factory(nil, "丙", code: validCode)]) == [.accepted])
    #expect(try fixture.store.apply(factories: [factory(nil, "丙", code: validCode)]) == [.unchanged])
    // Invalid codes are often placeholders: they bring nobody together.
    #expect(
        try fixture.store.apply(factories: [factory(nil, "丁", code: "000"), factory(nil, "戊", code: "000")]) == [.accepted, .accepted])
    #expect(try fixture.store.counts().factories == 5)
}

@Test func rowsSeeTheFactoriesOfTheirOwnBatch() throws {
    let fixture = try StoreFixture()
    let run = ImportRun()
    #expect(
        try fixture.store.apply(factories: [factory(nil, "甲", code: validCode), factory(nil, "甲", code: validCode)], in: run)
            == [.accepted, .unchanged])
    #expect(try fixture.store.apply(factories: [factory(nil, "乙", code: validCode)], in: run)[0].refusal?.field == "credit_code")
}

@Test func aNameOfAThousandFactoriesIsRefusedWithoutComparingThemAll() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: (0..<1500).map { factory("F\($0)", "个体工商户") })
    #expect(try resolve(fixture.store, [.init(name: "个体工商户")])[0].contains("1000 factories or more"))
}
