// ImportMappingTests.swift: what columns mean: by mapping file, by flags, by their names; and the words for what is wrong with any of them.

import Foundation
import Testing

@testable import Registry

@Suite struct ImportMappingTests {
    private func drafts(
        _ text: String, name: String = "file.csv", mapping: String? = nil, _ configure: (inout ImportOptions) -> Void = { _ in }
    ) throws
        -> (factories: [FactoryDetail], report: ImportReport)
    {
        let folder = try ScratchFolder()
        let store = try RegistryStore(path: folder.path + "/r.db", mode: .readWrite)
        let path = try folder.write(name, text)
        let parsed = try mapping.map { try ImportMapping(json: Array($0.utf8), source: "test.json") }
        let report = try Importer.run(path, into: store) { options in
            options.mapping = parsed
            configure(&options)
        }
        var details: [FactoryDetail] = []
        var ids: [String] = []
        try store.forEachFactory { ids.append(String(decoding: $0.id, as: UTF8.self)) }
        for id in ids { if let detail = try store.factory(id: id) { details.append(detail) } }
        return (details, report)
    }

    @Test func chineseColumnNamesAreRecognisedAndSaidSo() throws {
        let text = "企业名称,统一社会信用代码,经度,纬度,详细地址,坐标系,行业类别代码\n苏州测试厂,91350100M000100Y43,120.6,31.3,江苏省苏州市,火星坐标系,1711\n"
        let (factories, report) = try drafts(text)
        let factory = try #require(factories.first)
        #expect(factory.nameZH == "苏州测试厂" && factory.creditCode == "91350100M000100Y43" && factory.address == "江苏省苏州市")
        #expect(factory.sourceDatum == "gcj02" && factory.industry == "C1711" && report.rejected == 0)
        #expect(report.assumptions.contains("column 经度 taken as lon"))
        #expect(report.assumptions.contains("column 企业名称 taken as name_zh"))
    }

    @Test func englishSynonymsBracketsAndCaseAreRecognised() throws {
        let (factories, report) = try drafts("Facility Name,Longitude (deg),LATITUDE\nTest Mill,120.6,31.3\n测试厂,120.7,31.4\n") {
            $0.datum = "wgs84"
        }
        #expect(factories.map(\.nameEN) == ["Test Mill", nil] && factories.map(\.nameZH) == [nil, "测试厂"])
        #expect(factories.map(\.longitude) == [120.6, 120.7] && report.accepted == 2)
    }

    @Test func aColumnThatNamesItsDatumIsTakenWithIt() throws {
        let (factories, report) = try drafts("name,lng_gcj02,lat_gcj02,经度(WGS84),纬度(WGS84)\n甲厂,120.6045,31.2979,120.6,31.3\n")
        #expect(factories.first?.longitude == 120.6 && factories.first?.sourceDatum == "wgs84")
        #expect(report.assumptions.contains("datum wgs84 taken from the names of these columns"))
        let (second, _) = try drafts("name,bd_09_lng,bd_09_lat\n甲厂,120.6,31.3\n")
        #expect(second.first?.sourceDatum == "bd09")
    }

