"""Two builds of the component: the same but for the memory of the interpreter that each of them started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "wheels"))

from edging import building, sections  # noqa: E402


@pytest.mark.long
def test_two_builds_differ_in_their_memory_alone() -> None:
    first, second = (building.component(anew=True).read_bytes() for _ in range(2))
    differing = sections.differing(first, second)
    assert {kind for _, kind in differing} <= set(sections.MEMORY) and len(differing) <= len(sections.MEMORY), differing
