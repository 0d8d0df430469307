"""A disk in plain Python with the promises of IndexedDB, which can break off before or after any transaction."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from hio.base import doing
from keriwasm.browser.disk_store import EMPTY, Fenced, Head, Stored
from keriwasm.disk.disk import Disk
from keriwasm.runtime.scheduling import ASAP, WakingDoist
from lmdbkit import ours


class Crashed(BaseException):
    """The process is gone: nothing that follows happens."""


class MemoryDisk:
    """`keriwasm.disk.backing.Backing` in memory.

    Attributes:
        transactions (int): committed so far
        crash_at (int | None): the number of the transaction that crashes; half (bool): after it took place, or before
        fail (Exception | None): what every write raises
    """

    def __init__(self) -> None:
        self.generation = 0
        self.head: Head = dict(EMPTY)
        self.forget: int | None = None
        self.log: dict[int, bytes] = {}
        self.parts: dict[tuple[int, int], bytes] = {}
        self.transactions = 0
        self.crash_at: int | None = None
        self.after = False
        self.fail: Exception | None = None
        self.listeners: list[Callable[[], None]] = []

    async def _write(self, generation: int | None, change: Callable[[], None]) -> None:
        await asyncio.sleep(0)
        crash = self.transactions == self.crash_at
        if crash and not self.after:
            raise Crashed
        if self.fail is not None:
            raise self.fail
        if generation is not None and generation != self.generation:
            raise Fenced(f"generation {self.generation} writes here now, this is {generation}")
        change()
        self.transactions += 1
        if crash:
            raise Crashed
        for heard in self.listeners:
            heard()

    async def claim(self) -> int:
        def change() -> None:
            self.generation += 1

        await self._write(None, change)
        return self.generation

    async def stored(self, after: int | None = None) -> Stored | None:
        await asyncio.sleep(0)
        since = self.head["since"] if after is None else after
        if since < self.head["since"]:
            return None
        parts = [
            self.parts[self.head["snapshot"], n]
            for n in range(self.head["parts"])
            if (self.head["snapshot"], n) in self.parts
        ]
        return (
            {**self.head, **({} if self.forget is None else {"forget": self.forget})},
            parts if after is None else [],
            sorted(item for item in self.log.items() if item[0] > since),
        )

    async def commit(self, generation: int, number: int, record: bytes, forget: int | None = None) -> None:
        def change() -> None:
            self.log[number] = record
            if forget is not None:
                self.forget = forget

        await self._write(generation, change)

    async def part(self, generation: int, checkpoint: int, number: int, record: bytes) -> None:
        await self._write(generation, lambda: self.parts.__setitem__((checkpoint, number), record))

    async def switch(self, generation: int, head: Head) -> None:
        def change() -> None:
            self.head = dict(head)
            self.parts = {
                key: part for key, part in self.parts.items() if key[0] == head["snapshot"] and key[1] < head["parts"]
            }
            self.log = {number: record for number, record in self.log.items() if number > head["since"]}
            if self.forget is None or self.forget <= head["since"]:
                self.forget = 0

        await self._write(generation, change)

    def listen(self, heard: Callable[[], None]) -> None:
        self.listeners.append(heard)


class Machine:
    """A worker's disk over a backing, in a folder of its own; `reboot` is a new worker over the same backing."""

    def __init__(self, folder: Path, backing: Any, name: str = "lmdb_on_disk") -> None:
        self.folder = folder
        self.backing = backing
        self.lmdb = ours(name)
        self.doist = WakingDoist()
        self.disk = Disk(self.doist, backing, self.lmdb)

    def run(self, generator: Generator[Any, Any, Any]) -> Any:
        """Run one of the disk's generators in a scheduler; what it raises is raised here."""
        return asyncio.run(self._run(generator))

    async def _run(self, generator: Generator[Any, Any, Any]) -> Any:
        outcome: list[Any] = []

        class Work(doing.Doer):
            def recur(self, tock: float = 0.0) -> Generator[Any, Any, bool]:
                yield ASAP  # the first step runs while the Doer is entered, when nobody can wake it
                try:
                    outcome.append((yield from generator))
                except BaseException as ex:
                    outcome.append(ex)
                return True

        await self.doist.ado([Work()])
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    def mount(self) -> Machine:
        self.run(self.disk.mount())
        return self

    def settle(self) -> None:
        self.run(self.disk.settle())

    def open(self, name: str = "store", **options: Any) -> Any:
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        return self.lmdb.open(str(self.folder / name), max_dbs=8, **options)

    def reboot(self) -> Machine:
        """Memory and files are gone, what the backing holds is there."""
        stores = self.lmdb.stores.stores
        stores.adopt = None
        stores.by_id.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
        return Machine(self.folder, self.backing, self.lmdb.__name__)
