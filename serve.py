"""Serve KeriWasm from this folder: `python serve.py [--host 127.0.0.1] [--port 8000] [--app FOLDER] [--base /] [--dev]`.

Standard library only, Python 3.11 or newer, no network. A plain static server plus what the app wants of any host: the
isolation headers, right media types, ETags, long caching of locked assets and their brotli form. Nothing else relies on
it: another static host that sends SECURITY_HEADERS serves the app as well. The page's own workers answer what is under
`app/`; if that reaches this server, a navigation gets the shell and anything else a 503.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import functools
import hashlib
import html
import http.client
import io
import ipaddress
import json
import os
import re
import signal
import socket
import socketserver
import sys
import threading
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older one learns it here, not from a traceback
    sys.exit(f"serve.py: needs Python 3.11 or newer, this is {sys.version.split()[0]}: run it with a newer python3")

ROOT = Path(__file__).resolve().parent
# The allow-list: whatever is not named here (tests, recipes, .git, serve.py itself) does not exist for a client.
SERVED_ROOMS = frozenset({"router", "workers", "templates", "python", "static"})
SERVED_FILES = frozenset({"index.html", "pyscript.toml", "service-worker.js", "manifest.webmanifest"})
SERVICE_WORKERS = frozenset({"service-worker.js", "router/doors/service-worker.js"})
VERSIONED = re.compile(r"[/-][0-9]+(\.[0-9]+)+[/-]")  # a locked path without one may name other bytes tomorrow
BASE_TAG = re.compile(rb'<base href="\./"\s*/?>')  # of index.html: the shell's own, for a host that rewrites nothing
BROTLI = re.compile(r"(?i)(?:^|,)\s*br\s*(?:$|,|;\s*q=(?!0(?:\.0*)?\s*(?:,|$)))")  # an Accept-Encoding that names br, not with q=0
IMMUTABLE, REVALIDATE = "public, max-age=31536000, immutable", "no-cache"

# Own tables: the system's differ from machine to machine, and with nosniff a module of a wrong type does not run.
TEXT_TYPES = {
    ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript", ".py": "text/x-python",
    ".md": "text/markdown", ".txt": "text/plain", ".toml": "application/toml",
}  # fmt: skip
MEDIA_TYPES = {suffix: f"{kind}; charset=utf-8" for suffix, kind in TEXT_TYPES.items()} | {
    ".json": "application/json", ".webmanifest": "application/manifest+json", ".wasm": "application/wasm",
    ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".zip": "application/zip", ".whl": "application/zip",
}  # fmt: skip

BODY = 1 << 27  # bytes of a refused request that are read past
CONNECTIONS = 256

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
    "accelerometer", "autoplay", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
# The camera is asked for by the ledger's "Scan a QR code" alone; a page that may not even ask cannot be scanned with.
# Reading the clipboard is left to the browser's own question: Chromium ties writing from a script to it.
# The one script whose worker asks other servers, when the user has turned the network on: README, "The network".
GATEWAY = "workers/gateway.js"
GATEWAY_POLICY = CONTENT_SECURITY_POLICY.replace("connect-src 'self'", "connect-src http: https:")
# The notebook's page makes a frame of opaque origin, which inherits this policy and begins with one inline script, by its hash.
NOTEBOOK = "static/notebook/index.html"
SEED = "Q21zDMDxHFWgfyR5/FSmsNjm5rUNlZpDTvGNx6SHmNo="  # of router/capsule/seed.js
OWN_POLICIES = {
    GATEWAY: GATEWAY_POLICY,
    NOTEBOOK: CONTENT_SECURITY_POLICY.replace("script-src 'self'", f"script-src 'self' blob: 'sha256-{SEED}'")
    .replace("style-src 'self'", "style-src 'self' blob: 'unsafe-inline'")  # of style alone: what cells show may be coloured
    .replace("worker-src 'self'", "worker-src 'self' blob:")
    .replace("base-uri 'self'", "base-uri 'self' https://capsule.invalid") + "; frame-src blob:",
}
# Sent with every answer. An answer that a service worker makes carries its own headers: it must repeat this set.
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # no-referrer would turn the Origin of our own forms into null
    "Permissions-Policy": ", ".join(["clipboard-write=(self)", "camera=(self)", *(f"{feature}=()" for feature in DENIED_FEATURES)]),
}

# What a segment of a path may be: no dotfile (hence no `.` or `..`), no slash or backslash, colon or control, nothing that
# Windows takes for another name.
NAME = re.compile(r'(?!\.|__pycache__$)[^/\\:*?"<>|\x00-\x1f\x7f]*[^/\\:*?"<>|\x00-\x20\x7f.]')


def is_served(names: Sequence[str]) -> bool:
    """Whether the allow-list names this file or its room."""
    listed = bool(names) and names[0] in (SERVED_FILES if len(names) == 1 else SERVED_ROOMS)
    return listed and all(NAME.fullmatch(name) for name in names)


def locate(root: Path, raw: str) -> Path | None:
    """The file that a percent-encoded path leads to, if its name and, past all symlinks, its real place are both served.

    It is split before it is decoded, once: an encoded slash separates nothing.
    """
    try:
        names = [unquote_to_bytes(part.encode("latin-1")).decode("utf-8") for part in raw.split("/")]
        found = root.joinpath(*names).resolve(strict=True) if is_served(names) else root
        return found if is_served(found.relative_to(root.resolve()).parts) and found.is_file() else None
    except (OSError, ValueError, RuntimeError):  # no text, missing, name too long, outside of the root, a loop of links
        return None


@functools.lru_cache(maxsize=1)
def read_lock(path: Path, changed: int, size: int) -> dict[str, tuple[str, int]]:
    """Sha256 and size of each asset by its path: once for each version of the file."""
    return {asset["path"]: (asset["sha256"], asset["size"]) for asset in json.loads(path.read_bytes())["assets"]}


RELOAD_SCRIPT = b"""// Made by serve.py --dev: reloads the page when a served file has changed.
const look = async () => (await fetch(new URL("version", import.meta.url), { cache: "no-store" })).text();
const seen = await look();
setInterval(async () => { if (seen !== await look().catch(() => seen)) location.reload(); }, 700);
"""


def version(roots: Sequence[Path]) -> str:
    """A digest of names, sizes and times of all that is served: a page that missed a change sees it when it is back."""
    found = []
    for root in roots:
        for path in [*map(root.joinpath, SERVED_FILES), *(path for room in SERVED_ROOMS for path in (root / room).rglob("*.*"))]:
            with contextlib.suppress(OSError):  # absent, or deleted after the listing
                if is_served(path.relative_to(root).parts) and path.is_file():
                    found.append(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(found)).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def named(authority: str, names: frozenset[str]) -> bool:
    """Whether a Host is ours to answer: localhost, this machine to itself, or one of `names`; any address where these have
    one that stands for all.

    Any other name may be a stranger's that leads to this machine (DNS rebinding): a page opened by it would pass for the
    app. An address cannot be made to lead elsewhere, and browsers themselves keep localhost at home.
    """
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+)(:[0-9]{0,5})?", authority)
    name = match[1].lower().removesuffix(".") if match else ""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(name.strip("[]"))
        return address.is_loopback or str(address) in names or not names.isdisjoint(("0.0.0.0", "::"))
    return bool(name) and (name in names or name == "localhost" or name.endswith(".localhost"))


class Handler(BaseHTTPRequestHandler):
    """One connection. Every answer leaves through `_begin`, which adds SECURITY_HEADERS."""

    protocol_version, default_request_version = "HTTP/1.1", "HTTP/1.0"
    disable_nagle_algorithm, server_version, sys_version = True, "KeriWasm", ""
    timeout = 60.0  # a client that neither sends nor takes a byte for this long is gone
    server: AppServer

    def handle_one_request(self) -> None:
        self.server.tells(self.connection, busy=False)
        super().handle_one_request()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answers what could not be parsed; the connection ends, for nobody knows where the next request starts."""
        self.close_connection = True
        self.headers = http.client.HTTPMessage()  # those of the request before say nothing of this one
        self._problem(code, message or "the request could not be read")

    def log_message(self, format: str, *args: Any) -> None:
        """With --dev a line for each request, but for what its own script asks."""
        if self.server.dev and "/__dev__/version" not in str(args):
            super().log_message(format, *args)

    def _begin(self, status: int, fields: Mapping[str, str]) -> None:
        self.send_response(status)
        if self.close_connection:
            self.send_header("Connection", "close")
        for name, value in {**SECURITY_HEADERS, **fields}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status: int, fields: Mapping[str, str], body: bytes = b"") -> None:
        self._begin(status, fields if status == 304 else {**fields, "Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _problem(self, status: int, detail: str, fields: Mapping[str, str] | None = None) -> None:
        """An error one can act on: a page for a navigation, else problem+json (RFC 9457)."""
        title, kind = HTTPStatus(status).phrase, "application/problem+json"
        text = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
        if self._navigates():
            kind = MEDIA_TYPES[".html"]
            text = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>'
            text += f'<p>{html.escape(detail)}</p><p><a href="{self.server.base}">KeriWasm</a></p>'
        self._send(status, {"Content-Type": kind, "Cache-Control": "no-store", **(fields or {})}, text.encode())

    def _navigates(self) -> bool:
        mode, accept = self.headers.get("Sec-Fetch-Mode"), self.headers.get("Accept", "")
        return mode == "navigate" if mode else "text/html" in accept and "HX-Request" not in self.headers

    def _serve(self) -> None:
        """Answers, if it is clear whom the request is for and where it ends."""
        for name in ("Host", "Content-Length"):  # of two, another server on the way may have believed the other one
            if len(self.headers.get_all(name, [])) > 1:
                return self.send_error(400, f"a request names its {name} once")
        length = self.headers.get("Content-Length", "0").strip()
        if length != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # what follows is no request; unread, it would reset the connection and the answer
            left = min(int(length), BODY) if re.fullmatch("[0-9]{1,15}", length) else 0
            while left > 0 and (piece := self.rfile.read1(1 << 16)):
                left -= len(piece)
        self.server.tells(self.connection, busy=True)
        if not named(self.headers.get("Host", "localhost"), self.server.names):
            detail = "this server is not known by that name: open it by its address, or start it with --name and the name"
            return self._problem(421, detail)
        if not self.path.startswith("/"):
            return self._problem(400, "the target of a request starts with /")
        self._answer()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # others are refused by http.server

    def _answer(self) -> None:
        path, mark, query = self.path.partition("?")
        base = self.server.base
        inside = path.removeprefix(base) if path.startswith(base) else ".."
        if inside.startswith("app/"):
            return self._app(inside)
        if self.command not in ("GET", "HEAD"):
            return self._problem(405, f"{self.command} is not allowed here", {"Allow": "GET, HEAD"})
        if f"{path}/" in (base, f"{base}app/"):  # relative: a proxy may have stripped a folder that the browser sees
            where = f"{path.rpartition('/')[2]}/{mark}{query}"
            return self._send(307, {"Location": where, "Cache-Control": "no-store"})  # which nobody remembers for ever
        if inside in ("", "index.html"):
            return self._shell()
        if self.server.dev and inside in ("__dev__/reload.js", "__dev__/version"):
            body = RELOAD_SCRIPT if inside.endswith(".js") else version(self.server.roots).encode()
            return self._send(200, {"Content-Type": MEDIA_TYPES[".js"], "Cache-Control": "no-store"}, body)
        found = self.server.find(inside)
        return self._file(found) if found else self._problem(404, "there is no such file in the app")

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
        path = self.server.find("index.html")
        if path is None:
            return self._problem(404, "index.html is missing: serve a whole checkout of KeriWasm")
        text = path.read_bytes()
        if folder:
            text = BASE_TAG.sub(f'<base href="{folder}">'.encode(), text, count=1)
        if self.server.dev:
            script = f'<script type="module" src="{self.server.base}__dev__/reload.js"></script>'
            text = re.sub(rb"(?i)</head>", script.encode() + rb"\g<0>", text, count=1)
        self._entity(io.BytesIO(text), hashlib.sha256(text).hexdigest(), ".html", {"Cache-Control": REVALIDATE})

    def _file(self, path: Path) -> None:
        """A locked asset goes out as it lies there, by its digest in the lock; anything else is read whole, so that ETag
        and body are of the same bytes."""
        name, suffix, fields = self.server.name_of(path), path.suffix, {"Cache-Control": REVALIDATE}
        if name in SERVICE_WORKERS:
            fields["Service-Worker-Allowed"] = self.server.base
        if name in OWN_POLICIES:
            fields["Content-Security-Policy"] = OWN_POLICIES[name]
        assets = self.server.locked()
        digest, size = assets.get(name, ("", -1))
        if size != path.stat().st_size:  # of the app itself, or being replaced
            data = path.read_bytes()
            return self._entity(io.BytesIO(data), hashlib.sha256(data).hexdigest(), suffix, fields)
        if VERSIONED.search(name) and not self.server.dev:
            fields["Cache-Control"] = IMMUTABLE
        if f"{name}.br" in assets:
            fields["Vary"] = "Accept-Encoding"
            small = self.server.find(f"{name}.br")
            small_digest, size = assets[f"{name}.br"]
            if small and small.stat().st_size == size and BROTLI.search(self.headers.get("Accept-Encoding", "")):
                path, digest, fields["Content-Encoding"] = small, small_digest, "br"
        with path.open("rb") as body:
            self._entity(body, digest, suffix, fields)

    def _entity(self, body: BinaryIO, digest: str, suffix: str, fields: dict[str, str]) -> None:
        """The file or, to a client that has it already, 304."""
        fields["ETag"] = f'"{digest}"'
        if digest in re.findall('"([^"]*)"', self.headers.get("If-None-Match", "")):
            return self._send(304, {name: value for name, value in fields.items() if name != "Content-Encoding"})
        length = body.seek(0, io.SEEK_END)
        body.seek(0)
        kind = MEDIA_TYPES.get(suffix, "application/octet-stream")
        self._begin(200, {**fields, "Content-Type": kind, "Content-Length": str(length)})
        if self.command != "HEAD" and length and self.connection.sendfile(body, 0, length) < length:
            self.close_connection = True  # the file shrank meanwhile: a short body must not look whole


class AppServer(ThreadingHTTPServer):
    """Listens (port 0: a free one) and serves `root` below `base` once `serve_forever` runs; what the folder `app` has of its
    own comes first. It answers to localhost, to `host` (all addresses: to each) and to `names`; `url` is where the app is.

    Raises ValueError for a base that is no folder path, OSError when the address cannot be listened on.
    """

    daemon_threads, request_queue_size = True, 128
    allow_reuse_address = os.name == "posix"  # elsewhere it would let two servers share a port

    def __init__(
        self, root: Path | str, host: str, port: int, base: str = "/", dev: bool = False, names: Sequence[str] = (),
        app: Path | str | None = None,
    ) -> None:  # fmt: skip
        self.roots = list(dict.fromkeys(Path(each).resolve() for each in (app or root, root)))
        self.base, self.dev = folder(base), dev
        self.names = frozenset(name.lower().removesuffix(".") for name in (host, *names) if name)
        self._connections, self._guard = dict[socket.socket, bool](), threading.Lock()  # busy or not; longest so first
        self.address_family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0][0]
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own would ask the DNS for our name
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.names |= {self.server_name.partition("%")[0]}

    @property
    def url(self) -> str:
        host = "localhost" if self.server_name in ("0.0.0.0", "::") else self.server_name
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}{self.base}"

    def find(self, raw: str) -> Path | None:
        """The file of an app's own folder, else of the checkout."""
        return next((found for root in self.roots if (found := locate(root, raw))), None)

    def name_of(self, path: Path) -> str:
        """A found file's path in the app."""
        return next(path.relative_to(root).as_posix() for root in self.roots if path.is_relative_to(root))

    def locked(self) -> dict[str, tuple[str, int]]:
        """The assets of static/lock.json; a missing or broken one only costs the long caching."""
        path = self.roots[-1] / "static" / "lock.json"
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            return read_lock(path, path.stat().st_mtime_ns, path.stat().st_size)
        return {}

    def tells(self, connection: socket.socket, busy: bool) -> None:
        """A request has come by this connection, or none is under way: whoever comes past the bound may have its place."""
        with self._guard:
            if self._connections.pop(connection, None) is not None:
                self._connections[connection] = busy

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            if len(self._connections) >= CONNECTIONS:
                silent = next((each for each, busy in self._connections.items() if not busy), None)
                if silent is None:  # all are being answered; who reads slowly is let go in time
                    return self.shutdown_request(request)
                del self._connections[silent]
                with contextlib.suppress(OSError):
                    silent.shutdown(socket.SHUT_RDWR)
            self._connections[request] = False
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._guard:
                self._connections.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):  # a client that left is no error of ours
            super().handle_error(request, client_address)


