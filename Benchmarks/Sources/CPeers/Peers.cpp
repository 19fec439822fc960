// Peers.cpp: the list of peers, and what the Swift side needs beside them.

#include "Geodesics.hpp"

#include <malloc.h>

namespace peers {

const geod_geodesic &wgs84() {
    static const geod_geodesic ellipsoid = [] {
        geod_geodesic made;
        geod_init(&made, earth_a, earth_f);
        return made;
    }();
    return ellipsoid;
}

static const peer *const all[] = {
    &boost_plane, &boost_space, &geos, &nanoflann_series, &nanoflann_solved, &s2, &sqlite,
    &boost_degrees_nearest, &boost_mercator_nearest, &geos_degrees_nearest, &geos_mercator_nearest, &s2_sphere,
};

} // namespace peers

size_t peer_count(void) { return sizeof peers::all / sizeof peers::all[0]; }

const peer *peer_at(size_t index) { return index < peer_count() ? peers::all[index] : nullptr; }

double peer_geodesic(double lon1, double lat1, double lon2, double lat2) {
    double s, azimuth1, azimuth2;
    geod_inverse(&peers::wgs84(), lat1, lon1, lat2, lon2, &s, &azimuth1, &azimuth2);
    return s;
}

double peer_haversine(double lon1, double lat1, double lon2, double lat2) {
    const double degree = M_PI / 180;
    const double u = std::sin((lat2 - lat1) * degree / 2), v = std::sin((lon2 - lon1) * degree / 2);
    const double h = u * u + std::cos(lat1 * degree) * std::cos(lat2 * degree) * v * v;
    return 2 * 6371008.8 * std::asin(std::sqrt(std::min(h, 1.0)));
}

size_t peer_allocated_bytes(void) {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}
