"""Kills Chromium (SIGKILL) at random moments of a writing workload, again and again over one profile; a program.

    python tests/kits/browser/diskkill.py URL KILLS SEED  ->  one line of JSON: {"kills", "steps", "compactions", "wrong": [...]}

Each step of the workload is one batch over two stores: a counter, a record that says the same in both, a deletion, a
rewritten value. The limit for checkpoints is so low that compactions run all the time. After each kill the next worker mounts
what is there: the counter must be at least the last acknowledged one, and both stores must tell the same story.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from diskprobe import Probe
from playwright.sync_api import Error, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
KEPT = 40
"""Records that a store keeps: older ones are deleted."""

PATIENCE_S = 60

SETUP = f"""
checkpoints.LEAST, checkpoints.PART = 6000, 1000
await run(disk.mount())
one, two = store("one"), store("two")
def number(env, key=b"counter"):
    with env.begin() as txn: return int(txn.get(key) or 0)
def story(env):
    with env.begin() as txn: return [(bytes(k).decode(), len(v)) for k, v in txn.cursor() if k.startswith(b"r")]
def expected(n):
    return [("r%08d" % i, 50 + i % 7) for i in range(max(1, n - {KEPT} + 1), n + 1)]
n = number(one)
seen = [n, number(two), story(one) == story(two) == expected(n), disk.head["snapshot"], disk.trouble]
class Fake:
    generation = 0
    def __init__(self): self.disk = disk
    def fault(self, ex, about=None): js.say(json.dumps(["fault", repr(ex)]))
import js
compactor = Compactor(Fake())
doist.extend([compactor])
"""

WORK = f"""
async def work():
    global n
    while True:
        n += 1
        with disk.batch():
            for env in (one, two):
                with env.begin(write=True) as txn:
                    txn.put(b"counter", b"%d" % n)
                    txn.put(b"r%08d" % n, b"x" * (50 + n % 7))
                    txn.delete(b"r%08d" % (n - {KEPT}))
                    txn.put(b"same", os.urandom(200))
        await run(disk.settle())
        js.say(json.dumps(["ack", n]))
working = asyncio.ensure_future(work())
"""


def processes(profile: str) -> list[int]:
    """Of the browser that runs on this profile, all that name it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if f"--user-data-dir={profile}".encode() in command:
                found.append(int(entry.name))
    return found


def round_(driver: Any, url: str, profile: str, acked: int, writes: int, pause: float) -> tuple[list[Any], int, list[str]]:
    """Open, look, write, kill: (what the worker found, the last acknowledged step, faults).

    It is killed so many seconds after so many writes were acknowledged: a busy machine takes longer and does as much.
    """
    context = driver.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=FLAGS)
    last, faults = [acked], []

    def heard(message: Any) -> None:
        if message.text.startswith("["):
            kind, what = json.loads(message.text)
            if kind == "ack":
                last[0] = what
            else:
                faults.append(what)

    probe = Probe(context, url)
    probe.page.on("console", heard)
    probe.page.evaluate("globalThis.heard = (text) => console.log(text)")
    probe.start("writer")
    seen = probe.python("writer", SETUP + "seen")
    probe.page.evaluate("([n, c]) => begin(n, c)", ["writer", WORK])
    try:
        end = time.monotonic() + PATIENCE_S
        while last[0] < seen[0] + writes:
            if time.monotonic() > end:
                raise TimeoutError(f"{last[0] - seen[0]} of {writes} writes in {PATIENCE_S} s; faults: {faults}")
            probe.page.wait_for_timeout(20)
        probe.page.wait_for_timeout(pause * 1000)
        for pid in processes(profile):
            os.kill(pid, signal.SIGKILL)
        context.close()
    except Error:  # its browser is gone
        pass
    return seen, last[0], faults


def main(url: str, kills: int, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    wrong: list[str] = []
    acked = steps = compactions = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, sync_playwright() as driver:
        for kill in range(kills + 1):
            writes, pause = (chance.randrange(6), chance.uniform(0.0, 0.5)) if kill < kills else (0, 0.0)
            seen, last, faults = round_(driver, url, profile, acked, writes, pause)
            one, two, whole, compactions, trouble = seen
            if not (one == two >= acked and whole and trouble is None):
                wrong.append(f"after kill {kill}: {seen}, acknowledged {acked}")
            wrong += faults
            acked, steps = max(last, one), max(steps, last)
            time.sleep(0.05)
    return {"kills": kills, "steps": steps, "compactions": compactions, "wrong": wrong}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
