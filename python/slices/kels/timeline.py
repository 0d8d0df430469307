"""A key event log told event by event, each judged anew from its bytes: nothing here trusts that it was accepted before.

Works on any Baser that holds the log, the wallet's own or a ledger's. A log may have many thousand events and be a
stranger's, so what is asked of it takes time that its length bounds: `survey` looks once at the head of each event, only to
know where keys are established; what is judged is what is shown; and both give way in between.

    log = yield from timeline.survey(lambda: self.vault.hby.db, aid, last)
    shown = yield from log.events(first, last)

An event as a dict:

    sn, type (icp rot ixn dip drt), digest, prior, keys, threshold, next_digests, next_threshold, seals, traits,
    delegator, size (bytes), first_seen (ISO 8601)
    signatures  [{index, ondex, key, signature, valid}]
    reveals     [{key, next, from}]: key number `key` is what next digest number `next` of event `from` had committed to
    witnesses, toad     those whose receipts it asks for, and how many of these
    receipts    [{witness, signature, valid}]; witnessed: True, False while fewer valid ones than `toad` are there, None without witnesses
    checks      {said, chain, signatures, threshold, prerotation}: True, False, or None where it does not apply
    valid       whether no check failed; receipts may come yet, and are no part of it
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Generator
from contextlib import closing
from itertools import islice
from typing import Any

from slices.foreign import bodies
from slices.kels.thresholds import readable

__all__ = ["ESTABLISHMENTS", "Log", "event", "message", "messages", "raw", "superseded", "survey"]

ESTABLISHMENTS = ("icp", "rot", "dip", "drt")
HEADS_AT_ONCE = 500
"""Heads of events, or names, looked at between two yields: some milliseconds in a browser."""
JUDGED_AT_ONCE = 4
"""Events judged, or put together with their attachments, between two yields."""

Source = Callable[[], Any]
"""Gives the Baser, anew at each call: it may be closed (then this raises) or made anew while others run."""


class Log:
    """A log up to event `last`, of which it is known where keys are established.

    Attributes:
        marks: (sn, digest) of its establishment events by sn; also of such that were superseded or never accepted, for the
            digests of the log itself, not these, say what belongs to it
    """

    def __init__(self, source: Source, pre: str, last: int, marks: list[tuple[int, bytes]]) -> None:
        self.source = source
        self.pre = pre
        self.last = last
        self.marks = marks

    def events(self, first: int, last: int) -> Generator[float, float, list[dict[str, Any]]]:
        """The events with sequence numbers first..last in order; ends early where the log does."""
        found: list[dict[str, Any]] = []
        db = self.source()
        keyed = self.established(db, first)
        prior = _serder(db, self.pre, first - 1) if first > 0 else None
        for sn in range(first, min(last, self.last) + 1):
            if len(found) % JUDGED_AT_ONCE == JUDGED_AT_ONCE - 1:
                yield
                db = self.source()
            serder = _serder(db, self.pre, sn)
            if serder is None:
                break
            told = _told(db, self.pre, serder, prior, keyed)
            if told["type"] in ESTABLISHMENTS:
                keyed = serder
            prior = serder
            found.append(told)
        return found

    def part(self, last: int, most: int) -> Generator[float, float, dict[str, Any]]:
        """{events, before}: at most so many, newest first, ending with event `last`; `before` is what follows."""
        first = max(0, last - most + 1)
        events = yield from self.events(first, last)
        return {"events": events[::-1], "before": first - 1 if first > 0 else None}

    def establishments(self, most: int) -> list[dict[str, Any]]:
        """The latest establishment events, at most so many, in order: {sn, type, keys, next_digests, reveals}. None of them
        is judged: this is for a picture of what leads to what."""
        db, found, sn = self.source(), [], self.last + 1
        while len(found) < most + 1:
            serder = self.established(db, sn)
            if serder is None:
                break
            found.append(serder)
            sn = serder.sn
        found.reverse()
        told = []
        for number, serder in enumerate(found):
            before = found[number - 1] if number else None
            rotates = serder.ked["t"] in ("rot", "drt")
            told.append(
                {
                    "sn": serder.sn,
                    "type": serder.ked["t"],
                    "keys": list(serder.ked["k"]),
                    "next_digests": list(serder.ked["n"]),
                    "reveals": _reveals(serder, before)[0] if rotates else [],
                }
            )
        return told[-most:]

    def established(self, db: Any, sn: int) -> Any:
        """The latest establishment event before a number, as it is stored; None when there is none."""
        for at in range(bisect_left(self.marks, (sn, b"")) - 1, -1, -1):
            number, said = self.marks[at]
            if _said(db, self.pre, number) == said:
                return _serder(db, self.pre, number)
        return None


def survey(source: Source, pre: str, last: int) -> Generator[float, float, Log]:
    """Look once at the head of each stored event of an identifier."""
    marks: list[tuple[int, bytes]] = []

    def look(key: bytes, stored: Any) -> None:
        sn = _establishes(stored)
        if sn is not None and sn <= last:
            marks.append((sn, key.rpartition(b".")[2]))

    yield from _walk(source, lambda db: db.evts, pre, look, marks.clear)
    return Log(source, pre, last, sorted(marks))


def superseded(source: Source, pre: str, last: int) -> Generator[float, float, list[dict[str, Any]]]:
    """What was accepted once and is overruled by a recovery: [{sn, said}]."""
    accepted: list[tuple[int, str]] = []

    def look(key: bytes, stored: Any) -> None:
        # Before each of several values under one key keripy puts 32 digits and a point, to keep them in order.
        accepted.append((int(key.rpartition(b".")[2], 16), bytes(stored[33:]).decode()))

    yield from _walk(source, lambda db: db.kels, pre, look, accepted.clear)
    final = {sn: said for sn, said in accepted if sn <= last}  # of several the one that came last
    return [{"sn": sn, "said": said} for sn, said in accepted if final.get(sn) != said]


def messages(source: Source, pre: str) -> Generator[float, float, list[bytes]]:
    """The events with their attachments in CESR as keripy replays them, in the order in which they were seen."""
    made: list[bytes] = []
    db, fn = source(), 0
    while True:
        with closing(db.getFelItemPreIter(pre.encode(), fn=fn)) as seen:
            items = [(number, bytes(said)) for _, number, said in islice(seen, JUDGED_AT_ONCE)]
        for number, said in items:
            fn = number + 1
            try:
                made.append(bytes(db.cloneEvtMsg(pre=pre.encode(), fn=number, dig=said)))
            except Exception:  # keripy's own replay leaves out what it cannot read, whatever it raises over it
                continue
        if len(items) < JUDGED_AT_ONCE:
            return made
        yield
        if (now := source()) is not db:  # opened anew: from the beginning
            db, fn = now, 0
            made.clear()


def event(db: Any, pre: str, sn: int, established: int) -> dict[str, Any]:
    """One event without a survey, for who has just made it. established: number of the establishment event before it.
    Raises LookupError when the log has none of that number."""
    serder = _serder(db, pre, sn)
    if serder is None:
        raise LookupError(f"the log has no event {sn}")
    prior = _serder(db, pre, sn - 1) if sn else None
    return _told(db, pre, serder, prior, _serder(db, pre, established) if sn else None)


def message(db: Any, pre: str, sn: int) -> bytes | None:
    """The event with its attachments in CESR, as keripy replays it; None when there is none."""
    from keri.db import dbing

    serder = _serder(db, pre, sn)
    if serder is None:
        return None
    fn = db.fons.get(keys=dbing.dgKey(pre, serder.said))
    return bytes(db.cloneEvtMsg(pre=pre.encode(), fn=fn.num, dig=serder.saidb))


def raw(db: Any, pre: str, sn: int) -> bytes | None:
    """The event's own bytes without attachments."""
    serder = _serder(db, pre, sn)
    return None if serder is None else bytes(serder.raw)


