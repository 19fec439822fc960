// S2.cpp: S2PointIndex and S2ClosestPointQuery. On the sphere, latitude taken as it is; for exact answers with a margin
// that is sure: a path on the ellipsoid is between b²/a (its least meridional radius) and a²/b times as long as its image
// on the unit sphere.

#include "Geodesics.hpp"

#include <s2/s2closest_point_query.h>
#include <s2/s2earth.h>
#include <s2/s2latlng.h>
#include <s2/s2point_index.h>

namespace peers {
namespace {

using Finder = S2ClosestPointQuery<uint32_t>;

struct Index {
    Arranged points;
    /// The data of a point is its slot.
    S2PointIndex<uint32_t> tree;
    std::vector<Finder::Result> found;
    std::vector<Hit> hits;
};

S2Point place(double longitude, double latitude) { return S2LatLng::FromDegrees(latitude, longitude).ToPoint(); }

void *build(const peer_points *points) {
    auto *index = new Index{Arranged(*points, points->order), {}, {}, {}};
    const std::vector<double> &degrees = index->points.degrees;
    for (size_t slot = 0; slot < points->count; slot++) {
        index->tree.Add(place(degrees[2 * slot], degrees[2 * slot + 1]), uint32_t(slot));
    }
    return index;
}

void release(void *index) { delete static_cast<Index *>(index); }

/// Everything within an angle, and a little more.
void within(Index &index, const S2Point &at, double radians) {
    Finder finder(&index.tree);
    finder.mutable_options()->set_conservative_max_distance(S1ChordAngle(S1Angle::Radians(radians + 1e-12)));
    Finder::PointTarget target(at);
    finder.FindClosestPoints(&target, &index.found);
}

size_t radius(void *pointer, double longitude, double latitude, double meters, uint32_t *ids, double *distances) {
    auto &index = *static_cast<Index *>(pointer);
    const Query query(longitude, latitude);
    const Rim rim(meters);
    within(index, place(longitude, latitude), meters / least_radius);
    size_t count = 0;
    for (const auto &result : index.found) {
        count += query.keep(index.points.points, rim, result.data(), ids + count, distances + count);
    }
    return finish(count, index.points.ids.data(), ids, distances);
}

size_t nearest(void *pointer, double longitude, double latitude, size_t k, uint32_t *ids, double *distances) {
    auto &index = *static_cast<Index *>(pointer);
    const Query query(longitude, latitude);
    const S2Point at = place(longitude, latitude);
    Finder finder(&index.tree);
    const size_t asked = k + k / 16 + 2;
    finder.mutable_options()->set_max_results(int(asked));
    Finder::PointTarget target(at);
    finder.FindClosestPoints(&target, &index.found);
    const auto gather = [&] {
        index.hits.clear();
        for (const auto &result : index.found) index.hits.push_back(query.hit(index.points.points, result.data()));
        query.settle(index.points.points, index.hits, k);
    };
    gather();
    if (index.found.size() == asked) {
        const double limit = estimate_reach(index.hits[k - 1].value) / least_radius;
        if (index.found.back().distance().ToAngle().radians() <= limit + 1e-12) {
            within(index, at, limit);
            gather();
        }
    }
    return deliver(index.hits, k, index.points.ids.data(), ids, distances);
}

size_t sphere_radius(void *pointer, double longitude, double latitude, double meters, uint32_t *ids, double *distances) {
    auto &index = *static_cast<Index *>(pointer);
    Finder finder(&index.tree);
    finder.mutable_options()->set_inclusive_max_distance(S1ChordAngle(S2Earth::MetersToAngle(meters)));
    Finder::PointTarget target(place(longitude, latitude));
    finder.FindClosestPoints(&target, &index.found);
    size_t count = 0;
    for (const auto &result : index.found) {
        ids[count] = index.points.ids[result.data()];
        distances[count++] = S2Earth::ToMeters(result.distance().ToAngle());
    }
    return count;
}

size_t sphere_nearest(void *pointer, double longitude, double latitude, size_t k, uint32_t *ids, double *distances) {
    auto &index = *static_cast<Index *>(pointer);
    Finder finder(&index.tree);
    finder.mutable_options()->set_max_results(int(k));
    Finder::PointTarget target(place(longitude, latitude));
    finder.FindClosestPoints(&target, &index.found);
    size_t count = 0;
    for (const auto &result : index.found) {
        ids[count] = index.points.ids[result.data()];
        distances[count++] = S2Earth::ToMeters(result.distance().ToAngle());
    }
    return count;
}

} // namespace

const peer s2 = {
    "s2", "Debian libs2",
    "S2PointIndex with a sure margin, points beside it in Hilbert order (copying them counts in its build); distances by our own series, "
    "doubts by PROJ's solver as ours", 1, 0,
    build, release, nullptr, radius, nearest};
const peer s2_sphere = {
    "s2-sphere", "Debian libs2", "S2PointIndex as it is commonly used: distances on the sphere", 0, 0,
    build, release, nullptr, sphere_radius, sphere_nearest};

} // namespace peers
