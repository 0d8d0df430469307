"""`Environment` (alias `open`) and the handles of its databases."""

from __future__ import annotations

import os
from typing import Any

from . import errors
from .binary import binary
from .handles import _Database
from .stores import MAIN, PLAIN, Flags, Sub, stores
from .transaction import Transaction

VERSION = (0, 9, 36)
"""The release of LMDB whose behaviour this module keeps to."""


class Environment:
    """A directory's store, opened. Parameters that tune files, locks and memory maps are taken and mean nothing here.

    A path may be open several times in one interpreter; all see the same data.

    Attributes:
        readonly (bool)
    """

    def __init__(
        self,
        path: Any,
        map_size: int = 10485760,
        subdir: bool = True,
        readonly: bool = False,
        metasync: bool = True,
        sync: bool = True,
        map_async: bool = False,
        mode: int = 0o755,
        create: bool = True,
        readahead: bool = True,
        writemap: bool = False,
        meminit: bool = True,
        max_readers: int = 126,
        max_dbs: int = 0,
        max_spare_txns: int = 1,
        lock: bool = True,
        lib_version: int | None = None,
    ) -> None:
        """Raises Error when the path does not exist and may not be made, InvalidError for a file of the real LMDB."""
        self._closed = True
        self._epoch = 0
        if map_size < 0 or max_readers < 0 or max_dbs < 0:
            raise OverflowError("Integer argument must be >= 0")
        if lib_version is not None and lib_version < 0:
            raise OverflowError("Integer argument must be >= 0")
        if lib_version:
            raise errors.Error(f"lib_version={lib_version}: this build has no LMDB {lib_version}.x engine.")
        if not max_readers:
            raise errors.InvalidParameterError("mdb_env_set_maxreaders")
        self._path = os.fsdecode(os.fspath(path))
        self._store = stores.open(self._path, subdir=subdir, create=create, readonly=readonly, mode=mode, lock=lock)
        self.readonly = bool(readonly)
        self._map_size = max(map_size, self._store.used)
        self._max_dbs = max_dbs
        self._max_readers = max_readers
        self._flags = {
            "subdir": bool(subdir),
            "readonly": bool(readonly),
            "metasync": bool(metasync),
            "sync": bool(sync),
            "map_async": bool(map_async),
            "readahead": bool(readahead),
            "writemap": bool(writemap),
            "meminit": bool(meminit),
            "lock": bool(lock),
        }
        self._closed = False
        self._main = _Database(self, MAIN, PLAIN)
        self._dbs: dict[bytes | None, _Database] = {MAIN: self._main}

    def __enter__(self) -> Environment:
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def _open(self) -> Any:
        """The store. Raises Error when this environment is closed."""
        if self._closed:
            raise errors.closed()
        return self._store

    def _end_transactions(self) -> None:
        """Every transaction of this environment is over, its changes are forgotten."""
        if self._store.writer is self:
            self._store.writer = None
        self._epoch += 1

    def close(self) -> None:
        """End all transactions and cursors. Again: nothing happens."""
        if not self._closed:
            self._end_transactions()
            self._closed = True
            for db in self._dbs.values():
                db._env = None
            self._dbs = {}

    def path(self) -> str:
        """The path that it was opened with."""
        self._open()
        return self._path

    def begin(
        self,
        db: _Database | None = None,
        parent: Transaction | None = None,
        write: bool = False,
        buffers: bool = False,
    ) -> Transaction:
        """Start a transaction."""
        return Transaction(self, db, parent, write, buffers)

    def open_db(
        self,
        key: Any = None,
        txn: Transaction | None = None,
        reverse_key: bool = False,
        dupsort: bool = False,
        create: bool = True,
        integerkey: bool = False,
        integerdup: bool = False,
        dupfixed: bool = False,
    ) -> _Database:
        """A named database's handle, made with the given flags if there is none; an existing one keeps its flags.

        Raises NotFoundError, DbsFullError, IncompatibleError (the name is an ordinary key), BadValsizeError.
        """
        self._open()
        if isinstance(key, str):
            raise TypeError("key must be bytes")
        flags = Flags(reverse_key, dupsort or dupfixed or integerdup, integerkey, integerdup, dupfixed or integerdup)
        if key is None:
            if any(flags):
                raise ValueError("May not set flags on the main database")
            return self._main
        name = binary(key)
        known = self._dbs.get(name)
        if known is not None:
            return known
        if txn is not None:
            return self._open_in(txn, name, flags, create)
        exists = self._store.state.get(name) is not None
        with self.begin(write=create and not exists and not self.readonly) as txn:
            return self._open_in(txn, name, flags, create)

    def _open_in(self, txn: Transaction, name: bytes, flags: Flags, create: bool) -> _Database:
        txn._look(self._main)
        if not name:
            raise errors.BadValsizeError("mdb_dbi_open")
        if len(self._dbs) > self._max_dbs:
            raise errors.DbsFullError("mdb_dbi_open")
        entry = txn._state[MAIN].get(name)
        if entry is None:
            if not create:
                raise errors.NotFoundError("mdb_dbi_open")
            txn._make(name, flags)
        elif entry.__class__ is not Sub:
            raise errors.IncompatibleError("mdb_dbi_open")
        else:
            flags = entry.flags
        db = self._dbs[name] = _Database(self, name, flags)
        if txn._write:
            txn._opened.append(db)
        return db

    def dbs(self, txn: Transaction | None = None) -> list[bytes]:
        """The names of all databases."""
        state = self._open().state if txn is None else txn._look(self._main) and txn._state
        return [key for key, value in state[MAIN].entries() if value.__class__ is Sub]

    def stat(self) -> dict[str, int]:
        """Figures of the main database."""
        self._open()
        with self.begin() as txn:
            return txn.stat()

    def info(self) -> dict[str, int]:
        """Sizes and numbers of the environment."""
        store = self._open()
        return {
            "map_addr": 0,
            "map_size": self._map_size,
            "last_pgno": store.used // 4096 + 1,
            "last_txnid": store.txnid,
            "max_readers": self._max_readers,
            "num_readers": 1,
        }

    def flags(self) -> dict[str, bool]:
        """What it was opened with."""
        self._open()
        return dict(self._flags)

    def set_mapsize(self, map_size: int) -> None:
        """Bytes that keys and values may take; below what they take already, that. Ends all transactions."""
        store = self._open()
        if map_size < 0:
            raise OverflowError("Integer argument must be >= 0")
        if store.writer is self:
            raise errors.Error("Cannot set_mapsize while a write transaction is active")
        self._end_transactions()
        self._map_size = max(map_size, store.used) if map_size else self._map_size

    def copy(self, path: Any, compact: bool = False, txn: Transaction | None = None) -> None:
        """Make another store with this one's data in an existing, empty directory."""
        store = self._open()
        folder = os.fsdecode(os.fspath(path))
        if not os.path.isdir(folder):
            raise errors.Error(f"mdb_env_copy2: {folder}: No such file or directory")
        data = os.path.realpath(os.path.join(folder, "data.mdb"))
        if os.path.exists(data):
            raise errors.Error(f"mdb_env_copy2: {data}: File exists")
        if txn is not None and not compact:
            raise TypeError("txn argument only compatible with compact=True")
        copied = stores.make(data, store)
        if txn is not None:
            copied.state = txn._state

    def copyfd(self, fd: int, compact: bool = False, txn: Transaction | None = None) -> None:
        """Always raises Error: there is no file of LMDB's format to send."""
        self._open()
        raise errors.Error("copyfd: this lmdb keeps no data file that could be copied")

    def sync(self, force: bool = False) -> None:
        """Nothing to do here: keriwasm's disk writes what was committed before an answer leaves."""
        self._open()
        if self.readonly:
            raise errors.ReadonlyError("mdb_env_sync")

    def lib_version(self) -> tuple[int, int, int]:
        """The release of LMDB whose behaviour this is."""
        self._open()
        return VERSION

    def max_key_size(self) -> int:
        """Bytes of a key, and of a sorted value, at most."""
        self._open()
        return 511

    def max_readers(self) -> int:
        """What it was opened with."""
        self._open()
        return self._max_readers

    def readers(self) -> str:
        """The lock file's table of readers: there is none."""
        self._open()
        return "(no active readers)\n"

    def reader_check(self) -> int:
        """Stale readers that were removed: there are none."""
        self._open()
        return 0
