#!/usr/bin/env python3
"""The bars over HTTP: a cached tile against nginx with the same bytes, and an uncached walk over cities. Needs wrk and nginx.

Cached: one tile of some 20 kB, not compressed, keep-alive, 16 connections; nginx serves the same bytes with the same headers from a
file. Ours and nginx in turns, medians; once with the server alone on one core and wrk's one thread alone on another, once with two threads of
the server and two of wrk sharing both. What each kept busy is told: where wrk's threads were busy all the time, the server could have answered
more than it was asked, and its requests for each second of its own processor time are the better comparison.

Walk: 64 connections move about 30 large cities, zooms 8 to 16, as people do: zoom in and out, go a tile on, half of them with a
filter. The server's cache is off, so every tile is made, which its own count of hits confirms. "walk-filters" is the worst case: zooms 5 to
16, nearly each address with another filter. The client takes its part of the two cores; how much is told. Every connection asks
again as soon as it has its answer, so the machine is as busy as it can be: latency at saturation.

Results: results/http-blueatlas.json and results/http-nginx.json; times are per request. `requests_per_second` is the bar's figure.
"""

import http.client
import itertools
import json
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import work

# Longitude, latitude.
CITIES = [
    (121.47, 31.23), (116.40, 39.90), (114.06, 22.54), (113.26, 23.13), (104.07, 30.57), (106.55, 29.56), (117.20, 39.08), (114.31, 30.59),
    (120.16, 30.27), (108.94, 34.34), (120.59, 31.30), (118.80, 32.06), (113.63, 34.75), (113.75, 23.02), (113.12, 23.02), (123.43, 41.81),
    (120.38, 36.07), (117.12, 36.65), (112.94, 28.23), (126.53, 45.80), (117.23, 31.82), (102.83, 24.88), (121.61, 38.91), (125.32, 43.82),
    (120.70, 28.00), (118.09, 24.48), (121.55, 29.87), (114.51, 38.04), (108.37, 22.82), (119.30, 26.08),
]
STATUSES = work.STATUSES
INDUSTRIES = [f"C{number}" for number in range(13, 44)]
CATEGORIES = ["air", "water", "solid_waste", "hazardous_waste", "noise"]
TILE_BYTES = 20_000

NGINX = """
worker_processes {workers};
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    open_file_cache max=100 inactive=1h;
    open_file_cache_valid 1h;
    etag off;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d;
    scgi_temp_path {folder}/e;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/www;
        location / {{
            types {{ }} default_type "application/vnd.mapbox-vector-tile";
{headers}
        }}
    }}
}}
"""


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A server that is ended by its own number."""

    def __init__(self, command, cores=None, log=None):
        if cores:
            command = ["taskset", "-c", cores, *command]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE if log is None else log, stderr=subprocess.DEVNULL, text=True)

    def cpu_seconds(self):
        """Of the process and its children."""
        total = 0
        for pid in [self.process.pid, *self.children()]:
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

    def children(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as found:
            return [int(pid) for pid in found.read().split()]

    def end(self):
        self.process.terminate()
        self.process.wait()


def start_blueatlas(options, cores=None, threads=None, cache=True):
    command = [options.blueatlas, "serve", "--snapshot", options.snapshot, "--port", "0"]
    if not cache:
        command += ["--cache-mb", "0"]
    if options.store:
        command += ["--store", options.store]
    if threads:
        command += ["--threads", str(threads)]
    server = Process(command, cores)
    line = server.process.stdout.readline()
    found = re.search(r":(\d+)\s*$", line)
    if not found:
        server.end()
        sys.exit(f"blueatlas serve did not start: {line}")
    return server, int(found.group(1))


def get(port, path, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.getheaders(), body


def start_nginx(folder, workers, headers, cores=None):
    port = free_port()
    lines = "".join(f'            add_header {name} "{value}";\n' for name, value in headers)
    with open(os.path.join(folder, "nginx.conf"), "w", encoding="utf-8") as sink:
        sink.write(NGINX.format(workers=workers, folder=folder, port=port, headers=lines.replace('"""', '"')))
    server = Process(["nginx", "-c", os.path.join(folder, "nginx.conf"), "-p", folder], cores, log=subprocess.DEVNULL)
    for _ in range(100):
        try:
            get(port, "/tile.mvt")
            return server, port
        except OSError:
            time.sleep(0.05)
    sys.exit("nginx did not start: " + open(os.path.join(folder, "error.log"), encoding="utf-8").read())


