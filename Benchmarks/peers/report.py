#!/usr/bin/env python3
"""Writes docs/benchmarks.md and its plots from what tools/bench measured: results/PEER.json and tables/*.json of the work folder.

Prints the table of bars too. A ratio is the peer's time over ours; a peer counts where all of its answers agree with ours. Whatever was
not measured is left out and named. Date, machine, rounds and what a peer is are the rows' own: figures of another run than the rest of
their table are marked.
"""

import argparse
import collections
import glob
import json
import os
import re

import work

# The order of columns.
PEERS = [
    "blueatlas", "boost", "boost-3d", "nanoflann", "nanoflann-solved", "geos", "s2", "sqlite", "geoindex-rs", "geoindex-rs-kd", "shapely",
    "postgis", "postgis-unindexed", "postgis-points", "duckdb", "duckdb-counts",
]
WRONG = ["boost-degrees", "boost-mercator", "geos-degrees", "geos-mercator", "s2-sphere", "postgis-sphere"]
QUERIES = work.WINDOWS + work.CIRCLES + work.NEAREST
TILES = [f"tile-z{zoom}{kind}" for zoom in (0, 5, 9, 12, 14) for kind in ("", "-filtered")]

# Work, how often faster than the fastest exact peer, and named peers with their own bar.
BARS = [
    ("build-degrees", 2.5, {}), ("build", 2.5, {}),
    ("window-1km", 2.5, {}), ("window-10km", 5, {}), ("window-100km", 8, {}), ("window-500km", 12, {}), ("window-1km-uniform", 1, {}),
    ("radius-1km", 5, {"nanoflann": 5, "postgis": 200}), ("radius-5km", 8, {"nanoflann": 8, "postgis": 200}),
    ("radius-20km", 10, {"nanoflann": 10, "postgis": 200}),
    ("nearest-1", 1.2, {"nanoflann": 1.2}), ("nearest-10", 1.2, {"nanoflann": 1.2}), ("nearest-100", 1.2, {"nanoflann": 1.2}),
    ("nearest-10-uniform", 1, {}),
    ("tile-z0-filtered", None, {"duckdb": 4, "postgis": 500}),
    ("tile-z5", None, {"postgis": 100}), ("tile-z9", None, {"postgis": 100}), ("tile-z12", None, {"postgis": 100}),
    ("tile-z14", None, {"postgis": 100}),
]
# Peers index what they are given, degrees or cells alike; ours must project first. So only the first of these is judged.
BUILDS = {"build-degrees": "build, from degrees", "build": "build, from projected cells (not judged)"}
MARK = " †"


def time_text(microseconds):
    if microseconds >= 1e6:
        return f"{microseconds / 1e6:.3g} s"
    if microseconds >= 1e3:
        return f"{microseconds / 1e3:.3g} ms"
    return f"{microseconds:.3g} µs"


def ratio_text(ratio):
    return f"{ratio:.0f} ×" if ratio >= 20 else f"{ratio:.1f} ×" if ratio >= 10 else f"{ratio:.2f} ×"


def verdict(good):
    return "yes" if good else "**no**"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "|".join(["---"] + ["---:"] * (len(header) - 1)) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def started(one):
    return one.get("run", {}).get("started", "")


def usual_run(rows):
    """The run that most of them are of."""
    return collections.Counter(started(row) for row in rows).most_common(1)[0][0] if rows else ""


class Measured:
    def __init__(self, folder):
        self.folder = work.WorkFolder(folder)
        self.rows, self.tables = {}, {}
        for path in sorted(glob.glob(os.path.join(folder, "results", "*.json"))):
            with open(path, encoding="utf-8") as source:
                for row in json.load(source):
                    self.rows[row["peer"], row["work"]] = row
        for path in sorted(glob.glob(os.path.join(folder, "tables", "*.json"))):
            with open(path, encoding="utf-8") as source:
                self.tables[os.path.basename(path)[:-5]] = json.load(source)
        self.run = usual_run(self.rows.values())
        self.tiles = {tile["work"]: tile for tile in self.folder.tiles()}
        self.points = len(self.folder.cells())

    def get(self, peer, name):
        return self.rows.get((peer, name))

    def time(self, peer, name):
        """The row of a time; not those that say something else."""
        row = self.get(peer, name)
        return row if row and row["median_us"] > 0 else None

    def exact(self, peer, name):
        row = self.time(peer, name)
        return row if row and row["exact"] and row["wrong"] == 0 else None

    def exact_peers(self, name):
        """Peers with right answers, fastest first."""
        found = [self.exact(peer, one) for peer, one in self.rows if one == name and peer != "blueatlas"]
        return sorted(filter(None, found), key=lambda row: row["median_us"])

    def effort(self, row):
        """Rounds and queries of a row, where the rounds are too few for a median or the queries are not all that ours is asked."""
        ours = self.get("blueatlas", row["work"])
        if row.get("rounds", 0) >= 3 and (not ours or ours["queries"] == row["queries"]):
            return ""
        return f" ({row.get('rounds', '?')} × {row['queries']})" if row["queries"] else ""


