"""A server out there that sees all that reaches it, and the app with a route by which a test has its key worker ask it."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import serve

ROOT = Path(__file__).resolve().parents[3]
BOMB = gzip.compress(bytes(64 << 20), 9)
"""64 MiB in 64 KB."""

# Beside the slice's own routes: what the gateway answers, and what happens to a fetch of the worker that holds the keys.
MOUNT = '''

class Try:
    def __init__(self, worker):
        self.worker = worker

    @deed
    def on_post(self, req, rep):
        given = json.loads(req.bounded_stream.read())
        if given.pop("own", False):
            import js
            from pyodide.ffi import JsException

            try:
                yield from self.worker.doist.await_(js.fetch(given["url"]))
                rep.media = {"own": "came"}
            except JsException as ex:
                rep.media = {"own": str(ex)}
            return
        body = given.pop("body", "").encode()
        headers = [tuple(pair) for pair in given.pop("headers", [])]
        asked = Request(headers=headers, body=body, who="a test", reason="to <see> what comes", **given)
        answer = yield from self.worker.outside.ask(asked)
        rep.media = {"status": answer.status, "body": answer.body.decode("latin-1"), "problem": answer.problem, "kind": answer.kind}


def mount(app, worker):
    _mount(app, worker)
    app.add_route("/app/network/try", Try(worker))
'''
IMPORTS = "import json\nfrom keriwasm.web.deeds import deed\nfrom keriwasm.web.outside import Request\n"


def app_that_asks(folder: Path) -> Path:
    """A folder for `AppServer(app=...)`: two files of the network slice with the route more."""
    own = ROOT / "python" / "slices" / "network"
    place = folder / "python" / "slices" / "network"
    place.mkdir(parents=True)
    text = (own / "__init__.py").read_text().replace("\nimport falcon\n", f"\nimport falcon\n{IMPORTS}")
    (place / "__init__.py").write_text(text.replace("def mount(", "def _mount(") + MOUNT)
    (place / "routes.py").write_text((own / "routes.py").read_text() + 'network.change("/app/network/try")\n')
    return folder


@contextmanager
def app_served(folder: Path) -> Iterator[str]:
    """The app with that route; gives its URL."""
    server = serve.AppServer(ROOT, "127.0.0.1", 0, app=app_that_asks(folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()


class Outer(ThreadingHTTPServer):
    """Attributes:

    seen: (method, path, headers, body) of all that came, in order; preflights are (OPTIONS, ...)
    elsewhere: where /redirect leads
    oobis: path -> the log that is answered there
    deaf: it hangs up on whoever comes, as if there were no line
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.elsewhere = ""
        self.oobis: dict[str, bytes] = {}
        self.deaf = False
        self.ended = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"

    def paths(self) -> list[str]:
        return [path for method, path, _, _ in self.seen if method != "OPTIONS"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Outer

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        if self.server.deaf:
            self.close_connection = True
            return None
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append((self.command, self.path, headers, body))
        if self.command == "OPTIONS":
            return self._send(204, b"")
        match self.path:
            case "/slow":
                self.server.ended.wait(60)
            case "/endless":
                self._begin(200, "application/json")
                while not self.server.ended.is_set():  # until the browser hangs up
                    self.wfile.write(b"2000\r\n" + b" " * 0x2000 + b"\r\n")
                    time.sleep(0.001)
            case "/html":
                self._send(404, b"<!doctype html><script>alert(1)</script>", "text/html")
            case "/dressed":
                self._send(200, b" \n<HTML><p>not JSON</p>", "application/json")
            case "/bomb":
                self._send(200, BOMB, "application/json", ("Content-Encoding", "gzip"))
            case "/redirect":
                self._send(302, b"", "text/plain", ("Location", self.server.elsewhere))
            case "/newer":
                self._send(406, b"", "text/plain")
            case "/shy":
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")
            case "/events":
                self._begin(200, "text/event-stream")
                self.wfile.write(b"5\r\nid: 1\r\n")
                self.server.ended.wait(60)
            case path if path in self.server.oobis:
                self._send(200, self.server.oobis[path], "application/json+cesr")
            case _:
                self._send(200, b'{"echo":"' + body + b'"}', "application/json")

    do_GET = do_POST = do_PUT = do_OPTIONS = _answer

    def _begin(self, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _send(self, status: int, body: bytes, kind: str = "text/plain", *more: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", self.headers.get("Access-Control-Request-Headers", "*"))
        self.send_header("Access-Control-Allow-Methods", "GET, POST, PUT")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in more:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the browser hung up: so it shall


@contextmanager
def outer() -> Iterator[Outer]:
    server = Outer()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
