"""Plays one sequence of operations on a module called lmdb, ours or the real one, and notes what each of them gave.

A play names its transactions and cursors by number, so that the same one means the same on both sides. Whatever is
closed stays in its list: using it is an operation like any other.

Left out, because the real one does not survive it: a second write transaction (it waits for ever), and using or closing
a transaction or its cursors while a child of it is open (undefined in LMDB; it has died of it);
a cursor between a seek that failed and the next absolute move (likewise where values are sorted), or between a replace
or pop of its own, the commit of a child of its transaction, an error of a seek or put, an iteration to its end, a put
where values are sorted, and then (py-lmdb shows what it remembers); `append` where values are sorted (py-lmdb 3 has
another meaning for it than 1.7, we follow 3); values of another size where it is fixed (LMDB looks at it only now and
then); changes of the main database by a cursor, and deleting a named database's entry there (the real one lets a cursor
destroy it); a cursor whose entry its transaction deletes and puts again before the cursor moves (LMDB stands behind it, ours on it
again). test_lmdb_surface.py says why keripy and hio miss none of it.
Not compared: what stands in such an entry, and whether Cursor.delete sees an entry that the same cursor put
just before (py-lmdb's C forgets that it stands on it).
"""

from __future__ import annotations

import tempfile
from typing import Any

from hypothesis import strategies as st

DATABASES: dict[str, dict[str, bool]] = {
    "main": {},
    "plain": {},
    "dup": {"dupsort": True},
    "fixed": {"dupsort": True, "dupfixed": True},
    "reverse": {"reverse_key": True},
    "integer": {"integerkey": True},
    "both": {"reverse_key": True, "dupsort": True},
}
"""Names that stand for databases of an environment, with their flags."""

LONG = b"k" * 511

letters = st.sampled_from([b"a", b"b", b"c", b"d"])
keys = st.one_of(
    st.builds(lambda one, two: one + two, letters, st.one_of(st.just(b""), letters)),
    st.sampled_from([b"", LONG, LONG + b"k", b"\x00", b"\xff", b"plain", b"dup"]),
)
values = st.one_of(letters, st.sampled_from([b"", b"\x00", b"v" * 511, b"v" * 512, b"w" * 3000, b"ab", b"ba"]))

MOVES = ("first", "last", "next", "prev", "next_nodup", "prev_nodup", "next_dup", "prev_dup", "first_dup", "last_dup")
SHOWS = ("key", "value", "item")
ITERATORS = ("iternext", "iterprev", "iternext_dup", "iterprev_dup", "iternext_nodup", "iterprev_nodup")


