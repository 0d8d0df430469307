"""What the disk stands on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from keriwasm.browser.disk_store import Head, Stored

__all__ = ["Backing"]


class Backing(Protocol):
    """What the disk asks of IndexedDB (`browser.disk_store.IdbDisk`) or of the tests' memory. Each call is one transaction.

    All raise OSError when the transaction failed; what writes raises Fenced when another generation writes.
    """

    async def claim(self) -> int: ...

    async def stored(self, after: int | None = None) -> Stored | None: ...

    async def commit(self, generation: int, number: int, record: bytes, forget: int | None = None) -> None: ...

    async def part(self, generation: int, checkpoint: int, number: int, record: bytes) -> None: ...

    async def switch(self, generation: int, head: Head) -> None: ...

    def listen(self, heard: Callable[[], None]) -> None: ...
