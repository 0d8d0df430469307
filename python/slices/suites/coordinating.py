"""The Doer that carries a run: it hands chunks to the workers, takes in what they tell, and survives whom it loses.

It lives on worker w1 (routes pinned there) and its state lies on disk (store.py). Every worker runs tests, w1 too. When
another worker dies, the test it had begun is an error and the rest of its chunk goes to others. When w1 dies, the run stands
still until somebody looks at it (an open page does at once): the new w1 goes on from the disk, and the test that its
predecessor had marked is the error.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from hio.base import doing
from keriwasm.runtime.scheduling import ASAP

from slices.suites import fetching
from slices.suites.catalogue import SUITES
from slices.suites.collecting import NotCollected
from slices.suites.planning import Plan, Test
from slices.suites.results import BROKEN, CANCELLED, DONE, Run
from slices.suites.running import ERROR, SKIPPED, Result

if TYPE_CHECKING:
    from keriwasm.web.pool_client import Call

    from slices.suites.store import Store

LOOK = 0.5
"""Seconds between two looks at the pool, and between two writes of results."""

AHEAD = 2
"""Chunks that another worker has at a time: the second waits there while this worker is away in a test of its own."""

COLLECT_S = 120
"""Seconds that importing a suite's tests may block this worker."""

PATIENCE = 60
"""Looks in a row at a pool without any worker, or refusals of chunks in a row, after which the run is given up."""

SERVING = ("ready", "busy")


@dataclass
class Lane:
    """One worker and what it has.

    Attributes:
        key: (id, generation)
        begun: the test that it said it begins, until its result
    """

    key: tuple[str, int]
    calls: list[tuple[Call, list[Test]]] = field(default_factory=list)
    begun: Test | None = None


class Runs(Protocol):
    """All runs of this worker: `manager.Manager`."""

    worker: Any
    store: Store

    def behind(self, run: Run) -> bool: ...

    def stop(self, run: Run) -> None: ...

    def stopping(self, run: Run) -> bool: ...

    def durations(self) -> dict[Test, float]: ...


