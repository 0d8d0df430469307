"""One worker's share of a measurement: prepare an operation, then run it for one window that all workers begin together.

The same method is written once more in workers/lab/peers.js, for libraries that are not Python. Both take a clock reading
before and after every batch, both give way every `SLICE` seconds, and both count wall time from the common start to the
end of the last batch: giving way, messages and other people's requests are part of the price.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from functools import cache
from typing import Any

from keriwasm.imports import packed_wheels
from keriwasm.runtime.scheduling import ASAP

from .histogram import Histogram
from .operations import Many, find, needs_keri, reason_against

__all__ = ["SLICE", "Bench", "Prepared", "batch_for", "timer_resolution"]

SLICE = 0.004
"""Seconds of work between two yields: what a click waits for at most, unless one run takes longer."""

SAMPLE_NS = 200_000
"""Shortest sample: faster operations are timed in batches, or the clock's own steps would be what is measured."""

STEPS = 40
"""Steps of the clock that a sample lasts at least."""

BATCH_MOST = 1_000_000

now_ns = time.perf_counter_ns


@cache
def timer_resolution() -> int:
    """The smallest step of this worker's clock that shows up in 200 tries, in nanoseconds."""
    smallest = 1 << 62
    last = now_ns()
    for _ in range(200):
        for _ in range(100_000):  # a clock that stands still must not hold the worker
            here = now_ns()
            if here != last:
                break
        if here > last:
            smallest = min(smallest, here - last)
        last = here
    return smallest


def batch_for(one_ns: float, resolution_ns: int) -> int:
    """How many runs make a sample that the clock can time."""
    return max(1, min(BATCH_MOST, round(max(SAMPLE_NS, STEPS * resolution_ns) / max(1.0, one_ns))))


@dataclass
class Prepared:
    """An operation with its keys, ready to run; `one_ns` is what one run took at best while it was warmed up."""

    name: str
    payload: int
    many: Many
    one_ns: float


class Bench:
    """What a worker keeps between the windows of a run.

    Attributes:
        busy: a share is running: two at a time on one worker would measure each other
    """

    def __init__(self, host: Any) -> None:
        self.host = host
        self.prepared: Prepared | None = None
        self.busy = False

    def prepare(self, name: str, payload: int, warm_s: float) -> Generator[float, float, Prepared]:
        """Build the operation and warm it up. Raises Unavailable, ImportError, MemoryError or what the library raises."""
        held = self.prepared
        if held is not None and (held.name, held.payload) == (name, payload):
            return held
        self.prepared = None  # frees the old one's keys before the new one's are made
        yield ASAP
        if needs_keri(name):
            yield from packed_wheels.here()
        many = find(name).build(payload)
        many(1)
        yield ASAP
        size, best, took = 1, float("inf"), 1
        until = now_ns() + int(warm_s * 1e9)
        while True:
            began = now_ns()
            many(size)
            took = max(1, now_ns() - began)
            if took < SAMPLE_NS:
                size = min(size * 2, BATCH_MOST)
            else:  # the fastest sample: whatever disturbs the machine only ever makes one slower
                best = min(best, took / size)
            if now_ns() >= until:
                break
            yield ASAP
        self.prepared = Prepared(name, payload, many, best if best < float("inf") else took / size)
        return self.prepared

    def measure(self, prepared: Prepared, start_ms: float, seconds: float, batch: int) -> Generator[float, float, dict]:
        """Run from the epoch millisecond `start_ms` for `seconds`: `{ops, wall_ns, late_ms, histogram}`.

        late_ms: how long after the common start this worker really began.
        """
        ahead = (start_ms - self.host.now()) / 1000
        while ahead > 0.004:
            yield ahead - 0.002
            ahead = (start_ms - self.host.now()) / 1000
        while self.host.now() < start_ms:
            pass  # the last few milliseconds: timers are not that exact
        late_ms = self.host.now() - start_ms
        many, histogram = prepared.many, Histogram()
        began = now_ns()
        until = began + int(seconds * 1e9)
        pause = began + int(SLICE * 1e9)
        samples: list[int] = []
        here = began
        while here < until:
            before = now_ns()
            many(batch)
            here = now_ns()
            samples.append(here - before)
            if here >= pause:
                histogram.record([sample // batch for sample in samples])
                samples.clear()
                yield ASAP
                pause = now_ns() + int(SLICE * 1e9)
        wall = here - began
        histogram.record([sample // batch for sample in samples])
        return {
            "ops": histogram.count * batch,
            "wall_ns": wall,
            "late_ms": round(late_ms, 3),
            "histogram": histogram.as_json(),
        }

    def able(self, name: str) -> str | None:
        """Why this worker cannot run the operation, or None."""
        return reason_against(name)
