"""Serve KeriWasm from this folder: `python serve.py [--host 127.0.0.1] [--port 8000] [--name NAME] [--base /] [--dev]`.

Standard library only, Python 3.11 or newer, no network. A plain static server plus what the app wants of any host: the
isolation headers, right media types, validators, long caching of locked assets, compressed transfer. Nothing else
relies on it: another static host that sends SECURITY_HEADERS serves the app as well. The page's own workers answer what
is under `app/`; if that reaches this server, a navigation gets the shell and anything else a 503.
"""

from __future__ import annotations

import argparse
import contextlib
import email.utils
import errno
import gzip
import hashlib
import html
import http.client
import io
import ipaddress
import json
import os
import re
import secrets
import signal
import socket
import socketserver
import stat
import sys
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn
from urllib.parse import unquote_to_bytes

if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older one learns it here, not from a traceback
    sys.exit(f"serve.py: needs Python 3.11 or newer, this is {sys.version.split()[0]}: run it with a newer python3")

# ---- What is served -------------------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parent
# The allow-list: whatever is not named here (tests, recipes, .git, serve.py itself) does not exist for a client.
SERVED_ROOMS = frozenset({"router", "workers", "templates", "python", "static"})
SERVED_FILES = frozenset(
    {"index.html", "pyscript.toml", "service-worker.js", "manifest.webmanifest", "favicon.ico", "favicon.svg"}
)
SERVICE_WORKERS = frozenset({"service-worker.js", "router/service-worker.js"})
VERSIONED = re.compile(r"[/-][0-9]+(\.[0-9]+)+[/-]")  # a locked path without one may name other bytes tomorrow
BASE_TAG = re.compile(rb'<base href="\./"\s*/?>')  # of index.html: the shell's own, for a host that rewrites nothing

# Own tables: the system's differ from machine to machine, and with nosniff a module of a wrong type does not run.
TEXT_TYPES = {
    ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript",
    ".py": "text/x-python", ".md": "text/markdown", ".txt": "text/plain", ".csv": "text/csv",
    ".toml": "application/toml",
}  # fmt: skip
MEDIA_TYPES = {suffix: f"{kind}; charset=utf-8" for suffix, kind in TEXT_TYPES.items()} | {
    ".json": "application/json", ".map": "application/json", ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg",
    ".webp": "image/webp", ".ico": "image/x-icon", ".woff2": "font/woff2", ".zip": "application/zip",
    ".whl": "application/zip",
}  # fmt: skip
COMPRESSIBLE = {*TEXT_TYPES, ".json", ".map", ".webmanifest", ".wasm", ".svg"}

HEAD_BYTES, HEAD_SECONDS = 32 * 1024, 10.0  # bounds of a whole request head: a dripping client cannot hold a thread
IDLE_SECONDS = 60.0  # a kept-alive connection between two requests
SEND_SECONDS = 30.0  # a client that takes no byte for this long is gone
LINGER_SECONDS = 3.0  # for the rest of a refused request to arrive
CONNECTIONS = 256
GZIP_FLOOR, GZIP_CEILING, GZIP_CACHE = 1024, 32 << 20, 64 << 20  # bytes: what is compressed, what is kept of it
GZIP_LARGE, GZIP_LEVEL, GZIP_LARGE_LEVEL = 1 << 20, 6, 3  # twice as fast for 7 % more bytes: the first to ask waits
IMMUTABLE, REVALIDATE = "public, max-age=31536000, immutable", "no-cache"

# ---- Security headers -----------------------------------------------------------------------------------------------

# No inline code or style, no frame, no other origin. `require-trusted-types-for` is left out: htmx sets innerHTML, with
# what our own templates escaped.
CONTENT_SECURITY_POLICY = "; ".join((
    "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'",  # compiles WebAssembly; eval() of text stays refused
    "style-src 'self'", "font-src 'self'", "connect-src 'self'", "worker-src 'self'", "manifest-src 'self'",
    "img-src 'self' data: blob:",  # data: for the icons in Pico's CSS, blob: for images made in a worker; no code runs
    "form-action 'self'", "frame-ancestors 'none'", "object-src 'none'",
    "base-uri 'self'",  # each page has one <base>, so that the app can live in any folder; never another origin
))  # fmt: skip
DENIED_FEATURES = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
# Reading the clipboard is left to the browser's own question: Chromium ties writing from a script to it.
# Sent with every answer. An answer that a service worker makes carries its own headers: it must repeat this set.
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # no-referrer would turn the Origin of our own forms into null
    "Permissions-Policy": ", ".join(["clipboard-write=(self)", *(f"{feature}=()" for feature in DENIED_FEATURES)]),
}

