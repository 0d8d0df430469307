"""A fixed selection of the suites with two workers against one: `python tests/bench/suites.py [REPEATS]`.

What is wanted on two cores: at least 1.6. Each run comes after one that has collected everything and measured the tests,
so that neither import times nor guessed durations are in the figure.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from conftest import CHROMIUM, FLAGS, fetch, serving, wait_ready
from playwright.sync_api import Browser, sync_playwright

SELECTION = r"liboqs-kem/|liboqs-sig/.*(ML-DSA|Falcon|MAYO|SLH_DSA.*128F|SNOVA)"


def seconds(browser: Browser, url: str, workers: int) -> tuple[float, int]:
    """(wall seconds, tests) of the second of two runs with so many workers."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}?workers={workers}")
    wait_ready(page)
    run = {}
    for _ in range(2):
        answer = fetch(page, "app/suites/all/runs", "POST", json={"effort": "quick", "pattern": SELECTION})
        while True:
            run = fetch(page, f"app/suites/runs/{answer['json']['id']}")["json"]
            if run["state"] != "running":
                break
            time.sleep(0.5)
        assert run["state"] == "done" and not run["failures"], run
    context.close()
    return run["seconds"], run["passed"]


def main() -> None:
    """Print the times and the median ratio."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    site = serving()
    url = next(site)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        ratios = []
        for _ in range(repeats):
            one, tests = seconds(browser, url, 1)
            two, _ = seconds(browser, url, 2)
            ratios.append(one / two)
            print(f"{tests} tests: one worker {one:.1f} s, two {two:.1f} s, ratio {one / two:.2f}", flush=True)
        browser.close()
    site.close()
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
