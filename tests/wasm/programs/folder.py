"""Runs pytest over a mounted folder inside Pyodide, with keripy importable as in a pool worker."""

import os
import sys
from collections import Counter


class Tally:
    """A pytest plugin: collects outcomes as dictionaries: id, outcome, seconds, message."""

    def __init__(self):
        self.cases = []

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            self.note(report, f"error in {report.when}" if report.failed and report.when != "call" else report.outcome)

    def pytest_collectreport(self, report):
        if report.failed:
            self.note(report, "error in collection")

    def note(self, report, outcome):
        message = "" if report.passed else str(report.longrepr)[-3000:]
        seconds = round(getattr(report, "duration", 0.0), 4)
        self.cases.append({"id": report.nodeid, "outcome": outcome, "seconds": seconds, "message": message})


def main(args):
    """``args``: root (pytest's rootdir, made the current one), target (below it), options. Gives status, counts, cases."""
    import pytest
    from keriwasm.imports import native

    native.keri()
    # Tests may be big: what they print, they print at once, and nobody waits at a silent screen.
    sys.stdout.reconfigure(line_buffering=True)
    os.chdir(args["root"])
    tally = Tally()
    status = pytest.main(
        ["--rootdir", args["root"], "-p", "no:cacheprovider", "--capture=sys", "--color=no", *args["options"], args["target"]],
        plugins=[tally],
    )
    return {"status": int(status), "counts": Counter(case["outcome"] for case in tally.cases), "cases": tally.cases}
