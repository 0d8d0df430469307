"""Verify the replies that come with an OOBI: who serves an identifier (/end/role), and where that one is (/loc/scheme).

As checking.py does events: keripy's Revery and Kevery judge over a Baser that is thrown away, on a worker that holds no keys. What
is wrong is looked for before they are asked, for keripy says of all of it only that it is unverified. Each such word counts only
signed by the one whose word it is: a role by whom it is played for, an address by whom it leads to.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from slices.foreign import attachments, kevers, units
from slices.ledger.checks.checking import Checker, scratch
from slices.ledger.checks.reading import Refused, driven, in_words

__all__ = ["ROUTES", "judge"]

ROUTES = {"/end/role/add": "end", "/end/role/cut": "end", "/loc/scheme": "loc"}
URL_MOST = 2000
NONE_SIGNED = -1
"""The number of the event that gave the keys, where the signer is its own key."""


class Recorder:
    """Takes what the Parser would have its Revery process."""

    def __init__(self) -> None:
        self.serder: Any = None
        self.cigars: list[Any] = []
        self.tsgs: list[Any] = []

    def processReply(self, serder: Any, cigars: Any = None, tsgs: Any = None) -> None:
        self.serder = serder
        self.cigars += cigars or ()
        self.tsgs += tsgs or ()


def judge(contexts: list[dict[str, Any]], messages: list[Any]) -> Generator[None, None, dict[str, Any]]:
    """Verify messages (raw, bytes of the body) on what is known of their signers (records.single).

    Returns {accepted: [word], refused: [{number, code, reason}]}. A word is {number, kind: end or loc, said, dt, at, sn, signer},
    and {cid, role, eid, allowed} or {eid, scheme, url}. `at` is dt in milliseconds; `sn` the signer's event that gave the keys.
    """
    from keri.core import routing

    accepted: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    with scratch() as db:
        checker = Checker(db)
        for known in contexts:
            with units.meant("contexts"):
                checker.load(known)
            yield
        rtr = routing.Router()
        revery = routing.Revery(db=db, rtr=rtr, lax=True, local=False)
        kevery = kevers.kevery(db=db, lax=True, local=False, cloned=False, direct=False, rvy=revery)
        kevery.registerReplyRoutes(router=rtr)
        latest: dict[tuple[str, ...], tuple[int, int]] = {}
        for number, (raw, body) in enumerate(messages):
            try:
                accepted.append({"number": number, **_word(db, revery, raw, body, latest)})
            except Refused as ex:
                refused.append({"number": number, "code": ex.code, "reason": ex.reason})
            yield
    return {"accepted": accepted, "refused": refused}


def _word(db: Any, revery: Any, raw: bytes, body: int, latest: dict[tuple[str, ...], tuple[int, int]]) -> dict[str, Any]:
    """What a reply says, verified. Raises Refused."""
    if len(raw) == body:
        raise Refused("signature", "no signature is attached to it")
    if (found := attachments.unfit(raw, body)) is not None:
        raise Refused(*found)
    recorder = Recorder()
    driven(raw, rvy=recorder)
    if recorder.serder is None:
        raise Refused("kind", "it is no reply")
    said = _claims(recorder.serder)
    whose = said["eid"] if said["kind"] == "loc" else said["cid"]
    numbers = [seqner.sn for prefixer, seqner, _, _ in recorder.tsgs if prefixer.qb64 == whose]
    if not numbers and whose not in {cigar.verfer.qb64 for cigar in recorder.cigars}:
        raise Refused("signer", f"it speaks for {whose}, who has not signed it")
    for sn in numbers:
        _known(db, whose, sn)
    said |= {"signer": whose, "sn": max(numbers, default=NONE_SIGNED)}
    key = (said["kind"], whose, said.get("role", ""), said["eid"], said.get("scheme", ""))
    if latest.get(key, (NONE_SIGNED, -1)) > (said["sn"], said["at"]):
        raise Refused("stale", "a later word of the same signer on this came before it")
    try:
        if recorder.cigars:
            revery.processReply(recorder.serder, cigars=recorder.cigars)
        if recorder.tsgs:
            revery.processReply(recorder.serder, tsgs=recorder.tsgs)
    except Exception as ex:  # keripy raises ValidationError, and all of Python's own on odd input
        if type(ex).__name__ == "UnverifiedReplyError":
            raise Refused("signature", "its signatures do not verify, or are fewer than its signer's threshold") from ex
        raise Refused("form", f"it breaks the rules of its kind: {in_words(ex)}") from ex
    latest[key] = (said["sn"], said["at"])
    return said


def _known(db: Any, aid: str, sn: int) -> None:
    """Nothing, if that event is known. Raises Refused."""
    from keri.db.dbing import snKey

    if db.getKeLast(snKey(aid, sn)) is None:
        raise Refused("signer", f"it is signed by the keys of event {sn} of {aid}, which is not known here")


def _claims(serder: Any) -> dict[str, Any]:
    """What a reply says, in the forms that are kept. Raises Refused."""
    from keri import kering
    from keri.help import helping

    ked = serder.ked
    route, attributes = ked.get("r"), ked.get("a")
    kind = ROUTES.get(route) if isinstance(route, str) else None
    if kind is None:
        raise Refused("kind", "it tells neither a role nor an address")
    if not isinstance(attributes, dict):
        raise Refused("form", "it has no attributes")
    names = ("eid", "scheme", "url") if kind == "loc" else ("cid", "role", "eid")
    told = {name: attributes.get(name) for name in names}
    for name, value in told.items():
        if not isinstance(value, str) or len(value) > URL_MOST or not value.isascii() or not value.isprintable():
            raise Refused("form", f"its {name} is missing, too long, or no plain text")
    if kind == "loc" and told["scheme"] not in kering.Schemes:
        raise Refused("form", f"it is an address by {told['scheme'][:20]}, which keripy does not know")
    try:
        at = round(helping.fromIso8601(ked["dt"]).timestamp() * 1000)
    except (ValueError, TypeError, KeyError, OverflowError) as ex:
        raise Refused("form", "its date cannot be read") from ex
    more = {} if kind == "loc" else {"allowed": route.endswith("/add")}
    return {"kind": kind, "said": serder.said, "dt": str(ked["dt"])[:40], "at": at, **told, **more}
