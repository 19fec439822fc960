// WatchRuleTests.swift: rules of watchers: what they mean, that their words say it, and that a rule which could not mean anything is refused.

import Testing

@testable import Registry

private func rule(_ json: String) throws -> WatchRule { try WatchRule(JSONBody(Array(json.utf8))) }

private func event(_ kind: WatchEventKind, _ severity: Int? = nil, _ category: RecordCategory? = nil) -> WatchEvent {
    WatchEvent(sequence: 1, kind: kind, severity: severity, category: category)
}

private let anyone = [WatchedSupplier(listID: "wl_1", listName: "一")]

@Test func aRuleAsksOfRecordsWhatItNamesAndOfOtherEventsOnlyTheirKind() throws {
    let rule = try rule(
        #"{"name":"n","events":["record.added","monitoring.exceedance_started"],"min_severity":3,"categories":["water","air"],"subscription":"sub_1"}"#
    )
    #expect(rule.severities == [3, 4, 5] && rule.timing == .atOnce && rule.isEnabled && rule.suppliers.isEveryone)
    // Every combination against the sentence: severity 3 to 5 and water or air for records; exceedances always; nothing else.
    for kind in WatchEventKind.allCases {
        for severity in [nil, 1, 2, 3, 4, 5] {
            for category in [nil, RecordCategory.water, .air, .noise] {
                let expected: Bool
                switch kind {
                case .recordAdded: expected = (severity ?? 3) >= 3 && [nil, .water, .air].contains(category)
                case .exceedanceStarted: expected = true
                default: expected = false
                }
                #expect(rule.concerns(event(kind, severity, category), suppliers: anyone) == expected, "\(kind) \(severity ?? 0)")
            }
        }
    }
}

@Test func aRuleChoosesSuppliersByListTagAndTier() throws {
    let rule = try rule(
        #"{"name":"n","events":["record.added"],"suppliers":{"lists":["wl_1"],"tags":["denim","dye"],"tiers":[1,2]},"subscription":"sub_1"}"#
    )
    func chooses(_ list: String, _ tags: [String], _ tier: Int?) -> Bool {
        rule.concerns(event(.recordAdded), suppliers: [WatchedSupplier(listID: list, listName: "", tags: tags, tier: tier)])
    }
    #expect(chooses("wl_1", ["dye"], 1) && chooses("wl_1", ["x", "denim"], 2))
    #expect(!chooses("wl_2", ["dye"], 1) && !chooses("wl_1", [], 1) && !chooses("wl_1", ["dye"], 3) && !chooses("wl_1", ["dye"], nil))
    // One entry of several is enough; parts of two entries are not.
    let entries = [
        WatchedSupplier(listID: "wl_1", listName: "", tags: ["x"], tier: 1),
        WatchedSupplier(listID: "wl_2", listName: "", tags: ["dye"], tier: 1),
    ]
    #expect(!rule.concerns(event(.recordAdded), suppliers: entries))
    #expect(
        rule.concerns(event(.recordAdded), suppliers: entries + [WatchedSupplier(listID: "wl_1", listName: "", tags: ["dye"], tier: 2)]))
    #expect(!rule.concerns(event(.recordAdded), suppliers: []))
    var off = rule
    off.isEnabled = false
    #expect(!off.concerns(event(.recordAdded), suppliers: [WatchedSupplier(listID: "wl_1", listName: "", tags: ["dye"], tier: 1)]))
}

@Test func aRuleIsShownInWords() throws {
    let serious = try rule(
        #"{"name":"n","events":["monitoring.exceedance_started","record.added"],"min_severity":4,"categories":["hazardous_waste"],"subscription":"sub_1"}"#
    )
    #expect(
        serious.words(target: "webhook ERP")
            == "On a new record (severity 4 or 5; about hazardous waste) or the first hour of an exceedance at any supplier: push to webhook ERP at once; while an exceedance lasts, it is in the daily digest."
    )
    #expect(
        serious.wordsZH(target: "webhook ERP") == "任一供应商出现新增记录（严重程度4、5级；危险废物）、在线监测开始超标（首小时）时，立即推送到webhook ERP；超标持续期间列入每日摘要。")
    let daily = try rule(
        #"{"name":"n","events":["record.verified","record.explained"],"suppliers":{"tiers":[1],"tags":["牛仔"]},"subscription":"sub_2","when":"daily","enabled":false}"#
    )
    #expect(
        daily.words()
            == "On an explanation or a verified correction at suppliers of tier 1, tagged '牛仔': gather for the daily digest to sub_2 (switched off)."
    )
    #expect(daily.wordsZH() == "第1级、标签为“牛仔”的供应商出现企业说明、整改核实通过时，汇总到sub_2的每日摘要（已停用）。")
}

