// Boost.cpp: Boost.Geometry's R-tree, packed by its range constructor (sort-tile-recursive top-down): over the grid's cells
// for windows, over earth-centred coordinates for exact radius and nearest, and over two planes for nearest as it is
// commonly asked.

#include "BoostEnums.hpp"
#include "Geodesics.hpp"

#include <boost/geometry.hpp>
#include <boost/geometry/geometries/box.hpp>
#include <boost/geometry/geometries/point.hpp>
#include <boost/geometry/index/rtree.hpp>
#include <boost/iterator/function_output_iterator.hpp>
#include <boost/version.hpp>
#include <new>

namespace bg = boost::geometry;
namespace bgi = boost::geometry::index;

namespace peers {
namespace {

using Point2 = bg::model::point<double, 2, bg::cs::cartesian>;
using Point3 = bg::model::point<double, 3, bg::cs::cartesian>;
using Value2 = std::pair<Point2, uint32_t>;
using Value3 = std::pair<Point3, uint32_t>;
using Tree2 = bgi::rtree<Value2, bgi::linear<16>>;
using Tree3 = bgi::rtree<Value3, bgi::linear<16>>;

struct Plane {
    Tree2 tree;
    std::vector<Hit> hits;
};

struct Space {
    peer_points points;
    Tree3 tree;
    std::vector<Hit> hits;
};

/// Hands each value that a query finds to a function. The trees hold ids and coordinates, so that nothing is gathered beside them.
template <typename Tree, typename Predicate, typename Body> void each(const Tree &tree, const Predicate &predicate, Body body) {
    tree.query(predicate, boost::make_function_output_iterator(body));
}

template <typename Index> void release(void *index) { delete static_cast<Index *>(index); }

void *build_cells(const peer_points *points) {
    std::vector<Value2> values(points->count);
    for (size_t i = 0; i < points->count; i++) {
        values[i] = {Point2(points->cells[2 * i], points->cells[2 * i + 1]), uint32_t(i)};
    }
    return new Plane{Tree2(values.begin(), values.end()), {}};
}

void *build_degrees(const peer_points *points) {
    std::vector<Value2> values(points->count);
    for (size_t i = 0; i < points->count; i++) {
        values[i] = {Point2(points->degrees[2 * i], points->degrees[2 * i + 1]), uint32_t(i)};
    }
    return new Plane{Tree2(values.begin(), values.end()), {}};
}

void *build_space(const peer_points *points) {
    std::vector<Value3> values(points->count);
    for (size_t i = 0; i < points->count; i++) {
        const double *q = points->ecef + 3 * i;
        values[i] = {Point3(q[0], q[1], q[2]), uint32_t(i)};
    }
    return new Space{*points, Tree3(values.begin(), values.end()), {}};
}

size_t window(void *index, const uint32_t *box, uint32_t *ids) {
    const auto &plane = *static_cast<Plane *>(index);
    uint32_t *next = ids;
    const bg::model::box<Point2> area(Point2(box[0], box[1]), Point2(box[2], box[3]));
    each(plane.tree, bgi::intersects(area), [&](const Value2 &value) { *next++ = value.second; });
    return size_t(next - ids);
}

bg::model::box<Point3> box_around(const Query &query, double reach) {
    return {
        Point3(query.p[0] - reach, query.p[1] - reach, query.p[2] - reach),
        Point3(query.p[0] + reach, query.p[1] + reach, query.p[2] + reach)};
}

/// Squared chord to a value and its height.
std::pair<double, double> chord(const Query &query, const Value3 &value) {
    const double q[3] = {bg::get<0>(value.first), bg::get<1>(value.first), bg::get<2>(value.first)};
    return {query.chord_squared(q), q[2]};
}

size_t radius(void *index, double longitude, double latitude, double meters, uint32_t *ids, double *distances) {
    const auto &space = *static_cast<Space *>(index);
    const Query query(longitude, latitude);
    const Rim rim(meters);
    size_t count = 0;
    // A chord is never longer than the geodesic.
    each(space.tree, bgi::intersects(box_around(query, estimate_reach(meters))), [&](const Value3 &value) {
        const auto [c2, z] = chord(query, value);
        count += query.keep(space.points, rim, value.second, c2, z, ids + count, distances + count);
    });
    return finish(count, nullptr, ids, distances);
}

size_t nearest(void *index, double longitude, double latitude, size_t k, uint32_t *ids, double *distances) {
    auto &space = *static_cast<Space *>(index);
    const Query query(longitude, latitude);
    const Point3 at(query.p[0], query.p[1], query.p[2]);
    // Chords order like geodesics but for near-ties. Where the next chord may be one, more are asked for.
    for (size_t asked = k + 1;; asked *= 4) {
        space.hits.clear();
        double longest = 0;
        each(space.tree, bgi::nearest(at, unsigned(asked)), [&](const Value3 &value) {
            const auto [c2, z] = chord(query, value);
            longest = std::max(longest, c2);
            space.hits.push_back({query.squared(space.points, value.second, c2, z), value.second});
        });
        query.settle(space.points, space.hits, k);
        if (space.hits.size() < asked || is_surely_farther(longest, space.hits[k - 1].value)) break;
        // Mostly many points of one place. A small box around it is quicker than asking for ever more.
        const double reach = estimate_reach(space.hits[k - 1].value);
        if (reach > 5000) continue;
        space.hits.clear();
        each(space.tree, bgi::intersects(box_around(query, reach)), [&](const Value3 &value) {
            const auto [c2, z] = chord(query, value);
            if (c2 <= reach * reach) space.hits.push_back({query.squared(space.points, value.second, c2, z), value.second});
        });
        query.settle(space.points, space.hits, k);
        break;
    }
    return deliver(space.hits, k, nullptr, ids, distances);
}

/// The k nearest of a plane, ordered in that plane: what is asked of a planar index when the earth is forgotten.
size_t nearest_in_plane(Plane &plane, const Point2 &at, size_t k, uint32_t *ids, double *distances) {
    plane.hits.clear();
    each(plane.tree, bgi::nearest(at, unsigned(k)), [&](const Value2 &value) {
        plane.hits.push_back({bg::comparable_distance(at, value.first), value.second});
    });
    std::sort(plane.hits.begin(), plane.hits.end());
    return deliver(plane.hits, k, nullptr, ids, distances);
}

size_t nearest_degrees(void *index, double longitude, double latitude, size_t k, uint32_t *ids, double *distances) {
    return nearest_in_plane(*static_cast<Plane *>(index), Point2(longitude, latitude), k, ids, distances);
}

size_t nearest_mercator(void *index, double longitude, double latitude, size_t k, uint32_t *ids, double *distances) {
    const double sine = std::sin(latitude * (M_PI / 180));
    const double x = (longitude + 180) / 360 * 4294967296.0;
    const double y = (0.5 - std::log((1 + sine) / (1 - sine)) * (0.25 / M_PI)) * 4294967296.0;
    return nearest_in_plane(*static_cast<Plane *>(index), Point2(x, y), k, ids, distances);
}

} // namespace

const peer boost_plane = {
    "boost", BOOST_LIB_VERSION, "Boost.Geometry R-tree, packed by its range constructor, linear<16>, over the cells as doubles", 1, 0,
    build_cells, release<Plane>, window, nullptr, nullptr};
const peer boost_space = {
    "boost-3d", BOOST_LIB_VERSION,
    "Boost.Geometry R-tree, packed by its range constructor, linear<16>, over earth-centred coordinates; distances by our own series, "
    "doubts by PROJ's solver as ours", 1, 16,
    build_space, release<Space>, nullptr, radius, nearest};
const peer boost_degrees_nearest = {
    "boost-degrees", BOOST_LIB_VERSION, "nearest in the plane of longitude and latitude", 0, 0,
    build_degrees, release<Plane>, nullptr, nullptr, nearest_degrees};
const peer boost_mercator_nearest = {
    "boost-mercator", BOOST_LIB_VERSION, "nearest in the plane of Web Mercator", 0, 0,
    build_cells, release<Plane>, nullptr, nullptr, nearest_mercator};

} // namespace peers
