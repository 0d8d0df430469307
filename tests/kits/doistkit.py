"""Doers that note their life or burn time, and a Doist that runs them for a while: by a clock of the tests' own.

A busy machine would make every bound on real time wrong. Here time passes by waiting (at once: nobody waits really), by burning
and a little by being read, and never by another process. What is not seen so: that the real clock and the real timers are kept,
which the tests in Pyodide and in the browser show.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any

import workerkit  # noqa: F401  (sets the path)
from hio.base import doing
from keriwasm.runtime.scheduling import ASAP, WakingDoist


class Clock:
    """Seconds; each look costs a microsecond, so that what only looks at the clock comes to an end as well."""

    LOOK = 1e-6

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        self.burn(self.LOOK)
        return self.seconds

    def burn(self, seconds: float) -> None:
        self.seconds += seconds


CLOCK = Clock()
waking = functools.partial(WakingDoist, clock=CLOCK)


class ClockLoop(asyncio.SelectorEventLoop):
    """An event loop by CLOCK: when nothing is ready, the time of the next timer has come. Not for what waits for a thread."""

    def __init__(self) -> None:
        super().__init__()
        ready = self._selector.select

        def select(timeout: float | None) -> Any:
            found = ready(0)
            if not found:
                assert timeout is not None, "all wait, and no timer will end it"
                CLOCK.burn(timeout)
            return found

        self._selector.select = select

    def time(self) -> float:
        return CLOCK.seconds


def by_clock(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Decorator: run an async test by CLOCK, and every WakingDoist that is made meanwhile."""

    @functools.wraps(test)
    def sync(*args: Any, **kwa: Any) -> None:
        defaults = WakingDoist.__init__.__kwdefaults__
        before, defaults["clock"] = defaults["clock"], CLOCK
        try:
            with asyncio.Runner(loop_factory=ClockLoop) as runner:
                runner.run(test(*args, **kwa))
        finally:
            defaults["clock"] = before

    return sync


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
            CLOCK.burn(self.burn)
            yield self.wanted


def go(doist, doers, seconds=None, *beside):
    """Run a Doist (of `waking`) until it ends (or for `seconds`), with coroutines beside it."""

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

    with asyncio.Runner(loop_factory=ClockLoop) as runner:
        runner.run(both())
