// The tests of a node or a leaf at once, where the processor has vectors of 64 bytes: a fifth of the instructions of 16 bytes at a time. Swift is
// compiled for the least machine and cannot choose as it runs; a function of C may be compiled for a better one. Each gives what the Swift for other
// processors gives, to the bit (WideTests).

#pragma once

#include <stdint.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#define VECTOR_WIDE static inline __attribute__((__target__("avx512f,avx512bw,avx512dq,avx512vl,popcnt")))
#else
#define VECTOR_WIDE static inline
#endif

typedef uint32_t vector_uint16 __attribute__((__ext_vector_type__(16), __aligned__(4)));
typedef int32_t vector_int16 __attribute__((__ext_vector_type__(16), __aligned__(4)));
typedef double vector_double8 __attribute__((__ext_vector_type__(8), __aligned__(8)));
typedef _Bool vector_bool16 __attribute__((__ext_vector_type__(16)));
typedef _Bool vector_bool8 __attribute__((__ext_vector_type__(8)));

#define VECTOR_UINT16(place) (*(const vector_uint16 *)(place))
#define VECTOR_DOUBLE8(place) (*(const vector_double8 *)(place))

// A bit for each lane of a comparison, the first lane lowest.
#define VECTOR_BITS(lanes, comparison) __extension__({ \
    vector_bool##lanes bools = __builtin_convertvector(comparison, vector_bool##lanes); \
    uint##lanes##_t bits; \
    memcpy(&bits, &bools, sizeof bits); \
    (uint32_t)bits; \
})

// Whether the processor has what VECTOR_WIDE names, and the functions below may be called.
static inline _Bool vector_is_wide(void) {
#ifdef __x86_64__
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("popcnt");
#else
    return 0;
#endif
}

// A rectangle of cells, edges inclusive.
typedef struct {
    uint32_t min_x, min_y, max_x, max_y;
} vector_box;

// A bit for each of sixteen boxes: in the low half whether it touches the window, in the high half whether it lies inside.
VECTOR_WIDE uint32_t vector_boxes(
    const uint32_t *min_x, const uint32_t *min_y, const uint32_t *max_x, const uint32_t *max_y, vector_box window) {
    vector_uint16 west = VECTOR_UINT16(min_x), north = VECTOR_UINT16(min_y), east = VECTOR_UINT16(max_x), south = VECTOR_UINT16(max_y);
    uint32_t touching = VECTOR_BITS(16, (west <= window.max_x) & (east >= window.min_x) & (north <= window.max_y) & (south >= window.min_y));
    uint32_t inside = VECTOR_BITS(16, (west >= window.min_x) & (east <= window.max_x) & (north >= window.min_y) & (south <= window.max_y));
    return touching | inside << 16;
}

// A bit for each of sixteen points in the window.
VECTOR_WIDE __attribute__((__always_inline__)) uint32_t vector_points(const uint32_t *x, const uint32_t *y, vector_box window) {
    vector_uint16 xs = VECTOR_UINT16(x), ys = VECTOR_UINT16(y);
    return VECTOR_BITS(16, (xs >= window.min_x) & (xs <= window.max_x) & (ys >= window.min_y) & (ys <= window.max_y));
}

// Copies the values of the points of sixteen leaves, 256 in a row, that lie in the window: of a leaf with a bit in `inside` all, of another with a bit in
// `touching` those in the window. Returns where the next value belongs. `out` has room for 256, all of which may be written.
VECTOR_WIDE uint32_t *vector_values(
    const uint32_t *x, const uint32_t *y, const uint32_t *values, vector_box window, uint32_t touching, uint32_t inside, uint32_t *out) {
    for (; touching != 0; touching &= touching - 1) {
        uint32_t leaf = (uint32_t)__builtin_ctz(touching), at = 16 * leaf;
        if (inside >> leaf & 1) {
            memcpy(out, values + at, 16 * sizeof *out);
            out += 16;
        } else {
            uint32_t mask = vector_points(x + at, y + at, window);
#ifdef __x86_64__
            // To a register first: straight to memory it is slow on some processors.
            _mm512_storeu_si512(out, _mm512_maskz_compress_epi32((__mmask16)mask, _mm512_loadu_si512(values + at)));
            out += __builtin_popcount(mask);
#else
            // Compiled, never called.
            for (; mask != 0; mask &= mask - 1) *out++ = values[at + (uint32_t)__builtin_ctz(mask)];
#endif
        }
    }
    return out;
}

