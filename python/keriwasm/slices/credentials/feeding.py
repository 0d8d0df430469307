"""Feeding keripy's Parser with a stream that is all there is.

`Parser.parse` waits for more bytes by asking its own generator again, for ever: a stream that ends within a message would
hold the worker until it is ended. Here the generator is asked only as long as it takes something away.
"""

from __future__ import annotations

from typing import Any

__all__ = ["feed"]

IDLE = 3
"""Times that the parser may ask for more without having taken anything."""


def feed(parser: Any, data: bytes) -> int:
    """Let the parser take what it can; gives the number of bytes at the end that are the beginning of something."""
    left = bytearray(data)
    parsator = parser.allParsator(ims=left, framed=parser.framed, kvy=parser.kvy, tvy=parser.tvy, vry=parser.vry)
    size, idle = len(left), 0
    for _ in parsator:
        idle = idle + 1 if len(left) == size else 0
        size = len(left)
        if idle >= IDLE:
            parsator.close()
            break
    return len(left)
