"""The disk's three object stores in IndexedDB: what `keriwasm.disk.disk` asks of a backing, each call one transaction.

`meta` has the generation of the writer, the head (which checkpoint counts, up to which record of the log) and the number of the
last record whose predecessors must not stay (`forget`, see disk/disk.py: 0 for none, absent before there was such a mark); `log` has the
records by their number; `parts` has the checkpoints' parts by [checkpoint, part]. Every transaction that writes reads the
generation first, and aborts itself when another writer has taken over: the check and the write cannot come apart.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from keriwasm.browser.databases import open_database, settled

DATABASE = "keriwasm-disk"
CHANNEL = "keriwasm-disk"
STORES = ("meta", "log", "parts")

Head = dict[str, int]
Stored = tuple[Head, list[bytes], list[tuple[int, bytes]]]
"""(head, the checkpoint's parts in order, the log's records after it by number)."""

EMPTY: Head = {"format": 1, "snapshot": 0, "parts": 0, "since": 0, "bytes": 0}
"""The head of a disk that nothing was compacted on."""


class Fenced(Exception):
    """Another writer has taken over."""


class IdbDisk:
    """The backing of `keriwasm.disk.disk.Disk` in a browser. Raises OSError with the browser's reason."""

    def __init__(self) -> None:
        self._database: Any = None
        self._opening: asyncio.Future[Any] | None = None
        self._channel: Any = None

    async def _open(self) -> Any:
        if self._database is None:
            if self._opening is None or self._opening.done():
                self._opening = asyncio.ensure_future(open_database(DATABASE, STORES, 1))
            self._database = await asyncio.shield(self._opening)
        return self._database

    async def _transact(
        self, stores: tuple[str, ...], mode: str, work: Callable[[Any, Steps], None], durability: str = "strict"
    ) -> None:
        """Run `work(transaction, steps)` and wait until the transaction is complete. Raises what a step raised."""
        import js
        from pyodide.ffi import JsException, to_js

        database = await self._open()
        steps = Steps()
        try:
            options = to_js({"durability": durability}, dict_converter=js.Object.fromEntries)
            transaction = steps.transaction = database.transaction(to_js(list(stores)), mode, options)
            work(transaction, steps)
        except JsException as ex:
            self._database = None  # for example closed by the browser: the next try opens it anew
            steps.free()
            raise OSError(f"IndexedDB refused: {ex}") from ex
        try:
            await settled(transaction, "oncomplete", ("onabort",))
        except OSError:
            if steps.error is None:
                raise
        finally:
            steps.free()
        if steps.error is not None:
            raise steps.error

    async def claim(self) -> int:
        """Become the writer: the new generation, which fences off all earlier ones."""
        claimed: list[int] = []

        def work(transaction: Any, steps: Steps) -> None:
            meta = transaction.objectStore("meta")

            def got(value: Any) -> None:
                claimed.append(int(value or 0) + 1)
                meta.put(claimed[0], "generation")

            steps.then(meta.get("generation"), got)

        # A writer that a power cut makes forget its number took all the others along; its first record is strict again.
        await self._transact(("meta",), "readwrite", work, "relaxed")
        return claimed[0]

    async def stored(self, after: int | None = None) -> Stored | None:
        """Everything, read in one transaction so that it belongs together.

        after: only the log's records past this number are wanted; None when the log does not reach back so far.
        """
        found: dict[str, Any] = {"head": dict(EMPTY), "parts": [], "keys": [], "values": []}

        def work(transaction: Any, steps: Steps) -> None:
            def got(text: Any) -> None:
                if text:
                    found["head"] = json.loads(text)
                head = found["head"]
                if "forget" in found:
                    head["forget"] = found["forget"]
                since = head["since"] if after is None else after
                if since < head["since"]:
                    found["late"] = True
                    return
                if after is None and head["parts"]:
                    number, parts = head["snapshot"], transaction.objectStore("parts")
                    steps.then(parts.getAll(span([number, 0], [number, head["parts"]])), keep("parts"))
                log = transaction.objectStore("log")
                steps.then(log.getAllKeys(above(since)), keep("keys"))
                steps.then(log.getAll(above(since)), keep("values"))

            def keep(name: str) -> Callable[[Any], None]:
                def got(values: Any) -> None:
                    found[name] = [value if isinstance(value, (int, float)) else value.to_bytes() for value in values]

                return got

            def marked(value: Any) -> None:
                if value is not None:
                    found["forget"] = int(value)

            meta = transaction.objectStore("meta")
            steps.then(meta.get("forget"), marked)  # requests of one transaction are answered in order
            steps.then(meta.get("head"), got)

        await self._transact(STORES, "readonly", work)
        if "late" in found:
            return None
        return found["head"], found["parts"], list(zip(map(int, found["keys"]), found["values"], strict=True))

    async def commit(self, generation: int, number: int, record: bytes, forget: int | None = None) -> None:
        """Add a record to the log. forget: the mark to set with it. Raises Fenced."""

        def work(transaction: Any, steps: Steps) -> None:
            steps.fence(generation)
            transaction.objectStore("log").put(binary(record), number)
            if forget is not None:
                transaction.objectStore("meta").put(forget, "forget")

        await self._transact(("meta", "log"), "readwrite", work)
        self._tell(number)

    async def part(self, generation: int, checkpoint: int, number: int, record: bytes) -> None:
        """Write one part of a checkpoint that does not count yet. Raises Fenced."""
        from pyodide.ffi import to_js

        def work(transaction: Any, steps: Steps) -> None:
            steps.fence(generation)
            transaction.objectStore("parts").put(binary(record), to_js([checkpoint, number]))

        await self._transact(("meta", "parts"), "readwrite", work)

    async def switch(self, generation: int, head: Head) -> None:
        """From here on this checkpoint counts: drop all other parts, and the log's records that it covers. Raises Fenced."""

        def work(transaction: Any, steps: Steps) -> None:
            import js

            steps.fence(generation)
            meta = transaction.objectStore("meta")
            meta.put(json.dumps(head), "head")

            def covered(mark: Any) -> None:
                if mark is None or int(mark) <= head["since"]:
                    meta.put(0, "forget")

            steps.then(meta.get("forget"), covered)
            parts = transaction.objectStore("parts")
            if head["snapshot"]:
                parts.delete(js.IDBKeyRange.upperBound(list_of(head["snapshot"]), True))
            parts.delete(js.IDBKeyRange.lowerBound(list_of(head["snapshot"], head["parts"])))
            if head["since"]:
                transaction.objectStore("log").delete(js.IDBKeyRange.upperBound(head["since"]))

        await self._transact(STORES, "readwrite", work)
        self._tell(0)

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` when a writer says that it wrote. A hint: it may be lost, or come too early."""
        from pyodide.ffi import create_proxy

        self._broadcast().onmessage = create_proxy(lambda event: heard())  # lives as long as the worker

    def _tell(self, number: int) -> None:
        self._broadcast().postMessage(number)

    def _broadcast(self) -> Any:
        import js

        if self._channel is None:
            self._channel = js.BroadcastChannel.new(CHANNEL)
        return self._channel


class Steps:
    """Requests of one transaction with what follows each; a step that raises aborts the transaction.

    What follows must run inside of the request's own event: a transaction that waits for nothing commits itself.
    """

    def __init__(self) -> None:
        self.transaction: Any = None
        self.error: Exception | None = None
        self._proxies: list[Any] = []

    def then(self, request: Any, step: Callable[[Any], None]) -> None:
        """Call `step` with the request's result."""
        from pyodide.ffi import create_proxy

        def succeeded(event: Any) -> None:
            try:
                step(request.result)
            except Exception as ex:
                self.error = self.error or ex
                self.transaction.abort()

        proxy = create_proxy(succeeded)
        self._proxies.append(proxy)
        request.onsuccess = proxy

    def fence(self, generation: int) -> None:
        """Abort unless this is the writer's generation still."""

        def check(found: Any) -> None:
            if found is None:
                raise OSError("the browser has cleared this site's data")
            if int(found) != generation:
                raise Fenced(f"generation {int(found)} writes here now, this is {generation}")

        self.then(self.transaction.objectStore("meta").get("generation"), check)

    def free(self) -> None:
        """Destroy the proxies."""
        for proxy in self._proxies:
            proxy.destroy()
        self._proxies.clear()


def binary(record: bytes) -> Any:
    """A Uint8Array of its own."""
    from pyodide.ffi import to_js

    return to_js(record)


def list_of(*numbers: int) -> Any:
    """A JavaScript array."""
    from pyodide.ffi import to_js

    return to_js(list(numbers))


def above(number: int) -> Any:
    """The key range past a number."""
    import js

    return js.IDBKeyRange.lowerBound(number, True)


def span(first: list[int], last: list[int]) -> Any:
    """The key range from first to before last."""
    import js

    return js.IDBKeyRange.bound(list_of(*first), list_of(*last), False, True)
