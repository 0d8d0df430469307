"""Where our lmdb looks for a store that left its place: below the folders it is given, and nowhere else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lmdbkit import ours

lmdb = ours("lmdb_of_places")


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The folders that were walked."""
    folders: list[str] = []
    walk = os.walk
    monkeypatch.setattr(lmdb.stores.os, "walk", lambda top: folders.append(str(top)) or walk(top))
    yield folders
    lmdb.stores.stores.places = None


@pytest.mark.parametrize("given", [None, set(), {"here"}])
def test_what_was_deleted(tmp_path: Path, walked: list[str], given: set[str] | None) -> None:
    lmdb.stores.stores.places = {str(tmp_path / name) for name in given} if given is not None else None
    (tmp_path / "here").mkdir()
    with lmdb.open(str(tmp_path / "here" / "store")) as env:
        shutil.rmtree(tmp_path / "here" / "store")
        moved, gone = lmdb.stores.stores.sweep()
        assert (moved, len(gone)) == ([], 1) and env.path().startswith(str(tmp_path))
    if given is None:
        assert any(str(tmp_path).startswith(top) for top in walked), "wherever it may be"
    else:
        assert walked == sorted(lmdb.stores.stores.places)


def test_what_was_moved_within(tmp_path: Path, walked: list[str]) -> None:
    lmdb.stores.stores.places = {str(tmp_path)}
    with lmdb.open(str(tmp_path / "before")) as env, env.begin(write=True) as txn:
        txn.put(b"k", b"v")
    (tmp_path / "before").rename(tmp_path / "after")
    with lmdb.open(str(tmp_path / "after")) as env, env.begin() as txn:
        assert txn.get(b"k") == b"v"
    assert set(walked) <= {str(tmp_path)}
