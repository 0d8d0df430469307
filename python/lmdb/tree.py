"""An ordered map as a copy-on-write B+ tree: a snapshot is a pointer, an abort forgets one, a put copies one path.

Nodes carry the token of the transaction that made them. Only that transaction changes them in place; all others copy
first. So whoever keeps a root keeps its whole state, for ever, at no cost.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Any

FULL = 64
"""Entries of a node at most. Larger nodes make longer copies per commit, smaller ones a deeper tree."""

LEAN = FULL // 4
"""A node with fewer entries is merged with its neighbour, if the two together are no more than half full."""


class Node:
    """A leaf (keys and their values) or a branch (separators, and one more kid than there are separators).

    keys[i] of a branch is not above the smallest key of kids[i + 1], and above the largest one of kids[i].
    """

    __slots__ = ("items", "keys", "leaf", "token")

    def __init__(self, keys: list[Any], items: list[Any], leaf: bool, token: object) -> None:
        self.keys = keys
        self.items = items
        self.leaf = leaf
        self.token = token


EMPTY = Node([], [], True, None)
"""The root of every empty tree; it belongs to nobody, so nobody changes it."""


class Tree:
    """A mutable view of a persistent map.

    Attributes:
        root (Node), size (number of entries)
        token: whoever may change nodes in place; a view is frozen once nobody has its token any more
        version (int): changes with every change of keys, so that cursors know that they must look again
        emptied (int): the version at which the map last became empty
    """

    __slots__ = ("emptied", "root", "size", "token", "version")

    def __init__(self, root: Node = EMPTY, size: int = 0, token: object = None, version: int = 0, emptied: int = -1) -> None:
        self.root = root
        self.size = size
        self.token = token
        self.version = version
        self.emptied = emptied

    def branch(self, token: object) -> Tree:
        """A view that `token` may change; this one keeps what it has."""
        return Tree(self.root, self.size, token, self.version, self.emptied)

    @classmethod
    def load(cls, entries: Iterable[tuple[Any, Any]]) -> Tree:
        """A frozen tree of entries that come in ascending order of their keys; far faster than putting each."""
        keys: list[Any] = []
        values: list[Any] = []
        level: list[Node] = []
        size = 0
        for key, value in entries:
            keys.append(key)
            values.append(value)
            if len(keys) == FULL:
                level.append(Node(keys, values, True, None))
                size += FULL
                keys, values = [], []
        if keys:
            level.append(Node(keys, values, True, None))
            size += len(keys)
        if not level:
            return cls()
        firsts = [node.keys[0] for node in level]
        while len(level) > 1:
            above = []
            for at in range(0, len(level), FULL):
                above.append(Node(firsts[at + 1 : at + FULL], level[at : at + FULL], False, None))
            firsts = firsts[::FULL]
            level = above
        return cls(level[0], size)

    # -- reading --------------------------------------------------------------------------------------------------

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a key."""
        node = self.root
        while not node.leaf:
            node = node.items[bisect_right(node.keys, key)]
        keys = node.keys
        at = bisect_left(keys, key)
        if at < len(keys) and keys[at] == key:
            return node.items[at]
        return default

    def at_least(self, key: Any) -> tuple[Node, int] | None:
        """(leaf, index) of the first entry whose key is not below `key`."""
        return self._first_from(key, bisect_left)

    def above(self, key: Any) -> tuple[Node, int] | None:
        """(leaf, index) of the first entry whose key is above `key`."""
        return self._first_from(key, bisect_right)

    def _first_from(self, key: Any, bisect: Callable[[list[Any], Any], int]) -> tuple[Node, int] | None:
        node, above = self.root, None
        while not node.leaf:
            at = bisect_right(node.keys, key)
            if at + 1 < len(node.items):
                above = node.items[at + 1]
            node = node.items[at]
        at = bisect(node.keys, key)
        if at < len(node.keys):
            return node, at
        if above is None:
            return None
        while not above.leaf:
            above = above.items[0]
        return above, 0

    def below(self, key: Any) -> tuple[Node, int] | None:
        """(leaf, index) of the last entry whose key is below `key`."""
        node, below = self.root, None
        while not node.leaf:
            at = bisect_left(node.keys, key)
            if at:
                below = node.items[at - 1]
            node = node.items[at]
        at = bisect_left(node.keys, key)
        if at:
            return node, at - 1
        if below is None:
            return None
        while not below.leaf:
            below = below.items[-1]
        return below, len(below.keys) - 1

    def first(self) -> tuple[Node, int] | None:
        """(leaf, index) of the smallest key."""
        node = self.root
        while not node.leaf:
            node = node.items[0]
        return (node, 0) if node.keys else None

    def last(self) -> tuple[Node, int] | None:
        """(leaf, index) of the largest key."""
        node = self.root
        while not node.leaf:
            node = node.items[-1]
        return (node, len(node.keys) - 1) if node.keys else None

    def entries(self) -> Iterator[tuple[Any, Any]]:
        """All entries in order, of the state at the time of the call."""
        return _entries(self.root)

    def shape(self) -> tuple[int, int, int]:
        """(depth, branches, leaves); counts by walking over the branches."""
        if not self.size:
            return 0, 0, 0
        depth, branches, level = 1, 0, [self.root]
        while not level[0].leaf:
            branches += len(level)
            depth += 1
            level = [kid for node in level for kid in node.items]
        return depth, branches, len(level)

    # -- writing: only with a token -------------------------------------------------------------------------------

    def _own(self, key: Any) -> tuple[Node, list[tuple[Node, int]]]:
        """The leaf where `key` belongs, and the way to it: from the root on all may be changed in place."""
        token = self.token
        node = self.root
        if node.token is not token:
            node = self.root = Node(node.keys[:], node.items[:], node.leaf, token)
        path: list[tuple[Node, int]] = []
        while not node.leaf:
            at = bisect_right(node.keys, key)
            kid = node.items[at]
            if kid.token is not token:
                kid = node.items[at] = Node(kid.keys[:], kid.items[:], kid.leaf, token)
            path.append((node, at))
            node = kid
        return node, path

    def put(self, key: Any, value: Any) -> None:
        """Set a key's value."""
        node, path = self._own(key)
        keys = node.keys
        at = bisect_left(keys, key)
        self.version += 1
        if at < len(keys) and keys[at] == key:
            node.items[at] = value
            return
        keys.insert(at, key)
        node.items.insert(at, value)
        self.size += 1
        if len(keys) > FULL:
            self._split(node, path, at == len(keys) - 1)

    def remove(self, key: Any) -> bool:
        """Delete a key; False if there was none."""
        if self.get(key, _MISSING) is _MISSING:
            return False
        node, path = self._own(key)
        at = bisect_left(node.keys, key)
        del node.keys[at], node.items[at]
        self.size -= 1
        self.version += 1
        if not self.size:
            self.root = EMPTY
            self.emptied = self.version
        elif path and len(node.keys) < LEAN:
            self._thin(node, path)
        return True

    def clear(self) -> None:
        """Delete everything."""
        self.root = EMPTY
        self.size = 0
        self.version += 1
        self.emptied = self.version

    def _split(self, node: Node, path: list[tuple[Node, int]], appended: bool) -> None:
        """Split a node that is too full, and its parents if they become so.

        Keys that arrive in order leave full leaves behind, as in LMDB.
        """
        token = self.token
        while True:
            middle = FULL if appended and node.leaf else len(node.items) // 2
            if node.leaf:
                separator = node.keys[middle]
                right = Node(node.keys[middle:], node.items[middle:], True, token)
                del node.keys[middle:], node.items[middle:]
            else:
                separator = node.keys[middle - 1]
                right = Node(node.keys[middle:], node.items[middle:], False, token)
                del node.keys[middle - 1 :], node.items[middle:]
            if not path:
                self.root = Node([separator], [node, right], False, token)
                return
            parent, at = path.pop()
            parent.keys.insert(at, separator)
            parent.items.insert(at + 1, right)
            if len(parent.items) <= FULL:
                return
            node = parent

    def _thin(self, node: Node, path: list[tuple[Node, int]]) -> None:
        """Merge a lean node with a neighbour, drop an empty one, and go on with the parent."""
        while path and len(node.items) < LEAN:
            parent, at = path.pop()
            left = at - 1 if at else 0
            if not node.items:
                del parent.items[at]
                if parent.keys:
                    del parent.keys[left]
            elif len(parent.items) > 1:
                one, two = parent.items[left], parent.items[left + 1]
                if len(one.items) + len(two.items) > FULL // 2:
                    break
                middle = [] if one.leaf else [parent.keys[left]]
                parent.items[left] = Node(one.keys + middle + two.keys, one.items + two.items, one.leaf, self.token)
                del parent.items[left + 1], parent.keys[left]
            node = parent
        while not self.root.leaf and len(self.root.items) == 1:
            self.root = self.root.items[0]


_MISSING = object()


class _Above:
    """Compares as greater than every value: (key, ABOVE) comes after all pairs of a key."""

    def __lt__(self, other: Any) -> bool:
        return False

    def __gt__(self, other: Any) -> bool:
        return True


ABOVE = _Above()


def _entries(node: Node) -> Iterator[tuple[Any, Any]]:
    if node.leaf:
        yield from zip(node.keys, node.items, strict=True)
    else:
        for kid in node.items:
            yield from _entries(kid)
