"""A ledger on CPython for the tests: real keripy over real lmdb, fed with logs that keripy's own Habery has made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from poolkit import alone
from walletkit import FakeDisk, Sharing
from workerkit import Kit, running


class Pool:
    """Stands in for worker.pool where nothing is asked of it but its size."""

    def size(self) -> int:
        return 2


class Bench(Sharing):
    """As much of a worker as a book needs."""

    def __init__(self, place: Path) -> None:
        self.disk = FakeDisk(place)
        self.pool = Pool()


@pytest.fixture
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """lmdb without fsync: a test's database need not outlive a power cut, and each event is a dozen transactions."""
    import lmdb

    real = lmdb.open
    monkeypatch.setattr(lmdb, "open", lambda *args, **more: real(*args, **{**more, "sync": False}))


@pytest.fixture
def books(unsynced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes books: each over a directory of its own, or anew over that of the one given."""
    from slices.ledger import book as module

    made: list[Any] = []

    def start(again: Any = None) -> Any:
        if again is not None:
            again.close()
        place = again.head if again is not None else tmp_path / f"ledger{len(made)}"
        monkeypatch.setattr(module, "HEAD", place)
        book = module.Book(Bench(place))  # type: ignore[arg-type]
        for _ in book.ready():
            pass
        made.append(book)
        return book

    yield start
    for book in made:
        book.close()


@pytest.fixture
def book(books: Any) -> Any:
    return books()


@contextmanager
def habery(name: str = "other", **more: Any) -> Iterator[Any]:
    """Somebody else's keripy."""
    from keri.app import habbing
    from keri.core import Salter

    with habbing.openHby(name=name, temp=True, salt=Salter(raw=name.encode().ljust(16, b"_")[:16]).qb64, **more) as hby:
        yield hby


def messages(hab: Any, replay: bool = True) -> list[bytes]:
    """The events of an identifier with their attachments: as keripy replays them, or bare with their signatures only."""
    if replay:
        return [bytes(each) for each in hab.db.clonePreIter(pre=hab.pre)]
    return [bytes(hab.makeOwnEvent(sn=sn, allowPartiallySigned=True)) for sn in range(hab.kever.sn + 1)]


def told(result: dict[str, Any]) -> dict[str, list[Any]]:
    """An import's verdicts in short: the numbers of what was accepted, and (number, code) of the rest."""
    return {
        "accepted": [each["sn"] for each in result["accepted"]],
        "known": [each["sn"] for each in result["known"]],
        "rejected": [(each["sn"], each["code"]) for each in result["rejected"]],
        "escrowed": [(each["sn"], each["code"]) for each in result["escrowed"]],
    }


def bodies(book: Any, aid: str) -> list[bytes]:
    """What the book holds of an AID: the events as they are."""
    return [record["raw"] for record in book.log(aid)] if aid in book.heads() else []


@asynccontextmanager
async def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kit]:
    """A worker with the ledger's slices whose requests to the pool come back to itself, as with a pool of one."""
    from slices.ledger import book as module
    from slices.network import consent
    from slices.vault import vault

    monkeypatch.setattr(module, "HEAD", tmp_path / "disk" / "ledger")
    monkeypatch.setattr(consent, "HEAD", tmp_path / "disk" / "network")
    monkeypatch.setattr(vault, "HEAD", tmp_path / "disk" / "wallet")
    async with running(slices={name: {} for name in ("ledger", "verifying", "wallet", "network")}) as kit:
        kit.worker.disk = FakeDisk(tmp_path / "disk")

        alone(kit)
        try:
            yield kit
        finally:
            module.of(kit.worker).close()
            consent.of(kit.worker).close()


def made(rotations: int = 2) -> list[bytes]:
    """A log with rotations, weights and interactions, its signatures and nothing else attached."""
    with habery("victim") as hby:
        hab = hby.makeHab("multi", isith=["1/2", "1/2", "1/2"], icount=3, nsith=["1/2", "1/2", "1/2"], ncount=3)
        for _ in range(rotations):
            hab.interact(data=[{"pay": "17", "to": "somebody"}])
            hab.rotate(isith="1", ncount=1) if _ else hab.rotate(isith=["1/2", "1/2", "1/2"], nsith="1", ncount=1)
        return messages(hab, replay=False)
