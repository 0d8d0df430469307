"""Several generators side by side in one Doer, as `yield from` runs one.

    replies = yield from together(ask(each) for each in many)

Each is resumed whenever the Doer is: one that waits for a wake-up must look whether it was meant, as `Outside.ask`, `PoolClient.map`
and all that loop over a condition do. One that counts its own resumptions, or takes one for time that has passed, is not for this.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, TypeVar

from keriwasm.runtime.scheduling import ASAP, WAIT

__all__ = ["together"]

T = TypeVar("T")


def together(works: Iterable[Generator[Any, float, T]], most: int = 0) -> Generator[float, float, list[T]]:
    """Their results, in their order. When one raises, or the Doer is closed, the others are closed.

    most: how many run at the same time, 0 for all; `works` is read as there is room
    """
    waiting = iter(works)
    running: dict[int, Generator[Any, float, T]] = {}
    results: list[Any] = []
    more = True
    try:
        while True:
            while more and (not most or len(running) < most):
                work = next(waiting, None)
                if work is None:
                    more = False
                else:
                    running[len(results)] = work
                    results.append(None)
            if not running:
                return results
            pause, ended = WAIT, False
            for number, work in list(running.items()):
                try:
                    pause = min(pause, next(work) or ASAP)
                except StopIteration as stop:
                    results[number] = stop.value
                    del running[number]
                    ended = True
                except BaseException:
                    del running[number]
                    raise
            if running and not (ended and more):
                yield pause
    finally:
        for work in running.values():
            work.close()
