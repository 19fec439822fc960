// GCJ02Tests.swift: GCJ-02 and BD-09 against other projects' values, their inverses, and the rule at the border.

import Geodesy
import Testing

@Suite struct GCJ02Tests {
    @Test func mainlandPositionsGetTheOffsetsOfOtherProjects() throws {
        var checked = 0
        for row in try Fixture("gcj02-bd09-vectors.csv").rows where row[text: "zone"] == "mainland" {
            let wgs84 = try Coordinate<WGS84>(longitude: row["wgs_lon"], latitude: row["wgs_lat"])
            let gcj02 = wgs84.gcj02()
            let bd09 = wgs84.bd09()
            #expect(abs(gcj02.longitude - row["gcj_lon"]) < 1e-11, "line \(row.line)")
            #expect(abs(gcj02.latitude - row["gcj_lat"]) < 1e-11, "line \(row.line)")
            #expect(abs(bd09.longitude - row["bd_lon"]) < 1e-11, "line \(row.line)")
            #expect(abs(bd09.latitude - row["bd_lat"]) < 1e-11, "line \(row.line)")
            checked += 1
        }
        #expect(checked == 123)
    }

    @Test func positionsAbroadStayWhereTheyAre() throws {
        for row in try Fixture("gcj02-bd09-vectors.csv").rows
        where ["abroad-or-sea-in-box", "outside-box", "hk-mo-tw"].contains(row[text: "zone"]) {
            let (x, y) = (row["wgs_lon"], row["wgs_lat"])
            #expect(Coordinate<WGS84>(unchecked: x, y).gcj02() == Coordinate<GCJ02>(unchecked: x, y), "line \(row.line)")
            #expect(Coordinate<WGS84>(unchecked: x, y).bd09() == Coordinate<BD09>(unchecked: x, y), "line \(row.line)")
            #expect(Coordinate<GCJ02>(unchecked: x, y).wgs84() == Coordinate<WGS84>(unchecked: x, y), "line \(row.line)")
            #expect(Coordinate<BD09>(unchecked: x, y).gcj02() == Coordinate<GCJ02>(unchecked: x, y), "line \(row.line)")
        }
    }

    @Test func inversesAgreeWithAnotherProjectsIteration() throws {
        for row in try Fixture("gcj02-inverse-vectors.csv").rows where row[text: "zone"] == "mainland" {
            let wgs84 = try Coordinate<GCJ02>(longitude: row["gcj_lon"], latitude: row["gcj_lat"]).wgs84()
            #expect(meters(wgs84.longitude, wgs84.latitude, row["wgs_lon"], row["wgs_lat"]) < 1e-6, "line \(row.line)")
        }
    }

    @Test func publishedPairsOfTwoProjectsAreReproduced() throws {
        for row in try Fixture("gcj02-bd09-published.csv").rows where !row[text: "note"].contains("one-step inverse") {
            let transformer: (from: CoordinateReference, to: CoordinateReference) =
                switch row[text: "function"] {
                case "bd2gcj": (.bd09, .gcj02)
                case "gcj2bd": (.gcj02, .bd09)
                default: (.wgs84, .gcj02)
                }
            let outcome = try CoordinateTransformer(from: transformer.from, to: transformer.to).transform(
                x: row["in_lon"], y: row["in_lat"])
            // The first project uses another radius (12 mm), the second one's bd2gcj is a one-step inverse (some metres).
            let tolerance = row[text: "function"] == "bd2gcj" ? 5.0 : 0.02
            #expect(meters(outcome.x, outcome.y, row["out_lon"], row["out_lat"]) < tolerance, "line \(row.line)")
        }
    }

    @Test func everyMainlandPositionComesBackWithinAMicrometre() throws {
        var worst = 0.0
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let wgs84 = Coordinate<WGS84>(unchecked: .random(in: 73...136, using: &random), .random(in: 17...54.5, using: &random))
            guard ChinaOutline.containsMainland(longitude: wgs84.longitude, latitude: wgs84.latitude) else { continue }
            for back in [wgs84.gcj02().wgs84(), wgs84.bd09().wgs84(), wgs84.bd09().gcj02().wgs84(), wgs84.gcj02().bd09().wgs84()] {
                worst = max(worst, meters(wgs84.longitude, wgs84.latitude, back.longitude, back.latitude))
            }
        }
        #expect(worst < 1e-6)
    }

    /// Some images fall abroad; a naive inverse that looks only at the image would leave them there.
    @Test func mainlandPositionsBesideTheBorderComeBackFromTheOtherSide() throws {
        var crossed = 0
        for row in try Fixture("border-towns.csv").rows {
            for step in -20...20 {
                let x = row["lon"] + Double(step) * 0.001
                let y = row["lat"] - Double(step) * 0.0007
                guard ChinaOutline.containsMainland(longitude: x, latitude: y) else { continue }
                let wgs84 = Coordinate<WGS84>(unchecked: x, y)
                let gcj02 = wgs84.gcj02()
                if !ChinaOutline.containsMainland(longitude: gcj02.longitude, latitude: gcj02.latitude) { crossed += 1 }
                let back = gcj02.wgs84()
                let backFromBD09 = wgs84.bd09().wgs84()
                #expect(meters(x, y, back.longitude, back.latitude) < 1e-6, "\(row[text: "name"])")
                #expect(meters(x, y, backFromBD09.longitude, backFromBD09.latitude) < 1e-6, "\(row[text: "name"])")
            }
        }
        #expect(crossed > 50)
    }

    @Test func gcj02AndBD09MoveTheSamePositions() throws {
        for row in try Fixture("border-towns.csv").rows {
            let wgs84 = Coordinate<WGS84>(unchecked: row["lon"], row["lat"])
            let isMoved = wgs84.gcj02().longitude != wgs84.longitude
            #expect(isMoved == (wgs84.bd09().longitude != wgs84.longitude))
            if isMoved {
                #expect(
                    meters(wgs84.gcj02().bd09().longitude, wgs84.gcj02().bd09().latitude, wgs84.bd09().longitude, wgs84.bd09().latitude)
                        < 1e-6)
            }
        }
    }

    @Test func positionsAtTheEndsOfTheEarthDoNotTrap() throws {
        for (x, y) in [(0.0, 0.0), (180, 90), (-180, -90), (105, 35), (105, 0), (.nan, 30), (116, .infinity)] {
            for image in [Coordinate<GCJ02>(unchecked: x, y).wgs84(), Coordinate<BD09>(unchecked: x, y).wgs84()] {
                if x.isFinite, y.isFinite { #expect(image.longitude.isFinite && image.latitude.isFinite) }
            }
        }
    }
}
