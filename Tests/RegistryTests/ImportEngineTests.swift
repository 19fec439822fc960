// ImportEngineTests.swift: whole imports: twice, broken in the middle, stopped, onto a full disk; and what the report and the rejects file
// say about each.

import Foundation
import GRDB
import Testing

@testable import Registry

@Suite struct ImportEngineTests {
    private static func factories(_ range: Range<Int>) -> String {
        var text = "id,name_zh,lon,lat,datum\n"
        for number in range { text += "F\(number),第\(number)厂,\(120 + Double(number % 1000) / 1000),31.3,wgs84\n" }
        return text
    }

    private static func store(_ folder: ScratchFolder) throws -> RegistryStore {
        try RegistryStore(path: folder.path + "/r.db", mode: .readWrite)
    }

    @Test func theSameFileTwiceChangesNothingAndAChangedRowIsAnUpdate() throws {
        let folder = try ScratchFolder()
        let store = try Self.store(folder)
        let path = try folder.write("factories.csv", Self.factories(0..<2500))
        let first = try Importer.run(path, into: store) { $0.batchRows = 1000 }
        #expect(first.accepted == 2500 && first.rejected == 0 && first.rows == 2500 && first.entity == "factories")
        let sequence = try store.info.sequence
        let second = try Importer.run(path, into: store) { $0.batchRows = 777 }
        #expect(second.accepted == 0 && second.updated == 0 && second.unchanged == 2500)
        #expect(try store.info.sequence == sequence)
        let changed = try folder.write("factories.csv", Self.factories(0..<2500).replacingOccurrences(of: "第7厂", with: "新厂"))
        let third = try Importer.run(changed, into: store)
        #expect(third.updated == 1 && third.unchanged == 2499)
        #expect(try store.counts().factories == 2500)
    }

