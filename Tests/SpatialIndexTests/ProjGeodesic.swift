// ProjGeodesic.swift: the judge of distances: Karney's geodesics as libproj carries them, which the index itself does not know.

import CProj
import SpatialIndex

/// WGS 84 by libproj's geodesic.h.
struct ProjGeodesic: GeodesicSolver {
    // Written once, here, and never after: sharing it is safe.
    nonisolated(unsafe) private static let wgs84: UnsafePointer<geod_geodesic> = {
        let geodesic = UnsafeMutablePointer<geod_geodesic>.allocate(capacity: 1)
        geod_init(geodesic, 6_378_137, 1 / 298.257223563)
        return UnsafePointer(geodesic)
    }()

    func distanceMeters(fromLongitude: Double, latitude: Double, toLongitude: Double, latitude toLatitude: Double) -> Double {
        var distance = 0.0
        geod_inverse(ProjGeodesic.wgs84, latitude, fromLongitude, toLatitude, toLongitude, &distance, nil, nil)
        return distance
    }

    func distance(_ a: Position, _ b: Position) -> Double {
        distanceMeters(fromLongitude: a.longitude, latitude: a.latitude, toLongitude: b.longitude, latitude: b.latitude)
    }

    /// The position at a distance and azimuth (degrees from north, clockwise).
    func position(from start: Position, azimuth: Double, meters: Double) -> Position {
        var longitude = 0.0
        var latitude = 0.0
        geod_direct(ProjGeodesic.wgs84, start.latitude, start.longitude, azimuth, meters, &latitude, &longitude, nil)
        return Position(longitude, latitude)
    }

    /// Every point's distance, in the given order, by solving each.
    func neighbors(of query: Position, among positions: [Position], where filter: (Int) -> Bool) -> [Neighbor] {
        positions.indices.filter(filter).map { Neighbor(index: $0, distanceMeters: distance(query, positions[$0])) }
            .sorted { ($0.distanceMeters, $0.index) < ($1.distanceMeters, $1.index) }
    }
}

/// Whether an answer is the true one: the same points in the same order, at distances that are as exact as is promised.
func agree(_ found: [Neighbor], _ truth: ArraySlice<Neighbor>) -> Bool {
    found.count == truth.count
        && zip(found, truth).allSatisfy { found, truth in
            // 60 nm to 50 km, 1.3 µm to 100 km, the solver's own word beyond.
            let allowed = truth.distanceMeters < 50_000 ? 6e-8 : truth.distanceMeters < 100_001 ? 1.3e-6 : 0
            return found.index == truth.index && abs(found.distanceMeters - truth.distanceMeters) <= allowed
        }
}