# -- private ----------------------------------------------------------------------------------------------------------


def _walk(
    source: Source, database: Callable[[Any], Any], pre: str, look: Callable[[bytes, Any], None], begin: Callable[[], None]
) -> Generator[float, float, None]:
    """Hand each (key, value) of an identifier in one of keripy's databases to `look`, giving way in between.

    No transaction is open while others run: they may close the databases. Were they opened anew, all of it begins anew,
    with `begin`.
    """
    top = start = pre.encode() + b"."
    db = source()
    begin()
    while True:
        key, count = b"", 0
        with db.env.begin(db=database(db), buffers=True) as txn:
            cursor = txn.cursor()
            found = cursor.set_range(start)
            for item, value in cursor.iternext() if found else ():
                item = bytes(item)
                if not item.startswith(top):
                    return
                if count >= HEADS_AT_ONCE and item != key:  # several values under one key stay together
                    start = item
                    break
                key, count = item, count + 1
                look(key, value)
            else:
                return
        yield
        if (now := source()) is not db:
            db, start = now, top
            begin()


HEAD = re.compile(rb'.{0,40}"t":"([a-z]{3})","d":"[^"]{1,128}","i":"[^"]{1,128}","s":"([0-9a-f]{1,32})"', re.DOTALL)
"""How an event in JSON begins, in the order that keripy wants its members in."""


def _establishes(stored: Any) -> int | None:
    """The number of a stored event that establishes keys; None for any other."""
    head = bytes(stored[:400])
    if head[:1] == b"{":
        found = HEAD.match(head)
        if found is None:
            return None
        return int(found[2], 16) if found[1].decode() in ESTABLISHMENTS else None
    from keri.core import serdering

    serder = serdering.SerderKERI(raw=bytes(stored), verify=False)
    return serder.sn if serder.ked["t"] in ESTABLISHMENTS else None


def _said(db: Any, pre: str, sn: int) -> bytes | None:
    """The digest of the accepted event of that number."""
    from keri.db import dbing

    said = db.getKeLast(dbing.snKey(pre, sn))
    return None if said is None else bytes(said)


def _serder(db: Any, pre: str, sn: int) -> Any:
    """The accepted event as it is stored; its digest is checked by `_told`, not here."""
    from keri.core import serdering
    from keri.db import dbing

    said = _said(db, pre, sn)
    stored = None if said is None else db.getEvt(dbing.dgKey(pre, said))
    return None if stored is None else serdering.SerderKERI(raw=bytes(stored), verify=False)


