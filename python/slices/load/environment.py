"""Where a result was measured: browser, cores and versions go with every run, for a number without them says nothing."""

from __future__ import annotations

import os
import platform
from typing import Any

from keriwasm import __version__
from keriwasm.browser import navigator
from keriwasm.imports import native

__all__ = ["MAKING", "browser", "cores", "describe", "settling", "versions"]

MAKING = "making"
"""State of the memory snapshot (router/policy/pool/snapshot.py) while a spare worker makes it."""


def settling(pool: dict[str, Any]) -> str:
    """What of a first visit's own work is still to come, by the router's view of the pool: "making" while the snapshot is
    made, "none" while the app is being kept (the router knows of no state until it is) or the pool was not idle for long enough;
    "" when nothing is."""
    snapshot = pool.get("snapshot")
    state = (snapshot.get("state") or "none") if snapshot else ""
    return state if state in ("none", MAKING) else ""


def cores() -> int:
    """Logical processors that the browser admits to."""
    return navigator.cores() or os.cpu_count() or 1


def browser() -> str:
    """The browser's own name of itself."""
    return navigator.agent() or f"{platform.system()} {platform.machine()}"


def versions() -> dict[str, str]:
    """Versions of what computes. Loads the libraries: call it when a run begins, not before."""
    found = {"keriwasm": __version__, "python": platform.python_version()}
    readers = {
        "libsodium": lambda: native.pysodium().sodium.sodium_version_string().decode(),
        "blake3": lambda: native.blake3().__version__,
        "liboqs": lambda: str(native.oqs().oqs_version()),
    }
    for name, read in readers.items():
        try:
            found[name] = read()
        except ImportError:  # its operations say so when they are asked for; the others can be measured
            found[name] = "missing"
    return found


def describe(pool_size: int, resolution_ns: int) -> dict[str, Any]:
    """`{browser, cores, pool, timer_resolution_ns, versions}` of this machine, now."""
    return {
        "browser": browser(),
        "cores": cores(),
        "pool": pool_size,
        "timer_resolution_ns": resolution_ns,
        "versions": versions(),
    }
