"""A browser that does not answer ends its test, not the run: a pytest plugin.

Playwright's `evaluate` knows no time limit, so a page that never answers would hold up everything behind it. After STANDSTILL_S of
one test the browsers that were started for it are killed; the test fails as `NotInTime`, which tests/secondchance.py may
repeat, and its traceback says where it stood. What this does not catch: a test that waits for something else than its browser.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

STANDSTILL_S = 600
BROWSERS = ("chrom", "firefox", "MiniBrowser", "WebKit")


class NotInTime(AssertionError):
    """A wait that ran out: what a busy machine may do once (see tests/secondchance.py)."""


def children() -> dict[int, list[tuple[int, str]]]:
    """All processes by their parent: (pid, name)."""
    found: dict[int, list[tuple[int, str]]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue  # it ended meanwhile
        pid, _, name = head.partition(" (")
        found.setdefault(int(rest.split()[1]), []).append((int(pid), name))
    return found


def end_browsers() -> None:
    """Kill the browsers below this process."""
    tree = children()
    left = [os.getpid()]
    while left:
        for pid, name in tree.get(left.pop(), ()):
            left.append(pid)
            if name.startswith(BROWSERS):
                os.kill(pid, signal.SIGKILL)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    if item.get_closest_marker("long"):
        return (yield)  # some take longer, and somebody looks on
    fired = threading.Event()

    def end() -> None:
        fired.set()
        end_browsers()

    timer = threading.Timer(STANDSTILL_S, end)
    timer.start()
    try:
        return (yield)
    except Exception as error:
        if fired.is_set():
            raise NotInTime(f"the browser stood still: ended after {STANDSTILL_S} s of this test") from error
        raise
    finally:
        timer.cancel()
