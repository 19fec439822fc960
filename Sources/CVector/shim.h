// Square roots of two numbers at a time. Swift's own go one by one through the C library's sqrt, which must set errno for negative numbers:
// 1.9 ns each, 0.9 so.
typedef double vector_double2 __attribute__((__ext_vector_type__(2)));

static inline vector_double2 vector_square_root(vector_double2 x) { return __builtin_elementwise_sqrt(x); }
