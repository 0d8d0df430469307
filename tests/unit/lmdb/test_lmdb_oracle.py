"""Ours and the real py-lmdb, side by side: random sequences of operations must give the same, error for error."""

from __future__ import annotations

import lmdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lmdbkit import ours
from lmdbplay import DATABASES, Player, operations, walks

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def play(sequence: list[tuple]) -> None:
    """Play it on both and compare after each step, and everything at the end."""
    sides = [Player(lmdb), Player(ours())]
    try:
        for at, operation in enumerate(sequence):
            real, mine = (side.do(operation) for side in sides)
            assert mine == real, (at, operation)
        for db in DATABASES:
            real, mine = (everything(side, db) for side in sides)
            assert mine == real, db
    finally:
        for side in sides:
            side.close()


def everything(side: Player, db: str) -> list:
    """What a new reader sees."""
    side.txns.append(side.env.begin())
    return side.do(("dump", len(side.txns) - 1, db))


START = [("begin", True, False), ("cursor", 0, "dup"), ("cursor", 0, "plain")]
EMPTIED = [
    ("begin", True, False),
    *(("txn_put", 0, db, key, value, {}) for db in DATABASES for key in (b"a", b"b") for value in (b"a", b"b")),
    ("end", 0, "commit"),
    ("begin", True, False),
    *(("txn", 1, "delete", db, key) for db in DATABASES for key in (b"a", b"b")),
    ("end", 1, "commit"),
    ("begin", True, True),
    *(("txn_put", 2, db, key, value, {}) for db in DATABASES for key in (b"ab", b"ba", b"c") for value in (b"a", b"b")),
]
"""Every database was filled and emptied in transactions before, and holds something again."""


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(st.lists(operations, max_size=60))
def test_any_sequence(sequence: list[tuple]) -> None:
    play([*START, *sequence])


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(st.lists(operations, max_size=40))
def test_any_sequence_in_databases_that_were_empty_before(sequence: list[tuple]) -> None:
    play([*EMPTIED, *sequence])


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(st.lists(st.one_of(walks, walks, operations), max_size=15))
def test_any_loops(sequence: list[tuple]) -> None:
    play([*EMPTIED, *sequence])


@pytest.mark.long
@settings(max_examples=1500, deadline=None, suppress_health_check=SLOW)
@given(st.booleans(), st.lists(operations, max_size=60))
def test_many_sequences(emptied: bool, sequence: list[tuple]) -> None:
    """Other ones each time; a failing one is told so that it can be played again."""
    play([*(EMPTIED if emptied else START), *sequence])
