"""Where the checkout is, and what of it must be on the path of a Python that serves it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def use() -> None:
    """Put the app's folders first on the path: `lmdb` and `pyscript` are then ours, as in the page (see lmdb_disk).

    Bytecode goes into the cache: nothing is written into static/, whose every file the lock names."""
    if sys.pycache_prefix is None:
        cache = os.environ.get("KERIWASM_CACHE") or Path.home() / ".cache" / "keriwasm"
        sys.pycache_prefix = str(Path(cache) / "bytecode")
    stdlib = sorted((ROOT / "static" / "pyscript").glob("*/stdlib"))
    for place in (*stdlib, ROOT / "workers", ROOT, ROOT / "python"):
        text = str(place)
        if text in sys.path:
            sys.path.remove(text)
        sys.path.insert(0, text)