def verdicts(measured):
    """A row for each bar and peer: its cells; and what could not be judged."""
    rows, open_bars = [], []

    def add(name, ours, theirs, bar):
        ratio = theirs["median_us"] / ours["median_us"]
        means, tails = (theirs[key] / ours[key] for key in ("mean_us", "p99_us"))
        if ours["queries"] <= 1:
            means, tails = ratio, None
        met = {(True, True): "yes", (True, False): "by medians", (False, True): "by means", (False, False): "**no**"}[ratio >= bar, means >= bar]
        if name == "build":
            met = f"({met})"
        mark = MARK if len({started(ours), started(theirs), measured.run}) > 1 else ""
        rows.append({"work": name, "peer": theirs["peer"], "bar": bar, "ours": ours, "theirs": theirs, "met": met, "cells": [
            BUILDS.get(name, name), time_text(ours["median_us"]), theirs["peer"], time_text(theirs["median_us"]) + measured.effort(theirs),
            ratio_text(ratio) + mark, "" if tails is None else ratio_text(means), "" if tails is None else ratio_text(tails), f"{bar:g} ×", met]})

    for name, bar, named in BARS:
        ours = measured.exact("blueatlas", name)
        if ours is None:
            open_bars.append(f"{name} (ours)")
            continue
        fastest = measured.exact_peers("build" if name in BUILDS else name)[:1] if bar is not None else []
        for row in fastest:
            add(name, ours, row, bar)
        for peer, one in named.items():
            theirs = measured.exact(peer, name)
            if theirs is None:
                open_bars.append(f"{name} against {peer}")
            elif theirs not in fastest:
                add(name, ours, theirs, one)
    return rows, open_bars


def bars(rows, open_bars):
    text = table(["work", "ours", "peer", "its time", "ratio", "of means", "of p99", "bar", "met"], [row["cells"] for row in rows])
    return text + (f"\n\nNot measured, or answers differ: {', '.join(open_bars)}." if open_bars else "")


def missed(rows):
    """What of the bars' table is not met by the median."""
    found = [
        f"{row['work']} against {row['peer']} ({row['cells'][4]} of {row['bar']:g}{', met by means' if row['met'] == 'by means' else ''})"
        for row in rows if row["met"] in ("**no**", "by means")]
    return f"Short of the bar by medians: {', '.join(found)}." if found else "Every bar of the first table is met by medians."


def other_bars(measured):
    rows = []

    def add(row, *cells):
        rows.append([cells[0] + (MARK if started(row) != measured.run else ""), *cells[1:]])

    memory, exact = measured.get("blueatlas", "memory"), measured.get("blueatlas", "memory-positions")
    if memory:
        size = memory["bytes_per_point"]
        add(memory, "positions and index, bytes a factory", f"{size:.1f}", "at most 20", verdict(size <= 20), "")
    if exact:
        how = "degrees and earth-centred coordinates as doubles"
        add(exact, "with what exact distances need", f"{exact['bytes_per_point']:.1f}", "stated", "", how)
    for layout in ["one-core", "both-cores"]:
        ours, nginx = measured.get("http-blueatlas", f"cached-{layout}"), measured.get("http-nginx", f"cached-{layout}")
        if not ours or not nginx:
            continue
        share = good = ours["requests_per_second"] / nginx["requests_per_second"]
        measurement = f"{share:.2f} × nginx"
        if ours.get("server_cores") and nginx.get("server_cores"):
            by_time = share * nginx["server_cores"] / ours["server_cores"]
            measurement += f", {by_time:.2f} × for each second of the server's processor time"
            # nginx could have answered more than wrk asked.
            good = min(share, by_time) if "wrk is the limit" in nginx["note"] else share
        add({} if started(ours) != started(nginx) else ours, f"cached tile over HTTP, {layout.replace('-', ' ')}", measurement, "at least 0.7",
            verdict(good >= 0.7), f"{ours['requests_per_second']:.0f} and {nginx['requests_per_second']:.0f} requests a second; "
            f"ours: {ours['note']}; nginx: {nginx['note']}")
    walks = {"walk-gzip": "uncached walk", "walk-identity": "the same, not compressed", "walk-filters": "worst case: ever other filters"}
    for name, what in walks.items():
        row = measured.get("http-blueatlas", name)
        if row:
            bar = ("under 10 ms, none failed", verdict(row["p99_us"] < 10_000 and row["wrong"] == 0)) if name == "walk-gzip" else ("", "")
            add(row, what + ", p99", f"{row['p99_us'] / 1000:.1f} ms", *bar, f"{row['requests_per_second']:.0f} requests a second; {row['note']}")
    return table(["what", "measured", "bar", "met", "how"], rows)


