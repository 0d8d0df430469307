"""A run as JUnit XML, as CI systems read it: one <testsuite> per suite, one <testcase> per test."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from slices.suites.results import Run
from slices.suites.running import ERROR, FAILED, SKIPPED, Result

UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""


def document(run: Run) -> bytes:
    """The whole run; tests that have no result yet are left out, the counts say how many there are."""
    summary = run.summary()
    root = ET.Element(
        "testsuites",
        name="KeriWasm",
        tests=str(len(run.results)),
        failures=str(summary["failed"]),
        errors=str(summary["errors"]),
        skipped=str(summary["skipped"]),
        time=f"{run.seconds:.3f}",
    )
    stamp = datetime.fromtimestamp(run.started / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    for name in run.suites:
        results = [result for result in run.results.values() if result.suite == name]
        counts = summary["by_suite"][name]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=name,
            tests=str(len(results)),
            failures=str(counts["failed"]),
            errors=str(counts["errors"]),
            skipped=str(counts["skipped"]),
            time=f"{sum(result.seconds for result in results):.3f}",
            timestamp=stamp,
            hostname=fit(str(run.machine.get("browser", ""))),
        )
        for result in results:
            case(suite, result)
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def case(suite: ET.Element, result: Result) -> None:
    """One test: its class is all of the id before the last dot outside of brackets."""
    head, bracket, rest = result.id.partition("[")
    place, _, name = head.rpartition(".")
    made = ET.SubElement(
        suite, "testcase", classname=fit(f"{result.suite}.{place}"), name=fit(name + bracket + rest), time=f"{result.seconds:.4f}"
    )  # fmt: skip
    tag = {FAILED: "failure", ERROR: "error", SKIPPED: "skipped"}.get(result.outcome)
    if tag is not None:
        lines = result.message.strip().splitlines()
        ET.SubElement(made, tag, message=fit(lines[-1] if lines else "")).text = fit(result.message)


def fit(text: str) -> str:
    """A text with what XML cannot hold replaced."""
    return UNFIT.sub("\ufffd", text)
