"""A ledger that was kept by our lmdb of before 2026-11-30, whose keripy could not delete a whole set: what stayed is put right.

`tests/cases/ledger-of-the-old-lmdb.json` was made with that code (`python/lmdb` of commit b262a6d) by `Book.ingest` and `Book.remove`: the
log of an identifier with three witnesses, one of them replaced by a rotation, imported and forgotten twice ("stale": what the
database held then), and imported once more ("wrong").
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from ledgerkit import books, told, unsynced  # noqa: F401

OLD = json.loads((Path(__file__).resolve().parents[3] / "cases" / "ledger-of-the-old-lmdb.json").read_text())
AID, W = OLD["aid"], OLD["witnesses"]


def old(books: Any, state: str) -> Any:  # noqa: F811
    """A book over a database as it was then; not yet opened by today's code."""
    book = books()
    for name, pairs in OLD[state].items():
        db = next(db for db in tables(book.db) if db[0] == name.encode())[1]
        with book.db.env.begin(db=db, write=True) as txn:
            for key, value in pairs:
                assert txn.put(key.encode(), value.encode())
    with book.notes.env.begin(db=book.notes._tables[b"mended"], write=True) as txn:
        txn.drop(book.notes._tables[b"mended"], delete=False)
    return book


def tables(baser: Any) -> list[tuple[bytes, Any]]:
    with baser.env.begin() as txn:
        names = [bytes(key) for key in txn.cursor().iternext(values=False)]
    kinds = {b"kels.", b"sigs.", b"wigs."}
    return [(name, baser.env.open_db(name, dupsort=name in kinds)) for name in names if name != b"__version__"]


def wits(book: Any) -> list[tuple[str, int]]:
    """The witnesses that are stored, by their places in OLD, with the numbers below which they are."""
    from keri.db import dbing

    stored = book.db.getTopItemIter(db=book.db.wits.sdb)
    return sorted((W.index(bytes(value).decode()), dbing.unsuffix(key)[1]) for key, value in stored)


def order(book: Any) -> list[list[int]]:
    return [[W.index(each) for each in record["wits"]] for record in book.log(AID)]


def test_what_was_left_of_forgotten_events_goes(books: Any) -> None:  # noqa: F811
    book = old(books, "stale")
    assert wits(book) == [(1, 1), (2, 1), (2, 2), (3, 2)]
    book = books(book)
    assert wits(book) == [] and book.heads() == {}
    assert told(book.ingest(OLD["log"].encode()))["accepted"] == [0, 1, 2]
    assert order(book) == [[0, 1, 2], [], [1, 2, 3]]


def test_witnesses_of_a_log_that_came_again_are_in_their_order(books: Any) -> None:  # noqa: F811
    book = old(books, "wrong")
    assert order(book) == [[1, 2, 0], [], [2, 3, 1]], "as it was kept"
    from slices.ledger.checks import records

    records.pin(book.db, {**book.db.states.get(keys=AID)._asdict(), "b": [W[2], W[3], W[1]]})
    book = books(book)
    assert order(book) == [[0, 1, 2], [], [1, 2, 3]]
    assert sorted(number for _, number in wits(book)) == [0, 0, 1, 1, 2, 2]
    assert book.heads()[AID]["b"] == book.kevers[AID].wits == W[1:]
    assert told(book.ingest(OLD["log"].encode()))["known"] == [0, 1, 2]


def test_a_ledger_without_the_fault_stays_as_it_is(books: Any) -> None:  # noqa: F811
    book = books()
    book.ingest(OLD["log"].encode())
    with book.notes.env.begin(db=book.notes._tables[b"mended"], write=True) as txn:
        txn.drop(book.notes._tables[b"mended"], delete=False)
    before = wits(book)
    book = books(book)
    assert wits(book) == before and len(before) == 6
    assert book.notes._get(b"mended", "witnesses") == {"number": 0}


def test_it_is_done_once_and_not_while_the_disk_refuses(books: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from slices.ledger import mending
    from walletkit import FakeDisk

    book = old(books, "stale")
    monkeypatch.setattr(FakeDisk, "trouble", "full")
    book = books(book)
    assert len(wits(book)) == 4
    monkeypatch.setattr(FakeDisk, "trouble", None)
    book = books(book)
    assert wits(book) == []
    monkeypatch.setattr(mending, "witnesses", lambda db: pytest.fail("a second time"))
    books(book)


LOOPS = {"delTopVal", "delIoSetVals", "setIoSetVals", "trim"}
KERIPY = {
    "app.connecting": "Organizer", "app.grouping": "Counselor", "core.routing": "Revery", "db.basing": "clearEscrows",
    "db.dbing": "", "db.escrowing": "Broker", "db.koming": "", "db.migrations.add_key_and_reg_state_schemas": "",
    "db.migrations.hab_data_rename": "", "db.migrations.rekey_habs": "", "db.subing": "", "peer.exchanging": "Exchanger",
    "vdr.credentialing": "Registrar", "vdr.viring": "clearEscrows",
}  # fmt: skip
"""The modules of keripy that delete sets or branches by a loop over a cursor, with what there does it; "" for what only passes it on,
and for migrations of databases older than any of ours."""


def calls(tree: ast.AST, sets: set[str]) -> bool:
    """Whether something in it deletes a set or a branch: `rem` without a value and `pin` do, of an IoSet."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value.attr if isinstance(node.func.value, ast.Attribute) else ""
            one = len(node.args) > 1 or any(keyword.arg == "val" for keyword in node.keywords)
            if node.func.attr in LOOPS or (of in sets and (node.func.attr == "pin" or (node.func.attr == "rem" and not one))):
                return True
    return False


def read(path: Path) -> ast.AST:
    """A module's tree; of one in newer Python than this one, its calls as they stand in the text."""
    text = path.read_text()
    try:
        return ast.parse(text)
    except SyntaxError:
        found = re.findall(r"[A-Za-z_.]+\.(?:pin|rem|" + "|".join(LOOPS) + r")\([^()\n]*(?=[()\n])", text)
        return ast.parse("\n".join(f"{call.split('(')[0]}({'0, 0' if 'val' in call else ''})" for call in found))


def test_forgetting_in_the_ledger_is_all_that_the_fault_met() -> None:
    """What `mending` says of keripy and of our own code, held against the sources: a new keripy shows here."""
    import keri

    root = Path(keri.__file__).parent
    trees = {
        ".".join(path.relative_to(root).with_suffix("").parts): read(path) for path in root.rglob("*.py")
    }
    trees = {name: tree for name, tree in trees.items() if not name.startswith(("app.cli", "demo"))}
    sets = {
        target.attr
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and "IoSet" in ast.unparse(node.value.func)
        for target in node.targets
        if isinstance(target, ast.Attribute)
    }
    assert {"wits", "tede", "esigs"} <= sets
    assert {name for name, tree in trees.items() if calls(tree, sets)} == set(KERIPY)
    ours = Path(__file__).resolve().parents[4] / "python"
    callers = set()
    for path in [path for room in ("keriwasm", "slices") for path in (ours / room).rglob("*.py")]:
        tree = ast.parse(path.read_text())
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        forgotten = path.match("ledger/checks/replies.py")  # its Baser is thrown away with the answer
        assert not used & {name for name in KERIPY.values() if name} or forgotten, path
        if calls(tree, sets):
            callers.add(path.relative_to(ours / "slices").as_posix())
    assert callers <= {"ledger/book.py", "ledger/checks/records.py", "ledger/mending.py"}
