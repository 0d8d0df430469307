"""The native libraries that workers compute with, each loaded at its first use.

A wasm library must not be loaded before a memory snapshot is taken, and costs time to compile: so nothing here is
imported when this module is. Call ``native.pysodium()``, ``native.oqs()`` or ``native.blake3()`` inside a function.

The libraries lie in site-packages (wheels ``libsodium`` and ``liboqs_wasm``), which Pyodide puts on
``LD_LIBRARY_PATH``: there ``ctypes.util.find_library`` looks, and so the unmodified wrappers find them.
"""

from __future__ import annotations

import ctypes.util
import importlib
import sys
import warnings
from functools import cache
from types import ModuleType

from . import quick_dataclasses, wasm_ctypes

__all__ = ["blake3", "keri", "oqs", "pysodium"]


def _require_library(name: str) -> None:
    """Raise ImportError, naming the wheel's library, where a wrapper would start a download or die obscurely."""
    if ctypes.util.find_library(name) is None:
        raise ImportError(f"lib{name}.so is not on LD_LIBRARY_PATH: is its wheel unpacked?", name=name)


@cache
def pysodium() -> ModuleType:
    """The unmodified pysodium over our libsodium. Raises ImportError when the library is missing."""
    wasm_ctypes.install()
    _require_library("sodium")
    return importlib.import_module("pysodium")


@cache
def oqs() -> ModuleType:
    """The unmodified liboqs-python (package ``oqs``) over liboqs. Raises ImportError when the library is missing."""
    wasm_ctypes.install()
    # Without its library the wrapper runs git and cmake after a countdown: say what is wrong instead.
    _require_library("oqs")
    with warnings.catch_warnings():
        # The wrapper is 0.16, the only wasm build of liboqs on a registry is 0.15. The wrapper's whole own test suite
        # passes over it (tests/wasm), so this one warning would tell a user nothing that he could act on.
        warnings.filterwarnings("ignore", message=r"liboqs version \(major, minor\) .* differs", category=UserWarning)
        return importlib.import_module("oqs")


@cache
def blake3() -> ModuleType:
    """The C implementation of BLAKE3 (an extension module; here only so that all three are lazy in the same way)."""
    return importlib.import_module("blake3")


@cache
def keri() -> ModuleType:
    """The unmodified keripy (package ``keri``), imported as far as a wallet needs it.

    In a worker the first call takes a second or two: wheels are unpacked (see keriwasm.later) and some 150 modules
    imported. Whoever imports a module of keri calls this before, because keri imports pysodium, which needs the adapter.
    """
    pysodium()
    if sys.platform == "emscripten":
        quick_dataclasses.install()
    for name in ("core.eventing", "core.parsing", "app.habbing", "peer.exchanging", "vdr.credentialing", "vdr.verifying"):
        importlib.import_module(f"keri.{name}")
    return importlib.import_module("keri")
