"""Accepted events as plain data: how they leave a verifying worker, and how they enter a Baser without a second look.

A record is a dict {aid, sn, said, raw, sigs, wigs, rcts, vrcs, wits, seal}: the texts are qb64, `raw` is the event's body,
`wits` the witnesses after it, `seal` the delegating event's place and SAID (qb64) or "", `rcts` and `vrcs` receipts by others
than witnesses: by a key (identifier, signature), and by a log (identifier, number, SAID, signature). `write` is what keripy's
Kever.logEvent does with an event once it has been verified, in the same order, through the same methods of Baser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from slices.foreign import bodies

__all__ = ["Record", "add_signatures", "branch", "context", "forget", "kept", "pin", "single", "state_at", "write"]

Record = dict[str, Any]


def write(db: Any, record: Record, stamp: str) -> int:
    """Append a verified event to its log as first seen at `stamp` (ISO 8601). Returns its first-seen ordinal."""
    from keri.core import coring
    from keri.db.dbing import dgKey, snKey

    aid, said = record["aid"].encode(), record["said"].encode()
    key = dgKey(aid, said)
    add_signatures(db, record)
    if record["wits"]:
        db.wits.put(keys=key, vals=[coring.Prefixer(qb64=each) for each in record["wits"]])
    db.putEvt(key, record["raw"])
    if record["seal"]:
        db.setAes(key, record["seal"].encode())
    db.putVal(db.esrs.sdb, key, _elsewhere(db.esrs))
    fn = db.appendFe(aid, said)
    db.setDts(key, stamp.encode())
    db.fons.pin(keys=key, val=coring.Seqner(sn=fn))
    db.addKe(snKey(aid, record["sn"]), said)
    return fn


ELSEWHERE: dict[str, bytes] = {}
"""What keripy keeps of an event's source when that is elsewhere, by the kind of serialization: the same for all events."""


def _elsewhere(sources: Any) -> bytes:
    if sources.kind not in ELSEWHERE:
        from keri.db import basing

        ELSEWHERE[sources.kind] = sources.serializer(basing.EventSourceRecord(local=False))
    return ELSEWHERE[sources.kind]


def add_signatures(db: Any, record: Record) -> None:
    """Keep verified signatures and receipts, of an event that is new or was accepted before."""
    from keri.db.dbing import dgKey

    key = dgKey(record["aid"].encode(), record["said"].encode())
    puts = {"sigs": db.putSigs, "wigs": db.putWigs, "rcts": db.putRcts, "vrcs": db.putVrcs}
    for name, put in puts.items():
        if record[name]:
            put(key, [each.encode() for each in record[name]])


def forget(db: Any, record: Record, fn: int) -> None:
    """Take an accepted event away again, the first-seen one of this ordinal."""
    from keri.db.dbing import dgKey, fnKey, snKey

    pre, said = record["aid"].encode(), record["said"].encode()
    key = dgKey(pre, said)
    db.delFe(fnKey(pre, fn))
    db.delKes(snKey(pre, record["sn"]))
    for delete in (db.delEvt, db.delSigs, db.delWigs, db.delRcts, db.delVrcs, db.delDts, db.delAes):
        delete(key)
    db.wits.rem(keys=key)
    db.esrs.rem(keys=(record["aid"], record["said"]))
    db.fons.rem(keys=key)


def pin(db: Any, state: dict[str, Any]) -> None:
    """Make a key state the current one; a Kever made from an earlier one is forgotten."""
    from keri.db import basing

    db.states.pin(keys=state["i"], val=basing.KeyStateRecord._fromdict(state))
    db.kevers.pop(state["i"], None)


def kept(db: Any, aid: str, since: int = 0) -> Iterator[Record]:
    """The accepted events of an AID in first-seen order, those with sn >= since."""
    from keri.db.dbing import dgKey

    pre = aid.encode()
    for _, _, dig in db.getFelItemPreIter(pre):
        raw = bytes(db.getEvt(dgKey(pre, bytes(dig))))
        sn = bodies.number(raw)
        if sn >= since:
            yield _record(db, aid, sn, bytes(dig), raw)


def _record(db: Any, aid: str, sn: int, said: bytes, raw: bytes) -> Record:
    from keri.db.dbing import dgKey

    key = dgKey(aid.encode(), said)
    seal = db.getAes(key)
    return {
        "aid": aid,
        "sn": sn,
        "said": said.decode(),
        "raw": raw,
        "sigs": [bytes(each).decode() for each in db.getSigs(key)],
        "wigs": [bytes(each).decode() for each in db.getWigs(key)],
        "rcts": [bytes(each).decode() for each in db.getRcts(key)],
        "vrcs": [bytes(each).decode() for each in db.getVrcs(key)],
        "wits": [each.qb64 for each in db.wits.get(keys=key) or ()],
        "seal": bytes(seal).decode() if seal is not None else "",
    }


def single(db: Any, aid: str, numbers: Iterable[int]) -> dict[str, Any] | None:
    """As `context`, of these events only: enough to know the keys of who receipts; None when none of them is accepted."""
    from keri.db.dbing import dgKey, snKey

    state, records = db.states.get(keys=aid), []
    for sn in sorted(set(numbers)):
        said = db.getKeLast(snKey(aid, sn))
        if said is not None:
            raw = bytes(db.getEvt(dgKey(aid.encode(), bytes(said))))
            records.append(_record(db, aid, sn, bytes(said), raw))
    return {"aid": aid, "state": state._asdict(), "records": records} if state is not None and records else None


def context(db: Any, aid: str, lowest: int | None) -> dict[str, Any] | None:
    """What a verifying worker must know of an AID: {aid, state, records}; None when nothing is accepted of it.

    lowest: the smallest sn among the events to verify; None asks for the whole log (a delegator's seals are searched).
    """
    state = db.states.get(keys=aid)
    if state is None:
        return None
    since = 0
    if lowest is not None and lowest > int(state.s, 16):
        since = max(0, int(state.ee.s, 16) - 1)
    return {"aid": aid, "state": state._asdict(), "records": list(kept(db, aid, since))}


def branch(records: Iterable[Record]) -> list[Record]:
    """The authoritative branch of a log: what was not superseded, by sn."""
    last: list[Record] = []
    for record in records:
        while last and last[-1]["sn"] >= record["sn"]:
            last.pop()
        last.append(record)
    return last


def state_at(
    records: Iterable[Record], sn: int, stamp: str = "2000-01-01T00:00:00.000000+00:00"
) -> dict[str, Any] | None:
    """The key state after event `sn`, told from the accepted events alone; None when the log does not reach there.

    records: the whole log from its inception, in first-seen order.
    """
    chosen = [record for record in branch(records) if record["sn"] <= sn]
    if not chosen or chosen[-1]["sn"] != sn:
        return None
    established = next(each for each in reversed(chosen) if bodies.ilk(each["raw"]) != "ixn")
    first, est, last = (bodies.content(each["raw"]) for each in (chosen[0], established, chosen[-1]))
    return {
        "vn": [1, 0],
        "i": first["i"],
        "s": f"{sn:x}",
        "p": last.get("p", ""),
        "d": last["d"],
        "f": f"{len(chosen) - 1:x}",
        "dt": stamp,
        "et": last["t"],
        "kt": est["kt"],
        "k": est["k"],
        "nt": est["nt"],
        "n": est["n"],
        "bt": est["bt"],
        "b": established["wits"],
        "c": first.get("c", []),
        "ee": {"s": est["s"], "d": est["d"], "br": est.get("br", []), "ba": est.get("ba", [])},
        "di": first.get("di", ""),
    }