// Columns up to `side` cells to either side of `x`, modulo 2^32, and rows from `north` to `south`.
typedef struct {
    uint32_t x;
    int32_t side;
    uint32_t north, south;
} vector_round_window;

// A bit for each of sixteen boxes that may hold something of the window. Columns of a box over the meridian opposite to `x` always may.
VECTOR_WIDE uint32_t vector_round_boxes(
    const uint32_t *min_x, const uint32_t *min_y, const uint32_t *max_x, const uint32_t *max_y, vector_round_window window) {
    vector_int16 first = (vector_int16)(VECTOR_UINT16(min_x) - window.x), last = (vector_int16)(VECTOR_UINT16(max_x) - window.x);
    vector_int16 meets_x = ((first <= window.side) & (last >= -window.side)) | (first > last);
    return VECTOR_BITS(16, meets_x & (VECTOR_UINT16(min_y) <= window.south) & (VECTOR_UINT16(max_y) >= window.north));
}

// A bit for each of sixteen points in the window.
VECTOR_WIDE uint32_t vector_round_points(const uint32_t *x, const uint32_t *y, vector_round_window window) {
    vector_int16 dx = (vector_int16)(VECTOR_UINT16(x) - window.x);
    vector_uint16 ys = VECTOR_UINT16(y);
    return VECTOR_BITS(16, (dx <= window.side) & (dx >= -window.side) & (ys <= window.south) & (ys >= window.north));
}

typedef struct {
    vector_double8 chord_squared, squared;
} vector_estimates;

// Of eight points: squared chords and estimates, m², by the series of GeodesicEstimate.swift. A place is its earth-centred coordinates, metres, and the
// three numbers of the series; they are passed one by one, since eight are passed in registers.
VECTOR_WIDE __attribute__((__always_inline__)) vector_estimates vector_series(
    const double *x, const double *y, const double *z, double place_x, double place_y, double place_z, double flattening, double curvature,
    double slope) {
    // Products are rounded before they are added, as Swift has them: an answer does not depend on the machine.
#pragma STDC FP_CONTRACT OFF
    vector_double8 dx = VECTOR_DOUBLE8(x) - place_x, dy = VECTOR_DOUBLE8(y) - place_y, dz = VECTOR_DOUBLE8(z) - place_z;
    vector_double8 chord_squared = dx * dx + dy * dy + dz * dz;
    vector_double8 t = chord_squared + flattening * (dz * dz);
    vector_double8 v = t * (curvature + slope * dz);
    vector_double8 bend = (1.0 / 560) * v + (1.0 / 90);
    bend = bend * v + (1.0 / 12);
    return (vector_estimates){chord_squared, chord_squared + t * v * bend};
}

// Writes the squared estimates of sixteen points, m². A bit for each: in the low half whether it is at most `bar`, in the high half whether its
// squared chord is `longest` or more.
VECTOR_WIDE uint32_t vector_near(
    const double *x, const double *y, const double *z, double place_x, double place_y, double place_z, double flattening, double curvature,
    double slope, double bar, double longest, double *squares) {
    uint32_t bits = 0;
    for (int lane = 0; lane < 16; lane += 8) {
        vector_estimates eight = vector_series(x + lane, y + lane, z + lane, place_x, place_y, place_z, flattening, curvature, slope);
        *(vector_double8 *)(squares + lane) = eight.squared;
        bits |= VECTOR_BITS(8, eight.squared <= bar) << lane | VECTOR_BITS(8, eight.chord_squared >= longest) << (lane + 16);
    }
    return bits;
}

// Writes the squared estimates of eight points, m². A bit for each: in the low half of sixteen bits whether it is over `in`, in the high half
// whether it is at most `out`.
VECTOR_WIDE uint32_t vector_rim(
    const double *x, const double *y, const double *z, double place_x, double place_y, double place_z, double flattening, double curvature,
    double slope, double in, double out, double *squares) {
    vector_estimates eight = vector_series(x, y, z, place_x, place_y, place_z, flattening, curvature, slope);
    *(vector_double8 *)squares = eight.squared;
    return VECTOR_BITS(8, eight.squared > in) | VECTOR_BITS(8, eight.squared <= out) << 8;
}
