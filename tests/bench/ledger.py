"""Importing foreign key event logs: events a second with one and with two workers.

    python tests/bench/ledger.py [EVENTS] [LOGS]

One log of EVENTS events (500) on one worker; LOGS logs (4) that share as many events, on one and on two workers. keripy is
imported by every worker before; the time is that of the whole request: reading, verification, merge, durable commit, answer.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench_site import chromium, ready, report, site

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from ledgerkit import habery, messages

IMPORT = """async text => {
  const began = performance.now();
  const response = await keriwasm.fetch('app/ledger', {method: 'POST', body: text,
    headers: {accept: 'application/json', 'content-type': 'application/cesr'}});
  const told = await response.json();
  if (!response.ok || told.rejected.length || told.escrowed.length) throw new Error(JSON.stringify(told).slice(0, 500));
  return {ms: performance.now() - began, accepted: told.accepted.length, workers: told.workers.join(' '),
          timing: response.headers.get('server-timing')};
}"""


def logs(count: int, events: int) -> list[str]:
    """Logs of one key each, every tenth event a rotation."""
    with habery(f"bench{count}") as hby:
        made = []
        for number in range(count):
            hab = hby.makeHab(f"log{number}")
            for sn in range(1, events):
                if sn % 10:
                    hab.interact(data=[{"n": str(sn)}])
                else:
                    hab.rotate()
            made.append(b"".join(messages(hab)).decode())
        return made


def main(events: int, count: int) -> None:
    warm, one, several = logs(8, 1), logs(1, events)[0], "".join(logs(count, events // count))
    rows = []
    with site() as url, chromium() as browser:
        for workers in (1, 2):
            page = browser.new_context().new_page()
            ready(page, f"{url}?workers={workers}")
            for text in warm:  # every worker gets its turn
                page.evaluate(IMPORT, text)
            for what, text in ((f"1 log of {events}", one), (f"{count} logs of {events // count}", several)):
                done = page.evaluate(IMPORT, text)
                rate = done["accepted"] / done["ms"] * 1000
                row = {
                    "workers": workers,
                    "what": what,
                    "events": done["accepted"],
                    "ms": done["ms"],
                    "events_per_s": rate,
                }
                rows.append({**row, "by": done["workers"], "timing": done["timing"]})
            page.context.close()
    report("ledger", rows)


if __name__ == "__main__":
    arguments = [int(each) for each in sys.argv[1:3]]
    main(*(arguments + [500, 4][len(arguments) :]))
