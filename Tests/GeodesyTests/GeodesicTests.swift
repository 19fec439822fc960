// GeodesicTests.swift: distances on the ellipsoid against GeographicLib's.

import Geodesy
import Testing

@Suite struct GeodesicTests {
    @Test func distancesAndAzimuthsAgreeWithGeographicLib() throws {
        let geodesic = WGS84Geodesic()
        for row in try Fixture("geodesic-wgs84.csv").rows {
            let result = geodesic.inverse(
                fromLongitude: row["lon1"], latitude: row["lat1"], toLongitude: row["lon2"], latitude: row["lat2"])
            #expect(abs(result.distanceMeters - row["s12_m"]) < 1e-6, "line \(row.line)")
            if row["s12_m"] > 1 { #expect(abs(result.azimuth1 - row["azi1_deg"]) < 1e-6, "line \(row.line)") }
        }
    }

    @Test func nearlyAntipodalPointsConverge() {
        // Karney 2013, table 4: φ1 = -30°, φ2 = 29.9°, λ12 = 179.8°.
        #expect(abs(meters(0, -30, 179.8, 29.9) - 19_989_832.827610) < 1e-6)
        #expect(meters(5, 5, 5, 5) == 0)
    }
}
