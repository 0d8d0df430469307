"""Which of the messages that wait are tried again with an import: those for which something comes that they wait for.

A message that waits for its predecessor is left alone until that one can be accepted itself; so a log that comes backwards,
one event an import, costs no more than one that comes forwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slices.foreign.framing import Frame, frames
from slices.ledger.checks.reading import EVENTS

__all__ = ["awakened"]

Key = tuple[Any, ...]


def awakened(db: Any, pending: dict[str, dict[str, Any]], fresh: list[Frame]) -> Iterator[tuple[str, Frame]]:
    """(key, message) of the waiting messages that these frames concern, and of those that they concern in turn."""
    if not pending:
        return
    by_need: dict[Key, list[str]] = {}
    for key, message in pending.items():
        for need in _needs(message):
            by_need.setdefault(need, []).append(key)
    brings = _Brings(db)
    found: set[str] = set()
    ready = [key for frame in fresh for key in brings.by(frame)]
    while ready:
        for key in by_need.pop(ready.pop(), ()):
            if key in found:
                continue
            found.add(key)
            frame = _frame(pending[key])
            yield key, frame
            ready += brings.by(frame)


def _needs(message: dict[str, Any]) -> list[Key]:
    """What a message waits for, told from what is kept of it."""
    aid, sn, said, code = message["aid"], message["sn"], message["said"], message["code"]
    if message["ilk"] == "rct":
        if code != "receiptor":
            return [("said", aid, said)]
        at = message.get("at")
        return [("any", message["waits"]) if at is None else ("event", message["waits"], at)]
    if code == "order":
        return [("event", aid, sn - 1)]
    needs: list[Key] = [("said", aid, said), ("event", aid, sn)]
    return [*needs, ("seal", aid, f"{sn:x}", said)] if code == "delegation" else needs


class _Brings:
    """What frames bring; an event brings what it does once it can follow its log."""

    def __init__(self, db: Any) -> None:
        self.db = db
        self._next: dict[str, int] = {}
        self._early: dict[tuple[str, int], list[Frame]] = {}

    def by(self, frame: Frame) -> list[Key]:
        if frame.ilk not in EVENTS:
            return [("said", frame.aid, frame.said)]
        if frame.aid not in self._next:
            state = self.db.states.get(keys=frame.aid)
            self._next[frame.aid] = int(state.s, 16) + 1 if state is not None else 0
        sn = frame.sn if frame.sn is not None else 0
        if sn > self._next[frame.aid]:
            self._early.setdefault((frame.aid, sn), []).append(frame)
            return []
        brought: list[Key] = []
        following = [frame]
        while following:
            for each in following:
                brought += [("said", each.aid, each.said), ("any", each.aid)]
                brought += [("event", each.aid, sn), *(("seal", *seal) for seal in each.seals)]
            if sn < self._next[frame.aid]:
                break
            sn = self._next[frame.aid] = sn + 1
            following = self._early.pop((frame.aid, sn), [])
        return brought


def _frame(message: dict[str, Any]) -> Frame:
    """A waiting message, read anew: its claims say what it brings and whom it needs."""
    frame = next(frames(message["raw"]))
    if not isinstance(frame, Frame) or frame.size != len(message["raw"]):  # it was cut by other rules then
        frame = Frame(message["raw"], message["body"], 0, -1, *(message[name] for name in ("aid", "sn", "ilk", "said")))
    frame.source, frame.offset = -1, 0
    return frame