# ---- The lock -------------------------------------------------------------------------------------------------------


class Locked(NamedTuple):
    """One asset of static/lock.json; `brotli` is the path of its compressed form, "" when there is none."""

    sha256: str
    size: int
    brotli: str = ""


def parse_lock(text: str | bytes) -> dict[str, Locked]:
    """Assets by path below the root; the lock's own paths may start at static/. Raises ValueError when malformed."""
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("version") != 1 or not isinstance(document.get("assets"), list):
        raise ValueError("wants an object with version 1 and a list of assets")
    assets: dict[str, Locked] = {}
    for entry in document["assets"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("path"), str) or type(entry.get("size")) is not int:
            raise ValueError(f"an asset wants path, sha256 and size: {str(entry)[:100]}")
        if not re.fullmatch(r"[0-9a-f]{64}", str(entry.get("sha256"))):
            raise ValueError(f"the sha256 of {entry['path']} is not 64 lower-case hex digits")
        assets["static/" + entry["path"].removeprefix("static/")] = Locked(entry["sha256"], entry["size"])
    for path in [path for path in assets if path.endswith(".br")]:
        if plain := assets.get(path[:-3]):
            assets[path[:-3]] = plain._replace(brotli=path)
    return assets


class Lock:
    """static/lock.json of `root`, read again when it changes. A missing or broken one only costs the long caching."""

    def __init__(self, root: Path) -> None:
        self._path = root / "static" / "lock.json"
        self._held: tuple[tuple[int, int] | None, dict[str, Locked]] = (None, {})

    def assets(self) -> dict[str, Locked]:
        stamp, assets = self._held
        try:
            found = self._path.stat()
            if stamp != (found.st_mtime_ns, found.st_size):
                stamp, assets = (found.st_mtime_ns, found.st_size), {}
                assets = parse_lock(self._path.read_bytes())
        except FileNotFoundError:
            stamp, assets = None, {}
        except (OSError, ValueError) as error:  # said once for each version of the file
            print(f"serve.py: {self._path} is not used: {error}: nothing is cached for long", file=sys.stderr)
        self._held = stamp, assets  # one assignment: threads see either the old table or the new one
        return assets


# ---- Requests: paths, encodings, ranges, conditions -----------------------------------------------------------------


def split_path(raw: str) -> list[str] | None:
    """The names in a percent-encoded relative path, decoded once; None when one of them may not name a file.

    It splits before it decodes, so an encoded slash spoils a name and separates nothing. Also refused: empty names,
    dotfiles (hence `.` and `..`), `__pycache__`, backslashes, drive and stream colons, controls, and the trailing dots
    and blanks that Windows drops.
    """
    names = []
    for part in raw.split("/"):
        try:
            name = unquote_to_bytes(part.encode("latin-1")).decode("utf-8")
        except UnicodeError:
            return None
        if not name or name.startswith(".") or name.endswith((".", " ")) or name == "__pycache__":
            return None
        if any(letter in '/\\:*?"<>|\x7f' or letter < " " for letter in name):
            return None
        names.append(name)
    return names


def is_served(names: list[str]) -> bool:
    """Whether the allow-list names this file or its room."""
    if any(name.startswith(".") or name == "__pycache__" for name in names):
        return False
    return bool(names) and names[0] in (SERVED_FILES if len(names) == 1 else SERVED_ROOMS)


def locate(root: Path, names: list[str]) -> Path | None:
    """The regular file that `names` lead to, if its name and, past all symlinks, its real place are both served."""
    try:
        found = root.joinpath(*names).resolve(strict=True)
        real = found.relative_to(root.resolve()).parts
        regular = stat.S_ISREG(found.stat().st_mode)
    except (OSError, ValueError, RuntimeError):  # missing, name too long, outside of the root, a loop of links
        return None
    return found if regular and is_served(names) and is_served(list(real)) else None


