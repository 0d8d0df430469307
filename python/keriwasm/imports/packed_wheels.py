"""Wheels that are unpacked at the first import of what they hold.

A pool worker gets every wheel when it starts, but unpacking takes time before the first click: some 600 files of keripy
and its libraries in each of several workers, of which most never import it. So the wheels that `[postponed]` of
pyscript.toml names stay packed, and a finder at the end of `sys.meta_path` unpacks one when a module of it is wanted.
A slice need not know: it writes `import segno`.

The standard library is postponed likewise: a worker of a first visit starts with what a first click needs of it (wheels/first.toml),
and of Falcon, hio, Jinja. What it lacks is found here as well: the whole library takes the first one's place, a whole wheel lies
down over what there is of it.

On a first visit they also come later, once the first click was answered (router/policy/pool/postponed.py). Until then an import of what
they hold raises `Coming`, which is an answer 503; a handler whose work needs them waits with `yield from packed_wheels.here()`.

In a worker that was restored from a memory snapshot every wheel is packed, for files are not part of a snapshot; what it
needs without importing it (a library that `ctypes.util.find_library` looks for), `bring` unpacks.
"""

from __future__ import annotations

import importlib
import sys
import zipfile
from collections.abc import Callable, Generator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

SITE = "/lib/python3.14/site-packages"
"""Where the other wheels were unpacked, too; the file names inside bytecode say so."""

LIBRARY = "/lib/python314.zip"

PATIENCE = 20.0
"""Seconds that `here` waits: less than a request may take, so that whoever asked learns why it is not answered."""

LOOK = 0.05
"""Seconds between two looks."""


def nobody() -> None:
    """Nobody is told."""


wanted: Callable[[], None] = nobody
"""Called when a wheel is wanted that is not there yet: the entry point has it tell the router, which fetches them."""


class Coming(ImportError):
    """A module lies in a wheel that is still being fetched."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is still being fetched: try again in a moment", name=name)


def held(wheel: str, name: str) -> bool:
    """Whether an archive has that module."""
    stem = name.replace(".", "/")
    with zipfile.ZipFile(wheel) as archive:
        names = [each for each in archive.namelist() if each.startswith((f"{stem}.", f"{stem}/"))]
    return any(name.endswith((".py", ".pyc", ".so")) for name in names)


class PackedFinder:
    """A meta path finder (see importlib.abc.MetaPathFinder) for wheels that are still packed.

    packed: top-level module -> path of the wheel; several modules may lie in one wheel. A wheel that was unpacked is
    deleted, its modules are struck off, and the ordinary finders find them. What is no wheel is the whole library.
    overdue: somebody has waited in vain for what is not there
    """

    def __init__(self, packed: dict[str, str], site: str = SITE, library: str = LIBRARY) -> None:
        self.packed = dict(packed)
        self.site = site
        self.library = library
        self.overdue = False

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return PathFinder.find_spec(fullname, path, target) if self.bring(fullname) else None

    def bring(self, name: str) -> bool:
        """Unpack the wheel that has a module (or the library `libsodium`); False if none is packed that has it.

        Raises Coming when the wheel is not there yet.
        """
        wheel = self.packed.get(name.partition(".")[0])
        if wheel is None:
            return False
        if not Path(wheel).exists():
            wanted()
            raise Coming(name)
        if "." in name and not held(wheel, name):  # a C twin of a pure module, looked for in vain
            return False
        self.unpack(wheel)
        return True

    def unpack(self, wheel: str) -> None:
        """Raises OSError or zipfile.BadZipFile when the wheel cannot be read; it then stays registered."""
        if wheel.endswith(".whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(self.site)
            Path(wheel).unlink()
        else:
            Path(wheel).replace(self.library)
        self.packed = {module: other for module, other in self.packed.items() if other != wheel}
        importlib.invalidate_caches()


def install(packed: dict[str, str]) -> None:
    """Have imports find what lies in packed wheels; see PackedFinder. A second call adds to the first."""
    finder = _finder()
    if finder is None:
        sys.meta_path.append(PackedFinder(packed))
    else:
        finder.packed.update(packed)


def bring(name: str) -> bool:
    """See PackedFinder.bring; for what is looked for without being imported."""
    finder = _finder()
    return finder is not None and finder.bring(name)


def known(name: str) -> bool:
    """Whether a packed wheel holds that module, be it there already or not."""
    finder = _finder()
    return finder is not None and name in finder.packed


def coming() -> bool:
    """Whether a packed wheel is still being fetched."""
    finder = _finder()
    return finder is not None and not all(Path(wheel).exists() for wheel in set(finder.packed.values()))


def expected() -> bool:
    """Whether a packed wheel is still being fetched, and nobody has waited for it in vain."""
    finder = _finder()
    return finder is not None and not finder.overdue and coming()


def here() -> Generator[float, float, None]:
    """Wait until all packed wheels are there, `PATIENCE` seconds at most. Raises Coming."""
    tries = int(PATIENCE / LOOK)
    if coming():
        wanted()
    while coming():
        if not tries:
            if (finder := _finder()) is not None:
                finder.overdue = True
            raise Coming("keripy")
        tries -= 1
        yield LOOK


def _finder() -> PackedFinder | None:
    return next((finder for finder in sys.meta_path if isinstance(finder, PackedFinder)), None)
