"""Feeding keripy's Parser with a stream that is all there is.

`Parser.parse` waits for more bytes by asking its own generator again, for ever: a stream that ends within a message would
hold the worker until it is ended. Here the generator is asked only as long as it takes something away.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

__all__ = ["feed", "finished", "steps"]

T = TypeVar("T")

IDLE = 3
"""Times that the parser may ask for more without having taken anything."""


def feed(parser: Any, data: bytes) -> int:
    """Let the parser take what it can; gives the number of bytes at the end that are the beginning of something."""
    return finished(steps(parser, data))


def steps(parser: Any, data: bytes) -> Generator[None, None, int]:
    """As `feed`; yields after each message."""
    left = bytearray(data)
    parsator = parser.allParsator(ims=left, framed=parser.framed, kvy=parser.kvy, tvy=parser.tvy, vry=parser.vry)
    size, idle = len(left), 0
    for _ in parsator:
        yield
        idle = idle + 1 if len(left) == size else 0
        size = len(left)
        if idle >= IDLE:
            parsator.close()
            break
    return len(left)


def finished(work: Generator[Any, None, T]) -> T:
    """What a generator returns, run to its end at once."""
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value
