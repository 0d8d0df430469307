"""What the pages of a run show, made of a Run."""

from __future__ import annotations

from typing import Any

from slices.suites.results import CANCELLED, DONE, RUNNING, Run
from slices.suites.running import Result

SHOWN = 20
"""Failures shown with their tracebacks on the run's page; the list of tests has all of them."""


def failure(result: Result) -> dict[str, Any]:
    """A failure as the contract has it, and a little more."""
    return {
        "id": result.id,
        "suite": result.suite,
        "outcome": result.outcome,
        "worker": result.worker,
        "seconds": result.seconds,
        "message": result.message,
    }


def live(run: Run, worker: Any) -> dict[str, Any]:
    """The part of the page that moves. `loses`: what a cancel may take along, with this worker."""
    summary = run.summary()
    ended = sum(summary[name] for name in ("passed", "failed", "errors", "skipped"))
    failures = run.failures()
    return {
        "run": summary,
        "loses": [holder.loses for holder in worker.holders if hasattr(holder, "loses")],
        "ended": ended,
        "waiting": run.waiting,
        "kind": kind(run, len(failures)),
        "words": words(run, len(failures)),
        "running_now": [{"worker": name, **test} for name, test in sorted(run.current.items())],
        "failed_tests": [failure(result) for result in failures[:SHOWN]],
        "failed_more": max(0, len(failures) - SHOWN),
        "reasons": run.reasons(),
        "slow": [result.plain() for result in run.slowest() if result.seconds >= 0.01],
        "mean": round(run.seconds and summary["test_seconds"] / run.seconds, 2),
    }


def kind(run: Run, failures: int) -> str:
    """How a run stands, as the kinds of the look: ok, bad, info, warn."""
    if failures or run.state == "failed":
        return "bad"
    return {RUNNING: "info", DONE: "ok", CANCELLED: "warn"}[run.state]


def words(run: Run, failures: int) -> str:
    """How a run stands, in words."""
    if run.state == "failed":
        return "The run could not go on"
    found = f"{failures} {'test has' if failures == 1 else 'tests have'} failed"
    if run.state == RUNNING:
        start = "Waiting for the run before it" if run.waiting else "Running" if run.tests else "Collecting the tests"
        return f"{start}, {found}" if failures else start
    if run.state == CANCELLED:
        return f"Cancelled, {found}" if failures else "Cancelled"
    return found[0].upper() + found[1:] if failures else "All passed"


def rows(run: Run, outcome: str, needle: str, order: str) -> list[dict[str, Any]]:
    """The tests that match a filter: {suite, id, outcome, seconds, worker, message}, "waiting" for one without result,
    "not run" once no more come."""
    found = []
    for test in run.tests:
        result = run.results.get(test) or Result(*test, "not run" if run.over else "waiting")
        if outcome and result.outcome != outcome:
            continue
        if needle and needle not in f"{result.suite}/{result.id} {result.worker}".lower():
            continue
        found.append(result)
    if order == "slowest":
        found.sort(key=lambda result: -result.seconds)
    return [result.plain() for result in found]
