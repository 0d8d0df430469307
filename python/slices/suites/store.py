"""Runs on disk, in the store `keriwasm-suites` of worker w1: what lets a run outlive its worker and the page.

    run.ID     a run that is not over: its meta     part.ID.N   results that came since the last part
    mark.ID    what w1 itself runs right now        done.ID     a run that is over: summary and meta     full.ID  its results

All values are JSON texts. A mark is on disk before its test begins: should the test take w1 along, the next w1 knows which
one it was. Without IndexedDB (a private window of some browsers) all of it is kept in memory, and pages say so.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from typing import Any

from slices.suites.results import Run
from slices.suites.running import Result

NAME = "keriwasm-suites"
KEEP = 20
"""Runs that are kept when they are over; older ones are forgotten."""


class Store:
    """The one store of a worker; `yield from ready()` before anything else."""

    def __init__(self, worker: Any) -> None:
        self.worker = worker
        self.entries: Any = None
        self.lasting = True
        self._opening = False
        self._parts: dict[str, int] = {}

    def ready(self) -> Generator[float, Any, None]:
        """Open it once, whoever comes first."""
        while self._opening:
            yield 0.01
        if self.entries is not None:
            return
        self._opening = True
        try:
            self.entries = yield from self.worker.storage.open(NAME)
        except Exception as ex:
            self.lasting = False
            self.entries = {}
            self.worker.fault(ex, about={"type": "suites:store"})
        finally:
            self._opening = False

    def settle(self) -> Generator[float, Any, None]:
        """Until all that was written is on disk."""
        if self.lasting:
            yield from self.worker.storage.settle()

    # -- runs that are not over ------------------------------------------------------------------------------------

    def save(self, run: Run) -> None:
        """The run's meta."""
        self.entries[f"run.{run.id}"] = json.dumps(run.meta())

    def add(self, run: Run, results: Iterable[Result]) -> None:
        """Results that have come since the last call."""
        rows = [pack(result) for result in results]
        if rows:
            number = self._parts.get(run.id, 0)
            while f"part.{run.id}.{number}" in self.entries:
                number += 1
            self.entries[f"part.{run.id}.{number}"] = json.dumps(rows)
            self._parts[run.id] = number + 1

    def mark(self, id: str, suite: str, test: str) -> Generator[float, Any, None]:
        """w1 is about to run a test."""
        before = self.marked(id)
        losses = before["losses"] if before and (before["suite"], before["test"]) == (suite, test) else 0
        mark = {"suite": suite, "test": test, "generation": self.worker.generation, "losses": losses}
        self.entries[f"mark.{id}"] = json.dumps(mark)
        yield from self.settle()

    def unmark(self, id: str) -> None:
        """w1 has come back from its last test."""
        if f"mark.{id}" in self.entries:
            del self.entries[f"mark.{id}"]

    def marked(self, id: str) -> dict[str, Any] | None:
        """What w1 was running when it was last heard of."""
        text = self.entries.get(f"mark.{id}")
        return json.loads(text) if text else None

    def note_loss(self, id: str, mark: dict[str, Any]) -> None:
        """The marked test has ended with its worker once more, for a reason that may not be its own."""
        self.entries[f"mark.{id}"] = json.dumps({**mark, "losses": mark["losses"] + 1})

    def unfinished(self) -> list[Run]:
        """Runs that were not over when they were last written, with their results, the oldest first."""
        runs = []
        for key, text in list(self.entries.items()):
            if key.startswith("run."):
                run = Run.read(json.loads(text))
                parts = [rows for name, rows in self.entries.items() if name.startswith(f"part.{run.id}.")]
                for row in (row for rows in parts for row in json.loads(rows)):
                    run.add(unpack(row))
                runs.append(run)
        return sorted(runs, key=lambda run: run.started)

    # -- runs that are over ----------------------------------------------------------------------------------------

    def finish(self, run: Run) -> None:
        """The run is over: one record of it, in place of its parts."""
        for key in [key for key in self.entries if key.startswith((f"part.{run.id}.", f"mark.{run.id}", f"run.{run.id}"))]:
            del self.entries[key]
        self.entries[f"done.{run.id}"] = json.dumps({"summary": run.summary(), "meta": {**run.meta(), "tests": []}})
        rows = {test: pack(result) for test, result in run.results.items()}
        self.entries[f"full.{run.id}"] = json.dumps([rows.get(test) or [*test] for test in run.tests])
        for summary in self.history()[KEEP:]:
            self.forget(summary["id"])

    def history(self) -> list[dict[str, Any]]:
        """Summaries of the runs that are over, the newest first."""
        found = [json.loads(text)["summary"] for key, text in self.entries.items() if key.startswith("done.")]
        return sorted(found, key=lambda summary: -summary["started"])

    def load(self, id: str) -> Run | None:
        """A run that is over, with its results."""
        text = self.entries.get(f"done.{id}")
        if text is None:
            return None
        run = Run.read(json.loads(text)["meta"])
        for row in json.loads(self.entries.get(f"full.{id}") or "[]"):
            run.tests.append((row[0], row[1]))
            if len(row) > 2:
                run.add(unpack(row))
        return run

    def forget(self, id: str) -> None:
        """Drop a run that is over."""
        for key in (f"done.{id}", f"full.{id}"):
            if key in self.entries:
                del self.entries[key]


def pack(result: Result) -> list[Any]:
    """A result as a short row."""
    return [result.suite, result.id, result.outcome, result.seconds, result.worker, result.message]


def unpack(row: list[Any]) -> Result:
    """The result of a row."""
    return Result(*row)
