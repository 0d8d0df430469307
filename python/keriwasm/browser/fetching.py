"""Files of the app, from whoever serves it."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["fetch"]


def fetch(worker: Context, path: str) -> Generator[Any, Any, bytes]:
    """A file by its address relative to the app's folder. Raises OSError with the reason when it does not come."""
    import js
    from pyodide.ffi import JsException

    try:
        response = yield from worker.doist.await_(js.fetch(f"{worker.settings.base}{path}"))
        if not response.ok:
            raise OSError(f"HTTP {response.status}")
        buffer = yield from worker.doist.await_(response.arrayBuffer())
    except JsException as ex:
        raise OSError(str(ex)) from ex
    return buffer.to_bytes()