class Player:
    """One side of a play."""

    def __init__(self, module: Any) -> None:
        self.lmdb = module
        self.folder = tempfile.TemporaryDirectory()
        self.env = module.open(self.folder.name, max_dbs=8, map_size=1 << 26, max_spare_txns=0, sync=False)
        self.dbs = {
            name: self.env.open_db(None if name == "main" else name.encode(), **flags)
            for name, flags in DATABASES.items()
        }
        self.txns: list[Any] = []
        self.cursors: list[Any] = []
        self.parents: dict[int, int] = {}  # open write transaction -> its parent, both by their place in txns
        self.owners: list[int] = []  # of each cursor its transaction's place in txns
        self.kinds: list[str] = []  # of each cursor its database
        self.lost: set[int] = set()  # cursors that must not be used before they are positioned anew

    def close(self) -> None:
        """The innermost child first: the real one dies when it must close a transaction that has a child."""
        for at in sorted(self.parents, reverse=True):
            self.txns[at].abort()
        self.env.close()
        self.folder.cleanup()

    def do(self, operation: tuple[Any, ...]) -> Any:
        """The outcome of one operation: a plain value, or the name of the error's class."""
        name, *arguments = operation
        try:
            return plain(getattr(self, name)(*arguments))
        except (self.lmdb.Error, TypeError, ValueError) as ex:
            return type(ex).__name__

    # -- operations; each is drawn by `operations` ------------------------------------------------------------------

    def begin(self, write: bool, buffers: bool) -> Any:
        if not (write and self.parents):
            self.txns.append(self.env.begin(write=write, buffers=buffers))
            if write:
                self.parents[len(self.txns) - 1] = -1

    def nest(self, number: int) -> Any:
        at = self.usable(number)
        if at is not None:
            self.txns.append(self.env.begin(parent=self.txns[at], write=True))
            self.parents[len(self.txns) - 1] = at

    def usable(self, number: int) -> int | None:
        """The place in txns, None when there is none without an open child."""
        at = number % len(self.txns) if self.txns else -1
        return None if at < 0 or at in self.parents.values() else at

    def end(self, number: int, how: str) -> Any:
        at = self.usable(number)
        if at is not None:
            parent = self.parents.pop(at, -1)
            if parent >= 0 and how == "commit":
                self.lost.update(place for place, owner in enumerate(self.owners) if owner == parent)
            return getattr(self.txns[at], how)()

    def txn(self, number: int, method: str, db: str, *arguments: Any) -> Any:
        at = self.usable(number)
        if at is not None:
            key, *rest = arguments
            if db == "main" and key.decode("latin-1") in self.dbs and method != "get":
                return None
            if method == "replace" and db == "fixed":
                rest = [rest[0][:2].rjust(2)]
            return getattr(self.txns[at], method)(fitting(db, key), *rest, db=self.dbs[db])

    def txn_put(self, number: int, db: str, key: bytes, value: bytes, flags: dict[str, bool]) -> Any:
        at = self.usable(number)
        if at is not None:
            if db == "fixed":
                value = value[:2].rjust(2)
            if DATABASES[db].get("dupsort"):
                flags = {name: flag for name, flag in flags.items() if name != "append"}
            return self.txns[at].put(fitting(db, key), value, db=self.dbs[db], **flags)

    def entries(self, number: int, db: str) -> Any:
        at = self.usable(number)
        if at is not None:
            return self.txns[at].stat(self.dbs[db])["entries"]

    def dump(self, number: int, db: str) -> Any:
        at = self.usable(number)
        if at is not None:
            pairs = plain(list(self.txns[at].cursor(self.dbs[db])))
            return [(key, value) for key, value in pairs if db != "main" or key.decode("latin-1") not in self.dbs]

    def empty(self, number: int, db: str) -> Any:
        at = self.usable(number)
        if at is not None and db != "main":
            return self.txns[at].drop(self.dbs[db], delete=False)

    def cursor(self, number: int, db: str) -> Any:
        at = self.usable(number)
        if at is not None:
            self.cursors.append(self.txns[at].cursor(self.dbs[db]))
            self.owners.append(at)
            self.kinds.append(db)

    def move(self, number: int, method: str, *arguments: Any) -> Any:
        at = self.chosen(number)
        if at is not None and (at not in self.lost or method in ("first", "last")):
            self.lost.discard(at)
            if method == "first_dup" or method == "last_dup":
                self.lost.add(at)
            moved = getattr(self.cursors[at], method)(*arguments)
            if moved is True:
                self.lost.discard(at)
            return moved

    def change(self, number: int, method: str, *arguments: Any) -> Any:
        at = self.chosen(number)
        if at is not None and at not in self.lost and self.kinds[at] not in ("main", "fixed"):
            if method in ("replace", "pop"):
                self.lost.add(at)
                arguments = (fitting(self.kinds[at], arguments[0]), *arguments[1:])
            return getattr(self.cursors[at], method)(*arguments)

    def seek(self, number: int, method: str, *arguments: Any) -> Any:
        at = self.chosen(number)
        if at is not None:
            self.lost.add(at)
            key, *rest = arguments
            found = getattr(self.cursors[at], method)(fitting(self.kinds[at], key), *rest)
            if found not in (False, None):
                self.lost.discard(at)
            return found

    def cursor_put(self, number: int, key: bytes, value: bytes, flags: dict[str, bool]) -> Any:
        at = self.chosen(number)
        if at is not None and at not in self.lost and self.kinds[at] != "main":
            if self.kinds[at] == "fixed":
                value = value[:2].rjust(2)
            if DATABASES[self.kinds[at]].get("dupsort"):
                flags = {name: flag for name, flag in flags.items() if name != "append"}
            self.lost.add(at)
            put = self.cursors[at].put(fitting(self.kinds[at], key), value, **flags)
            if not DATABASES[self.kinds[at]].get("dupsort"):
                self.lost.discard(at)
            return put, self.cursors[at].key()

    def iterate(self, number: int, method: str, keys: bool, values: bool) -> Any:
        at = self.chosen(number)
        if at is not None and at not in self.lost:
            iterator = getattr(self.cursors[at], method)(keys, values)
            self.lost.add(at)
            return [item for item, _ in zip(iterator, range(50), strict=False)]

    def walk(self, number: int, db: str, start: tuple[str, Any], how: str, actions: list[str]) -> Any:
        """keripy's and hio's loops: two cursors of their own stand on a place, one goes on by looking, by a move or as an
        iterator, while it, the other or the transaction deletes what it shows, or writes beside it."""
        at = self.usable(number)
        if at is None or db in ("main", "fixed") or at not in self.parents:
            return None
        txn, handle = self.txns[at], self.dbs[db]
        cursor, other = txn.cursor(handle), txn.cursor(handle)
        seek, key = start
        there = getattr(cursor, seek)(*([fitting(db, key)] if seek.startswith("set") else []))
        shown: list[Any] = [there]
        if not there:
            return shown
        walk = None if how in ("look", *MOVES) else getattr(cursor, how)(True, True)
        for step in range(12):
            item = plain(next(walk, None) if walk else cursor.item())  # at once: a delete changes what a buffer shows
            shown.append(item)
            if not item or not item[0]:
                break
            action = actions[step % len(actions)]
            shown.append(self.act(txn, handle, cursor, other, item, action))
            if how in MOVES:
                shown.append(getattr(cursor, how)())
            elif how == "look" and not action.startswith("delete"):
                shown.append(cursor.next())
        return shown

    def act(self, txn: Any, db: Any, cursor: Any, other: Any, item: tuple[Any, Any], action: str) -> Any:
        """Do something while a cursor shows `item`."""
        key, value = (bytes(part) for part in item)
        if action.startswith("delete"):
            return cursor.delete(action == "delete all")
        if action.startswith("other"):
            there = other.set_key_dup(key, value) if db.flags(txn)["dupsort"] else other.set_key(key)
            return there and other.delete(action == "other all")
        if action == "txn value":
            return txn.delete(key, value, db=db)
        if action == "txn key":
            return txn.delete(key, db=db)
        if action == "put above":
            return txn.put(key, value[:8] + b"~", db=db) if db.flags(txn)["dupsort"] else txn.put(key[:8] + b"~", b"", db=db)
        return None

    def chosen(self, number: int) -> int | None:
        """The place in cursors of one whose transaction has no open child, else None."""
        at = number % len(self.cursors) if self.cursors else -1
        return None if at < 0 or self.owners[at] in self.parents.values() else at


