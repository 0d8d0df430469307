"""What the disk costs in Chromium: a one-event commit with few and with many records, opening many, growth by rewriting.

    python tests/bench/disk.py [RECORDS]

An event is what keripy writes for one: 12 puts of about 6 KB in all, one of them a duplicate. Everything runs in a bare
Pyodide worker over a profile on disk; times are medians, in milliseconds.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kits" / "browser"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from bench_site import report, site
from conftest import CHROMIUM, FLAGS
from diskprobe import Probe
from playwright.sync_api import sync_playwright

OPEN = """
import time
now = time.perf_counter
def ms(began): return round((now() - began) * 1000, 2)
def median(times): return sorted(times)[len(times) // 2]
began = now()
steps = []
await run(disk.mount(lambda done, total: steps.append((done, total))))
env = store("bench")
plain, sigs = env.open_db(b"evts."), env.open_db(b"sigs.", dupsort=True)
opened = ms(began)
"""

FILL = """
async def fill(first, last):
    for at in range(first, last, 5000):
        with env.begin(write=True) as txn:
            for n in range(at, min(at + 5000, last)):
                txn.put(b"E%043d.%032x" % (n * 7919 % 1000003, n), os.urandom(200) * 2, db=plain)
        await run(disk.settle())
"""

EVENTS = """
async def events(first, count):
    times, memory = [], []
    for n in range(first, first + count):
        began = now()
        with disk.batch():
            for part in range(11):
                with env.begin(write=True, db=plain) as txn:
                    txn.put(b"K%043d.%032x" % (n, part), os.urandom(530))
            with env.begin(write=True, db=sigs) as txn:
                txn.put(b"K%043d" % n, os.urandom(88))
        memory.append(ms(began))
        await run(disk.settle())
        times.append(ms(began))
    return [median(times), sorted(times)[len(times) * 95 // 100], median(memory)]
"""


def main(records: int) -> None:
    with site() as url, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=FLAGS)
        probe = Probe(context, url)
        probe.start("a")
        probe.python("a", OPEN + FILL + EVENTS + "1")
        figures: dict[str, object] = {}
        probe.python("a", "await fill(0, 1000)\n1")
        few = probe.python("a", "found = await events(0, 200)\nfound")
        probe.python("a", f"await fill(1000, {records})\n1")
        many = probe.python("a", "found = await events(200, 200)\nfound")
        figures["commit with 1,000 (median, p95, of it in memory)"] = few
        figures[f"commit with {records:,}"] = many
        ratio = {"of": "one with 1,000", "ratio": many[0] / few[0]}
        figures["compaction, ms"] = probe.python("a", "began = now()\nawait run(checkpoints.compact(disk))\nms(began)")
        figures["checkpoint, MB"] = probe.python("a", "round(disk.checkpoint_bytes / 1e6, 1)")
        figures["commit after it"] = probe.python("a", "found = await events(400, 100)\nfound")
        probe.end("a")
        probe.start("b")
        opened = probe.python("b", OPEN + "[opened, len(steps), env.begin(db=plain).stat()['entries']]")
        figures[f"open {opened[2]:,} records, ms"] = opened[0]
        figures["steps of progress"] = opened[1]
        probe.python("b", """
class Fake:
    generation = 0
    def __init__(self): self.disk = disk
    def fault(self, ex, about=None): raise ex
doist.extend([Compactor(Fake())])
sizes = []
for n in range(400):
    with env.begin(write=True) as txn: txn.put(b"rewritten", os.urandom(200_000))
    await run(disk.settle())
    sizes.append(disk.log_bytes + disk.checkpoint_bytes)
until = now() + 120
while disk.log_bytes > max(checkpoints.LEAST, disk.checkpoint_bytes) and now() < until:
    await asyncio.sleep(0.5)
sizes.append(disk.log_bytes + disk.checkpoint_bytes)
1
""")  # fmt: skip
        figures["80 MB rewritten: largest, last on disk, MB"] = probe.python(
            "b", "[round(max(sizes) / 1e6, 1), round(sizes[-1] / 1e6, 1)]"
        )
        context.close()
    rows: list[dict[str, Any]] = [{"what": name, "figure": json.dumps(figure)} for name, figure in figures.items()]
    rows[1] |= ratio
    report("disk", rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
