"""What receipts and conflicts ask of the Checker that they are looked at for."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from slices.ledger.checks.reading import Message
from slices.ledger.checks.room import Entry, Room

__all__ = ["Judge"]


class Judge(Protocol):
    """`checking.Checker`, which says what each of these is."""

    db: Any
    kevery: Any
    room: Room

    def load(self, known: dict[str, Any]) -> None: ...

    def knows(self, aid: str, said: str) -> bool: ...

    def keep(self, aid: str, sn: int, said: str, **found: list[str]) -> None: ...

    def at_event(self, serder: Any) -> tuple[list[Any], list[str]]: ...

    def apart(self, entry: Entry) -> None: ...

    def accept(self, message: Message) -> None: ...

    def elsewhere(self) -> AbstractContextManager[Judge]: ...
