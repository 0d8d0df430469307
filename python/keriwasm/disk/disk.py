"""`worker.disk`: what lmdb holds in memory, kept in IndexedDB. One writer; any number of followers.

Every commit of an lmdb transaction outside of /tmp is remembered as a list of operations. `settle` writes all that came up
as one record into a log, in one IndexedDB transaction with strict durability: all of it or none, and in order. What one
`batch` committed is never parted. When the log outgrows what it changes, `Compactor` writes a snapshot beside it, part by
part, and one transaction makes that count instead (see `diskidb` for the layout, `disklog` for the bytes).

What is overwritten or deleted stays in the log until then. Where it must not stay (keys under a passcode that leaked), the
change is marked by `forget`: its record and the mark are one transaction, `settle` compacts before it returns, and after a
crash in between `mount` does, before anything is used.

A refused write is never pretended away: memory goes back to what the disk holds, `trouble` says why, and no write
transaction begins any more until a `mount` finds that the disk takes writes again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import falcon
from hio.base import doing
from keriwasm.browser.disk_store import EMPTY, Fenced, Head, Image
from keriwasm.disk import records as disklog
from keriwasm.runtime.scheduling import ASAP, WAIT, WakingDoist

if TYPE_CHECKING:
    from types import ModuleType

    from keriwasm.worker.worker import Worker

Progress = Callable[[int, int], None]

TEMPORARY = "/tmp/"
"""Stores below it are never kept."""

LEAST = 1 << 20
"""Bytes of log that are never compacted: below it a snapshot would cost more than it saves."""

PART = 1 << 18
"""Bytes of a snapshot's part, about: what one step of the compaction encodes and writes."""


class Backing(Protocol):
    """What the disk asks of IndexedDB (`diskidb.IdbDisk`) or of the tests' memory. Each call is one transaction.

    All raise OSError when the transaction failed; what writes raises Fenced when another generation writes.
    """

    async def claim(self) -> int: ...

    async def image(self, after: int | None = None) -> Image | None: ...

    async def commit(self, generation: int, number: int, record: bytes, forget: int | None = None) -> None: ...

    async def part(self, generation: int, snapshot: int, number: int, record: bytes) -> None: ...

    async def switch(self, generation: int, head: Head) -> None: ...

    def listen(self, heard: Callable[[], None]) -> None: ...


class DiskRefused(falcon.HTTPInsufficientStorage):
    """507: what was done could not be kept, and was undone."""

    def __init__(self, reason: str) -> None:
        super().__init__(title="Not saved", description=reason)

    def __str__(self) -> str:
        return str(self.description)


