"""The folder that `Duel export` makes, as the peers outside the process read it; its form is told by Duel's WorkFolder.swift.

Points, queries and our answers go in; results/PEER.json comes out. Here is also how answers are compared: as Duel does.
"""

import argparse
import datetime
import json
import math
import os
import sys
import time

# Where a distance counts as the same, metres; our index promises 1.3 µm beyond 50 km.
TOLERANCE = 2e-6
# Points whose distances differ by less have no order: solvers are accurate to some 15 nm.
TIE = 3e-8
# Width of a grid cell's world: cells across, and metres across in EPSG:3857.
CELLS = 1 << 32
HALF_WORLD = math.pi * 6378137.0
STATUSES = ["violating", "unresolved", "explained", "corrected", "clean", "unknown"]
# With the points of tiles below this zoom, two or more in a cell of five zooms more are a cluster.
CLUSTER_ZOOMS = 14
WINDOWS = ["window-1km", "window-10km", "window-100km", "window-500km", "window-1km-uniform"]
CIRCLES = ["radius-1km", "radius-5km", "radius-20km"]
NEAREST = ["nearest-1", "nearest-10", "nearest-100", "nearest-10-uniform"]
# Where a figure comes from: all steps of one tools/bench are one run, anything else a run of its own.
RUN = {"started": os.environ.get("BLUEATLAS_BENCH_RUN") or datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")}
if os.environ.get("BLUEATLAS_BENCH_MACHINE"):
    RUN["machine"] = os.environ["BLUEATLAS_BENCH_MACHINE"]


def options(description, **extra):
    """The command line that all peers share. Extra options: name=(default, help)."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--work", required=True, help="the folder that 'Duel export' made; results go to its folder results")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each work; of each query the median of them counts")
    parser.add_argument("--only", default="", help="works to run, by the beginnings of their names, with commas; default all")
    for name, (default, text) in extra.items():
        parser.add_argument("--" + name.replace("_", "-"), default=default, type=type(default), help=text)
    return parser.parse_args()


def missing(what, how):
    """Ends with the exit code that tools/bench reads as: not installed."""
    print(f"{what} is not installed; {how}", file=sys.stderr)
    sys.exit(3)


try:
    import numpy as np
except ImportError:
    missing("numpy", "tools/setup --bench")


def some(rows, limit):
    """At most so many, evenly picked: queries stand in the order of their places."""
    return rows[:: max(1, math.ceil(len(rows) / limit))]


def nearest_count(work):
    return int(work.split("-")[1])


class WorkFolder:
    def __init__(self, path):
        self.path = path
        if not os.path.exists(self.file("cells.u32")):
            sys.exit(f"{path} holds no cells.u32; make it with: Duel export --snapshot FILE --output {path}")

    def file(self, *parts):
        return os.path.join(self.path, *parts)

    def degrees(self):
        return np.fromfile(self.file("points.f64"), "<f8").reshape(-1, 2)

    def cells(self):
        return np.fromfile(self.file("cells.u32"), "<u4").reshape(-1, 2)

    def queries(self, work):
        kind = work.split("-")[0]
        columns, form = {"window": (4, "<u4"), "radius": (3, "<f8"), "nearest": (2, "<f8")}[kind]
        return np.fromfile(self.file("queries", work + ".bin"), form).reshape(-1, columns)

    def answers(self, work):
        """One array of ids a query."""
        words = np.fromfile(self.file("answers", work + ".bin"), "<u4")
        found, at = [], 0
        while at < len(words):
            count = int(words[at])
            found.append(words[at + 1 : at + 1 + count])
            at += 1 + count
        return found

    def distances(self, work, answers):
        meters = np.fromfile(self.file("answers", work + ".meters.f64"), "<f8")
        return np.split(meters, np.cumsum([len(answer) for answer in answers])[:-1])

    def tiles(self):
        with open(self.file("tiles.json"), encoding="utf-8") as source:
            return json.load(source)


def same_set(ids, truth):
    return len(ids) == len(truth) and np.array_equal(np.sort(np.asarray(ids, dtype=np.uint32)), truth)


def same_circle(ids, meters, truth, truth_meters):
    if len(ids) != len(truth):
        return False
    order = np.argsort(ids)
    return np.array_equal(np.asarray(ids)[order], truth) and bool(np.all(np.abs(np.asarray(meters)[order] - truth_meters) <= TOLERANCE))


def same_order(ids, meters, truth, truth_meters):
    """Of nearest: the same points in the same order, but for ties. `meters` must be true distances."""
    if len(ids) != len(truth) or len(set(ids)) != len(ids):
        return False
    if not np.all(np.abs(np.asarray(meters) - truth_meters) <= TOLERANCE):
        return False
    place = {int(one): at for at, one in enumerate(truth)}
    for at, one in enumerate(ids):
        if one == truth[at]:
            continue
        # As far as the point that the truth has here; one that it lacks must be tied with its last.
        distance = truth_meters[place[one]] if one in place else meters[at]
        limit = TIE if one in place else TOLERANCE
        if abs(distance - truth_meters[at]) > limit:
            return False
    return True


class Results:
    """Rows of one peer; writes results/PEER.json and keeps earlier rows of works that were not run now, which say so."""

    def __init__(self, folder, peer, version):
        self.folder, self.peer, self.version, self.rows = folder, peer, version, []

    def add(self, work, rounds, wrong=0, exact=True, note="", queries=None):
        """rounds: microseconds of each query, round by round. Figures are over the queries' medians of the rounds, as Duel's are."""
        times = np.sort(np.sort(np.asarray(rounds, dtype=np.float64), axis=0)[len(rounds) // 2])
        row = {
            "peer": self.peer,
            "version": self.version,
            "work": work,
            "queries": queries if queries is not None else len(rounds[0]),
            "median_us": float(times[len(times) // 2]),
            "p99_us": float(times[min(len(times) * 99 // 100, len(times) - 1)]),
            "mean_us": float(times.mean()),
            "rounds": len(rounds),
            "exact": exact and wrong == 0,
            "wrong": wrong,
            "note": note,
        }
        self.rows.append(row)
        print(f"{self.peer:18} {work:28} {row['median_us']:14.2f} µs" + (f"  {wrong} of {row['queries']} wrong" if wrong else ""), flush=True)

    def add_memory(self, bytes_per_point, note="", work="memory"):
        self.rows.append(
            {
                "peer": self.peer, "version": self.version, "work": work, "queries": 0, "median_us": 0, "p99_us": 0, "mean_us": 0,
                "exact": True, "wrong": 0, "note": note, "bytes_per_point": bytes_per_point,
            }
        )
        print(f"{self.peer:18} {work:28} {bytes_per_point:14.1f} bytes a point", flush=True)

    def write(self):
        for row in self.rows:
            row["run"] = RUN
        path = self.folder.file("results", self.peer + ".json")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        done = {row["work"] for row in self.rows}
        earlier = []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as source:
                earlier = [row for row in json.load(source) if row["work"] not in done]
        with open(path, "w", encoding="utf-8") as sink:
            json.dump(earlier + self.rows, sink, ensure_ascii=False, indent=1)


def wanted(works, only):
    starts = [start for start in only.split(",") if start]
    return [work for work in works if not starts or any(work.startswith(start) for start in starts)]


def microseconds(body):
    """Time of one call and what it returned."""
    start = time.perf_counter_ns()
    result = body()
    return (time.perf_counter_ns() - start) / 1000, result


def time_rounds(body, queries, rounds, patience=60.0):
    """Times body(query) for every query, after an untimed pass; fewer rounds when they take longer than `patience` seconds."""
    started = time.monotonic()
    for query in queries:
        body(query)
    pass_seconds = time.monotonic() - started
    times = []
    for _ in range(rounds):
        clock = time.perf_counter_ns
        one = []
        for query in queries:
            start = clock()
            body(query)
            one.append((clock() - start) / 1000)
        times.append(one)
        if pass_seconds * (len(times) + 1) > patience:
            break
    return times


def mercator_fraction(lon, lat):
    """Place in the Web Mercator square, 0 to 1 from the west and from the north."""
    return lon / 360 + 0.5, 0.5 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)
