// CPeers.h: other spatial indexes behind one C interface, so that they run in the same process, on the same points and
// queries, and are timed by the same loop as ours.

#ifndef CPEERS_H
#define CPEERS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The points of a comparison; point i has the id i. The arrays must outlive every index made over them.
typedef struct {
    size_t count;
    /// Longitude, latitude: degrees, WGS 84.
    const double *degrees;
    /// x from the west, y from the north: cells of the Web Mercator grid, 2^32 across the world.
    const uint32_t *cells;
    /// Earth-centred x, y, z: metres.
    const double *ecef;
    /// Every id once, in the order of a Hilbert curve over the cells: for peers that read points beside their tree. Ids themselves are in
    /// no order, and making this one is in nobody's build.
    const uint32_t *order;
} peer_points;

/// One peer. An operation it does not have is null. Answers go to buffers with room for every point and are counted.
typedef struct {
    const char *name;
    const char *version;
    /// How it is used here.
    const char *note;
    /// Whether its answers are meant to be right on the ellipsoid. Others show what common use gives.
    int exact;
    /// Bytes a point of the caller's arrays that its queries read.
    double borrowed_bytes;
    /// Null when it failed.
    void *(*build)(const peer_points *points);
    void (*release)(void *index);
    /// Ids of the points in an inclusive box of cells (minX, minY, maxX, maxY).
    size_t (*window)(void *index, const uint32_t *box, uint32_t *ids);
    /// Ids and distances of the points within `meters`, in any order.
    size_t (*radius)(void *index, double longitude, double latitude, double meters, uint32_t *ids, double *distances);
    /// Ids and distances of the `k` nearest points, nearest first; those at one distance in any order.
    size_t (*nearest)(void *index, double longitude, double latitude, size_t k, uint32_t *ids, double *distances);
} peer;

/// Every peer, in the order of the tables.
size_t peer_count(void);
const peer *peer_at(size_t index);

/// Metres along the WGS 84 geodesic, by libproj's solver; degrees.
double peer_geodesic(double lon1, double lat1, double lon2, double lat2);
/// Metres along the great circle of a sphere of the earth's mean radius (6,371,008.8 m), by the haversine formula; degrees.
double peer_haversine(double lon1, double lat1, double lon2, double lat2);

/// Bytes that this process has allocated and not freed (glibc's mallinfo2).
size_t peer_allocated_bytes(void);

#ifdef __cplusplus
}
#endif

#endif