class Disk:
    """The disk of one worker.

    Attributes:
        state (str): "" (nothing yet), "writer" or "follower"
        trouble (str | None): why writes are refused
        undone (int): grows each time memory went back to an earlier state; whoever holds what was read must read anew
        generation (int): of this writer; number (int): of the last record written or read
        log_bytes, snapshot_bytes (int): what the disk takes, as far as this worker knows
        owed (int): all records up to this number are to go; 0 when none are
        leftover (str): why what is owed is there still, "" as long as nothing kept it
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
        self.log_bytes = self.snapshot_bytes = 0
        self.worker: Worker | None = None
        self.flusher: Any = None
        self.compactor: Any = None
        self.owed = 0
        self.leftover = ""
        self._forget = False  # what is pending makes what was before it go
        self._marked = False  # the disk says up to where that was done
        self._compacting = False
        self._head: Head = dict(EMPTY)
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
                if store.id not in self._paths and not temporary(store.data):
                    self._adopt(store)
            self._guard_app()
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
                image = yield from self._asked(self.backing.image(self.number))
                if image is not None:
                    self._catch_up(image[2])
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
            if self._task is None:
                self._start()
            # Shielded: a request that is cancelled must not tear the transaction of all others.
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
                yield from compact(self)
            except DiskRefused as ex:
                self.leftover = str(ex)
                self._report(ex)

    def look(self) -> None:
        """Find out what became of the directories, so that it is kept as well."""
        if self.state != "writer" or self.trouble is not None:
            return
        kept = [store for store in self._stores if store.id in self._paths]
        gone = self._stores.sweep(kept)[1]
        for store in gone:
            self._hand_in(store.id, (disklog.GONE,))
            del self._paths[store.id]
            store.sink = None
        for store in self._stores:
            known = self._paths.get(store.id)
            if known is None:
                if not temporary(store.data):
                    self._adopt(store)
            elif temporary(store.data):
                self._hand_in(store.id, (disklog.GONE,))
                del self._paths[store.id]
                store.sink = None
            elif known != store.data:
                self._hand_in(store.id, (disklog.MOVE, store.data))
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
        self._hand_in(store.id, (disklog.NEW, store.data))
        for op in store.ops():
            self._hand_in(store.id, op)
        store.sink = self._committed

    def _committed(self, store: Any, ops: list[Any]) -> None:
        """lmdb has committed."""
        for op in ops:
            self._pending.append((store.id, op))
        self._tickets += len(ops)
        if self.flusher is not None:
            self._doist.wake(self.flusher)

    def _hand_in(self, id: str, op: Any) -> None:
        self._pending.append((id, op))
        self._tickets += 1
        if self.flusher is not None:
            self._doist.wake(self.flusher)

    def _start(self) -> None:
        """Write what is pending, in a task of its own that no cancelled request takes down."""
        self._task = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        """One record with all that is pending. What fails is undone; those who wait learn it from `_lost`."""
        pending, self._pending = self._pending, []
        forget, self._forget = self._forget, False
        first, last = self._settled, self._tickets
        states, paths = self._states(), dict(self._paths)
        try:
            number = self.number + 1
            record = disklog.encode(number, pending)
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
            self._report(ex)
        else:
            self.number = number
            self.log_bytes += len(record)
            self._settled = last
            self._held, self._held_paths = states, paths
            self._marked = True
            if forget:
                self.owed, self.leftover = number, ""
            if self.compactor is not None and (self.leftover or self.log_bytes > max(LEAST, self.snapshot_bytes)):
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
                self._put_back(store, self._paths.setdefault(store.id, store.data))
        self.undone += 1

    def _put_back(self, store: Any, path: str) -> None:
        """A store's directory is where it was, again."""
        if self._lmdb.stores.node_of(path) == store.node:
            return
        if store.data != path:
            unlink(store.data)
        store.data = path
        self._stores.mark(store)

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
            yield from self._asked(self.backing.commit(self.generation, number, disklog.encode(number, ())))  # type: ignore[union-attr]
        except DiskRefused as ex:
            self.trouble = str(ex)
            return
        self.number = number
        self.trouble = None
        for store in self._stores:
            store.refusal = ""

    def _report(self, ex: Exception) -> None:
        if self.worker is not None:
            self.worker.fault(ex, about={"type": "disk"})

    def _asked(self, awaitable: Any) -> Generator[Any, Any, Any]:
        """Wait for the backing; what it raises becomes DiskRefused."""
        try:
            return (yield from self._doist.await_(awaitable))
        except Fenced as ex:
            self._fenced = True
            raise DiskRefused(explain(ex)) from ex
        except OSError as ex:
            raise DiskRefused(explain(ex)) from ex

    def _guard_app(self) -> None:
        """Let lmdb's own refusal answer 507 as well."""
        if self.worker is not None and self.worker.app is not None:

            def refused(req: Any, rep: Any, ex: Exception, params: Any) -> None:
                raise DiskRefused(str(self.trouble or ex)) from ex

            self.worker.app.add_error_handler(self._lmdb.DiskError, refused)

    # -- loading ------------------------------------------------------------------------------------------------------

    def _load(self, writer: bool, progress: Progress | None) -> Generator[Any, Any, None]:
        """Read the disk into memory."""
        backing: Any = self.backing
        try:
            if writer:
                self.generation = yield from self._asked(backing.claim())
            head, parts, log = yield from self._asked(backing.image())
            if head["format"] != EMPTY["format"]:
                raise disklog.Damaged(f"the disk is of format {head['format']}, written by a later version of this app")
            if len(parts) != head["parts"]:
                raise disklog.Damaged(f"snapshot {head['snapshot']} has {len(parts)} of {head['parts']} parts")
            loader = Loader(self._lmdb)
            total = len(parts) + 1
            for number, part in enumerate(parts):
                loader.feed(disklog.opened(f"part of snapshot {head['snapshot']}", number, part))
                if progress is not None:
                    progress(number + 1, total)
                yield ASAP
            loaded = yield from loader.finish()
            self._replay(log, loaded, head["since"])
        except disklog.Damaged as ex:
            self._refuse(f"The saved data are damaged: {ex}. Nothing was changed. Restore a backup.")
            raise DiskRefused(str(self.trouble)) from ex
        except (IndexError, KeyError, ValueError, UnicodeDecodeError) as ex:
            self._refuse(
                f"The saved data cannot be read: {type(ex).__name__}: {ex}. Nothing was changed. Restore a backup."
            )
            raise DiskRefused(str(self.trouble)) from ex
        # Without the mark an earlier version has written this, and compacted nothing for a changed passcode.
        mark = self.number if head.get("forget") is None else head["forget"]
        self.owed = mark if writer and mark > head["since"] else 0
        self._marked = head.get("forget") is not None
        self._head = head
        self.snapshot_bytes = sum(map(len, parts))
        self.log_bytes = sum(len(record) for _, record in log)
        self._install(loaded, writer)
        if progress is not None:
            progress(total, total)

    def _replay(
        self, log: list[tuple[int, bytes]], loaded: dict[str, Any] | None = None, since: int | None = None
    ) -> None:
        """Do what the log's records say, each as a whole. Without `loaded` to the stores of a follower."""
        lmdb = self._lmdb
        following = loaded is None
        stores: dict[str, Any] = (
            {store.id: store for store in self._stores if store.readonly} if loaded is None else loaded
        )
        expected = self.number if since is None else since
        for number, record in log:
            expected += 1
            if number != expected:
                raise disklog.Damaged(f"record {expected} of the log is missing")
            payload = disklog.opened("record of the log", number, record)
            batch: dict[str, list[Any]] = {}
            for id, op in disklog.decode(payload, lambda bits: lmdb.stores.Flags(*bits)):
                if op[0] == disklog.NEW:
                    stores[id] = lmdb.stores.Store(id, op[1])
                    if following:
                        self._place(stores[id])
                elif op[0] == disklog.MOVE:
                    stores[id].data = op[1]
                    if following:
                        self._place(stores[id])
                elif op[0] == disklog.GONE:
                    gone = stores.pop(id, None)
                    batch.pop(id, None)
                    if following and gone is not None:
                        self._remove(gone)
                else:
                    batch.setdefault(id, []).append(op)
            for id, ops in batch.items():
                stores[id].apply(ops)
        self.number = expected

    def _catch_up(self, log: list[tuple[int, bytes]]) -> None:
        """A follower does what it has not seen."""
        try:
            self._replay(log)
        except disklog.Damaged as ex:
            raise DiskRefused(f"The saved data are damaged: {ex}.") from ex

    def _install(self, loaded: dict[str, Any], writer: bool) -> None:
        """Put what was loaded into lmdb's registry, with its directories; an Environment that is open on it sees it."""
        registry = self._stores
        for store in list(registry):
            if store.readonly and store.id not in loaded:
                self._remove(store)
        for id, store in loaded.items():
            known = registry.by_id.get(id)
            if known is not None:  # a follower that loads anew, or becomes the writer
                known.state, known.txnid, known.data = store.state, store.txnid, store.data
                store = known
            store.readonly = not writer
            if writer:
                store.weigh()
                store.sink = self._committed
                self._paths[id] = store.data
            self._place(store)
        self._held, self._held_paths = self._states(), dict(self._paths)
        self.undone += 1

    def _place(self, store: Any) -> None:
        """Give a store its directory and its marker, and a place in the registry."""
        other = self._lmdb.stores.read_mark(store.data)
        if other is not None and other != store.id:
            raise RuntimeError(f"{store.data} was opened before the disk was mounted")
        store.readonly = store.readonly or self.state == "follower"
        self._stores.by_id[store.id] = store
        self._stores.mark(store)

    def _remove(self, store: Any) -> None:
        """A follower learns that a store is gone."""
        self._stores.forget(store)
        folder = Path(store.data).parent
        unlink(store.data)
        unlink(str(folder / "lock.mdb"))
        try:
            os.removedirs(folder)
        except OSError:  # there is something else in it
            pass

    def _heard(self) -> None:
        """A hint that there is news: the FollowDoer reads the log."""
        if self.flusher is not None:
            self._doist.wake(self.flusher)


