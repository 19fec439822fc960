// ProjectionTests.swift: Gauss-Krüger systems and datum operations of EPSG against PROJ's and GeographicLib's values, and honesty about
// what EPSG does not have.

import Geodesy
import Testing

@Suite struct ProjectionTests {
    @Test func everyGaussKrugerVectorIsReproducedBothWays() throws {
        var transformers: [Int: (onto: CoordinateTransformer, off: CoordinateTransformer)] = [:]
        for row in try Fixture("gauss-kruger-vectors.csv").rows {
            let code = Int(row["epsg"])
            let pair: (onto: CoordinateTransformer, off: CoordinateTransformer)
            if let known = transformers[code] {
                pair = known
            } else {
                let base = try CoordinateReference(parsing: row[text: "geodetic_epsg"])
                pair = (try CoordinateTransformer(from: base, to: .epsg(code)), try CoordinateTransformer(from: .epsg(code), to: base))
                transformers[code] = pair
            }
            let plane = try pair.onto.transform(x: row["lon"], y: row["lat"])
            #expect(abs(plane.x - row["easting_m"]) < 1e-5 && abs(plane.y - row["northing_m"]) < 1e-5, "line \(row.line)")
            let degrees = try pair.off.transform(x: row["easting_m"], y: row["northing_m"])
            #expect(meters(degrees.x, degrees.y, row["lon"], row["lat"]) < 1e-5, "line \(row.line)")
            #expect(plane.accuracyMeters == 0 && !plane.isBallpark && degrees.accuracyMeters == 0 && !degrees.isBallpark)
        }
        #expect(transformers.count > 200)
    }

    @Test func everyChineseProjectedSystemIsKnownWithItsMeridian() throws {
        let rows = try Fixture("epsg-china-projected.csv").rows
        #expect(rows.count == 267)
        for row in rows {
            let reference = try CoordinateReference(parsing: "EPSG:\(row[text: "epsg"])")
            #expect(reference.isProjected)
            // The central meridian lies at the false easting.
            let transformer = try CoordinateTransformer(from: try CoordinateReference(parsing: row[text: "geodetic_epsg"]), to: reference)
            let outcome = try transformer.transform(x: row["central_meridian"], y: 35)
            #expect(abs(outcome.x - row["false_easting_m"]) < 1e-6, "EPSG:\(row[text: "epsg"])")
        }
    }

    @Test func datumShiftsFollowTheNamedOperation() throws {
        for row in try Fixture("datum-shift-vectors.csv").rows {
            let code = row[text: "epsg_operation"]
            let transformer = try DatumTransformer<Beijing1954, WGS84>(operation: Int(code))
            let (position, outcome) = try transformer.transform(Coordinate(longitude: row["lon"], latitude: row["lat"]))
            #expect(meters(position.longitude, position.latitude, row["out_lon"], row["out_lat"]) < 1e-4, "line \(row.line)")
            #expect(outcome.accuracyMeters == row["accuracy_m"])
            #expect(!outcome.isBallpark && outcome.operation.contains("EPSG:\(code)"))
        }
    }

    @Test func theOperationIsChosenByTheAreaOfThePoint() throws {
        let transformer = try CoordinateTransformer(from: .beijing1954, to: .wgs84)
        for row in try Fixture("datum-shift-vectors.csv").rows {
            let outcome = try transformer.transform(x: row["lon"], y: row["lat"])
            // 15918 and 15936 have the same area and accuracy, and agree within it.
            let expected = row[text: "epsg_operation"] == "15918" ? "EPSG:15936" : "EPSG:\(row[text: "epsg_operation"])"
            #expect(outcome.operation.contains(expected), "line \(row.line)")
            #expect(meters(outcome.x, outcome.y, row["out_lon"], row["out_lat"]) < 1, "line \(row.line)")
        }
    }

