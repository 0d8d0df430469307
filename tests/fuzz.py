"""`python test.py fuzz`: random requests to every route of the app, in Chromium, for ten minutes; none may end in a fault.

    python test.py fuzz [-- [--seconds 600] [--seed N] [--workers 2] [--from N] [--only N,N] [--slices wallet,ledger]]

Types, depth, numbers, encodings and orders are drawn by tests/kits/hostile/fuzzkit.py, as JSON, forms, multipart and raw bodies; they go
through the page's own door and through the service worker's, one at a time or some at once, to an open wallet with identifiers,
credentials and a ledger. A fault is a status from 500 on, an error without a reason, no answer within two minutes, an error of
the page or on its console, or a lost keys' worker. Each kind is printed with the request and the seed; exit status 1 then.
The same seed and number draw the same request: `--seed N --only NUMBER` sends it alone.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
for folder in (HERE.parent, HERE / "kits", HERE / "kits" / "router", HERE / "browser"):
    sys.path.insert(0, str(folder))

import lmdb  # noqa: E402, F401  (the real one, before python/ is on the path)
import workerkit  # noqa: E402, F401  (what the kit imports of the app is found by it)
from hostile.fuzzkit import Request, Surroundings, request  # noqa: E402
from hostile.fuzzwallet import restored  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402
from tablekit import TABLE  # noqa: E402

SHOWN = 6
"""Slow requests that are named at the end."""
TURN = 20
"""Requests between two times that the wallet is brought back."""
ALLOWED = r"Failed to load resource: the server responded with a status of 4\d\d"
"""What Chromium itself says of an answer that the service worker gave."""
CANCELLED = re.compile(r"(w\d+) is replaced: it did not let go of the cancelled POST /app/(suites/runs|load/shares)")
"""What the cancel of a run may cost, the keys' worker too: its page says so before (templates of suites)."""

# Runs in the page: sends all at once, waits for each whole answer (a stream's first piece), in text.
SEND = """async requests => Promise.all(requests.map(async ({method, path, headers, body, plain}) => {
  const control = new AbortController();
  const late = setTimeout(() => control.abort(new Error('no answer within two minutes')), 120_000);
  const bytes = body === null ? undefined : Uint8Array.from(atob(body), each => each.charCodeAt(0));
  const options = {method, headers, body: bytes, signal: control.signal};
  const began = performance.now();
  try {
    const answer = await (plain ? fetch(new URL(path, document.baseURI), options) : keriwasm.fetch(path, options));
    const kind = answer.headers.get('content-type') ?? '';
    let content = new Uint8Array();
    if (kind.startsWith('text/event-stream')) await answer.body?.cancel();
    else content = new Uint8Array(await answer.arrayBuffer());
    let text = '';
    for (let at = 0; at < content.length; at += 32768) text += String.fromCharCode(...content.subarray(at, at + 32768));
    return {status: answer.status, kind, ms: performance.now() - began, body: btoa(text)};
  } catch (error) {
    return {status: 0, kind: '', ms: performance.now() - began, body: btoa(unescape(encodeURIComponent(String(error))))};
  } finally {
    clearTimeout(late);
  }
}))"""


def send(page: Page, requests: Iterable[Request]) -> list[dict[str, Any]]:
    """Send these at once; {status, kind, ms, body} of each, the body as bytes."""
    plain = [{"method": one.method, "path": one.path, "headers": one.headers, "plain": one.plain,
              "body": None if one.body is None else base64.b64encode(one.body).decode()} for one in requests]  # fmt: skip
    return [{**answer, "body": base64.b64decode(answer["body"])} for answer in page.evaluate(SEND, plain)]


def restore(page: Page, at: Surroundings) -> None:
    """Bring wallet, credentials and ledger back."""
    steps, answer = restored(at), None
    while True:
        try:
            method, path, body = steps.send(answer)  # type: ignore[arg-type]
        except StopIteration:
            return
        headers = {"accept": "application/json"} | ({"content-type": "application/json"} if body is not None else {})
        sent = None if body is None else json.dumps(body).encode()
        (got,) = send(page, [Request(method, path, headers, sent)])
        assert got["status"] < 500, (method, path, got)
        sound = got["kind"].startswith("application/") and "json" in got["kind"]
        answer = (got["status"], json.loads(got["body"]) if sound else {}, got["body"])


def generations(page: Page) -> dict[str, int]:
    (got,) = send(page, [Request("GET", "app/pool", {"accept": "application/json"}, None, plain=False)])
    return {each["id"]: each["generation"] for each in json.loads(got["body"])["workers"]}


def wrong(one: Request, got: dict[str, Any]) -> str:
    """What is wrong about an answer, or nothing."""
    text = got["body"].decode("utf-8", "replace")
    if got["status"] >= 500:
        return f"{got['status']}: {text[:900]}"
    if got["status"] == 0:
        # A browser sends no body with GET and knows no method that it forbids.
        return "" if "Failed to execute 'fetch'" in text or one.method == "BREW" else f"no answer: {text[:300]}"
    if got["status"] >= 400 and one.method != "HEAD" and "problem+json" in got["kind"]:
        told = json.loads(text)
        return "" if told.get("title") and told.get("detail") else f"{got['status']} without a reason: {text[:300]}"
    if got["status"] >= 400 and one.method != "HEAD" and not text.strip():
        return f"{got['status']} with an empty body"
    return ""


