// ColumnCheckTests.swift: a file with right checksums and false contents is refused when it is opened, by the name of the section, before
// anything reads where nothing is or converts what cannot be.

import Boundaries
import Foundation
import Registry
import SpatialIndex
import Testing

@testable import Atlas

/// A snapshot file of which single elements are changed and whose checksums are right again, as only a faulty program writes it.
private struct ChangedSnapshot {
    private var bytes: [UInt8]

    private struct NoSuchElement: Error {}

    init(path: String) throws { bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))) }

    func write(to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    /// Puts an element in place of another.
    ///
    /// - Parameter bits: of an integer of any size, or a `Double`; surplus ones are left out.
    mutating func put(_ bits: UInt64, at index: Int, in section: String) throws {
        let table = SnapshotFormat.headerBytes..<SnapshotFormat.headerBytes + number(12, bytes: 4) * SnapshotFormat.tableEntryBytes
        let entries = stride(from: table.lowerBound, to: table.upperBound, by: SnapshotFormat.tableEntryBytes)
        guard let entry = entries.first(where: { name(at: $0) == section }) else { throw NoSuchElement() }
        let start = number(entry + 32, bytes: 8)
        let content = start..<start + number(entry + 40, bytes: 8)
        let size = number(entry + 56, bytes: 4)
        guard size <= 8, content.lowerBound + (index + 1) * size <= content.upperBound else { throw NoSuchElement() }
        write(bits, bytes: size, at: start + index * size)
        let ofSection = checksum(content)
        write(ofSection, bytes: 8, at: entry + 48)
        let ofTable = checksum(table)
        write(ofTable, bytes: 8, at: 24)
    }

    private func name(at entry: Int) -> String {
        String(decoding: bytes[entry..<entry + SnapshotFormat.nameBytes].prefix { $0 != 0 }, as: UTF8.self)
    }

    private func number(_ offset: Int, bytes count: Int) -> Int {
        bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private mutating func write(_ value: UInt64, bytes count: Int, at offset: Int) {
        for place in 0..<count { bytes[offset + place] = UInt8(truncatingIfNeeded: value >> UInt64(8 * place)) }
    }

    private func checksum(_ range: Range<Int>) -> UInt64 {
        bytes.withUnsafeBytes { SnapshotFormat.checksum(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}

/// Two counties with the places above them, three factories, figures and emissions: something in every column.
private struct SmallAtlas: Sendable {
    let folder: TemporaryFolder
    let path: String

    static let shared = Result { try SmallAtlas() }

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/atlas.snapshot"
        let store = try RegistryStore(path: folder.path + "/registry.db", mode: .readWrite)
        func county(_ code: Int32, west: Int32) -> PlaceOutline {
            let (x, y, d) = (west * 10_000_000, Int32(300_000_000), Int32(10_000_000))
            let ring = [Corner(x: x, y: y), Corner(x: x + d, y: y), Corner(x: x + d, y: y + d), Corner(x: x, y: y + d)]
            return PlaceOutline(
                code: code, level: .county, nameZH: "县\(code)", parent: PlaceCode.prefecture(of: code),
                outline: Outline(polygons: [[ring]]), source: PlaceSource(edition: "1", source: "a test"))
        }
        _ = try store.replacePlaces(with: [county(330_106, west: 120), county(330_108, west: 121)])
        let origin = CarbonSource(source: "a test")
        var drafts: [FactoryDraft] = []
        var emissions: [EmissionDraft] = []
        for number in 0..<3 {
            let (longitude, latitude) = (120.2 + Double(number) / 2, 30.5)
            var draft = FactoryDraft(
                line: number + 2, longitude: longitude, latitude: latitude, sourceX: longitude, sourceY: latitude, sourceDatum: "wgs84")
            draft.id = "F\(number)"
            draft.nameZH = "厂\(number)号"
            drafts.append(draft)
            for year in [2020, 2021] {
                var emission = EmissionDraft(line: 2, factory: FactoryReference(id: "F\(number)"), year: year, origin: origin)
                emission.scope1 = 5
                emissions.append(emission)
            }
        }
        try store.apply(factories: drafts).requireNoRejects()
        try store.apply(emissions: emissions).requireNoRejects()
        let figures = [Int32(330_000), 330_100].map {
            FigureDraft(line: 2, place: .code($0), year: 2020, metric: .co2, value: 7, origin: origin)
        }
        try store.apply(figures: figures).requireNoRejects()
        try SnapshotBuilder.build(store: store, output: path, asOf: SampleAtlas.asOf)
    }

    /// Opens the file with one element changed.
    func open(with bits: UInt64, at index: Int, in section: String) throws -> Snapshot {
        var file = try ChangedSnapshot(path: path)
        try file.put(bits, at: index, in: section)
        let changed = folder.path + "/\(UUID().uuidString).snapshot"
        try file.write(to: changed)
        defer { try? FileManager.default.removeItem(atPath: changed) }
        return try Snapshot.open(path: changed)
    }
}

/// Bits of numbers that are none of tonnes.
private let negative = (-1.0).bitPattern
private let infinite = Double.infinity.bitPattern
private let unknown = Double.nan.bitPattern

/// Section, element, and what stands there instead: 0xFFFF_FFFF is -1 where numbers are signed. The places are a province, a prefecture and
/// two counties.
private let faults: [(String, Int, UInt64)] = [
    ("place.code", 0, 0xFFFF_FFFF), ("place.code", 3, 0), ("place.code", 1, 1_000_000),
    ("place.level", 0, 0), ("place.level", 3, 4), ("place.level", 0, 3),
    ("place.parent", 0, 4), ("place.parent", 0, 0xFFFF_FFFE), ("place.source", 0, 1),
    ("place.polygons", 1, 99), ("place.polygon_rings", 1, 99), ("place.ring_arcs", 1, 999),
    ("place.arcs", 0, 999), ("place.arcs", 0, 0x8000_0000), ("border.kind", 0, 5), ("border.corners", 1, 999),
    ("border.lon", 0, 1_800_000_001), ("border.lon", 0, 0x8000_0000), ("border.lat", 0, 900_000_001),
    ("border.start", 0, 0xFFFF_FFFF), ("border.count", 0, 0xFFFF_FFFF),
    ("figure.place", 1, 4), ("figure.metric", 0, 8), ("figure.source", 0, 1),
    ("figure.value", 0, infinite), ("figure.value", 1, unknown), ("figure.value", 0, negative),
    ("emission.factory", 2, 3), ("emission.factory", 0, 1), ("emission.offsets", 1, 99), ("emission.year", 1, 2020),
    ("emission.scope1_t", 0, infinite), ("emission.scope2_t", 5, negative), ("emission.scope3_t", 0, infinite),
    ("emission.source", 0, 1), ("emission.verified", 0, 3),
]

@Suite struct ColumnCheckTests {
    private let atlas: SmallAtlas
    init() throws { atlas = try SmallAtlas.shared.get() }

    @Test(arguments: faults) func aFalseElementIsRefusedByTheNameOfItsSection(section: String, index: Int, bits: UInt64) {
        #expect {
            try atlas.open(with: bits, at: index, in: section)
        } throws: { error in
            guard case .inconsistent(_, let detail)? = error as? SnapshotError else { return false }
            return detail.contains("'\(section)'")
        }
    }

    @Test func whatIsNoFaultOpens() throws {
        // Else the test above would show only that this helper breaks files.
        #expect(try atlas.open(with: 440_000, at: 0, in: "place.code").placeIndex(code: 440_000) == 0)
        let value = try atlas.open(with: 1.5.bitPattern, at: 0, in: "figure.value").figures(place: 0, year: 2020)?[.co2]?.value
        #expect(value == 1.5)
    }

    @Test(arguments: 0..<8) func aLookUpByIdPassesOverWhatPointsOutside(place: Int) {
        // All the same, so that the binary search looks at some of them only.
        let ids = StringColumn(offsets: Column(Array(UInt32(0)...8)), heap: Column(Array("AAAAAAAA".utf8)))
        var order = Array(UInt32(0)..<8)
        order[place] = .max
        #expect(ids.find(lowercase: "a", in: Column(order)).allSatisfy { $0 < 8 })
    }
}
