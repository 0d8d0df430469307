"""`worker.disk`: what lmdb holds in memory, kept in IndexedDB. One writer; any number of followers.

Every commit of an lmdb transaction outside of /tmp is remembered as a list of operations. `settle` writes all that came up
as one record into a log, in one IndexedDB transaction with strict durability: all of it or none, and in order. What one
`batch` committed is never parted. When the log outgrows what it changes, `Compactor` writes a checkpoint beside it, part
by part, and one transaction makes that count instead (see `browser.disk_store` for the layout, `records` for the bytes).

What is overwritten or deleted stays in the log until then. Where it must not stay (keys under a passcode that leaked), the
change is marked by `forget`: its record and the mark are one transaction, `settle` compacts before it returns, and after a
crash in between `mount` does, before anything is used.

A refused write is never pretended away: memory goes back to what the disk holds, `trouble` says why, and no write
transaction begins any more until a `mount` finds that the disk takes writes again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from keriwasm.browser.disk_store import EMPTY, Fenced, Head
from keriwasm.disk import checkpoints, loading, records
from keriwasm.disk.errors import DiskRefused, explain
from keriwasm.disk.loading import Progress, unlink
from keriwasm.runtime.scheduling import WakingDoist

if TYPE_CHECKING:
    from types import ModuleType

    from keriwasm.disk.backing import Backing

TEMPORARY = "/tmp/"
"""Stores below it are never kept."""


class Disk:
    """The disk of one worker.

    Attributes:
        state (str): "" (nothing yet), "writer" or "follower"
        trouble (str | None): why writes are refused
        undone (int): grows each time memory went back to an earlier state; whoever holds what was read must read anew
        generation (int): of this writer; number (int): of the last record written or read
        log_bytes, checkpoint_bytes (int): what the disk takes, as far as this worker knows
        head: of the checkpoint that counts; compacting (bool): another is being written
        owed (int): all records up to this number are to go; 0 when none are
        leftover (str): why what is owed is there still, "" as long as nothing kept it
        report: is told what a write failed with; guard: gets lmdb's own refusal, which a mount makes possible
        flusher, compactor: Doers that are woken when there is something for them
    """

    def __init__(self, doist: WakingDoist, backing: Backing | None = None, lmdb: ModuleType | None = None) -> None:
        """backing: None where there is no IndexedDB; lmdb: ours, under whatever name, by default what `import` gives."""
        self._doist = doist
        self.backing = backing
        self._module = lmdb
        self.state = ""
        self.trouble: str | None = None
        self.undone = 0
        self.generation = 0
        self.number = 0
        self.log_bytes = self.checkpoint_bytes = 0
        self.report: Callable[[Exception], object] = lambda ex: None
        self.guard: Callable[[type[Exception]], None] = lambda error: None
        self.flusher: Any = None
        self.compactor: Any = None
        self.owed = 0
        self.leftover = ""
        self._forget = False  # what is pending makes what was before it go
        self._marked = False  # the disk says up to where that was done
        self.compacting = False
        self.head: Head = dict(EMPTY)
        self._busy = False  # a mount or follow is at work
        self._pending: list[tuple[str, Any]] = []
        self._tickets = 0  # operations handed in so far
        self._settled = 0  # of those: whose fate is known
        self._lost: list[tuple[int, int, str]] = []  # (from, to, why) of those that were undone
        self._task: asyncio.Future[None] | None = None
        self._paths: dict[str, str] = {}  # id -> path as the disk knows it
        self._held: dict[str, tuple[Any, Any, int, int]] = {}  # id -> the store and its state as the disk holds it
        self._held_paths: dict[str, str] = {}  # id -> the path as the disk holds it: memory may be a move or deletion ahead
        self._depth = 0
        self._fenced = False

    # -- what slices use ------------------------------------------------------------------------------------------

    def mount(self, progress: Progress | None = None) -> Generator[Any, Any, None]:
        """Load everything and become the one writer. Again: nothing, or after trouble another try to write.

        progress: called with (done, total) in steps of the load.
        Raises DiskRefused with the reason when the disk cannot be read: it is left as it is, and writes stay refused.
        """
        while self._busy:
            yield 0.01
        if self.state == "writer":
            if self.trouble is not None and not self._fenced:
                yield from self._retry()
            return
        self._busy = True
        try:
            if self.backing is None:
                self._refuse("This browser gives the page no IndexedDB, so that nothing can be kept.")
                raise DiskRefused(str(self.trouble))
            yield from self._load(True, progress)
            self.state = "writer"
            self._stores.adopt = self._adopt
            for store in self._stores:
                self._adopt(store)
            self.guard(self._lmdb.DiskError)
            yield from self._forgotten()
        finally:
            self._busy = False

    def follow(self, progress: Progress | None = None) -> Generator[Any, Any, None]:
        """Hold what is on disk, read-only, as it is now; follows further changes by itself. Again: brings up to date.

        Raises DiskRefused when the disk cannot be read.
        """
        while self._busy:
            yield 0.01
        if self.state == "writer":
            return
        self._busy = True
        try:
            if self.backing is None:
                raise DiskRefused("This browser gives the page no IndexedDB.")
            if self.state == "follower":
                news = yield from self.ask(self.backing.stored(self.number))
                if news is not None:
                    self._catch_up(news[2])
                    return
            yield from self._load(False, progress)
            if self.state == "":
                self.state = "follower"
                self.backing.listen(self._heard)
        finally:
            self._busy = False

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Everything that is committed inside goes into one IndexedDB transaction, or nothing of it anywhere.

        Raises what the block raises, after memory and directories are what they were before it.
        Not for a block that yields: others would commit into it.
        """
        if self.trouble is not None:
            raise self._lmdb.DiskError(self.trouble)
        before = {store.id: (store, store.state, store.used, store.txnid) for store in self._stores}
        mark, tickets, forget = len(self._pending), self._tickets, self._forget
        self._depth += 1
        try:
            yield
        except BaseException:
            del self._pending[mark:]
            self._tickets = tickets
            self._forget = forget
            self._restore(before)
            raise
        finally:
            self._depth -= 1

    @contextmanager
    def unkept(self) -> Iterator[None]:
        """While writes are refused, a block that writes for memory only: at its end the kept stores are what they were.

        For opening databases: keripy writes its version into each that it opens, and a full disk must not keep anybody
        from reading. A store that is new is refused here as well. Without trouble the block is like any other. Not for a
        block that yields: others would lose what they commit.
        """
        if self.trouble is None:
            yield
            return
        kept = [(store, store.state, store.used, store.txnid) for store in self._stores if store.id in self._paths]
        for store, *_ in kept:
            store.refusal, store.sink = "", None
        try:
            yield
        finally:
            for store, state, used, txnid in kept:
                store.state, store.used, store.txnid = state, used, txnid
                store.refusal, store.sink = self.trouble, self._committed

    def forget(self) -> None:
        """Of what the commits under way replace or delete, nothing is to stay on the disk. Inside of a `batch`.

        What the browser's own files still hold of it is out of reach from here."""
        self._forget = True

    def settle(self) -> Generator[Any, Any, None]:
        """Wait until all that was committed so far is durable, and what it was to `forget` is gone (or `leftover` says why
        not). Raises DiskRefused when it was undone instead."""
        if self.state != "writer":
            return
        self.look()
        ticket = self._tickets
        while self._settled < ticket:
            if self._task is None:  # a task of its own, and shielded: a cancelled request must not tear all others' transaction
                self._task = asyncio.ensure_future(self._write())
            yield from self._doist.await_(asyncio.shield(self._task))  # type: ignore[arg-type]
        for first, last, reason in self._lost:
            if first < ticket <= last:
                raise DiskRefused(reason)
        yield from self._forgotten()

    @property
    def dirty(self) -> bool:
        """Whether something was committed, or a directory changed, that is not durable; or something is to go that is there."""
        if self.state != "writer":
            return False
        self.look()
        return self._settled < self._tickets or (self.owed > 0 and not self.leftover)

    def _forgotten(self) -> Generator[Any, Any, None]:
        """Compact until nothing is owed. Trouble is kept as `leftover`; the Compactor tries again after the next commit."""
        while self.owed and not self.leftover and self.trouble is None:
            try:
                yield from checkpoints.compact(self)
            except DiskRefused as ex:
                self.leftover = str(ex)
                self.report(ex)

    def look(self) -> None:
        """Find out what became of the directories, so that it is kept as well."""
        if self.state != "writer" or self.trouble is not None:
            return
        kept = [store for store in self._stores if store.id in self._paths]
        gone = self._stores.sweep(kept)[1]
        for store in [*gone, *(store for store in kept if store not in gone and temporary(store.data))]:
            self._hand_in(store.id, (records.GONE,))
            del self._paths[store.id]
            store.sink = None
        for store in self._stores:
            known = self._paths.get(store.id)
            if known is None:
                self._adopt(store)
            elif known != store.data:
                self._hand_in(store.id, (records.MOVE, store.data))
                self._paths[store.id] = store.data

    # -- commits ----------------------------------------------------------------------------------------------------

    @property
    def _lmdb(self) -> Any:
        if self._module is None:
            import lmdb

            self._module = lmdb
        return self._module

    @property
    def _stores(self) -> Any:
        return self._lmdb.stores.stores

    def _adopt(self, store: Any) -> None:
        """A store that is new to the disk: from here on it is kept."""
        if temporary(store.data) or store.id in self._paths:
            return
        if self.trouble is not None:
            store.refusal = self.trouble
            return
        self._paths[store.id] = store.data
        self._hand_in(store.id, (records.NEW, store.data), *store.ops())
        store.sink = self._committed

    def _committed(self, store: Any, ops: list[Any]) -> None:
        """lmdb has committed."""
        self._hand_in(store.id, *ops)

    def _hand_in(self, id: str, *ops: Any) -> None:
        self._pending += [(id, op) for op in ops]
        self._tickets += len(ops)
        if self.flusher is not None:
            self._doist.wake(self.flusher)

    async def _write(self) -> None:
        """One record with all that is pending. What fails is undone; those who wait learn it from `_lost`."""
        pending, self._pending = self._pending, []
        forget, self._forget = self._forget, False
        first, last = self._settled, self._tickets
        states, paths = self._states(), dict(self._paths)
        try:
            number = self.number + 1
            record = records.encode(number, pending)
            mark = number if forget else (None if self._marked else 0)
            await self.backing.commit(self.generation, number, record, mark)  # type: ignore[union-attr]
        except Exception as ex:
            self._fenced = self._fenced or isinstance(ex, Fenced)
            reason = explain(ex)
            self._lost = [*self._lost[-8:], (first, self._tickets, reason)]
            self._settled = self._tickets  # also what was handed in meanwhile: it was built on what is undone
            self._pending.clear()
            self._refuse(reason)
            self._restore(self._held)
            self.report(ex)
        else:
            self.number = number
            self.log_bytes += len(record)
            self._settled = last
            self._held, self._held_paths = states, paths
            self._marked = True
            if forget:
                self.owed, self.leftover = number, ""
            if self.compactor is not None and (self.leftover or checkpoints.due(self.log_bytes, self.checkpoint_bytes)):
                self._doist.wake(self.compactor)
        finally:
            self._task = None

    def _states(self) -> dict[str, tuple[Any, Any, int, int]]:
        """What the kept stores hold now; pointers only."""
        return {
            store.id: (store, store.state, store.used, store.txnid)
            for store in self._stores
            if store.id in self._paths or self.state != "writer"
        }

    def _restore(self, states: dict[str, tuple[Any, Any, int, int]]) -> None:
        """Go back to these states, with their directories. Stores that are kept and not among them are given up."""
        registry = self._stores
        for store in registry:
            if store.id not in states and (store.sink is not None or self._depth):
                registry.forget(store)
                self._paths.pop(store.id, None)
                store.sink = None
                unlink(store.data)
        for store, state, used, txnid in states.values():
            store.state, store.used, store.txnid = state, used, txnid
            registry.by_id[store.id] = store
            if self.state == "writer" and not temporary(self._paths.get(store.id, store.data)):
                store.sink = self._committed
                loading.put_back(self._lmdb, store, self._paths.setdefault(store.id, store.data))
        self.undone += 1

    def _refuse(self, reason: str) -> None:
        """No write begins any more."""
        self.trouble = reason
        for store in self._stores:
            if not temporary(store.data):
                store.refusal = reason

    def _retry(self) -> Generator[Any, Any, None]:
        """After trouble: if the disk takes an empty record, writes are welcome again."""
        number = self.number + 1
        try:
            yield from self.ask(self.backing.commit(self.generation, number, records.encode(number, ())))  # type: ignore[union-attr]
        except DiskRefused as ex:
            self.trouble = str(ex)
            return
        self.number = number
        self.trouble = None
        for store in self._stores:
            store.refusal = ""

    def ask(self, awaitable: Any) -> Generator[Any, Any, Any]:
        """Wait for the backing; what it raises becomes DiskRefused."""
        try:
            return (yield from self._doist.await_(awaitable))
        except Fenced as ex:
            self._fenced = True
            raise DiskRefused(explain(ex)) from ex
        except OSError as ex:
            raise DiskRefused(explain(ex)) from ex

    # -- for a checkpoint -------------------------------------------------------------------------------------------

    def contents(self) -> Iterator[tuple[str, str, Iterator[Any]]]:
        """(id, path, operations that make what it holds) of each store, as the disk holds them now: what memory deleted or
        moved since is in no record yet, so a crash must find it in its place."""
        held = [(id, self._held_paths[id], held[1]) for id, held in self._held.items() if id in self._held_paths]
        return ((id, path, self._lmdb.stores.contents(state)) for id, path, state in held)

    def checkpointed(self, head: Head, log_bytes: int) -> None:
        """This checkpoint counts from here on; it stands for `log_bytes` of the log."""
        self.head = head
        self.checkpoint_bytes = head["bytes"]
        self.log_bytes -= log_bytes
        if self.owed <= head["since"]:
            self.owed, self.leftover = 0, ""

    # -- loading ------------------------------------------------------------------------------------------------------

    def _load(self, writer: bool, progress: Progress | None) -> Generator[Any, Any, None]:
        """Read the disk into memory."""
        backing: Any = self.backing
        try:
            if writer:
                self.generation = yield from self.ask(backing.claim())
            stored = yield from self.ask(backing.stored())
            loaded, self.number = yield from loading.read(self._lmdb, stored, progress)
        except records.Damaged as ex:
            self._refuse(f"The saved data are damaged: {ex}. Nothing was changed. Restore a backup.")
            raise DiskRefused(str(self.trouble)) from ex
        except (IndexError, KeyError, ValueError, UnicodeDecodeError) as ex:
            self._refuse(
                f"The saved data cannot be read: {type(ex).__name__}: {ex}. Nothing was changed. Restore a backup."
            )
            raise DiskRefused(str(self.trouble)) from ex
        head, parts, log = stored
        # Without the mark an earlier version has written this, and compacted nothing for a changed passcode.
        mark = self.number if head.get("forget") is None else head["forget"]
        self.owed = mark if writer and mark > head["since"] else 0
        self._marked = head.get("forget") is not None
        self.head = head
        self.checkpoint_bytes = sum(map(len, parts))
        self.log_bytes = sum(len(record) for _, record in log)
        self._install(loaded, writer)
        if progress is not None:
            progress(len(parts) + 1, len(parts) + 1)

    def _catch_up(self, log: list[tuple[int, bytes]]) -> None:
        """A follower does what it has not seen."""
        try:
            stores = {store.id: store for store in self._stores if store.readonly}
            self.number = loading.replay(self._lmdb, log, stores, self.number, following=True)
        except records.Damaged as ex:
            raise DiskRefused(f"The saved data are damaged: {ex}.") from ex

    def _install(self, loaded: dict[str, Any], writer: bool) -> None:
        """Put what was loaded into lmdb's registry, with its directories; an Environment that is open on it sees it."""
        registry = self._stores
        for store in list(registry):
            if store.readonly and store.id not in loaded:
                loading.remove(self._lmdb, store)
        for id, store in loaded.items():
            known = registry.by_id.get(id)
            if known is not None:  # a follower that loads anew, or becomes the writer
                known.state, known.txnid, known.data = store.state, store.txnid, store.data
                store = known
            if writer:
                store.weigh()
                store.sink = self._committed
                self._paths[id] = store.data
            loading.place(self._lmdb, store, readonly=not writer)
        self._held, self._held_paths = self._states(), dict(self._paths)
        self.undone += 1

    def _heard(self) -> None:
        """A hint that there is news: the FollowDoer reads the log."""
        if self.flusher is not None:
            self._doist.wake(self.flusher)


def temporary(data: str) -> bool:
    """Whether a store at this path is for memory only."""
    return data.startswith(TEMPORARY)