class Walk:
    """A page under random requests, and what was found so far."""

    def __init__(self, page: Page, watched: Any, seed: int, table: list[Any] | None = None) -> None:
        self.page, self.watched, self.seed = page, watched, seed
        self.table = table or TABLE
        self.at = Surroundings()
        self.found: dict[str, str] = {}
        self.times: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.slowest: list[tuple[float, int, str]] = []
        watched.allow(ALLOWED)
        watched.allow(CANCELLED.pattern)
        restore(page, self.at)
        self.keys = generations(page)["w1"]

    def note(self, kind: str, told: str) -> None:
        """Something is wrong; each kind is printed once."""
        self.times[kind] += 1
        if kind not in self.found:
            self.found[kind] = told
            print(f"\n--- seed {self.seed} {told}\n    {kind}", flush=True)

    def step(self, numbers: list[int]) -> None:
        """Send the requests of these numbers at once, and look."""
        requests = [request(self.seed, number, self.at, self.table) for number in numbers]
        for number, one, got in zip(numbers, requests, send(self.page, requests), strict=True):
            self.statuses[got["status"]] += 1
            self.slowest = sorted([*self.slowest, (got["ms"] / 1000, number, one.told())], reverse=True)[:SHOWN]
            if what := wrong(one, got):
                self.note(f"{one.route}: {what}", f"number {number}\n    {one.told()}")
            if got["status"] == 202 and "json" in got["kind"] and (run := json.loads(got["body"]).get("id")):
                self.cancel(one, run)
        told = "\n".join(f"number {number}\n    {one.told()}" for number, one in zip(numbers, requests, strict=True))
        for error in self.watched.unexpected():
            self.note(error[:400], told)
        if any((found := CANCELLED.search(error)) and found[1] == "w1" for error in self.watched.errors):
            self.keys += 1
        self.watched.errors.clear()

    def cancel(self, one: Request, run: str) -> None:
        """A run that was begun goes on for a while, with its id for others, and is stopped at the next restoring."""
        slice = "load" if "/load/" in one.route else "suites"
        self.at.named[f"{slice}.id"] = [*self.at.named.get(f"{slice}.id", [])[-3:], run]
        (got,) = send(self.page, [Request("POST", f"app/{slice}/runs/{run}/cancel", {"accept": "application/json"}, None)])
        if got["status"] >= 500:
            self.note(f"cancel of a run: {got['body'][:300]!r}", one.told())

    def look(self, told: str) -> None:
        """The keys' worker is the same as before; the pool is of two again."""
        keys = generations(self.page).get("w1", 0)
        if keys != self.keys:
            self.note("the keys' worker was lost", told)
            self.keys = keys
        headers = {"accept": "application/json", "content-type": "application/json"}
        send(self.page, [Request("POST", "app/pool/size", headers, b'{"workers": 2}')])

    def walk(self, numbers: Iterator[int], until: float) -> int:
        """Send requests until the clock says so or there are no more numbers; gives how many."""
        dice = random.Random(self.seed)
        sent = 0
        turn: list[int] = []
        for number in numbers:
            if time.monotonic() > until:
                break
            batch = [number, *itertools.islice(numbers, dice.choice((0, 0, 0, 0, 0, 1, 3)))]
            self.step(batch)
            sent += len(batch)
            turn += batch
            if len(turn) >= TURN:
                self.look(f"one of the numbers {turn}")
                restore(self.page, self.at)
                turn = []
        self.look(f"one of the numbers {turn}")
        return sent


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--from", type=int, default=0, dest="first", help="the number to begin with")
    parser.add_argument("--only", default="", help="send just these numbers, separated by commas")
    parser.add_argument("--slices", default="", help="only routes of these slices, separated by commas")
    options = parser.parse_args(arguments)
    from conftest import CHROMIUM, FLAGS, SAVE_DATA, Watched, serving, wait_ready

    slices = options.slices.split(",") if options.slices else None
    table = [each for each in TABLE if slices is None or each.slice in slices]
    numbers = iter(int(each) for each in options.only.split(",")) if options.only else itertools.count(options.first)
    print(f"fuzz: seed {options.seed}, {options.seconds:.0f} s, {len(table)} routes", flush=True)
    with closing(serving()) as site, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context()
        context.add_init_script(SAVE_DATA)
        page = context.new_page()
        watched = Watched(page)
        page.goto(f"{next(site)}?workers={options.workers}")
        wait_ready(page)
        walk = Walk(page, watched, options.seed, table)
        sent = walk.walk(numbers, time.monotonic() + options.seconds)
        browser.close()
    print(f"\nfuzz: {sent} requests, by status {dict(sorted(walk.statuses.items()))}; those that took longest:")
    for seconds, number, told in walk.slowest:
        print(f"    {seconds:.1f} s: number {number} {told[:200]!r}")
    for kind, times in walk.times.most_common():
        print(f"fuzz: {times} times: {kind[:300]}")
    print(f"fuzz: {'nothing found' if not walk.found else f'{len(walk.found)} kinds'} (seed {options.seed})", flush=True)
    return 1 if walk.found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