def folder(text: str) -> str:
    """`sub/folder` as `/sub/folder/`. Raises ValueError when a name in it would need escaping or begins with a dot."""
    base = f"/{text.strip('/')}/" if text.strip("/") else "/"
    if not re.fullmatch(r"/([A-Za-z0-9_~-][A-Za-z0-9_.~-]*/)*", base):
        raise ValueError(f"{text!r} is no folder path: give one as /sub/folder/, of letters, digits and - _ . ~")
    return base


def why_not(error: OSError, host: str, port: int) -> str:
    """What to do about an address that cannot be listened on."""
    another = "choose another with --port, or any free one with --port 0"
    if isinstance(error, socket.gaierror):
        return f"the host {host!r} is unknown here: try --host 127.0.0.1"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken: {another}"
    if error.errno != errno.EACCES:
        return f"cannot listen on {host} port {port}: {error.strerror or error}: try --host 127.0.0.1 --port 0"
    if port <= 1023:
        return f"port {port} needs more rights: choose one above 1023 with --port, or any free one with --port 0"
    shown = "netsh interface ipv4 show excludedportrange protocol=tcp"  # Windows answers so for the ports that it keeps
    return f"the system keeps port {port} for itself (on Windows `{shown}` lists such ports): {another}"


def main(argv: list[str] | None = None) -> int:
    """Serves until Ctrl-C or SIGTERM. Returns the exit status: 0, or 1 when it cannot serve (argparse exits with 2)."""
    options = argparse.ArgumentParser(prog="serve.py", description="Serve KeriWasm from its folder.", allow_abbrev=False)
    options.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    options.add_argument("--port", default=8000, type=int, help="port to listen on, 0 for any free one (%(default)s)")
    options.add_argument("--app", default=ROOT, type=Path, help="folder of an app of your own: its files come before ours")
    wanted = "serve the app from this folder, as /sub/folder/ (%(default)s); not for one that a proxy strips"
    options.add_argument("--base", default="/", help=wanted)
    options.add_argument("--name", action="append", default=[], help="also answer to this host name (may be repeated)")
    options.add_argument("--dev", action="store_true", help="reload the page on change; a log line per request")
    given = options.parse_args(argv)
    if not 0 <= given.port <= 65535:
        options.error(f"--port: {given.port} is no port: give a number from 0 to 65535, 0 takes any free one")
    if not (given.app / "index.html").is_file():
        options.error(f"{given.app} has no index.html: run the serve.py of a whole checkout, give --app the folder of an app")
    try:
        server = AppServer(ROOT, given.host, given.port, given.base, given.dev, given.name, given.app)
    except ValueError as error:
        options.error(f"--base: {error}")
    except OSError as error:
        print(f"serve.py: {why_not(error, given.host, given.port)}", file=sys.stderr)
        return 1
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts background jobs with Ctrl-C ignored
        signal.signal(number, signal.default_int_handler)
    with server, contextlib.suppress(KeyboardInterrupt):
        print(f"KeriWasm is served at {server.url}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
