"""A small data set and a server over it on a free port, for the tests in a browser."""

import csv
import json
import os
import re
import subprocess
import threading
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALL = ROOT / "var" / "page-tests"
# A part of the tests, in a process of its own, has a folder of its own; the data are there.
PART = os.environ.get("PAGE_TESTS_PART")
WORK = ALL / PART if PART else ALL
FACTORIES = 3_000
# Its name is markup and script: it must come out as text wherever it shows.
HOSTILE = {
    "id": "HOSTILE-1", "name_zh": '敌意<img src=x onerror="window.hacked=1"><b>厂</b>',
    "name_en": '"><script>window.hacked=2</script> Works', "lon": "100.5", "lat": "38.2", "datum": "wgs84", "synthetic": "true",
    "industry": "C26", "address": "<svg onload=window.hacked=3>",
}
HOSTILE_RECORD = {
    "id": "HOSTILE-R1", "factory_id": "HOSTILE-1", "kind": "penalty", "category": "water", "published": "2026-05-04",
    "state": "standing", "source_url": 'https://example.org/"onclick="window.hacked=4', "text": "<iframe src=//example.org></iframe>",
}


def binaries() -> Path:
    if PART:
        return Path(os.environ["PAGE_TESTS_PROGRAMS"])
    shown = subprocess.run(["swift", "build", "--package-path", ROOT, "--show-bin-path", *os.environ.get("SWIFT_BUILD_FLAGS", "").split()], check=True, capture_output=True, text=True)
    return Path(shown.stdout.strip())


def run(program: Path, *arguments, allowed=(0,)) -> str:
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode not in allowed:
        raise RuntimeError(f"blueatlas {arguments[0]} failed: {done.stdout}{done.stderr}")
    return done.stdout


def make_data(program: Path):
    WORK.mkdir(parents=True, exist_ok=True)
    for name in ("registry.db", "registry.db-wal", "registry.db-shm", "atlas.snapshot"):
        (WORK / name).unlink(missing_ok=True)
    data = str(ROOT / "data")
    run(program, "generate", "--factories", FACTORIES, "--records", FACTORIES * 3 // 2, "--brands", 30, "--output", WORK / "dataset",
        "--data-dir", data)
    for name, row in (("factory.csv", HOSTILE), ("record.csv", HOSTILE_RECORD)):
        with open(WORK / name, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, row.keys())
            writer.writeheader()
            writer.writerow(row)
    run(program, "boundaries", "import", "--default", "--store", WORK / "registry.db", "--data-dir", data)
    run(program, "import", "--quiet", "--store", WORK / "registry.db", WORK / "dataset")
    # Some cities lie in a prefecture of another name and are left out: 3.
    run(program, "carbon", "import", "--store", WORK / "registry.db", "--data-dir", data, allowed=(0, 3))
    run(program, "import", "--quiet", "--store", WORK / "registry.db", WORK / "factory.csv")
    run(program, "import", "--quiet", "--store", WORK / "registry.db", WORK / "record.csv")
    run(program, "build", "--store", WORK / "registry.db", "--output", WORK / "atlas.snapshot", "--data-dir", data)


class Server:
    """`blueatlas serve`; `get` asks it without a browser. A live one stands over the data of the first."""

    def __init__(self, program: Path, live: bool = False):
        self.program = program
        if not live and not PART:
            make_data(program)
        self.process = subprocess.Popen(
            [program, "serve", "--snapshot", WORK / "atlas.snapshot", "--store", WORK / "registry.db", "--port", "0",
             "--assets", ROOT / ".assets", *(["--live"] if live else [])],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=WORK)
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+:(\d+)", line)
        if not found:
            raise RuntimeError(f"the server did not start: {self.process.stderr.read()}")
        self.address = f"http://127.0.0.1:{found.group(1)}"
        # What it logs must be read, or it waits for room in the pipe.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def run(self, *arguments):
        return run(self.program, *arguments)

    def get(self, path: str, **parameters):
        query = "?" + urllib.parse.urlencode(parameters, safe=",") if parameters else ""
        with urllib.request.urlopen(self.address + path + query, timeout=30) as answer:
            return json.load(answer)

    def post(self, path: str, key: str, body: bytes, kind: str = "application/json"):
        request = urllib.request.Request(
            self.address + path, data=body, method="POST", headers={"Authorization": f"Bearer {key}", "Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"POST {path}: {error.code} {error.read().decode()}") from None

    def key(self, account: str, role: str, *options: str) -> str:
        """A key of a new account."""
        self.run("admin", "account", "create", account, "--store", WORK / "registry.db", "--role", role, *options)
        return self.run("admin", "key", "create", account, "--store", WORK / "registry.db").strip()

    def has(self, path: str) -> bool:
        try:
            urllib.request.urlopen(self.address + path, timeout=30).close()
            return True
        except urllib.error.HTTPError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