def temporary(data: str) -> bool:
    """Whether a store at this path is for memory only."""
    return data.startswith(TEMPORARY)


def unlink(path: str) -> None:
    """Remove a file if it is there."""
    Path(path).unlink(missing_ok=True)


def explain(ex: Exception) -> str:
    """What a person can do about it."""
    text = str(ex).rstrip(".")
    if isinstance(ex, Fenced):
        return (
            "Another tab or worker has taken over the saved data; this one changes nothing any more. Reload the page."
        )
    if "QuotaExceeded" in text or "quota" in text.lower():
        return (
            f"The browser's storage is full: {text}. Free some space on this device, then try again; nothing of this "
            "change was kept."
        )
    if "denied" in text or "SecurityError" in text:
        return (
            f"This browser lets the app save nothing at this address: {text}. Allow site data for it in the browser's "
            "settings (or leave the private window), then load the page again."
        )
    # A device without room shows as an I/O error first, then as a database that closes or does not open.
    return (
        f"The browser did not save it: {text}. Nothing of this change was kept. Most often the device has no space left: "
        "free some, then try again."
    )


class Loader:
    """Builds stores from a snapshot's parts: entries come in order, so that whole trees are made at once."""

    def __init__(self, lmdb: Any) -> None:
        self._lmdb = lmdb
        self._stores: dict[str, Any] = {}
        self._columns: dict[tuple[str, bytes | None], tuple[list[Any], list[Any]]] = {}
        self._flags: dict[tuple[str, bytes | None], Any] = {}

    def feed(self, payload: bytes) -> None:
        """Take the sections of one part."""
        stores = self._lmdb.stores
        for id, kind, name, content in disklog.sections(payload):
            if kind == disklog.NEW:
                self._stores[id] = stores.Store(id, content)
                self._columns[id, None] = [], []
            elif kind == disklog.CREATE:
                self._flags[id, name] = flags = stores.Flags(*content)
                self._columns[id, name] = [], []
                keys, values = self._columns[id, None]
                keys.append(name)
                values.append(stores.Sub(flags))
            elif kind == disklog.PUT:
                keys, values = self._columns[id, name]
                if name is not None and self._flags[id, name].dupsort:
                    pairs = list(zip(*content, strict=True))
                    keys += pairs
                    values += [None] * len(pairs)
                else:
                    keys += content[0]
                    values += content[1]
            else:
                raise disklog.Damaged(f"a snapshot holds an operation of kind {kind}")

    def finish(self) -> Generator[Any, Any, dict[str, Any]]:
        """The stores by id."""
        load = self._lmdb.tree.Tree.load
        for (id, name), (keys, values) in self._columns.items():
            self._stores[id].state[name] = load(zip(keys, values, strict=True))
            yield ASAP
        return self._stores


