"""What the tests of vendored packages have in common: run a suite of the page's catalogue in Pyodide under Node."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from conftest import ROOT

sys.path.insert(0, str(ROOT / "python"))

from slices.suites.catalogue import SUITES

MOUNTS = {"/static": ROOT / "static", "/python": ROOT / "python"}


def judge(
    pyodide: Any, name: str, count: Callable[[str], None], *, effort: str = "full", sample: bool = False, parts: int = 1
) -> list[dict[str, Any]]:
    """Run a suite, print its counts and each reason of a skip; fail when a test failed or their number is another one.

    sample: of what the quick effort leaves out, only whether an algorithm is correct is checked.
    parts: processes that share the tests. Returns the results.
    """

    def part(number: int) -> dict[str, Any]:
        args = {"suite": name, "effort": effort, "sample": sample, "share": [number, parts]}
        return pyodide.run("suite.py", args, mounts=MOUNTS, timeout=7200)

    with ThreadPoolExecutor(parts) as pool:
        answers = list(pool.map(part, range(parts)))
    results = [result for answer in answers for result in answer["results"]]
    outcomes = Counter(result["outcome"] for result in results)
    seconds = sum(result["seconds"] for result in results)
    figures = ", ".join(f"{outcomes[kind]} {kind}" for kind in ("passed", "failed", "error", "skipped"))
    count(f"{SUITES[name].source} ({name}, {effort}): {figures} ({seconds:.0f} s)")
    reasons = Counter(result["message"] for result in results if result["outcome"] == "skipped")
    for reason, times in reasons.items():
        count(f"    {times} left out: {reason}")
    bad = [f"{result['id']}:\n{result['message']}" for result in results if result["outcome"] in ("failed", "error")]
    assert not bad, "\n\n".join(bad)
    assert len(results) == answers[0]["collected"] == SUITES[name].tests
    return results
