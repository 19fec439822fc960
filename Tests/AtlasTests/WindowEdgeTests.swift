// WindowEdgeTests.swift: what lies in a window is decided by its position alone, to the last bit of a Double, wherever the grid's rounding
// puts it: in the file, and among changed factories.

import Foundation
import Registry
import SpatialIndex
import Testing

@testable import Atlas

@Suite struct WindowEdgeTests {
    /// Two neighbouring numbers of which the northern one is projected to the row south of the other's.
    private static let south = 28.01011656643547
    private static let north = 28.010116566435475
    private static let longitude = 120.0

    /// The map of one factory: from the file, and as a change since an empty file.
    private func maps(latitude: Double) throws -> [LiveAtlas] {
        let folder = try TemporaryFolder()
        let store = try RegistryStore(path: folder.path + "/registry.db", mode: .readWrite)
        try SnapshotBuilder.build(store: store, output: folder.path + "/empty.snapshot", asOf: SampleAtlas.asOf)
        var draft = FactoryDraft(
            line: 2, longitude: Self.longitude, latitude: latitude, sourceX: Self.longitude, sourceY: latitude, sourceDatum: "wgs84")
        draft.id = "F"
        draft.nameZH = "一号厂"
        try store.apply(factories: [draft]).requireNoRejects()
        try SnapshotBuilder.build(store: store, output: folder.path + "/full.snapshot", asOf: SampleAtlas.asOf)
        let empty = try Snapshot.open(path: folder.path + "/empty.snapshot")
        let pk = try #require(try store.factory(id: "F")?.pk)
        let step = try #require(try Delta(over: empty).advanced(by: store.states(ofFactories: [pk]), over: empty))
        return [LiveAtlas(try Snapshot.open(path: folder.path + "/full.snapshot")), LiveAtlas(empty, step.delta)]
    }

    @Test func theNumbersAreOnesThatTheGridPutsTheWrongWayRound() {
        // If this fails the projection has changed, and the other tests need other numbers.
        #expect(Self.south < Self.north)
        #expect(MercatorGrid.project(longitude: Self.longitude, latitude: Self.south).y == 1_799_144_066)
        #expect(MercatorGrid.project(longitude: Self.longitude, latitude: Self.north).y == 1_799_144_067)
    }

    @Test func aPointBesideTheNorthernEdgeIsInside() throws {
        for map in try maps(latitude: Self.south) {
            #expect(try map.factories(west: 119, south: 28, east: 121, north: Self.north).hits.map(\.latitude) == [Self.south])
        }
    }

    @Test func aPointBesideTheSouthernEdgeIsInside() throws {
        for map in try maps(latitude: Self.north) {
            #expect(try map.factories(west: 119, south: Self.south, east: 121, north: 29).hits.map(\.latitude) == [Self.north])
        }
    }

    @Test(arguments: [28.01011656643547, 28.010116566435475, 0, -28.01011656643547])
    func everyEdgeIsExactToTheLastBit(latitude: Double) throws {
        for map in try maps(latitude: latitude) {
            for step in -40...40 {
                let (x, y) = (Self.longitude + Double(step) * Self.longitude.ulp, latitude + Double(step) * latitude.ulp)
                let found = [
                    try map.factories(west: x, south: -80, east: 130, north: 80).total,
                    try map.factories(west: 110, south: -80, east: x, north: 80).total,
                    try map.factories(west: 110, south: y, east: 130, north: 80).total,
                    try map.factories(west: 110, south: -80, east: 130, north: y).total,
                ]
                let (low, high) = (step <= 0 ? 1 : 0, step >= 0 ? 1 : 0)
                #expect(found == [low, high, low, high], "\(step) steps from the point")
            }
        }
    }

    @Test func windowsEndAtTheEdgesOfTheGrid() throws {
        for latitude in [-90.0, -85.06, 85.06, 90] {
            for map in try maps(latitude: latitude) {
                #expect(try map.factories(west: -180, south: -90, east: 180, north: 90).total == 1)
                #expect(try map.factories(west: Self.longitude, south: latitude, east: -180, north: latitude).total == 1)
                #expect(try map.factories(west: 121, south: -90, east: 119, north: 90).total == 0)
            }
        }
    }
}
