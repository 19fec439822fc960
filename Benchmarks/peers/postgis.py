#!/usr/bin/env python3
"""PostGIS: windows, radius and nearest on the ellipsoid, and vector tiles, by a private server that is gone at the end.

The server has its own data folder and a unix socket only; started as root it runs as the user postgres. One process answers:
no parallel workers, no JIT, everything in memory, indexes clustered along the curve, statistics made. Times are taken inside the server,
by a PL/pgSQL function with prepared statements: parsing, planning and the way to the client do not count, which favours PostGIS. The
answers themselves come over the socket afterwards and are compared with ours. Narrow rows serve queries and aggregation, a second table
with all attributes the features of tiles: what is better for each.

Windows: the GiST operator && knows float32 boxes only, so the exact window is && and ST_Intersects. Nearest: the operator <-> on
geography goes by the sphere; "postgis" therefore takes the k nearest by <->, and then everything within the largest geodesic distance of
those, in its order, which is exact; "postgis-sphere" is <-> alone. Tiles have the attributes that ours have. Those of
clusters are compared with ours cell by cell; of two formulations the faster counts. "postgis-unindexed" are filtered tiles without the index
over just the two columns that they filter by, as any other filter would be answered. "postgis-points" are all points of a tile without
clusters: other work.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import work
from work import np

try:
    import psycopg2
except ImportError:
    work.missing("psycopg2", "tools/setup --bench installs it")

PROGRAMS = "/usr/lib/postgresql/15/bin"
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "2GB",
    "work_mem": "512MB",
    "maintenance_work_mem": "1GB",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "jit": "off",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "random_page_cost": "1.1",
    "effective_cache_size": "8GB",
}

SCHEMA = """
CREATE EXTENSION postgis;
CREATE TABLE raw (id int, lon float8, lat float8, x bigint, y bigint, status smallint, industry text);
CREATE TABLE detail (id int, factory text, name text, name_en text, status text, records int, worst_severity int, latest text,
    key_monitored bool);
"""

# The points in the order of the curve, so that neighbours share pages. A point is the middle of its grid cell in EPSG:3857.
TABLE = """
CREATE TABLE factory AS
SELECT id, status, industry, x, y,
       ST_SetSRID(ST_MakePoint(((x + 0.5) / 2147483648.0 - 1) * {half}, (1 - (y + 0.5) / 2147483648.0) * {half}), 3857) AS geom,
       ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography AS geog
FROM raw ORDER BY ST_SetSRID(ST_MakePoint(lon, lat), 4326);
CREATE TABLE wide AS
SELECT f.id, f.x, f.y, f.geom, f.status AS kind, f.industry, d.factory, d.name, d.name_en, d.status, d.records, d.worst_severity, d.latest,
       d.key_monitored
FROM factory f JOIN detail d USING (id) ORDER BY f.geom;
DROP TABLE raw, detail;
"""
INDEXES = {
    "build": "CREATE INDEX factory_geom ON factory USING gist (geom)",
    "build-geography": "CREATE INDEX factory_geog ON factory USING gist (geog)",
    "": "CREATE INDEX factory_kind ON factory (status, industry COLLATE \"C\");"
    "CREATE INDEX wide_geom ON wide USING gist (geom); CREATE UNIQUE INDEX wide_id ON wide (id)",
}

FUNCTIONS = """
CREATE TABLE query (work text, n int, a float8, b float8, c float8, d float8, k int);
CREATE FUNCTION ask_window(q query) RETURNS int[] LANGUAGE plpgsql STABLE AS $$
DECLARE found int[]; box geometry := ST_MakeEnvelope(q.a, q.b, q.c, q.d, 3857);
BEGIN
    SELECT array_agg(id) INTO found FROM factory WHERE geom && box AND ST_Intersects(geom, box);
    RETURN found;
END $$;
CREATE FUNCTION ask_radius(q query, OUT ids int[], OUT meters float8[]) LANGUAGE plpgsql STABLE AS $$
DECLARE here geography := ST_SetSRID(ST_MakePoint(q.a, q.b), 4326)::geography;
BEGIN
    SELECT array_agg(id), array_agg(ST_Distance(geog, here)) INTO ids, meters FROM factory WHERE ST_DWithin(geog, here, q.c);
