#!/usr/bin/env python3
"""Reads vector tiles with three decoders written by others and compares every feature with what is expected.

    compare_tiles.py DIRECTORY

DIRECTORY holds pairs NAME.mvt (one tile, not compressed) and NAME.json, what a reader must find in it:
{"layers": [{"name", "version", "extent", "features": [{"id"?, "geometry", "properties"}, ...]}, ...]}, geometry as in
GeoJSON but in tile coordinates with y pointing south. `blueatlas tile --inspect --json` writes that form.

The decoders: mapbox-vector-tile (Python), tippecanoe-decode (C++), GDAL's MVT driver (ogr2ogr, C++).
Exit code 0: all the same. 1: differences, one a line. 2: something to run this with is missing.
"""

import json
import pathlib
import shutil
import struct
import subprocess
import sys

SHOWN = 20
HELP = "run tools/test, which installs it"


def missing(what):
    print(f"{what} is missing: {HELP}", file=sys.stderr)
    sys.exit(2)


try:
    import mapbox_vector_tile
except ImportError as error:
    missing(f"the Python package mapbox-vector-tile ({error})")

# Beside this interpreter, as the virtual environment has it; not resolved, since its python is a link.
TIPPECANOE = pathlib.Path(sys.executable).parent / "tippecanoe-decode"
if not TIPPECANOE.exists():
    missing("tippecanoe-decode")
if not (shutil.which("ogr2ogr") and shutil.which("ogrinfo")):
    missing("GDAL (gdal-bin)")


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr.decode('utf-8', 'replace').strip()[:300]}")
    return done.stdout.decode("utf-8")


def plain(value):
    """Tuples to lists, whole floats to integers: one form for coordinates."""
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def feature(identifier, geometry, properties):
    return {"id": identifier, "type": geometry["type"], "coordinates": plain(geometry["coordinates"]), "properties": properties}


def by_mapbox_vector_tile(path, expected):
    tile = mapbox_vector_tile.decode(path.read_bytes(), default_options={"y_coord_down": True})
    for name, layer in tile.items():
        # It gives the id 0 to a feature without one.
        features = [feature(f.get("id") or None, f["geometry"], f["properties"]) for f in layer["features"]]
        yield name, layer["version"], layer["extent"], features


def by_tippecanoe(path, expected):
    tile = json.loads(run(TIPPECANOE, "--integer-coordinates", path, 0, 0, 0))
    for layer in tile["features"]:
        about = layer["properties"]
        features = [feature(f.get("id"), f["geometry"], f["properties"]) for f in layer["features"]]
        yield about["layer"], about["version"], about["extent"], features


def by_gdal(path, expected):
    # Lines such as "1: clusters (Point)".
    listed = [line.partition(": ")[2] for line in run("ogrinfo", "-ro", "-q", path).splitlines() if line[:1].isdigit()]
    extents = {layer["name"]: layer["extent"] for layer in expected}
    for line in listed:
        name = line if line in extents else line.rpartition(" (")[0]
        extent = extents.get(name, 4096)
        # CLIP=NO keeps what reaches beyond the tile, RFC7946=NO the winding of rings.
        text = run("ogr2ogr", "-f", "GeoJSON", "-lco", "RFC7946=NO", "-oo", "CLIP=NO", "/vsistdout/", path, name)
        features = []
        for found in json.loads(text)["features"]:
            properties = {key: value for key, value in found["properties"].items() if value is not None}
            identifier = properties.pop("mvt_id", None)
            # A tile without a place in the world: GDAL counts y from the south.
            features.append(feature(identifier, single_part(flipped(found["geometry"], extent)), properties))
        # GDAL does not say version and extent; the extent is in its coordinates.
        yield name, None, None, features


def single_part(geometry):
    """GDAL gives all features of a layer one type: a polygon beside multipolygons comes as a multipolygon of one part."""
    if geometry["type"] in ("MultiLineString", "MultiPolygon") and len(geometry["coordinates"]) == 1:
        return {"type": geometry["type"].removeprefix("Multi"), "coordinates": geometry["coordinates"][0]}
    return geometry


def rings(kind, coordinates):
    polygons = coordinates if kind == "MultiPolygon" else [coordinates]
    return "rings", sorted(ring for polygon in polygons for ring in polygon)


