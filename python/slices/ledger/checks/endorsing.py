"""Receipts: what witnesses and others sign of an event that is not theirs, attached to it or as a message of their own.

By a witness: it counts for the event's acceptance. By another key: kept with the event (keripy's rcts). By an identifier with
a log (a validator, keripy's vrcs): kept when that log has the event whose keys have signed; it waits until then.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from slices.ledger.checks import signing
from slices.ledger.checks.reading import Message, Refused
from slices.ledger.checks.room import Entry, Held

if TYPE_CHECKING:
    from slices.ledger.checks.judge import Judge

__all__ = ["attached", "offered", "packed", "receipt"]

Endorsement = tuple[Any, Any, Any, list[Any]]


def receipt(checker: Judge, entry: Entry, queue: deque[Entry]) -> dict[str, Any]:
    """A receipt as a message, of an event that is or will be known. Raises Refused or Held."""
    message = entry.message
    assert message is not None
    aid, sn, said = message.serder.pre, message.serder.sn, message.serder.said
    key = ("said", aid, said)
    if not checker.knows(aid, said):
        held = checker.room.at(("held", aid, said))
        checked = next((each for each in held if each.checked), None)
        if not held:
            raise Held("receipt", f"it is a receipt of event {sn}, which is not known yet", aid, key)
        if checked is not None:
            raw = checked.message.serder.raw
            found = signing.by_witnesses(message, raw, checked.wits), signing.by_others(message, raw, checked.wits)
            if not any(found) and not message.endorsements:
                raise Refused("receipt", "no signature of it is one that can be kept")
            if not entry.offered:
                entry.offered = True
                queue.append(checked)
        raise Held("receipt", f"its event {sn} still waits: {held[0].verdict['reason']}", aid, key)
    event = _event(checker, aid, said)
    _, wits = checker.at_event(event)
    wigers, rcts = signing.by_witnesses(message, event.raw, wits), signing.by_others(message, event.raw, wits)
    vrcs, missing = _endorsed(checker, message, event.raw)
    if not wigers and not rcts and not message.endorsements:
        raise Refused("receipt", "no signature of it is one that can be kept")
    checker.keep(aid, sn, said, wigs=[each.qb64 for each in wigers], rcts=rcts, vrcs=vrcs)
    if missing:
        raise _waits(missing[0])
    return {"verdict": "known"}


def offered(checker: Judge, entry: Entry) -> list[Any]:
    """The witness signatures in the receipts that wait for an event. One that does not verify is refused, by itself."""
    serder = entry.message.serder
    wigers: list[Any] = []
    for each in checker.room.at(("said", serder.pre, serder.said)):
        each.offered = True
        try:
            wigers += signing.by_witnesses(each.message, serder.raw, entry.wits)
        except Refused as ex:
            each.verdict = {**each.verdict, "verdict": "rejected", "code": ex.code, "reason": ex.reason}
            each.verdict.pop("waits", None)
            checker.room.leave(each)
    return wigers


def attached(checker: Judge, entry: Entry, queue: deque[Entry]) -> None:
    """Receipts by validators that came with an event: each goes on as a receipt of its own, which may have to wait."""
    message = entry.message
    serder = message.serder
    from keri.core import eventing

    for endorsement in message.endorsements:
        made = Message(eventing.receipt(pre=serder.pre, sn=serder.sn, said=serder.said), endorsements=[endorsement])
        made.remarks = message.remarks
        apart = Entry(made, came_with=entry.number)
        checker.apart(apart)
        queue.append(apart)


def packed(message: Message) -> dict[str, Any]:
    """A receipt that was attached, as a message that can be kept and read again: {raw, body}."""
    from keri.core import eventing

    serder = message.serder
    prefixer, seqner, saider, sigers = message.endorsements[0]
    seal = eventing.SealEvent(i=prefixer.qb64, s=seqner.snh, d=saider.qb64)
    return {"raw": bytes(eventing.messagize(serder, sigers=sigers, seal=seal)), "body": len(serder.raw)}


def _endorsed(checker: Judge, message: Message, raw: bytes) -> tuple[list[str], list[Endorsement]]:
    """(verified receipts by validators as keripy keeps them, those whose validator's event is not known yet)."""
    from keri.db.dbing import snKey

    quadruples, missing = [], []
    for endorsement in message.endorsements:
        prefixer, seqner, saider, sigers = endorsement
        last = checker.db.getKeLast(snKey(prefixer.qb64b, seqner.sn))
        if last is None:
            missing.append(endorsement)
            continue
        who = f"the receipt by {prefixer.qb64}"
        if bytes(last) != saider.qb64b:
            raise Refused("receipt", f"{who} names another event {seqner.sn} than the one in its log")
        verfers = _event(checker, prefixer.qb64, saider.qb64).verfers
        if not verfers:
            raise Refused("receipt", f"{who} names its event {seqner.sn}, which has no keys")
        signing.each_verifies(raw, sigers, verfers, f"{who}: signature")
        quadruples += [prefixer.qb64 + seqner.qb64 + saider.qb64 + each.qb64 for each in sigers]
    return quadruples, missing


def _waits(endorsement: Endorsement) -> Held:
    prefixer, seqner, *_ = endorsement
    reason = f"it is by {prefixer.qb64}, whose event {seqner.sn} is not known yet"
    return Held("receiptor", reason, prefixer.qb64, ("event", prefixer.qb64, seqner.sn), at=seqner.sn)


def _event(checker: Judge, aid: str, said: str) -> Any:
    """An accepted event."""
    from keri.core import serdering
    from keri.db.dbing import dgKey

    return serdering.SerderKERI(raw=bytes(checker.db.getEvt(dgKey(aid.encode(), said.encode()))), verify=False)
