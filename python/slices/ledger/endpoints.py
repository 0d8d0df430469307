"""Where an identifier is reached, as its own signers say: kept from what comes with an OOBI, and shown on its page.

A word is a reply that checks/replies.py has verified. The latest of its signer on one thing counts: by the later event that gave
the keys, then by its date (KERI's best available data).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from slices.foreign import strangers
from slices.foreign.framing import Frame
from slices.ledger.checks import records as logs

if TYPE_CHECKING:
    from slices.ledger.book import Book
    from slices.ledger.notes import Notes

__all__ = ["MOST", "is_word", "learn", "of", "take"]

MOST = 500
"""Replies of one answer that are looked at: some witnesses with three addresses and a role each are a dozen."""
ROLES_MOST = 200
"""Roles that are kept of one identifier."""
ROUTES = ("/end/role", "/loc/scheme")


def is_word(frame: Frame) -> bool:
    """Whether a message claims to be a reply on a role or an address."""
    return frame.ilk == "rpy" and frame.route.startswith(ROUTES)


def learn(book: Book, frames: list[Frame]) -> Generator[float, float, dict[str, Any]]:
    """Have replies verified on a worker without keys and keep the latest. Returns {kept, refused: [{number, code, reason}]}."""
    frames, more = frames[:MOST], len(frames) - MOST
    needed: dict[str, set[int]] = {}
    for frame in frames:
        for aid, sn in frame.receiptors:
            needed.setdefault(aid, set()).add(sn)
    contexts = [known for aid, numbers in needed.items() if (known := logs.single(book.db, aid, numbers)) is not None]
    if not frames:
        return {"kept": 0, "refused": []}
    unit = {"contexts": contexts, "replies": [(frame.raw, frame.body) for frame in frames]}
    told = yield from strangers.judged(book.worker, "endpoints", unit)
    # Whole, for who passes it on: a witness that is to know the others (slices/witnessing/introducing.py).
    told["accepted"] = [{**word, "raw": frames[word["number"]].raw.decode("latin-1")} for word in told["accepted"]]
    words, strange = concerning(book, told["accepted"])
    with book.change() as notes:
        kept, full = take(notes, words)
    refused = told["refused"] + strange + full
    if more > 0:
        refused.append({"number": MOST, "code": "full", "reason": f"{more} more replies came than the {MOST} that are looked at"})
    return {"kept": kept, "refused": refused}


def concerning(book: Book, words: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Those on whom the ledger knows, their witnesses, and whom they have named; and [{number, code, reason}] of the others.

    Anybody can sign for keys of his own making: without this, each answer could bring hundreds that nobody ever looks at.
    """
    heads = book.heads()
    known = {*heads, *(witness for head in heads.values() for witness in head["b"])}
    known |= {word["eid"] for word in book.notes.words("end.")}
    known |= {word["eid"] for word in words if word["kind"] == "end" and word["cid"] in heads}
    reason = "it is of somebody who is neither known here nor named by who is"
    strange = [{"number": word["number"], "code": "other", "reason": reason} for word in words if word["signer"] not in known]
    return [word for word in words if word["signer"] in known], strange


def take(notes: Notes, words: list[dict[str, Any]]) -> tuple[int, list[dict[str, Any]]]:
    """Keep those that are later than what is kept. Returns how many, and [{number, code, reason}] of what found no room."""
    kept, full = 0, []
    for word in words:
        key = _key(word)
        before = notes.word(key)
        if before is not None and (before["sn"], before["at"]) >= (word["sn"], word["at"]):
            continue
        if before is None and word["kind"] == "end" and len(notes.words(f"end.{word['cid']}.")) >= ROLES_MOST:
            full.append({"number": word["number"], "code": "full", "reason": f"{ROLES_MOST} roles are kept of it already"})
            continue
        notes.keep_word(key, {name: value for name, value in word.items() if name != "number"})
        kept += 1
    return kept, full


def of(book: Book, aid: str) -> list[dict[str, Any]]:
    """[{role, eid, scheme, url, signed_by, said, dt}] of an identifier: itself, its witnesses, and whom it has named.

    One for each address; scheme and url are "" where none is known of who is named. signed_by: whose word the address is;
    `named_by` is "log" for witnesses, else the said of the reply that gives the role ("" for its own addresses).
    """
    named: dict[tuple[str, str], str] = {("controller", aid): ""}
    state = book.db.states.get(keys=aid)
    for witness in state.b if state is not None else ():
        named["witness", witness] = "log"
    for word in book.notes.words(f"end.{aid}."):
        if word["allowed"]:
            named.setdefault((word["role"], word["eid"]), word["said"])
    made = []
    for (role, eid), by in named.items():
        places = [word for word in book.notes.words(f"loc.{eid}.") if word["url"]]
        for word in places:
            said = {name: word[name] for name in ("scheme", "url", "said", "dt")}
            made.append({"role": role, "eid": eid, **said, "signed_by": word["signer"], "named_by": by})
        if not places and role != "controller":
            nothing = dict.fromkeys(("scheme", "url", "said", "dt", "signed_by"), "")
            made.append({"role": role, "eid": eid, **nothing, "named_by": by})
    return made


def _key(word: dict[str, Any]) -> str:
    if word["kind"] == "loc":
        return f"loc.{word['eid']}.{word['scheme']}"
    return f"end.{word['cid']}.{word['role']}.{word['eid']}"
