"""Bytecode for the vendored wheels and for Pyodide's standard library.

Compiling is most of the time that a Python worker takes to start: with bytecode at hand, `loadPyodide` falls from 1.9 s
to 0.6 s under Node on a 2-core machine, and importing jinja2, falcon and hio from 0.95 s to 0.3 s. The compiler is the
vendored Pyodide itself, so that the magic number is right by construction.

Wheels keep their sources (a KERI developer reads tracebacks) and get `__pycache__` folders beside them. The standard
library keeps bytecode only, as Pyodide's own distribution does: both together would add 1.4 MB to every first visit.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path, PurePosixPath

from vendoring import node, paths

CACHE_TAG = "cpython-314"
STDLIB_PREFIX = "/lib/python314.zip"


def compiled(sources: dict[str, bytes], pyodide: Path, prefix: str) -> dict[str, bytes]:
    """Bytecode of every `.py` in ``sources``, by the source's name, compiled by the Pyodide in folder ``pyodide``.

    Raises RuntimeError, naming the files, when one does not compile.
    """
    modules = {name: data for name, data in sources.items() if name.endswith(".py")}
    if not modules:
        return {}
    with tempfile.TemporaryDirectory() as name:
        source, out = Path(name, "source"), Path(name, "out")
        out.mkdir()
        for module, data in modules.items():
            path = source / module
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        here = Path(__file__).parent
        failed = json.loads(node.run(here / "compile.mjs", pyodide, source, out, prefix).strip().splitlines()[-1])
        if failed:
            raise RuntimeError("does not compile: " + "; ".join(f"{file}: {reason}" for file, reason in failed))
        return {module: (out / f"{module}c").read_bytes() for module in modules}


def pycache_name(module: str) -> str:
    """Where import looks for the bytecode of a module file: x/y.py -> x/__pycache__/y.cpython-314.pyc."""
    path = PurePosixPath(module)
    return (path.parent / "__pycache__" / f"{path.stem}.{CACHE_TAG}.pyc").as_posix()


def with_pycache(files: dict[str, bytes], pyodide: Path) -> dict[str, bytes]:
    """The files of a wheel plus bytecode for its modules."""
    codes = compiled(files, pyodide, paths.SITE_PACKAGES)
    return {**files, **{pycache_name(module): code for module, code in codes.items()}}


def stdlib(files: dict[str, bytes], pyodide: Path) -> dict[str, bytes]:
    """The files of Pyodide's python_stdlib.zip with `x.pyc`, as zipimport takes it, in place of each `x.py`."""
    codes = compiled(files, pyodide, STDLIB_PREFIX)
    return {
        **{name: data for name, data in files.items() if name not in codes},
        **{f"{module}c": code for module, code in codes.items()},
    }
