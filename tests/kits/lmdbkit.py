"""Our `lmdb` under a name of its own: on CPython the name `lmdb` belongs to the real one, which is the oracle."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).resolve().parents[2] / "python" / "lmdb"


BELOW = {"pytest-of-": 3, "keriwasm_unit_": 2}
"""How deep below the machine's temporary folder a test's own begins, by what the first name begins with; else it is the first."""


def own(path: str) -> str:
    """The temporary folder of one test that a path lies in; what lies in none is its own."""
    for root in ("/tmp/", "/dev/shm/"):
        if path.startswith(root):
            names = path.removeprefix(root).split("/")
            return root + "/".join(names[: next((deep for first, deep in BELOW.items() if names[0].startswith(first)), 1)])
    return path


def near(stores: ModuleType) -> None:
    """What was moved or deleted is looked for everywhere in the folder at the top, and at home. In a browser that is little; here it would
    be all of /tmp, again and again: so it is looked for in its test's folder."""
    marks = stores._marks
    stores._marks, stores._top = lambda tops: marks(tops - {str(Path.home())}), own


def ours(name: str = "lmdb_in_browser") -> ModuleType:
    """python/lmdb, imported once as `name`."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            name, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
        )
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        near(module.stores)
    return sys.modules[name]
