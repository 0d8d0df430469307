"""The coordinator of a run: a Doer on w1 that measures one point after the other and keeps what it finds.

For each operation every contender is prepared, then windows are taken in turn (ours on 1, on 2, … workers, then each
peer, and so again), so that what disturbs the machine for a while disturbs all alike. A window begins at one absolute
time on all its workers. Our own shares are requests to `/app/load/shares`, addressed to single workers, of background
priority. What runs in the page (peers, the htmx round trip) is asked of the load page by `PageJobs`.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from statistics import median
from typing import Any

from hio.base import doing
from keriwasm.runtime.scheduling import WAIT

from .contenders import OWN, PAGE, offered
from .environment import MAKING, describe
from .findings import findings
from .jobs import PageAbsent, PageJobs
from .measuring import batch_for, timer_resolution
from .operations import OPERATIONS
from .results import Target, Window, finish, point, ratios
from .settings import REPEATS, Settings, about_seconds, link

__all__ = ["ShareFailed", "Study"]

LEAD = 0.03
"""Seconds between asking for a window and its common start: a message to every worker takes a few milliseconds."""

LATE_MS = 12.0
"""A worker that began later than this missed the common start: the window is taken again."""

TRIES = 4
"""Times that a window is taken until all begin together; the last one counts as it is (late_ms tells)."""

SETTLE_S = 60.0
"""Seconds that a run waits at most for the memory snapshot of a first visit."""

WARM = 0.12
"""Seconds of warm-up for each operation in each worker."""

SHARE = "/app/load/shares"


class ShareFailed(RuntimeError):
    """A worker could not do its share; the message is its reason."""


class Study(doing.Doer):
    """One run.

    Attributes:
        id, settings, state ("running", "done", "cancelled", "failed"), error (why it failed)
        points, skipped: what was measured so far, what could not be and why
        now: `{operation, contender, workers}` being measured, None between
        version (int): grows with every change: event streams look at it
        gauge: last window's `{operation, contender, workers, ops_per_s, per_worker}`
    """

    transient = True

    def __init__(self, worker: Any, id: str, settings: Settings, pool: list[str]) -> None:
        super().__init__()
        self.worker = worker
        self.id = id
        self.settings = settings
        self.pool = pool
        self.state = "running"
        self.error: str | None = None
        self.created_ms = round(time.time() * 1000)
        self.seconds = 0.0
        self.points: list[dict[str, Any]] = []
        self.skipped: list[dict[str, Any]] = []
        self.environment: dict[str, Any] = {}
        self.page = PageJobs(worker)
        self.current: dict[str, Any] | None = None
        self.gauge: dict[str, Any] | None = None
        self.done_targets = 0
        self.version = 0
        self.on_end: Any = None
        self.settling = ""
        self.waiting = False
        self._began = time.perf_counter()

    # -- what others see ------------------------------------------------------------------------------------------

    @property
    def total(self) -> int:
        """Points that the settings ask for."""
        return sum(len(self._targets(name)) for name in self.settings.operations)

    def as_json(self) -> dict[str, Any]:
        """The run as `GET /app/load/runs/{id}` tells it, and as it is kept."""
        seconds = self.seconds or time.perf_counter() - self._began
        return {
            "id": self.id,
            "state": self.state,
            "error": self.error,
            "created_ms": self.created_ms,
            "seconds": round(seconds, 2),
            "about_seconds": round(about_seconds(self.settings), 1),
            "settings": self.settings.as_json(),
            "link": link(self.settings),
            "total": self.total,
            "done": self.done_targets,
            "now": self.current,
            "waiting": self.waiting,
            "gauge": self.gauge,
            "environment": self.environment,
            "jank": self.page.jank,
            "points": self.points,
            "skipped": self.skipped,
            "ratios": ratios(self.points),
            "findings": self._findings(),
        }

    def cancel(self) -> None:
        """End it now: its requests are cancelled with it, what was measured stays."""
        if self.state == "running":
            self._end("cancelled")
            self.worker.doist.remove([self])

    # -- the run --------------------------------------------------------------------------------------------------

    def recur(self, tock: float = 0.0) -> Generator[float, float, bool]:
        """Measure everything, then say so. What one operation raises skips that operation, and is told."""
        self.worker.holders.add(self)  # some operations take a gigabyte, and a replacement would lose the run
        try:
            yield 0.02  # the answer to whoever started it goes first
            yield from self._settled()
            self.environment = describe(len(self.pool), timer_resolution())
            for name in self.settings.operations:
                yield from self._operation(name)
            yield from self.page.look()
            self._end("done")
        except Exception as ex:
            self.worker.fault(ex, about={"type": "load:run", "id": self.id})
            self.error = f"{type(ex).__name__}: {ex}"
            self._end("failed")
        return True

    def _settled(self) -> Generator[float, float, None]:
        """Wait for the memory snapshot while it is being made, within bounds. What cannot be waited for is told as a finding:
        the app is being kept in the page, and the snapshot begins only when nobody asks for anything, this run neither."""
        end = time.monotonic() + SETTLE_S
        self._wait(self.settling == MAKING)
        while self.settling == MAKING and time.monotonic() < end:
            yield 0.5
            reply = yield from self.worker.pool.request("GET", "/app/pool")
            if reply.ok and ((reply.media or {}).get("snapshot") or {}).get("state") != MAKING:
                self.settling = ""
        self._wait(False)

    def _wait(self, on: bool) -> None:
        self.waiting = on
        self.version += 1

    def _operation(self, name: str) -> Generator[float, float, None]:
        targets = []
        for target in self._targets(name):
            self._tell(target)
            try:
                target.batch = yield from self._prepare(target)
            except (ShareFailed, PageAbsent) as ex:
                self._skip(target, str(ex))
            else:
                targets.append(target)
        for _ in range(REPEATS):
            for target in list(targets):
                self._tell(target)
                try:
                    window = yield from self._window(target)
                except (ShareFailed, PageAbsent) as ex:
                    targets.remove(target)
                    self._skip(target, str(ex))
                    continue
                target.windows.append(window)
                self._measured(target, window)
        for target in targets:
            self.points.append(point(target))
            self.done_targets += 1
        finish(self.points, self.environment["cores"])
        self.current = None
        self.version += 1

    def _targets(self, name: str) -> list[Target]:
        if OPERATIONS[name].page:
            return [Target(name, PAGE, 1)]
        own = [Target(name, OWN, workers) for workers in self.settings.workers]
        return own + [Target(name, peer, 1) for peer in offered(name, self.settings.peers)]

    def _prepare(self, target: Target) -> Generator[float, float, int]:
        """Keys, warm-up; returns the batch to use."""
        body = {"operation": target.operation, "payload_bytes": self.settings.payload_bytes, "warm_s": WARM}
        if target.contender == OWN:
            # Only the first target of an operation finds work to do: workers keep what they have prepared.
            made = yield from self._shares(target, {**body, "phase": "prepare"})
        else:
            made = [(yield from self.page.ask({**body, "kind": "prepare", "contender": target.contender}))]
        if self.settings.batch:
            return self.settings.batch
        return batch_for(median(each["one_ns"] for each in made), max(each["resolution_ns"] for each in made))

    def _window(self, target: Target) -> Generator[float, float, Window]:
        lead = LEAD
        for attempt in range(TRIES):
            body = {
                "operation": target.operation,
                "payload_bytes": self.settings.payload_bytes,
                "batch": target.batch,
                "seconds": self.settings.seconds / REPEATS,
                "start_ms": self.worker.host.now() + lead * 1000,
            }
            if target.contender == OWN:
                made = yield from self._shares(target, {**body, "phase": "measure"})
            else:
                made = [(yield from self.page.ask({**body, "kind": "measure", "contender": target.contender}))]
            # A single worker has nobody to begin together with.
            if len(made) == 1 or max(each["late_ms"] for each in made) <= LATE_MS or attempt == TRIES - 1:
                return Window(tuple(made))
            lead *= 2
        raise AssertionError("unreachable")

    def _shares(self, target: Target, body: dict[str, Any]) -> Generator[float, float, list[dict[str, Any]]]:
        """Ask so many workers, the coordinating one last; all answers, or ShareFailed with the first reason."""
        chosen = sorted(self.pool, key=lambda id: (id == self.worker.id, id))[: target.workers]
        block_ms = OPERATIONS[target.operation].block_ms + 5000
        pool = self.worker.pool
        calls = [pool.open("POST", SHARE, body, worker=id, may_block_ms=block_ms) for id in chosen]
        try:
            while not all(call.done for call in calls):
                yield WAIT
        finally:
            for call in calls:
                pool.close(call)
        made = []
        for id, call in zip(chosen, calls, strict=True):
            reply = pool.finished(call)
            if not reply.ok:
                problem = reply.media if isinstance(reply.media, dict) else {}
                raise ShareFailed(f"{id}: {problem.get('detail') or problem.get('title') or reply.status}")
            made.append(reply.media)
        return made

    # -- notes ----------------------------------------------------------------------------------------------------

    def _tell(self, target: Target) -> None:
        self.current = {"operation": target.operation, "contender": target.contender, "workers": target.workers}
        self.version += 1

    def _measured(self, target: Target, window: Window) -> None:
        self.gauge = {
            "operation": target.operation,
            "contender": target.contender,
            "workers": target.workers,
            "ops_per_s": float(f"{window.rate:.4g}"),
            "per_worker": [float(f"{share['ops'] / share['wall_ns'] * 1e9:.4g}") for share in window.shares],
        }
        self.version += 1

    def _skip(self, target: Target, reason: str) -> None:
        self.skipped.append(
            {"operation": target.operation, "contender": target.contender, "workers": target.workers, "reason": reason}
        )
        self.done_targets += 1
        self.version += 1

    def _findings(self) -> list[dict[str, str]]:
        if self.state == "running" or not self.environment:
            return []
        return findings({
            "points": self.points,
            "ratios": ratios(self.points),
            "skipped": self.skipped,
            "environment": self.environment,
            "jank": self.page.jank,
            "settling": self.settling,
        })  # fmt: skip

    def _end(self, state: str) -> None:
        self.state = state
        self.current = None
        self.seconds = time.perf_counter() - self._began
        self.worker.holders.discard(self)
        self.page.end()
        self.version += 1
        if self.on_end is not None:
            self.on_end(self)
