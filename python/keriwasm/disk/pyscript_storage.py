"""`pyscript.storage` in pool workers: named stores in IndexedDB, with commits that mean what they say.

PyScript's own `storage.py` and `flatted.py` run unmodified; they ask `polyscript.storage(name)` for a store, and
`polyscript` (python/polyscript.py) asks `Storages.store`. A store here keeps PyScript's layout on disk (database
`IDBMap/@pyscript/NAME`, object store `entries`, values as Flatted text), so that the page's PyScript and every worker
read each other's stores; but where PyScript's IDBMap makes a transaction per key and calls it done when its request
succeeded, `Store.sync` writes all that changed since the last sync in one transaction and waits until that is complete.

In a handler:  prefs = yield from worker.storage.open("preferences");  prefs["theme"] = "dark"
The RequestDoer holds the answer back until every store that was written has been synced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from hio.base import doing

from keriwasm.runtime.scheduling import WAIT, WakingDoist

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

Changes = dict[str, str | None]
"""Key -> new value as text, or None for a deletion."""


class Database(Protocol):
    """One named database."""

    async def entries(self) -> Iterable[tuple[str, str]]:
        """All that is stored."""

    async def apply(self, cleared: bool, changes: Changes) -> None:
        """One transaction: clear first if told so, then change. Returns once it is complete, raises when it aborted."""


class Backing(Protocol):
    """Where databases live: IndexedDB (`keriwasm.browser.named_stores`), or memory in the tests."""

    async def open(self, name: str) -> Database:
        """Open or create a database."""


class StorageUnavailable(RuntimeError):
    """This worker has no IndexedDB."""


class Store:
    """What PyScript's Storage class talks to: `entries`, `set`, `delete`, `clear`, `sync`."""

    def __init__(self, storages: Storages, database: Database, entries: Iterable[tuple[str, str]]) -> None:
        self._storages = storages
        self._database = database
        self._entries = dict(entries)
        self._cleared = False
        self._changes: Changes = {}
        self._lock = asyncio.Lock()

    def entries(self) -> list[tuple[str, str]]:
        """All pairs as they stand in memory."""
        return list(self._entries.items())

    def set(self, key: str, value: str) -> None:
        """Change a value in memory; written at the next sync."""
        self._entries[key] = self._changes[key] = value
        self._storages.written(self)

    def delete(self, key: str) -> None:
        """Delete a key in memory; written at the next sync."""
        self._entries.pop(key, None)
        self._changes[key] = None
        self._storages.written(self)

    def clear(self) -> None:
        """Delete all in memory; written at the next sync."""
        self._entries.clear()
        self._changes.clear()
        self._cleared = True
        self._storages.written(self)

    async def sync(self) -> None:
        """Write what changed, in one transaction. When that fails the changes stay to be written, and it raises."""
        async with self._lock:
            if not (self._changes or self._cleared):
                self._storages.settled(self)
                return
            cleared, changes = self._cleared, self._changes
            self._cleared, self._changes = False, {}
            try:
                await self._database.apply(cleared, changes)
            except BaseException:
                if self._cleared:  # cleared anew meanwhile: nothing of what failed matters any more
                    raise
                self._cleared, self._changes = cleared, {**changes, **self._changes}
                raise
            if not (self._changes or self._cleared):
                self._storages.settled(self)


class Storages:
    """All stores of a worker.

    Attributes:
        backing: None where there is no IndexedDB
        dirty: stores with changes that are not yet on disk
    """

    def __init__(self, doist: WakingDoist, backing: Backing | None = None) -> None:
        self._doist = doist
        self.backing = backing
        self.flusher: Any = None
        self.dirty: dict[Store, None] = {}

    def open(self, name: str, storage_class: Any = None) -> Generator[float, float, Any]:
        """Open or create a named store: `yield from` gives PyScript's Storage (or an instance of `storage_class`).

        Raises ValueError for an empty name, StorageUnavailable without IndexedDB, OSError when it cannot be opened.
        """
        from pyscript import Storage, storage

        return (yield from self._doist.await_(storage(name, storage_class or Storage)))

    async def store(self, name: str) -> Store:
        """What `polyscript.storage` gives: a Store loaded from disk."""
        if self.backing is None:
            raise StorageUnavailable("this worker has no IndexedDB")
        database = await self.backing.open(name)
        return Store(self, database, await database.entries())

    def settle(self) -> Generator[float, float, None]:
        """Wait until all that was written is on disk; raises what IndexedDB raises."""
        while self.dirty:
            yield from self._doist.await_(next(iter(self.dirty)).sync())

    def written(self, store: Store) -> None:
        """A store has changes; the flusher will see to it unless somebody syncs before."""
        if store not in self.dirty:
            self.dirty[store] = None
            if self.flusher is not None:
                self._doist.wake(self.flusher)

    def settled(self, store: Store) -> None:
        """A store has no changes any more."""
        self.dirty.pop(store, None)


class FlushDoer(doing.Doer):
    """Writes what nobody waits for: changes made by Doers outside of a request. Retries with growing pauses."""

    PAUSE = 0.05
    """Seconds that changes may gather before they are written."""
    LONGEST = 30.0
    """Seconds between two tries at most, when the disk refuses."""

    def __init__(self, worker: Context, **kwa: Any) -> None:
        super().__init__(**kwa)
        self.worker = worker
        worker.storage.flusher = self

    def recur(self, tock: float = 0.0):
        """A failure is reported once per series of tries."""
        storage, pause = self.worker.storage, self.PAUSE
        yield WAIT
        while True:
            if not storage.dirty:
                yield WAIT
                continue
            until = self.tyme + pause
            while self.tyme < until:
                yield until - self.tyme
            try:
                yield from storage.settle()
            except Exception as ex:
                if pause == self.PAUSE:
                    self.worker.fault(ex, about={"type": "storage:flush"})
                pause = min(pause * 2, self.LONGEST)
            else:
                pause = self.PAUSE