class DiskDoer(doing.Doer):
    """Writes what nobody waits for (a writer), or reads what is new (a follower)."""

    PAUSE = 0.02
    """Seconds that commits may gather."""

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self.worker = worker
        worker.disk.flusher = self
        worker.disk.worker = worker

    def recur(self, tock: float = 0.0):
        """What fails is reported by the disk itself, or by the next reader."""
        disk = self.worker.disk
        yield WAIT
        while True:
            yield self.PAUSE
            try:
                if disk.state == "follower":
                    yield from disk.follow()
                else:
                    yield from disk.settle()
            except DiskRefused as ex:
                if disk.state == "follower":
                    self.worker.fault(ex, about={"type": "disk:follow"})
            yield WAIT


class MountDoer(doing.Doer):
    """Mounts the disk while nobody waits for it yet: the first page shows what is on it."""

    transient = True

    def __init__(self, disk: Disk) -> None:
        super().__init__()
        self.disk = disk

    def recur(self, tock: float = 0.0):
        """Trouble is `disk.trouble`, and told by the first request that needs the disk, which tries again."""
        yield ASAP
        if self.disk.backing is not None:
            try:
                yield from self.disk.mount()
            except DiskRefused:
                return False
        return True


class Compactor(doing.Doer):
    """Replaces the log by a snapshot once it is larger than both LEAST and the last snapshot.

    So the disk takes at most about three times what the stores hold, and each byte written is rewritten a bounded
    number of times on average.
    """

    background = True

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self.worker = worker
        worker.disk.compactor = self

    def recur(self, tock: float = 0.0):
        """A compaction that fails leaves the log as it is, and is tried again after the next commit."""
        disk = self.worker.disk
        yield WAIT
        while True:
            try:
                yield from compact(disk)
            except DiskRefused as ex:
                self.worker.fault(ex, about={"type": "disk:compact"})
            yield WAIT


