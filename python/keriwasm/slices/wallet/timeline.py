"""A key event log told event by event, each judged anew from its bytes: nothing here trusts that it was accepted before.

Works on any Baser that holds the log, the wallet's own or a ledger's. An event as a dict:

    sn, type (icp rot ixn dip drt), digest, prior, keys, threshold, next_digests, next_threshold, seals, traits,
    delegator, size (bytes), first_seen (ISO 8601)
    signatures  [{index, ondex, key, signature, valid}]
    reveals     [{key, next, from}]: key number `key` is what next digest number `next` of event `from` had committed to
    checks      {said, chain, signatures, threshold, prerotation}: True, False, or None where it does not apply
    valid       whether no check failed
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .view import readable

__all__ = ["ESTABLISHMENTS", "establishments", "event", "events", "message"]

ESTABLISHMENTS = ("icp", "rot", "dip", "drt")


def events(db: Any, pre: str, first: int, last: int) -> Iterator[dict[str, Any]]:
    """The events with sequence numbers first..last in order; ends early where the log does."""
    keyed = _establishment_before(db, pre, first)
    prior = _serder(db, pre, first - 1) if first > 0 else None
    for sn in range(first, last + 1):
        serder = _serder(db, pre, sn)
        if serder is None:
            return
        told = _told(db, pre, serder, prior, keyed)
        if told["type"] in ESTABLISHMENTS:
            keyed = serder
        prior = serder
        yield told


def event(db: Any, pre: str, sn: int) -> dict[str, Any] | None:
    """One event, None when the log has none of that number."""
    return next(events(db, pre, sn, sn), None)


def establishments(db: Any, pre: str, last: int, most: int) -> list[dict[str, Any]]:
    """The latest establishment events up to `last`, at most so many, in order."""
    found: list[dict[str, Any]] = []
    sn = last
    while sn >= 0 and len(found) < most:
        told = event(db, pre, sn)
        if told is not None and told["type"] in ESTABLISHMENTS:
            found.append(told)
        sn -= 1
    return found[::-1]


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


def _serder(db: Any, pre: str, sn: int) -> Any:
    """The accepted event as it is stored; its digest is checked by `_told`, not here."""
    from keri.core import serdering
    from keri.db import dbing

    dig = db.getKeLast(dbing.snKey(pre, sn))
    if dig is None:
        return None
    stored = db.getEvt(dbing.dgKey(pre, bytes(dig)))
    return None if stored is None else serdering.SerderKERI(raw=bytes(stored), verify=False)


def _establishment_before(db: Any, pre: str, sn: int) -> Any:
    for number in range(sn - 1, -1, -1):
        serder = _serder(db, pre, number)
        if serder is not None and serder.ked["t"] in ESTABLISHMENTS:
            return serder
    return None


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
    return {
        "sn": serder.sn,
        "type": kind,
        "digest": serder.said,
        "prior": ked.get("p"),
        "keys": list(ked["k"]) if establishes else None,
        "threshold": readable(ked["kt"]) if establishes else None,
        "next_digests": list(ked["n"]) if establishes else None,
        "next_threshold": readable(ked["nt"]) if establishes and ked["n"] else None,
        "seals": ked.get("a", []),
        "traits": ked.get("c", []),
        "delegator": ked.get("di"),
        "size": len(serder.raw),
        "first_seen": bytes(seen).decode() if seen is not None else None,
        "signatures": signatures,
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


def _reveals(serder: Any, keyed: Any) -> tuple[list[dict[str, int]], bool]:
    """Which committed digests the new keys fit, and whether these meet the committed threshold."""
    from keri.core import coring

    if keyed is None:
        return [], False
    revealed = []
    for number, diger in enumerate(keyed.ndigers):
        for index, verfer in enumerate(serder.verfers):
            if coring.Diger(ser=verfer.qb64b, code=diger.code).qb64 == diger.qb64:
                revealed.append({"key": index, "next": number, "from": keyed.sn})
                break
    return revealed, bool(keyed.ntholder.satisfy([each["next"] for each in revealed]))
