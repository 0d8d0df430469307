"""Wheels that are unpacked at the first import of what they hold.

A pool worker gets every wheel when it starts, but unpacking takes time before the first click: some 600 files of keripy
and its libraries in each of several workers, of which most never import it. So the wheels that `[pool.later]` of
pyscript.toml names stay packed, and a finder at the end of `sys.meta_path` unpacks one when a module of it is wanted.
A slice need not know: it writes `import segno`.

It does not serve what looks for files without importing (`ctypes.util.find_library`), nor wheels of wasm libraries.
"""

from __future__ import annotations

import importlib
import sys
import zipfile
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

SITE = "/lib/python3.14/site-packages"
"""Where the other wheels were unpacked, too; the file names inside bytecode say so."""


class LaterFinder:
    """A meta path finder (see importlib.abc.MetaPathFinder) for wheels that are still packed.

    packed: top-level module -> path of the wheel; several modules may lie in one wheel. A wheel that was unpacked is
    deleted, its modules are struck off, and the ordinary finders find them.
    """

    def __init__(self, packed: dict[str, str], site: str = SITE) -> None:
        self.packed = dict(packed)
        self.site = site

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        wheel = self.packed.get(fullname)
        if wheel is None:
            return None
        self.unpack(wheel)
        return PathFinder.find_spec(fullname, path, target)

    def unpack(self, wheel: str) -> None:
        """Raises OSError or zipfile.BadZipFile when the wheel cannot be read; it then stays registered."""
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self.site)
        self.packed = {module: other for module, other in self.packed.items() if other != wheel}
        Path(wheel).unlink()
        importlib.invalidate_caches()


def install(packed: dict[str, str]) -> None:
    """Have imports find what lies in packed wheels; see LaterFinder. A second call adds to the first."""
    for finder in sys.meta_path:
        if isinstance(finder, LaterFinder):
            finder.packed.update(packed)
            return
    sys.meta_path.append(LaterFinder(packed))
