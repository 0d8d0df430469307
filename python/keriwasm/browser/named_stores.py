"""IndexedDB as a `storage.Backing`, in the layout of PyScript's IDBMap. Only this and `bridge` meet JavaScript."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from keriwasm.disk.pyscript_storage import Changes

STORE = "entries"


class IdbBacking:
    """Databases named `IDBMap/NAME`, each with one object store `entries`."""

    @staticmethod
    def available() -> bool:
        """Whether this worker has IndexedDB at all (Node has none, some private modes refuse it)."""
        import js

        return bool(getattr(js, "indexedDB", None))

    async def open(self, name: str) -> IdbDatabase:
        """Raises OSError when the browser refuses."""
        # Shielded: a cancelled request must not take the upgrade's handler along, or a database without its object store
        # would be left for ever.
        return await asyncio.shield(asyncio.ensure_future(self._open(name)))

    @staticmethod
    async def _open(name: str) -> IdbDatabase:
        import js
        from pyodide.ffi import JsException

        try:
            request = js.indexedDB.open(f"IDBMap/{name}")
        except JsException as ex:  # site data is blocked for this address
            raise OSError(f"IndexedDB refused: {ex}") from ex

        def upgrade(event: Any) -> None:
            if not request.result.objectStoreNames.contains(STORE):
                request.result.createObjectStore(STORE)

        await settled(request, "onsuccess", ("onerror", "onblocked"), {"onupgradeneeded": upgrade})
        return IdbDatabase(request.result)


class IdbDatabase:
    """One open database."""

    def __init__(self, database: Any) -> None:
        self._database = database

    async def entries(self) -> list[tuple[str, str]]:
        """All pairs, read in one transaction, so that they belong together."""
        transaction = self._database.transaction(STORE, "readonly")
        store = transaction.objectStore(STORE)
        keys, values = store.getAllKeys(), store.getAll()
        await settled(transaction, "oncomplete", ("onabort", "onerror"))
        return list(zip(keys.result.to_py(), values.result.to_py(), strict=True))

    async def apply(self, cleared: bool, changes: Changes) -> None:
        """One readwrite transaction with strict durability; returns at its `complete` event."""
        import js
        from pyodide.ffi import JsException, to_js

        options = to_js({"durability": "strict"}, dict_converter=js.Object.fromEntries)
        try:
            transaction = self._database.transaction(STORE, "readwrite", options)
            store = transaction.objectStore(STORE)
            if cleared:
                store.clear()
            for key, value in changes.items():
                if value is None:
                    store.delete(key)
                else:
                    store.put(value, key)
        except JsException as ex:  # for example: the browser has closed the database because the user cleared its data
            raise OSError(f"IndexedDB refused: {ex}") from ex
        await settled(transaction, "oncomplete", ("onabort", "onerror"))


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