def wrk(url, connections, seconds, threads=1, cores=None, script=(), headers=()):
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--latency"]
    command += [part for header in headers for part in ("-H", header)]
    command += [*script[:2], url, *script[2:]]
    if cores:
        command = ["taskset", "-c", cores, *command]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return text, cpu


def beside(name):
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), name)


def outcome(text):
    """What our wrk scripts tell at the end."""
    return json.loads(re.search(r"^JSON (.*)$", text, re.MULTILINE).group(1))


def choose_tile(folder, port):
    """The tile whose bytes are nearest to 20 kB, of those about the densest places."""
    best = None
    for tile in folder.tiles():
        for dx, dy in itertools.product(range(-2, 3), repeat=2):
            path = f"/tiles/blue/{tile['z']}/{tile['x'] + dx}/{tile['y'] + dy}.mvt"
            status, _, body = get(port, path)
            if status == 200 and (best is None or abs(len(body) - TILE_BYTES) < abs(len(best[1]) - TILE_BYTES)):
                best = (path, body)
    return best


def cached(folder, options, rows):
    # wrk gets as many threads as the server, so that it does not stop at a core of its own where there are two.
    layouts = [("one core", "0", "1", 1)]
    if os.cpu_count() >= 2:
        layouts.append(("both cores", None, None, 2))
    for layout, server_cores, client_cores, threads in layouts:
        place = tempfile.mkdtemp(prefix="blueatlas-http-")
        os.chmod(place, 0o755)
        ours, port = start_blueatlas(options, server_cores, threads)
        nginx = None
        try:
            path, body = choose_tile(folder, port)
            os.mkdir(os.path.join(place, "www"))
            with open(os.path.join(place, "www", "tile.mvt"), "wb") as sink:
                sink.write(body)
            skipped = {"date", "content-length", "content-type", "connection"}
            headers = [(name, value.replace('"', '\\"')) for name, value in get(port, path)[1] if name.lower() not in skipped]
            nginx, nginx_port = start_nginx(place, threads, headers, server_cores)
            status, _, same = get(nginx_port, "/tile.mvt")
            if status != 200 or same != body:
                sys.exit("nginx does not serve the same bytes")
            addresses = {"http-blueatlas": (f"http://127.0.0.1:{port}{path}", ours), "http-nginx": (f"http://127.0.0.1:{nginx_port}/tile.mvt", nginx)}
            for url, _ in addresses.values():
                wrk(url, 16, 1, threads, cores=client_cores)
            rates = {peer: [] for peer in addresses}
            latencies = {peer: [] for peer in addresses}
            shares = {peer: [] for peer in addresses}
            for turn in range(options.rounds):
                for peer in sorted(addresses, reverse=turn % 2 == 1):
                    url, server = addresses[peer]
                    busy = server.cpu_seconds()
                    text, client = wrk(url, 16, options.seconds, threads, cores=client_cores, script=["-s", beside("latency.lua")])
                    found = outcome(text)
                    if found["failed"]:
                        sys.exit(f"{peer}: {text}")
                    rates[peer].append(found["requests"] / found["seconds"])
                    latencies[peer].append((found["p50_us"], found["p99_us"]))
                    shares[peer].append(((server.cpu_seconds() - busy) / options.seconds, client / options.seconds))
            for peer in addresses:
                rate = statistics.median(rates[peer])
                server_share, client_share = (statistics.median(pair[at] for pair in shares[peer]) for at in (0, 1))
                limit = "; wrk is the limit" if client_share > 0.95 * threads else ""
                rows.add(
                    peer, f"cached-{layout.replace(' ', '-')}", requests_per_second=rate,
                    median_us=statistics.median(pair[0] for pair in latencies[peer]),
                    p99_us=statistics.median(pair[1] for pair in latencies[peer]),
                    note=f"{len(body)} bytes, {layout}; cores busy: server {server_share:.2f}, wrk {client_share:.2f}{limit}",
                    rounds=options.rounds, server_cores=server_share)
        finally:
            ours.end()
            if nginx:
                nginx.end()
            shutil.rmtree(place, ignore_errors=True)


