// WGS84Geodesic.swift: shortest paths on the WGS 84 ellipsoid, by the algorithm of Karney, "Algorithms for geodesics", J. Geodesy 87
// (2013), as libproj carries it: accurate to about 15 nanometres, also for nearly antipodal points.

import CProj

/// Solves inverse geodesic problems. A value that nothing changes after init: share it freely.
public struct WGS84Geodesic: @unchecked Sendable {
    // Unchecked: a C struct of numbers, only read after init.
    private var ellipsoid = geod_geodesic()

    public init() { geod_init(&ellipsoid, 6_378_137, 1 / 298.257223563) }

    /// Metres along the geodesic; positions in degrees. Under 1 µs.
    public func distanceMeters(fromLongitude: Double, latitude: Double, toLongitude: Double, latitude toLatitude: Double) -> Double {
        inverse(fromLongitude: fromLongitude, latitude: latitude, toLongitude: toLongitude, latitude: toLatitude).distanceMeters
    }

    /// Metres, and the azimuths at both ends in degrees clockwise from north (the second one pointing onwards).
    public func inverse(
        fromLongitude: Double, latitude: Double, toLongitude: Double, latitude toLatitude: Double
    ) -> (distanceMeters: Double, azimuth1: Double, azimuth2: Double) {
        var distance = 0.0
        var azimuth1 = 0.0
        var azimuth2 = 0.0
        withUnsafePointer(to: ellipsoid) {
            geod_inverse($0, latitude, fromLongitude, toLatitude, toLongitude, &distance, &azimuth1, &azimuth2)
        }
        return (distance, azimuth1, azimuth2)
    }
}
