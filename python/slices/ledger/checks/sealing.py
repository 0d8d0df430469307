"""Where a delegator's log anchors an event of a delegate: found once, not by walking the log for each delegate."""

from __future__ import annotations

from typing import Any

from slices.foreign import bodies
from slices.foreign.framing import seals
from slices.ledger.checks import records as logs

__all__ = ["Seals"]

Place = tuple[int, str]


class Seals:
    """The seals in the accepted events of delegators, read from a Baser when a delegator is first asked for."""

    def __init__(self, db: Any) -> None:
        self.db = db
        self._by: dict[str, dict[tuple[str, str, str], list[Place]]] = {}

    def note(self, aid: str, sn: int, said: str, anchored: Any) -> list[tuple[str, str, str]]:
        """An event was accepted: gives what it seals."""
        sealed = list(seals(anchored))
        if aid in self._by:
            for each in sealed:
                self._by[aid].setdefault(each, []).append((sn, said))
        return sealed

    def find(self, delegator: str, serder: Any, hint: Any = None) -> Place | None:
        """Number and SAID of the event that anchors this one and is not superseded; the hinted number when that is one."""
        from keri.db.dbing import snKey

        if delegator not in self._by:
            self._by[delegator] = {}
            for record in logs.kept(self.db, delegator):
                self.note(delegator, record["sn"], record["said"], bodies.content(record["raw"]).get("a"))
        found = []
        for sn, said in self._by[delegator].get((serder.pre, serder.sner.numh, serder.said), ()):
            last = self.db.getKeLast(snKey(delegator, sn))
            if last is not None and bytes(last).decode() == said:
                found.append((sn, said))
        return next((each for each in found if hint is not None and each[0] == hint.sn), found[0] if found else None)
