"""Another event stands where this one would: which of them counts, and what that says of who made both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slices.foreign import bodies
from slices.ledger.checks import records as logs
from slices.ledger.checks import signing
from slices.ledger.checks.reading import Message, Refused
from slices.ledger.checks.room import Held

if TYPE_CHECKING:
    from slices.ledger.checks.judge import Judge

__all__ = ["judged", "revealed", "superseding"]

VALID = (
    "was accepted before, first seen wins; but this one is validly signed as well: the controller of this identifier, or somebody "
    "with its keys, has made two different histories"
)


def judged(checker: Judge, message: Message) -> Refused:
    """Look whether this one is as well signed as the one that was accepted."""
    serder = message.serder
    aid, sn = serder.pre, serder.sn
    accepted = _last(checker, aid, sn)
    there = f"event {sn} with SAID {accepted.said}" if accepted else f"event {sn}"
    if accepted is not None and accepted.ilk != "ixn" and serder.ilk == "ixn":
        return Refused("superseded", f"{there}, a rotation, has taken this place; a rotation overrules an interaction")
    if sn > 0 and (
        reason := _unfit(checker, message)
    ):  # a cheap look first: the whole log is played only for a signed one
        return Refused("conflict", f"{there} was accepted before, and {reason}")
    whole = list(logs.kept(checker.db, aid))
    try:
        with checker.elsewhere() as other:
            for delegator in _delegators(checker, serder, whole):
                state = checker.db.states.get(keys=delegator)
                other.load({"records": list(logs.kept(checker.db, delegator)), "state": state._asdict()})
            if sn > 0:
                before = [each for each in logs.branch(whole) if each["sn"] < sn]
                state = logs.state_at(before, sn - 1)
                if state is None:
                    return Refused("conflict", f"{there} was accepted before, first seen wins")
                other.load({"records": before, "state": state})
            other.accept(message)
    except Held as ex:
        if ex.code == "witnesses":  # the controller has signed both: that one has too few receipts excuses nobody
            return Refused("duplicity", f"{there} {VALID}, though not by enough of its witnesses ({ex.reason})")
        return Refused("conflict", f"{there} was accepted before, and this one is not fully signed: {ex.reason}")
    except Refused as ex:
        return Refused("conflict", f"{there} was accepted before, and this one is not fully signed: {ex.reason}")
    return Refused("duplicity", f"{there} {VALID}")


def _last(checker: Judge, aid: str, sn: int) -> Any:
    """The event that counts at this number; None when there is none."""
    from keri.core import serdering
    from keri.db.dbing import dgKey, snKey

    said = checker.db.getKeLast(snKey(aid, sn))
    if said is None:
        return None
    return serdering.SerderKERI(raw=bytes(checker.db.getEvt(dgKey(aid.encode(), bytes(said)))), verify=False)


def _unfit(checker: Judge, message: Message) -> str:
    """Why it cannot stand at its number, as far as that is told without the rest of the log; "" when it could."""
    serder = message.serder
    before = _last(checker, serder.pre, serder.sn - 1)
    if before is None or before.said != serder.prior:
        return f"this one does not follow event {serder.sn - 1}: its prior digest is {serder.prior}"
    est = checker.kevery.fetchEstEvent(serder.pre, serder.sn - 1)
    try:
        signing.each_verifies(serder.raw, message.sigers, (est if serder.ilk == "ixn" else serder).verfers, "signature")
        if serder.ilk != "ixn":
            revealed(serder, est.ndigers, est.ntholder, est.sn)
    except Refused as ex:
        return f"this one is not fully signed: {ex.reason}"
    return ""


def _delegators(checker: Judge, serder: Any, whole: list[logs.Record]) -> list[str]:
    """Those that are known of the delegators above an identifier, or above this inception of it."""
    found: list[str] = []
    delegator = serder.delpre if serder.ilk == "dip" else bodies.content(whole[0]["raw"]).get("di", "")
    while delegator and delegator not in found:
        state = checker.db.states.get(keys=delegator)
        if state is None:
            break
        found.append(delegator)
        delegator = state.di
    return found


def superseding(checker: Judge, message: Message) -> Refused:
    """A delegated rotation in the place of another, which its delegator may allow: keripy 1.3.6 cannot judge it.

    It looks for the new keys among those that the replaced rotation promised, and fails where it looks up the delegation of an
    interaction. What can be told without it: whether the keys are those that were promised before.
    """
    serder = message.serder
    sn = serder.sn
    branch = logs.branch(logs.kept(checker.db, serder.pre))
    there = next((each["said"] for each in branch if each["sn"] == sn), "")
    state = logs.state_at([each for each in branch if each["sn"] < sn], sn - 1)
    if state is not None:
        from keri.core import coring

        if serder.prior != state["d"]:
            return Refused(
                "chain", f"it does not follow event {sn - 1}: its prior digest is {serder.prior}, not {state['d']}"
            )
        digers = [coring.Diger(qb64=each) for each in state["n"]]
        revealed(serder, digers, coring.Tholder(sith=state["nt"]), int(state["ee"]["s"], 16))
    return Refused(
        "superseding",
        f"event {sn} with SAID {there} has this place. A delegated rotation may supersede it if the delegator has anchored it "
        "later, but keripy 1.3.6 cannot judge that: nothing is changed. To follow the new history, remove this identifier here "
        "and import its log without the event that was superseded",
    )


def revealed(serder: Any, digers: list[Any], tholder: Any, since: int) -> None:
    """Refuse a rotation that even with all signatures could not show the keys that event `since` committed to."""
    from keri.core import coring

    if not digers:
        raise Refused("pre-rotation", "no next keys were committed to, so there can be no rotation")
    shown = {coring.Diger(ser=key.qb64b, code=each.code).qb64 for key in serder.verfers for each in digers}
    found = [index for index, each in enumerate(digers) if each.qb64 in shown]
    if not tholder.satisfy(indices=found):
        raise Refused(
            "pre-rotation",
            f"its keys are not those that event {since} committed to: {len(found)} of {len(digers)} "
            "next key digests are met",
        )