def scale(measured):
    """Ours over ten times the points, judged: a build may take 11 times as long, a query 1.5 times."""
    found = measured.tables.get("scale")
    if not found:
        return "Not measured."
    header, *rows = found["rows"]
    at = header.index("ratio") + 1

    def judged(row):
        bar = 11 if row[0].startswith("build") else 1.5
        return row[:at] + [f"at most {bar:g}", verdict(float(row[at - 1]) <= bar)] + row[at:]

    return table(header[:at] + ["bar", "met"] + header[at:], map(judged, rows)) + of_run(measured, found)


def limits(measured):
    """Counts of callgrind beside the times that the same queries take."""
    found = measured.tables.get("limits")
    if not found:
        return "Not measured."
    rows = []
    for name, who, points, *counts in found["rows"][1:]:
        row = measured.time(who, name) if int(points) == measured.points else None
        rows.append([name, who, f"{int(points):,}", f"{int(counts[0]):,}", *counts[1:], time_text(row["mean_us"]) if row else ""])
    header = found["rows"][0] + ["mean time"]
    return table(header, rows) + of_run(measured, found, "The counts are")


def as_measured(measured, name):
    """A table of the work folder as it is."""
    found = measured.tables.get(name)
    return table(found["rows"][0], found["rows"][1:]) + of_run(measured, found) if found else "Not measured."


def of_run(measured, one, what="The whole table is"):
    return "" if started(one) == measured.run else f"\n\n{MARK.strip()} {what} of another run: {run_text(one.get('run', {}))}."


def times(measured, works, peers):
    present = [peer for peer in peers if any(measured.time(peer, name) for name in works)]
    usual = usual_run([row for row in measured.rows.values() if row["work"] in works and row["peer"] in present])
    rows = []
    for name in works:
        row = [name]
        for found in (measured.time(peer, name) for peer in present):
            wrong = f", {found['wrong']} of {found['queries']} wrong" if found and found["wrong"] else ""
            row.append(time_text(found["median_us"]) + measured.effort(found) + wrong + (MARK if started(found) != usual else "") if found else "")
        rows.append(row)
    return table(["median"] + present, [row for row in rows if any(row[1:])])


def memory(measured):
    found = [row for _, row in sorted(measured.rows.items()) if row.get("bytes_per_point")]
    usual = usual_run(found)
    rows = [[row["peer"], f"{row['bytes_per_point']:.1f}{MARK if started(row) != usual else ''}", row["note"]] for row in found]
    return table(["peer", "bytes a point", "what"], rows)


def tile_sets(measured):
    found = [row for (_, name), row in sorted(measured.rows.items()) if name == "tile-set"]
    usual = usual_run(found)
    rows = [
        [row["peer"], time_text(row["median_us"]) + (MARK if started(row) != usual else ""), str(row.get("rounds", "?")), row["note"]] for row in found]
    return table(["who", "time", "rounds", "what"], rows)


def versions(measured):
    """What each peer is, in its own words; notes about sizes and single tiles are elsewhere."""
    order = {peer: at for at, peer in enumerate(PEERS + WRONG)}
    found = {}
    for (peer, name), row in measured.rows.items():
        note = re.sub(r"(; )?\d+ bytes$", "", re.sub(r"^\d+ factories, (?=\d+ bytes$)", "", row["note"]))
        if row.get("bytes_per_point") or name == "tile-set" or peer.startswith("http-"):
            note = ""
        works = found.setdefault((peer, row["version"]), {})
        if note:
            works.setdefault(note, []).append(name.split("-")[0])
    rows = []
    for (peer, version), notes in sorted(found.items(), key=lambda one: (order.get(one[0][0], 99), one[0])):
        for note, names in notes.items() or [("", [])]:
            rows.append([peer, version, ", ".join(dict.fromkeys(names)), note])
    return table(["peer", "version", "for", "how"], rows)


