// Nanoflann.cpp: nanoflann's k-d tree over earth-centred coordinates, 20 points a leaf (of 5, 10, 20 and 30 the best here).
// Two rows: distances by the chord's series (the fastest that we know how to make it), and every distance by the solver (as one
// would write it first).

#include "Geodesics.hpp"

#include <nanoflann.hpp>

namespace peers {
namespace {

struct Cloud {
    peer_points points;
    size_t kdtree_get_point_count() const { return points.count; }
    double kdtree_get_pt(size_t index, size_t axis) const { return points.ecef[3 * index + axis]; }
    template <typename Box> bool kdtree_get_bbox(Box &) const { return false; }
};

using Tree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<double, Cloud>, Cloud, 3, uint32_t>;

struct Index {
    Cloud cloud;
    Tree tree;
    std::vector<uint32_t> ids;
    std::vector<double> chords;
    std::vector<Hit> hits;
    explicit Index(const peer_points &points) : cloud{points}, tree(3, cloud, nanoflann::KDTreeSingleIndexAdaptorParams(20)) {}
};

/// Hands every point within a squared chord to a function.
template <typename Body> struct WithinSet {
    using DistanceType = double;
    double limit;
    Body body;
    bool full() const { return true; }
    double worstDist() const { return limit; }
    bool addPoint(double squared, uint32_t id) {
        if (squared < limit) body(squared, id);
        return true;
    }
};

template <typename Body> void within(const Index &index, const Query &query, double reach, Body body) {
    // A little over the square, for rounding: the set takes what is below it.
    WithinSet<Body> set{reach * reach * (1 + 1e-9) + 1e-6, body};
    index.tree.findNeighbors(set, query.p, nanoflann::SearchParams(0, 0, false));
}

void *build(const peer_points *points) { return new Index(*points); }

void release(void *index) { delete static_cast<Index *>(index); }

template <bool solved> Hit hit(const Query &query, const peer_points &points, uint32_t id, double squared) {
    if (solved) return {query.solve(points, id), id, true};
    return query.hit(points, id, points.ecef + 3 * size_t(id), squared);
}

template <bool solved>
size_t radius(void *pointer, double longitude, double latitude, double meters, uint32_t *ids, double *distances) {
    const auto &index = *static_cast<Index *>(pointer);
    const peer_points &points = index.cloud.points;
    const Query query(longitude, latitude);
    size_t count = 0;
    // A chord is never longer than the geodesic.
    within(index, query, meters, [&](double squared, uint32_t id) {
        count += query.keep(points, hit<solved>(query, points, id, squared), meters, ids + count, distances + count);
    });
    return count;
}

template <bool solved>
size_t nearest(void *pointer, double longitude, double latitude, size_t k, uint32_t *ids, double *distances) {
    auto &index = *static_cast<Index *>(pointer);
    const peer_points &points = index.cloud.points;
    const Query query(longitude, latitude);
    index.ids.resize(k + 1);
    index.chords.resize(k + 1);
    nanoflann::KNNResultSet<double, uint32_t> set(k + 1);
    set.init(index.ids.data(), index.chords.data());
    index.tree.findNeighbors(set, query.p, nanoflann::SearchParams());
    index.hits.clear();
    for (size_t i = 0; i < set.size(); i++) index.hits.push_back(hit<solved>(query, points, index.ids[i], index.chords[i]));
    query.sort(points, index.hits);
    // Chords order like geodesics but for near-ties. Where the next chord may be one, all within the distance are taken.
    if (set.size() > k && least_distance(std::sqrt(index.chords[k])) <= index.hits[k - 1].distance) {
        const double reach = index.hits[k - 1].distance;
        index.hits.clear();
        within(index, query, reach, [&](double squared, uint32_t id) { index.hits.push_back(hit<solved>(query, points, id, squared)); });
        query.sort(points, index.hits);
    }
    return deliver(index.hits, k, ids, distances);
}

#define PEERS_TEXT(number) PEERS_QUOTE(number)
#define PEERS_QUOTE(number) #number

} // namespace

const peer nanoflann_series = {
    "nanoflann", PEERS_TEXT(NANOFLANN_VERSION),
    "k-d tree over earth-centred coordinates; distances by the chord's series, doubts by the solver", 1, 40,
    build, release, nullptr, radius<false>, nearest<false>};
const peer nanoflann_solved = {
    "nanoflann-solved", PEERS_TEXT(NANOFLANN_VERSION), "k-d tree over earth-centred coordinates; every distance by the solver", 1, 40,
    build, release, nullptr, radius<true>, nearest<true>};

} // namespace peers
