"""What the browser says about this origin's storage: how much is used, how much is allowed, whether it may be evicted.

Asking for persistence needs the page (`navigator.storage.persist` does not exist in workers): an element with
`data-persist` does it, see python/page/offline.py.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from keriwasm.browser.navigator import navigator

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

UNKNOWN: dict[str, Any] = {"persisted": None, "usage": None, "quota": None, "private": None}
"""Where there is no StorageManager: Node, old browsers, insecure addresses."""


def facts(worker: Context) -> Generator[float, float, dict[str, Any]]:
    """`storage = yield from facts(worker)`: {persisted: bool, usage: bytes, quota: bytes, private: bool}; None is unknown.

    private: all of it is gone when the window is closed (Firefox's private windows; Chromium's cannot be told).
    usage and quota are the browser's estimates for the whole origin, IndexedDB and kept app files together.
    """
    storage = getattr(navigator(), "storage", None)
    if not storage or not hasattr(storage, "estimate"):
        return dict(UNKNOWN)
    persisted = yield from worker.doist.await_(storage.persisted())
    estimate = yield from worker.doist.await_(storage.estimate())
    private = yield from window_is_private(worker, storage)
    return {
        "persisted": bool(persisted),
        "usage": whole(getattr(estimate, "usage", None)),
        "quota": whole(getattr(estimate, "quota", None)),
        "private": private,
    }


def window_is_private(worker: Context, storage: Any) -> Generator[float, float, bool | None]:
    """Whether the browser keeps files from this window, though it keeps databases: so Firefox's private windows do. None is unknown."""
    if not hasattr(storage, "getDirectory"):
        return None
    try:
        yield from worker.doist.await_(storage.getDirectory())
    except Exception as ex:  # a DOMException, which is a class of Pyodide's alone; any other reason says nothing about the window
        return True if "SecurityError" in (str(getattr(ex, "name", "")), str(ex).partition(":")[0]) else None
    return False


def whole(count: Any) -> int | None:
    """JavaScript's number or undefined as bytes."""
    return int(count) if isinstance(count, (int, float)) else None
