// EastingTests.swift: zone numbers before eastings, metres and degrees confused, axes exchanged, and names of systems.

import Geodesy
import Testing

@Suite struct EastingTests {
    private func transform(_ from: CoordinateReference, _ to: CoordinateReference, _ x: Double, _ y: Double) throws -> TransformOutcome {
        try CoordinateTransformer(from: from, to: to).transform(x: x, y: y)
    }

    @Test func anEastingUnderADatumsNameFindsItsZone() throws {
        for (datum, numbered) in [(CoordinateReference.xian1980, 2363), (.beijing1954, 2415), (.cgcs2000, 4527), (.epsg(4555), 4775)] {
            let byName = try transform(datum, datum, 39_512_345, 4_400_000)
            let byCode = try transform(.epsg(numbered), datum, 39_512_345, 4_400_000)
            #expect(byName.x == byCode.x && byName.y == byCode.y)
            #expect(byName.operation.contains("EPSG:\(numbered)"))
        }
        // A zone of 6°.
        let wide = try transform(.cgcs2000, .cgcs2000, 20_512_345, 4_400_000)
        #expect(wide.operation.contains("EPSG:4498"))
    }

    @Test func aZoneNumberWhereNoneBelongsIsTakenOff() throws {
        let plain = try transform(.epsg(2384), .xian1980, 512_345, 4_400_000)
        for number in [39.0, 20] {
            let numbered = try transform(.epsg(2384), .xian1980, number * 1e6 + 512_345, 4_400_000)
            #expect(numbered.x == plain.x && numbered.y == plain.y)
            #expect(numbered.operation.contains("zone number \(Int(number)) taken off"))
        }
    }

    @Test func aMissingZoneNumberIsPutBefore() throws {
        let full = try transform(.epsg(2363), .xian1980, 39_512_345, 4_400_000)
        let short = try transform(.epsg(2363), .xian1980, 512_345, 4_400_000)
        #expect(abs(full.x - short.x) < 1e-12 && short.operation.contains("zone number 39 put before"))
    }

    @Test func anotherZonesNumberIsRefusedWithTheRightSystem() {
        let error = geodesyError { _ = try transform(.epsg(2382), .wgs84, 39_512_345, 4_400_000) }
        #expect(error.contains("zone 37") && error.contains("EPSG:2363"))
        #expect(geodesyError { _ = try transform(.epsg(4526), .wgs84, 39_512_345, 4_400_000) }.contains("EPSG:4527"))
        #expect(geodesyError { _ = try transform(.epsg(4526), .wgs84, 99_512_345, 4_400_000) }.contains("zone 38"))
    }

    @Test func exchangedAxesAreNamed() {
        #expect(geodesyError { _ = try transform(.epsg(4526), .wgs84, 4_400_000, 38_512_345) }.contains("swapped"))
        #expect(geodesyError { _ = try transform(.epsg(4547), .wgs84, 4_400_000, 512_345) }.contains("swapped"))
        #expect(geodesyError { _ = try transform(.wgs84, .gcj02, 39.9, 116.4) }.contains("swapped"))
        #expect(geodesyError { _ = try transform(.xian1980, .wgs84, 39.9, 116.4) }.contains("swapped"))
    }

    @Test func metresAndDegreesConfusedAreNamed() {
        #expect(geodesyError { _ = try transform(.wgs84, .gcj02, 512_345, 4_400_000) }.contains("metres, not degrees"))
        #expect(geodesyError { _ = try transform(.gcj02, .wgs84, 39_512_345, 4_400_000) }.contains("metres, not degrees"))
        #expect(geodesyError { _ = try transform(.cgcs2000, .wgs84, 512_345, 4_400_000) }.contains("metres, not degrees"))
        #expect(geodesyError { _ = try transform(.epsg(4526), .wgs84, 116.4, 39.9) }.contains("look like degrees"))
    }

    @Test func numbersThatAreNoPositionsAreRefused() {
        for (x, y) in [(Double.nan, 30.0), (116, .nan), (.infinity, 30), (116, -.infinity)] {
            #expect(geodesyError { _ = try transform(.gcj02, .wgs84, x, y) }.contains("finite"))
            #expect(geodesyError { _ = try transform(.xian1980, .wgs84, x, y) }.contains("finite"))
            #expect(geodesyError { _ = try transform(.epsg(4526), .wgs84, x, y) }.contains("finite"))
        }
        #expect(geodesyError { _ = try transform(.gcj02, .wgs84, 181, 30) }.contains("longitude 181"))
        #expect(geodesyError { _ = try transform(.wgs84, .epsg(4526), 181, 30) }.contains("longitude 181"))
        for (x, y) in [(1e300, 1e300), (-1e300, 4e6), (38e6, -1), (38.5e6, 2e7), (-1, 4e6)] {
            #expect(geodesyError { _ = try transform(.epsg(4526), .wgs84, x, y) } != "no error", "\(x), \(y)")
        }
    }

    @Test func oneBadPositionDoesNotSpoilTheNext() throws {
        let transformer = try CoordinateTransformer(from: .epsg(4526), to: .wgs84)
        let before = try transformer.transform(x: 38_512_345, y: 4_400_000)
        #expect(throws: GeodesyError.self) { try transformer.transform(x: .nan, y: 1) }
        #expect(throws: GeodesyError.self) { try transformer.transform(x: 12, y: 1e9) }
        #expect(try transformer.transform(x: 38_512_345, y: 4_400_000) == before)
    }

    @Test func positionsFarOutsideAZoneAreNoted() throws {
        #expect(try transform(.cgcs2000, .epsg(4526), 120, 30).operation.contains("outside the area"))
        #expect(try !transform(.cgcs2000, .epsg(4526), 114.5, 30).operation.contains("outside the area"))
    }

    @Test(arguments: [
        ("WGS-84", CoordinateReference.wgs84), ("wgs84", .wgs84), ("EPSG:4326", .wgs84), ("4490", .cgcs2000), ("CGCS 2000", .cgcs2000),
        ("2000国家大地坐标系", .cgcs2000), ("西安80坐标系", .xian1980), ("1954北京坐标系", .beijing1954), ("火星坐标", .gcj02), ("GCJ-02", .gcj02),
        ("百度坐标系", .bd09),
        ("bd09ll", .bd09), ("epsg:4526", .epsg(4526)), ("urn:ogc:def:crs:EPSG::4610", .xian1980), (" Xian_1980 ", .xian1980),
    ])
    func namesAreRead(name: String, reference: CoordinateReference) throws {
        #expect(try CoordinateReference(parsing: name) == reference)
        #expect(try CoordinateReference(parsing: reference.displayName) == reference)
    }

    @Test(arguments: ["", "wgs85", "EPSG:", "EPSG:abc", "EPSG:1", "unknown", "-4326x", "火星人", "99999999999999999999"])
    func unknownNamesAreRefusedWithTheKnownOnes(name: String) {
        #expect(geodesyError { _ = try CoordinateReference(parsing: name) }.contains("wgs84, cgcs2000, xian80, beijing54, gcj02, bd09"))
    }

    @Test func codesOfOtherKindsAreRefused() {
        #expect(geodesyError { _ = try CoordinateTransformer(from: .epsg(4979), to: .wgs84) }.contains("three axes"))
        #expect(geodesyError { _ = try CoordinateTransformer(from: .epsg(5773), to: .wgs84) }.contains("heights"))
        #expect(geodesyError { _ = try CoordinateTransformer(from: .epsg(99_999), to: .wgs84) }.contains("EPSG:99999"))
    }
}
