// What Swift's vectors cannot say in one instruction.

// Square roots of two numbers at a time. Swift's own go one by one through the C library's sqrt, which must set errno for negative numbers:
// 1.9 ns each, 0.9 so.
typedef double vector_double2 __attribute__((__ext_vector_type__(2)));

static inline vector_double2 vector_square_root(vector_double2 x) { return __builtin_elementwise_sqrt(x); }

// One bit for each of sixteen masks, all of whose bits are set or none: the first of the first four is the lowest.
typedef int vector_int4 __attribute__((__ext_vector_type__(4)));

static inline unsigned vector_bits(vector_int4 a, vector_int4 b, vector_int4 c, vector_int4 d) {
#ifdef __SSE2__
    return (unsigned)__builtin_ia32_pmovmskb128(__builtin_ia32_packsswb128(
        __builtin_ia32_packssdw128((__attribute__((__vector_size__(16))) int)a, (__attribute__((__vector_size__(16))) int)b),
        __builtin_ia32_packssdw128((__attribute__((__vector_size__(16))) int)c, (__attribute__((__vector_size__(16))) int)d)));
#else
    vector_int4 all = (a & (vector_int4){1, 1 << 1, 1 << 2, 1 << 3}) | (b & (vector_int4){1 << 4, 1 << 5, 1 << 6, 1 << 7})
        | (c & (vector_int4){1 << 8, 1 << 9, 1 << 10, 1 << 11}) | (d & (vector_int4){1 << 12, 1 << 13, 1 << 14, 1 << 15});
    return (unsigned)(all.x | all.y | all.z | all.w);
#endif
}

// Asks for the line of memory at an address, which may be any: nothing is read, nobody waits.
static inline void vector_fetch(const void *address) { __builtin_prefetch(address); }
