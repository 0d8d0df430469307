"""Boot: navigation to the first answered click and to a whole pool of 2 and of 4, beside one bare loadPyodide.

    python tests/bench/boot.py [ROUNDS]

Cold is an empty profile; warm is the same profile again once the memory snapshot and the app are kept (HTTP cache, compiled
code, service worker). All in one run, medians of ROUNDS (default 5); compare the ratios, not the milliseconds.
"""

from __future__ import annotations

import sys
import time

from bench_site import Page, chromium, median, ready, report, site

BARE_PAGE = b"<!doctype html><title>bare</title>"
BARE_WORKER = b"""
import { loadPyodide } from '/static/pyodide/314.0.7/pyodide.mjs';
await loadPyodide();
postMessage('ready');
"""
BARE = """() => new Promise((resolve, reject) => {
  const began = performance.now();
  const worker = new Worker('/bench/bare.js', {type: 'module'});
  worker.onerror = error => reject(new Error(error.message));
  worker.onmessage = () => { resolve(performance.now() - began); worker.terminate(); };
})"""
# In the page before its scripts: times since navigation of the first answer and of the whole pool.
CLOCK = """
  globalThis.marks = {};
  document.addEventListener('keriwasm:answer', () => { marks.click ??= performance.now(); });
  document.addEventListener('keriwasm:status', ({detail}) => {
    if (detail.size && detail.ready === detail.size) marks.pool ??= performance.now();
  });
"""


IMAGE = """async () => (await (await keriwasm.fetch('app/pool', {headers: {accept: 'application/json'}})).json()).image.state"""


def settle(page: Page) -> None:
    """Wait until what a later visit starts from is kept. Raises RuntimeError when no snapshot could be made."""
    end = time.monotonic() + 120
    while (state := page.evaluate(IMAGE)) not in ("kept", "used"):
        if state not in ("none", "making") or time.monotonic() > end:
            raise RuntimeError(f"no memory snapshot: it is {state}")
        time.sleep(0.5)
    page.wait_for_timeout(3000)


def main(rounds: int) -> None:
    extra = {"/bench/": ("text/html", BARE_PAGE), "/bench/bare.js": ("text/javascript", BARE_WORKER)}
    times: dict[str, list[float]] = {}
    with site(extra) as url, chromium() as browser:
        for _ in range(rounds):
            for workers in (0, 2, 4):
                context = browser.new_context()
                for visit in ("cold", "warm"):
                    page = context.new_page()
                    if workers == 0:
                        page.goto(f"{url}bench/")
                        times.setdefault(f"{visit} bare loadPyodide", []).append(page.evaluate(BARE))
                    else:
                        page.add_init_script(CLOCK)
                        ready(page, f"{url}?workers={workers}")
                        while "click" not in (marks := page.evaluate("marks")):
                            time.sleep(0.02)  # the pool may be whole before its first page is joined
                        times.setdefault(f"{visit} first click, pool of {workers}", []).append(marks["click"])
                        times.setdefault(f"{visit} whole pool of {workers}", []).append(marks["pool"])
                        if visit == "cold":
                            settle(page)
                    page.close()
                context.close()
    bare = {visit: median(times[f"{visit} bare loadPyodide"]) for visit in ("cold", "warm")}
    report("boot", [
        {"what": name, "median_ms": median(values), "min_ms": min(values), "max_ms": max(values),
         "of bare loadPyodide": median(values) / bare[name.split()[0]]}
        for name, values in sorted(times.items())
    ])  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