    @Test func withoutADatumTheImportIsRefusedWithTheListOfThem() throws {
        #expect { try drafts("name,lon,lat\n甲厂,120.6,31.3\n") } throws: { error in
            guard case .datumMissing? = error as? ImportError else { return false }
            return ["wgs84", "gcj02", "bd09", "unknown", "EPSG"].allSatisfy { "\(error)".contains($0) }
        }
        #expect(throws: ImportError.self) { try drafts("name,lon,lat\n甲厂,120.6,31.3\n") { $0.datum = "mars2000" } }
    }

    @Test func industryInWordsIsKeptAsAnAttributeInsteadOfRefusingEveryRow() throws {
        let (factories, report) = try drafts("name,lon,lat,datum,行业\n甲厂,120.6,31.3,wgs84,纺织业\n乙厂,120.6,31.3,wgs84,化工\n")
        #expect(report.rejected == 0 && factories.first?.industry == nil)
        #expect(factories.first?.attributesJSON?.contains("\"industry_name\":\"纺织业\"") == true)
    }

    @Test func flagsNameColumnsConstantsAndAttributes() throws {
        let (factories, _) = try drafts("厂名,nr,x,y,mw\n甲厂,7,120.6,31.3,12.5\n") { options in
            options.maps = [("name_zh", "厂名"), ("id", "nr")]
            options.sets = [("industry", "D44")]
            options.datum = "wgs84"
            options.keep = ["mw"]
        }
        let factory = try #require(factories.first)
        #expect(factory.id == "7" && factory.nameZH == "甲厂" && factory.industry == "D44" && factory.attributesJSON == "{\"mw\":12.5}")
    }

    @Test func wrongFlagsSayWhatWouldBeRight() throws {
        let text = "name,lon,lat,datum\n甲厂,120.6,31.3,wgs84\n"
        #expect { try drafts(text) { $0.maps = [("nome", "name")] } } throws: { "\($0)".contains("name_zh") }
        #expect { try drafts(text) { $0.maps = [("id", "nr")] } } throws: { "\($0)".contains("name, lon, lat, datum") }
        #expect { try drafts("a,b\n1,2\n", name: "x.csv") } throws: { "\($0)".contains("--entity") }
        #expect { try drafts("name,lon\n甲,2\n") { $0.entity = .factories } } throws: { "\($0)".contains("gives no lat") }
    }

    @Test func aMappingUsesTemplatesFallbacksTranslationsListsFactorsAndFilters() throws {
        let (factories, report) = try drafts(
            "nr,zh,en,land,acc,t,note\n1,\"甲厂, 甲二厂\",A,CN,approx,1.5,not found\n2,,B,China,exact,2,x\n3,丙,C,Japan,exact,3,y\n",
            mapping: """
                {"entity": "factories", "set": {"datum": "wgs84", "lon": 120.6, "lat": 31.3},
                 "columns": {"id": {"template": "t-{nr}"}, "name_zh": {"column": ["zh", "en"], "split": ",", "take": "first"}, "name_en": "en",
                             "approximate": {"column": "acc", "values": {"APPROX": true, "exact": false}}},
                 "where": {"land": ["china", "cn"]}, "missing": ["not found"],
                 "attributes": {"kg": {"column": "t", "type": "number", "factor": 1000}, "others": {"column": "zh", "split": ",", "take": "rest"}, "note": "note"}}
                """)
        #expect(report.filtered == 1 && report.accepted == 2)
        #expect(factories.map(\.id) == ["t-1", "t-2"] && factories.map(\.nameZH) == ["甲厂", "B"])
        #expect(factories[0].flags == .approximatePosition && factories[1].flags.isEmpty)
        #expect(factories[0].attributesJSON == "{\"kg\":1500.0,\"others\":\"甲二厂\"}")
        #expect(factories[1].attributesJSON == "{\"kg\":2000.0,\"note\":\"x\"}")
    }

    @Test func rowsOfOneGroupMakeOneFactoryWhereverTheyStand() throws {
        let (factories, report) = try drafts(
            "g,name,lon,lat,mw,s,owner,acc\na,甲,120.6,31.3,1.1,on,X,no\nb,乙,120.7,31.3,5,on,Z,ok\na,甲,120.61,31.3,2.2,off,Y,ok\na,甲,120.6,31.3,NaN,on,X,ok\na,甲,120.6,31.3,,on,X,ok\n",
            mapping: """
                {"columns": {"id": "g", "name_zh": "name", "lon": "lon", "lat": "lat"}, "set": {"datum": "wgs84"}, "group_by": "g", "prefer": {"acc": ["ok"]},
                 "attributes": {"n": {"aggregate": "count"}, "mw": {"column": "mw", "type": "number", "aggregate": "sum"},
                   "on": {"column": "mw", "type": "number", "aggregate": "sum", "where": {"s": ["on"]}}, "top": {"column": "mw", "type": "number", "aggregate": "max"},
                   "low": {"column": "mw", "type": "number", "aggregate": "min"}, "owners": {"column": "owner", "aggregate": "join"},
                   "end": {"column": "s", "aggregate": "last"}, "start": "s"}}
                """)
        #expect(report.rows == 5 && report.groups == 2 && report.accepted == 2 && report.rejected == 1)
        #expect(factories[0].longitude == 120.61, "the first preferred row gives the position")
        #expect(
            factories[0].attributesJSON == #"{"end":"on","low":1.1,"mw":3.3,"n":3,"on":1.1,"owners":"X; Y","start":"on","top":2.2}"#,
            "the row with NaN takes no part")
        #expect(report.warnings.contains { $0.message.contains("several positions") && $0.count == 2 })
    }

    @Test(arguments: [
        ("{", "line 1"), ("[]", "object"), (#"{"colums": {}}"#, "colums"), (#"{"columns": {"id": {"colum": "a"}}}"#, "columns.id.colum"),
        (#"{"columns": {"id": {"column": "a", "template": "b"}}}"#, "give one of"), (#"{"columns": {"id": 3}}"#, "columns.id"),
        (#"{"entity": "factory"}"#, "factories"),
        (#"{"attributes": {"a": {"column": "b", "aggregate": "sum", "type": "number"}}}"#, "group_by"),
        (#"{"group_by": "a", "attributes": {"b": {"column": "b", "aggregate": "sum"}}}"#, "number"), (#"{"delimiter": ",,"}"#, "one ASCII"),
        (#"{"encoding": "latin1"}"#, "gb18030"), (#"{"columns": {"id": "a", "id": "b"}}"#, "twice"), (#"{"date_order": "xyz"}"#, "ymd"),
        (#"{"columns": {"id": {"column": "a", "factor": 0}}}"#, "other than 0"), (#"{"where": {"a": []}}"#, "where.a"),
    ])
    func aWrongMappingSaysWhere(json: String, words: String) {
        #expect { try ImportMapping(json: Array(json.utf8), source: "m.json") } throws: { error in
            guard case .badMapping("m.json", let detail)? = error as? ImportError else { return false }
            return detail.contains(words)
        }
    }

    @Test func aMappingForOtherColumnsNamesTheMissingOne() throws {
        #expect { try drafts("a,b\n1,2\n", mapping: #"{"entity": "factories", "columns": {"name_zh": "zh"}}"#) } throws: { error in
            "\(error)".contains("'zh'") && "\(error)".contains("a, b")
        }
        #expect { try drafts("a,b\n1,2\n", mapping: #"{"entity": "factories", "columns": {"nome": "a"}}"#) } throws: {
            "\($0)".contains("name_zh")
        }
        #expect { try drafts("a,b\n1,2\n", mapping: #"{"entity": "factories", "columns": {"id": {"template": "x{a"}}}"#) } throws: {
            "\($0)".contains("brace")
        }
    }

    @Test func geoJSONIsWGS84ByItsStandardUnlessItOrTheUserSaysOtherwise() throws {
        func collection(_ extra: String) -> String {
            #"{"type":"FeatureCollection",\#(extra)"features":[{"type":"Feature","id":"f1","geometry":{"type":"Point","coordinates":[120.6,31.3]},"properties":{"name":"甲厂","mw":3}}]}"#
        }
        let (plain, report) = try drafts(collection(""), name: "a.geojson")
        #expect(plain.first?.id == "f1" && plain.first?.sourceDatum == "wgs84" && plain.first?.longitude == 120.6)
        #expect(report.assumptions.contains { $0.contains("RFC 7946") })
        let (named, _) = try drafts(
            collection(#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}},"#), name: "b.json")
        #expect(named.first?.sourceDatum == "cgcs2000")
        let (asked, _) = try drafts(collection(""), name: "c.geojson") { $0.datum = "gcj02" }
        #expect(asked.first?.sourceDatum == "gcj02" && asked.first?.sourceX == 120.6)
    }
}
