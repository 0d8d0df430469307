"""What a cursor shows, and where its next move goes, once an entry was deleted under it: ours beside the real py-lmdb.

Every start, every deleter (the cursor, its transaction, another cursor), every move after it, in a database that was never
empty before and in one that was (once, `Cursor.delete` lost its place in the latter: data stayed that keripy had deleted).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lmdb
import pytest
from lmdbkit import ours
from lmdbplay import MOVES

SIDES = {"real": lmdb, "ours": ours()}
PAIRS = [(b"a", b"1"), (b"a", b"2"), (b"a", b"3"), (b"b", b"1"), (b"c", b"1"), (b"c", b"2")]
"""A key with several values, a key with one, and a last key with several."""


@pytest.fixture(params=SIDES)
def env(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    with SIDES[request.param].open(str(tmp_path), max_dbs=4) as opened:
        yield opened


def fill(env: Any, db: Any, pairs: list[tuple[bytes, bytes]]) -> None:
    with env.begin(write=True, db=db) as txn:
        for pair in pairs:
            txn.put(*pair)


def test_a_branch_goes_whole_from_a_database_that_was_empty_before(env: Any) -> None:
    """keripy's delTopVal and delIoSetVals, hio's remTopVals and remIoVals: delete, and look at what came."""
    db = env.open_db(b"db")
    fill(env, db, [(b"A", b"")])
    with env.begin(write=True, db=db) as txn:
        assert txn.delete(b"A")
    fill(env, db, [(b"a.1", b"1"), (b"a.2", b"2"), (b"b.1", b"3")])
    with env.begin(write=True, db=db) as txn:
        cursor = txn.cursor()
        assert cursor.set_range(b"a.")
        while cursor.key().startswith(b"a."):
            assert cursor.delete()
    with env.begin(db=db) as txn:
        assert list(txn.cursor()) == [(b"b.1", b"3")]


@pytest.mark.parametrize("after", [[b"1"], [b"1", b"2"]])
def test_a_walk_over_values_ends_when_the_transaction_deletes_the_last(env: Any, after: list[bytes]) -> None:
    db = env.open_db(b"db", dupsort=True)
    fill(env, db, [(b"y", b"1"), (b"y", b"2"), *((b"z", value) for value in after)])
    with env.begin(write=True, db=db) as txn:
        cursor = txn.cursor()
        cursor.set_key(b"y")
        seen = []
        for key, value in cursor.iternext_dup(keys=True):
            seen.append((key, value))
            txn.delete(key, value)
        assert seen == [(b"y", b"1"), (b"y", b"2")]


def after_deletes(module: Any, folder: Path, emptied: bool, dupsort: bool) -> dict[tuple[Any, ...], Any]:
    """(who deleted, where, what, the move after) -> what the cursor showed before it, what the move gave, what it showed."""
    pairs = PAIRS if dupsort else [(key, value) for key, value in PAIRS if value == b"1"]
    found: dict[tuple[Any, ...], Any] = {}
    with module.open(str(folder), max_dbs=4) as env:
        db = env.open_db(b"db", dupsort=dupsort)
        if emptied:
            fill(env, db, pairs)
            with env.begin(write=True) as txn:
                txn.drop(db, delete=False)
        for case in itertools.product(("cursor", "transaction", "other"), pairs, (False, True), (True, False), MOVES):
            who, pair, whole, look, move = case
            txn = env.begin(write=True, db=db)
            for entry in pairs:
                txn.put(*entry)
            cursor, other = txn.cursor(), txn.cursor()
            for one in (cursor, other):
                one.set_key_dup(*pair) if dupsort else one.set_key(pair[0])
            if who == "transaction":
                txn.delete(pair[0], b"" if whole else pair[1])
            else:
                (cursor if who == "cursor" else other).delete(whole)
            shown = cursor.item() if look else None
            try:
                moved = getattr(cursor, move)()
            except module.Error as error:
                moved = type(error).__name__
            found[case] = shown, moved, cursor.item()
            txn.abort()
    return found


@pytest.mark.parametrize("dupsort", [False, True])
@pytest.mark.parametrize("emptied", [False, True])
def test_every_move_after_every_delete(tmp_path: Path, emptied: bool, dupsort: bool) -> None:
    folders = {side: tmp_path / side for side in SIDES}
    for folder in folders.values():
        folder.mkdir()
    real, mine = (after_deletes(SIDES[side], folders[side], emptied, dupsort) for side in SIDES)
    different = {case: (real[case], mine[case]) for case in real if real[case] != mine[case]}
    assert {case: both for case, both in different.items() if not remembered(case, *both)} == {}


def remembered(case: tuple[Any, ...], real: Any, mine: Any) -> bool:
    """A named oddity: after `first_dup` and `last_dup` py-lmdb goes on showing the key that it remembers from before the
    delete (or none, if it remembers none) beside the right value; ours shows the key that the value is of."""
    return case[-1] in ("first_dup", "last_dup") and real[:2] == mine[:2] and real[2][1] == mine[2][1]
