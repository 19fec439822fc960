// PlaceTests.swift: factories get the codes of where they lie, at import and again with new borders; a code that contradicts the
// position is kept and flagged.

import Boundaries
import Foundation
import GRDB
import Testing

@testable import Registry

private let source = PlaceSource(edition: "2024", source: "a test")

/// A square of one degree.
private func square(_ code: Int32, _ name: String, west: Int32, south: Int32, source: PlaceSource = source) -> PlaceOutline {
    let (x, y, d) = (west * 10_000_000, south * 10_000_000, Int32(10_000_000))
    let ring = [Corner(x: x, y: y), Corner(x: x + d, y: y), Corner(x: x + d, y: y + d), Corner(x: x, y: y + d)]
    return PlaceOutline(
        code: code, level: PlaceCode.level(of: code), nameZH: name, parent: PlaceCode.prefecture(of: code),
        outline: Outline(polygons: [[ring]]),
        source: source)
}

private let counties = [square(330_102, "甲", west: 120, south: 30), square(330_103, "乙", west: 121, south: 30)]

@Test func factoriesGetTheirCodesWhenTheyAreStored() throws {
    let fixture = try StoreFixture()
    #expect(try fixture.store.placeLocator() == nil)
    let outcome = try fixture.store.replacePlaces(with: counties, names: [330_000: ("浙江省", "Zhejiang")])
    #expect(outcome.places == ["province": 1, "prefecture": 1, "county": 2])
    try fixture.store.apply(factories: [
        factory("a", "一", county: 330_102, at: (120.5, 30.5)), factory("b", "二", county: 330_102, at: (121.5, 30.5)),
        factory("c", "三", at: (121.5, 30.5)), factory("d", "四", county: 330_102, at: (125, 30)),
        // A code of another edition: only its prefecture can be compared.
        factory("e", "五", county: 330_199, at: (120.5, 30.5)),
    ])
    let details = try ["a", "b", "c", "d", "e"].map { try #require(try fixture.store.factory(id: $0)) }
    let here = PlaceCodes(county: 330_102, prefecture: 330_100, province: 330_000)
    let there = PlaceCodes(county: 330_103, prefecture: 330_100, province: 330_000)
    #expect(details.map(\.places) == [here, there, there, .none, here])
    #expect(details.map(\.countyCode) == [330_102, 330_102, nil, 330_102, 330_199])
    #expect(details.map(\.flags) == [[], .countyMismatch, [], .noPlace, []])
    var streamed: [PlaceCodes] = []
    try fixture.store.forEachFactory { streamed.append($0.places) }
    #expect(streamed == details.map(\.places))
}

@Test func newBordersRelocateAllFactoriesAndMakeNoRowLookChanged() throws {
    let fixture = try StoreFixture()
    let drafts = [factory("a", "一", county: 330_103, at: (120.5, 30.5)), factory("b", "二", at: (140, 10))]
    try fixture.store.apply(factories: drafts)
    #expect(try fixture.store.factory(id: "a")?.places == PlaceCodes.none)
    let first = try fixture.store.replacePlaces(with: counties)
    #expect(first.relocated == 2 && first.mismatches == 1 && first.placeless == 1)
    #expect(try fixture.store.factory(id: "a")?.places.county == 330_102)
    #expect(try fixture.store.factory(id: "a")?.flags == .countyMismatch)
    #expect(try fixture.store.factory(id: "b")?.flags == .noPlace)
    #expect(try fixture.store.apply(factories: drafts) == [.unchanged, .unchanged])
    // The same borders again change nothing; exchanged ones do, and clear the flag.
    #expect(try fixture.store.replacePlaces(with: counties).relocated == 0)
    let exchanged = [square(330_103, "乙", west: 120, south: 30), square(330_102, "甲", west: 121, south: 30)]
    #expect(try fixture.store.replacePlaces(with: exchanged).mismatches == 0)
    #expect(try fixture.store.factory(id: "a")?.places.county == 330_103)
    #expect(try fixture.store.factory(id: "a")?.flags == [])
    #expect(try fixture.store.changes(after: 0).last?.entity == "places")
    try fixture.store.verifyIntegrity()
}

@Test func whatIsRealIsNotHeldAgainstInventedCounties() throws {
    let fixture = try StoreFixture()
    let invented = PlaceSource(edition: "1", source: "cells", synthetic: true)
    let cells = [
        square(330_102, "甲", west: 120, south: 30, source: invented), square(340_102, "乙", west: 121, south: 30, source: invented),
    ]
    _ = try fixture.store.replacePlaces(with: cells)
    var synthetic = factory("s", "一", county: 330_103, at: (120.5, 30.5))
    synthetic.synthetic = true
    let drafts = [synthetic, factory("r", "二", county: 330_103, at: (120.5, 30.5)), factory("p", "三", county: 330_103, at: (121.5, 30.5))]
    try fixture.store.apply(factories: drafts)
    func flags() throws -> [FactoryFlags?] { try ["s", "r", "p"].map { try fixture.store.factory(id: $0)?.flags } }
    // Of the same prefecture, as 330103 is no code here; the third lies in another province.
    #expect(try flags() == [[], [], .countyMismatch])
    _ = try fixture.store.replacePlaces(with: cells + [square(330_103, "丙", west: 122, south: 30, source: invented)])
    #expect(try flags() == [.countyMismatch, [], .countyMismatch])
}

@Test func aLevelIsReplacedWholeAndTheOthersStay() throws {
    let fixture = try StoreFixture()
    let province = square(330_000, "省", west: 120, south: 30, source: PlaceSource(edition: "1", source: "other", synthetic: true))
    _ = try fixture.store.replacePlaces(with: [province])
    _ = try fixture.store.replacePlaces(with: counties)
    let places = try fixture.store.places()
    #expect(places.map(\.code) == [330_000, 330_100, 330_102, 330_103])
    // The province is what its counties are, and says whose it is.
    #expect(abs(places[0].outline.squareDegrees - 2) < 1e-12)
    #expect(places[0].source.synthetic && !places[2].source.synthetic && places[1].isDerived)
    _ = try fixture.store.replacePlaces(with: [square(340_102, "丙", west: 120, south: 31)])
    // Without its counties the province has its own shape again.
    let after = try fixture.store.places()
    #expect(after.map(\.code) == [330_000, 340_000, 340_100, 340_102])
    #expect(abs(after[0].outline.squareDegrees - 1) < 1e-12)
}

@Test func aRegistryOfTheVersionBeforeGetsItsTablesAndKeepsItsRows() throws {
    let fixture = try StoreFixture()
    try fixture.store.apply(factories: [factory("a", "一", county: 330_102, at: (120.5, 30.5))])
    try fixture.store.close()
    let old = try DatabaseQueue(path: fixture.path)
    try old.write { db in
        try db.execute(
            sql: """
                DROP TABLE places; DROP TABLE place_sources;
                ALTER TABLE factories DROP COLUMN place_county; ALTER TABLE factories DROP COLUMN place_prefecture;
                ALTER TABLE factories DROP COLUMN place_province;
                DELETE FROM grdb_migrations WHERE identifier = 'places'
                """)
    }
    try old.close()
    #expect(registryError { _ = try RegistryStore(path: fixture.path, mode: .readOnly) } == .olderSchema(path: fixture.path))
    let store = try RegistryStore(path: fixture.path, mode: .readWrite)
    #expect(try store.factory(id: "a")?.countyCode == 330_102)
    _ = try store.replacePlaces(with: counties)
    #expect(try store.factory(id: "a")?.places.county == 330_102)
}

@Test func damagedOutlinesAreAnErrorAndNoTrap() throws {
    let fixture = try StoreFixture()
    _ = try fixture.store.replacePlaces(with: counties)
    try fixture.store.close()
    let raw = try DatabaseQueue(path: fixture.path)
    try raw.write { try $0.execute(sql: "UPDATE places SET outline = x'ffffffff' WHERE code = 330102") }
    try raw.close()
    let store = try RegistryStore(path: fixture.path, mode: .readOnly)
    #expect(registryError { _ = try store.places() } == .damaged(path: fixture.path, detail: "the place 330102 cannot be read"))
}