def flipped(geometry, extent):
    def turn(part):
        if part and isinstance(part[0], list):
            return [turn(inner) for inner in part]
        return [part[0], extent - part[1]]

    return {"type": geometry["type"], "coordinates": turn(geometry["coordinates"])}


def same_value(wanted, got):
    if isinstance(wanted, bool) or isinstance(got, bool) or isinstance(wanted, str) or isinstance(got, str):
        return type(wanted) is type(got) and wanted == got
    if wanted == got:
        return True
    # A 32-bit float may be printed with fewer digits than its double has.
    try:
        return single(wanted) == wanted and single(got) == wanted
    except OverflowError:
        return False


def single(number):
    return struct.unpack("f", struct.pack("f", number))[0]


def differences(peer, wanted_layers, got_layers):
    got = list(got_layers)
    names = [layer["name"] for layer in wanted_layers]
    if sorted(names) != sorted(layer[0] for layer in got):
        yield f"layers: expected {names}, {peer} found {[layer[0] for layer in got]}"
        return
    found = {layer[0]: layer for layer in got}
    for wanted in wanted_layers:
        _, version, extent, features = found[wanted["name"]]
        place = f"layer {wanted['name']}"
        if version is not None and (version, extent) != (wanted["version"], wanted["extent"]):
            yield f"{place}: expected version and extent {wanted['version'], wanted['extent']}, {peer} found {version, extent}"
        if len(features) != len(wanted["features"]):
            yield f"{place}: expected {len(wanted['features'])} features, {peer} found {len(features)}"
            continue
        for number, (right, read) in enumerate(zip(wanted["features"], features)):
            where = f"{place}, feature {number}"
            identifier = right.get("id")
            if peer == "mapbox-vector-tile":
                identifier = identifier or None
            if identifier != read["id"]:
                yield f"{where}: expected id {identifier}, {peer} found {read['id']}"
            shape = (right["geometry"]["type"], plain(right["geometry"]["coordinates"]))
            if peer == "GDAL" and shape != (read["type"], read["coordinates"]) and "Polygon" in shape[0] and "Polygon" in read["type"]:
                # GDAL tells an exterior from a hole by the turn at one extreme corner, which rounding to the tile's units may fold
                # over; the other two take the area, as the specification says. The rings themselves must be the same.
                shape = rings(*shape)
                read["type"], read["coordinates"] = rings(read["type"], read["coordinates"])
            if shape != (read["type"], read["coordinates"]):
                yield f"{where}: expected {shape}, {peer} found {(read['type'], read['coordinates'])}"
            if right["properties"].keys() != read["properties"].keys():
                yield f"{where}: expected keys {sorted(right['properties'])}, {peer} found {sorted(read['properties'])}"
                continue
            for key, value in right["properties"].items():
                if not same_value(value, read["properties"][key]):
                    yield f"{where}, {key}: expected {value!r}, {peer} found {read['properties'][key]!r}"


PEERS = {"mapbox-vector-tile": by_mapbox_vector_tile, "tippecanoe-decode": by_tippecanoe, "GDAL": by_gdal}


def main():
    if len(sys.argv) != 2 or not pathlib.Path(sys.argv[1]).is_dir():
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    tiles = sorted(pathlib.Path(sys.argv[1]).glob("*.mvt"))
    if not tiles:
        print(f"no .mvt files in {sys.argv[1]}", file=sys.stderr)
        sys.exit(2)
    wrong = []
    features = 0
    for path in tiles:
        expected = json.loads(path.with_suffix(".json").read_text("utf-8"))["layers"]
        features += sum(len(layer["features"]) for layer in expected)
        for peer, read in PEERS.items():
            try:
                found = list(differences(peer, expected, read(path, expected)))
            except Exception as error:  # A decoder that refuses the tile is a finding, not a crash of this tool.
                found = [f"{peer} cannot read it: {type(error).__name__}: {error}"]
            wrong += [f"{path.name}: {line}" for line in found]
    for line in wrong[:SHOWN]:
        print(line)
    if len(wrong) > SHOWN:
        print(f"… and {len(wrong) - SHOWN} more differences")
    if wrong:
        sys.exit(1)
    print(f"same: {len(tiles)} tiles, {features} features, by {', '.join(PEERS)}")


if __name__ == "__main__":
    main()
