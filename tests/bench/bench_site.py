"""What every benchmark here shares: the app served on a free port, a real Chromium, medians, and one way to print."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import platform
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import serve  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


TEXTS = {".html", ".js", ".mjs", ".css", ".json", ".toml", ".py", ".svg", ".txt"}
SMALL: dict[str, bytes] = {}


def smaller(digest: str, body: bytes) -> bytes:
    """A text compressed, once."""
    if digest not in SMALL:
        SMALL[digest] = gzip.compress(body, 6)
    return SMALL[digest]


class Handler(serve.Handler):
    """serve.py's own handler, which also answers the paths in `extra` (media type and bytes) below /bench/."""

    extra: dict[str, tuple[str, bytes]] = {}  # noqa: RUF012

    def _entity(self, body: BinaryIO, digest: str, suffix: str, fields: dict[str, str]) -> None:
        """Text goes out as a host sends it: small. serve.py, for one's own machine, spends nothing on that."""
        if suffix in TEXTS and "Content-Encoding" not in fields and "gzip" in self.headers.get("Accept-Encoding", ""):
            body, fields = io.BytesIO(smaller(digest, body.read())), {**fields, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        super()._entity(body, digest, suffix, fields)

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        if path in self.extra:
            kind, body = self.extra[path]
            # What the app is compared with has the same chance: kept by the browser as the app's own versioned assets are.
            caching = serve.IMMUTABLE if path.startswith("/bench/pyodide/") else "no-store"
            self._send(200, {"Content-Type": kind, "Cache-Control": caching}, body)
        else:
            super()._answer()


@contextlib.contextmanager
def site(extra: dict[str, tuple[str, bytes]] | None = None, handler: type[Handler] = Handler) -> Iterator[str]:
    """The app on 127.0.0.1, and beside it what `extra` holds; yields its URL."""
    server = serve.AppServer(ROOT, "127.0.0.1", 0)
    server.RequestHandlerClass = type("BenchHandler", (handler,), {"extra": extra or {}})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """Debian's Chromium, headless, with more flags if given."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


SETTLED = """async () => {
  const pool = await (await keriwasm.fetch('app/pool', {headers: {accept: 'application/json'}})).json();
  const {state, reason} = pool.snapshot ?? pool.image ?? {};
  return {state: state ?? null, reason: reason ?? null, kept: document.documentElement.dataset.offline === 'kept'};
}"""


def settled(page: Page, timeout: float = 240) -> None:
    """Wait until a first visit's own work is done: the app is kept, and a spare worker has made the memory snapshot; or this
    visit began with it. Raises RuntimeError when none could be made, or not in `timeout` seconds."""
    end = time.monotonic() + timeout
    while (now := page.evaluate(SETTLED))["state"] != "used" and not (now["state"] == "kept" and now["kept"]):
        if now["state"] in ("failed", "off") or time.monotonic() > end:
            raise RuntimeError(f"the app does not settle: {now}")
        time.sleep(0.5)


WHOLE = "document.documentElement.dataset.state === 'ready'"


def ready(page: Page, url: str, timeout: float = 180_000, whole: str = WHOLE) -> None:
    """Open the app and wait until it is whole: until the JavaScript expression `whole` holds."""
    page.goto(url)
    until(page, whole, timeout)


def until(page: Page, expression: str, timeout: float = 180_000) -> None:
    """Wait until a JavaScript expression, or an async function's answer, is true."""
    end = time.monotonic() + timeout / 1000
    while not page.evaluate(expression):
        if time.monotonic() > end:
            raise TimeoutError(page.evaluate("JSON.stringify(keriwasm.status)"))
        time.sleep(0.02)


def median(values: list[float]) -> float:
    return statistics.median(values)


def report(name: str, rows: list[dict[str, Any]]) -> None:
    """A line of JSON for tools, then a table for people; times in milliseconds unless a name says otherwise."""
    print(json.dumps({"bench": name, "machine": platform.machine(), "rows": rows}))
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[f"{row.get(key, ''):.2f}" if isinstance(row.get(key), float) else str(row.get(key, "")) for key in columns] for row in rows]
    widths = [max(len(column), *(len(line[at]) for line in cells)) for at, column in enumerate(columns)]
    for line in [columns, *cells]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
