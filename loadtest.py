#!/usr/bin/env python3
"""Run the load lab from the command line, in a headless browser.

    python loadtest.py --preset quick
    python loadtest.py --operations ed25519-sign,blake3-1m --workers 1,2,4 --seconds 5 --peers noble --json out.json
    python loadtest.py --endpoint http://grid:4444 --nodes 4 --url https://host/app-folder/ --preset full --json all.json

Here it drives Debian's /usr/bin/chromium (or --browser PATH) by Playwright; `pip install playwright==1.65.2` is enough,
or any Python in which `python test.py` has installed its requirements: `.venv/bin/python loadtest.py`. With --endpoint
it asks a Selenium grid (or any WebDriver endpoint) for --nodes sessions at once; that needs `pip install selenium==4.51.0`.
The app is served from this folder unless --url names a place; a grid on other machines needs --url with https, because
browsers isolate pages (and so give exact clocks and service workers) only there and on localhost.

Exit status: 0 when every run was done, 1 when one failed or was cancelled, 2 for wrong arguments.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import serve

ROOT = Path(__file__).resolve().parent
BOOT_SECONDS = 180
SETTLE_SECONDS = 90
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

Evaluate = Callable[[str], Any]
"""Evaluates the body of an async JavaScript function in the page and returns its JSON value."""

START = """
const response = await fetch(new URL('app/load/runs', document.baseURI), {method: 'POST', body: %s,
  headers: {'content-type': 'application/json', accept: 'application/json'}});
const answer = await response.json();
if (response.ok) {  // what runs in the page (peers, the htmx round trip, the probe) is this element's business
  const element = document.createElement('load-lab');
  element.dataset.run = answer.id;
  document.body.append(element);
}
return {status: response.status, answer};
"""
RUN = """
const response = await fetch(new URL('app/load/runs/%s', document.baseURI), {headers: {accept: 'application/json'}});
return response.ok ? await response.json() : null;
"""
SNAPSHOT = """
const response = await fetch(new URL('app/pool', document.baseURI), {headers: {accept: 'application/json'}});
return (await response.json()).snapshot.state;
"""
SETTLED = ("kept", "used", "failed", "off")
READY = "return {state: document.documentElement.dataset.state, lab: customElements.get('load-lab') !== undefined};"


class Failed(Exception):
    """A run could not be made; the message says why."""


@contextmanager
def local(url: str, browser: str) -> Iterator[Evaluate]:
    """A headless Chromium of this machine at `url`, by Playwright."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as ex:
        raise Failed("Playwright is not installed: pip install playwright==1.65.2, or .venv/bin/python loadtest.py") from ex
    if not Path(browser).exists():
        raise Failed(f"{browser} is not there: apt-get install chromium, or --browser PATH")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS[1:])
        try:
            page = chromium.new_page()
            page.goto(url)
            yield lambda body: page.evaluate(f"async () => {{ {body} }}")
        finally:
            chromium.close()


@contextmanager
def remote(url: str, endpoint: str) -> Iterator[Evaluate]:
    """A session of a WebDriver endpoint or grid at `url`, by Selenium."""
    try:
        from selenium import webdriver
        from selenium.common.exceptions import WebDriverException
    except ImportError as ex:
        raise Failed("Selenium is not installed: pip install selenium==4.51.0, or .venv/bin/python loadtest.py") from ex
    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    try:
        driver = webdriver.Remote(command_executor=endpoint, options=options)
    except (WebDriverException, OSError) as ex:
        raise Failed(f"{endpoint} gave no session: {str(ex).splitlines()[0]}") from ex

    def evaluate(body: str) -> Any:
        then = "value => done({value}), error => done({error: String(error)})"
        wrapped = f"const done = arguments[0]; (async () => {{ {body} }})().then({then});"
        answer = driver.execute_async_script(wrapped)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer.get("value")

    try:
        driver.set_script_timeout(120)
        driver.get(url)
        yield evaluate
    finally:
        driver.quit()


def settle(evaluate: Evaluate, tell: Callable[[str], None]) -> None:
    """Wait until a first visit's own work is done: the app is kept for the time without a server, and a spare worker makes
    the memory snapshot. It takes half a minute and a core; a run beside it would measure that, too."""
    tell("waiting until the app has settled")
    until = time.monotonic() + SETTLE_SECONDS
    while evaluate(SNAPSHOT) not in SETTLED:
        if time.monotonic() > until:
            tell(f"the app did not settle in {SETTLE_SECONDS} s: its own work may disturb the first figures")
            return
        time.sleep(0.5)


