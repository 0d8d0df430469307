"""The waiting room of a Checker: messages by what they wait for, so that nothing is tried again before that has come.

("event", aid, sn)                          until that event is accepted
("place", aid, sn)                          until an event is accepted there: then this one is late, or in conflict
("held", aid, said)                         an event that waits, whatever for
("said", aid, said)                         a receipt, until that event is accepted
("seal", delegator, aid, sn in hex, said)   until the delegator's log anchors that event
"""

from __future__ import annotations

from typing import Any

from slices.foreign import bodies
from slices.ledger.checks.reading import Message

__all__ = ["Entry", "Held", "Key", "Room"]

Key = tuple[Any, ...]


class Held(Exception):
    """A message that waits. `code`: order, threshold, witnesses, delegation, receipt or receiptor; `waits`: the AID it waits for.

    keys: what it waits for; at: the event of `waits`, where only that one helps.
    """

    def __init__(self, code: str, reason: str, waits: str, *keys: Key, at: int | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = bodies.safe(reason)
        self.waits = waits
        self.keys = keys
        self.at = at


class Entry:
    """One message on its way: itself when it could be read, and what became of it.

    Attributes:
        checked: an event whose own signatures are verified one by one; wits: the witnesses after it
        offered: a receipt that its waiting event has been tried with
        number: index of the message; came_with: index of the message that it was attached to
    """

    def __init__(self, message: Message | None = None, came_with: int | None = None) -> None:
        self.message = message
        self.verdict: dict[str, Any] = {}
        self.checked = False
        self.wits: list[str] = []
        self.offered = False
        self.came_with = came_with
        self.number: int | None = None
        self.keys: tuple[Key, ...] = ()

    @property
    def open(self) -> bool:
        return self.verdict.get("verdict") in (None, "escrowed")


class Room:
    """Entries by their keys. An entry that is taken under one key leaves under all of them."""

    def __init__(self) -> None:
        self._by: dict[Key, dict[int, Entry]] = {}

    def put(self, entry: Entry, *keys: Key) -> None:
        entry.keys = tuple(dict.fromkeys(keys))
        for key in entry.keys:
            self._by.setdefault(key, {})[id(entry)] = entry

    def leave(self, entry: Entry) -> None:
        for key in entry.keys:
            waiting = self._by[key]
            del waiting[id(entry)]
            if not waiting:
                del self._by[key]
        entry.keys = ()

    def at(self, key: Key) -> list[Entry]:
        """Those that wait there; they stay."""
        return [entry for entry in self._by.get(key, {}).values() if entry.open]

    def take(self, *keys: Key) -> list[Entry]:
        """Those that wait there; they leave."""
        taken: list[Entry] = []
        for key in keys:
            for entry in list(self._by.get(key, {}).values()):
                self.leave(entry)
                taken.append(entry)
        return taken
