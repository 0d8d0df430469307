"""Boot: navigation to the first answered click, a whole pool of 4 with keripy, a hung worker replaced; bytes of a first visit.

    python tests/bench/boot.py [ROUNDS] [chromium|firefox ...]

Everything is compared with one bare `loadPyodide` in a module worker with upstream's own files: npm's pyodide package (pinned
in tests/package.json), its `python_stdlib.zip` as published; its .mjs and .wasm are the very bytes that the app ships. Warm:
one profile on disk in which the app, the memory snapshot and compiled code are kept, and what the bare one needs as well.
Medians of ROUNDS (default 10) of one run, the kinds in turn: compare the ratios, not the milliseconds. The first visit has an
empty profile and a line of 20 Mbit/s, which the server keeps; of it, bytes that left before the first answer, by part.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time

from bench_site import ROOT, Handler, median, report, site

UPSTREAM = ROOT / "tests/node_modules/pyodide"
PAGE = b"<!doctype html><title>bench</title><script src='%s'></script>"
BARE = b"""
const began = performance.now();
const worker = new Worker('/bench/bare.js', { type: 'module' });
worker.onmessage = () => { globalThis.took = performance.now() - began; worker.terminate(); };
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


class SlowHandler(Handler):
    """serve.py's handler behind a slow line."""

    line = Line()

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
    path = path.partition("?")[0].lstrip("/")
    if path.startswith("static/wheels/"):
        return "wheel " + path.split("/")[-1].split("-")[0]
    if path.startswith("static/pyodide/"):
        return path
    return "/".join(path.split("/")[: 2 if path.startswith("static/") else 1]) or "index.html"


def warm(engine: str, rounds: int) -> list[dict]:
    extra = {
        "/bench/bare": ("text/html", PAGE % b"/bench/page.js"), "/bench/page.js": ("text/javascript", BARE),
        "/bench/bare.js": ("text/javascript", BARE_WORKER),
        "/bench/go": ("text/html", PAGE % b"/bench/go.js"), "/bench/go.js": ("text/javascript", GO),
    }  # fmt: skip
    for path in UPSTREAM.iterdir():
        if path.suffix in KINDS:
            extra[f"/bench/pyodide/{path.name}"] = (KINDS[path.suffix], path.read_bytes())
    with site(extra) as url:
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
    with site(handler=type("LineHandler", (SlowHandler,), {"line": line})) as url:
        (row,) = visits("cold", engine, url, 1)
    parts: dict[str, int] = {}
    for at, path, count in line.sent:
        if at * 1000 <= row["epoch"]:
            parts[part(path)] = parts.get(part(path), 0) + count
    told = [{"what": f"{engine}: first visit, {name}", "bytes": count}
            for name, count in sorted(parts.items(), key=lambda item: -item[1]) if count > 20_000]  # fmt: skip
    total = sum(parts.values())
    return [*told, {"what": f"{engine}: first visit, bytes before the first answer ({row['click']:.0f} ms)",
                    "bytes": total, "of": "what is wanted", "ratio": total / BUDGET, "wanted": "<= 1"}]  # fmt: skip


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
