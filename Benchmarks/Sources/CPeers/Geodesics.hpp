// Geodesics.hpp: exact distances for peers that search by the straight chord through the earth.
//
// To be as fast as can be, a peer does not solve a geodesic where a short series is as good: with c the chord, N the
// ellipsoid's outward normal at the query and h the chord's part along N, the normal curvature along the chord is
// 2h/c² up to terms of the order of c, and s = c + h²/(6c) + 3h⁴/(40c³). Up to 20 km that is within 0.3 µm of the geodesic
// (curvature varies by under 1.5e-5 on the way, of a third term of 16 mm). What is closer to a rim or to another
// candidate than `doubt` is settled by the solver.

#pragma once

#include "CPeers.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <geodesic.h>
#include <vector>

namespace peers {

constexpr double earth_a = 6378137.0;
constexpr double earth_f = 1 / 298.257223563;
constexpr double earth_b = earth_a * (1 - earth_f);
/// Least and greatest radius of curvature: b²/a and a²/b.
constexpr double least_radius = earth_b * earth_b / earth_a;
constexpr double greatest_radius = earth_a * earth_a / earth_b;
/// The series is used up to this chord, and trusted to half of `doubt`.
constexpr double series_reach = 20100;
constexpr double doubt = 2e-6;

const geod_geodesic &wgs84();

/// A found point.
struct Hit {
    double distance;
    uint32_t id;
    bool solved;
    bool operator<(const Hit &other) const { return distance < other.distance || (distance == other.distance && id < other.id); }
};

/// A query's point, ready for chords.
struct Query {
    double longitude, latitude;
    double p[3];
    double normal[3];

    Query(double lon, double lat) : longitude(lon), latitude(lat) {
        const double phi = lat * (M_PI / 180), lambda = lon * (M_PI / 180);
        const double e2 = earth_f * (2 - earth_f);
        const double n = earth_a / std::sqrt(1 - e2 * std::sin(phi) * std::sin(phi));
        normal[0] = std::cos(phi) * std::cos(lambda);
        normal[1] = std::cos(phi) * std::sin(lambda);
        normal[2] = std::sin(phi);
        p[0] = n * normal[0];
        p[1] = n * normal[1];
        p[2] = n * (1 - e2) * normal[2];
    }

    double chord_squared(const double *q) const {
        const double x = q[0] - p[0], y = q[1] - p[1], z = q[2] - p[2];
        return x * x + y * y + z * z;
    }

    double solve(const peer_points &points, uint32_t id) const {
        double s, azimuth1, azimuth2;
        const double *degrees = points.degrees + 2 * size_t(id);
        geod_inverse(&wgs84(), latitude, longitude, degrees[1], degrees[0], &s, &azimuth1, &azimuth2);
        return s;
    }

    /// The distance to a point, by the series where that is as good.
    Hit hit(const peer_points &points, uint32_t id) const {
        const double *q = points.ecef + 3 * size_t(id);
        return hit(points, id, q, chord_squared(q));
    }

    Hit hit(const peer_points &points, uint32_t id, const double *q, double c2) const {
        if (c2 > series_reach * series_reach) return {solve(points, id), id, true};
        if (c2 == 0) return {0, id, true};
        const double h = (q[0] - p[0]) * normal[0] + (q[1] - p[1]) * normal[1] + (q[2] - p[2]) * normal[2];
        const double c = std::sqrt(c2), t = h * h / c2;
        return {c * (1 + t * (1.0 / 6 + t * (3.0 / 40))), id, false};
    }

    /// Whether a point is within `meters`, at the rim by the solver; then writes it.
    size_t keep(const peer_points &points, Hit found, double meters, uint32_t *ids, double *distances) const {
        if (!found.solved && std::fabs(found.distance - meters) < doubt) found.distance = solve(points, found.id);
        ids[0] = found.id;
        distances[0] = found.distance;
        return found.distance <= meters ? 1 : 0;
    }

    /// Sorts hits, near-ties by the solver.
    void sort(const peer_points &points, std::vector<Hit> &hits) const {
        std::sort(hits.begin(), hits.end());
        bool again = false;
        for (size_t i = 1; i < hits.size(); i++) {
            if (hits[i].distance - hits[i - 1].distance >= doubt) continue;
            for (size_t j : {i - 1, i}) {
                if (hits[j].solved) continue;
                hits[j].distance = solve(points, hits[j].id);
                hits[j].solved = again = true;
            }
        }
        if (again) std::sort(hits.begin(), hits.end());
    }
};

/// Points with a chord of at least this are at least this far along the geodesic (greatest radius of curvature).
inline double least_distance(double chord) {
    return 2 * greatest_radius * std::asin(std::min(chord / (2 * greatest_radius), 1.0)) - 1e-6;
}

inline size_t deliver(const std::vector<Hit> &hits, size_t k, uint32_t *ids, double *distances) {
    const size_t count = std::min(k, hits.size());
    for (size_t i = 0; i < count; i++) {
        ids[i] = hits[i].id;
        distances[i] = hits[i].distance;
    }
    return count;
}

extern const peer boost_plane, boost_space, geos, nanoflann_series, nanoflann_solved, s2, sqlite;
extern const peer boost_degrees_nearest, boost_mercator_nearest, geos_degrees_nearest, geos_mercator_nearest, s2_sphere;

} // namespace peers
