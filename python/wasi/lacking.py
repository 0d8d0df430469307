"""What CPython on wasi has not and hio, keripy and our own code expect: adapted here, before any of them is imported.

A wasi:http component has neither threads nor sockets nor files: its world is `wasi:http/proxy`, and a host that gives more is not
asked for it. What it has in its place, and what each costs:

* `tempfile.tempdir`: hio asks for a folder for temporary files while it is imported, and there is none. It gets a name.
* `ssl`, `ctypes`: hio and our `native` import them and use them only where a connection is made or a library is loaded. Here neither
  happens; what is used all the same raises AttributeError with the module's name.
* a database's folder: keripy makes one for each Baser and deletes it with it. Here a Baser's folder is a name, and the store behind
  it goes when the Baser does.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from types import ModuleType
from typing import Any

FOLDER = "/nowhere"
_numbers = itertools.count(1)


class Absent(ModuleType):
    """A module that is imported and never used."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.__name__}.{name}: a wasi interpreter has no {self.__name__}")


def adapt() -> None:
    """Before anything of hio, keripy or keriwasm is imported."""
    import asyncio  # noqa: F401 - it takes an absent ssl for what it is; a stand-in would puzzle it

    tempfile.tempdir = FOLDER
    os.environ["KERIWASM_SERVED"] = "1"  # pages say where they are computed: not in the reader's browser
    for name in ("ssl", "ctypes", "ctypes.util"):
        sys.modules.setdefault(name, Absent(name))
    without_folders()


def without_folders() -> None:
    """keripy's databases without a folder of theirs."""
    from hio.base import filing
    from lmdb import stores

    def remake(self: Any, **kwa: Any) -> tuple[str, None]:
        return f"{FOLDER}/{next(_numbers)}", None

    def open_store(path: str, **kwa: Any) -> stores.Store:
        return stores.Store(path, path)

    filing.Filer.remake = remake
    stores.stores.open = open_store