def _told(db: Any, pre: str, serder: Any, prior: Any, keyed: Any) -> dict[str, Any]:
    from keri.db import dbing

    ked, kind = serder.ked, serder.ked["t"]
    establishes = kind in ESTABLISHMENTS
    source = serder if establishes else keyed
    key = dbing.dgKey(pre, serder.said)
    signatures = _signatures(db, key, serder, source)
    reveals, prerotation = _reveals(serder, keyed) if kind in ("rot", "drt") else ([], None)
    signed = sorted({each["index"] for each in signatures if each["valid"]})
    checks = {
        "said": _said_fits(serder),
        "chain": None if prior is None and serder.sn == 0 else prior is not None and ked["p"] == prior.said,
        "signatures": bool(signatures) and all(each["valid"] for each in signatures),
        "threshold": source is not None and bool(source.tholder.satisfy(signed)),
        "prerotation": prerotation,
    }
    seen = db.getDts(key)
    witnesses, toad = _witnesses(db, pre, source)
    receipts = _receipts(db, key, serder, witnesses)
    told = {each["witness"] for each in receipts if each["valid"]}
    return {
        "sn": serder.sn,
        "type": kind,
        "digest": serder.said,
        "prior": ked.get("p"),
        "keys": list(ked["k"]) if establishes else None,
        "threshold": readable(ked["kt"]) if establishes else None,
        "next_digests": list(ked["n"]) if establishes else None,
        "next_threshold": readable(ked["nt"]) if establishes and ked["n"] else None,
        "seals": bodies.safe(ked.get("a", [])),
        "traits": bodies.safe(ked.get("c", [])),
        "delegator": ked.get("di"),
        "size": len(serder.raw),
        "first_seen": bytes(seen).decode() if seen is not None else None,
        "signatures": signatures,
        "witnesses": witnesses,
        "toad": toad,
        "receipts": receipts,
        "witnessed": len(told) >= toad if witnesses else None,
        "reveals": reveals,
        "checks": checks,
        "valid": all(verdict is not False for verdict in checks.values()),
    }


def _said_fits(serder: Any) -> bool:
    from keri.core import serdering

    try:
        serdering.SerderKERI(raw=bytes(serder.raw), verify=True)
    except Exception:  # whatever keripy raises about these bytes, they are not what their digest says
        return False
    return True


def _signatures(db: Any, key: bytes, serder: Any, source: Any) -> list[dict[str, Any]]:
    """Each controller's signature with the key that it must fit."""
    from keri.core import indexing

    told = []
    for stored in db.getSigs(key):
        siger = indexing.Siger(qb64b=bytes(stored))
        verfers = source.verfers if source is not None else []
        verfer = verfers[siger.index] if siger.index < len(verfers) else None
        told.append(
            {
                "index": siger.index,
                "ondex": siger.ondex,
                "key": verfer.qb64 if verfer is not None else None,
                "signature": siger.qb64,
                "valid": verfer is not None and bool(verfer.verify(siger.raw, serder.raw)),
            }
        )
    return told


def _witnesses(db: Any, pre: str, source: Any) -> tuple[list[str], int]:
    """Witnesses and threshold as of an establishment event."""
    from keri.db import dbing

    toad = int(source.ked["bt"], 16) if source is not None else 0
    found = db.wits.get(keys=dbing.dgKey(pre, source.said)) if toad else ()  # keripy takes no witnesses with a threshold of none
    return [each.qb64 for each in found], toad


def _receipts(db: Any, key: bytes, serder: Any, witnesses: list[str]) -> list[dict[str, Any]]:
    """Each witness's receipt, verified with the key that is its name."""
    from keri.core import coring, indexing

    told = []
    for stored in db.getWigs(key) if witnesses else ():
        siger = indexing.Siger(qb64b=bytes(stored))
        witness = witnesses[siger.index] if siger.index < len(witnesses) else None
        valid = witness is not None and bool(coring.Verfer(qb64=witness).verify(siger.raw, serder.raw))
        told.append({"witness": witness, "signature": siger.qb64, "valid": valid})
    return told


def _reveals(serder: Any, keyed: Any) -> tuple[list[dict[str, int]], bool]:
    """Which committed digests the new keys fit, and whether these meet the committed threshold."""
    from keri.core import coring

    if keyed is None:
        return [], False
    digests: dict[str, dict[str, int]] = {}  # code -> digest -> key: each key is digested once, not once for each promise
    revealed = []
    for number, diger in enumerate(keyed.ndigers):
        if diger.code not in digests:
            made = [coring.Diger(ser=verfer.qb64b, code=diger.code).qb64 for verfer in serder.verfers]
            digests[diger.code] = {each: index for index, each in reversed(list(enumerate(made)))}
        index = digests[diger.code].get(diger.qb64)
        if index is not None:
            revealed.append({"key": index, "next": number, "from": keyed.sn})
    return revealed, bool(keyed.ntholder.satisfy([each["next"] for each in revealed]))
