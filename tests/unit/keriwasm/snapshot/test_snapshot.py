"""keriwasm.snapshot.snapshot: what a clone must not share with its siblings."""

from __future__ import annotations

import ast
import gc
import inspect
import json
import os
import random
import subprocess
import sys
import tempfile
import uuid
import zipfile
from pathlib import Path

import pytest
from keriwasm.imports import packed_wheels
from keriwasm.snapshot import snapshot


def test_every_generator_gets_new_entropy():
    gc.unfreeze()  # as conftest.py has it, nobody finds what was imported; the maker of a snapshot looks before it freezes
    own = random.Random(7)
    state, before = random.getstate(), own.getstate()
    snapshot.freshen()
    first, second = random.getstate(), own.getstate()
    assert first != state and second != before
    random.setstate(state)  # a sibling: the same memory
    own.setstate(before)
    snapshot.freshen()
    assert random.getstate() != first and own.getstate() != second


def test_what_was_made_before_and_after_the_freeze_gets_new_entropy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(snapshot, "resume", lambda: None)
    before = random.Random(1)
    monkeypatch.setattr(snapshot, "_generators", [before])
    gc.freeze()
    after = random.Random(1)
    snapshot.restored(str(tmp_path))
    assert len({each.getstate() for each in (random.Random(1), before, after)}) == 3


def test_cached_draws_are_forgotten():
    uuid.uuid1()
    next(tempfile._get_candidate_names())  # type: ignore[attr-defined]
    snapshot.freshen()
    assert uuid._node is None and uuid._last_timestamp is None  # type: ignore[attr-defined]
    assert tempfile._name_sequence is None  # type: ignore[attr-defined]
    assert uuid.uuid1() != uuid.uuid1()


def test_a_clone_knows_which_wheel_has_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(snapshot, "_seen", set())
    monkeypatch.setattr(snapshot, "_provided", {})
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    for wheel, entries in {"one.whl": ("alpha", "alpha-1.0.dist-info"), "two.whl": ("libtwo.so", "beta.py")}.items():
        for entry in entries:
            (tmp_path / entry).mkdir()
        snapshot.note(wheel, str(tmp_path))
    packed = tmp_path / "packed"
    packed.mkdir()
    for wheel in ("one.whl", "two.whl"):
        (packed / wheel).touch()
    snapshot.note("first.zip", str(tmp_path))  # brings `packed`, and is not kept
    snapshot.restored(str(packed))
    finder = next(finder for finder in sys.meta_path if isinstance(finder, packed_wheels.PackedFinder))
    assert set(finder.packed.values()) == {f"{packed}/one.whl", f"{packed}/two.whl"}
    assert finder.packed["libtwo"] == finder.packed["beta"] == f"{packed}/two.whl"


@pytest.mark.parametrize(("held", "told"), [
    ("", ""), ("file = open(__import__('sys').executable, 'rb')", "python"), ("import os; os.pipe()", "[3, 4]"),
    ("import zipfile; kept = zipfile.ZipFile(path)", "some.zip"),
])  # fmt: skip
def test_no_file_is_open_in_a_snapshot(held: str, told: str, tmp_path: Path):
    """In a process of its own, which holds what it says and nothing else."""
    path = tmp_path / "some.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "b")
    code = f"path = {str(path)!r}\n{held}\nfrom keriwasm.snapshot import snapshot\nsnapshot.nothing_open()"
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert (done.returncode == 0) is (not told), done.stderr
    assert told in done.stderr


def test_what_a_worker_imports_at_its_start_lies_in_the_snapshot():
    """Else every worker compiles it anew, while somebody waits for it."""
    import main

    tree = ast.parse(inspect.getsource(main.start))
    named = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module.startswith("keriwasm.browser")}
    assert named and named == set(snapshot.AT_START)


def test_what_a_snapshot_holds_is_garbage_for_nobody():
    """A worker's first collection would else walk through all that was imported: it came just before its first answer."""
    config = {"slices": {}, "calls": [], "lazy": [], "packed": {}}
    code = f"""if True:
        import gc, random
        import main  # on CPython it needs native modules, which are put off until after a snapshot
        from keriwasm.snapshot import snapshot
        for name in snapshot.AT_START: __import__(name)
        from keriwasm.web.rendering import environment
        environment().get_template('macros/ui.html')
        own = random.Random(7)
        snapshot.nothing_open = snapshot.metadata.MetadataPathFinder.invalidate_caches = lambda: None  # 3.11's is broken
        snapshot.prepare({json.dumps(config)!r})
        assert gc.get_freeze_count() > 30_000, gc.get_freeze_count()
        before = own.getstate()
        snapshot.freshen(snapshot._generators)
        assert own.getstate() != before
    """
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
