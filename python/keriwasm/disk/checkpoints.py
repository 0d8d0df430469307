"""A checkpoint replaces the log by what the stores hold: written beside it, part by part, then one transaction makes it count.

On the disk its names are older than the word: the key `snapshot` of the head, and of its parts, is the checkpoint's number.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Protocol

from keriwasm.browser.disk_store import EMPTY, Head
from keriwasm.disk import records
from keriwasm.runtime.scheduling import ASAP

__all__ = ["chunks", "compact", "due"]

LEAST = 1 << 20
"""Bytes of log that are never compacted: below it a checkpoint would cost more than it saves."""

PART = 1 << 18
"""Bytes of a checkpoint's part, about: what one step of the compaction encodes and writes."""


class Disk(Protocol):
    """What a checkpoint asks of the disk; `disk.Disk` says what each is."""

    state: str
    trouble: str | None
    generation: int
    number: int
    log_bytes: int
    backing: Any
    compacting: bool
    head: Head

    def contents(self) -> Iterator[tuple[str, str, Iterator[Any]]]: ...

    def ask(self, awaitable: Any) -> Generator[Any, Any, Any]: ...

    def checkpointed(self, head: Head, log_bytes: int) -> None: ...


def due(log_bytes: int, checkpoint_bytes: int) -> bool:
    """Whether the log is large enough for a checkpoint: larger than both LEAST and the last one.

    So the disk takes at most about three times what the stores hold, and each byte written is rewritten a bounded
    number of times on average.
    """
    return log_bytes > max(LEAST, checkpoint_bytes)


def compact(disk: Disk) -> Generator[Any, Any, None]:
    """Write a checkpoint of what the log holds up to now, beside it, then let it count. Raises DiskRefused.

    One at a time: a second call waits for the first, then makes one of its own, for what came after that had begun.
    """
    while disk.state == "writer" and disk.compacting:
        yield 0.01
    if disk.state != "writer" or disk.trouble is not None:
        return
    disk.compacting = True
    try:
        yield from _compact(disk)
    finally:
        disk.compacting = False


def _compact(disk: Disk) -> Generator[Any, Any, None]:
    number, since, log_bytes = disk.head["snapshot"] + 1, disk.number, disk.log_bytes
    parts = size = 0
    for changes in chunks(disk.contents()):
        record = records.encode(parts, changes)
        size += len(record)
        yield from disk.ask(disk.backing.part(disk.generation, number, parts, record))
        parts += 1
        yield ASAP
    head = {"format": EMPTY["format"], "snapshot": number, "parts": parts, "since": since, "bytes": size}
    yield from disk.ask(disk.backing.switch(disk.generation, head))
    disk.checkpointed(head, log_bytes)


def chunks(stores: Iterator[tuple[str, str, Iterator[Any]]]) -> Iterator[list[tuple[str, Any]]]:
    """Stores (id, path, operations that make its contents) as lists of operations of about PART bytes each."""
    chunk: list[tuple[str, Any]] = []
    size = 0
    for id, path, ops in stores:
        chunk.append((id, (records.NEW, path)))
        for op in ops:
            chunk.append((id, op))
            size += 16 + (len(op[2]) + len(op[3]) if op[0] == records.PUT else 64)
            if size >= PART:
                yield chunk
                chunk, size = [], 0
    if chunk:
        yield chunk
