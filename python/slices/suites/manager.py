"""All runs of worker w1: begun, resumed, stopped, found again."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

from keriwasm import __version__
from keriwasm.web.jobs import new_id

from slices.suites import fetching
from slices.suites.catalogue import SUITES
from slices.suites.coordinating import RunDoer
from slices.suites.planning import Test
from slices.suites.results import CANCELLED, Run
from slices.suites.running import ERROR, Result
from slices.suites.store import Store

ALL = "all"
"""Name under which every suite runs in one run."""

MOST_WAITING = 10
"""Runs that may wait for their turn."""


class Manager:
    """The runs of this worker; `yield from ready()` first: it takes up what an earlier worker had left."""

    def __init__(self, worker: Any) -> None:
        self.worker = worker
        self.store = Store(worker)
        self.runs: dict[str, Run] = {}
        self.stopped: set[str] = set()
        self._ready = False

    def ready(self) -> Generator[float, Any, None]:
        """Open the store, resume what is not over."""
        yield from self.store.ready()
        if self._ready:
            return
        self._ready = True
        for run in self.store.unfinished():
            self.runs[run.id] = run
            if run.id in self.stopped:
                run.end(CANCELLED)
                self.store.finish(run)
                continue
            self.blame(run)
            self.start(run)

    def begin(self, suites: list[str], effort: str, timeout_s: float, **more: Any) -> Run:
        """A new run; it waits while another one runs. Raises ValueError when too many wait already."""
        if sum(not run.over for run in self.runs.values()) > MOST_WAITING:
            raise ValueError(f"{MOST_WAITING} runs wait already: cancel one, or wait.")
        machine = {**fetching.machine(), "version": __version__}
        run = Run(new_id(), suites, effort, timeout_s, machine=machine, **more)
        self.runs[run.id] = run
        self.store.save(run)
        self.start(run)
        return run

    def start(self, run: Run) -> None:
        """Give a run its Doer."""
        self.worker.doist.extend([RunDoer(self, run)])

    def blame(self, run: Run) -> None:
        """The test that w1 was in when it ended: an error if this w1 replaces that one, or when it happens again."""
        mark = self.store.marked(run.id)
        if mark is None or (mark["suite"], mark["test"]) in run.results:
            return
        if self.worker.generation > mark["generation"] or mark["losses"]:
            reason = f"lost: worker {self.worker.id} was replaced while it ran this test: it hung or crashed"
            result = Result(mark["suite"], mark["test"], ERROR, 0.0, self.worker.id, reason)
            run.add(result)
            self.store.add(run, [result])
            run.notes.append(f"worker {self.worker.id} was replaced: {mark['test']} took it along")
            self.store.unmark(run.id)
        else:  # the page was loaded anew: the test is innocent, unless that happens twice
            self.store.note_loss(run.id, mark)

    def behind(self, run: Run) -> bool:
        """Whether an earlier run is still running, so that this one waits."""
        earlier = (other for other in self.runs.values() if not other.over and other is not run)
        return run.id not in self.stopped and any(other.started < run.started for other in earlier)

    def stop(self, run: Run) -> None:
        """Ask a run to end; its Doer does so at its next step."""
        self.stopped.add(run.id)

    def stopping(self, run: Run) -> bool:
        """Whether somebody asked the run to end."""
        return run.id in self.stopped

    def find(self, id: str) -> Run | None:
        """A run of now or of the history."""
        if id not in self.runs:
            run = self.store.load(id)
            if run is None:
                return None
            self.runs[id] = run
        return self.runs[id]

    def before(self, run: Run) -> Run | None:
        """The newest run that was over before this one began, over the same suites with the same effort."""
        for summary in self.store.history():
            same = summary["suites"] == run.suites and summary["effort"] == run.effort
            if same and summary["id"] != run.id and summary["started"] < run.started and summary["state"] != CANCELLED:
                return self.find(summary["id"])
        return None

    def last(self) -> dict[str, dict[str, Any]]:
        """Per suite the newest finished whole run: `{run, started, state, passed, failed, errors, skipped, total}`."""
        found: dict[str, dict[str, Any]] = {}
        for summary in self.store.history():
            if summary["state"] == CANCELLED or summary["pattern"]:
                continue
            for name, counts in summary["by_suite"].items():
                if name in SUITES and name not in found and counts["total"] == SUITES[name].tests:
                    found[name] = {
                        **counts,
                        "run": summary["id"],
                        "started": summary["started"],
                        "effort": summary["effort"],
                        "browser": summary["machine"].get("browser", ""),
                    }
        return found

    def durations(self) -> dict[Test, float]:
        """What each test took when it last ran here."""
        known: dict[Test, float] = {}
        for summary in self.store.history()[:5]:
            run = self.find(summary["id"])
            for test, result in run.results.items() if run else ():
                if result.worker and math.isfinite(result.seconds):
                    known.setdefault(test, result.seconds)
        return known


def of(worker: Any) -> Manager:
    """The one manager of a worker."""
    return worker.shared(Manager)
