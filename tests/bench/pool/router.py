"""What the router's policy costs on MicroPython: time and memory per routed request, under Node as in the router worker.

    python tests/bench/pool/router.py [--requests 20000] [--workers 4]

A request is two events (the request and its worker's reply), and every fiftieth brings a heartbeat of each worker. The text of each event
goes in and the text of its commands comes out, as in router/host/host.js; times include JSON both ways.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/bench"), str(ROOT / "tests/kits/router"), str(ROOT / "wheels")]

import bench_site as site  # noqa: E402
from routerkit import HTML, House  # noqa: E402
from vendoring import node  # noqa: E402

HEADERS = {
    "accept": "text/html",
    "accept-language": "en-US,en;q=0.9",
    "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
    "hx-current-url": "http://localhost:8000/app/crypto",
    "hx-request": "true",
    "hx-request-type": "partial",
    "hx-source": "form#hash",
    "hx-target": "div#hash-result",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
}


def trace(requests: int, workers: int) -> list[dict]:
    """The events of a quiet day: each request is answered before the next comes."""
    house = House(workers)
    house.keep = False
    for number in range(requests):
        house.ask("/app/crypto/hash", headers=HEADERS, size=40)
        message = house.dispatched.pop()
        house.reply(message["worker"], message["id"], headers=HTML)
        house.now += 2.25
        if number % 50 == 0:
            for worker in sorted(house.papers):
                house.heartbeat(worker)
    return house.trace


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=20000)
    parser.add_argument("--workers", type=int, default=4)
    args = parser.parse_args()
    events = trace(args.requests, args.workers)
    with tempfile.TemporaryDirectory() as folder:
        given, made, report = (Path(folder) / name for name in ("events.jsonl", "commands.jsonl", "report.json"))
        given.write_text("".join(json.dumps(event) + "\n" for event in events))
        node.run(ROOT / "tests" / "wasm" / "router_host.mjs", ROOT, given, made, report)
        told = json.loads(report.read_text())
    memory = [size / 1024 for size in told["alloc"]]
    site.report("router", [
        {"what": f"{args.requests} requests, {told['events']} events, {args.workers} workers",
         "boot_ms": told["boot_ms"], "processor_ms_per_request": told["cpu_ms"] / args.requests,
         "ms_per_request": told["wall_ms"] / args.requests},
        {"what": "live memory in KB, least and last", "figure": f"{min(memory):.0f} {memory[-1]:.0f}"},
    ])  # fmt: skip


if __name__ == "__main__":
    main()
