"""Tests against real witnesses: six processes of keripy, started once for all of them (tests/kits/network)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import witnesses as kit


@pytest.fixture(scope="session")
def witnesses() -> Iterator[kit.Witnesses]:
    with kit.running() as found:
        yield found