def study(evaluate: Evaluate, body: dict[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """Start a run in an open page and wait for its end; returns the run as the page's `.json` export has it."""
    until = time.monotonic() + BOOT_SECONDS
    while (now := evaluate(READY)) != {"state": "ready", "lab": True}:
        if now["state"] == "failed" or time.monotonic() > until:
            raise Failed(f"the app did not become ready: {now}")
        time.sleep(0.2)
    settle(evaluate, tell)
    started = evaluate(START % json.dumps(json.dumps(body)))
    if started["status"] != 202:
        raise Failed(f"refused: {started['answer'].get('detail', started)}")
    id, told = started["answer"]["id"], None
    while True:
        run = evaluate(RUN % id)
        if run is None:
            raise Failed(f"the page lost run {id}")
        if run["state"] != "running":
            return run
        if (run["done"], run["total"]) != told:
            told = (run["done"], run["total"])
            tell(f"{run['done']} of {run['total']} points, {run['seconds']:.0f} s")
        time.sleep(0.5)


def merge(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One point for each that all nodes' runs have: rates and runs add up, percentiles are the worst node's."""
    merged: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for run in runs:
        for point in run["points"]:
            merged.setdefault((point["operation"], point["contender"], point["workers"]), []).append(point)
    return [
        {
            "operation": operation,
            "contender": contender,
            "workers": workers,
            "nodes": len(points),
            "ops": sum(each["ops"] for each in points),
            "ops_per_s": float(f"{sum(each['ops_per_s'] for each in points):.5g}"),
            **{name: max(each[name] for each in points) for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms")},
        }
        for (operation, contender, workers), points in merged.items()
        if len(points) == len(runs)
    ]


def report(runs: list[dict[str, Any]]) -> str:
    """The merged points, each run's ratios against the peers and its findings, as text."""
    lines = [f"{'operation':22} {'by':13} {'workers':>7} {'ops/s':>12} {'p50 ms':>10} {'p99 ms':>10}"]
    lines += [
        f"{p['operation']:22} {p['contender']:13} {p['workers']:>7} {p['ops_per_s']:>12,.5g} {p['p50_ms']:>10.4g} {p['p99_ms']:>10.4g}"
        for p in merge(runs)
    ]
    for at, run in enumerate(runs, 1):
        lines.append(f"\nnode {at}: {run['environment'].get('browser', '?')}, {run['environment'].get('cores', '?')} cores")
        for each in run["ratios"]:
            typical = "–" if each["typical"] is None else f"{each['typical']:.2f}"
            text = f"  ratio to {each['contender']:13} {each['operation']:22} {each['ratio']:>7.2f}   typical run {typical:>6}"
            lines.append(text)
        lines += [f"  {each['text']}" for each in run["findings"]]
    return "\n".join(lines)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The command line as checked values."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_argument_group("what to measure (as on the page; without any, the quick preset)")
    what.add_argument("--preset", choices=["quick", "full"])
    what.add_argument("--operations", help="names with commas, as GET app/load lists them")
    what.add_argument("--workers", help="counts with commas, such as 1,2,4; the pool gets as many as the largest")
    what.add_argument("--seconds", type=float, help="measured time of each point")
    what.add_argument("--batch", type=int, help="runs between two looks at the clock; 0: automatic")
    what.add_argument("--payload-bytes", type=int)
    what.add_argument("--peers", help="libsodium.js,noble,hash-wasm,liboqs-js or some of them")
    where = parser.add_argument_group("where")
    where.add_argument("--url", help="the app's folder, when it is hosted elsewhere")
    where.add_argument("--endpoint", action="append", help="a WebDriver endpoint or Selenium grid; may be given several times")
    where.add_argument("--nodes", type=int, default=1, help="sessions at each endpoint, all at once")
    where.add_argument("--browser", default="/usr/bin/chromium", help="the local Chromium")
    parser.add_argument("--json", type=Path, help="write {points, runs} to this file")
    options = parser.parse_args(given)
    if options.nodes < 1 or (options.nodes > 1 and not options.endpoint):
        parser.error("--nodes wants a number above 0, and more than one only with --endpoint")
    if options.workers and not all(each.strip().isdigit() and 1 <= int(each) <= 16 for each in options.workers.split(",")):
        parser.error("--workers wants whole numbers from 1 to 16 with commas, such as 1,2,4")
    return options


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """The body of POST app/load/runs."""
    body: dict[str, Any] = {}
    for name in ("preset", "operations", "workers", "seconds", "batch", "payload_bytes", "peers"):
        if getattr(options, name) is not None:
            body[name] = getattr(options, name)
    if not {"preset", "operations"} & set(body):
        body["preset"] = "quick"
    return body


@contextmanager
def serving(url: str | None) -> Iterator[str]:
    """The app's address: the given one, or that of this folder served on a free port of this machine."""
    if url:
        yield url if url.endswith("/") else f"{url}/"
        return
    server = serve.AppServer(ROOT, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def main() -> int:
    """The command."""
    options = arguments()
    body = settings(options)
    workers = max((int(each) for each in options.workers.split(",")), default=2) if options.workers else None

    def one(at: int, endpoint: str | None) -> dict[str, Any]:
        query = f"?workers={workers}" if workers else ""
        address = urljoin(base, "app/load") + query
        name = f"node {at}: " if endpoint else ""
        with remote(address, endpoint) if endpoint else local(address, options.browser) as evaluate:
            return study(evaluate, body, lambda text: print(f"{name}{text}", file=sys.stderr, flush=True))

    with serving(options.url) as base:
        places = [endpoint for endpoint in options.endpoint or [None] for _ in range(options.nodes)]
        with ThreadPoolExecutor(len(places)) as executor:
            waiting = [executor.submit(one, at, endpoint) for at, endpoint in enumerate(places, 1)]
            runs, failed = [], []
            for at, each in enumerate(waiting, 1):
                try:
                    runs.append(each.result())
                except Failed as ex:
                    failed.append(f"node {at}: {ex}")
    print("\n".join(f"loadtest.py: {each}" for each in failed), file=sys.stderr) if failed else None
    if runs:
        print(report(runs))
        if options.json:
            options.json.write_text(json.dumps({"points": merge(runs), "runs": runs}, indent=1) + "\n")
    return 0 if not failed and all(run["state"] == "done" for run in runs) else 1


if __name__ == "__main__":
    sys.exit(main())
