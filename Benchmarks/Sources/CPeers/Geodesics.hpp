// Geodesics.hpp: exact distances for peers that search by the straight chord through the earth.
//
// To be as fast as can be, peers are given our own method whole: the series from the chord without a root or a division, how far it
// reaches, its measured bound (Sources/SpatialIndex/GeodesicEstimate.swift), who of a circle is solved (RadiusRim) and who of the
// nearest (Shortlist.settle). Formula and numbers must be those. What is left to a peer is its tree.

#pragma once

#include "CPeers.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <emmintrin.h>
#include <geodesic.h>
#include <vector>

namespace peers {

constexpr double earth_a = 6378137.0;
constexpr double earth_f = 1 / 298.257223563;
constexpr double earth_b = earth_a * (1 - earth_f);
/// Least and greatest radius of curvature: b²/a and a²/b.
constexpr double least_radius = earth_b * earth_b / earth_a;
constexpr double greatest_radius = earth_a * earth_a / earth_b;
constexpr double second_eccentricity_squared = (earth_a * earth_a - earth_b * earth_b) / (earth_b * earth_b);
/// The longest chord of the series, squared: 1,000 km. Farther points are solved.
constexpr double longest_squared = 1e12;
/// Up to here an estimate is delivered as it is, metres.
constexpr double good_as_solved = 100000;

const geod_geodesic &wgs84();

/// How far an estimate of `meters` may be from the geodesic distance.
inline double estimate_error(double meters) {
    const double square = meters * meters;
    return 2e-8 + 1.2e-31 * (square * square * meters);
}

/// Points with estimates over this are farther than points with an estimate of `meters`, or at that very distance.
inline double estimate_reach(double meters) { return meters + 2.1 * estimate_error(meters); }

/// Squared estimates that tell who is in a circle.
struct Rim {
    double meters;
    /// A point with an estimate, or a chord, over `out` is surely out; one with an estimate of up to `in` surely in, and as good as
    /// solved. m².
    double in, out;

    explicit Rim(double meters) : meters(meters) {
        const double outside = estimate_reach(meters), inside = std::min(2 * meters - outside, good_as_solved);
        in = inside > 0 ? inside * inside : -1;
        out = outside * outside;
    }
};

/// A found point: the square of its estimate until it is settled, its distance from then on. A slot is the point's place in the
/// arrays that the peer reads.
struct Hit {
    double value;
    uint32_t slot;
    bool operator<(const Hit &other) const { return value < other.value || (value == other.value && slot < other.slot); }
};

/// Points copied into another order: those that lie near each other are near in memory, as ours, Boost's and PostGIS' are.
struct Arranged {
    /// The id of each slot.
    std::vector<uint32_t> ids;
    std::vector<double> degrees, ecef;
    /// The points by slot; no cells.
    peer_points points;

    Arranged(const peer_points &given, const uint32_t *order)
        : ids(order, order + given.count), degrees(2 * given.count), ecef(3 * given.count),
          points{given.count, degrees.data(), nullptr, ecef.data(), nullptr} {
        for (size_t slot = 0; slot < given.count; slot++) {
            std::copy_n(given.degrees + 2 * size_t(order[slot]), 2, degrees.data() + 2 * slot);
            std::copy_n(given.ecef + 3 * size_t(order[slot]), 3, ecef.data() + 3 * slot);
        }
    }

    // A copy's points would be the original's.
    Arranged(Arranged &&) = default;
    Arranged &operator=(Arranged &&) = default;
};

/// A query's point, ready for chords and estimates.
struct Query {
    double longitude, latitude;
    double p[3];

    Query(double lon, double lat) : longitude(lon), latitude(lat) {
        constexpr double e2 = earth_f * (2 - earth_f), polar = second_eccentricity_squared / (earth_b * earth_b);
        double sine, cosine, sine_lambda, cosine_lambda;
        sincos(lat * (M_PI / 180), &sine, &cosine);
        sincos(lon * (M_PI / 180), &sine_lambda, &cosine_lambda);
        const double n = earth_a / std::sqrt(1 - e2 * sine * sine);
        p[0] = n * cosine * cosine_lambda;
        p[1] = n * cosine * sine_lambda;
        p[2] = n * (1 - e2) * sine;
        const double scale = 1 + polar * p[2] * p[2];
        curvature = 1 / (earth_a * earth_a * scale);
        slope = -curvature * polar * p[2] / scale;
    }

    double chord_squared(const double *q) const {
        const double x = q[0] - p[0], y = q[1] - p[1], z = q[2] - p[2];
        return x * x + y * y + z * z;
    }

    double solve(const peer_points &points, uint32_t slot) const {
        double s, azimuth1, azimuth2;
        const double *degrees = points.degrees + 2 * size_t(slot);
        geod_inverse(&wgs84(), latitude, longitude, degrees[1], degrees[0], &s, &azimuth1, &azimuth2);
        return s;
    }

