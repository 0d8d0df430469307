"""Cancel in mid-run: `python tests/bench/pool/suites_cancel.py [TIMES]`. From the request until no worker has anything in hand,
and until all serve again (one that was inside a long test is replaced).

All suites in standard effort on two workers, stopped after some 25 seconds, when long tests run. Wanted: idle within a second.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench_site import chromium, median, ready, report, settled, site

BEGIN = """async () => (await (await keriwasm.fetch('app/suites/all/runs', {method: 'POST', body: '{"effort": "standard"}',
  headers: {'content-type': 'application/json', accept: 'application/json'}})).json()).id"""
CANCEL = """async id => {
  const headers = {accept: 'application/json'};
  const began = performance.now();
  keriwasm.fetch(`app/suites/runs/${id}/cancel`, {method: 'POST', headers});
  let idle;
  for (;;) {
    const {workers} = await (await keriwasm.fetch('app/pool', {headers})).json();
    const now = performance.now() - began;
    if (workers.every(({queue}) => queue === 0)) idle ??= now;
    if (idle && workers.every(({queue, state}) => queue === 0 && state === 'ready')) return [idle, now];
    await new Promise(resolve => { setTimeout(resolve, 20); });
  }
}"""


def main(times: int) -> None:
    with site() as url, chromium() as browser:
        page = browser.new_page()
        ready(page, f"{url}?workers=2")
        settled(page)
        found = []
        for number in range(times):
            run = page.evaluate(BEGIN)
            time.sleep((45 if number == 0 else 25) + 5 * random.random())  # the first one imports everything
            found.append(page.evaluate(CANCEL, run))
            time.sleep(2)
    report("suites_cancel", [
        {"what": what, "median_ms": median(list(values)), "max_ms": max(values)}
        for what, values in zip(("nothing in hand", "all serve again"), zip(*found, strict=True), strict=True)
    ])  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
