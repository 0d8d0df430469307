"""The suites with two workers against one: `python tests/bench/pool/suites.py [REPEATS] [EFFORT] [PATTERN]`.

What is wanted on two cores: at least 1.6. All suites run, in quick effort, unless arguments say otherwise. Each run comes
after one that has measured the tests, so that guessed durations are not in the figure; collecting is, for a worker that
has grown is replaced between the two. Printed beside it: the seconds that each worker spent in tests.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(BENCH), str(BENCH.parent / "browser")]

from bench_site import chromium, report, site  # noqa: E402
from conftest import fetch, wait_ready  # noqa: E402
from playwright.sync_api import Browser  # noqa: E402


def measured(browser: Browser, url: str, workers: int, body: dict[str, Any]) -> dict[str, Any]:
    """The second of two runs with so many workers."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}?workers={workers}")
    wait_ready(page)
    run = {}
    for _ in range(2):
        answer = fetch(page, "app/suites/all/runs", "POST", json=body)
        assert answer["status"] < 300, answer
        while True:
            run = fetch(page, f"app/suites/runs/{answer['json']['id']}")["json"]
            if run["state"] != "running":
                break
            time.sleep(0.5)
        assert run["state"] == "done" and not run["failures"], run
        busy = "+".join(f"{each['seconds']:.1f}" for each in run["by_worker"].values())
        print(f"  {workers} workers: {run['passed']} tests in {run['seconds']:.1f} s, in tests {busy} s", flush=True)
    context.close()
    return run


def main() -> None:
    """Print the times and the median ratio."""
    given = dict(enumerate(sys.argv))
    repeats = int(given.get(1, 3))
    body = {"effort": given.get(2, "quick"), "pattern": given.get(3, "")}
    ratios = []
    with site() as url, chromium() as browser:
        for _ in range(repeats):
            runs = [measured(browser, url, workers, body) for workers in (1, 2)]
            one, two = (run["seconds"] for run in runs)
            ratios.append(one / two)
            print(f"one worker {one:.1f} s, two {two:.1f} s, ratio {one / two:.2f}", flush=True)
    report("suites", [{"what": "one worker's time", "of": "two workers'", "ratio": statistics.median(ratios), "wanted": ">= 1.6"}])


if __name__ == "__main__":
    main()
