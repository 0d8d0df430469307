"""A second chance for what the machine does, and for nothing else: a pytest plugin, over pytest-rerunfailures.

A test that waited in vain for something may be repeated: Playwright's and subprocess' timeouts, and `NotInTime` of
tests/standstill.py. An assertion, about data, keys, randomness or anything, is final. What failed first is printed in full
at the end, whether or not a repetition passed.
"""

from __future__ import annotations

from typing import Any

MACHINE = r"^(NotInTime|TimeoutError|TimeoutExpired|TimeoutException): "
"""What may be repeated, by the name of the exception that ended the test."""

AGAIN = ["-p", "tests.secondchance", "--reruns", "2", "--only-rerun", MACHINE, "--rerun-except", r"^AssertionError\b", "-raR"]
"""pytest's options for a suite with second chances."""
OPTIONS = [*AGAIN, "-p", "tests.standstill"]
"""The same for one that drives browsers."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = terminalreporter.stats.get("rerun", [])
    if reports:
        terminalreporter.section("what failed before it was repeated")
    for report in reports:
        terminalreporter.write_sep("_", report.nodeid)
        terminalreporter.write_line(report.longreprtext)
    for report in reports:  # once more, where a long output that was cut still shows it
        why = getattr(report.longrepr, "reprcrash", None)
        terminalreporter.write_line(f"REPEATED {report.nodeid}: {why.message.splitlines()[0][:300] if why else ''}")
