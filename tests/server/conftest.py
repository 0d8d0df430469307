"""One server for the tests that do not break it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serverkit import Served, place, serving


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    assert (place() / "key").exists(), "python test.py server brings what this needs"
    with serving("--faults") as found:
        yield found
