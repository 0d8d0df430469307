"""What lies in a directory: stores, found by a marker file, with a life that follows the directory's.

LMDB keeps its data in `data.mdb`. Here that file only names a store that lives in memory, so that deleting, moving or
copying the directory deletes, moves or copies the data, whoever does it and by whatever means. What was moved is found
by its marker: no call of `os` or `shutil` is watched.
"""

from __future__ import annotations

import errno
import os
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from . import errors
from .tree import Tree

MAIN = None
"""The name of the main database."""

DATA, LOCK = "data.mdb", "lock.mdb"
MARK = "keriwasm lmdb store "

Op = tuple[Any, ...]
"""What a commit changed: (kind, database name, ...) with a kind of PUT, DELETE, CREATE, DROP or CLEAR."""

PUT, DELETE, CREATE, DROP, CLEAR = range(5)


class Flags(NamedTuple):
    """The flags of a database, as `open_db` takes them."""

    reverse_key: bool = False
    dupsort: bool = False
    integerkey: bool = False
    integerdup: bool = False
    dupfixed: bool = False


PLAIN = Flags()


class Sub:
    """The main database's entry for a named database."""

    __slots__ = ("flags",)

    def __init__(self, flags: Flags) -> None:
        self.flags = flags


State = dict["bytes | None", Tree]


class Store:
    """One environment's data, shared by all `Environment`s that are open on its directory.

    Attributes:
        id (str): what its marker says
        data (str): path of the marker as last seen; node: that file's (device, inode)
        state: name -> frozen Tree; replaced, never changed, by a commit
        used (int): bytes of keys and values, with 16 for each record
        txnid (int): number of the last commit
        writer: the Environment whose write transaction is open, else None
        sink: called with (store, ops) after each commit; None: nobody keeps a log
        refusal (str): why writes are refused, "" when they are not; readonly: a follower's copy
    """

    def __init__(self, id: str, data: str = "") -> None:
        self.id = id
        self.data = data
        self.node: tuple[int, int] = (0, 0)
        self.state: State = {MAIN: Tree()}
        self.used = 0
        self.txnid = 0
        self.writer: Any = None
        self.sink: Callable[[Store, list[Op]], None] | None = None
        self.refusal = ""
        self.readonly = False

    def flags(self, name: bytes | None) -> Flags:
        """Raises KeyError when there is no such database."""
        if name is MAIN:
            return PLAIN
        return self.state[MAIN].get(name).flags if name in self.state else _no(name)

    def apply(self, ops: Iterable[Op]) -> None:
        """Do what a log says, as one commit. Raises KeyError for a database that does not exist.

        `used` is left as it is: `weigh` counts it once, after the whole log.
        """
        token = object()
        state = dict(self.state)

        def tree(name: bytes | None) -> Tree:
            found = state[name]
            if found.token is not token:
                found = state[name] = found.branch(token)
            return found

        for kind, name, *rest in ops:
            if kind == PUT:
                key, value = rest
                target = tree(name)
                dup = name is not MAIN and state[MAIN].get(name).flags.dupsort
                target.put((key, value) if dup else key, None if dup else value)
            elif kind == DELETE:
                tree(name).remove(rest[0])
            elif kind == CREATE:
                tree(MAIN).put(name, Sub(rest[0]))
                state[name] = Tree()
            elif kind == CLEAR:
                tree(name).clear()
            elif kind == DROP:
                tree(MAIN).remove(name)
                del state[name]
            else:
                raise ValueError(f"no operation of kind {kind!r}")
        self.state = state
        self.txnid += 1

    def weigh(self) -> None:
        """Count `used` anew."""
        self.used = sum(weight(entry) for tree in self.state.values() for entry in tree.entries())

    def ops(self) -> Iterator[Op]:
        """Everything it holds as operations on an empty store."""
        return contents(self.state)


def contents(state: State) -> Iterator[Op]:
    """Everything that a state holds as operations on an empty store."""
    main = state[MAIN]
    for key, value in main.entries():
        if isinstance(value, Sub):
            yield (CREATE, key, value.flags)
        else:
            yield (PUT, MAIN, key, value)
    for name, tree in state.items():
        if name is not MAIN:
            for key, value in tree.entries():
                yield (PUT, name, *key) if value is None else (PUT, name, key, value)


def weight(entry: tuple[Any, Any]) -> int:
    """Bytes that a tree's entry counts for."""
    key, value = entry
    if value is None:
        return len(key[0]) + len(key[1]) + 16
    return len(key) + (48 if isinstance(value, Sub) else len(value)) + 16


def _no(name: Any) -> Any:
    raise KeyError(name)


