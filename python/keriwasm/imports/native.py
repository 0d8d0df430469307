"""The native libraries that workers compute with, each loaded at its first use.

A wasm library must not be loaded before a memory snapshot is taken, and costs time to compile: so nothing here is
imported when this module is. Call ``native.pysodium()``, ``native.oqs()`` or ``native.blake3()`` inside a function.

The libraries lie in site-packages (wheels ``libsodium`` and ``liboqs_wasm``), which Pyodide puts on
``LD_LIBRARY_PATH``: there ``ctypes.util.find_library`` looks, and so the unmodified wrappers find them.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Generator, Iterator
from functools import cache, partial
from types import ModuleType

from keriwasm.data import guarding
from keriwasm.runtime.scheduling import ASAP

from . import lazy_native, packed_wheels, quick_dataclasses

__all__ = ["BEFORE", "blake3", "keri", "keri_steps", "oqs", "pysodium"]


def _require_library(name: str) -> None:
    """Raise ImportError, naming the wheel's library, where a wrapper would start a download or die obscurely."""
    import ctypes.util

    if ctypes.util.find_library(name) is None and not packed_wheels.bring(f"lib{name}"):
        raise ImportError(f"lib{name}.so is not on LD_LIBRARY_PATH: is its wheel unpacked?", name=name)


def _prepare(library: str) -> None:
    """What a ctypes wrapper needs before it is imported: safe calls, and its library on the disk."""
    if sys.platform == "wasi":  # it has no ctypes: packages of these names are pure there (python/wasi/standins)
        return
    from . import wasm_ctypes

    wasm_ctypes.install()
    _require_library(library)


def _prepare_oqs() -> None:
    # Without its library the wrapper runs git and cmake after a countdown: say what is wrong instead.
    _prepare("oqs")
    # The wrapper is 0.16, the only wasm build of liboqs on a registry is 0.15. The wrapper's whole own test suite
    # passes over it (tests/wasm), so this one warning would tell a user nothing that he could act on.
    warnings.filterwarnings("ignore", message=r"liboqs version \(major, minor\) .* differs", category=UserWarning)


def _prepare_keri() -> None:
    if sys.platform in ("emscripten", "wasi"):
        quick_dataclasses.install()
    if sys.platform == "emscripten":
        import loopback

        loopback.install()  # hio's servers and clients find each other within this worker


BEFORE: dict[str, Callable[[], None]] = {
    "pysodium": partial(_prepare, "sodium"), "oqs": _prepare_oqs, "keri": _prepare_keri,
}  # fmt: skip
"""What a module needs before it is imported, by whomever."""

# Also by keripy in a worker that started from a snapshot.
lazy_native.before.update({name: BEFORE[name] for name in ("pysodium", "oqs")})


@cache
def pysodium() -> ModuleType:
    """The unmodified pysodium over our libsodium. Raises ImportError when the library is missing."""
    _prepare("sodium")
    return importlib.import_module("pysodium")


@cache
def oqs() -> ModuleType:
    """The unmodified liboqs-python (package ``oqs``) over liboqs. Raises ImportError when the library is missing."""
    _prepare_oqs()
    return lazy_native.loaded(importlib.import_module("oqs"))


@cache
def blake3() -> ModuleType:
    """The C implementation of BLAKE3 (an extension module; here only so that all three are lazy in the same way)."""
    return importlib.import_module("blake3")


KERI = (
    "cbor2", "msgpack", "blake3", "falcon", "ordered_set", "hjson", "semver", "ecdsa", "attr", "jsonschema",
    "keri.core.eventing", "keri.core.parsing", "keri.app.habbing", "keri.peer.exchanging", "keri.vdr.credentialing",
    "keri.vdr.verifying",
)  # fmt: skip
"""What a wallet needs of keripy, in the order of import: what it builds on first, so that no step takes all the time.
keripy's modules import each other in circles; core.eventing must be the first of them."""


def keri_steps() -> Generator[float, float, None]:
    """Import keripy in steps: a handler says `yield from native.keri_steps()`.

    In a worker that takes a second or two in all (wheels are unpacked, some 200 modules imported), on a busy machine
    several, and a worker that does not answer for so long counts as hung. When all is imported the steps cost nothing.
    On a first visit it waits until the wheels are there. Whoever imports a module of keri runs them before (or `keri()`),
    because keri imports pysodium, which needs the adapter. Raises packed_wheels.Coming.
    """
    yield from packed_wheels.here()
    for _ in _keri_imports():
        yield ASAP


def _keri_imports() -> Iterator[None]:
    pysodium()
    _prepare_keri()
    for name in KERI:
        if name not in sys.modules:
            importlib.import_module(name)
            guarding.install()
            yield
    guarding.install()


@cache
def keri() -> ModuleType:
    """The unmodified keripy (package ``keri``), imported at once as far as a wallet needs it; see keri_steps."""
    for _ in _keri_imports():
        pass
    return importlib.import_module("keri")
