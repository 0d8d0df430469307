"""Transactions: a snapshot to read from, and for writers a copy-on-write state that replaces the store's at commit."""

from __future__ import annotations

from typing import Any

from . import errors
from .binary import binary
from .cursor import Cursor
from .handles import Home, _Database
from .stores import CLEAR, CREATE, DELETE, DROP, MAIN, PUT, Flags, Op, State, Sub, weight
from .tree import ABOVE, Tree

MAX_KEY = 511
"""Bytes of a key, and of a value where values are sorted, as in LMDB 0.9."""

_ABSENT = object()


class Transaction:
    """See py-lmdb. A `with` block commits at its end, and aborts when it raises.

    What is put is readable at once inside of it, and durable when keriwasm's disk has settled.
    """

    __slots__ = (
        "__weakref__", "_broken", "_buffers", "_child", "_db", "_env", "_epoch", "_mutations", "_opened", "_ops", "_own", "_parent",
        "_state", "_store", "_token", "_used", "_write",
    )  # fmt: skip

    def __init__(
        self,
        env: Home,
        db: _Database | None = None,
        parent: Transaction | None = None,
        write: bool = False,
        buffers: bool = False,
    ) -> None:
        self._epoch = -1
        self._env = env
        if env._closed:
            raise errors.closed()
        store = self._store = env._store
        self._write = write
        self._buffers = buffers
        self._child: Transaction | None = None
        self._parent = parent
        self._mutations = 0
        if db is None:
            self._db = env._main
        elif db._env is env:
            self._db = db
        elif db._env is None:
            raise errors.closed()
        else:
            raise errors.Error("Database handle belongs to another environment.")
        if parent is not None:
            self._state = parent._nest(env, write)
            parent._child = self
            self._used = parent._used
            self._begin_writing(parent._ops is not None)
        elif write:
            if env.readonly or store.readonly:
                raise errors.ReadonlyError("Cannot start write transaction with read-only env")
            if store.refusal:
                raise errors.DiskError(store.refusal)
            if store.writer is not None:
                raise errors.LockError(
                    "Attempt to start a write transaction while another write transaction is active on the same "
                    "thread. This would deadlock.", 16,
                )  # fmt: skip
            self._state = store.state
            self._used = store.used
            self._begin_writing(store.sink is not None)
            store.writer = env
        else:
            self._state = store.state
        self._epoch = env._epoch

    def _begin_writing(self, logged: bool) -> None:
        self._token = object()
        self._own: State | None = None
        self._ops: list[Op] | None = [] if logged else None
        self._opened: list[_Database] = []
        self._broken = False

    def _nest(self, env: Home, write: bool) -> State:
        """The state that a child starts from."""
        if not self._write:
            raise errors.InvalidParameterError("Read-only transactions cannot be nested.")
        if self._epoch != self._env._epoch:
            raise errors.closed()
        if self._env is not env:
            raise errors.InvalidParameterError("Parent transaction belongs to another environment.")
        if not write:
            raise errors.InvalidParameterError("Read-only child transactions require the LMDB 1.0 engine.")
        if self._child is not None:
            raise errors.BadTxnError("mdb_txn_begin")
        return self._state

    def __enter__(self) -> Transaction:
        if self._epoch != self._env._epoch:
            raise errors.closed()
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        if kind is not None:
            self.abort()
        elif self._epoch == self._env._epoch:
            self.commit()

    def __del__(self) -> None:
        if self._epoch == self._env._epoch:
            self.abort()

    # -- the end ----------------------------------------------------------------------------------------------------

    def commit(self) -> None:
        """Make the changes the store's (a child's: its parent's)."""
        if self._epoch != self._env._epoch:
            raise errors.closed()
        if not self._write:
            self._epoch = -1
            return
        if self._child is not None:
            self._child.commit()
        if self._broken:
            self.abort()
            raise errors.BadTxnError("mdb_txn_commit")
        self._epoch = -1
        parent, store = self._parent, self._store
        if parent is not None:
            parent._child = None
            parent._opened += self._opened
            if self._own is not None:
                parent._state = parent._own = self._own
                parent._used = self._used
                parent._mutations += 1
                if parent._ops is not None:
                    parent._ops += self._ops or ()
            self._own = None
            return
        store.writer = None
        if self._own is None:
            return
        store.state = self._own
        self._own = None
        store.used = self._used
        store.txnid += 1
        if self._ops:
            store.sink(store, self._ops)  # type: ignore[misc]

    def abort(self) -> None:
        """Forget the changes. Again, or after the end: nothing happens."""
        if self._epoch != self._env._epoch:
            return
        if self._write:
            if self._child is not None:
                self._child.abort()
            if self._parent is not None:
                self._parent._child = None
            else:
                self._store.writer = None
            for db in self._opened:
                db._forget()
            self._own = None
        self._epoch = -1

    # -- what it is ---------------------------------------------------------------------------------------------------

    def id(self) -> int:
        """The number of the snapshot that it reads, or of the commit that it will be."""
        if self._epoch != self._env._epoch:
            raise errors.closed()
        return self._store.txnid + (1 if self._write else 0)

    def stat(self, db: _Database | None = None) -> dict[str, int]:
        """Figures of a database; pages are nodes of its tree here."""
        tree, _, _ = self._look(db)
        depth, branches, leaves = tree.shape()
        return {
            "psize": 4096,
            "depth": depth,
            "branch_pages": branches,
            "leaf_pages": leaves,
            "overflow_pages": 0,
            "entries": tree.size,
        }

    # -- reading ------------------------------------------------------------------------------------------------------

    def get(self, key: Any, default: Any = None, db: _Database | None = None) -> Any:
        """The (first) value of a key."""
        tree, db, _ = self._look(db)
        if key.__class__ is not bytes:
            key = binary(key)
        if not key:
            raise errors.BadValsizeError("mdb_get")
        if db._turn:
            key = key[::-1]
        if db._dup:
            found = tree.at_least((key,))
            if found is None:
                return default
            pair = found[0].keys[found[1]]
            if pair[0] != key:
                return default
            value = pair[1][::-1] if db._turndup else pair[1]
        else:
            value = tree.get(key, _ABSENT)
            if value is _ABSENT:
                return default
            if value.__class__ is Sub:
                value = self._describe(key)
        return memoryview(value) if self._buffers else value

    def cursor(self, db: _Database | None = None) -> Cursor:
        """A cursor, not positioned yet."""
        return Cursor(db or self._db, self)

    # -- writing ------------------------------------------------------------------------------------------------------

    def put(
        self,
        key: Any,
        value: Any,
        dupdata: bool = True,
        overwrite: bool = True,
        append: bool = False,
        db: _Database | None = None,
    ) -> bool:
        """Store a pair; False when it (or its key, without overwrite) was there already."""
        return self._put(db or self._db, key, value, dupdata, overwrite, append) is not False

    def replace(self, key: Any, value: Any, db: _Database | None = None) -> Any:
        """Put, returning the (first) value that the key had, None when it had none."""
        with self.cursor(db) as cursor:
            return cursor.replace(key, value)

    def pop(self, key: Any, db: _Database | None = None) -> Any:
        """Delete the (first) value of a key and return it, None when there was none."""
        with self.cursor(db) as cursor:
            return cursor.pop(key)

    def delete(self, key: Any, value: Any = b"", db: _Database | None = None) -> bool:
        """Delete a key with all its values, or of sorted values just this one; False when there was nothing."""
        key = binary(key)
        value = b"" if value is None else binary(value)
        tree, db, _ = self._look(db)
        self._writable()
        if not key:
            raise errors.BadValsizeError("mdb_del")
        self._mutations += 1
        if db._turn:
            key = key[::-1]
        if not db._dup:
            held = tree.get(key, _ABSENT)
            if held is _ABSENT:
                return False
            if held.__class__ is Sub:
                raise errors.IncompatibleError("mdb_del")
            self._remove(db, key)
            return True
        if value:
            pair = key, value[::-1] if db._turndup else value
            if tree.get(pair, _ABSENT) is _ABSENT:
                return False
            self._remove(db, pair)
            return True
        return self._remove_all(db, key)

    def drop(self, db: _Database, delete: bool = True) -> None:
        """Empty a database, and delete it with its handle."""
        tree, _, name = self._look(db)
        self._writable()
        if name is MAIN and delete:
            raise errors.InvalidParameterError("mdb_drop")
        if name is MAIN:
            for sub in [key for key, value in tree.entries() if value.__class__ is Sub]:
                del self._writing()[sub]
        for entry in tree.entries():
            self._used -= weight(entry)
        if delete:
            self._change(MAIN).remove(name)
            del self._writing()[name]
            db._drop()
            self._log((DROP, name))
        else:
            self._change(name).clear()
            self._log((CLEAR, name))
        self._mutations += 1

    # -- for cursors and databases ----------------------------------------------------------------------------------------

    def _look(self, db: _Database | None) -> tuple[Tree, _Database, bytes | None]:
        """(tree, handle, name) of a database as this transaction sees it now."""
        env = self._env
        if self._epoch != env._epoch:
            raise errors.closed()
        if db is None:
            db = self._db
        if db._env is not env:
            if db._dropped:
                raise errors.InvalidParameterError("mdb_get")
            if db._env is None:
                raise errors.closed()
            raise errors.Error("Database handle belongs to another environment.")
        if self._write and self._child is not None:
            raise errors.BadTxnError("mdb_get")
        tree = self._state.get(db._name)
        if tree is None:
            raise errors.BadDbiError("mdb_get")
        return tree, db, db._name

    def _writable(self) -> None:
        if not self._write:
            raise errors.ReadonlyError("mdb_put")
        if self._broken:
            raise errors.BadTxnError("mdb_put")

    def _writing(self) -> State:
        """The state that this transaction may change."""
        if self._own is None:
            self._own = self._state = dict(self._state)
        return self._own

    def _change(self, name: bytes | None) -> Tree:
        """The tree of a database that this transaction may change."""
        state = self._own
        if state is None:
            state = self._own = self._state = dict(self._state)
        tree = state[name]
        if tree.token is not self._token:
            tree = state[name] = tree.branch(self._token)
        return tree

    def _log(self, op: Op) -> None:
        if self._ops is not None:
            self._ops.append(op)

    def _put(self, db: _Database, key: Any, value: Any, dupdata: bool, overwrite: bool, append: bool) -> Any:
        """Returns the pair's place in the tree (as a cursor keeps it), False when nothing was written."""
        if key.__class__ is not bytes:
            key = binary(key)
        if value.__class__ is not bytes:
            value = binary(value)
        env = self._env
        if not self._write or self._broken or self._child is not None or self._epoch != env._epoch or db._env is not env:
            self._look(db)  # one of the two says what is wrong
            self._writable()
        name = db._name
        tree = self._state.get(name)
        if tree is None:
            raise errors.BadDbiError("mdb_put")
        if not key or len(key) > MAX_KEY:
            raise errors.BadValsizeError("mdb_put")
        if db._turn:
            key = key[::-1]
        if db._dup:
            if len(value) > MAX_KEY:
                raise errors.BadValsizeError("mdb_put")
            if db._turndup:
                value = value[::-1]
            place: Any = (key, value)
            found = tree.at_least((key,))
            if found is not None and (first := found[0].keys[found[1]])[0] == key:
                if not overwrite:
                    return False
                if (db._fixed and len(first[1]) != len(value)) or (first[1] and not value):
                    raise errors.BadValsizeError("mdb_put")  # LMDB keeps an empty value only as a key's only one ...
                if append:
                    last = tree.below((key, ABOVE))
                    if last is not None and last[0].keys[last[1]][1] >= value:
                        return False
                if tree.get(place, _ABSENT) is None:
                    self._mutations += 1
                    return place if dupdata else False
                if value and tree.get((key, b""), _ABSENT) is None:
                    self._remove(db, (key, b""))  # ... and forgets it when another one comes
            stored = None
            added = len(key) + len(value) + 16
        else:
            place, stored = key, value
            if append:
                last = tree.last()
                if last is not None and last[0].keys[last[1]] >= key:
                    return False
            held = tree.get(key, _ABSENT)
            if held is _ABSENT:
                added = len(key) + len(value) + 16
            else:
                if not overwrite:
                    return False
                if held.__class__ is Sub:
                    raise errors.IncompatibleError("mdb_put")
                added = len(value) - len(held)
        self._used += added
        if self._used > env._map_size:
            self._broken = True
            raise errors.MapFullError("mdb_put")
        self._change(name).put(place, stored)
        self._mutations += 1
        if self._ops is not None:
            self._ops.append((PUT, name, key, value))
        return place

    def _remove(self, db: _Database, place: Any) -> None:
        """Delete one entry that is there."""
        tree = self._change(db._name)
        value = tree.get(place)
        if value.__class__ is Sub:
            raise errors.IncompatibleError("mdb_cursor_del")
        self._used -= weight((place, value))
        tree.remove(place)
        self._mutations += 1
        if self._ops is not None:
            self._ops.append((DELETE, db._name, place))

    def _remove_all(self, db: _Database, key: bytes) -> bool:
        """Delete all values of a key where values are sorted."""
        deleted = False
        while True:
            found = self._state[db._name].at_least((key,))
            if found is None or found[0].keys[found[1]][0] != key:
                return deleted
            self._remove(db, found[0].keys[found[1]])
            deleted = True

    def _make(self, name: bytes, flags: Flags) -> None:
        """Create a named database."""
        self._writable()
        if self._state[MAIN].get(name) is not None:
            raise errors.IncompatibleError("mdb_dbi_open")
        self._change(MAIN).put(name, Sub(flags))
        self._writing()[name] = Tree()
        self._used += len(name) + 64
        self._mutations += 1
        self._log((CREATE, name, flags))

    def _describe(self, name: bytes) -> bytes:
        """What LMDB keeps in the main database for a named one: 48 bytes, of which flags and counts mean something."""
        flags = self._state[MAIN].get(name).flags
        tree = self._state[name]
        bits = sum(bit for bit, flag in zip((2, 4, 8, 32, 16), flags, strict=True) if flag)
        depth, branches, leaves = tree.shape()
        counts = b"".join(
            n.to_bytes(8, "little") for n in (branches, leaves, 0, tree.size, 2**64 - 1 if not tree.size else 0)
        )
        return (0).to_bytes(4, "little") + bits.to_bytes(2, "little") + depth.to_bytes(2, "little") + counts
