"""Opening an identifier with a long log: the ledger's page of it, which an own identifier's page shares its work with.

    python tests/bench/timeline.py [EVENTS ...]

For each number of events (1000 and 20000) a log of one inception and interactions, the worst for finding the keys, is
imported; then its page is asked for ten times, and its oldest part as often. Times are of the whole request in the page;
`silence` is the longest that the worker's scheduler did not turn meanwhile, by what an empty click waited beside it.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import lmdb
from bench_site import chromium, median, ready, report, site
from ledger import IMPORT

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kits"))

from ledgerkit import habery, messages

ROUNDS = 10
real = lmdb.open
OPEN = """async ([path, rounds]) => {
  const taken = [], waited = [];
  const get = async (path, accept) => {
    const began = performance.now();
    const response = await keriwasm.fetch(path, {headers: {accept}});
    const text = await response.text();
    if (!response.ok) throw new Error(text.slice(0, 500));
    return [performance.now() - began, text];
  };
  for (let round = 0; round < rounds; round++) {
    let over = false;
    const page = get(path, 'text/html').then(([ms, text]) => {
      over = true;
      if (!text.includes('event-')) throw new Error(text.slice(0, 500));
      taken.push(ms);
    });
    while (!over) waited.push((await get('app/ledger/progress', 'application/json'))[0]);
    await page;
  }
  return {taken, silence: Math.max(...waited)};
}"""


def log(events: int) -> tuple[str, str]:
    """(AID, log) of so many events."""
    lmdb.open = partial(real, sync=False)  # what is thrown away need not outlive a power cut
    with habery(f"long{events}") as hby:
        hab = hby.makeHab("long")
        for _ in range(1, events):
            hab.interact()
        return hab.pre, b"".join(messages(hab)).decode()


def main(sizes: list[int]) -> None:
    rows: list[dict[str, Any]] = []
    with site() as url, chromium() as browser:
        page = browser.new_context().new_page()
        made = [(size, *log(size)) for size in sizes]
        ready(page, f"{url}?workers=2")
        for size, aid, text in made:
            if page.evaluate(IMPORT, text)["accepted"] != size:
                raise RuntimeError("not all was accepted")
            for what, path in (("page", f"app/ledger/{aid}"), ("oldest part", f"app/ledger/{aid}/events?before=19")):
                page.evaluate(OPEN, [path, 1])
                done = page.evaluate(OPEN, [path, ROUNDS])
                rows.append({"events": size, "what": what, "ms": median(done["taken"]), "most": max(done["taken"]),
                             "silence": done["silence"]})  # fmt: skip
    report("timeline", rows)


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [1000, 20_000])
