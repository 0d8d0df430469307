"""Ours and the real py-lmdb, side by side: random sequences of operations must give the same, error for error."""

from __future__ import annotations

import lmdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lmdbkit import ours
from lmdbplay import DATABASES, Player, operations

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


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(st.lists(operations, max_size=60))
def test_any_sequence(sequence: list[tuple]) -> None:
    play([("begin", True, False), ("cursor", 0, "dup"), ("cursor", 0, "plain"), *sequence])