def tile_costs(measured, rows):
    """What the tiles hold that are short of PostGIS' bar, and what each feature may take."""
    lines = []
    for row in rows:
        tile = measured.tiles.get(row["work"])
        if tile and row["met"] == "**no**" and row["peer"] == "postgis" and not tile["filter"]["status"]:
            each, allowed = (time * 1000 / tile["features"] for time in (row["ours"]["median_us"], row["theirs"]["median_us"] / row["bar"]))
            lines.append(
                f"- **{row['work']}** holds {len(tile['clusters'])} clusters and {len(tile['singles'])} single factories, {tile['factories']} "
                f"factories in all, {tile['bytes'] / 1000:.0f} kB. Ours takes {each:.0f} ns a feature and writes "
                f"{tile['bytes'] / row['ours']['median_us'] / 1000:.2f} GB/s; the bar would be {allowed:.0f} ns and "
                f"{tile['bytes'] * row['bar'] / row['theirs']['median_us'] / 1000:.2f} GB/s.")
    return "\n".join(lines)


def run_text(run):
    return f"{run.get('started', 'at a time that is not told')}, {run.get('machine', 'on a machine that is not told, outside of tools/bench')}"


def made(measured):
    run = next((row["run"] for row in measured.rows.values() if row.get("run") and started(row) == measured.run), {})
    rounds = sorted({row.get("rounds", "?") for (peer, name), row in measured.rows.items() if peer == "blueatlas" and name in QUERIES}, key=str)
    return f"{run_text(run)}; of ours {' or '.join(map(str, rounds)) or 'no'} rounds of each query"


def other_runs(measured):
    """Runs beside the one that most rows are of."""
    found = {}
    for (peer, _), row in measured.rows.items():
        if started(row) != measured.run:
            found.setdefault(run_text(row.get("run", {})), set()).add(peer)
    if not found:
        return "All figures below, down to the page and the live registry, are of that run but where a table says otherwise."
    texts = [f"{text} ({', '.join(sorted(peers))})" for text, peers in sorted(found.items())]
    return (
        f"Figures with{MARK} are of another run than the rest of their table, or set against one: their ratios hold less. Other runs: "
        + "; ".join(texts) + ".")


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
            rows = [(measured.exact(peer, name), -at) for at, name in enumerate(works)]
            places = [(row["median_us"], at) for row, at in rows if row]
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
    dots(os.path.join(folder, "queries.svg"), f"Queries over {measured.points:,} factories: peers with exact answers",
         [name for name in QUERIES if measured.time("blueatlas", name)], exact)
    dots(os.path.join(folder, "tiles.svg"), "Vector tiles, densest of their zoom (DuckDB: the aggregation alone)",
         [name for name in TILES if measured.time("blueatlas", name)], ["blueatlas", "duckdb", "postgis"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", required=True)
    parser.add_argument("--docs", required=True, help="the folder for benchmarks.md and its plots")
    parser.add_argument("--text", required=True, help="the page with places for the tables")
    options = parser.parse_args()
    measured = Measured(options.work)
    rows, open_bars = verdicts(measured)
    index, filtered = measured.get("blueatlas", "memory"), measured.tiles.get("tile-z0-filtered")
    parts = {
        "made": made(measured), "runs": other_runs(measured), "bars": bars(rows, open_bars), "missed": missed(rows), "other": other_bars(measured),
        "queries": times(measured, ["build", "build-degrees", "build-positions"] + QUERIES, PEERS), "tiles": times(measured, TILES, PEERS),
        "wrong": times(measured, work.CIRCLES + work.NEAREST, ["blueatlas", *WRONG]), "memory": memory(measured), "sets": tile_sets(measured),
        "exactness": as_measured(measured, "exactness"), "scale": scale(measured), "versions": versions(measured), "limits": limits(measured),
        "memory_times": as_measured(measured, "memory"),
        "tile_costs": tile_costs(measured, rows), "points": f"{measured.points:,}",
        "index_mb": f"{index['bytes_per_point'] * measured.points / 1e6:.0f}" if index else "?",
        "filtered_rows": f"{filtered['factories']:,}" if filtered else "?",
    }
    with open(options.text, encoding="utf-8") as source:
        text = source.read()
    for name, part in parts.items():
        text = text.replace("{{" + name + "}}", part)
    with open(os.path.join(options.docs, "benchmarks.md"), "w", encoding="utf-8") as sink:
        sink.write(text)
    plots(measured, os.path.join(options.docs, "benchmarks"))
    print(parts["bars"], parts["other"], parts["scale"], sep="\n\n")


if __name__ == "__main__":
    main()
