#!/usr/bin/env python3
"""Writes docs/benchmarks.md and its plots from what tools/bench measured: results/PEER.json and tables/*.json of the work folder.

Prints the table of bars too. A ratio is the peer's time over ours, medians of one run; a peer counts where all of its answers agree with
ours. Whatever was not measured is left out and named.
"""

import argparse
import glob
import json
import os
import platform
import subprocess

import work

# What each peer is; also the order of columns.
PEERS = {
    "blueatlas": "BlueAtlas, this tree: packed Hilbert R-tree over grid cells, exact positions beside it",
    "boost": "Boost.Geometry R-tree (packed, R* nodes of 16) over the points' grid cells; windows and build",
    "boost-3d": "the same over earth-centred coordinates, and given our own series for the distances: our idea in their tree",
    "nanoflann": "nanoflann k-d tree over earth-centred coordinates, given our own series for the distances",
    "nanoflann-solved": "the same, each member's distance by PROJ's geodesic solver",
    "geos": "GEOS STRtree, in C++",
    "s2": "S2 point index, members' distances by PROJ's geodesic solver",
    "sqlite": "SQLite R*Tree, prepared statements, in memory",
    "geoindex-rs": "geo-index (Rust), the Hilbert R-tree of flatbush, called from Python",
    "geoindex-rs-kd": "geo-index (Rust), the k-d tree of kdbush, called from Python",
    "shapely": "shapely's STRtree (GEOS), called from Python",
    "postgis": "PostGIS, GiST, times taken inside the server by prepared statements",
    "postgis-points": "PostGIS, ST_AsMVT of all points of the tile, without clusters",
    "duckdb": "DuckDB, the aggregation of the tile alone, no MVT, one thread",
    "duckdb-counts": "DuckDB, counts alone: less than a tile needs",
}
WRONG = {
    "boost-degrees": "nearest in degrees, as a plane", "boost-mercator": "nearest in Web Mercator, as a plane",
    "geos-degrees": "nearest in degrees, as a plane", "geos-mercator": "nearest in Web Mercator, as a plane", "s2-sphere": "on the sphere",
    "postgis-sphere": "<-> on geography, on the sphere",
}
QUERIES = work.WINDOWS + work.CIRCLES + work.NEAREST
TILES = [f"tile-z{zoom}{kind}" for zoom in (0, 5, 9, 12, 14) for kind in ("", "-filtered")]

# Work, how often faster than the fastest exact peer, and named peers with their own bar.
BARS = [
    ("build", 2.5, {}),
    ("window-1km", 2.5, {}), ("window-10km", 5, {}), ("window-100km", 8, {}), ("window-500km", 12, {}), ("window-1km-uniform", 1, {}),
    ("radius-1km", 5, {"nanoflann": 5, "postgis": 200}), ("radius-5km", 8, {"nanoflann": 8, "postgis": 200}),
    ("radius-20km", 10, {"nanoflann": 10, "postgis": 200}),
    ("nearest-1", 1.2, {"nanoflann": 1.2}), ("nearest-10", 1.2, {"nanoflann": 1.2}), ("nearest-100", 1.2, {"nanoflann": 1.2}),
    ("nearest-10-uniform", 1, {}),
    ("tile-z0-filtered", None, {"duckdb": 4, "postgis": 500, "postgis-points": 500}),
    ("tile-z5", None, {"postgis": 100, "postgis-points": 100}), ("tile-z9", None, {"postgis": 100, "postgis-points": 100}),
    ("tile-z12", None, {"postgis": 100, "postgis-points": 100}), ("tile-z14", None, {"postgis": 100}),
]


def time_text(microseconds):
    if microseconds >= 1e6:
        return f"{microseconds / 1e6:.3g} s"
    if microseconds >= 1e3:
        return f"{microseconds / 1e3:.3g} ms"
    return f"{microseconds:.3g} µs"


def ratio_text(ratio):
    return f"{ratio:.0f} ×" if ratio >= 20 else f"{ratio:.1f} ×" if ratio >= 10 else f"{ratio:.2f} ×"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "|".join(["---"] + ["---:"] * (len(header) - 1)) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


