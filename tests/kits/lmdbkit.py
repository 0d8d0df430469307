"""Our `lmdb` under a name of its own: on CPython the name `lmdb` belongs to the real one, which is the oracle."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).resolve().parents[2] / "python" / "lmdb"


def ours(name: str = "lmdb_in_browser") -> ModuleType:
    """python/lmdb, imported once as `name`."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            name, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
        )
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]
