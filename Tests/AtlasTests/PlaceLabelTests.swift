// PlaceLabelTests.swift: every name of a place stands once at a zoom, in every datum, inside its place.

import Boundaries
import Geodesy
import SpatialIndex
import Testing
import VectorTile

@testable import Atlas

@Suite struct PlaceLabelTests {
    private let snapshot: Snapshot
    private let locator: PlaceLocator

    init() throws {
        let made = try PlaceAtlas.shared.get()
        snapshot = made.snapshot
        locator = made.locator
    }

    private func labels(_ tile: TileID, _ datum: TileDatum) throws -> [DecodedFeature] {
        var encoder = TileEncoder()
        snapshot.addPlaceLabels(tile, datum: datum, to: &encoder)
        return try DecodedTile(decoding: encoder.finish()).layers.first { $0.name == "place_labels" }?.features ?? []
    }

    /// Where a label is drawn, in degrees of the tile's datum.
    private func position(_ feature: DecodedFeature, _ tile: TileID) throws -> (longitude: Double, latitude: Double) {
        guard case .points(let points) = feature.geometry, let point = points.first else { throw PointMissing() }
        let unit = UInt64(1) << UInt64(20 - tile.z)
        let box = tile.box
        return MercatorGrid.unproject(
            GridPoint(x: box.minX + UInt32(UInt64(point.x) * unit + unit / 2), y: box.minY + UInt32(UInt64(point.y) * unit + unit / 2)))
    }

    private struct PointMissing: Error {}

    @Test(arguments: [TileDatum.wgs84, .gcj02, .bd09], [0, 4, 5, 7, 8, 12, 14])
    func everyNameStandsInExactlyOneTile(datum: TileDatum, zoom: Int) throws {
        let levels = PlaceTileSchema.labelled(zoom: zoom)
        // Close in, one province: there are thousands of tiles.
        let places = snapshot.places(parent: zoom < 8 ? nil : 330_000).filter { levels.contains($0.level) }
        // All tiles that a label could be in: those of the places' middles and their neighbours would do; all of the box is sure.
        var tiles = Set<TileID>()
        for place in places {
            let label = snapshot.placeColumns.label(place.index)
            let home = TileID(containing: label, z: zoom)
            for dx in -1...1 {
                for dy in -1...1 {
                    if let tile = TileID(z: zoom, x: Int(home.x) + dx, y: Int(home.y) + dy) { tiles.insert(tile) }
                }
            }
        }
        var found: [String: Int] = [:]
        for tile in tiles {
            for feature in try labels(tile, datum) {
                let code = try #require(feature.attributes["code"]?.stringValue)
                guard zoom < 8 || code.hasPrefix("33") else { continue }
                found[code, default: 0] += 1
                let at = try position(feature, tile)
                let number = try #require(Int32(code))
                let place = try #require(snapshot.placeIndex(code: number).flatMap { snapshot.place($0) })
                // Within the place's box, but for a step of the tile's own grid and as far as the datum moves things.
                let slack = 360 / Double(4096 << zoom) + (datum == .wgs84 ? 1e-3 : 0.03)
                #expect(at.longitude > place.west - slack && at.longitude < place.east + slack)
                #expect(at.latitude > place.south - slack && at.latitude < place.north + slack)
                #expect(feature.attributes["name"]?.stringValue == place.nameZH)
            }
        }
        let expected = places.map { String($0.code) }
        #expect(Set(found.keys) == Set(expected))
        #expect(found.values.allSatisfy { $0 == 1 })
    }

    @Test func aNameStandsInsideItsPlace() throws {
        for place in snapshot.places() {
            let at = MercatorGrid.unproject(snapshot.placeColumns.label(place.index))
            let codes = locator.codes(longitude: at.longitude, latitude: at.latitude)
            #expect([codes.province, codes.prefecture, codes.county].contains(place.code), "\(place.code) \(place.nameZH)")
        }
    }

    @Test func namesInGCJ02AreThoseOfWGS84Moved() throws {
        let zoom = 12
        let place = try #require(snapshot.placeIndex(code: 330_100))
        let label = snapshot.placeColumns.label(place)
        let there = MercatorGrid.unproject(label)
        let moved = Coordinate<WGS84>(unchecked: there.longitude, there.latitude).gcj02()
        let tile = TileID(containing: MercatorGrid.project(longitude: moved.longitude, latitude: moved.latitude), z: zoom)
        let feature = try #require(try labels(tile, .gcj02).first { $0.attributes["code"]?.stringValue == "330100" })
        let at = try position(feature, tile)
        // One unit of the tile is 2 cm of longitude in 10⁻⁵ degrees.
        #expect(abs(at.longitude - moved.longitude) < 4e-5 && abs(at.latitude - moved.latitude) < 4e-5)
    }
}
