#!/usr/bin/env python3
"""Writes vector tiles with encoders of others, and beside each what is in it, in the form of compare_tiles.py.

    encode_tiles.py DIRECTORY

The encoders: mapbox-vector-tile (Python) and GDAL's MVT driver (C++). Our decoder must read what they write.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import mapbox_vector_tile
    from shapely.geometry import shape
except ImportError as error:
    print(f"the Python package mapbox-vector-tile is missing ({error}): run tools/test, which installs it", file=sys.stderr)
    sys.exit(2)

FEATURES = [
    {
        "id": 7,
        "geometry": {"type": "Point", "coordinates": [25, 17]},
        "properties": {"name": "合成样本", "count": 3, "debt": -70000, "share": 0.1, "open": True},
    },
    {"id": 8, "geometry": {"type": "MultiPoint", "coordinates": [[5, 7], [3, 2]]}, "properties": {"name": ""}},
    {"id": 9, "geometry": {"type": "LineString", "coordinates": [[2, 2], [2, 10], [10, 10]]}, "properties": {}},
    {
        "id": 10,
        "geometry": {
            "type": "MultiLineString",
            "coordinates": [[[2, 2], [2, 10], [10, 10]], [[1, 1], [3, 5]]],
        },
        "properties": {"count": 3},
    },
    {
        "id": 11,
        "geometry": {
            "type": "Polygon",
            "coordinates": [
                [[0, 0], [400, 0], [400, 400], [0, 400], [0, 0]],
                [[40, 40], [40, 80], [80, 80], [80, 40], [40, 40]],
            ],
        },
        "properties": {"share": -1e300},
    },
]


def write(directory, name, tile, features):
    (directory / f"{name}.mvt").write_bytes(tile)
    expected = {"layers": [{"name": "sample", "version": 2, "extent": 4096}]}
    expected["layers"][0]["features"] = [{"type": "Feature", **feature} for feature in features]
    (directory / f"{name}.json").write_text(json.dumps(expected), "utf-8")


def by_mapbox_vector_tile():
    features = [{**feature, "geometry": shape(feature["geometry"])} for feature in FEATURES]
    return mapbox_vector_tile.encode(
        [{"name": "sample", "features": features}], default_options={"y_coord_down": True, "extents": 4096}
    )


def by_gdal():
    """GDAL makes a pyramid of a map: the tile's coordinates are turned to metres of the tile 0/0/0."""
    side = 2 * 20037508.342789244

    def metres(part):
        if isinstance(part[0], list):
            return [metres(inner) for inner in part]
        return [part[0] / 4096 * side - side / 2, side / 2 - part[1] / 4096 * side]

    features = [
        {
            "type": "Feature",
            "geometry": {"type": feature["geometry"]["type"], "coordinates": metres(feature["geometry"]["coordinates"])},
            "properties": feature["properties"],
        }
        for feature in FEATURES
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "sample.geojson"
        source.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}), "utf-8")
        target = pathlib.Path(folder) / "tiles"
        options = ["-dsco", "MINZOOM=0", "-dsco", "MAXZOOM=0", "-dsco", "COMPRESS=NO", "-dsco", "SIMPLIFICATION_MAX_ZOOM=0"]
        command = ["ogr2ogr", "-f", "MVT", *options, str(target), str(source), "-nln", "sample"]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return (target / "0" / "0" / "0.pbf").read_bytes()


def main():
    if len(sys.argv) != 2 or not pathlib.Path(sys.argv[1]).is_dir():
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    directory = pathlib.Path(sys.argv[1])
    write(directory, "mapbox-vector-tile", by_mapbox_vector_tile(), FEATURES)
    # GDAL 3.6 writes no feature ids.
    write(directory, "gdal", by_gdal(), [{key: value for key, value in feature.items() if key != "id"} for feature in FEATURES])


if __name__ == "__main__":
    main()