    /// Square of the estimated distance to a point at height `z`; beyond the series' reach of the solved one.
    double squared(const peer_points &points, uint32_t slot, double c2, double z) const {
        if (__builtin_expect(c2 >= longest_squared, 0)) {
            const double s = solve(points, slot);
            return s * s;
        }
        const double dz = z - p[2], t = c2 + second_eccentricity_squared * (dz * dz), v = t * (curvature + slope * dz);
        return c2 + t * v * ((1.0 / 560 * v + 1.0 / 90) * v + 1.0 / 12);
    }

    Hit hit(const peer_points &points, uint32_t slot) const {
        const double *q = points.ecef + 3 * size_t(slot);
        return {squared(points, slot, chord_squared(q), q[2]), slot};
    }

    /// Writes a point and the square of its distance; 1 if it is in the circle, else 0. Only at the rim does the processor have to guess.
    size_t keep(
        const peer_points &points, const Rim &rim, uint32_t slot, double c2, double z, uint32_t *slots, double *squares) const {
        const double estimate = squared(points, slot, c2, z);
        slots[0] = slot;
        squares[0] = estimate;
        const bool in = estimate <= rim.in;
        if (__builtin_expect(in | (estimate > rim.out), 1)) return in;
        const double s = solve(points, slot);
        // The root of this square is s again, to the bit.
        squares[0] = s * s;
        return s <= rim.meters;
    }

    size_t keep(const peer_points &points, const Rim &rim, uint32_t slot, uint32_t *slots, double *squares) const {
        const double *q = points.ecef + 3 * size_t(slot);
        return keep(points, rim, slot, chord_squared(q), q[2], slots, squares);
    }

    /// Puts hits in order by distance, as far as the first `k` need it, and distances in the place of squares. A run of estimates
    /// within each other's error is solved, unless it is one position, which many factories may share.
    void settle(const peer_points &points, std::vector<Hit> &hits, size_t k) const {
        std::sort(hits.begin(), hits.end());
        for (Hit &hit : hits) hit.value = std::sqrt(hit.value);
        for (size_t start = 0, end; start < std::min(k, hits.size()); start = end) {
            bool is_one_position = true;
            for (end = start + 1; end < hits.size() && hits[end].value <= estimate_reach(hits[end - 1].value); end++) {
                is_one_position = is_one_position && same_position(points, hits[start].slot, hits[end].slot);
            }
            if (!is_one_position || hits[end - 1].value > good_as_solved) solve_run(points, hits, start, end, k);
        }
    }

  private:
    double curvature, slope;

    static bool same_position(const peer_points &points, uint32_t a, uint32_t b) {
        const double *p = points.degrees + 2 * size_t(a), *q = points.degrees + 2 * size_t(b);
        return p[0] == q[0] && p[1] == q[1];
    }

    /// Solves a run of estimates, each position once, and puts it in order; what is surely farther than `k` others stays behind as it is.
    void solve_run(const peer_points &points, std::vector<Hit> &hits, size_t start, size_t end, size_t k) const {
        Hit last = {-1, 0};
        for (size_t next = start; next < end; next++) {
            if (next >= k && hits[next].value - estimate_error(hits[next].value) > hits[k - 1].value) return;
            Hit hit = hits[next];
            const bool is_solved = last.value >= 0 && same_position(points, hit.slot, last.slot);
            hit.value = is_solved ? last.value : solve(points, hit.slot);
            last = hit;
            size_t place = next;
            for (; place > start && hit < hits[place - 1]; place--) hits[place] = hits[place - 1];
            hits[place] = hit;
        }
    }
};

/// Whether points with a chord of at least this are surely farther than `meters`, the estimate of another. By the greatest radius of
/// curvature R: s ≥ 2R asin(c / 2R) ≥ c + c³ / 24R².
inline bool is_surely_farther(double c2, double meters) {
    const double reach = estimate_reach(meters);
    return c2 + c2 * c2 * (1 / (12 * greatest_radius * greatest_radius)) > reach * reach;
}

/// Of a circle's members: ids in the place of slots, if `order` tells them, and distances in the place of squares; two roots at a time.
inline size_t finish(size_t count, const uint32_t *order, uint32_t *slots, double *squares) {
    if (order) {
        for (size_t i = 0; i < count; i++) slots[i] = order[slots[i]];
    }
    size_t i = 0;
    for (; i + 2 <= count; i += 2) _mm_storeu_pd(squares + i, _mm_sqrt_pd(_mm_loadu_pd(squares + i)));
    if (i < count) squares[i] = std::sqrt(squares[i]);
    return count;
}

/// Delivers the first `k` hits; `order` tells the ids of slots, if they are not the same.
inline size_t deliver(const std::vector<Hit> &hits, size_t k, const uint32_t *order, uint32_t *ids, double *distances) {
    const size_t count = std::min(k, hits.size());
    for (size_t i = 0; i < count; i++) {
        ids[i] = order ? order[hits[i].slot] : hits[i].slot;
        distances[i] = hits[i].value;
    }
    return count;
}

extern const peer boost_plane, boost_space, geos, nanoflann_series, nanoflann_solved, s2, sqlite;
extern const peer boost_degrees_nearest, boost_mercator_nearest, geos_degrees_nearest, geos_mercator_nearest, s2_sphere;

} // namespace peers
