"""Cursors: what is read and changed at a place in a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from . import errors
from .position import Position


class Cursor(Position):
    """See py-lmdb."""

    __slots__ = ()

    def get(self, key: Any, default: Any = None) -> Any:
        """Move to a key and return its (first) value."""
        return self.value() if self.set_key(key) else default

    def getmulti(
        self,
        keys: Iterable[Any],
        dupdata: bool = False,
        dupfixed_bytes: int | None = None,
        keyfixed: bool = False,
        values: bool = True,
    ) -> Any:
        """[(key, value)] of the keys that are there; see py-lmdb for the shapes of the other parameters."""
        if dupfixed_bytes and dupfixed_bytes < 0:
            raise OverflowError("Integer argument must be >= 0")
        if (dupfixed_bytes or keyfixed) and not dupdata:
            raise TypeError("dupdata is required for dupfixed_bytes/keyfixed.")
        if keyfixed and not dupfixed_bytes:
            raise TypeError("dupfixed_bytes is required for keyfixed.")
        if not values and dupdata:
            raise TypeError("values=False is incompatible with dupdata.")
        if dupfixed_bytes and not self._db._fixed:
            raise errors.IncompatibleError("mdb_cursor_get")
        found: list[Any] = []
        for key in keys:
            if not self.set_key(key):
                continue
            if not values:
                found.append(self.key())
                continue
            found.append(self.item())
            while dupdata and self._dup and self.next_dup():
                found.append(self.item())
        if not keyfixed:
            return found
        if len({len(key) for key, _ in found}) > 1:
            raise ValueError("keyfixed=True requires all keys to be the same size")
        return memoryview(bytearray(b"".join(bytes(key) + bytes(value) for key, value in found)))

    # -- iteration ------------------------------------------------------------------------------------------------------------

    def _iterate(self, move: Any, keys: bool, values: bool) -> Iterator[Any]:
        show = self.item if keys and values else self.key if keys else self.value
        if not values:
            show = self.key
        return _Iterator(self, show, move)

    def __iter__(self) -> Iterator[Any]:
        return self.iternext()

    def _ready(self, otherwise: Any) -> None:
        self._tree()
        if not self._valid:
            otherwise()

    def iternext(self, keys: bool = True, values: bool = True) -> Iterator[Any]:
        """From the current entry (unpositioned: the first) to the end."""
        self._ready(self.first)
        return self._iterate(self.next, keys, values)

    def iternext_dup(self, keys: bool = False, values: bool = True) -> Iterator[Any]:
        """From the current value to the last of its key."""
        self._tree()
        return self._iterate(self.next_dup, keys, values)

    def iternext_nodup(self, keys: bool = True, values: bool = False) -> Iterator[Any]:
        """The first value of each key, from the current entry to the end."""
        self._ready(self.first)
        return self._iterate(self.next_nodup, keys, values)

    def iterprev(self, keys: bool = True, values: bool = True) -> Iterator[Any]:
        """From the current entry (unpositioned: the last) to the beginning."""
        self._ready(self.last)
        return self._iterate(self.prev, keys, values)

    def iterprev_dup(self, keys: bool = False, values: bool = True) -> Iterator[Any]:
        """From the current value to the first of its key."""
        self._tree()
        return self._iterate(self.prev_dup, keys, values)

    def iterprev_nodup(self, keys: bool = True, values: bool = False) -> Iterator[Any]:
        """The last value of each key, from the current entry to the beginning."""
        self._ready(self.last)
        return self._iterate(self.prev_nodup, keys, values)

    def _iter_from(self, k: Any, reverse: bool) -> Iterator[Any]:
        """For centidb, as in py-lmdb."""
        found = self.first() if not k and not reverse else self.set_range(k)
        if reverse:
            if not found:
                self.last()
            return self.iterprev()
        return self.iternext() if found else iter(())

    # -- changes --------------------------------------------------------------------------------------------------------------

    def put(self, key: Any, value: Any, dupdata: bool = True, overwrite: bool = True, append: bool = False) -> bool:
        """Store a pair and move to it; False when it (or its key, without overwrite) was there already."""
        self._tree()
        txn = self._txn
        place = txn._put(self._db, key, value, dupdata, overwrite, append)  # type: ignore[union-attr]
        if place is False:
            self._stay(key, append)
            return False
        tree = self._tree()
        return self._at(tree, tree.at_least(place))

    def _stay(self, key: Any, append: bool) -> None:
        """Nothing was written: LMDB's cursor stands on what was in the way."""
        tree = self._tree()
        if append and not self._dup:
            self._at(tree, tree.last())
            return
        key = self._key(key)
        spot = tree.at_least((key,) if self._dup else key)
        if spot is not None:
            self._at(tree, spot)

    def putmulti(
        self, items: Iterable[Any], dupdata: bool = True, overwrite: bool = True, append: bool = False
    ) -> tuple[int, int]:
        """Put pairs; (how many were read, how many of them were written)."""
        read = written = 0
        for item in items:
            if type(item) is not tuple or len(item) != 2:
                raise TypeError("putmulti() elements must be 2-tuples")
            read += 1
            written += self.put(*item, dupdata=dupdata, overwrite=overwrite, append=append)
        return read, written

    def delete(self, dupdata: bool = False) -> bool:
        """Delete the current entry (with dupdata: its key) and move to the next; False when unpositioned."""
        tree = self._tree()
        if not self._valid:
            return False
        txn = self._txn
        txn._writable()  # type: ignore[union-attr]
        spot = self._current(tree)
        if spot is None:
            raise errors.NotFoundError("mdb_cursor_del")
        self._place = place = spot[0].keys[spot[1]]
        if dupdata and self._dup:
            txn._remove_all(self._db, place[0])  # type: ignore[union-attr]
        else:
            txn._remove(self._db, place)  # type: ignore[union-attr]
        tree = self._tree()  # of a later version: it looks again
        if tree.size:
            self._at(tree, self._current(tree))
        else:
            self._miss(tree, None)
        return True

    def replace(self, key: Any, value: Any) -> Any:
        """Put a pair in the place of all values that the key had; returns the first of them, None without one."""
        if self.set_key(key):
            old = self._entry()[1]
            if self._dup:
                self.delete(True)
        else:
            old = None
        self.put(key, value)
        return old

    def pop(self, key: Any) -> Any:
        """Delete a key's (first) value and return it, None when there was none."""
        if not self.set_key(key):
            return None
        old = self._entry()[1]
        self.delete()
        return old


class _Iterator:
    """Yields what a cursor shows, then moves it; the cursor stays on an entry until the next one is asked for."""

    __slots__ = ("_cursor", "_move", "_show", "_started")

    def __init__(self, cursor: Cursor, show: Any, move: Any) -> None:
        self._cursor = cursor
        self._show = show
        self._move = move
        self._started = False

    def __iter__(self) -> _Iterator:
        return self

    def __next__(self) -> Any:
        cursor = self._cursor
        if self._started:
            if cursor._valid:
                self._move()
        else:
            self._started = True
        if not cursor._valid:
            raise StopIteration
        return self._show()