@Test func aStoredRuleIsReadAsItWas() throws {
    let rule = WatchRule(
        name: "规则 \"一\"", events: [.recordAdded, .recordRelapsed], severities: [2, 5], categories: [.air, .dataFalsification],
        suppliers: SupplierChoice(lists: ["wl_a"], tags: ["a;b", "\\"], tiers: [3]), subscription: "sub_x", timing: .daily, isEnabled: false
    )
    #expect(try WatchRule(JSONBody(Array(rule.jsonText.utf8))) == rule)
}

@Test(arguments: [
    ("name", #"{"events":["record.added"],"subscription":"s"}"#), ("name", #"{"name":"  ","events":["record.added"],"subscription":"s"}"#),
    ("events", #"{"name":"n","subscription":"s"}"#), ("events", #"{"name":"n","events":[],"subscription":"s"}"#),
    ("events", #"{"name":"n","events":["record.aded"],"subscription":"s"}"#),
    ("events", #"{"name":"n","events":"record.added","subscription":"s"}"#),
    ("subscription", #"{"name":"n","events":["record.added"]}"#),
    ("severities", #"{"name":"n","events":["record.added"],"severities":[6],"subscription":"s"}"#),
    ("severities", #"{"name":"n","events":["record.added"],"severities":[1.5],"subscription":"s"}"#),
    ("severities", #"{"name":"n","events":["factory.moved"],"severities":[1],"subscription":"s"}"#),
    ("min_severity", #"{"name":"n","events":["record.added"],"severities":[1],"min_severity":2,"subscription":"s"}"#),
    ("min_severity", #"{"name":"n","events":["record.added"],"min_severity":1e999,"subscription":"s"}"#),
    ("categories", #"{"name":"n","events":["record.added"],"categories":["waste"],"subscription":"s"}"#),
    ("suppliers", #"{"name":"n","events":["record.added"],"suppliers":[],"subscription":"s"}"#),
    ("suppliers.tag", #"{"name":"n","events":["record.added"],"suppliers":{"tag":["x"]},"subscription":"s"}"#),
    ("suppliers.tiers", #"{"name":"n","events":["record.added"],"suppliers":{"tiers":[0]},"subscription":"s"}"#),
    ("when", #"{"name":"n","events":["record.added"],"when":"hourly","subscription":"s"}"#),
    ("enabled", #"{"name":"n","events":["record.added"],"enabled":1,"subscription":"s"}"#),
    ("severity", #"{"name":"n","events":["record.added"],"severity":3,"subscription":"s"}"#),
])
func aRuleThatCannotBeMeantIsRefusedByItsField(_ field: String, _ json: String) throws {
    do {
        _ = try rule(json)
        Issue.record("it was taken")
    } catch let refusal as WriteRefusal {
        // A number beyond all numbers is no valid JSON number here, so the body as a whole is at fault.
        #expect(refusal.field == field || (json.contains("1e999") && refusal.field.isEmpty))
        #expect(!refusal.reason.isEmpty)
    }
}

@Test func anEventIsReadFromItsChange() {
    func change(_ kind: String, data: String? = nil, factory: Int64? = 1, audience: Int64? = nil) -> Change {
        Change(
            sequence: 7, at: "", kind: kind, factoryPK: factory, factoryID: "F", subject: nil, actor: nil, data: data, audience: audience)
    }
    #expect(
        WatchEvent(change("record.added", data: #"{"severity":4,"category":"air","x":{}}"#))
            == WatchEvent(sequence: 7, kind: .recordAdded, severity: 4, category: .air))
    #expect(WatchEvent(change("record.added", data: "not json"))?.severity == nil)
    #expect(WatchEvent(change("batch")) == nil && WatchEvent(change("record.added", factory: nil)) == nil)
    // What is for one brand alone is no event for anybody's rules.
    #expect(WatchEvent(change("record.added", audience: 3)) == nil)
}

@Test func likenessLooksAtWhatTellsCompaniesApart() {
    #expect(NameSimilarity.of("苏州宏达印染有限公司", "苏州宏达印染股份有限公司") == 1)
    #expect(NameSimilarity.of("苏州宏达（印染）有限公司", "苏州宏达(印染)有限公司") == 1)
    #expect(NameSimilarity.of("Hongda Dyeing Co., Ltd.", "HONGDA DYEING CO LTD") > 0.8)
    // Only the kind of company in common.
    #expect(NameSimilarity.of("宏达有限公司", "鼎盛有限公司") == 0)
    let near = NameSimilarity.of("苏州宏达印染有限公司", "苏州宏大印染有限公司")
    #expect(near > 0.5 && near < 1)
    #expect(NameSimilarity.of("", "") == 0 && NameSimilarity.of("厂", "厂") == 1)
}