def filter_text(chance, shares):
    """A filter's parameters; `shares` says how often each is there."""
    filters = []
    if chance.random() < shares["status"]:
        filters.append("status=" + ",".join(sorted(chance.sample(STATUSES, chance.randint(1, 4)))))
    if chance.random() < shares["industry"]:
        filters.append("industry=" + ",".join(sorted(chance.sample(INDUSTRIES, chance.randint(1, 6)))))
    if chance.random() < shares["records"]:
        filters.append("category=" + ",".join(sorted(chance.sample(CATEGORIES, chance.randint(1, 2)))))
        filters.append(f"min_severity={chance.randint(1, 4)}")
    if chance.random() < shares["dates"]:
        filters.append(f"from={chance.randint(2016, 2024)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}")
    return "&".join(filters)


def near_city(chance):
    lon, lat = chance.choice(CITIES)
    return work.mercator_fraction(lon + chance.gauss(0, 0.12), lat + chance.gauss(0, 0.12))


def visits(chance):
    """Endless: people look at a city, each view three tiles by two, and move on in twenty steps."""
    while True:
        x, y = near_city(chance)
        zoom = chance.randint(9, 12)
        filters = filter_text(chance, {"status": 0.8, "industry": 0.4, "records": 0.1, "dates": 0.1}) if chance.random() < 0.5 else ""
        for _ in range(20):
            side = 1 << zoom
            for dx, dy in itertools.product(range(3), range(2)):
                yield zoom, int(x * side) + dx, int(y * side) + dy, filters
            step = chance.choice(["in", "in", "out", "east", "west", "north", "south"])
            if step in ("in", "out"):
                zoom = min(max(zoom + (1 if step == "in" else -1), 8), 16)
            else:
                x += {"east": 1, "west": -1}.get(step, 0) / side
                y += {"south": 1, "north": -1}.get(step, 0) / side


def hard_walk(chance):
    """Endless: ever other tiles with ever other filters."""
    while True:
        zoom = chance.randint(5, 16)
        x, y = near_city(chance)
        yield zoom, int(x * (1 << zoom)), int(y * (1 << zoom)), filter_text(
            chance, {"status": 0.8, "industry": 0.6, "records": 0.3, "dates": 0.2})


def write_walk(path, walk, count):
    with open(path, "w", encoding="ascii") as sink:
        for zoom, x, y, filters in itertools.islice(walk, count):
            sink.write(f"/tiles/blue/{zoom}/{x}/{y}.mvt{'?' if filters else ''}{filters}\n")


def metric(port, name):
    text = get(port, "/metrics")[2].decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name) and not line.startswith("#"))


