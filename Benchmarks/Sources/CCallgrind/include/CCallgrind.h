/* CCallgrind.h: valgrind's callgrind from inside the program: what is counted, and between which two points. */
#ifndef CCALLGRIND_H
#define CCALLGRIND_H

/* Whether the program runs under valgrind, so that instructions are counted. */
int callgrind_runs(void);

/* Begins to count, from zero; where it has begun already, only the counts begin again, and simulated caches stay as they are. */
void callgrind_begin(void);

/* Ends it and has callgrind write what was counted into a file of its own, whose trigger is `name`. */
void callgrind_end(const char *name);

#endif
