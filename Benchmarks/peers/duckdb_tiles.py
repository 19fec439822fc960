#!/usr/bin/env python3
"""DuckDB: the aggregation of a tile's grid clusters as plain SQL over projected columns, one thread, in memory.

Columns are as small as they can be: cell x and y, status as a byte, the industry as the number of its code in the codes' order, so that a
prefix is a range of numbers. The result is what a cluster tile needs, a row a cell, with count, violating and the one id; making the MVT
bytes is not in DuckDB's time, where it is in ours. Of several formulations the fastest counts. Results are compared with ours, cell by cell.
"""

import work

try:
    import duckdb
except ImportError:
    work.missing("duckdb", "tools/setup --bench installs it")

COUNTS_ALONE = "counts alone"


def formulations(tile, codes):
    """SQL texts by name; each gives rows of cell key, count, violating, smallest id."""
    shift, z = 32 - (tile["z"] + 5), tile["z"]
    side = 1 << (32 - z)
    where = []
    if z > 0:
        x, y = tile["x"] * side, tile["y"] * side
        where.append(f"x BETWEEN {x} AND {x + side - 1} AND y BETWEEN {y} AND {y + side - 1}")
    if tile["filter"]["status"]:
        numbers = [work.STATUSES.index(name) for name in tile["filter"]["status"]]
        consecutive = sorted(numbers) == list(range(max(numbers) + 1))
        # One comparison where the statuses are the first ones.
        where.append(f"status <= {max(numbers)}" if consecutive else f"status IN ({', '.join(map(str, numbers))})")
    ranges = []
    for prefix in tile["filter"]["industry"]:
        found = [number for number, code in enumerate(codes) if code.startswith(prefix)]
        ranges.append(f"industry BETWEEN {found[0]} AND {found[-1]}" if found else "false")
    if ranges:
        where.append(f"({' OR '.join(ranges)})")
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    turned = f" WHERE {' AND '.join(reversed(where))}" if where else ""
    # The cell within the tile: five bits each.
    key = f"((((y >> {shift}) & 31) << 5) | ((x >> {shift}) & 31))"
    values = "count(*), count(*) FILTER (WHERE status = 0), min(id)"
    small = f"{key}::USMALLINT"
    return {
        "two keys": f"SELECT y >> {shift} AS cy, x >> {shift} AS cx, {values} FROM factory{condition} GROUP BY ALL",
        "one key of 10 bits": f"SELECT {small} AS cell, {values} FROM factory{condition} GROUP BY cell",
        "two keys, industry first": f"SELECT y >> {shift} AS cy, x >> {shift} AS cx, {values} FROM factory{turned} GROUP BY ALL",
        "sum of booleans": f"SELECT {small} AS cell, count(*), sum((status = 0)::UTINYINT), any_value(id) FROM factory{condition} GROUP BY cell",
        COUNTS_ALONE: f"SELECT {small} AS cell, count(*) FROM factory{turned} GROUP BY cell",
    }


def is_same(tile, rows):
    """Whether cells and counts are ours; of counts alone, whether those are."""
    if rows and len(rows[0]) == 2:
        counts = sorted((cell & 31, cell >> 5, count) for cell, count in rows if count > 1)
        ours = sorted((one["x"] & 31, one["y"] & 31, one["count"]) for one in tile["clusters"])
        return counts == ours and sum(count == 1 for _, count in rows) == len(tile["singles"])
    cells = {}
    for row in rows:
        *key, count, violating, one = row
        cy, cx = (key[0] & 31, key[1] & 31) if len(key) == 2 else (key[0] >> 5, key[0] & 31)
        cells[(cx, cy)] = (count, int(violating), one)
    clusters = {cell: found[:2] for cell, found in cells.items() if found[0] > 1}
    ours = {(one["x"] & 31, one["y"] & 31): (one["count"], one["violating"]) for one in tile["clusters"]}
    return clusters == ours and sorted(found[2] for found in cells.values() if found[0] == 1) == tile["singles"]


def main():
    options = work.options(__doc__)
    folder = work.WorkFolder(options.work)
    connection = duckdb.connect(":memory:", config={"threads": 1})
    file = folder.file("factories.csv").replace("'", "''")
    connection.execute(f"CREATE TABLE raw AS SELECT * FROM read_csv('{file}', header = true)")
    codes = [row[0] for row in connection.execute("SELECT DISTINCT industry FROM raw ORDER BY industry").fetchall()]
    connection.execute("CREATE TABLE code AS SELECT unnest(?::VARCHAR[]) AS industry, unnest(range(?)) AS number", [codes, len(codes)])
    connection.execute(
        "CREATE TABLE factory AS SELECT id::UINTEGER AS id, x::UINTEGER AS x, y::UINTEGER AS y, status::UTINYINT AS status, "
        "number::USMALLINT AS industry FROM raw JOIN code USING (industry) ORDER BY id")
    connection.execute("DROP TABLE raw")
    results = work.Results(folder, "duckdb", duckdb.__version__)
    bare = work.Results(folder, "duckdb-counts", duckdb.__version__)
    for tile in folder.tiles():
        if tile["z"] >= work.CLUSTER_ZOOMS or not work.wanted([tile["work"]], options.only):
            continue
        best = {}
        for name, sql in formulations(tile, codes).items():
            statement = connection.execute(sql)
            same = is_same(tile, statement.fetchall())
            rounds = []
            for _ in range(max(options.rounds * 5, 1)):
                rounds.append([work.microseconds(lambda: connection.execute(sql).fetchall())[0]])
            # Counts alone are less than a tile needs: a row of its own.
            target = bare if name == COUNTS_ALONE else results
            key = sorted(round[0] for round in rounds)[len(rounds) // 2]
            if target not in best or key < best[target][0]:
                best[target] = (key, name, rounds, int(not same))
        for target, (_, name, rounds, wrong) in best.items():
            target.add(tile["work"], rounds, wrong, note=f"aggregation alone, no MVT; {name}")
    results.write()
    bare.write()


if __name__ == "__main__":
    main()