class Stores:
    """All stores of this interpreter."""

    def __init__(self) -> None:
        self.by_id: dict[str, Store] = {}
        self.adopt: Callable[[Store], None] | None = None  # told of each new store
        self.places: set[str] | None = None
        """Where a store that left its place is looked for; None: below the folder at its top and where keripy has them, which in a
        browser is little and on a server all of /home."""
        self._sweep_at = 32

    def __iter__(self) -> Iterator[Store]:
        return iter(list(self.by_id.values()))

    def open(self, path: str, *, subdir: bool, create: bool, readonly: bool, mode: int, lock: bool = True) -> Store:
        """The store of a directory (or of a file, without subdir), a new one where there is none.

        Raises Error when the path does not exist (and may not be made), InvalidError for data of the real LMDB, OSError.
        """
        if create and subdir and not readonly:
            try:
                os.mkdir(path, mode)
            except FileExistsError:
                pass
        data = os.path.realpath(os.path.join(path, DATA) if subdir else path)
        id = read_mark(data)
        if id is None:
            if readonly or (subdir and not os.path.isdir(path)) or not os.path.isdir(os.path.dirname(data)):
                error = errors.Error(path)
                error.args = (f"{path}: No such file or directory",)
                error.code, error.reason = errno.ENOENT, "No such file or directory"
                raise error
            return self.make(data, mode=mode, lock=lock)
        store = self.by_id.get(id)
        if store is None:
            raise errors.InvalidError(f"{data}: its data live in another interpreter")
        node = node_of(data)
        if node == store.node or store.data == data:
            pass
        elif read_mark(store.data) == id and node_of(store.data) == store.node:
            os.unlink(data)  # a copied directory: from here on it is a store of its own
            return self.make(data, store)
        store.data, store.node = data, node
        return store

    def make(self, data: str, like: Store | None = None, *, mode: int = 0o755, lock: bool = True) -> Store:
        """A new store with its marker; `like`: with what that one holds now. Makes the directory if need be."""
        if len(self.by_id) >= self._sweep_at:
            self.sweep()
            self._sweep_at = 2 * len(self.by_id) + 32
        for other in self:
            if other.data == data:  # its directory was deleted and made anew; the inode may be the same again
                other.node = (-1, -2)
        store = Store(uuid.uuid4().hex, data)
        if like is not None:
            store.state, store.used, store.txnid = like.state, like.used, like.txnid
        self.mark(store, mode, lock)
        self.by_id[store.id] = store
        if self.adopt is not None:
            self.adopt(store)
        return store

    def mark(self, store: Store, mode: int = 0o755, lock: bool = True) -> None:
        """Write a store's marker (again), with its directory."""
        folder = os.path.dirname(store.data)
        os.makedirs(folder, exist_ok=True)
        _write(store.data, MARK + store.id + "\n", mode)
        if lock:
            _write(os.path.join(folder, LOCK) if store.data.endswith(os.sep + DATA) else f"{store.data}-lock", "", mode)
        store.node = node_of(store.data)

    def sweep(self, among: Iterable[Store] | None = None) -> tuple[list[Store], list[Store]]:
        """Find out what became of the directories: (stores that were moved, stores that are gone).

        What is gone is forgotten; an Environment that is still open on it keeps it alive, as it keeps a deleted file.
        """
        missing = {store.id: store for store in (self if among is None else among) if node_of(store.data) != store.node}
        moved, gone = [], []
        for store in list(missing.values()):
            if read_mark(store.data) == store.id:  # the same place, another file: copied back
                store.node = node_of(store.data)
                del missing[store.id]
        places = self.places
        if places is None:
            places = {_top(store.data) for store in missing.values()} | {os.path.expanduser("~"), "/usr/local/var"}
        for data, id in _marks(places) if missing else ():
            store = missing.pop(id, None)
            if store is not None:
                store.data, store.node = data, node_of(data)
                moved.append(store)
        for store in missing.values():
            self.by_id.pop(store.id, None)
            gone.append(store)
        return moved, gone

    def forget(self, store: Store) -> None:
        """Drop a store from memory; its directory is left alone."""
        self.by_id.pop(store.id, None)


def _write(path: str, text: str, mode: int) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode & ~0o111), "w", encoding="ascii") as file:
        file.write(text)


def read_mark(data: str) -> str | None:
    """The id that a marker names; None when there is no such file. Raises InvalidError when it is no marker."""
    try:
        with open(data, "rb") as file:
            head = file.read(len(MARK) + 65)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not head:
        return None
    if not head.startswith(MARK.encode()):
        raise errors.InvalidError(data)
    return head[len(MARK) :].decode("ascii", "replace").strip()


def node_of(path: str) -> tuple[int, int]:
    """(device, inode), (-1, -1) when there is no such file."""
    try:
        found = os.stat(path)
    except OSError:
        return -1, -1
    return found.st_dev, found.st_ino


def _top(path: str) -> str:
    """The directory below the root that a path lies in: what was moved is looked for there."""
    return os.path.join(os.sep, path.lstrip(os.sep).partition(os.sep)[0])


def _marks(tops: set[str]) -> Iterator[tuple[str, str]]:
    """(path, id) of the markers below these directories."""
    skip = {os.path.realpath(path) for path in sys.path if path} | {"/proc", "/sys", "/dev"}
    for top in sorted(tops):
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders if os.path.join(folder, name) not in skip]
            for name in files:
                if name == DATA:
                    path = os.path.join(folder, name)
                    try:
                        id = read_mark(path)
                    except (errors.InvalidError, OSError):  # somebody else's file
                        continue
                    if id is not None:
                        yield path, id


stores = Stores()
"""The one registry of this interpreter; keriwasm.disk.disk listens to it."""
