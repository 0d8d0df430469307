"""A background Doer that loads the crypto libraries before somebody waits for them."""

from __future__ import annotations

from typing import Any

from hio.base import doing
from keriwasm.imports import native

__all__ = ["LoadDoer"]

LATER = 4.5
"""Seconds until it begins: the other workers of the pool are still booting on the same cores."""

PAUSE = 0.2
"""Seconds between two libraries: each holds the scheduler for 20 to 100 ms."""


class LoadDoer(doing.Doer):
    """Loads blake3 and libsodium, which nearly every click here needs; then it ends. liboqs stays lazy: it is large.

    A library that cannot be loaded is reported as a fault, here and again to whoever needs it.
    """

    background = True
    transient = True

    def __init__(self, worker: Any) -> None:
        super().__init__()
        self.worker = worker

    def recur(self, tock: float = 0.0):
        """Ends when the libraries are there."""
        yield LATER
        for load in (native.blake3, native.pysodium):
            try:
                load()
            except Exception as ex:
                self.worker.fault(ex, about={"type": "library", "id": load.__name__})
            yield PAUSE
        return True