    @Test func shiftsFromTheGaussKrugerPlaneAndBackUseTheSameOperations() throws {
        for row in try Fixture("datum-shift-vectors.csv").rows where row[text: "epsg_operation"] != "15918" {
            // The 3° zone without its number around the point.
            let code = 2422 + Int((row["lon"] / 3).rounded()) - 25
            let plane = try CoordinateTransformer(from: .beijing1954, to: .epsg(code)).transform(x: row["lon"], y: row["lat"])
            let shifted = try CoordinateTransformer(from: .epsg(code), to: .wgs84).transform(x: plane.x, y: plane.y)
            #expect(meters(shifted.x, shifted.y, row["out_lon"], row["out_lat"]) < 1e-3, "line \(row.line)")
            #expect(shifted.accuracyMeters == row["accuracy_m"])
            let back = try CoordinateTransformer(from: .wgs84, to: .epsg(code)).transform(x: shifted.x, y: shifted.y)
            #expect(abs(back.x - plane.x) < 1e-3 && abs(back.y - plane.y) < 1e-3, "line \(row.line)")
        }
    }

    @Test(arguments: [
        (CoordinateReference.xian1980, CoordinateReference.wgs84), (.epsg(4555), .wgs84), (.cgcs2000, .wgs84), (.wgs84, .cgcs2000),
        (.xian1980, .cgcs2000), (.beijing1954, .wgs84), (.beijing1954, .xian1980), (.epsg(2362), .gcj02), (.gcj02, .epsg(4526)),
        (.bd09, .xian1980),
    ])
    func ballparksAreNamedAndHaveNoAccuracy(from: CoordinateReference, to: CoordinateReference) throws {
        let transformer = try CoordinateTransformer(from: from, to: to)
        let outcome = try from.isProjected ? transformer.transform(x: 38_500_000, y: 3_900_000) : transformer.transform(x: 114, y: 34)
        #expect(outcome.isBallpark)
        #expect(outcome.accuracyMeters == nil)
        #expect(outcome.operation.contains("ballpark"))
    }

    @Test func cgcs2000IsSaidToAgreeWithWGS84() throws {
        let outcome = try CoordinateTransformer(from: .cgcs2000, to: .wgs84).transform(x: 116, y: 40)
        #expect(outcome.x == 116 && outcome.y == 40)
        #expect(outcome.operation.contains("centimetres to decimetres"))
        // And it leads to the operations that EPSG has to WGS 84 only.
        let shifted = try CoordinateTransformer(from: .beijing1954, to: .cgcs2000).transform(x: 108.629358, y: 38.856358)
        #expect(shifted.isBallpark && shifted.operation.contains("EPSG:15936"))
        #expect(meters(shifted.x, shifted.y, 108.629358, 38.856358) > 45)
    }

    @Test func aChosenOperationOutsideItsAreaLosesItsAccuracy() throws {
        let outcome = try CoordinateTransformer(from: .beijing1954, to: .wgs84, operation: 15918).transform(x: 80, y: 30)
        #expect(outcome.accuracyMeters == nil)
        #expect(outcome.operation.contains("outside the operation's area"))
    }

    @Test func anUnknownOperationIsRefusedWithTheKnownOnes() {
        #expect(geodesyError { _ = try CoordinateTransformer(from: .beijing1954, to: .wgs84, operation: 999) }.contains("EPSG:15921"))
        #expect(geodesyError { _ = try CoordinateTransformer(from: .gcj02, to: .wgs84, operation: 15918) }.contains("EPSG has none"))
    }

    @Test func systemsElsewhereWorkToo() throws {
        // UTM zone 50N by PROJ's cct: +proj=utm +zone=50.
        let outcome = try CoordinateTransformer(from: .wgs84, to: .epsg(32650)).transform(x: 117, y: 0)
        #expect(abs(outcome.x - 500_000) < 1e-6 && abs(outcome.y) < 1e-6 && outcome.accuracyMeters == 0)
        #expect(CoordinateReference.epsg(32650).isProjected)
        #expect(!CoordinateReference.epsg(4555).isProjected)
        #expect(!CoordinateReference.epsg(999_999).isProjected)
    }

    @Test func transformersOnManyThreadsAgree() async throws {
        let outcomes = try await withThrowingTaskGroup(of: TransformOutcome.self) { group in
            for _ in 0..<16 {
                group.addTask { try CoordinateTransformer(from: .epsg(21418), to: .wgs84).transform(x: 18_500_000, y: 4_200_000) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count == 16 && Set(outcomes).count == 1)
    }
}
