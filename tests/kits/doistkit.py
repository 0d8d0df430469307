"""Doers that note their life or burn time, and a Doist that runs them for a while."""

from __future__ import annotations

import asyncio
import time

import workerkit  # noqa: F401  (sets the path)
from hio.base import doing
from keriwasm.runtime.scheduling import ASAP


class Recorder(doing.Doer):
    """Notes its life; yields what it is told to, then ends."""

    def __init__(self, log, name="r", yields=(), **attributes):
        super().__init__()
        self.log, self.name, self.yields = log, name, list(yields)
        vars(self).update(attributes)

    def enter(self, *, temp=None):
        self.log.append((self.name, "enter"))

    def recur(self, tock=0.0):
        tyme = yield ASAP
        for tock in self.yields:
            self.log.append((self.name, round(tyme, 3)))
            tyme = yield tock
        return True

    def cease(self):
        self.log.append((self.name, "cease"))

    def exit(self):
        self.log.append((self.name, "exit"))


class Endless(doing.Doer):
    """Steps of `burn` seconds, counted, for ever."""

    def __init__(self, tock=ASAP, burn=0.0, **attributes):
        super().__init__()
        self.steps, self.wanted, self.burn = 0, tock, burn
        vars(self).update(attributes)

    def recur(self, tock=0.0):
        yield ASAP
        while True:
            self.steps += 1
            end = time.perf_counter() + self.burn
            while time.perf_counter() < end:
                pass
            yield self.wanted


def go(doist, doers, seconds=None, *beside):
    """Run a Doist until it ends (or for `seconds`), with coroutines beside it."""

    async def both():
        task = asyncio.ensure_future(doist.ado(doers=doers))
        for coroutine in beside:
            await coroutine
        if seconds is None:
            await asyncio.wait_for(task, 10)
        else:
            await asyncio.wait({task}, timeout=seconds)
            if task.done():
                task.result()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(both())