def fitting(db: str, key: bytes) -> bytes:
    """Keys of an integer database must have the size of an integer; LMDB does not check it."""
    return key[:7].rjust(8, b"\0") if db == "integer" else key


def plain(value: Any) -> Any:
    """Buffers as bytes, and the main database's 48 bytes about a named one as what they are; recursively."""
    if isinstance(value, memoryview):
        value = bytes(value)
    if isinstance(value, bytes) and len(value) == 48 and value[:4] == bytes(4):
        return "about a database"
    if isinstance(value, (list, tuple)):
        return type(value)(plain(part) for part in value)
    return value


ACTIONS = ("delete", "delete all", "other", "other all", "txn value", "txn key", "put above", "nothing")
number = st.integers(0, 3)
name = st.sampled_from(sorted(DATABASES))
flags = st.fixed_dictionaries(
    {}, optional={"dupdata": st.booleans(), "overwrite": st.booleans(), "append": st.just(True)}
)
walks = st.tuples(
    st.just("walk"),
    number,
    name,
    st.tuples(st.sampled_from(["set_range", "set_range", "set_key", "first", "last"]), keys),
    st.sampled_from(["look", "look", "next", "prev", "next_dup", *ITERATORS]),
    st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=4),
)
"""Loops that change what they walk over."""
operations = st.one_of(
    st.tuples(st.just("begin"), st.booleans(), st.booleans()),
    st.tuples(st.just("begin"), st.just(True), st.booleans()),
    st.tuples(st.just("nest"), number),
    st.tuples(st.just("end"), number, st.sampled_from(["commit", "abort"])),
    st.tuples(st.just("txn_put"), number, name, keys, values, flags),
    st.tuples(st.just("txn_put"), number, name, keys, values, st.just({})),
    st.tuples(st.just("txn"), number, st.sampled_from(["get", "pop", "delete"]), name, keys),
    st.tuples(st.just("txn"), number, st.sampled_from(["replace", "delete"]), name, keys, values),
    st.tuples(st.just("entries"), number, name),
    st.tuples(st.just("dump"), number, name),
    st.tuples(st.just("empty"), number, name),
    st.tuples(st.just("cursor"), number, name),
    st.tuples(st.just("cursor"), number, name),
    st.tuples(st.just("move"), number, st.sampled_from(MOVES)),
    st.tuples(st.just("move"), number, st.sampled_from(SHOWS)),
    st.tuples(st.just("seek"), number, st.sampled_from(["set_key", "set_range", "get"]), keys),
    st.tuples(st.just("seek"), number, st.sampled_from(["set_key_dup", "set_range_dup"]), keys, values),
    st.tuples(st.just("change"), number, st.just("delete"), st.booleans()),
    st.tuples(st.just("change"), number, st.just("count")),
    st.tuples(st.just("change"), number, st.just("replace"), keys, values),
    st.tuples(st.just("change"), number, st.just("pop"), keys),
    st.tuples(st.just("cursor_put"), number, keys, values, flags),
    walks,
    walks,
    st.tuples(st.just("iterate"), number, st.sampled_from(ITERATORS), st.booleans(), st.booleans()),
)
