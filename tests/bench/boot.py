"""Boot: navigation to the first answered click, a whole pool of 4 with keripy, a hung worker replaced; bytes of a first visit.

    python tests/bench/boot.py [ROUNDS] [chromium|firefox ...]

Everything is compared with one bare `loadPyodide` in a module worker with upstream's own files: npm's pyodide package (pinned
in tests/package.json), its `python_stdlib.zip` as published; its .mjs and .wasm are the very bytes that the app ships. Warm:
one profile on disk in which the app, the memory snapshot and compiled code are kept, and what the bare one needs as well.
Medians of ROUNDS (default 10) of one run, the kinds in turn: compare the ratios, not the milliseconds. A first visit has an
empty profile and a line of 20 Mbit/s, which the server keeps; of it, file bodies as they left before the first answer, file by
file. It is compared with the bare one over the same line, whose files are sent as small as ours (brotli; its library is
deflated by upstream), each from its navigation on.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import BinaryIO

from bench_site import ROOT, Handler, median, report, site

UPSTREAM = ROOT / "tests/node_modules/pyodide"
PAGE = b"<!doctype html><title>bench</title><script src='%s'></script>"
BARE = b"""
const began = performance.now();
const worker = new Worker('/bench/bare.js', { type: 'module' });
worker.onmessage = () => { globalThis.whole = performance.now(); globalThis.took = whole - began; worker.terminate(); };
"""
GO = b"setTimeout(() => location.replace(decodeURIComponent(location.search.slice(1))), 1000)"
"""A visit begins in a tab that has a process already, as by a link; what that one loads itself is done by then, and whoever
opened it has let go."""
BARE_WORKER = b"""
import { loadPyodide } from '/bench/pyodide/pyodide.mjs';
await loadPyodide();
postMessage('ready');
"""
KINDS = {".mjs": "text/javascript", ".wasm": "application/wasm", ".zip": "application/zip", ".json": "application/json"}
WANTED = {"click": 0.35, "pool": 0.7, "hang": 0.5}
NAMES = {"click": "navigation to first answered click", "pool": "whole pool of 4, keripy imported",
         "hang": "hung worker replaced and answering, from detection"}  # fmt: skip
LINE = 20e6 / 8
"""Bytes a second."""
CHUNK = 16384
BUDGET = 6_500_000
COLD = 3
"""First visits, and as many bare ones, in turn."""
SEEN = 15_000
"""Files of fewer bytes are told together."""


class Line:
    """What all connections share: at most LINE bytes a second; keeps a log of (epoch seconds, path, bytes)."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.free_at = 0.0
        self.sent: list[tuple[float, str, int]] = []

    def take(self, path: str, count: int) -> None:
        with self.lock:
            self.free_at = max(self.free_at, time.monotonic()) + count / LINE
            wait = self.free_at - time.monotonic()
        time.sleep(max(0.0, wait))
        self.sent.append((time.time(), path, count))


class Wire:
    """A connection whose files leave by the line."""

    def __init__(self, connection, handler: SlowHandler) -> None:
        self.connection = connection
        self.handler = handler

    def __getattr__(self, name: str):
        return getattr(self.connection, name)

    def sendfile(self, body, first: int, count: int) -> int:
        body.seek(first)
        left = count
        while left and (data := body.read(min(CHUNK, left))):
            self.handler.line.take(self.handler.path, len(data))
            self.connection.sendall(data)
            left -= len(data)
        return count - left


class Throttled:
    """What is written leaves by the line."""

    def __init__(self, out: BinaryIO, handler: SlowHandler) -> None:
        self.out = out
        self.handler = handler

    def write(self, data: bytes) -> int:
        for at in range(0, len(data), CHUNK):
            self.handler.line.take(self.handler.path, len(data[at : at + CHUNK]))
            self.out.write(data[at : at + CHUNK])
        return len(data)

    def __getattr__(self, name: str):
        return getattr(self.out, name)


