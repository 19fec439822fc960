/* CGuard.h: counts what a stretch of the program does: its instructions under valgrind's callgrind, its allocations always. */
#ifndef CGUARD_H
#define CGUARD_H

#include <stdint.h>

/* Whether the program runs under valgrind, so that instructions are counted. */
int guard_under_valgrind(void);

/* Begins to count instructions. */
void guard_begin(void);

/* Ends it and has callgrind write what was counted into a file of its own, whose trigger is `name`. */
void guard_end(const char *name);

/* Calls of malloc, calloc, realloc and their aligned relatives since the program began, on all threads. */
uint64_t guard_allocations(void);

#endif
