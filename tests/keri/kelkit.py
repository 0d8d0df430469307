"""What the scenarios share: parties that talk by bytes alone, as they would over a wire."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from keri import core
from keri.app import habbing
from keri.app.habbing import Hab, Habery
from keri.core import parsing
from keri.core.eventing import Kevery
from keri.core.indexing import Siger
from keri.db import basing

SALT = b"scenariosof16by0"


@contextmanager
def party(name: str, salt: bytes = SALT, **options: object) -> Iterator[Habery]:
    """Somebody with stores of his own, below /tmp: cleared at the end."""
    with habbing.openHby(name=name, temp=True, salt=core.Salter(raw=salt).qb64, **options) as hby:
        yield hby


@contextmanager
def stranger(name: str = "stranger") -> Iterator[Kevery]:
    """Somebody who has only a database of key events and believes nothing that he cannot verify."""
    with basing.openDB(name=name) as db:
        yield Kevery(db=db, lax=False, local=False)


def hear(kevery: Kevery, *messages: bytes) -> None:
    """Have a Kevery parse messages, then look through its escrows.

    `Parser.parse` waits for ever for the rest of a message that was cut short; this one gives up when nothing more is taken.
    """
    for message in messages:
        ims = bytearray(message)
        machine = parsing.Parser(framed=True, kvy=kevery).allParsator(ims=ims)
        left, idle = len(ims), 0
        for _ in machine:
            idle = 0 if len(ims) < left else idle + 1
            left = len(ims)
            if idle == 3:
                machine.close()
    kevery.processEscrows()


def log(hab: Hab) -> list[bytes]:
    """The key event log, event by event, as keripy replays it: each message with its attachments."""
    return [bytes(message) for message in hab.db.clonePreIter(pre=hab.pre)]


def signed(hab: Hab, data: bytes, indices: list[int]) -> list[Siger]:
    """Signatures by some of an identifier's present keys."""
    return hab.sign(data, verfers=[hab.kever.verfers[index] for index in indices], indices=indices)


def kept(kevery: Kevery, hab: Hab, sn: int) -> int:
    """In how many of the escrows of out-of-order, partially signed, duplicitous events something lies at a place."""
    from keri.db.dbing import snKey

    key = snKey(hab.pre, sn)
    db = kevery.db
    return sum(bool(fetch(key)) for fetch in (db.getOoes, db.getPses, db.getLdes))
