"""keriwasm.imports.lazy_native: a module with native code is put off while a snapshot is made, and is itself afterwards."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from keriwasm.data import guarding
from keriwasm.imports import lazy_native

SOURCE = """
import sys
__version__ = "1.2"
sys.modules.setdefault("loads_of_putoff", []).append(1)
SIZE, OFFSET = 32, 1
def double(x):
    return 2 * x + OFFSET
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on sys.path with the module `putoff` and the package `putpack`; nothing stays put off after the test."""
    (tmp_path / "putoff.py").write_text(SOURCE)
    (tmp_path / "putpack").mkdir()
    (tmp_path / "putpack" / "__init__.py").write_text("from .part import value\n")
    (tmp_path / "putpack" / "part.py").write_text("value = 7\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    lazy_native.resume()
    lazy_native.before.pop("putoff", None)
    for name in ("putoff", "putpack", "putpack.part", "loads_of_putoff"):
        sys.modules.pop(name, None)


def put_off(name: str) -> ModuleType:
    lazy_native.put_off([name])
    module = importlib.import_module(name)
    lazy_native.resume()
    return module


def test_it_loads_at_its_first_use_in_place(place: Path):
    module = put_off("putoff")
    assert isinstance(module, lazy_native.LazyModule) and "loads_of_putoff" not in sys.modules
    assert importlib.import_module("putoff") is module and isinstance(module, lazy_native.LazyModule)  # importing is no use
    assert module.SIZE == 32
    assert type(module) is ModuleType and sys.modules["putoff"] is module and module.__file__ == str(place / "putoff.py")
    module.OFFSET = 2  # its functions see what is set on it
    assert module.double(4) == 10 and sys.modules["loads_of_putoff"] == [1]


def test_its_version_is_a_use_and_other_dunders_are_none(place: Path):
    """The load lab names the versions of what it measures, on a return visit, too."""
    module = put_off("putoff")
    with pytest.raises(AttributeError):
        module.__path__  # noqa: B018
    assert "loads_of_putoff" not in sys.modules and module.__version__ == "1.2"
    lazy_native.put_off(["putpack"])
    with pytest.raises(AttributeError):  # while a snapshot is made nothing can be loaded
        importlib.import_module("putpack").__version__  # noqa: B018


def test_a_guard_over_it_has_all_of_it(place: Path):
    """keripy's cbor2 is put off for the snapshot and guarded before it loads: a worker restored so refused every CBOR log."""
    (place / "putoff.py").write_text("def loads(data): return data\ndef dumps(value): return b'out'\n")
    lazy_native.put_off(["putoff"])
    guarded = guarding._Scanning(importlib.import_module("putoff"), "CBOR")
    lazy_native.resume()
    assert guarded.dumps(1) == b"out" and guarded.loads(b"\x01") == b"\x01"
    with pytest.raises(guarding.Unfit):
        guarded.loads(b"\x81" * 1000 + b"\x01")


def test_a_package_finds_its_parts(place: Path):
    assert put_off("putpack").value == 7
    assert importlib.import_module("putpack.part").value == 7


def test_a_function_fetched_meanwhile_waits_for_its_call(place: Path):
    lazy_native.put_off(["putoff"])
    double = importlib.import_module("putoff").double
    with pytest.raises(TypeError):
        double + 1  # what is no call cannot wait
    lazy_native.resume()
    assert "loads_of_putoff" not in sys.modules and "putoff.double" in repr(double)
    assert double(1) == 3


def test_what_has_to_be_done_before_is_done_once(place: Path):
    done = []
    lazy_native.before["putoff"] = lambda: done.append("putoff")
    module = put_off("putoff")
    assert done == [] and module.SIZE == 32 and module.double(1) == 3 and done == ["putoff"]
    assert lazy_native.loaded(module) is module


def test_a_module_that_fails_stays_put_off(place: Path):
    (place / "putoff.py").write_text("SIZE = 1\nraise ValueError('broken')\n")
    module = put_off("putoff")
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            module.SIZE  # noqa: B018
    assert isinstance(module, lazy_native.LazyModule) and "SIZE" not in vars(module)
    (place / "putoff.py").unlink()
    importlib.invalidate_caches()
    with pytest.raises(ModuleNotFoundError, match="putoff"):
        module.SIZE  # noqa: B018


def test_native_modules_that_are_not_put_off_are_refused(place: Path):
    import _ctypes  # noqa: F401  (an extension module of the standard library, for its file)

    native = next(iter(Path(sys.modules["_ctypes"].__file__).parent.glob("_ctypes.*")))
    (place / f"putnative{native.name.removeprefix('_ctypes')}").write_bytes(native.read_bytes())
    importlib.invalidate_caches()
    lazy_native.put_off([])
    with pytest.raises(ImportError, match="native"):
        importlib.import_module("putnative")
