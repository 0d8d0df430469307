"""Tests against real witnesses: six processes of keripy, started once for all of them (tests/kits/network)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import witnesses as kit

# As in tests/unit: the name lmdb is the real one's here, not that of python/lmdb.
if "lmdb" not in sys.modules:
    path, ours = sys.path[:], str(Path(__file__).resolve().parents[2] / "python")
    sys.path[:] = [entry for entry in path if entry != ours]
    importlib.import_module("lmdb")
    sys.path[:] = path


@pytest.fixture(scope="session")
def witnesses() -> Iterator[kit.Witnesses]:
    with kit.running() as found:
        yield found


@pytest.fixture(scope="session")
def anna(witnesses: kit.Witnesses) -> kit.Identifier:
    """An identifier of `kli` with three witnesses, all of whose receipts are there."""
    return witnesses.incept("anna", ("wan", "wil", "wyz"))
