"""Runs one test and says how it went: the one runner of the page, of tests/wasm and of the command line."""

from __future__ import annotations

import contextlib
import io
import time
import traceback
import unittest
from dataclasses import asdict, dataclass
from typing import Any

PASSED, FAILED, ERROR, SKIPPED = "passed", "failed", "error", "skipped"
OUTCOMES = (PASSED, FAILED, ERROR, SKIPPED)

MAX_MESSAGE = 20_000
"""Characters of a traceback that are kept; the middle of a longer one is left out, and says so."""


@dataclass
class Result:
    """How a test went.

    Attributes:
        outcome: passed, failed (an assertion), error (anything else, a hang too) or skipped
        message: the traceback, the reason of a skip, or ""
    """

    suite: str
    id: str
    outcome: str
    seconds: float = 0.0
    worker: str = ""
    message: str = ""

    def plain(self) -> dict[str, Any]:
        """As a dict for JSON."""
        return asdict(self)


def shorten(text: str, most: int = MAX_MESSAGE) -> str:
    """Both ends of a text that is too long."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"


def run_case(suite: str, id: str, case: unittest.TestCase, worker: str = "") -> Result:
    """Run a unittest case. What it prints is kept with a failure and dropped otherwise; SystemExit counts as an error."""
    result = unittest.TestResult()
    said = io.StringIO()
    started = time.perf_counter()
    trouble = ""
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            case.run(result)
        except (Exception, SystemExit, KeyboardInterrupt):  # unittest lets some through; a worker must outlive them
            trouble = traceback.format_exc()
    seconds = time.perf_counter() - started
    outcome, message = verdict(result, trouble)
    if outcome in (FAILED, ERROR) and said.getvalue():
        message += f"\nIt printed:\n{said.getvalue()}"
    return Result(suite, id, outcome, round(seconds, 4), worker, shorten(message))


def verdict(result: unittest.TestResult, trouble: str = "") -> tuple[str, str]:
    """(outcome, message) of a unittest result of one case; subtests count together."""
    errors = [text for _, text in result.errors] + ([trouble] if trouble else [])
    if errors:
        return ERROR, "\n".join(errors + [text for _, text in result.failures])
    if result.failures:
        return FAILED, "\n".join(text for _, text in result.failures)
    if result.unexpectedSuccesses:
        return FAILED, "It passed, but its author expects it to fail."
    if result.skipped:
        return SKIPPED, f"skipped by its author: {result.skipped[0][1]}"
    return PASSED, ""