def choose_encoding(accept: str | None, offers: Sequence[str]) -> str:
    """The best of `offers` (ours, best first) that Accept-Encoding allows, else "identity" (RFC 9110, 12.5.3).

    A client that refuses even identity gets it all the same: a readable answer serves it better than a 406.
    """
    weights: dict[str, float] = {}
    for item in (accept or "").lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):  # a weight that cannot be read asks for nothing
                weight = float(parameter[2:]) if re.fullmatch(r"[01](\.[0-9]{0,3})?", parameter[2:]) else 0.0
        weights["gzip" if name == "x-gzip" else name] = weight
    best, best_weight = "identity", weights.get("identity", 0.0)  # unnamed, it yields to any encoding that is named
    for offer in reversed(offers):  # a later one wins a tie, and our first choice comes last
        weight = weights.get(offer, weights.get("*", 0.0))
        if weight > 0 and weight >= best_weight:
            best, best_weight = offer, weight
    return best


def parse_range(field: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single byte range, clamped to `size`; None when the field is to be ignored (200).

    Ignored are other units, malformed ranges and lists of ranges (RFC 9110, 14.2 allows it). Raises ValueError for a
    range that no byte of the file satisfies (416).
    """
    match = re.fullmatch(r"\s*bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", field, re.IGNORECASE)
    if not match or not (match[1] or match[2]):
        return None
    if match[1]:
        first, last = int(match[1]), int(match[2] or 10**18)
    else:  # the last N bytes
        first, last = (max(size - int(match[2]), 0) if int(match[2]) else size), 10**18
    if last < first:
        return None
    if first >= size:
        raise ValueError(f"range starts at {first} of {size} bytes")
    return first, min(last, size - 1)


def http_date(field: str | None) -> float | None:
    """Seconds since the epoch of an HTTP date, None when it is not one (such a field is ignored)."""
    try:
        return email.utils.parsedate_to_datetime(field).timestamp() if field else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def entity_tags(field: str, *, weak: bool) -> set[str]:
    """The opaque tags of a list: `weak` takes W/"x" as "x" (weak comparison), otherwise weak ones are left out."""
    found = re.findall(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")', field)
    return {tag for prefix, tag in found if weak or not prefix}


def precondition(fields: Callable[[str], str | None], etag: str, modified: int) -> int | None:
    """304 or 412 when a condition of the request stops it, else None (in the order of RFC 9110, 13.2.2)."""
    if (wanted := fields("If-Match")) is not None:
        if wanted.strip() != "*" and etag not in entity_tags(wanted, weak=False):
            return 412
    elif (since := http_date(fields("If-Unmodified-Since"))) is not None and modified > since:
        return 412
    if (known := fields("If-None-Match")) is not None:
        return 304 if known.strip() == "*" or etag in entity_tags(known, weak=True) else None
    since = http_date(fields("If-Modified-Since"))
    return 304 if since is not None and modified <= since else None


class Body(NamedTuple):
    """One encoding of a file: its ETag without the quotes, and a call that opens it for reading."""

    tag: str
    open: Callable[[], BinaryIO]


class GzipCache:
    """Compressed bodies by the digest of what they hold; the least recently used go when they pass `bound` bytes."""

    def __init__(self, bound: int = GZIP_CACHE) -> None:
        self.bound, self.held = bound, 0
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._lock, self._gates = threading.Lock(), dict[str, threading.Lock]()

    def _find(self, digest: str) -> bytes | None:
        if digest in self._bodies:
            self._bodies.move_to_end(digest)
        return self._bodies.get(digest)

    def get(self, digest: str, opened: Callable[[], BinaryIO]) -> bytes:
        """The gzip of what `opened` opens and `digest` names; made once for all who ask for it at the same time."""
        with self._lock:
            if (body := self._find(digest)) is not None:
                return body
            gate = self._gates.setdefault(digest, threading.Lock())
        with gate:
            with self._lock:
                if (body := self._find(digest)) is not None:
                    return body
            with opened() as plain:
                data = plain.read()
            body = gzip.compress(data, GZIP_LEVEL if len(data) < GZIP_LARGE else GZIP_LARGE_LEVEL, mtime=0)
            with self._lock:
                self._gates.pop(digest, None)
                self.held += len(body) - len(self._bodies.get(digest, b""))
                self._bodies[digest] = body
                while self.held > self.bound:
                    self.held -= len(self._bodies.popitem(last=False)[1])
            return body


# ---- Reload on change (--dev) ---------------------------------------------------------------------------------------

# Each event names this run of the server and its count of changes: a page that missed one reloads when it is back.
RELOAD_SCRIPT = b"""// Made by serve.py --dev: reloads the page when a served file has changed.
let seen;
new EventSource(new URL("events", import.meta.url)).addEventListener("version", ({ data }) => {
  if (seen !== undefined && data !== seen) location.reload();
  seen = data;
});
"""


class Watcher(threading.Thread):
    """Polls the served files each `interval` seconds; `version` changes when one of them did."""

    def __init__(self, root: Path, interval: float = 0.5) -> None:
        super().__init__(name="serve-watcher", daemon=True)
        self._root, self._interval, self._run, self._count, self._ended = root, interval, secrets.token_hex(4), 0, False
        self._changed = threading.Condition()
        self._seen = self._look()

    @property
    def version(self) -> str:
        return f"{self._run}-{self._count}"

    def _look(self) -> dict[str, tuple[int, int]]:
        paths = [self._root / name for name in SERVED_FILES]
        for room in SERVED_ROOMS:
            for folder, folders, files in os.walk(self._root / room):
                folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
                paths += [Path(folder, name) for name in files if not name.startswith(".")]
        found = {}
        for path in paths:
            with contextlib.suppress(OSError):  # absent, or deleted after the listing
                status = path.stat()
                found[str(path)] = (status.st_mtime_ns, status.st_size)
        return found

    def run(self) -> None:
        while not self._ended:
            now = self._look()
            with self._changed:
                if now != self._seen:
                    self._seen, self._count = now, self._count + 1
                    self._changed.notify_all()
                self._changed.wait_for(lambda: self._ended, self._interval)

    def wait(self, known: str, seconds: float) -> str | None:
        """The version, once it is not `known` or `seconds` are over; None when the watcher has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self.version != known or self._ended, seconds)
            return None if self._ended else self.version

    def stop(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()


# ---- Connections ----------------------------------------------------------------------------------------------------


def named(authority: str | None, names: frozenset[str]) -> bool:
    """Whether a Host is ours to answer: an address, localhost, or one of `names`.

    Any other name may be a stranger's that leads to this machine (DNS rebinding): a page opened by it would pass for the
    app. An address cannot be made to lead elsewhere, and browsers themselves keep localhost at home.
    """
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+)(:[0-9]{0,5})?", authority or "")
    name = match[1].lower().removesuffix(".") if match else ""
    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(name.strip("[]")))
    return bool(name) and (name in names or name == "localhost" or name.endswith(".localhost"))


