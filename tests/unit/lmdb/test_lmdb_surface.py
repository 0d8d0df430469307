"""What keripy and hio ask of lmdb, read from their sources, so that a new version that asks for more shows here; and with it why
what the random plays leave out (see lmdbplay.py) is harmless to them.

All of it is in three modules: `keri.db.dbing`, `hio.base.during` (every transaction begins and ends inside one method there) and the
named databases that `keri.db.basing`, `keri.db.subing`, `keri.db.koming` and hio's subers open. test_keri_databases.py runs each of
these methods, unmodified, on both libraries, so that their own shapes are compared whatever the plays leave out:

- *A second write transaction, a child transaction, `append`, `dupfixed`, `integerkey`, `reverse_key`, `drop`, `pop`, cursors shared between
  methods*: nobody asks for them (below). A second writer, for which the real one waits for ever, is a LockError in ours.
- *A cursor after a seek that found nothing*: they leave (`if cursor.set_range(...)`), or go on with `last()` or `put` (appendOnVal,
  getIoSetValLast, putIoSetVals), which say where to go, or with `iterprev()` (getOnIoDupItemBackIter), which starts at the end then.
  All three are in the histories.
- *A cursor after `replace`*: setVer, which asks it nothing more. *After an error of a seek or put*: it becomes a KeyError that ends the
  transaction. *After an iteration to the end*: putIoSetVals and addIoSetVal, which `put` then; delIoDupVal, which returns.
- *A cursor after a `put` where values are sorted*: appendOnIoDupVal, which returns. *`Cursor.delete` of what the same cursor put*: none
  does both. *The main database by a cursor*: setVer, of `__version__` and of no database's name.
- *A cursor under which its transaction deletes an entry and puts it again*: methods that walk with a cursor delete with that cursor.
- *What a buffer shows after its page was written over*: `bytes(...)` comes before the change, in each loop that deletes.
- *The key that py-lmdb remembers after `first_dup` and `last_dup`* (test_lmdb_deletes.py): getValLast, getIoDupValLast, putIoDupVals and
  getOnIoDupLastItemIter ask for them in transactions, or after moves, that deleted nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import hio
import keri
import pytest

TXN = {
    "cursor": set(),
    "delete": set(),
    "get": set(),
    "put": {"dupdata", "overwrite"},
}
CURSOR = {
    "count": set(),
    "delete": set(),
    "get": set(),
    "item": set(),
    "iternext": {"values"},
    "iternext_dup": set(),
    "iterprev": set(),
    "key": set(),
    "last": set(),
    "last_dup": set(),
    "prev": set(),
    "put": {"dupdata", "overwrite"},
    "replace": set(),
    "set_key": set(),
    "set_range": set(),
    "value": set(),
}
ENV = {"begin": {"db", "write", "buffers"}, "close": set(), "open_db": {"key", "dupsort"}}
MODULE = {"BadValsizeError", "Environment", "open"}
OPEN = {"max_dbs", "map_size", "mode", "readonly"}


def sources() -> Iterator[tuple[str, ast.Module]]:
    """The modules of keripy and hio that touch lmdb or an environment; their own tests and kli's commands left out."""
    for package in (keri, hio):
        root = Path(package.__file__).parent
        for path in sorted(root.rglob("*.py")):
            text = path.read_text()
            if "lmdb" in text or ".env." in text:
                yield f"{root.name}.{'.'.join(path.relative_to(root).with_suffix('').parts)}", ast.parse(text)


def owner(node: ast.expr) -> str:
    """"txn", "cursor", "env" or "lmdb" for what a method is called on."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def asked() -> dict[str, dict[str, set[str]]]:
    """What is called on each of them: method -> the arguments that are given by name."""
    found: dict[str, dict[str, set[str]]] = {"txn": {}, "cursor": {}, "env": {}, "lmdb": {}}
    for _, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                calls = found.get(owner(node.func.value))
                if calls is not None:
                    named = {keyword.arg for keyword in node.keywords if keyword.arg}
                    calls.setdefault(node.func.attr, set()).update(named)
            elif isinstance(node, ast.Attribute) and owner(node.value) == "lmdb":
                found["lmdb"].setdefault(node.attr, set())
    return found


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, set[str]]]:
    return asked()


def test_they_ask_for_no_more_than_is_compared(found: dict[str, dict[str, set[str]]]) -> None:
    assert found["txn"] == TXN
    assert found["cursor"] == CURSOR
    assert found["env"] == ENV
    assert found["lmdb"] == {name: OPEN if name == "open" else set() for name in MODULE}


def test_a_transaction_lives_in_one_method() -> None:
    """No transaction or cursor is kept in an object or handed to another function; generators hold theirs while they walk."""
    for name, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and any(isinstance(target, ast.Attribute) for target in node.targets):
                assert not (isinstance(node.value, ast.Name) and node.value.id in ("txn", "cursor")), name
            if isinstance(node, ast.Call):
                given = [*node.args, *(keyword.value for keyword in node.keywords)]
                assert not any(isinstance(one, ast.Name) and one.id in ("txn", "cursor") for one in given), name
        writes = [node for node in ast.walk(tree) if isinstance(node, ast.With)]
        for block in writes:
            inner = [node for part in block.body for node in ast.walk(part) if isinstance(node, ast.With)]
            begins = [node for node in (block, *inner) if "env.begin" in ast.unparse(node.items[0])]
            assert len(begins) <= 1 or block not in begins, f"{name}: a transaction inside of another one"
