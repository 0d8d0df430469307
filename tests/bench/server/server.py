"""The server: requests a second with one process and with two, by several HTTP servers, and click to swap beside the page's.

    python tests/bench/server/server.py [heavy|http|click ...] [--seconds 10] [--rounds 3] [--site FOLDER]

heavy   Argon2id (512 KiB, 64 passes) by eight clients, with one worker process and with two, by turns
http    a light fragment by eight clients, over uvicorn with h11 (ours, bounded), uvicorn with httptools, hypercorn; those that are
        not among the server's packages are taken from FOLDER (pip install --target FOLDER httptools hypercorn)
click   in one Chromium: the page with its own pool of two workers, and the server's page over two processes, by turns

Another user of the machine takes what the second process would have had: the line says the load before and after.
"""

from __future__ import annotations

import argparse
import http.client
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench_site import ROOT, chromium, median, ready, report, site
from click import MEASURE

sys.path.insert(0, str(ROOT / "tests" / "kits" / "server"))

from serverkit import Served, provide, serving

CLIENTS = 8
HEAVY = ("POST", "/app/crypto/argon2id", b'{"password": "a passphrase", "ops": 64, "memory_bytes": 524288}')
LIGHT = ("GET", "/app/crypto/panel", None)
SERVERS = ("h11", "httptools", "hypercorn")


def load(served: Served, request: tuple[str, str, bytes | None], seconds: float) -> tuple[float, list[float]]:
    """Requests a second by CLIENTS connections, and how long each took, in ms."""
    method, path, body = request
    headers = {"accept": "application/json" if body else "text/html", "content-type": "application/json", "hx-request": "true"}
    times: list[float] = []
    begin = threading.Barrier(CLIENTS)

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        begin.wait()
        end = time.monotonic() + seconds
        while (began := time.monotonic()) < end:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")
            times.append((time.monotonic() - began) * 1000)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times) / (time.monotonic() - began), times


def rounds(names: list[str], run: Callable[[str], tuple[float, list[float]]], count: int) -> dict[str, tuple[float, float, float]]:
    """By name: the median over the rounds of requests a second, of the p50 and of the p95. By turns, so that all meet the same machine."""
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
    for number in range(count):
        for name in names if number % 2 == 0 else names[::-1]:
            rate, times = run(name)
            times.sort()
            found[name].append((rate, median(times), times[int(len(times) * 0.95)]))
    return {name: tuple(median([each[at] for each in all_]) for at in range(3)) for name, all_ in found.items()}  # type: ignore[misc]


def heavy(given: argparse.Namespace) -> None:
    with serving(workers=1) as one, serving(workers=2) as two:
        pools = {"1": one, "2": two}
        for each in pools.values():
            load(each, HEAVY, 1)
        found = rounds(list(pools), lambda name: load(pools[name], HEAVY, given.seconds), given.rounds)
    base = found["1"][0]
    rows = [{"what": f"Argon2id, worker processes: {name}", "requests_per_s": rate, "p50_ms": p50, "p95_ms": p95}
            for name, (rate, p50, p95) in found.items()]  # fmt: skip
    rows[1] |= {"of": "one process", "ratio": found["2"][0] / base, "wanted": ">= 1.7"}
    report("server-heavy", rows)


def by_http(given: argparse.Namespace) -> None:
    program = str(ROOT / "tests" / "bench" / "server" / "served_by.py")

    def run(name: str) -> tuple[float, list[float]]:
        with serving(workers=1, program=[program, name], site=given.site) as served:
            load(served, LIGHT, 1)
            return load(served, LIGHT, given.seconds)

    names = [name for name in SERVERS if name == "h11" or given.site]
    found = rounds(names, run, given.rounds)
    report("server-http", [{"what": f"light, by {name}", "requests_per_s": rate, "p50_ms": p50, "p95_ms": p95}
                           for name, (rate, p50, p95) in found.items()])  # fmt: skip


def clicks(given: argparse.Namespace) -> None:
    with site() as url, serving() as served, chromium() as browser:
        pages = {"page, htmx door": browser.new_context().new_page(), "server, two processes": browser.new_context().new_page()}
        ready(pages["page, htmx door"], f"{url}?workers=2")
        pages["server, two processes"].goto(served.url)
        pages["page, htmx door"].wait_for_timeout(45_000)  # as in click.py
        times: dict[str, list[float]] = {name: [] for name in pages}
        for _ in range(given.rounds):
            for name, page in pages.items():
                page.bring_to_front()
                times[name] += page.evaluate(MEASURE, [given.clicks, ["door"]])["door"]
    base = median(times["page, htmx door"])
    report("server-click", [
        {"what": name, "clicks": len(values), "median_ms": median(values), "p95_ms": sorted(values)[int(len(values) * 0.95)],
         **({} if name.startswith("page") else {"of": "the page's", "ratio": median(values) / base})}
        for name, values in times.items()
    ])  # fmt: skip


def main() -> int:
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("what", nargs="*", help="heavy, http, click; all without a name")
    told.add_argument("--seconds", type=float, default=10.0)
    told.add_argument("--rounds", type=int, default=3)
    told.add_argument("--clicks", type=int, default=60)
    told.add_argument("--site", type=Path, default=None)
    given = told.parse_args()
    kinds: dict[str, Any] = {"heavy": heavy, "http": by_http, "click": clicks}
    wrong = [name for name in given.what if name not in kinds]
    if wrong:
        told.error(f"no {wrong[0]}: there are {', '.join(kinds)}")
    if status := provide():
        return status
    for name in given.what or kinds:
        before = os.getloadavg()[0]
        kinds[name](given)
        print(f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
