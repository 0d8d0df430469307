"""What a first click needs of the library and of the wheels, as two archives of their own: wheels/first.toml lists it.

Members are those of the whole archives, byte for byte. Of a wheel's module only its bytecode is there, beside where its source
will lie: a whole wheel that is unpacked over it later brings that, for tracebacks.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from . import archives
from .bytecode import pycache_name

__all__ = ["LIBRARY", "PACKAGES", "derived", "library", "packages", "read"]

LIBRARY = "static/wheels/first_library.zip"
PACKAGES = "static/wheels/first_packages.zip"
_NATIVE = ".cpython-314-wasm32-emscripten.so"


def read(path: Path) -> dict[str, list[str]]:
    """The lists. Raises ValueError when one is missing, unknown, unsorted or names something twice."""
    lists = tomllib.loads(path.read_text(encoding="utf-8"))
    if set(lists) != {"library", "packages"}:
        raise ValueError(f"{path.name}: it has the lists library and packages, not {', '.join(lists)}")
    for name, listed in lists.items():
        if listed != sorted(set(listed)):
            raise ValueError(f"{path.name}: {name} is not sorted, or names something twice")
    return lists


def _picked(files: Mapping[str, bytes], names: list[str]) -> dict[str, bytes]:
    if missing := [name for name in names if name not in files]:
        raise ValueError(f"wheels/first.toml: there is no {', '.join(missing)}")
    return {name: files[name] for name in names}


def library(files: Mapping[str, bytes], modules: list[str]) -> dict[str, bytes]:
    """Of the whole library's files those that hold these modules. Raises ValueError for a module that it has not."""
    stems = [module.replace(".", "/") for module in modules]
    return _picked(files, [f"{stem}/__init__.pyc" if f"{stem}/__init__.pyc" in files else f"{stem}.pyc" for stem in stems])


def packages(files: Mapping[str, bytes], modules: list[str]) -> dict[str, bytes]:
    """Of the files of all wheels the bytecode of these modules, and native ones themselves."""
    names: dict[str, str] = {}
    for module in modules:
        stem = module.replace(".", "/")
        if f"{stem}{_NATIVE}" in files:
            names[f"{stem}{_NATIVE}"] = f"{stem}{_NATIVE}"
            continue
        source = f"{stem}/__init__.py" if f"{stem}/__init__.py" in files else f"{stem}.py"
        names[f"{source}c"] = pycache_name(source)
    picked = _picked(files, list(names.values()))
    return {name: picked[of] for name, of in names.items()}


def derived(made: Mapping[str, bytes], lists: Mapping[str, list[str]]) -> dict[str, bytes]:
    """Both archives by their paths, out of all files that a refresh has made."""
    (whole,) = (archives.unzip(data) for path, data in made.items() if path.endswith("/python_stdlib.zip"))
    wheels = {name: data for path, wheel in made.items() if path.endswith(".whl") and path.startswith("static/wheels/")
              for name, data in archives.unzip(wheel).items()}  # fmt: skip
    return {
        LIBRARY: archives.pack(library(whole, lists["library"])),
        PACKAGES: archives.pack(packages(wheels, lists["packages"])),
    }