    @Test func theSameRowsInAnyFormatAndEncodingAreTheSameFactories() throws {
        let folder = try ScratchFolder()
        let store = try Self.store(folder)
        let csv = Self.factories(0..<300)
        #expect(try Importer.run(folder.write("a.csv", csv), into: store).accepted == 300)
        let rows = naiveCSV(csv)
        let tsv = csv.replacingOccurrences(of: ",", with: "\t").replacingOccurrences(of: "\n", with: "\r\n")
        let features = rows.map {
            "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[\($0["lon"] ?? ""),\($0["lat"] ?? "")]},\"properties\":{\"id\":\"\($0["id"] ?? "")\",\"name_zh\":\"\($0["name_zh"] ?? "")\",\"datum\":\"wgs84\"}}"
        }
        let utf16: [UInt8] = [0xFF, 0xFE] + csv.utf16.flatMap { unit -> [UInt8] in [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        let files = [
            try folder.write("b.tsv", tsv), try folder.write("c.csv.gz", gzipped(Array(csv.utf8))), try folder.write("d.csv", utf16),
            try folder.write("e.geojson", "{\"type\":\"FeatureCollection\",\"features\":[\(features.joined(separator: ",\n"))]}"),
            try folder.write("f.ndjson", features.joined(separator: "\n")),
            try folder.write("g.csv", csv.replacingOccurrences(of: ",", with: ";")),
            try folder.write("h.geojsonseq", features.map { "\u{1E}\($0)\n" }.joined()),
        ]
        for file in files {
            let report = try Importer.run(file, into: store)
            #expect(report.unchanged == 300 && report.accepted + report.updated + report.rejected == 0, "\(report.text)")
        }
    }

    @Test func everyRowIsAccountedForAndRejectsAreListedInTheirOrder() throws {
        let folder = try ScratchFolder()
        let store = try Self.store(folder)
        let text = #"""
            id,name_zh,lon,lat,datum
            A,甲厂,120.6,31.3,wgs84
            B,,120.6,31.3,wgs84
            A,"另一个, ""甲""",120.6,31.3,wgs84
            C,丙厂,31.3,120.6,wgs84
            D,丁厂,120.6
            A,甲厂,120.6,31.3,wgs84
            E,戊厂,2.35,48.85,wgs84

            """#
        let path = try folder.write("factories.csv", text)
        let report = try Importer.run(path, into: store) { $0.batchRows = 2 }
        #expect(
            report.accepted == 2 && report.unchanged == 1 && report.rejected == 4 && report.rows == 7
                && report.flags == ["outside_china": 1])
        #expect(report.rejectsPath == path + ".rejects.csv")
        let rejects = try naiveCSV(folder.read("factories.csv.rejects.csv"))
        #expect(rejects.map { $0["line"] } == ["3", "4", "5", "6"])
        #expect(rejects.map { $0["id"] } == ["B", "A", "C", ""])
        #expect(rejects.map { $0["field"] } == ["name_zh", "id", "lat", "row"])
        #expect(rejects[1]["reason"]?.contains("duplicate") == true && rejects[2]["value"] == "31.3, 120.6")
        #expect(report.text.contains("accepted 2, updated 0, unchanged 1, rejected 4"))
        let json = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
        #expect(json.contains("\"rejected\":4") && json.contains("\"rejects_file\""))

        // Once the file is right, the old list goes away.
        _ = try folder.write("factories.csv", Self.factories(0..<3))
        let mended = try Importer.run(path, into: store)
        #expect(mended.rejected == 0 && !FileManager.default.fileExists(atPath: path + ".rejects.csv"))
    }

    @Test func aFileCutOffKeepsWholeBatchesAndTheWholeFileThenAddsTheRest() throws {
        let folder = try ScratchFolder()
        let store = try Self.store(folder)
        let whole = Array(Self.factories(0..<2500).utf8)
        let path = try folder.write("factories.csv", whole.dropLast(20))
        let report = try Importer.run(path, into: store) { $0.batchRows = 1000 }
        guard case .truncated(_, 2501, _)? = report.failure else {
            Issue.record("\(String(describing: report.failure))")
            return
        }
        #expect(report.accepted == 2000 && report.text.contains("accepted 2000"))
        #expect(try store.counts().factories == 2000)
        _ = try folder.write("factories.csv", whole)
        let again = try Importer.run(path, into: store)
        #expect(again.accepted == 500 && again.unchanged == 2000 && again.failure == nil)

        // A small broken file changes nothing at all.
        let small = try folder.write("small.csv", Array(Self.factories(5000..<5010).utf8) + [0xFF, 0xFE])
        #expect(throws: ImportError.self) { try Importer.run(small, into: store) }
        #expect(try store.counts().factories == 2500)
    }

    @Test func aStoppedImportKeepsWholeBatches() throws {
        let folder = try ScratchFolder()
        let store = try Self.store(folder)
        let path = try folder.write("factories.csv", Self.factories(0..<20_000))
        var asked = 0
        var seen: [Int] = []
        func isCancelled() -> Bool {
            asked += 1
            return asked == 3
        }
        let report = try Importer.run(
            path, into: store, { $0.batchRows = 1500 }, progress: { seen.append($0.rows) }, isCancelled: isCancelled)
        #expect(report.wasCancelled && report.accepted == 12_000 && report.failure == nil, "3 × 4096 rows are 8 batches of 1500 and a rest")
        #expect(try store.counts().factories == 12_000)
        #expect(seen == [4096, 8192, 12_288])
    }

    @Test func aFullDiskEndsTheImportBetweenBatches() throws {
        let folder = try ScratchFolder()
        let store = try Self.store(folder)
        #expect(try Importer.run(folder.write("a.csv", Self.factories(0..<1000)), into: store).accepted == 1000)
        try store.pool.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages + 120)")
        }
        let path = try folder.write("b.csv", Self.factories(1000..<40_000))
        let report = try Importer.run(path, into: store) { $0.batchRows = 500 }
        #expect(report.failure == .store(.diskFull(path: store.path)))
        #expect(report.accepted % 500 == 0 && report.accepted > 0 && report.accepted < 39_000)
        #expect(try store.counts().factories == 1000 + report.accepted)
        #expect(report.rows < 39_000, "reading stops as well")
        try store.pool.writeWithoutTransaction { _ = try Int.fetchOne($0, sql: "PRAGMA max_page_count = 1073741823") }
        let again = try Importer.run(path, into: store)
        #expect(again.failure == nil && again.unchanged == report.accepted && again.accepted + again.unchanged == 39_000)
    }

    @Test func aRejectsFileThatCannotBeWrittenIsAnErrorThatNamesIt() throws {
        let folder = try ScratchFolder()
        let path = try folder.write("a.csv", "id,name,lon,lat,datum\n1,甲,0,0,wgs84\n")
        let report = try Importer.run(path, into: Self.store(folder)) { $0.rejectsPath = folder.path + "/no/such/folder.csv" }
        #expect(report.failure == .rejectsFile(path: folder.path + "/no/such/folder.csv", reason: "No such file or directory"))
    }

    @Test func aDryRunChecksEverythingAndStoresNothing() throws {
        let folder = try ScratchFolder()
        let store = try Self.store(folder)
        let path = try folder.write("factories.csv", Self.factories(0..<50) + "X,乙,0,0,wgs84\n")
        let report = try Importer.run(path, into: store) { $0.isDryRun = true }
        #expect(report.accepted == 50 && report.rejected == 1 && report.text.contains("50 would be stored"))
        #expect(try store.counts().factories == 0)
        #expect(!FileManager.default.fileExists(atPath: path + ".rejects.csv"))
    }

    @Test func aDataSetFolderIsReadInItsOrderAndABrokenOneIsRefused() throws {
        let folder = try ScratchFolder()
        #expect(!DatasetFolder.isDataset(folder.path))
        #expect(throws: ImportError.self) { try DatasetFolder(path: folder.path) }
        _ = try folder.write("records.csv", "x\n")
        _ = try folder.write("factories.csv", "x\n")
        let json =
            #"{"format":"blueatlas-dataset","version":1,"synthetic":true,"label":"SYNTHETIC","factories":1,"records":1,"brands":0,"as_of":"2026-11-23"}"#
        _ = try folder.write("dataset.json", json)
        let dataset = try DatasetFolder(path: folder.path)
        #expect(dataset.files.map(\.entity) == [.factories, .records] && dataset.isSynthetic && dataset.asOf == Day(iso: "2026-11-23"))
        for (from, to, words) in [
            ("\"version\":1", "\"version\":2", "newer"), ("\"brands\":0", "\"brands\":5", "no brands.csv"), ("2026-11-23", "soon", "as_of"),
            ("-dataset", "", "format"),
            ("}", "", "line 1"),
        ] {
            _ = try folder.write("dataset.json", json.replacingOccurrences(of: from, with: to))
            #expect { try DatasetFolder(path: folder.path) } throws: { "\($0)".contains(words) }
        }
    }

    @Test func aHugeFileNeedsLittleMemory() throws {
        // 200 MB of text, gzipped to a few hundred kilobytes, read by a store-less import.
        let folder = try ScratchFolder()
        let line = "F,\(String(repeating: "长", count: 60)),120.6,31.3,wgs84\n"
        let chunk = Array(String(repeating: line, count: 5000).utf8)
        let packed = gzipped(chunk)
        var bytes = gzipped(Array("id,name_zh,lon,lat,datum\n".utf8))
        for _ in 0..<20 { bytes += packed }
        let path = try folder.write("huge.csv.gz", bytes)
        let before = residentBytes()
        let report = try Importer.run(path)
        #expect(report.accepted == 100_000)
        #expect(residentBytes() - before < 150 << 20)
    }

    private func residentBytes() -> Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
    }
}
