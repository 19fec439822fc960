// SQLite.cpp: SQLite's R*Tree in memory, with its integer coordinates (rtree_i32), so that windows of cells are exact.

#include "Geodesics.hpp"

#include <sqlite3.h>

namespace peers {
namespace {

struct Index {
    /// The number of a row is its point's slot.
    Arranged points;
    sqlite3 *database;
    sqlite3_stmt *window;
};

/// Cells as SQLite's signed integers, in the same order.
int32_t turned(uint32_t cell) { return int32_t(cell ^ 0x80000000u); }

void release(void *pointer) {
    auto *index = static_cast<Index *>(pointer);
    sqlite3_finalize(index->window);
    sqlite3_close(index->database);
    delete index;
}

void *build(const peer_points *points) {
    auto *index = new Index{Arranged(*points, points->order), nullptr, nullptr};
    sqlite3_stmt *insert = nullptr;
    bool good = sqlite3_open(":memory:", &index->database) == SQLITE_OK
        && sqlite3_exec(index->database, "CREATE VIRTUAL TABLE t USING rtree_i32(id, x0, x1, y0, y1); BEGIN", nullptr, nullptr, nullptr)
            == SQLITE_OK
        && sqlite3_prepare_v2(index->database, "INSERT INTO t VALUES (?1, ?2, ?2, ?3, ?3)", -1, &insert, nullptr) == SQLITE_OK;
    for (size_t slot = 0; good && slot < points->count; slot++) {
        const uint32_t *cell = points->cells + 2 * size_t(points->order[slot]);
        sqlite3_bind_int64(insert, 1, sqlite3_int64(slot));
        sqlite3_bind_int(insert, 2, turned(cell[0]));
        sqlite3_bind_int(insert, 3, turned(cell[1]));
        good = sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK;
    }
    sqlite3_finalize(insert);
    good = good && sqlite3_exec(index->database, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK
        && sqlite3_prepare_v2(
               index->database, "SELECT id FROM t WHERE x1 >= ?1 AND x0 <= ?3 AND y1 >= ?2 AND y0 <= ?4", -1, &index->window, nullptr)
            == SQLITE_OK;
    if (good) return index;
    release(index);
    return nullptr;
}

/// The slots in a window.
size_t candidates(const Index &index, const uint32_t *box, uint32_t *slots) {
    for (int i = 0; i < 4; i++) sqlite3_bind_int(index.window, i + 1, turned(box[i]));
    size_t count = 0;
    while (sqlite3_step(index.window) == SQLITE_ROW) slots[count++] = uint32_t(sqlite3_column_int64(index.window, 0));
    sqlite3_reset(index.window);
    return count;
}

size_t window(void *pointer, const uint32_t *box, uint32_t *ids) {
    const auto &index = *static_cast<Index *>(pointer);
    const size_t count = candidates(index, box, ids);
    for (size_t i = 0; i < count; i++) ids[i] = index.points.ids[ids[i]];
    return count;
}

uint32_t cell(double fraction) {
    const double scaled = fraction * 4294967296.0;
    return scaled <= 0 ? 0 : scaled >= 4294967295.0 ? 4294967295u : uint32_t(scaled);
}

uint32_t row(double latitude) {
    const double sine = std::sin(std::min(std::max(latitude, -85.06), 85.06) * (M_PI / 180));
    return cell(0.5 - std::log((1 + sine) / (1 - sine)) * (0.25 / M_PI));
}

/// Of a window that surely holds the circle: latitude changes by at most s / (b²/a), longitude by asin(s / distance from the axis).
/// Not for circles that reach a pole or the antimeridian.
size_t radius(void *pointer, double longitude, double latitude, double meters, uint32_t *ids, double *distances) {
    const auto &index = *static_cast<Index *>(pointer);
    const Query query(longitude, latitude);
    const double reach = meters + 1e-3, degree = 180 / M_PI;
    const double north = reach / least_radius * degree;
    const double east = std::asin(reach / std::sqrt(query.p[0] * query.p[0] + query.p[1] * query.p[1])) * degree;
    const uint32_t box[4] = {
        cell((longitude - east + 180) / 360), row(latitude + north), cell((longitude + east + 180) / 360), row(latitude - north)};
    const Rim rim(meters);
    const size_t found = candidates(index, box, ids);
    size_t count = 0;
    for (size_t i = 0; i < found; i++) {
        count += query.keep(index.points.points, rim, ids[i], ids + count, distances + count);
    }
    return finish(count, index.points.ids.data(), ids, distances);
}

} // namespace

const peer sqlite = {
    "sqlite", SQLITE_VERSION,
    "SQLite R*Tree of integers, in memory, prepared statement, rows and the points beside them in Hilbert order (copying them counts in "
    "its build); distances by our own series, doubts by PROJ's solver as ours", 1, 0,
    build, release, window, radius, nullptr};

} // namespace peers