class Intake(io.RawIOBase):
    """What a client sends, bounded in size and time for each request head."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.begin()

    def begin(self) -> None:
        """A new head may come: its bytes count from here, its time from its first byte."""
        self._left, self._deadline = HEAD_BYTES, 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left <= 0:
            raise http.client.LineTooLong("request head")  # http.server makes it a 431
        wait = self._deadline - time.monotonic() if self._deadline else IDLE_SECONDS
        if wait <= 0:
            raise TimeoutError("request head")
        self._connection.settimeout(wait)
        count = self._connection.recv_into(memoryview(buffer)[: self._left])
        self._connection.settimeout(SEND_SECONDS)
        self._deadline = self._deadline or time.monotonic() + HEAD_SECONDS
        self._left -= count
        return count


class Handler(BaseHTTPRequestHandler):
    """One connection. Every answer leaves through `_begin`, which adds SECURITY_HEADERS."""

    protocol_version, default_request_version = "HTTP/1.1", "HTTP/1.0"
    disable_nagle_algorithm = True
    server: AppServer
    unread = False  # bytes of a refused request may still be on their way
    begun = False  # the head of the answer has left

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(SEND_SECONDS)
        self.rfile.close()
        self.intake = Intake(self.connection)
        self.rfile = io.BufferedReader(self.intake)

    def handle(self) -> None:
        super().handle()
        if self.unread:  # closing on unread bytes would reset the connection, and the answer with it (RFC 9112, 9.6)
            with contextlib.suppress(OSError):  # the client is gone already, or silent
                self.connection.shutdown(socket.SHUT_WR)
                self.connection.settimeout(LINGER_SECONDS)
                end = time.monotonic() + LINGER_SECONDS
                while time.monotonic() < end and self.connection.recv(65536):
                    pass

    def handle_one_request(self) -> None:
        self.intake.begin()
        self.begun = False
        self.server.waits(self.connection)
        try:
            super().handle_one_request()
        except http.client.LineTooLong:  # the request line alone passed the bound
            self.command = self.requestline = self.request_version = ""
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # http.server asks for a method's handler; ours answers them all, most with 405
            return self._serve
        raise AttributeError(name)

    def handle_expect_100(self) -> bool:
        return True  # no body is wanted: the final answer comes at once

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answers what could not be parsed; the connection ends, for nobody knows where the next request starts."""
        self.close_connection = self.unread = True
        self.headers = http.client.HTTPMessage()  # those of the request before say nothing of this one
        self._problem(code, message or "the request could not be read")

    def version_string(self) -> str:
        return "KeriWasm"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: `log_request` writes the one line, and a client that went away is no event."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if self.server.verbose:  # ascii() keeps a client's control characters out of the terminal
            print(time.strftime("%H:%M:%S"), int(code), ascii(self.requestline)[1:-1], file=sys.stderr, flush=True)

    # Answers

    def _begin(self, status: int, fields: Mapping[str, str]) -> None:
        self.begun = True
        self.send_response(status)
        if self.close_connection:
            self.send_header("Connection", "close")
        elif self.request_version == "HTTP/1.0":
            self.send_header("Connection", "keep-alive")
        for name, value in {**SECURITY_HEADERS, **fields}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status: int, fields: Mapping[str, str], body: bytes = b"") -> None:
        self._begin(status, fields if status in (204, 304) else {**fields, "Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _problem(self, status: int, detail: str, fields: Mapping[str, str] | None = None) -> None:
        """An error one can act on: a page for a navigation, a fragment for htmx, else problem+json (RFC 9457)."""
        title, kind = HTTPStatus(status).phrase, "text/html; charset=utf-8"
        if self._field("HX-Request") == "true":
            text = f'<p role="alert">{html.escape(f"{title}: {detail}")}</p>'
        elif self._navigates():
            text = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>'
            text += f'<p>{html.escape(detail)}</p><p><a href="{self.server.base}">KeriWasm</a></p>'
        else:
            kind = "application/problem+json"
            text = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
        self._send(status, {"Content-Type": kind, "Cache-Control": "no-store", **(fields or {})}, text.encode())

    def _field(self, name: str) -> str | None:
        values = self.headers.get_all(name)
        return None if values is None else ", ".join(values)

    def _navigates(self) -> bool:
        if (mode := self._field("Sec-Fetch-Mode")) is not None:  # htmx accepts text/html too, without navigating
            return mode == "navigate"
        return "text/html" in (self._field("Accept") or "") and self._field("HX-Request") is None

    def _serve(self) -> None:
        try:
            self._answer()
        except (ConnectionError, TimeoutError):  # the client went away or stalled: AppServer.handle_error knows it
            raise
        except Exception:
            traceback.print_exc()
            self.close_connection = True
            if not self.begun:
                self._problem(500, "the server failed on this request; its terminal shows why")

    def _answer(self) -> None:
        self.server.speaks(self.connection)
        for name in ("Host", "Content-Length"):  # of two, another server on the way may have believed the other one
            if len(self.headers.get_all(name, [])) > 1:
                return self.send_error(400, f"a request names its {name} once")
        if self.headers.get("Transfer-Encoding") or (self.headers.get("Content-Length") or "0").strip() != "0":
            self.close_connection = self.unread = True  # bodies are not read: what follows is no request
        if self.request_version >= "HTTP/1.1" and self.headers.get("Host") is None:
            return self.send_error(400, "a request of HTTP/1.1 names its Host")
        absolute = re.match(r"(?i)https?://([^/?]*)/?", self.path)
        authority = absolute[1] if absolute else self._field("Host")
        if authority is not None and not named(authority, self.server.names):
            detail = "this server is not known by that name: open it by its address, or start it with --name and the name"
            return self._problem(421, detail)
        if self.command == "OPTIONS":
            return self._send(204, {"Allow": "GET, HEAD, OPTIONS"})
        path, mark, query = (f"/{self.path[absolute.end() :]}" if absolute else self.path).partition("?")
        if not path.startswith("/"):
            return self._problem(400, "the target of a request starts with /")
        base = self.server.base
        inside = path.removeprefix(base) if path.startswith(base) else None
        if inside is not None and inside.startswith("app/"):
            return self._app(inside)
        if self.command not in ("GET", "HEAD"):
            return self._problem(405, f"{self.command} is not allowed here", {"Allow": "GET, HEAD, OPTIONS"})
        if (path == "/" and base != "/") or f"{path}/" in (base, f"{base}app/"):  # 307: nobody remembers it for ever
            # Relative: a proxy may have stripped a folder that the browser sees.
            where = base[1:] if path == "/" else f"{path.rpartition('/')[2]}/"
            return self._send(307, {"Location": where + mark + query, "Cache-Control": "no-store"})
        if inside in ("", "index.html"):
            return self._shell()
        if self.server.watcher and inside == "__dev__/reload.js":
            kind = MEDIA_TYPES[".js"]
            return self._send(200, {"Content-Type": kind, "Cache-Control": "no-store"}, RELOAD_SCRIPT)
        if self.server.watcher and inside == "__dev__/events":
            return self._events(self.server.watcher)
        names = split_path(inside) if inside is not None else None
        found = locate(self.server.root, names) if names else None
        if not names or not found:
            return self._problem(404, "there is no such file in the app")
        return self._file(found, "/".join(names))

    def _app(self, inside: str) -> None:
        """The page's own workers answer app/; only before they do, or without a page, does a request come here."""
        if self.command in ("GET", "HEAD") and self._navigates():
            return self._shell("../" * inside.count("/"))
        detail = "this path is answered by the page's own workers once they are up: open the page, then try again"
        return self._problem(503, detail, {"Retry-After": "1"})

    def _shell(self, folder: str = "") -> None:
        """index.html; deep under app/ its <base> leads up to the app's `folder`: relative links would lead nowhere else.

        Up, not to a path: behind a proxy that strips a folder the browser is in another one than this server.
        """
        path = locate(self.server.root, ["index.html"])
        if path is None:
            return self._problem(404, "index.html is missing: serve a whole checkout of KeriWasm")
        text = path.read_bytes()
        if folder:
            text = BASE_TAG.sub(f'<base href="{folder}">'.encode(), text, count=1)
        if self.server.watcher:
            script = f'<script type="module" src="{self.server.base}__dev__/reload.js"></script>'
            text = re.sub(rb"(?i)</head>", script.encode() + rb"\g<0>", text, count=1)
        fields = {"Content-Type": MEDIA_TYPES[".html"], "Cache-Control": REVALIDATE}
        bodies = {"identity": Body(hashlib.sha256(text).hexdigest(), lambda: io.BytesIO(text))}
        self._entity(bodies, len(text), path.stat().st_mtime, ".html", fields)

    def _file(self, path: Path, name: str) -> None:
        assets, status = self.server.lock.assets(), path.stat()
        fields = {"Content-Type": MEDIA_TYPES.get(path.suffix, "application/octet-stream"), "Cache-Control": REVALIDATE}
        if name in SERVICE_WORKERS:
            fields["Service-Worker-Allowed"] = self.server.base
        locked = assets.get(name)
        if locked is None or locked.size != status.st_size:  # the app's own small files, or an asset being replaced:
            data = path.read_bytes()  # read whole, so that the ETag and the body are of the same bytes
            bodies = {"identity": Body(hashlib.sha256(data).hexdigest(), lambda: io.BytesIO(data))}
            return self._entity(bodies, len(data), status.st_mtime, path.suffix, fields)
        if VERSIONED.search(name) and not self.server.watcher:
            fields["Cache-Control"] = IMMUTABLE
        bodies = {"identity": Body(locked.sha256, lambda: path.open("rb"))}
        packed = locate(self.server.root, locked.brotli.split("/")) if locked.brotli else None
        if packed and packed.stat().st_size == assets[locked.brotli].size:
            bodies["br"] = Body(assets[locked.brotli].sha256, lambda: packed.open("rb"))
        self._entity(bodies, locked.size, status.st_mtime, path.suffix, fields)

    def _entity(self, bodies: dict[str, Body], size: int, changed: float, suffix: str, fields: dict[str, str]) -> None:
        """Negotiates the encoding, then the conditions, then the range of identity, and sends what is left."""
        plain = bodies["identity"]
        if suffix in COMPRESSIBLE and GZIP_FLOOR < size <= GZIP_CEILING:
            bodies["gzip"] = Body(f"{plain.tag}-gzip", lambda: io.BytesIO(self.server.gzips.get(plain.tag, plain.open)))
        ranged = self._field("Range") if self.command == "GET" else None
        offers = [encoding for encoding in ("br", "gzip") if encoding in bodies]
        encoding = choose_encoding(self._field("Accept-Encoding"), offers) if ranged is None else "identity"
        etag = f'"{bodies[encoding].tag}"'
        modified = int(min(changed, time.time()))  # a validator from the future is none (RFC 9110, 8.8.2.1)
        fields |= {"ETag": etag, "Last-Modified": email.utils.formatdate(modified, usegmt=True)}
        if offers:
            fields["Vary"] = "Accept-Encoding"
        if stop := precondition(self._field, etag, modified):
            if stop == HTTPStatus.PRECONDITION_FAILED:
                return self._problem(stop, "the file is not the one that the request asks for")
            return self._send(stop, {name: value for name, value in fields.items() if name != "Content-Type"})
        if encoding != "identity":
            fields["Content-Encoding"] = encoding
        with bodies[encoding].open() as body:
            length = body.seek(0, io.SEEK_END)
            status, first, last = 200, 0, length - 1
            same = (self._field("If-Range") or etag).strip()
            if ranged is not None and (same == etag or http_date(same) == modified):
                try:
                    span = parse_range(ranged, length)
                except ValueError as error:
                    return self._problem(416, str(error), {"Content-Range": f"bytes */{length}"})
                if span:
                    status, (first, last) = 206, span
                    fields["Content-Range"] = f"bytes {first}-{last}/{length}"
            count = last - first + 1
            self._begin(status, {**fields, "Accept-Ranges": "bytes", "Content-Length": str(count)})
            body.seek(first)
            if self.command != "HEAD" and count and self.connection.sendfile(body, first, count) < count:
                self.close_connection = True  # the file shrank meanwhile: a short body must not look whole

    def _events(self, watcher: Watcher) -> None:
        self.close_connection = True  # a body without an end: the connection's end is its end
        self._begin(200, {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"})
        seen: str | None = None
        version: str | None = watcher.version
        while self.command != "HEAD" and version is not None:  # a comment now and then finds out who has left
            event = f"retry: 500\nevent: version\ndata: {version}\n\n" if version != seen else ":\n\n"
            self.wfile.write(event.encode())
            seen, version = version, watcher.wait(version, 10)


class AppServer(ThreadingHTTPServer):
    """The listening server. `url` is where the app is; `server_close` also ends the watcher."""

    daemon_threads, request_queue_size = True, 128
    allow_reuse_address = os.name == "posix"  # elsewhere it would let two servers share a port

    def __init__(
        self, root: Path, host: str, port: int, base: str, dev: bool, verbose: bool, names: Sequence[str]
    ) -> None:
        self.root, self.base, self.verbose = root.resolve(), base, verbose
        self.names = frozenset(name.lower().removesuffix(".") for name in (host, *names) if name)
        self.lock, self.gzips, self.watcher = Lock(self.root), GzipCache(), None
        self._slots = threading.BoundedSemaphore(CONNECTIONS)
        self._silent, self._silence = dict[socket.socket, None](), threading.Lock()  # longest silent first
        self.address_family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0][0]
        super().__init__((host, port), Handler)
        if dev:
            self.watcher = Watcher(self.root)
            self.watcher.start()

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own would ask the DNS for our name
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @property
    def url(self) -> str:
        host = "localhost" if self.server_name in ("0.0.0.0", "::") else self.server_name
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}{self.base}"

    def waits(self, connection: socket.socket) -> None:
        """This connection has no request under way: whoever comes past the bound may have its place."""
        with self._silence:
            self._silent[connection] = None

    def speaks(self, connection: socket.socket) -> None:
        """A request has come by this connection, or it has ended."""
        with self._silence:
            self._silent.pop(connection, None)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._slots.acquire(blocking=False):
            with self._silence, contextlib.suppress(StopIteration, OSError):
                longest = next(iter(self._silent))
                del self._silent[longest]
                longest.shutdown(socket.SHUT_RDWR)
            if not self._slots.acquire(timeout=1):  # all are being answered; who reads slowly is let go in SEND_SECONDS
                return self.shutdown_request(request)  # past the bound a client may come again
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.speaks(request)
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):  # a client that left is no error of ours
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        if self.watcher:
            self.watcher.stop()
        super().server_close()


def make_server(
    root: Path | str, host: str, port: int, base: str = "/", dev: bool = False, verbose: bool = False,
    names: Sequence[str] = (),
) -> AppServer:  # fmt: skip
    """A server that listens (port 0: a free one) and serves `root` below `base` once `serve_forever` runs.

    It answers to any address, to localhost, to `host` and to `names`.

    Raises ValueError for a base that is no folder path, OSError when the address cannot be listened on.
    """
    return AppServer(Path(root), host, port, folder(base), dev, verbose, names)


# ---- The command line -----------------------------------------------------------------------------------------------


def folder(text: str) -> str:
    """`sub/folder` as `/sub/folder/`. Raises ValueError when a name in it would need escaping or begins with a dot."""
    base = f"/{text.strip('/')}/" if text.strip("/") else "/"
    if not re.fullmatch(r"/([A-Za-z0-9_~-][A-Za-z0-9_.~-]*/)*", base):
        raise ValueError(f"{text!r} is no folder path: give one as /sub/folder/, of letters, digits and - _ . ~")
    return base


def port_number(text: str) -> int:
    """A TCP port, 0 for any free one. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise ValueError(f"{text!r} is no port: give a number from 0 to 65535, 0 takes any free one")
    return int(text)


class Options(argparse.ArgumentParser):
    """Tells a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"serve.py: {message} (see python serve.py --help)\n")


