"""Modules with native code, put off until they are used.

A memory snapshot keeps the interpreter's linear memory and nothing else, so no native library may be loaded before it is
taken. While one is being made, `put_off` stands in the import system for the modules that pyscript.toml names: importing
one gives a `LazyModule`, which becomes that very module at the first use of any of its attributes after the restore.

importlib's own LazyLoader does not do: a second `import x` reads `__spec__` and so triggers it. What this guard does not
catch: code that needs a value of such a module while it is imported (a constant, a base class). A name fetched then is
a callable that waits (keripy puts `blake3.blake3` into a table of its class body); used otherwise it raises TypeError,
and the snapshot is not made. A native module that is not put off raises ImportError then; whoever imports it may have
a pure stand-in of his own (markupsafe has).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any

from . import packed_wheels

__all__ = ["LazyFunction", "LazyModule", "before", "begin", "load", "loaded", "put_off", "resume"]

before: dict[str, Callable[[], None]] = {}
"""Module name -> what has to be done before it is loaded (see `native`)."""


class LazyModule(ModuleType):
    """Stands in for a module; becomes it at the first use of an attribute that is no dunder, or of its version."""

    def __getattr__(self, name: str) -> Any:
        # The import system asks any module for dunders; nobody but a user for a version.
        if name.startswith("__") and (_finder.names or name != "__version__"):
            raise AttributeError(name)
        if _finder.names:
            return LazyFunction(self, name)
        load(self)
        return getattr(self, name)


class LazyFunction:
    """A function of a deferred module that was fetched while a snapshot was being made."""

    def __init__(self, module: ModuleType, name: str) -> None:
        self.module = module
        self.name = name

    def __call__(self, *args: Any, **kwa: Any) -> Any:
        return getattr(self.module, self.name)(*args, **kwa)

    def __repr__(self) -> str:
        return f"<{self.module.__name__}.{self.name}, loaded at its first call>"


class _Finder(MetaPathFinder, Loader):
    """Gives a LazyModule for the names that are put off."""

    def __init__(self) -> None:
        self.names: frozenset[str] = frozenset()
        self.native = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in self.names:
            return ModuleSpec(fullname, self)
        if self.native:
            return None
        found = PathFinder.find_spec(fullname, path, target)
        if found is not None and isinstance(found.loader, ExtensionFileLoader):
            raise ImportError(f"{fullname} is native: it cannot be loaded before a snapshot is taken", name=fullname)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return LazyModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing yet."""


_finder = _Finder()


def begin(text: str) -> None:
    """Before a worker of a plain start imports anything: what comes late is known, and what is native of it is put off.

    text: JSON `{packed: {module: wheel}, lazy: [module]}`; see packed_wheels.install
    """
    told = json.loads(text)
    packed_wheels.install(told["packed"])
    late = [name for name in told["lazy"] if packed_wheels.known(name)]
    if late:
        put_off(late, native=True)


def put_off(names: Iterable[str], native: bool = False) -> None:
    """From now on importing one of `names` gives a `LazyModule`; modules that are loaded already stay as they are.

    native: others may be native, for no snapshot is taken: what comes late on a first visit is put off alike
    """
    _finder.native = native
    _finder.names = frozenset(names)
    sys.meta_path.insert(0, _finder)


def resume() -> None:
    """Native code may be loaded again: what was put off loads at its next use."""
    _finder.names = frozenset()
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)


def loaded(module: ModuleType) -> ModuleType:
    """The module itself, loaded now if it was put off; raises what `load` raises."""
    if isinstance(module, LazyModule):
        load(module)
    return module


def load(module: LazyModule) -> None:
    """Turn a stand-in into its module, in place: whoever holds it sees the change.

    Raises ImportError when the module is not there, and what its own code raises; it stays put off then.
    """
    name = module.__name__
    if name in before:
        before[name]()
    spec = _spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module.__class__ = ModuleType
    kept = dict(module.__dict__)
    try:
        if isinstance(spec.loader, ExtensionFileLoader):
            real = module_from_spec(spec)
            spec.loader.exec_module(real)
            module.__dict__.update(real.__dict__)
        else:
            module.__spec__ = spec
            module.__loader__ = spec.loader
            module.__package__ = spec.parent
            if spec.origin:
                module.__file__ = spec.origin
            if spec.submodule_search_locations is not None:
                module.__path__ = spec.submodule_search_locations
            spec.loader.exec_module(module)
    except BaseException:
        module.__dict__.clear()
        module.__dict__.update(kept)
        module.__class__ = LazyModule
        raise


def _spec(name: str) -> ModuleSpec | None:
    """`importlib.util.find_spec` would give the stand-in's own spec, for it is in sys.modules."""
    for finder in sys.meta_path:
        spec = finder.find_spec(name, None)
        if spec is not None:
            return spec
    return None
