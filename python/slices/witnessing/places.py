"""Where witnesses are: as the ledger knows them by their own signed word, else as the wallet kept them with the event that named them.

The ledger's word is the newer one, and looked up at each use. The wallet's own copy (keripy's table `locs`) is for a wallet that was
restored without its ledger, or whose owner had the ledger forget a witness.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from slices.ledger import book as books
from slices.ledger.calling import Calling

__all__ = ["keep", "named", "ready", "schemes", "urls"]

WEB = ("http", "https")
"""A page reaches no other; of both keripy takes the first."""


def ready(vault: Any, hab: Any = None) -> Generator[float, float, None]:
    """Wait until the ledger is open, if an identifier of the open wallet (or this one) has witnesses."""
    witnessed = hab.kever.wits if hab is not None else (yield from vault.own()).witnessed
    if witnessed:
        yield from books.of(vault.worker).ready()


def urls(worker: Any, db: Any, aid: str) -> dict[str, str]:
    """scheme -> URL of a witness. The ledger must be open; db: the wallet's Baser."""
    book = books.of(worker)
    words = book.notes.words(f"loc.{aid}.") if book.notes is not None else []
    found = {word["scheme"]: word["url"] for word in words if word["url"] and word["scheme"] in WEB}
    if not found:
        found = {keys[1]: kept.url for keys, kept in db.locs.getItemIter(keys=(aid, "")) if kept.url and keys[1] in WEB}
    return found


def schemes(found: dict[str, str]) -> str:
    """The address that keripy asks: http's, where there are both."""
    return found.get("http") or found.get("https") or ""


def named(worker: Any, aid: str) -> str:
    """What the ledger's owner calls it; else what a page does, or the beginning of its AID."""
    book = books.of(worker)
    contact = (book.notes.contact(aid) if book.notes is not None else None) or {}
    return Calling(book).of(aid, contact.get("alias", "")) or f"{aid[:10]}…"


def keep(worker: Any, db: Any, aids: list[str]) -> None:
    """Copy the addresses into the wallet's database: inside of the change that names these witnesses."""
    from keri.db import basing

    for aid in aids:
        for scheme, url in urls(worker, db, aid).items():
            db.locs.pin(keys=(aid, scheme), val=basing.LocationRecord(url=url))
