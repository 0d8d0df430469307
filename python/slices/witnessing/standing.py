"""Who has receipted an event, as the database says: nothing else is kept of it, so that nothing can contradict it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Standing", "latest", "open_events", "receipts", "standing", "walk"]


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


def walk(hab: Any, first: int) -> Iterator[Standing]:
    """The events from number `first` on, in order. Whoever gives way in between looks whether the database is still the same."""
    from keri.core import serdering
    from keri.db import dbing

    kever, db, pre = hab.kever, hab.db, hab.pre
    if first >= kever.lastEst.s:
        witnesses, toad = tuple(kever.wits), kever.toader.num
    else:
        witnesses, toad = _asked_for(db, pre, first)
    for sn in range(first, kever.sner.num + 1):
        said = bytes(db.getKeLast(dbing.snKey(pre, sn)))
        raw = bytes(db.getEvt(dbing.dgKey(pre, said)))
        if sn > first and not _only_interacts(raw):
            witnesses, toad = _of_establishment(db, pre, serdering.SerderKERI(raw=raw, verify=False))
        yield _standing(db, pre, sn, said.decode(), witnesses, toad)


def open_events(hab: Any) -> list[Standing]:
    """All events that lack the receipt of a present witness, in order."""
    present = tuple(hab.kever.wits)
    return [event for event in walk(hab, 0) if event.lacking(present)]


def receipts(db: Any, pre: str, event: Standing) -> dict[str, bytes]:
    """The receipts of an event that are here, by witness, as each witness gave its own. One of a kind of key that is not known here
    is left out, and asked for again."""
    from keri.core import coring, eventing, indexing
    from keri.db import dbing

    codes = coring.MtrDex
    signed = {codes.Ed25519N: codes.Ed25519_Sig, codes.ECDSA_256k1N: codes.ECDSA_256k1_Sig, codes.ECDSA_256r1N: codes.ECDSA_256r1_Sig}
    told = eventing.receipt(pre=pre, sn=event.sn, said=event.said)
    found = {}
    for wig in db.getWigs(dbing.dgKey(pre, event.said)):
        siger = indexing.Siger(qb64b=bytes(wig))
        aid = event.witnesses[siger.index]
        verfer = coring.Verfer(qb64=aid)
        if verfer.code in signed:
            cigar = coring.Cigar(raw=siger.raw, code=signed[verfer.code], verfer=verfer)
            found[aid] = bytes(eventing.messagize(told, cigars=[cigar]))
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
        if raw is not None and not _only_interacts(raw := bytes(raw)):
            return _of_establishment(db, pre, serdering.SerderKERI(raw=raw, verify=False))
    return (), 0


def _only_interacts(raw: bytes) -> bool:
    """Whether an own event leaves keys and witnesses as they are: keripy writes its kind at the beginning, and own ones in JSON."""
    return b'"t":"ixn"' in raw[:100]


def _of_establishment(db: Any, pre: str, serder: Any) -> tuple[tuple[str, ...], int]:
    from keri.db import dbing

    found = db.wits.get(keys=dbing.dgKey(pre, serder.said)) or ()
    return tuple(each.qb64 for each in found), int(serder.ked["bt"], 16)
