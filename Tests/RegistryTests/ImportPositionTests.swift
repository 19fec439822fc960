// ImportPositionTests.swift: positions in any datum become WGS 84, and those that cannot be right are refused with the reason.

import Foundation
import Geodesy
import Testing

@testable import Registry

@Suite struct ImportPositionTests {
    private func read(
        _ x: String, _ y: String, datum: String = "", standard: String? = nil, plane: Bool = false, fix: Bool = false
    ) throws -> PositionReader.Position {
        let reader = try PositionReader(datum: standard, fixesSwapped: fix)
        return try reading(x) { x in
            try reading(y) { y in
                try reading(datum) { datum in
                    let none = FieldBytes(start: nil, count: 0)
                    return try reader.read(
                        .init(
                            lon: plane ? none : x, lat: plane ? none : y, easting: plane ? x : none, northing: plane ? y : none,
                            datum: datum))
                }
            }
        }
    }

    private func reject(_ x: String, _ y: String, datum: String = "wgs84", plane: Bool = false) -> RowReject? {
        do {
            _ = try read(x, y, datum: datum, plane: plane)
            return nil
        } catch {
            return error as? RowReject
        }
    }

    @Test func wgs84StaysAndUnknownIsFlaggedAsUncertain() throws {
        let known = try read("121.4737", "31.2304", datum: "WGS-84")
        #expect(known.longitude == 121.4737 && known.latitude == 31.2304 && known.flags.isEmpty && known.datum == "wgs84")
        let unknown = try read("121.4737", "31.2304", standard: "unknown")
        #expect(
            unknown.longitude == 121.4737 && unknown.accuracyMeters == 700 && unknown.flags == .datumUnknown && unknown.datum == "unknown")
    }

    /// GCJ-02 of WGS 84 121.4737, 31.2304, by the published formula (PRCoords gives the same to 1e-9).
    @Test func gcj02AndBd09MoveByHundredsOfMetresTowardsTheTruth() throws {
        let there = try Coordinate<WGS84>(longitude: 121.4737, latitude: 31.2304)
        let gcj = there.gcj02()
        let back = try read("\(gcj.longitude)", "\(gcj.latitude)", datum: "gcj02")
        #expect(abs(back.longitude - 121.4737) < 1e-8 && abs(back.latitude - 31.2304) < 1e-8)
        #expect(abs(gcj.longitude - 121.4737) * 95_000 > 200)
        #expect(back.sourceX == gcj.longitude && back.datum == "gcj02")
    }

    @Test func planeCoordinatesAreReadByTheirCodeWhereverTheyStand() throws {
        // EPSG:4549, central meridian 120°: 500,000 m east is the meridian itself.
        let position = try read("500000", "3459000", datum: "EPSG:4549", plane: true)
        #expect(abs(position.longitude - 120) < 1e-6 && (31.2...31.3).contains(position.latitude))
        #expect(position.sourceX == 500_000 && position.flags.contains(.ballparkTransform), "EPSG has no operation from CGCS2000 to WGS 84")
        let underLon = try read("500000", "3459000", datum: "4549")
        #expect(underLon.longitude == position.longitude)
    }

    @Test func swappedPositionsAreRefusedAndCorrectedOnRequestOnly() throws {
        for (x, y) in [("31.2304", "121.4737"), ("43.8256", "87.6168")] {
            let found = try #require(reject(x, y))
            #expect(found.field == "lat" && found.reason.hasPrefix("latitude and longitude look swapped"))
            let fixed = try read(x, y, datum: "wgs84", fix: true)
            #expect(fixed.longitude == Double(y) && fixed.latitude == Double(x) && fixed.flags == .swapCorrected)
        }
        let plane = try #require(reject("3459000", "500000", datum: "EPSG:4549", plane: true))
        #expect(plane.reason.hasPrefix("easting and northing look swapped"))
    }

    @Test func aPositionOutsideChinaIsKeptAndFlagged() throws {
        for (x, y) in [("2.3522", "48.8566"), ("139.69", "35.69"), ("-74.0", "40.7"), ("105.85", "21.03")] {
            #expect(try read(x, y, datum: "wgs84").flags == .outsideChina)
        }
        for (x, y) in [("114.17", "22.28"), ("121.5", "25.04"), ("113.54", "22.19"), ("87.6", "43.8"), ("109.5", "18.25")] {
            #expect(try read(x, y, datum: "wgs84").flags.isEmpty, "\(x), \(y)")
        }
    }

    @Test(arguments: [
        ("0", "0", "lon", "stands for an unknown one"), ("0.0", "-0.0", "lon", "stands for an unknown one"),
        ("", "31", "lon", "no position"),
        ("121", "", "lat", "no position"), ("NaN", "31", "lon", "is not a finite number"), ("121", "1e999", "lat", "is enormous"),
        ("121", "624.6", "lat", "between -90 and 90"), ("1e30", "31", "lon", "between -180 and 180"),
        ("181", "31", "lon", "between -180 and 180"),
    ])
    func impossiblePositionsAreRefusedByField(x: String, y: String, field: String, words: String) throws {
        let found = try #require(reject(x, y))
        #expect(found.field == field && found.reason.contains(words), "\(found)")
    }

    @Test func aDatumMustBeNamedAndKnown() throws {
        #expect(reject("121", "31", datum: "")?.reason.contains("names no datum") == true)
        let unknown = try #require(reject("121", "31", datum: "mars2000"))
        #expect(unknown.field == "datum" && unknown.value == "mars2000" && unknown.reason.contains("gcj02"))
        #expect(throws: ImportError.self) { try PositionReader(datum: "mars2000", fixesSwapped: false) }
        #expect(reject("500000", "3459000", datum: "gcj02", plane: true)?.field == "datum")
        #expect(try read("121", "31", datum: "cgcs2000", standard: "gcj02").datum == "cgcs2000", "a row's own datum comes first")
    }
}
