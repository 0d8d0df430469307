"""Where a worker process keeps what is to stay: one environment of the real LMDB, by the real py-lmdb, in the data folder.

It stands where IndexedDB stands in the page, below the same disk (keriwasm.disk): what a batch commits in several stores of keripy is
one transaction here, all of it or nothing, and what a changed passcode has to take away is taken away. Several LMDB environments, as
keripy would make them by itself, have no transaction over all of them. Hence the name `lmdb` is ours in a worker (python/lmdb), and the
real one is loaded beside it. Every transaction is synced before it counts. What this does not catch: pages that LMDB has freed stay in
its file until they are written again; a folder that is read by others is as much as they can read.
"""

from __future__ import annotations

import importlib.util
import json
import struct
import sys
from collections.abc import Callable, Iterable
from importlib.machinery import ExtensionFileLoader, PathFinder
from pathlib import Path
from typing import Any

from keriwasm.browser.disk_store import EMPTY, Fenced, Head, Stored
from keriwasm.server.places import ROOT

MOST_BYTES = 1 << 36
"""What the file may grow to; it takes no more than it holds."""
TABLES = (b"meta", b"log", b"parts", b"names")
NUMBER = struct.Struct(">Q")
PLACE = struct.Struct(">QQ")


def real() -> Any:
    """py-lmdb's extension module, whoever has its name. Raises ImportError."""
    for name in ("keriwasm_lmdb.cpython", "lmdb.cpython"):  # a second copy would share, and spoil, the types of the first
        if name in sys.modules:
            return sys.modules[name]
    folders = [place for place in sys.path if Path(place or ".").resolve() != ROOT / "python"]
    package = PathFinder.find_spec("lmdb", folders)
    if package is None or not package.submodule_search_locations:
        raise ImportError("py-lmdb is not installed", name="lmdb")
    spec = PathFinder.find_spec("cpython", list(package.submodule_search_locations))
    if spec is None or not isinstance(spec.loader, ExtensionFileLoader) or not spec.origin:
        raise ImportError("py-lmdb has no extension module here", name="lmdb")
    name = "keriwasm_lmdb.cpython"
    found = importlib.util.spec_from_file_location(name, spec.origin, loader=ExtensionFileLoader(name, spec.origin))
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    sys.modules[name] = module
    return module


class Tables:
    """The environment and its tables."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError when the folder cannot be used."""
        self._lmdb = real()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._env = self._lmdb.open(str(folder), max_dbs=len(TABLES), map_size=MOST_BYTES, mode=0o600)
            self.meta, self.log, self.parts, self.names = (self._env.open_db(name) for name in TABLES)
        except self._lmdb.Error as error:
            raise OSError(f"LMDB refused: {error}") from error

    def read(self, work: Callable[[Any], Any]) -> Any:
        """One transaction that reads. Raises OSError."""
        try:
            with self._env.begin() as txn:
                return work(txn)
        except self._lmdb.Error as error:
            raise OSError(f"LMDB refused: {error}") from error

    def write(self, work: Callable[[Any], Any]) -> Any:
        """One transaction that writes; it is on the disk when this returns. Raises OSError, and what `work` raises."""
        try:
            with self._env.begin(write=True) as txn:
                return work(txn)
        except self._lmdb.Error as error:
            raise OSError(f"LMDB refused: {error}") from error


def opened(folder: Path) -> Tables:
    """What is kept in a data folder. Raises OSError."""
    return Tables(folder / "disk")


