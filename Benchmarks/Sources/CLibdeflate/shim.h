// What the benchmarks see of the C library libdeflate (Debian package libdeflate-dev).
#include <libdeflate.h>
