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
    peer_points points;
    S2PointIndex<uint32_t> tree;
    std::vector<Finder::Result> found;
    std::vector<Hit> hits;
};

S2Point place(double longitude, double latitude) { return S2LatLng::FromDegrees(latitude, longitude).ToPoint(); }

void *build(const peer_points *points) {
    auto *index = new Index{*points, {}, {}, {}};
    for (size_t i = 0; i < points->count; i++) {
        index->tree.Add(place(points->degrees[2 * i], points->degrees[2 * i + 1]), uint32_t(i));
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
    within(index, place(longitude, latitude), meters / least_radius);
    size_t count = 0;
    for (const auto &result : index.found) {
        count += query.keep(index.points, query.hit(index.points, result.data()), meters, ids + count, distances + count);
    }
    return count;
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
        for (const auto &result : index.found) index.hits.push_back(query.hit(index.points, result.data()));
        query.sort(index.points, index.hits);
    };
    gather();
    if (index.found.size() == asked) {
        const double limit = index.hits[k - 1].distance / least_radius;
        if (index.found.back().distance().ToAngle().radians() <= limit + 1e-12) {
            within(index, at, limit);
            gather();
        }
    }
    return deliver(index.hits, k, ids, distances);
}

size_t sphere_radius(void *pointer, double longitude, double latitude, double meters, uint32_t *ids, double *distances) {
    auto &index = *static_cast<Index *>(pointer);
    Finder finder(&index.tree);
    finder.mutable_options()->set_inclusive_max_distance(S1ChordAngle(S2Earth::MetersToAngle(meters)));
    Finder::PointTarget target(place(longitude, latitude));
    finder.FindClosestPoints(&target, &index.found);
    size_t count = 0;
    for (const auto &result : index.found) {
        ids[count] = result.data();
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
        ids[count] = result.data();
        distances[count++] = S2Earth::ToMeters(result.distance().ToAngle());
    }
    return count;
}

} // namespace

const peer s2 = {
    "s2", "Debian libs2", "S2PointIndex with a sure margin; distances by the chord's series, doubts by the solver", 1, 40,
    build, release, nullptr, radius, nearest};
const peer s2_sphere = {
    "s2-sphere", "Debian libs2", "S2PointIndex as it is commonly used: distances on the sphere", 0, 0,
    build, release, nullptr, sphere_radius, sphere_nearest};

} // namespace peers
