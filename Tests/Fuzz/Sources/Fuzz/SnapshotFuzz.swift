// SnapshotFuzz.swift: changed snapshot files. A file is 400 kB, nearly all of it padding, behind checksums that no blind change keeps.
// So the input is not a file but a list of changes to a good one, eight bytes each; sections are laid out anew and every checksum is
// set right. An input that begins as a snapshot does is taken as the file itself.

import Foundation
import SpatialIndex

@testable import Answers
@testable import Atlas

enum SnapshotFuzz {
    private struct Section {
        var name: [UInt8]
        var elementSize: UInt32
        var bytes: [UInt8]
    }

    /// The sections of the good file.
    private static let original: [Section] = {
        guard let data = FileManager.default.contents(atPath: FuzzAtlas.shared.snapshotPath) else { stop("no snapshot to begin with") }
        let file = [UInt8](data)
        func number<T: FixedWidthInteger>(_ offset: Int, as type: T.Type) -> Int {
            file.withUnsafeBytes { Int(truncatingIfNeeded: T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self))) }
        }
        return (0..<number(12, as: UInt32.self)).map { index in
            let entry = SnapshotFormat.headerBytes + index * SnapshotFormat.tableEntryBytes
            let start = number(entry + 32, as: UInt64.self)
            return Section(
                name: Array(file[entry..<entry + SnapshotFormat.nameBytes]), elementSize: UInt32(number(entry + 56, as: UInt32.self)),
                bytes: Array(file[start..<start + number(entry + 40, as: UInt64.self)]))
        }
    }()

    static func run(_ input: UnsafeRawBufferPointer) {
        let path: String
        if input.starts(with: SnapshotFormat.magic) {
            path = FuzzFolder.write(input, to: "changed.snapshot")
        } else {
            path = changed(by: input).withUnsafeBytes { FuzzFolder.write($0, to: "changed.snapshot") }
        }
        guard let snapshot = try? Snapshot.open(path: path) else { return }
        try? snapshot.verify()
        let holder = SnapshotHolder()
        holder.replace(with: snapshot, registry: nil)
        for query in queries { QueryFuzz.answer(query, over: holder) }
        for pk in [Int64(1), 7, 60, 4_294_967_295] { _ = snapshot.factory(pk: pk) }
    }

    private static let queries = [
        "/tiles/blue/0/0/0.mvt", "/tiles/supply-chain/0/0/0.mvt?brand=B1", "/tiles/blue/4/13/6.mvt?datum=bd09&status=violating",
        "/tiles/blue/9/428/209.mvt?datum=gcj02&from=2024-01-01&min_severity=2&category=water", "/tiles/blue/14/13720/6693.mvt",
        "/tiles/supply-chain/14/13720/6693.mvt?industry=C17",
        "/v1/factories/near?lon=121.47&lat=31.23&radius=100000&limit=50&status=violating,unknown",
        "/v1/factories/near?lon=100&lat=33&radius=90000", "/v1/factories/nearest?lon=121.47&lat=31.23&k=100&crs=gcj02",
        "/v1/factories/nearest?lon=-60&lat=-20&k=3&category=water", "/v1/factories?bbox=-180,-90,180,90&limit=1000",
        "/v1/factories?bbox=170,-10,-170,80&crs=bd09", "/v1/factories/F7", "/v1/factories/F0",
        "/tiles/base/0/0/0.mvt", "/tiles/base/6/53/26.mvt?datum=gcj02", "/tiles/base/9/428/209.mvt",
        "/tiles/base/12/3430/1673.mvt?datum=bd09", "/tiles/base/22/3512380/1713813.mvt", "/tiles/carbon/0/0/0.mvt",
        "/tiles/carbon/6/53/26.mvt?metric=co2_per_head&year=2020",
        "/tiles/carbon/9/428/209.mvt?datum=gcj02&scope=1,2,3&industry=C17", "/tiles/carbon/14/13720/6694.mvt?metric=energy",
        "/v1/search?q=虚构工厂", "/v1/search?q=f1", "/v1/search?q=works+invented", "/v1/search?q=xggc", "/v1/search?q=上海&kind=place",
        "/v1/search?q=B1&kind=brand", "/v1/places", "/v1/places?level=county&parent=310000", "/v1/places/310101",
        "/v1/places/at?lon=121.47&lat=31.23", "/v1/places/at?lon=120.5&lat=31.5&crs=gcj02",
        "/v1/carbon/places?metric=energy&level=prefecture",
        "/v1/carbon/places?metric=coal_share&year=2021", "/v1/carbon/places/310000", "/v1/carbon/places/310100?metric=co2_per_gdp",
        "/v1/carbon/enterprises?bbox=-180,-90,180,90&limit=100", "/v1/carbon/enterprises?bbox=170,-10,-170,80&crs=bd09&scope=3&year=2021",
        "/styles/carbon.json?metric=co2_per_gdp", "/tiles/carbon.json", "/tiles/base.json",
    ]

    private static func changed(by input: UnsafeRawBufferPointer) -> [UInt8] {
        var sections = original
        var tableChanges: [(offset: Int, bytes: [UInt8])] = []
        var headerChanges: [(offset: Int, bytes: [UInt8])] = []
        for start in stride(from: 0, to: input.count - 7, by: 8) {
            guard !sections.isEmpty else { break }
            let section = Int(input[start + 1]) % sections.count
            let offset = Int(input[start + 2]) | Int(input[start + 3]) << 8
            let value = Array(input[start + 4..<start + 8])
            switch input[start] % 8 {
            case 0, 1: replace(&sections[section].bytes, at: offset, by: value)
            case 2:
                for at in stride(from: 0, to: sections[section].bytes.count, by: 4) { replace(&sections[section].bytes, at: at, by: value) }
            case 3: resize(&sections[section].bytes, to: offset, filling: value)
            case 4: sections[section].elementSize = UInt32(value[0])
            case 5: sections.remove(at: section)
            case 6: tableChanges.append((section * SnapshotFormat.tableEntryBytes + offset % SnapshotFormat.tableEntryBytes, value))
            default: headerChanges.append((offset % SnapshotFormat.headerBytes, value))
            }
        }
        return file(of: sections, tableChanges, headerChanges)
    }

    private static func replace(_ bytes: inout [UInt8], at offset: Int, by value: [UInt8]) {
        guard !bytes.isEmpty else { return }
        // Offsets wrap, so that every change meets something.
        for (index, byte) in value.enumerated() { bytes[(offset + index) % bytes.count] = byte }
    }

    private static func resize(_ bytes: inout [UInt8], to count: Int, filling value: [UInt8]) {
        while bytes.count < count { bytes += value }
        bytes.removeLast(bytes.count - count)
    }

    /// A file of these sections with right checksums, the table changed before its own is taken, the header last.
    private static func file(
        of sections: [Section], _ tableChanges: [(offset: Int, bytes: [UInt8])], _ headerChanges: [(offset: Int, bytes: [UInt8])]
    ) -> [UInt8] {
        var table: [UInt8] = []
        var body: [UInt8] = []
        let tableEnd = SnapshotFormat.headerBytes + sections.count * SnapshotFormat.tableEntryBytes
        for section in sections {
            let end = tableEnd + body.count
            let padding = (SnapshotFormat.alignment - end % SnapshotFormat.alignment) % SnapshotFormat.alignment
            body += Array(repeating: 0, count: padding)
            table += section.name
            append(UInt64(end + padding), to: &table)
            append(UInt64(section.bytes.count), to: &table)
            append(section.bytes.withUnsafeBytes { SnapshotFormat.checksum($0) }, to: &table)
            append(section.elementSize, to: &table)
            append(UInt32(0), to: &table)
            body += section.bytes
        }
        for change in tableChanges { replace(&table, at: change.offset, by: change.bytes) }
        var header = SnapshotFormat.magic
        append(SnapshotFormat.version, to: &header)
        append(UInt32(sections.count), to: &header)
        append(UInt64(tableEnd + body.count), to: &header)
        append(table.withUnsafeBytes { SnapshotFormat.checksum($0) }, to: &header)
        header += Array(repeating: 0, count: SnapshotFormat.headerBytes - header.count)
        for change in headerChanges { replace(&header, at: change.offset, by: change.bytes) }
        return header + table + body
    }

    private static func append<T: FixedWidthInteger>(_ value: T, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