class LmdbDisk:
    """`keriwasm.disk.backing.Backing`: see browser/disk_store for what stands where."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._heard: list[Callable[[], None]] = []

    async def claim(self) -> int:
        """Become the writer: the new generation, which fences off all earlier ones."""

        def work(txn: Any) -> int:
            generation = int(txn.get(b"generation", db=self._tables.meta) or 0) + 1
            txn.put(b"generation", str(generation).encode(), db=self._tables.meta)
            return generation

        return self._tables.write(work)

    async def stored(self, after: int | None = None) -> Stored | None:
        """Everything, or the log's records past a number; None when the log does not reach back so far."""
        tables = self._tables

        def work(txn: Any) -> Stored | None:
            text, mark = txn.get(b"head", db=tables.meta), txn.get(b"forget", db=tables.meta)
            head: Head = json.loads(bytes(text)) if text else dict(EMPTY)
            if mark is not None:
                head["forget"] = int(mark)
            since = head["since"] if after is None else after
            if since < head["since"]:
                return None
            parts = []
            if after is None:
                numbers = range(head["parts"])
                found = [txn.get(PLACE.pack(head["snapshot"], number), db=tables.parts) for number in numbers]
                if None in found:
                    raise OSError("a part of the saved data is missing")
                parts = [bytes(part) for part in found]
            log = []
            with txn.cursor(db=tables.log) as cursor:
                if cursor.set_range(NUMBER.pack(since + 1)):
                    log = [(NUMBER.unpack(key)[0], bytes(record)) for key, record in cursor]
            return head, parts, log

        return tables.read(work)

    async def commit(self, generation: int, number: int, record: bytes, forget: int | None = None) -> None:
        """Add a record to the log. forget: the mark to set with it. Raises Fenced."""

        def work(txn: Any) -> None:
            self._fence(txn, generation)
            txn.put(NUMBER.pack(number), record, db=self._tables.log)
            if forget is not None:
                txn.put(b"forget", str(forget).encode(), db=self._tables.meta)

        self._tables.write(work)
        self._tell()

    async def part(self, generation: int, checkpoint: int, number: int, record: bytes) -> None:
        """Write one part of a checkpoint that does not count yet. Raises Fenced."""

        def work(txn: Any) -> None:
            self._fence(txn, generation)
            txn.put(PLACE.pack(checkpoint, number), record, db=self._tables.parts)

        self._tables.write(work)

    async def switch(self, generation: int, head: Head) -> None:
        """From here on this checkpoint counts: drop all other parts, and the log's records that it covers. Raises Fenced."""
        tables = self._tables

        def work(txn: Any) -> None:
            self._fence(txn, generation)
            txn.put(b"head", json.dumps(head).encode(), db=tables.meta)
            mark = txn.get(b"forget", db=tables.meta)
            if mark is None or int(mark) <= head["since"]:
                txn.put(b"forget", b"0", db=tables.meta)
            counts = {PLACE.pack(head["snapshot"], number) for number in range(head["parts"])}
            drop(txn, tables.parts, lambda key: key not in counts)
            drop(txn, tables.log, lambda key: NUMBER.unpack(key)[0] <= head["since"])

        tables.write(work)
        self._tell()

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` when this process writes: the one that has the disk is the only one that reads it."""
        self._heard.append(heard)

    def _tell(self) -> None:
        for heard in self._heard:
            heard()

    def _fence(self, txn: Any, generation: int) -> None:
        found = txn.get(b"generation", db=self._tables.meta)
        if found is None:
            raise OSError("somebody has cleared the data folder")
        if int(found) != generation:
            raise Fenced(f"generation {int(found)} writes here now, this is {generation}")


class LmdbBacking:
    """`keriwasm.disk.pyscript_storage.Backing`: named stores, all in one table, by name and key."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def open(self, name: str) -> LmdbNames:
        """Open or create."""
        return LmdbNames(self._tables, name)


class LmdbNames:
    """One named store. Its keys lie below a head of their own; the true key stands beside the value, for LMDB's are short."""

    def __init__(self, tables: Tables, name: str) -> None:
        self._tables = tables
        self._head = digest(name)

    async def entries(self) -> list[tuple[str, str]]:
        """All pairs."""

        def work(txn: Any) -> list[tuple[str, str]]:
            return [tuple(json.loads(bytes(value))) for _, value in self._below(txn)]  # type: ignore[misc]

        return self._tables.read(work)

    async def apply(self, cleared: bool, changes: dict[str, str | None]) -> None:
        """One transaction."""

        def work(txn: Any) -> None:
            if cleared:
                for key in [key for key, _ in self._below(txn)]:
                    txn.delete(key, db=self._tables.names)
            for key, value in changes.items():
                place = self._head + digest(key)
                if value is None:
                    txn.delete(place, db=self._tables.names)
                else:
                    txn.put(place, json.dumps([key, value]).encode(), db=self._tables.names)

        self._tables.write(work)

    def _below(self, txn: Any) -> Iterable[tuple[bytes, bytes]]:
        found = []
        with txn.cursor(db=self._tables.names) as cursor:
            if cursor.set_range(self._head):
                for key, value in cursor:
                    if not bytes(key).startswith(self._head):
                        break
                    found.append((bytes(key), bytes(value)))
        return found


def digest(text: str) -> bytes:
    """A name as a key of LMDB, which has at most 511 bytes."""
    import hashlib

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def drop(txn: Any, table: Any, goes: Callable[[bytes], bool]) -> None:
    """Delete the records whose key says so."""
    with txn.cursor(db=table) as cursor:
        keys = [bytes(key) for key in cursor.iternext(values=False)]
    for key in keys:
        if goes(key):
            txn.delete(key, db=table)
