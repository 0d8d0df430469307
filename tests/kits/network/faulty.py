"""Servers in the place of a witness that answer every request by a function, as a browser may read it."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["garbage", "listening", "slow"]

Answering = Callable[[str, str, Mapping[str, str], bytes], tuple[int, bytes]]


def garbage(method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    return 200, b'{"v":"KERI10JSON000091_","t":"rct" and so on'


def slow(port: int, seconds: float) -> Answering:
    """What the witness at this port answers, so much later."""

    def answer(method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        time.sleep(seconds)
        kept = {name: value for name, value in headers.items() if name.lower().startswith(("content-type", "cesr-"))}
        asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body or None, kept, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=60) as got:
                return got.status, got.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    return answer


@contextmanager
def listening(port: int, answer: Answering) -> Iterator[None]:
    """On 127.0.0.1. Preflights are granted at once."""

    class Handler(BaseHTTPRequestHandler):
        def answered(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, told = (204, b"") if self.command == "OPTIONS" else answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Access-Control-Allow-Methods", "*")
            self.send_header("Access-Control-Allow-Headers", self.headers.get("Access-Control-Request-Headers", "*"))
            self.send_header("Content-Type", "application/json+cesr")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = do_PUT = do_OPTIONS = answered

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