class RunDoer(doing.Doer):
    """Runs one run; ends when that is over. Closing it cancels what the workers have."""

    transient = True

    def __init__(self, manager: Runs, run: Run) -> None:
        super().__init__()
        self.manager = manager
        self.worker = manager.worker
        self.run = run
        self.lanes: dict[tuple[str, int], Lane] = {}
        self.preparing: list[Call] = []
        self.fresh: list[Result] = []
        self.plan = Plan(())
        self.trouble = 0
        self.clock = time.monotonic()

    def enter(self, *, temp: Any = None) -> None:
        """The worker is not replaced for its size while it coordinates a run."""
        self.worker.holders.add(self)

    def recur(self, tock: float = 0.0):
        """Wait for its turn, then carry the run; what goes wrong is the run's state, with the reason."""
        yield ASAP
        run, store = self.run, self.manager.store
        try:
            while self.manager.behind(run):
                if not run.waiting:
                    run.waiting = True
                    run.changed()
                yield 0.1
            run.waiting = False
            self.clock = time.monotonic()
            yield from self.select()
            yield from self.carry()
        except NotCollected as ex:
            run.end(BROKEN, str(ex))
        except Exception as ex:
            number = self.worker.fault(ex, about={"type": "suites:run", "id": run.id})
            run.end(BROKEN, f"{type(ex).__name__}: {ex} (fault {number})")
        finally:
            self.let_go()
        self.flush()
        store.finish(run)
        return True

    def exit(self) -> None:
        """However it ended, the worker may be replaced."""
        self.worker.holders.discard(self)

    # -- what there is to do ---------------------------------------------------------------------------------------

    def select(self) -> Generator[float, Any, None]:
        """Collect the suites, choose the tests of this run, skip those that its effort leaves out."""
        run = self.run
        known = self.manager.durations()
        fresh = not run.tests
        estimates: dict[Test, float] = {}
        if not (run.only or run.pattern):
            yield from self.prepare_others()
        for name in run.suites:
            suite = SUITES[name]
            yield from self.collect(name)
            cases = yield from fetching.ready(self.worker, name, run.id)
            if fresh and len(cases) != suite.tests:
                run.notes.append(f"{name}: {len(cases)} tests were found where {suite.tests} are known")
            for id in cases:
                if fresh and not wanted(run, f"{name}/{id}"):
                    continue
                if fresh:
                    run.tests.append((name, id))
                reason = suite.left_out(id, run.effort)
                if reason is not None and f"{name}/{id}" not in run.only:
                    if (name, id) not in run.results:
                        self.take_in(Result(name, id, SKIPPED, 0.0, "", reason))
                else:
                    estimates[name, id] = known.get((name, id), suite.estimate(id))
            yield ASAP
        if not run.tests:
            raise NotCollected("No test matches the selection.")
        chosen = set(run.tests)
        self.plan = Plan((t, s) for t, s in estimates.items() if t in chosen and t not in run.results)
        self.manager.store.save(run)
        self.flush()
        run.changed()

    def collect(self, name: str) -> Generator[float, Any, None]:
        """Have this worker import a suite's tests in a request that may block it: keripy's take seconds, more on a phone.

        Whatever goes wrong there goes wrong again in `select`, which then says so.
        """
        if fetching.collected(name, self.run.id):
            return
        call = self.open_chunk(self.worker.id, {"collect": [name]}, COLLECT_S)
        try:
            while not call.done and not self.manager.stopping(self.run):
                yield LOOK
        finally:
            self.worker.pool.close(call)

    def prepare_others(self) -> Generator[float, Any, None]:
        """Have all other workers import the tests meanwhile. One that cannot says so again in its first chunk."""
        yield from self.look()
        for id, _ in self.lanes:
            if id != self.worker.id:
                self.preparing.append(self.open_chunk(id, {"collect": self.run.suites}, COLLECT_S))

    def open_chunk(self, id: str, payload: dict[str, Any], seconds: float = 0.0) -> Call:
        """Ask a worker for something that may block it for that long, or as long as a test of this run may take."""
        blocks = max(self.run.timeout_s, seconds) * 1000
        path = f"/app/suites/runs/{self.run.id}/chunks"
        return self.worker.pool.open("POST", path, payload, worker=id, may_block_ms=blocks)

    # -- doing it --------------------------------------------------------------------------------------------------

    def carry(self) -> Generator[float, Any, None]:
        """Until every test has its result, or the run was stopped."""
        run, looked = self.run, -LOOK
        while True:
            for lane in list(self.lanes.values()):
                self.hear(lane)
            if self.manager.stopping(run):
                run.end(CANCELLED)
                return
            now = time.monotonic()
            run.seconds += now - self.clock
            self.clock = now
            if not len(self.plan) and not any(lane.calls for lane in self.lanes.values()):
                run.end(DONE)
                return
            if now - looked >= LOOK:
                looked = now
                self.flush()
                yield from self.look()
            self.hand_out()
            yield LOOK if self.lanes else 0.1

    def look(self) -> Generator[float, Any, None]:
        """Which workers serve now."""
        reply = yield from self.worker.pool.request("GET", "/app/pool")
        if not reply.ok:
            return
        serving = {(one["id"], one["generation"]) for one in reply.media["workers"] if one["state"] in SERVING}
        for key in serving:
            self.lanes.setdefault(key, Lane(key))
        for key in [key for key, lane in self.lanes.items() if key not in serving and not lane.calls]:
            del self.lanes[key]
        self.run.workers = max(self.run.workers, len(serving))
        self.trouble = 0 if serving else self.trouble + 1
        if self.trouble > PATIENCE or reply.media["state"] == "failed":
            raise NotCollected("No worker is left to run tests: see the pool.")

    def hand_out(self) -> None:
        """Chunks for whoever has room."""
        run = self.run
        for (id, _), lane in self.lanes.items():
            own = id == self.worker.id
            while len(lane.calls) < (1 if own else AHEAD) and len(self.plan):
                tests = self.plan.take(len(self.lanes), short=own and len(self.lanes) > 1)
                payload = {"tests": tests, "mark": own, "hang": run.hang}
                lane.calls.append((self.open_chunk(id, payload), tests))

    def hear(self, lane: Lane) -> None:
        """What a worker has told since the last time; a chunk that ended early gives its rest back."""
        for call, tests in list(lane.calls):
            for text in call.take().splitlines():
                self.told(lane, json.loads(text))
            if not call.done:
                continue
            lane.calls.remove((call, tests))
            self.worker.pool.close(call)
            status = call.reply.status if call.reply else 502
            if (call.error and call.error.startswith("stopped")) or status == 409:
                self.manager.stop(self.run)
            left = [test for test in tests if test not in self.run.results]
            # A worker that cancelling took along was in a test that nothing is wrong with: it was not run.
            if call.error and lane.begun in left and not self.manager.stopping(self.run):
                left.remove(lane.begun)
                self.lost(lane, call.error)
            if left:
                self.plan.give_back(left)
                self.trouble += status != 200
            if self.trouble > PATIENCE:
                raise NotCollected(f"Worker {lane.key[0]} refuses tests: status {status}.")

    def told(self, lane: Lane, message: dict[str, Any]) -> None:
        """A line of a chunk's stream."""
        run, id = self.run, lane.key[0]
        if "begin" in message:
            lane.begun = tuple(message["begin"])
            run.current[id] = {"suite": lane.begun[0], "id": lane.begun[1], "since": time.time() * 1000}
            run.changed()
        else:
            lane.begun = None
            run.current.pop(id, None)
            self.take_in(Result(**message["result"]))

    def lost(self, lane: Lane, error: str) -> None:
        """A worker died in a test: that test is the error."""
        assert lane.begun is not None
        suite, id = lane.begun
        began = self.run.current.pop(lane.key[0], {}).get("since", time.time() * 1000)
        message = f"hung: {error}" if " hung" in error else f"lost: {error}"
        self.take_in(Result(suite, id, ERROR, round(time.time() - began / 1000, 3), lane.key[0], message))
        self.run.notes.append(f"worker {lane.key[0]} was replaced: {id} took it along")
        lane.begun = None

    # -- books -----------------------------------------------------------------------------------------------------

    def take_in(self, result: Result) -> None:
        """A result, for the run and for the disk."""
        if (result.suite, result.id) not in self.run.results:
            self.fresh.append(result)
            self.run.add(result)

    def flush(self) -> None:
        """Results to the store; it writes them within its own pause."""
        self.manager.store.add(self.run, self.fresh)
        self.fresh = []

    def let_go(self) -> None:
        """Cancel what workers still have."""
        for call in self.preparing:
            self.worker.pool.close(call)
        for lane in self.lanes.values():
            for call, _ in lane.calls:
                self.worker.pool.close(call)
            lane.calls.clear()


def wanted(run: Run, name: str) -> bool:
    """Whether "suite/id" is in the run's selection."""
    if run.only:
        return name in run.only
    return not run.pattern or re.search(run.pattern, name) is not None
