"""Who has receipted an event, as the database says: nothing else is kept of it, so that nothing can contradict it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Standing", "latest", "open_events", "standing"]


@dataclass(frozen=True)
class Standing:
    """An event of an own log with the witnesses that it is for, in the log's own order."""

    sn: int
    said: str
    witnesses: tuple[str, ...]
    toad: int
    receipted: frozenset[str]

    def lacking(self, present: tuple[str, ...]) -> list[str]:
        """Those without a receipt of it that are still witnesses; one that was cut is asked for nothing any more."""
        return [each for each in self.witnesses if each in present and each not in self.receipted]


def latest(hab: Any) -> Standing:
    """The latest event of an identifier."""
    kever = hab.kever
    return _standing(hab.db, hab.pre, kever.sner.num, kever.serder.said, tuple(kever.wits), kever.toader.num)


def standing(db: Any, pre: str, sn: int) -> Standing | None:
    """Any event of a log; None where there is none of that number."""
    from keri.db import dbing

    said = db.getKeLast(dbing.snKey(pre, sn))
    if said is None:
        return None
    witnesses, toad = _asked_for(db, pre, sn)
    return _standing(db, pre, sn, bytes(said).decode(), witnesses, toad)


def open_events(hab: Any, first: int) -> list[Standing]:
    """The events from number `first` on that lack the receipt of a present witness, in order."""
    kever = hab.kever
    present, found = tuple(kever.wits), []
    witnesses, toad = _asked_for(hab.db, hab.pre, first)
    from keri.core import serdering
    from keri.db import dbing

    for sn in range(first, kever.sner.num + 1):
        said = bytes(hab.db.getKeLast(dbing.snKey(hab.pre, sn)))
        key = dbing.dgKey(hab.pre, said)
        raw = bytes(hab.db.getEvt(key))
        if sn > first and b'"bt":' in raw[:100_000] and (serder := serdering.SerderKERI(raw=raw, verify=False)).estive:
            witnesses, toad = _of_establishment(hab.db, hab.pre, serder)
        told = _standing(hab.db, hab.pre, sn, said.decode(), witnesses, toad)
        if told.lacking(present):
            found.append(told)
    return found


def _standing(db: Any, pre: str, sn: int, said: str, witnesses: tuple[str, ...], toad: int) -> Standing:
    from keri.core import indexing
    from keri.db import dbing

    indices = {indexing.Siger(qb64b=bytes(wig)).index for wig in db.getWigs(dbing.dgKey(pre, said))}
    receipted = frozenset(each for index, each in enumerate(witnesses) if index in indices)
    return Standing(sn, said, witnesses, toad, receipted)


def _asked_for(db: Any, pre: str, sn: int) -> tuple[tuple[str, ...], int]:
    """Witnesses and threshold of the event of that number: those of the last establishment event up to it."""
    from keri.core import serdering
    from keri.db import dbing

    for number in range(sn, -1, -1):
        said = db.getKeLast(dbing.snKey(pre, number))
        raw = None if said is None else db.getEvt(dbing.dgKey(pre, bytes(said)))
        if raw is not None and (serder := serdering.SerderKERI(raw=bytes(raw), verify=False)).estive:
            return _of_establishment(db, pre, serder)
    return (), 0


def _of_establishment(db: Any, pre: str, serder: Any) -> tuple[tuple[str, ...], int]:
    from keri.db import dbing

    found = db.wits.get(keys=dbing.dgKey(pre, serder.said)) or ()
    return tuple(each.qb64 for each in found), int(serder.ked["bt"], 16)
