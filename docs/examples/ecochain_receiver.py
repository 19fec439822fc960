#!/usr/bin/env python3
"""An example receiver of Blue EcoChain webhooks: Python's standard library only.

    BLUEATLAS_SECRETS=whsec_... python3 ecochain_receiver.py --port 9000 --seen seen.db

It does what every receiver must do:
1. reads the body whole, before anything else, and bounded;
2. refuses a timestamp more than five minutes off its clock, so that recorded deliveries are worth nothing;
3. checks HMAC-SHA-256 over `timestamp + "." + body`, in constant time; two secrets while one is being rotated (comma-separated);
4. writes the event's id down before it answers, and drops an id that it has: deliveries come at least once;
5. answers 2xx quickly. Anything else, or more than ten seconds, and the event comes again.

Each connection has a thread of its own and ten seconds for each read: a sender that stalls keeps nobody waiting. The ids are kept for 40 days in
an SQLite file, `seen.db` in the folder it is started in, unless --seen names another.
"""

import argparse
import hashlib
import hmac
import http.server
import json
import os
import sqlite3
import threading
import time

TOLERANCE_SECONDS = 300
LONGEST_BODY = 8 << 20
# int() takes any number of digits, in time that grows with their square, and raises beyond 4300.
LONGEST_NUMBER = 20
READ_SECONDS = 10


def whole_number(text):
    """The number of at most 20 ASCII digits, or None: headers hold whatever a sender likes."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else None


def is_signed(headers, body, secrets, now):
    """Whether one of the signatures is right under one of the secrets, and the delivery is fresh."""
    timestamp = headers.get("BlueAtlas-Timestamp", "")
    seconds = whole_number(timestamp)
    if seconds is None or abs(now - seconds) >= TOLERANCE_SECONDS:
        return False
    message = timestamp.encode() + b"." + body
    given = [part[3:] for part in headers.get("BlueAtlas-Signature", "").split(",") if part.startswith("v1=")]
    expected = [hmac.new(secret.encode(), message, hashlib.sha256).hexdigest() for secret in secrets]
    return any(hmac.compare_digest(a.encode(), b.encode()) for a in given for b in expected)


class Seen:
    """The ids that were taken, on disk. For one thread at a time."""

    def __init__(self, path):
        self.db = sqlite3.connect(path, check_same_thread=False)
        self.db.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, at REAL) WITHOUT ROWID")

    def take(self, event_id, now):
        """True for a new id; it is on disk then."""
        with self.db:
            self.db.execute("DELETE FROM seen WHERE at < ?", (now - 40 * 86_400,))
            return self.db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (event_id, now)).rowcount == 1


def handle(event):
    """Your own work, one event at a time. Events of one factory come in their order; those of different factories may overtake each other."""
    if event["type"] == "digest":
        print(f"digest of {event['day']}: {len(event['events'])} events, {len(event['exceeding'])} exceedances going on", flush=True)
        return
    factory = event.get("factory", {})
    refs = [supplier.get("ref") for supplier in event.get("suppliers", [])]
    print(f"{event['type']} {event.get('subject', '')} {factory.get('id', '')} {factory.get('name_zh', '')} {refs}", flush=True)


class Receiver(http.server.BaseHTTPRequestHandler):
    # Of every read; the base class ends the connection then.
    timeout = READ_SECONDS

    def do_POST(self):
        length = whole_number(self.headers.get("Content-Length", ""))
        if length is None or length > LONGEST_BODY:
            return self.answer(413)
        body = self.rfile.read(length)
        if not is_signed(self.headers, body, self.server.secrets, time.time()):
            return self.answer(401)
        event = json.loads(body)
        with self.server.lock:
            if self.server.seen.take(event["id"], time.time()):
                handle(event)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    # Connections that may wait to be taken; the default is 5.
    request_queue_size = 128


def main():
    parser = argparse.ArgumentParser(description="Receives Blue EcoChain webhooks and prints them.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--seen", default="seen.db", help="SQLite file of the ids that were taken; made when missing (default: %(default)s here)")
    options = parser.parse_args()
    secrets = [secret for secret in os.environ.get("BLUEATLAS_SECRETS", "").split(",") if secret]
    if not secrets:
        parser.error("set BLUEATLAS_SECRETS to the webhook's secret (two with a comma while it is being rotated)")
    server = Server((options.host, options.port), Receiver)
    server.secrets = secrets
    server.seen = Seen(options.seen)
    server.lock = threading.Lock()
    print(f"listening on http://{options.host}:{server.server_address[1]}/", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