def compact(disk: Disk) -> Generator[Any, Any, None]:
    """Write a snapshot of what the log holds up to now, beside it, then let it count. Raises DiskRefused.

    One at a time: a second call waits for the first, then makes one of its own, for what came after that had begun.
    """
    while disk.state == "writer" and disk._compacting:
        yield 0.01
    if disk.state != "writer" or disk.trouble is not None:
        return
    disk._compacting = True
    try:
        yield from _compact(disk)
    finally:
        disk._compacting = False


def _compact(disk: Disk) -> Generator[Any, Any, None]:
    backing: Any = disk.backing
    snapshot, since = disk._head["snapshot"] + 1, disk.number
    log_then = disk.log_bytes
    # As the disk holds them: what memory deleted or moved since is in no record yet, so a crash must find it in its place.
    held = {id: (disk._held_paths[id], entry[1]) for id, entry in disk._held.items() if id in disk._held_paths}
    contents = disk._lmdb.stores.contents
    parts = size = 0
    for changes in chunks(held, contents):
        record = disklog.encode(parts, changes)
        size += len(record)
        yield from disk._asked(backing.part(disk.generation, snapshot, parts, record))
        parts += 1
        yield ASAP
    head = {"format": EMPTY["format"], "snapshot": snapshot, "parts": parts, "since": since, "bytes": size}
    yield from disk._asked(backing.switch(disk.generation, head))
    disk._head = head
    disk.snapshot_bytes = size
    disk.log_bytes -= log_then
    if disk.owed <= since:
        disk.owed, disk.leftover = 0, ""


def chunks(held: dict[str, tuple[str, Any]], contents: Any) -> Iterator[list[tuple[str, Any]]]:
    """The stores' contents as lists of operations of about PART bytes each."""
    chunk: list[tuple[str, Any]] = []
    size = 0
    for id, (path, state) in held.items():
        chunk.append((id, (disklog.NEW, path)))
        for op in contents(state):
            chunk.append((id, op))
            size += 16 + (len(op[2]) + len(op[3]) if op[0] == disklog.PUT else 64)
            if size >= PART:
                yield chunk
                chunk, size = [], 0
    if chunk:
        yield chunk
