"""Every public method of keripy's and hio's database classes, on the real py-lmdb and on ours, in databases that are new, filled,
emptied and filled again: same answers, same bytes stored. See kit.py."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from keri.db import koming, subing
from keridb.kit import DBING, DURING, HANDLED, SIDES, TARGETS, classes, public
from keridb.play import History, histories, play
from keridb.side import Side, roomy

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@contextmanager
def both() -> Iterator[list[Side]]:
    with tempfile.TemporaryDirectory() as folder:
        sides = [Side(side, Path(folder) / side) for side in SIDES]
        try:
            yield sides
        finally:
            for side in sides:
                side.close()


def same(sides: list[Side], operation: tuple[Any, ...]) -> Any:
    """Do it on both sides; what it gave, which must be the same."""
    real, mine = (side.do(operation) for side in sides)
    assert mine == real, operation
    return real


def test_every_class_is_played() -> None:
    """A class that a new keripy or hio adds shows here."""
    played = {(target.kind.__module__, target.kind.__name__) for target in TARGETS.values()}
    subering = importlib.import_module("hio.base.subering")
    for module in (subing, koming, DBING["real"], DURING["real"], subering):
        here = {kind for kind in classes(module) if (module.__name__, kind) not in played}
        # DurorDoer opens and closes a Duror; Subery is a Duror that makes three of the subers at once.
        assert here <= {"DurorDoer", "Subery"}, module.__name__


def test_every_method_of_the_environments_has_a_place() -> None:
    for kind in (DBING["real"].LMDBer, DURING["real"].Duror):
        played = {method for target in TARGETS.values() if target.kind is kind for method in target.methods}
        assert set(public(kind)) - played <= HANDLED
    for target in TARGETS.values():
        if not target.handle:
            assert target.methods == public(target.kind)


@pytest.mark.parametrize("name", TARGETS)
def test_every_method(name: str) -> None:
    target = TARGETS[name]
    works = set()
    with both() as sides:
        for state in ("new", "filled", "emptied", "filled again"):
            for method in target.methods:
                same(sides, ("empty", name))
                if state != "new":
                    same(sides, ("fill", name))
                if state in ("emptied", "filled again"):
                    same(sides, ("empty", name))
                    assert same(sides, ("dump", name)) == []
                if state == "filled again":
                    same(sides, ("fill", name))
                for arguments in target.examples(method):
                    given = same(sides, ("call", name, method, arguments))
                    if not (isinstance(given, str) and given.endswith("Error")):
                        works.add(method)
                    same(sides, ("dump", name))
    assert works == set(target.methods)  # each did something else than raise


@settings(max_examples=80, derandomize=True, suppress_health_check=SLOW)
@given(histories())
def test_any_history(history: History) -> None:
    with both() as sides:
        play(sides, history)


@pytest.mark.long
@settings(max_examples=1500, suppress_health_check=SLOW)
@given(histories())
def test_many_histories(history: History) -> None:
    """Other ones each time; a failing one is told so that it can be played again."""
    with both() as sides:
        play(sides, history)


@pytest.mark.parametrize("owner", ["keri", "hio"])
def test_the_life_of_an_environment(owner: str, tmp_path: Path) -> None:
    """What is in HANDLED: opening, closing, versions, being cleared; `suffix` and `unsuffix` touch no database."""
    seen = []
    for side, module in (DBING if owner == "keri" else DURING).items():
        kind = roomy(module.LMDBer if owner == "keri" else module.Duror)
        put = "setVal" if owner == "keri" else "pinVal"
        notes: list[Any] = []
        db = kind(name="life", headDirPath=str(tmp_path / side), reopen=True)
        notes += [db.opened, db.version, db.getVer(), db.exists(name="life", headDirPath=str(tmp_path / side)), db.flush()]
        handle = db.env.open_db(b"sub.")
        getattr(db, put)(handle, b"a", b"1")
        db.setVer("9.9.9")
        db.close()
        notes += [db.opened, db.env]
        db.reopen(headDirPath=str(tmp_path / side))
        handle = db.env.open_db(b"sub.")
        notes += [db.getVer(), bytes(db.getVal(handle, b"a")), Path(db.path).name]
        db.reopen(headDirPath=str(tmp_path / side), readonly=True)
        try:
            getattr(db, put)(db.env.open_db(b"sub."), b"b", b"2")
        except Exception as error:
            notes.append(type(error).__name__)
        db.reopen(headDirPath=str(tmp_path / side), readonly=False, clear=True)
        handle = db.env.open_db(b"sub.")
        notes += [db.getVal(handle, b"a"), db.getVer()]
        path, opened = db.remake(name="other", headDirPath=str(tmp_path / side))
        notes += [Path(path).name, opened]
        db.close(clear=True)
        notes.append(Path(db.path).exists())
        seen.append(notes)
    assert seen[0] == seen[1]
