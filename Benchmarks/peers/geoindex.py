#!/usr/bin/env python3
"""geoindex-rs (PyPI: Rust's geo-index, ports of flatbush's R-tree and kdbush's k-d tree) and shapely's STRtree (GEOS).

One thread, over the points' grid cells as float64, which hold them exactly. Each query is one call from Python; what such a call costs
by itself (one that finds nothing, far away) is measured and told in the notes, and nothing is subtracted. Nearest is planar in Web
Mercator: its answers are measured by the geodesic, and wrong ones counted. Neither has a radius on the ellipsoid.

The flatbush and kdbush of npm are JavaScript; the flatbush on PyPI is pure Python and would say nothing about the method.
"""

import importlib.metadata
import math

import work
from work import np

try:
    import pyproj
    import shapely
    from geoindex_rs import kdtree, rtree
except ImportError:
    work.missing("geoindex-rs, shapely or pyproj", "tools/setup --bench installs them")

NOWHERE = (-9.0, -9.0, -8.0, -8.0)


class Peer:
    """An index, how to ask it, and in what form it takes windows and places."""

    def __init__(self, name, version, note, build, window, boxes, nearest=None, places=None, nearest_works=(), size=None):
        self.name, self.version, self.note, self.build = name, version, note, build
        self.window, self.boxes = window, boxes
        self.nearest, self.places, self.nearest_works = nearest, places, nearest_works
        self.size = size

    def run(self, folder, options):
        results = work.Results(folder, self.name, self.version)
        times = []
        for _ in range(options.rounds):
            microseconds, index = work.microseconds(self.build)
            times.append([microseconds])
        results.add("build", times, note=self.note)
        if self.size:
            results.add_memory(self.size(index) / len(folder.cells()))
        window = self.window(index)
        nowhere = self.boxes(np.array([NOWHERE]))[0]
        cost = min(min(times) for times in work.time_rounds(window, [nowhere] * 1000, 3))
        note = f"{self.note}; called from Python, {cost:.2f} µs a call"
        for name in work.wanted(work.WINDOWS, options.only):
            queries = self.boxes(folder.queries(name).astype(np.float64))
            wrong = sum(not work.same_set(np.asarray(window(query)), truth) for query, truth in zip(queries, folder.answers(name)))
            results.add(name, work.time_rounds(window, queries, options.rounds), wrong, note=note)
        for name in work.wanted(self.nearest_works, options.only):
            search = self.nearest(index, work.nearest_count(name))
            wrong = wrong_neighbours(folder, name, search, self.places(mercator(folder.queries(name))))
            times = work.time_rounds(search, self.places(mercator(folder.queries(name))), options.rounds)
            results.add(name, times, wrong, exact=False, note="planar, Web Mercator")
        results.write()


def wrong_neighbours(folder, name, search, queries):
    """Queries whose answer is not the geodesic's, ties apart."""
    geod = pyproj.Geod(ellps="WGS84")
    degrees = folder.degrees()
    answers = folder.answers(name)
    wrong = 0
    for query, place, truth, meters in zip(queries, folder.queries(name), answers, folder.distances(name, answers)):
        ids = np.atleast_1d(np.asarray(search(query)))
        from_here = np.repeat(place[None, :], len(ids), axis=0)
        found = geod.inv(from_here[:, 0], from_here[:, 1], degrees[ids, 0], degrees[ids, 1])[2]
        wrong += not work.same_order(ids, found, truth, meters)
    return wrong


def mercator(places):
    """Degrees to cells, with fractions."""
    x = (places[:, 0] / 360 + 0.5) * work.CELLS
    y = (0.5 - np.log(np.tan(math.pi / 4 + np.radians(places[:, 1]) / 2)) / (2 * math.pi)) * work.CELLS
    return np.column_stack([x, y])


def tuples(rows):
    return [tuple(row) for row in rows.tolist()]


def main():
    options = work.options(__doc__)
    folder = work.WorkFolder(options.work)
    cells = folder.cells().astype(np.float64)
    x, y = np.ascontiguousarray(cells[:, 0]), np.ascontiguousarray(cells[:, 1])
    points = shapely.points(x, y)

    def build_rtree():
        builder = rtree.RTreeBuilder(len(x))
        builder.add(x, y, x, y)
        return builder.finish()

    def build_kdtree():
        builder = kdtree.KDTreeBuilder(len(x))
        builder.add(x, y)
        return builder.finish()

    def build_strtree():
        tree = shapely.STRtree(points)
        tree.query(shapely.box(*NOWHERE))
        return tree

    version = importlib.metadata.version("geoindex-rs")
    Peer(
        "geoindex-rs", version, "Hilbert R-tree as in flatbush, nodes of 16", build_rtree,
        window=lambda tree: lambda box: rtree.search(tree, *box), boxes=tuples,
        nearest=lambda tree, k: lambda place: rtree.neighbors(tree, *place, max_results=k, max_distance=None), places=tuples,
        nearest_works=work.NEAREST, size=lambda tree: tree.metadata.num_bytes,
    ).run(folder, options)
    Peer(
        "geoindex-rs-kd", version, "k-d tree as in kdbush, nodes of 64", build_kdtree,
        window=lambda tree: lambda box: kdtree.range(tree, *box), boxes=tuples, size=lambda tree: memoryview(tree).nbytes,
    ).run(folder, options)
    Peer(
        "shapely", f"{shapely.__version__}, GEOS {shapely.geos_version_string}", "STRtree with its first query, which packs it",
        build_strtree, window=lambda tree: tree.query, boxes=lambda rows: list(shapely.box(*rows.T)),
        nearest=lambda tree, k: tree.nearest, places=lambda rows: list(shapely.points(rows)), nearest_works=["nearest-1"],
    ).run(folder, options)


if __name__ == "__main__":
    main()
