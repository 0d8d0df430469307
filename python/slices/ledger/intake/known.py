"""Whether a message says nothing new: then nobody has to verify it once more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from slices.foreign.framing import Frame

__all__ = ["is_known"]

SEAL = re.compile(rb"(?:-GAB[A-Za-z0-9_-]{68})?")
NOTED = re.compile(rb"(?:-EAB[A-Za-z0-9_-]{60})?")
"""Attachments that may follow the signatures of a replayed event: a delegator's seal; the exporter's number and date."""
SCATTERED_MOST = 60
"""Signatures of an event that are looked for in any order; more than these must stand as they are kept."""


def is_known(db: Any, frame: Frame) -> bool:
    """Whether this very event is accepted already, and the message brings signatures that are kept, each once, and no others.

    A witness that knows no receipt but its own sends fewer than are kept.
    """
    from keri.db.dbing import dgKey

    if not frame.said or len(frame.said) > 128 or len(frame.aid) > 128:
        return False
    aid, said = frame.aid.encode(), frame.said.encode()
    if db.fons.get(keys=(frame.aid, frame.said)) is None:
        return False
    key = dgKey(aid, said)
    body, attached = frame.raw[: frame.body], frame.raw[frame.body :]
    if bytes(db.getEvt(key)) != body:
        return False
    rest = attached[4:] if attached[:2] == b"-V" else attached
    at = _behind(rest, 0, b"-A", db.getSigs(key))
    if at <= 0:
        return False
    at = _behind(rest, at, b"-B", db.getWigs(key))
    if at < 0:
        return False
    at = SEAL.match(rest, at).end()  # type: ignore[union-attr]
    for code, kept in ((b"-D", db.getVrcs(key)), (b"-C", db.getRcts(key))):
        at = _behind(rest, at, code, kept)
        if at < 0:
            return False
    return NOTED.fullmatch(rest, at) is not None


def _behind(rest: bytes, at: int, code: bytes, kept: Sequence[Any]) -> int:
    """Where a group of attachments ends whose members are kept: `at` itself where none is there, -1 where one is not kept."""
    from keri.core.coring import b64ToInt, intToB64b

    if not rest.startswith(code, at):
        return at
    left = [bytes(each) for each in kept]
    whole = code + intToB64b(len(left), l=2) + b"".join(left)
    if rest.startswith(whole, at):
        return at + len(whole)
    count = b64ToInt(rest[at + 2 : at + 4].decode())
    if not 0 < count <= len(left) <= SCATTERED_MOST:
        return -1
    at += 4
    for _ in range(count):
        found = next((each for each in left if rest.startswith(each, at)), None)
        if found is None:
            return -1
        left.remove(found)
        at += len(found)
    return at
