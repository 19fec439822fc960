// Geos.cpp: the STRtree of GEOS through its C interface, which asks for a geometry per point and per query. The tree copies
// the envelopes, so the geometries go again at once.

#include "Geodesics.hpp"

#include <geos_c.h>

namespace peers {
namespace {

struct Tree {
    /// Of nearest ones: the id of each slot, and the plane's coordinates by slot, for distances. An item is then a slot, else an id.
    const uint32_t *order;
    std::vector<double> plane;
    GEOSContextHandle_t context;
    GEOSSTRtree *tree;
    double at[2];
};

// An item is its number + 1 in the place of a pointer; the query is the null pointer.
void *item(size_t number) { return reinterpret_cast<void *>(number + 1); }
uint32_t number_of(const void *item) { return uint32_t(reinterpret_cast<size_t>(item) - 1); }

void ignore(void *, void *) {}

template <typename Coordinate> Tree *build_over(const peer_points *points, const Coordinate *coordinates, bool keep) {
    auto *index = new Tree{points->order, {}, GEOS_init_r(), nullptr, {0, 0}};
    index->tree = GEOSSTRtree_create_r(index->context, 10);
    for (size_t i = 0; i < points->count; i++) {
        const Coordinate *at = coordinates + 2 * size_t(keep ? points->order[i] : i);
        if (keep) index->plane.insert(index->plane.end(), at, at + 2);
        GEOSGeometry *point = GEOSGeom_createPointFromXY_r(index->context, double(at[0]), double(at[1]));
        GEOSSTRtree_insert_r(index->context, index->tree, point, item(i));
        GEOSGeom_destroy_r(index->context, point);
    }
    // The first query makes the tree.
    GEOSGeometry *nowhere = GEOSGeom_createPointFromXY_r(index->context, -1e9, -1e9);
    GEOSSTRtree_query_r(index->context, index->tree, nowhere, ignore, nullptr);
    GEOSGeom_destroy_r(index->context, nowhere);
    return index;
}

void *build_cells(const peer_points *points) { return build_over(points, points->cells, false); }
void *build_mercator(const peer_points *points) { return build_over(points, points->cells, true); }
void *build_degrees(const peer_points *points) { return build_over(points, points->degrees, true); }

void release(void *index) {
    auto *tree = static_cast<Tree *>(index);
    GEOSSTRtree_destroy_r(tree->context, tree->tree);
    GEOS_finish_r(tree->context);
    delete tree;
}

size_t window(void *index, const uint32_t *box, uint32_t *ids) {
    const auto &tree = *static_cast<Tree *>(index);
    uint32_t *next = ids;
    GEOSGeometry *area = GEOSGeom_createRectangle_r(tree.context, box[0], box[1], box[2], box[3]);
    GEOSSTRtree_query_r(
        tree.context, tree.tree, area, [](void *found, void *next) { *(*static_cast<uint32_t **>(next))++ = number_of(found); }, &next);
    GEOSGeom_destroy_r(tree.context, area);
    return size_t(next - ids);
}

int plane_distance(const void *first, const void *second, double *distance, void *index) {
    const auto &tree = *static_cast<Tree *>(index);
    const double *a = first ? tree.plane.data() + 2 * size_t(number_of(first)) : tree.at;
    const double *b = second ? tree.plane.data() + 2 * size_t(number_of(second)) : tree.at;
    *distance = std::hypot(a[0] - b[0], a[1] - b[1]);
    return 1;
}

/// The C interface knows only the one nearest.
size_t nearest_at(Tree &tree, double x, double y, size_t k, uint32_t *ids, double *distances) {
    if (k != 1) return 0;
    tree.at[0] = x;
    tree.at[1] = y;
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(tree.context, x, y);
    const void *found = GEOSSTRtree_nearest_generic_r(tree.context, tree.tree, nullptr, point, plane_distance, &tree);
    GEOSGeom_destroy_r(tree.context, point);
    if (!found) return 0;
    ids[0] = tree.order[number_of(found)];
    plane_distance(nullptr, found, distances, &tree);
    return 1;
}

size_t nearest_degrees(void *index, double longitude, double latitude, size_t k, uint32_t *ids, double *distances) {
    return nearest_at(*static_cast<Tree *>(index), longitude, latitude, k, ids, distances);
}

size_t nearest_mercator(void *index, double longitude, double latitude, size_t k, uint32_t *ids, double *distances) {
    const double sine = std::sin(latitude * (M_PI / 180));
    return nearest_at(
        *static_cast<Tree *>(index), (longitude + 180) / 360 * 4294967296.0,
        (0.5 - std::log((1 + sine) / (1 - sine)) * (0.25 / M_PI)) * 4294967296.0, k, ids, distances);
}

} // namespace

const peer geos = {
    "geos", GEOS_VERSION, "GEOS STRtree, 10 a node, over the cells as doubles", 1, 0,
    build_cells, release, window, nullptr, nullptr};
const peer geos_degrees_nearest = {
    "geos-degrees", GEOS_VERSION, "nearest one in the plane of longitude and latitude", 0, 0,
    build_degrees, release, nullptr, nullptr, nearest_degrees};
const peer geos_mercator_nearest = {
    "geos-mercator", GEOS_VERSION, "nearest one in the plane of Web Mercator", 0, 0,
    build_mercator, release, nullptr, nullptr, nearest_mercator};

} // namespace peers
