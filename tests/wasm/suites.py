"""What the tests of vendored packages have in common: report the counts of a package's own suite, fail on a failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any


def judge(name: str, cases: list[dict[str, Any]], count: Callable[[str], None], *, at_least: int) -> None:
    """Print the counts and each reason for an exclusion; fail when a case failed or fewer ran than there should be."""
    outcomes = Counter(case["outcome"] for case in cases)
    seconds = sum(case["seconds"] for case in cases)
    figures = ", ".join(f"{outcomes[kind]} {kind}" for kind in ("passed", "failed", "excluded"))
    count(f"{name}: {figures} ({seconds:.0f} s)")
    reasons = Counter(case["message"] for case in cases if case["outcome"] == "excluded")
    for reason, times in reasons.items():
        count(f"    {times} left out: {reason}")
    failed = [f"{case['id']}:\n{case['message']}" for case in cases if case["outcome"] == "failed"]
    assert not failed, "\n\n".join(failed)
    assert outcomes["passed"] >= at_least, f"only {outcomes['passed']} tests of {name} ran"
