"""A cursor's place in a tree, which stays meaningful while the tree changes under it.

It keeps the key of its entry, and where that entry was when it looked last. After a change it looks again: if the entry was
deleted meanwhile, it stands on the one that followed, as LMDB's cursors do.
"""

from __future__ import annotations

from typing import Any, Self

from . import errors
from .binary import binary
from .handles import View, _Database
from .stores import Sub
from .tree import ABOVE, Node

Spot = tuple[Node, int]


class Position:
    """What a `Cursor` stands on, and how it moves. Unpositioned it has an empty key, value and item."""

    __slots__ = (
        "__weakref__",
        "_db",
        "_dup",
        "_index",
        "_leaf",
        "_missed",
        "_place",
        "_seen",
        "_txn",
        "_valid",
        "_version",
    )

    def __init__(self, db: _Database, txn: View) -> None:
        txn._look(db)
        self._db = db
        self._dup = db._dup
        self._txn: View | None = txn
        self._place: Any = None  # the entry's key in the tree; None: not positioned
        self._missed = False  # whether a seek that found nothing put it there
        self._valid = False  # whether key and value are those of _leaf[_index]
        self._leaf: Any = None
        self._index = 0
        self._version = -1  # the tree's when _leaf and _index were found
        self._seen = txn._mutations  # the transaction's: after any change py-lmdb asks again what is current

    def close(self) -> None:
        """Give it up. Again: nothing happens."""
        self._txn = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        self._txn = None

    # -- places ---------------------------------------------------------------------------------------------------------

    def _tree(self) -> Any:
        """The tree as the transaction sees it now."""
        txn = self._txn
        if txn is None:
            raise errors.closed()
        return txn._look(self._db)[0]

    def _at(self, tree: Any, spot: Spot | None) -> bool:
        """Stand on an entry; without one the cursor keeps its place but shows nothing."""
        self._seen = self._txn._mutations  # type: ignore[union-attr]
        if spot is None:
            self._valid = False
            self._version = tree.version
            return False
        self._leaf, self._index = spot
        self._place = self._leaf.keys[self._index]
        self._version = tree.version
        self._valid = True
        self._missed = False
        return True

    def _here(self, tree: Any) -> Spot | None:
        """Where the cursor's entry is now, or the one that followed it, None past the end. It must have a place."""
        if self._version == tree.version and self._valid:
            return self._leaf, self._index
        return tree.at_least(self._place)

    def _positioned(self, tree: Any) -> bool:
        """Whether it has a place; a database that was emptied meanwhile takes it away."""
        if self._place is not None and self._version < tree.emptied:
            self._place = None
            self._valid = False
        return self._place is not None

    def _current(self, tree: Any) -> Spot | None:
        """What it would show: like `_here`, but past the last value of a key that is still there it shows nothing."""
        if not self._positioned(tree):
            return None
        spot = self._here(tree)
        if spot is None or not self._dup:
            return spot
        key = self._place[0]
        if spot[0].keys[spot[1]][0] != key:
            before = tree.below(self._place)
            if before is not None and before[0].keys[before[1]][0] == key:
                return None
        return spot

    def _refresh(self, tree: Any) -> None:
        """After a change: look again."""
        if self._seen != self._txn._mutations:  # type: ignore[union-attr]
            self._at(tree, self._current(tree))

    def _show(self, value: Any) -> Any:
        return memoryview(value) if self._txn._buffers else value  # type: ignore[union-attr]

    # -- what it shows ----------------------------------------------------------------------------------------------------

    def key(self) -> Any:
        """The current key."""
        return self._show(self._pair()[0])

    def value(self) -> Any:
        """The current value."""
        return self._show(self._pair()[1])

    def item(self) -> tuple[Any, Any]:
        """The current key and value."""
        key, value = self._pair()
        return self._show(key), self._show(value)

    def _pair(self) -> tuple[bytes, bytes]:
        self._refresh(self._tree())
        if not self._valid:
            return b"", b""
        return self._entry()

    def _entry(self) -> tuple[bytes, bytes]:
        """Key and value of the entry that it stands on, as the caller knows them."""
        db = self._db
        if self._dup:
            key, value = self._leaf.keys[self._index]
            if db._turndup:
                value = value[::-1]
        else:
            key, value = self._leaf.keys[self._index], self._leaf.items[self._index]
            if value.__class__ is Sub:
                value = self._txn._describe(key)  # type: ignore[union-attr]
        return (key[::-1] if db._turn else key), value

    def count(self) -> int:
        """How many values the current key has."""
        tree = self._tree()
        if not self._dup:
            raise errors.IncompatibleError("mdb_cursor_count")
        self._refresh(tree)
        if not self._positioned(tree):
            raise errors.InvalidParameterError("mdb_cursor_count")
        spot = tree.at_least((self._place[0],))
        number, key = 0, self._place[0]
        while spot is not None:
            leaf, at = spot
            keys = leaf.keys
            while at < len(keys) and keys[at][0] == key:
                at += 1
                number += 1
            if at < len(keys):
                break
            spot = tree.above(keys[-1])
        return number

    # -- moves --------------------------------------------------------------------------------------------------------------

    def first(self) -> bool:
        """Move to the first entry; False when there is none."""
        tree = self._tree()
        return self._at(tree, tree.first())

    def last(self) -> bool:
        """Move to the last entry; False when there is none."""
        tree = self._tree()
        return self._at(tree, tree.last())

    def next(self) -> bool:
        """Move to the next entry, from nowhere to the first; False at the end."""
        tree = self._tree()
        if self._version == tree.version and self._valid:
            at = self._index + 1
            keys = self._leaf.keys
            if at < len(keys):
                self._index = at
                self._place = keys[at]
                return True
            return self._at(tree, tree.above(self._place))
        if not self._positioned(tree):
            return self._at(tree, tree.first())
        return self._at(tree, self._after(tree))

    def _after(self, tree: Any) -> Spot | None:
        """The entry after the current one; if somebody else deleted that, the one that followed it."""
        spot = self._here(tree)
        if spot is None:
            return None
        place = spot[0].keys[spot[1]]
        if place != self._place and not self._missed:
            return spot
        return tree.above(place)

    def prev(self) -> bool:
        """Move to the previous entry, from nowhere to the last; False at the beginning."""
        tree = self._tree()
        if not self._positioned(tree):
            return self._at(tree, tree.last())
        return self._at(tree, self._before(tree))

    def _before(self, tree: Any) -> Spot | None:
        if self._version == tree.version and self._valid and self._index:
            return self._leaf, self._index - 1
        return tree.below(self._place)

    def first_dup(self) -> bool:
        """Move to the first value of the current key."""
        tree, key = self._duplicates()
        return self._at(tree, tree.at_least((key,)) if key is not None else None)

    def last_dup(self) -> bool:
        """Move to the last value of the current key."""
        tree, key = self._duplicates()
        return self._at(tree, tree.below((key, ABOVE)) if key is not None else None)

    def _duplicates(self) -> tuple[Any, bytes | None]:
        """(tree, the key that it stands on). Raises where a key has one value only, or without a place."""
        tree = self._tree()
        if not self._positioned(tree) or not self._dup:
            self._at(tree, None)
            raise (errors.IncompatibleError if self._place is not None else errors.InvalidParameterError)(
                "mdb_cursor_get"
            )
        if self._has(tree, self._place[0]):
            return tree, self._place[0]
        spot = tree.at_least(self._place)
        return tree, spot and spot[0].keys[spot[1]][0]

    def _has(self, tree: Any, key: bytes) -> bool:
        """Whether a key of sorted values still has one: then the cursor stays on that key, even past its last value."""
        spot = tree.at_least((key,))
        return spot is not None and spot[0].keys[spot[1]][0] == key

    def _gone(self, tree: Any) -> bool:
        """Whether its key was deleted after it came there; where a seek put it, nothing needs to have been."""
        if self._missed or (self._version == tree.version and self._valid):
            return False
        if self._dup:
            return not self._has(tree, self._place[0])
        spot = tree.at_least(self._place)
        return spot is None or spot[0].keys[spot[1]] != self._place

    def next_dup(self) -> bool:
        """Move to the current key's next value; False after the last, and when the key was deleted meanwhile."""
        tree = self._tree()
        if not self._positioned(tree):
            return self.next()
        if self._gone(tree):
            return self._at(tree, None)
        return self._within(self.next)

    def prev_dup(self) -> bool:
        """Move to the current key's previous value; False before the first, and when the key was deleted meanwhile."""
        tree = self._tree()
        if not self._positioned(tree):
            return self.prev()
        if self._dup and self._gone(tree):
            # Past the end of the database there is no key to stay within: as LMDB does, it goes to the last one.
            return self._at(tree, None if tree.at_least(self._place) else tree.last())
        return self._within(self.prev)

    def _within(self, move: Any) -> bool:
        """Move, but not to another key where values are sorted."""
        if not self._dup:
            return move()
        place = self._place
        if move() and self._place[0] == place[0]:
            return True
        self._place = place
        self._valid = False
        return False

    def next_nodup(self) -> bool:
        """Move to the first value of the next key; of the one that followed when the current one was deleted meanwhile."""
        tree = self._tree()
        if not self._dup or not self._positioned(tree):
            return self.next()
        return self._at(tree, tree.above((self._place[0], ABOVE)))

    def prev_nodup(self) -> bool:
        """Move to the last value of the previous key."""
        tree = self._tree()
        if not self._dup or not self._positioned(tree):
            return self.prev()
        return self._at(tree, tree.below((self._place[0],)))

    # -- seeks --------------------------------------------------------------------------------------------------------------

    def _key(self, key: Any) -> bytes:
        key = binary(key)
        return key[::-1] if self._db._turn else key

    def set_key(self, key: Any) -> bool:
        """Move to a key's (first) value; False, and unpositioned, when it is not there."""
        tree = self._tree()
        key = self._key(key)
        if not key:
            raise errors.BadValsizeError("mdb_cursor_get")
        spot = tree.at_least((key,) if self._dup else key)
        if spot is not None:
            found = spot[0].keys[spot[1]]
            if (found[0] if self._dup else found) == key:
                return self._at(tree, spot)
        return self._miss(tree, (key, b"") if self._dup else key)

    def _miss(self, tree: Any, place: Any) -> bool:
        """Show nothing, but stand where `place` would be: moves go on from there, as in LMDB."""
        self._place = place if tree.size else None
        self._missed = True
        return self._at(tree, None)

    def _from_pair(self, key: Any, value: Any) -> tuple[Any, tuple[Any, Any], Any]:
        """The tree, this pair as it is kept, and the spot of the first one that is not below it."""
        tree = self._tree()
        key, value = self._key(key), binary(value)
        if not self._dup:
            self._at(tree, None)
            raise errors.IncompatibleError("mdb_cursor_get")
        if not key:
            raise errors.BadValsizeError("mdb_cursor_get")
        place = key, value[::-1] if self._db._turndup else value
        return tree, place, tree.at_least(place)

    def set_key_dup(self, key: Any, value: Any) -> bool:
        """Move to this pair; False when it is not there."""
        tree, place, spot = self._from_pair(key, value)
        if spot is not None and spot[0].keys[spot[1]] == place:
            return self._at(tree, spot)
        return self._miss(tree, place)

    def set_range(self, key: Any) -> bool:
        """Move to the first entry whose key is not below `key`; an empty one means the first."""
        tree = self._tree()
        key = self._key(key)
        if not key:
            return self.first()
        spot = tree.at_least((key,) if self._dup else key)
        return self._at(tree, spot) if spot is not None else self._miss(tree, (key, b"") if self._dup else key)

    def set_range_dup(self, key: Any, value: Any) -> bool:
        """Move to the key's first value that is not below `value`; False when there is none."""
        tree, place, spot = self._from_pair(key, value)
        if spot is not None and spot[0].keys[spot[1]][0] == place[0]:
            return self._at(tree, spot)
        return self._miss(tree, place)