def why_not(error: OSError, host: str, port: int) -> str:
    """What to do about an address that cannot be listened on."""
    if isinstance(error, socket.gaierror):
        return f"the host {host!r} is unknown here: try --host 127.0.0.1"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken: choose another with --port, or any free one with --port 0"
    if error.errno == errno.EACCES and port > 1023:  # Windows answers so for the ports that it keeps for itself
        return (
            f"the system keeps port {port} for itself (on Windows `netsh interface ipv4 show excludedportrange protocol=tcp` "
            "lists such ports): choose another with --port, or any free one with --port 0"
        )
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights: choose one above 1023 with --port, or any free one with --port 0"
    return f"cannot listen on {host} port {port}: {error.strerror or error}: try --host 127.0.0.1 --port 0"


def main(argv: list[str] | None = None) -> int:
    """Serves until Ctrl-C or SIGTERM. Returns the exit status: 0, or 1 when it cannot serve (argparse exits with 2)."""
    options = Options(prog="serve.py", description="Serve KeriWasm from its folder.", allow_abbrev=False)
    options.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    options.add_argument("--port", default="8000", help="port to listen on, 0 for any free one (%(default)s)")
    wanted = "serve the app from this folder, as /sub/folder/ (%(default)s); not for one that a proxy strips"
    options.add_argument("--base", default="/", help=wanted)
    options.add_argument("--name", action="append", default=[], help="also answer to this host name (may be repeated)")
    options.add_argument("--dev", action="store_true", help="reload the page on change; a log line per request")
    options.add_argument("--verbose", action="store_true", help="a log line per request")
    given = options.parse_args(argv)
    try:
        port, base = port_number(given.port), folder(given.base)
    except ValueError as error:
        options.error(str(error))
    if not (ROOT / "index.html").is_file():
        print(f"serve.py: {ROOT} has no index.html: run the serve.py of a whole checkout", file=sys.stderr)
        return 1
    try:
        server = make_server(ROOT, given.host, port, base, given.dev, given.verbose or given.dev, given.name)
    except OSError as error:
        print(f"serve.py: {why_not(error, given.host, port)}", file=sys.stderr)
        return 1

    def stop(number: int, frame: Any) -> NoReturn:
        raise KeyboardInterrupt

    # Both are set by hand: a shell starts background jobs with Ctrl-C ignored.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with server, contextlib.suppress(KeyboardInterrupt):
        print(f"KeriWasm is served at {server.url}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
