"""What the ledger writes of a verified log is what keripy's own Kevery writes of it, in every database, byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ledgerkit import book, books, habery, made, messages, unsynced  # noqa: F401

TIMES = ("dtss.",)
"""When an event was first seen."""


def contents(db: Any) -> dict[str, list[tuple[bytes, bytes]]]:
    """Everything in a Baser by database, but the time of day."""
    held: dict[str, list[tuple[bytes, bytes]]] = {}
    with db.env.begin() as txn:
        names = [name for name, _ in txn.cursor() if name != b"__version__"]
    for name in names:
        with db.env.begin(db=db.env.open_db(name)) as txn:
            entries = list(txn.cursor())
        if name.decode() in TIMES:
            entries = [(key, b"") for key, _ in entries]
        if name == b"stts.":
            entries = [(key, json.dumps({**json.loads(value), "dt": ""}).encode()) for key, value in entries]
        if entries:
            held[name.decode()] = entries
    return held


def rotated() -> list[bytes]:
    with habery("other") as hby:
        hab = hby.makeHab("one")
        for number in range(12):
            hab.rotate() if number % 5 == 4 else hab.interact(data=[{"n": number}])
        return messages(hab)


@pytest.mark.parametrize("log", [made, rotated])
def test_as_keripy_writes_it(book: Any, log: Any) -> None:  # noqa: F811
    from keri.core import eventing, parsing
    from keri.db import basing

    stream = b"".join(log())
    told = book.ingest(stream)
    assert told["accepted"] and not told["rejected"] and not told["escrowed"]
    with basing.openDB(name="alone") as db:
        kevery = eventing.Kevery(db=db, lax=True, local=False)
        parsing.Parser(framed=True, local=False, kvy=kevery).parse(ims=bytearray(stream))
        alone = contents(db)
    assert len(alone) >= 8
    ours = contents(book.db)
    assert all(value == b'{"local":false}' for _, value in ours["esrs."])
    assert without_source(ours) == without_source(alone)


def without_source(held: dict[str, list[tuple[bytes, bytes]]]) -> dict[str, list[tuple[bytes, bytes]]]:
    """keripy 1.3.6 calls every event of a stream a local one, though it is told that none is."""
    return {**held, "esrs.": [(key, b"") for key, _ in held["esrs."]]}
