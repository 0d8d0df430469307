"""What the wallet remembers of its backups: when the last one was made and of which state, and the recovery key in use.

It lies in a small lmdb environment of its own below the wallet's directory: it goes into each backup, and goes with the
wallet. Nothing in it is secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Marks", "Record", "changes", "marks", "read", "write"]

KEY = b"backup"
MAP_SIZE = 16 << 20
AT_ONCE = 500
"""Identifiers looked at between two yields."""


@dataclass
class Marks:
    """How far the wallet is: what a later state is compared with.

    Attributes:
        sns: AID -> sequence number of the last event of each own identifier
        tels: number of registry and credential events
        known: number of records in the ledger
    """

    sns: dict[str, int] = field(default_factory=dict)
    tels: int = 0
    known: int = 0


@dataclass
class Record:
    """made: epoch milliseconds of the last backup, 0 for none; bytes: of its file; by: ways to open it; recovery: public
    half of the recovery key as text, "" for none."""

    made: int = 0
    bytes: int = 0
    by: list[str] = field(default_factory=list)
    marks: Marks = field(default_factory=Marks)
    recovery: str = ""


def _place(head: Path) -> Path:
    return head / "backups"


def read(head: Path) -> Record:
    """Of the wallet below a directory. An empty record when nothing was ever written. Members that are not known here are left out."""
    import lmdb

    place = _place(head)
    if not place.exists():
        return Record()
    env = lmdb.open(str(place), map_size=MAP_SIZE)
    try:
        with env.begin() as txn:
            raw = txn.get(KEY)
    finally:
        env.close()
    members: dict[str, Any] = json.loads(bytes(raw)) if raw else {}
    known = {name: value for name, value in members.items() if name in Record.__dataclass_fields__}
    return Record(**{**known, "marks": Marks(**known.get("marks", {}))})


def write(head: Path, record: Record) -> None:
    """One transaction."""
    import lmdb

    place = _place(head)
    place.mkdir(parents=True, exist_ok=True)
    env = lmdb.open(str(place), map_size=MAP_SIZE)
    try:
        with env.begin(write=True) as txn:
            txn.put(KEY, json.dumps(asdict(record)).encode())
    finally:
        env.close()


def marks(own: Callable[[], Any], reger: Callable[[], Any], ledger: Path) -> Generator[float, float, Marks]:
    """Of an open wallet as it is now, in steps; a change meanwhile may count as one of later. ledger: directory of the ledger.

    own: gives its Owned, reger its Reger, anew after each step: they raise when it was locked."""
    while not own().whole:
        own().gather()
        yield 0.0
    sns = {}
    for count, (_, aid) in enumerate(list(own().order), start=1):
        sns[aid] = int(own().state(aid)["s"], 16)
        if count % AT_ONCE == 0:
            yield 0.0
    held = reger()
    with held.env.begin() as txn:
        events = txn.stat(held.tvts)["entries"]
    return Marks(sns, events, _records(ledger))


def _records(head: Path) -> int:
    """Records in all databases below a directory."""
    import lmdb

    count = 0
    for marker in head.rglob("data.mdb"):
        env = lmdb.open(str(marker.parent), max_dbs=256, create=False)
        try:
            with env.begin() as txn:
                for name, _ in list(txn.cursor()):
                    try:
                        db = env.open_db(bytes(name), txn=txn, create=False)
                    except lmdb.IncompatibleError:  # a record of the main database
                        continue
                    count += txn.stat(db)["entries"]
        finally:
            env.close()
    return count


def changes(then: Marks, now: Marks) -> list[str]:
    """What came after a backup, in words; empty when nothing did."""
    told = []
    new = [aid for aid in now.sns if aid not in then.sns]
    gone = [aid for aid in then.sns if aid not in now.sns]
    events = sum(sn - then.sns[aid] for aid, sn in now.sns.items() if aid in then.sns)
    for count, one, many in (
        (len(new), "a new identifier", "{} new identifiers"),
        (events, "a new event of an identifier", "{} new events of identifiers"),
        (len(gone), "an identifier fewer", "{} identifiers fewer"),
        (now.tels - then.tels, "a new credential or registry event", "{} new credential or registry events"),
    ):
        if count > 0:
            told.append(one if count == 1 else many.format(count))
    if now.known != then.known:
        told.append("changes in the ledger")
    return told
