"""Who is in the ledger, in the order of its list, kept in memory: what a page of fifty costs does not grow with the ledger.

Read in steps when it is first asked for (`Book.roll`); after a change only those whom the change touched are looked at again. What
`Notes.touched` does not name is not seen: whatever changes a state, a contact, what waits or a proof puts the AID there.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from itertools import islice
from typing import Any, NamedTuple

__all__ = ["AT_ONCE", "Roll", "Row"]

AT_ONCE = 500
"""Identifiers looked at between two yields: some ten milliseconds in a browser."""


class Row(NamedTuple):
    """What the list is searched and ordered by. place: where it stands in the list."""

    place: tuple[Any, ...]
    text: str
    alias: bool
    delegated: bool
    duplicitous: bool
    known: bool
    events: int


class Roll:
    """AID -> Row of all of whom there is a log, a contact, or a message that waits.

    Attributes:
        order: their places, sorted; the last element of each is the AID
        events, contacts, duplicitous: how many there are in all
        whole: whether all were read
    """

    def __init__(self, book: Any) -> None:
        self.book = book
        self.rows: dict[str, Row] = {}
        self.order: list[tuple[Any, ...]] = []
        self.events = self.contacts = self.duplicitous = 0
        self.whole = False
        self._left: Any = None
        self._seen: set[str] = set()

    def gather(self) -> None:
        """One step of reading everybody, until `whole`."""
        if self._left is None:
            contacts = self.book.notes.contacts()
            waiting = {message["aid"] for message in self.book.notes.pending.values()}
            self._left = iter([(aid, contacts.get(aid)) for aid in dict.fromkeys((*self.book.heads(), *contacts, *waiting))])
        some = list(islice(self._left, AT_ONCE))
        for aid, contact in some:
            if aid not in self._seen:  # else a change meanwhile has seen to it
                self._put(aid, contact)
        if len(some) < AT_ONCE:
            self.order = sorted(row.place for row in self.rows.values())
            self.whole = True

    def touch(self, aid: str) -> None:
        """Look again at somebody about whom something was changed."""
        if not self.whole:
            self._seen.add(aid)
        old = self.rows.pop(aid, None)
        if old is not None:
            self._count(old, -1)
            if self.whole:
                del self.order[bisect_left(self.order, old.place)]
        notes = self.book.notes
        if aid in self.book.heads() or notes.contact(aid) is not None or notes.waits(aid):
            self._put(aid, notes.contact(aid))
            if self.whole:
                insort(self.order, self.rows[aid].place)

    def found(self, words: list[str], fits: Any) -> list[str]:
        """AIDs in the list's order of those whose alias, notes and AID have all words, and whom `fits(aid, row)` takes."""
        found = []
        for place in self.order:
            row = self.rows[place[-1]]
            if fits(place[-1], row) and all(word in row.text for word in words):
                found.append(place[-1])
        return found

    def _put(self, aid: str, contact: dict[str, Any] | None) -> None:
        head = self.book.heads().get(aid)
        alias, notes = (contact or {}).get("alias", ""), (contact or {}).get("notes", "")
        accused = head is not None and head["duplicitous"]
        row = Row(
            place=(not accused, not alias, alias.casefold(), aid),
            text=f"{alias}\n{notes}\n{aid}".casefold(),
            alias=bool(alias),
            delegated=head is not None and bool(head["di"]),
            duplicitous=accused,
            known=head is not None,
            events=int(head["f"], 16) + 1 if head is not None else 0,
        )
        self.rows[aid] = row
        self._count(row, 1)

    def _count(self, row: Row, by: int) -> None:
        self.events += by * row.events
        self.contacts += by * row.alias
        self.duplicitous += by * row.duplicitous
