/* CGuard.h: counts allocations. */
#ifndef CGUARD_H
#define CGUARD_H

#include <stdint.h>

/* Calls of malloc, calloc, realloc and their aligned relatives since the program began, on all threads. */
uint64_t guard_allocations(void);

#endif
