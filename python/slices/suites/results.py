"""A run and what is known of it: counts, failures, who ran what, the comparison with the run before."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from keriwasm.web.jobs import Job

from slices.suites.planning import Test
from slices.suites.running import ERROR, FAILED, OUTCOMES, PASSED, SKIPPED, Result

RUNNING, DONE, CANCELLED, BROKEN = "running", "done", "cancelled", "failed"
"""States of a run. "done": all tests were run, whatever their outcomes; "failed": the run itself could not go on."""

SLOWER = 2.0
"""A test is called slower when it took this many times what it took before, and at least `SLOWER_SECONDS` more."""

SLOWER_SECONDS = 0.2


def now_ms() -> float:
    """Epoch milliseconds."""
    return time.time() * 1000


class Run(Job):
    """One run over one or more suites.

    Attributes:
        tests: all that was selected, in order, those to be skipped included; empty until the suites are collected
        results: (suite, id) -> Result
        current: worker -> {suite, id, since} of what it runs right now
        seconds: time that the run has been worked on
        notes: what the reader should know of how it went (a suite of another size, a worker lost)
    """

    def __init__(self, id: str, suites: list[str], effort: str, timeout_s: float, **meta: Any) -> None:
        super().__init__()
        self.id = id
        self.suites = suites
        self.effort = effort
        self.timeout_s = timeout_s
        self.state: str = RUNNING
        self.reason = ""
        self.tests: list[Test] = [tuple(test) for test in meta.get("tests") or []]  # type: ignore[misc]
        self.only: list[str] = meta.get("only") or []
        self.pattern: str = meta.get("pattern") or ""
        self.hang: str = meta.get("hang") or ""
        self.started: float = meta.get("started") or now_ms()
        self.seconds: float = meta.get("seconds") or 0.0
        self.machine: dict[str, Any] = meta.get("machine") or {}
        self.notes: list[str] = meta.get("notes") or []
        self.workers: int = meta.get("workers") or 0
        self.waiting = False
        self.results: dict[Test, Result] = {}
        # Counted as they come: whoever looks at a run looks twice a second, and it has 1,600 results.
        self._by_worker: dict[str, Counter[str]] = {}
        self._by_suite: dict[str, Counter[str]] = {name: Counter() for name in suites}
        self._busy: Counter[str] = Counter()
        self._sizes: Counter[str] = Counter()
        self.current: dict[str, dict[str, Any]] = {}

    def meta(self) -> dict[str, Any]:
        """All but the results, as it is stored."""
        names = ("id", "suites", "effort", "timeout_s", "state", "reason", "tests", "only", "pattern", "hang", "started",
                 "seconds", "machine", "notes", "workers")  # fmt: skip
        return {name: getattr(self, name) for name in names}

    @classmethod
    def read(cls, meta: dict[str, Any]) -> Run:
        """The Run that `meta()` told of."""
        meta = dict(meta)
        run = cls(meta.pop("id"), meta.pop("suites"), meta.pop("effort"), meta.pop("timeout_s"), **meta)
        run.state, run.reason = meta["state"], meta["reason"]
        run.over = run.state != RUNNING
        return run

    def add(self, result: Result) -> None:
        """Take a result in; the first one of a test counts."""
        key = (result.suite, result.id)
        if key not in self.results:
            self.results[key] = result
            self._by_suite.setdefault(result.suite, Counter())[result.outcome] += 1
            if result.worker:
                self._by_worker.setdefault(result.worker, Counter())[result.outcome] += 1
                self._busy[result.worker] += result.seconds  # type: ignore[assignment]
        self.changed()

    def end(self, state: str, reason: str = "") -> None:
        """The last change."""
        self.state, self.reason = state, reason
        self.current.clear()
        self.over = True
        self.changed()

    def failures(self) -> list[Result]:
        """Failed and broken tests, in the order in which they ended."""
        return [result for result in self.results.values() if result.outcome in (FAILED, ERROR)]

    def slowest(self, most: int = 10) -> list[Result]:
        """The tests that took longest."""
        return sorted(self.results.values(), key=lambda result: -result.seconds)[:most]

    def summary(self) -> dict[str, Any]:
        """The shape of `GET /app/suites/runs/{id}`, without failures' texts and lists of tests."""
        counts: Counter[str] = sum(self._by_suite.values(), Counter())
        if self._sizes.total() != len(self.tests):
            self._sizes = Counter(suite for suite, _ in self.tests)
        return {
            "id": self.id,
            "state": self.state,
            "reason": self.reason,
            "suites": self.suites,
            "effort": self.effort,
            "timeout_s": self.timeout_s,
            "pattern": self.pattern,
            "total": len(self.tests),
            "passed": counts[PASSED],
            "failed": counts[FAILED],
            "errors": counts[ERROR],
            "skipped": counts[SKIPPED],
            "seconds": round(self.seconds, 3),
            "test_seconds": round(sum(self._busy.values()), 3),
            "by_worker": {
                name: {**named(count), "seconds": round(self._busy[name], 3)} for name, count in sorted(self._by_worker.items())
            },
            "by_suite": {
                name: {**named(count), "total": self._sizes[name]} for name, count in self._by_suite.items()
            },
            "started": round(self.started),
            "workers": self.workers,
            "machine": self.machine,
            "notes": self.notes,
        }

    def reasons(self) -> list[tuple[str, int]]:
        """Why tests were skipped, with how many, the commonest first."""
        skipped = Counter(result.message for result in self.results.values() if result.outcome == SKIPPED)
        return skipped.most_common()


def named(count: Counter[str]) -> dict[str, int]:
    """Counts under the names of the contract."""
    return {
        "passed": count[PASSED],
        "failed": count[FAILED],
        "errors": count[ERROR],
        "skipped": count[SKIPPED],
    }


def compare(now: dict[Test, Result], before: dict[Test, Result]) -> dict[str, list[dict[str, Any]]]:
    """What has changed since another run: `{broken, mended, slower, faster, new, gone}`, lists of {suite, id, ...}."""
    bad = (FAILED, ERROR)
    found: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("broken", "mended", "slower", "faster", "new", "gone")
    }
    for test, result in now.items():
        old = before.get(test)
        row = {"suite": test[0], "id": test[1], "seconds": result.seconds, "before": old.seconds if old else None}
        if old is None:
            found["new"].append(row)
            continue
        if result.outcome in bad and old.outcome not in bad:
            found["broken"].append(row)
        elif result.outcome not in bad and old.outcome in bad:
            found["mended"].append(row)
        if result.outcome == old.outcome == PASSED:
            if result.seconds > SLOWER * old.seconds and result.seconds - old.seconds > SLOWER_SECONDS:
                found["slower"].append(row)
            elif old.seconds > SLOWER * result.seconds and old.seconds - result.seconds > SLOWER_SECONDS:
                found["faster"].append(row)
    found["gone"] = [
        {"suite": test[0], "id": test[1], "seconds": None, "before": old.seconds}
        for test, old in before.items() if test not in now
    ]  # fmt: skip
    return found


__all__ = ["BROKEN", "CANCELLED", "DONE", "OUTCOMES", "RUNNING", "Run", "compare", "now_ms"]
