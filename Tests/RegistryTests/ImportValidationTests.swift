// ImportValidationTests.swift: whole rows with one thing wrong each: rejected or kept with a warning, with field, value, line and reason.

import Foundation
import Testing

@testable import Registry

@Suite struct ImportValidationTests {
    private static let factoryHeader =
        "id,name_zh,name_en,former_name,credit_code,address,lon,lat,easting,northing,datum,industry,county_code,key_monitored,disclosed,synthetic"
    private static let recordHeader =
        "id,factory_id,credit_code,factory_name,kind,rating,published,act_date,authority,document_number,regulation,category,text,fine_cny,measure,source_url,retrieved_at,state,supersedes"

    /// One row with some fields changed, imported without a store; the rejects file's fields.
    private func reject(
        _ header: String, _ good: [String: String], _ changes: [String: String], _ configure: (inout ImportOptions) -> Void = { _ in }
    ) throws
        -> (field: String, value: String, reason: String)?
    {
        let folder = try ScratchFolder()
        let values = good.merging(changes) { $1 }
        let row = header.split(separator: ",").map { "\"" + (values[String($0)] ?? "").replacingOccurrences(of: "\"", with: "\"\"") + "\"" }
        let path = try folder.write("rows.csv", header + "\n" + row.joined(separator: ",") + "\n")
        let report = try Importer.run(path) { options in
            options.rejectsPath = folder.path + "/rejects.csv"
            configure(&options)
        }
        #expect(report.accepted + report.rejected == 1)
        guard report.rejected == 1 else { return nil }
        let rejects = try naiveCSV(folder.read("rejects.csv"))
        let first = try #require(rejects.first)
        #expect(rejects.count == 1 && first["line"] == "2")
        return (first["field"] ?? "", first["value"] ?? "", first["reason"] ?? "")
    }

    private static let goodFactory = [
        "id": "F1", "name_zh": "甲厂", "credit_code": "91350100M000100Y43", "lon": "120.6", "lat": "31.3", "datum": "wgs84",
        "industry": "C17",
        "county_code": "320505", "key_monitored": "true", "disclosed": "false", "synthetic": "false",
    ]
    private static let goodRecord = [
        "id": "R1", "factory_id": "F1", "kind": "penalty", "published": "2020-05-06", "act_date": "2020-04-01", "category": "water",
        "fine_cny": "50000",
        "measure": "fine", "state": "standing", "source_url": "https://example.org/1", "retrieved_at": "2020-06-01T00:00:00Z",
    ]

    @Test func aRightRowIsAccepted() throws {
        #expect(try reject(Self.factoryHeader, Self.goodFactory, [:]) == nil)
        #expect(try reject(Self.recordHeader, Self.goodRecord, [:]) == nil)
    }

    @Test(arguments: [
        ("name_zh", "", "name_zh", "has no name"), ("name_zh", String(repeating: "厂", count: 201), "name_zh", "at most 200"),
        ("name_zh", "甲\u{01}厂", "name_zh", "control character"),
        ("address", String(repeating: "路", count: 501), "address", "at most 500"), ("industry", "textiles", "industry", "GB/T 4754"),
        ("industry", "D17", "industry", "section C"),
        ("county_code", "32", "county_code", "six digits"), ("key_monitored", "maybe", "key_monitored", "neither true nor false"),
        ("lon", "NaN", "lon", "finite"),
        ("lat", "", "lat", "no position"), ("datum", "mars2000", "datum", "gcj02"), ("datum", "", "datum", "names no datum"),
        ("lat", "1e300", "lat", "between"),
        ("id", "NaN", "id", "no id"), ("id", String(repeating: "x", count: 201), "id", "at most 200"),
        ("credit_code", String(repeating: "9", count: 41), "credit_code", "at most 40"),
    ])
    func aWrongFactoryFieldIsRejectedByName(column: String, value: String, field: String, words: String) throws {
        let found = try #require(try reject(Self.factoryHeader, Self.goodFactory, [column: value]))
        #expect(found.field == field && found.reason.contains(words), "\(found)")
    }

