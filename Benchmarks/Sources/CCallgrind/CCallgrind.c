/* CCallgrind.c: valgrind's client requests, which are C macros. */

#include "CCallgrind.h"

#include <valgrind/callgrind.h>

int callgrind_runs(void) { return RUNNING_ON_VALGRIND != 0; }

void callgrind_begin(void) {
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
}

void callgrind_end(const char *name) {
    CALLGRIND_DUMP_STATS_AT(name);
    CALLGRIND_STOP_INSTRUMENTATION;
}
