"""Memory snapshots: a worker's interpreter with everything pure imported, kept for the next boots.

The spare worker that makes one (`prepare`) never serves a request, and the slices that it mounts (`keriwasm.snapshot.premade`) find no
host and no storage: there is no wallet and no secret that could get into the snapshot. A worker that starts from one calls
`restored` before it serves anything. What pyscript.toml says: `[snapshot] calls` (what is called beyond importing the slices), `lazy` (see
`keriwasm.imports.lazy_native`).

Clones share the interpreter's hash seed: sets iterate in the same order in each, and an attacker who could choose a
page's dictionary keys would find collisions that hold for all workers of one browser. Nothing secret comes from it.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import random
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from importlib.machinery import FileFinder
from pathlib import Path
from typing import Any

from keriwasm.imports import packed_wheels
from keriwasm.imports.lazy_native import put_off, resume

__all__ = ["freshen", "note", "nothing_open", "prepare", "restored"]

_seen: set[str] = set()
_generators: list[random.Random] = []
"""All that the snapshot holds: to look for them among all objects takes a worker longer than to seed them."""
AT_START = ("keriwasm.browser.databases", "keriwasm.browser.disk_store", "keriwasm.browser.named_stores")
"""What `main.start` imports; nothing of it touches JavaScript before it is used."""
_provided: dict[str, str] = {}
"""What lies in site-packages, up to its first dot (`falcon`, `libsodium`) -> the wheel that it came from."""


def note(wheel: str, site: str) -> None:
    """In the maker, after each wheel that was unpacked into the folder `site`: remember what came with it."""
    for entry in sorted({path.name for path in Path(site).iterdir()} - _seen):
        _seen.add(entry)
        _provided[entry.partition(".")[0]] = wheel


def prepare(text: str) -> None:
    """Import what a worker will need and compile its templates. Raises what an import raises.

    text: JSON `{calls: ["module:function"], lazy: [module], slices: {name: {module}}, packed: {module: wheel}}`, from
        pyscript.toml
    """
    config = json.loads(text)
    slices = [entry.get("module", f"slices.{name}") for name, entry in config["slices"].items()]
    packed_wheels.install(config["packed"])
    put_off(config["lazy"])
    for name in ["main", *AT_START, *slices]:
        importlib.import_module(name)
    for call in config["calls"]:
        module, _, name = call.partition(":")
        getattr(importlib.import_module(module), name)()
    environment = importlib.import_module("keriwasm.web.rendering").environment()
    for name in environment.list_templates():
        environment.get_template(name)
    importlib.import_module("keriwasm.snapshot.premade").make(config["slices"])
    metadata.MetadataPathFinder.invalidate_caches()  # it keeps the library's archive open
    gc.collect()
    nothing_open()
    _generators.extend(generators())
    gc.freeze()


def nothing_open() -> None:
    """Raise RuntimeError when more files are open than a new interpreter has (0 to 2).

    Files are no part of a snapshot, but the numbers of open ones are: a clone that lets go of such a file object closes what
    it has opened under that number itself, such as the wallet's. What this does not catch: a number beyond the first 256.
    """
    found = [number for number in range(3, 256) if _is_open(number)]
    names = [f"{each.name} ({each.fileno()})" for each in gc.get_objects()
             if isinstance(each, io.FileIO) and not each.closed and each.fileno() in found]  # fmt: skip
    if found:
        raise RuntimeError(f"files are open before the snapshot: {', '.join(names) or found}")


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def restored(folder: str) -> None:
    """Make a clone an interpreter of its own: fresh randomness, an empty disk that fills itself.

    folder: where all wheels lie, packed
    """
    freshen([*_generators, *generators()])  # of before prepare() froze what was there, and of after
    resume()
    kept = {path.name for path in Path(folder).iterdir()}  # what was first of the wheels is not
    packed_wheels.install({name: f"{folder}/{wheel}" for name, wheel in _provided.items() if wheel in kept})
    _look_again()


def _look_again() -> None:
    """Folders have other files than where the snapshot was made; the library is the same, and its directory is known.

    `importlib.invalidate_caches` would have it read anew, and so would an import of `js`, which every worker does at once and
    Pyodide's finder, the last of all, finds: on a warm start the library itself is not read yet (workers/interpreter.js).
    """
    for importer in sys.path_importer_cache.values():
        if isinstance(importer, FileFinder):
            importer.invalidate_caches()
    hook: Any = sys.modules.get("_pyodide._importhook")
    if hook is not None:
        sys.meta_path.remove(hook.jsfinder)
        sys.meta_path.insert(0, hook.jsfinder)


def generators() -> Iterator[random.Random]:
    """Every generator that lives in memory and keeps a state."""
    for found in gc.get_objects():
        kind = type(found)  # not isinstance: that asks the object for its class, which may be anybody's code
        if issubclass(kind, random.Random) and not issubclass(kind, random.SystemRandom):
            yield found


def freshen(found: Iterable[random.Random] | None = None) -> None:
    """Give every source of randomness that lives in memory new entropy.

    found: the generators, where somebody has looked for them already

    `os.urandom`, `secrets`, `random.SystemRandom`, libsodium and liboqs ask the browser at each draw and keep nothing.
    What keeps a state is `random.Random` (the module's own instance and any other that was made at import) and what
    caches a draw: uuid's node and clock, tempfile's names.
    """
    for generator in generators() if found is None else found:
        generator.seed()
    _forget("uuid", "_node", "_last_timestamp", "_last_timestamp_v7", "_last_counter_v7")
    _forget("tempfile", "_name_sequence")


def _forget(module: str, *names: str) -> None:
    """Set what a loaded module cached back to None, as it was before its first draw."""
    loaded: Any = sys.modules.get(module)
    for name in names:
        if hasattr(loaded, name):
            setattr(loaded, name, None)
