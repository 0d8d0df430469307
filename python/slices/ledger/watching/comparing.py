"""What one witness's answer says of a log that is held here. Pure: the order of the answers, and that within one, changes nothing.

States, in the order in which they win:

    duplicity   another event, validly signed by the identifier, where one was accepted before: proven, and kept
    garbage     something that does not verify, or cannot be read: it proves nothing but that this witness cannot be relied on
    agrees      its latest event is the one that is held as the latest
    ahead       it shows more that is not accepted here yet, for the reason that is told
    behind      its latest event is an earlier one
    unknown     it knows nothing of the identifier
    silent      no answer came
    unasked     it was not asked: no address is known, or the user has not allowed it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["judged", "summed"]

Entry = Mapping[str, Any]


def judged(aid: str, top: int, held: Mapping[int, str], entries: Iterable[Entry]) -> dict[str, Any]:
    """{state, sn, said, behind, agrees, reason} of an answer.

    top: number of the latest event here; held: number -> SAID of the event that counts here, of those that the entries name
    entries: what an import told of the answer, {verdict, aid, sn, said, ilk, code, reason}, after the last import of all answers
    """
    entries = [each for each in entries if each["aid"] in (aid, "") and each["ilk"] != "rct"]
    events = sorted((each for each in entries if each["sn"] is not None), key=_place)
    forks = [each for each in events if each.get("code") == "duplicity"]
    if forks:
        return _told("duplicity", forks[0], reason=forks[0]["reason"])
    taken = [each for each in events if each["verdict"] in ("accepted", "known")]
    same = [each for each in events if each["verdict"] != "rejected" and held.get(each["sn"]) == each["said"]]
    refused = [each for each in entries if each["verdict"] == "rejected" and each.get("code") not in ("superseded", "full")]
    later = [each for each in events if each["sn"] > top and (each["verdict"] == "escrowed" or each.get("code") == "full")]
    best = same[-1] if same else None
    agrees = best is not None and best["sn"] == top
    if refused:
        first = min(refused, key=lambda each: (each["sn"] is None, each["sn"] or 0, each["reason"]))
        return _told("garbage", best, reason=f"its answer was refused: {first['reason']}", agrees=False)
    if agrees and not later:
        return _told("agrees", best, agrees=True)
    if later:
        return _told("ahead", later[-1], agrees=agrees, reason=f"not accepted here yet: {later[0]['reason']}")
    latest = best or (taken[-1] if taken else None)
    if latest is not None:
        overruled = best is None or (bool(taken) and taken[-1]["sn"] > best["sn"])
        reason = "it has not seen the rotation that overruled its latest event" if overruled else ""
        return _told("behind", latest, behind=max(1, top - latest["sn"]), reason=reason)
    waiting = [each for each in events if each["verdict"] == "escrowed"]
    if waiting:
        return _told("ahead", waiting[-1], reason=f"not accepted here yet: {waiting[0]['reason']}")
    return _told("unknown", None, reason="it knows nobody of this identifier")


def _place(entry: Entry) -> tuple[Any, ...]:
    return entry["sn"], entry["said"] or "", entry["verdict"], entry.get("code") or "", entry.get("reason") or ""


def _told(state: str, event: Entry | None, behind: int = 0, agrees: bool = False, reason: str = "") -> dict[str, Any]:
    said = {"sn": event["sn"], "said": event["said"]} if event is not None else {"sn": None, "said": ""}
    return {"state": state, **said, "behind": behind, "agrees": agrees, "reason": reason}


def summed(witnesses: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many there are (`of`), how many were asked, and how many are in each state that a page counts."""
    states = [each["state"] for each in witnesses]
    counted = {state: states.count(state) for state in ("behind", "silent", "duplicity", "garbage", "unasked")}
    return {"of": len(states), "asked": len(states) - counted["unasked"], **counted}
