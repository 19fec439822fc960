// Nanoflann.cpp: nanoflann's k-d tree over earth-centred coordinates, 20 points a leaf (of 5, 10, 20 and 30 the best here).
// Two rows: distances by our own series (the fastest that we know how to make it), and every distance by the solver (as one would
// write it first). The tree holds numbers of points, which are copied into the order of its leaves; so queries gather nothing.

#include "Geodesics.hpp"

#include <limits>
#include <nanoflann.hpp>
#include <numeric>

namespace peers {
namespace {

struct Cloud : Arranged {
    using Arranged::Arranged;
    size_t kdtree_get_point_count() const { return points.count; }
    double kdtree_get_pt(size_t index, size_t axis) const { return points.ecef[3 * index + axis]; }
    template <typename Box> bool kdtree_get_bbox(Box &) const { return false; }
};

using Tree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<double, Cloud>, Cloud, 3, uint32_t>;

struct Index {
    Cloud cloud;
    Tree tree;
    std::vector<uint32_t> slots;
    std::vector<double> chords;
    std::vector<Hit> hits;

    explicit Index(const peer_points &points)
        : cloud(points, points.order), tree(3, cloud, nanoflann::KDTreeSingleIndexAdaptorParams(20)) {
        // Then into the order of the leaves, so that each reads one piece of memory.
        for (uint32_t &slot : tree.vAcc) slot = cloud.ids[slot];
        cloud = Cloud(points, tree.vAcc.data());
        std::iota(tree.vAcc.begin(), tree.vAcc.end(), 0);
    }
};

/// The nearest by chord as a max-heap. nanoflann's own set keeps them sorted by insertion, which is slow for many.
struct HeapSet {
    using DistanceType = double;
    size_t limit;
    std::vector<Hit> &heap;
    bool full() const { return heap.size() == limit; }
    double worstDist() const { return full() ? heap.front().value : std::numeric_limits<double>::max(); }
    bool addPoint(double squared, uint32_t slot) {
        if (!full()) {
            heap.push_back({squared, slot});
            if (full()) std::make_heap(heap.begin(), heap.end());
        } else if (squared < heap.front().value) {
            std::pop_heap(heap.begin(), heap.end());
            heap.back() = {squared, slot};
            std::push_heap(heap.begin(), heap.end());
        }
        return true;
    }
};

/// Hands every point within a squared chord to a function.
template <typename Body> struct WithinSet {
    using DistanceType = double;
    double limit;
    Body body;
    bool full() const { return true; }
    double worstDist() const { return limit; }
    bool addPoint(double squared, uint32_t slot) {
        if (squared < limit) body(squared, slot);
        return true;
    }
};

template <typename Body> void within(const Index &index, const Query &query, double chord_squared, Body body) {
    WithinSet<Body> set{chord_squared, body};
    index.tree.findNeighbors(set, query.p, nanoflann::SearchParams(0, 0, false));
}

void *build(const peer_points *points) { return new Index(*points); }

void release(void *index) { delete static_cast<Index *>(index); }

template <bool solved>
size_t radius(void *pointer, double longitude, double latitude, double meters, uint32_t *ids, double *distances) {
    const auto &index = *static_cast<Index *>(pointer);
    const peer_points &points = index.cloud.points;
    const Query query(longitude, latitude);
    const Rim rim(meters);
    size_t count = 0;
    // A chord is never longer than the geodesic.
    within(index, query, rim.out, [&](double c2, uint32_t slot) {
        if (!solved) {
            count += query.keep(points, rim, slot, c2, points.ecef[3 * size_t(slot) + 2], ids + count, distances + count);
            return;
        }
        ids[count] = index.cloud.ids[slot];
        distances[count] = query.solve(points, slot);
        count += distances[count] <= meters;
    });
    return solved ? count : finish(count, index.cloud.ids.data(), ids, distances);
}

/// Puts distances in the place of chords, and the first `k` in order.
template <bool solved> void settle(const Query &query, const peer_points &points, std::vector<Hit> &hits, size_t k) {
    for (Hit &hit : hits) {
        const double z = points.ecef[3 * size_t(hit.slot) + 2];
        hit.value = solved ? query.solve(points, hit.slot) : query.squared(points, hit.slot, hit.value, z);
    }
    if (solved) {
        std::sort(hits.begin(), hits.end());
    } else {
        query.settle(points, hits, k);
    }
}

template <bool solved>
size_t nearest(void *pointer, double longitude, double latitude, size_t k, uint32_t *ids, double *distances) {
    auto &index = *static_cast<Index *>(pointer);
    const peer_points &points = index.cloud.points;
    const Query query(longitude, latitude);
    const size_t asked = k + 1;
    index.hits.clear();
    if (asked <= 16) {
        index.slots.resize(asked);
        index.chords.resize(asked);
        nanoflann::KNNResultSet<double, uint32_t> set(asked);
        set.init(index.slots.data(), index.chords.data());
        index.tree.findNeighbors(set, query.p, nanoflann::SearchParams());
        for (size_t i = 0; i < set.size(); i++) index.hits.push_back({index.chords[i], index.slots[i]});
    } else {
        HeapSet set{asked, index.hits};
        index.tree.findNeighbors(set, query.p, nanoflann::SearchParams());
    }
    const bool is_all = index.hits.size() < asked;
    const double longest = is_all ? 0 : std::max_element(index.hits.begin(), index.hits.end())->value;
    settle<solved>(query, points, index.hits, k);
    // Chords order like geodesics but for near-ties. Where the next chord may be one, all within the distance are taken.
    if (!is_all && !is_surely_farther(longest, index.hits[k - 1].value)) {
        const double reach = estimate_reach(index.hits[k - 1].value);
        index.hits.clear();
        within(index, query, reach * reach, [&](double c2, uint32_t slot) { index.hits.push_back({c2, slot}); });
        settle<solved>(query, points, index.hits, k);
    }
    return deliver(index.hits, k, index.cloud.ids.data(), ids, distances);
}

#define PEERS_TEXT(number) PEERS_QUOTE(number)
#define PEERS_QUOTE(number) #number

} // namespace

const peer nanoflann_series = {
    "nanoflann", PEERS_TEXT(NANOFLANN_VERSION),
    "nanoflann k-d tree over earth-centred coordinates, points copied into the order of its leaves (in its build's time; the Hilbert order "
    "before it is given); distances by our own series, doubts by PROJ's solver as ours", 1, 0,
    build, release, nullptr, radius<false>, nearest<false>};
const peer nanoflann_solved = {
    "nanoflann-solved", PEERS_TEXT(NANOFLANN_VERSION), "the same tree; every distance by PROJ's solver", 1, 0,
    build, release, nullptr, radius<true>, nearest<true>};

} // namespace peers