END $$;
CREATE FUNCTION ask_sphere(q query, OUT ids int[], OUT meters float8[]) LANGUAGE plpgsql STABLE AS $$
DECLARE here geography := ST_SetSRID(ST_MakePoint(q.a, q.b), 4326)::geography;
BEGIN
    SELECT array_agg(id), array_agg(d) INTO ids, meters FROM (
        SELECT id, ST_Distance(geog, here) AS d FROM factory ORDER BY geog <-> here LIMIT q.k) AS nearest;
END $$;
CREATE FUNCTION ask_nearest(q query, OUT ids int[], OUT meters float8[]) LANGUAGE plpgsql STABLE AS $$
DECLARE here geography := ST_SetSRID(ST_MakePoint(q.a, q.b), 4326)::geography; reach float8;
BEGIN
    -- ST_Distance is rounded to 10 nm: a micrometre more, so that the farthest is inside.
    SELECT max(d) + 1e-6 INTO reach FROM (SELECT ST_Distance(geog, here) AS d FROM factory ORDER BY geog <-> here LIMIT q.k) AS nearest;
    SELECT array_agg(id), array_agg(d) INTO ids, meters FROM (
        SELECT id, ST_Distance(geog, here) AS d FROM factory WHERE ST_DWithin(geog, here, reach) ORDER BY d, id LIMIT q.k) AS nearest;
END $$;
"""

# One query's time is that of the call; {ask} is one of the functions above.
TIMER = """
CREATE FUNCTION time_{ask}(wanted text) RETURNS TABLE (n int, us float8) LANGUAGE plpgsql AS $$
DECLARE q query; start timestamptz; result record;
BEGIN
    FOR q IN SELECT * FROM query WHERE work = wanted ORDER BY query.n LOOP
        start := clock_timestamp();
        SELECT {ask}(q) AS answer INTO result;
        n := q.n; us := extract(epoch FROM clock_timestamp() - start) * 1e6;
        RETURN NEXT;
    END LOOP;
END $$;
"""

# Tiles. The window is that of the tile's grid cells; a cluster is two or more in a cell of five zooms more.
CLUSTERED = """
WITH inside AS {materialized} (
    SELECT id, status, geom, x >> {shift} AS cx, y >> {shift} AS cy FROM factory WHERE {where}
), cells AS (
    SELECT cx, cy, count(*)::int AS count, (count(*) FILTER (WHERE status = 0))::int AS violating, min(status)::int AS worst,
           min(id) AS id, ST_MakePoint(avg(ST_X(geom)), avg(ST_Y(geom))) AS geom
    FROM inside GROUP BY cx, cy
), clusters AS (
    SELECT ST_AsMVTGeom(ST_SetSRID(geom, 3857), {box}, 4096, 0, false) AS geom, count, violating, worst, cx, cy FROM cells WHERE count > 1
), singles AS (
    SELECT ST_AsMVTGeom(ST_SetSRID(geom, 3857), {box}, 4096, 0, false) AS geom, id FROM cells WHERE count = 1
)
"""
STATUS_NAME = "(ARRAY['" + "', '".join(work.STATUSES) + "'])[worst + 1]"
ATTRIBUTES = "factory AS id, name, name_en, status, industry, records, worst_severity, latest, key_monitored"
CLUSTER_TILE = CLUSTERED + """
SELECT (SELECT ST_AsMVT(c, 'clusters', 4096, 'geom') FROM (
           SELECT geom, count, violating, {status_name} AS worst_status, (cell_zoom << 40 | cx << 20 | cy) AS cluster_id
           FROM clusters, (SELECT {cell_zoom}::bigint AS cell_zoom) AS z) AS c)
    || (SELECT ST_AsMVT(s, 'factories', 4096, 'geom') FROM (
           SELECT singles.geom, {attributes} FROM singles JOIN wide ON wide.id = singles.id) AS s) AS tile
