"""Wheels of one's own: those of pure Python are placed and imported, all others are refused with the reason."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from keriwasm.web.form.errors import FieldError
from notebookplay import wheel
from slices.notebook import packages


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[packages.Packages]:
    monkeypatch.setattr(sys, "path", sys.path[:])
    before = {*sys.modules}
    yield packages.Packages(None, tmp_path)
    for name in {*sys.modules} - before:
        del sys.modules[name]


def test_a_wheel_is_imported_and_replaced(here: packages.Packages) -> None:
    needs = ("hio", "not-there>=2", "odd; extra == 'x'")
    here.add(packages.judge(*wheel("my-thing", "1.0", {"mything/__init__.py": "X = 1", "mything/data.txt": "ä"}, needs=needs)))
    [placed] = here.placed.values()
    assert importlib.import_module("mything").X == 1 and placed.wheel.tops == ("mything",)
    assert placed.missing == ("not-there>=2",) and len(placed.wheel.sha256) == 64
    here.add(packages.judge(*wheel("my-thing", "2.0", {"mything/__init__.py": "X = 2"})))
    assert importlib.import_module("mything").X == 2 and [each.wheel.version for each in here.placed.values()] == ["2.0"]
    here.add(packages.judge(*wheel("not_there", "2", {"not_there.py": ""})))
    assert not [each.missing for each in here.placed.values() if each.missing]


def test_what_is_here_stays(here: packages.Packages) -> None:
    files = {"json.py": "X = 1", "json-1.data/purelib/other_thing.py": "", "json-1.data/scripts/run": ""}
    here.add(packages.judge(*wheel("json", "1", files)))
    [placed] = here.placed.values()
    assert placed.hidden == ("json",) and placed.wheel.tops == ("json", "other_thing")
    assert not hasattr(importlib.import_module("json"), "X")
    assert not (placed.folder / "run").exists()


def refused(name: str, content: bytes) -> str:
    with pytest.raises(FieldError) as caught:
        packages.judge(name, content)
    assert caught.value.field == "file"
    return caught.value.reason


@pytest.mark.parametrize(("name", "reason"), [
    ("thing.zip", "is no wheel's name"),
    ("thing-1.0-cp314-cp314-emscripten_4_wasm32.whl", "is for cp314-cp314-emscripten_4_wasm32; only pure Python"),
    ("thing-1.0-py2-none-any.whl", "not for Python 3"),
    ("other-1.0-py3-none-any.whl", "its metadata says thing 1.0"),
    ("thing-1.1-py3-none-any.whl", "its metadata says thing 1.0"),
])  # fmt: skip
def test_a_name_that_is_not_right(name: str, reason: str) -> None:
    assert reason in refused(name, wheel("thing", "1.0", {"thing.py": ""})[1])


@pytest.mark.parametrize(("files", "options", "reason"), [
    ({"thing.py": "", "thing.so": ""}, {}, "compiled code (thing.so)"),
    ({"../thing.py": ""}, {}, "cannot be placed"),
    ({"/thing.py": ""}, {}, "cannot be placed"),
    ({"a\\b.py": ""}, {}, "cannot be placed"),
    ({"thing.py": ""}, {"pure": "false"}, "Root-Is-Purelib"),
    ({"thing.py": ""}, {"spoil": "thing.py"}, "is damaged: thing.py"),
    ({"thing.py": ""}, {"without": "METADATA"}, "is no wheel"),
    ({f"m{n}.py": "" for n in range(5_001)}, {}, "5,000 files"),
    ({"thing.py": "x" * (100 << 20)}, {}, "104,857,600 bytes"),
])  # fmt: skip
def test_content_that_is_not_right(files: dict[str, str], options: dict[str, str], reason: str) -> None:
    assert reason in refused(*wheel("thing", "1.0", files, **options))


def test_what_is_no_archive() -> None:
    assert "cannot be unpacked" in refused("thing-1.0-py3-none-any.whl", b"PK nothing")
    name, content = wheel("thing", "1.0", {"thing.py": "x" * 1000})
    assert "cannot be unpacked" in refused(name, content[:60] + b"\xff" * 20 + content[80:])


def test_a_large_one_is_refused_before_it_is_read() -> None:
    assert "20,971,520 are the most" in refused("thing-1.0-py3-none-any.whl", bytes(packages.MOST + 1))