def walk(options, rows):
    for name, kind, coding in [("walk-gzip", visits, "gzip"), ("walk-identity", visits, "identity"), ("walk-filters", hard_walk, "gzip")]:
        found = []
        for turn in range(options.rounds):
            with tempfile.NamedTemporaryFile(suffix=".txt") as list_file:
                write_walk(list_file.name, kind(random.Random(turn + 1)), options.addresses)
                server, port = start_blueatlas(options, cache=False)
                try:
                    # The pages of the snapshot are read before.
                    for zoom in range(6):
                        get(port, f"/tiles/blue/{zoom}/{int(0.81 * (1 << zoom))}/{int(0.41 * (1 << zoom))}.mvt")
                    hits, busy = metric(port, "blueatlas_tile_cache_hits"), server.cpu_seconds()
                    text, client = wrk(
                        f"http://127.0.0.1:{port}", 64, options.seconds, threads=1,
                        script=["-s", beside("walk.lua"), "--", list_file.name, "1", coding])
                    one = outcome(text)
                    one["hits"] = metric(port, "blueatlas_tile_cache_hits") - hits
                    one["server"], one["client"] = (server.cpu_seconds() - busy) / one["seconds"], client / one["seconds"]
                    found.append(one)
                finally:
                    server.end()
        middle = {name: statistics.median(one[name] for one in found) for name in found[0]}
        hits, failed = sum(one["hits"] for one in found), sum(one["failed"] for one in found)
        note = (
            f"{coding}, 64 connections, p50 {middle['p50_us'] / 1000:.1f}, p99 {middle['p99_us'] / 1000:.1f}, p99.9 {middle['p999_us'] / 1000:.1f}, "
            f"worst {max(one['max_us'] for one in found) / 1000:.0f} ms; {failed:.0f} failed, {hits:.0f} from the cache; "
            f"{middle['bytes'] / max(middle['requests'], 1):.0f} bytes a tile; cores busy: server {middle['server']:.2f}, "
            f"wrk {middle['client']:.2f}, reading its list included")
        rows.add(
            "http-blueatlas", name, requests_per_second=middle["requests"] / middle["seconds"], median_us=middle["p50_us"],
            p99_us=middle["p99_us"], wrong=int(failed), queries=int(sum(one["requests"] for one in found)), note=note,
            rounds=options.rounds, server_cores=middle["server"])


class Rows:
    """Like work.Results, for several peers and with requests a second."""

    def __init__(self, folder, versions):
        self.folder, self.versions = folder, versions
        self.results = {}

    def add(self, peer, name, requests_per_second, median_us, p99_us, note, rounds, server_cores, wrong=0, queries=0):
        if peer not in self.results:
            self.results[peer] = work.Results(self.folder, peer, self.versions[peer])
        self.results[peer].rows.append({
            "peer": peer, "version": self.versions[peer], "work": name, "queries": queries, "median_us": median_us, "p99_us": p99_us,
            "mean_us": median_us, "rounds": rounds, "exact": wrong == 0, "wrong": wrong, "note": note,
            "requests_per_second": requests_per_second, "server_cores": server_cores})
        print(f"{peer:18} {name:22} {requests_per_second:10.0f} requests/s, p50 {median_us:.0f}, p99 {p99_us:.0f} µs; {note}", flush=True)

    def write(self):
        for results in self.results.values():
            results.write()


def main():
    options = work.options(
        __doc__, blueatlas=("", "the program (release build)"), snapshot=("", "the snapshot to serve"), store=("", "its registry"),
        seconds=(5, "seconds of each run"), addresses=(300_000, "addresses of a walk"))
    folder = work.WorkFolder(options.work)
    if not shutil.which("wrk"):
        work.missing("wrk", "tools/setup --bench installs it")
    if not options.blueatlas or not options.snapshot:
        sys.exit("--blueatlas and --snapshot are needed")
    nginx = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr.split("/")[-1].strip() if shutil.which("nginx") else None
    rows = Rows(folder, {"http-blueatlas": "this tree", "http-nginx": nginx})
    if work.wanted(["cached"], options.only):
        if not nginx:
            work.missing("nginx", "tools/setup --bench installs it")
        cached(folder, options, rows)
    if work.wanted(["walk"], options.only):
        walk(options, rows)
    rows.write()


if __name__ == "__main__":
    main()
