"""From the disk's bytes to lmdb's stores: a checkpoint's parts first, then the log's records after it."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from keriwasm.browser.disk_store import EMPTY, Stored
from keriwasm.disk import records
from keriwasm.disk.records import Damaged
from keriwasm.runtime.scheduling import ASAP

__all__ = ["Progress", "place", "put_back", "read", "remove", "replay", "unlink"]

Progress = Callable[[int, int], None]

Log = list[tuple[int, bytes]]


def read(
    lmdb: Any, stored: Stored, progress: Progress | None = None
) -> Generator[Any, Any, tuple[dict[str, Any], int]]:
    """(the stores by id, number of the last record). `progress` is called with (done, total), one short of all of it.

    Raises Damaged, or whatever else bytes that are no records make: the caller says that nothing was changed.
    """
    head, parts, log = stored
    if head["format"] != EMPTY["format"]:
        raise Damaged(f"the disk is of format {head['format']}, written by a later version of this app")
    if len(parts) != head["parts"]:
        raise Damaged(f"checkpoint {head['snapshot']} has {len(parts)} of {head['parts']} parts")
    loader = Loader(lmdb)
    for number, part in enumerate(parts):
        loader.feed(records.opened(f"part of checkpoint {head['snapshot']}", number, part))
        if progress is not None:
            progress(number + 1, len(parts) + 1)
        yield ASAP
    stores = yield from loader.finish()
    return stores, replay(lmdb, log, stores, head["since"])


class Loader:
    """Builds stores from a checkpoint's parts: entries come in order, so that whole trees are made at once."""

    def __init__(self, lmdb: Any) -> None:
        self._lmdb = lmdb
        self._stores: dict[str, Any] = {}
        self._columns: dict[tuple[str, bytes | None], tuple[list[Any], list[Any]]] = {}
        self._flags: dict[tuple[str, bytes | None], Any] = {}

    def feed(self, payload: bytes) -> None:
        """Take the sections of one part."""
        stores = self._lmdb.stores
        for id, kind, name, content in records.sections(payload):
            if kind == records.NEW:
                self._stores[id] = stores.Store(id, content)
                self._columns[id, None] = [], []
            elif kind == records.CREATE:
                self._flags[id, name] = flags = stores.Flags(*content)
                self._columns[id, name] = [], []
                keys, values = self._columns[id, None]
                keys.append(name)
                values.append(stores.Sub(flags))
            elif kind == records.PUT:
                keys, values = self._columns[id, name]
                if name is not None and self._flags[id, name].dupsort:
                    pairs = list(zip(*content, strict=True))
                    keys += pairs
                    values += [None] * len(pairs)
                else:
                    keys += content[0]
                    values += content[1]
            else:
                raise Damaged(f"a checkpoint holds an operation of kind {kind}")

    def finish(self) -> Generator[Any, Any, dict[str, Any]]:
        """The stores by id."""
        load = self._lmdb.tree.Tree.load
        for (id, name), (keys, values) in self._columns.items():
            self._stores[id].state[name] = load(zip(keys, values, strict=True))
            yield ASAP
        return self._stores


def replay(lmdb: Any, log: Log, stores: dict[str, Any], number: int, *, following: bool = False) -> int:
    """Do to these stores what the log's records after `number` say, each as a whole; the last one's number.

    following: they are those of a follower, whose registry and directories follow too. Raises Damaged.
    """
    for at, record in log:
        number += 1
        if at != number:
            raise Damaged(f"record {number} of the log is missing")
        payload = records.opened("record of the log", at, record)
        batch: dict[str, list[Any]] = {}
        for id, op in records.decode(payload, lambda bits: lmdb.stores.Flags(*bits)):
            if op[0] in (records.NEW, records.MOVE):
                if op[0] == records.NEW:
                    stores[id] = lmdb.stores.Store(id, op[1])
                else:
                    stores[id].data = op[1]
                if following:
                    place(lmdb, stores[id], readonly=True)
            elif op[0] == records.GONE:
                gone = stores.pop(id, None)
                batch.pop(id, None)
                if following and gone is not None:
                    remove(lmdb, gone)
            else:
                batch.setdefault(id, []).append(op)
        for id, ops in batch.items():
            stores[id].apply(ops)
    return number


def place(lmdb: Any, store: Any, *, readonly: bool) -> None:
    """Give a store its directory and its marker, and a place in lmdb's registry."""
    other = lmdb.stores.read_mark(store.data)
    if other is not None and other != store.id:
        raise RuntimeError(f"{store.data} was opened before the disk was mounted")
    store.readonly = readonly
    lmdb.stores.stores.by_id[store.id] = store
    lmdb.stores.stores.mark(store)


def put_back(lmdb: Any, store: Any, path: str) -> None:
    """A store's directory is where it was, again."""
    if lmdb.stores.node_of(path) == store.node:
        return
    if store.data != path:
        unlink(store.data)
    store.data = path
    lmdb.stores.stores.mark(store)


def remove(lmdb: Any, store: Any) -> None:
    """A follower learns that a store is gone."""
    lmdb.stores.stores.forget(store)
    folder = Path(store.data).parent
    unlink(store.data)
    unlink(str(folder / "lock.mdb"))
    try:
        os.removedirs(folder)
    except OSError:  # there is something else in it
        pass


def unlink(path: str) -> None:
    """Remove a file if it is there."""
    Path(path).unlink(missing_ok=True)