"""
CLUSTER_CHECK = CLUSTERED + """
SELECT (SELECT array_agg(ARRAY[cx, cy, count, violating]) FROM clusters), (SELECT array_agg(id) FROM singles)
"""
POINT_TILE = """
SELECT ST_AsMVT(p, 'factories', 4096, 'geom') FROM (
    SELECT ST_AsMVTGeom(geom, {box}, 4096, 0, false) AS geom, {attributes} FROM wide WHERE {wide}) AS p
"""


class Server:
    """A private server; `with` starts and stops it."""

    def __init__(self, folder):
        self.folder = tempfile.mkdtemp(prefix="blueatlas-postgis-", dir=folder or None)
        self.user = pwd.getpwnam("postgres") if os.getuid() == 0 else None
        self.process = None

    def run(self, command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self.identity())

    def identity(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}

    def __enter__(self):
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        data = os.path.join(self.folder, "data")
        self.run([f"{PROGRAMS}/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"])
        command = [f"{PROGRAMS}/postgres", "-D", data, "-k", self.folder]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        with open(os.path.join(self.folder, "log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, **self.identity())
        return self

    def connect(self):
        for _ in range(100):
            try:
                connection = psycopg2.connect(host=self.folder, user="postgres", dbname="postgres")
                connection.autocommit = True
                return connection
            except psycopg2.OperationalError:
                if self.process.poll() is not None:
                    raise
                time.sleep(0.1)
        raise TimeoutError("the PostgreSQL server does not answer")

    def __exit__(self, *_):
        if self.process:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class PostGIS:
    def __init__(self, folder, options, connection):
        self.folder, self.options, self.connection = folder, options, connection
        self.cursor = connection.cursor()
        self.one("SELECT 1")

    def one(self, sql, values=None):
        self.cursor.execute(sql, values)
        return self.cursor.fetchone() if self.cursor.description else None

    def load(self):
        self.one(SCHEMA)
        for table, file in [("raw", "factories.csv"), ("detail", "attributes.csv")]:
            with open(self.folder.file(file), encoding="utf-8") as rows:
                self.cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT csv, HEADER true)", rows)
        self.one(TABLE.format(half=repr(work.HALF_WORLD)))
        self.version = f"{self.one('SELECT postgis_lib_version()')[0]}, PostgreSQL {self.one('SHOW server_version')[0].split()[0]}"
        self.results = work.Results(self.folder, "postgis", self.version)
        self.sphere = work.Results(self.folder, "postgis-sphere", self.version)
        self.points = work.Results(self.folder, "postgis-points", self.version)
        self.unindexed = work.Results(self.folder, "postgis-unindexed", self.version)
        for name, sql in INDEXES.items():
            microseconds, _ = work.microseconds(lambda: self.one(sql))
            if name:
                self.results.add(name, [[microseconds]], note=f"{sql}, sorted")
        self.one("VACUUM ANALYZE")
        count = self.one("SELECT count(*) FROM factory")[0]
        self.results.add_memory(self.one("SELECT pg_relation_size('factory_geom')")[0] / count, "the GiST index of 3857 alone")
        self.results.add_memory(
            self.one("SELECT pg_relation_size('factory_geog')")[0] / count, "the GiST index of geography alone", work="memory-positions")
        self.one(FUNCTIONS)
        for ask in ["ask_window", "ask_radius", "ask_sphere", "ask_nearest"]:
            self.one(TIMER.format(ask=ask))
        # All of it into memory.
        self.one("CREATE EXTENSION pg_prewarm")
        for relation in ["factory", "factory_geom", "factory_geog", "factory_kind", "wide", "wide_geom", "wide_id"]:
            self.one("SELECT pg_prewarm(%s)", (relation,))

    def give(self, name, rows, k=None):
        """Queries into the server's table."""
        self.one("DELETE FROM query")
        with self.connection.cursor() as cursor:
            for n, row in enumerate(rows):
                values = [float(value) for value in row] + [None] * (4 - len(row))
                cursor.execute("INSERT INTO query VALUES (%s, %s, %s, %s, %s, %s, %s)", [name, n, *values, k])
        self.one("ANALYZE query")

    def time(self, ask, name, count):
        """Rounds of microseconds, after an untimed pass; one round when a pass takes long."""
        started = time.monotonic()
        self.cursor.execute(f"SELECT us FROM time_{ask}(%s) ORDER BY n", (name,))
        first = [row[0] for row in self.cursor.fetchall()]
        assert len(first) == count
        if time.monotonic() - started > self.options.patience:
            return [first]
        rounds = []
        for _ in range(self.options.rounds):
            self.cursor.execute(f"SELECT us FROM time_{ask}(%s) ORDER BY n", (name,))
            rounds.append([row[0] for row in self.cursor.fetchall()])
            if (time.monotonic() - started) * (len(rounds) + 2) / (len(rounds) + 1) > 2 * self.options.patience:
                break
        return rounds

    def truths(self, name):
        """Our ids and distances of the queries that are asked."""
        answers = self.folder.answers(name)
        return work.some(list(zip(answers, self.folder.distances(name, answers))), self.options.queries)

    def windows(self):
        def meters(rows):
            rows = rows.astype(np.float64)
            scale = 2 * work.HALF_WORLD / work.CELLS
            # The cells' outer edges; y from the south.
            return np.column_stack([
                rows[:, 0] * scale - work.HALF_WORLD, work.HALF_WORLD - (rows[:, 3] + 1) * scale,
                (rows[:, 2] + 1) * scale - work.HALF_WORLD, work.HALF_WORLD - rows[:, 1] * scale,
            ])

        for name in work.wanted(work.WINDOWS, self.options.only):
            queries = work.some(self.folder.queries(name), self.options.queries)
            self.give(name, meters(queries))
            wrong = 0
            for n, truth in enumerate(work.some(self.folder.answers(name), self.options.queries)):
                found = self.one("SELECT ask_window(q) FROM query q WHERE n = %s", (n,))[0] or []
                wrong += not work.same_set(found, truth)
            self.results.add(name, self.time("ask_window", name, len(queries)), wrong, note="geom && box AND ST_Intersects(geom, box)")

    def circles(self):
        for name in work.wanted(work.CIRCLES, self.options.only):
            queries = work.some(self.folder.queries(name), self.options.queries)
            self.give(name, queries)
            wrong = 0
            for n, (truth, meters) in enumerate(self.truths(name)):
                ids, found = self.one("SELECT (a).ids, (a).meters FROM (SELECT ask_radius(q) AS a FROM query q WHERE n = %s) AS r", (n,))
                wrong += not work.same_circle(ids or [], found or [], truth, meters)
            times = self.time("ask_radius", name, len(queries))
            self.results.add(name, times, wrong, note="ST_DWithin and ST_Distance on geography")

    def nearest(self):
        for name in work.wanted(work.NEAREST, self.options.only):
            queries = work.some(self.folder.queries(name), self.options.queries)
            self.give(name, queries, k=work.nearest_count(name))
            for ask, results, exact, note in [
                ("ask_nearest", self.results, True, "<-> on geography, then all within its reach by ST_Distance"),
                ("ask_sphere", self.sphere, False, "<-> on geography: by the sphere"),
            ]:
                wrong = 0
                for n, (truth, meters) in enumerate(self.truths(name)):
                    self.cursor.execute(f"SELECT (a).ids, (a).meters FROM (SELECT {ask}(q) AS a FROM query q WHERE n = %s) AS r", (n,))
                    ids, found = self.cursor.fetchone()
                    wrong += not work.same_order(ids, found, truth, meters)
                results.add(name, self.time(ask, name, len(queries)), wrong, exact=exact, note=note)

    def tiles(self):
        for tile in self.folder.tiles():
            if not work.wanted([tile["work"]], self.options.only):
                continue
            parts = self.tile_parts(tile)
            clustered = tile["z"] < work.CLUSTER_ZOOMS
            if clustered:
                self.time_clusters(self.results, tile, parts, "")
                if tile["filter"]["status"]:
                    # Gone within the transaction only.
                    self.one("BEGIN; DROP INDEX factory_kind")
                    self.time_clusters(self.unindexed, tile, parts, ", no index over the filter's columns")
                    self.one("ROLLBACK")
            count = self.one("SELECT count(*) FROM factory WHERE " + parts["where"])[0]
            wrong = int(count != tile["factories"])
            results = self.points if clustered else self.results
            self.time_tile(results, tile, {"ST_AsMVT of all points, no clusters": POINT_TILE.format(**parts)}, wrong, exact=not clustered)

    def time_clusters(self, results, tile, parts, note):
        wrong, texts = 0, {}
        ours = sorted((one["x"], one["y"], one["count"], one["violating"]) for one in tile["clusters"])
        # A common table that stands once is put in place unless it is MATERIALIZED.
        for materialized in ["NOT MATERIALIZED", "MATERIALIZED"]:
            found, singles = self.one(CLUSTER_CHECK.format(materialized=materialized, **parts))
            wrong |= sorted(map(tuple, found or [])) != ours or sorted(singles or []) != tile["singles"]
            name = f"ST_AsMVT of grid clusters and single points, {materialized.lower()}{note}"
            texts[name] = CLUSTER_TILE.format(materialized=materialized, **parts)
        self.time_tile(results, tile, texts, int(wrong))

    def tile_parts(self, tile):
        z, x, y = tile["z"], tile["x"], tile["y"]
        box = f"ST_TileEnvelope({z}, {x}, {y})"
        side = 1 << (32 - z)
        # The tile's cells say what is inside; && finds them by the index.
        where = "true" if z == 0 else (
            f"geom && {box} AND x >= {x * side} AND x < {(x + 1) * side} AND y >= {y * side} AND y < {(y + 1) * side}")
        chosen = tile["filter"]
        if chosen["status"]:
            where += f" AND status IN ({', '.join(str(work.STATUSES.index(name)) for name in chosen['status'])})"
        if chosen["industry"]:
            ranges = [f"industry COLLATE \"C\" LIKE '{prefix}%'" for prefix in chosen["industry"]]
            where += f" AND ({' OR '.join(ranges)})"
        return {
            "box": box, "where": where, "wide": where.replace("status IN", "kind IN"), "shift": 32 - (z + 5), "cell_zoom": z + 5,
            "status_name": STATUS_NAME, "attributes": ATTRIBUTES,
        }

    def time_tile(self, results, tile, texts, wrong, exact=True):
        """By EXPLAIN ANALYZE without the times of single steps, whose clock costs; the answer is made and not sent. Of `texts`, SQL by its
        note, the fastest counts."""
        best = None
        for note, sql in texts.items():
            size = len(self.one(sql)[0])
            times = []
            for _ in range(self.options.rounds + 2):
                self.cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + sql)
                times.append([self.cursor.fetchone()[0][0]["Execution Time"] * 1000])
            middle = sorted(times)[len(times) // 2]
            if best is None or middle < best[0]:
                best = (middle, times, f"{note}; {size} bytes")
        results.add(tile["work"], best[1], wrong, exact=exact, note=best[2])


def main():
    options = work.options(
        __doc__, queries=(1_000, "queries of each work, at most"), patience=(30.0, "seconds of a work after which it gets fewer rounds"),
        data=("", "where the server's temporary folder goes; default: the system's"))
    folder = work.WorkFolder(options.work)
    if not os.path.exists(f"{PROGRAMS}/postgres") or not os.path.exists("/usr/share/postgresql/15/extension/postgis.control"):
        work.missing("PostGIS", "tools/setup --bench installs postgresql-15 and postgresql-15-postgis-3")
    with Server(options.data) as server:
        connection = server.connect()
        try:
            peer = PostGIS(folder, options, connection)
            peer.load()
            peer.windows()
            peer.circles()
            peer.nearest()
            peer.tiles()
        finally:
            connection.close()
        for results in [peer.results, peer.sphere, peer.points, peer.unindexed]:
            results.write()


if __name__ == "__main__":
    main()
