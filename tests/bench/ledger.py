"""Importing foreign key event logs: events a second with one and with two workers.

    python tests/bench/ledger.py [EVENTS] [LOGS] [ROUNDS]

One log of EVENTS events (500) on one worker; LOGS logs (4) that share as many events, on one and on two workers. keripy is
imported by every worker before, and the memory snapshot is made; the time is that of the whole request: reading, verification,
merge, durable commit, answer. Medians of ROUNDS (3), each with logs that were never seen; the speed-up is that of the logs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from bench_site import chromium, median, ready, report, settled, site

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kits"))

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


def logs(count: int, events: int, name: str) -> list[str]:
    """Logs of one key each, every tenth event a rotation; each name makes others."""
    with habery(name) as hby:
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


def main(events: int, count: int, rounds: int) -> None:
    rows: list[dict[str, Any]] = []
    warm = logs(8, 2, "warm")
    kinds = {
        f"1 log of {events}": [logs(1, events, f"one{n}")[0] for n in range(rounds)],
        f"{count} logs of {events // count}": ["".join(logs(count, events // count, f"some{n}")) for n in range(rounds)],
    }
    with site() as url, chromium() as browser:
        for workers in (1, 2):
            page = browser.new_context().new_page()
            ready(page, f"{url}?workers={workers}")
            settled(page)
            page.wait_for_timeout(3000)
            page.evaluate(IMPORT, "".join(warm))  # shared out: every worker gets its turn
            done = {what: [page.evaluate(IMPORT, texts[n]) for n in range(rounds)] for what, texts in kinds.items()}
            for what, each in done.items():
                rate = median([one["accepted"] / one["ms"] * 1000 for one in each])
                row = {"workers": workers, "what": what, "ms": median([one["ms"] for one in each]), "events_per_s": rate}
                rows.append({**row, "by": each[-1]["workers"], "timing": each[-1]["timing"]})
            page.context.close()
    rows[-1]["speed_up"] = rows[-1]["events_per_s"] / rows[1]["events_per_s"]
    report("ledger", rows)


if __name__ == "__main__":
    arguments = [int(each) for each in sys.argv[1:4]]
    main(*(arguments + [500, 4, 3][len(arguments) :]))
