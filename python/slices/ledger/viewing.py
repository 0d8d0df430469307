"""What the ledger's pages show: the list of identifiers, one identifier with its log, an import's result in few lines."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from slices.foreign import bodies
from slices.kels.thresholds import readable
from slices.ledger.book import Book
from slices.ledger.calling import Calling
from slices.ledger.roll import Roll, Row
from slices.ledger.watching import asking

__all__ = ["KINDS", "alike", "counts", "detail", "groups", "imported", "kinds", "listing", "news", "rounds", "summary", "watched"]

PAGE = 50
"""Identifiers of one page of the list."""
PART = 20
"""Events of one part of a page's timeline."""

KINDS = {
    "": "All",
    "contacts": "With an alias",
    "duplicitous": "Duplicitous",
    "waiting": "With waiting messages",
    "delegated": "Delegated",
}

def summary(aid: str, book: Book, contact: dict[str, Any] | None, waiting: int) -> dict[str, Any]:
    """One identifier in the list; `known` is False when only a contact or waiting messages speak of it."""
    head = book.heads().get(aid)
    contact = contact or {}
    made: dict[str, Any] = {
        "aid": aid,
        "alias": contact.get("alias", ""),
        "notes": contact.get("notes", ""),
        "known": head is not None,
        "waiting": waiting,
        "duplicitous": False,
        "delegator": None,
        "sn": None,
        "digest": None,
        "events": 0,
    }
    if head is not None:
        made |= {
            "sn": int(head["s"], 16),
            "digest": head["d"],
            "events": int(head["f"], 16) + 1,
            "keys": head["k"],
            "threshold": readable(head["kt"]),
            "next_digests": head["n"],
            "next_threshold": readable(head["nt"]) if head["n"] else None,
            "witnesses": head["b"],
            "toad": int(head["bt"], 16),
            "delegator": head["di"] or None,
            "seen": head["dt"],
            "transferable": bool(head["n"]),
            "duplicitous": head["duplicitous"],
        }
    return made


NOBODY = dict.fromkeys(("identifiers", "events", "waiting", "duplicitous", "contacts"), 0)
"""The counts of a ledger that was never opened; see `listing`."""


