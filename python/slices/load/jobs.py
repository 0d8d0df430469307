"""What a run asks of the load page: peers and the htmx round trip live there, and so does the probe of its own delays.

The page asks for jobs by a request that waits (`POST /app/load/runs/{id}/page`) and brings the last one's result along.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator
from typing import Any

from .histogram import Histogram

__all__ = ["PageAbsent", "PageJobs", "checked_jank", "checked_result"]

PATIENCE = 12.0
"""Seconds that a run waits for a page to come for its job; a page that has come once and went is not waited for again."""

LAST_LOOK = 3.0
"""Seconds that a run which is over waits for a page, that is there, to say how its clock was."""

POLL = 10.0
"""Seconds that the page's request waits for a job."""

JANK_KEYS = ("samples", "p50_ms", "p95_ms", "max_ms")


RESULT_NUMBERS = ("one_ns", "resolution_ns", "ops", "wall_ns", "late_ms")


def checked_jank(sent: Any) -> dict[str, float] | None:
    """The probe's numbers, or None. Raises ValueError for anything else."""
    if sent is None:
        return None
    if not isinstance(sent, dict) or not all(_number(sent.get(key)) for key in JANK_KEYS):
        raise ValueError(f"must have the numbers {', '.join(JANK_KEYS)}")
    return {key: sent[key] for key in JANK_KEYS}


def checked_result(sent: Any) -> dict[str, Any] | None:
    """A job's result as the page sent it, or None. Raises ValueError with the reason when it cannot be one."""
    if sent is None:
        return None
    if not isinstance(sent, dict) or not _number(sent.get("job")):
        raise ValueError("must be an object with the number of its job")
    for key in RESULT_NUMBERS:
        if key in sent and not _number(sent[key]):
            raise ValueError(f"{key} must be a number that is not negative")
    if "histogram" in sent:
        try:
            Histogram.from_json(sent["histogram"])
        except (KeyError, TypeError, ValueError) as ex:
            raise ValueError(f"the histogram cannot be read: {ex}") from ex
    return sent


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


class PageAbsent(RuntimeError):
    """No load page is there, or what it was asked for failed; the message says which."""


class PageJobs:
    """One run's way to the page.

    Attributes:
        jank: `{samples, p50_ms, p95_ms, max_ms}` of the page's clock during the run, None until it told
        ended: no more jobs will come
    """

    def __init__(self, worker: Any) -> None:
        self.worker = worker
        self.jank: dict[str, Any] | None = None
        self.ended = False
        self._numbers = itertools.count(1)
        self._job: dict[str, Any] | None = None
        self._taken = False
        self._result: dict[str, Any] | None = None
        self._asker: Any = None
        self._poller: Any = None
        self._absent = False
        self._polls = 0  # the page's requests so far
        self._waits = False  # one of them waits for a job

    def ask(self, job: dict[str, Any]) -> Generator[float, float, dict[str, Any]]:
        """Have the page do it; its result. Raises PageAbsent."""
        if self._absent:
            raise PageAbsent("no load page was open to run it")
        self._job = {**job, "job": next(self._numbers)}
        self._taken, self._result = False, None
        self._asker = self.worker.doist.active
        if self._poller is not None:
            self.worker.doist.wake(self._poller)
        until = self.worker.doist.tyme + PATIENCE
        patience = PATIENCE + job.get("seconds", 0.0) + 60.0
        try:
            while self._result is None:
                now = self.worker.doist.tyme
                if not self._taken and now >= until:
                    self._absent = True
                    raise PageAbsent("no load page was open to run it")
                if self._taken and now >= until + patience:
                    self._absent = True
                    raise PageAbsent("the load page took the job and never came back")
                yield 0.1  # woken when a result comes
            result = self._result
        finally:
            self._job = self._asker = None
        if result.get("error"):
            raise PageAbsent(str(result["error"])[:300])
        return result

    def poll(
        self, result: dict[str, Any] | None, jank: dict[str, Any] | None
    ) -> Generator[float, float, dict[str, Any]]:
        """The page's request: `{job, ended}`; `job` None when none came within `POLL` seconds."""
        self._absent = False
        self._polls += 1
        if jank is not None:
            self.jank = jank
        if result is not None and self._job is not None and result.get("job") == self._job["job"]:
            self._result = result
            self._job = None
            if self._asker is not None:
                self.worker.doist.wake(self._asker)
        self._poller = self.worker.doist.active
        until = self.worker.doist.tyme + POLL
        self._waits = True
        try:
            while not self.ended and (self._job is None or self._taken):
                left = until - self.worker.doist.tyme
                if left <= 0:
                    break
                yield left
        finally:
            self._waits = False
        job = None
        if not self.ended and self._job is not None and not self._taken:
            job, self._taken = self._job, True
        return {"job": job, "ended": self.ended}

    def look(self) -> Generator[float, float, None]:
        """Have a page that waits for a job say how its clock was until now. It says so with each request for a job, and a run that wants
        nothing of the page has had one such request, at its beginning. A page that is away keeps nobody waiting."""
        if not self._waits:
            return
        polls, until = self._polls, self.worker.doist.tyme + LAST_LOOK
        self._job, self._taken = {"job": next(self._numbers), "kind": "look"}, False
        self.worker.doist.wake(self._poller)
        try:
            while self._polls == polls and self.worker.doist.tyme < until:
                yield 0.05
        finally:
            self._job = None

    def end(self) -> None:
        """No more jobs: a page that waits is told."""
        self.ended = True
        if self._poller is not None:
            self.worker.doist.wake(self._poller)
