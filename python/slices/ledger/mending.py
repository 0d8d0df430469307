"""Once, when a ledger is opened: what our lmdb of before 2026-11-30 left wrong in it.

`Cursor.delete` lost its place in a database that had ever been empty. So keripy's loops that delete a set or a branch (`rem` and
`pin` of an IoSetSuber, `trim`) stopped after their first entry, and the rest stayed. Of all that a KeriWasm wallet, ledger or
registry keeps this met one place. keripy 1.3.6 deletes that way in: Counselor (gpse, gdee, gpwe), Registrar (tpwe, tmse, tede),
Exchanger (esigs, epath), Organizer (cfld, imgs), Revery and Broker (ssgs, scgs), clearEscrows, and migrations of databases older
than ours; none of them runs here. Everything else that it deletes (escrows of key events, receipts and registries, by value or
by key) goes without a loop over a cursor. Of our own code it was `Book.remove` alone, which forgets an identifier: `wits`.

There the witnesses of a forgotten event stayed, all but the first; and when the same log was imported again, the first one came
behind the others, so that receipts by index were held against the wrong witness. Such a set is known by its numbers: keripy
begins each at 0, and the loop took just that one away.
"""

from __future__ import annotations

from typing import Any

from keriwasm.data import guarding

__all__ = ["MARK", "witnesses"]

MARK = "witnesses"
"""In the ledger's notes: this was done."""


def witnesses(db: Any) -> int:
    """Remove the witnesses of events that are gone, and put those of the others in their order. How many sets were mended."""
    from slices.ledger.checks import records

    damaged: dict[str, set[str]] = {}
    for aid, said in _without_first(db):
        damaged.setdefault(aid, set()).add(said)
    for aid, saids in damaged.items():
        right = _derived(db, aid)
        for said in saids:
            if right.get(said):
                db.wits.pin(keys=(aid, said), vals=_prefixers(right[said]))
            else:
                db.wits.rem(keys=(aid, said))
        state = db.states.get(keys=aid)
        if state is not None and state.b != right.get(state.ee.d, state.b):
            records.pin(db, {**state._asdict(), "b": right[state.ee.d]})
        db.kevers.pop(aid, None)  # made from what was there before
    return sum(map(len, damaged.values()))


def _without_first(db: Any) -> list[tuple[str, str]]:
    """(aid, said) of the sets that do not begin with their number 0."""
    from keri.db import dbing

    found, last = [], b""
    for stored, _ in db.getTopItemIter(db=db.wits.sdb):
        key, number = dbing.unsuffix(stored)
        if key != last and number:
            aid, _, said = key.decode().partition(".")
            found.append((aid, said))
        last = key
    return found


def _derived(db: Any, aid: str) -> dict[str, list[str]]:
    """Event -> the witnesses that it leaves, from the accepted events themselves."""
    from slices.ledger.checks import records

    after: dict[str, list[str]] = {}
    kept: dict[str, list[str]] = {}
    for record in records.kept(db, aid):
        event = _event(record["raw"])
        before = after.get(event.get("p", ""), [])
        if event["t"] in ("icp", "dip"):
            kept[record["said"]] = after[record["said"]] = list(event["b"])
        elif event["t"] in ("rot", "drt"):
            now = [each for each in before if each not in event["br"]] + list(event["ba"])
            kept[record["said"]] = after[record["said"]] = now
        else:
            after[record["said"]] = before
    return kept


def _event(raw: bytes) -> dict[str, Any]:
    """The fields of a verified event."""
    if raw[:1] == b"{":
        return guarding.json_value(raw, strict=False)
    from keri.core import serdering

    return serdering.SerderKERI(raw=raw, verify=False).ked


def _prefixers(witnesses: list[str]) -> list[Any]:
    from keri.core import coring

    return [coring.Prefixer(qb64=each) for each in witnesses]
