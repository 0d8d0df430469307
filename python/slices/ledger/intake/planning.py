"""How an import is divided into work for several workers, and how their answers become steps to merge.

Logs that depend on each other (a delegate and its delegator, a log and those who receipt it, when both come) stay together;
all others are independent and go wherever there is room. A long log in order is cut into segments, so that there is progress
to show; each goes with the key state that the one before it has left.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from slices.foreign.framing import Frame
from slices.ledger.checks import records as logs
from slices.ledger.intake.waiting import awakened

if TYPE_CHECKING:
    from slices.ledger.notes import Notes

__all__ = ["Plan", "Unit"]

SEGMENT = 200
"""Messages of one request to a worker: about half a second of work there."""
LEAST = 25


class Unit:
    """Messages that one worker has to see together, with what it must know before."""

    def __init__(self, aids: list[str], frames: list[Frame]) -> None:
        self.aids = aids
        self.frames = frames
        self.done = 0
        self.contexts: list[dict[str, Any]] = []
        self.beside: list[dict[str, Any]] = []  # of who receipts, the events that give the keys
        self.simple = False

    def take(self, most: int) -> tuple[list[dict[str, Any]], list[Frame]]:
        """The next segment: its contexts and messages. A unit that is not simple goes as a whole."""
        frames = self.frames[self.done :] if not self.simple else self.frames[self.done : self.done + most]
        self.done += len(frames)
        return self.contexts + self.beside, frames

    def follow(self, answer: dict[str, Any]) -> None:
        """Let the next segment stand on what this one has made of the log."""
        aid = self.aids[0]
        state = answer["states"].get(aid)
        if state is not None:
            last = [each for each in answer["records"] if each["aid"] == aid][-1]
            self.contexts = [{"aid": aid, "state": state, "records": [last]}]


class Plan:
    """The units of an import over a ledger's database."""

    def __init__(self, db: Any, notes: Notes, frames: Iterable[Frame]) -> None:
        self.db = db
        self._parent: dict[str, str] = {}
        self._delegators: set[str] = set()
        by_aid: dict[str, list[Frame]] = {}
        for frame in frames:
            by_aid.setdefault(frame.aid, []).append(frame)
            self._joined(frame.aid)
            self._delegated(frame.aid, frame.delegator)
        self.released: dict[int, str] = {}  # id of a Frame -> key of the waiting message that it was
        for key, frame in awakened(db, notes.pending, [each for frames in by_aid.values() for each in frames]):
            self.released[id(frame)] = key
            by_aid.setdefault(frame.aid, []).append(frame)
            self._joined(frame.aid)
            self._delegated(frame.aid, frame.delegator)
        for frames in list(by_aid.values()):
            for frame in frames:
                for receiptor, _ in frame.receiptors:
                    if receiptor in by_aid:
                        self._parent[self._root(frame.aid)] = self._root(receiptor)
        groups: dict[str, list[str]] = {}
        for aid in self._parent:
            groups.setdefault(self._root(aid), []).append(aid)
        self.units = [self._unit(aids, by_aid) for aids in groups.values()]
        self.units = [unit for unit in self.units if unit.frames]
        self.total = sum(len(unit.frames) for unit in self.units)

    def waves(self, workers: int) -> Iterator[list[tuple[dict[str, Any], list[tuple[Unit, list[Frame]]]]]]:
        """Payloads to verify side by side, then the next ones. Each comes with the frames of its messages by unit.

        The caller tells each unit what became of its segment (`Unit.follow`) before it asks for the next wave.
        """
        while True:
            open_units = [unit for unit in self.units if unit.done < len(unit.frames)]
            if not open_units:
                return
            left = sum(len(unit.frames) - unit.done for unit in open_units)
            share = max(LEAST, min(SEGMENT, math.ceil(left / (2 * workers))))
            wave: list[tuple[dict[str, Any], list[tuple[Unit, list[Frame]]]]] = []
            payload, parts = _empty()
            for unit in open_units:
                contexts, frames = unit.take(share)
                if payload["messages"] and len(payload["messages"]) + len(frames) > share:
                    wave.append((payload, parts))
                    payload, parts = _empty()
                payload["contexts"] += contexts
                payload["messages"] += [(frame.raw, frame.body, frame.ilk) for frame in frames]
                parts.append((unit, frames))
            wave.append((payload, parts))
            yield wave

    # -- private ----------------------------------------------------------------------------------------------------

    def _unit(self, aids: list[str], by_aid: dict[str, list[Frame]]) -> Unit:
        frames = [frame for aid in aids for frame in by_aid.get(aid, ())]
        if len(aids) > 1:
            frames.sort(key=lambda frame: (frame.source, frame.offset))
        unit = Unit(aids, frames)
        for aid in aids:
            numbers = [frame.sn for frame in frames if frame.aid == aid and frame.sn is not None]
            lowest = None if aid in self._delegators else min(numbers, default=0)
            known = logs.context(self.db, aid, lowest)
            if known is not None:
                unit.contexts.append(known)
        beside: dict[str, set[int]] = {}
        for frame in frames:
            for receiptor, sn in frame.receiptors:
                if receiptor not in aids:
                    beside.setdefault(receiptor, set()).add(sn)
        for receiptor, needed in beside.items():
            known = logs.single(self.db, receiptor, needed)
            if known is not None:
                unit.beside.append(known)
        unit.simple = len(aids) == 1 and self._in_order(unit)
        return unit

    def _in_order(self, unit: Unit) -> bool:
        """One log, every number following the one before: no recovery, no duplicity, nothing missing."""
        following = int(unit.contexts[0]["state"]["s"], 16) + 1 if unit.contexts else 0
        for frame in unit.frames:
            if frame.sn != following or frame.ilk not in ("icp", "rot", "ixn"):
                return False
            following += 1
        return True

    def _delegated(self, aid: str, delegator: str) -> None:
        """Join an AID with its delegators, all the way up."""
        while True:
            if not delegator:
                state = self.db.states.get(keys=aid)
                delegator = (state.di if state is not None else "") or ""
            if not delegator or delegator == aid:
                return
            self._joined(aid)
            self._joined(delegator)
            self._parent[self._root(aid)] = self._root(delegator)
            if delegator in self._delegators:
                return
            self._delegators.add(delegator)
            aid, delegator = delegator, ""

    def _joined(self, aid: str) -> None:
        self._parent.setdefault(aid, aid)

    def _root(self, aid: str) -> str:
        while self._parent[aid] != aid:
            self._parent[aid] = self._parent[self._parent[aid]]
            aid = self._parent[aid]
        return aid


def _empty() -> tuple[dict[str, Any], list[tuple[Unit, list[Frame]]]]:
    return {"contexts": [], "messages": []}, []
