"""IndexedDB's events as something to await."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

__all__ = ["available", "open_database", "settled"]


def available() -> bool:
    """Whether this worker has IndexedDB at all (Node has none, some private modes refuse it)."""
    import js

    return bool(getattr(js, "indexedDB", None))


async def open_database(name: str, stores: tuple[str, ...], version: int | None = None) -> Any:
    """The database with these object stores, made where it is not there. Raises OSError when the browser refuses.

    Shielded: if a cancelled request took the upgrade's handler along, the browser would go on without it and leave a
    database of this version that has no stores, for ever.
    """
    return await asyncio.shield(asyncio.ensure_future(_opened(name, stores, version)))


async def _opened(name: str, stores: tuple[str, ...], version: int | None) -> Any:
    import js
    from pyodide.ffi import JsException

    try:
        request = js.indexedDB.open(name) if version is None else js.indexedDB.open(name, version)
    except JsException as ex:  # site data is blocked for this address
        raise OSError(f"IndexedDB refused: {ex}") from ex

    def upgrade(event: Any) -> None:
        for store in stores:
            if not request.result.objectStoreNames.contains(store):
                request.result.createObjectStore(store)

    await settled(request, "onsuccess", ("onerror", "onblocked"), {"onupgradeneeded": upgrade})
    return request.result


async def settled(
    target: Any, good: str, bad: tuple[str, ...], others: dict[str, Callable[[Any], None]] | None = None
) -> None:
    """Wait for one of a target's events; raises OSError with the browser's reason for a bad one. Leaves no proxy."""
    from pyodide.ffi import create_proxy

    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def succeed(event: Any) -> None:
        if not future.done():
            future.set_result(None)

    def fail(event: Any) -> None:
        if not future.done():
            reason = getattr(target, "error", None)
            text = f"{reason.name}: {reason.message}".removesuffix(": ") if reason else str(event.type)
            future.set_exception(OSError(f"IndexedDB refused: {text}"))

    handlers = {good: succeed, **dict.fromkeys(bad, fail), **(others or {})}
    proxies = {name: create_proxy(handler) for name, handler in handlers.items()}
    for name, proxy in proxies.items():
        setattr(target, name, proxy)
    try:
        await future
    finally:
        for name, proxy in proxies.items():
            setattr(target, name, None)
            proxy.destroy()
