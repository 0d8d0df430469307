"""keriwasm.imports.packed_wheels: a packed wheel is unpacked by the first import of what it holds, and only then."""

from __future__ import annotations

import importlib
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from keriwasm.imports import packed_wheels
from keriwasm.imports.packed_wheels import PackedFinder, install


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]


def wheel(folder: Path, name: str, files: dict[str, str]) -> str:
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return str(path)


def test_unpacked_at_the_first_import(tmp_path: Path, site: Path) -> None:
    packed = wheel(tmp_path, "two.whl", {
        "later_one/__init__.py": "import later_two", "later_one/deep.py": "DEPTH = 3", "later_two.py": "WIDTH = 2",
        "two-1.dist-info/METADATA": "Name: two",
    })  # fmt: skip
    other = wheel(tmp_path, "other.whl", {"later_other.py": ""})
    finder = PackedFinder({"later_one": packed, "later_two": packed, "later_other": other}, str(site))
    sys.meta_path.append(finder)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("later_nothing")
    assert not any(site.iterdir()), "somebody else's missing module unpacks nothing"
    assert not finder.bring("later_one.in_c") and Path(packed).exists(), "nor does one that the wheel has not"
    assert importlib.import_module("later_one.deep").DEPTH == 3
    assert sys.modules["later_two"].WIDTH == 2
    assert finder.packed == {"later_other": other}
    assert not Path(packed).exists() and Path(other).exists()


def test_a_broken_wheel_says_so_each_time(tmp_path: Path, site: Path) -> None:
    packed = tmp_path / "broken.whl"
    packed.write_bytes(b"no archive")
    sys.meta_path.append(PackedFinder({"later_broken": str(packed)}, str(site)))
    for _ in range(2):
        with pytest.raises(zipfile.BadZipFile):
            importlib.import_module("later_broken")


def test_a_wheel_that_lacks_its_module(tmp_path: Path, site: Path) -> None:
    packed = wheel(tmp_path, "less.whl", {"less.py": ""})
    sys.meta_path.append(PackedFinder({"later_more": packed}, str(site)))
    with pytest.raises(ModuleNotFoundError, match="later_more"):
        importlib.import_module("later_more")


def test_the_whole_library_takes_the_first_ones_place(tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also below a package of which only a part was there, whose archive was read before."""
    first = wheel(tmp_path, "library.zip", {"early/__init__.py": "", "early/one.py": "ONE = 1"})
    monkeypatch.syspath_prepend(first)
    finder = PackedFinder({"early": str(tmp_path / "whole.zip"), "late": str(tmp_path / "whole.zip")}, str(site), first)
    sys.meta_path.append(finder)
    assert importlib.import_module("early.one").ONE == 1
    with pytest.raises(packed_wheels.Coming):
        importlib.import_module("early.two")
    late = {"a.py": "", "early/two.py": "TWO = 2", "late.py": "L = 3"}
    wheel(tmp_path, "whole.zip", {"early/__init__.py": "", "early/one.py": "ONE = 1", **late})
    assert importlib.import_module("early.two").TWO == 2 and importlib.import_module("late").L == 3
    assert not (tmp_path / "whole.zip").exists() and not finder.packed
    with pytest.raises(ModuleNotFoundError, match="three"):
        importlib.import_module("early.three")


def test_installed_once(site: Path) -> None:
    install({"later_a": "/a.whl"})
    install({"later_b": "/b.whl"})
    (finder,) = (each for each in sys.meta_path if isinstance(each, PackedFinder))
    assert finder.packed == {"later_a": "/a.whl", "later_b": "/b.whl"}


def test_a_wheel_that_is_still_being_fetched(tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tmp_path / "coming.whl"
    sys.meta_path.append(PackedFinder({"later_coming": str(packed)}, str(site)))
    wants: list[int] = []
    monkeypatch.setattr(packed_wheels, "wanted", lambda: wants.append(1))
    assert packed_wheels.known("later_coming") and packed_wheels.coming() and not wants
    with pytest.raises(packed_wheels.Coming, match="later_coming is still being fetched"):
        importlib.import_module("later_coming")
    waiting = packed_wheels.here()
    assert next(waiting) == packed_wheels.LOOK and len(wants) == 2
    wheel(tmp_path, "coming.whl", {"later_coming.py": "HERE = 1"})
    assert list(waiting) == [] and not packed_wheels.coming()
    assert importlib.import_module("later_coming").HERE == 1 and not packed_wheels.known("later_coming")


def test_waiting_has_an_end(site: Path) -> None:
    sys.meta_path.append(PackedFinder({"later_never": "/nowhere.whl"}))
    with pytest.raises(packed_wheels.Coming):
        for _ in packed_wheels.here():
            pass