class Measured:
    def __init__(self, folder):
        self.rows, self.tables = {}, {}
        for path in glob.glob(os.path.join(folder, "results", "*.json")):
            with open(path, encoding="utf-8") as source:
                for row in json.load(source):
                    self.rows[row["peer"], row["work"]] = row
        for path in glob.glob(os.path.join(folder, "tables", "*.json")):
            with open(path, encoding="utf-8") as source:
                self.tables[os.path.basename(path)[:-5]] = json.load(source)["rows"]

    def get(self, peer, name):
        return self.rows.get((peer, name))

    def median(self, peer, name):
        row = self.get(peer, name)
        return row["median_us"] if row and row["median_us"] > 0 else None

    def exact_peers(self, name):
        """Peers with right answers, fastest first."""
        found = [row for (peer, one), row in self.rows.items()
                 if one == name and peer != "blueatlas" and row["exact"] and row["wrong"] == 0 and row["median_us"] > 0]
        return sorted(found, key=lambda row: row["median_us"])


def bars(measured):
    rows = []

    def add(name, ours, theirs, bar):
        ratio = theirs["median_us"] / ours["median_us"]
        means, tails = (theirs[key] / ours[key] for key in ("mean_us", "p99_us"))
        if ours["queries"] <= 1:
            means, tails = ratio, None
        met = {(True, True): "yes", (True, False): "by medians", (False, True): "by means", (False, False): "**no**"}[ratio >= bar, means >= bar]
        rows.append([
            name, time_text(ours["median_us"]), theirs["peer"], time_text(theirs["median_us"]), ratio_text(ratio),
            "" if tails is None else ratio_text(means), "" if tails is None else ratio_text(tails), f"{bar:g} ×", met])

    for name, bar, named in BARS:
        ours = measured.get("blueatlas", name)
        if ours is None:
            continue
        fastest = measured.exact_peers(name)[:1] if bar is not None else []
        for row in fastest:
            add(name, ours, row, bar)
        for peer, one in named.items():
            theirs = measured.get(peer, name)
            if theirs is not None and theirs not in fastest:
                add(name, ours, theirs, one)
    return table(["work", "ours", "peer", "its time", "ratio", "of means", "of p99", "bar", "met"], rows)


def other_bars(measured):
    rows = []
    memory = measured.get("blueatlas", "memory")
    if memory:
        exact = measured.get("blueatlas", "memory-positions")
        rows.append(["positions and index, bytes a factory", f"{memory['bytes_per_point']:.1f}", "at most 20", ""])
        rows.append(["with what exact distances need", f"{exact['bytes_per_point']:.1f}", "stated", "degrees and earth-centred coordinates as doubles"])
    for layout in ["one-core", "both-cores"]:
        ours, nginx = measured.get("http-blueatlas", f"cached-{layout}"), measured.get("http-nginx", f"cached-{layout}")
        if ours and nginx:
            share = ours["requests_per_second"] / nginx["requests_per_second"]
            rows.append([
                f"cached tile over HTTP, {layout.replace('-', ' ')}", f"{share:.2f} × nginx", "at least 0.7",
                f"{ours['requests_per_second']:.0f} and {nginx['requests_per_second']:.0f} requests a second; {ours['note'].split(';')[0]}"])
    for name, what in [("walk-gzip", "uncached walk"), ("walk-identity", "the same, not compressed"), ("walk-filters", "worst case: ever other filters")]:
        row = measured.get("http-blueatlas", name)
        if row:
            rows.append([
                what + ", p99", f"{row['p99_us'] / 1000:.1f} ms", "under 10 ms" if name == "walk-gzip" else "",
                f"{row['requests_per_second']:.0f} requests a second; {row['note']}"])
    return table(["what", "measured", "bar", "how"], rows)


def times(measured, works, peers):
    present = [peer for peer in peers if any(measured.get(peer, name) for name in works)]
    rows = []
    for name in works:
        row = [name]
        for peer in present:
            found = measured.get(peer, name)
            if not found or found["median_us"] <= 0:
                row.append("")
            else:
                row.append(time_text(found["median_us"]) + (f" ({found['wrong']} of {found['queries']} wrong)" if found["wrong"] else ""))
        rows.append(row)
    return table(["median"] + present, [row for row in rows if any(row[1:])])


def memory(measured):
    rows = [[peer, f"{row['bytes_per_point']:.1f}", row["note"]] for (peer, name), row in sorted(measured.rows.items()) if row.get("bytes_per_point")]
    return table(["peer", "bytes a point", "what"], rows)


