"""One scheduler's idle CPU and its latency from message to handler; runs on CPython and in Pyodide (see scheduler.py)."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import deque
from typing import Any

from hio.base import doing
from keriwasm.runtime.scheduling import WAIT, WakingDoist

HEARTBEAT = 0.25


def cpu_seconds() -> float:
    """CPU time of this process; in Pyodide the one of the Node around it."""
    if sys.platform != "emscripten":
        return time.process_time()
    import js

    usage = js.process.cpuUsage()
    return (usage.user + usage.system) / 1e6


class Inbox(doing.Doer):
    """Takes messages (the time they were sent) and notes how old they are. `tock` is what it yields."""

    def __init__(self, wanted: float) -> None:
        super().__init__()
        self.wanted, self.messages, self.ages = wanted, deque(), []

    def recur(self, tock: float = 0.0):
        while True:
            yield self.wanted
            while self.messages:
                self.ages.append(time.perf_counter() - self.messages.popleft())


class Heartbeat(doing.Doer):
    """What an idle worker does: one small thing every 250 ms."""

    beats = 0

    def recur(self, tock: float = 0.0):
        while True:
            yield HEARTBEAT
            self.beats += 1


def make(kind: str) -> tuple[Any, Inbox]:
    """A scheduler and its inbox: waking | tock (hio's default pace, real time) | asap (hio as fast as it can)."""
    inbox = Inbox(WAIT if kind == "waking" else 0.0)
    doers = [inbox, Heartbeat()]
    if kind == "waking":
        return WakingDoist(doers=doers), inbox
    return doing.Doist(doers=doers, real=kind == "tock", tock=0.03125 if kind == "tock" else 0.0), inbox


async def main(args: dict[str, Any]) -> dict[str, Any]:
    """args: kind, idle (seconds to watch it idle), messages. Returns cpu_percent and latencies in ms."""
    doist, inbox = make(args["kind"])
    task = asyncio.ensure_future(doist.ado())
    await asyncio.sleep(0.5)
    cpu, begun = cpu_seconds(), time.perf_counter()
    await asyncio.sleep(args["idle"])
    cpu_percent = (cpu_seconds() - cpu) / (time.perf_counter() - begun) * 100

    chance = random.Random(7)
    for sent in range(args["messages"]):
        inbox.messages.append(time.perf_counter())
        if args["kind"] == "waking":
            doist.wake(inbox)
        while len(inbox.ages) <= sent:
            await asyncio.sleep(0.001)
        await asyncio.sleep(chance.uniform(0.004, 0.04))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    ages = sorted(inbox.ages)
    at = {
        name: round(ages[min(len(ages) - 1, int(len(ages) * q))] * 1000, 3) for name, q in (("p50", 0.5), ("p95", 0.95))
    }
    return {"cpu_percent": round(cpu_percent, 2), **at, "max": round(ages[-1] * 1000, 3)}