class SlowHandler(Handler):
    """serve.py's handler behind a slow line."""

    line = Line()

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        if path not in self.extra:
            return super()._answer()
        kind, body = self.extra[path]
        fields = {"Content-Type": kind, "Cache-Control": "no-store"}
        twin = next(iter(ROOT.glob(f"static/pyodide/*/{path.rpartition('/')[2]}.br")), None)
        if twin and twin.with_suffix("").read_bytes() == body:  # of the library it is not: that is another one
            body, fields = twin.read_bytes(), {**fields, "Content-Encoding": "br"}
        self.wfile, plain = Throttled(self.wfile, self), self.wfile
        try:
            self._send(200, fields, body)
        finally:
            self.wfile = plain

    def setup(self) -> None:
        super().setup()
        self.connection = Wire(self.connection, self)


def visits(mode: str, engine: str, url: str, rounds: int) -> list[dict]:
    command = ["node", "bench/programs/boot_visits.mjs", mode, engine, url, str(rounds)]
    done = subprocess.run(command, cwd=ROOT / "tests", capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def part(path: str) -> str:
    """Which part of the app a path belongs to."""
    return "/".join(path.split("/")[: 2 if path.startswith("static/") else 1]) or "index.html"


def bare_pages() -> dict[str, tuple[str, bytes]]:
    """The pages that are compared with, and upstream's files for them."""
    extra = {
        "/bench/bare": ("text/html", PAGE % b"/bench/page.js"), "/bench/page.js": ("text/javascript", BARE),
        "/bench/bare.js": ("text/javascript", BARE_WORKER),
        "/bench/go": ("text/html", PAGE % b"/bench/go.js"), "/bench/go.js": ("text/javascript", GO),
    }  # fmt: skip
    for path in UPSTREAM.iterdir():
        if path.suffix in KINDS:
            extra[f"/bench/pyodide/{path.name}"] = (KINDS[path.suffix], path.read_bytes())
    return extra


def warm(engine: str, rounds: int) -> list[dict]:
    with site(bare_pages()) as url:
        rows = visits("warm", engine, url, rounds)
    if any(row["image"] != "used" for row in rows):
        raise RuntimeError(f"a warm visit did not start from the memory snapshot: {rows}")
    bare = [row["bare"] for row in rows]
    told = [{"what": f"{engine}: bare loadPyodide", "median_ms": median(bare), "min_ms": min(bare), "max_ms": max(bare)}]
    for key, name in NAMES.items():
        values = [row[key] for row in rows]
        told.append({"what": f"{engine}: {name}", "median_ms": median(values), "min_ms": min(values), "max_ms": max(values),
                     "of": "bare loadPyodide", "ratio": median(values) / median(bare), "wanted": f"<= {WANTED[key]}"})  # fmt: skip
    return told


def first_visit(engine: str) -> list[dict]:
    line = Line()
    with site(bare_pages(), type("LineHandler", (SlowHandler,), {"line": line})) as url:
        rows = visits("cold", engine, url, COLD)
    last = rows[-1]
    files: dict[str, int] = {}
    for at, path, count in line.sent:
        if last["began"] <= at * 1000 <= last["epoch"]:
            name = path.partition("?")[0].lstrip("/")
            files[name] = files.get(name, 0) + count
    parts: dict[str, list[int]] = {}
    for name, count in files.items():
        if count < SEEN:
            parts.setdefault(part(name), []).append(count)
    table = {name: count for name, count in files.items() if count >= SEEN}
    table |= {f"{name} ({len(counts)} small files)": sum(counts) for name, counts in parts.items()}
    told = [{"what": f"{engine}: first visit, {name}", "bytes": count} for name, count in sorted(table.items(), key=lambda item: -item[1])]
    click, bare = (median([row[key] for row in rows]) for key in ("click", "bare"))
    return [*told, {"what": f"{engine}: first visit, bytes before the first answer", "bytes": sum(files.values()), "of": "what is wanted",
                    "ratio": sum(files.values()) / BUDGET, "wanted": "<= 1"},
            {"what": f"{engine}: bare loadPyodide, at 20 Mbit/s", "median_ms": bare},
            {"what": f"{engine}: first visit to its first answer, at 20 Mbit/s", "median_ms": click, "of": "bare loadPyodide",
             "ratio": click / bare, "wanted": "<= 1"}]  # fmt: skip


def main(rounds: int, engines: list[str]) -> None:
    rows: list[dict] = []
    try:
        for engine in engines:
            rows += warm(engine, rounds) if rounds else []
            rows += first_visit(engine)
    finally:  # what was measured before something failed took many minutes
        report("boot", rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10, sys.argv[2:] or ["chromium", "firefox"])