def listing(book: Book, roll: Roll, q: str = "", kind: str = "", page: int = 1) -> dict[str, Any]:
    """{identifiers, total, found, page, pages, q, kind, counts}: one page of those that fit every word of `q`."""
    waiting: dict[str, int] = {}
    for message in book.notes.pending.values():
        waiting[message["aid"]] = waiting.get(message["aid"], 0) + 1
    fits: dict[str, Callable[[str, Row], bool]] = {
        "": lambda aid, row: True,
        "contacts": lambda aid, row: row.alias,
        "duplicitous": lambda aid, row: row.duplicitous,
        "waiting": lambda aid, row: aid in waiting,
        "delegated": lambda aid, row: row.delegated,
    }
    words = q.casefold().split()
    found = roll.found(words, fits[kind]) if words or kind else None
    count = len(roll.order) if found is None else len(found)
    pages = max(1, -(-count // PAGE))
    page = min(page, pages)
    first = (page - 1) * PAGE
    shown = found[first : first + PAGE] if found is not None else [place[-1] for place in roll.order[first : first + PAGE]]
    calling = Calling(book)
    return {
        "identifiers": [_in_list(book, calling, aid, waiting.get(aid, 0)) for aid in shown],
        "total": len(roll.order),
        "found": count,
        "page": page,
        "pages": pages,
        "q": q,
        "kind": kind,
        "counts": counts(book, roll),
    }


def _in_list(book: Book, calling: Calling, aid: str, waiting: int) -> dict[str, Any]:
    told = summary(aid, book, book.notes.contact(aid), waiting)
    return {**told, "called": calling.of(aid, told["alias"]), "watched": _in_short(book.notes.watched(aid))}


def counts(book: Book, roll: Roll) -> dict[str, int]:
    """{identifiers, events, waiting, duplicitous, contacts}: how many there are."""
    told = {"identifiers": len(roll.order), "events": roll.events, "waiting": len(book.notes.pending)}
    return {**told, "duplicitous": roll.duplicitous, "contacts": roll.contacts}


def detail(book: Book, aid: str) -> dict[str, Any] | None:
    """One identifier without its events: its key state, what waits for it, proofs of duplicity.

    None when nothing at all is known of it.
    """
    contact = book.notes.contact(aid)
    waiting = book.notes.waiting(aid)
    known = aid in book.heads()
    if not known and contact is None and not waiting:
        return None
    made = summary(aid, book, contact, len(waiting))
    made["events_kept"] = made.pop("events")
    made["called"] = Calling(book).of(aid, made["alias"])
    made["waiting"] = [_waiting(each, made["sn"]) for each in waiting]
    made["duplicity"] = [_proof(book, aid, each) for each in book.notes.duplicity(aid)]
    return made


def _waiting(message: dict[str, Any], sn: int | None) -> dict[str, Any]:
    """A message that waits; which event it lacks is told by the log as it is now, not as it was when it came."""
    told = {name: message[name] for name in ("aid", "sn", "said", "ilk", "code", "reason", "waits", "since")}
    if message["code"] == "order" and sn is not None:
        told["reason"] = f"event {sn + 1} is missing, it must come first"
    return told


def _proof(book: Book, aid: str, proof: dict[str, Any]) -> dict[str, Any]:
    """Both events of a contradiction."""
    from keri.db.dbing import dgKey

    first = bytes(book.db.getEvt(dgKey(aid.encode(), proof["first"].encode())) or b"")
    return {
        "sn": proof["sn"],
        "found": proof["seen"],
        "source": proof["source"],
        "first": {"said": proof["first"], "json": bodies.shown(first)[1]},
        "other": {"said": proof["said"], **bodies.in_full(proof["raw"], proof["raw"][: proof["body"]])},
    }


def imported(book: Book, result: dict[str, Any], most: int) -> dict[str, Any]:
    """What fragments/ledger/imported.html shows beside an import's result."""
    lists = (result[name] for name in ("accepted", "known", "rejected", "escrowed", "other", "duplicity"))
    named = {each["aid"] for each in itertools.chain(*lists) if each.get("aid")}
    return {
        "accepted_groups": groups(result["accepted"]),
        "waiting_groups": alike(result["escrowed"]),
        "known_groups": groups(result["known"]),
        "other_groups": kinds(result["other"]),
        "most": most,
        "several": False,
        "aliases": {aid: found["alias"] for aid in named if (found := book.notes.contact(aid)) is not None and found["alias"]},
    }


def groups(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Accepted or known events by identifier, in the order of the stream: {aid, first, last, count, waited, remarks}."""
    made: dict[str, dict[str, Any]] = {}
    for aid, members in itertools.groupby(entries, key=lambda each: each["aid"]):
        group = made.setdefault(aid, {"aid": aid, "first": None, "last": 0, "count": 0, "waited": 0, "remarks": []})
        for each in members:
            group["first"] = each["sn"] if group["first"] is None else min(group["first"], each["sn"])
            group["last"] = max(group["last"], each["sn"])
            group["count"] += 1
            group["waited"] += bool(each.get("waited"))
            group["remarks"] += each.get("remarks", ())
    return list(made.values())


def kinds(others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is not for the ledger, by kind and source: {kind, where, source, byte, count}."""
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for each in others:
        made.setdefault((each["source"], each["kind"]), {**each, "count": 0})["count"] += 1
    return list(made.values())


def alike(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbours that wait for the same reason as one line: {aid, first, last, count, ilk, reason, source, offset}."""
    made: list[dict[str, Any]] = []
    for each in entries:
        last = made[-1] if made else None
        if last is not None and (last["aid"], last["reason"]) == (each["aid"], each["reason"]) and each["ilk"] != "rct":
            last["last"], last["count"] = each["sn"], last["count"] + 1
        else:
            made.append({**each, "first": each["sn"], "last": each["sn"], "count": 1})
    return made


def _in_short(told: dict[str, Any] | None) -> dict[str, Any] | None:
    """What witnesses said, without who; None when they were never asked."""
    return None if told is None else {name: value for name, value in told.items() if name != "witnesses"}


def watched(book: Book, aid: str, asked: dict[str, Any] | None = None) -> dict[str, Any]:
    """{when, agreed, of, asked, sn, said, witnesses: [{aid, role, url, state, ...}]}: what was said last, of whoever may be asked now.

    when is None when nobody was ever asked. asked: what was said just now, where that is not kept.
    """
    told = asked or book.notes.watched(aid) or {"when": None, "witnesses": [], "agreed": 0, "of": 0, "asked": 0, "sn": None, "said": ""}
    witnesses = list(told["witnesses"])
    heard = {each["aid"] for each in witnesses}
    for place in asking.places(book, aid):
        if place.eid not in heard:
            reason = "" if place.url else "No address of it is known here: resolve its OOBI."
            nothing = {"state": "unasked", "sn": None, "said": "", "behind": 0, "agrees": False, "reason": reason}
            witnesses.append({"aid": place.eid, "role": place.role, "url": place.url, **nothing})
    known = book.notes.contacts()
    calling, found = Calling(book), []
    for each in witnesses:
        alias = known.get(each["aid"], {}).get("alias", "")
        found.append({**each, "alias": alias, "called": calling.of(each["aid"], alias)})
    return {**told, "witnesses": found}


def news(told: dict[str, Any]) -> str:
    """The line that says what a refresh has found."""
    if not told["of"]:
        return "Nobody was asked: it has no witnesses, and no address of its own is known here."
    if not told["asked"]:
        return "Nobody was asked: see why below."
    new = {0: "Nothing new", 1: "1 new event"}.get(told["added"], f"{told['added']} new events")
    return f"{new}. {told['agreed']} of {told['of']} hold event {told['sn']} as the latest."


WANTING = {"garbage": "gave an answer that cannot be used", "silent": "silent", "behind": "behind", "unasked": "not asked"}


def rounds(contacts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of a round that need a look, the worst first: {aid, alias, kind, words}."""
    made = []
    for each in contacts:
        words = []
        if each["duplicity"]:
            words.append(f"{each['duplicity']} of {each['of']} tell another history")
        if each["added"]:
            words.append("1 new event" if each["added"] == 1 else f"{each['added']} new events")
        words += [f"{each[name]} {text}" for name, text in WANTING.items() if each[name]]
        if not each["of"]:
            words.append("nobody to ask")
        bad = 3 if each["duplicity"] else 2 if each["garbage"] or each["silent"] else 1 if each["added"] else 0
        kind = ("info", "ok", "warn", "bad")[bad]
        if words:
            made.append({"aid": each["aid"], "alias": each["alias"], "kind": kind, "bad": bad, "words": ", ".join(words)})
    return sorted(made, key=lambda each: (-each["bad"], each["alias"].casefold(), each["aid"]))
