#!/usr/bin/env python3
"""How far do outlines lie from the committed coasts? About 0 for WGS 84, several hundred metres for GCJ-02.

usage: compare-coasts.py RAW.geojson CONVERTED.geojson DCW.geojson.gz

Per coast, corners of the DCW outline that face the sea are compared with the outline; the shift with the least median distance wins.
Fails when a converted coast has to be moved as far as the raw one.
"""
import gzip
import json
import math
import statistics
import sys

import shapely

# Rocky coasts: name, province, box (west, south, east, north).
COASTS = [
    ("Zhoushan", 330000, (121.9, 29.6, 122.6, 30.4)),
    ("south Zhejiang", 330000, (121.0, 27.3, 122.0, 28.8)),
    ("Fujian", 350000, (119.3, 25.0, 120.6, 27.0)),
    ("Shandong", 370000, (121.5, 36.7, 122.8, 37.6)),
    ("Dalian", 210000, (121.0, 38.7, 122.3, 39.4)),
]
STEP = 75
STEPS = range(-9, 10)


def provinces(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
        features = json.load(file)["features"]
    return {int(f["properties"]["code"]): shapely.make_valid(shapely.geometry.shape(f["geometry"]))
            for f in features if int(f["properties"]["code"]) % 10000 == 0}


def metres(geometry, latitude):
    factor = (111_320 * math.cos(math.radians(latitude)), 110_950)
    return shapely.transform(geometry, lambda points: points * factor)


def best(points, line):
    """(median distance, east, north) of the best shift of the line, and the median distance without one."""
    def median(east, north):
        moved = shapely.transform(points, lambda all: all - (east, north))
        return statistics.median(shapely.distance(shapely.get_parts(moved), line))
    found = min((median(STEP * i, STEP * j), STEP * i, STEP * j) for i in STEPS for j in STEPS)
    return found, median(0, 0)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    raw, converted, dcw = (provinces(path) for path in sys.argv[1:])
    failed = False
    for name, code, box in COASTS:
        window = shapely.box(*box)
        latitude = (box[1] + box[3]) / 2
        corners = shapely.intersection(dcw[code].boundary, window)
        points = metres(shapely.MultiPoint(shapely.get_coordinates(corners)), latitude)
        lengths = []
        for shapes in (raw, converted):
            line = metres(shapely.intersection(shapes[code].boundary, window.buffer(0.05)), latitude)
            shapely.prepare(line)
            (distance, east, north), unmoved = best(points, line)
            lengths.append(math.hypot(east, north))
            kind = "as it is " if shapes is raw else "converted"
            print(f"{name:15} {kind}: lies {-east:5.0f} m east, {-north:5.0f} m north of it ({distance:.0f} m median there, {unmoved:.0f} m as it is)")
        failed = failed or lengths[1] >= lengths[0]
    sys.exit("a converted coast lies no better than the raw one" if failed else 0)


if __name__ == "__main__":
    main()
