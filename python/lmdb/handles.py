"""The handle of a database, and what the parts of this package may ask of each other.

A handle names its environment, a transaction its environment and its handles, a cursor its transaction: typed by what each asks, so
that no file needs the one above it.
"""

from __future__ import annotations

from typing import Any, Protocol

from .stores import Flags, Store
from .tree import Tree


class Home(Protocol):
    """An `Environment`, as handles and transactions see it."""

    readonly: bool
    _closed: bool
    _epoch: int
    _map_size: int
    _main: _Database
    _dbs: dict[bytes | None, _Database]
    _store: Store


class View(Protocol):
    """A `Transaction`, as its cursors see it."""

    _buffers: bool
    _mutations: int

    def _look(self, db: _Database | None) -> tuple[Tree, _Database, bytes | None]: ...
    def _describe(self, name: bytes) -> bytes: ...
    def _writable(self) -> None: ...
    def _put(self, db: _Database, key: Any, value: Any, dupdata: bool, overwrite: bool, append: bool) -> Any: ...
    def _remove(self, db: _Database, place: Any) -> None: ...
    def _remove_all(self, db: _Database, key: bytes) -> bool: ...


class _Database:
    """The handle of a database; only `Environment.open_db` makes them."""

    __slots__ = ("_dropped", "_dup", "_env", "_fixed", "_flags", "_name", "_turn", "_turndup")

    def __init__(self, env: Home, name: bytes | None, flags: Flags) -> None:
        self._env: Home | None = env
        self._name = name
        self._dropped = False
        self._flags = flags
        self._dup = flags.dupsort
        self._fixed = flags.dupfixed
        # Both compare from the last byte on: integers are little-endian in wasm as on the usual machines.
        self._turn = flags.reverse_key or flags.integerkey
        self._turndup = flags.integerdup

    def flags(self, *args: Any) -> dict[str, bool]:
        """What it was made with."""
        if len(args) > 1:
            raise TypeError("flags takes 0 or 1 arguments")
        return self._flags._asdict()

    def _forget(self) -> None:
        """It was opened in a transaction that is not to be."""
        if self._env is not None:
            if self._env._dbs.get(self._name) is self:
                del self._env._dbs[self._name]
            self._env = None

    def _drop(self) -> None:
        """Its database was deleted."""
        self._dropped = True
        self._forget()
