"""A worker's part of a run: some tests, one after the other, each told of before it begins and when it has ended."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from typing import Any

from slices.suites import fetching
from slices.suites.catalogue import SUITES
from slices.suites.collecting import NotCollected
from slices.suites.planning import Test
from slices.suites.running import ERROR, Result, run_case

TURN = 0.02
"""Seconds between two looks of a chunk that waits for the one before it: a worker runs one test at a time."""

_turns: deque[object] = deque()


def line(**fields: Any) -> bytes:
    """One message of a chunk's stream: a line of JSON."""
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def perform(worker: Any, tests: list[Test], store: Any = None, run: str = "", hang: str = "") -> Iterator[Any]:
    """The body of a chunk's stream: `{"begin": [suite, id]}` before a test, `{"result": {...}}` after it.

    store: where to mark each test before it begins (only in the worker that coordinates the run)
    hang: id of a test that shall hang, for tests of this very machinery
    """
    me = object()
    _turns.append(me)
    worker.holders.add(me)  # some tests take a gigabyte: a worker replaced for that would collect all suites again
    try:
        while _turns[0] is not me:
            yield TURN
        for suite, id in tests:
            try:
                cases = yield from fetching.ready(worker, suite, run)
                case = cases[id]
            except (NotCollected, KeyError) as ex:
                reason = str(ex) if isinstance(ex, NotCollected) else f"worker {worker.id} has no test {id} in {suite}"
                yield line(result=Result(suite, id, ERROR, 0.0, worker.id, reason).plain())
                continue
            if store is not None:
                yield from store.mark(run, suite, id)
            yield line(begin=[suite, id])
            if id == hang:
                while True:  # only a worker with faults enabled gets here
                    pass
            yield line(result=run_case(suite, id, case, worker.id).plain())
    finally:
        if store is not None:  # closed or done, it is not inside a test
            store.unmark(run)
        _turns.remove(me)
        worker.holders.discard(me)


def prepare(worker: Any, suites: list[str], run: str) -> Iterator[Any]:
    """The body of a stream that collects suites in this worker and tells how many tests each has."""
    for suite in suites:
        yield b""  # what was said goes out before this worker falls silent
        try:
            cases = yield from fetching.ready(worker, suite, run)
        except NotCollected as ex:
            yield line(suite=suite, trouble=str(ex))
        else:
            yield line(suite=suite, collected=len(cases))


def read_suites(value: Any) -> list[str]:
    """The suites of a request to collect. Raises ValueError for anything else than a list of known ones."""
    if not isinstance(value, list) or not all(isinstance(name, str) and name in SUITES for name in value):
        raise ValueError("names of suites are wanted")
    return value


def read_tests(value: Any) -> list[Test]:
    """The tests of a chunk's request. Raises ValueError for anything else than pairs of a known suite and an id."""
    if not isinstance(value, list) or not 0 < len(value) <= 1000:
        raise ValueError("1 to 1000 tests are wanted")
    for each in value:
        if not (isinstance(each, list) and len(each) == 2 and each[0] in SUITES and isinstance(each[1], str)):
            raise ValueError("each test is [suite, id]")
    return [(suite, id) for suite, id in value]
