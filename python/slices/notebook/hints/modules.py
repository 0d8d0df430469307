"""Which modules there are to import, and what a module holds, also of those that nobody has imported: nothing is, for this."""

from __future__ import annotations

import pkgutil
import re
import sys
import zipfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from keriwasm.imports.packed_wheels import PackedFinder

from slices.notebook.hints import looking

__all__ = ["below", "imported", "names"]

SOURCE_MOST = 1_000_000
DEFINED = re.compile(r"^(?:(?:async )?def |class )(\w+)|^(\w+)(?:: [^=\n]+)? = ", re.M)
IMPORTS = re.compile(r"^[ \t]*(?:import[ \t]+([\w.]+)(?:[ \t]+as[ \t]+(\w+))?|from[ \t]+([\w.]+)[ \t]+import[ \t]+([^\n#(]+))", re.M)


def below(path: str) -> set[str]:
    """Modules in a package, for '' those at the top."""
    if not path:
        found = {name for name in sys.stdlib_module_names if not name.startswith("_")} | set(_packed())
        return found | {name for name in sys.modules if "." not in name} | _listed(sys.path)
    # One that was imported before a memory snapshot is there without its files: these are still packed.
    inside = path + "."
    found = {name.removeprefix(inside) for name in list(sys.modules) if name.startswith(inside)}
    found = {name for name in found if "." not in name}
    module = sys.modules.get(path)
    folders = [str(Path(folder, *path.split("."))) for folder in sys.path]
    found |= _listed(looking.own(module).get("__path__", ()) if looking.is_a(module, ModuleType) else folders)
    wheel = _packed().get(path.partition(".")[0])
    if wheel is not None:
        folder = path.replace(".", "/") + "/"
        rest = [name.removeprefix(folder) for name in _contents(wheel) if name.startswith(folder)]
        found |= {name.removesuffix(".py") for name in rest if name.endswith(".py") and "/" not in name}
        found |= {name.partition("/")[0] for name in rest if name.endswith("/__init__.py") and name.count("/") == 1}
    return found - {"__init__"}


def names(path: str) -> dict[str, object]:
    """What a module holds: its names with what they are, or, if it is not imported yet, those that its source defines."""
    module = sys.modules.get(path)
    found: dict[str, object] = dict.fromkeys(below(path), module)
    if looking.is_a(module, ModuleType):
        return found | looking.own(module)
    for match in DEFINED.finditer(_source(path)):
        found.setdefault(match[1] or match[2], looking.UNKNOWN)
    return found


def imported(source: str) -> dict[str, object]:
    """The names that imports in a text would give, of modules that are there already."""
    found: dict[str, object] = {}
    for whole, alias, path, several in IMPORTS.findall(source):
        if whole:
            name = whole if alias else whole.partition(".")[0]
            if name in sys.modules:
                found[alias or name] = sys.modules[name]
        elif looking.is_a(sys.modules.get(path), ModuleType):
            held = looking.own(sys.modules[path])
            for each in several.split(","):
                name, _, alias = (part.strip() for part in each.partition(" as "))
                if name in held:
                    found[alias or name] = held[name]
    return found


def _listed(folders: Iterable[str]) -> set[str]:
    paths = [folder for folder in folders if isinstance(folder, str)] if isinstance(folders, (list, tuple)) else []
    return {module.name for module in pkgutil.iter_modules(paths)}


def _packed() -> dict[str, str]:
    """Modules at the top that lie in wheels which nobody has unpacked."""
    return {name: wheel for finder in sys.meta_path if isinstance(finder, PackedFinder) for name, wheel in finder.packed.items()
            if Path(wheel).exists()}  # fmt: skip


@lru_cache(maxsize=8)
def _contents(wheel: str) -> tuple[str, ...]:
    with zipfile.ZipFile(wheel) as archive:
        return tuple(archive.namelist())


def _source(path: str) -> str:
    """The text of a module that is not imported, '' where it has none."""
    inside = path.replace(".", "/")
    places = (f"{inside}.py", f"{inside}/__init__.py")
    wheel = _packed().get(path.partition(".")[0])
    if wheel is not None:
        with zipfile.ZipFile(wheel) as archive:
            name = next((name for name in places if name in _contents(wheel)), None)
            return archive.read(name)[:SOURCE_MOST].decode("utf-8", "replace") if name else ""
    for place in (Path(folder, name) for folder in sys.path for name in places):
        if place.is_file():
            return place.read_text("utf-8", "replace")[:SOURCE_MOST]
    return ""