def tile_sets(measured):
    rows = [[peer, time_text(row["median_us"]), row["note"]] for (peer, name), row in sorted(measured.rows.items()) if name == "tile-set"]
    return table(["who", "time", "what"], rows)


def versions(measured):
    found = {}
    for (peer, _), row in measured.rows.items():
        if row["version"]:
            found[peer] = row["version"]
    names = {**PEERS, **WRONG}
    return table(["peer", "version", "what"], [[peer, found[peer], names.get(peer, "")] for peer in sorted(found, key=lambda one: list(names).index(one) if one in names else 99)])


def plots(measured, folder):
    """Two SVG files; the same numbers make the same bytes."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "blueatlas", "font.size": 9, "svg.fonttype": "none"})
    import matplotlib.pyplot as pyplot

    def dots(path, title, works, peers):
        figure, axes = pyplot.subplots(figsize=(8.5, 0.42 * len(works) + 1.6))
        colours = pyplot.get_cmap("tab20")
        for number, peer in enumerate(peers):
            rows = [(measured.get(peer, name), -at) for at, name in enumerate(works)]
            places = [(row["median_us"], at) for row, at in rows if row and row["exact"] and row["median_us"] > 0]
            if places:
                ours = peer == "blueatlas"
                axes.scatter(*zip(*places), s=70 if ours else 28, marker="D" if ours else "o", label=peer, zorder=3 if ours else 2,
                             color="black" if ours else colours(number), edgecolors="white", linewidths=0.5)
        axes.set_xscale("log")
        axes.set_yticks([-at for at in range(len(works))], works)
        axes.set_xlabel("median, µs, one thread (logarithmic; left is faster)")
        axes.set_title(title, loc="left")
        axes.grid(axis="x", which="both", alpha=0.25)
        axes.grid(axis="y", alpha=0.15)
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
        figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
        pyplot.close(figure)

    os.makedirs(folder, exist_ok=True)
    exact = [peer for peer in PEERS if not peer.startswith(("duckdb", "postgis-"))]
    dots(os.path.join(folder, "queries.svg"), "Queries over 1.2 million factories: peers with exact answers", [name for name in QUERIES if measured.median("blueatlas", name)], exact)
    dots(os.path.join(folder, "tiles.svg"), "Vector tiles, densest of their zoom (DuckDB: the aggregation alone)",
         [name for name in TILES if measured.median("blueatlas", name)], ["blueatlas", "duckdb", "postgis"])


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as source:
        model = next((line.split(":")[1].strip() for line in source if line.startswith("model name")), platform.machine())
    with open("/proc/meminfo", encoding="utf-8") as source:
        gib = int(source.readline().split()[1]) / 1048576
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    with open("/etc/os-release", encoding="utf-8") as source:
        system = next(line.split("=")[1].strip().strip('"') for line in source if line.startswith("PRETTY_NAME"))
    return f"{os.cpu_count()} cores ({model}), {gib:.0f} GiB, {system}, {swift}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", required=True)
    parser.add_argument("--docs", required=True, help="the folder for benchmarks.md and its plots")
    parser.add_argument("--text", required=True, help="the page with places for the tables")
    parser.add_argument("--date", required=True)
    options = parser.parse_args()
    measured = Measured(options.work)
    parts = {
        "machine": machine(), "date": options.date, "bars": bars(measured), "other": other_bars(measured),
        "queries": times(measured, ["build", "build-degrees", "build-positions"] + QUERIES, PEERS), "tiles": times(measured, TILES, PEERS),
        "wrong": times(measured, work.CIRCLES + work.NEAREST, ["blueatlas", *WRONG]), "memory": memory(measured), "sets": tile_sets(measured),
        "versions": versions(measured),
    }
    for name in ["exactness", "scale"]:
        rows = measured.tables.get(name)
        parts[name] = table(rows[0], rows[1:]) if rows else "Not measured."
    with open(options.text, encoding="utf-8") as source:
        text = source.read()
    for name, part in parts.items():
        text = text.replace("{{" + name + "}}", part)
    with open(os.path.join(options.docs, "benchmarks.md"), "w", encoding="utf-8") as sink:
        sink.write(text)
    plots(measured, os.path.join(options.docs, "benchmarks"))
    print(parts["bars"], parts["other"], sep="\n\n")


if __name__ == "__main__":
    main()
