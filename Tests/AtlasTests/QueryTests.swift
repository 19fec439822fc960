// QueryTests.swift: radius, nearest and window against brute force over all factories.

import Atlas
import Foundation
import Geodesy
import Registry
import Testing

@Suite struct QueryTests {
    let atlas: SampleAtlas
    private let geodesic = WGS84Geodesic()

    init() throws { atlas = try SampleAtlas.shared.get() }

    private func distance(_ longitude: Double, _ latitude: Double, _ factory: ExpectedFactory) -> Double {
        geodesic.distanceMeters(fromLongitude: longitude, latitude: latitude, toLongitude: factory.longitude, latitude: factory.latitude)
    }

    private let places = [(121.47, 31.23), (113.75, 23.02), (180.0, 0.0), (-179.99, -60.0), (0.0, 90.0), (45.0, -89.9), (116.4, 39.9)]

    @Test func aRadiusHoldsWhatBruteForceHolds() throws {
        for (longitude, latitude) in places {
            for radius in [1.0, 500, 5_000, 40_000, 100_000] {
                let expected = atlas.expected.filter { distance(longitude, latitude, $0) <= radius }
                var found: [FactoryHit] = []
                var cursor: NearCursor?
                repeat {
                    let page = try atlas.snapshot.near(
                        longitude: longitude, latitude: latitude, radiusMeters: radius, limit: 97, after: cursor)
                    #expect(page.total == expected.count)
                    found += page.hits
                    // A cursor travels through a URL as text.
                    cursor = try page.next.map { try #require(NearCursor($0.description)) }
                } while cursor != nil
                #expect(found.map(\.id).sorted() == expected.map(\.id).sorted())
                let distances = found.compactMap(\.distanceMeters)
                #expect(distances.count == found.count && zip(distances, distances.dropFirst()).allSatisfy(<=))
                for (hit, measured) in zip(found, distances) {
                    let factory = try #require(atlas.expected.first { $0.id == hit.id })
                    #expect(abs(measured - distance(longitude, latitude, factory)) < 1e-6)
                }
            }
        }
    }

    @Test func theRimIsExactToAMillimetre() throws {
        for factory in atlas.expected.dropFirst(700).prefix(40) {
            let exact = distance(121.0, 31.0, factory)
            guard exact < 99_000 else { continue }
            let inside = try atlas.snapshot.near(longitude: 121, latitude: 31, radiusMeters: exact + 0.001, limit: 1000)
            let outside = try atlas.snapshot.near(longitude: 121, latitude: 31, radiusMeters: exact - 0.001, limit: 1000)
            #expect(inside.total == atlas.expected.count { distance(121, 31, $0) <= exact + 0.001 })
            #expect(outside.total == atlas.expected.count { distance(121, 31, $0) <= exact - 0.001 })
        }
    }

    @Test func theNearestAreTheNearest() throws {
        for (longitude, latitude) in places {
            for k in [1, 10, 1000] {
                let expected = atlas.expected.map { distance(longitude, latitude, $0) }.sorted().prefix(k)
                let found = try atlas.snapshot.nearest(longitude: longitude, latitude: latitude, k: k)
                #expect(found.count == k)
                for (a, b) in zip(found.compactMap(\.distanceMeters), expected) { #expect(abs(a - b) < 1e-6) }
            }
        }
    }

    @Test func queriesObeyTheFilter() throws {
        let filter = try Filter(parameters: [("status", "violating"), ("brand", "B0,B1,B2")])
        let expected = atlas.expected.filter { passes($0, filter) }
        #expect(!expected.isEmpty)
        let near = try atlas.snapshot.near(longitude: 121.47, latitude: 31.23, radiusMeters: 100_000, limit: 1000, filter: filter)
        #expect(Set(near.hits.map(\.id)) == Set(expected.filter { distance(121.47, 31.23, $0) <= 100_000 }.map(\.id)))
        let nearest = try atlas.snapshot.nearest(longitude: 121.47, latitude: 31.23, k: 1000, filter: filter)
        #expect(Set(nearest.map(\.id)) == Set(expected.map(\.id)))
    }

    @Test func aWindowHoldsWhatBruteForceHolds() throws {
        for (west, south, east, north) in [
            (121.0, 31.0, 122.0, 32.0), (-180, -90, 180, 90), (113.75, 23.02, 113.75, 23.02), (179, -61, -179, 1), (0, 0, 0, 90),
        ] {
            let expected = atlas.expected.filter { factory in
                let inLongitude =
                    west <= east ? (west...east).contains(factory.longitude) : factory.longitude >= west || factory.longitude <= east
                return inLongitude && (south...north).contains(factory.latitude)
            }
            var found: [FactoryHit] = []
            var after: Int64?
            repeat {
                let page = try atlas.snapshot.factories(west: west, south: south, east: east, north: north, limit: 331, after: after)
                #expect(page.total == expected.count)
                found += page.hits
                after = page.next
            } while after != nil
            #expect(found.map(\.id).sorted() == expected.map(\.id).sorted())
            #expect(zip(found, found.dropFirst()).allSatisfy { $0.pk < $1.pk })
        }
    }

    @Test func aFactoryIsFoundByItsIdAndItsNumber() throws {
        for expected in atlas.expected.prefix(50) {
            let hit = try #require(atlas.snapshot.factory(id: expected.id))
            #expect(hit.longitude == expected.longitude && hit.latitude == expected.latitude && hit.status == expected.status)
            #expect(atlas.snapshot.factory(pk: hit.pk)?.id == expected.id)
        }
        #expect(atlas.snapshot.factory(id: "no such id") == nil)
        #expect(atlas.snapshot.factory(pk: -1) == nil && atlas.snapshot.factory(pk: .max) == nil)
    }

    @Test(arguments: [
        ("lon", 181.0, 0.0, 10.0, 1), ("lon", .nan, 0, 10, 1), ("lat", 0, 91, 10, 1), ("radius", 0, 0, -1, 1), ("radius", 0, 0, 1e9, 1),
        ("radius", 0, 0, .nan, 1), ("limit", 0, 0, 10, 0), ("limit", 0, 0, 10, 1001),
    ]) func aWrongParameterIsNamed(name: String, longitude: Double, latitude: Double, radius: Double, limit: Int) throws {
        #expect {
            try atlas.snapshot.near(longitude: longitude, latitude: latitude, radiusMeters: radius, limit: limit)
        } throws: {
            ($0 as? QueryError)?.parameter == name
        }
    }
}
