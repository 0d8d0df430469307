"""IndexedDB as the backing of `disk.pyscript_storage`, in the layout of PyScript's IDBMap."""

from __future__ import annotations

from typing import Any

from keriwasm.browser.databases import open_database, settled

STORE = "entries"


class IdbBacking:
    """Databases named `IDBMap/NAME`, each with one object store `entries`."""

    async def open(self, name: str) -> IdbDatabase:
        """Raises OSError when the browser refuses."""
        return IdbDatabase(await open_database(f"IDBMap/{name}", (STORE,)))


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

    async def apply(self, cleared: bool, changes: dict[str, str | None]) -> None:
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
