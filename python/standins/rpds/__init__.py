"""Stand-in for `rpds` (rpds-py): the persistent collections that jsonschema and referencing build on.

Why: rpds is a Rust extension of which no registry has a wasm wheel, and jsonschema, which keripy checks credentials'
schemas with, imports it. On CPython the real one serves; tests/unit/standins/test_standins.py compares the two.

Limits: only `HashTrieMap`, `HashTrieSet` and `List`, with the methods of rpds' published types. A change copies the
collection, so it costs as much as the collection is long where rpds shares structure; registries of schemas hold some
tens of entries. Order is order of insertion, where rpds has none.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, Self

__all__ = ["HashTrieMap", "HashTrieSet", "List"]


class HashTrieMap(Mapping[Any, Any]):
    """An immutable mapping; every change gives a new one. Hashable when its values are."""

    __slots__ = ("_hash", "_items")

    def __init__(self, value: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = (), **kwds: Any) -> None:
        self._items = dict(value, **kwds)
        self._hash: int | None = None

    @classmethod
    def convert(cls, value: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> Self:
        """The value itself if it is one already, else a new one of its items."""
        return value if isinstance(value, cls) else cls(value)

    @classmethod
    def fromkeys(cls, keys: Iterable[Any], value: Any = None) -> Self:
        return cls(dict.fromkeys(keys, value))

    def __getitem__(self, key: Any) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._items.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self._items == other._items if isinstance(other, HashTrieMap) else NotImplemented

    def __repr__(self) -> str:
        return f"HashTrieMap({self._items!r})"

    def insert(self, key: Any, val: Any) -> Self:
        return type(self)({**self._items, key: val})

    def update(self, *args: Mapping[Any, Any] | Iterable[tuple[Any, Any]], **kwds: Any) -> Self:
        items = dict(self._items)
        for more in args:
            items.update(more)
        return type(self)(items, **kwds)

    def discard(self, key: Any) -> Self:
        return type(self)((k, v) for k, v in self._items.items() if k != key)

    def remove(self, key: Any) -> Self:
        """Raises KeyError when there is no such key."""
        if key not in self._items:
            raise KeyError(key)
        return self.discard(key)


class HashTrieSet(frozenset[Any]):
    """An immutable set; every change gives a new one."""

    __slots__ = ()

    def __new__(cls, value: Iterable[Any] = ()) -> Self:
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return f"HashTrieSet({{{', '.join(repr(each) for each in self)}}})"

    def insert(self, value: Hashable) -> Self:
        return type(self)(self | {value})

    def update(self, *args: Iterable[Any]) -> Self:
        return type(self)(self.union(*args))

    def discard(self, value: Hashable) -> Self:
        return type(self)(self - {value})

    def remove(self, value: Hashable) -> Self:
        """Raises KeyError when it is not in the set."""
        if value not in self:
            raise KeyError(value)
        return self.discard(value)


class List:
    """An immutable list that grows and shrinks at its front."""

    __slots__ = ("_items",)

    def __init__(self, value: Any = (), *more: Any) -> None:
        self._items: tuple[Any, ...] = (value, *more) if more else tuple(value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __reversed__(self) -> Iterator[Any]:
        return reversed(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return self._items == other._items if isinstance(other, List) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        return f"List([{', '.join(repr(each) for each in self._items)}])"

    @property
    def first(self) -> Any:
        """Raises IndexError when the list is empty."""
        if not self._items:
            raise IndexError("empty list has no first element")
        return self._items[0]

    @property
    def rest(self) -> List:
        return List(self._items[1:])

    def push_front(self, other: Any) -> List:
        return List((other, *self._items))

    def drop_first(self) -> List:
        """Raises IndexError when the list is empty."""
        if not self._items:
            raise IndexError("empty list has no first element")
        return self.rest
