"""Where what is kept has its places: in a browser `/keriwasm`, which only its worker sees; a server names a folder (keriwasm.server)."""

from __future__ import annotations

import os
from pathlib import Path

BROWSER = "/keriwasm"


def place(path: str) -> Path:
    """Where a folder of the browser's is here."""
    return Path(os.environ.get("KERIWASM_HOME") or BROWSER) / Path(path).relative_to(BROWSER)


def confine() -> None:
    """On a server: a store that left its place is looked for where such are kept here, not on all of somebody's machine."""
    import lmdb

    home = os.environ.get("KERIWASM_HOME")
    lmdb.stores.stores.places = {home} if home else set()  # type: ignore[attr-defined]
