"""Another site, and what it tries: a server of its own on another port, whose pages send forms to the app."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tablekit import TABLE

# What a form of another site would send: what did something when nothing looked at where it came from. Each of the others
# gets a text, which is enough for some and an error of its own for the rest; neither must be reached.
BODIES: dict[str, dict[str, str]] = {
    "/app/wallet": {"name": "Theirs", "passcode": "a passcode of theirs, long enough"},
    "/app/wallet/delete": {"name": "Mine", "passcode": "a guess"},
    "/app/wallet/unlock": {"passcode": "a guess"},
    "/app/wallet/passcode": {"old": "a guess", "new": "a passcode of theirs, long enough"},
    "/app/wallet/autolock": {"seconds": "0"},
    "/app/identifiers": {"alias": "theirs"},
    "/app/identifiers/{aid}/rotate": {"next_keys": "0", "end": "1"},
    "/app/identifiers/{aid}/interact": {"data": '{"d": "theirs"}'},
    "/app/identifiers/{aid}/rename": {"alias": "theirs"},
    "/app/pool/size": {"workers": "3"},
    "/app/suites/{name}/runs": {"effort": "quick"},
    "/app/load/runs": {"operations": "blake3-1m", "workers": "1", "seconds": "1"},
}
POSTS = [route.pattern for route in TABLE if route.method == "POST"]
FILES = [route.pattern for route in TABLE if route.guarded] + ["/app/wallet?download=1", "/app/wallet/backup?download=1"]


@contextmanager
def other_site() -> Iterator[int]:
    """Serves an empty page at every address, with the referrer policy that its query asks for; yields the port."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!doctype html><title>theirs</title><link rel=icon href=data:,><body></body>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if "?" in self.path:
                self.send_header("Referrer-Policy", self.path.split("?")[1])
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *about: Any) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def address(pattern: str, aid: str) -> str:
    """An address of the app, relative to its folder."""
    return re.sub(r"\{\w+\}", "x", pattern.replace("{aid}", aid).replace("{worker}", "w1")).lstrip("/")


# Runs in their page: sends a form, or follows a link, to `target` (a frame's name, _blank or _self).
SEND = """({action, method, fields, target}) => {
  if (target === 'frame' && !document.querySelector('iframe')) {
    const frame = document.createElement('iframe');
    frame.name = 'frame';
    document.body.append(frame);
  }
  const form = document.createElement('form');
  Object.assign(form, {action, method, target});
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement('input');
    Object.assign(field, {name, value, type: 'hidden'});
    form.append(field);
  }
  document.body.append(form);
  setTimeout(() => form.submit());
}"""