    @Test(arguments: [
        ("kind", "fine", "kind", "penalty, order_to_correct"), ("kind", "", "kind", "is empty"), ("published", "", "published", "is empty"),
        ("published", "2020-02-30", "published", "calendar"), ("act_date", "soon", "act_date", "YYYY-MM-DD"),
        ("fine_cny", "-1", "fine_cny", "negative"),
        ("fine_cny", "1e30", "fine_cny", "enormous"), ("fine_cny", "NaN", "fine_cny", "finite"),
        ("fine_cny", "10,000", "fine_cny", "without commas"),
        ("category", "soil", "category", "air, water"), ("measure", "jail", "measure", "detention"),
        ("state", "open", "state", "withdrawn"),
        ("rating", "red", "rating", "only a record of kind credit_rating"), ("kind", "credit_rating", "rating", "needs one of"),
        ("rating", "pink", "rating", "green"),
        ("source_url", "javascript:alert(1)", "source_url", "web address"), ("retrieved_at", "yesterday", "retrieved_at", "ISO 8601"),
        ("factory_id", "", "factory_id", "names no factory"), ("supersedes", "R1", "supersedes", "itself"),
        ("text", String(repeating: "字", count: 20_001), "text", "at most 20000"),
    ])
    func aWrongRecordFieldIsRejectedByName(column: String, value: String, field: String, words: String) throws {
        let found = try #require(try reject(Self.recordHeader, Self.goodRecord, [column: value]))
        #expect(found.field == field && found.reason.contains(words), "\(found)")
    }

    @Test func aWrongCreditCodeIsKeptAndFlaggedUnlessCodesAreStrict() throws {
        #expect(try reject(Self.factoryHeader, Self.goodFactory, ["credit_code": "91350100M000100Y44"]) == nil)
        let strict = try reject(Self.factoryHeader, Self.goodFactory, ["credit_code": "91350100M000100Y44"]) { $0.hasStrictCodes = true }
        #expect(strict?.field == "credit_code" && strict?.reason.contains("should be '3'") == true)
        #expect(
            try reject(Self.factoryHeader, Self.goodFactory, ["credit_code": "９１３５０１００m000100y43"]) { $0.hasStrictCodes = true } == nil,
            "full width, lower case")
    }

    @Test func whatIsStrangeIsCountedAsAWarning() throws {
        let folder = try ScratchFolder()
        let path = try folder.write(
            "records.csv",
            "id,factory_id,kind,published,act_date,fine_cny,credit_code,category\n1,F,行政处罚,2020-01-02,2020-01-05,N/A,123,\n2,F,Order to correct,2199-01-01,,-,,水\n"
        )
        let report = try Importer.run(path)
        #expect(report.accepted == 2 && report.rejected == 0)
        let found = report.warnings.map { "\($0.field) \($0.message) \($0.count) \($0.firstLine)" }
        #expect(found.contains("act_date after the day of publication 1 2"))
        #expect(found.contains("fine_cny read as missing 2 2"))
        #expect(found.contains("published lies in the future 1 3"))
        #expect(found.contains("category missing, taken as other 1 2"))
        #expect(found.contains("credit_code no credit code of 18 characters; kept and flagged 1 2"))
    }

    @Test func finesInUnitsOfTenThousandYuanAreScaled() throws {
        let folder = try ScratchFolder()
        let store = try RegistryStore(path: folder.path + "/r.db", mode: .readWrite)
        let factories = try folder.write("factories.csv", "id,name,lon,lat,datum\nF,甲厂,120.6,31.3,wgs84\n")
        let records = try folder.write("处罚.csv", "行政处罚决定书文号,被处罚单位,公示日期,罚款金额（万元）,处罚机关,记录类型\n苏环罚1号,甲厂,2020/1/2,1.25,环保局,处罚\n")
        _ = try Importer.run(factories, into: store)
        let report = try Importer.run(records, into: store)
        #expect(report.entity == "records" && report.accepted == 1, "\(report.text)")
        #expect(try store.factory(id: "F")?.records.first?.facts.fineCNY == 12_500)
    }

    @Test func linksAreNotPublishedUnlessTheySaySo() throws {
        let folder = try ScratchFolder()
        let store = try RegistryStore(path: folder.path + "/r.db", mode: .readWrite)
        _ = try Importer.run(
            folder.write("factories.csv", "id,name,lon,lat,datum\nF,甲厂,120.6,31.3,wgs84\nG,乙厂,120.6,31.3,wgs84\n"), into: store)
        let brands = try Importer.run(folder.write("brands.csv", "id,name,website\nB,华品,https://example.org\nB2,,\n"), into: store)
        #expect(brands.accepted == 1 && brands.rejected == 1)
        let links = try Importer.run(
            folder.write(
                "links.csv",
                "brand_id,factory_id,kind,since,until,tier,published\nB,F,materials,,,1,\nB,G,materials,2020-01-01,2021-01-01,1.0,yes\nB,F,logistics,2021-01-01,2020-01-01,1,no\nB,F,food,,,,\nB,F,logistics,,,12,\n"
            ),
            into: store)
        #expect(links.accepted == 2 && links.rejected == 3)
        var published = 0
        try store.forEachPublishedLink { _, _ in published += 1 }
        #expect(published == 1)
    }
}
