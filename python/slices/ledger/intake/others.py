"""What comes along in an OOBI's answer, a mailbox or a presentation and is no key event: what it is, and where it belongs."""

from __future__ import annotations

from slices.foreign.framing import Frame
from slices.ledger.checks.reading import EVENTS

__all__ = ["other"]

VERIFY = "Credentials > Verify"
NOWHERE = "nowhere here"
REGISTRY = ("vcp", "vrt", "rip")
CREDENTIAL = ("iss", "rev", "bis", "brv", "upd")
ROUTES = {
    ("rpy", "/end/role"): ("a reply: who serves this identifier", NOWHERE),
    ("rpy", "/loc/scheme"): ("a reply: an address", NOWHERE),
    ("rpy", "/ksn"): ("a reply: a key state notice", NOWHERE),
    ("exn", "/challenge/response"): ("an answer to a challenge", "Wallet > Challenge"),
    ("exn", "/ipex/grant"): ("an IPEX grant: a credential is offered in it", VERIFY),
}
KINDS = {
    "rpy": ("a reply", NOWHERE),
    "qry": ("a query to a witness or watcher", NOWHERE),
    "exn": ("a peer-to-peer message", NOWHERE),
    "xip": ("the beginning of a peer-to-peer exchange", NOWHERE),
    "pro": ("a prod", NOWHERE),
    "bar": ("a bare message", NOWHERE),
}


def other(frame: Frame) -> tuple[str, str] | None:
    """(what it is, where it belongs); None for what the ledger keeps: key events and their receipts."""
    if frame.proto == "ACDC":
        return "a credential (ACDC)", VERIFY
    if frame.ilk in EVENTS or frame.ilk == "rct":
        return None
    if frame.ilk in REGISTRY:
        return "an event of a credential registry", f"{VERIFY}, together with its credential"
    if frame.ilk in CREDENTIAL:
        return "an event that issues or revokes a credential", f"{VERIFY}, together with its credential"
    for (ilk, route), told in ROUTES.items():
        if ilk == frame.ilk and frame.route.startswith(route):
            return told
    return KINDS.get(
        frame.ilk, (f"a message of type {frame.ilk[:20]}" if frame.ilk else "a message without a type", NOWHERE)
    )
