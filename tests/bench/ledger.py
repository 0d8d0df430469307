"""Importing foreign key event logs: events a second with one and with two workers, beside native keripy; and where the time goes.

    python tests/bench/ledger.py [EVENTS] [LOGS] [ROUNDS]
    python tests/bench/ledger.py profile [EVENTS] [ROUNDS]

One log of EVENTS events (500) on one worker; LOGS logs (4) that share as many events, on one and on two workers. keripy is
imported by every worker before, and the memory snapshot is made; the time is that of the whole request: reading, verification,
merge, durable commit, answer. Medians of ROUNDS (3), each with logs that were never seen; the speed-up is that of the logs.

Native keripy reads the same streams in the same run, by its Parser and Kevery over py-lmdb, on the Python that the network tests
bring: with lmdb as keripy opens it, which syncs a dozen transactions an event to the disk, and with lmdb that syncs none.

profile: the stages of an import in one Pyodide under Node (processor time), without ports and IndexedDB, and whose code it is by
cProfile.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench_site import ROOT, chromium, median, ready, report, settled, site

sys.path.insert(0, str(ROOT / "tests/kits"))
sys.path.insert(0, str(ROOT / "tests/wasm"))

from ledgerkit import habery, messages

PROGRAMS = ROOT / "tests/bench/programs"

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


def native(texts: list[str]) -> dict[str, list[float]]:
    """Events a second that keripy alone verifies of each stream, with lmdb synced and unsynced."""
    spec = importlib.util.spec_from_file_location("network_bench", ROOT / "tests/kits/network/bench.py")
    assert spec is not None and spec.loader is not None
    network = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = network  # its dataclass looks there
    spec.loader.exec_module(network)
    bench = network.provide()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [folder / f"{number}.cesr" for number in range(len(texts))]
        for file, text in zip(files, texts, strict=True):
            file.write_text(text)
        rates = {}
        for how in ("synced", "unsynced"):
            command = [bench.python, PROGRAMS / "native_program.py", how, *files]
            out = subprocess.run(command, env=bench.environment(folder), capture_output=True, text=True, check=True).stdout
            rates[how] = [events / seconds for seconds, events in json.loads(out.splitlines()[-1])]
    return rates


def profile(events: int, rounds: int) -> None:
    """Stages, then whose code it is."""
    from conftest import Pyodide, locked_wheels

    streams = [logs(1, events, f"profiled{n}")[0] for n in range(rounds + 2)]
    with tempfile.TemporaryDirectory() as folder:
        pyodide = Pyodide(locked_wheels(), Path(folder))
        found = pyodide.run(PROGRAMS / "ledger_program.py", {"streams": streams}, mounts={"/bench": PROGRAMS}, path=["/bench"])
    stages = {name: median([each[name] for each in found["stages"]]) for name in found["stages"][0]}
    parts = sorted(found["parts"].items(), key=lambda part: -part[1])
    rows = [{"what": name, "us_an_event": spent, "percent": 100 * spent / stages["whole"]} for name, spent in stages.items()]
    report("ledger", [*rows, *({"what": f"code: {name}", "percent": share} for name, share in parts)])


def main(events: int, count: int, rounds: int) -> None:
    rows: list[dict[str, Any]] = []
    warm = logs(8, 2, "warm")
    kinds = {
        f"1 log of {events}": [logs(1, events, f"one{n}")[0] for n in range(rounds)],
        f"{count} logs of {events // count}": ["".join(logs(count, events // count, f"some{n}")) for n in range(rounds)],
    }
    alone = {what: native(texts) for what, texts in kinds.items()}
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
                row: dict[str, Any] = {"workers": workers, "what": what, "ms": median([one["ms"] for one in each]), "events_per_s": rate}
                rows.append({**row, "by": each[-1]["workers"], "timing": each[-1]["timing"]})
            page.context.close()
    rows[-1]["speed_up"] = rows[-1]["events_per_s"] / rows[1]["events_per_s"]
    for row in rows:
        rates = {how: median(each) for how, each in alone[row["what"]].items()}
        row |= {"of": "native keripy", "native_per_s": rates["synced"], "ratio": row["events_per_s"] / rates["synced"]}
        row |= {"unsynced_per_s": rates["unsynced"], "of_unsynced": row["events_per_s"] / rates["unsynced"]}
    report("ledger", rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["profile"]:
        arguments = [int(each) for each in sys.argv[2:4]]
        profile(*(arguments + [500, 3][len(arguments) :]))
    else:
        arguments = [int(each) for each in sys.argv[1:4]]
        main(*(arguments + [500, 4, 3][len(arguments) :]))
