// Swift cannot call C functions with a variable number of arguments. GRDB brings all else of SQLite.
#ifndef BLUEATLAS_CSQLITE_H
#define BLUEATLAS_CSQLITE_H

extern int sqlite3_config(int, ...);

/// Switches off SQLite's count of its memory, which costs one lock of the whole process for each allocation. Before the first connection.
static inline int blueatlas_sqlite_without_memory_status(void) {
    return sqlite3_config(9 /* SQLITE_CONFIG_MEMSTATUS */, 0);
}

#endif
