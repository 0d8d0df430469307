"""Clicks while the load lab works every worker: elsewhere in its own tab, and in another tab of the app.

    python tests/bench/pool/load_clicks.py [CLICKS]

Each is a htmx click by the door, from the click to htmx:after:swap, at random moments of a run on two workers; CLICKS of each
kind (default 120), beside a third as many before the run. The other tab follows the first one's pool, as every further tab
of the app does. Wanted: within 100 ms, where one call of an operation is short. A call cannot be interrupted, so that
clicks wait for the one at hand when each worker has a long one: SLH-DSA, in a run of its own, shows how long.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench_site import chromium, median, ready, report, settled, site
from playwright.sync_api import Page

OPERATIONS = ["ed25519-sign", "ed25519-verify", "xchacha-1m", "blake3-1m", "ml-kem-768-encaps", "ml-dsa-65-sign"]
LONG = ["slh-dsa-128f-sign"]
FOLLOWS = "document.documentElement.dataset.state === 'follower'"

START = """async body => (await (await keriwasm.fetch('app/load/runs', {method: 'POST', body: JSON.stringify(body),
  headers: {'content-type': 'application/json', accept: 'application/json'}})).json())"""
STATE = "async id => (await (await keriwasm.fetch('app/load/runs/' + id, {headers: {accept: 'application/json'}})).json()).state"
CANCEL = "async id => (await keriwasm.fetch(`app/load/runs/${id}/cancel`, {method: 'POST', headers: {accept: 'application/json'}})).status"
CLICKS = """async clicks => {
  const host = document.createElement('div');
  host.innerHTML = '<div id="swapped"></div><button hx-get="app/crypto" hx-target="#swapped">click</button>';
  document.body.append(host);
  htmx.process(host);
  const times = [];
  while (times.length < clicks) {
    times.push(await new Promise(resolve => {
      const began = performance.now();
      document.addEventListener('htmx:after:swap', () => resolve(performance.now() - began), {once: true});
      host.querySelector('button').click();
    }));
    await new Promise(resolve => { setTimeout(resolve, 50 + 200 * Math.random()); });
  }
  host.remove();
  return times;
}"""


def row(what: str, times: list[float]) -> dict[str, Any]:
    times = sorted(times)
    return {
        "what": what,
        "clicks": len(times),
        "median_ms": median(times),
        "p95_ms": times[int(len(times) * 0.95)],
        "max_ms": times[-1],
    }


def rows(tabs: dict[str, Page], clicks: int, when: str) -> list[dict[str, Any]]:
    found = []
    for name, page in tabs.items():
        page.bring_to_front()
        found.append(row(f"{name}, {when}", page.evaluate(CLICKS, clicks)))
    return found


def during(
    tabs: dict[str, Page], clicks: int, operations: list[str], seconds: float, what: str
) -> tuple[list[dict[str, Any]], bool]:
    """Rows of clicks during a run, and whether it was still running after the last one; it is cancelled then."""
    leader = next(iter(tabs.values()))
    run = leader.evaluate(START, {"operations": operations, "workers": [2], "seconds": seconds})["id"]
    leader.wait_for_timeout(3000)
    found = rows(tabs, clicks, what)
    lasted = leader.evaluate(STATE, run) == "running"
    leader.evaluate(CANCEL, run)
    leader.wait_for_timeout(2000)
    return found, lasted


def main(clicks: int) -> int:
    with site() as url, chromium() as browser:
        context = browser.new_context()
        leader, follower = context.new_page(), context.new_page()
        ready(leader, f"{url}?workers=2")
        ready(follower, url, whole=FOLLOWS)
        # Once a version, a spare worker makes the memory snapshot when the pool is idle: that is not what is measured.
        settled(leader)
        leader.wait_for_timeout(3000)
        tabs = {"own tab": leader, "another tab": follower}
        found = rows(tabs, clicks // 3, "at rest")
        short, lasted = during(tabs, clicks, OPERATIONS, 14, "during six operations")
        long, lasted_too = during(tabs, clicks // 3, LONG, 60, "during SLH-DSA")
    report("load_clicks", found + short + long)
    if not (lasted and lasted_too):
        print("a run was over before the last click: its row tells less than it says")
    return 0 if lasted and lasted_too else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 120))
