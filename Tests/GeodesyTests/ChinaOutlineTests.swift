// ChinaOutlineTests.swift: who is inside: China's cities and border towns; and who is not: the neighbours', Hong Kong, Macau, Taiwan.

import Testing

@testable import Geodesy

@Suite struct ChinaOutlineTests {
    @Test func borderTownsAreOnTheirOwnSide() throws {
        let rows = try Fixture("border-towns.csv").rows
        for row in rows {
            let isInside = ChinaOutline.containsMainland(longitude: row["lon"], latitude: row["lat"])
            #expect(isInside == (row[text: "side"] == "mainland"), "\(row[text: "name"]), \(row[text: "country"])")
        }
        #expect(rows.count > 1000)
    }

    @Test func everyCityOfTheMainlandIsInside() throws {
        var outside: [String] = []
        var hongKongAndMacau = 0
        let hongKong: Set = ["Hong Kong", "New Territories", "Kowloon", "Hong Kong Island"]
        for row in try Fixture("places/cities-china.csv", inData: true).rows {
            let (x, y) = (row["lon"], row["lat"])
            #expect(ChinaOutline.containsChina(longitude: x, latitude: y))
            // Hong Kong's districts have codes of three letters there; Macau is known by its place.
            if row[text: "admin1_code"].count == 3 || hongKong.contains(row[text: "name"])
                || (113.52...113.60).contains(x) && (22.10...22.2165).contains(y)
            {
                hongKongAndMacau += 1
                #expect(!ChinaOutline.containsMainland(longitude: x, latitude: y), "\(row[text: "name"])")
            } else if !ChinaOutline.containsMainland(longitude: x, latitude: y) {
                outside.append(row[text: "name"])
            }
        }
        #expect(outside == [])
        #expect(hongKongAndMacau == 151)
    }

    @Test func taiwanHongKongAndMacauAreChinaButNotTheMainland() {
        for (x, y) in [(121.56, 25.03), (114.16, 22.28), (113.55, 22.19), (118.32, 24.43), (119.94, 26.15)] {
            #expect(ChinaOutline.containsChina(longitude: x, latitude: y))
            #expect(!ChinaOutline.containsMainland(longitude: x, latitude: y))
        }
    }

    @Test func theGridAgreesWithTheEdges() {
        var random = SystemRandomNumberGenerator()
        for outline in [ChinaOutline.mainland, ChinaOutline.regions] {
            #expect(outline.cornerCount > 1000)
            for _ in 0..<100_000 {
                var x = Double.random(in: 70...137, using: &random)
                var y = Double.random(in: 14...56, using: &random)
                // Half of them where cells and bands begin.
                if Bool.random() { x = (x * 8).rounded() / 8 }
                if Bool.random() { y = (y * 32).rounded() / 32 }
                #expect(outline.contains(longitude: x, latitude: y) == outline.containsByEdges(longitude: x, latitude: y), "\(x), \(y)")
            }
        }
    }

    @Test func simpleShapesAreReadByTheEvenOddRule() {
        let square: [(x: Double, y: Double)] = [(0, 0), (4, 0), (4, 4), (0, 4)]
        let hole: [(x: Double, y: Double)] = [(1, 1), (3, 1), (3, 3), (1, 3)]
        let outline = BandedOutline(rings: [square, hole])
        #expect(outline.contains(longitude: 0.5, latitude: 0.5))
        #expect(!outline.contains(longitude: 2, latitude: 2))
        #expect(outline.contains(longitude: 3.5, latitude: 2))
        #expect(!outline.contains(longitude: 4.5, latitude: 2))
        #expect(!outline.contains(longitude: -0.5, latitude: 2))
        #expect(!BandedOutline(rings: []).contains(longitude: 0, latitude: 0))
    }

    @Test func rubbishIsOutside() {
        for (x, y) in [(Double.nan, 30.0), (116, .nan), (.infinity, 30), (116, -.infinity), (1e300, 30), (116, 1e300), (-116, 40)] {
            #expect(!ChinaOutline.containsMainland(longitude: x, latitude: y))
        }
    }

    @Test func exchangedLongitudeAndLatitudeAreNoticed() {
        #expect(ChinaOutline.looksSwapped(longitude: 39.9, latitude: 116.4))
        #expect(ChinaOutline.looksSwapped(longitude: 31, latitude: 85))
        #expect(!ChinaOutline.looksSwapped(longitude: 116.4, latitude: 39.9))
        #expect(!ChinaOutline.looksSwapped(longitude: 2.35, latitude: 48.85))
    }
}
